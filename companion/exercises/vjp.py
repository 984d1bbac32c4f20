"""The exercises to the chapter "What v is in backward(v)"."""

from functools import partial

import torch
from torch.func import jacrev

from companion.check import Function, Number, Part
from companion.exercises._given import (
    ONE_TENSOR,
    ahead,
    draw_examples,
    grid,
    leaf,
    runs,
    slope,
    squared_loss,
    vector,
    which,
)

exercises = {}

# Predictions of the chapter -------------------------------------------------------------------

exercises["mean-of-four"] = Number(
    4.5,
    {"x": torch.ones(2, 2)},
    ("This is the slope of the sum, or all four gradients together. `out` is a mean.", 18),
    ("This is `out`, the value. Its slope is asked for.", 27),
    ("The factor 3 is missing.", 1.5),
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
    lambda x, v: slope(_f, x)[0],
)

exercises["how-often-doubled"] = Number(
    9,
    {"x": vector(0.5, 1.0, -2.0)},
    ("One too few: what is the norm after so many doublings?", 8),
    ("One too many: look at the norm one doubling before.", 10),
    ("That is how many times as long it is. How many doublings make this factor?", 512),
)

exercises["ones-for-a-batch"] = Number(
    -28,
    {"w": 1.0, "x": vector(1.0, 2.0, 3.0), "y": vector(2.0, 4.0, 6.0)},
    ("This is the mean. Which `v` would make one?", -28 / 3),
    ("This is the slope of the last example alone. Each of the three has the weight 1.", -18),
    ("There is no factor 3: a sum of three slopes is just their sum.", -84),
)

# Read and predict -----------------------------------------------------------------------------


def _two(x):
    return torch.stack((x[0] * x[1], x[0] + 3 * x[1]))


exercises["vjp-by-hand"] = Number(
    lambda x, v: slope(_two, x, v)[1],
    {"x": vector(2.0, 5.0), "v": vector(10.0, 1.0)},
    "This belongs to `J @ v`, which adds up columns. `backward(v)` adds up rows.",
    lambda x, v: ahead(_two, x, v)[1],
    ("This is `x.grad[0]`: Python counts from 0.", lambda x, v: slope(_two, x, v)[0]),
    ("This is the sum of the slopes, each counted once: what does `v` do?", 5),
    ("This is `v @ y` itself. Asked is its slope.", lambda x, v: v @ _two(x)),
)

_GO_BACK = "(torch.ones(3, 5) @ torch.ones(5, requires_grad=True)).backward"
exercises["shape-of-v"] = which(
    lambda v: runs("", "")(f"{_GO_BACK}({v})"),
    a=("`torch.tensor(1.0)`", "A single 1 fits a single number. How many numbers are in `y`?"),
    b=("`torch.ones(5)`", "This is the shape of `x` and of `x.grad`. But what does `v` weigh?"),
    c=(
        "`torch.ones(3, 5)`",
        "This is the shape of `W`, the Jacobian. But `v` is multiplied by it.",
    ),
    d="`torch.ones(3)`",
)

# Write, and find the bug ----------------------------------------------------------------------

exercises["each-slope"] = Function(
    "slopes",
    grid(
        w=(leaf(1.0), leaf(-0.5)),
        x=(vector(1.0, 2.0, 3.0), vector(-1.0, 0.5, 2.0)),
        y=(vector(2.0, 4.0, 6.0), vector(0.0, 1.0, 5.0)),
    ),
    Part(
        "{call} returned",
        lambda w, x, y: jacrev(partial(squared_loss, x=x, y=y))(w),
        *ONE_TENSOR,
        ("These are the losses. Asked are their slopes.", squared_loss),
        tensor=True,
    ),
    drawn=draw_examples,
)


def _larger(a, b):
    return a**2 if a > b else b**3


def _both_slopes(a, b):
    a, b = (leaf(number.item()) for number in (a, b))
    return torch.stack(torch.autograd.grad(_larger(a, b), (a, b), materialize_grads=True))


exercises["unused-input"] = Function(
    "both_slopes",
    grid(a=(leaf(3.0), leaf(0.5)), b=(leaf(2.0), leaf(-1.0))),
    Part(
        "{call} returned",
        _both_slopes,
        "These are the slopes of both formulas. Only one of them has run.",
        lambda a, b: torch.stack((2 * a, 3 * b**2)),
        ("The slopes are in the wrong order: `a` comes first.", lambda right: right.flip(0)),
        tensor=True,
    ),
    drawn=lambda draw: {"a": draw.leaf(-3, 3), "b": draw.leaf(-3, 3)},
)
