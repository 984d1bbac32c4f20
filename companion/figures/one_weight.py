"""The figures of the chapter about one weight."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from companion.canvas import in_style, ink, panels, signed

#: What `training_replay` needs of a step: x, y, and w, the loss and the gradient before it.
Entry = tuple[float, float, float, float, float]


def _loss(w, x, y):
    return (w * x - y) ** 2


@in_style
def training_replay(log: Sequence[Entry], step: int) -> Figure:
    """Draw a step of training: a ball on the parabola of the present example, and its next place.

    Parameters
    ----------
    log
        An `Entry` for each step, at least one more than `step`; the first three hold all examples.
    step
        Which one, from 0.

    Examples
    --------
    >>> log = [(x, 2 * x, 1.0, x * x, -2 * x * x) for x in (1.0, 2.0, 3.0)]
    >>> training_replay(log, 1).texts[0].get_text()
    'x = 2, y = 4:  loss = 4   grad = −8'
    """
    x, y, w, loss, grad = log[step]
    w_after = log[step + 1][2]
    ball = min(max(w, -1.3), 5.3), min(loss, 26)  # just outside, where it left the picture
    figure, ax = panels(3.9, top=0.82)
    grid = torch.linspace(-1, 5, 61, dtype=torch.float64)
    curves = [_loss(grid, *entry[:2]) for entry in log[:3]]
    labels = (4.3, 8), (4.4, 20), (2.7, 20)
    for curve, place, entry in zip(curves, labels, log, strict=False):
        color, width = (ink.value, 2) if entry[0] == x else (ink.context, 1)
        ax.plot(grid, curve, color=color, linewidth=width)
        ax.text(*place, f"x = {entry[0]:g}", color=color)
    ax.plot(grid, sum(curves) / 3, color=ink.context, linewidth=1, linestyle="dashed")
    ax.axline((w, loss), slope=grad, color=ink.gradient, linewidth=1)
    arrow = {"arrowstyle": "->", "color": ink.gradient}
    tip = w_after + 1e-9, -1.5  # a step of nothing keeps its arrow
    ax.annotate("", tip, (w, -1.5), arrowprops=arrow, annotation_clip=False)
    for k in range(12):  # where w was
        before = log[max(0, step - k)][2]
        ax.plot([before, before], [-1.9, -1.1], color=ink.text, linewidth=1)
    ax.plot(*ball, "o", color=ink.value, markersize=9)
    ax.set(xlim=(-1, 5), ylim=(-3, 25), yticks=(0, 10, 20), xlabel="w", ylabel="loss")
    words = f"x = {x:g}, y = {y:g}:  loss = {loss:.4g}   grad = {signed(grad)}"
    figure.text(0.13, 0.93, words)
    words = f"w = {signed(w, '.7g')} → {signed(w_after, '.7g')}"
    figure.text(0.13, 0.86, words, color=ink.gradient)
    return figure


@in_style
def learning_rates(x: Tensor, means: Tensor, lr: float) -> Figure:
    """Draw the factor of an epoch against the learning rate, and the losses with one of them.

    Parameters
    ----------
    x
        The inputs, float64.
    means
        The mean loss of each epoch with `lr`.
    lr
        The learning rate.

    Examples
    --------
    >>> x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    >>> learning_rates(x, torch.tensor([4.0, 2.0]), 0.01).axes[1].texts[0].get_text()
    '|F| = 0.739'
    """
    figure, (above, below) = panels(
        4.8, rows=2, height_ratios=(2, 3), left=0.17, bottom=0.11, top=0.97, hspace=0.45
    )
    rates = torch.linspace(0, 0.52, 105, dtype=torch.float64)
    factor = (1 - 2 * lr * x**2).prod().abs()
    above.plot(rates, (1 - 2 * rates[:, None] * x**2).prod(1).abs(), color=ink.context)
    above.axhline(1, color=ink.gradient, linewidth=1)
    above.plot(lr, factor, "o", color=ink.value, markersize=9)
    above.set(ylim=(0, 3), xlabel="lr", ylabel="|F|")
    below.semilogy(means, "o-", color=ink.value, markersize=4)
    below.minorticks_off()
    below.set(ylim=(1e-18, 1e18), xlabel="epoch", ylabel="mean loss")
    below.set(xticks=(0, 5, 10, 15), yticks=(1e-15, 1, 1e15))
    below.text(19, 1e14, f"|F| = {factor:.3f}", ha="right")
    return figure
