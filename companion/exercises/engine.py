"""The exercises to the chapter "Build your own autograd".

What is right is found by torch's autograd, in float64; a reader's code runs on `companion.engine`.
"""

import itertools
from collections.abc import Callable

import torch

from companion.check import Choice, Function, Number, Order, Part
from companion.check.vocabulary import HALF, SIGN, TWICE
from companion.engine import Scalar
from companion.exercises._given import leaf, the_one

exercises = {}


def _run(program: str, make: Callable, **values: float) -> dict:
    """Run a program such as "c = a * b; y = c + a", and return its nodes by name."""
    nodes = {name: make(value) for name, value in values.items()}
    exec(program, nodes)  # noqa: S102 it is a text of this module
    del nodes["__builtins__"]
    return nodes


def _several(values: object, count: int) -> tuple:
    """Return what a function gave back as `count` values; those that it left out are None."""
    values = tuple(values) if isinstance(values, (tuple, list)) else (values,)
    if len(values) > count:
        raise TypeError(f"{count} values are asked for, not {len(values)}")
    return values + (None,) * (count - len(values))


class Recursive(Scalar):
    """The chapter's first mistake: each node calls its inputs at once."""

    def backward(self, grad=1.0):
        self.grad = (self.grad or 0.0) + grad
        for x, slope in self.edges:
            x.backward(slope * self.grad)


# Read and predict ------------------------------------------------------------------------------


def _recursive_truth(x):
    nodes = _run("c = 3 * x; y = c * c", lambda value: Recursive(value, True), x=x)
    nodes["y"].backward()
    return nodes["x"].grad


exercises["engine-recursion"] = Number(
    _recursive_truth,
    {"x": 2.0},
    "This is the true gradient. Recursion makes another number of it: how often is `c` called, "
    "and what does it hand on each time?",
    lambda x: 18 * x,
    "`c` is an input of `y` twice, so it is called twice.",
    lambda x: 9 * x,
    "Only the second call hands on all that `c` has. At the first call, `c` has only one half of "
    "it.",
    lambda x: 36 * x,
    "This is the gradient of `c`. How much of it reaches `x`, and when?",
    lambda x: 6 * x,
)


def _recursion_is_right(program):
    ours = _run(program, lambda value: Recursive(value, True), a=2.0, b=0.5)
    torchs = _run(program, leaf, a=2.0, b=0.5)
    ours["y"].backward()
    torchs["y"].backward()
    return all(abs(ours[name].grad - torchs[name].grad.item()) < 1e-9 for name in "ab")


exercises["engine-spared"] = Choice(
    lambda: the_one(exercises["engine-spared"].options, _recursion_is_right),
    a=(
        "`c = a * b; y = c * c`",
        "`c` is called twice here. What has it handed on already at its second call?",
    ),
    b=(
        "`c = a + b; y = c.tanh() + c`",
        (
            "`c` is used by `tanh` and by the sum. So it is called twice, and it hands on its "
            "first part twice."
        ),
    ),
    c="`c = a * b; y = (c + a) * b`",
    d=("`c = a + b; d = c + c; y = d * a`", "`d = c + c` calls `c` twice."),
)

_FORWARD = "c = a * b; d = c + a; y = c * d"
_BACKWARD = (
    "grad_a = grad_c * b + grad_d",
    "grad_c = grad_y * d + grad_d",
    "grad_y = 1.0",
    "grad_d = grad_y * c",
    "grad_b = grad_c * a",
)


def _sweeps(order):
    torchs = _run(_FORWARD, leaf, a=2.0, b=3.0)
    torchs["y"].backward()
    names = {name: node.item() for name, node in torchs.items()}
    for number in order:
        exec(_BACKWARD[number - 1], names)  # noqa: S102 they are texts of this module
    return all(names[f"grad_{name}"] == torchs[name].grad.item() for name in "ab")


exercises["engine-lines"] = Order(
    lines=_BACKWARD,
    truth=_sweeps,
    wrong={
        "2 before 3": "Line 2 needs `grad_y`. Where does the way back begin?",
        "4 before 3": "Line 4 needs `grad_y`. Where does the way back begin?",
        "2 before 4": "`c` is used by `d` too. It must hear from `d` before its sum is complete.",
        "1 before 4": "`a` is used by `d` too. It must hear from `d` before its sum is complete.",
        "1 before 2": "`a` is an input of `c`, so it comes after `c`.",
        "5 before 2": "`b` is an input of `c`, so it comes after `c`.",
    },
)


# Write -----------------------------------------------------------------------------------------


def _hypot(a, b):
    return torch.hypot(torch.tensor(a).double(), torch.tensor(b).double())


