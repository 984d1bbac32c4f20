"""The figures of the chapter about installing PyTorch."""

from collections.abc import Mapping
from html import escape

import torch
from IPython.display import HTML
from matplotlib.figure import Figure

from companion.canvas import Page, ink, signed

_LINE = (
    "background: none; border-left: 3px solid; margin: 0.1em 0 0.7em; padding: 0 0 0 0.8em; "
    "white-space: pre-wrap; overflow-wrap: anywhere; user-select: all"
)


def install_chooser(steps: Mapping[str, str], need: str) -> HTML:
    """Show what to have before, and the commands that install PyTorch; a click selects one of them.

    >>> "1. Install" in install_chooser({"Install": "pip install torch"}, "A network.").data
    True
    """
    lines = "".join(
        f'<div style="user-select: none">{number}. {escape(label)}</div>'
        f'<pre style="{_LINE}">{escape(line)}</pre>'
        for number, (label, line) in enumerate(steps.items(), 1)
    )
    return HTML(f'<div class="install"><p>{escape(need)}</p>{lines}</div>')


def slope_check(w: float, loss: float, slope: float) -> Figure:
    """Draw the parabola (3w − 2)² with its tangent, and its slope by hand and by autograd."""
    page = Page(281)
    look = {"yticks": (0, 8, 16), "xticks": (), "beside": "loss"}
    above = page.plot(51, 39, 293, 135, x=(-0.6, 2.1), y=(-3, 17), **look)
    grid = torch.linspace(-0.5, 2, 51, dtype=torch.float64)
    above.plot(grid, (3 * grid - 2) ** 2, color=ink.loss)
    above.axline((w, loss), slope=slope, color=ink.gradient, linewidth=1.5)
    above.dot(w, loss, ink.learns, 12)
    look = {"yticks": (-20, 0, 20), "xticks": {0: "0", 1: "1", 2: "w = 2"}, "beside": "slope"}
    below = page.plot(51, 149, 293, 245, x=(-0.6, 2.1), y=(-25, 28), **look)
    below.plot(grid, 2 * (3 * grid - 2) * 3, color=ink.context)
    below.axhline(0, color=ink.context, linewidth=0.5)
    below.dot(w, slope, ink.gradient, 8)
    page.text(6, 20, f"w = {signed(w, '.1f')}", ink.learns)
    page.text(82, 20, f"by hand: {signed(2 * (3 * w - 2) * 3, 'z.2f')}", ink.context)
    page.text(187, 20, f"autograd: {signed(slope, 'z.2f')}", ink.gradient)
    return page.figure
