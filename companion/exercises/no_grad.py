"""The exercises to the chapter "Stopping the gradient".

What is right is found by autograd, in float64.
"""

import torch

from companion.check import Choice, Function, Number, Order, Part, flag
from companion.check.vocabulary import TWICE
from companion.exercises._given import backward_to, fails, leaf, seen_edit, slope, the_one, upstream

exercises = {}


# Read and predict -----------------------------------------------------------------------------

exercises["constant-slope"] = Number(
    lambda x: slope(lambda x: x * x.detach() * x, x),
    {"x": 5.0},
    "This is the slope of x³: here one of the three factors is a constant.",
    lambda x: slope(lambda x: x**3, x),
    "Here two of the three factors are constants. How often does `detach()` stand in the line?",
    lambda x: slope(lambda x: x * x.detach() ** 2, x),
    "The constant is not 1: it has a value, and it is a factor of the slope.",
    lambda x: slope(lambda x: x**2, x),
    "This is `y`, the value. Asked is the slope.",
    lambda x: x**3,
    "A constant has the slope 0, but only one of the factors is a constant.",
    0.0,
    "This is the value of the constant.",
    lambda x: x,
    TWICE,
)


def _who_learns():
    w1, w2, w3, w4 = weights = [leaf(number) for number in (2.0, 3.0, 0.5, 4.0)]
    w3.requires_grad_(False)
    h1 = w1 * 5.0
    h2 = (w2 * h1).detach()
    h3 = w3 * h2
    (w4 * h3 + h1).backward()
    found = tuple(k for k, w in enumerate(weights, start=1) if w.grad is not None)
    return {(4,): "a", (1, 4): "b", (1, 2, 4): "c", (1, 3, 4): "d"}[found]


exercises["who-still-learns"] = Choice(
    _who_learns,
    a=(
        "only `w4`",
        (
            "No gradient gets past `detach()`. But is the line with `detach()` the only one in "
            "which `h1` is used?"
        ),
    ),
    b="`w1` and `w4`",
    c=("`w1`, `w2` and `w4`", "`w2` is used in one line only. Can a gradient reach this line?"),
    d=(
        "`w1`, `w3` and `w4`",
        "`w3` is frozen. A gradient may flow through a frozen layer; does it stop at its weight?",
    ),
)


# Write ----------------------------------------------------------------------------------------


def _observe_snapshot(snapshot, w):
    best = snapshot(w)
    if not isinstance(best, torch.Tensor):
        return best, None, None, None, None
    said, w_after, flags = (
        best.detach().clone(),
        w.detach().clone(),
        (best.grad_fn is None, w.requires_grad),
    )
    with torch.no_grad():
        w += 1  # the training goes on
    return said, w_after, best, *flags


exercises["best-weights"] = Function(
    "snapshot",
    [
        {"w": leaf(1.0, 2.0)},
        {"w": leaf(-0.5, 0.0, 3.0)},
        {"w": leaf(4.0)},
        {"w": leaf(16777217.0, 0.1)},
    ],
    Part(
        "{call} returned",
        lambda w: w,
        "Some digits are lost: this is `w` in 32 bits. A copy keeps the dtype.",
        lambda w: w.float(),
        tensor=True,
        exact=True,
    ),
    Part(
        "After {call}, `w` is", lambda w: w, "The snapshot emptied `w` itself.", lambda w: 0.0 * w
    ),
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
    flag(
        "The snapshot is right, but after {call} `w.requires_grad` is",
        True,
        "`w` itself was switched off, so it cannot learn any more.",
    ),
    observe=_observe_snapshot,
    drawn=lambda draw: {"w": draw.leaf(-4, 4, 3)},
    may_change=["w"],
)


def _pieces(w, x, r, x_next):
    return w * x, r + 0.9 * w * x_next


def _fixed_loss(w, x, r, x_next):
    prediction, target = _pieces(w, x, r, x_next)
    return (prediction - target.detach()) ** 2


_first = {"w": leaf(1.0), "x": 2.0, "r": 1.0, "x_next": 3.0}
exercises["fixed-target"] = Function(
    "target_loss",
    [
        _first,
        _first | {"w": leaf(-0.5)},
        _first | {"x": 0.5},
        _first | {"r": -2.0},
        _first | {"x_next": 1.0},
        {"w": leaf(2.5), "x": -1.0, "r": 0.5, "x_next": 0.5},
    ],
    Part(
        "{call} returned",
        _fixed_loss,
        "This is the difference; the loss is its square.",
        lambda w, x, r, x_next: w * x - (r + 0.9 * w * x_next),
        "This is the loss without the factor 0.9 in the target.",
        lambda w, x, r, x_next: (w * x - (r + w * x_next)) ** 2,
        "The target is left out.",
        lambda w, x: (w * x) ** 2,
        "In the target, `r` is left out.",
        lambda w, x, x_next: (w * x - 0.9 * w * x_next) ** 2,
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
        lambda w, x, r, x_next: slope(
            lambda w: ((w * x).detach() - (r + 0.9 * w * x_next)) ** 2, w
        ),
        "A part of the slope is missing: does every `w` of the prediction count?",
        lambda right: right / 2,
        TWICE,
        missing="The whole loss is a constant now. Which part of it should be one?",
    ),
    observe=backward_to("w"),
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3),
        "x": draw.number(-3, 3),
        "r": draw.number(-2, 2),
        "x_next": draw.number(-3, 3),
    },
)


def _step(x):
    return (x > 0).to(x.dtype)


def _borrowed(x):
    return slope(torch.sigmoid, x, upstream(x))


