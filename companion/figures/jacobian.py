"""The figures of the chapter about the whole Jacobian."""

import math

import torch
from ipywidgets import Dropdown, IntSlider, Play, ToggleButtons
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch.func import jacrev, jvp, vjp

from companion.canvas import MARGIN, WIDTH, Page, arrow_head, ink, signed
from companion.figures import control, shown
from companion.figures.vjp import product_and_parabola

#: Functions of two numbers, by what they do.
MAPS = {
    "a product and a parabola": product_and_parabola,
    "length and angle to a point": lambda x: x[0] * torch.stack((x[1].cos(), x[1].sin())),
    "the second follows the first": lambda x: torch.stack((x.prod(), x.prod() ** 2 / 4)),
    "one whose J is symmetric": lambda x: torch.stack((x[0] * x[1], x[0] ** 2 / 2)),
}
AHEAD, BACK = "ahead: J u", "back: vᵀJ"

_MIDDLES, _PLANE = (76, 226), 154  # of the planes of the inputs and the outputs
_REACH = 66  # points, of the longest J u and vᵀJ


def both_ways(way: str = AHEAD, angle: int = 30, map: str = "a product and a parabola") -> Figure:
    """Two planes, of the inputs and the outputs, under a product of matrices in brackets. An
    arrow on the unit circle of one plane becomes an arrow on an ellipse in the other one,
    where thin green arrows are the columns or the rows of J.

    What is given is the direction u of the inputs, for J u by `torch.func.jvp`, or the weights v of the
    outputs, for vᵀJ by `torch.func.vjp`; `angle` is in degrees, x = (2, 1).
    """
    function, x = MAPS[map], torch.tensor([2.0, 1.0], dtype=torch.float64)
    turns = torch.linspace(0, 2 * math.pi, 61, dtype=torch.float64)
    circle = torch.stack((turns.cos(), turns.sin()), dim=1)
    radians = torch.tensor(math.radians(angle), dtype=torch.float64)
    given = torch.stack((radians.cos(), radians.sin()))
    J, ahead = jacrev(function)(x), way == AHEAD
    if ahead:
        _, found = jvp(function, (x,), (given,))
        curve, parts, color = circle @ J.T, J.T, ink.value
    else:
        (found,) = vjp(function, x)[1](given)
        curve, parts, color = circle @ J, J, ink.gradient
    page = Page(254)
    _product(page, J, given, found, ahead)
    here, there = _MIDDLES if ahead else _MIDDLES[::-1]
    for middle, words in zip(_MIDDLES, ("inputs", "outputs"), strict=True):
        page.line([(middle - 70, _PLANE), (middle + 70, _PLANE)], ink.context, linewidth=0.5)
        page.line([(middle, _PLANE - 68), (middle, _PLANE + 68)], ink.context, linewidth=0.5)
        page.text(middle - 70, _PLANE + 64, words, ink.context)
    scale = _REACH / torch.linalg.matrix_norm(J, 2).item()  # points for a length of 1
    page.line(_points(here, scale * circle), ink.context, linewidth=1)
    page.line(_points(there, scale * curve), ink.context, linewidth=1)
    _arrow(page, here, scale * given, color, 4)
    _arrow(page, there, scale * found, color, 4)
    for part in parts:
        _arrow(page, there, scale * part, ink.slope, 1.2)
    page.text(MARGIN, 246, f"green: the {'columns' if ahead else 'rows'} of J", ink.slope)
    page.text(WIDTH - MARGIN, 246, "grey: for all angles", ink.context, ha="right")
    return page.figure


def _points(middle, vectors):
    return [(middle + float(a), _PLANE - float(b)) for a, b in vectors]


def _arrow(page, middle, vector, color, width):
    """Draw a vector; of one without a length only its dot is seen."""
    tail, tip = _points(middle, [(0, 0), vector])
    seen = math.dist(tail, tip) > 0.1
    tip = tip if seen else (tail[0] + 1, tail[1])
    size = min(1, math.dist(tail, tip) / 14)  # a short arrow has a small head
    size = size * (5 + 1.5 * width), size * (2 + 0.9 * width)
    neck = [(a + b) / 2 for a, b in zip(*arrow_head(tip, tail, *size)[1:], strict=True)]
    page.line([tail, neck], color, linewidth=width, solid_capstyle="butt", alpha=int(seen))
    page.head(tip, tail, color, size, shown=seen)
    page.line([tail], color, marker="o", markersize=width + 2)


