"""The figure of what comes after the path: autograd aims a throw."""

from functools import cache

import torch
from ipywidgets import Play, ToggleButtons, interactive
from matplotlib.figure import Figure

from companion.canvas import in_style, ink, panels, signed
from explorable import explore

_TARGET, _STEPS = (14.0, 4.0), 10


@cache
def _throws(wind):
    """Return velocity, places and miss of each throw: a step of descent between any two.

    The flight takes two seconds; the air moves along with `wind`, and brakes the ball.
    """
    v, throws = torch.tensor((4.0, 11.0), dtype=torch.float64, requires_grad=True), []
    air, weight, target = map(v.new_tensor, ((wind, 0.0), (0.0, -9.8), _TARGET))
    for _ in range(_STEPS + 1):
        speed, places = v, [torch.zeros_like(v)]
        for _ in range(40):
            brake = 0.03 * (speed - air).norm() * (speed - air)
            speed = speed + 0.05 * (weight - brake)
            places.append(places[-1] + 0.05 * speed)
        loss = (places[-1] - target).square().sum()
        (grad,) = torch.autograd.grad(loss, v)
        throws.append((v.tolist(), torch.stack(places)[::2].T.tolist(), loss.item() ** 0.5))
        v = (v - 0.25 * grad).detach().requires_grad_()
    return throws


@in_style
def throw(wind: float = -5.0, step: int = 4) -> Figure:
    """Draw a throw after some steps of descent on where it ends, and those before it.

    >>> throw(0.0, 10).texts[1].get_text()
    'misses by 0.00 m'
    """
    figure, ax = panels(2.6, left=0.02, right=0.98, top=0.82, bottom=0.03)
    (across, up), (x, y), miss = _throws(wind)[step]
    for k in range(_STEPS):
        ax.plot(*_throws(wind)[min(k, step)][1], color=ink.context, linewidth=0.8)
    ax.plot(x, y, color=ink.value, linewidth=2.5)
    ax.plot((x[-1], _TARGET[0]), (y[-1], _TARGET[1]), color=ink.loss, linewidth=1.5)
    ax.plot(*_TARGET, "o", color=ink.loss, markersize=12, fillstyle="none")
    ax.plot(x[-1], y[-1], "o", color=ink.value, markersize=8)
    ax.set(xlim=(-0.5, 16), ylim=(-2, 8))
    ax.axis("off")
    words = f"thrown {signed(across, '.1f')} across, {signed(up, '.1f')} up"
    figure.text(0.02, 0.92, words, color=ink.learns)
    figure.text(0.98, 0.92, f"misses by {miss:.2f} m", color=ink.loss, ha="right")
    return figure


def show_throw() -> interactive:
    """Return the figure in which autograd aims a throw."""
    return explore(
        throw,
        wind=ToggleButtons(options=[("against", -5.0), ("none", 0.0), ("with it", 5.0)]),
        step=Play(value=4, min=0, max=_STEPS, interval=500),
        labels={"wind": "wind", "step": "steps of descent"},
        title="Autograd aims",
        caption="Where is the ball after two seconds? Purple: the target, and the miss.",
        alt="The path of a thrown ball, and a target. With each step of gradient descent on the "
        "two numbers of the throw the path ends nearer to the target.",
        paper=[{"step": 0}, {"step": 2}, {"step": 10}],
    )
