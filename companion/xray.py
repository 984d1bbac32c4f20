"""Watch an engine and torch at work on the same program, and draw both side by side.

>>> from companion.engine import Scalar
>>> def program(a, b):
...     c = a * b
...     return {"a": a, "b": b, "c": c}
>>> ours = watch_engine(Scalar, program, {"a": 2.0, "b": 3.0})
>>> torchs = watch_torch(program, {"a": 2.0, "b": 3.0})
>>> ours.phases[1][-1].kept == torchs.phases[1][-1].kept == {"a": 3.0, "b": 2.0}
True
"""

import inspect
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from matplotlib.figure import Figure
from matplotlib.path import Path
from torch.autograd.graph import get_gradient_edge

from companion.canvas import WIDTH, Page, arrow_head, ink
from companion.engine import Scalar

# Lengths in points: of a box, between rows, and above all rows.
_BOX, _RISE, _HEAD = (78, 36), 34, 50


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


def draw(program: Callable, engine: Run, torchs: Run, step: int) -> Figure:
    """Draw both runs of a program side by side, at a step; the last one stays for ever.

    A gradient that is kept stands in the node's box as ``.grad``, one that has passed in
    brackets. After the last step "≠" marks each kept gradient that torch does not have.
    """
    moments = [
        (name, [run.phases[phase][min(i, len(run.phases[phase]) - 1)] for run in (engine, torchs)])
        for phase, name in enumerate(["forward", "first backward", "second backward"])
        if phase < len(engine.phases)
        for i in range(max(len(engine.phases[phase]), len(torchs.phases[phase])))
    ]
    phase, (left, right) = moments[min(step, len(moments) - 1)]
    end = engine.phases[-1][-1], torchs.phases[-1][-1]
    wrong = left.kept.items() - end[1].kept.items() if (left, right) == end else ()
    wrong = {name for name, _ in wrong if name in end[1].kept}
    places, height = _places(engine.edges)
    page = Page(height)
    lines = inspect.getsource(program).splitlines()
    source = ",  ".join(line.strip() for line in lines if " = " in line)
    page.text(WIDTH / 2, 13, source, ha="center", size=10)
    page.text(WIDTH / 2, 36, phase, ink.context, ha="center", size=10)
    sides = ((engine, left, "engine", wrong), (torchs, right, "torch", ()))
    for side, (run, moment, title, marked) in enumerate(sides):
        shift = side * WIDTH / 2
        page.text(shift + WIDTH / 4, 36, title, ha="center", weight="bold")
        _arrows(page, run.edges, places, shift)
        leaves = set(places) - {start for start, _ in run.edges}
        for name, (x, y) in places.items():
            _box(page, x + shift, y, name, moment, name in leaves, name in marked)
        page.text(shift + WIDTH / 4, height - 8, _caption(run, moment), ha="center", size=10)
    page.line([(WIDTH / 2, 46), (WIDTH / 2, height)], ink.context, linewidth=0.5)
    return page.figure


def _caption(run, moment):
    """Say which gradient has just come in, and what it makes of the one that was kept."""
    if moment.came is None:
        return ""
    if moment.at not in {stop for _, stop in run.edges}:
        return f"{moment.at} starts the way back"
    grad = moment.kept.get(moment.at, moment.came)
    before = f": {grad - moment.came:g} + {moment.came:g} = {grad:g}" if grad != moment.came else ""
    return f"{moment.at} gets {moment.came:g}{before}"


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


def _places(edges):
    """Return the middle of each node's box, in the left half, and the height of the figure."""
    names = dict.fromkeys(itertools.chain.from_iterable(edges))
    row = dict.fromkeys(names, 0)
    for _ in names:  # each below all that it is an input of
        for start, stop in edges:
            row[stop] = max(row[stop], row[start] + 1)
    rows = [sorted(name for name in names if row[name] == r) for r in range(max(row.values()) + 1)]
    pitch = _BOX[1] + _RISE
    places = {
        name: ((k + 0.5) / len(line) * WIDTH / 2, _HEAD + r * pitch + _BOX[1] / 2)
        for r, line in enumerate(rows)
        for k, name in enumerate(line)
    }
    return places, _HEAD + len(rows) * pitch - _RISE + 26


def _arrows(page, edges, places, shift):
    """Draw the edges the way of backward, with the local slope where each begins."""
    paths = []
    for (start, stop), slope in edges.items():
        (x0, y0), (x1, y1) = places[start], places[stop]
        lean = 0.15 * (x1 - x0)
        x0, y0 = x0 + shift + lean, y0 + _BOX[1] / 2
        x1, y1 = x1 + shift - lean, y1 - _BOX[1] / 2
        tip, *base = arrow_head((x1, y1), (x0, y0))
        back = (base[0][0] + base[1][0]) / 2, (base[0][1] + base[1][1]) / 2
        paths += [Path([(x0, y0), back]), Path([tip, *base, tip], closed=True)]
        if slope is not None:
            left = lean < 0 or (lean == 0 and places[start][0] < WIDTH / 4)
            aside = (-1 if left else 1) * (9 + 0.2 * abs(lean) if lean else 7)
            place = (x0 + 0.16 * (x1 - x0) + aside, y0 + 0.16 * (y1 - y0) + 4)
            page.text(*place, f"{slope:g}", ink.context, size=9, ha="center")
    # One path for all: matplotlib needs much longer for an arrow each.
    page.path(Path.make_compound_path(*paths), ink.context, facecolor=ink.context)


def _box(page, x, y, name, moment, leaf, wrong):
    """Draw a node: its name and value, and below them its gradient."""
    width, height = _BOX
    born, lit = name in moment.values, name == moment.at
    page.box(
        *(x - width / 2, y - height / 2, width, height),
        corner=0 if leaf else 6,
        facecolor=ink.leaf if leaf else "none",
        edgecolor=ink.gradient if lit else ink.text if born else ink.context,
        linewidth=2.5 if lit else 1,
        linestyle="solid" if born else "dashed",
    )
    value = f"{name} = {moment.values[name]:g}" if born else name
    grad, color = "", ink.gradient
    if name in moment.kept:
        grad = f".grad {moment.kept[name]:g}" + " ≠" * wrong
    elif name in moment.passed:
        grad, color = f"({moment.passed[name]:g})", ink.gradient if lit else ink.context
    page.text(x, y - 4, value, ink.value if born else ink.context, ha="center")
    page.text(x, y + 11, grad, color, ha="center", weight="bold" if wrong else "normal")
