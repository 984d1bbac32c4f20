"""The exercises to the chapter "One weight learns"."""

import torch

from companion.check import Choice, Function, Number, Order, Part, mistakes
from companion.check.vocabulary import DETACHED, HALF, MOVE, SIGN, SUM, TWICE, UNMOVED, UPHILL
from companion.exercises._given import (
    LEARNS,
    SEEN,
    backward_to,
    draw_examples,
    grid,
    leaf,
    runs,
    seen_edit,
    slope,
    squared_loss,
    vector,
    which,
)

exercises = {}


def _gradient(w, x, y):
    return slope(lambda w: squared_loss(w, x, y).mean(), w)  # the mean of one is that one


def _after_step(w, x, y, lr):
    return float(w) - lr * _gradient(w, x, y)


def _train(lr, epochs, every=1):
    """Return w after the chapter's loop, which empties w.grad after so many steps."""
    w = leaf(1.0)
    for step in range(3 * int(epochs)):
        x = step % 3 + 1
        squared_loss(w, x, 2 * x).backward()
        with torch.no_grad():
            w -= lr * w.grad
        if (step + 1) % every == 0:
            w.grad = None
    return w.detach()


# Mistakes are tried in their order: the more telling one of two equal values stands first.
_GRADIENT_MISTAKES = mistakes(
    ("This is the loss itself. Asked is how fast it changes with `w`: its slope.", squared_loss),
    SIGN,
    HALF,
    "This is the slope with respect to `y_hat`. How fast does `y_hat` change with `w`?",
    lambda right, x: right / x,
    "This is only the difference `y_hat - y`. The chain rule multiplies two slopes.",
    lambda right, x: right / x / 2,
    TWICE,
)

_STEP_MISTAKES = mistakes(
    UPHILL,
    "This step has the length of the whole slope: `lr` takes a part of it.",
    lambda w, x, y: w - _gradient(w, x, y),
)

exercises["first-gradient"] = Number(_gradient, {"w": 1.0, "x": 4.0, "y": 8.0}, *_GRADIENT_MISTAKES)

exercises["gradient-by-hand"] = Function(
    "gradient",
    grid(w=(1.0, -0.5), x=(1.0, 3.0), y=(2.0, 5.0)) + [{"w": 250.0, "x": -3.0, "y": 7.0}],
    Part("{call} returned", _gradient, *_GRADIENT_MISTAKES),
    drawn=lambda draw: {name: draw.number(-5, 5) for name in "wxy"},
    without="torch",
)

exercises["mean-loss"] = Function(
    "mean_loss",
    grid(
        w=(leaf(1.0), leaf(-0.5)),
        x=(vector(1.0, 2.0, 3.0), vector(-1.0, 0.5, 2.0)),
        y=(vector(2.0, 4.0, 6.0), vector(0.0, 1.0, 5.0)),
    ),
    Part(
        "{call} returned",
        lambda w, x, y: squared_loss(w, x, y).mean(),
        SUM,
        "This is the loss of the last example alone.",
        lambda w, x, y: squared_loss(w, x[-1], y[-1]),
        "This is the square of the mean difference: square first, then take the mean.",
        lambda w, x, y: (w * x - y).mean() ** 2,
        tensor=True,
    ),
    Part("After {call} and `backward()`, `w.grad` is", _gradient, missing=DETACHED),
    observe=backward_to("w"),
    drawn=draw_examples,
)


def _observe_step(step, w, *rest):
    seen = seen_edit(step, w, *rest)
    return w, w.grad, seen, w.requires_grad


