"""The figures of the chapter about one weight.

Every number in them is what torch computed for the three examples of the chapter.
"""

import functools
import itertools
import math
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from companion.canvas import WIDTH, Page, ink, signed, strokes

EXAMPLES = ((1.0, 2.0), (2.0, 4.0), (3.0, 6.0))
_SIDES = 33, 296  # of the axes, in points


class Entry(NamedTuple):
    """What a step of training finds before it moves the weight."""

    x: float
    y: float
    w: float
    loss: float
    grad: float


@functools.cache
def train(start: float, lr: float, steps: int) -> tuple[Entry, ...]:
    """Return what each of `steps` steps of the chapter's loop finds, in float64.

    >>> train(1.0, 0.01, 2)[1].w
    1.02
    """
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    log = []
    for step in range(steps):
        x, y = EXAMPLES[step % len(EXAMPLES)]
        loss = (w * x - y) ** 2
        loss.backward()
        log.append(Entry(x, y, w.item(), loss.item(), w.grad.item()))
        with torch.no_grad():
            w -= lr * w.grad
        w.grad = None
    return tuple(log)


def _loss(w, x, y):
    return (w * x - y) ** 2


_LEFT, _RIGHT, _TOP = -1.4, 5.4, 20  # what the replay shows


def training_replay(start: float = -0.5, lr: float = 0.17, step: int = 6) -> Figure:
    """Draw some steps of training, at most 9, as a trail on the parabolas of the three examples."""
    log = train(start, lr, 11)
    now, following = log[step], log[step + 1]
    page, (left, right) = Page(238), _SIDES
    ticks = {"xticks": dict(zip(range(-1, 6), ["−1", "0", "1", "2", "3", "4", "w"], strict=True))}
    ticks["yticks"] = (0, 10, 20)
    ax = page.plot(left, 48, right, 207, x=(_LEFT, _RIGHT), y=(-3.2, _TOP), **ticks)
    grid = torch.linspace(_LEFT, _RIGHT, 69, dtype=torch.float64)
    places = ((5.4, 13.2, "right"), (4.5, _TOP + 1.2, "center"), (3.3, _TOP + 1.2, "center"))
    for (x, y), (*place, side) in zip(EXAMPLES, places, strict=True):
        color, width = (ink.value, 2) if x == now.x else (ink.context, 1)
        ax.plot(grid, _loss(grid, x, y), color=color, linewidth=width)
        ax.text(*place, f"x = {x:g}", color, ha=side, va="center")

    # A parabola from one weight to another is a Bézier curve: its middle is where tangents meet.
    # The steps still to come are there and not seen, so that a page stores each trail once.
    for k in range(9):
        old, new = log[k], log[k + 1]
        landed = new.w, float(_loss(new.w, old.x, old.y))
        middle = (old.w + new.w) / 2, old.loss + old.grad * (new.w - old.w) / 2
        arc = strokes([[(old.w, old.loss), middle, landed]], Path.CURVE3)
        # Of a dotted line beyond the picture, each frame would be drawn twice.
        at = min(max(new.w, _LEFT), _RIGHT)
        hop = strokes([[(at, min(high, _TOP + 2)) for high in (landed[1], new.loss)]])
        look = {"facecolor": "none", "edgecolor": ink.step, "alpha": 0.75 if k < step else 0}
        look["transform"] = ax.transData
        ax.add_artist(PathPatch(arc, linewidth=3.5, **look))
        ax.add_artist(PathPatch(hop, linestyle="dotted", **look))

    inside = _LEFT < now.w < _RIGHT and now.loss < _TOP
    reach = 40 / math.hypot(44, 7.2 * now.grad)  # so that it is about 80 points long everywhere
    ends = [(now.w + side * reach, now.loss + side * reach * now.grad) for side in (-1, 1)]
    ax.plot(*zip(*ends, strict=True), color=ink.gradient, alpha=1 if inside else 0)
    ax.dot(start, log[0].loss, ink.learns, 11, fillstyle="none")
    ball = min(max(now.w, _LEFT + 0.15), _RIGHT - 0.15), now.loss if inside else _TOP - 3
    ax.dot(*ball, ink.learns, 11, alpha=1 if inside else 0)
    beyond = "<" if now.w < _LEFT else ">" if now.w > _RIGHT else "^"
    ax.dot(*ball, ink.learns, 11, marker=beyond, alpha=0 if inside else 1)

    unit = (right - left) / (_RIGHT - _LEFT)
    ends = [left + unit * (min(max(e.w, _LEFT), _RIGHT) - _LEFT) for e in (now, following)]
    side = 1 if ends[1] >= ends[0] else -1
    page.line([(ends[0], 196), (ends[1] - side * min(6, abs(ends[1] - ends[0])), 196)], ink.step)
    page.head((ends[1], 196), (ends[1] - side, 196), ink.step, (8, 4))
    ax.text(_LEFT + 0.1, _TOP, "loss", ink.loss, va="top")
    words = f"w = {signed(now.w, '.5g')} → {signed(following.w, '.5g')}"
    page.text(6, 13, f"x = {now.x:g}, y = {now.y:g}", ink.value)
    page.text(296, 13, words, ink.step, ha="right")
    page.text(6, 29, f"loss = {now.loss:.4g}", ink.loss)
    page.text(296, 29, f"w.grad = {signed(now.grad)}", ink.gradient, ha="right")
    return page.figure