exercises["borrowed-slope"] = Function(
    "soft_step",
    [{"x": leaf(-2.0, 0.5, 0.0, 3.0)}, {"x": leaf(0.1, -0.1)}, {"x": leaf(1.5)}],
    Part(
        "{call} returned",
        _step,
        "This is the smooth curve itself. The value should be 0 or 1; only the slope is borrowed.",
        lambda x: x.sigmoid(),
        "This is the slope. The function returns the value.",
        lambda x: slope(torch.sigmoid, x),
        "0 and 1 have changed places.",
        lambda right: 1 - right,
        "This is the difference of the two. What must be added to it?",
        lambda right, x: right - x.sigmoid(),
        tensor=True,
    ),
    Part(
        "The value is right, but after {call} and `y.backward(v)` with v = 1, -2, 3, …, `x.grad` is",
        _borrowed,
        "The step is flat, so its own slope is 0. Borrow the other one.",
        lambda x: 0.0 * x,
        "This is the slope 1 of the straight-through trick. Here another slope is asked for.",
        upstream,
        "This is the slope alone: what comes from above, `v`, is a factor of it.",
        lambda x: slope(torch.sigmoid, x),
        "This forgets that the entries of `v` differ: each belongs to one entry of `x`.",
        lambda x: slope(torch.sigmoid, x) * upstream(x).sum(),
        "The sign is the other way round: which of the two parts is the constant?",
        lambda right: -right,
        TWICE,
        "This is the value of the smooth curve. Autograd finds its slope for you.",
        lambda x: x.sigmoid(),
        missing="No gradient comes back to `x`. Which part of the result is tracked?",
    ),
    observe=backward_to("x"),
    drawn=lambda draw: {"x": draw.leaf(-4, 4, 3)},
)

# Find the bug, and prove ----------------------------------------------------------------------


def _bent(w, x, y):
    return (w * w * x - y) ** 2


def _observe_shift(step, w, x, y, lr, shift):
    seen = seen_edit(step, w, x, y, lr, shift)
    return w, seen


def _grad(w, x, y):
    return slope(lambda w: _bent(w, x, y), w)


_first = {"w": leaf(3.0), "x": 1.0, "y": 2.0, "lr": 0.01, "shift": 0.5}
exercises["hidden-edit"] = Function(
    "step",
    [
        _first,
        _first | {"w": leaf(-1.5)},
        _first | {"x": 2.0},
        _first | {"y": -1.0},
        _first | {"lr": 0.1},
        _first | {"shift": -0.25},
    ],
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
        "The step is missing: `w` was only shifted.",
        lambda w, shift: w - shift,
        "`w` has not moved. `w = w - …` gives the name `w` to a new tensor.",
        lambda w: w,
        "`w` was shifted twice.",
        lambda right, shift: right - shift,
        "This step goes uphill.",
        lambda w, x, y, lr, shift: w - shift + lr * _grad(w, x, y),
    ),
    flag(
        "`w` is right, but that PyTorch has seen the edit in {call} is",
        True,
        "`.data` hides it. Write it so that the next mistake of this kind raises an error.",
    ),
    observe=_observe_shift,
    may_change=["w"],
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3),
        "x": draw.number(-2, 2),
        "y": draw.number(-3, 3),
        "lr": draw.number(0.01, 0.1),
        "shift": draw.number(-1, 1),
    },
)


def _share(n, m):
    frozen = slope(lambda x: x**n * x.detach() ** m, 1.7)
    return frozen / slope(lambda x: x ** (n + m), 1.7)


exercises["frozen-share"] = Function(
    "share",
    [{"n": n, "m": m} for n in (1, 2, 5) for m in (1, 3)],
    Part(
        "{call} returned",
        _share,
        "This is the part that is lost. Asked is the part that is left.",
        lambda right: 1 - right,
        "This is upside down: can the frozen slope be larger than the true one?",
        lambda right: 1 / right,
        "This is the exponent of the frozen slope. What is the true one multiplied by?",
        lambda n: float(n),
        "These are the tracked factors against the frozen ones. The true slope has all of them.",
        lambda n, m: n / m,
        "This says that nothing is lost.",
        1.0,
        "This is right for one tracked factor only.",
        lambda m: 1 / (1 + m),
    ),
    drawn=lambda draw: {"n": draw.randint(1, 9), "m": draw.randint(1, 9)},
)

exercises["inference-later"] = Choice(
    lambda: the_one(
        exercises["inference-later"].options,
        fails(
            "x = torch.tensor([1.0, 2.0])\nw = torch.tensor(3.0, requires_grad=True)",
            "(w * h).sum().backward()",
        ),
    ),
    a=(
        "`with torch.no_grad(): h = 2 * x`",
        "`h` is a constant afterwards, and constants may be factors of what is recorded.",
    ),
    b=(
        "`h = (2 * x).detach()`",
        "`h` is a constant afterwards, and constants may be factors of what is recorded.",
    ),
    c=("`h = 2 * x.data`", "A constant again, and an unwatched one. But does it raise?"),
    d="`with torch.inference_mode(): h = 2 * x`",
)

exercises["share-proof"] = Order(
    [
        "The ratio of the two is n/(n + m): x has cancelled.",
        "At s = x that is n xⁿ⁺ᵐ⁻¹.",
        "The slope of the program in x is n xⁿ⁻¹ sᵐ, because s is a constant.",
        "The true slope of xⁿ⁺ᵐ is (n + m) xⁿ⁺ᵐ⁻¹.",
    ],
    wrong={
        "2 before 3": "“That” is which slope? First comes the rule, then the place.",
        "1 before 2": "The ratio needs both slopes at the same place. One of them is not there yet.",
        "1 before 4": "The ratio needs both slopes. One of them is not there yet.",
    },
    code=False,
)
