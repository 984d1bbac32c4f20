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
from torch import Tensor
from torch.autograd.graph import Node, get_gradient_edge


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


def saved(node: Node) -> Iterator[tuple[str, Any]]:
    """Yield each tensor that a node saved, as torch keeps it, with torch's name for it.

    Nothing is unpacked and no version compared. RuntimeError if a backward has freed it.
    """
    for attribute in dir(node):
        if attribute.startswith("_raw_saved_"):
            raw = getattr(node, attribute)
            for one in raw if isinstance(raw, tuple) else (raw,):
                yield attribute.removeprefix("_raw_saved_"), one
