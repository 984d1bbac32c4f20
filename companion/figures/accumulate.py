"""The figures of the chapter about gradients that add up."""

import functools
import math
from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from companion.canvas import Page, ink, signed


@functools.cache
def _descend(examples, lr, forget, steps, together):
    """Return w and w.grad at the start and after each step, for the losses (w x − 2 x)²."""
    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    x = torch.tensor(examples, dtype=torch.float64)
    weights, grads = [w.item()], [0.0]
    for step in range(steps):
        if not forget:
            w.grad = None
        part = x if together else x[step % len(x)]
        ((w * part - 2 * part) ** 2).mean().backward()
        with torch.no_grad():
            w -= lr * w.grad
        weights.append(w.item())
        grads.append(w.grad.item())
    return weights, grads


def swing(lr: float = 0.01, step: int = 7) -> Figure:
    """Draw two descents into a valley, and how the last step's ``w.grad`` came about in one.

    The examples are 1, 2, 3, all of them in each of at most 21 steps; lr is at most 0.2.
    """
    emptied, forgotten = (_descend((1.0, 2.0, 3.0), lr, f, 21, True) for f in (False, True))
    H = 28 / 3  # the second derivative of the mean loss
    page = Page(252)
    ticks = {"xticks": {1: "w = 1", 2: "2", 3: "3"}, "yticks": ()}
    valley = page.plot(36, 25, 293, 139, x=(0.4, 3.6), y=(-0.7, 10), beside="loss", **ticks)
    w = torch.linspace(0.4, 3.6, 65, dtype=torch.float64)
    valley.plot(w, H / 2 * (w - 2) ** 2, color=ink.context, linewidth=1)
    dots = {"linestyle": "none", "marker": "o", "markersize": 3}
    for side, x, name, (weights, _), color, size in (
        ("left", 36, "emptied", emptied, ink.learns, 13),
        ("right", 293, "forgotten", forgotten, ink.value, 9),
    ):
        heights = [H / 2 * (at - 2) ** 2 for at in weights]
        valley.trail(weights, heights, step, color, 0, size, **dots)
        words = f"{name}: w = {signed(weights[step], '.2f')}"
        page.text(x, 18, words, color, ha=side)

    old, new = forgotten[1][step - 1], forgotten[1][step]
    sums = page.plot(36, 176, 293, 244, x=(-88, 48), y=(2.6, -0.6))
    for row, (words, left, width, color) in enumerate(
        (
            ("already in w.grad", 0, old, ink.context),
            ("slope here", old, new - old, ink.gradient),
            ("w.grad now", 0, new, ink.gradient),
        )
    ):
        sums.barh(row, width, left=left, color=color, height=0.7)
        sums.text(-88, row, words, va="center")
        sums.text(48, row, signed(width, "z.1f"), color, va="center", ha="right")
    sums.plot((0, 0), (-0.5, 2.5), color=ink.text, linewidth=0.5)
    return page.figure


def growth(x: Sequence[float | torch.Tensor], lr: torch.Tensor, forget: bool) -> torch.Tensor:
    """Return the factor by which the distance of w from 2 grows in an epoch, in the long run.

    An example x with the loss (w x − 2 x)² has the slope a d at the distance d, with a = 2 x². A
    step that empties multiplies d by 1 − lr a. One that forgets maps (d, g), where g is ``w.grad``,
    to (d − lr (g + a d), g + a d). That matrix has determinant 1, and so has an epoch: the larger
    of its eigenvalues is 1 as long as its trace is between −2 and 2.

    `x` are the examples, one step each: numbers, or tensors of the shape of the learning rates.

    >>> lr = torch.tensor([0.06, 0.1, 0.2], dtype=torch.float64)
    >>> growth([1, 2, 3], lr, forget=True).round(decimals=2).tolist()
    [1.0, 2.34, 1.0]
    >>> growth([1, 2, 3], lr, forget=False).round(decimals=2).tolist()
    [0.04, 0.13, 0.94]
    """
    if not forget:
        return _factor(x, lr).abs()
    half = _half_trace(x, lr).abs().clamp(min=1)
    return half + (half * half - 1).sqrt()


def _factor(x, lr):
    """Return what an epoch that empties multiplies the distance by."""
    return math.prod(1 - lr * 2 * x_i * x_i for x_i in x)


def _half_trace(x, lr):
    """Return half of the trace of an epoch that forgets, as a map of (d, g)."""
    epoch = torch.eye(2, dtype=lr.dtype).expand(*lr.shape, 2, 2)
    for a in (2 * x_i * x_i + 0 * lr for x_i in x):
        step = torch.stack([1 - lr * a, -lr, a, torch.ones_like(lr)], dim=-1)
        epoch = step.unflatten(-1, (2, 2)) @ epoch
    return (epoch[..., 0, 0] + epoch[..., 1, 1]) / 2


@functools.cache
def _exploding():
    """Return the regions of learning rate and spread in which each loop explodes, with a colour."""
    rates, spreads = torch.meshgrid(
        torch.linspace(0.002, 0.42, 106, dtype=torch.float64),
        torch.linspace(-0.06, 1.16, 62, dtype=torch.float64),
        indexing="xy",
    )
    examples = 2 - spreads, 2 * torch.ones_like(spreads), 2 + spreads
    return [
        (Figure().subplots().contourf(rates, spreads, size.abs(), (1, 1e9)).get_paths()[0], color)
        for size, color in (
            (_factor(examples, rates), ink.learns),
            (_half_trace(examples, rates), ink.value),
        )
    ]


