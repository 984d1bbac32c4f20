"""The exercises to the chapter "In-place edits and version counters".

What is right is found by running the programs with torch, or by its autograd, in float64.
"""

import itertools

import torch
from torch import Tensor

from companion.check import Choice, Function, Number, Order, Part, flag
from companion.exercises._given import Descent, leaf, seen_edit, the_one

exercises = {}


# Read and predict ------------------------------------------------------------------------------


def _run_blind():
    w = leaf(5.0)
    z = w**2 + 3 * w
    w.data.sub_(3)
    z.backward()
    return w.grad


exercises["in-place-blind"] = Number(
    _run_blind,
    {},
    "This is the slope at the number that `w` had. Which number does `backward()` find in its "
    "memory?",
    13.0,
    "`z` has two terms, and the second one has a slope too.",
    4.0,
    "This is the first term before the edit. Which number is in the memory of `w` now, and where "
    "is the second term?",
    10.0,
    "A factor 2 is missing: the slope of a square has one.",
    5.0,
    "This is the value of `z`; asked is its slope.",
    40.0,
)


def _raises(edit):
    """Return whether backward raises after an edit of the input h or the result y."""
    names = {"h": leaf(1.0) * 1}
    exec(edit, names)  # noqa: S102 it is a text of this module
    try:
        names["y"].backward()
    except RuntimeError:
        return True
    return False


exercises["in-place-which-raises"] = Choice(
    lambda: the_one(exercises["in-place-which-raises"].options, _raises),
    a=(
        "`y = h.sigmoid()`, then `h.detach().add_(1)`",
        (
            "The slope of the sigmoid is y (1 - y). Which tensor is kept for that, and which one "
            "is edited here?"
        ),
    ),
    b=(
        "`y = h.log()`, then `y.detach().add_(1)`",
        (
            "The slope of the logarithm is 1/h. Which tensor is kept for that, and which one is "
            "edited here?"
        ),
    ),
    c=(
        "`y = h.sin()`, then `h.data.add_(1)`",
        (
            "A kept tensor is overwritten, so the gradient is wrong. But does the counter see an "
            "edit through `.data`?"
        ),
    ),
    d="`y = h.sqrt()`, then `y.detach().add_(1)`",
)

_TWO_LOSSES = (
    "optimizer.step()",
    "second.backward()",
    "y_hat = model(x)",
    "first.backward(retain_graph=True)",
    "first, second = (y_hat - 2).square().sum(), y_hat.abs().sum()",
)


def _step_in_order(order):
    """Run the lines in an order, and return the weights after it and after one right step."""
    weights = []
    for combined in (False, True):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(1, 2), torch.nn.Linear(2, 1))
        optimizer = Descent(model.parameters())
        names = {"model": model, "optimizer": optimizer, "x": torch.ones(1, 1)}
        if combined:
            y_hat = model(names["x"])
            ((y_hat - 2).square().sum() + y_hat.abs().sum()).backward()
            optimizer.step()
        else:
            for number in order:
                exec(_TWO_LOSSES[number - 1], names)  # noqa: S102 they are texts of this module
        weights.append(torch.cat([w.detach().flatten() for w in model.parameters()]))
    return weights


exercises["in-place-two-losses"] = Order(
    lines=_TWO_LOSSES,
    truth=lambda order: torch.allclose(*_step_in_order(order)),
    wrong={
        "5 before 3": "The losses need `y_hat`, and no line has made it yet.",
        "2 before 5": "Before `backward()` there must be a loss.",
        "4 before 5": "Before `backward()` there must be a loss.",
        "2 before 4": "One of the two `backward()` frees what both of them need. Which one may do "
        "that?",
        "1 before 4": "The step finds no gradient: no `backward()` has run yet.",
        "1 before 2": "The step edits the weights, and a `backward()` after it still needs one of "
        "them as it was.",
    },
)


# Write -----------------------------------------------------------------------------------------


def _softplus_slope(y):
    x = (y.exp() - 1).log().requires_grad_()
    return torch.autograd.grad(torch.nn.functional.softplus(x), x)[0]


exercises["in-place-softplus"] = Function(
    "slope_from_result",
    [{"y": torch.tensor(y, dtype=torch.float64)} for y in (0.1, 0.5, 1.0, 2.0, 3.5)],
    Part(
        "{call} returned",
        _softplus_slope,
        "This treats `y` as if it were `x`: the function is given the result.",
        lambda y: torch.sigmoid(y),
        "This gets smaller as `y` grows. Far to the right, softplus is nearly the line y = x: "
        "which slope does it have there?",
        lambda right: 1 - right,
        "The sign is the other way round: softplus never falls.",
        lambda right: -right,
        "This is upside down: how fast `x` changes with `y`.",
        lambda right: 1 / right,
        "This is `x`, found again from `y`. What is the slope there?",
        lambda y: (y.exp() - 1).log(),
        "This is the slope of exp. Here a logarithm comes after it.",
        lambda y: y.exp(),
        "This is another value of softplus; asked is a slope.",
        lambda y: (1 + y.exp()).log(),
    ),
    drawn=lambda draw: {"y": torch.tensor(draw.number(0.05, 6), dtype=torch.float64)},
)


def _observe_limit(limit, w, low, high):
    seen = seen_edit(limit, w, low, high)
    moved = w.detach().clone()
    if w.requires_grad:
        w.grad = None
        (w * w).sum().backward()
    return moved, w.grad, seen


