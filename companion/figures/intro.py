"""The figure of the landing page."""

import torch
from matplotlib.figure import Figure

from companion.canvas import WIDTH, Page, ink, signed

_STEPS = 8
_LEFT, _RIGHT = -1, 5


def loss_of(w):
    """Return the mean of (w x − y)² over the examples (1, 2), (2, 4) and (3, 6)."""
    return sum((w * x - 2 * x) ** 2 for x in (1.0, 2.0, 3.0)) / 3


def descent(w: float, lr: float) -> Figure:
    """Draw a ball on the loss at the weight w, the slope there, and the steps that follow."""
    weights, losses, slope = [], [], None
    weight = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    for _ in range(_STEPS + 1):
        loss = loss_of(weight)
        (grad,) = torch.autograd.grad(loss, weight)
        weights.append(weight.item())
        losses.append(loss.item())
        slope = grad.item() if slope is None else slope
        with torch.no_grad():
            weight -= lr * grad
    page, ticks = Page(216), range(_LEFT, _RIGHT + 1)
    ends = (_LEFT - 0.2, _RIGHT + 0.2)
    ax = page.plot(6, 39, 296, 179, x=ends, y=(-2.5, 45), xticks=ticks, below="weight w")
    grid = torch.linspace(_LEFT, _RIGHT, 61, dtype=torch.float64)
    ax.plot(grid, loss_of(grid), color=ink.loss)
    ax.text(2, 15, "loss", ink.loss, ha="center")
    reach = 0.55 / (1 + (slope / 15) ** 2) ** 0.5  # of the tangent, about as long everywhere
    tangent = torch.tensor([-reach, reach])
    ax.plot(w + tangent, losses[0] + slope * tangent, color=ink.gradient, linewidth=3)
    ax.plot(weights, losses, color=ink.step, linewidth=1.3)
    # What has left the picture lies just above it, cut off: each frame keeps all of its dots.
    dots = [
        (min(max(at, ends[0]), ends[1]), min(loss, 48))
        for at, loss in zip(weights, losses, strict=True)
    ]
    ax.plot(*zip(*dots, strict=True), "o", color=ink.step, markersize=4)
    ax.dot(w, losses[0], ink.learns, 13)
    _write_step(page, w, lr, slope)
    farther = abs(weights[-1] - 2) > abs(w - 2)
    words = f"after {_STEPS} steps: w = {signed(weights[-1], 'z.2f')}" + ", farther off" * farther
    page.text(WIDTH / 2, 33.5, words, ink.wrong if farther else ink.text, ha="center")
    return page.figure


def _write_step(page, w, lr, slope):
    """Write the first step as an equation, each number in the colour of what it is."""
    number = f"({signed(slope, 'z.2f')})" if slope < -0.005 else signed(slope, "z.2f")
    for right, words, color in (
        (72.5, "next w =", ink.text),
        (115, signed(w, "z.2f"), ink.learns),
        (130, "\N{MINUS SIGN}", ink.text),
        (166, signed(lr, "z.2f"), ink.step),
        (180, "×", ink.text),
        (245, number, ink.gradient),
        (260, "=", ink.text),
        (299, signed(w - lr * slope, "z.2f"), ink.learns),
    ):
        page.text(right, 14, words, color, ha="right")
