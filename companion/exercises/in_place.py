"""The exercises to the chapter "In-place edits and version counters", and its predictions."""

import torch

from companion.check import Choice, Function, Number, Order, Part
from companion.check.vocabulary import DETACHED, UNMOVED
from companion.exercises._given import SEEN, backward_to, leaf, seen_edit, slope

exercises = {}

# Predictions of the chapter --------------------------------------------------------------------

exercises["edits-counted"] = Number(
    4,
    {"w": 7},
    ("Those are the lines. Do all of them write into the memory of `w`, and is each one seen?", 7),
    ("One of these goes to a copy. And is there a line that writes and is not seen?", 6),
    ("One too many. Does `.data`, or NumPy, use the counter of `w`?", 5),
    ("One is missing. The counter does not compare numbers, and `detach()` is no copy.", 3),
)

exercises["exp-kept"] = Choice(
    a=("only the edit of `h`", "Write down the slope of $e^h$. Do you need `h` for it?"),
    b="only the edit of `y`",
    c=("both", "Only one number is needed for the slope of $e^h$. Which one is already there?"),
    d=("neither", "The slope of $e^h$ is not always the same. Which number says what it is?"),
)

exercises["overwritten"] = Number(
    0,
    {"w": 2.0},
    ("This would be so if the 5 had been made from `w`. Was it?", 20),
    ("This is the slope with respect to `h[1]`. How fast does `h[1]` change with `w[1]`?", 10),
    ("This is the slope as it was before the edit. Which number is squared now?", 16),
    ("`h[1]` was made with this factor. What is it made of now?", 2),
)

exercises["relu-and-itself"] = Choice(
    a=("`-2`", "`relu_` writes into `h`. What does the addition find there?"),
    b="`0`",
    c=("nothing: it raises an error", "An addition keeps nothing. Who should complain?"),
)

# Read and predict ------------------------------------------------------------------------------

exercises["in-place-recorded"] = Number(
    21,
    {},
    ("`w[2]` acts in two places of `h`. This is what one of them gives.", 20),
    ("This is the other place alone. Where else in `h` is `w[2]`?", 1),
    ("The slice is a view: its edit goes into `h`, and is recorded.", 3),
    ("`h[0]` is not `w[2] * 2`: the line writes `w[2]` itself into it.", 22),
)

exercises["in-place-two-losses"] = Order(
    (
        "optimizer.step()",
        "second.backward()",
        "y_hat = model(x)",
        "first.backward(retain_graph=True)",
        "first, second = (y_hat - 2).square().sum(), y_hat.abs().sum()",
    ),
    {
        "5 before 3": "The losses need `y_hat`, and no line has made it yet.",
        "2 before 5": "Before `backward()` there must be a loss.",
        "4 before 5": "Before `backward()` there must be a loss.",
        "2 before 4": "One of the two `backward()` frees what both of them need. Which one may do "
        "that?",
        "1 before 4": "The step finds no gradient: no `backward()` has run yet.",
        "1 before 2": "The step edits the weights, and a `backward()` after it still needs one of "
        "them as it was.",
    },
)

# Write -----------------------------------------------------------------------------------------


def _observe_limit(limit, w, low, high):
    seen = seen_edit(limit, w, low, high)
    moved = w.detach().clone()
    if w.requires_grad:
        w.grad = None
        (w * w).sum().backward()
    return moved, w.grad, seen


exercises["in-place-limit"] = Function(
    "limit",
    [
        {"w": leaf(*w), "low": low, "high": high}
        for w in ((-3.0, 0.5, 2.0), (0.25, -0.75, 4.0, -1.5))
        for low, high in ((-1.0, 1.0), (-0.5, 1.5))
    ],
    Part(
        "After {call}, `w` is",
        lambda w, low, high: w.clamp(low, high),
        UNMOVED,
        ("The numbers that are too large are still there.", lambda w, low: w.clamp(min=low)),
        ("The numbers that are too small are still there.", lambda w, high: w.clamp(max=high)),
    ),
    Part(
        "`w` is right, but after {call} and `(w * w).sum().backward()`, `w.grad` is",
        lambda w, low, high: 2 * w.clamp(low, high),
        missing="`w` must go on to learn. It was a leaf that requires a gradient: leave it one.",
    ),
    SEEN,
    observe=_observe_limit,
    may_change=["w"],
)

# Find the bug ----------------------------------------------------------------------------------


exercises["in-place-swish"] = Function(
    "swish_sum",
    [{"x": leaf(*x)} for x in ((1.0, -2.0), (0.5, 3.0), (2.0, 0.25, -1.0), (0.0, -0.5))],
    Part("{call} returned", lambda x: (x * torch.sigmoid(x)).sum(), tensor=True),
    Part(
        "The value is right, but after {call} and `backward()`, `x.grad` is",
        lambda x: slope(lambda x: x * torch.sigmoid(x), x),
        "No error and a wrong gradient: the edit is still there, but hidden. sigmoid keeps its "
        "result, and that was overwritten.",
        lambda x: x * torch.sigmoid(x) * (1 - x * torch.sigmoid(x)),
        "The sigmoid is a constant here: the part of the slope that goes through it is missing.",
        lambda x: x.sigmoid(),
        missing=DETACHED,
    ),
    observe=backward_to("x"),
)