def slope_as_limit(second: float = 2.0) -> Figure:
    """Draw the line through two points of the first example's loss; one is at w = 1."""
    h = second - 1
    high = float(_loss(second, 1.0, 2.0))
    slope = (high - 1) / h
    page = Page(187)
    ticks = {"xticks": {0: "0", 1: "1", 2: "2", 3: "3", 4: "w"}, "yticks": (0, 2, 4)}
    ax = page.plot(_SIDES[0], 26, _SIDES[1], 161, x=(-0.6, 4.2), y=(-1.2, 4.4), **ticks)
    grid = torch.linspace(-0.6, 4.2, 61, dtype=torch.float64)
    ax.plot(grid, _loss(grid, 1.0, 2.0), color=ink.value)
    ax.plot(grid, 1 - 2 * (grid - 1), color=ink.context, linewidth=1, linestyle="dashed")
    ax.plot(grid, 1 + slope * (grid - 1), color=ink.gradient)
    ax.plot((1, second, second), (1, 1, high), color=ink.step, linewidth=1)
    ax.dot(1, 1, ink.learns, 7)
    ax.dot(second, high, ink.gradient, 9)
    ax.text(0.45, 4.4, "loss", ink.loss, va="top")
    ax.text(1.55, -0.85, "the slope at 1: −2", ink.context, va="center", ha="right")
    below = f"({signed(h, '.4g')})" if h < 0 else signed(h, ".4g")
    words = f"slope of the line: ({signed(high, '.6g')} − 1) / {below} = {signed(slope, '.4g')}"
    page.text(6, 15, words, ink.gradient)
    return page.figure


def factor(lr: torch.Tensor | float) -> torch.Tensor:
    """Return by what an epoch multiplies the distance of w from 2.

    >>> round(factor(0.01).item(), 4)
    0.7393
    """
    rates = torch.as_tensor(lr, dtype=torch.float64)
    return math.prod(1 - 2 * rates * x * x for x, _ in EXAMPLES)


#: Where the regions of the learning rate end: 1/18, then |F| = 1 three times.
LIMITS = (1 / 18, (49 - 385**0.5) / 144, (49 + 385**0.5) / 144, 0.519014472)


_FATES = ("creeps", "overshoots", "diverges", "works again", "diverges")


def learning_rates(lr: float = 0.17) -> Figure:
    """Draw what an epoch does to the distance at each learning rate, and six epochs with one."""
    page, (left, right) = Page(310), _SIDES
    ticks = {"xticks": (0, 0.1, 0.204, 0.35, 0.477), "yticks": (0, 1, 2, 3)}
    above = page.plot(left, 28, right, 149, x=(0, 0.55), y=(0, 3.2), **ticks)
    rates = torch.linspace(0, 0.55, 111, dtype=torch.float64)
    colors = (ink.right, ink.step, ink.wrong, ink.step, ink.wrong)
    for ends, color in zip(itertools.pairwise((0, *LIMITS, 0.55)), colors, strict=True):
        above.axvspan(*ends, color=color, alpha=0.14, linewidth=0)
    above.plot((0, 0.55), (1, 1), color=ink.context, linewidth=1, linestyle="dashed")
    above.plot(rates, factor(rates).abs(), color=ink.loss)
    upwards = {"va": "center", "ha": "center", "rotation": 90}
    above.text(0.028, 2.6, "creeps", ink.right, **upwards)
    above.text(0.13, 2.3, "overshoots", ink.step, **upwards)
    above.text(0.268, 3.15, "diverges", ink.wrong, va="top", ha="center")
    above.text(0.4985, 2.25, "works again", ink.step, **upwards)
    above.dot(lr, factor(lr).abs(), ink.step, 11)

    weights = [entry.w for entry in train(1.0, lr, 19)]
    ticks = {0: "0", 3: "3", 6: "6", 9: "9", 12: "12", 15: "step 15"}
    look = {"xticks": ticks, "yticks": (0, 2, 4)}
    below = page.plot(left, 185, right, 276, x=(-0.3, 18.3), y=(-1.5, 5.5), **look)
    below.axhline(2, color=ink.context, linewidth=1, linestyle="dashed")
    below.plot(weights, "o-", color=ink.learns, markersize=4, linewidth=1.5)
    below.text(0.1, 5.4, "w", ink.learns, va="top")
    fate = _FATES[sum(lr > limit for limit in LIMITS)]
    words = f"distance × {signed(factor(lr).item(), 'z.3f')} in each epoch: {fate}"
    page.text(6, 17, words, ink.loss)
    return page.figure


