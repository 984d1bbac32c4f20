"""The figures of the chapter about the engine: a net that learns XOR, and the X-ray."""

import functools
import itertools
from collections.abc import Callable, Mapping

import torch
from ipywidgets import Play, SelectionSlider, ToggleButtons, interactive
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle

from companion.canvas import WIDTH, in_style, ink, signed, strokes
from companion.engine import EXAMPLES, Scalar, guess, train
from companion.regions import above, layers
from companion.xray import draw, watch_engine, watch_torch
from explorable import explore

_LOW, _HIGH, _FAR = -0.3, 1.3, (-0.5, 1.5)  # what is shown of both inputs; x2 is drawn as far
_UNIT = 130  # points
_HEIGHT, _LEFT, _BOTTOM = 276, 26, 64  # of the picture; of the plane in it
_BANDS, _STRONGEST = 6, 0.8  # on either side of 1/2; the opacity of the last one
_trained = functools.cache(train)


def show_xor_training() -> interactive:
    """Return the figure of a net that the book's engine trains, with its output everywhere."""
    places = [k / 4 for k in range(5)]
    return explore(
        xor_training,
        title="Your own engine learns XOR",
        caption="Drag the ring, and read the net there.",
        labels={"x1": "read at x₁", "x2": "and x₂"},
        hold={"x1": "x", "x2": "y"},
        paper=[{"step": 40}, {"step": 80}, {"step": 112}],
        step=Play(min=0, max=112, step=8, value=80, interval=600),
        x1=SelectionSlider(options=places, value=0.5),
        x2=SelectionSlider(options=places, value=0.5),
        alt="The square of two inputs, blue where the net's answer is above a half, red where it "
        "is below. A blue band grows between the corners (0, 1) and (1, 0), and leaves the other "
        "two red. Beside it a scale with the four answers, below it the loss against the step.",
    )


@in_style
def xor_training(step: int = 80, x1: float = 0.5, x2: float = 0.5) -> Figure:
    """Draw what the net answers to all inputs after some steps, and the loss so far.

    There are at most 120 steps; (x1, x2) is where its answer is read.

    >>> xor_training(step=112, x1=0.0, x2=1.0).axes[0].texts[4].get_text()
    '0.91'
    """
    *net, loss = _trained()[step]
    figure = Figure(figsize=(WIDTH / 72, _HEIGHT / 72))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(_x(0), _x(WIDTH)), ylim=(_y(0), _y(_HEIGHT)))
    ax.axis("off")
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
        ax.text(a, b, f"{y}", color="white", weight="bold", ha="center", va="center_baseline")
    here = _read(net, x1, x2)
    ring = {"fillstyle": "none", "markersize": 20}
    ax.plot(x1, x2, "o", color="white", markeredgewidth=4, **ring)
    ax.plot(x1, x2, "o", color=ink.text, markeredgewidth=1.5, **ring)
    ax.plot(_x(284), here, "<", color=ink.text, markersize=9)
    label = {"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.8, "linewidth": 0}
    place = {"ha": "center", "va": "center_baseline"}
    ax.text(x1, x2 + 0.14, signed(here, "z.2f"), bbox=label, **place)

    losses = [_loss(loss) for *_, loss in _trained()]
    ax.plot([_x(_LEFT + 2.1 * k) for k in range(121)], losses, color=ink.loss)
    ax.plot(_x(_LEFT + 2.1 * step), _loss(loss), "o", color=ink.loss, markersize=9)
    ax.plot((_x(_LEFT), _x(_LEFT + 252)), (_loss(0), _loss(0)), color=ink.context, linewidth=1)
    for at, one, other, output in ((0, "0", "0", "0"), (0.5, "x₁", "x₂", "½"), (1, *"111")):
        ax.text(at, _y(_BOTTOM - 15), one, ha="center")
        ax.text(_x(_LEFT / 2 - 2), at, other, **place)
        ax.text(_x(250), at, output, **place)
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

    def engine_xray(step):
        return draw(ours, torchs, step)

    return _explore(
        engine_xray,
        steps=len(ours.moments),
        first=9,
        title="Whoever hands on too early hands on twice",
        caption="Grey numbers on the lines are local slopes; a number in brackets came by and is "
        "not kept.",
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

    def second_backward(engine, step):
        phase = ("1st backward", "2nd backward")[2 * step >= len(torchs.moments)]
        return draw(runs[engine], torchs, step, phase)

    return _explore(
        second_backward,
        steps=len(torchs.moments),
        first=6,
        title="What stays inside is handed on again",
        caption="The program runs once, and two backwards follow from its result e.",
        labels={"engine": "your engine"},
        paper=[{"step": 4}, {"step": 6}, {"step": 9}],
        engine=ToggleButtons(options=list(runs), value=list(runs)[-1]),
    )


def _explore(xray, steps, first, **words):
    return explore(
        xray,
        **words,
        step=Play(min=0, max=steps - 1, value=first, interval=1200),
        alt="Two graphs of the same program side by side, your engine's and torch's, with the "
        "value and the gradient that each node has at this step. The node that has just got a "
        "gradient is red.",
    )
