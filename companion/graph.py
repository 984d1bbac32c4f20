"""Draw the graph that autograd really recorded, as `grad_fn.next_functions` tells it.

>>> import torch
>>> from companion.graph import graph
>>> x = torch.tensor(2.0, requires_grad=True)
>>> found = graph(torch.sin(x * x + x), {"x": x})
>>> list(found.nodes(data="name"))
[(0, 'SinBackward0'), (1, 'AddBackward0'), (2, 'MulBackward0'), (3, 'AccumulateGrad')]
>>> list(found.edges())
[(0, 1), (1, 2), (1, 3), (2, 3), (2, 3)]

The parts, in the order in which a tensor passes through them:

``_walk``   the backward nodes that a tensor leads to, and the edges between them
``graph``   the same as a networkx graph that holds copies only, with the reader's names
``_text``   the lines in a node's box
``_place``  boxes in rows, and a lane for each edge that passes a row
``draw``    the drawing
"""

import itertools
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import matplotlib.pyplot as plt
import networkx
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from explorable import palette, style

#: What `draw` can show in a node's box.
SHOWN = ("value", "shape", "grad", "saved")

# Lengths in points. A figure is 4.8 in wide, about as many points as a phone has pixels.
_SIZE, _LINE, _PAD, _MARGIN = 11, 14, 5, 4  # of the text, of a line, in a box, around all
_GAP, _LANE, _RISE, _HEAD = 8, 10, 26, 17  # between boxes, edges, rows; of the first line
_WIDEST = 225  # of a line of text; leaves room for lanes beside the box


def _walk(tensor):
    """Return the nodes that `tensor` leads to, and edges (from, to, position, output_nr).

    Nodes come in an order in which backward can run them: among those whose gradient is
    complete the one recorded last, as torch's engine chooses.
    """
    if tensor.is_inference() or not tensor.requires_grad:
        return [], []
    with torch.inference_mode(False):  # a leaf has its node only if something asks for it
        nodes = [tensor.grad_fn or get_gradient_edge(tensor).node]
    found, edges = {nodes[0]: 0}, []
    for start, node in enumerate(nodes):  # grows while it runs
        for position, (target, output_nr) in enumerate(node.next_functions):
            if target is not None:  # None: what came in there needs no gradient
                if target not in found:
                    found[target] = len(nodes)
                    nodes.append(target)
                edges.append((start, found[target], position, output_nr))
    order = networkx.DiGraph([edge[:2] for edge in edges])
    order.add_nodes_from(range(len(nodes)))
    order = list(
        networkx.lexicographical_topological_sort(order, lambda n: (-nodes[n]._sequence_nr(), n))
    )
    rank = {old: new for new, old in enumerate(order)}
    edges = sorted((rank[start], rank[end], *rest) for start, end, *rest in edges)
    return [nodes[old] for old in order], edges


@contextmanager
def record_gradients(tensor: Tensor) -> Iterator[dict[int, tuple[Tensor | None, ...]]]:
    """Record the gradients that flow through a tensor's graph while a backward runs.

    Parameters
    ----------
    tensor
        Of any shape and dtype. Your own code calls its ``backward``, inside the ``with``.

    Yields
    ------
    dict
        For each node that backward reached, by its number in `graph`: the gradient that came in,
        a copy, one for each output of the operation. It is filled as backward runs.

    Raises
    ------
    TypeError
        If `tensor` is not a tensor.

    Examples
    --------
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> y = (2 * x) ** 2
    >>> with record_gradients(y) as gradients:
    ...     y.backward()
    >>> [gradient.item() for gradient, in gradients.values()]
    [1.0, 12.0, 24.0]
    """
    _check_tensor(tensor)
    gradients = {}

    def keep(number):
        def hook(incoming):
            gradients[number] = tuple(None if g is None else g.detach().clone() for g in incoming)

        return hook

    with ExitStack() as hooks:
        for number, node in enumerate(_walk(tensor)[0]):
            hooks.enter_context(node.register_prehook(keep(number)))
        del tensor  # its graph may go as soon as the caller lets it
        yield gradients


