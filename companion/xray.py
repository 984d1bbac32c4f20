"""Watch an engine and torch at work on the same program, and draw both side by side.

>>> from companion.engine import Scalar
>>> def product(a, b):
...     return {"a": a, "b": b, "c": a * b}
>>> ours = watch_engine(Scalar.backward, product, {"a": Scalar(2.0), "b": Scalar(3.0)})
>>> ours.moments[-1].kept == watch_torch(product, {"a": 2.0, "b": 3.0}).moments[-1].kept
True
"""

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from matplotlib.path import Path

from companion.canvas import WIDTH, Page, arrow_head, ink
from companion.engine import Scalar

_BOX, _RISE, _HEAD = (70, 36), 32, 28  # of a box, between rows, and above all rows


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

    The program is called with the leaves, by their names, and returns a dict of all its nodes by
    name, the oldest first. `backward` is called with the last one, as many `times` as are asked
    for: the engine's own, or another function of a Scalar.
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
    float64 = {name: torch.tensor(value, dtype=torch.float64) for name, value in start.items()}
    nodes = program(**{name: leaf.requires_grad_() for name, leaf in float64.items()})
    log = _Log()

    def listen(name, node):
        if node.is_leaf:
            node.register_post_accumulate_grad_hook(
                lambda leaf: log.see(name, leaf.grad.item(), True)
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


def draw(engine: Run, torchs: Run, step: int, phase: str = "") -> Figure:
    """Draw both runs of a program side by side after a step of the way back.

    At the end of the engine's run "≠" marks each gradient in ``.grad`` that torch does not have.

    >>> def square(a):
    ...     return {"a": a, "b": a * a}
    >>> ours = watch_engine(Scalar.backward, square, {"a": Scalar(3.0)})
    >>> draw(ours, watch_torch(square, {"a": 3.0}), 1).texts[-1].get_text()
    'a gets 6'
    """
    half, places = WIDTH / 2, _places(engine.slopes)
    height = max(y for _, y in places.values()) + _BOX[1] / 2 + 26
    page, ends = Page(height), torchs.moments[-1].kept
    leaves = set(places) - {result for result, _ in engine.slopes}
    page.text(WIDTH - 4, 12, phase, ink.context, ha="right")
    for left, run, title in ((0, engine, "your engine"), (half, torchs, "torch")):
        moment = run.moments[min(step, len(run.moments) - 1)]
        if step >= len(run.moments):
            moment = moment._replace(at="")
        page.text(left + 4, 12, title, weight="bold")
        _arrows(page, left, engine.slopes, places, run.slopes)
        for name, (x, y) in places.items():
            found = moment.kept.get(name) if moment is engine.moments[-1] else None
            wrong = name in leaves and found not in (None, ends[name])
            value = f"{name} = {run.values[name]:g}"
            _box(page, (left + x, y), name, value, moment, name in leaves, wrong)
        page.text(left + half / 2, height - 6, _told(run, moment), ha="center")
    page.line([(half, 20), (half, height)], ink.context, linewidth=0.5)
    return page.figure


def _told(run, moment):
    """Say which gradient has just come in, and what it makes of the one that was there."""
    name, came, kept, _ = moment
    if not name:
        return "done"
    if name == list(run.values)[-1]:
        return f"{name} begins with 1"
    total = kept.get(name, came)
    sum_ = f": {total - came:g} + {came:g} = {total:g}" if total != came else ""
    return f"{name} gets {came:g}{sum_}"


def _places(slopes):
    """Return the middle of each node's box, in the left half: each below all that use it."""
    names = dict.fromkeys(itertools.chain.from_iterable(slopes))
    row = dict.fromkeys(names, 0)
    for _ in names:
        for result, x in slopes:
            row[x] = max(row[x], row[result] + 1)
    places = {}
    for r in range(max(row.values()) + 1):
        line = sorted(name for name in names if row[name] == r)
        for k, name in enumerate(line):
            x = (k + 0.5) / len(line) * WIDTH / 2
            places[name] = x, _HEAD + r * (_BOX[1] + _RISE) + _BOX[1] / 2
    return places


def _arrows(page, left, edges, places, slopes):
    """Draw the edges from each result to its inputs, with the local slopes that are known."""
    paths = []
    for result, x in edges:
        (x0, y0), (x1, y1) = places[result], places[x]
        lean = 0.2 * (x1 - x0)
        start, tip = (left + x0 + lean, y0 + _BOX[1] / 2), (left + x1 - lean, y1 - _BOX[1] / 2)
        head = arrow_head(tip, start, 6, 2.5)
        paths += [Path([start, tip]), Path([*head, tip], closed=True)]
    page.path(Path.make_compound_path(*paths), ink.context, facecolor=ink.context)
    for (result, x), slope in slopes.items():
        (x0, y0), (x1, y1) = places[result], places[x]
        lean = 0.2 * (x1 - x0)
        at = left + x0 + lean + 0.3 * (x1 - x0 - 2 * lean), y0 + _BOX[1] / 2 + 0.3 * _RISE
        page.patch(at[0] - 5, at[1] - 6, 10, 12, color="white")
        page.text(at[0], at[1] + 4, f"{slope:g}", ink.context, ha="center")


def _box(page, place, name, value, moment, leaf, wrong):
    """Draw a node: its value, and below it the gradient that it keeps or that came by."""
    (x, y), (width, height) = place, _BOX
    lit = name == moment.at
    page.box(
        *(x - width / 2, y - height / 2, width, height),
        corner=0 if leaf else 6,
        color=ink.gradient if lit else ink.learns if leaf else ink.text,
        facecolor=(ink.learns, 0.12) if leaf else "none",
        linewidth=2.5 if lit else 1,
    )
    grad, color = "", ink.gradient
    if name in moment.kept:
        grad = f"grad {moment.kept[name]:g}" + " ≠" * wrong
    elif name in moment.passed:
        grad, color = f"({moment.passed[name]:g})", ink.gradient if lit else ink.context
    page.text(x, y - 4, value, ink.value, ha="center")
    page.text(x, y + 12, grad, color, ha="center")