exercises["in-place-limit"] = Function(
    "limit",
    [
        {"w": leaf(w), "low": low, "high": high}
        for w, (low, high) in itertools.product(
            ([-3.0, 0.5, 2.0], [0.25, -0.75, 4.0, -1.5]), ((-1.0, 1.0), (-0.5, 1.5))
        )
    ],
    Part(
        "After {call}, `w` is",
        lambda w, low, high: w.clamp(low, high),
        "`w` has not moved. `w = …` gives the name `w` to a new tensor; an edit in place changes "
        "the one that the caller holds.",
        lambda w: w,
        "The numbers that are too large are still there.",
        lambda w, low: w.clamp(min=low),
        "The numbers that are too small are still there.",
        lambda w, high: w.clamp(max=high),
        "All are at the upper limit: are `low` and `high` in each other's place?",
        lambda w, low, high: w.clamp(high, low),
        "Here `low` and `high` are in each other's place.",
        lambda w, low, high: w.clamp(max=low).clamp(min=high),
    ),
    Part(
        "`w` is right, but after {call} and `(w * w).sum().backward()`, `w.grad` is",
        lambda w, low, high: 2 * w.clamp(low, high),
        missing="`w` must go on to learn. It was a leaf that requires a gradient: leave it one.",
    ),
    flag(
        "`w` is right, but that PyTorch has seen the edit in {call} is",
        True,
        "`.data` hides an edit from the counter. What lets you edit a leaf openly?",
    ),
    observe=_observe_limit,
    may_change=["w"],
    drawn=lambda draw: {
        "w": draw.leaf(-4, 4, 4),
        "low": draw.number(-2, -0.1),
        "high": draw.number(0.1, 2),
    },
)


# Find the bug ----------------------------------------------------------------------------------


def _observe_swish(swish, x):
    y = swish(x)
    if isinstance(y, Tensor) and y.ndim == 0 and y.requires_grad:
        try:
            y.backward()
        except RuntimeError as failure:
            raise RuntimeError(f"in backward(): {failure}") from None
    return y, x.grad


def _swish_slope_overwritten(x):
    """Return the gradient where sigmoid's result is overwritten and nobody notices."""
    x = x.detach().requires_grad_()
    h = torch.sigmoid(x)
    h.data.mul_(x.data)
    return torch.autograd.grad(h.sum(), x)[0]


def _swish_slope(x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad((x * torch.sigmoid(x)).sum(), x)[0]


exercises["in-place-swish"] = Function(
    "swish_sum",
    [{"x": leaf(x)} for x in ([1.0, -2.0], [0.5, 3.0], [2.0, 0.25, -1.0], [0.0, -0.5])],
    Part(
        "{call} returned",
        lambda x: (x * torch.sigmoid(x)).sum(),
        "The factor `x` is gone: this is the sum of the sigmoids.",
        lambda x: torch.sigmoid(x).sum(),
        "The factor `x` is there twice.",
        lambda x: (x * x * torch.sigmoid(x)).sum(),
        "This is the mean; the sum is asked for.",
        lambda right, x: right / len(x),
        tensor=True,
    ),
    Part(
        "The value is right, but after {call} and `backward()`, `x.grad` is",
        _swish_slope,
        "No error and a wrong gradient: the edit is still there, but hidden. sigmoid keeps its "
        "result, and that was overwritten.",
        lambda x: _swish_slope_overwritten(x),
        "The sigmoid is a constant here: the part of the slope that goes through it is missing.",
        lambda x: torch.sigmoid(x),
        "The factor `x` is a constant here: a part of the slope is missing.",
        lambda x: x * torch.sigmoid(x) * (1 - torch.sigmoid(x)),
        "It is twice too large: were two gradients added up?",
        lambda right: 2 * right,
        missing="The way from the sum back to `x` is cut. `detach()`, `item()` and "
        "`torch.no_grad()` cut it.",
    ),
    observe=_observe_swish,
    drawn=lambda draw: {"x": draw.leaf(-4, 4, 3)},
)


def _train(lr, steps, again=True, empty=True):
    """Return w after some steps; the forward pass is made again for each of them, or once."""
    w = leaf(1.0)
    loss, grad = (2 * w - 8) ** 2, 0.0
    for _ in range(int(steps)):
        if again:
            loss = (2 * w - 8) ** 2
        slope = torch.autograd.grad(loss, w, retain_graph=True)[0]
        grad = slope if empty else grad + slope
        with torch.no_grad():
            w -= lr * grad
    return w.detach()


exercises["in-place-stale"] = Function(
    "train",
    [{"lr": lr, "steps": steps} for lr, steps in itertools.product((0.01, 0.05), (2, 5, 20))],
    Part(
        "{call} returned",
        _train,
        "Each step has the same length, so each one uses the gradient of the first forward pass.",
        lambda lr, steps: _train(lr, steps, again=False),
        "Here the gradient of the first forward pass is added up, again and again.",
        lambda lr, steps: _train(lr, steps, again=False, empty=False),
        "Gradients add up here: the new one belongs into an empty `w.grad`.",
        lambda lr, steps: _train(lr, steps, empty=False),
        "Here the steps go uphill.",
        lambda lr, steps: _train(-lr, steps),
        "This is only one step: where does `return` stand?",
        lambda lr: _train(lr, 1),
        "This is one step less than asked for.",
        lambda lr, steps: _train(lr, steps - 1),
        "`w` is where it started.",
        1.0,
    ),
    drawn=lambda draw: {"lr": draw.number(0.01, 0.1), "steps": draw.randint(2, 9)},
)