exercises["one-step"] = Function(
    "step",
    grid(w=(leaf(1.0), leaf(-0.5), leaf(0.0)), x=(1.0, 3.0), y=(2.0, 5.0), lr=(0.01, 0.1)),
    Part("After {call}, `w` is", _after_step, UNMOVED, *_STEP_MISTAKES),
    Part(
        "`w` is right, but after {call}, `w.grad` is",
        lambda: None,
        ("The next `backward()` would add to it: empty it, as in the chapter.", _gradient),
        ("A zero works too, but this asks for `None`, which an empty `w.grad` is today.", 0.0),
    ),
    SEEN,
    LEARNS,
    observe=_observe_step,
    may_change=["w"],
)

exercises["nothing-learns"] = Function(
    "train",
    grid(lr=(0.01, 0.05), epochs=(1, 3)),
    Part(
        "{call} returned",
        _train,
        ("`w` is where it started. What does `w.grad` hold when the step is taken?", 1.0),
        "Gradients add up here: `w.grad` is never emptied.",
        lambda lr, epochs: _train(lr, epochs, every=1000),
        "Gradients add up within an epoch: empty `w.grad` at every step.",
        lambda lr, epochs: _train(lr, epochs, every=3),
    ),
    drawn=lambda draw: {"lr": draw.number(0.01, 0.06), "epochs": draw.randint(2, 4)},
)


_STEP = """
w, lr = torch.tensor(1.0, requires_grad=True), 0.01
for _ in range(2):
    loss = (3 * w - 6) ** 2
    loss.backward()"""
exercises["which-step"] = which(
    lambda line: runs(_STEP, "    w.grad = None\nassert 1 < w < 2")(f"    {line}"),
    a="`with torch.no_grad(): w -= lr * w.grad`",
    b=(
        "`w = w - lr * w.grad`",
        "The next `backward()` goes to the first `w`, and the `.grad` of the new one is `None`.",
    ),
    c=(
        "`w -= lr * w.grad`",
        "PyTorch refuses to edit a leaf in place while it is recording. Who must look away?",
    ),
    d=(
        "`with torch.no_grad(): w = w - lr * w.grad`",
        "The new `w` was made while PyTorch looked away, so the next loss has no way back to it.",
    ),
)

exercises["largest-lr-proof"] = Order(
    [
        "So lr < 1/x².",
        "The distance shrinks if and only if |1 − 2 lr x²| < 1.",
        "The second one is the same as 2 lr x² < 2.",
        "That is two conditions: 1 − 2 lr x² < 1, and −1 < 1 − 2 lr x².",
        "The first one holds for every positive lr, because x² > 0.",
    ],
    {
        "4 before 2": "Two conditions for what? First comes what is to be shown, as a formula.",
        "5 before 4": "“The first one” of which two? They are not there yet.",
        "3 before 4": "“The second one” of which two? They are not there yet.",
        "1 before 3": "This is the end. From which inequality does it follow?",
    },
    code=False,
)

# Predictions of the chapter -------------------------------------------------------------------

_FIRST = {"w": 1.0, "x": 1.0, "y": 2.0}
exercises["slope-at-one"] = Number(_gradient, _FIRST, *_GRADIENT_MISTAKES)
exercises["first-move"] = Number(_after_step, _FIRST | {"lr": 0.01}, *_STEP_MISTAKES, MOVE)

exercises["what-backward-changes"] = Choice(
    a=("`w`", "`backward()` finds a slope. Which line takes the step?"),
    b="`w.grad`",
    c=("both", "It finds a slope and keeps it. Which line takes the step?"),
)

exercises["closer-each-step"] = Choice(
    a=("yes, with every step", "Look at a step on the steepest curve: where does it land?"),
    b="no, but every epoch ends closer",
    c=("no, in the end it is lost", "Take a whole epoch together: where does it begin, and end?"),
)

exercises["rate-one-half"] = Choice(
    a=("it flies away", "What does a step with `x = 1` do to the distance: 1 − 2 · 0.5 · 1² is …?"),
    b=(
        "it lands on 2, but only because `x = 1` comes first",
        "Any other order multiplies the distance by the same three factors, in another order.",
    ),
    c="it lands on 2, in whatever order the examples come",
)
