"""The figures of the chapter about one weight.

Every number in them is what torch computed for the three examples of the chapter.
"""

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from companion.canvas import WIDTH, Page, in_style, ink, panels, signed
from companion.stepper import Step

EXAMPLES = ((1.0, 2.0), (2.0, 4.0), (3.0, 6.0))
_SIDES = {"left": 0.11, "right": 0.98}  # of the axes


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


def _stroke(ax, path, color, **look):
    """Draw a path in the units of the data, which leaves the limits as they are."""
    ax.add_patch(PathPatch(path, facecolor="none", edgecolor=color, **look))


_LEFT, _RIGHT, _TOP = -1.4, 5.4, 20  # what the replay shows


@in_style
def training_replay(start: float = -0.5, lr: float = 0.17, step: int = 6) -> Figure:
    """Draw some steps of training, at most 9, as a trail on the parabolas of the three examples.

    >>> training_replay(start=1.0, lr=0.01, step=1).texts[2].get_text()
    'loss = 3.842'
    """
    log = train(start, lr, 11)
    now, following = log[step], log[step + 1]
    figure, ax = panels(3.3, **_SIDES, bottom=0.13, top=0.8)
    grid = torch.linspace(_LEFT, _RIGHT, 69, dtype=torch.float64)
    places = ((5.4, 13.2, "right"), (4.5, _TOP + 1.2, "center"), (3.3, _TOP + 1.2, "center"))
    for (x, y), (*place, side) in zip(EXAMPLES, places, strict=True):
        color, width = (ink.value, 2) if x == now.x else (ink.context, 1)
        ax.plot(grid, _loss(grid, x, y), color=color, linewidth=width)
        ax.text(*place, f"x = {x:g}", color=color, ha=side, va="center")

    # A parabola from one weight to another is a Bézier curve: its middle is where tangents meet.
    # The steps still to come are there and not seen, so that a page stores each trail once.
    for k in range(9):
        old, new = log[k], log[k + 1]
        landed = new.w, float(_loss(new.w, old.x, old.y))
        middle = (old.w + new.w) / 2, old.loss + old.grad * (new.w - old.w) / 2
        arc = Path([(old.w, old.loss), middle, landed], [Path.MOVETO, Path.CURVE3, Path.CURVE3])
        _stroke(ax, arc, ink.step, linewidth=3.5, alpha=0.75 if k < step else 0)
        hop = Path([landed, (new.w, new.loss)])
        _stroke(ax, hop, ink.step, linestyle="dotted", alpha=1 if k < step else 0)

    inside = _LEFT < now.w < _RIGHT and now.loss < _TOP
    reach = 40 / math.hypot(44, 7.2 * now.grad)  # so that it is about 80 points long everywhere
    ends = [(now.w + side * reach, now.loss + side * reach * now.grad) for side in (-1, 1)]
    _stroke(ax, Path(ends), ink.gradient, linewidth=2, alpha=1 if inside else 0)
    ax.plot(start, log[0].loss, "o", color=ink.learns, markersize=11, fillstyle="none")
    ball = min(max(now.w, _LEFT + 0.15), _RIGHT - 0.15), now.loss if inside else _TOP - 3
    ax.plot(*ball, "o", color=ink.learns, markersize=11, alpha=1 if inside else 0)
    beyond = "<" if now.w < _LEFT else ">" if now.w > _RIGHT else "^"
    ax.plot(*ball, beyond, color=ink.learns, markersize=11, alpha=0 if inside else 1)

    tail, tip = (min(max(w, _LEFT), _RIGHT) for w in (now.w, following.w))
    arrow = {"arrowstyle": "-|>", "color": ink.step, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (tip + 1e-9, -1.7), (tail, -1.7), arrowprops=arrow)
    ax.set(xlim=(_LEFT, _RIGHT), ylim=(-3.2, _TOP), yticks=(0, 10, 20))
    ax.set_xticks(range(-1, 6), ["−1", "0", "1", "2", "3", "4", "w"])
    ax.text(_LEFT + 0.1, _TOP, "loss", va="top", color=ink.loss)
    words = f"w = {signed(now.w, '.5g')} → {signed(following.w, '.5g')}"
    figure.text(0.02, 0.965, f"x = {now.x:g}, y = {now.y:g}", color=ink.value, va="center")
    figure.text(0.98, 0.965, words, color=ink.step, ha="right", va="center")
    figure.text(0.02, 0.895, f"loss = {now.loss:.4g}", color=ink.loss, va="center")
    words = f"w.grad = {signed(now.grad)}"
    figure.text(0.98, 0.895, words, color=ink.gradient, ha="right", va="center")
    return figure