def _slope_in(name):
    def truth(**inputs):
        leaves = {key: leaf(value) for key, value in inputs.items()}
        return torch.autograd.grad(torch.hypot(leaves["a"], leaves["b"]), leaves[name])[0]

    return truth


def _slope_part(position, name, other):

    def size(inputs):
        return float(_hypot(**inputs))

    return Part(
        f"In what {{call}} returned, the {position} number is",
        _slope_in(name),
        "This is the slope in the other input: the slopes stand in the order of the inputs.",
        lambda **inputs: inputs[other] / size(inputs),
        "It is twice too large. The slope of the square root has a 2 too: where?",
        lambda right: 2 * right,
        HALF,
        "The sign is lost: a negative input gets a negative slope.",
        lambda right: abs(right),
        SIGN,
        "This is only the slope of the square root. The chain rule has a second factor.",
        lambda **inputs: 1 / (2 * size(inputs)),
        "This is only the slope of the square. The root has a slope too.",
        lambda **inputs: 2 * inputs[name],
        "This is divided by the sum of the squares. A root is missing.",
        lambda right, **inputs: right / size(inputs),
        missing="A rule returns the value, and then for each input the slope in it: three "
        "numbers with commas between them.",
    )


exercises["engine-length"] = Function(
    "length",
    [{"a": a, "b": b} for a, b in itertools.product((3.0, -1.5, 0.5), (4.0, 2.0, -0.25))],
    Part(
        "In what {call} returned, the value is",
        lambda a, b: _hypot(a, b),
        "The root is missing.",
        lambda a, b: a * a + b * b,
        "The root of a sum is not the sum of the roots.",
        lambda a, b: abs(a) + abs(b),
        "This is the sum of the inputs: square each one first.",
        lambda a, b: a + b,
    ),
    _slope_part("second", "a", "b"),
    _slope_part("third", "b", "a"),
    observe=lambda length, a, b: _several(length(a, b), 3),
    drawn=lambda draw: {"a": draw.number(-9, 9), "b": draw.number(1, 9)},
)


def _linear_truth(name):
    def truth(x, w, v):
        leaves = {"x": x, "w": w, "b": torch.zeros(len(w), dtype=w.dtype)}
        leaves = {key: value.clone().requires_grad_() for key, value in leaves.items()}
        y = leaves["x"] @ leaves["w"].T + leaves["b"]
        return torch.autograd.grad(y, leaves[name], v)[0]

    return truth


def _linear_case(seed, count):
    chance = torch.Generator().manual_seed(seed)

    def whole_numbers(*shape):
        return torch.randint(-4, 5, shape, generator=chance).double()

    return {"x": whole_numbers(count, 3), "w": whole_numbers(3, 3), "v": whole_numbers(count, 3)}


_MISSING_GRADIENT = "Return three gradients, with commas between them: for `x`, `w` and `b`."
exercises["engine-linear"] = Function(
    "linear_backward",
    [_linear_case(seed, count) for seed, count in enumerate((2, 4, 5, 1))],
    Part(
        "In what {call} returned, the gradient of `x` is",
        _linear_truth("x"),
        "Here each row of `v` goes through `w` forwards, as `x` did (J v). The way back sums "
        "over the outputs, not over the inputs.",
        lambda w, v: v @ w.T,
        "It is divided by the number of examples: the rows of `x` do not meet.",
        lambda right, x: right / len(x),
        "This is `y` itself.",
        lambda x, w: x @ w.T,
        SIGN,
        TWICE,
        missing=_MISSING_GRADIENT,
        tensor=True,
    ),
    Part(
        "The gradient of `x` is right, but in what {call} returned, that of `w` is",
        _linear_truth("w"),
        "Rows and columns are exchanged: a row of `w` belongs to an output.",
        lambda right: right.T,
        "This is the mean over the examples. `w` was used by each example, so the parts are added.",
        lambda right, x: right / len(x),
        "This is the part of the last example alone.",
        lambda x, v: torch.outer(v[-1], x[-1]),
        SIGN,
        TWICE,
        missing=_MISSING_GRADIENT,
        tensor=True,
    ),
    Part(
        "The gradients of `x` and `w` are right, but in what {call} returned, that of `b` is",
        _linear_truth("b"),
        "This is the mean over the examples. `b` was used by each example, so the parts are added.",
        lambda right, x: right / len(x),
        "This counts the examples. What has come back to each output is in `v`.",
        lambda right, x: torch.full_like(right, len(x)),
        "The slope of y in b is 1, but what has come back from above is in `v`.",
        lambda right: torch.ones_like(right),
        "This is the part of the last example alone.",
        lambda v: v[-1],
        "This is the sum of all of `v`: each output has its own `b`.",
        lambda v: v.sum().expand(3),
        missing=_MISSING_GRADIENT,
        tensor=True,
    ),
    observe=lambda backward, x, w, v: _several(backward(x, w, v), 3),
    drawn=lambda draw: {"x": draw.matrix(4, 3), "w": draw.matrix(3, 3), "v": draw.matrix(4, 3)},
    without="backward",
)


