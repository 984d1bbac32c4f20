"""The exercises to the chapter ".grad adds up"."""

import functools
import math

import torch

from companion.check import Choice, Function, Number, Order, Part
from companion.check.vocabulary import SIGN, TWICE, UPHILL
from companion.digits import load_digits
from companion.exercises._given import (
    draw_examples,
    grid,
    leaf,
    slope,
    squared_loss,
    vector,
    which_runs,
)

exercises = {}

_X, _Y = vector(1.0, 2.0, 3.0), vector(2.0, 4.0, 6.0)


def _slope(w, x, y):
    return slope(lambda w: squared_loss(w, x, y), w)


# Predictions ---------------------------------------------------------------------------------


def _descend(lr, steps, x, y, momentum=0.0, empty=True):
    """Return w after some steps of torch's own optimiser, which may forget to empty w.grad."""
    w = leaf(1.0)
    optimizer = torch.optim.SGD([w], lr=lr, momentum=momentum)
    for _ in range(steps):
        if empty:
            optimizer.zero_grad()
        squared_loss(w, x, y).mean().backward()
        optimizer.step()
    return w.detach()


exercises["forgotten-step"] = Number(
    lambda w, x, y, lr: _descend(lr, 2, x, y, empty=False),
    {"w": 1.0, "x": 1.0, "y": 2.0, "lr": 0.1},
    "So far `w` comes if `w.grad` is emptied. Here nothing empties it.",
    lambda x, y, lr: _descend(lr, 2, x, y),
    "That is where one step ends. Two are asked for.",
    lambda x, y, lr: _descend(lr, 1, x, y),
    "Here the first slope is used again. The second `backward()` finds the slope at the new `w`.",
    lambda w, x, y, lr: w - 3 * lr * _slope(w, x, y),
    UPHILL,
)

exercises["zero-first"] = which_runs(
    "w = torch.tensor(1.0, requires_grad=True)",
    "for _ in range(2):\n  empty()\n  (3 * w).backward()\nassert w.grad == 3",
    a=("`def empty(): w.grad.zero_()`", "In the first turn `w.grad` is `None`: it has no `zero_`."),
    b=(
        "`def empty(): w.grad.data.zero_()`",
        "`None` has no `data`: the old post's line works only after a first `backward()`.",
    ),
    c="`def empty(): w.grad = None`",
    d=("`def empty(): w.grad *= 0`", "In the first turn `w.grad` is `None`. What is `None` * 0?"),
)

exercises["loop-with-log"] = Order(
    (
        "optimizer.step()",
        "print(w.grad.item())",
        "loss = loss_of(w, x, y)",
        "optimizer.zero_grad()",
        "loss.backward()",
    ),
    wrong={
        "5 before 3": "Line 5 goes back through a loss. Which line computes it?",
        "2 before 5": "In the first turn `w.grad` is still `None` when line 2 wants to print it.",
        "1 before 5": "In the first turn there is no gradient yet when the step is taken, so one of "
        "the three steps is lost.",
        "5 before 4 before 1": "Nothing learns: what does `w.grad` hold when the step is taken?",
        "5 before 4 before 2": "After line 4 there is no tensor in `w.grad` that could be printed.",
    },
)

# Functions -----------------------------------------------------------------------------------


def _observe_collect(collect, w, *inputs):
    calls = []
    w.register_post_accumulate_grad_hook(calls.append)
    collect(w, *inputs)
    return w.grad, len(calls)


def _of_parts(loss):
    """Return the gradient of the sum of ``loss(losses, size, parts)`` over the parts."""

    def gradient(w, x, y, size):
        def total(w):
            parts = squared_loss(w, x, y).split(size)
            return sum(loss(losses, size, len(parts)) for losses in parts)

        return slope(total, w)

    return gradient


exercises["batch-in-parts"] = Function(
    "collect",
    grid(
        w=(leaf(1.0), leaf(-0.5)),
        x=(vector(1.0, 2.0, 3.0, 0.5, 1.5), vector(2.0, -1.0, 1.0, 3.0, 0.5)),
        y=(vector(2.5, 3.5, 6.0, 1.0, 2.0), vector(1.0, 2.0, -1.0, 4.0, 0.0)),
        size=(2, 3),
    ),
    Part(
        "After {call}, `w.grad` is",
        lambda w, x, y: slope(lambda w: squared_loss(w, x, y).mean(), w),
        "This is the gradient of the sum over the examples; that of the mean is asked for.",
        lambda right, x: right * len(x),
        "This is the sum of the means of the parts: it is too large.",
        _of_parts(lambda losses, size, parts: losses.mean()),
        "This is the mean of the means of the parts: an example in a small part counts for too "
        "much.",
        _of_parts(lambda losses, size, parts: losses.mean() / parts),
        TWICE,
        missing="Nothing has been collected: `backward()` was not called, it did not find its "
        "way to `w`, or `w.grad` was emptied at the end.",
    ),
    Part(
        "`w.grad` is right, but in {call} the number of times that `backward()` came to `w` is",
        lambda x, size: float(math.ceil(len(x) / size)),
        ("This takes the whole batch at once, and needs the memory for all of it.", 1.0),
        ("This takes one example at a time: how many may a part have?", lambda x: float(len(x))),
    ),
    observe=_observe_collect,
    drawn=lambda draw: draw_examples(draw) | {"size": draw.randint(1, 4)},
)


