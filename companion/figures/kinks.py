"""The microscope of the chapter about kinks: what torch answers where a curve has a corner."""

import itertools
from collections import Counter
from functools import cache

import torch
from ipywidgets import Dropdown, FloatSlider, ToggleButtons
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor
from torch.nn import functional as F

from companion.canvas import MARGIN, WIDTH, Page, ink, signed, strokes
from companion.figures import control, shown

#: Spellings of one function below each other: |x|, max(x, 0), a smoothed |x|, and x itself.
SPELLINGS = (
    (
        "x.abs()",
        "x * x.sign()",
        "x.relu() + (-x).relu()",
        "torch.maximum(x, -x)",
        "x.norm()",
        "torch.where(x > 0, x, -x)",
        "2 * x.relu() - x",
        "F.leaky_relu(x, -1)",
        "torch.where(x < 0, -x, x)",
        "2 * x.clamp(min=0) - x",
        "torch.stack((x, -x)).max(0).values",
        "(x * x).sqrt()",
        "(x**2) ** 0.5",
    ),
    (
        "x.relu()",
        "F.hardtanh(x, 0, 9)",
        "torch.maximum(x, zero)",
        "(x + x.abs()) / 2",
        "x.clamp(min=0)",
        "torch.where(x >= 0, x, 0)",
    ),
    ("(x * x + 0.01).sqrt()",),
    ("x.relu() - (-x).relu()",),
)


def value(spelling: str, x: Tensor) -> Tensor:
    """Return what a spelling gives for a number x, a tensor of shape ()."""
    names = {"x": x, "torch": torch, "F": F, "zero": torch.zeros_like(x)}
    return eval(spelling, names)


@cache
def answer(spelling: str, x: float) -> float:
    """Return the gradient that torch finds for a spelling.

    >>> [answer(spelling, 0.0) for spelling in ("x.relu()", "x.clamp(min=0)", "(x * x).sqrt()")]
    [0.0, 1.0, nan]
    """
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    value(spelling, x).backward()
    return x.grad.item()


@cache
def _values(spelling, middle, half):
    """Return a curve around `middle`, as two lists."""
    xs = torch.linspace(-half, half, 41, dtype=torch.float64) + middle
    return xs.tolist(), [value(spelling, x).item() for x in xs]


@cache
def _sides(spelling, x):
    """Return the slope from the left and the one from the right, as quotients find them."""
    h = 1e-6
    left, here, right = (
        value(spelling, torch.tensor(at, dtype=torch.float64)).item() for at in (x - h, x, x + h)
    )
    return round((here - left) / h, 3) + 0.0, round((right - here) / h, 3) + 0.0


_LENS = 222, 104, 70  # its middle and its radius, in points
_AXIS, _UNIT, _NAN = 258, 86, 1.75  # that of slopes: its height, a slope of 1, the place of nan


def microscope(
    spelling: str = "torch.where(x > 0, x, -x)", x: float = 0.0, zoom: int = 10
) -> Figure:
    """Left, a curve with a lens over one point; right, what the lens shows: beside the
    corner a straight line, at the corner the corner itself, through which a fan of lines
    can be laid, and one red line with the slope that backward() finds. Below, a dot for
    each spelling of the function, on an axis of slopes: beside the corner they lie in one
    pile, at the corner in several.
    """
    page, found, sides = Page(276), answer(spelling, x), _sides(spelling, x)
    left, right = (signed(side, "z.3g") for side in sides)
    page.text(MARGIN, 16, spelling, ink.value, family="monospace")
    page.text(72, 36, f"x = {signed(x)}", ha="center")
    page.text(WIDTH - 4, 36, f"× {zoom}", ink.context, ha="right")
    page.text(MARGIN, 194, f"left slope {left}", ink.slope)
    page.text(_LENS[0] - _LENS[2], 194, f"right slope {right}", ink.slope)
    page.text(MARGIN, 211, f"backward() says {signed(found, 'z.3g')}", ink.gradient, weight="bold")
    page.text(WIDTH - 4, 211, "a dot: a spelling", ink.context, ha="right")

    here = value(spelling, torch.tensor(x, dtype=torch.float64)).item()
    stage = page.plot(8, 46, 136, 174, x=(-0.6, 0.6), y=(-0.35, 0.85))
    stage.plot(*_values(spelling, 0.0, 0.6), color=ink.value, linewidth=2)
    stage.dot(x, here, ink.context, 26, markerfacecolor="none")
    stage.dot(x, here, ink.value, 8)
    _lens(page, spelling, x, here, sides, 0.8 / zoom)
    _piles(page, spelling, x, sides)
    return page.figure


