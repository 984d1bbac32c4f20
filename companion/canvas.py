"""What the drawings of the book share: a page in points, boxes, arrow heads, numbers, colours.

A page is measured in points from its top left, like a sheet of paper, and is as wide as a phone
has pixels. It has no axes, which would take time.

>>> page = Page(height=40)
>>> page.box(8, 8, 100, 24, corner=5)
>>> page.text(58, 24, signed(-2.5), ink.gradient, ha="center")
>>> page.figure.texts[0].get_text()
'−2.5'
"""

import math
import warnings
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

from explorable import palette, style

#: The colours by what they mean, in the whole book.
ink = SimpleNamespace(
    value=palette.blue,  # on the way forward
    gradient=palette.red,  # on the way back
    learns=palette.green,  # weights and other leaves
    loss=palette.purple,
    step=palette.gold,  # and the learning rate
    context=palette.grey,
    text="black",  # drawn in the colour of the page's text
    leaf=(palette.blue, 0.12),  # tints the box of a leaf
    # Meanings that share their colour with another one.
    changed=palette.red,
    wrong=palette.red,
    right=palette.green,
    slope=palette.green,  # of one operation, without those behind it
    saved=palette.purple,  # what autograd keeps for the way back
    refused=palette.gold,  # an error, and what led to it
)

WIDTH = 345.6  #: of a figure, in points: 4.8 inches
MARGIN = 8
ARROW = (6, 2.5)  #: length and half of the width of an arrow's head


#: Decorates what draws on axes, so that it looks the same wherever it is called.
in_style = rc_context(style)


def panels(height: float, rows: int = 1, columns: int = 1, **grid: Any) -> tuple[Figure, Any]:
    """Return a figure of the book's width, and its axes.

    Parameters
    ----------
    height
        In inches.
    **grid
        Where the axes stand, as for `matplotlib.gridspec.GridSpec`: ``left``, ``height_ratios``.

    Examples
    --------
    >>> figure, (above, below) = panels(4.8, rows=2, hspace=0.3)
    >>> figure.get_size_inches().round(1).tolist()
    [4.8, 4.8]
    """
    with rc_context(style):
        figure = Figure(figsize=(WIDTH / 72, height))
        return figure, figure.subplots(rows, columns, gridspec_kw=grid)


def signed(value: float | Sequence, form: str = ".4g") -> str:
    """Return a number, or a list of them, as text with a minus sign instead of a hyphen.

    >>> signed(-0.25), signed([1e-7, [-1]]), signed(-1, "+.2f")
    ('−0.25', '[1e−07, [−1]]', '−1.00')
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(signed(item, form) for item in value)}]"
    return format(value, form).replace("-", "−")


def text_width(text: str, size: float = 11) -> float:
    """Return the width of a line in points, in matplotlib's own font: wider than most pages'.

    >>> text_width("MM", size=22) == 2 * text_width("MM", size=11)
    True
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        font = FontProperties(family="DejaVu Sans", size=size)
        return text_to_path.get_text_width_height_descent(text, font, False)[0]


def box(
    left: float, top: float, width: float, height: float, corner: float = 0, **look: Any
) -> FancyBboxPatch:
    """Return a box, for a page or for axes in points; `look` as for a matplotlib patch."""
    shape = f"round,pad=0,rounding_size={corner}" if corner else "square,pad=0"
    return FancyBboxPatch((left, top), width, height, boxstyle=shape, **look)


def arrow_head(
    tip: Sequence[float], tail: Sequence[float], length: float = ARROW[0], half: float = ARROW[1]
) -> list[tuple[float, float]]:
    """Return the corners of an arrow's head, from its tip; the arrow comes from `tail`.

    >>> arrow_head((10, 0), (0, 0), length=4, half=2)
    [(10, 0), (6.0, 2.0), (6.0, -2.0)]
    """
    (x, y), distance = tip, math.dist(tip, tail)
    dx, dy = (tail[0] - x) / distance, (tail[1] - y) / distance
    middle = x + length * dx, y + length * dy
    return [(x, y), *((middle[0] + s * dy, middle[1] - s * dx) for s in (half, -half))]


class Page:
    """A figure to draw on in points, downwards from its top left.

    Parameters
    ----------
    height, width
        In points.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    """

    def __init__(self, height: float, width: float = WIDTH):
        with rc_context(style):
            self.figure = Figure()
        self._points = Affine2D()  # to inches, counted from the bottom
        self._where = self._points + self.figure.dpi_scale_trans
        self.resize(height, width)

    def resize(self, height: float, width: float = WIDTH) -> None:
        """Give the page another size; what is drawn keeps its distance from the top."""
        self.figure.set_size_inches(width / 72, height / 72)
        self._points.clear().translate(0, -height).scale(1 / 72, -1 / 72)

    def add(self, artist) -> None:
        """Add an artist of matplotlib whose lengths are points."""
        artist.set_transform(self._where)
        self.figure.add_artist(artist)

    def text(self, x: float, y: float, text: str, color: str = ink.text, **look: Any) -> None:
        """Write a line of text, on the base line at `y`.

        An empty one is written too: matplotlib would leave it out, and then the frames of a figure
        would differ in more than what they say.
        """
        look = {"size": 11, "parse_math": False, "color": color, **look}
        self.figure.text(x, y, text or " ", transform=self._where, **look)

    def box(self, *place: float, **look: Any) -> None:
        """Draw a `box`."""
        self.add(box(*place, **look))

    def line(
        self, points: Iterable[tuple[float, float]], color: str = ink.text, **look: Any
    ) -> None:
        """Draw a line through points; if there are none, one that is not seen."""
        points = list(points)
        x, y = zip(*(points or [(0, 0), (0, 0)]), strict=True)
        self.add(Line2D(x, y, **{"color": color, **look} | ({} if points else {"alpha": 0})))

    def path(self, path: Path, color: str = ink.text, width: float = 1, **look: Any) -> None:
        """Draw the outline of a path."""
        self.add(PathPatch(path, **{"facecolor": "none", "edgecolor": color, **look}, lw=width))
