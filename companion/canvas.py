"""What the drawings of the book share: a page in points, boxes, arrow heads, numbers, colours.

A page is measured in points from its top left, like a sheet of paper, and is narrow enough to be
read on a phone. A plot is a part of it, in the units of its data.

>>> page = Page(height=40)
>>> page.box(8, 8, 100, 24, corner=5)
>>> page.text(58, 24, signed(-2.5), ink.gradient, ha="center")
>>> page.figure.texts[0].get_text()
'−2.5'
"""

import functools
import math
import textwrap
import warnings
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

from explorable import palette

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


def signed(value: float | Sequence, form: str = ".4g") -> str:
    """Return a number, or a list of them, as text with a minus sign instead of a hyphen.

    >>> signed(-0.25), signed([1e-7, [-1]]), signed(-1, "+.2f")
    ('−0.25', '[1e−07, [−1]]', '−1.00')
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(signed(item, form) for item in value)}]"
    return format(value, form).replace("-", "−")


@functools.cache
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


def rectangle(left: float, top: float, width: float, height: float) -> list[Point]:
    """Return the corners of a rectangle, the first one once more at the end."""
    right, bottom = left + width, top + height
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


def arrow_head(tip: Point, tail: Point, length: float, half: float) -> list[Point]:
    """Return the corners of an arrow's head, from its tip; the arrow comes from `tail`.

    >>> arrow_head((10, 0), (0, 0), length=4, half=2)
    [(10, 0), (6.0, 2.0), (6.0, -2.0)]
    """
    (x, y), distance = tip, math.dist(tip, tail)
    dx, dy = (tail[0] - x) / distance, (tail[1] - y) / distance
    middle = x + length * dx, y + length * dy
    return [(x, y), *((middle[0] + s * dy, middle[1] - s * dx) for s in (half, -half))]


class _Figure(Figure):
    """A figure that need not be measured: nothing is drawn beyond its edge, and a test says so."""

    def get_tightbbox(self, renderer=None, *, bbox_extra_artists=None):
        return self.bbox_inches.padded(-1 / 72)  # explorable adds the edge, and rounds to points


class _Words(Text):
    """A line of text of a page, which lays it out in its own font: to measure it takes time."""

    def draw(self, renderer):
        page = hasattr(renderer, "writer")  # of SVG
        if not page or self.get_va() != "baseline" or self.get_rotation() or self.get_bbox_patch():
            return super().draw(renderer)
        x, y = self.get_transform().transform(self.get_position())
        gc = renderer.new_gc()
        gc.set_foreground(self.get_color())
        gc.set_alpha(self.get_alpha())
        renderer.open_group("text", self.get_gid())
        place = x, renderer.get_canvas_width_height()[1] - y
        renderer.draw_text(gc, *place, self.get_text(), self.get_fontproperties(), 0, mtext=self)
        renderer.close_group("text")
        gc.restore()


class Plot(Axes):
    """A part of a page in the units of its data. The page draws its axes: matplotlib is slow at it."""

    def text(self, x: float, y: float, text: str, color: str = ink.text, **look: Any) -> None:
        """Write a line of text as large as the page's; an empty one is there as well."""
        look = {"size": SIZE, "parse_math": False, "color": color, "clip_on": False, **look}
        self.add_artist(_Words(x, y, text or " ", transform=self.transData, **look))

    def dot(self, x: float, y: float, color: str, size: float, **look: Any) -> None:
        """Draw a dot, or another `marker`."""
        look = {"marker": "o", "linestyle": "none", "color": color, "markersize": size, **look}
        self.plot([x], [y], **look)

    def trail(
        self,
        x: Sequence[float],
        y: Sequence[float],
        last: int,
        color: str,
        width: float,
        dot: float,
        **look: Any,
    ) -> None:
        """Draw a line as far as the point of number `last`, and a dot there.

        It has always as many points, so that a page needs little to store it.
        """
        way = [min(k, last) for k in range(len(x))]
        look = {"color": color, "linewidth": width, **look}
        self.plot([x[k] for k in way], [y[k] for k in way], **look)
        self.dot(x[last], y[last], color, dot)