def map_of_rates(lr: float = 0.1, spread: float = 1.0) -> Figure:
    """Draw where the forgetful loop explodes, and w after each epoch at one place of that map.

    The examples come one at a time: 2 − spread, 2, 2 + spread, for a spread from 0 to 1.
    """
    x = (2 - spread, 2.0, 2 + spread)
    page = Page(288)
    ticks = {"xticks": (0, 0.1, 0.2, 0.3, 0.4), "yticks": {0: "2, 2, 2", 1: "1, 2, 3"}}
    above = page.plot(60, 20, 293, 106, (0, 0.42), (-0.06, 1.16), below="learning rate", **ticks)
    for path, color in _exploding():
        look = {"facecolor": color, "alpha": 0.35, "transform": above.transData}
        above.add_artist(PathPatch(path, linewidth=0, **look))
    above.dot(lr, spread, ink.step, 9)
    page.text(6, 13, "explodes where tinted:")
    page.text(181, 13, "emptied", ink.learns)
    page.text(293, 13, "forgotten", ink.value, ha="right")

    here = torch.tensor(lr, dtype=torch.float64)
    fate = {-1: "arrives", 0: "swings", 1: "explodes"}
    ticks = {"xticks": (0, 10, 20), "yticks": {-2: "−2", 2: "2", 6: "w = 6"}}
    below = page.plot(60, 168, 293, 253, (0, 20), (-3, 7), below="epoch", **ticks)
    for side, place, name, forget, color, width in (
        ("left", 6, "emptied", False, ink.learns, 3),
        ("right", 293, "forgotten", True, ink.value, 1.5),
    ):
        weights = _descend(x, lr, forget, 60, False)[0][::3]
        inside = [min(max(w, -6.0), 10.0) for w in weights]
        below.plot(inside, "o-", color=color, linewidth=width, markersize=3)
        factor = growth(x, here, forget).item()
        words = f"{name}: {fate[(factor > 1 + 1e-9) - (factor < 1 - 1e-9)]}"
        page.text(place, 159, words, color, ha=side)
    return page.figure


def digits(
    rates: Sequence[float], right: dict[str, Sequence[Sequence[float]]], epoch: int
) -> Figure:
    """Draw the share of digits that networks read, against the learning rate.

    `right` has for "emptied" and "forgotten", for each rate, the share of each network: of one
    initial value each, as many for every rate.
    """
    page, places = Page(223), range(len(rates))
    ticks = {"xticks": dict(zip(places, map(signed, rates), strict=True))}
    ticks["yticks"] = {0: "0", 0.1: "10 %", 0.5: "50 %", 1: "100 %"}
    words = {"below": "learning rate", "beside": "new digits read"}
    ax = page.plot(66, 27, 293, 185, (-0.3, len(rates) - 0.7), (0, 1.03), **ticks, **words)
    for name, side, x, color, shift in (
        ("emptied", "left", 66, ink.learns, 0.06),
        ("forgotten", "right", 293, ink.value, -0.06),
    ):
        middle = [sorted(shares)[len(shares) // 2] for shares in right[name]]
        ax.plot(places, middle, color=color, linewidth=2)
        for shares in zip(*right[name], strict=True):
            ax.plot([place + shift for place in places], shares, "o", color=color, markersize=4)
        page.text(x, 16, name, color, ha=side)
    ax.axhline(0.1, color=ink.context, linewidth=0.5)
    page.text(178, 16, f"epoch {epoch}", ha="center")
    return page.figure


def batch_in_parts(sizes: Sequence[int], grads: Sequence[float], target: float) -> Figure:
    """Draw what each part of a batch adds to ``w.grad``, and the gradient of the whole batch.

    A batch has at most four parts, of as many examples as `sizes` says, and `grads` has ``w.grad``
    after each: all are negative.
    """
    page = Page(216)
    ticks = {"xticks": {k: str(sizes[k]) if k < len(sizes) else "" for k in range(4)}}
    words = {"below": "examples in each part", "beside": "w.grad"}
    look = ticks | words | {"yticks": (-30, -20, -10, 0)}
    ax = page.plot(60, 26, 293, 179, x=(-0.5, 3.5), y=(-33, 0), **look)
    for k in range(4):  # those that are not needed have no height
        there = k < len(sizes)
        before, after = [0, *grads][k : k + 2] if there else (0, 0)
        ax.bar(k, after - before, bottom=before, color=ink.gradient, width=0.7)
        ax.text(k, after - 0.4, signed(after, ".2f") if there else "", ha="center", va="top")
    ax.axhline(target, color=ink.text, linestyle="dashed", linewidth=1)
    ax.plot((-0.35, 0), (-30, -30), color=ink.text, linestyle="dashed", linewidth=1)
    ax.text(0.1, -30, "one batch of 8", va="center")
    same = "right" if abs(grads[-1] - target) < 1e-6 else f"not {signed(target, '.2f')}"
    words = f"w.grad at the end: {signed(grads[-1], '.2f')}, {same}"
    page.text(6, 15, words, ink.right if same == "right" else ink.wrong)
    return page.figure
