"""The predictions, exercises and project of the chapter "The backward of a layer".

What is right is found by autograd, in float64.
"""

from functools import cache

import torch
from torch import Tensor
from torch.func import jacrev
from torch.nn import functional as F

from companion.check import Choice, Function, Number, Part
from companion.check.vocabulary import SIGN
from companion.exercises._backprop import project
from companion.exercises._given import slope, vector
from companion.layers import PARAMETERS, forward, net

exercises = {"backprop-by-hand": project}

_NO_BIAS = torch.zeros(3, dtype=torch.float64)


def _random(seed, *shapes):
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]


def _cases(names, *shapes):
    """Return three cases, by names in one text: tensors of these shapes."""
    return [dict(zip(names.split(), _random(seed, *shapes), strict=True)) for seed in range(3)]


# Predictions ----------------------------------------------------------------------------------

exercises["gradient-of-w"] = Choice(
    a=("`G @ W`", "This has the shape (4, 3), that of `x`. Where is `x` itself, the slope in `W`?"),
    b=("`x.T @ G`", "This has the shape (3, 2). Which shape has `W`?"),
    c="`G.T @ x`",
)

exercises["bias-in-a-batch"] = Number(
    lambda n: n,
    {"n": 32},
    "That would be the slope if there were one row. How many rows is this number added to?",
    1,
    "A number of `b` goes into one column of `y`, not into all of `y`.",
    lambda n: 10 * n,
)

exercises["missing-dimension"] = Choice(
    a=("Nothing: it is slower, but it learns.", "Then why does the loss stop far above 0?"),
    b="The same number for every input.",
    c=("It stops with an error.", "The two shapes can be broadcast, and broadcasting is silent."),
    d=("The loss explodes.", "The step is as small as before. What does each prediction meet?"),
)


exercises["even-scores"] = Number(
    lambda classes, n: (1 / classes - 1) / n,
    {"classes": 10, "n": 50},
    "That is the gradient for a batch of one. The loss is a mean over the batch.",
    -0.9,
    SIGN,
    "That belongs to a class that is not the true one.",
    0.002,
    "That is the probability of the class. What does the true class subtract from it?",
    0.1,
)

exercises["bias-before-norm"] = Choice(
    a=("They are as large as those of `W`.", "A bias moves the whole column. What is done next?"),
    b=("They are the column sums of `G`.", "That is so without the norm: what does it do to them?"),
    c="They are 0, but for rounding.",
    d=("They are `None`.", "`b` is in the graph, so a gradient arrives. How large is it?"),
)

# Read and predict -----------------------------------------------------------------------------

exercises["softmax-pull"] = Number(
    lambda p, G: slope(lambda x: x.softmax(0), p.log(), G)[1],
    {"p": vector(0.5, 0.3, 0.2), "G": vector(1.0, 0.0, 0.0)},
    "This is how the second share changes with its own score. Which share does `G` ask for?",
    lambda p: p[1] * (1 - p[1]),
    "The sign: if the second score grows, what becomes of the first share?",
    lambda right: -right,
    "This is the gradient of the first score. Python counts from 0.",
    lambda p: p[0] * (1 - p[0]),
    "`G` is 0 there, but the shares hang together: the second score is in all three of them.",
    0,
)

# One layer by hand ----------------------------------------------------------------------------


_STRETCHED = [((3, 4), (4,)), ((3, 4), (3, 1)), ((3, 4), (1, 4)), ((3, 4), ()), ((3, 4), (3, 4))]
_STRETCHED += [((2, 3, 4), (3, 1)), ((2, 3, 4), (1, 1, 4)), ((5, 1), (1, 1))]

exercises["unbroadcast"] = Function(
    "unbroadcast",
    [case for shapes in _STRETCHED for case in _cases("grad b", *shapes)[:1]],
    Part(
        "{call} returned",
        lambda grad, b: slope(lambda b: b.expand(grad.shape), b, grad),
        "This is a mean over the copies. Each copy counts in full: their gradients are added.",
        lambda grad, b, right: right * b.numel() / grad.numel(),
        tensor=True,
    ),
    observe=lambda answer, grad, b: (answer(grad, b.shape),),
    call=lambda grad, b: (
        f"`unbroadcast(grad, {tuple(b.shape)})`, grad of shape {tuple(grad.shape)},"
    ),
    without="backward",
)


