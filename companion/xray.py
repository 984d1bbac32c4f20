"""Watch an engine and torch at work on the same program.

>>> from companion.engine import Scalar
>>> def product(a, b):
...     return {"a": a, "b": b, "c": a * b}
>>> ours = watch_engine(Scalar.backward, product, {"a": Scalar(2.0), "b": Scalar(3.0)})
>>> ours.moments[-1].kept == watch_torch(product, {"a": 2.0, "b": 3.0}).moments[-1].kept
True
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch

from companion.engine import Scalar


class Moment(NamedTuple):
    """A gradient that has just come to the node `at`, and all that have come so far.

    ``kept`` has by their names the gradients that stay in ``.grad``, ``passed`` those that came
    by in the same backward and are not kept.
    """

    at: str
    came: float
    kept: dict[str, float]
    passed: dict[str, float]


class Run(NamedTuple):
    """What one program did: the value of each node, the local slopes, and the way back."""

    values: dict[str, float]
    slopes: dict[tuple[str, str], float]  # by result and input; torch does not tell its own
    moments: list[Moment]


def watch_engine(
    backward: Callable, program: Callable, leaves: Mapping[str, Scalar], times: int = 1
) -> Run:
    """Run a program on an engine, and record each gradient that comes to a node.

    Parameters
    ----------
    backward
        Called with the last node: the engine's own, or another function of a Scalar.
    program
        Called with the leaves; returns a dict of all its nodes by name, the oldest first.
    leaves
        Scalars, by their names in the program.
    times
        How many backwards to run.
    """

    class Watched(type(next(iter(leaves.values())))):
        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if name == "grad":
                log.see(names[self], value, kept=True)

        def sweep(self):
            for node, grad in super().sweep():
                if node.edges:
                    log.see(names[node], grad, kept=False)
                yield node, grad

    nodes, log = program(**leaves), _Log()
    names = {node: name for name, node in nodes.items()}
    for node in names:
        node.__class__ = Watched  # the same node, which now tells what comes to it
    for _ in range(times):
        log.passed = {}
        backward([*nodes.values()][-1])
    slopes = {(names[node], names[x]): slope for node in names for x, slope in node.edges}
    return Run({name: node.value for name, node in nodes.items()}, slopes, log.moments)


def watch_torch(program: Callable, start: Mapping[str, float], times: int = 1) -> Run:
    """Run a program on tensors of float64, and record by torch's hooks what `watch_engine` does."""
    nodes = program(
        **{
            name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
            for name, value in start.items()
        }
    )
    log = _Log()

    def listen(name, node):
        if node.is_leaf:
            node.register_post_accumulate_grad_hook(
                lambda leaf: log.see(name, leaf.grad.item(), kept=True)
            )
        else:
            node.register_hook(lambda grad: log.see(name, grad.item(), kept=False))

    for name, node in nodes.items():
        listen(name, node)
    for _ in range(times):
        log.passed = {}
        [*nodes.values()][-1].backward(retain_graph=True)
    return Run({name: node.item() for name, node in nodes.items()}, {}, log.moments)


class _Log:
    def __init__(self):
        self.moments, self.kept, self.passed = [], {}, {}

    def see(self, name, grad, kept):
        came = grad - self.kept.get(name, 0.0) if kept else grad
        (self.kept if kept else self.passed)[name] = grad
        self.moments.append(Moment(name, came, dict(self.kept), dict(self.passed)))
