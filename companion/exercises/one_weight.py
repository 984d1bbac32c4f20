"""The exercises to the chapter "One weight learns".

What is right is found by autograd, in float64.
"""

import itertools
import random

import torch

from companion.check._judge import Exercise, Part

_X_DATA, _Y_DATA = (1.0, 2.0, 3.0), (2.0, 4.0, 6.0)


def _leaf(value):
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def _loss(w, x, y):
    return (w * x - y) ** 2


def _gradient(w, x, y, **_):
    w = _leaf(float(w))
    return torch.autograd.grad(_loss(w, x, y).mean(), w)[0]  # the mean of one is that one


def _after_step(w, x, y, lr):
    return float(w) - lr * _gradient(w, x, y)


def _largest_lr(x):
    w = _leaf(0.0)
    slope = torch.autograd.grad(_loss(w, x, 0.0), w, create_graph=True)[0]
    return 2 / torch.autograd.grad(slope, w)[0]  # two over the curvature


def _train(lr, epochs, empty="each step"):
    """Return w after the chapter's loop, which empties w.grad each step, each epoch or never."""
    w = _leaf(1.0)
    for _ in range(int(epochs)):
        for x, y in zip(_X_DATA, _Y_DATA, strict=True):
            _loss(w, x, y).backward()
            with torch.no_grad():
                w -= lr * w.grad
            if empty == "each step":
                w.grad = None
        if empty == "each epoch":
            w.grad = None
    return w.detach()


def _grid(**values):
    """Return all combinations, so that each input changes alone in some pair of them."""
    return [dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())]


def _samples(count, **bounds):
    """Return random inputs, with two digits so that a reader can type them; always the same."""
    chance = random.Random(0)
    return [
        {name: round(chance.uniform(*ends), 2) for name, ends in bounds.items()}
        for _ in range(count)
    ]


_EXAMPLES = _grid(w=(1.0, -0.5), x=(1.0, 3.0), y=(2.0, 5.0)) + _samples(
    4, w=(-3, 3), x=(1.5, 4), y=(5, 9)
)

# Mistakes are tried in their order: the more telling one of two equal values stands first.
_GRADIENT_MISTAKES = {
    "This is the loss itself. Asked is how fast it changes with `w`: its slope.": (
        lambda right, w, x, y: _loss(w, x, y)
    ),
    "The sign is the other way round: what is subtracted from what?": lambda right, **_: -right,
    "A factor 2 is missing: the slope of a square has one.": lambda right, **_: right / 2,
    "This is the slope with respect to `y_hat`. How fast does `y_hat` change with `w`?": (
        lambda right, x, **_: right / x
    ),
    "This is only the difference `y_hat - y`. The chain rule multiplies two slopes.": (
        lambda right, x, **_: right / x / 2
    ),
    "It is twice too large: did two gradients add up?": lambda right, **_: 2 * right,
}

_STEP_MISTAKES = {
    "This step goes uphill: a step is taken against the slope.": (
        lambda right, w, **_: 2 * w - right
    ),
    "This step has the length of the whole slope: `lr` takes a part of it.": (
        lambda right, w, x, y, **_: w - _gradient(w, x, y)
    ),
    "This step is twice too long: did two gradients add up?": (
        lambda right, w, **_: w + 2 * (right - w)
    ),
}

_first_gradient = Exercise(
    cases=[{"w": 1.0, "x": 4.0, "y": 8.0}],
    parts=[Part("For {call} you answered", _gradient, _GRADIENT_MISTAKES)],
    observe=lambda answer, *_: (answer,),
)

_first_step = Exercise(
    cases=[{"w": 1.0, "x": 3.0, "y": 6.0, "lr": 0.1}],
    parts=[
        Part(
            "For {call} you answered",
            _after_step,
            _STEP_MISTAKES
            | {
                "This is the gradient. The step comes after it.": (
                    lambda right, w, x, y, lr: _gradient(w, x, y)
                ),
                "This is how far `w` moves. Where does it arrive?": (
                    lambda right, w, **_: right - w
                ),
                "This is `lr` times the gradient: what happens to `w`?": (
                    lambda right, w, **_: w - right
                ),
                "A factor 2 is missing in the gradient: the slope of a square has one.": (
                    lambda right, w, **_: w + (right - w) / 2
                ),
                "The gradient lacks its factor `x`: see the chain rule in the chapter.": (
                    lambda right, w, x, **_: w + (right - w) / x
                ),
            },
        )
    ],
    observe=lambda answer, *_: (answer,),
)

_gradient_by_hand = Exercise(
    function="gradient",
    cases=_EXAMPLES,
    parts=[Part("{call} returned", _gradient, _GRADIENT_MISTAKES)],
)


def _observe_mean_loss(mean_loss, w, x, y):
    loss = mean_loss(w, x, y)
    if isinstance(loss, torch.Tensor) and loss.ndim == 0 and loss.requires_grad:
        loss.backward()
    return loss, w.grad


def _batch(*values):
    return torch.tensor(values, dtype=torch.float64)