@in_style
def slope_as_limit(second: float = 2.0) -> Figure:
    """Draw the line through two points of the first example's loss; one is at w = 1.

    >>> slope_as_limit(1.5).texts[0].get_text()
    'slope of the line: (0.25 − 1) / 0.5 = −1.5'
    """
    h = second - 1
    high = float(_loss(second, 1.0, 2.0))
    slope = (high - 1) / h
    figure, ax = panels(2.6, **_SIDES, bottom=0.14, top=0.86)
    grid = torch.linspace(-0.6, 4.2, 61, dtype=torch.float64)
    ax.plot(grid, _loss(grid, 1.0, 2.0), color=ink.value)
    ax.plot(grid, 1 - 2 * (grid - 1), color=ink.context, linewidth=1, linestyle="dashed")
    ax.plot(grid, 1 + slope * (grid - 1), color=ink.gradient)
    ax.plot((1, second, second), (1, 1, high), color=ink.step, linewidth=1)
    ax.plot(1, 1, "o", color=ink.learns, markersize=7)
    ax.plot(second, high, "o", color=ink.gradient, markersize=9)
    ax.set(xlim=(-0.6, 4.2), ylim=(-1.2, 4.4), yticks=(0, 2, 4))
    ax.set_xticks((0, 1, 2, 3, 4), ("0", "1", "2", "3", "w"))
    ax.text(0.45, 4.4, "loss", va="top", color=ink.loss)
    ax.text(1.55, -0.85, "the slope at 1: −2", va="center", ha="right", color=ink.context)
    below = f"({signed(h, '.4g')})" if h < 0 else signed(h, ".4g")
    words = f"slope of the line: ({signed(high, '.6g')} − 1) / {below} = {signed(slope, '.4g')}"
    figure.text(0.02, 0.94, words, color=ink.gradient, va="center")
    return figure


def factor(lr: torch.Tensor | float) -> torch.Tensor:
    """Return by what an epoch multiplies the distance of w from 2.

    >>> round(factor(0.01).item(), 4)
    0.7393
    """
    rates = torch.as_tensor(lr, dtype=torch.float64)
    return math.prod(1 - 2 * rates * x * x for x, _ in EXAMPLES)


#: Where the regions of the learning rate end: 1/18, then |F| = 1 three times.
LIMITS = (1 / 18, (49 - 385**0.5) / 144, (49 + 385**0.5) / 144, 0.519014472)


@in_style
def learning_rates(lr: float = 0.17) -> Figure:
    """Draw what an epoch does to the distance at each learning rate, and six epochs with one.

    >>> learning_rates(0.01).texts[0].get_text()
    'distance × 0.739 in each epoch: creeps'
    """
    grid = {"height_ratios": (4, 3), "bottom": 0.11, "top": 0.91, "hspace": 0.34}
    figure, (above, below) = panels(4.3, 2, **_SIDES, **grid)
    rates = torch.linspace(0, 0.55, 111, dtype=torch.float64)
    ends = (0, *LIMITS, 0.55)
    colors = (ink.right, ink.step, ink.wrong, ink.step, ink.wrong)
    for left, right, color in zip(ends[:-1], ends[1:], colors, strict=True):
        above.axvspan(left, right, color=color, alpha=0.14, linewidth=0)
    above.plot((0, 0.55), (1, 1), color=ink.context, linewidth=1, linestyle="dashed")
    above.plot(rates, factor(rates).abs(), color=ink.loss)
    place = {"va": "center", "ha": "center", "rotation": 90}
    above.text(0.028, 2.6, "creeps", color=ink.right, **place)
    above.text(0.13, 2.3, "overshoots", color=ink.step, **place)
    above.text(0.268, 3.15, "diverges", color=ink.wrong, va="top", ha="center")
    above.text(0.4985, 2.25, "works again", color=ink.step, **place)
    above.plot(lr, factor(lr).abs(), "o", color=ink.step, markersize=11)
    above.set(xlim=(0, 0.55), ylim=(0, 3.2), yticks=(0, 1, 2, 3))
    above.set_xticks((0, 0.1, 0.204, 0.35, 0.4765), ("0", "0.1", "0.204", "0.35", "0.477"))

    weights = [entry.w for entry in train(1.0, lr, 19)]
    below.axhline(2, color=ink.context, linewidth=1, linestyle="dashed")
    below.plot(weights, "o-", color=ink.learns, markersize=4, linewidth=1.5)
    below.set(xlim=(-0.3, 18.3), ylim=(-1.5, 5.5), yticks=(0, 2, 4))
    below.set_xticks((0, 3, 6, 9, 12, 15), ("0", "3", "6", "9", "12", "step 15"))
    below.text(0.1, 5.4, "w", color=ink.learns, va="top")
    regions = ("creeps", "overshoots", "diverges", "works again", "diverges")
    words = regions[sum(lr > limit for limit in LIMITS)]
    words = f"distance × {signed(factor(lr).item(), 'z.3f')} in each epoch: {words}"
    figure.text(0.02, 0.96, words, color=ink.loss, va="center")
    return figure


