"""The exercises to the chapter "Stopping the gradient"."""

import torch

from companion.check import Choice, Function, Number, Part, flag
from companion.exercises._given import LEARNS, backward_to, grid, leaf, slope, upstream, which_fails

exercises = {}

# Read and predict -----------------------------------------------------------------------------

exercises["who-still-learns"] = Choice(
    a=("only `w4`", "No gradient gets past `detach()`. But is that the only line that uses `h1`?"),
    b="`w1` and `w4`",
    c=("`w1`, `w2` and `w4`", "`w2` is used in one line only. Can a gradient reach this line?"),
    d=(
        "`w1`, `w3` and `w4`",
        "`w3` is frozen. A gradient may flow through a frozen layer; does it stop at its weight?",
    ),
)

_CONSTANT = "`h` is a constant afterwards, and constants may be factors of what is recorded."
exercises["inference-later"] = which_fails(
    "x = torch.tensor([1.0, 2.0])\nw = torch.tensor(3.0, requires_grad=True)",
    "(w * h).sum().backward()",
    a=("`with torch.no_grad(): h = 2 * x`", _CONSTANT),
    b=("`h = (2 * x).detach()`", _CONSTANT),
    c=("`h = 2 * x.data`", "A constant again, and an unwatched one. But does it raise?"),
    d="`with torch.inference_mode(): h = 2 * x`",
)

# Write ----------------------------------------------------------------------------------------


def _observe_snapshot(snapshot, w):
    best = snapshot(w)
    if not isinstance(best, torch.Tensor):
        return best, None, None, None, None
    said, w_after = best.detach().clone(), w.detach().clone()
    flags = best.grad_fn is None, w.requires_grad
    with torch.no_grad():
        w += 1  # the training goes on
    return said, w_after, best, *flags


exercises["best-weights"] = Function(
    "snapshot",
    [{"w": leaf(1.0, 2.0)}, {"w": leaf(-0.5, 0.0, 3.0)}, {"w": leaf(4.0, 0.1)}],
    Part("{call} returned", lambda w: w, tensor=True),
    Part("After {call}, `w` is", lambda w: w),
    Part(
        "After {call} and then `w += 1`, the snapshot is",
        lambda w: w,
        "It moved along with `w`: two names, one memory. `detach()` and `.data` do not copy.",
        lambda w: w + 1,
    ),
    flag(
        "The snapshot is a copy, but after {call} `snapshot.grad_fn is None` is",
        True,
        "`clone()` copies, and remembers that it did: the copy has a history.",
    ),
    LEARNS,
    observe=_observe_snapshot,
    may_change=["w"],
)


def _fixed_loss(w, x, r, x_next):
    return (w * x - (r + 0.9 * w * x_next).detach()) ** 2


exercises["fixed-target"] = Function(
    "target_loss",
    grid(w=(leaf(1.0), leaf(-0.5)), x=(2.0, 0.5), r=(1.0, -2.0), x_next=(3.0, 1.0)),
    Part(
        "{call} returned",
        _fixed_loss,
        "The target is `r` alone here. What does the network promise for later?",
        lambda w, x, r: (w * x - r) ** 2,
        tensor=True,
    ),
    Part(
        "The loss is right, but after {call} and `backward()`, `w.grad` is",
        lambda w, x, r, x_next: slope(lambda w: _fixed_loss(w, x, r, x_next), w),
        "The gradient flows into the target as well: it is not a constant yet.",
        lambda w, x, r, x_next: slope(lambda w: (w * x - (r + 0.9 * w * x_next)) ** 2, w),
        "You made the prediction a constant, and the target learns. It is the other way round.",
        lambda right, x, x_next: -0.9 * right * x_next / x,
        missing="The whole loss is a constant now. Which part of it should be one?",
    ),
    observe=backward_to("w"),
)

exercises["borrowed-slope"] = Function(
    "soft_step",
    [{"x": leaf(-2.0, 0.5, 0.0, 3.0)}, {"x": leaf(0.1, -0.1)}, {"x": leaf(1.5)}],
    Part(
        "{call} returned",
        lambda x: (x > 0).to(x.dtype),
        "This is the smooth curve itself. The value should be 0 or 1; only the slope is borrowed.",
        lambda x: x.sigmoid(),
        tensor=True,
    ),
    Part(
        "The value is right, but after {call} and `y.backward(v)` with v = 1, -2, 3, …, `x.grad` is",
        lambda x: slope(torch.sigmoid, x, upstream(x)),
        ("The step is flat, so its own slope is 0. Borrow the other one.", lambda x: 0 * x),
        "This is the slope 1 of the straight-through trick. Here another slope is asked for.",
        upstream,
        "The sign is the other way round: which of the two parts is the constant?",
        lambda right: -right,
        missing="No gradient comes back to `x`. Which part of the result is tracked?",
    ),
    observe=backward_to("x"),
    drawn=lambda draw: {"x": draw.leaf(-4, 4, 3)},
)

# Predictions of the chapter -------------------------------------------------------------------

exercises["product-with-constant"] = Number(
    -2,
    {"x": -2.0},
    ("This is the slope of the square. Which of its two terms is lost?", -4),
    ("This is the value. Asked is what comes back.", 4),
    ("The sign is the other way round: what is the constant at this `x`?", 2),
    ("One factor is a constant, the other is not.", 0),
)

exercises["tracked-in-blocks"] = Choice(
    a=("`b` and `c`", "Recording is on for both. But does `c`'s input require a gradient?"),
    b="only `b`",
    c=("none of them", "The inner block counts where it stands, although it is inside another."),
    d=("all three", "In the line of `a` nothing is recorded."),
)

exercises["first-layer-cut"] = Choice(
    a=(
        "only that of the first layer",
        "The gradient comes from the end. Which layers does it meet before the cut?",
    ),
    b="those of the second and the third",
    c=("none", "The result still depends on weights behind the cut: there is a way to go back."),
    d=("all three", "So it would be without the cut. Here the result of the first is cut off."),
)

exercises["alive-after-detach"] = Number(
    0,
    {},
    ("So many were kept on the way. But who holds the graph that keeps them?", 11),
    ("`y` has its own numbers, and they are not one of those kept for the way back.", 1),
    ("The layers do not matter: who holds the graph?", 4),
)
