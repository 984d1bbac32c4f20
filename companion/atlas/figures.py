"""The figures of the Error clinic."""

import math
import re
from html import escape

import matplotlib.pyplot as plt
import torch
from IPython.display import HTML

from companion.atlas import entries, signs
from explorable import palette

#: Functions with a kink at 0, under the names that the figure shows.
KINKS = {
    "relu(x)": torch.relu,
    "clamp(x, min=0)": lambda x: torch.clamp(x, min=0),
    "maximum(x, 0)": lambda x: torch.maximum(x, torch.zeros_like(x)),
    "leaky_relu(x, 0.1)": lambda x: torch.nn.functional.leaky_relu(x, 0.1),
    "abs(x)": torch.abs,
    "where(x > 0, sqrt(x), 0)": lambda x: torch.where(x > 0, torch.sqrt(x), 0.0),
}


def likely_causes(sign: str) -> HTML:
    """Return the entries that may be behind a sign, the commonest first, each with a test.

    Examples
    --------
    >>> "#error-where-nan" in likely_causes("A gradient is nan").data
    True
    """
    (key,) = (key for key, words in signs().items() if words == sign)
    items = "".join(
        f'<li value="{entry.number}"><a href="#{entry.anchor}">{_html(entry.title)}</a><br>'
        f"{_html(entry.look)}</li>"
        for entry in entries()
        if key in entry.signs
    )
    return HTML(f'<ol style="margin: 0; min-height: 14em; padding-left: 2.2em">{items}</ol>')


def slope(function: str, x: float) -> tuple[float, float]:
    """Return the value and torch's slope of one of `KINKS` at `x`.

    Examples
    --------
    >>> slope("maximum(x, 0)", 0.0)
    (0.0, 0.5)
    """
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = KINKS[function](at)
    y.backward()
    return y.item(), at.grad.item()


def by_trial(function: str, x: float, h: float) -> float:
    """Return the slope of one of `KINKS` from `x` to `x` + `h`, without autograd.

    Examples
    --------
    >>> by_trial("abs(x)", 0.0, -1e-9)
    -1.0
    """
    here, there = KINKS[function](torch.tensor([x, x + h], dtype=torch.float64)).tolist()
    return (there - here) / h + 0.0  # no −0


def slope_at(function: str = "relu(x)", x: float = -1.0) -> None:
    """Draw one of `KINKS`, and its tangent at `x` with the slope that torch computes."""
    y, slope_here = slope(function, x)
    fig, ax = plt.subplots(figsize=(4.8, 3.4))
    fig.subplots_adjust(left=0.09, bottom=0.1, top=0.8)
    grid = torch.linspace(-2.2, 2.2, 89, dtype=torch.float64)
    left, right = (by_trial(function, x, side) for side in (-1e-9, 1e-9))
    if x == 0:
        steepest = "infinite" if right > 100 else f"{right:.4g}"
        witness = f"from the left {left:.4g}, from the right {steepest}"
        ends = torch.tensor([-0.9, 0.9])
        low, high = left * ends, min(right, 9) * ends
        ax.fill_between(ends, low, high, color=palette.grey, alpha=0.3, lw=0)
    else:
        witness = f"by a difference quotient: {(left + right) / 2:.4f}"
    ax.plot(grid, KINKS[function](grid), color=palette.blue)
    if math.isfinite(slope_here):
        ends = torch.tensor([-0.9, 0.9]) / (1 + slope_here**2) ** 0.5
        ax.plot(x + ends, y + slope_here * ends, color=palette.red)
    ax.plot(x, y, "o", color=palette.red, markersize=9)
    ax.set(xlim=(-2.3, 2.3), ylim=(-1, 2.3), xticks=(-2, 0, 2), yticks=(0, 2))
    fig.text(0.09, 0.92, f"x = {x:.2f}".replace("-", "−"))
    color, text = palette.red, f"slope by torch: {slope_here:.4f}".replace("-", "−")
    fig.text(0.97, 0.92, text, color=color, ha="right")
    fig.text(0.97, 0.85, witness.replace("-", "−"), color=palette.grey, ha="right")


def _html(text):
    return re.sub("`(.*?)`", r"<code>\1</code>", escape(text, quote=False))