class Moment(NamedTuple):
    """A line that has just run; for ``loss.backward()``, how far the gradient has come."""

    step: Step
    reached: int  # of w, y_hat, error, loss: the place, counted from the loss


def moments(steps: Sequence[Step]) -> list[Moment]:
    """Return what `loop_stepper` shows of a traced loop, a moment for each tensor on the way back.

    >>> from companion.stepper import trace
    >>> def loop(w):
    ...     loss = w * w
    ...     loss.backward()
    >>> run = trace(loop, torch.tensor(1.0, requires_grad=True))
    >>> [moment.reached for moment in moments(run)]
    [0, 0, 1, 2, 3, 4]
    """
    found = []
    for before, step in zip([None, *steps], steps, strict=False):
        over = step.last and step.text.startswith("for ")
        if over or (before and "no_grad" in step.text and "w -=" in before.text):
            continue  # Python passes by once more, and nothing happens
        ways = (1, 2, 3, 4) if "backward" in step.text else (0,)
        found += [Moment(step, reached) for reached in ways]
    return found


_TENSORS = ("w", "y_hat", "error", "loss")
_BOX, _GAP = 49, 35.1  # in points


def loop_stepper(shown: Sequence[Moment], k: int) -> Figure:
    """Draw a moment of the loop: its source, and the graph with the values that flow in it.

    It is the one of number `k`, from 0, of the `moments`.

    >>> from companion.stepper import trace
    >>> def loop(w):
    ...     for x, y in EXAMPLES[:1]:
    ...         y_hat = w * x
    ...         error = y_hat - y
    ...         loss = error**2
    ...         loss.backward()
    >>> run = moments(trace(loop, torch.tensor(1.0, requires_grad=True)))
    >>> loop_stepper(run, 2).texts[-1].get_text()
    '1 · 1 = 1'
    """
    step, reached = shown[k]
    page = Page(306)
    page.patch(0, 4 + 15 * step.line - 12, WIDTH, 16, color=ink.step, alpha=0.18)
    for row, line in enumerate(step.source, 1):
        page.code(4, 4 + 15 * row, line)

    top = 15 * len(step.source) + 18
    x, y = step.others.get("x"), step.others.get("y")
    fresh = _fresh(shown, k)
    slopes = _slopes(shown, k) if reached else {}
    for place, name in enumerate(_TENSORS):
        left = 1 + place * (_BOX + _GAP)
        middle = left + _BOX / 2
        there = name == "w" or name in fresh
        color = ink.learns if name == "w" else ink.loss if name == "loss" else ink.value
        color = color if there else ink.context
        look = {"edgecolor": (color, 1 if there else 0.3), "linewidth": 1.5, "corner": 6}
        page.box(left, top + 18, _BOX, 40, color=color, tint=0.12 if there else 0, **look)
        page.text(middle, top + 34, name, color, ha="center")
        value = step.tensors[name].value if there and name in step.tensors else None
        page.text(middle, top + 51, "" if value is None else signed(value), ha="center")
        arrived = place >= 4 - reached and reached
        slope = slopes[name] if arrived else None
        if name == "w" and not reached and "w" in step.tensors:
            slope = step.tensors["w"].grad
        words = "" if slope is None else signed(slope)
        page.text(middle, top + 80, words, ink.gradient, ha="center")
        if place:  # the operation before it, and the two ways through it
            words, color = ("× x", "− y", "²")[place - 1], ink.text if there else ink.context
            page.text(left - _GAP / 2, top + 34, words, color, ha="center")
            start, end = left - _GAP + 3, left - 4
            _arrow(page, top + 42, start, end, ink.value, there)
            _arrow(page, top + 76, end, start, ink.gradient, reached and place > 4 - reached)
    given = "" if x is None else f"x = {x:g}   y = {y:g}"
    page.text(4, top + 8, given, ink.context)
    page.text(WIDTH - 4, top + 8, _state(step, reached, fresh), ink.context, ha="right")
    page.text(1 + _BOX / 2, top + 97, "w.grad", ink.gradient, ha="center")
    page.text(1 + _BOX + 8, top + 97, "gradients, on the way back", ink.context)
    page.text(4, top + 124, _arithmetic(shown, k, slopes))
    return page.figure


