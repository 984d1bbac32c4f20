"""The figures of the chapter about installing PyTorch."""

import re
from collections.abc import Mapping, Sequence
from html import escape

import torch
from IPython.display import HTML
from matplotlib.figure import Figure

from companion.canvas import in_style, ink, panels

_LABEL = "margin: 0.6em 0 0; user-select: none"
_LINE = (
    "border-left: 3px solid; padding: 0 0 0 2em; text-indent: -1.2em; "
    "white-space: pre-wrap; overflow-wrap: anywhere; user-select: all"
)
_NOTES = "margin: 1em 0; overflow-wrap: anywhere"


def install_chooser(steps: Mapping[str, str], advice: Sequence[str]) -> HTML:
    """Show the commands that install PyTorch.

    Parameters
    ----------
    steps
        Commands, by what each of them is for.
    advice
        Sentences; the first one stands above the commands.

    Examples
    --------
    >>> "1. Install" in install_chooser({"Install": "pip install torch"}, ["First:"]).data
    True
    """
    first, *notes = advice
    page = f"<p>{escape(first)}</p>"
    for number, (label, line) in enumerate(steps.items(), 1):
        line = re.sub("--[a-z-]+", '<span style="white-space: nowrap">\\g<0></span>', escape(line))
        page += f'<p style="{_LABEL}">{number}. {escape(label)}</p>'
        page += f'<pre style="{_LINE}">{line}</pre>'
    page += f'<ul style="{_NOTES}">' + "".join(f"<li>{escape(note)}</li>" for note in notes)
    return HTML(f'<div style="min-height: 20em">{page}</ul></div>')


@in_style
def slope_check(w: float, loss: float, slope: float) -> Figure:
    """Draw the parabola (3w − 2)² with its tangent, and its slope by hand and by autograd.

    Parameters
    ----------
    w
        Where.
    loss, slope
        What autograd computed there.

    Examples
    --------
    >>> slope_check(1.0, loss=1.0, slope=6.0).texts[2].get_text()
    'autograd: 6.00'
    """
    figure, (above, below) = panels(4.8, rows=2, left=0.15, bottom=0.11, top=0.85, hspace=0.15)
    below.sharex(above)
    above.tick_params(labelbottom=False)
    grid = torch.linspace(-0.5, 2, 51, dtype=torch.float64)
    above.plot(grid, (3 * grid - 2) ** 2, color=ink.value)
    above.axline((w, loss), slope=slope, color=ink.gradient, linewidth=1)
    above.plot(w, loss, "o", color=ink.value, markersize=9)
    above.set(xlim=(-0.6, 2.1), ylim=(-3, 17), yticks=(0, 8, 16), ylabel="loss")
    below.plot(grid, 2 * (3 * grid - 2) * 3, color=ink.context)
    below.axhline(0, color=ink.context, linewidth=0.5)
    below.plot(w, slope, "o", color=ink.gradient, markersize=9)
    below.set(ylim=(-25, 28), yticks=(-20, 0, 20), xticks=(0, 1, 2), xlabel="w", ylabel="slope")
    figure.text(0.15, 0.94, f"w = {w:.1f}")
    figure.text(0.5, 0.94, f"loss: {loss:.2f}", color=ink.value)
    figure.text(0.15, 0.88, f"autograd: {slope + 0:.2f}", color=ink.gradient)
    figure.text(0.5, 0.88, f"by hand: {2 * (3 * w - 2) * 3 + 0:.2f}", color=ink.context)
    return figure
