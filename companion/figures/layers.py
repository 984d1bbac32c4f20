"""The figures of the chapter about the backward of a layer."""

import math

import torch
from ipywidgets import Checkbox, Dropdown, Play, ToggleButtons
from matplotlib.figure import Figure
from matplotlib.path import Path

from companion.canvas import Page, ink, rectangle, signed, strokes, wrapped
from companion.figures import control, shown
from companion.layers import LAYERS, MIXED, ONES, fitted, slopes, surprise, upstream

_SIDE, _HIGH = 140, 18  # of a block, and of a row of numbers, in points
_LEFT, _RIGHT, _ABOVE, _BELOW = 3, 157, 55, 166


def shape_loom(layer: str = "linear, in W", entry: int = 6, ones: bool = False) -> Figure:
    """Above, a matrix of upstream gradients beside a matrix of slopes of the same shape;
    where a slope is not 0, both are lit. Below, the gradient with one entry lit, the sum of
    the products; and the whole table of slopes, whose column for this entry is framed.

    The layer is one of `companion.layers.LAYERS`, the entry is from 0 to 7, row by row.
    """
    this, G = LAYERS[layer], upstream(layer, ONES if ones else MIXED)
    shape = this.inputs[this.name].shape
    J = slopes(layer).reshape(-1, 8)  # a row for each entry of y, a column for each of x
    slope, grad = J[:, entry].reshape(G.shape), G.flatten() @ J
    lit, chosen = slope != 0, torch.arange(8) == entry
    name = this.name + str([int(k) for k in torch.unravel_index(torch.tensor(entry), shape)])
    page = Page(290)
    code = {"family": "monospace"}
    page.text(_LEFT, 13, f"y = {this.forward}", ink.value, **code)
    page.text(_LEFT, 30, f"{this.name}.grad = {this.back}", ink.gradient, **code)
    page.text(_LEFT, _ABOVE - 6, f"upstream G {tuple(G.shape)}", ink.gradient)
    _grid(page, _LEFT, _ABOVE, G, ink.gradient, 0.3 * lit, count=24)
    page.text(150, _ABOVE + 23, "×", ha="center")
    page.text(_RIGHT, _ABOVE - 6, f"slopes of y in {name}", ink.slope)
    strength = 0.1 * lit + 0.35 * slope.abs() / J.abs().max()
    _grid(page, _RIGHT, _ABOVE, slope, ink.slope, strength, count=24)
    sums = " + ".join(_number(term) for term in (G * slope)[lit]).replace("+ −", "− ")
    words = f"added up: {sums} = {_number(grad[entry])}"
    page.text(_LEFT, _BELOW - 23, words, ink.gradient)
    page.text(_LEFT, _BELOW - 6, f"{this.name}.grad {tuple(shape)}", ink.gradient)
    _grid(page, _LEFT, _BELOW, grad.reshape(shape), ink.gradient, 0.45 * chosen, count=8)
    page.text(_RIGHT, _BELOW - 6, f"all slopes {tuple(J.shape)}", ink.slope)
    _fabric(page, J, entry)
    page.texts(_LEFT, 270, wrapped(this.words, 44, 2))
    return page.figure


def _number(value):
    return signed(round(float(value), 3), "z.3g")


def _grid(page, left, top, numbers, color, tints, count, cell=None):
    """Write numbers as a matrix, and tint its cells; there are always so many cells."""
    columns = numbers.shape[-1] if numbers.ndim else 1
    wide, high = cell or (min(35, _SIDE / columns), _HIGH)
    values, tints = numbers.flatten().tolist(), tints.flatten().tolist()
    for k in range(count):
        shown = k < len(values)
        i, j = divmod(k, columns) if shown else (0, 0)
        value, tint = (_number(values[k]), tints[k]) if shown else ("", 0)
        edge = color if tint else ink.context
        place = left + wide * j, top + high * i, wide, high
        page.box(*place, color=edge, facecolor=(color, tint), linewidth=0.8, shown=shown)
        tone = ink.text if tint else ink.context
        middle = place[0] + wide / 2, place[1] + high / 2 + 4
        page.text(*middle, value, tone, ha="center", size=11.3)


def _fabric(page, J, entry):
    """Draw the whole Jacobian: a cell for each slope, filled if positive, hollow if negative."""
    wide, high = _SIDE / 8, min(17, 72 / len(J))
    most, cells = J.abs().max().item(), {True: [], False: []}
    for i, j in J.nonzero().tolist():
        size = 0.45 * math.sqrt(abs(J[i, j].item()) / most)
        x, y = _RIGHT + wide * (j + 0.5 - size), _BELOW + high * (i + 0.5 - size)
        cells[J[i, j].item() > 0].append(rectangle(x, y, 2 * size * wide, 2 * size * high))
    for positive, pieces in cells.items():
        path = strokes(pieces) if pieces else Path([(0, 0)])
        page.path(path, ink.slope, 0.7, facecolor=ink.slope if positive else "none")
    page.box(_RIGHT, _BELOW, _SIDE, high * len(J), color=ink.context, linewidth=0.8)
    page.box(_RIGHT + wide * entry, _BELOW, wide, 78, color=ink.gradient, linewidth=1.5)
    knob = page.plot(_RIGHT, _BELOW + 71, _RIGHT + _SIDE, _BELOW + 87, x=(-0.5, 7.5), y=(-1, 1))
    knob.dot(entry, 0, ink.gradient, 10)


