"""The graph that autograd really recorded, as `grad_fn.next_functions` tells it.

>>> import torch
>>> x = torch.tensor(2.0, requires_grad=True)
>>> found = graph(torch.sin(x * x + x))
>>> [node.name() for node in found]
['SinBackward0', 'AddBackward0', 'MulBackward0', 'torch::autograd::AccumulateGrad']
>>> [len(below) for below in found.values()]  # an edge for each use
[1, 2, 2, 0]
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.autograd.graph import Node, get_gradient_edge


def graph(tensor: Tensor) -> dict[Node, list[Node]]:
    """Return the nodes that a tensor leads to, and for each those below it, once for each use.

    The tensor requires a gradient. The nodes are torch's own, which keep what they saved.
    """
    found, waiting = {}, [get_gradient_edge(tensor).node]
    while waiting:
        node = waiting.pop(0)
        if node not in found:
            # Where there is none below, what came in needs no gradient.
            found[node] = [below for below, _ in node.next_functions if below is not None]
            waiting += found[node]
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
