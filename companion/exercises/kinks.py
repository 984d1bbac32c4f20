"""The predictions, exercises and project of the chapter "Where slopes do not exist".

What is right is found by autograd, in float64, or by a difference quotient.
"""

import torch

from companion.check import Choice, Draw, Function, Number, Part, Project
from companion.check.vocabulary import DETACHED
from companion.exercises._given import backward_to, leaf, matrix, slope, upstream, vector, which
from companion.exercises._silent import Silent, watched

exercises = {}

# Predictions in the chapter --------------------------------------------------------------------

exercises["relu-minus-relu"] = Number(
    lambda: slope(lambda x: x.relu() - (-x).relu(), 0.0),
    {},
    "This is the true slope of the function. What does PyTorch say for each `relu` alone?",
    1,
    "Both answers would have to be one for that. Which answer has PyTorch chosen for `relu`?",
    2,
    "The mean of both sides is what `torch.maximum` takes. `relu` has another rule.",
    0.5,
)


exercises["one-bad-row"] = Choice(
    a=(
        "In none: the mean over 100 rows evens it out.",
        "A mean is a sum, and what is added to nan becomes nan.",
    ),
    b=(
        "In two: the middle entry of the bad row is 0, so it sends nothing to its weight.",
        "The gradient of that weight has the term 0 times nan. Is this 0?",
    ),
    c="In all three.",
)

exercises["where-it-ends"] = Choice(
    a=(
        "It comes to rest at 2.6.",
        "The gradient is made of `round(w)`, which is never 2.6: so it is never 0.",
    ),
    b=(
        "It comes to rest on the lowest stair, at 3.",
        "On that stair the gradient is 2 (3 − 2.6), and so the ball goes back.",
    ),
    c="It goes to and fro over the edge at 2.5.",
    d=(
        "It walks on to the right, without an end.",
        "Beyond the edge at 2.5 the sign of the gradient changes.",
    ),
)

# Read and predict ------------------------------------------------------------------------------


def _is_harmless(code):
    """Return whether a function of x has a slope at 0, and torch finds it."""

    def f(x):
        return eval(code, {"x": torch.as_tensor(x, dtype=torch.float64)})

    h = 1e-6
    left, right = (f(0.0) - f(-h)) / h, (f(h) - f(0.0)) / h
    found = slope(lambda x: eval(code, {"x": x}), 0.0)
    return abs(left - right) < 1e-3 and abs(found - right) < 1e-3


exercises["harmless-relu"] = which(
    _is_harmless,
    a=(
        "`(2 * x).relu() - (-2 * x).relu()`",
        "This is 2x, with the slope 2. What do the two corners answer together?",
    ),
    b=(
        "`x.relu() + (-x).relu()`",
        "This is |x|, and has no slope at 0 itself: any answer is a choice.",
    ),
    c="`x * x.relu()`",
    d=(
        "`x + x.relu() - (-x).relu()`",
        "This is 2x. Only the first term answers with its true slope.",
    ),
)


exercises["who-made-it"] = Choice(
    a=(
        "`SqrtBackward0`",
        "The slope of the root at 0 is infinite, so it sends inf. Is inf a nan?",
    ),
    b=("`SumBackward0`", "The sum hands on what it gets, and it gets inf."),
    c="`MulBackward0`",
    d=(
        "None: it stops only where a value is nan.",
        "It looks at the gradients. One of these operations makes a nan of inf.",
    ),
)

# Write -----------------------------------------------------------------------------------------


def _look(answer, x):
    y, grad = backward_to("x")(answer, x)
    return y, None if grad is None else (~grad.isfinite()).sum().item(), grad


def _safe(name, cases, truth, value, nan, drawn):
    """Return a question for a function that is to be right, and safe on the way back.

    `value` and `nan` are what to say to wrong values, and to numbers of nan in the gradient.
    """
    back = "The values are right, but after {call} and"
    return Function(
        name,
        cases,
        Part("{call} returned", truth, *value, tensor=True),
        Part(
            f"{back} `backward`, the number of nan or inf in `x.grad` is",
            lambda x: 0,
            *nan,
            missing=DETACHED,
        ),
        Part(
            f"{back} `y.backward(v)` with v = 1, -2, 3, …, `x.grad` is",
            lambda x, **rest: slope(lambda x: truth(x, **rest), x, upstream(truth(x, **rest))),
            "This is the slope alone: what comes from above, `v`, is a factor of it.",
            lambda x, **rest: slope(lambda x: truth(x, **rest), x),
            tensor=True,
        ),
        observe=lambda answer, x, *rest: _look(lambda x: answer(x, *rest), x),
        drawn=drawn,
    )


def _root(x):
    return torch.stack([n.sqrt() if n > 0 else 0 * n for n in x])


