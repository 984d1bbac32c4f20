"""The figures of the chapter about the engine."""

import inspect
import itertools
from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from matplotlib.path import Path
from torch import Tensor

from companion.canvas import WIDTH, Page, arrow_head, in_style, ink, panels
from companion.xray import Run

# Lengths in points: of a box, between rows, and above all rows.
_BOX, _RISE, _HEAD = (78, 36), 34, 50


@in_style
def xor_training(
    guess: Callable[[Tensor], Tensor],
    examples: Sequence[tuple[tuple[int, int], int]],
    losses: Sequence[tuple[float, float]],
    step: int,
) -> Figure:
    """Draw a net's answer over the square of its inputs, and the loss against the step.

    Parameters
    ----------
    guess
        From points (n × 2, float64) to the net's answers (n).
    examples
        The four inputs, each with its target.
    losses
        For each step, the loss in the engine and in torch.
    step
        How many steps the net has been trained.

    Examples
    --------
    >>> figure = xor_training(lambda x: x[:, 0], [((1, 0), 1)], [(0.5, 0.5)], 0)
    >>> figure.axes[0].texts[0].get_text()
    'want 1\\nget 1.00'
    """
    side = torch.linspace(-0.2, 1.2, 11, dtype=torch.float64)
    points = torch.cartesian_prod(side, side)
    everywhere = guess(points)
    answers = guess(torch.tensor([x for x, _ in examples], dtype=torch.float64))
    figure, (above, below) = panels(
        5, rows=2, height_ratios=(3, 1.3), left=0.16, bottom=0.11, top=0.94, hspace=0.4
    )
    colors = [ink.value if y_hat > 0.5 else ink.step for y_hat in everywhere]
    sure = ((everywhere - 0.5).abs().clamp(max=0.5) * 12).round() / 10
    above.scatter(*points.T, s=210, marker="s", c=colors, alpha=sure, linewidth=0)
    for (x, y), y_hat in zip(examples, answers, strict=True):
        above.text(*x, f"want {y}\nget {y_hat:.2f}", ha="center", va="center", size=10)
    above.set(xlabel="x1", ylabel="x2", xticks=(0, 1), yticks=(0, 1), aspect="equal")
    above.set_title("blue: nearer to 1, gold: nearer to 0", size=10)
    ours, torchs = zip(*losses, strict=True)
    below.plot(ours, color=ink.value)
    below.plot(range(0, len(losses), 10), torchs[::10], "o", color=ink.text, fillstyle="none")
    below.plot(step, ours[step], "o", color=ink.changed, markersize=9)
    below.set(xlabel="step", ylabel="loss", ylim=(0, 0.6), yticks=(0, 0.25, 0.5))
    words = f"engine {ours[step]:.6f}, torch {torchs[step]:.6f}"
    below.text(len(losses) - 1, 0.45, words, ha="right")
    return figure


def engine_xray(program: Callable, engine: Run, torchs: Run, step: int) -> Figure:
    """Draw both runs of a program side by side, at a step; the last one stays for ever.

    A gradient that is kept stands in the node's box as ``.grad``, one that has passed in
    brackets. After the last step "≠" marks each kept gradient that torch does not have.

    Examples
    --------
    >>> from companion.xray import watch_torch
    >>> def program(a):
    ...     b = a * a
    ...     return {"a": a, "b": b}
    >>> run = watch_torch(program, {"a": 3.0})
    >>> [text.get_text() for text in engine_xray(program, run, run, 3).texts][-1]
    'a gets 6'
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