show_loom = shown(
    shape_loom,
    "Upstream entries × slopes, added up",
    "A column of all slopes, folded like y, says what flows into one entry.",
    hold={"entry": "x"},
    paper=[{"layer": "linear, in W"}, {"layer": "softmax"}, {"layer": "attention, in V"}],
    layer=control("layer", Dropdown, LAYERS),
    entry=control("entry of the gradient", Play, max=7, interval=900),
    ones=control("all ones upstream", Checkbox),
)


def silent_square(targets: str = "(4,)", step: int = 1) -> Figure:
    """Four points and a line that is fitted to them, beside a table of differences. With
    targets of the shape (4, 1) only its diagonal counts, and the line goes to the points.
    With (4,) all sixteen count, and the line becomes flat, at the mean of the targets.
    """
    y_hat, grad, table, loss = fitted(targets, step)
    wrong = targets == "(4,)"
    color = ink.wrong if wrong else ink.right
    page = Page(222)
    page.text(_LEFT, 15, "loss = ((y_hat - y) ** 2).mean()", family="monospace")
    words = "(4, 1) − (4,): 16 differences" if wrong else "(4, 1) − (4, 1): 4 differences"
    page.text(_LEFT, 34, words, color)
    page.text(_LEFT, 214, f"loss = {signed(loss, '.2f')}", ink.loss)
    ax = page.plot(15, 44, 151, 193, x=(-1.9, 1.9), y=(-2.2, 4.8), xticks=(), yticks=())
    x, y = (-1.5, -0.5, 0.5, 1.5), [y_hat[0] - difference for difference in table[0]]
    ax.axhline(sum(y) / 4, color=ink.context, linewidth=1, linestyle="dashed")
    ax.plot(x, y, "o", color=ink.text, markersize=8, fillstyle="none")
    ax.plot(x, y_hat, "o-", color=ink.value, markersize=5)
    for at, height, pull in zip(x, y_hat, grad, strict=True):
        ax.plot((at, at), (height, height - 2 * pull), color=ink.gradient, linewidth=3, alpha=0.6)
    page.text(163, 214, "dashed: mean of y", ink.context)
    page.text(163, 56, "y_hat − y")
    used = torch.full((4, 4), 0.25) if wrong else torch.eye(4) / 4
    rounded = torch.tensor([[round(difference, 1) for difference in row] for row in table])
    _grid(page, 163, 63, rounded, color, used, count=16, cell=(33, 24))
    who, whom = ("each", "all the targets") if wrong else ("a", "its own target")
    page.texts(163, 178, (f"{who} prediction meets", whom), color)
    return page.figure


show_square = shown(
    silent_square,
    "A missing dimension pulls every prediction to the mean",
    "Rings: targets. Blue: the line that is fitted. Red: where the gradient pulls.",
    paper=[{"targets": "(4, 1)", "step": 8}, {"targets": "(4,)", "step": 8}],
    targets=control("shape of y", ToggleButtons, ["(4, 1)", "(4,)"]),
    step=control("step of training", Play, max=8),
)


def gap(gap: int = 92) -> Figure:
    """A strip of gaps from 0 to 120 in three parts, and a dot on it. Below, loss and
    gradient of the logarithm of a softmax, which break one after the other, beside those
    of cross_entropy, which stay right.
    """
    page = Page(158)
    ax = page.plot(12, 3, 290, 63, x=(-3, 123), y=(-1.3, 2))
    found = [surprise(float(g), fused=False) for g in range(121)]
    broken = sum(all(map(math.isfinite, grad)) for _, grad in found)  # the first gap where it is
    over = sum(math.isfinite(loss) for loss, _ in found)
    parts = (0, broken, ink.right), (broken, over, ink.refused), (over, 122, ink.wrong)
    for start, end, color in parts:
        ax.plot((start, end), (0, 0), color=color, linewidth=9, solid_capstyle="butt")
        ax.text(start, -1.3, f"{start}", color, ha="center")
    ax.text(0, 0.75, "both are right", ink.right)
    ax.text(122, 0.75, "no gradient, no loss", ink.wrong, ha="right")
    ax.text((broken + over) / 2, 1.4, "no gradient", ink.refused, ha="center")
    ax.dot(gap, 0, ink.text, 11)
    p = torch.tensor([0.0, gap], dtype=torch.float32).softmax(0)[0].item()
    for column, name in enumerate(("-p.log()", "cross_entropy(s, t)")):
        (loss, grad), left = surprise(float(gap), bool(column)), (_LEFT, 156)[column]
        page.text(left, 86, name, family="monospace")
        page.text(left, 107, "" if column else f"p = {signed(p, '.2g')}", ink.value)
        for y, words, values in ((130, "loss", [loss]), (150, "gradient", grad)):
            good = all(map(math.isfinite, values))
            said = f"{words} {signed(grad, '.2g') if y == 150 else signed(loss)}"
            page.text(left, y, said, ink.right if good else ink.wrong, weight="bold")
    return page.figure


show_gap = shown(
    gap,
    "The loss is still right where the gradient is gone",
    "Scores s = (0, gap), the first class is true, float32; p is its softmax.",
    hold={"gap": "x"},
    paper=[40, 92, 112],
    gap=control("how far the true class is behind", Play, max=120, step=4),
)
