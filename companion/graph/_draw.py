"""The drawing."""

import itertools
from collections.abc import Collection, Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path
from torch import Tensor

from companion.canvas import WIDTH, box, ink, text_width
from companion.graph import _text
from companion.graph._place import MARGIN, place
from companion.graph._record import graph
from explorable import style

#: What `draw` can show in a node's box.
SHOWN = ("value", "shape", "grad", "saved")

_LINE, _PAD, _HEAD = 14, 5, 17  # in points: of a line, in a box, of the line on top


def draw(
    tensor: Tensor,
    leaves: Mapping[str, Tensor] | None = None,
    *,
    show: Collection[str] = ("value", "grad"),
    gradients: Mapping[int, tuple[Tensor | None, ...]] | None = None,
    highlight: int | None = None,
    strict: bool = True,
    ax: Axes | None = None,
) -> Figure:
    """Draw the backward graph of a tensor: the output on top, arrows the way of backward.

    Parameters
    ----------
    tensor, leaves, gradients, strict
        As for `graph`. With `gradients`, each box tells the gradient that came in: "upstream".
    show
        Which of `SHOWN` each box tells, beside the node's name.
    highlight
        A node's number in `graph`, to mark it and the arrows that leave it.
    ax
        Where to draw, on all of it; without it, on a new figure as high as the graph needs.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        As for `graph`.
    ValueError
        As for `graph`; or if `show` or `highlight` names what is not there, or `ax` is too small.

    Examples
    --------
    >>> import torch
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> figure = draw(x * x, {"x": x}, show=["saved"])
    >>> [text.get_text() for text in figure.axes[0].texts]  # doctest: +NORMALIZE_WHITESPACE
    ['arrows: the way backward() goes', 'MulBackward0', 'saved other = 2', 'saved self = 2',
    'AccumulateGrad', 'x']
    >>> plt.close(figure)
    """
    if isinstance(show, str) or not set(show) <= set(SHOWN):
        raise ValueError(f"show is a list of some of {', '.join(SHOWN)}; it is {show!r}.")
    found = graph(tensor, leaves, gradients=gradients, strict=strict)
    if highlight is not None and highlight not in found:
        raise ValueError(f"highlight: the graph has no node {highlight!r}.")

    texts = {number: _text.lines(data, show) for number, data in found.nodes(data=True)}
    sizes = {
        number: (
            max(text_width(line) for line, _ in lines) + 2 * _PAD,
            len(lines) * _LINE + 2 * _PAD,
        )
        for number, lines in texts.items()
    }
    head = _HEAD if found.number_of_edges() else 0
    with plt.rc_context(style):
        width = WIDTH if ax is None else _points(ax)[0]
        boxes, lines, needed = place(found, sizes, width)
        needed += head
        if ax is None:
            ax = plt.figure(figsize=(width / 72, needed / 72)).add_axes((0, 0, 1, 1))
    height = _points(ax)[1]
    widest = max(size[0] for size in sizes.values()) + 2 * MARGIN
    if max(needed - height, widest - width) > 0.5:
        raise ValueError(
            f"ax is too small: it is {width / 72:.1f} × {height / 72:.1f} in, "
            f"but the graph needs {max(width, widest) / 72:.1f} × {needed / 72:.1f} in."
        )
    ax.set(xlim=(0, width), ylim=(height - head, -head))  # in points, downwards
    ax.axis("off")
    if head:
        ax.text(MARGIN, 11 - head, "arrows: the way backward() goes", size=10, color=ink.context)
    for edge, points in lines.items():
        _draw_edge(ax, edge, points, lit=edge[0] == highlight)
    for number, corners in boxes.items():
        _draw_box(ax, number, found.nodes[number]["kind"], corners, number == highlight)
        middle, top = (corners[0] + corners[2]) / 2, corners[1] + _PAD
        for row, (line, color) in enumerate(texts[number]):
            look = {"size": _text.SIZE, "color": color, "ha": "center", "parse_math": False}
            ax.text(middle, top + (row + 0.78) * _LINE, line, **look)
    return ax.figure


def _draw_edge(ax, edge, points, lit):
    arrow = FancyArrowPatch(
        path=_curve(points),
        arrowstyle="-|>,head_length=5,head_width=2.5",
        color=ink.gradient if lit else ink.context,
        linewidth=2 if lit else 1.2,
        mutation_scale=1,
        shrinkA=0,
        shrinkB=0,
        gid=f"edge {edge}",
    )
    ax.add_patch(arrow)


def _draw_box(ax, number, kind, corners, lit):
    left, top, right, bottom = corners
    patch = box(
        *(left, top, right - left, bottom - top),
        corner=5 if kind == "operation" else 0,
        facecolor=ink.leaf if kind == "leaf" else "none",
        edgecolor=ink.gradient if lit else ink.context if kind == "constant" else ink.text,
        linestyle="dashed" if kind == "constant" else "solid",
        linewidth=2.5 if lit else 1,
        gid=f"node {number}",
    )
    ax.add_patch(patch)


def _curve(points):
    """Return a path that is vertical at each of `points`."""
    points = [point for point, _ in itertools.groupby(points)]  # no last step of no length
    path, codes = points[:1], [Path.MOVETO]
    for (x, y), (next_x, next_y) in itertools.pairwise(points):
        middle = (y + next_y) / 2
        path += [(x, middle), (next_x, middle), (next_x, next_y)]
        codes += [Path.CURVE4] * 3
    return Path(path, codes)


def _points(ax):
    """Return the width and the height of `ax` in points."""
    place, figure = ax.get_position(), ax.figure.get_size_inches()
    return 72 * place.width * figure[0], 72 * place.height * figure[1]
