"""The figures of the chapter about v in backward(v)."""

import torch
from ipywidgets import FloatSlider, Play
from matplotlib.figure import Figure
from matplotlib.path import Path
from torch import Tensor

from companion.canvas import MARGIN, WIDTH, Page, ink, signed, text_width
from companion.figures import control, shown


def product_and_parabola(x: Tensor) -> Tensor:
    """Return (x₁x₂, x₁² − x₂) for a vector of two numbers.

    >>> product_and_parabola(torch.tensor([2.0, 1.0]))
    tensor([2., 3.])
    """
    return torch.stack((x[0] * x[1], x[0] ** 2 - x[1]))


def _pull(v):
    """Return what backward(v) puts into x.grad at x = (2, 1), as numbers."""
    x = torch.tensor([2.0, 1.0], dtype=torch.float64, requires_grad=True)
    product_and_parabola(x).backward(torch.tensor(v, dtype=torch.float64))
    return x.grad.tolist()


_SIDES = 52, 250  # where y₁ and y₂ stand above, and x₁ and x₂ below
_TOP, _BOTTOM = 122, 222  # of the threads
_APART = 20  # of the two threads at an end, from the middle
_UNIT = 4.5  # the width of a thread that stands for 1


def jacobian_loom(v1: float = 1.0, v2: float = -0.5) -> Figure:
    """A loom: four bands, as wide as the entries of a Jacobian, lead from two outputs down
    to two inputs. In each band runs a red thread, as wide as the entry times the number
    of v, broken if it is negative. Below, the threads that meet are added to x.grad.

    The program is `product_and_parabola` at x = (2, 1); v1 and v2 are from −1 to 1.
    """
    v, J, grad = (v1, v2), [_pull((1.0, 0.0)), _pull((0.0, 1.0))], _pull((v1, v2))
    page = Page(294)
    for i, formula in enumerate(("y₁ = x₁x₂", "y₂ = x₁² − x₂")):
        page.text(_SIDES[i], 40, formula, ink.value, ha="center")
        words = f"v{'₁₂'[i]} = {signed(v[i], 'z.4g')}"
        page.text(_SIDES[i], 70, words, ink.gradient, ha="center", weight="bold")
        inner = _SIDES[i] + (54 if i == 0 else -54)
        for height, words in ((_TOP, f"y{'₁₂'[i]} = {2 + i}"), (_BOTTOM, f"x{'₁₂'[i]} = {2 - i}")):
            page.line([(_SIDES[i] - 46, height), (_SIDES[i] + 46, height)], linewidth=2.5)
            page.text(inner, height + 4, words, ink.value, ha="right" if i else "left")
    for weights in (None, v):  # first the bands, so that none of them covers a thread
        for output, row in enumerate(J):
            for input, entry in enumerate(row):
                _thread(page, output, input, entry, weights and weights[output] * entry)
    for j in range(2):
        page.text(_SIDES[j], _BOTTOM + 20, "+", ha="center")
        words, x = f"x.grad[{j}] = {signed(grad[j], 'z.4g')}", (6, WIDTH - 6)[j]
        page.text(x, _BOTTOM + 40, words, ink.gradient, ha=("left", "right")[j])
    _legend(page, 287)
    _plane(page, v)
    return page.figure


def _thread(page, output, input, entry, weighted):
    """Draw an entry of J as a green band, or v times it as the red thread that lies in it."""
    top = _SIDES[output] + _APART * (2 * input - 1)
    bottom = _SIDES[input] + _APART * (2 * output - 1)
    middle = (_TOP + _BOTTOM) / 2
    points = [(top, _TOP), (top, middle), (bottom, middle), (bottom, _BOTTOM)]
    path = Path(points, [Path.MOVETO, *3 * [Path.CURVE4]])
    if weighted is None:
        page.path(path, (ink.slope, 0.3), width=_UNIT * abs(entry), capstyle="butt")
        page.text(top, _TOP - 7, signed(entry), ink.slope, ha="center")
        return
    width = _UNIT * abs(weighted)
    dashes = (0, (7 / width, 4 / width)) if weighted < 0 else "solid"
    page.path(path, ink.gradient, width=width, linestyle=dashes, capstyle="butt")
    words, shift = signed(weighted, "z.4g"), 7 * (2 * output - 1)
    page.text(bottom + shift, _BOTTOM + 20, words, ink.gradient, ha="center")


