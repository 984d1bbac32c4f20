"""The map of the path: which chapters one needs before another, and the minutes they take."""

import math

from ipywidgets import IntSlider
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from companion.canvas import Page, ink
from companion.figures import control, shown

#: Title, minutes of reading, the chapters it needs (by number), and where it stands on the map.
CHAPTERS = (
    ("Set up in five minutes", 20, (), (0, 3)),
    ("One weight learns", 25, (), (0, 1.5)),
    ("The chain rule is a graph", 25, (2,), (1, 1.5)),
    ("Tensors that remember", 25, (3,), (2, 1.5)),
    (".grad adds up", 30, (2, 3, 4), (3, 1)),
    ("What v is in backward(v)", 25, (3, 5), (4, 1)),
    ("The whole Jacobian", 25, (6,), (5, 1)),
    ("Stopping the gradient", 30, (2, 4), (3, 3)),
    ("Mistakes in the training loop", 30, (5, 8), (4, 2)),
    ("In-place edits", 30, (4, 8), (4, 3)),
    ("Build your own autograd", 30, (3, 5), (5, 2)),
    ("From one weight to a network", 35, (2, 5), (4, 0)),
    ("The backward of a layer", 35, (6, 12), (5, 0)),
    ("How long a graph lives", 30, (4, 10), (5, 3)),
    ("Derivatives of derivatives", 35, (7,), (6, 1)),
    ("Your own backward", 35, (6, 10), (6, 2)),
    ("Where slopes do not exist", 30, (3, 4), (3, 0)),
)
_TOP, _ROW, _LEFT, _COLUMN, _RADIUS = 18, 31, 22, 43, 11
_LIST = _TOP + 4 * _ROW + 6


def needed(chapter: int) -> list[int]:
    """Return the numbers of a chapter and of all that it needs, in the order of the path.

    >>> needed(4)
    [2, 3, 4]
    """
    before = {each for need in CHAPTERS[chapter - 1][2] for each in needed(need)}
    return sorted(before | {chapter})


def _between(one, other):
    """Return the ends of the line between two circles."""
    (x, y), distance = one, math.dist(one, other)
    dx, dy = (_RADIUS / distance * (b - a) for a, b in zip(one, other, strict=True))
    return (x + dx, y + dy), (other[0] - dx, other[1] - dy)


_LINES = max(len(needed(number)) for number in range(1, len(CHAPTERS) + 1))


def path_map(chapter: int = 12) -> Figure:
    """The chapters as numbered circles, with a line from each to those that need it. Those on the
    way to the chosen chapter stand out; below, their titles and minutes.
    """
    way = needed(chapter)
    page = Page(_LIST + 16 * (_LINES + 1))
    places = [(_LEFT + _COLUMN * x, _TOP + _ROW * y) for *_, (x, y) in CHAPTERS]
    for number, (*_, needs, _) in enumerate(CHAPTERS, start=1):
        on_the_way = number in way
        color, width = (ink.text, 1.8) if on_the_way else (ink.context, 1)
        for need in needs:
            if not any(need in needed(other) for other in needs if other != need):
                ends = _between(places[need - 1], places[number - 1])
                page.line(ends, color, linewidth=width)
        x, y = places[number - 1]
        tint = 0.45 if number == chapter else 0
        look = {"facecolor": (ink.learns, tint), "edgecolor": color, "linewidth": width}
        page.add(Circle((x, y), _RADIUS, **look))
        page.text(x, y + 4, str(number), color, ha="center")
    for line in range(_LINES):
        number = way[line] if line < len(way) else 0
        title, minutes, *_ = CHAPTERS[number - 1] if number else ("", "")
        y = _LIST + 16 * (line + 0.5)
        page.text(24, y, str(number or ""), ha="right")
        page.text(32, y, title)
        page.text(290, y, f"{minutes} min" if number else "", ha="right")
    hours, minutes = divmod(sum(CHAPTERS[number - 1][1] for number in way), 60)
    page.text(
        290, _LIST + 16 * (_LINES + 0.5), f"together {hours} h {minutes} min of reading", ha="right"
    )
    return page.figure


show_path_map = shown(
    path_map,
    "What comes before a chapter, and how long it takes",
    "Each circle is a chapter, by its number; strong lines lead to the one you want.",
    paper=[11, 16],
    chapter=control("I want to read chapter", IntSlider, min=1, max=len(CHAPTERS)),
)
