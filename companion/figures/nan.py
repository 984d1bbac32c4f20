"""The other figures of the chapter about kinks: a nan on its way back, and a ball on stairs."""

import math
import warnings
from functools import cache

import torch
from ipywidgets import Dropdown, Play, ToggleButtons
from matplotlib.figure import Figure

from companion.canvas import MARGIN, Page, ink, rectangle, signed, strokes, wrapped
from companion.figures import control, shown

#: Ways to leave out the entry whose x is 0, after `x = w * data` and `keep = x > 0`.
WAYS = {
    "where": ("h = x.log()", "y = torch.where(keep, h, 0)"),
    "a mask": ("h = x.log()", "y = keep * h"),
    "a mask and nan_to_num": ("h = x.log()", "y = (keep * h).nan_to_num()"),
    "an index after the log": ("h = x.log()", "y = h[keep]"),
    "an index before the log": ("h = x[keep].log()", "y = h"),
    "where, twice": (
        "h = torch.where(keep, x, 1).log()",
        "y = torch.where(keep, h, 0)",
    ),
}


def _program(way):
    """Run a program on four numbers, of which one is 0; return w, x, h, y and the loss."""
    data = torch.tensor([2.0, 3.0, 0.0, 4.0], dtype=torch.float64)
    w = torch.ones((), dtype=torch.float64, requires_grad=True)
    names = {"torch": torch, "x": w * data, "keep": data > 0}
    exec("\n".join(WAYS[way]), names)  # noqa: S102 a text of this module, which the reader sees
    return w, names["x"], names["h"], names["y"], names["y"].sum()


