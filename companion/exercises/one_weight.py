"""The exercises to the chapter "One weight learns".

What is right is found by autograd, in float64.
"""

import itertools

import torch

from companion.check import Choice, Function, Number, Order, Part, flag, mistakes
from companion.check.vocabulary import HALF, SIGN, TWICE
from companion.exercises._given import (
    backward_to,
    grid,
    leaf,
    runs,
    seen_edit,
    squared_loss,
    the_one,
    vector,
)

exercises = {}

_X_DATA, _Y_DATA = (1.0, 2.0, 3.0), (2.0, 4.0, 6.0)


def _gradient(w, x, y, **_):
    w = leaf(float(w))
    return torch.autograd.grad(squared_loss(w, x, y).mean(), w)[0]  # the mean of one is that one


def _after_step(w, x, y, lr):
    return float(w) - lr * _gradient(w, x, y)


def _largest_lr(x):
    w = leaf(0.0)
    slope = torch.autograd.grad(squared_loss(w, x, 0.0), w, create_graph=True)[0]
    return 2 / torch.autograd.grad(slope, w)[0]  # two over the curvature


def _train(lr, epochs, empty="each step"):
    """Return w after the chapter's loop, which empties w.grad each step, each epoch or never."""
    w = leaf(1.0)
    for _ in range(int(epochs)):
        for x, y in zip(_X_DATA, _Y_DATA, strict=True):
            squared_loss(w, x, y).backward()
            with torch.no_grad():
                w -= lr * w.grad
            if empty == "each step":
                w.grad = None
        if empty == "each epoch":
            w.grad = None
    return w.detach()


_EXAMPLES = grid(w=(1.0, -0.5), x=(1.0, 3.0), y=(2.0, 5.0)) + [
    {"w": 0.0, "x": 2.0, "y": -1.0},
    {"w": 250.0, "x": -3.0, "y": 7.0},
]


def _draw_example(draw):
    return {"w": draw.number(-3, 3), "x": draw.number(-4, 4), "y": draw.number(-9, 9)}


# Mistakes are tried in their order: the more telling one of two equal values stands first.
_GRADIENT_MISTAKES = mistakes(
    "This is the loss itself. Asked is how fast it changes with `w`: its slope.",
    lambda w, x, y: squared_loss(w, x, y),
    "The sign is the other way round: what is subtracted from what?",
    lambda right: -right,
    HALF,
    "This is the slope with respect to `y_hat`. How fast does `y_hat` change with `w`?",
    lambda right, x: right / x,
    "This is only the difference `y_hat - y`. The chain rule multiplies two slopes.",
    lambda right, x: right / x / 2,
    TWICE,
)

_STEP_MISTAKES = mistakes(
    "This step goes uphill: a step is taken against the slope.",
    lambda right, w: 2 * w - right,
    "This step has the length of the whole slope: `lr` takes a part of it.",
    lambda w, x, y: w - _gradient(w, x, y),
    "This step is twice too long: did two gradients add up?",
    lambda right, w: w + 2 * (right - w),
)

exercises["first-gradient"] = Number(_gradient, {"w": 1.0, "x": 4.0, "y": 8.0}, *_GRADIENT_MISTAKES)

exercises["first-step"] = Number(
    _after_step,
    {"w": 1.0, "x": 3.0, "y": 6.0, "lr": 0.1},
    *_STEP_MISTAKES,
    "This is the gradient. The step comes after it.",
    lambda w, x, y: _gradient(w, x, y),
    "This is how far `w` moves. Where does it arrive?",
    lambda right, w: right - w,
    "This is `lr` times the gradient: what happens to `w`?",
    lambda right, w: w - right,
    "A factor 2 is missing in the gradient: the slope of a square has one.",
    lambda right, w: w + (right - w) / 2,
    "The gradient lacks its factor `x`: see the chain rule in the chapter.",
    lambda right, w, x: w + (right - w) / x,
)

exercises["gradient-by-hand"] = Function(
    "gradient",
    _EXAMPLES,
    Part("{call} returned", _gradient, *_GRADIENT_MISTAKES),
    drawn=_draw_example,
    without="torch",
)


