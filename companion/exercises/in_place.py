"""The exercises to the chapter "In-place edits and version counters".

What is right is found by running the programs with torch, or by its autograd, in float64.
"""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from companion.check._choose import Choice, Order
from companion.check._judge import Exercise, Part


def _leaf(value):
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def _prediction(truth: Callable[[], float | Tensor], mistakes: dict[str, float]) -> Exercise:
    """Return an exercise that asks for one number, with what to say about some wrong ones."""
    told = {sentence: lambda right, wrong=wrong: wrong for sentence, wrong in mistakes.items()}
    return Exercise(
        cases=[{}],
        parts=[Part("You answered", truth, told)],
        observe=lambda answer: (answer,),
    )


# Read and predict ------------------------------------------------------------------------------


def _run_blind():
    w = _leaf(5.0)
    z = w**2 + 3 * w
    w.data.sub_(3)
    z.backward()
    return w.grad


_blind = _prediction(
    _run_blind,
    {
        "This is the slope at the number that `w` had. "
        "Which number does `backward()` find in its memory?": 13.0,
        "`z` has two terms, and the second one has a slope too.": 4.0,
        "This is the first term before the edit. Which number is in the memory of `w` now, "
        "and where is the second term?": 10.0,
        "A factor 2 is missing: the slope of a square has one.": 5.0,
        "This is the value of `z`; asked is its slope.": 40.0,
    },
)


def _run_version():
    w = torch.zeros(3, requires_grad=True)
    with torch.no_grad():
        w += 1
        w[0] = 1.0
        u = w * 2
        u += 1
    w.detach().mul_(3)
    w.clone().zero_()
    w.data.add_(1)
    w.detach()[1:].zero_()
    return w._version


_version = _prediction(
    _run_version,
    {
        "It is more than zero: under `no_grad` an edit is not tracked, but it is counted.": 0,
        "This counts one line alone. Each edit of the memory of `w` counts.": 1,
        "Some edits are missing. `detach()` gives the same memory a second name, "
        "and both names share one counter.": 2,
        "One edit is missing. An edit counts even if it changes no number, "
        "or if it changes a part of the tensor.": 3,
        "One too many. Which line changes another tensor? "
        "And which one changes `w` behind the counter's back?": 5,
        "This is too many. A new tensor, such as `u` or a clone, has a counter of its own.": 6,
        "That is every line with an edit. Look at whose memory is edited, and how.": 7,
    },
)


_PROGRAMS = {
    "a": ("sigmoid", "h.detach().add_(1)"),
    "b": ("log", "y.detach().add_(1)"),
    "c": ("sin", "h.data.add_(1)"),
    "d": ("sqrt", "y.detach().add_(1)"),
}


def _raises(operation, edit):
    """Return whether backward raises after an edit of the input h or the result y."""
    h = _leaf(1.0) * 1
    y = getattr(h, operation)()
    exec(edit, {"h": h, "y": y})  # noqa: S102 it is a text of this module
    try:
        y.backward()
    except RuntimeError:
        return True
    return False


_which = Choice(
    options={
        letter: f"`y = h.{operation}()`, then `{edit}`"
        for letter, (operation, edit) in _PROGRAMS.items()
    },
    truth=lambda: next(letter for letter, program in _PROGRAMS.items() if _raises(*program)),
    wrong={
        "a": "The slope of the sigmoid is y (1 - y). Which tensor is kept for that, "
        "and which one is edited here?",
        "b": "The slope of the logarithm is 1/h. Which tensor is kept for that, "
        "and which one is edited here?",
        "c": "A kept tensor is overwritten, so the gradient is wrong. But does the counter "
        "see an edit through `.data`?",
    },
)

_TWO_LOSSES = (
    "optimizer.step()",
    "second.backward()",
    "y_hat = model(x)",
    "first.backward(retain_graph=True)",
    "first, second = (y_hat - 2).square().sum(), y_hat.abs().sum()",
)


