"""A matplotlib style and a palette for figures that belong to their page, where a book asks."""

from types import SimpleNamespace

#: Colours that readers with any colour vision can tell apart, after Okabe and Ito
#: (https://jfly.uni-koeln.de/color/), darkened to a contrast of 3:1 on white.
#: Each has a twin for dark pages in ``static/explorable.css``.
palette = SimpleNamespace(
    blue="#0072b2",
    red="#d55e00",
    green="#008a64",
    purple="#a6498f",
    gold="#a87900",
    grey="#767676",
)

#: matplotlib settings of the figures of a book that called `use_style`. A figure is about as wide
#: as a phone, so that its text stays readable there; its background is the page's.
style = {
    "axes.edgecolor": "black",
    "axes.facecolor": "none",
    "axes.prop_cycle": f"cycler('color', {list(vars(palette).values())})",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 72,
    "figure.facecolor": "none",
    "figure.figsize": (4.8, 3.2),
    "figure.subplot.bottom": 0.16,
    "figure.subplot.left": 0.13,
    "figure.subplot.right": 0.97,
    "figure.subplot.top": 0.95,
    "font.size": 11,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "savefig.facecolor": "none",
    "savefig.pad_inches": 0,
    "svg.fonttype": "none",
    "svg.hashsalt": "explorable",
}

_used = False


def use_style(use: bool = True) -> None:
    """Let every figure of this process have `style`, and the colours and the font of its page.

    A book calls it once, in what its notebooks import. Until then, figures look as matplotlib
    and the author's own settings make them.

    Examples
    --------
    >>> from explorable import use_style
    >>> use_style(used())  # as it is
    """
    global _used
    _used = use


def used() -> bool:
    """Whether figures have `style` now."""
    return _used
