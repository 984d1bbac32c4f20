"""The graph of a tensor as copies that keep nothing of it alive, with the reader's names."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import networkx
import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from companion.graph import _walk


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
        for number, node in enumerate(_nodes(tensor)[0]):
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
    nodes, edges = _nodes(tensor)
    result = networkx.MultiDiGraph()

    def add_node(number, name, kind, shapes, upstream=None):
        parts = {"names": [], "values": {}, "grads": {}, "saved": {}}
        result.add_node(number, name=name, kind=kind, shapes=shapes, upstream=upstream, **parts)

    for number, node in enumerate(nodes):
        kind = "leaf" if hasattr(node, "variable") else "operation"
        shapes = tuple(tuple(output.shape) for output in node._input_metadata)
        upstream = None if gradients is None else tuple(gradients.get(number, ()))
        add_node(number, _walk.name(node), kind, shapes, upstream)
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


def _nodes(tensor):
    """Return the nodes that `tensor` leads to, in the order of backward, and their edges."""
    if tensor.is_inference() or not tensor.requires_grad:
        return [], []
    with torch.inference_mode(False):  # a leaf has its node only if something asks for it
        root = tensor.grad_fn or get_gradient_edge(tensor).node
    return _walk.in_order_of_backward(*_walk.walk(root))


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