def _on_graph(function):
    return lambda graph: f"`{function}(y)` with `{_GRAPHS[graph]}`"


# Graphs of Scalars, for functions that go through them ------------------------------------------

_GRAPHS = (
    "y = a * b + a",
    "c = a * b; y = c * c",
    "c = a + b; d = a * b; y = (c + d) + c * d",
    "c = a - b; d = c.tanh(); y = d * c / (b * b + 1)",
    "y = a * b; y = y + y; y = y + y; y = y + y",
    "c = a * b; d = c + b; y = d + a * d + c",
)


class _Bare(Scalar):
    """A Scalar whose way back is for the reader to write."""

    def order(self):
        raise NotImplementedError("in this exercise, y.order() is what you write")

    def sweep(self):
        raise NotImplementedError("in this exercise, y.sweep() is not there to be called")

    def backward(self):
        raise NotImplementedError("in this exercise, y.backward() is not there to be called")


class _Ordered(_Bare):
    """A Scalar that knows its order, and nothing more of its way back."""

    def order(self):
        return Scalar.order(self)


def _scalars(graph, kind):
    """Return the nodes of a graph of Scalars by name; the result is y."""
    return _run(_GRAPHS[graph], lambda value: kind(value, True), a=2.0, b=3.0)


def _torch_gradient(graph, name, times=1):
    nodes = _run(_GRAPHS[graph], leaf, a=2.0, b=3.0)
    return times * torch.autograd.grad(nodes["y"], nodes[name])[0]


def _all_nodes(graph):
    return Scalar.order(_scalars(graph, _Bare)["y"])


def _depth_first(node, mark=True, found=None):
    """Return the nodes as a plain recursion meets them; with marks, each of them once."""
    found = [] if found is None else found
    if not (mark and node in found):
        found.append(node)
        for x, _ in node.edges:
            _depth_first(x, mark, found)
    return found


def _level_by_level(root):
    found = [root]
    for node in found:
        found += [x for x in dict(node.edges) if x not in found]
    return found


def _too_early(nodes):
    """Return how many nodes stand before a result that uses them, or are missing."""
    place = {node: number for number, node in enumerate(nodes)}
    wrong = {x for node in nodes for x, _ in node.edges if place.get(x, -1) < place[node]}
    return len(wrong)


def _observe_order(order, graph):
    nodes = _scalars(graph, _Bare)
    a, y = nodes["a"], nodes["y"]
    for node in Scalar.order(y):
        node.number = -node.number  # the numbers must not help
    found = order(y)
    if found is None:
        return None, None, None
    if not isinstance(found, (list, tuple)) or not all(type(node) is _Bare for node in found):
        raise TypeError("a list of Scalars is asked for")
    grads = {y: 1.0}
    for node in found:
        for x, slope in node.edges:
            grads[x] = grads.get(x, 0.0) + slope * grads.get(node, 0.0)
    return len(found), _too_early(found), grads.get(a, 0.0)


def _mistaken_order(find):
    return lambda right, graph: _too_early(find(_scalars(graph, _Bare)["y"]))


exercises["engine-order"] = Function(
    "order",
    [{"graph": graph} for graph in range(len(_GRAPHS))],
    Part(
        "{call} returned a list of this length:",
        lambda graph: len(_all_nodes(graph)),
        "Nodes that are used twice stand in it twice. Remember which ones you have found.",
        lambda graph: len(_depth_first(_all_nodes(graph)[0], mark=False)),
        "One node is missing everywhere. Is `y` itself in the list?",
        lambda right: right - 1,
        "The leaves are missing: they too must have their turn.",
        lambda right: right - 2,
        "The list is empty.",
        0,
        "Only `y` is in the list. Where are its inputs, and their inputs?",
        1,
        "These are only the inputs of `y`. They have inputs too.",
        lambda graph: len(_all_nodes(graph)[0].edges),
        missing="A function gives back what stands after `return`.",
    ),
    Part(
        "In the list of {call}, the number of nodes that stand before a result which uses them is",
        lambda graph: 0,
        "This is the whole way upside down: the inputs come first. The way back begins at `y`. "
        "(Here `number` is of no help.)",
        _mistaken_order(lambda y: Scalar.order(y)[::-1]),
        "Each node is put down when it is found. But the longest way to it may be still to come: "
        "put it down when all its inputs are done, and turn the list around.",
        _mistaken_order(_depth_first),
        "This goes level by level. A node that `y` uses directly may also be used by a node "
        "further down.",
        _mistaken_order(_level_by_level),
    ),
    Part(
        "After a sweep in the order of {call}, the gradient of `a` is",
        lambda graph: _torch_gradient(graph, "a"),
    ),
    observe=_observe_order,
    call=_on_graph("order"),
)


