"""Eight layers as lines of code that a page can show, each with its way back and its Jacobian."""

from functools import cache
from types import SimpleNamespace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.func import jacrev
from torch.nn import functional as F

MIXED, ONES = "mixed numbers", "all ones"  #: upstream gradients


class Layer(NamedTuple):
    """A layer as code: `forward` and `back` are expressions of its `inputs`, and of y and G.

    The gradient that `back` computes belongs to the input `name`; `words` say how it comes about.
    """

    name: str
    forward: str
    back: str
    words: str
    inputs: dict[str, Tensor]


def _rows(*rows):
    return torch.tensor(rows, dtype=torch.float64)


_X = _rows([1, 2, 0.5, -1], [-2, 1, 1.5, 3], [0.5, -1, 2, 1])
_P = _rows([0.1, 0.2, 0.3, 0.4], [0.5, 0.3, 0.1, 0.1])  # two rows of probabilities
_A = _rows([1, 0, 0, 0], [0.4, 0.6, 0, 0], [0.2, 0.3, 0.5, 0], [0.1, 0.2, 0.3, 0.4])
_NORMED = _rows([-3, -1, 1, 3], [1, 3, -3, -1]) / 5**0.5
_S = _rows([1], [0.5])  # the spread of each row
_MIXED = _rows(2, -1, 1, 3, -2, 1, -3, 2, 1, 2, -2, -1, 3, 0, 1, -1, -2, 1, 3, 1, 2, -3, 1, 2)

#: Each has eight entries in the gradient that is asked for.
LAYERS = {
    "linear, in x": Layer(
        "x",
        "x @ W.T",
        "G @ W",
        "A row of G meets a column of W.",
        {"x": _X.T[:, :2], "W": _rows([1, -2], [0.5, 3], [-1, 1.5])},
    ),
    "linear, in W": Layer(
        "W",
        "x @ W.T",
        "G.T @ x",
        "A column of G meets a column of x: a sum over the batch.",
        {"W": _X[:2], "x": _X},
    ),
    "bias": Layer(
        "b",
        "z + b",
        "G.sum(0)",
        "A column of G, each entry times 1: a sum over the batch.",
        {"b": _X[:2].flatten(), "z": torch.zeros(3, 8, dtype=torch.float64)},
    ),
    "mean": Layer(
        "x",
        "x.mean()",
        "(G / 8).expand(2, 4)",
        "There is one upstream number, and all share it.",
        {"x": _X[:2]},
    ),
    "softmax": Layer(
        "x",
        "x.softmax(1)",
        "y * (G - (G * y).sum(1, True))",
        "A row of G: where one share of y grows, the others of its row shrink.",
        {"x": _P.log()},
    ),
    "cross-entropy": Layer(
        "x",
        "cross_entropy(x, t)",
        "G * (p - one_hot(t)) / 2",
        "What was said (p) minus what is true, divided by the number of rows.",
        {"x": _P.log(), "p": _P, "t": torch.tensor([3, 1])},
    ),
    "layer norm": Layer(
        "x",
        "layer_norm(x)",
        "(G - m(G) - y * m(G * y)) / s",
        "A row of G, without its mean m and its part along y, over the spread s.",
        {"x": _NORMED * _S, "s": _S},
    ),
    "attention, in V": Layer(
        "V",
        "A @ V",
        "A.T @ G",
        "A column of G meets a column of A: all who looked at this token.",
        {"V": _X.T[:, 1:], "A": _A},
    ),
}
_WORDS = {
    "cross_entropy": F.cross_entropy,
    "layer_norm": lambda x: F.layer_norm(x, x.shape[1:], eps=0.0),
    "one_hot": lambda t: F.one_hot(t, 4),
    "m": lambda x: x.mean(1, keepdim=True),
}


def computed(layer: Layer, code: str, **more: Tensor) -> Tensor:
    """Return the value of a layer's `forward` or `back`, with other inputs or G.

    >>> computed(LAYERS["mean"], "x.mean()")
    tensor(0.7500, dtype=torch.float64)
    """
    return eval(code, _WORDS | layer.inputs | more)