def _three(answer, *inputs):
    found = answer(*inputs)
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise TypeError("three gradients are asked for: return dx, dW, db")
    return tuple(found)


_SQUARE = "Here the matrices are square, so the shapes cannot tell you."
exercises["linear-backward"] = Function(
    "linear_backward",
    _cases("G x W", (2, 3), (2, 3), (3, 3)),
    Part(
        "The first of {call} is",
        lambda G, x, W: slope(lambda x: F.linear(x, W), x, G),
        f"`W` is turned the wrong way round. {_SQUARE} Which entries of `W` did x[n, i] meet?",
        lambda G, W: G @ W.T,
    ),
    Part(
        "The second of {call} is",
        lambda G, x, W: slope(lambda W: F.linear(x, W), W, G),
        f"This is the transposed matrix. {_SQUARE} A row of `W` belongs to one output.",
        lambda G, x: x.T @ G,
    ),
    Part(
        "The third of {call} is",
        lambda G, x, W: slope(lambda b: F.linear(x, W, b), _NO_BIAS, G),
        "This is the mean over the batch. If there is one, it is in `G` already.",
        lambda G: G.mean(0),
    ),
    observe=_three,
    without="backward",
)


def _last_wins(G, index, table):
    grad = torch.zeros_like(table)
    for row, place in zip(G, index, strict=True):
        grad[place] = row
    return grad


exercises["embedding-by-hand"] = Function(
    "embedding_backward",
    [
        {"G": G, "index": torch.tensor(index), "table": table}
        for index in ([0, 2, 2, 1], [3, 3, 3, 0])
        for G, table in (_random(1, (4, 2), (4, 2)), _random(2, (4, 2), (4, 2)))
    ],
    Part(
        "{call} returned",
        lambda G, index, table: slope(lambda table: table[index], table, G),
        "Where a word comes twice, only its last gradient is there. `grad[index] = G` overwrites, "
        "and so does `grad[index] += G`: it reads all, then writes all.",
        _last_wins,
        "This is the gradient of what was read, in the order of the text. Which row was it?",
        lambda G: G,
        tensor=True,
    ),
    without="backward",
)

exercises["max-pool-by-hand"] = Function(
    "max_pool_backward",
    _cases("G x", (3,), (6,)),
    Part(
        "{call} returned",
        lambda G, x: slope(lambda x: F.max_pool1d(x[None], 2)[0], x, G),
        "This is what a mean does: half to each. A maximum does not change with the smaller one.",
        lambda G: G.repeat_interleave(2) / 2,
        "Both of a pair get the gradient. Does the maximum change if the smaller one does?",
        lambda G: G.repeat_interleave(2),
        tensor=True,
    ),
    without="backward",
)


def rescaled(x: Tensor, dim: int, eps: float = 1e-5, correction: int = 0) -> tuple:
    """Return x with the mean 0 and the variance 1 along a dimension, and its spread before."""
    spread = (x.var(dim, correction=correction, keepdim=True) + eps).sqrt()
    return (x - x.mean(dim, keepdim=True)) / spread, spread


def norm_back(G: Tensor, y: Tensor, spread: Tensor, dim: int, middle=1.0, along=1.0) -> Tensor:
    """Return the gradient of x behind `rescaled`; the paths through mean and variance may miss."""
    parts = middle * G.mean(dim, keepdim=True) + along * y * (G * y).mean(dim, keepdim=True)
    return (G - parts) / spread


