"""The exercises to the chapter "Error clinic": cases for a doctor.

What is right is found by running the programs with torch, or by its autograd, in float64.
"""

import torch
from torch import Tensor

from companion.check._choose import Choice, Order
from companion.check._judge import Exercise, Inputs, Part
from companion.check._result import show


def _tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def _leaf(*values):
    return torch.tensor(values, dtype=torch.float64).squeeze().requires_grad_()


class _Optimizer:
    """Gradient descent that skips a weight without a gradient, as torch.optim.SGD does.

    The first optimizer of torch.optim takes seconds to import.
    """

    def __init__(self, weights, lr):
        self.weights, self.lr = weights, lr

    def step(self):
        with torch.no_grad():
            for w in self.weights:
                if w.grad is not None:
                    w -= self.lr * w.grad

    def zero_grad(self):
        for w in self.weights:
            w.grad = None


# Diagnosis -------------------------------------------------------------------------------------

_MESSAGE = "element 0 of tensors does not require grad and does not have a grad_fn"
_SUSPECTS = {
    "a": "y = w.detach() + w; y.backward()",
    "b": "with torch.no_grad(): w -= 1\ny = w * w; y.backward()",
    "c": "with torch.no_grad(): w = w - 1\ny = w * w; y.backward()",
    "d": "y = torch.round(w); y.backward()",
}


def _raises(program):
    try:
        exec(program, {"torch": torch, "w": _leaf(3.0)})  # noqa: S102 it is a text of this module
    except RuntimeError as failure:
        return _MESSAGE in str(failure)
    return False


_which = Choice(
    options={
        "a": "`y = w.detach() + w`",
        "b": "`with torch.no_grad(): w -= 1`, then `y = w * w`",
        "c": "`with torch.no_grad(): w = w - 1`, then `y = w * w`",
        "d": "`y = torch.round(w)`",
    },
    truth=lambda: next(letter for letter, program in _SUSPECTS.items() if _raises(program)),
    wrong={
        "a": "`detach()` cuts one of two ways. Is there still a way from `y` back to `w`?",
        "b": "`w -= 1` edits the leaf itself. Is it another tensor afterwards?",
        "d": "The slope of `round` is 0 almost everywhere. Is a slope of 0 the same as none?",
    },
)


def _frozen_program(repair):
    lr = 0.5 if repair == "c" else 0.05
    w = _leaf(1.0)
    optimizer = _Optimizer([w], lr)
    for _ in range(50):
        y_hat = 3 * w if repair == "d" else torch.tensor(3 * w.item())
        if repair == "a":
            y_hat.requires_grad = True
        loss = (y_hat - 6) ** 2
        if repair not in "ad":
            loss.requires_grad = True
        if repair != "b":
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if repair == "b":
            optimizer.zero_grad()
    return w.item()


_frozen = Choice(
    options={
        "a": "`y_hat.requires_grad = True` stands after `y_hat` is made, and that of `loss` goes.",
        "b": "`optimizer.zero_grad()` moves to the end of the loop.",
        "c": "The learning rate becomes larger: `lr=0.5`.",
        "d": "`y_hat = 3 * w` takes the place of its two lines, and `loss.requires_grad = True` "
        "goes.",
    },
    truth=lambda: next(letter for letter in "abcd" if abs(_frozen_program(letter) - 2) < 0.01),
    wrong={
        "a": "Then `y_hat` gets a gradient. But which way leads from `y_hat` to `w`?",
        "b": "`zero_grad()` is at a good place already: before `backward()`.",
        "c": "The optimizer skips a weight without a gradient. What is `w.grad` here?",
    },
)


def _table_loss(y_hat=(0.0, 3.0, 6.0)):
    y = _tensor(*y_hat)
    return ((y[:, None] - y) ** 2).mean()


def _is(number):
    return lambda right: number


_table = Exercise(
    cases=[{}],
    parts=[
        Part(
            "You answered",
            _table_loss,
            {
                "Every prediction is right, and so it should be 0. But which shape does "
                "`y_hat - y` have?": _is(0.0),
                "This is the sum; the mean is asked for.": _is(108.0),
                "This is divided by the number of examples. But the table has more entries "
                "than that.": _is(36.0),
                "Is each difference counted as often as it stands in the table? "
                "0 - 3 and 3 - 0 are two entries.": _is(6.0),
                "The entries are squared before the mean is taken.": _is(8 / 3),
                "The zeros of the table count in the mean too.": _is(18.0),
            },
        )
    ],
    observe=lambda answer: (answer,),
)

_ROUND = (
    "optimizer.step()",
    "grads.append(w.grad.item())",
    "loss.backward()",
    "optimizer.zero_grad()",
    "loss = (3 * w - 6) ** 2",
)