class Page:
    """A `figure` to draw on in points, downwards from its top left.

    What is drawn with ``shown=False`` is there and not seen, so that all frames of a figure have
    the same elements.
    """

    def __init__(self, height: float):
        self.height = height
        self.figure = _Figure(figsize=(WIDTH / 72, height / 72), dpi=72, facecolor="none")
        points = Affine2D().translate(0, -height).scale(1 / 72, -1 / 72)  # to inches, upwards
        self._where = points + self.figure.dpi_scale_trans

    def plot(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        x: Point,
        y: Point,
        xticks: Iterable[float] | Mapping[float, str] | None = None,
        yticks: Iterable[float] | Mapping[float, str] | None = None,
        below: str = "",
        beside: str = "",
        **look: Any,
    ) -> Plot:
        """Return a part of the page for data between the ends `x` and `y`, and draw its axes.

        Ticks are numbers, or what is written at each of them; where they are None, there is no axis.
        `below` and `beside` the axes, at the page's left edge, stands what they mean.

        >>> page = Page(height=100)
        >>> plot = page.plot(30, 10, 290, 80, x=(0, 1), y=(0, 1), xticks={0: "none", 1: "all"})
        >>> [text.get_text() for text in page.figure.texts]
        ['none', 'all']
        """
        place = left / WIDTH, 1 - bottom / self.height
        place += (right - left) / WIDTH, (bottom - top) / self.height
        plot = self.figure.add_axes(place, axes_class=Plot, xlim=x, ylim=y, **look)
        plot.axis("off")
        lines = [] if xticks is None else [[(left, bottom), (right, bottom)]]
        lines += [] if yticks is None else [[(left, bottom), (left, top)]]
        for at, words in _written(xticks):
            place = plot.transData.transform((at, y[0]))[0]
            lines.append([(place, bottom), (place, bottom + 3.5)])
            self.text(place, bottom + 16, words, ha="center")
        for at, words in _written(yticks):
            place = self.height - plot.transData.transform((x[0], at))[1]
            lines.append([(left - 3.5, place), (left, place)])
            self.text(left - 7, place + 4.4, words, ha="right")
        if lines:
            self.path(strokes(lines), width=0.8)
        if below:
            self.text((left + right) / 2, bottom + 31, below, ha="center")
        if beside:
            look = {"rotation": 90, "ha": "center", "va": "center"}
            self.text(12, (top + bottom) / 2, beside, **look)
        return plot

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
        words = _Words(x, y, text or " ", transform=self._where, **look)
        words.set_figure(self.figure)
        self.figure.texts.append(words)

    def listing(self, top: float, lines: Sequence[str], lit: Iterable[int], color: str) -> None:
        """Write lines of code below each other, and tint those whose numbers are `lit`."""
        for row, line in enumerate(lines):
            alpha = 0.2 if row in lit else 0
            self.patch(0, top + 14 * row, WIDTH, 14, color=color, alpha=alpha)
            self.code(4, top + 11 + 14 * row, line)

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

    def arrow(
        self,
        tail: Point,
        tip: Point,
        color: str,
        size: Point = (8, 4),
        shown: bool = True,
        **look: Any,
    ) -> None:
        """Draw an arrow; of one that is not shown, the line is still as `look` says."""
        self.line([tail, tip], color, **look)
        self.head(tip, tail, color, size, shown)

    def path(self, path: Path, color: str = ink.text, width: float = 1, **look: Any) -> None:
        """Draw the outline of a path."""
        self.add(PathPatch(path, **{"facecolor": "none", "edgecolor": color, **look}, lw=width))


def _written(ticks):
    if isinstance(ticks, Mapping):
        return ticks.items()
    return [(at, signed(at)) for at in ticks or ()]
