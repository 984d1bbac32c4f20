"""The exercises to the chapter "Mistakes in the training loop"."""

import torch

from companion.check import Choice, Function, Number, Part, flag
from companion.check.vocabulary import UNMOVED
from companion.exercises._given import (
    SEEN,
    grid,
    leaf,
    seen_edit,
    slope,
    squared_loss,
    vector,
    which_fails,
)
from companion.loops import LOOPS, run

exercises = {}

# Read and predict -----------------------------------------------------------------------------

exercises["old-name"] = Number(
    7,
    {},
    ("This is the second gradient alone. Does `v` hold one already?", 4),
    ("This is the first one alone. Which way leads from the new `w` back to the old one?", 3),
    ("The second slope is taken at the new `w`, not at the old one.", 13),
    ("`v` is a name for the old tensor, which is a leaf: it has a gradient.", 0),
)

exercises["refused-line"] = which_fails(
    "w = torch.tensor([1.0, 2.0], requires_grad=True)",
    "",
    a=("`h = w * 2; h -= 1`", "`h` is a result, no leaf. Nobody needs the numbers that are lost."),
    b=("`w.detach().sub_(1)`", "The same memory, but under a name that requires no gradient."),
    c="`v = w; v -= 1`",
    d=("`w = w - 1`", "A mistake in most loops; but it makes a new tensor, and edits none."),
)

# Repair ---------------------------------------------------------------------------------------


def _epoch(w, xs, ys, lr):
    """Return w after an epoch, and the losses on the way."""
    w, losses = w.detach().clone(), []
    for x, y in zip(xs, ys, strict=True):
        losses.append(squared_loss(w, x, y))
        w = w - lr * slope(lambda w, x=x, y=y: squared_loss(w, x, y), w)
    return w, torch.stack(losses)


def _observe_epoch(epoch, w, xs, ys, lr):
    said = epoch(w, xs, ys, lr)
    tracked = isinstance(said, torch.Tensor) and said.requires_grad
    return said.detach() if tracked else said, w, tracked


exercises["honest-log"] = Function(
    "epoch",
    grid(
        w=(leaf(1.0), leaf(-0.5)),
        xs=(vector(1.0, 2.0, 3.0),),
        ys=(vector(2.0, 4.0, 6.0), vector(1.0, 5.0, 3.0)),
        lr=(0.01, 0.05),
    ),
    Part(
        "{call} returned",
        lambda w, xs, ys, lr: _epoch(w, xs, ys, lr)[1].mean(),
        "This is the loss of the last example, whichever that is.",
        lambda w, xs, ys, lr: _epoch(w, xs, ys, lr)[1][-1],
        ("This is the sum; the mean is asked for.", lambda right, xs: right * len(xs)),
        "This is the mean at the last `w`. Asked are the losses that training has met on its way.",
        lambda w, xs, ys, lr: squared_loss(_epoch(w, xs, ys, lr)[0], xs, ys).mean(),
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
        UNMOVED,
    ),
    SEEN,
    observe=lambda step, w, *rest: (w, seen_edit(step, w, *rest)),
    may_change=["w"],
)

# Predictions of the chapter -------------------------------------------------------------------

exercises["loops-that-stop"] = Number(
    lambda: sum(bool(run(mistake).error) for mistake in LOOPS),
    {},
    ("Some of them never say a word: they only never learn.", len(LOOPS) - 1),
    ("One that looks harmless stops as well, in its first step.", lambda right: right - 1),
    ("One of these never stops: it only never learns.", lambda right: right + 1),
    ("PyTorch refuses some of them: look at the three that write the step by hand.", 0),
)

exercises["alive-in-total"] = Number(
    100,
    {"rounds": 100.0},
    ("`total` leads back to every loss that it was made of, not to the last one alone.", 1),
    ("Nobody calls `backward()` here, and only that would free them. Who holds the graphs?", 0),
)

exercises["eval-too-late"] = Choice(
    a=(
        "Yes: under `no_grad()` nothing in the network can change.",
        "`no_grad()` stops the recording. Does it stop a layer from counting what it sees?",
    ),
    b="No: the test has changed the network.",
)
