"""What derivatives cost: nodes that are recorded, and FLOPs that are counted, never measured."""

import functools
import itertools
from collections.abc import Callable

import torch
from torch.func import grad, jacfwd, jacrev, jvp, vmap
from torch.utils.flop_counter import FlopCounterMode

from companion.graph import graph

TOWERS = {
    "sin": torch.sin,
    "exp": torch.exp,
    "softplus": torch.nn.functional.softplus,
    "tanh": torch.tanh,
}


@functools.cache
def tower(name: str) -> list[tuple[list[float], int]]:
    """Return for n from 0 to 6 the n-th derivative at 61 places, and the nodes of its graph.

    >>> [nodes for _, nodes in tower("sin")]
    [2, 3, 4, 3, 4, 3, 4]
    """
    x = torch.linspace(-3, 3, 61, dtype=torch.float64, requires_grad=True)
    y, found = TOWERS[name](x), []
    for _ in range(7):
        found.append((y.tolist(), len(graph(y))))
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return found


def count(run: Callable) -> int:
    """Return the multiplications and additions in the matrix products of a call.

    >>> count(lambda: torch.ones(2, 3) @ torch.ones(3, 4))
    48
    """
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


@functools.cache
def costs(hidden: int) -> tuple[int, dict[str, float]]:
    """Return how many weights a net has, and what its derivatives cost in forward passes.

    It has 64 inputs, layers of 64 tanh, one output, and gets 16 examples.

    >>> costs(3)[0], round(costs(3)[1]["H v: forward over reverse"], 2)
    (12545, 8.01)
    """
    sizes = [64] * (hidden + 1) + [1]
    w = [torch.zeros(a, b) for a, b in itertools.pairwise(sizes)]
    w += [torch.zeros(size) for size in sizes[1:]]

    def loss(w, x):
        for k in range(hidden + 1):
            x = torch.addmm(w[hidden + 1 + k], x.tanh() if k else x, w[k])
        return (x**2).mean()

    w, x = tuple(w), torch.ones(16, 64)
    leaves = [p.clone().requires_grad_() for p in w]

    def twice_reverse():
        slopes = torch.autograd.grad(loss(leaves, x), leaves, create_graph=True)
        torch.autograd.grad(slopes, leaves, w, allow_unused=True)

    runs = {
        "the loss, forward": lambda: loss(w, x),
        "its gradient, reverse": lambda: torch.autograd.grad(loss(leaves, x), leaves),
        "its slope along u, forward": lambda: jvp(lambda w: loss(w, x), (w,), (w,)),
        "16 gradients: vmap(grad)": lambda: vmap(grad(loss), (None, 0))(w, x[:, None]),
        "H v: reverse over reverse": twice_reverse,
        "H v: forward over reverse": lambda: jvp(grad(lambda w: loss(w, x)), (w,), (w,)),
    }
    one = count(runs["the loss, forward"])
    return sum(p.numel() for p in w), {name: count(run) / one for name, run in runs.items()}


@functools.cache
def passes(inputs: int, outputs: int) -> tuple[int, int]:
    """Return the FLOPs of a net's whole Jacobian in reverse and in forward mode: 64 hidden tanh.

    >>> passes(1, 64)
    (532480, 8320)
    """
    first, second = torch.ones(64, inputs), torch.ones(outputs, 64)
    modes = (whole(lambda x: second @ torch.tanh(first @ x)) for whole in (jacrev, jacfwd))
    reverse, forward = (count(lambda mode=mode: mode(torch.ones(inputs))) for mode in modes)
    return reverse, forward