@cache
def _journey(way):
    """Return the values and gradients of each column, row by row, and anomaly mode's words."""
    columns, rows = _program(way), []
    for column in columns[1:]:
        column.retain_grad()
    columns[-1].backward()
    for column in columns:
        pairs = list(zip(column.flatten().tolist(), column.grad.flatten().tolist(), strict=True))
        if len(pairs) == 3:  # one was left out by an index
            pairs.insert(2, None)
        rows.append(pairs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anomaly mode is slow, and says so
        try:
            with torch.autograd.set_detect_anomaly(True):
                _program(way)[-1].backward()
        except RuntimeError as error:
            return rows, str(error)
    return rows, ""


_COLUMNS = {"w": 4, "x": 64, "h": 128, "y": 192, "loss": 252}  # and where each begins
_TOP, _ROW, _MIDDLE = 64, 43, 147  # of the cells, in points


def nan_travels(way: str = "a mask and nan_to_num", step: int = 4) -> Figure:
    """A weight times four numbers, one of which is 0; then the logarithm; then the bad
    entry is left out; then a sum. The gradients appear column by column from the right.
    Where the bad entry is left out after the logarithm, the gradient of its x is nan, and
    so is that of the weight. Where it is left out before, all gradients are finite.
    """
    page, (columns, error) = Page(280), _journey(way)
    page.code(MARGIN, 14, WAYS[way][0])
    page.code(MARGIN, 30, WAYS[way][1])
    threads, boxes, tints, words = [], [], [], []
    for number, ((name, left), rows) in enumerate(zip(_COLUMNS.items(), columns, strict=True)):
        page.text(left + 23, _TOP - 8, name, ink.context, ha="center")
        back = len(columns) - 1 - number <= step
        for row, pair in enumerate(rows):
            top = _TOP + _ROW * row if len(rows) > 1 else _MIDDLE - 19
            there = pair is not None  # what is not there shrinks to a point
            boxes.append(_box(left, top, 38, there))
            if len(rows) > 1:
                start = left - 14, _MIDDLE if number == 1 else top + 19
                threads.append([start, (left - 1, top + 19) if there else start])
            if number == 3:
                start = left + 47, top + 19
                threads.append([start, (251, _MIDDLE) if there else start])
            for half, seen in enumerate((there, there and back)):
                found = pair[half] if seen else 0.0
                tints.append(_box(left, top + 19 * half, 19, not math.isfinite(found)))
                text = signed(round(found, 2) + 0.0, ".3g") if seen else ""
                words.append((left + 23, top + 19 * half + 14, text, half))
    page.path(strokes(tints), width=0, facecolor=(ink.wrong, 0.3))
    page.path(strokes(threads), ink.context)
    page.path(strokes(boxes), ink.context)
    for x, y, text, half in words:
        weight = "bold" if text.endswith(("nan", "inf")) else "normal"
        page.text(x, y, text, (ink.value, ink.gradient)[half], ha="center", weight=weight)
    said, color = (error, ink.refused) if error else ("Anomaly mode finds no nan.", ink.right)
    page.texts(MARGIN, 255, wrapped(said if step >= 3 else "", 44, 2), color)
    return page.figure


def _box(left, top, height, shown):
    """Return the corners of a box that is as wide as a cell, or of nothing in its place."""
    return rectangle(left, top, 46 * shown, height * shown)


show_nan = shown(
    nan_travels,
    "One nan on its way back spoils the weight that all share",
    "Here x = w · data. Blue: values; red: gradients; tinted: what is not finite. Below, what "
    "anomaly mode says.",
    paper=[{"way": "where"}, {"way": "an index before the log"}],
    way=control("left out by", Dropdown, WAYS),
    step=control("steps back", Play, max=4),
)


_LEVEL, _LR, _STEPS = 2.6, 0.1, 16


@cache
def _descent(way):
    """Return w before each step, and its gradient, for the loss (round(w) − 2.6)²."""
    w, trail = torch.tensor(0.2, dtype=torch.float64, requires_grad=True), []
    for _ in range(_STEPS + 1):
        steps = w.round() if way == "round" else w + (w.round() - w).detach()
        (grad,) = torch.autograd.grad((steps - _LEVEL) ** 2, w)
        trail.append((w.item(), grad.item()))
        w = (w - _LR * grad).detach().requires_grad_()
    return trail


def stairs(way: str = "straight-through", step: int = 8) -> Figure:
    """A loss that falls in four stairs. With the true gradient the ball stays where it is;
    with the straight-through gradient it goes down from stair to stair, and then to and
    fro over the edge between the two lowest.
    """
    page, ticks = Page(194), {"xticks": {0: "0", 1: "1", 2: "2", 3: "w = 3"}}
    ax = page.plot(24, 25, 296, 165, (-0.3, 3.4), (-0.4, 7.2), yticks=(0, 2, 4, 6), **ticks)
    for level in range(4):
        height = (level - _LEVEL) ** 2
        ax.plot((max(level - 0.5, -0.3), level + 0.5), (height, height), color=ink.loss, lw=3)
    ws, grads = zip(*_descent(way), strict=True)
    losses = [(round(w) - _LEVEL) ** 2 for w in ws]
    way = [min(k, step) for k in range(_STEPS + 1)]  # always as many
    ax.plot([ws[k] for k in way], [losses[k] for k in way], "o", color=ink.step, markersize=5)
    ax.dot(ws[step], losses[step], ink.learns, 13)
    words = f"after {step} steps: w = {ws[step]:.2f}, gradient {signed(grads[step], 'z.3g')}"
    page.text(6, 14, words, ink.learns)
    ax.text(3.3, 6.4, "loss = (round(w) − 2.6)²", ink.loss, ha="right")
    return page.figure


show_stairs = shown(
    stairs,
    "A stair is flat, so nothing rolls down",
    "With the true gradient, which is 0, w never moves; straight through the rounding it comes "
    "down.",
    paper=[{"way": "round", "step": 16}, {"way": "straight-through", "step": 5}],
    way=control("the gradient of", ToggleButtons, ["round", "straight-through"]),
    step=control("steps", Play, max=_STEPS),
)