def _norm(name, dim, other):
    """Return an exercise on a norm along a dimension; `other` is said of the other one."""
    return Function(
        name,
        _cases("x G", (5, 4), (5, 4)),
        Part(
            "{call} returned",
            lambda x, G: slope(lambda x: rescaled(x, dim)[0], x, G),
            "Mean and spread are taken for constants: but each number is in both of them.",
            lambda x, G: norm_back(G, *rescaled(x, dim), dim, middle=0, along=0),
            "The path through the mean is missing.",
            lambda x, G: norm_back(G, *rescaled(x, dim), dim, middle=0),
            "The path through the variance is missing.",
            lambda x, G: norm_back(G, *rescaled(x, dim), dim, along=0),
            "The variance is divided by n − 1 here, as `var()` does; the layer divides by n.",
            lambda x, G: norm_back(G, *rescaled(x, dim, correction=1), dim),
            other,
            lambda x, G: norm_back(G, *rescaled(x, 1 - dim), 1 - dim),
            tensor=True,
        ),
        drawn=lambda draw: {"x": draw.matrix(5, 4), "G": draw.matrix(5, 4)},
        without="backward",
    )


exercises["layer-norm-by-hand"] = _norm(
    "layer_norm_backward", 1, "This is a batch norm's: a layer norm looks along its row."
)

exercises["softmax-jacobian"] = Function(
    "softmax_jacobian",
    _cases("x", (3,)),
    Part(
        "{call} returned",
        lambda x: jacrev(lambda x: x.softmax(0))(x),
        "Only the diagonal is there. But each share depends on all scores, through their sum.",
        lambda x: (x.softmax(0) * (1 - x.softmax(0))).diag(),
        "This is p on the diagonal: as if the sum did not change.",
        lambda x: x.softmax(0).diag(),
        tensor=True,
    ),
    drawn=lambda draw: {"x": draw.vector(4, -2, 2)},
    without="backward",
)

# Two formulas, and a loop ---------------------------------------------------------------------


def _scores(seed):
    scores = 2 * _random(seed, (4, 3))[0]
    return {"scores": scores, "y": torch.tensor([[0, 2, 1, 2], [1, 1, 0, 2]][seed % 2])}


def _less(scores, y, sign=1.0):
    return scores.softmax(1) - sign * F.one_hot(y, 3)


exercises["cross-entropy-in-one"] = Function(
    "scores_gradient",
    [_scores(seed) for seed in range(4)],
    Part(
        "{call} returned",
        lambda scores, y: slope(lambda s: F.cross_entropy(s, y), scores),
        "The loss is a mean: 1/N is missing.",
        lambda scores, y: _less(scores, y),
        "These are the probabilities. The true class has something subtracted.",
        lambda scores, y: _less(scores, y, 0.0) / len(y),
        "The softmax goes along the wrong dimension: each row is a distribution.",
        lambda scores, y: (scores.softmax(0) - F.one_hot(y, 3)) / len(y),
        SIGN,
        tensor=True,
    ),
    without="backward",
)

exercises["batch-norm-in-one"] = _norm(
    "norm_gradient", 0, "This is a layer norm's: a batch norm looks along its column."
)


@cache
def _trained(steps, names=PARAMETERS):
    """Return the loss after so many steps of descent, found by autograd."""
    t = net(7)
    weights = [getattr(t, name).requires_grad_() for name in names]
    for _ in range(int(steps)):
        slopes = torch.autograd.grad(forward(t).loss, weights)
        with torch.no_grad():
            for weight, each in zip(weights, slopes, strict=True):
                weight -= 0.5 * each
    return forward(t).loss.detach()


exercises["train-by-hand"] = Function(
    "train",
    [{"steps": steps} for steps in (0, 1, 5, 40)],
    Part(
        "{call} returned",
        _trained,
        "This is the loss before the last step. Run `forward(t)` once more at the end.",
        lambda steps: _trained(max(steps - 1, 0)),
        "Only the matrices learn. `gamma`, `beta` and `b2` have gradients too.",
        lambda steps: _trained(steps, names=("w1", "w2")),
        "Without a new forward pass nothing changes: it belongs into the loop.",
        lambda: _trained(0),
    ),
    observe=lambda answer, steps: (answer(net(7), int(steps), 0.5),),
    call=lambda steps: f"`train(net(7), steps={steps:g}, lr=0.5)`",
    without="backward",
)
