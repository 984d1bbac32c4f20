"""The exercises to the chapter "In-place edits and version counters", and its predictions."""

import itertools

import torch

from companion.check import Choice, Function, Number, Order, Part, flag
from companion.exercises._given import backward_to, leaf, seen_edit, slope, which

exercises = {}


# Predictions of the chapter --------------------------------------------------------------------


exercises["edits-counted"] = Number(
    4.0,
    {"w": 7},
    "Those are the lines. Do all of them write into the memory of `w`, and is each one seen?",
    7.0,
    "One of these goes to a copy. And is there a line that writes and is not seen?",
    6.0,
    "One too many. Does `.data`, or NumPy, use the counter of `w`?",
    5.0,
    "One is missing. The counter does not compare numbers, and `detach()` is no copy.",
    3.0,
)


exercises["exp-kept"] = Choice(
    a=("only the edit of `h`", "Write down the slope of $e^h$. Do you need `h` for it?"),
    b="only the edit of `y`",
    c=("both", "Only one number is needed for the slope of $e^h$. Which one is already there?"),
    d=("neither", "The slope of $e^h$ is not always the same. Which number says what it is?"),
)


exercises["overwritten"] = Number(
    0.0,
    {"w": 2.0},
    ("This would be so if the 5 had been made from `w`. Was it?", 20.0),
    ("This is the slope with respect to `h[1]`. How fast does `h[1]` change with `w[1]`?", 10.0),
    ("This is the slope as it was before the edit. Which number is squared now?", 16.0),
    ("`h[1]` was made with this factor. What is it made of now?", 2.0),
)


exercises["relu-and-itself"] = Choice(
    a=("`-2`", "`relu_` writes into `h`. What does the addition find there?"),
    b="`0`",
    c=("nothing: it raises an error", "An addition keeps nothing. Who should complain?"),
)


# Read and predict ------------------------------------------------------------------------------


exercises["in-place-blind"] = Number(
    7.0,
    {},
    "This is the slope at the number that `w` had. Which number does `backward()` find in its "
    "memory?",
    13.0,
    "`z` has two terms, and the second one has a slope too.",
    4.0,
    "This is the first term before the edit. Which number is in the memory of `w` now, and where "
    "is the second term?",
    10.0,
)


exercises["in-place-recorded"] = Number(
    21.0,
    {},
    ("`w[2]` acts in two places of `h`. This is what one of them gives.", 20.0),
    ("This is the other place alone. Where else in `h` is `w[2]`?", 1.0),
    ("The slice is a view: its edit goes into `h`, and is recorded.", 3.0),
    ("`h[0]` is not `w[2] * 2`: the line writes `w[2]` itself into it.", 22.0),
)


def _edits_h(edit):
    h = leaf([1.0, 2.0, 3.0]) * 1
    exec(edit, {"h": h})  # noqa: S102 it is a text of this module
    return h[0].item() == 2


exercises["in-place-copies"] = which(
    _edits_h,
    a=("`h[[0, 1]].mul_(2)`", "A list of indices picks numbers from anywhere, so it makes a copy."),
    b=("`h[h < 3].mul_(2)`", "A mask picks numbers from anywhere, so it makes a copy."),
    c=("`v = h[:2] * 2`", "`v` is a new tensor. Is anything written into `h`?"),
    d="`h[[0, 1]] *= 2`",
)

exercises["in-place-two-losses"] = Order(
    lines=(
        "optimizer.step()",
        "second.backward()",
        "y_hat = model(x)",
        "first.backward(retain_graph=True)",
        "first, second = (y_hat - 2).square().sum(), y_hat.abs().sum()",
    ),
    wrong={
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
        {"w": leaf(w), "low": low, "high": high}
        for w, (low, high) in itertools.product(
            ([-3.0, 0.5, 2.0], [0.25, -0.75, 4.0, -1.5]), ((-1.0, 1.0), (-0.5, 1.5))
        )
    ],
    Part(
        "After {call}, `w` is",
        lambda w, low, high: w.clamp(low, high),
        "`w` has not moved. `w = …` gives the name `w` to a new tensor; an edit in place changes "
        "the one that the caller holds.",
        lambda w: w,
        "The numbers that are too large are still there.",
        lambda w, low: w.clamp(min=low),
        "The numbers that are too small are still there.",
        lambda w, high: w.clamp(max=high),
        "Here `low` and `high` are in each other's place.",
        lambda w, low, high: w.clamp(max=low).clamp(min=high),
    ),
    Part(
        "`w` is right, but after {call} and `(w * w).sum().backward()`, `w.grad` is",
        lambda w, low, high: 2 * w.clamp(low, high),
        missing="`w` must go on to learn. It was a leaf that requires a gradient: leave it one.",
    ),
    flag(
        "`w` is right, but that PyTorch has seen the edit in {call} is",
        True,
        "`.data` hides an edit from the counter. What lets you edit a leaf openly?",
    ),
    observe=_observe_limit,
    may_change=["w"],
    drawn=lambda draw: {
        "w": draw.leaf(-4, 4, 4),
        "low": draw.number(-2, -0.1),
        "high": draw.number(0.1, 2),
    },
)


# Find the bug ----------------------------------------------------------------------------------


exercises["in-place-swish"] = Function(
    "swish_sum",
    [{"x": leaf(x)} for x in ([1.0, -2.0], [0.5, 3.0], [2.0, 0.25, -1.0], [0.0, -0.5])],
    Part(
        "{call} returned",
        lambda x: (x * torch.sigmoid(x)).sum(),
        "The factor `x` is gone: this is the sum of the sigmoids.",
        lambda x: torch.sigmoid(x).sum(),
        tensor=True,
    ),
    Part(
        "The value is right, but after {call} and `backward()`, `x.grad` is",
        lambda x: slope(lambda x: x * torch.sigmoid(x), x),
        "No error and a wrong gradient: the edit is still there, but hidden. sigmoid keeps its "
        "result, and that was overwritten.",
        lambda x: x * torch.sigmoid(x) * (1 - x * torch.sigmoid(x)),
        "The sigmoid is a constant here: the part of the slope that goes through it is missing.",
        lambda x: torch.sigmoid(x),
        "The factor `x` is a constant here: a part of the slope is missing.",
        lambda x: x * torch.sigmoid(x) * (1 - torch.sigmoid(x)),
        missing="The way from the sum back to `x` is cut. `detach()`, `item()` and "
        "`torch.no_grad()` cut it.",
    ),
    observe=backward_to("x"),
    drawn=lambda draw: {"x": draw.leaf(-4, 4, 3)},
)
