"""The figure of what comes after the path: autograd aims a throw."""

from functools import cache

import torch
from ipywidgets import Play, ToggleButtons
from matplotlib.figure import Figure

from companion.canvas import Page, ink, signed
from companion.figures import control, shown

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


def throw(wind: float = -5.0, step: int = 4) -> Figure:
    """The path of a thrown ball, and a target. With each step of gradient descent on the two
    numbers of the throw the path ends nearer to the target.
    """
    (across, up), (x, y), miss = _throws(wind)[step]
    page = Page(187)
    air = page.plot(6, 34, 296, 182, x=(-0.5, 16), y=(-2, 8))
    for k in range(_STEPS):
        air.plot(*_throws(wind)[min(k, step)][1], color=ink.context, linewidth=0.8)
    air.plot(x, y, color=ink.value, linewidth=2.5)
    air.plot((x[-1], _TARGET[0]), (y[-1], _TARGET[1]), color=ink.loss, linewidth=1.5)
    air.dot(*_TARGET, ink.loss, 12, fillstyle="none")
    air.dot(x[-1], y[-1], ink.value, 8)
    words = f"thrown {signed(across, '.1f')} across, {signed(up, '.1f')} up"
    page.text(6, 15, words, ink.learns)
    page.text(296, 15, f"misses by {miss:.2f} m", ink.loss, ha="right")
    return page.figure


show_throw = shown(
    throw,
    "Autograd aims",
    "Where is the ball after two seconds? Purple: the target, and the miss.",
    paper=[{"step": 0}, {"step": 2}, {"step": 10}],
    wind=control("wind", ToggleButtons, [("against", -5.0), ("none", 0.0), ("with it", 5.0)]),
    step=control("steps of descent", Play, min=0, max=_STEPS, interval=500),
)
