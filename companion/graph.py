"""The graph that autograd really recorded, as `grad_fn.next_functions` tells it.

>>> import torch
>>> x = torch.tensor(2.0, requires_grad=True)
>>> found = graph(torch.sin(x * x + x))
>>> [node.name() for node in found]
['SinBackward0', 'AddBackward0', 'MulBackward0', 'torch::autograd::AccumulateGrad']
>>> [len(list(found.predecessors(node))) for node in found], found.number_of_edges()
([0, 1, 1, 2], 5)
"""

from collections.abc import Iterator
from typing import Any

import networkx
from matplotlib.figure import Figure
from torch import Tensor
from torch.autograd.graph import Node, get_gradient_edge

from companion.canvas import Page, ink, text_width

_LINE, _PAD, _APART = 15, 6, 9  # in points: of a line, in a box, between arrows side by side


def graph(tensor: Tensor) -> networkx.MultiDiGraph:
    """Return the nodes that a tensor leads to, the way of backward, with an edge for each use.

    The tensor requires a gradient. The nodes are torch's own, which keep what they saved.
    """
    found, waiting = networkx.MultiDiGraph(), [get_gradient_edge(tensor).node]
    while waiting:
        node = waiting.pop(0)
        found.add_node(node)
        for below, _ in node.next_functions:
            if below is not None:  # what came in there needs no gradient
                if below not in found and below not in waiting:
                    waiting.append(below)
                found.add_edge(node, below)
    return found


def name(node: Node) -> str:
    """Return a node's name without its namespace, such as "AccumulateGrad"."""
    return node.name().rpartition("::")[2]


def draw(tensor: Tensor, names: dict[str, Tensor], width: float, height: float) -> Figure:
    """Draw the recorded graph of a tensor: the result on top, arrows the way of backward.

    Each node stands one row below the last that leads to it, so the graph should be as narrow as
    those of a few lines of code are. `names` says what the reader calls tensors of the graph; width
    and height are in points.

    >>> import torch
    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> y = x * x
    >>> [text.get_text() for text in draw(y, {"x": x, "y": y}, 200, 150).texts]
    ['MulBackward0', 'y', 'AccumulateGrad', 'x']
    """
    found = graph(tensor)
    called = {value.grad_fn or get_gradient_edge(value).node: key for key, value in names.items()}
    rows = list(networkx.topological_generations(found))
    page, places = Page(height, width), {}
    for row, nodes in enumerate(rows):
        for column, node in enumerate(nodes):
            lines = [name(node), *([called[node]] if node in called else [])]
            x, y = width * (column + 0.5) / len(nodes), height * (row + 0.5) / len(rows)
            w = max(text_width(line) for line in lines) + 2 * _PAD
            h = _LINE * len(lines) + _PAD
            places[node] = x, y - h / 2, y + h / 2
            leaf = hasattr(node, "variable")
            look = {"corner": 0 if leaf else 5, "facecolor": (ink.learns, 0.15 if leaf else 0)}
            page.box(x - w / 2, y - h / 2, w, h, **look)
            for k, line in enumerate(lines):
                color = ink.value if k else ink.text
                page.text(x, y - h / 2 + _LINE * (k + 1) - 1, line, color, ha="center")
    for node, below in dict.fromkeys(found.edges()):
        (x, _, start), (to, end, _) = places[node], places[below]
        count = found.number_of_edges(node, below)
        for k in range(count):
            aside = _APART * (k - (count - 1) / 2)
            page.line([(x + aside, start), (to + aside, end)], ink.gradient, linewidth=1.5)
            page.head((to + aside, end), (x + aside, start), ink.gradient)
    return page.figure


def saved(node: Node) -> Iterator[tuple[str, Any]]:
    """Yield each tensor that a node saved, as torch keeps it, with torch's name for it.

    Nothing is unpacked and no version compared. RuntimeError if a backward has freed it.
    """
    for attribute in dir(node):
        if attribute.startswith("_raw_saved_"):
            raw = getattr(node, attribute)
            for one in raw if isinstance(raw, tuple) else (raw,):
                yield attribute.removeprefix("_raw_saved_"), one
