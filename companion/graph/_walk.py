"""The backward nodes that a tensor leads to, and the edges between them."""

import math
from collections.abc import Iterator
from typing import Any

import networkx
from torch.autograd.graph import Node


def name(node: Node) -> str:
    """Return a node's name without its namespace, such as "MulBackward0"."""
    return node.name().rpartition("::")[2]


def walk(root: Node, most: float = math.inf) -> tuple[list[Node], list[tuple[int, ...]]]:
    """Return at most `most` nodes below `root`, `root` first, and the edges between them.

    An edge is (from, to, position, output_nr): the places of two nodes in the list, where the one
    names the other in its ``next_functions``, and which output of the other it belongs to.
    """
    nodes, places, edges = [root], {root: 0}, []
    for start, node in enumerate(nodes):  # grows while it runs
        for position, (target, output_nr) in enumerate(node.next_functions):
            if target is None:  # what came in there needs no gradient
                continue
            if target not in places and len(nodes) < most:
                places[target] = len(nodes)
                nodes.append(target)
            if target in places:
                edges.append((start, places[target], position, output_nr))
    return nodes, edges


def raw_saved(node: Node) -> Iterator[tuple[str, Any]]:
    """Yield each tensor that `node` saved, as torch keeps it, with torch's name for it.

    Nothing is unpacked and no version compared. RuntimeError if a backward has freed it.
    """
    for attribute in dir(node):
        if attribute.startswith("_raw_saved_"):
            raw = getattr(node, attribute)
            for one in raw if isinstance(raw, tuple) else (raw,):
                yield attribute.removeprefix("_raw_saved_"), one


def in_order_of_backward(nodes, edges):
    """Return what `walk` gave with the nodes in an order in which backward can run them.

    Among those whose gradient is complete comes first the one recorded last, as torch's engine
    chooses.
    """
    order = networkx.DiGraph([edge[:2] for edge in edges])
    order.add_nodes_from(range(len(nodes)))
    order = list(
        networkx.lexicographical_topological_sort(order, lambda n: (-nodes[n]._sequence_nr(), n))
    )
    rank = {old: new for new, old in enumerate(order)}
    edges = sorted((rank[start], rank[end], *rest) for start, end, *rest in edges)
    return [nodes[old] for old in order], edges