exercises["safe-root"] = _safe(
    "root",
    [{"x": leaf(*x)} for x in ((4.0, 0.0), (0.25, -1.0, 9.0), (1.0, 0.0, -4.0), (2.0, 0.5))],
    _root,
    ("For negative numbers this is the root of their size. Asked is 0.", lambda x: x.abs().sqrt()),
    (
        (
            "On the way back 0 comes to the root, and 0 times an infinite slope is nan. "
            "What must the root never see?"
        ),
        lambda x: (x <= 0).sum(),
        "0 still takes part: its slope is infinite.",
        lambda x: (x == 0).sum(),
    ),
    lambda draw: {"x": draw.leaf(-2, 2, 4)},
)


def _lengths(x):
    return torch.stack([row.norm() for row in x])


exercises["safe-lengths"] = _safe(
    "lengths",
    [
        {"x": matrix(*rows).requires_grad_()}
        for rows in (((3.0, 4.0), (0.0, 0.0)), ((0.0, 0.0), (0.0, 0.0)), ((1.0, 0.0), (-6.0, 8.0)))
    ],
    _lengths,
    ("These are the squares of the lengths.", lambda x: (x * x).sum(1)),
    (
        "A row of zeros has an infinite slope in the root, and the slope 0 in the squares.",
        lambda x: (x == 0).all(1).sum() * x.shape[1],
    ),
    lambda draw: {"x": draw.matrix(2, 2).requires_grad_()},
)


def _shares(x, keep):
    """Return the softmax of what is kept, row by row, each row by itself."""
    rows = []
    for row, kept in zip(x, keep, strict=True):
        rows.append(0 * row)
        if kept.any():
            rows[-1] = rows[-1].index_put((kept,), row[kept].softmax(0))
    return torch.stack(rows)


def _keep(*rows):
    return torch.tensor(rows, dtype=torch.bool)


exercises["masked-softmax"] = _safe(
    "shares",
    [
        {"x": matrix((1.0, 2.0, 0.5), (0.0, -1.0, 3.0)).requires_grad_(), "keep": keep}
        for keep in (
            _keep((1, 1, 0), (1, 0, 1)),
            _keep((1, 1, 1), (0, 1, 1)),
            _keep((0, 1, 1), (0, 0, 0)),
        )
    ],
    _shares,
    (
        "What is left out still takes part in the sum below the line.",
        lambda x, keep: keep * x.softmax(1),
        "A score of 0 is no score that is left out: exp(0) is 1.",
        lambda x, keep: (keep * x).softmax(1),
    ),
    (
        (
            "In a row where nothing is kept the sum is 0, and the way back divides by it. "
            "What should such a row be given instead?"
        ),
        lambda x, keep: (~keep).all(1).sum() * x.shape[1],
    ),
    lambda draw: {
        "x": draw.matrix(2, 3).requires_grad_(),
        "keep": _keep(*[[draw.random() < 0.7 for _ in range(3)] for _ in range(2)]),
    },
)


exercises["quarters"] = Function(
    "quarters",
    [{"x": leaf(0.3, -0.8, 1.7, 0.1)}, {"x": leaf(-2.0, 0.9)}, {"x": leaf(0.6, -0.4)}],
    Part(
        "{call} returned",
        lambda x: (x.clamp(-1, 1) * 4).round() / 4,
        "What lies beyond −1 or 1 is to be held at −1 or 1.",
        lambda x: (x * 4).round() / 4,
        "These are whole numbers. Multiply first, round, then divide.",
        lambda x: x.clamp(-1, 1).round(),
        tensor=True,
    ),
    Part(
        "The values are right, but after {call} and `y.backward(v)` with v = 1, -2, 3, …, "
        "`x.grad` is",
        lambda x: upstream(x) * (x.abs() <= 1),
        "The stairs are flat, so their own slope is 0. Go back past the rounding.",
        lambda x: 0.0 * x,
        "The gradient passes everywhere. Beyond −1 and 1 it should be 0, as for a clamp.",
        upstream,
        missing=DETACHED,
        tensor=True,
    ),
    observe=backward_to("x"),
    drawn=lambda draw: {"x": draw.leaf(-1.9, 1.9, 4)},
)

# The project -----------------------------------------------------------------------------------


def _tie(draw: Draw):
    same, other = draw.number(0.5, 3), draw.number(-3, -0.5)
    return vector(*draw.choice(((same, same, other), (other, other, same))))


def _anywhere(draw: Draw):
    fixed = vector(0.0, 0.0, 0.0), vector(1.0, 1.0, 1.0), vector(1.0, 2.0, 3.0)
    return [*fixed, vector(-1.0, 0.0, 2.0), _tie(draw), draw.vector(3, -2, 2), draw.vector(3, 0, 2)]


exercises["break-it"] = Project(
    {
        "by any means": Silent(_anywhere),
        "without a cut": Silent(_anywhere, watched),
        "at a corner that moves": Silent(
            lambda draw: [vector(2.0, 2.0, 1.0), *(_tie(draw) for _ in range(4))],
            watched,
            right=lambda draw: [vector(1.0, 2.0, 3.0), vector(-0.3, -1.2, 0.7)],
        ),
    }
)
