"""The figures of the chapter about the engine: a net that learns XOR, and the X-ray."""

import functools
import itertools
from collections.abc import Callable, Mapping

import torch
from ipywidgets import Play, SelectionSlider, ToggleButtons, interactive
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle

from companion.canvas import WIDTH, Page, ink, signed, strokes
from companion.engine import EXAMPLES, Scalar, guess, train
from companion.figures import control, shown
from companion.regions import above, layers
from companion.xray import draw, watch_engine, watch_torch

_LOW, _HIGH, _FAR = -0.3, 1.3, (-0.5, 1.5)  # what is shown of both inputs; x2 is drawn as far
_UNIT = 130  # points
_HEIGHT, _LEFT, _BOTTOM = 276, 26, 64  # of the picture; of the plane in it
_BANDS, _STRONGEST = 6, 0.8  # on either side of 1/2; the opacity of the last one
_trained = functools.cache(train)


def xor_training(step: int = 80, x1: float = 0.5, x2: float = 0.5) -> Figure:
    """The square of two inputs, blue where the net's answer is above a half, red where it
    is below. A blue band grows between the corners (0, 1) and (1, 0), and leaves the other
    two red. Beside it a scale with the four answers, below it the loss against the step.

    There are at most 120 steps; (x1, x2) is where its answer is read.
    """
    *net, loss = _trained()[step]
    page = Page(_HEIGHT)
    ax = page.plot(0, 0, WIDTH, _HEIGHT, x=(_x(0), _x(WIDTH)), y=(_y(0), _y(_HEIGHT)))
    plane = Rectangle((_LOW, _LOW), 1.6, 1.6, transform=ax.transData)
    square = [(_LOW, _FAR[0]), (_LOW, _FAR[1]), (_HIGH, _FAR[1]), (_HIGH, _FAR[0])]
    for distance, alpha in layers(_BANDS, _STRONGEST):
        blue, red = _above(step, 0.5 + distance), [square, *_above(step, 0.5 - distance)]
        for side, color, polygons in ((1, ink.value, blue), (-1, ink.gradient, red)):
            look = {"facecolor": color, "alpha": alpha, "linewidth": 0}
            ax.add_artist(PathPatch(strokes(polygons), **look)).set_clip_path(plane)
            start, length = 0.5 + side * distance, side * (0.8 - distance)
            ax.add_artist(Rectangle((_x(262), start), 14 / _UNIT, length, **look))
    look = {"facecolor": "none", "edgecolor": ink.text, "linewidth": 1.5}
    ax.add_artist(PathPatch(strokes(_decision_line(step)), **look)).set_clip_path(plane)

    dot = {"markeredgecolor": "white", "linestyle": "none", "markersize": 16}
    for a, b, y in EXAMPLES:
        color = ink.value if y else ink.gradient
        ax.plot(_x(269), _read(net, a, b), "o", color=color, **dot)
        ax.plot(a, b, "o", color=color, **dot)
        ax.text(a, b, f"{y}", "white", weight="bold", ha="center", va="center_baseline")
    here = _read(net, x1, x2)
    ring = {"fillstyle": "none", "markersize": 20}
    ax.plot(x1, x2, "o", color="white", markeredgewidth=4, **ring)
    ax.plot(x1, x2, "o", color=ink.text, markeredgewidth=1.5, **ring)
    ax.dot(_x(284), here, ink.text, 9, marker="<")
    label = {"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.8, "linewidth": 0}
    place = {"ha": "center", "va": "center_baseline"}
    ax.text(x1, x2 + 0.14, signed(here, "z.2f"), bbox=label, **place)

    losses = [_loss(loss) for *_, loss in _trained()]
    ax.plot([_x(_LEFT + 2.1 * k) for k in range(121)], losses, color=ink.loss)
    ax.dot(_x(_LEFT + 2.1 * step), _loss(loss), ink.loss, 9)
    ax.plot((_x(_LEFT), _x(_LEFT + 252)), (_loss(0), _loss(0)), color=ink.context, linewidth=1)
    for at, one, other, output in ((0, "0", "0", "0"), (0.5, "x₁", "x₂", "½"), (1, *"111")):
        ax.text(at, _y(_BOTTOM - 15), one, ha="center")
        ax.text(_x(_LEFT / 2 - 2), at, other, **place)
        ax.text(_x(250), at, output, **place)
    ax.text(_x(_LEFT + 252), _y(34), f"loss {loss:.3f}", ink.loss, ha="right")
    return page.figure


_QUARTERS = [k / 4 for k in range(5)]
show_xor_training = shown(
    xor_training,
    "Your own engine learns XOR",
    "Drag the ring, and read the net there.",
    hold={"x1": "x", "x2": "y"},
    paper=[{"step": 40}, {"step": 80}, {"step": 112}],
    step=control("step", Play, max=112, step=8, interval=600),
    x1=control("read at x₁", SelectionSlider, _QUARTERS),
    x2=control("and x₂", SelectionSlider, _QUARTERS),
)


def _x(points):
    return _LOW + (points - _LEFT) / _UNIT


def _y(points):
    return _LOW + (points - _BOTTOM) / _UNIT


def _loss(loss):
    return _y(8 + 66 * loss)


def _read(net, x1, x2):
    return guess(*net, *torch.tensor([x1, x2], dtype=torch.float64)).item()


@functools.cache
def _above(step, level):
    *net, _ = _trained()[step]
    polygons = above(lambda x1, x2: guess(*net, x1, x2), level, (_LOW, _HIGH), _FAR)
    tenth = 10 * _UNIT  # of a point: finer ones take room and are not seen
    return [[(round(x * tenth) / tenth, round(y * tenth) / tenth) for x, y in p] for p in polygons]


def _decision_line(step):
    """Return pieces of the line where the output is 1/2: always as many, some without length."""
    for polygon in _above(step, 0.5):
        half = len(polygon) // 2
        yield from itertools.pairwise(polygon[:half])
        yield from itertools.pairwise(polygon[half:])


def show_engine_xray(kind: type[Scalar], backward: Callable, program: Callable) -> interactive:
    """Return the figure of one backward, by an engine and by torch.

    `kind` makes a leaf of a float, `backward` is called with the last node; the program is one for
    `companion.xray.watch_engine`, of two leaves.
    """
    start = {"a": 2.0, "b": 3.0}
    ours = watch_engine(backward, program, {name: kind(value) for name, value in start.items()})
    torchs = watch_torch(program, start)

    def engine_xray(step=9):
        return draw(ours, torchs, step)

    return _show(
        engine_xray,
        "Whoever hands on too early hands on twice",
        "Grey numbers on the lines are local slopes; a number in brackets came by and is not kept.",
        steps=len(ours.moments),
        paper=[5, 9, 14],
    )


def show_second_backward(
    kind: type[Scalar], engines: Mapping[str, Callable], program: Callable
) -> interactive:
    """Return the figure of two backwards, by engines that can be chosen and by torch."""
    start = {"a": 3.0, "b": 2.0, "d": 1.0}
    runs = {}
    for name, backward in engines.items():
        leaves = {leaf: kind(value) for leaf, value in start.items()}
        runs[name] = watch_engine(backward, program, leaves, times=2)
    torchs = watch_torch(program, start, times=2)

    def second_backward(engine=list(engines)[-1], step=6):
        phase = ("1st backward", "2nd backward")[2 * step >= len(torchs.moments)]
        return draw(runs[engine], torchs, step, phase)

    return _show(
        second_backward,
        "What stays inside is handed on again",
        "The program runs once, and two backwards follow from its result e.",
        steps=len(torchs.moments),
        paper=[{"step": 4}, {"step": 6}, {"step": 9}],
        engine=control("your engine", ToggleButtons, runs),
    )


def _show(xray, title, caption, steps, **more):
    return shown(
        xray,
        title,
        caption,
        alt="Two graphs of the same program side by side, your engine's and torch's, with the "
        "value and the gradient that each node has at this step. The node that has just got a "
        "gradient is red.",
        step=control("step", Play, max=steps - 1, interval=1200),
        **more,
    )()
