"""The predictions, exercises and project of the chapter "The backward of a layer".

What is right is found by autograd, in float64.
"""

from functools import cache

import torch
from torch.func import jacrev
from torch.nn import functional as F

from companion.check import Choice, Function, Number, Part
from companion.check.vocabulary import SIGN
from companion.exercises._backprop import project
from companion.exercises._given import slope, vector
from companion.layers import PARAMETERS, fitted, forward, net

exercises = {"backprop-by-hand": project}

_NO_BIAS = torch.zeros(3, dtype=torch.float64)


def _random(seed, *shapes):
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]


def _cases(names, *shapes):
    """Return three cases, by names in one text: tensors of these shapes."""
    return [dict(zip(names.split(), _random(seed, *shapes), strict=True)) for seed in range(3)]


# Predictions ----------------------------------------------------------------------------------


def _product_of_the_shape():
    G, x, W = torch.ones(4, 2), torch.ones(4, 3), torch.ones(2, 3)
    products = {"a": G @ W, "b": x.T @ G, "c": G.T @ x}
    return next(letter for letter, product in products.items() if product.shape == W.shape)


exercises["gradient-of-w"] = Choice(
    _product_of_the_shape,
    a=("`G @ W`", "This has the shape (4, 3), that of `x`. Where is `x` itself, the slope in `W`?"),
    b=("`x.T @ G`", "This has the shape (3, 2). Which shape has `W`?"),
    c="`G.T @ x`",
)

exercises["bias-in-a-batch"] = Number(
    lambda n: slope(lambda b: (torch.zeros(n, 10) + b).sum(), torch.zeros(10))[0],
    {"n": 32},
    "That would be the slope if there were one row. How many rows is this number added to?",
    1,
    "This counts the columns. Each number of `b` stands in one column.",
    10,
    "A number of `b` goes into one column of `y`, not into all of `y`.",
    lambda n: 10 * n,
    "That would belong to `y.mean()`.",
    0.1,
)

exercises["missing-dimension"] = Choice(
    lambda: "b" if max(fitted("(4,)", 20)[0]) - min(fitted("(4,)", 20)[0]) < 0.01 else "a",
    a=("Nothing: it is slower, but it learns.", "Then why does the loss stop far above 0?"),
    b="The same number for every input.",
    c=("It stops with an error.", "The two shapes can be broadcast, and broadcasting is silent."),
    d=("The loss explodes.", "The step is as small as before. What does each prediction meet?"),
)


def _even(classes, n):
    scores = torch.zeros(n, classes, dtype=torch.float64)
    return slope(lambda s: F.cross_entropy(s, torch.zeros(n, dtype=torch.int64)), scores)[0, 0]


exercises["even-scores"] = Number(
    lambda classes, n: _even(int(classes), int(n)),
    {"classes": 10, "n": 50},
    "That is the gradient for a batch of one. The loss is a mean over the batch.",
    -0.9,
    SIGN,
    "That belongs to a class that is not the true one.",
    0.002,
    "That is the probability of the class. What does the true class subtract from it?",
    0.1,
    "Divided by the batch it is, but is a probability of 0.1 what is true?",
    -0.02,
)


def _what_a_bias_gets():
    x, G = _random(0, (6, 3), (6, 3))
    found = slope(lambda b: F.batch_norm(x + b, None, None, training=True), _NO_BIAS, G)
    return "c" if found.abs().max() < 1e-10 else "b" if found.allclose(G.sum(0)) else "a"


exercises["bias-before-norm"] = Choice(
    _what_a_bias_gets,
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
    "One factor is missing: a slope of the softmax is a product of two shares.",
    lambda p: -p[1],
)


def _dimensions_to_sum():
    G, b = torch.randn(8, 7, 6), torch.zeros(7, 1)
    found = slope(lambda b: torch.zeros(8, 1, 6) + b, b, G.double())
    dims = {"a": (0,), "b": (2,), "c": (0, 2), "d": (0, 1)}
    sums = {letter: G.double().sum(dim) for letter, dim in dims.items()}
    return next(k for k, v in sums.items() if v.numel() == 7 and v.allclose(found.flatten()))


