"""The figures of the chapter about gradients that add up."""

import math
from collections.abc import Sequence

import torch
from matplotlib.figure import Figure

from companion.canvas import in_style, ink, panels, signed

#: w and w.grad at the start and after every step.
Run = tuple[Sequence[float], Sequence[float]]


@in_style
def pendulum(run: Run, other: Run, H: float, lr: float, step: int, forget: bool) -> Figure:
    """Draw a descent as points of w and w.grad, and w against the step.

    Parameters
    ----------
    run, other
        The descent, and the one in the other mode, of 22 steps each.
    H
        The second derivative of the loss.
    lr, step, forget
        The learning rate; how many steps have been made; whether w.grad is never emptied.

    Examples
    --------
    >>> run = [1.0] * 23, [0.0] * 23
    >>> pendulum(run, run, H=9.0, lr=0.01, step=0, forget=False).texts[0].get_text()
    'step 0:  w = 1.000,  w.grad = 0.00'
    """
    (weights, grads), color = run, ink.value if forget else ink.learns
    figure, (above, below) = panels(
        *(5, 2), height_ratios=(3, 2), left=0.15, right=0.96, top=0.87, bottom=0.1, hspace=0.08
    )
    below.sharex(above)
    above.tick_params(labelbottom=False)
    above.plot(*_orbit(H, lr, forget), color=ink.context, linewidth=1)
    above.plot([weights[step]] * 2, [0, grads[step]], color=ink.gradient, linewidth=3)
    below.plot(other[0], range(23), "--", color=ink.context, linewidth=1)
    for ax, heights in ((above, grads), (below, range(23))):
        # always 22 points, so that the page has less to store
        path = [(weights[min(i, step)], heights[min(i, step)]) for i in range(22)]
        ax.plot(*zip(*path, strict=True), "o-", color=color, linewidth=1, markersize=4)
        ax.plot(*path[step], "o", color=color, markersize=9)
        ax.axvline(2, color=ink.context, linewidth=0.5)
    above.set(ylim=(-36, 36), yticks=(-30, 0, 30), ylabel="w.grad")
    below.set(xlim=(0.4, 3.6), xticks=(1, 2, 3), xlabel="w")
    below.set(ylim=(23, -1), yticks=(0, 10, 20), ylabel="step")
    state = f"step {step}:  w = {signed(weights[step], '.3f')},  w.grad = "
    figure.text(0.15, 0.95, state + signed(grads[step], "z.2f"))
    swing = f"one swing takes {2 * math.pi / _angle(H, lr):.2f} steps"
    factor = f"each step: distance × {1 - lr * H:.3f}"
    figure.text(0.15, 0.895, swing if forget else factor, color=color)
    return figure


def _angle(H, lr):
    """Return by how much of a swing one step turns, in radians."""
    return math.acos(1 - lr * H / 2)


def _orbit(H, lr, forget):
    """Return w and w.grad all along the curve on which every state must lie."""
    turn = torch.linspace(0, 2 * math.pi, 73, dtype=torch.float64)
    if not forget:
        return 2 + turn.cos(), H / (1 - lr * H) * turn.cos()
    size = (1 - lr * H / 4) ** -0.5
    return 2 + size * turn.cos(), size / lr * ((turn - _angle(H, lr)).cos() - turn.cos())


@in_style
def two_limits(emptied: Sequence[float], forgotten: Sequence[float], H: float, lr: float) -> Figure:
    """Draw the factor of a step against the learning rate, and w over 40 steps, in both modes.

    Parameters
    ----------
    emptied, forgotten
        w at the start and after every step, in the two modes.
    H, lr
        The second derivative of the loss; the learning rate.

    Examples
    --------
    >>> two_limits([1.0] * 41, [1.0] * 41, H=10.0, lr=0.01).axes[0].get_xticks().tolist()
    [0.0, 0.2, 0.4]
    """
    figure, (above, below) = panels(
        4.8, rows=2, height_ratios=(2, 3), left=0.14, bottom=0.11, top=0.97, hspace=0.45
    )
    rates = torch.linspace(0, 0.48, 97, dtype=torch.float64)
    for weights, growth, color, width in (
        (emptied, _growth_if_emptied, ink.learns, 3),
        (forgotten, _growth_if_forgotten, ink.value, 1.5),
    ):
        above.plot(rates, growth(H, rates), color=color, linewidth=width)
        here = growth(H, torch.tensor(lr, dtype=torch.float64))
        above.plot(lr, here, "o", color=color, markersize=5 + 2 * width)
        outside = [k for k, w in enumerate(weights) if abs(w - 2) >= 8] or [len(weights)]
        below.plot(weights[: outside[0] + 1], color=color, linewidth=width)
    above.axhline(1, color=ink.context, linewidth=0.5)
    above.text(0.275, 2.3, "emptied", color=ink.learns, ha="right")
    above.text(0.42, 1.2, "forgotten", color=ink.value, ha="right")
    above.set(xlim=(0, 0.48), ylim=(0, 3.5), xlabel="lr", ylabel="factor of a step")
    above.set(yticks=(0, 1, 2, 3))
    above.set_xticks((0, 2 / H, 4 / H), ("0", f"2/H = {2 / H:.3f}", f"4/H = {4 / H:.3f}"))
    below.set(xlim=(0, 40), xticks=(0, 20, 40), xlabel="step")
    below.set(ylim=(-6, 10), yticks=(-4, 2, 8), ylabel="w")
    return figure


def _growth_if_emptied(H, lr):
    """Return the factor by which the distance changes in a step."""
    return (1 - lr * H).abs()


def _growth_if_forgotten(H, lr):
    """Return the factor by which the distance changes in a step, in the long run."""
    cosine = (1 - lr * H / 2).abs().clamp(min=1)
    return cosine + (cosine**2 - 1).sqrt()


@in_style
def batch_in_parts(sizes: Sequence[int], grads: Sequence[float], target: float) -> Figure:
    """Draw what each part of a batch adds to w.grad, and the gradient of the whole batch.

    Parameters
    ----------
    sizes
        How many examples each part has.
    grads
        w.grad after each part; all are negative.
    target
        The gradient of the whole batch.

    Examples
    --------
    >>> batch_in_parts([4, 4], [-1.0, -3.0], -3.0).texts[0].get_text()
    'w.grad at the end: −3.0000, the same'
    """
    figure, ax = panels(3.2, left=0.14, top=0.8)
    for k, (before, after) in enumerate(zip([0, *grads[:-1]], grads, strict=True)):
        ax.bar(k, after - before, bottom=before, color=ink.gradient)
    ax.axhline(target, color=ink.text, linestyle="dashed", linewidth=1)
    ax.set(xlim=(-0.6, len(sizes) - 0.4), ylim=(1.15 * min(target, grads[-1]), 0))
    ax.set_xticks(range(len(sizes)), sizes)
    ax.locator_params(axis="y", nbins=4)
    ax.set(xlabel="examples in each part", ylabel="w.grad")
    same = ", the same" if abs(grads[-1] - target) < 1e-6 else ""
    words = f"w.grad at the end: {signed(grads[-1], '.4f')}{same}"
    figure.text(0.14, 0.92, words, color=ink.gradient)
    figure.text(0.14, 0.84, f"one batch of 8: {signed(target, '.4f')}")
    return figure