#: The loop as the chapter writes it.
LOOP = """\
def epoch(w, lr):
    for x, y in zip(x_data, y_data):
        y_hat = w * x
        error = y_hat - y
        loss = error**2
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
        w.grad = None"""
_LINES = (1, 2, 3, 4, 5, 5, 5, 5, 6, 7, 8)  # of an example's moments: backward() takes four
_TENSORS = ("w", "y_hat", "error", "loss")
_BOX, _GAP = 49, 35.1  # in points


def loop_stepper(step: int = 15) -> Figure:
    """Draw a moment of the loop: its source, and the graph with the values that flow in it.

    Step 0 is before the first example; 11 moments follow for each of the three.
    """
    number, at = divmod(max(step - 1, 0), len(_LINES))
    line = _LINES[at] if step else 0
    now, new = train(1.0, 0.01, 4)[number : number + 2]
    y_hat, error = now.w * now.x, now.w * now.x - now.y
    values = (new.w if line >= 7 else now.w, y_hat, error, now.loss)
    slopes = (now.grad, 2 * error, 2 * error, 1.0)
    reached = at - 3 if line == 5 else 0  # tensors on the way back

    page, source = Page(306), LOOP.splitlines()
    page.patch(0, 7 + 15 * line, WIDTH, 16, color=ink.step, alpha=0.18)
    for row, code in enumerate(source, 1):
        page.code(4, 4 + 15 * row, code)
    top = 15 * len(source) + 18
    for place, name in enumerate(_TENSORS):
        left = 1 + place * (_BOX + _GAP)
        middle = left + _BOX / 2
        there = place == 0 or place < line
        color = ink.learns if name == "w" else ink.loss if name == "loss" else ink.value
        color = color if there else ink.context
        look = {"edgecolor": (color, 1 if there else 0.3), "linewidth": 1.5, "corner": 6}
        page.box(left, top + 18, _BOX, 40, color=color, tint=0.12 if there else 0, **look)
        page.text(middle, top + 34, name, color, ha="center")
        page.text(middle, top + 51, signed(values[place]) if there else "", ha="center")
        arrived = reached and place >= 4 - reached or name == "w" and line in (6, 7)
        slope = signed(slopes[place]) if arrived else ""
        page.text(middle, top + 80, slope, ink.gradient, ha="center")
        if place:  # the operation before it, and the two ways through it
            words, color = ("× x", "− y", "²")[place - 1], ink.text if there else ink.context
            page.text(left - _GAP / 2, top + 34, words, color, ha="center")
            start, end = left - _GAP + 3, left - 4
            _arrow(page, top + 42, start, end, ink.value, there)
            _arrow(page, top + 76, end, start, ink.gradient, reached and place > 4 - reached)
    given = f"x = {now.x:g}   y = {now.y:g}" if step else ""
    page.text(4, top + 8, given, ink.context)
    state = ["no graph yet", *2 * ["the graph grows"], "the graph is ready"]
    state += [*3 * ["the way back"], *4 * ["the graph is used up"]]
    page.text(WIDTH - 4, top + 8, state[at], ink.context, ha="right")
    page.text(1 + _BOX / 2, top + 97, "w.grad", ink.gradient, ha="center")
    page.text(1 + _BOX + 8, top + 97, "gradients, on the way back", ink.context)
    words = _arithmetic(now, new, y_hat, error)[at] if step else "w comes in, still 1"
    page.text(4, top + 124, words)
    return page.figure


def _arrow(page, y, start, end, color, shown):
    """Draw a level arrow with an open head."""
    back = end + math.copysign(6, start - end)
    look = {"linewidth": 1.5, "alpha": 1 if shown else 0}
    page.line([(x, y) for x in sorted((start, end))], color, **look)
    page.line([(back, y - 3.5), (end, y), (back, y + 3.5)], color, **look)


def _arithmetic(now, new, y_hat, error):
    """Return in numbers what each moment of an example does."""
    slope = signed(2 * error)
    x, y, w, loss, grad = map(signed, now)
    y_hat, error = signed(y_hat), signed(error)
    return (
        "the next example",
        f"{w} · {x} = {y_hat}",
        f"{y_hat} − {y} = {error}",
        f"({error})² = {loss}",
        "the loss against itself: 1",
        f"1 · 2 · ({error}) = {slope}",
        f"{slope} · 1 = {slope}",
        f"{slope} · {x} = {grad}, kept in w.grad",
        "PyTorch does not record what follows",
        f"{w} − 0.01 · ({grad}) = {signed(new.w)}",
        "w.grad is empty for the next example",
    )