exercises["which-dimensions"] = Choice(
    _dimensions_to_sum,
    a=("0", "Dimension 0 was added on the left. But `b` has a 1, too: it was stretched."),
    b=("2", "Dimension 2 was stretched from 1 to 6. But was `b` there for all 8 of dimension 0?"),
    c="0 and 2",
    d=("0 and 1", "Dimension 1 has 7 in `b` and 7 in the result: nothing was stretched there."),
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
        "This is the gradient of the first copy alone. All of them flow back into one number.",
        lambda grad, b: grad[
            tuple(slice(0, n) for n in (1,) * (grad.ndim - b.ndim) + b.shape)
        ].reshape(b.shape),
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
        "This is the mean over the batch. If there is one, it is in `G` already.",
        lambda G, x: G.T @ x / len(x),
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


def _counts(G, index, table):
    return torch.bincount(index, minlength=len(table)).clamp(min=1)[:, None]


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
        "This is a mean over the places of a word. A row that is used twice gets both gradients.",
        lambda right, G, index, table: right / _counts(G, index, table),
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
        "It is the smaller one of each pair that gets the gradient here.",
        lambda right, G: G.repeat_interleave(2) - right,
        "The slope of a maximum is 1, not the number that won.",
        lambda right, x: right * x,
        tensor=True,
    ),
    without="backward",
)


def _normed(x, G, dim, correction=0, middle=1.0, along=1.0, spread=1.0):
    """Return the gradient behind a norm along a dimension, with parts of the formula left out."""
    inv = (x.var(dim, keepdim=True, correction=correction) + 1e-5) ** -0.5
    y = (x - x.mean(dim, keepdim=True)) * inv
    parts = middle * G.mean(dim, keepdim=True) + along * y * (G * y).mean(dim, keepdim=True)
    return (G - parts) * (inv if spread else 1.0)


def _norm(name, dim, other):
    """Return an exercise on a norm along a dimension; `other` is said of the other one."""

    def norm(x):
        if dim:
            return F.layer_norm(x, x.shape[1:])
        return F.batch_norm(x, None, None, training=True)

    return Function(
        name,
        _cases("x G", (5, 4), (5, 4)),
        Part(
            "{call} returned",
            lambda x, G: slope(norm, x, G),
            "Mean and spread are taken for constants: but each number is in both of them.",
            lambda x, G: _normed(x, G, dim, middle=0, along=0),
            "The path through the mean is missing.",
            lambda x, G: _normed(x, G, dim, middle=0),
            "The path through the variance is missing.",
            lambda x, G: _normed(x, G, dim, along=0),
            "The variance is divided by n − 1 here, as `var()` does; the layer divides by n.",
            lambda x, G: _normed(x, G, dim, correction=1),
            "It is not divided by the spread: a norm that shrinks numbers shrinks slopes.",
            lambda x, G: _normed(x, G, dim, spread=0),
            other,
            lambda x, G: _normed(x, G, 1 - dim),
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
        "Off the diagonal the sign is wrong: if one score grows, the other shares shrink.",
        lambda right: right.abs(),
        SIGN,
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
        "It is divided by the number of all scores. The mean is over the rows.",
        lambda right: right / 3,
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
def _trained(steps, lr=0.5, names=PARAMETERS):
    """Return the loss after so many steps of descent, found by autograd."""
    t = net(7)
    weights = [getattr(t, name).requires_grad_() for name in names]
    for _ in range(int(steps)):
        slopes = torch.autograd.grad(forward(t).loss, weights)
        with torch.no_grad():
            for weight, each in zip(weights, slopes, strict=True):
                weight -= lr * each
    return forward(t).loss.detach()


exercises["train-by-hand"] = Function(
    "train",
    [{"steps": steps} for steps in (0, 1, 5, 40)],
    Part(
        "{call} returned",
        _trained,
        "The steps go uphill.",
        lambda steps: _trained(steps, -0.5),
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