def _observe_backward(backward, graph):
    nodes = _scalars(graph, _Ordered)
    a, b, y = nodes["a"], nodes["b"], nodes["y"]
    backward(y)
    once = a.grad, b.grad
    backward(y)
    inner = sum(node.grad is not None for node in y.order() if node.edges)
    return *once, a.grad, inner


def _mistaken_backward(graph, name, times=1, add=True):
    """Return a gradient by an engine that keeps its sums in .grad, and may forget to add."""
    nodes = _scalars(graph, _Ordered)
    for _ in range(times):
        nodes["y"].grad = 1.0
        for node in nodes["y"].order():
            for x, slope in node.edges:
                x.grad = (x.grad or 0.0) * add + slope * node.grad
    return nodes[name].grad


def _recursive_gradient(graph, name):
    nodes = _scalars(graph, Recursive)
    nodes["y"].backward()
    return nodes[name].grad


def _gradient_part(name):
    return Part(
        f"After {{call}}, `{name}.grad` is",
        lambda graph: _torch_gradient(graph, name),
        "This is the part that came last. Where a node is used twice, its gradient is a sum.",
        lambda graph: _mistaken_backward(graph, name, add=False),
        "This is what recursion gives: a node hands on its first part twice. Does each node have "
        "its turn only once?",
        lambda graph: _recursive_gradient(graph, name),
        "It is twice too large: is something counted twice?",
        lambda right: 2 * right,
        SIGN,
        missing="A leaf keeps its gradient: `backward(y)` must put it there.",
    )


exercises["engine-backward"] = Function(
    "backward",
    [{"graph": graph} for graph in range(len(_GRAPHS))],
    _gradient_part("a"),
    _gradient_part("b"),
    Part(
        "Once is right. After {call} twice, `a.grad` is",
        lambda graph: _torch_gradient(graph, "a", times=2),
        "The second call began with what the first one had left inside. Sums in the middle must "
        "not outlive the sweep.",
        lambda graph: _mistaken_backward(graph, "a", times=2),
        "The second call replaced the first gradient. A leaf adds.",
        lambda right: right / 2,
    ),
    Part(
        "The gradients are right, but after {call} the number of results that keep one is",
        lambda graph: 0,
        "Only leaves keep a gradient, as in PyTorch. Set the others to None, or do not use "
        "`.grad` for sums in the middle.",
        lambda graph: sum(bool(node.edges) for node in _all_nodes(graph)),
        "Only leaves keep a gradient, as in PyTorch: `y` is none.",
        1,
    ),
    observe=_observe_backward,
    call=_on_graph("backward"),
)


# Prove -----------------------------------------------------------------------------------------


def _count_calls(k):
    """Count the calls of a recursion that hands on only what has just come in."""
    x = Scalar(1.0, True)
    y = x
    for _ in range(int(k)):
        y = y * y * y
    return len(_depth_first(y, mark=False))


exercises["engine-calls"] = Function(
    "calls",
    [{"k": k} for k in range(8)],
    Part(
        "{call} returned",
        _count_calls,
        "This counts the nodes, as a sweep visits them: each of them once.",
        lambda k: 2 * k + 1,
        "This counts only the calls that reach the leaf `x`, one for each path.",
        lambda k: 3**k,
        "This belongs to `y = y + y`. Here each round uses `y` three times.",
        lambda k: 2 ** (k + 1) - 1,
        "This counts one new result in each round. `y * y * y` makes two: `y * y`, and its "
        "product with `y`.",
        lambda k: (3 ** (k + 1) - 1) // 2,
        "One call is missing: the one for `y` itself counts too.",
        lambda right: right - 1,
        "It is one too many: how many calls are there for k = 0?",
        lambda right: right + 1,
    ),
)

exercises["calls-proof"] = Order(
    [
        "Therefore C(k) + 1 = 2 · 3ᵏ, and C(k) = 2 · 3ᵏ − 1.",
        "So C(k) = 2 + 3 C(k − 1).",
        (
            "The node of round k calls `y * y` once and the older node once; `y * y` calls the "
            "older node twice."
        ),
        "At k = 0 there is one call: C(0) + 1 = 2.",
        "Add 1 on both sides: C(k) + 1 = 3 (C(k − 1) + 1).",
    ],
    wrong={
        "2 before 3": "Where do the 2 and the 3 come from? Count the calls of one round first.",
        "5 before 2": "On both sides of which equation?",
        "1 before 5": "Why a power of 3? Something must be multiplied by 3 in each round.",
        "1 before 4": "Multiplied by 3, k times: but beginning with which number?",
    },
    code=False,
)