def graph(
    tensor: Tensor,
    leaves: Mapping[str, Tensor] | None = None,
    *,
    gradients: Mapping[int, tuple[Tensor | None, ...]] | None = None,
    strict: bool = True,
) -> networkx.MultiDiGraph:
    """Return the backward graph of a tensor, as copies that keep nothing of it alive.

    Parameters
    ----------
    tensor
        Of any shape and dtype; before or after its backward.
    leaves
        The reader's names. They may also name results, and constants, which are in no graph.
    gradients
        What `record_gradients` gave for the same tensor.
    strict
        Whether the name of a tensor that requires a gradient but is not in the graph is an error;
        otherwise it is left out.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes are numbers, in the order in which backward runs the operations; 0 is `tensor`.
        An edge goes the way of backward. Its key is its position in ``next_functions``, its
        ``output_nr`` says which output of the target it belongs to. A node's attributes:

        ``name``      as torch has it, such as "MulBackward0", "AccumulateGrad"; or "constant"
        ``names``     the reader's names of what the node belongs to, a list
        ``kind``      "operation", "leaf", or "constant", the only node where no gradient flows
        ``shapes``    the shape of each output, a tuple of tuples
        ``values``    tensors by name, as far as they can be found: leaves, what has a name, and
                      what another node saved; without a name they are called "leaf", "output"
                      or "value"
        ``grads``     by the same names: ``.grad`` or None, where torch keeps one
        ``upstream``  the incoming gradient for each output, from `gradients`; () if none came in,
                      None without `gradients`
        ``saved``     saved tensors by torch's names ("self", "other", "result"), or "freed" after
                      a backward, or "changed" by an in-place edit in between

    Raises
    ------
    TypeError
        If `tensor` or a named value is not a tensor, or `leaves` is not a dict of names.
    ValueError
        If `strict`, for such a name.

    Examples
    --------
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> y = 3 * x
    >>> found = graph(y, {"x": x, "y": y})
    >>> found.nodes[1]["name"], found.nodes[1]["values"], found.nodes[1]["grads"]
    ('AccumulateGrad', {'x': tensor(2.)}, {'x': None})
    >>> y.backward()
    >>> graph(y, {"x": x}).nodes[0]["saved"]
    {'other': 'freed'}
    """
    named = _checked(tensor, leaves)
    nodes, edges = _walk(tensor)
    result = networkx.MultiDiGraph()

    def add_node(number, name, kind, shapes, upstream=None):
        parts = {"names": [], "values": {}, "grads": {}, "saved": {}}
        result.add_node(number, name=name, kind=kind, shapes=shapes, upstream=upstream, **parts)

    for number, node in enumerate(nodes):
        kind = "leaf" if hasattr(node, "variable") else "operation"
        shapes = tuple(tuple(output.shape) for output in node._input_metadata)
        name = node.name().rpartition("::")[2]
        upstream = None if gradients is None else tuple(gradients.get(number, ()))
        add_node(number, name, kind, shapes, upstream)
    for start, end, position, output_nr in edges:
        result.add_edge(start, end, position, output_nr=output_nr)
    if not nodes:
        add_node(0, "constant", "constant", (tuple(tensor.shape),))
        names = result.nodes[0]["names"]
        names += [name for name, value in named.items() if value is tensor]
        result.nodes[0]["values"] = dict.fromkeys(names or ["value"], _copy(tensor))

    places = {node: number for number, node in enumerate(nodes)}
    places |= {id(node.variable): n for node, n in places.items() if hasattr(node, "variable")}
    known = set()  # (node, output_nr) of the values found

    def add_value(name, value):
        number = places.get(value.grad_fn or id(value))
        if number is None:
            return False
        data = result.nodes[number]
        output = (number, value.output_nr)
        if name is not None:
            data["names"].append(name)
        elif output not in known:
            name = "leaf" if data["kind"] == "leaf" else "value" if number else "output"
            name += f" {value.output_nr}" * (len(data["shapes"]) > 1)
        if name is not None:
            known.add(output)
            data["values"][name] = _copy(value)
            if value.is_leaf or value.retains_grad:  # elsewhere .grad only gives a warning
                data["grads"][name] = None if value.grad is None else _copy(value.grad)
        return True

    for name, value in named.items():
        if not add_value(name, value) and value.requires_grad and nodes and strict:
            raise ValueError(f"leaves: {name!r} is not in the graph of this tensor.")
    if nodes:
        add_value(None, tensor)
    for number, node in enumerate(nodes):
        if hasattr(node, "variable"):
            add_value(None, node.variable)
        for name, value in _saved(node):
            if isinstance(value, Tensor):
                add_value(None, value)
                value = _copy(value)
            result.nodes[number]["saved"][name] = value
    return result


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

    texts = {number: _text(data, show) for number, data in found.nodes(data=True)}
    sizes = {
        number: (max(_width(line) for line, _ in lines) + 2 * _PAD, len(lines) * _LINE + 2 * _PAD)
        for number, lines in texts.items()
    }
    head = _HEAD if found.number_of_edges() else 0
    with plt.rc_context(style):
        width = 72 * plt.rcParams["figure.figsize"][0] if ax is None else _points(ax)[0]
        boxes, lines, needed = _place(found, sizes, width)
        needed += head
        if ax is None:
            ax = plt.figure(figsize=(width / 72, needed / 72)).add_axes((0, 0, 1, 1))
    height = _points(ax)[1]
    widest = max(size[0] for size in sizes.values()) + 2 * _MARGIN
    if max(needed - height, widest - width) > 0.5:
        raise ValueError(
            f"ax is too small: it is {width / 72:.1f} × {height / 72:.1f} in, "
            f"but the graph needs {max(width, widest) / 72:.1f} × {needed / 72:.1f} in."
        )
    ax.set(xlim=(0, width), ylim=(height - head, -head))  # in points, downwards
    ax.axis("off")
    if head:
        ax.text(_MARGIN, 11 - head, "arrows: the way backward() goes", size=10, color=palette.grey)
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
            place = ((left + right) / 2, top + _PAD + (row + 0.78) * _LINE)
            ax.text(*place, line, size=_SIZE, color=color, ha="center", parse_math=False)
    return ax.figure


