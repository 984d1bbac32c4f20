"""The figure of programs with silent bugs, and of the signs by which each of them is known."""

import math
import textwrap

from ipywidgets import Dropdown, Play, interactive
from matplotlib.figure import Figure

from companion.canvas import WIDTH, Page, in_style, ink
from companion.nets import PROGRAMS, train
from explorable import explore

_WANTED = {"moved": 4, "alive": 32, "different": 32}


@in_style
def fingerprints(fault: str = "softmax before the loss", epoch: int = 8) -> Figure:
    """Draw the loss of a program with a silent bug beside that of the right one, and its signs.

    >>> fingerprints("all weights alike", 8).texts[-1].get_text()
    'different units: 1 of 32'
    """
    page = Page(292)
    wrong, signs = textwrap.dedent("\n".join(PROGRAMS[fault][0])).split("\n"), train(fault)
    for row in range(2):
        page.patch(0, 3 + 14 * row, WIDTH, 14, color=ink.wrong, alpha=0.2 * (row < len(wrong)))
        page.code(4, 14 + 14 * row, wrong[row] if row < len(wrong) else "")
    ax = page.figure.add_axes((0.09, 0.35, 0.7, 0.52))
    for level in (math.log(10), math.log(1 + 9 / math.e)):
        ax.axhline(level, color=ink.context, linewidth=0.8, linestyle="dashed")
        ax.text(8.5, level, f"{level:.4f}", color=ink.context, va="center")
    for run, color, width in ((train("nothing"), ink.learns, 4), (signs, ink.loss, 2)):
        trail = [run[min(k, epoch)].loss for k in range(9)]
        ax.plot([min(k, epoch) for k in range(9)], trail, color=color, linewidth=width)
        ax.plot(epoch, run[epoch].loss, "o", color=color, markersize=width + 5)
    ax.set(xlim=(-0.2, 8.2), ylim=(0, 2.75), yticks=(0, 1, 2))
    ax.set_xticks((0, 4, 8), ("0", "epoch 4", "8"))
    now = signs[epoch]
    page.text(4, 222, f"loss {now.loss:.3f}", ink.loss, weight="bold")
    page.text(150, 222, f"read, held out: {now.accuracy:.1%}")
    frozen = fault == "layer.requires_grad = False"
    for place, (words, name) in enumerate(
        (
            ("tensors that moved", "moved"),
            ("units alive", "alive"),
            ("different units", "different"),
        )
    ):
        count, of = getattr(now, name), _WANTED[name]
        odd = count < 0.8 * of and epoch > 0 or name == "moved" and frozen and epoch > 0
        page.text(4, 242 + 17 * place, f"{words}: {count} of {of}", ink.wrong if odd else ink.text)
    return page.figure


def show() -> interactive:
    """Return the figure of silent bugs and what gives them away."""
    return explore(
        fingerprints,
        fault=Dropdown(options=list(PROGRAMS), value="softmax before the loss"),
        epoch=Play(value=8, min=0, max=8),
        labels={"fault": "what is wrong", "epoch": "after epoch"},
        hold={"epoch": "x"},
        title="Silent bugs leave fingerprints",
        caption="Tinted: the wrong lines; purple: their loss; green: that of the right program.",
        alt="Above, the wrong lines of a program. Below, its loss over eight epochs beside that of "
        "the right program, and dashed lines at 2.3026 and 1.4612. At the bottom, how many images "
        "are read, and how many tensors moved, units are alive and units are different.",
        paper=[
            {"fault": "softmax before the loss"},
            {"fault": "all weights alike"},
            {"fault": "lr=2"},
        ],
    )
