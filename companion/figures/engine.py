"""The figures of the chapter about the engine: a net that learns XOR, and the X-ray."""

import functools
import itertools
import math
from collections.abc import Callable, Mapping

import torch
from ipywidgets import Play, SelectionSlider, ToggleButtons, interactive
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from companion.canvas import Page, arrow_head, in_style, ink, signed
from companion.engine import EXAMPLES, Scalar, guess, train
from companion.xray import Run, watch_engine, watch_torch
from explorable import explore

_WIDTH, _SIZE = 302.4, 12  # in points: of a picture, and of its text

# XOR -------------------------------------------------------------------------------------------

_LOW, _HIGH, _FAR = -0.3, 1.3, (-0.5, 1.5)  # what is shown of both inputs; x2 is drawn as far
_UNIT = 130  # points
_HEIGHT, _LEFT, _BOTTOM = 276, 26, 64  # of the picture; of the plane in it
_BANDS = 6  # on either side of 1/2
_trained = functools.cache(train)


def show_xor_training() -> interactive:
    """Return the figure of a net that the book's engine trains, with its output everywhere."""
    places = [k / 4 for k in range(5)]
    return explore(
        xor_training,
        title="Your own engine learns XOR",
        caption="Drag the ring, and read the net there.",
        labels={"step": "step", "x1": "read at x₁", "x2": "and x₂"},
        hold={("x1", "x2"): "xy"},
        paper=[{"step": 40}, {"step": 80}, {"step": 112}],
        step=Play(min=0, max=112, step=8, value=80, interval=600),
        x1=SelectionSlider(options=places, value=0.5),
        x2=SelectionSlider(options=places, value=0.5),
        alt="The square of two inputs, blue where the net's answer is above a half, red where it "
        "is below. A blue band grows between the corners (0, 1) and (1, 0), and leaves the other "
        "two red. Beside it a scale with the four answers, below it the loss against the step.",
    )