class _Optimizer:
    """Gradient descent. The first optimizer of torch.optim takes seconds to import."""

    def __init__(self, weights):
        self.weights = list(weights)

    def step(self):
        with torch.no_grad():
            for w in self.weights:
                if w.grad is not None:
                    w -= 0.1 * w.grad


def _step_in_order(order):
    """Run the lines in an order, and return the weights after it and after one right step."""
    weights = []
    for combined in (False, True):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(1, 2), torch.nn.Linear(2, 1))
        optimizer = _Optimizer(model.parameters())
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


_two_losses = Order(
    lines=_TWO_LOSSES,
    truth=lambda order: torch.allclose(*_step_in_order(order)),
    wrong={
        "5 before 3": "The losses need `y_hat`, and no line has made it yet.",
        "2 before 5": "Before `backward()` there must be a loss.",
        "4 before 5": "Before `backward()` there must be a loss.",
        "2 before 4": "One of the two `backward()` frees what both of them need. "
        "Which one may do that?",
        "1 before 4": "The step finds no gradient: no `backward()` has run yet.",
        "1 before 2": "The step edits the weights, and a `backward()` after it still needs "
        "one of them as it was.",
    },
)


# Write -----------------------------------------------------------------------------------------


def _softplus_slope(y):
    x = (y.exp() - 1).log().requires_grad_()
    return torch.autograd.grad(torch.nn.functional.softplus(x), x)[0]


_softplus = Exercise(
    function="slope_from_result",
    cases=[{"y": torch.tensor(y, dtype=torch.float64)} for y in (0.1, 0.5, 1.0, 2.0, 3.5)],
    parts=[
        Part(
            "{call} returned",
            _softplus_slope,
            {
                "This treats `y` as if it were `x`: the function is given the result.": (
                    lambda right, y: torch.sigmoid(y)
                ),
                "This gets smaller as `y` grows. Far to the right, softplus is nearly the "
                "line y = x: which slope does it have there?": lambda right, y: 1 - right,
                "The sign is the other way round: softplus never falls.": (lambda right, y: -right),
                "This is upside down: how fast `x` changes with `y`.": lambda right, y: 1 / right,
                "This is `x`, found again from `y`. What is the slope there?": (
                    lambda right, y: (y.exp() - 1).log()
                ),
                "This is the slope of exp. Here a logarithm comes after it.": (
                    lambda right, y: y.exp()
                ),
                "This is another value of softplus; asked is a slope.": (
                    lambda right, y: (1 + y.exp()).log()
                ),
            },
        )
    ],
)


def _observe_limit(limit, w, low, high):
    version = w._version
    limit(w, low, high)
    moved, seen = w.detach().clone(), min(w._version - version, 1)
    if w.requires_grad:
        w.grad = None
        (w * w).sum().backward()
    return moved, w.grad, seen


