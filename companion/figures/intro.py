"""The figure of the landing page."""

import torch
from matplotlib.figure import Figure

from companion.canvas import in_style, ink, panels, signed

_STEPS = 8
_LEFT, _RIGHT = -1, 5


def loss_of(w):
    """Return the mean of (w x − y)² over the examples (1, 2), (2, 4) and (3, 6)."""
    return sum((w * x - 2 * x) ** 2 for x in (1.0, 2.0, 3.0)) / 3


@in_style
def descent(w: float, lr: float) -> Figure:
    """Draw a ball on the loss at the weight w, the slope there, and the steps that follow.

    >>> [text.get_text() for text in descent(-0.4, 0.19).texts][-1]
    'after 8 steps: w = 1.69'
    """
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
    figure, ax = panels(3, left=0.02, right=0.98, top=0.82, bottom=0.17)
    grid = torch.linspace(_LEFT, _RIGHT, 61, dtype=torch.float64)
    ax.plot(grid, loss_of(grid), color=ink.loss)
    ax.text(2, 15, "loss", color=ink.loss, ha="center")
    reach = 0.55 / (1 + (slope / 15) ** 2) ** 0.5  # of the tangent, about as long everywhere
    ends = torch.tensor([-reach, reach])
    ax.plot(w + ends, losses[0] + slope * ends, color=ink.gradient, linewidth=3)
    ax.plot(weights, losses, color=ink.step, linewidth=1.3)
    # What has left the picture lies just above it, cut off: each frame keeps all of its dots.
    dots = [
        (min(max(at, _LEFT - 0.2), _RIGHT + 0.2), min(loss, 48))
        for at, loss in zip(weights, losses, strict=True)
    ]
    ax.plot(*zip(*dots, strict=True), "o", color=ink.step, markersize=4)
    ax.plot(w, losses[0], "o", color=ink.learns, markersize=13)
    ax.set(xlim=(_LEFT - 0.2, _RIGHT + 0.2), ylim=(-2.5, 45), yticks=())
    ax.spines.left.set_visible(False)
    ax.set_xlabel("weight w", labelpad=1)
    _write_step(figure, w, lr, slope)
    farther = abs(weights[-1] - 2) > abs(w - 2)
    words = f"after {_STEPS} steps: w = {signed(weights[-1], 'z.2f')}" + ", farther off" * farther
    figure.text(0.5, 0.845, words, color=ink.wrong if farther else ink.text, ha="center")
    return figure


def _write_step(figure, w, lr, slope):
    """Write the first step as an equation, each number in the colour of what it is."""
    parts = (
        (0.24, "next w =", ink.text),
        (0.38, signed(w, "z.2f"), ink.learns),
        (0.43, "\N{MINUS SIGN}", ink.text),
        (0.55, signed(lr, "z.2f"), ink.step),
        (0.595, "×", ink.text),
        (
            0.81,
            f"({signed(slope, 'z.2f')})" if slope < -0.005 else signed(slope, "z.2f"),
            ink.gradient,
        ),
        (0.86, "=", ink.text),
        (0.99, signed(w - lr * slope, "z.2f"), ink.learns),
    )
    for right, words, color in parts:
        figure.text(right, 0.935, words, color=color, ha="right")
