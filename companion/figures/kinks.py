"""The microscope of the chapter about kinks: what torch answers where a curve has a corner."""

from collections import Counter
from functools import cache

import torch
from ipywidgets import Dropdown, FloatSlider, ToggleButtons, interactive
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from torch import Tensor
from torch.nn import functional as F

from companion.canvas import MARGIN, WIDTH, Page, in_style, ink, signed
from explorable import explore

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
_NAN = 1.75  # where nan stands on the axis of slopes


@in_style
def microscope(
    spelling: str = "torch.where(x > 0, x, -x)", x: float = 0.0, zoom: int = 10
) -> Figure:
    """Draw a curve under a lens, with all slopes that touch it there, and what torch answers.

    Below stand the answers of all spellings of the same function, each a dot.

    >>> [text.get_text() for text in microscope("x.clamp(min=0)", 0.0).texts][3:6]
    ['slope on the left 0', 'on the right 1', 'backward() says 1']
    """
    page, found, (left, right) = Page(276), answer(spelling, x), _sides(spelling, x)
    page.text(MARGIN, 16, spelling, ink.value, family="monospace")
    page.text(72, 36, f"x = {signed(x)}", ha="center")
    page.text(WIDTH - 4, 36, f"× {zoom}", ink.context, ha="right")
    page.text(MARGIN, 194, f"slope on the left {signed(left, 'z.3g')}", ink.slope)
    page.text(_LENS[0] - _LENS[2], 194, f"on the right {signed(right, 'z.3g')}", ink.slope)
    page.text(MARGIN, 211, f"backward() says {signed(found, 'z.3g')}", ink.gradient, weight="bold")
    page.text(WIDTH - 4, 211, "a dot: a spelling", ink.context, ha="right")

    here = value(spelling, torch.tensor(x, dtype=torch.float64)).item()
    stage = _axes(page, (72, 110, 64), 0.6, (0, 0.25))
    stage.plot(*_values(spelling, 0.0, 0.6), color=ink.value, linewidth=2)
    stage.plot(x, here, "o", color=ink.context, markerfacecolor="none", markersize=26)
    stage.plot(x, here, "o", color=ink.value, markersize=8)

    half = 0.8 / zoom
    lens, ends = _axes(page, _LENS, half, (x, here)), (x - half, x + half)
    rim = Circle((x, here), half, facecolor="none", edgecolor=ink.context, linewidth=2)
    lens.add_patch(rim)
    for k in range(9):  # the fan; where the curve has a slope, all of it is one line
        look = {"color": ink.slope, "linewidth": 1, "alpha": 0.55, "clip_path": rim}
        _line(lens, here, ends, left + (right - left) * k / 8, **look)
    lens.plot(*_values(spelling, x, half), color=ink.value, linewidth=5, clip_path=rim)
    known = abs(found) < 9  # and no nan
    look = {"color": ink.gradient, "linewidth": 2, "alpha": int(known), "clip_path": rim}
    _line(lens, here, ends, found if known else 0.0, **look)
    lens.plot(x, here, "o", color=ink.value, markersize=8)
    _piles(page, spelling, x, (left, right))
    return page.figure


def _axes(page, place, half, middle):
    """Return square axes without a frame: middle and radius in points, then those of the data."""
    (x, y, radius), height = place, 72 * page.figure.get_figheight()
    place = ((x - radius) / WIDTH, 1 - (y + radius) / height, 2 * radius / WIDTH)
    ax = page.figure.add_axes((*place, 2 * radius / height))
    ax.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))
    ax.axis("off")
    return ax


def _line(ax, here, ends, slope, **look):
    middle = sum(ends) / 2
    ax.plot(ends, [here + slope * (end - middle) for end in ends], **look)


def _piles(page, spelling, x, sides):
    """Pile up the answers of all spellings on an axis of slopes; between `sides` all are true."""
    height = 72 * page.figure.get_figheight()
    ax = page.figure.add_axes((0.02, 18 / height, 0.96, 48 / height))
    ax.set(xlim=(-1.3, 2.1), ylim=(-6, 46), yticks=())
    ax.set_xticks((-1, 0, 0.5, 1, _NAN), ("−1", "0", "½", "1", "nan"))
    ax.spines.left.set_visible(False)
    ax.plot(sides, (-3, -3), color=ink.slope, linewidth=6, solid_capstyle="round", alpha=0.6)
    family = next(each for each in SPELLINGS if spelling in each)
    found = [answer(each, x) for each in family]
    found = [each if abs(each) < 9 else _NAN for each in found]
    sizes, ranks = Counter(found), Counter()
    for k in range(len(SPELLINGS[0])):  # always as many dots, some of them unseen
        place, own = (found[k], family[k] == spelling) if k < len(family) else (0.0, False)
        row, column = divmod(ranks[place], 4)
        middle = (min(sizes[place] - 4 * row, 4) - 1) / 2
        ranks[place] += k < len(family)
        look = {"color": ink.gradient if own else ink.context, "markersize": 9 if own else 6}
        alpha = 0 if k >= len(family) else 1 if own else 0.7
        ax.plot(place + 0.1 * (column - middle), 5 + 11 * row, "o", **look, alpha=alpha)


def show_microscope() -> interactive:
    """Return the figure of all spellings, places and zooms."""
    return explore(
        microscope,
        spelling=Dropdown(
            options=[each for family in SPELLINGS for each in family],
            value="torch.where(x > 0, x, -x)",
        ),
        x=FloatSlider(value=0, min=-0.4, max=0.4, step=0.2, readout_format=".1f"),
        zoom=ToggleButtons(options=[("× 2", 2), ("× 10", 10), ("× 100", 100)], value=10),
        labels={"spelling": "the function, written as", "x": "place x", "zoom": "zoom"},
        hold={"x": "x"},
        title="At a corner, the spelling decides",
        caption="Green: slopes that are as good as any other. Red: the one that PyTorch answers.",
        alt="Left, a curve with a lens over one point; right, what the lens shows: beside the "
        "corner a straight line, at the corner the corner itself, through which a fan of lines "
        "can be laid, and one red line with the slope that backward() finds. Below, a dot for "
        "each spelling of the function, on an axis of slopes: beside the corner they lie in one "
        "pile, at the corner in several.",
        paper=[
            {"spelling": "torch.where(x > 0, x, -x)", "x": 0.2, "zoom": 10},
            {"spelling": "torch.where(x > 0, x, -x)", "x": 0.0, "zoom": 10},
            {"spelling": "x.relu() - (-x).relu()", "x": 0.0, "zoom": 10},
        ],
    )
