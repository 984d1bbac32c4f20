"""The exercises to the chapter "Tensors that remember"."""

import torch

from companion.check import Choice, Function, Number, Part, flag
from companion.check.vocabulary import DETACHED, SUM
from companion.exercises._given import backward_to, draw_examples, grid, leaf, slope, vector

exercises = {}

# Read and predict -----------------------------------------------------------------------------

exercises["leaf-count"] = Number(
    5,
    {},
    ("Those are the leaves that get a gradient. There are other leaves too.", 1),
    ("Those were typed in. A result is a leaf as well, if nothing was recorded for it.", 2),
    ("Those are the ones that require a gradient. Being a leaf is another question.", 3),
    ("One is missing. Can a result of two tensors be a leaf?", 4),
    ("One too many: ask of each result whether one of its inputs remembers.", 6),
)

exercises["branch-gradient"] = Number(
    192,
    {"x": 1.5},
    ("This is the slope of the other branch. Which one is taken?", 8),
    ("The loop runs once more than that.", 48),
    ("This is `y`, the value. Asked is the slope.", 144),
    ("This is the slope of the last line alone. What did the loop do to `x`?", 24),
)

# Write ----------------------------------------------------------------------------------------


def _middle_loss(y, w, t):
    return (y - t) ** 2 + w * y


exercises["middle-gradient"] = Function(
    "arrives",
    grid(w=(leaf(2.0), leaf(-1.0)), x=(3.0, 0.5), t=(1.0, -2.0)),
    Part(
        "{call} returned",
        lambda w, x, t: slope(lambda y: _middle_loss(y, w, t), w * x),
        "This is `w.grad`. Asked is the gradient that arrives at `y`, on the way to `w`.",
        lambda w, x, t: slope(lambda w: _middle_loss(w * x, w, t), w),
        "This is what `y` sends on to `w`. Asked is what arrives at `y` itself.",
        lambda right, x: right * x,
        "`y` stands in the loss twice. This is only what comes from the square.",
        lambda right, w: right - w,
        missing="PyTorch keeps the gradient of a result only if you ask for it, and before "
        "`backward()`. And a function gives back what stands after `return`.",
    ),
)


def _observe_weight(make_weight, n, scale):
    w = make_weight(n, scale)
    return w, getattr(w, "requires_grad", None), getattr(w, "is_leaf", None)


exercises["make-weight"] = Function(
    "make_weight",
    [{"n": n, "scale": scale} for n in (2, 3) for scale in (0.01, 0.5)],
    Part(
        "{call} returned",
        lambda n, scale: torch.full((n,), scale, dtype=torch.float64),
        ("These are the ones with which you began: where is `scale`?", lambda n: torch.ones(n)),
        tensor=True,
    ),
    flag(
        "The numbers are right, but for {call} `w.requires_grad` is",
        True,
        "It does not remember. Nothing would ever be learned.",
    ),
    flag(
        "The numbers are right, but for {call} `w.is_leaf` is",
        True,
        "It is the result of a recorded operation, and no optimizer takes that. When was the "
        "memory switched on?",
    ),
    observe=_observe_weight,
)

# Find the bug ---------------------------------------------------------------------------------


def _line_loss(w, b, x, y):
    return ((w * x + b - y) ** 2).mean()


_STILL_CUT = (
    "It is zero: something with the right flag is added, but the way to the loss is still cut.",
    0.0,
)
_first = {"w": leaf(1.0), "b": leaf(0.5), "x": vector(1.0, 2.0, 4.0), "y": vector(2.0, 4.0, 9.0)}
exercises["cut-in-the-middle"] = Function(
    "loss_of",
    [_first, _first | {"w": leaf(-0.5)}, _first | {"b": leaf(2.0)}],
    Part("{call} returned", _line_loss, SUM, tensor=True),
    Part(
        "The loss is right, but after {call} and `backward()`, `w.grad` is",
        lambda w, b, x, y: slope(lambda w: _line_loss(w, b, x, y), w),
        _STILL_CUT,
        missing=f"{DETACHED} Follow `grad_fn` from the loss: where does it end? The flag of a new "
        "tensor does not bring its history back.",
    ),
    Part(
        "`w.grad` is right, but after {call} and `backward()`, `b.grad` is",
        lambda w, b, x, y: slope(lambda b: _line_loss(w, b, x, y), b),
        _STILL_CUT,
        missing=DETACHED,
    ),
    observe=backward_to("w", "b"),
    drawn=lambda draw: {"w": None, "b": draw.leaf(-3, 3)} | draw_examples(draw),  # in this order
)

# Predictions of the chapter -------------------------------------------------------------------

exercises["switched-on-later"] = Choice(
    a=("both", "`b` was computed when nobody was taking notes. Who should tell it now?"),
    b="only `c`",
    c=("none of the two", "`c` is made of `a`, and by then `a` requires a gradient."),
    d=("only `b`", "Which of the two was computed after `a` was switched on?"),
)

exercises["middle-after-backward"] = Choice(
    a="`None`, with a warning",
    b=("`tensor(12.)`", "It was computed, on the way to `w`. But did anybody ask to keep it?"),
    c=("`tensor(0.)`", "Nothing is filled with zeros here: `.grad` begins as `None`."),
    d=("an error message", "PyTorch is milder than that: it answers, and says what is odd."),
)

exercises["turns-before-the-change"] = Number(
    3,
    {"x": 0.5},
    ("After these turns `y` is 2, and the branch is still the same.", 2),
    ("Each turn doubles `y`; it does not add 0.5 to it.", 6),
    ("That is one turn more than needed.", 4),
)