def _arrow(page, y, start, end, color, shown):
    """Draw a level arrow with an open head."""
    back = end + math.copysign(6, start - end)
    look = {"linewidth": 1.5, "alpha": 1 if shown else 0}
    page.line([(x, y) for x in sorted((start, end))], color, **look)
    page.line([(back, y - 3.5), (end, y), (back, y + 3.5)], color, **look)


def _fresh(shown, k):
    """Return the tensors that were computed for the present example, up to moment `k`."""
    found = set()
    for moment in shown[k::-1]:
        text = moment.step.text
        if text.startswith("for "):
            break
        found.add(text.split(" = ")[0])
    return found & set(_TENSORS)


def _slopes(shown, k):
    """Return the gradient at each tensor, for the values of moment `k`: torch keeps only one."""
    step = shown[k].step
    w = torch.tensor(step.tensors["w"].value, requires_grad=True)
    y_hat = w * step.others["x"]
    error = y_hat - step.others["y"]
    tensors = w, y_hat, error, error**2
    found = torch.autograd.grad(tensors[-1], tensors)
    return {name: slope.item() for name, slope in zip(_TENSORS, found, strict=True)}


def _state(step, reached, fresh):
    if reached:
        return "the way back" if reached < 4 else "the graph is used up"
    if "loss" in fresh:
        used = step.text.startswith(("with", "w"))
        return "the graph is used up" if used else "the graph is ready"
    return "the graph grows" if "y_hat" in fresh else "no graph yet"


def _arithmetic(shown, k, slopes):
    """Return in numbers what the present line does."""
    step, reached = shown[k]
    value = {name: signed(step.tensors[name].value) for name in _TENSORS if name in step.tensors}
    given = {name: signed(step.others[name]) for name in ("x", "y", "lr") if name in step.others}
    slope = {name: signed(number) for name, number in slopes.items()}
    text = step.text
    if reached:
        return (
            "the loss against itself: 1",
            f"1 · 2 · ({value['error']}) = {slope['error']}",
            f"{slope['error']} · 1 = {slope['y_hat']}",
            f"{slope['y_hat']} · {given['x']} = {slope['w']}, kept in w.grad",
        )[reached - 1]
    if text.startswith("y_hat"):
        return f"{value['w']} · {given['x']} = {value['y_hat']}"
    if text.startswith("error"):
        return f"{value['y_hat']} − {given['y']} = {value['error']}"
    if text.startswith("loss"):
        return f"({value['error']})² = {value['loss']}"
    if text.startswith("w -="):
        before, grad = shown[k - 1].step.tensors["w"].value, step.tensors["w"].grad
        return f"{signed(before)} − {given['lr']} · ({signed(grad)}) = {value['w']}"
    if text.startswith("w.grad"):
        return "w.grad is empty for the next example"
    if text.startswith("with"):
        return "PyTorch does not record what follows"
    return "the next example" if text.startswith("for") else "w comes in, still 1"