def _product(page, J, given, found, ahead):
    """Write J u or vᵀJ as matrices in brackets, and below each of them what it is."""
    color = ink.value if ahead else ink.gradient
    J = J.tolist(), ink.slope, "J"
    if ahead:
        columns = ([[number] for number in each.tolist()] for each in (given, found))
        blocks = [J, *zip(columns, (color, color), ("u", "J u"), strict=True)]
    else:
        blocks = [([given.tolist()], color, "vᵀ"), J, ([found.tolist()], color, "vᵀJ")]
    x = 50 if ahead else MARGIN
    for number, (rows, tint, name) in enumerate(blocks):
        page.text(x + 2, 35, "=" if number == 2 else "", ha="center")
        x += 14 if number == 2 else 0
        width = _matrix(page, x, 31, rows, tint)
        page.text(x + width / 2, 68, name, tint, ha="center")
        x += width + 10


def _matrix(page, left, middle, rows, color):
    """Write a matrix in brackets, and return how wide it is."""
    cell, high = 36, 18
    width, half = cell * len(rows[0]) + 8, high * len(rows) / 2 + 3
    for i, row in enumerate(rows):
        for j, number in enumerate(row):
            at = middle - half + high * (i + 0.5) + 7
            words = signed(round(number, 2), "z.3g")
            page.text(left + 4 + cell * (j + 0.5), at, words, color, ha="center")
    for x, turn in ((left, 4), (left + width, -4)):
        bracket = [(x + turn, middle - half), (x, middle - half)]
        page.line([*bracket, (x, middle + half), (x + turn, middle + half)], linewidth=1.2)
    return width


show_both_ways = shown(
    both_ways,
    "Columns ahead, rows back",
    "An arrow of length 1 turns on one side; its product with J answers on the other.",
    paper=[{"way": AHEAD}, {"way": BACK}],
    way=control("way", ToggleButtons, [AHEAD, BACK]),
    angle=control(("angle", "°"), Play, max=345, step=15, interval=300),
    map=control("the function", Dropdown, MAPS),
)


_MOST = 8  # inputs, and outputs


def passes(inputs: int = 6, outputs: int = 3) -> Figure:
    """The same Jacobian twice, in brackets: filled by columns, one for each input, and
    filled by rows, one for each output. Below, how many passes each of the two ways needs.

    It has from 1 to 8 inputs and outputs.
    """
    page = Page(230)
    for side, (mode, each, count, other) in enumerate(
        (("forward mode", "column", inputs, outputs), ("reverse mode", "row", outputs, inputs))
    ):
        left, color = (20, 168)[side], (ink.value, ink.gradient)[side]
        strength, weight = (0.75, "bold") if count <= other else (0.4, "normal")
        ends = (-0.3, _MOST + 0.3)
        ax = page.plot(left, 60, left + 124, 184, x=ends, y=ends[::-1])
        for k in range(_MOST):
            length, wide = (other, 0.84) if k < count else (0, 0)
            size = (length, wide) if side else (wide, length)
            at = (0, k + 0.08) if side else (k + 0.08, 0)
            ax.add_patch(Rectangle(at, *size, color=color, linewidth=0, alpha=strength))
        for x, turn in ((-0.25, 0.3), (inputs + 0.25, -0.3)):
            ends = -0.2, -0.2, outputs + 0.2, outputs + 0.2
            ax.plot((x + turn, x, x, x + turn), ends, color=ink.text, linewidth=1.5)
        page.text(left, 16, mode, color)
        page.text(left, 33, f"a pass fills a {each}", color)
        page.text(left, 204, _many(count, "pass", "es"), color, weight=weight)
        if not side:
            ax.dot(inputs, outputs, ink.context, 11, clip_on=False)
    words = f"{_many(outputs, 'output')} × {_many(inputs, 'input')}"
    page.text(WIDTH / 2, 224, words, ha="center")
    return page.figure


show_passes = shown(
    passes,
    "A pass for each column, or for each row",
    "Take the corner of the left matrix: the mode with fewer passes is in full colour.",
    hold={"inputs": "x", "outputs": "y"},
    paper=[{"inputs": 8, "outputs": 1}, {"inputs": 2, "outputs": 7}],
    inputs=control("inputs", IntSlider, min=1, max=_MOST),
    outputs=control("outputs", IntSlider, min=1, max=_MOST),
)


def _many(count, word, ending="s"):
    return f"{count} {word}{ending * (count > 1)}"