def _lens(page, spelling, x, here, sides, half):
    """Draw the neighbourhood of a point, which is `half` of the lens wide to each side."""
    (middle, height, radius), (left, right) = _LENS, sides
    rim = Circle(_LENS[:2], radius, facecolor="none", edgecolor=ink.context, linewidth=2)
    page.add(rim)

    def through(slope):
        return [(middle + side * radius, height - side * radius * slope) for side in (-1, 1)]

    # Where the curve has a slope, all lines of the fan are one.
    fan = strokes(through(left + (right - left) * k / 8) for k in range(9))
    page.path(fan, ink.slope, clip_path=rim)
    curve = zip(*_values(spelling, x, half), strict=True)
    points = [
        (middle + (at - x) / half * radius, height - (y - here) / half * radius) for at, y in curve
    ]
    page.line(points, ink.value, linewidth=5, clip_path=rim)
    found = answer(spelling, x)
    known = abs(found) < 9  # and no nan
    page.line(through(found) if known else [], ink.gradient, linewidth=2, clip_path=rim)
    page.line([_LENS[:2]], ink.value, marker="o", markersize=8)


def _piles(page, spelling, x, sides):
    """Pile up the answers of all spellings on an axis of slopes; between `sides` all are true."""

    def place(slope):
        return 112 + _UNIT * slope

    page.line([(4, _AXIS), (WIDTH - 4, _AXIS)], linewidth=0.8)
    for slope, words in ((-1, "−1"), (0, "0"), (0.5, "½"), (1, "1"), (_NAN, "nan")):
        page.text(place(slope), _AXIS + 14, words, ha="center")
    bar = [(place(side), _AXIS - 3) for side in sides]
    page.line(bar, ink.slope, linewidth=6, solid_capstyle="round", alpha=0.6)

    family = next(each for each in SPELLINGS if spelling in each)
    found = [answer(each, x) for each in family]
    found = [each if abs(each) < 9 else _NAN for each in found]
    sizes, ranks, dots = Counter(found), Counter(), []
    for slope in found:
        row, column = divmod(ranks[slope], 4)
        first = (min(sizes[slope] - 4 * row, 4) - 1) / 2
        dots.append((place(slope) + 8.5 * (column - first), _AXIS - 11 - 9 * row))
        ranks[slope] += 1
    own = dots[family.index(spelling)]
    dots += [own] * (len(SPELLINGS[0]) - len(dots))  # always as many
    look = {"marker": "o", "linestyle": "none"}
    page.line(dots, ink.context, **look, markersize=6)
    page.line([own], ink.gradient, **look, markersize=9)


show_microscope = shown(
    microscope,
    "At a corner, the spelling decides",
    "Green: slopes that are as good as any other. Red: the one that PyTorch answers.",
    hold={"x": "x"},
    paper=[
        {"spelling": "torch.where(x > 0, x, -x)", "x": 0.2, "zoom": 10},
        {"spelling": "torch.where(x > 0, x, -x)", "x": 0.0, "zoom": 10},
        {"spelling": "x.relu() - (-x).relu()", "x": 0.0, "zoom": 10},
    ],
    spelling=control("the function, written as", Dropdown, itertools.chain(*SPELLINGS)),
    x=control("place x", FloatSlider, min=-0.4, max=0.4, step=0.2, readout_format=".1f"),
    zoom=control("zoom", ToggleButtons, [("× 2", 2), ("× 10", 10), ("× 100", 100)]),
)