def _rounds_are_right(order):
    w, right, grads = _leaf(1.0), _leaf(1.0), []
    names = {"w": w, "grads": grads, "optimizer": _Optimizer([w], 0.01)}
    for _ in range(3):
        for number in order:
            exec(_ROUND[number - 1], names)  # noqa: S102 they are texts of this module
        slope = torch.autograd.grad((3 * right - 6) ** 2, right)[0]
        if grads[-1] != slope.item():
            return False
        with torch.no_grad():
            right -= 0.01 * slope
    return w.item() == right.item()


_round = Order(
    lines=_ROUND,
    truth=_rounds_are_right,
    wrong={
        "3 before 5": "In the first round there is no loss yet, and later it is an old one: "
        "its graph is freed already.",
        "2 before 3": "In the first round `w.grad` is None here, and None has no `item()`.",
        "1 before 3": "This step comes before the gradient of its round.",
        "4 before 1": "The step comes after the gradient is emptied: nothing learns.",
        "4 before 2": "The gradient is read after it is emptied: None has no `item()`.",
    },
)


# Treatment -------------------------------------------------------------------------------------


def _hidden_gradient(w, xs, cut=True, steps="all"):
    """Return the gradient of the sum of the states; each state sees the earlier ones or not."""
    w = w.detach().requires_grad_()
    h, states = torch.zeros(()), []
    for x in xs:
        h = torch.tanh(w * (h.detach() if cut else h) + x)
        states.append(h)
    total = states[-1] if steps == "last" else sum(states)
    return torch.autograd.grad(total, w)[0]


_hidden = Exercise(
    function="gradient",
    cases=[
        {"w": _leaf(w), "xs": _tensor(*xs)}
        for w in (0.5, -1.0)
        for xs in ((1.0, 2.0), (0.5, -0.25, 1.0), (0.1, 0.2, -0.3, 0.4))
    ],
    parts=[
        Part(
            "{call} returned",
            _hidden_gradient,
            {
                "No error, but each `backward()` goes through all earlier steps again. "
                "Here a step must see `h` as a plain number.": (
                    lambda right, w, xs: _hidden_gradient(w, xs, cut=False)
                ),
                "This is the gradient of the last step alone: gradients of all steps add up.": (
                    lambda right, w, xs: _hidden_gradient(w, xs, steps="last")
                ),
                "This goes back once, from the last step through all the others.": (
                    lambda right, w, xs: _hidden_gradient(w, xs, cut=False, steps="last")
                ),
                "It is zero: is the way to `w` cut too?": lambda right, **_: 0.0,
                "It is twice too large: did two gradients add up?": lambda right, **_: 2 * right,
            },
            missing="`w.grad` is None: is the way to `w` cut too, or was it emptied?",
        )
    ],
)


def _back(answer, leaf, *inputs):
    """Return what a function returns and, if there is a way back, what arrives in the leaf."""
    result = answer(*inputs)
    if isinstance(result, Tensor) and result.requires_grad:
        result.sum().backward()
    return result, leaf.grad


def _observe_entropy(entropy, x):
    y, grad = _back(entropy, x, x)
    return y, None if grad is None else grad.isnan().sum().item(), grad


def _entropy(x):
    """Return x log x, or 0 where x is not positive, number by number."""
    return torch.stack([n * n.log() if n > 0 else 0 * n for n in x])


