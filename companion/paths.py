"""A small program as a graph, and its gradients in two ways: all paths, or one sweep.

>>> from companion.paths import Program
>>> program = Program(["p = w * x", "d = p - y", "loss = d**2"], {"w": 1.0}, {"x": 1.0, "y": 2.0})
>>> [f"{edge.user} to {edge.input}: {edge.slope:g}" for edge in program.edges]
['p to w: 1', 'd to p: 1', 'loss to d: -2']
>>> program.grads["w"]
-2.0

Every number comes from torch: values from running the program, a local slope from differentiating
one line alone, gradients from ``backward()``. The picture of it is
`companion.figures.chain_rule.path_stepper`.
"""

import ast
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch

SWEEP, PATHS = "one sweep", "all paths"

#: What a line of a program may call.
FUNCTIONS = {
    name: getattr(torch, name) for name in ("exp", "log", "sin", "cos", "tanh", "sigmoid", "relu")
}


class Edge(NamedTuple):
    """One place in an operation where an input stands, and the slope of the operation there."""

    user: str  #: the name of the operation's result
    input: str
    slope: float


class Move(NamedTuple):
    """One move of a way back, of the kind "visit", "follow", "multiply" or "add"."""

    kind: str
    name: str  #: the node that it is about; of a path, its leaf
    path: Sequence[Edge] = ()


class Program:
    """Run a small program of numbers in torch and keep all that its graph holds.

    Parameters
    ----------
    lines
        Assignments of one operation each, such as ``"p = w * x"``; the last one is the output.
        What may be called is in `FUNCTIONS`.
    leaves, fixed
        By name, the numbers that get a gradient, and those that get none.

    Attributes
    ----------
    operations : dict
        The right side of each line, by the name on its left, in the order of the lines.
    output : str
        The name of the last line.
    values, grads : dict of float
        By name, of leaves and operations; float64. ``grads`` is what ``backward()`` found.
    edges : list of Edge
        In the order of the lines, and in a line from left to right.
    order : list of str
        Every name, later lines first, leaves last: each comes after all that use it.

    ValueError if a leaf or a line does not act on the output, or a name is given twice.

    >>> Program(["y = x * x"], {"x": 3.0}).edges
    [Edge(user='y', input='x', slope=3.0), Edge(user='y', input='x', slope=3.0)]
    """

    def __init__(
        self, lines: Sequence[str], leaves: Mapping[str, float], fixed: Mapping[str, float] = {}
    ):
        self.fixed = dict(fixed)
        self.leaves = list(leaves)
        self.operations = {}
        self.edges = []
        numbers = {**leaves, **self.fixed}.items()
        tensors = {name: torch.tensor(value, dtype=torch.float64) for name, value in numbers}
        for name in leaves:
            tensors[name].requires_grad_()
        for line in lines:
            name, right = (part.strip() for part in line.split("=", 1))
            if name in tensors:
                raise ValueError(f"{name!r} is given twice.")
            result = eval(right, dict(FUNCTIONS), tensors)
            result.retain_grad()
            self.edges += _edges(name, right, tensors)
            self.operations[name] = right
            tensors[name] = result
        self.output = name
        self.order = [*reversed(self.operations), *self.leaves]
        tensors[name].backward()
        for name in self.order:
            if tensors[name].grad is None:
                raise ValueError(f"{name!r} does not act on {self.output!r}.")
        self.values = {name: tensors[name].item() for name in self.order}
        self.grads = {name: tensors[name].grad.item() for name in self.order}

    def users(self, name: str) -> list[Edge]:
        """Return the edges that lead to `name`, in the order of the sweep.

        >>> [edge.user for edge in Program(["a = x * x", "y = a + x"], {"x": 3.0}).users("x")]
        ['y', 'a', 'a']
        """
        found = [edge for edge in self.edges if edge.input == name]
        return sorted(found, key=lambda edge: self.order.index(edge.user))

    def paths(self, leaf: str, start: str | None = None) -> list[list[Edge]]:
        """Return every path from `start`, or else from the output, down to `leaf`.

        >>> [len(path) for path in Program(["a = x * x", "y = a + x"], {"x": 3.0}).paths("x")]
        [2, 2, 1]
        """
        start = start or self.output
        if start == leaf:
            return [[]]
        return [
            [edge, *rest]
            for edge in self.edges
            if edge.user == start
            for rest in self.paths(leaf, edge.input)
        ]

    def moves(self, way: str) -> list[Move]:
        """Return the moves of a way back.

        A sweep visits each node once. The other way follows each path to a leaf, multiplies the
        slopes on it, and at last adds up the products of each leaf that has several.

        >>> square = Program(["y = x * x"], {"x": 3.0})
        >>> [move.kind for move in square.moves("all paths")]
        ['follow', 'multiply', 'follow', 'multiply', 'add']
        >>> [move.name for move in square.moves("one sweep")]
        ['y', 'x']
        """
        if way == SWEEP:
            return [Move("visit", name) for name in self.order]
        if way != PATHS:
            raise ValueError(f"way is {SWEEP!r} or {PATHS!r}, not {way!r}.")
        moves = []
        for leaf in self.leaves:
            paths = self.paths(leaf)
            for path in paths:
                moves += [Move("follow", leaf, path), Move("multiply", leaf, path)]
            if len(paths) > 1:
                moves.append(Move("add", leaf))
        return moves

    def count(self, way: str, done: int | None = None) -> tuple[int, int]:
        """Count the multiplications and additions in the first `done` moves of a way back, or in all.

        Both ways begin with the 1 of the output. Each edge that they pass is a multiplication;
        each product after the first for the same node an addition.

        >>> program = Program(["a = x * x", "b = a * a", "c = b * b"], {"x": 2.0})
        >>> program.count("all paths"), program.count("one sweep")
        ((24, 7), (6, 3))
        """
        times = plus = 0
        for kind, name, path in self.moves(way)[:done]:
            if kind == "multiply":
                times += len(path)
            elif kind != "follow":
                terms = len(self.users(name) if kind == "visit" else self.paths(name))
                times += terms if kind == "visit" else 0
                plus += max(terms - 1, 0)
        return times, plus

    def steps(self, way: str) -> int:
        """Return how many steps the picture has after step 0: forward, back, and torch's answer."""
        return len(self.operations) + len(self.moves(way)) + 1


def _edges(name, right, tensors):
    """Differentiate one line alone, with a tensor of its own for each place of an input."""
    tree = ast.parse(right, mode="eval")
    inputs = {}
    for place in ast.walk(tree):
        if isinstance(place, ast.Name) and place.id in tensors and tensors[place.id].requires_grad:
            inputs[f"place_{place.col_offset:04}"] = place.id
            place.id = f"place_{place.col_offset:04}"
    own = {place: tensors[inputs[place]].detach().requires_grad_() for place in sorted(inputs)}
    result = eval(compile(tree, name, "eval"), dict(FUNCTIONS), tensors | own)
    slopes = torch.autograd.grad(result, list(own.values()))
    names = [inputs[place] for place in own]
    return [Edge(name, x, slope.item()) for x, slope in zip(names, slopes, strict=True)]
