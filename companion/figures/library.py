"""The figures of the page about the figures themselves."""

import json
import re
from importlib import resources
from xml.etree import ElementTree

from matplotlib.figure import Figure

from companion.canvas import WIDTH, Page, ink
from explorable import explore

_WEIGHTS = range(-1, 6)
_PLACES = {"x": "ball, x", "y": "ball, y", "text": "loss"}  # of a picture, as a reader calls them


def _draw_valley(page, left, top, right, bottom, w):
    """Draw the parabola of a loss, a ball on it, and how high it lies."""
    loss = (w - 2) ** 2
    look = {"xticks": _WEIGHTS, "yticks": (0, 5, 10)}
    ax = page.plot(left, top, right, bottom, x=(-1.5, 5.5), y=(-1, 10.5), **look)
    grid = [k / 10 for k in range(-15, 56)]
    ax.plot(grid, [(at - 2) ** 2 for at in grid], color=ink.context)
    ax.dot(w, loss, ink.learns, 13)
    ax.text(2, 6.5, f"loss {loss}", ink.learns, ha="center")


def valley(w: int) -> Figure:
    """Draw a ball at `w` on the loss (w − 2)², and nothing else."""
    page = Page(144)
    _draw_valley(page, 39, 7, 293, 121, w)
    return page.figure


def places() -> tuple[int, dict[str, list[str]]]:
    """Compare the picture of `valley` at all of its positions, place by place.

    Return how many places have one value in all pictures, and of each other place, by its name, the
    values at all positions. A place is an attribute of an element, or its text.

    >>> same, changed = places()
    >>> changed["text"][:3]
    ['loss 9', 'loss 4', 'loss 1']
    """
    pictures = [_picture(w) for w in _WEIGHTS]
    same, changed = 0, {}
    for elements in zip(*(picture.iter() for picture in pictures), strict=True):
        for name in [*elements[0].keys(), "text"]:
            values = [element.text if name == "text" else element.get(name) for element in elements]
            if len(set(values)) > 1:
                changed[name] = values
            elif values[0] is not None:
                same += 1
    return same, changed


def _picture(w):
    figure = explore(valley, w=[w], alt="A ball in a valley.")
    svg = figure._repr_mimebundle_()["image/svg+xml"]
    return ElementTree.fromstring(re.sub(r"fig-valley(-\d+)?", "fig-valley", svg))


def stored(w: int, same: int, changed: dict[str, list[str]]) -> Figure:
    """Draw the valley at `w`, and below it what a page stores of its pictures: what `places` found."""
    page, left, wide = Page(266), 71, 33  # the columns stand below the places of the ball
    page.patch(left + (w + 1) * wide, 5, wide, 232, color=ink.learns, alpha=0.16)
    _draw_valley(page, left, 5, left + 7 * wide, 144, w)
    page.text(3, 161, "position", ink.context)
    for (name, values), y in zip(changed.items(), (188, 208, 228), strict=True):
        page.text(3, y, _PLACES[name])
        for at, value in zip(_WEIGHTS, values, strict=True):
            short = value.removeprefix("loss ") if name == "text" else f"{float(value):.0f}"
            color = ink.learns if at == w else ink.text
            page.text(left + (at + 1.5) * wide, y, short, color, ha="center")
    page.text(3, 257, f"{same} other places: one value for all", ink.context)
    return page.figure


def costs() -> dict:
    """Return what ``python -m tests.benchmarks.figures`` measured last, and where.

    ``tools`` has for each tool its sizes in kB, its times in s and ms, and what else was counted.

    >>> sorted(costs()["tools"]["explore"])[:3]
    ['frame ms', 'frame ms p95', 'gzip kB']
    """
    return json.loads(resources.files(__package__).joinpath("costs.json").read_text("utf-8"))


#: What `compare` can show: how it is called in a run, and in words.
MEASURES = {
    "kB to load": ("gzip kB", "kB, compressed"),
    "ms to see": ("frame ms", "milliseconds from a move to its picture"),
    "s to make": ("make s", "seconds of processor time to make the page"),
}


def compare(measure: str = "kB to load") -> Figure:
    """Draw one of the `MEASURES` of the same figure, made with each tool, as bars."""
    (key, words), tools, page = MEASURES[measure], costs()["tools"], Page(238)
    page.text(WIDTH / 2, 16, words, ha="center")
    unit = 150 / max(tool[key] for tool in tools.values())
    for row, (name, tool) in enumerate(tools.items()):
        y, color = 40 + 23 * row, ink.right if name == "explore" else ink.context
        page.patch(108, y - 12, unit * tool[key], 15, color=color)
        page.text(104, y, name, color, ha="right")
        number = f"{tool[key]:,.0f}" if tool[key] >= 100 else f"{tool[key]:.1f}"
        page.text(112 + unit * tool[key], y, number, color)
    return page.figure
