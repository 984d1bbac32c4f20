"""The drawing."""

import itertools
from collections.abc import Collection, Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from torch import Tensor

from companion.graph import _text
from companion.graph._place import MARGIN, place
from companion.graph._record import graph
from explorable import palette, style

#: What `draw` can show in a node's box.
SHOWN = ("value", "shape", "grad", "saved")

# Lengths in points. A figure is 4.8 in wide, about as many points as a phone has pixels.
_LINE, _PAD, _HEAD = 14, 5, 17  # of a line, in a box, of the line on top


def draw(
    tensor: Tensor,
    leaves: Mapping[str, Tensor] | None = None,
    *,
    show: Collection[str] = ("value", "grad"),
    gradients: Mapping[int, tuple[Tensor | None, ...]] | None = None,
    highlight: int | tuple[int, int] | tuple[int, int, int] | None = None,
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
        A node's number in `graph`, to mark it and the arrows that leave it; or an edge: (from, to)
        or (from, to, key).
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
    marked = highlight if isinstance(highlight, tuple) else (highlight,)
    if highlight is not None and not (
        found.has_node(highlight) if len(marked) == 1 else found.has_edge(*marked)
    ):
        raise ValueError(f"highlight: the graph has no node or edge {highlight!r}.")

    texts = {number: _text.lines(data, show) for number, data in found.nodes(data=True)}
    sizes = {
        number: (
            max(_text.width(line) for line, _ in lines) + 2 * _PAD,
            len(lines) * _LINE + 2 * _PAD,
        )
        for number, lines in texts.items()
    }
    head = _HEAD if found.number_of_edges() else 0
    with plt.rc_context(style):
        width = 72 * plt.rcParams["figure.figsize"][0] if ax is None else _points(ax)[0]
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
        ax.text(MARGIN, 11 - head, "arrows: the way backward() goes", size=10, color=palette.grey)
    for edge, points in lines.items():
        lit = edge[: len(marked)] == marked
        ax.add_patch(
            FancyArrowPatch(
                path=_curve(points),
                arrowstyle="-|>,head_length=5,head_width=2.5",
                color=palette.red if lit else palette.grey,
                linewidth=2 if lit else 1.2,
                mutation_scale=1,
                shrinkA=0,
                shrinkB=0,
                gid=f"edge {edge}",
            )
        )
    for number, (left, top, right, bottom) in boxes.items():
        kind, lit = found.nodes[number]["kind"], (number,) == marked
        ax.add_patch(
            FancyBboxPatch(
                (left, top),
                right - left,
                bottom - top,
                boxstyle="round,pad=0,rounding_size=5" if kind == "operation" else "square,pad=0",
                facecolor=(palette.blue, 0.12) if kind == "leaf" else "none",
                edgecolor=palette.red if lit else palette.grey if kind == "constant" else "black",
                linestyle="dashed" if kind == "constant" else "solid",
                linewidth=2.5 if lit else 1,
                gid=f"node {number}",
            )
        )
        for row, (line, color) in enumerate(texts[number]):
            centre = ((left + right) / 2, top + _PAD + (row + 0.78) * _LINE)
            ax.text(*centre, line, size=_text.SIZE, color=color, ha="center", parse_math=False)
    return ax.figure


def _curve(points):
    """Return a path that is vertical at each of `points`."""
    points = [
        point for point, _ in itertools.groupby(points)
    ]  # a last step of no length has no head
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