def _legend(page, y):
    x = MARGIN
    for words, color in (("entry of J", (ink.slope, 0.3)), ("v × entry", ink.gradient)):
        page.line([(x, y - 4), (x + 16, y - 4)], color, linewidth=6)
        page.text(x + 21, y, words, color[0] if isinstance(color, tuple) else color)
        x += 21 + text_width(words) + 10
    page.line([(x, y - 4), (x + 18, y - 4)], ink.gradient, linewidth=6, linestyle=(0, (1.1, 0.7)))
    page.text(x + 23, y, "if negative", ink.gradient)


def _plane(page, v):
    """Draw v as an arrow, on axes in which a reader's hand can move it."""
    left, right = WIDTH / 2 - 42, WIDTH / 2 + 42
    ax = page.plot(left, 18, right, 102, x=(-1.2, 1.2), y=(-1.2, 1.2))
    for tick in (-1, -0.5, 0, 0.5, 1):
        ax.plot((-1, 1), (tick, tick), color=ink.context, linewidth=0.3 + (tick == 0))
        ax.plot((tick, tick), (-1, 1), color=ink.context, linewidth=0.3 + (tick == 0))
    ax.plot((0, v[0]), (0, v[1]), color=ink.gradient, linewidth=2)
    ax.dot(*v, ink.gradient, 11)
    page.text(151, 14, "v: take the dot", ink.gradient, ha="center")
    page.text(191, 64, "v₁", ink.context)
    page.text(151, 106, "v₂", ink.context, ha="center")


show_loom = shown(
    jacobian_loom,
    "Weighted rows fall on x.grad",
    "Each green band is a slope; the red thread in it is what v lets through.",
    hold={"v1": "x", "v2": "y"},
    paper=[{"v1": 1.0, "v2": 0.0}, {"v1": 0.0, "v2": 1.0}, {"v1": 1.0, "v2": -0.5}],
    v1=control("v₁, how much y₁ counts", FloatSlider, min=-1, max=1, step=0.25),
    v2=control("v₂, how much y₂ counts", FloatSlider, min=-1, max=1, step=0.25),
)


def doubling(n: int = 9) -> Figure:
    """Four lines on a logarithmic axis, all of the same length: the norm of y, which passes
    1000 after nine doublings, and the three numbers of v, which become those of x.grad.

    The loop begins at x = (0.5, 1, −2), and v = (0.1, 1, 0.0001).
    """
    v = (0.1, 1.0, 0.0001)
    x = torch.tensor([0.5, 1.0, -2.0], dtype=torch.float64, requires_grad=True)
    y = x * 2**n
    y.backward(torch.tensor(v, dtype=torch.float64))
    page, ticks = Page(245), {1e-4: "0.0001", 1e-2: "0.01", 1: "1", 100: "100", 1e4: "10000"}
    look = {"xscale": "log", "xticks": ticks}
    ax = page.plot(9, 25, 293, 220, x=(2e-5, 3e4), y=(-3.4, 0.7), **look)
    lines = [(x.norm().item(), y.norm().item(), ink.value, "norm of y = {:.4g} → {:.4g}")]
    for i, (start, end) in enumerate(zip(v, x.grad.tolist(), strict=True)):
        words = f"v{'₁₂₃'[i]} = {{:g}} → x.grad[{i}] = {{:.6g}}"
        lines.append((start, end, ink.gradient, words))
    ax.plot((1000, 1000), (-0.35, 0.35), color=ink.text, linewidth=1)
    for row, (start, end, color, words) in enumerate(lines):
        ax.plot((start, end), (-row, -row), color=color, linewidth=3, solid_capstyle="butt")
        ax.dot(start, -row, ink.context, 6)
        ax.dot(end, -row, color, 9)
        ax.text(2.2e-5, 0.3 - row, words.format(start, end), color)
    ax.text(1000, 0.42, "1000", ha="center")
    stops = "the loop goes on" if n < 9 else "the loop stops" if n == 9 else "it stopped at 9"
    page.text(9, 15, f"n = {n}: each number × {2**n}, {stops}")
    return page.figure


show_doubling = shown(
    doubling,
    "Each doubling doubles the gradient",
    "Grey dots: x and v. A distance to the right is a factor, the same for all four.",
    paper=[3, 6, 9],
    n=control("doublings", Play, max=11),
)
