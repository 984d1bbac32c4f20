"""The figures of the chapter about the engine."""

from collections.abc import Callable, Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor

from companion.canvas import in_style, ink, panels


@in_style
def xor_training(
    guess: Callable[[Tensor], Tensor],
    examples: Sequence[tuple[tuple[int, int], int]],
    losses: Sequence[tuple[float, float]],
    step: int,
) -> Figure:
    """Draw a net's answer over the square of its inputs, and the loss against the step.

    Parameters
    ----------
    guess
        From points (n × 2, float64) to the net's answers (n).
    examples
        The four inputs, each with its target.
    losses
        For each step, the loss in the engine and in torch.
    step
        How many steps the net has been trained.

    Examples
    --------
    >>> figure = xor_training(lambda x: x[:, 0], [((1, 0), 1)], [(0.5, 0.5)], 0)
    >>> figure.axes[0].texts[0].get_text()
    'want 1\\nget 1.00'
    """
    side = torch.linspace(-0.2, 1.2, 11, dtype=torch.float64)
    points = torch.cartesian_prod(side, side)
    everywhere = guess(points)
    answers = guess(torch.tensor([x for x, _ in examples], dtype=torch.float64))
    figure, (above, below) = panels(
        5, rows=2, height_ratios=(3, 1.3), left=0.16, bottom=0.11, top=0.94, hspace=0.4
    )
    colors = [ink.value if y_hat > 0.5 else ink.step for y_hat in everywhere]
    sure = ((everywhere - 0.5).abs().clamp(max=0.5) * 12).round() / 10
    above.scatter(*points.T, s=210, marker="s", c=colors, alpha=sure, linewidth=0)
    for (x, y), y_hat in zip(examples, answers, strict=True):
        above.text(*x, f"want {y}\nget {y_hat:.2f}", ha="center", va="center", size=10)
    above.set(xlabel="x1", ylabel="x2", xticks=(0, 1), yticks=(0, 1), aspect="equal")
    above.set_title("blue: nearer to 1, gold: nearer to 0", size=10)
    ours, torchs = zip(*losses, strict=True)
    below.plot(ours, color=ink.value)
    below.plot(range(0, len(losses), 10), torchs[::10], "o", color=ink.text, fillstyle="none")
    below.plot(step, ours[step], "o", color=ink.changed, markersize=9)
    below.set(xlabel="step", ylabel="loss", ylim=(0, 0.6), yticks=(0, 0.25, 0.5))
    words = f"engine {ours[step]:.6f}, torch {torchs[step]:.6f}"
    below.text(len(losses) - 1, 0.45, words, ha="right")
    return figure
