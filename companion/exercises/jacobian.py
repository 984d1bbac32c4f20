"""The exercises to the chapter "Vectors: the Jacobian and vᵀJ".

What is right is found by autograd, in float64.
"""

from functools import partial

import torch
from torch.func import jacrev, jvp

from companion.check._choose import Choice
from companion.check._judge import Exercise, Part


def _vector(*values):
    return torch.tensor(values, dtype=torch.float64)


def _back(function, x, v):
    """Return what ``function(x).backward(v)`` puts into ``x.grad``."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(function(x), x, v)[0]


def _ahead(function, x, u):
    return jvp(function, (x,), (u,))[1]


# Read and predict -----------------------------------------------------------------------------


def _two(x):
    return torch.stack((x[0] * x[1], x[0] + 3 * x[1]))


_vjp_by_hand = Exercise(
    cases=[{"x": _vector(2.0, 5.0), "v": _vector(10.0, 1.0)}],
    parts=[
        Part(
            "For {call} you answered",
            lambda x, v: _back(_two, x, v)[1],
            {
                "This belongs to `J @ v`, which adds up columns. `backward(v)` adds up rows.": (
                    lambda right, x, v: _ahead(_two, x, v)[1]
                ),
                "This is the first number of `J @ v`. `backward(v)` adds up rows, not columns.": (
                    lambda right, x, v: _ahead(_two, x, v)[0]
                ),
                "This is `x.grad[0]`: Python counts from 0.": (
                    lambda right, x, v: _back(_two, x, v)[0]
                ),
                "This is the sum of the slopes, each counted once: what does `v` do?": (
                    lambda right, x, v: _back(_two, x, torch.ones_like(v))[1]
                ),
                "Which number of `v` belongs to which output?": (
                    lambda right, x, v: _back(_two, x, v.flip(0))[1]
                ),
                "Only the first output counts here. `v` has a number for the second one too.": (
                    lambda right, x, v: _back(_two, x, v * _vector(1.0, 0.0))[1]
                ),
                "This is `v @ y` itself. Asked is its slope.": (lambda right, x, v: v @ _two(x)),
                "It is twice too large: did two gradients add up?": lambda right, **_: 2 * right,
            },
        )
    ],
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


_shape_of_v = Choice(
    options={
        "a": "`torch.tensor(1.0)`",
        "b": "`torch.ones(5)`",
        "c": "`torch.ones(3, 5)`",
        "d": "`torch.ones(3)`",
    },
    truth=_shape_that_backward_takes,
    wrong={
        "a": "A single 1 is enough only where a single number comes out. "
        "How many numbers are in `y`?",
        "b": "This has the shape of `x`, and so has the result `x.grad`. "
        "But what does `v` give a weight to?",
        "c": "This is the shape of `W`, which is the Jacobian here. "
        "`backward` multiplies the Jacobian by `v`; is `v` as large as that?",
    },
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


_doubling_stops = Exercise(
    cases=[{"x": _vector(3.0, 4.0), "v": _vector(1.0, 0.01)}],
    parts=[
        Part(
            "For {call} you answered",
            lambda x, v: _after_doubling(x, v),
            {
                "This is one doubling too few. Look at the norm, before and after the last turn.": (
                    lambda right, x, v: _after_doubling(x, v, extra=-1)
                ),
                "This is one doubling too many. Mind that `x * 2`, before the loop, is one.": (
                    lambda right, x, v: _after_doubling(x, v, extra=1)
                ),
                "This is how much `y` has grown. What does `v` do to it?": (
                    lambda right, x, v: right / v[1]
                ),
                "This is `y[1]`, the value. The slope does not contain `x`.": (
                    lambda right, x, v: _double(x)[0][1]
                ),
                "`x` is a factor too many: `y` is a number times `x`. What is its slope?": (
                    lambda right, x, v: right * x[1]
                ),
                "This is `x.grad[0]`: Python counts from 0.": (
                    lambda right, x, v: right / v[1] * v[0]
                ),
                "This is the slope before the loop. Each turn doubles it.": (
                    lambda right, x, v: 2 * v[1]
                ),
            },
        )
    ],
)

# Write ----------------------------------------------------------------------------------------


def _three(x):
    return torch.stack((x[0] * x[1], x[1] + x[2] ** 2, x[0] - x[2]))


def _jacobian(x, **_):
    return jacrev(_three)(x)


_jacobian_rows = Exercise(
    function="jacobian_rows",
    cases=[
        {"x": _vector(*numbers).requires_grad_()}
        for numbers in ((2.0, 3.0, 4.0), (1.0, -2.0, 0.5), (-1.5, 0.5, 3.0))
    ],
    parts=[
        Part(
            "{call} returned",
            _jacobian,
            {
                "This is the transposed matrix: an output has a row of its own, not a column.": (
                    lambda right, x: right.T
                ),
                "Each row holds the rows before it as well: gradients add up in `x.grad`.": (
                    lambda right, x: right.cumsum(0)
                ),
                "All rows are the sum of all. The list holds one tensor `x.grad` three times, "
                "and everything was added to it.": lambda right, x: right.sum(0).expand(3, 3),
                "All rows are the last one. The list holds one tensor `x.grad` three times, "
                "and it was overwritten.": lambda right, x: right[2].expand(3, 3),
                "All rows are zero. The list holds one tensor `x.grad` three times, "
                "and it was emptied.": lambda right, x: torch.zeros(3, 3, dtype=torch.float64),
                "This has the sum of each column on the diagonal: is each `v` one-hot?": (
                    lambda right, x: right.sum(0).diag()
                ),
            },
            missing="`backward()` returns nothing: it puts its result into `x.grad`. "
            "And a function gives back what stands after `return`.",
            tensor=True,
        )
    ],
)


def _swirl(x):
    return torch.stack((x[0] ** 2 * x[1], x[0] + x[1] ** 2))


_points = (_vector(2.0, 1.0), _vector(-1.0, 3.0))
_directions = (_vector(1.0, 0.0), _vector(0.5, 2.0))

_ahead_by_trial = Exercise(
    function="ahead",
    cases=[{"x": x, "u": u} for x in _points for u in _directions]
    + [{"x": _vector(1.5, -0.5), "u": _vector(3.0, -1.0)}],
    parts=[
        Part(
            "{call} returned",
            partial(_ahead, _swirl),
            {
                "You returned what `backward(u)` gives, the transposed product. "
                "This asks how the outputs change when `x` moves along `u`.": (
                    lambda right, x, u: _back(_swirl, x, u)
                ),
                "It is twice too large: how far apart are the two points?": (
                    lambda right, **_: 2 * right
                ),
                "It is half of what it should be: how far apart are the two points?": (
                    lambda right, **_: right / 2
                ),
                "The sign is the other way round: what is subtracted from what?": (
                    lambda right, **_: -right
                ),
                "This is for a move along (1, 1): `u` is not used.": (
                    lambda right, x, u: _ahead(_swirl, x, torch.ones_like(u))
                ),
                "This is a difference of outputs. A slope is divided by how far `x` moved.": (
                    lambda right, **_: torch.zeros_like(right)
                ),
            },
            tensor=True,
        )
    ],
)


def _layers(A, B, x):
    return B @ (A @ x) ** 2


def _square(*rows):
    return torch.tensor(rows, dtype=torch.float64)


_A = _square((1.0, 2.0), (3.0, -1.0)), _square((2.0, 0.5), (-1.0, 1.0))
_B = _square((2.0, 1.0), (0.0, 3.0)), _square((1.0, -2.0), (4.0, 0.5))
_first = {"A": _A[0], "B": _B[0], "x": _vector(1.0, 2.0), "v": _vector(1.0, -1.0)}

_pull_back = Exercise(
    function="pull_back",
    cases=[
        _first,
        _first | {"A": _A[1]},
        _first | {"B": _B[1]},
        _first | {"x": _vector(-1.0, 0.5)},
        _first | {"v": _vector(0.5, 3.0)},
        {
            "A": _square((1.0, 0.0, 2.0), (0.5, -1.0, 1.0), (2.0, 3.0, 0.0)),
            "B": _square((0.0, 1.0, 1.0), (2.0, -1.0, 0.5), (1.0, 4.0, -2.0)),
            "x": _vector(1.0, -1.0, 2.0),
            "v": _vector(2.0, 0.5, -1.0),
        },
    ],
    parts=[
        Part(
            "{call} returned",
            lambda A, B, x, v: _back(partial(_layers, A, B), x, v),
            {
                "This is `J @ v`: it goes from the inputs to the outputs. "
                "`v` belongs to the outputs, so begin there.": (
                    lambda right, A, B, x, v: _ahead(partial(_layers, A, B), x, v)
                ),
                "The steps are in the right order, but each of the two matrices goes back as "
                "it went ahead. What has to be turned round?": (
                    lambda right, A, B, x, v: A @ (2 * (A @ x) * (B @ v))
                ),
                "Both matrices are transposed, but in the wrong order: "
                "which of them stands next to `v`?": (
                    lambda right, A, B, x, v: B.T @ (2 * (A @ x) * (A.T @ v))
                ),
                "`A` is transposed and `B` is not.": (
                    lambda right, A, B, x, v: A.T @ (2 * (A @ x) * (B @ v))
                ),
                "`B` is transposed and `A` is not.": (
                    lambda right, A, B, x, v: A @ (2 * (A @ x) * (B.T @ v))
                ),
                "The square between the two matrices is left out: it has a slope too.": (
                    lambda right, A, B, x, v: A.T @ (B.T @ v)
                ),
                "The square between the two matrices is not a factor 2 alone: "
                "its slope depends on what went in.": (
                    lambda right, A, B, x, v: 2 * (A.T @ (B.T @ v))
                ),
                "The slope of the square is taken at `x`. What went into the square?": (
                    lambda right, A, B, x, v: A.T @ (2 * x * (B.T @ v))
                ),
                "This uses the square itself where its slope is needed.": (
                    lambda right, A, B, x, v: A.T @ ((A @ x) ** 2 * (B.T @ v))
                ),
                "A factor 2 is missing: the slope of a square has one.": (
                    lambda right, **_: right / 2
                ),
                "It is twice too large: did two gradients add up?": lambda right, **_: 2 * right,
            },
            tensor=True,
        )
    ],
)

# Find the bug, and prove ----------------------------------------------------------------------


def _losses(x, y, w):
    return (w * x - y) ** 2


def _slopes(w, x, y):
    return jacrev(partial(_losses, x, y))(w)


_weights = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in (1.0, -0.5)]
_each_slope = Exercise(
    function="slopes",
    cases=[
        {"w": w, "x": x, "y": y}
        for w in _weights
        for x in (_vector(1.0, 2.0, 3.0), _vector(1.0, -1.0, 0.5))
        for y in (_vector(2.0, 4.0, 6.0), _vector(0.0, 1.0, 5.0))
    ]
    + [{"w": _weights[0], "x": _vector(4.0, 0.5), "y": _vector(1.0, 2.0)}],
    parts=[
        Part(
            "{call} returned",
            _slopes,
            {
                "All entries are the same, and they are the sum of all slopes. "
                "How many tensors does the list hold, and what is added to them?": (
                    lambda right, **_: right.sum().expand(right.shape)
                ),
                "Each entry holds the ones before it as well: gradients add up.": (
                    lambda right, **_: right.cumsum(0)
                ),
                "All entries are the slope of the last example. "
                "Does the list hold several tensors, or one several times?": (
                    lambda right, **_: right[-1].expand(right.shape)
                ),
                "All entries are zero. Does the list hold what was emptied?": (
                    lambda right, **_: torch.zeros_like(right)
                ),
                "Each slope is divided by the number of examples: that belongs to a mean.": (
                    lambda right, **_: right / len(right)
                ),
                "A factor 2 is missing: the slope of a square has one.": (
                    lambda right, **_: right / 2
                ),
                "The sign is the other way round.": lambda right, **_: -right,
                "These are the losses. Asked are their slopes.": (
                    lambda right, w, x, y: _losses(x, y, w)
                ),
            },
            tensor=True,
        )
    ],
)


def _gap(J, u, v):
    back = _ahead(J.mv, v, v)  # the mistake: J v in the place of what backward(v) gives
    return v @ _ahead(J.mv, u, u) - back @ u


_first = {"J": _A[0], "u": _vector(3.0, 1.0), "v": _vector(1.0, 5.0)}
_transposed_seen = Exercise(
    function="gap",
    cases=[
        _first,
        _first | {"J": _B[1]},
        _first | {"u": _vector(-1.0, 2.0)},
        _first | {"v": _vector(2.0, -1.0)},
        _first | {"u": _first["v"]},
        _first | {"J": _square((1.0, 2.0), (2.0, 5.0))},
    ],
    parts=[
        Part(
            "{call} returned",
            _gap,
            {
                "This is the gap of a right `backward`, and it is always zero. "
                "Here `J @ v` stands in its place, by mistake.": lambda right, **_: 0.0 * right,
                "The sign is the other way round: what is subtracted from what?": (
                    lambda right, **_: -right
                ),
                "This is the size of the gap; it has a sign as well.": (
                    lambda right, **_: right.abs()
                ),
                "This is the first of the two numbers alone.": lambda right, J, u, v: v @ J @ u,
                "This is the second of the two numbers alone.": lambda right, J, u, v: u @ J @ v,
                "This is the sum of the two numbers; asked is their difference.": (
                    lambda right, J, u, v: v @ J @ u + u @ J @ v
                ),
                "This is only the factor that depends on `J`. Where are `u` and `v`?": (
                    lambda right, J, u, v: J[0, 1] - J[1, 0]
                ),
                "This is only the factor that depends on `u` and `v`. Where is `J`?": (
                    lambda right, J, u, v: v[0] * u[1] - v[1] * u[0]
                ),
            },
        )
    ],
)

exercises = {
    "vjp-by-hand": _vjp_by_hand,
    "shape-of-v": _shape_of_v,
    "doubling-stops": _doubling_stops,
    "jacobian-rows": _jacobian_rows,
    "ahead-by-trial": _ahead_by_trial,
    "two-layers-back": _pull_back,
    "each-slope": _each_slope,
    "transposed-seen": _transposed_seen,
}