exercises["mean-loss"] = Function(
    "mean_loss",
    grid(
        w=(leaf(1.0), leaf(-0.5)),
        x=(vector(1.0, 2.0, 3.0), vector(1.0, -1.0, 0.5)),
        y=(vector(2.0, 4.0, 6.0), vector(0.0, 1.0, 5.0)),
    )
    + [
        {
            "w": leaf(2.5),
            "x": vector(4.0, 0.5, 1.0, 3.0, 2.0),
            "y": vector(1.0, 2.0, 2.0, 1.0, 3.0),
        }
    ],
    Part(
        "{call} returned",
        lambda w, x, y: squared_loss(w, x, y).mean(),
        "This is the sum over the examples; the mean is asked for.",
        lambda right, x: right * len(x),
        "This is divided by the number of examples twice.",
        lambda right, x: right / len(x),
        "This is the loss of the last example alone.",
        lambda w, x, y: squared_loss(w, x[-1], y[-1]),
        "This is the square of the mean difference: square first, then take the mean.",
        lambda w, x, y: (w * x - y).mean() ** 2,
        "Here differences of opposite sign cancel: is each one squared?",
        lambda w, x, y: (w * x - y).mean(),
        tensor=True,
    ),
    Part(
        "After {call} and `backward()`, `w.grad` is",
        _gradient,
        "A part of the slope is missing: does every `w` in your loss stand for `w` itself?",
        lambda right: right / 2,
        missing="The way from the loss back to `w` is cut. `detach()`, `item()`, "
        "`torch.tensor(...)` and `torch.no_grad()` cut it.",
    ),
    observe=backward_to("w"),
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3),
        "x": draw.vector(4, -3, 3),
        "y": draw.vector(4, -5, 5),
    },
)


def _observe_step(step, w, *rest):
    seen = seen_edit(step, w, *rest)
    return w, w.grad, seen


exercises["one-step"] = Function(
    "step",
    [
        inputs | {"w": leaf(inputs["w"])}
        for inputs in grid(w=(1.0, -0.5, 0.0), x=(1.0, 3.0), y=(2.0, 5.0), lr=(0.01, 0.1))
    ],
    Part(
        "After {call}, `w` is",
        _after_step,
        "`w` has not moved. `w = w - …` gives the name `w` to a new tensor; `w -= …` changes the "
        "one that the caller holds.",
        lambda w: w,
        *_STEP_MISTAKES,
    ),
    Part(
        "`w` is right, but after {call}, `w.grad` is",
        lambda: None,
        "The next `backward()` would add to it: empty it, as in the chapter.",
        lambda w, x, y: _gradient(w, x, y),
        "It holds a zero. That works too, but this asks for `None`, which is what an empty "
        "`w.grad` is today.",
        0.0,
    ),
    flag(
        "`w` is right, but that PyTorch has seen the edit in {call} is",
        True,
        "`.data` hides a change from PyTorch: use `torch.no_grad()`.",
    ),
    observe=_observe_step,
    drawn=lambda draw: _draw_example(draw) | {"w": draw.leaf(-3, 3), "lr": draw.number(0.01, 0.2)},
    may_change=["w"],
)

exercises["nothing-learns"] = Function(
    "train",
    grid(lr=(0.01, 0.05), epochs=(1, 3)) + [{"lr": 0.02, "epochs": 2}],
    Part(
        "{call} returned",
        _train,
        "`w` is where it started. What does `w.grad` hold when the step is taken?",
        1.0,
        "Gradients add up here: `w.grad` is never emptied.",
        lambda lr, epochs: _train(lr, epochs, empty="never"),
        "Gradients add up within an epoch: empty `w.grad` at every step.",
        lambda lr, epochs: _train(lr, epochs, empty="each epoch"),
        "Here the steps go uphill.",
        lambda lr, epochs: _train(-lr, epochs),
        "This is only one epoch: where does `return` stand?",
        lambda lr: _train(lr, 1),
    ),
    drawn=lambda draw: {"lr": draw.number(0.01, 0.06), "epochs": draw.randint(2, 4)},
)

exercises["largest-lr"] = Function(
    "largest_lr",
    [{"x": x} for x in (1.0, 2.0, 3.0, 0.5, -1.5)],
    Part(
        "{call} returned",
        _largest_lr,
        "At this rate a single step lands on the goal: 1 - 2 lr x² is zero. How far can `lr` go?",
        lambda right: right / 2,
        "It is twice too large: put it into 1 - 2 lr x² and see.",
        lambda right: 2 * right,
        "How does `x` enter the slope: once or twice?",
        lambda x: 1 / x,
        "This is upside down: should a larger `x` allow a larger `lr`?",
        lambda right: 1 / right,
        "This is the limit of the chapter's three examples together; asked is that of one example.",
        lambda: (49 - 385**0.5) / 144,
        "A distance is never negative: mind the two bars in |1 - 2 lr x²|.",
        0.0,
    ),
    drawn=lambda draw: {"x": draw.number(0.5, 4)},
)

