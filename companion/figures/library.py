"""The figures of the page about the figures themselves."""

import json
import re
from importlib import resources
from xml.etree import ElementTree

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from companion.canvas import in_style, ink, panels, signed
from explorable import explore

_WEIGHTS = range(-1, 6)
_PLACES = {"x": "ball, x", "y": "ball, y", "text": "loss"}  # of a picture, as a reader calls them


def _draw_valley(ax, w):
    """Draw the parabola of a loss, a ball on it, and how high it lies."""
    loss = (w - 2) ** 2
    grid = [k / 10 for k in range(-15, 56)]
    ax.plot(grid, [(at - 2) ** 2 for at in grid], color=ink.context)
    ax.plot(w, loss, "o", color=ink.learns, markersize=13)
    ax.text(2, 6.5, f"loss {loss}", color=ink.learns, ha="center")
    ax.set(xlim=(-1.5, 5.5), ylim=(-1, 10.5), yticks=(0, 5, 10), xticks=tuple(_WEIGHTS))
    ax.set_xticklabels([signed(at) for at in _WEIGHTS])
    ax.tick_params(labelcolor=ink.context)


@in_style
def valley(w: int) -> Figure:
    """Draw a ball at `w` on the loss (w − 2)², and nothing else."""
    figure = Figure(figsize=(4.2, 2))
    _draw_valley(figure.subplots(), w)
    return figure


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


@in_style
def stored(w: int, same: int, changed: dict[str, list[str]]) -> Figure:
    """Draw the valley at `w`, and below it what a page stores of its pictures: what `places` found.

    >>> stored(2, *places()).texts[-1].get_text()
    '136 other places: one value for all'
    """
    left, right = 0.235, 0.995  # the columns stand below the places of the ball
    figure, ax = panels(3.7, left=left, right=right, top=0.98, bottom=0.46)
    _draw_valley(ax, w)
    width = (right - left) / len(_WEIGHTS)
    lit = Rectangle((left + (w + 1) * width, 0.11), width, 0.87, color=(ink.learns, 0.16), lw=0)
    figure.add_artist(lit)
    figure.text(0.01, 0.41, "position", color=ink.context, va="center")
    for (name, values), y in zip(changed.items(), (0.31, 0.235, 0.16), strict=True):
        figure.text(0.01, y, _PLACES[name], va="center")
        for at, value in zip(_WEIGHTS, values, strict=True):
            short = value.removeprefix("loss ") if name == "text" else f"{float(value):.0f}"
            look = {"color": ink.learns if at == w else ink.text, "ha": "center", "va": "center"}
            figure.text(left + (at + 1.5) * width, y, short, **look)
    words = f"{same} other places: one value for all"
    figure.text(0.01, 0.05, words, color=ink.context, va="center")
    return figure


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


@in_style
def compare(measure: str = "kB to load") -> Figure:
    """Draw one of the `MEASURES` of the same figure, made with each tool, as bars.

    >>> len(compare("s to make").axes[0].patches) == len(costs()["tools"])
    True
    """
    key, words = MEASURES[measure]
    tools = costs()["tools"]
    largest = max(tool[key] for tool in tools.values())
    figure, ax = panels(3.3, left=0.36, right=0.98, top=0.9, bottom=0.02)
    for row, (name, tool) in enumerate(tools.items()):
        color = ink.right if name == "explore" else ink.context
        ax.barh(row, tool[key], height=0.62, color=color)
        ax.text(-0.02 * largest, row, name, ha="right", va="center", color=color)
        number = f"{tool[key]:,.0f}" if tool[key] >= 100 else f"{tool[key]:.1f}"
        ax.text(tool[key] + 0.02 * largest, row, number, va="center", color=color)
    ax.set(xlim=(0, 1.22 * largest), ylim=(len(tools) - 0.5, -0.5), xticks=(), yticks=())
    ax.spines[:].set_visible(False)
    figure.text(0.5, 0.95, words, ha="center", va="center")
    return figure