# What a graph holds --------------------------------------------------------------------------


def _check_tensor(value, what="graph draws a tensor, not"):
    if not isinstance(value, Tensor):
        raise TypeError(f"{what} a value of type {type(value).__name__}.")


def _checked(tensor, leaves):
    """Return `leaves` as a dict of names to tensors, or raise."""
    _check_tensor(tensor)
    leaves = {} if leaves is None else leaves
    if not isinstance(leaves, Mapping) or not all(isinstance(name, str) for name in leaves):
        raise TypeError('leaves is a dict from names to tensors, such as {"x": x}.')
    for name, value in leaves.items():
        _check_tensor(value, f"leaves: {name!r} is not a tensor, but")
    return dict(leaves)


def _copy(tensor):
    return tensor.detach().clone()


def _saved(node):
    """Yield the name and the tensor of all that `node` saved; or why there is none."""
    for attribute in dir(node):  # in alphabetical order
        if attribute != "saved_tensors" and not attribute.startswith("_saved_"):
            continue
        name = attribute.removeprefix("_saved_")
        try:
            value = getattr(node, attribute)
        except RuntimeError as failure:
            yield name, "changed" if "inplace" in str(failure) else "freed"
            continue
        if isinstance(value, Tensor):
            yield name, value
        elif isinstance(value, tuple | list):
            for position, item in enumerate(value):
                if isinstance(item, Tensor):
                    yield f"{name}[{position}]", item


# Text ----------------------------------------------------------------------------------------


def _text(data, show):
    """Return the lines in a node's box, each with its colour."""
    blue, red, grey = palette.blue, palette.red, palette.grey
    lines = [(data["name"], "black")]
    if "value" in show:
        lines += [(_fit(f"{name} = ", value), blue) for name, value in data["values"].items()]
    elif data["names"]:
        lines.append((", ".join(data["names"]), blue))
    if "shape" in show:
        lines.append((f"shape {', '.join(map(str, data['shapes']))}", "black"))
    if data["upstream"] is not None:
        lines += [(_fit("upstream = ", gradient), red) for gradient in data["upstream"]] or [
            ("upstream: none yet", grey)  # in the same place, so that a stepper's boxes stay
        ]
    if "grad" in show:
        lines += [(_fit(f"{name}.grad = ", grad), red) for name, grad in data["grads"].items()]
        if data["kind"] == "constant":
            lines.append(("requires_grad = False", grey))
    if "saved" in show:
        saved = data["saved"].items()
        lost = sorted({value for _, value in saved if isinstance(value, str)})
        lines += [(f"saved tensors: {reason}", grey) for reason in lost]
        lines += [
            (_fit(f"saved {name} = ", value), palette.purple)
            for name, value in saved
            if isinstance(value, Tensor)
        ]
    return [(_clip(line), color) for line, color in lines]


