"""The exercises to the chapter "What v is in backward(v)"."""

from functools import partial

import torch
from torch.func import jacrev

from companion.check import Function, Number, Part
from companion.exercises._given import ahead, leaf, runs, slope, squared_loss, vector, which

exercises = {}


# Predictions ----------------------------------------------------------------------------------


exercises["mean-of-four"] = Number(
    lambda x: slope(lambda x: (3 * (x + 2) ** 2).mean(), x)[0, 0],
    {"x": torch.ones(2, 2, dtype=torch.float64)},
    "This is the slope of the sum, or all four gradients together. `out` is a mean.",
    lambda right: 4 * right,
    "This is `out`, the value. Its slope is asked for.",
    lambda x: (3 * (x + 2) ** 2).mean(),
    "The factor 3 is missing.",
    lambda right: right / 3,
)


def _f(x):
    return torch.stack((x[0] * x[1], x[0] ** 2 - x[1]))


exercises["ten-and-one"] = Number(
    lambda x, v: slope(_f, x, v)[0],
    {"x": vector(2.0, 1.0), "v": vector(10.0, 1.0)},
    "This adds up the columns, each times a number of `v`. Which numbers belong to the outputs?",
    lambda x, v: ahead(_f, x, v)[0],
    "This is `x.grad[1]`, the place of the second input: Python counts from 0.",
    lambda x, v: slope(_f, x, v)[1],
    "Here each output counts once. How much does `v` let the first one count?",
    lambda x: slope(_f, x)[0],
    "The weights are the other way round: the first number of `v` belongs to the first output.",
    lambda x, v: slope(_f, x, v.flip(0))[0],
)


exercises["how-often-doubled"] = Number(
    9.0,
    {"x": vector(0.5, 1.0, -2.0)},
    "One too few: what is the norm after so many doublings?",
    lambda right: right - 1,
    "One too many: look at the norm one doubling before.",
    lambda right: right + 1,
    "That is how many times as long it is in the end. How many doublings make this factor?",
    lambda right: 2**right,
)

exercises["doubling-stops"] = Number(
    2.56,
    {"x": vector(3.0, 4.0), "v": vector(1.0, 0.01)},
    ("This is one doubling too few. Look at the norm, before and after the last turn.", 1.28),
    ("This is one doubling too many. Mind that `x * 2`, before the loop, is one.", 5.12),
    ("This is how much `y` has grown. What does `v` do to it?", 256.0),
    ("This is `y[1]`, the value. The slope does not contain `x`.", 1024.0),
)

exercises["ones-for-a-batch"] = Number(
    lambda w, x, y: slope(lambda w: squared_loss(w, x, y), w),
    {"w": 1.0, "x": vector(1.0, 2.0, 3.0), "y": vector(2.0, 4.0, 6.0)},
    "This is the mean. Which `v` would make one?",
    lambda right, x: right / len(x),
    "This is the slope of the last example alone. Each of the three has the weight 1.",
    lambda w, x, y: slope(lambda w: squared_loss(w, x, y), w, vector(0.0, 0.0, 1.0)),
    "There is no factor 3: a sum of three slopes is just their sum.",
    lambda right, x: right * len(x),
)

# Read and predict -----------------------------------------------------------------------------


def _two(x):
    return torch.stack((x[0] * x[1], x[0] + 3 * x[1]))


exercises["vjp-by-hand"] = Number(
    lambda x, v: slope(_two, x, v)[1],
    {"x": vector(2.0, 5.0), "v": vector(10.0, 1.0)},
    "This belongs to `J @ v`, which adds up columns. `backward(v)` adds up rows.",
    lambda x, v: ahead(_two, x, v)[1],
    "This is `x.grad[0]`: Python counts from 0.",
    lambda x, v: slope(_two, x, v)[0],
    "This is the sum of the slopes, each counted once: what does `v` do?",
    lambda x, v: slope(_two, x, torch.ones_like(v))[1],
    "This is `v @ y` itself. Asked is its slope.",
    lambda x, v: v @ _two(x),
)


_GO_BACK = "(torch.ones(3, 5) @ torch.ones(5, requires_grad=True)).backward"
exercises["shape-of-v"] = which(
    lambda v: runs("", "")(f"{_GO_BACK}({v})"),
    a=(
        "`torch.tensor(1.0)`",
        "A single 1 is enough only where a single number comes out. How many numbers are in `y`?",
    ),
    b=(
        "`torch.ones(5)`",
        (
            "This has the shape of `x`, and so has the result `x.grad`. But what does `v` give a "
            "weight to?"
        ),
    ),
    c=(
        "`torch.ones(3, 5)`",
        (
            "This is the shape of `W`, which is the Jacobian here. `backward` multiplies the "
            "Jacobian by `v`; is `v` as large as that?"
        ),
    ),
    d="`torch.ones(3)`",
)

# Write, and find the bug ----------------------------------------------------------------------


def _slopes(w, x, y):
    return jacrev(partial(squared_loss, x=x, y=y))(w)


_weights = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in (1.0, -0.5)]
exercises["each-slope"] = Function(
    "slopes",
    [
        {"w": w, "x": x, "y": y}
        for w in _weights
        for x in (vector(1.0, 2.0, 3.0), vector(1.0, -1.0, 0.5))
        for y in (vector(2.0, 4.0, 6.0), vector(0.0, 1.0, 5.0))
    ]
    + [{"w": _weights[0], "x": vector(4.0, 0.5), "y": vector(1.0, 2.0)}],
    Part(
        "{call} returned",
        _slopes,
        "All entries are the same, and they are the sum of all slopes. How many tensors does the "
        "list hold, and what is added to them?",
        lambda right: right.sum().expand(right.shape),
        "Each entry holds the ones before it as well: gradients add up.",
        lambda right: right.cumsum(0),
        "All entries are the slope of the last example. Does the list hold several tensors, or "
        "one several times?",
        lambda right: right[-1].expand(right.shape),
        "All entries are zero. Does the list hold what was emptied?",
        lambda right: torch.zeros_like(right),
        "These are the losses. Asked are their slopes.",
        squared_loss,
        tensor=True,
    ),
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3),
        "x": draw.vector(4, -3, 3),
        "y": draw.vector(4, -5, 5),
    },
)


def _larger(a, b):
    return a**2 if a > b else b**3


def _both_slopes(a, b):
    a, b = (leaf(number.item()) for number in (a, b))
    return torch.stack(torch.autograd.grad(_larger(a, b), (a, b), materialize_grads=True))


exercises["unused-input"] = Function(
    "both_slopes",
    [{"a": leaf(a), "b": leaf(b)} for a in (3.0, 0.5) for b in (2.0, -1.0)],
    Part(
        "{call} returned",
        _both_slopes,
        "These are the slopes of both formulas. Only one of them has run.",
        lambda a, b: torch.stack((2 * a, 3 * b**2)),
        "The slopes are in the wrong order: `a` comes first.",
        lambda right: right.flip(0),
        "Both entries are the slope of the number that is used. How much does the result change "
        "with the other one?",
        lambda right: right.sum().expand(2),
        "This is the value, `larger(a, b)`. Its slopes are asked for.",
        lambda a, b: _larger(a, b).expand(2),
        tensor=True,
    ),
    drawn=lambda draw: {"a": draw.leaf(-3, 3), "b": draw.leaf(-3, 3)},
)
