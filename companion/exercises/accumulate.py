"""The exercises to the chapter ".grad adds up"."""

import math

import torch

from companion.check import Choice, Function, Number, Order, Part
from companion.check.vocabulary import SIGN, UPHILL
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
    return slope(lambda w: squared_loss(w, x, y).mean(), w)


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
    ("That is where one step ends. Two are asked for.", lambda x, y, lr: _descend(lr, 1, x, y)),
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
    {
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


def _of_means(w, x, y, size):
    """Return the gradient of the sum of the means of the parts."""
    return slope(lambda w: sum(part.mean() for part in squared_loss(w, x, y).split(size)), w)


def _parts(x, size):
    return float(math.ceil(len(x) / size))


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
        _slope,
        "This is the gradient of the sum over the examples; that of the mean is asked for.",
        lambda right, x: right * len(x),
        ("This is the sum of the means of the parts: it is too large.", _of_means),
        "This is the mean of the means of the parts: an example in a small part counts for too "
        "much.",
        lambda w, x, y, size: _of_means(w, x, y, size) / _parts(x, size),
        missing="Nothing has been collected: `backward()` was not called, it did not find its "
        "way to `w`, or `w.grad` was emptied at the end.",
    ),
    Part(
        "`w.grad` is right, but in {call} the number of times that `backward()` came to `w` is",
        _parts,
        ("This takes the whole batch at once, and needs the memory for all of it.", 1.0),
        ("This takes one example at a time: how many may a part have?", lambda x: float(len(x))),
    ),
    observe=_observe_collect,
    drawn=lambda draw: draw_examples(draw) | {"size": draw.randint(1, 4)},
)


def _descend_braking_all(lr, momentum, steps):
    """Return w after a descent whose new slope loses speed as well."""
    w, v = 1.0, 0.0
    for _ in range(steps):
        v = momentum * (v + _slope(w, _X, _Y))
        w = w - lr * v
    return w


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
        _descend_braking_all,
    ),
    without="optimizer",
)

# Predictions of the chapter ------------------------------------------------------------------

exercises["three-backwards"] = Number(
    -6,
    {"w": 1.0},
    ("This is the slope, the same each time. What does `backward()` do with what it finds?", -2),
    ("This is the sum after two of the three calls.", -4),
    SIGN,
)

exercises["mean-of-each-part"] = Choice(
    a=("Half as large.", "Each part has half of the examples, but its mean is a whole mean."),
    b=("The same.", "The mean of all is the *mean* of the two. What does `.grad` make of them?"),
    c="Twice as large.",
)

exercises["orders-that-learn"] = Number(
    3,
    {},
    ("The loop runs round: are `backward`, `step`, `zero_grad` another one, or the same one?", 1),
    ("Not all: what does `step` find in `w.grad` if `zero_grad` comes just before it?", 6),
    ("There is a third place to enter the same circle: with `step`.", 2),
)

exercises["one-example-at-a-time"] = Choice(
    a=("It arrives at 2.", "It would with the line. Without it, what takes speed out of `w.grad`?"),
    b=(
        "It swings between the same two ends.",
        "So it does with the whole batch. Here the third example pushes nine times as hard.",
    ),
    c="It swings farther and farther.",
)

exercises["at-a-small-rate"] = Choice(
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