def _fit(label, value):
    """Return `label` and the value of a tensor or None; if that is long, its size and range."""
    if value is None:
        return f"{label}None"
    try:
        if value.numel() <= 6 and _width(line := label + _list(value.tolist())) <= _WIDEST:
            return line
        low, high = _number(value.min().item()), _number(value.max().item())
        what = f"all {low}" if low == high else f"{low} to {high}"
    except (RuntimeError, NotImplementedError):  # no values, or none that have an order
        what = str(value.dtype).removeprefix("torch.")
    size = "×".join(map(str, value.shape)) + " values" * (value.ndim == 1)
    return f"{label}{size}, {what}" if size else label + what


def _list(value):
    return f"[{', '.join(map(_list, value))}]" if isinstance(value, list) else _number(value)


def _number(value):
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        value = int(value)
    text = str(value) if isinstance(value, int) else f"{value:.4g}"
    return text.replace("-", "−")


def _width(line):
    """Return the width of a line in points, in matplotlib's own font: wider than most pages'."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        font = FontProperties(family="DejaVu Sans", size=_SIZE)
        return text_to_path.get_text_width_height_descent(line, font, False)[0]


def _clip(line):
    if _width(line) <= _WIDEST:
        return line
    while _width(f"{line}…") > _WIDEST:
        line = line[:-1]
    return f"{line}…"


# Places --------------------------------------------------------------------------------------


def _place(found, sizes, width):
    """Return boxes (left, top, right, bottom), a line of points for each edge, and the height.

    All in points, downwards. Each edge goes down from row to row. Where it passes a row it has a
    lane of its own, so that it never crosses a box.
    """
    room = width - 2 * _MARGIN + _GAP
    rows = _rows(found, {number: size[0] + _GAP for number, size in sizes.items()}, room)
    row_of = {item: r for r, row in enumerate(rows) for item in row if isinstance(item, int)}
    links = [[] for _ in rows]  # of each row with the next: (item above, item below, edge)
    for edge in found.edges(keys=True):
        chain = [edge[0], *[edge] * (row_of[edge[1]] - row_of[edge[0]] - 1), edge[1]]
        for r, (above, below) in enumerate(itertools.pairwise(chain), row_of[edge[0]]):
            links[r].append((above, below, edge))
    rows = _untangle(rows, links)
    centres = _centres(rows, links, sizes, width)

    top, boxes, spans = _MARGIN, {}, []
    for r, row in enumerate(rows):
        height = max(sizes[item][1] for item in row if item in sizes)
        spans.append((top, top + height))
        for number in filter(sizes.__contains__, row):
            x, (w, h) = centres[r][number], sizes[number]
            upper = top + (height - h) / 2
            boxes[number] = (x - w / 2, upper, x + w / 2, upper + h)
        top += height + _RISE

    lines = {edge: [] for edge in found.edges(keys=True)}
    for r, between in enumerate(links):
        for side in (0, 1):  # leave the items of this row, then reach those of the next
            items = centres[r + side] if between else {}
            for item, x in items.items():
                ends = [link for link in between if link[side] == item]
                other = centres[r + 1 - side]
                ends.sort(key=lambda link: (other[link[1 - side]], link[2]))
                step = min(14, (sizes[item][0] - 16) / len(ends)) if ends and item in sizes else 0
                for k, (_, _, edge) in enumerate(ends):
                    port = x + (k - (len(ends) - 1) / 2) * step
                    if item in boxes and side == 0:
                        lines[edge].append((port, boxes[item][3]))
                    lines[edge].append((port, spans[r + side][1 - side]))
                    if item in boxes and side == 1:
                        lines[edge].append((port, boxes[item][1]))
    return boxes, lines, top - _RISE + _MARGIN


def _rows(found, widths, room):
    """Return rows of items: the numbers of nodes, each below all that lead to it, and edges.

    A node goes as high as it can: leaves stand just below their last use, and a row that is full
    sends the rest to the next one.
    """
    rows, waiting, placed = [], list(found), set()
    while waiting:
        passing = {e for e in found.edges(keys=True) if e[0] in placed and e[1] not in placed}
        ready = [n for n in waiting if placed.issuperset(found.predecessors(n))]
        ready.sort(key=lambda n: (found.nodes[n]["kind"] == "leaf", n))
        row = []
        for number in ready:
            trial = [*row, number]
            lanes = sum(edge[1] not in trial for edge in passing)
            if not row or sum(widths[n] for n in trial) + lanes * _LANE <= room:
                row = trial
        waiting = [n for n in waiting if n not in row]
        placed.update(row)
        rows.append(row + sorted(edge for edge in passing if edge[1] not in row))
    return rows


def _untangle(rows, links):
    """Order each row by the mean place of what its items are linked to; keep the best try."""
    best, fewest = rows, _crossings(rows, links)
    for sweep in range(8):
        rows = [list(row) for row in rows]
        down = sweep % 2 == 0
        for r in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            other = {item: k for k, item in enumerate(rows[r - 1 if down else r + 1])}
            reach = {item: [] for item in rows[r]}
            for above, below, _ in links[r - 1 if down else r]:
                reach[below if down else above].append(other[above if down else below])
            middle = len(other) / 2
            rows[r].sort(key=lambda i: sum(reach[i]) / len(reach[i]) if reach[i] else middle)
        if (crossings := _crossings(rows, links)) < fewest:
            best, fewest = rows, crossings
    return best


def _crossings(rows, links):
    total = 0
    for upper, lower, between in zip(rows, rows[1:], links, strict=False):
        ends = [(upper.index(above), lower.index(below)) for above, below, _ in between]
        total += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(ends, 2))
    return total


def _centres(rows, links, sizes, width):
    """Return the x of each item of each row: near what it is linked to, without overlaps."""
    room = width - 2 * _MARGIN + _GAP
    centres = [dict.fromkeys(row, room / 2) for row in rows]
    for sweep in range(12):
        for r in range(len(rows)) if sweep % 2 == 0 else reversed(range(len(rows))):
            near = {item: [] for item in rows[r]}
            for above, below, _ in links[r - 1] if r else ():
                near[below].append(centres[r - 1][above])
            for above, below, _ in links[r]:
                near[above].append(centres[r + 1][below])
            wanted = [sum(xs) / len(xs) if xs else room / 2 for xs in near.values()]
            full = [sizes[item][0] + _GAP if item in sizes else 0 for item in rows[r]]
            lane = min(_LANE, (room - sum(full)) / max(1, full.count(0)))
            xs = _spread(wanted, [width or lane for width in full], room)
            centres[r] = dict(zip(rows[r], xs, strict=True))
    ends = [
        x + side * sizes.get(item, (0,))[0] / 2
        for row in centres
        for item, x in row.items()
        for side in (-1, 1)
    ]
    shift = (width - min(ends) - max(ends)) / 2  # the drawing stands in the middle
    return [{item: x + shift for item, x in row.items()} for row in centres]


def _spread(wanted, widths, room):
    """Return places between 0 and `room`, in order and apart, nearest to `wanted` (squares)."""
    starts = list(itertools.accumulate(widths, initial=0))
    groups = []  # neighbours that touch: (sum of the left ends they want, count)
    for place, width, start in zip(wanted, widths, starts, strict=False):
        total, count = place - width / 2 - start, 1
        while groups and groups[-1][0] / groups[-1][1] > total / count:
            total, count = total + groups[-1][0], count + groups[-1][1]
            groups.pop()
        groups.append((total, count))
    shifts = [total / count for total, count in groups for _ in range(count)]
    return [
        max(0, min(shift, room - starts[-1])) + start + width / 2
        for shift, start, width in zip(shifts, starts, widths, strict=False)
    ]


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
