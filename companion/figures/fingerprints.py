"""The figure of programs with silent bugs, and of the signs by which each of them is known."""

import math
import textwrap

from ipywidgets import Dropdown, Play
from matplotlib.figure import Figure

from companion.canvas import Page, ink
from companion.figures import control, shown
from companion.nets import PROGRAMS, train

_SIGNS = {  # as they are named, and as many as there should be
    "moved": ("tensors that moved", 4),
    "alive": ("units alive", 32),
    "different": ("different units", 32),
}


def fingerprints(fault: str = "softmax before the loss", epoch: int = 8) -> Figure:
    """Above, the wrong lines of a program. Below, its loss over eight epochs beside that of
    the right program, and dashed lines at 2.3026 and 1.4612. At the bottom, how many images
    are read, and how many tensors moved, units are alive and units are different.
    """
    page, signs = Page(292), train(fault)
    wrong = textwrap.dedent("\n".join(PROGRAMS[fault][0])).split("\n")
    page.listing(3, [*wrong, ""][:2], range(len(wrong)), ink.wrong)
    ticks = {"xticks": {0: "0", 4: "epoch 4", 8: "8"}, "yticks": (0, 1, 2)}
    ax = page.plot(27, 38, 239, 190, x=(-0.2, 8.2), y=(0, 2.75), **ticks)
    for level in (math.log(10), math.log(1 + 9 / math.e)):
        ax.axhline(level, color=ink.context, linewidth=0.8, linestyle="dashed")
        ax.text(8.5, level, f"{level:.4f}", ink.context, va="center")
    for run, color, width in ((train("nothing"), ink.learns, 4), (signs, ink.loss, 2)):
        ax.trail(range(9), [sign.loss for sign in run], epoch, color, width, dot=width + 5)
    now = signs[epoch]
    page.text(4, 222, f"loss {now.loss:.3f}", ink.loss, weight="bold")
    page.text(150, 222, f"read, held out: {now.accuracy:.1%}")
    for row, (name, (words, wanted)) in enumerate(_SIGNS.items()):
        count = getattr(now, name)
        frozen = name == "moved" and fault == "layer.requires_grad = False"
        odd = epoch > 0 and (count < 0.8 * wanted or frozen)
        words = f"{words}: {count} of {wanted}"
        page.text(4, 242 + 17 * row, words, ink.wrong if odd else ink.text)
    return page.figure


show = shown(
    fingerprints,
    "Silent bugs leave fingerprints",
    "Tinted: the wrong lines; purple: their loss; green: that of the right program.",
    hold={"epoch": "x"},
    paper=[{"fault": "softmax before the loss"}, {"fault": "all weights alike"}, {"fault": "lr=2"}],
    fault=control("what is wrong", Dropdown, PROGRAMS),
    epoch=control("after epoch", Play, max=8),
)