@cache
def slopes(layer: str) -> Tensor:
    """Return the Jacobian of one of the `LAYERS`: shape y.shape + x.shape, float64.

    Rounding has left dust of 1e-17 where a slope is 0: it is swept away.
    """
    this = LAYERS[layer]
    J = jacrev(lambda x: computed(this, this.forward, **{this.name: x}))(this.inputs[this.name])
    return J.round(decimals=12)


def upstream(layer: str, kind: str = MIXED) -> Tensor:
    """Return an upstream gradient of the shape of a layer's result, float64.

    >>> upstream("mean", ONES)
    tensor(1., dtype=torch.float64)
    """
    y = computed(LAYERS[layer], LAYERS[layer].forward)
    return torch.ones_like(y) if kind == ONES else _MIXED[: y.numel()].reshape(y.shape)


@cache
def fitted(shape: str = "(4, 1)", steps: int = 0) -> tuple:
    """Fit a line to four points, with targets of a shape, and return where it is, by torch.

    Predictions have the shape (4, 1), so targets of the shape (4,) make sixteen differences.

    Returns
    -------
    y_hat, grad, differences, loss
        The predictions and their gradients as lists; a table; a number.
    """
    x, y = _rows([-1.5], [-0.5], [0.5], [1.5]), _rows([-1], [1], [2], [4])
    targets = y if shape == "(4, 1)" else y.squeeze(1)
    w = torch.tensor([1.0, 0.0], dtype=torch.float64, requires_grad=True)
    for step in range(steps + 1):
        y_hat = w[0] * x + w[1]
        loss = ((y_hat - targets) ** 2).mean()
        pulls, slope = torch.autograd.grad(loss, (y_hat, w))
        if step < steps:
            w = (w - 0.2 * slope).detach().requires_grad_()
    table = (y_hat - y.squeeze(1)).tolist()
    return y_hat.flatten().tolist(), pulls.flatten().tolist(), table, loss.item()


@cache
def surprise(gap: float, fused: bool) -> tuple:
    """Return loss and gradient, float32, where the true class has the score 0 and the other `gap`.

    >>> surprise(90.0, fused=False)
    (90.0, [nan, inf])
    """
    scores = torch.tensor([[0.0, gap]], dtype=torch.float32, requires_grad=True)
    y = torch.tensor([0])
    loss = F.cross_entropy(scores, y) if fused else -scores.softmax(1)[0, 0].log()
    loss.backward()
    return loss.item(), scores.grad[0].tolist()


def forward(t: SimpleNamespace) -> SimpleNamespace:
    """Compute the loss of a net of two layers step by step, and keep each step by its name.

    t has x of shape (n, d), y of shape (n,) with classes, and w1, b1, gamma, beta, w2, b2.
    """
    t.pre = t.x @ t.w1 + t.b1
    t.mean = t.pre.mean(0)
    t.diff = t.pre - t.mean
    t.var = (t.diff**2).mean(0)
    t.inv = (t.var + 1e-5) ** -0.5
    t.norm = t.diff * t.inv
    t.bn = t.gamma * t.norm + t.beta
    t.h = t.bn.tanh()
    t.scores = t.h @ t.w2 + t.b2
    t.exp = t.scores.exp()
    t.total = t.exp.sum(1, keepdim=True)
    t.p = t.exp / t.total
    t.logp = t.p.log()
    t.loss = -t.logp[torch.arange(len(t.y)), t.y].mean()
    return t


PARAMETERS = ("w1", "b1", "gamma", "beta", "w2", "b2")


def net(seed: int = 0) -> SimpleNamespace:
    """Draw a net for `forward`: six examples, both matrices of shape (4, 4), float64.

    >>> forward(net()).loss.shape
    torch.Size([])
    """
    draw = torch.Generator().manual_seed(int(seed))
    shapes = {"x": (6, 4), "w1": (4, 4), "b1": (4,), "w2": (4, 4), "b2": (4,), "beta": (4,)}
    t = SimpleNamespace()
    for name, shape in shapes.items():
        setattr(t, name, torch.randn(shape, generator=draw, dtype=torch.float64))
    t.gamma = 1 + torch.rand(4, generator=draw, dtype=torch.float64)
    t.y = torch.randint(4, (6,), generator=draw)
    return t
