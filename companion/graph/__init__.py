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

``_walk``    the backward nodes that a tensor leads to, and the edges between them
``_record``  the same as a networkx graph that holds copies only, with the reader's names
``_text``    the lines in a node's box
``_place``   boxes in rows, and a lane for each edge that passes a row
``_draw``    the drawing
"""

from companion.graph._draw import SHOWN, draw
from companion.graph._record import graph, record_gradients

__all__ = ["SHOWN", "draw", "graph", "record_gradients"]