_mean_loss = Exercise(
    function="mean_loss",
    observe=_observe_mean_loss,
    cases=_grid(
        w=(_leaf(1.0), _leaf(-0.5)),
        x=(_batch(1.0, 2.0, 3.0), _batch(1.0, -1.0, 0.5)),
        y=(_batch(2.0, 4.0, 6.0), _batch(0.0, 1.0, 5.0)),
    )
    + [
        {
            "w": _leaf(2.5),
            "x": _batch(4.0, 0.5, 1.0, 3.0, 2.0),
            "y": _batch(1.0, 2.0, 2.0, 1.0, 3.0),
        }
    ],
    parts=[
        Part(
            "{call} returned",
            lambda w, x, y: _loss(w, x, y).mean(),
            {
                "This is the sum over the examples; the mean is asked for.": (
                    lambda right, x, **_: right * len(x)
                ),
                "This is divided by the number of examples twice.": (
                    lambda right, x, **_: right / len(x)
                ),
                "This is the loss of the last example alone.": (
                    lambda right, w, x, y: _loss(w, x[-1], y[-1])
                ),
                "This is the square of the mean difference: square first, then take the mean.": (
                    lambda right, w, x, y: (w * x - y).mean() ** 2
                ),
                "Here differences of opposite sign cancel: is each one squared?": (
                    lambda right, w, x, y: (w * x - y).mean()
                ),
            },
            tensor=True,
        ),
        Part(
            "After {call} and `backward()`, `w.grad` is",
            _gradient,
            {
                "A part of the slope is missing: does every `w` in your loss stand for `w` itself?": (
                    lambda right, **_: right / 2
                )
            },
            missing="The way from the loss back to `w` is cut. `detach()`, `item()`, "
            "`torch.tensor(...)` and `torch.no_grad()` cut it.",
        ),
    ],
)


def _observe_step(step, w, x, y, lr):
    version = w._version
    step(w, x, y, lr)
    return w, w.grad, min(w._version - version, 1)


_one_step = Exercise(
    function="step",
    observe=_observe_step,
    cases=[
        inputs | {"w": _leaf(inputs["w"])}
        for inputs in _grid(w=(1.0, -0.5), x=(1.0, 3.0), y=(2.0, 5.0), lr=(0.01, 0.1))
        + _samples(3, w=(-3, 3), x=(1.5, 4), y=(5, 9), lr=(0.01, 0.2))
    ],
    parts=[
        Part(
            "After {call}, `w` is",
            _after_step,
            {
                "`w` has not moved. `w = w - …` gives the name `w` to a new tensor; "
                "`w -= …` changes the one that the caller holds.": lambda right, w, **_: w
            }
            | _STEP_MISTAKES,
        ),
        Part(
            "`w` is right, but after {call}, `w.grad` is",
            lambda **_: None,
            {
                "The next `backward()` would add to it: empty it, as in the chapter.": (
                    lambda right, w, x, y, lr: _gradient(w, x, y)
                ),
                "It holds a zero. That works too, but this asks for `None`, "
                "which is what an empty `w.grad` is today.": lambda right, **_: 0.0,
            },
        ),
        Part(
            "`w` is right, but in {call} the number of changes that PyTorch has seen is",
            lambda **_: 1,
            {"`.data` hides a change from PyTorch: use `torch.no_grad()`.": lambda right, **_: 0},
        ),
    ],
    may_change=["w"],
)

_nothing_learns = Exercise(
    function="train",
    cases=_grid(lr=(0.01, 0.05), epochs=(1, 3)) + [{"lr": 0.02, "epochs": 2}],
    parts=[
        Part(
            "{call} returned",
            _train,
            {
                "`w` is where it started. What does `w.grad` hold when the step is taken?": (
                    lambda right, **_: 1.0
                ),
                "Gradients add up here: `w.grad` is never emptied.": (
                    lambda right, lr, epochs: _train(lr, epochs, empty="never")
                ),
                "Gradients add up within an epoch: empty `w.grad` at every step.": (
                    lambda right, lr, epochs: _train(lr, epochs, empty="each epoch")
                ),
                "Here the steps go uphill.": lambda right, lr, epochs: _train(-lr, epochs),
                "This is only one epoch: where does `return` stand?": (
                    lambda right, lr, epochs: _train(lr, 1)
                ),
            },
        )
    ],
)

_best = "At this rate a single step lands on the goal: 1 - 2 lr x² is zero. How far can `lr` go?"
_largest = Exercise(
    function="largest_lr",
    cases=[{"x": x} for x in (1.0, 2.0, 3.0, 0.5, -1.5)],
    parts=[
        Part(
            "{call} returned",
            _largest_lr,
            {
                _best: lambda right, **_: right / 2,
                "It is twice too large: put it into 1 - 2 lr x² and see.": (
                    lambda right, **_: 2 * right
                ),
                "How does `x` enter the slope: once or twice?": lambda right, x: 1 / x,
                "This is upside down: should a larger `x` allow a larger `lr`?": (
                    lambda right, **_: 1 / right
                ),
                "This is the limit of the chapter's three examples together; "
                "asked is that of one example.": lambda right, **_: (49 - 385**0.5) / 144,
                "A distance is never negative: mind the two bars in |1 - 2 lr x²|.": (
                    lambda right, **_: 0.0
                ),
            },
        )
    ],
)

exercises = {
    "first-gradient": _first_gradient,
    "first-step": _first_step,
    "gradient-by-hand": _gradient_by_hand,
    "mean-loss": _mean_loss,
    "one-step": _one_step,
    "nothing-learns": _nothing_learns,
    "largest-lr": _largest,
}
