"""Watch an engine and torch at work on the same program.

>>> from companion.engine import Scalar
>>> def program(a, b):
...     c = a * b
...     return {"a": a, "b": b, "c": c}
>>> ours = watch_engine(Scalar, program, {"a": 2.0, "b": 3.0})
>>> torchs = watch_torch(program, {"a": 2.0, "b": 3.0})
>>> ours.phases[1][-1].kept == torchs.phases[1][-1].kept == {"a": 3.0, "b": 2.0}
True
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch.autograd.graph import get_gradient_edge

from companion.engine import Scalar


@dataclass(frozen=True)
class Moment:
    """What there is to see between two steps, by the names of the program.

    ``at`` names what has just got its value or a gradient, ``came`` is that gradient. ``kept``
    holds the gradients that stay in ``.grad``, ``passed`` those that only came by.
    """

    at: str
    came: float | None
    values: dict[str, float]
    kept: dict[str, float] = field(default_factory=dict)
    passed: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A program that ran: its edges, from result to input, and its moments.

    ``edges`` has a local slope, or None, for each pair of names; ``phases`` begins with the
    moments of the forward pass, and goes on with those of each backward.
    """

    edges: dict[tuple[str, str], float | None]
    phases: list[list[Moment]]


def watch_engine(
    kind: type[Scalar], program: Callable, start: Mapping[str, float], backwards: int = 1
) -> Run:
    """Run a program on an engine, and record every gradient that comes to a node.

    Parameters
    ----------
    kind
        The engine: `companion.engine.Scalar`, or a subclass with another ``backward``.
    program
        Called with a leaf for each name of `start`; returns a dict from names to all its nodes,
        the oldest first.
    start
        The values of the leaves.
    backwards
        How many backwards to run from the last node.
    """

    class Watched(kind):
        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if name == "grad" and value is not None:
                log.see(names[self], value, kept=True)

        def sweep(self):
            for node, grad in super().sweep():
                if node.edges:
                    log.see(names[node], grad, kept=False)
                yield node, grad

    leaves = {name: Watched(value, requires_grad=True) for name, value in start.items()}
    nodes = program(**leaves)
    names = {node: name for name, node in nodes.items()}
    log = _Log({name: node.value for name, node in nodes.items()}, start)
    for _ in range(backwards):
        log.begin()
        [*nodes.values()][-1].backward()
    edges = {(name, names[x]): slope for name, node in nodes.items() for x, slope in node.edges}
    return Run(edges, log.phases)


def watch_torch(program: Callable, start: Mapping[str, float], backwards: int = 1) -> Run:
    """Run a program on torch tensors in float64, and record what `watch_engine` does."""
    leaves = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for name, value in start.items()
    }
    nodes = program(**leaves)
    log = _Log({name: node.item() for name, node in nodes.items()}, start)

    def listen(name, node):
        if node.is_leaf:
            node.register_post_accumulate_grad_hook(
                lambda leaf: log.see(name, leaf.grad.item(), kept=True)
            )
        else:
            node.register_hook(lambda grad: log.see(name, grad.item(), kept=False))

    for name, node in nodes.items():
        listen(name, node)
    for _ in range(backwards):
        log.begin()
        [*nodes.values()][-1].backward(retain_graph=True)
    names = {get_gradient_edge(node).node: name for name, node in nodes.items()}
    edges = {
        (name, names[target]): None
        for node, name in names.items()
        for target, _ in node.next_functions
        if target is not None
    }
    return Run(edges, log.phases)


def count_steps(*runs: Run) -> int:
    """Return how many positions there are when each phase waits for the slower run."""
    return sum(max(map(len, phases)) for phases in zip(*(run.phases for run in runs), strict=True))


class _Log:
    """Moments as they come; the forward pass is known when it begins."""

    def __init__(self, values, start):
        born = list(values.items())
        forward = [Moment("", None, dict(born[: len(start)]))]
        forward += [
            Moment(name, None, dict(born[:end]))
            for end, (name, _) in enumerate(born, 1)
            if name not in start
        ]
        self.phases = [forward]
        self._values, self._kept, self._passed = values, {}, {}

    def begin(self):
        self.phases.append([])
        self._passed = {}

    def see(self, name, grad, kept):
        came = grad - self._kept.get(name, 0.0)
        (self._kept if kept else self._passed)[name] = grad
        moment = Moment(name, came, self._values, dict(self._kept), dict(self._passed))
        self.phases[-1].append(moment)