exercises["which-step"] = Choice(
    lambda: the_one(
        exercises["which-step"].options,
        lambda line: runs(
            "w, lr = torch.tensor(1.0, requires_grad=True), 0.01\nfor _ in range(2):\n    loss = "
            "(3 * w - 6) ** 2\n    loss.backward()",
            "    w.grad = None\nassert 1 < w < 2",
        )(f"    {line}"),
    ),
    a="`with torch.no_grad(): w -= lr * w.grad`",
    b=(
        "`w = w - lr * w.grad`",
        (
            "This gives the name `w` to a result. In the next turn `backward()` goes through it "
            "to the first `w`, and the `.grad` of the new one is `None`: `float` times "
            "`NoneType`."
        ),
    ),
    c=(
        "`w -= lr * w.grad`",
        (
            "This edits a leaf while PyTorch is recording, and PyTorch refuses: `a leaf Variable "
            "that requires grad is being used in an in-place operation`. Who must look away?"
        ),
    ),
    d=(
        "`with torch.no_grad(): w = w - lr * w.grad`",
        (
            "The new `w` was made while PyTorch looked away: it does not require a gradient. In "
            "the next turn the loss has no way back, and `backward()` says so."
        ),
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
    wrong={
        "4 before 2": "Two conditions for what? First comes what is to be shown, as a formula.",
        "5 before 4": "“The first one” of which two? They are not there yet.",
        "3 before 4": "“The second one” of which two? They are not there yet.",
        "1 before 3": "This is the end. From which inequality does it follow?",
    },
    code=False,
)


# What the chapter asks before it shows.

exercises["slope-at-one"] = Number(
    _gradient,
    {"w": 1.0, "x": 1.0, "y": 2.0},
    "This is the loss itself. Asked is how steep it is at `w = 1`.",
    lambda w, x, y: squared_loss(w, x, y),
    SIGN,
    HALF,
)

exercises["first-move"] = Number(
    _after_step,
    {"w": 1.0, "x": 1.0, "y": 2.0, "lr": 0.01},
    *_STEP_MISTAKES,
    "This is how far `w` moves. Where does it arrive?",
    lambda right, w: right - w,
)


def _changed():
    """Return the letter of what `backward()` changes."""
    w = leaf(1.0)
    loss = squared_loss(w, 2.0, 4.0)
    before = w.item(), w.grad
    loss.backward()
    after = w.item(), w.grad
    return {(False, True): "b", (True, False): "a", (True, True): "c"}[
        before[0] != after[0], before[1] is not after[1]
    ]


exercises["what-backward-changes"] = Choice(
    _changed,
    a=("`w`", "`backward()` finds a slope. Which line takes the step?"),
    b="`w.grad`",
    c=("both", "It finds a slope and keeps it. Which line takes the step?"),
)


def _weights(lr, order=(0, 1, 2), start=1.0, epochs=4):
    w, found = leaf(start), [start]
    for k in order * epochs:
        slope = _gradient(w.item(), _X_DATA[k], _Y_DATA[k])
        w = w - lr * slope
        found.append(w.item())
    return found


def _closer():
    distances = [abs(w - 2) for w in _weights(0.17)]
    steps = all(b < a for a, b in itertools.pairwise(distances))
    epochs = all(b < a for a, b in itertools.pairwise(distances[::3]))
    return "a" if steps else "b" if epochs else "c"


exercises["closer-each-step"] = Choice(
    _closer,
    a=("yes, with every step", "Look at a step on the steepest curve: where does it land?"),
    b="no, but every epoch ends closer",
    c=("no, in the end it is lost", "Take a whole epoch together: where does it begin, and end?"),
)


def _half():
    ends = [_weights(0.5, order, epochs=1)[-1] for order in itertools.permutations(range(3))]
    return "c" if all(end == 2 for end in ends) else "b" if ends[0] == 2 else "a"


exercises["rate-one-half"] = Choice(
    _half,
    a=("it flies away", "What does a step with `x = 1` do to the distance: 1 − 2 · 0.5 · 1² is …?"),
    b=(
        "it lands on 2, but only because `x = 1` comes first",
        "Any other order multiplies the distance by the same three factors, in another order.",
    ),
    c="it lands on 2, in whatever order the examples come",
)
