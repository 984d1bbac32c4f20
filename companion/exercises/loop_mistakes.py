"""The exercises to the chapter "Mistakes in the training loop"."""

import torch

from companion.check import Choice, Function, Number, Part, flag
from companion.exercises._given import (
    grid,
    leaf,
    runs,
    seen_edit,
    slope,
    vector,
    which,
    which_fails,
    which_runs,
)
from companion.loops import LOOPS, run

exercises = {}


# Read and predict -----------------------------------------------------------------------------


exercises["old-name"] = Number(
    7.0,
    {},
    "This is the second gradient alone. Does `v` hold one already?",
    4.0,
    "This is the first gradient alone. Which way leads from the new `w` back to the old one?",
    3.0,
    "The second slope is taken at the new `w`, not at the old one.",
    13.0,
    "`v` is a name for the old tensor, which is a leaf: it has a gradient.",
    0.0,
)

exercises["refused-line"] = which_fails(
    "w = torch.tensor([1.0, 2.0], requires_grad=True)",
    "",
    a=(
        "`h = w * 2; h -= 1`",
        "`h` is a result, not a leaf, and its edit is recorded. Nothing that somebody needs is lost.",
    ),
    b=(
        "`w.detach().sub_(1)`",
        "It edits the same memory, but under a name that requires no gradient.",
    ),
    c="`v = w; v -= 1`",
    d=("`w = w - 1`", "A mistake in most loops; but it makes a new tensor, and edits none."),
)

_LOOP = """
w, lr = torch.tensor(1.0, requires_grad=True), 0.05
for _ in range(60):
    loss = (3 * w - 6) ** 2
    loss.backward()
    with torch.no_grad():
        w = w - lr * w.grad
    """
exercises["line-that-saves"] = which(
    lambda line: runs(_LOOP + line, "assert abs(w - 2) < 0.01")(""),
    a=("`w.grad = None`", "The new `w` has no gradient to empty. Does it require one?"),
    b="`w.requires_grad_()`",
    c=("`w = w.clone()`", "A copy of a constant is a constant."),
    d=(
        "`loss.requires_grad = True`",
        "This is about the old loss. Which tensor does the next loss depend on?",
    ),
)


exercises["stack-of-losses"] = which_runs(
    "w = torch.tensor(1.0, requires_grad=True)\na, b = w * w, 3 * w",
    "mean.backward()\nassert w.grad == 2.5",
    a=(
        "`mean = torch.tensor([a, b]).mean()`",
        "`torch.tensor` copies numbers and leaves their history behind.",
    ),
    b=(
        "`mean = torch.tensor([a, b], requires_grad=True).mean()`",
        "It runs; but the way back ends at the new tensor. What is in `w.grad`?",
    ),
    c="`mean = torch.stack([a, b]).mean()`",
    d=(
        "`mean = (a.item() + b.item()) / 2`",
        "`item()` makes plain numbers, and they have no `backward()`.",
    ),
)


# Write and repair ------------------------------------------------------------------------------


def _epoch(w, xs, ys, lr):
    """Return w after an epoch, and the losses on the way."""
    w, losses = w.detach().clone(), []
    for x, y in zip(xs, ys, strict=True):
        losses.append((w * x - y) ** 2)
        w = w - lr * slope(lambda w, x=x, y=y: (w * x - y) ** 2, w)
    return w, torch.stack(losses)


def _observe_epoch(epoch, w, xs, ys, lr):
    said = epoch(w, xs, ys, lr)
    tracked = isinstance(said, torch.Tensor) and said.requires_grad
    return said.detach() if tracked else said, w, tracked


exercises["honest-log"] = Function(
    "epoch",
    [
        {"w": leaf(w), "xs": vector(1.0, 2.0, 3.0), "ys": vector(2.0, 4.0, y), "lr": lr}
        for w in (1.0, -0.5)
        for y in (6.0, 3.0)
        for lr in (0.01, 0.05)
    ],
    Part(
        "{call} returned",
        lambda w, xs, ys, lr: _epoch(w, xs, ys, lr)[1].mean(),
        "This is the loss of the last example, whichever that is.",
        lambda w, xs, ys, lr: _epoch(w, xs, ys, lr)[1][-1],
        "This is the sum; the mean is asked for.",
        lambda w, xs, ys, lr: _epoch(w, xs, ys, lr)[1].sum(),
        "This is the mean at the last `w`. Asked are the losses that training has met on its way.",
        lambda w, xs, ys, lr: ((_epoch(w, xs, ys, lr)[0] * xs - ys) ** 2).mean(),
    ),
    Part(
        "The log is right, but after {call}, `w` is",
        lambda w, xs, ys, lr: _epoch(w, xs, ys, lr)[0],
    ),
    flag(
        "The number is right, but that what {call} returned still holds a history is",
        False,
        "It leads back to the graph of every example: add up plain numbers.",
    ),
    observe=_observe_epoch,
    may_change=["w"],
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3),
        "xs": draw.vector(3, -3, 3),
        "ys": draw.vector(3, -5, 5),
        "lr": draw.number(0.01, 0.05),
    },
)


def _grad(w, x, y):
    return slope(lambda w: (w * w * x - y) ** 2, w)


exercises["hidden-edit"] = Function(
    "step",
    grid(
        w=(leaf(3.0), leaf(-1.5)), x=(1.0, 2.0), y=(2.0, -1.0), lr=(0.01, 0.1), shift=(0.5, -0.25)
    ),
    Part(
        "After {call}, `w` is",
        lambda w, x, y, lr, shift: w - shift - lr * _grad(w, x, y),
        "The loss was computed with one `w`, and the slope with another. Which line stands "
        "between them?",
        lambda w, x, y, lr, shift: w - shift - lr * _grad(w, x, y) * (w - shift) / w,
        "Here the loss belongs to the shifted `w`. Asked is the slope at the old one.",
        lambda w, x, y, lr, shift: w - shift - lr * _grad(w - shift, x, y),
        "The shift is missing.",
        lambda right, shift: right + shift,
        "`w` has not moved. `w = w - …` gives the name `w` to a new tensor.",
        lambda w: w,
    ),
    flag(
        "`w` is right, but that PyTorch has seen the edit in {call} is",
        True,
        "`.data` hides it. Write it so that the next mistake of this kind raises an error.",
    ),
    observe=lambda step, w, *rest: (w, seen_edit(step, w, *rest)),
    may_change=["w"],
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3),
        "x": draw.number(-2, 2),
        "y": draw.number(-3, 3),
        "lr": draw.number(0.01, 0.1),
        "shift": draw.number(-1, 1),
    },
)


# Asked in the chapter -------------------------------------------------------------------------

exercises["loops-that-stop"] = Number(
    lambda: sum(bool(run(mistake).error) for mistake in LOOPS),
    {},
    ("Some of them never say a word: they only never learn.", float(len(LOOPS) - 1)),
    ("One that looks harmless stops as well, in its first step.", lambda right: right - 1),
    ("One of these never stops: it only never learns.", lambda right: right + 1),
    ("PyTorch refuses some of them: look at the three that write the step by hand.", 0.0),
)

exercises["alive-in-total"] = Number(
    100.0,
    {"rounds": 100.0},
    ("`total` leads back to every loss that it was made of, not to the last one alone.", 1.0),
    ("Nobody calls `backward()` here, and only that would free them. Who holds the graphs?", 0.0),
)


exercises["eval-too-late"] = Choice(
    a=(
        "Yes: under `no_grad()` nothing in the network can change.",
        "`no_grad()` stops the recording. Does it stop a layer from counting what it sees?",
    ),
    b="No: the test has changed the network.",
)