def _descent_by(next_v):
    """Return a descent with the velocity ``next_v(v, slope, momentum)``."""

    def descend(lr, momentum, steps):
        w, v = 1.0, 0.0
        for _ in range(steps):
            v = next_v(v, slope(lambda w: squared_loss(w, _X, _Y).mean(), w), momentum)
            w = w - lr * v
        return w

    return descend


exercises["friction"] = Function(
    "descend",
    grid(lr=(0.01, 0.03), momentum=(0.9, 0.5, 0.0), steps=(3, 10)),
    Part(
        "{call} returned",
        lambda lr, momentum, steps: _descend(lr, steps, _X, _Y, momentum),
        "There is no friction here: nothing in `w.grad` ever gets less.",
        lambda lr, steps: _descend(lr, steps, _X, _Y, momentum=1.0),
        "The new gradient is braked as well: in the formula, `momentum` is a factor of the old "
        "velocity alone.",
        _descent_by(lambda v, slope, momentum: momentum * (v + slope)),
        "The new gradient comes in with a factor `1 - momentum`. The formula adds the whole of it.",
        _descent_by(lambda v, slope, momentum: momentum * v + (1 - momentum) * slope),
        "`momentum` is the part of the velocity that is kept, not the part that is lost.",
        lambda lr, momentum, steps: _descend(lr, steps, _X, _Y, 1 - momentum),
    ),
    drawn=lambda draw: {
        "lr": draw.number(0.01, 0.04),
        "momentum": draw.number(0.1, 0.9),
        "steps": draw.randint(2, 9),
    },
    without="optimizer",
)

exercises["swing-proof"] = Order(
    [
        "So w = 2 + d comes back after n steps, and so does w.grad.",
        "If a swing takes n steps, then n θ = 2π.",
        "After n steps the angle has grown by 2π, and d is the same as before.",
        "By the chapter, d after k steps is A cos(k θ + φ), with cos θ = 1 − lr H/2.",
        "w.grad is (d before − d)/lr: the difference of two distances.",
    ],
    wrong={
        "2 before 4": "What is θ? It must be said before it is used.",
        "3 before 2": "Why does the angle grow by 2π? Something about n is used here.",
        "1 before 3": "`w` comes back if `d` does. Does it, at this place of the proof?",
        "1 before 5": "Why does `w.grad` come back too? Say first what it is made of.",
    },
    code=False,
)

# Predictions of the chapter ------------------------------------------------------------------


exercises["three-backwards"] = Number(
    -6.0,
    {"w": 1.0},
    "This is the slope, which is the same each time. What does `backward()` do with what it finds?",
    lambda right: right / 3,
    "This is the sum after two of the three calls.",
    lambda right: 2 * right / 3,
    SIGN,
)


exercises["mean-of-each-part"] = Choice(
    a=("Half as large.", "Each part has half of the examples, but its mean is a whole mean."),
    b=(
        "The same.",
        "The mean of all is the *mean* of the two means. What does `.grad` make of them?",
    ),
    c="Twice as large.",
)


exercises["orders-that-learn"] = Number(
    3.0,
    {},
    "One order is the usual one. But the loop runs round and round: is `backward`, `step`, `empty` "
    "another loop, or the same one entered elsewhere?",
    1.0,
    "Not all of them: what does `step` find in `w.grad` if `empty` comes just before it?",
    6.0,
    "There is a third place to enter the same circle: with `step`.",
    2.0,
)


def _fate_at_a_tenth():
    """Return what becomes of w in the loop that empties nothing, with one example a step."""
    w = leaf(1.0)
    for x, y in 50 * list(zip(_X, _Y, strict=True)):
        squared_loss(w, x, y).backward()
        w.data -= 0.1 * w.grad
    return "a" if abs(w - 2) < 0.01 else "b" if abs(w - 2) < 100 else "c"


exercises["one-example-at-a-time"] = Choice(
    _fate_at_a_tenth,
    a=("It arrives at 2.", "It would with the line. Without it, what takes speed out of `w.grad`?"),
    b=(
        "It swings between the same two ends.",
        (
            "So it does with the whole batch, where each push has the same strength. Here the third "
            "example pushes nine times as hard as the first one."
        ),
    ),
    c="It swings farther and farther.",
)


@functools.cache  # as a training is slow
def _reads_more_at_a_small_rate():
    x, y, x_held, y_held = load_digits()
    right = {}
    for forget in (False, True):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.Tanh(), torch.nn.Linear(32, 10))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.001)
        for _ in range(2):
            for rows in torch.randperm(1500).split(50):
                if not forget:
                    optimizer.zero_grad()
                torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
                optimizer.step()
        right[forget] = (net(x_held).argmax(1) == y_held).double().mean()
    return "a" if right[False] > right[True] + 0.1 else "c" if right[True] > right[False] else "b"


exercises["at-a-small-rate"] = Choice(
    _reads_more_at_a_small_rate,
    a=(
        "The one that empties.",
        "Its steps are right, but each is tiny. What makes a step that is too small larger?",
    ),
    b=(
        "Both read about the same.",
        "After a hundred batches one of them steps with a sum of a hundred gradients.",
    ),
    c="The one that forgets.",
)