def _entropy_slope(x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(_entropy(x).sum(), x)[0]


_CUT = "The way from the result back to the input is cut. `detach()`, `item()`, "
_CUT += "`torch.tensor(...)` and `torch.no_grad()` cut it."

_nan = Exercise(
    function="entropy",
    observe=_observe_entropy,
    cases=[{"x": _leaf(*x)} for x in ((0.5, 0.0), (2.0, -1.0, 0.25), (0.0, 0.1, -3.0), (3.0, 0.2))],
    parts=[
        Part(
            "{call} returned",
            _entropy,
            {
                "Only the logarithm is left: the factor `x` is missing.": lambda right, x: (
                    torch.where(x > 0, x.log(), 0.0)
                ),
                "The value is the one of |x|: below 0 it should be 0.": lambda right, x: (
                    x * torch.where(x == 0, 1.0, x.abs()).log()
                ),
                "The sign is the other way round.": lambda right, x: -right,
            },
            tensor=True,
        ),
        Part(
            "The values are right, but after {call} and `backward()`, the number of nan in "
            "`x.grad` is",
            lambda x: 0,
            {
                "`where` drops the bad value. But on the way back it sends 0 into that branch, "
                "and 0 times an infinite slope, or nan, is nan. "
                "What must the logarithm never see?": lambda right, x: (x <= 0).sum(),
                "The logarithm of 0 still takes part: its slope is infinite.": (
                    lambda right, x: (x == 0).sum()
                ),
                "The logarithm of a negative number still takes part.": (
                    lambda right, x: (x < 0).sum()
                ),
            },
            missing=_CUT,
        ),
        Part(
            "The values are right, but after {call} and `backward()`, `x.grad` is",
            _entropy_slope,
            {
                "The logarithm is a constant here: a part of the slope is missing.": (
                    lambda right, x: torch.where(x > 0, x.log(), 0.0)
                ),
                "The factor `x` is a constant here: a part of the slope is missing.": (
                    lambda right, x: (x > 0).double()
                ),
                "All slopes are 0: is the way back cut?": lambda right, x: 0 * right,
            },
        ),
    ],
)


def _errors(w, x, y):
    return (x @ w - y) ** 2


def _penalised(w, x, y, size):
    return _errors(w, x, y).mean() + size * (w * w).sum()


def _gradient_of(loss):
    def gradient(w, **inputs):
        w = w.detach().requires_grad_()
        return torch.autograd.grad(loss(w, **inputs), w)[0]

    return gradient


_item = Exercise(
    function="loss_of",
    observe=lambda loss_of, w, *rest: _back(loss_of, w, w, *rest),
    cases=[
        {"w": _leaf(*w), "x": x, "y": _tensor(1.0, -2.0, 0.5), "size": size}
        for w, x in (
            ((1.0, -2.0), _tensor([1.0, 0.0], [2.0, 1.0], [0.0, 3.0])),
            ((0.5, 3.0), _tensor([1.0, -1.0], [0.5, 2.0], [1.0, 1.0])),
        )
        for size in (0.1, 2.0)
    ],
    parts=[
        Part(
            "{call} returned",
            _penalised,
            {
                "The penalty is missing.": lambda right, w, x, y, size: _errors(w, x, y).mean(),
                "This is the sum of the errors; their mean is asked for.": (
                    lambda right, w, x, y, size: _errors(w, x, y).sum() + size * (w * w).sum()
                ),
                "The penalty is the sum of the squares, not their mean.": (
                    lambda right, w, x, y, size: _errors(w, x, y).mean() + size * (w * w).mean()
                ),
            },
            tensor=True,
        ),
        Part(
            "The value is right, but after {call} and `backward()`, `w.grad` is",
            _gradient_of(_penalised),
            {
                "This is the gradient of the errors alone: the penalty is a constant here. "
                "Which line makes a plain number of it?": lambda right, w, x, y, size: _gradient_of(
                    lambda w: _errors(w, x, y).mean()
                )(w),
                "This is the gradient of the penalty alone: the errors are a constant here.": (
                    lambda right, w, x, y, size: 2 * size * w
                ),
                "A half of the penalty's slope is missing: does every `w` in it stand for `w` "
                "itself?": lambda right, w, x, y, size: right - size * w,
            },
            missing=_CUT,
        ),
    ],
)


class _WithUpstream(Exercise):
    """An exercise for a function of x, whose result gets a v from above."""

    def call(self, inputs: Inputs) -> str:
        x, v = (show(inputs[name]) for name in "xv")
        return f"`y = {self.function}(x)` with `x = {x}` and `v = {v}`"


def _observe_cube(cube, x, v):
    y = cube(x)
    if isinstance(y, Tensor) and y.shape == v.shape and y.requires_grad:
        y.backward(v)
    return y, x.grad


_upstream = _WithUpstream(
    function="cube",
    observe=_observe_cube,
    cases=[
        {"x": _leaf(*x), "v": _tensor(*v)}
        for x in ((1.0, 2.0), (-3.0, 0.5))
        for v in ((1.0, 0.5), (-2.0, 3.0), (0.25, 0.0))
    ],
    parts=[
        Part(
            "After {call}, `y` is",
            lambda x, v: x**3,
            {"This is the square.": lambda right, x, v: x**2},
            tensor=True,
        ),
        Part(
            "`y` is right. But after {call}, and `y.backward(v)`, `x.grad` is",
            lambda x, v: _gradient_of(lambda x: (x**3 * v).sum())(x),
            {
                "This is the local slope alone. `backward` gets `v` from above: "
                "what does the chain rule do with it?": lambda right, x, v: 3 * x**2,
                "This is `v` alone: the local slope is missing.": lambda right, x, v: v,
                "The slope and `v` are added here. The chain rule does something else.": (
                    lambda right, x, v: 3 * x**2 + v
                ),
                "The numbers of `v` are added up here. Each belongs to one number of `y`.": (
                    lambda right, x, v: 3 * x**2 * v.sum()
                ),
                "Look at the slope of the cube once more.": lambda right, x, v: x**2 * v,
                "The exponent falls by one: look at the slope of the cube once more.": (
                    lambda right, x, v: 3 * x**3 * v
                ),
            },
            missing=_CUT,
        ),
    ],
)

exercises = {
    "case-which-raises": _which,
    "case-frozen": _frozen,
    "case-table": _table,
    "case-round": _round,
    "case-hidden": _hidden,
    "case-nan": _nan,
    "case-item": _item,
    "case-upstream": _upstream,
}
