"""Training loops, right and wrong: their code, and what becomes of their weight.

Each loop is run as it is written, in float64; the error that stops it is PyTorch's own.
"""

import functools
import warnings
from typing import NamedTuple

import torch
from torch import nn

STEPS = 8  # of each loop

_WEIGHT = "w = torch.tensor(1.0, requires_grad=True)"
_SGD = "optimizer = torch.optim.SGD([w], lr=0.05)"
_FOR = "for step in range(8):"
_SQUARE = "loss = (w * x - y) ** 2"
_LOSS = f"    {_SQUARE}"
_BACK = "    loss.backward()"
_BLOCK = "    with torch.no_grad():"
_MOVE = "        w -= lr * w.grad"
_NONE = "    w.grad = None"
_ZERO, _STEP = "    optimizer.zero_grad()", "    optimizer.step()"

_BEGIN = [_WEIGHT, _FOR, _LOSS, _BACK]
_WITH_SGD = [_WEIGHT, _SGD, _FOR]

#: Loops by what is wrong with them: their lines, and the numbers of those that are wrong.
LOOPS = {
    "nothing": ([*_BEGIN, _BLOCK, _MOVE, _NONE], ()),
    "w = w - …, without no_grad": ([*_BEGIN, "    w = w - lr * w.grad", _NONE], (4,)),
    "w -= …, without no_grad": ([*_BEGIN, "    w -= lr * w.grad", _NONE], (4,)),
    "w = w - …, under no_grad": ([*_BEGIN, _BLOCK, "        w = w - lr * w.grad", _NONE], (5,)),
    "loss.requires_grad = True": (
        [*_WITH_SGD, _BLOCK, f"        {_SQUARE}"]
        + ["    loss.requires_grad = True", _ZERO, _BACK, _STEP],
        (3, 4, 5),
    ),
    "zero_grad() before step()": ([*_WITH_SGD, _LOSS, _BACK, _ZERO, _STEP], (5,)),
    "no zero_grad()": ([*_WITH_SGD, _LOSS, "    # optimizer.zero_grad()", _BACK, _STEP], (4,)),
    "torch.tensor(…) in the loss": (
        [*_WITH_SGD, "    y_hat = torch.tensor(w.item() * x)"]
        + ["    loss = (y_hat - y) ** 2", _ZERO, _BACK, _STEP],
        (3,),
    ),
    "retain_graph=True": (
        [_WEIGHT, _SGD, _SQUARE, _FOR, _ZERO, "    loss.backward(retain_graph=True)", _STEP],
        (2, 5),
    ),
}


class Run(NamedTuple):
    """The weight at the start and after each step that was made, and the error that stopped it."""

    weights: list[float]
    error: str


@functools.cache
def run(mistake: str) -> Run:
    """Run one of the `LOOPS`, with x = 2, y = 4 and a learning rate of 0.05.

    >>> run("zero_grad() before step()").weights[-1]
    1.0
    >>> run("w -= …, without no_grad").error[:33]
    'a leaf Variable that requires gra'
    """
    lines, _ = LOOPS[mistake]
    weights = []

    def noting(steps):
        for step in range(steps):
            weights.append(names["w"].item())
            yield step

    names = {"torch": torch, "x": 2.0, "y": 4.0, "lr": 0.05, "range": noting}
    before, error = torch.get_default_dtype(), ""
    torch.set_default_dtype(torch.float64)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec("\n".join(lines), names)  # noqa: S102 the very text that the figure shows
        weights.append(names["w"].item())
    except (RuntimeError, TypeError) as caught:
        error = str(caught)
    finally:
        torch.set_default_dtype(before)
    return Run(weights, error)


def verdict(mistake: str) -> str:
    """Return in a few words what becomes of a loop.

    >>> verdict("no zero_grad()")
    'no error, and another w'
    """
    weights, error = run(mistake)
    right = run("nothing").weights
    if error:
        return f"stops in step {len(weights)}"
    if weights == right:
        return "w goes to 2"
    return "no error, and w never moves" if len(set(weights)) == 1 else "no error, and another w"


#: The layers that behave in another way while a network trains.
LAYERS = {"dropout": nn.Dropout, "batch norm": lambda: nn.BatchNorm1d(1)}


@functools.cache
def answers(layer: str) -> tuple[list[float], list[float], list[float]]:
    """Return what one of the `LAYERS` answers to x = 1 in 8 test batches, under no_grad.

    With eval() called before; with eval() forgotten; and with eval() called after each batch. The
    other rows of a batch are random, around 2.

    >>> answers("dropout")[1][:4]
    [2.0, 2.0, 2.0, 0.0]
    """
    torch.manual_seed(0)
    net, batches = LAYERS[layer](), torch.randn(STEPS, 4, 1) + 2
    batches[:, 0] = 1
    with torch.no_grad():
        before = [net.eval()(batch)[0].item() for batch in batches]
        forgotten, late = [], []
        for batch in batches:
            forgotten.append(net.train()(batch)[0].item())
            late.append(net.eval()(batch)[0].item())
    return before, forgotten, late
