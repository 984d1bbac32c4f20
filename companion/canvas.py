"""What the drawings of the book share: a page in points, boxes, arrow heads, numbers, colours.

A page is measured in points from its top left, like a sheet of paper, and is narrow enough to be
read on a phone. It has no axes, which would take time.

>>> page = Page(height=40)
>>> page.box(8, 8, 100, 24, corner=5)
>>> page.text(58, 24, signed(-2.5), ink.gradient, ha="center")
>>> page.figure.texts[0].get_text()
'−2.5'
"""

import math
import textwrap
import warnings
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
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
    # Meanings that share their colour with another one.
    changed=palette.red,
    wrong=palette.red,
    right=palette.green,
    slope=palette.green,  # of one operation, without those behind it
    saved=palette.purple,  # what autograd keeps for the way back
    refused=palette.gold,  # an error, and what led to it
)

WIDTH, SIZE = 302.4, 12  #: of a figure and of its text, in points: it can be read on a phone
MARGIN = 8

Point = Sequence[float]

#: Decorates what draws on axes, so that it looks the same wherever it is called.
in_style = rc_context(style | {"font.size": SIZE})


def panels(height: float, rows: int = 1, **grid: Any) -> tuple[Figure, Any]:
    """Return a figure `height` inches high, and its axes below each other; to be called `in_style`.

    `grid` says where they stand, as for `matplotlib.gridspec.GridSpec`.

    >>> figure, (above, below) = panels(3, rows=2, hspace=0.3)
    >>> figure.get_size_inches().round(1).tolist()
    [4.2, 3.0]
    """
    figure = Figure(figsize=(4.2, height))  # as wide as a page: 302.4 / 72 is less by rounding
    return figure, figure.subplots(rows, gridspec_kw={"left": 0.12, "right": 0.97} | grid)


def signed(value: float | Sequence, form: str = ".4g") -> str:
    """Return a number, or a list of them, as text with a minus sign instead of a hyphen.

    >>> signed(-0.25), signed([1e-7, [-1]]), signed(-1, "+.2f")
    ('−0.25', '[1e−07, [−1]]', '−1.00')
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(signed(item, form) for item in value)}]"
    return format(value, form).replace("-", "−")


def text_width(text: str, size: float = SIZE) -> float:
    """Return the width of a line in points, in matplotlib's own font: wider than most pages'.

    >>> text_width("MM", size=22) == 2 * text_width("MM", size=11)
    True
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        font = FontProperties(family="DejaVu Sans", size=size)
        return text_to_path.get_text_width_height_descent(text, font, False)[0]


def wrapped(text: str, width: int, count: int) -> list[str]:
    """Return a text in exactly `count` lines of at most so many letters, the last ones empty.

    >>> wrapped("no gradient yet", width=11, count=3)
    ['no gradient', 'yet', '']
    """
    return (textwrap.wrap(text, width) + [""] * count)[:count]


def strokes(pieces: Iterable[Sequence[Point]], code: int = Path.LINETO) -> Path:
    """Return pieces through points as one path, of which matplotlib leaves out nothing."""
    pieces = list(pieces)
    codes = [each for piece in pieces for each in [Path.MOVETO] + [code] * (len(piece) - 1)]
    path = Path([point for piece in pieces for point in piece], codes)
    path.should_simplify = False
    return path


def arrow_head(tip: Point, tail: Point, length: float, half: float) -> list[Point]:
    """Return the corners of an arrow's head, from its tip; the arrow comes from `tail`.

    >>> arrow_head((10, 0), (0, 0), length=4, half=2)
    [(10, 0), (6.0, 2.0), (6.0, -2.0)]
    """
    (x, y), distance = tip, math.dist(tip, tail)
    dx, dy = (tail[0] - x) / distance, (tail[1] - y) / distance
    middle = x + length * dx, y + length * dy
    return [(x, y), *((middle[0] + s * dy, middle[1] - s * dx) for s in (half, -half))]


class Page:
    """A `figure` to draw on in points, downwards from its top left.

    What is drawn with ``shown=False`` is there and not seen, so that all frames of a figure have
    the same elements.
    """

    def __init__(self, height: float, width: float = WIDTH):
        with rc_context(style):
            self.figure = Figure(figsize=(width / 72, height / 72))
        points = Affine2D().translate(0, -height).scale(1 / 72, -1 / 72)  # to inches, upwards
        self._where = points + self.figure.dpi_scale_trans

    def add(self, artist) -> None:
        """Add an artist of matplotlib whose lengths are points."""
        artist.set_transform(self._where)
        self.figure.add_artist(artist)

    def text(self, x: float, y: float, text: str, color: str = ink.text, **look: Any) -> None:
        """Write a line of text, on the base line at `y`.

        An empty one is written too: matplotlib would leave it out, and then the frames of a figure
        would differ in more than what they say.
        """
        look = {"size": SIZE, "parse_math": False, "color": color, **look}
        self.figure.text(x, y, text or " ", transform=self._where, **look)

    def code(self, x: float, y: float, line: str) -> None:
        """Write a line of code: a page would leave out the spaces that it begins with."""
        x += 0.602 * SIZE * (len(line) - len(line.lstrip()))
        self.text(x, y, line.lstrip(), family="monospace")

    def texts(
        self, x: float, y: float, lines: Sequence[str], color: str = ink.text, step: float = 15
    ) -> None:
        """Write lines of text below each other, `step` apart."""
        for row, line in enumerate(lines):
            self.text(x, y + step * row, line, color)

    def box(
        self,
        *place: float,
        color: str = ink.text,
        tint: float = 0,
        corner: float = 0,
        shown: bool = True,
        **look: Any,
    ) -> None:
        """Draw a box (left, top, width, height) with a border, and a tint of the same colour."""
        shape = f"round,pad=0,rounding_size={corner}" if corner else "square,pad=0"
        colors = {"edgecolor": (color, 1 if shown else 0), "facecolor": (color, tint * shown)}
        (left, top, width, height), look = place, colors | look
        self.add(FancyBboxPatch((left, top), width, height, boxstyle=shape, **look))

    def patch(self, *place: float, color: Any, **look: Any) -> None:
        """Draw a box without a border."""
        self.box(*place, **{"facecolor": color, "edgecolor": color, "linewidth": 0, **look})

    def line(self, points: Iterable[Point], color: str = ink.text, **look: Any) -> None:
        """Draw a line through points; if there are none, one that is not seen."""
        points = list(points)
        x, y = zip(*(points or [(0, 0), (0, 0)]), strict=True)
        self.add(Line2D(x, y, **{"color": color, **look} | ({} if points else {"alpha": 0})))

    def head(
        self, tip: Point, tail: Point, color: str, size: Point = (8, 4), shown: bool = True
    ) -> None:
        """Draw the head of an arrow from `tail`: of a length, and of half a width."""
        corners = arrow_head(tip, tail, *size)
        self.add(Polygon(corners, color=color, linewidth=0, alpha=1 if shown else 0))

    def path(self, path: Path, color: str = ink.text, width: float = 1, **look: Any) -> None:
        """Draw the outline of a path."""
        self.add(PathPatch(path, **{"facecolor": "none", "edgecolor": color, **look}, lw=width))
