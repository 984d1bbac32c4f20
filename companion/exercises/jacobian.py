"""The exercises to the chapter "Vectors: the Jacobian and vᵀJ".

What is right is found by autograd, in float64.
"""

from functools import partial

import torch
from torch.func import jacrev, jvp

from companion.check import Choice, Function, Number, Order, Part
from companion.check.vocabulary import HALF, SIGN, TWICE
from companion.exercises._given import matrix, vector

exercises = {}


def _back(function, x, v):
    """Return what ``function(x).backward(v)`` puts into ``x.grad``."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(function(x), x, v)[0]


def _ahead(function, x, u):
    return jvp(function, (x,), (u,))[1]


# Read and predict -----------------------------------------------------------------------------


def _two(x):
    return torch.stack((x[0] * x[1], x[0] + 3 * x[1]))


exercises["vjp-by-hand"] = Number(
    lambda x, v: _back(_two, x, v)[1],
    {"x": vector(2.0, 5.0), "v": vector(10.0, 1.0)},
    "This belongs to `J @ v`, which adds up columns. `backward(v)` adds up rows.",
    lambda x, v: _ahead(_two, x, v)[1],
    "This is the first number of `J @ v`. `backward(v)` adds up rows, not columns.",
    lambda x, v: _ahead(_two, x, v)[0],
    "This is `x.grad[0]`: Python counts from 0.",
    lambda x, v: _back(_two, x, v)[0],
    "This is the sum of the slopes, each counted once: what does `v` do?",
    lambda x, v: _back(_two, x, torch.ones_like(v))[1],
    "Which number of `v` belongs to which output?",
    lambda x, v: _back(_two, x, v.flip(0))[1],
    "Only the first output counts here. `v` has a number for the second one too.",
    lambda x, v: _back(_two, x, v * vector(1.0, 0.0))[1],
    "This is `v @ y` itself. Asked is its slope.",
    lambda x, v: v @ _two(x),
    TWICE,
)


_SHAPES = {"a": (), "b": (5,), "c": (3, 5), "d": (3,)}


def _shape_that_backward_takes():
    for letter, shape in _SHAPES.items():
        x = torch.ones(5, requires_grad=True)
        try:
            (torch.ones(3, 5) @ x).backward(torch.ones(shape))
        except RuntimeError:
            continue
        return letter


exercises["shape-of-v"] = Choice(
    _shape_that_backward_takes,
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


def _double(x, turns=None):
    """Return x after the loop, or after some turns more or fewer than that."""
    y, n = x * 2, 1
    while y.norm() < 1000 if turns is None else n < turns:
        y, n = y * 2, n + 1
    return y, n


def _after_doubling(x, v, extra=0):
    turns = _double(x)[1] + extra
    return _back(lambda x: _double(x, turns)[0], x, v)[1]


exercises["doubling-stops"] = Number(
    lambda x, v: _after_doubling(x, v),
    {"x": vector(3.0, 4.0), "v": vector(1.0, 0.01)},
    "This is one doubling too few. Look at the norm, before and after the last turn.",
    lambda x, v: _after_doubling(x, v, extra=-1),
    "This is one doubling too many. Mind that `x * 2`, before the loop, is one.",
    lambda x, v: _after_doubling(x, v, extra=1),
    "This is how much `y` has grown. What does `v` do to it?",
    lambda right, v: right / v[1],
    "This is `y[1]`, the value. The slope does not contain `x`.",
    lambda x: _double(x)[0][1],
    "`x` is a factor too many: `y` is a number times `x`. What is its slope?",
    lambda right, x: right * x[1],
    "This is `x.grad[0]`: Python counts from 0.",
    lambda right, v: right / v[1] * v[0],
    "This is the slope before the loop. Each turn doubles it.",
    lambda v: 2 * v[1],
)

# Write ----------------------------------------------------------------------------------------


def _three(x):
    return torch.stack((x[0] * x[1], x[1] + x[2] ** 2, x[0] - x[2]))


def _jacobian(x, **_):
    return jacrev(_three)(x)


exercises["jacobian-rows"] = Function(
    "jacobian_rows",
    [
        {"x": vector(*numbers).requires_grad_()}
        for numbers in ((2.0, 3.0, 4.0), (1.0, -2.0, 0.5), (-1.5, 0.5, 3.0))
    ],
    Part(
        "{call} returned",
        _jacobian,
        "This is the transposed matrix: an output has a row of its own, not a column.",
        lambda right: right.T,
        "Each row holds the rows before it as well: gradients add up in `x.grad`.",
        lambda right: right.cumsum(0),
        "All rows are the sum of all. The list holds one tensor `x.grad` three times, and "
        "everything was added to it.",
        lambda right: right.sum(0).expand(3, 3),
        "All rows are the last one. The list holds one tensor `x.grad` three times, and it was "
        "overwritten.",
        lambda right: right[2].expand(3, 3),
        "All rows are zero. The list holds one tensor `x.grad` three times, and it was emptied.",
        lambda: torch.zeros(3, 3, dtype=torch.float64),
        "This has the sum of each column on the diagonal: is each `v` one-hot?",
        lambda right: right.sum(0).diag(),
        missing="`backward()` returns nothing: it puts its result into `x.grad`. And a "
        "function gives back what stands after `return`.",
        tensor=True,
    ),
    drawn=lambda draw: {"x": draw.leaf(-3, 3, 3)},
)


def _swirl(x):
    return torch.stack((x[0] ** 2 * x[1], x[0] + x[1] ** 2))


_points = (vector(2.0, 1.0), vector(-1.0, 3.0))
_directions = (vector(1.0, 0.0), vector(0.5, 2.0))

exercises["ahead-by-trial"] = Function(
    "ahead",
    [{"x": x, "u": u} for x in _points for u in _directions]
    + [{"x": vector(1.5, -0.5), "u": vector(3.0, -1.0)}],
    Part(
        "{call} returned",
        partial(_ahead, _swirl),
        "You returned what `backward(u)` gives, the transposed product. This asks how the "
        "outputs change when `x` moves along `u`.",
        lambda x, u: _back(_swirl, x, u),
        "It is twice too large: how far apart are the two points?",
        lambda right: 2 * right,
        "It is half of what it should be: how far apart are the two points?",
        lambda right: right / 2,
        "The sign is the other way round: what is subtracted from what?",
        lambda right: -right,
        "This is for a move along (1, 1): `u` is not used.",
        lambda x, u: _ahead(_swirl, x, torch.ones_like(u)),
        "This is a difference of outputs. A slope is divided by how far `x` moved.",
        lambda right: torch.zeros_like(right),
        tensor=True,
    ),
    drawn=lambda draw: {"x": draw.vector(2, -3, 3), "u": draw.vector(2, -2, 2)},
)


def _layers(A, B, x):
    return B @ (A @ x) ** 2


_A = matrix((1.0, 2.0), (3.0, -1.0)), matrix((2.0, 0.5), (-1.0, 1.0))
_B = matrix((2.0, 1.0), (0.0, 3.0)), matrix((1.0, -2.0), (4.0, 0.5))
_first = {"A": _A[0], "B": _B[0], "x": vector(1.0, 2.0), "v": vector(1.0, -1.0)}

exercises["two-layers-back"] = Function(
    "pull_back",
    [
        _first,
        _first | {"A": _A[1]},
        _first | {"B": _B[1]},
        _first | {"x": vector(-1.0, 0.5)},
        _first | {"v": vector(0.5, 3.0)},
        {
            "A": matrix((1.0, 0.0, 2.0), (0.5, -1.0, 1.0), (2.0, 3.0, 0.0)),
            "B": matrix((0.0, 1.0, 1.0), (2.0, -1.0, 0.5), (1.0, 4.0, -2.0)),
            "x": vector(1.0, -1.0, 2.0),
            "v": vector(2.0, 0.5, -1.0),
        },
    ],
    Part(
        "{call} returned",
        lambda A, B, x, v: _back(partial(_layers, A, B), x, v),
        "This is `J @ v`: it goes from the inputs to the outputs. `v` belongs to the outputs, so "
        "begin there.",
        lambda A, B, x, v: _ahead(partial(_layers, A, B), x, v),
        "The steps are in the right order, but each of the two matrices goes back as it went "
        "ahead. What has to be turned round?",
        lambda A, B, x, v: A @ (2 * (A @ x) * (B @ v)),
        "Both matrices are transposed, but in the wrong order: which of them stands next to `v`?",
        lambda A, B, x, v: B.T @ (2 * (A @ x) * (A.T @ v)),
        "`A` is transposed and `B` is not.",
        lambda A, B, x, v: A.T @ (2 * (A @ x) * (B @ v)),
        "`B` is transposed and `A` is not.",
        lambda A, B, x, v: A @ (2 * (A @ x) * (B.T @ v)),
        "The square between the two matrices is left out: it has a slope too.",
        lambda A, B, v: A.T @ (B.T @ v),
        "The square between the two matrices is not a factor 2 alone: its slope depends on what "
        "went in.",
        lambda A, B, v: 2 * (A.T @ (B.T @ v)),
        "The slope of the square is taken at `x`. What went into the square?",
        lambda A, B, x, v: A.T @ (2 * x * (B.T @ v)),
        "This uses the square itself where its slope is needed.",
        lambda A, B, x, v: A.T @ ((A @ x) ** 2 * (B.T @ v)),
        HALF,
        TWICE,
        tensor=True,
    ),
    drawn=lambda draw: {
        "A": draw.matrix(3, 3),
        "B": draw.matrix(3, 3),
        "x": draw.vector(3, -2, 2),
        "v": draw.vector(3, -2, 2),
    },
    without="backward",
)

# Find the bug, and prove ----------------------------------------------------------------------


def _losses(x, y, w):
    return (w * x - y) ** 2


def _slopes(w, x, y):
    return jacrev(partial(_losses, x, y))(w)


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
        "Each slope is divided by the number of examples: that belongs to a mean.",
        lambda right: right / len(right),
        HALF,
        SIGN,
        "These are the losses. Asked are their slopes.",
        lambda w, x, y: _losses(x, y, w),
        tensor=True,
    ),
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3),
        "x": draw.vector(4, -3, 3),
        "y": draw.vector(4, -5, 5),
    },
)


def _gap(J, u, v):
    back = _ahead(J.mv, v, v)  # the mistake: J v in the place of what backward(v) gives
    return v @ _ahead(J.mv, u, u) - back @ u


_first = {"J": _A[0], "u": vector(3.0, 1.0), "v": vector(1.0, 5.0)}
exercises["transposed-seen"] = Function(
    "gap",
    [
        _first,
        _first | {"J": _B[1]},
        _first | {"u": vector(-1.0, 2.0)},
        _first | {"v": vector(2.0, -1.0)},
        _first | {"u": _first["v"]},
        _first | {"J": matrix((1.0, 2.0), (2.0, 5.0))},
    ],
    Part(
        "{call} returned",
        _gap,
        "This is the gap of a right `backward`, and it is always zero. Here `J @ v` stands in "
        "its place, by mistake.",
        lambda right: 0.0 * right,
        "The sign is the other way round: what is subtracted from what?",
        lambda right: -right,
        "This is the size of the gap; it has a sign as well.",
        lambda right: right.abs(),
        "This is the first of the two numbers alone.",
        lambda J, u, v: v @ J @ u,
        "This is the second of the two numbers alone.",
        lambda J, u, v: u @ J @ v,
        "This is the sum of the two numbers; asked is their difference.",
        lambda J, u, v: v @ J @ u + u @ J @ v,
        "This is only the factor that depends on `J`. Where are `u` and `v`?",
        lambda J: J[0, 1] - J[1, 0],
        "This is only the factor that depends on `u` and `v`. Where is `J`?",
        lambda u, v: v[0] * u[1] - v[1] * u[0],
    ),
    drawn=lambda draw: {
        "J": draw.matrix(2, 2),
        "u": draw.vector(2, -3, 3),
        "v": draw.vector(2, -3, 3),
    },
)

exercises["gap-proof"] = Order(
    [
        "What is left is J₁₂ (v₁u₂ − v₂u₁) + J₂₁ (v₂u₁ − v₁u₂).",
        "Write both products out: each is a sum of four terms Jᵢⱼ times a u and a v.",
        "This is (J₁₂ − J₂₁)(v₁u₂ − v₂u₁): one factor of J alone, one of u and v alone.",
        "The terms with J₁₁ and J₂₂ are equal in both sums, and cancel.",
    ],
    wrong={
        "4 before 2": "Which terms? They are not written out yet.",
        "1 before 4": "“What is left” of what? Something must cancel first.",
        "3 before 1": "This takes a common factor out of a sum. Which sum?",
    },
    code=False,
)
