"""The figures of the chapter about installing PyTorch."""

from collections.abc import Mapping
from html import escape

import torch
from IPython.display import HTML
from matplotlib.figure import Figure

from companion.canvas import in_style, ink, signed

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


@in_style
def slope_check(w: float, loss: float, slope: float) -> Figure:
    """Draw the parabola (3w − 2)² with its tangent, and its slope by hand and by autograd.

    >>> slope_check(1.0, loss=1.0, slope=6.0).texts[2].get_text()
    'autograd: 6.00'
    """
    figure = Figure(figsize=(4.2, 3.9))
    place = {"left": 0.17, "right": 0.97, "bottom": 0.13, "top": 0.86, "hspace": 0.15}
    above, below = figure.subplots(2, 1, gridspec_kw=place, sharex=True)
    grid = torch.linspace(-0.5, 2, 51, dtype=torch.float64)
    above.plot(grid, (3 * grid - 2) ** 2, color=ink.loss)
    above.axline((w, loss), slope=slope, color=ink.gradient, linewidth=1.5)
    above.plot(w, loss, "o", color=ink.learns, markersize=12)
    above.set(xlim=(-0.6, 2.1), ylim=(-3, 17), yticks=(0, 8, 16), ylabel="loss")
    below.plot(grid, 2 * (3 * grid - 2) * 3, color=ink.context)
    below.axhline(0, color=ink.context, linewidth=0.5)
    below.plot(w, slope, "o", color=ink.gradient, markersize=8)
    below.set(ylim=(-25, 28), yticks=(-20, 0, 20), xticks=(0, 1, 2), xlabel="w", ylabel="slope")
    for x, words, color in (
        (0.02, f"w = {signed(w, '.1f')}", ink.learns),
        (0.27, f"by hand: {signed(2 * (3 * w - 2) * 3, 'z.2f')}", ink.context),
        (0.62, f"autograd: {signed(slope, 'z.2f')}", ink.gradient),
    ):
        figure.text(x, 0.93, words, color=color)
    return figure