@in_style
@rc_context({"font.size": _SIZE})
def xor_training(step: int = 80, x1: float = 0.5, x2: float = 0.5) -> Figure:
    """Draw what the net answers to all inputs after some steps, and the loss so far.

    Parameters
    ----------
    step
        How many steps it has been trained, at most 120.
    x1, x2
        Where its answer is read.

    Examples
    --------
    >>> xor_training(step=112, x1=0.0, x2=1.0).axes[0].texts[4].get_text()
    '0.94'
    """
    *net, loss = _trained()[step]
    figure = Figure(figsize=(_WIDTH / 72, _HEIGHT / 72))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(_x(0), _x(_WIDTH)), ylim=(_y(0), _y(_HEIGHT)))
    ax.axis("off")
    plane = Rectangle((_LOW, _LOW), 1.6, 1.6, transform=ax.transData)
    square = [(_LOW, _FAR[0]), (_LOW, _FAR[1]), (_HIGH, _FAR[1]), (_HIGH, _FAR[0])]
    for distance, alpha in _layers():
        above = _above(step, 0.5 + distance)
        below = [square, *_above(step, 0.5 - distance)]
        for side, color, polygons in ((1, ink.value, above), (-1, ink.gradient, below)):
            look = {"facecolor": color, "alpha": alpha, "linewidth": 0}
            ax.add_artist(PathPatch(_path(polygons), **look)).set_clip_path(plane)
            start, length = 0.5 + side * distance, side * (0.8 - distance)
            ax.add_artist(Rectangle((_x(262), start), 14 / _UNIT, length, **look))
    look = {"facecolor": "none", "edgecolor": ink.text, "linewidth": 1.5}
    ax.add_artist(PathPatch(_path(_decision_line(step)), **look)).set_clip_path(plane)

    dot = {"markeredgecolor": "white", "linestyle": "none", "markersize": 16}
    for a, b, y in EXAMPLES:
        color = ink.value if y else ink.gradient
        ax.plot(_x(269), _read(net, a, b), "o", color=color, **dot)
        ax.plot(a, b, "o", color=color, **dot)
        ax.text(a, b, f"{y}", color="white", ha="center", va="center_baseline", weight="bold")
    here = _read(net, x1, x2)
    ring = {"fillstyle": "none", "markersize": 20}
    ax.plot(x1, x2, "o", color="white", markeredgewidth=4, **ring)
    ax.plot(x1, x2, "o", color=ink.text, markeredgewidth=1.5, **ring)
    ax.plot(_x(284), here, "<", color=ink.text, markersize=9)
    label = {"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.8, "linewidth": 0}
    words = signed(here, "z.2f")
    ax.text(x1, x2 + 0.14, words, ha="center", va="center_baseline", bbox=label)

    losses = [_loss(loss) for *_, loss in _trained()]
    ax.plot([_x(_LEFT + 2.1 * k) for k in range(121)], losses, color=ink.loss)
    ax.plot(_x(_LEFT + 2.1 * step), _loss(loss), "o", color=ink.loss, markersize=9)
    ax.plot((_x(_LEFT), _x(_LEFT + 252)), (_loss(0), _loss(0)), color=ink.context, linewidth=1)
    for place, one, other, output in ((0, "0", "0", "0"), (0.5, "x₁", "x₂", "½"), (1, *"111")):
        ax.text(place, _y(_BOTTOM - 15), one, ha="center")
        ax.text(_x(_LEFT / 2 - 2), place, other, ha="center", va="center_baseline")
        ax.text(_x(250), place, output, ha="center", va="center_baseline")
    ax.text(_x(_LEFT + 252), _y(34), f"loss {loss:.3f}", color=ink.loss, ha="right")
    return figure


def _x(points):
    return _LOW + (points - _LEFT) / _UNIT


def _y(points):
    return _LOW + (points - _BOTTOM) / _UNIT


def _loss(loss):
    return _y(8 + 66 * loss)


def _read(net, x1, x2):
    return guess(*net, *torch.tensor([x1, x2], dtype=torch.float64)).item()


def _layers():
    """Yield how far from 1/2 each layer of colour begins, and its opacity.

    They lie on each other, and together become stronger in even steps.
    """
    for k in range(_BANDS):
        before, after = (0.8 * n / _BANDS for n in (k, k + 1))
        yield (k + 0.5) / (2 * _BANDS), 1 - (1 - after) / (1 - before)


_ACROSS = torch.linspace(_LOW, _HIGH, 161, dtype=torch.float64)
_UP = torch.linspace(*_FAR, 201, dtype=torch.float64)
_COLUMNS = (1 - torch.linspace(0, math.pi, 19, dtype=torch.float64).cos()) / 2  # close at the ends


@functools.cache
def _ridge(step):
    """Return the largest output over x2 for each x1, and where its two parts meet: at a pass."""
    *net, _ = _trained()[step]
    ridge = guess(*net, _ACROSS[:, None], _UP).amax(1)
    lowest = ridge.argmin().item()
    return ridge, lowest if 0 < lowest < len(ridge) - 1 else len(ridge) // 2


@functools.cache
def _above(step, level):
    """Return two polygons around where the output is above a level, left and right of the pass.

    In each, x2 rises and falls over columns of x1. They always have as many corners, so that
    frames glide into each other; where there is nothing above, a polygon is a point.
    """
    *net, _ = _trained()[step]
    ridge, middle = _ridge(step)
    polygons = []
    for part in (slice(0, middle + 1), slice(middle, None)):
        left, right = _where(_ACROSS[part], ridge[None, part], level)
        columns = left + (right - left) * _COLUMNS
        output = guess(*net, columns[:, None], _UP)
        low, high = _where(_UP, output, level)
        corners = zip([*columns, *columns.flip(0)], [*low, *high.flip(0)], strict=True)
        polygons.append([tuple(round(float(c) * 1300) / 1300 for c in xy) for xy in corners])
    return polygons


def _where(places, rows, level):
    """Return between which places each row is above a level; at its largest, if it nowhere is."""
    above = rows > level
    first, last = above.int().argmax(1), len(places) - 1 - above.flip(1).int().argmax(1)
    if ((last - first + 1 != above.sum(1)) & above.any(1)).any():
        raise ArithmeticError(f"The output is above {level:g} in two places of a row.")
    ends = []
    for inside, side in ((first, -1), (last, 1)):
        beyond = (inside + side).clamp(0, len(places) - 1)
        value, out = (rows.gather(1, k[:, None])[:, 0] for k in (inside, beyond))
        share = torch.where(beyond == inside, 0, (value - level) / (value - out))
        end = places[inside] + share * (places[beyond] - places[inside])
        ends.append(torch.where(above.any(1), end, places[rows.argmax(1)]))
    return ends


def _decision_line(step):
    """Return pieces of the line where the output is 1/2: always as many, some without length."""
    for polygon in _above(step, 0.5):
        half = len(polygon) // 2
        yield from itertools.pairwise(polygon[:half])
        yield from itertools.pairwise(polygon[half:])


def _path(pieces):
    """Return lines through points as one path, of which matplotlib leaves out nothing."""
    pieces = list(pieces)
    codes = [code for piece in pieces for code in [Path.MOVETO] + [Path.LINETO] * (len(piece) - 1)]
    path = Path([point for piece in pieces for point in piece], codes)
    path.should_simplify = False
    return path


# The X-ray -------------------------------------------------------------------------------------

_BOX, _RISE, _HEAD = (70, 36), 32, 28  # in points: of a box, between rows, and above all rows


def show_engine_xray(kind: type[Scalar], backward: Callable, program: Callable) -> interactive:
    """Return the figure of one backward, by an engine and by torch.

    Parameters
    ----------
    kind, backward
        The engine: it makes a leaf of a float, and is called with the last node.
    program
        From two leaves to a dict of all nodes, as for `companion.xray.watch_engine`.
    """
    start = {"a": 2.0, "b": 3.0}
    ours = watch_engine(backward, program, {name: kind(value) for name, value in start.items()})
    torchs = watch_torch(program, start)

    def engine_xray(step):
        return xray(ours, torchs, step)

    return explore(
        engine_xray,
        title="Whoever hands on too early hands on twice",
        caption="Grey numbers on the lines are local slopes; a number in brackets came by and is "
        "not kept.",
        paper=[5, 9, 14],
        step=Play(min=0, max=len(ours.moments) - 1, value=9, interval=1200),
        alt=_ALT,
    )


def show_second_backward(
    kind: type[Scalar], engines: Mapping[str, Callable], program: Callable
) -> interactive:
    """Return the figure of two backwards, by engines that can be chosen and by torch."""
    start = {"a": 3.0, "b": 2.0, "d": 1.0}
    runs = {
        name: watch_engine(
            backward, program, {leaf: kind(value) for leaf, value in start.items()}, times=2
        )
        for name, backward in engines.items()
    }
    torchs = watch_torch(program, start, times=2)

    def second_backward(engine, step):
        phase = ("1st backward", "2nd backward")[2 * step >= len(torchs.moments)]
        return xray(runs[engine], torchs, step, phase)

    return explore(
        second_backward,
        title="What stays inside is handed on again",
        caption="The program runs once, and two backwards follow from its result e.",
        labels={"engine": "your engine"},
        paper=[{"step": 4}, {"step": 6}, {"step": 9}],
        engine=ToggleButtons(options=list(runs), value=list(runs)[-1]),
        step=Play(min=0, max=len(torchs.moments) - 1, value=6, interval=1200),
        alt=_ALT,
    )


_ALT = (
    "Two graphs of the same program side by side, your engine's and torch's, with the value and "
    "the gradient that each node has at this step. The node that has just got a gradient is red."
)


def xray(engine: Run, torchs: Run, step: int, phase: str = "") -> Figure:
    """Draw both runs of a program side by side after a step of the way back.

    At the end of the engine's run "≠" marks each gradient in ``.grad`` that torch does not have.

    Examples
    --------
    >>> def square(a):
    ...     return {"a": a, "b": a * a}
    >>> ours = watch_engine(Scalar.backward, square, {"a": Scalar(3.0)})
    >>> xray(ours, watch_torch(square, {"a": 3.0}), 1).texts[-1].get_text()
    'a gets 6'
    """
    half, places = _WIDTH / 2, _places(engine.slopes)
    height = max(y for _, y in places.values()) + _BOX[1] / 2 + 26
    page, ends = Page(height, _WIDTH), torchs.moments[-1].kept
    leaves = set(places) - {result for result, _ in engine.slopes}
    page.text(_WIDTH - 4, 12, phase, ink.context, ha="right", size=_SIZE)
    for left, run, title in ((0, engine, "your engine"), (half, torchs, "torch")):
        moment = run.moments[min(step, len(run.moments) - 1)]
        if step >= len(run.moments):
            moment = moment._replace(at="")
        page.text(left + 4, 12, title, weight="bold", size=_SIZE)
        _arrows(page, left, engine.slopes, places, run.slopes)
        for name, (x, y) in places.items():
            found = moment.kept.get(name) if moment is engine.moments[-1] else None
            wrong = name in leaves and found not in (None, ends[name])
            value = f"{name} = {run.values[name]:g}"
            _box(page, (left + x, y), name, value, moment, name in leaves, wrong)
        page.text(left + half / 2, height - 6, _told(run, moment), ha="center", size=_SIZE)
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
    return f"{name} gets {came:g}" + (
        f": {total - came:g} + {came:g} = {total:g}" * (total != came)
    )


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
            x = (k + 0.5) / len(line) * _WIDTH / 2
            places[name] = x, _HEAD + r * (_BOX[1] + _RISE) + _BOX[1] / 2
    return places


def _arrows(page, left, edges, places, slopes):
    """Draw the edges from each result to its inputs, with the local slopes that are known."""
    paths = []
    for result, x in edges:
        (x0, y0), (x1, y1) = places[result], places[x]
        lean = 0.2 * (x1 - x0)
        start, tip = (left + x0 + lean, y0 + _BOX[1] / 2), (left + x1 - lean, y1 - _BOX[1] / 2)
        head = arrow_head(tip, start)
        paths += [Path([start, tip]), Path([*head, tip], closed=True)]
    page.path(Path.make_compound_path(*paths), ink.context, facecolor=ink.context)
    for (result, x), slope in slopes.items():
        (x0, y0), (x1, y1) = places[result], places[x]
        lean = 0.2 * (x1 - x0)
        at = left + x0 + lean + 0.3 * (x1 - x0 - 2 * lean), y0 + _BOX[1] / 2 + 0.3 * _RISE
        page.box(at[0] - 5, at[1] - 6, 10, 12, facecolor="white", linewidth=0)
        page.text(at[0], at[1] + 4, f"{slope:g}", ink.context, size=_SIZE, ha="center")


def _box(page, place, name, value, moment, leaf, wrong):
    """Draw a node: its value, and below it the gradient that it keeps or that came by."""
    (x, y), (width, height) = place, _BOX
    lit = name == moment.at
    page.box(
        *(x - width / 2, y - height / 2, width, height),
        corner=0 if leaf else 6,
        facecolor=(ink.learns, 0.12) if leaf else "none",
        edgecolor=ink.gradient if lit else ink.learns if leaf else ink.text,
        linewidth=2.5 if lit else 1,
    )
    grad, color = "", ink.gradient
    if name in moment.kept:
        grad = f"grad {moment.kept[name]:g}" + " ≠" * wrong
    elif name in moment.passed:
        grad, color = f"({moment.passed[name]:g})", ink.gradient if lit else ink.context
    page.text(x, y - 4, value, ink.value, ha="center", size=_SIZE)
    page.text(x, y + 12, grad, color, ha="center", size=_SIZE)