_limit = Exercise(
    function="limit",
    observe=_observe_limit,
    cases=[
        {"w": _leaf(w), "low": low, "high": high}
        for w, (low, high) in itertools.product(
            ([-3.0, 0.5, 2.0], [0.25, -0.75, 4.0, -1.5]), ((-1.0, 1.0), (-0.5, 1.5))
        )
    ],
    parts=[
        Part(
            "After {call}, `w` is",
            lambda w, low, high: w.clamp(low, high),
            {
                "`w` has not moved. `w = …` gives the name `w` to a new tensor; "
                "an edit in place changes the one that the caller holds.": (
                    lambda right, w, **_: w
                ),
                "The numbers that are too large are still there.": (
                    lambda right, w, low, high: w.clamp(min=low)
                ),
                "The numbers that are too small are still there.": (
                    lambda right, w, low, high: w.clamp(max=high)
                ),
                "All are at the upper limit: are `low` and `high` in each other's place?": (
                    lambda right, w, low, high: w.clamp(high, low)
                ),
                "Here `low` and `high` are in each other's place.": (
                    lambda right, w, low, high: w.clamp(max=low).clamp(min=high)
                ),
            },
        ),
        Part(
            "`w` is right, but after {call} and `(w * w).sum().backward()`, `w.grad` is",
            lambda w, low, high: 2 * w.clamp(low, high),
            missing="`w` must go on to learn. It was a leaf that requires a gradient: "
            "leave it one.",
        ),
        Part(
            "`w` is right, but in {call} the number of edits that PyTorch has counted is",
            lambda **_: 1,
            {
                "`.data` hides an edit from the counter, and with it every mistake in its time. "
                "What lets you edit a leaf openly?": lambda right, **_: 0
            },
        ),
    ],
    may_change=["w"],
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


_swish = Exercise(
    function="swish_sum",
    observe=_observe_swish,
    cases=[{"x": _leaf(x)} for x in ([1.0, -2.0], [0.5, 3.0], [2.0, 0.25, -1.0], [0.0, -0.5])],
    parts=[
        Part(
            "{call} returned",
            lambda x: (x * torch.sigmoid(x)).sum(),
            {
                "The factor `x` is gone: this is the sum of the sigmoids.": (
                    lambda right, x: torch.sigmoid(x).sum()
                ),
                "The factor `x` is there twice.": (
                    lambda right, x: (x * x * torch.sigmoid(x)).sum()
                ),
                "This is the mean; the sum is asked for.": lambda right, x: right / len(x),
            },
            tensor=True,
        ),
        Part(
            "The value is right, but after {call} and `backward()`, `x.grad` is",
            _swish_slope,
            {
                "No error and a wrong gradient: the edit is still there, but hidden. "
                "sigmoid keeps its result, and that was overwritten.": (
                    lambda right, x: _swish_slope_overwritten(x)
                ),
                "The sigmoid is a constant here: the part of the slope that goes through it "
                "is missing.": lambda right, x: torch.sigmoid(x),
                "The factor `x` is a constant here: a part of the slope is missing.": (
                    lambda right, x: x * torch.sigmoid(x) * (1 - torch.sigmoid(x))
                ),
                "It is twice too large: were two gradients added up?": (lambda right, x: 2 * right),
            },
            missing="The way from the sum back to `x` is cut. `detach()`, `item()` and "
            "`torch.no_grad()` cut it.",
        ),
    ],
)


def _train(lr, steps, again=True, empty=True):
    """Return w after some steps; the forward pass is made again for each of them, or once."""
    w = _leaf(1.0)
    loss, grad = (2 * w - 8) ** 2, 0.0
    for _ in range(int(steps)):
        if again:
            loss = (2 * w - 8) ** 2
        slope = torch.autograd.grad(loss, w, retain_graph=True)[0]
        grad = slope if empty else grad + slope
        with torch.no_grad():
            w -= lr * grad
    return w.detach()


_stale = Exercise(
    function="train",
    cases=[{"lr": lr, "steps": steps} for lr, steps in itertools.product((0.01, 0.05), (2, 5, 20))],
    parts=[
        Part(
            "{call} returned",
            _train,
            {
                "Each step has the same length, so each one uses the gradient of the first "
                "forward pass.": lambda right, lr, steps: _train(lr, steps, again=False),
                "Here the gradient of the first forward pass is added up, again and again.": (
                    lambda right, lr, steps: _train(lr, steps, again=False, empty=False)
                ),
                "Gradients add up here: the new one belongs into an empty `w.grad`.": (
                    lambda right, lr, steps: _train(lr, steps, empty=False)
                ),
                "Here the steps go uphill.": lambda right, lr, steps: _train(-lr, steps),
                "This is only one step: where does `return` stand?": (
                    lambda right, lr, steps: _train(lr, 1)
                ),
                "This is one step less than asked for.": (
                    lambda right, lr, steps: _train(lr, steps - 1)
                ),
                "`w` is where it started.": lambda right, **_: 1.0,
            },
        )
    ],
)

exercises = {
    "in-place-blind": _blind,
    "in-place-version": _version,
    "in-place-which-raises": _which,
    "in-place-two-losses": _two_losses,
    "in-place-softplus": _softplus,
    "in-place-limit": _limit,
    "in-place-swish": _swish,
    "in-place-stale": _stale,
}
