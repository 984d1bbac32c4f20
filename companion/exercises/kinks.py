"""The predictions, exercises and project of the chapter "Where slopes do not exist".

What is right is found by autograd, in float64, or by a difference quotient.
"""

import warnings

import torch

from companion.check import Choice, Draw, Function, Number, Part, Project
from companion.check._silent import Silent, watched
from companion.check.vocabulary import DETACHED
from companion.exercises._given import backward_to, leaf, matrix, slope, upstream, vector, which

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


def _spoilt():
    """Return the letter for how many of three weights get nan from one bad row of 100."""
    data = torch.ones(100, 3, dtype=torch.float64)
    data[7] = vector(1.0, 0.0, -1.0)  # its score is 0
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    scores = data @ w
    torch.where(scores > 0, scores.sqrt(), 0.0).mean().backward()
    return {0: "a", 2: "b", 3: "c"}[w.grad.isnan().sum().item()]


exercises["one-bad-row"] = Choice(
    _spoilt,
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


def _where_it_ends():
    w, trail = torch.tensor(0.2, dtype=torch.float64, requires_grad=True), []
    for _ in range(60):
        steps = w + (w.round() - w).detach()
        (grad,) = torch.autograd.grad((steps - 2.6) ** 2, w)
        w = (w - 0.1 * grad).detach().requires_grad_()
        trail.append(w.item())
    low, high = min(trail[-20:]), max(trail[-20:])
    if high - low < 1e-6:
        return "a" if abs(low - 2.6) < 0.05 else "b"
    return "c" if low < 2.5 < high else "d"


exercises["where-it-ends"] = Choice(
    _where_it_ends,
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

exercises["twice-relu-minus"] = Number(
    lambda: slope(lambda x: 2 * x.relu() - x, 0.0),
    {},
    "This is the slope on the right. Which one does `relu` answer?",
    1,
    "That is what `x.abs()` answers. Go through this spelling, piece by piece.",
    0,
    "The first term has the answer of `relu`; and what is the slope of the second one?",
    2,
)


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


def _named():
    """Return the letter of the backward that anomaly mode names, or of none."""
    letters = {"SqrtBackward0": "a", "SumBackward0": "b", "MulBackward0": "c"}
    x = torch.zeros(2, requires_grad=True)
    with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(True):
        warnings.simplefilter("ignore")
        try:
            (x * x).sum().sqrt().backward()
        except RuntimeError as error:
            return next(letter for name, letter in letters.items() if name in str(error))
    return "d"


exercises["who-made-it"] = Choice(
    _named,
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


_NAN = (
    "The values are right, but after {call} and `backward`, the number of nan or inf in `x.grad` is"
)
_GRAD = (
    "The values are right, but after {call} and `y.backward(v)` with v = 1, -2, 3, …, `x.grad` is"
)


def _root(x):
    return torch.stack([n.sqrt() if n > 0 else 0 * n for n in x])


exercises["safe-root"] = Function(
    "root",
    [{"x": leaf(*x)} for x in ((4.0, 0.0), (0.25, -1.0, 9.0), (1.0, 0.0, -4.0), (2.0, 0.5))],
    Part(
        "{call} returned",
        _root,
        "For negative numbers this is the root of their size. Asked is 0.",
        lambda x: x.abs().sqrt(),
        tensor=True,
    ),
    Part(
        _NAN,
        lambda x: 0,
        "On the way back `where` sends 0 into the root, and 0 times an infinite slope is nan. "
        "What must the root never see?",
        lambda x: (x <= 0).sum(),
        "0 still takes part: its slope is infinite.",
        lambda x: (x == 0).sum(),
        missing=DETACHED,
    ),
    Part(
        _GRAD,
        lambda x: slope(_root, x, upstream(x)),
        "All slopes are 0: is the way back cut?",
        lambda right: 0 * right,
        "This is the slope alone: what comes from above, `v`, is a factor of it.",
        lambda x: slope(_root, x),
        tensor=True,
    ),
    observe=_look,
    drawn=lambda draw: {"x": draw.leaf(-2, 2, 4)},
)


def _lengths(x):
    return torch.stack([row.norm() for row in x])


exercises["safe-lengths"] = Function(
    "lengths",
    [
        {"x": matrix(*rows).requires_grad_()}
        for rows in (((3.0, 4.0), (0.0, 0.0)), ((0.0, 0.0), (0.0, 0.0)), ((1.0, 0.0), (-6.0, 8.0)))
    ],
    Part(
        "{call} returned",
        _lengths,
        "These are the squares of the lengths.",
        lambda x: (x * x).sum(1),
        "These are the lengths of the columns.",
        lambda x: _lengths(x.T),
        tensor=True,
    ),
    Part(
        _NAN,
        lambda x: 0,
        "A row of zeros has an infinite slope in the root, and the slope 0 in the squares.",
        lambda x: (x == 0).all(1).sum() * x.shape[1],
        missing=DETACHED,
    ),
    Part(
        _GRAD,
        lambda x: slope(_lengths, x, upstream(x[:, 0])),
        "This is the slope alone: what comes from above, `v`, is a factor of it.",
        lambda x: slope(_lengths, x),
        tensor=True,
    ),
    observe=_look,
    drawn=lambda draw: {"x": draw.matrix(2, 2).requires_grad_()},
)


def _shares(x, keep):
    """Return the softmax of what is kept, row by row, written without a mask."""
    rows = []
    for row, kept in zip(x, keep, strict=True):
        total = sum(
            (n.exp() for n, k in zip(row, kept, strict=True) if k), torch.zeros_like(row[0])
        )
        rows.append(
            torch.stack([n.exp() / total if k else 0 * n for n, k in zip(row, kept, strict=True)])
        )
    return torch.stack(rows)


def _keep(*rows):
    return torch.tensor(rows, dtype=torch.bool)


exercises["masked-softmax"] = Function(
    "shares",
    [
        {"x": matrix((1.0, 2.0, 0.5), (0.0, -1.0, 3.0)).requires_grad_(), "keep": keep}
        for keep in (
            _keep((1, 1, 0), (1, 0, 1)),
            _keep((1, 1, 1), (0, 1, 1)),
            _keep((0, 1, 1), (0, 0, 0)),
        )
    ],
    Part(
        "{call} returned",
        _shares,
        "What is left out still takes part in the sum below the line.",
        lambda x, keep: keep * x.softmax(1),
        "A score of 0 is no score that is left out: exp(0) is 1.",
        lambda x, keep: (keep * x).softmax(1),
        tensor=True,
    ),
    Part(
        _NAN,
        lambda x: 0,
        "In a row where nothing is kept the sum is 0, and the way back divides by it. "
        "What should such a row be given instead?",
        lambda x, keep: (~keep).all(1).sum() * x.shape[1],
        missing=DETACHED,
    ),
    Part(
        _GRAD,
        lambda x, keep: slope(lambda x: _shares(x, keep), x, upstream(x)),
        tensor=True,
    ),
    observe=lambda answer, x, keep: _look(lambda x: answer(x, keep), x),
    drawn=lambda draw: {
        "x": draw.matrix(2, 3).requires_grad_(),
        "keep": _keep(*[[draw.random() < 0.7 for _ in range(3)] for _ in range(2)]),
    },
)


def _passed(x):
    return upstream(x) * (x.abs() <= 1)


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
        "Nothing is rounded here.",
        lambda x: x.clamp(-1, 1),
        tensor=True,
    ),
    Part(
        _GRAD,
        _passed,
        "The stairs are flat, so their own slope is 0. Go back past the rounding.",
        lambda x: 0.0 * x,
        "The gradient passes everywhere. Beyond −1 and 1 it should be 0, as for a clamp.",
        upstream,
        "It is four times too large: is the factor 4 undone on the way back?",
        lambda x: 4 * _passed(x),
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
            lambda: watched(questions=False),
            right=lambda draw: [vector(1.0, 2.0, 3.0), vector(-0.3, -1.2, 0.7)],
        ),
    }
)
