"""The exercises to the chapter "Error clinic": cases for a doctor.

What is right is found by running the programs with torch, or by its autograd, in float64.
"""

import torch
from torch import Tensor

from companion.check import Choice, Function, Number, Order, Part
from companion.check._result import show
from companion.check.vocabulary import SIGN, TWICE
from companion.exercises._given import Descent, leaf, the_one, vector

exercises = {}


# Diagnosis -------------------------------------------------------------------------------------

_MESSAGE = "element 0 of tensors does not require grad and does not have a grad_fn"


def _raises(program):
    try:
        exec(program + "\ny.backward()", {"torch": torch, "w": leaf(3.0)})  # noqa: S102 it is a text of this module
    except RuntimeError as failure:
        return _MESSAGE in str(failure)
    return False


exercises["case-which-raises"] = Choice(
    lambda: the_one(exercises["case-which-raises"].options, _raises),
    a=(
        "`y = w.detach() + w`",
        "`detach()` cuts one of two ways. Is there still a way from `y` back to `w`?",
    ),
    b=(
        "`with torch.no_grad(): w -= 1`, then `y = w * w`",
        "`w -= 1` edits the leaf itself. Is it another tensor afterwards?",
    ),
    c="`with torch.no_grad(): w = w - 1`, then `y = w * w`",
    d=(
        "`y = torch.round(w)`",
        "The slope of `round` is 0 almost everywhere. Is a slope of 0 the same as none?",
    ),
)


def _frozen_program(repair):
    lr = 0.5 if repair == "c" else 0.05
    w = leaf(1.0)
    optimizer = Descent([w], lr)
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


exercises["case-frozen"] = Choice(
    lambda: next(letter for letter in "abcd" if abs(_frozen_program(letter) - 2) < 0.01),
    a=(
        "`y_hat.requires_grad = True` stands after `y_hat` is made, and that of `loss` goes.",
        "Then `y_hat` gets a gradient. But which way leads from `y_hat` to `w`?",
    ),
    b=(
        "`optimizer.zero_grad()` moves to the end of the loop.",
        "`zero_grad()` is at a good place already: before `backward()`.",
    ),
    c=(
        "The learning rate becomes larger: `lr=0.5`.",
        "The optimizer skips a weight without a gradient. What is `w.grad` here?",
    ),
    d="`y_hat = 3 * w` takes the place of its two lines, and `loss.requires_grad = True` goes.",
)


def _table_loss(y_hat=(0.0, 3.0, 6.0)):
    y = vector(*y_hat)
    return ((y[:, None] - y) ** 2).mean()


def _is(number):
    return lambda right: number


exercises["case-table"] = Number(
    _table_loss,
    {},
    "Every prediction is right, and so it should be 0. But which shape does `y_hat - y` have?",
    _is(0.0),
    "This is the sum; the mean is asked for.",
    _is(108.0),
    "This is divided by the number of examples. But the table has more entries than that.",
    _is(36.0),
    "Is each difference counted as often as it stands in the table? 0 - 3 and 3 - "
    "0 are two entries.",
    _is(6.0),
    "The entries are squared before the mean is taken.",
    _is(8 / 3),
    "The zeros of the table count in the mean too.",
    _is(18.0),
)

_ROUND = (
    "optimizer.step()",
    "grads.append(w.grad.item())",
    "loss.backward()",
    "optimizer.zero_grad()",
    "loss = (3 * w - 6) ** 2",
)


def _rounds_are_right(order):
    w, right, grads = leaf(1.0), leaf(1.0), []
    names = {"w": w, "grads": grads, "optimizer": Descent([w], 0.01)}
    for _ in range(3):
        for number in order:
            exec(_ROUND[number - 1], names)  # noqa: S102 they are texts of this module
        slope = torch.autograd.grad((3 * right - 6) ** 2, right)[0]
        if grads[-1] != slope.item():
            return False
        with torch.no_grad():
            right -= 0.01 * slope
    return w.item() == right.item()


exercises["case-round"] = Order(
    lines=_ROUND,
    truth=_rounds_are_right,
    wrong={
        "3 before 5": "In the first round there is no loss yet, and later it is an old one: its "
        "graph is freed already.",
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


exercises["case-hidden"] = Function(
    "gradient",
    [
        {"w": leaf(w), "xs": vector(*xs)}
        for w in (0.5, -1.0)
        for xs in ((1.0, 2.0), (0.5, -0.25, 1.0), (0.1, 0.2, -0.3, 0.4))
    ],
    Part(
        "{call} returned",
        _hidden_gradient,
        "No error, but each `backward()` goes through all earlier steps again. Here a "
        "step must see `h` as a plain number.",
        lambda w, xs: _hidden_gradient(w, xs, cut=False),
        "This is the gradient of the last step alone: gradients of all steps add up.",
        lambda w, xs: _hidden_gradient(w, xs, steps="last"),
        "This goes back once, from the last step through all the others.",
        lambda w, xs: _hidden_gradient(w, xs, cut=False, steps="last"),
        "It is zero: is the way to `w` cut too?",
        0.0,
        TWICE,
        missing="`w.grad` is None: is the way to `w` cut too, or was it emptied?",
    ),
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

exercises["case-nan"] = Function(
    "entropy",
    [{"x": leaf(*x)} for x in ((0.5, 0.0), (2.0, -1.0, 0.25), (0.0, 0.1, -3.0), (3.0, 0.2))],
    Part(
        "{call} returned",
        _entropy,
        "Only the logarithm is left: the factor `x` is missing.",
        lambda x: torch.where(x > 0, x.log(), 0.0),
        "The value is the one of |x|: below 0 it should be 0.",
        lambda x: x * torch.where(x == 0, 1.0, x.abs()).log(),
        SIGN,
        tensor=True,
    ),
    Part(
        "The values are right, but after {call} and `backward()`, the number of nan in `x.grad` is",
        lambda x: 0,
        "`where` drops the bad value. But on the way back it sends 0 into that branch, "
        "and 0 times an infinite slope, or nan, is nan. What must the logarithm never "
        "see?",
        lambda x: (x <= 0).sum(),
        "The logarithm of 0 still takes part: its slope is infinite.",
        lambda x: (x == 0).sum(),
        "The logarithm of a negative number still takes part.",
        lambda x: (x < 0).sum(),
        missing=_CUT,
    ),
    Part(
        "The values are right, but after {call} and `backward()`, `x.grad` is",
        _entropy_slope,
        "The logarithm is a constant here: a part of the slope is missing.",
        lambda x: torch.where(x > 0, x.log(), 0.0),
        "The factor `x` is a constant here: a part of the slope is missing.",
        lambda x: (x > 0).double(),
        "All slopes are 0: is the way back cut?",
        lambda right: 0 * right,
    ),
    observe=_observe_entropy,
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


exercises["case-item"] = Function(
    "loss_of",
    [
        {"w": leaf(*w), "x": x, "y": vector(1.0, -2.0, 0.5), "size": size}
        for w, x in (
            ((1.0, -2.0), vector([1.0, 0.0], [2.0, 1.0], [0.0, 3.0])),
            ((0.5, 3.0), vector([1.0, -1.0], [0.5, 2.0], [1.0, 1.0])),
        )
        for size in (0.1, 2.0)
    ],
    Part(
        "{call} returned",
        _penalised,
        "The penalty is missing.",
        lambda w, x, y: _errors(w, x, y).mean(),
        "This is the sum of the errors; their mean is asked for.",
        lambda w, x, y, size: _errors(w, x, y).sum() + size * (w * w).sum(),
        "The penalty is the sum of the squares, not their mean.",
        lambda w, x, y, size: _errors(w, x, y).mean() + size * (w * w).mean(),
        tensor=True,
    ),
    Part(
        "The value is right, but after {call} and `backward()`, `w.grad` is",
        _gradient_of(_penalised),
        "This is the gradient of the errors alone: the penalty is a constant here. "
        "Which line makes a plain number of it?",
        lambda w, x, y: _gradient_of(lambda w: _errors(w, x, y).mean())(w),
        "This is the gradient of the penalty alone: the errors are a constant here.",
        lambda w, size: 2 * size * w,
        "A half of the penalty's slope is missing: does every `w` in it stand for `w` itself?",
        lambda right, w, size: right - size * w,
        missing=_CUT,
    ),
    observe=lambda loss_of, w, *rest: _back(loss_of, w, w, *rest),
)


def _observe_cube(cube, x, v):
    y = cube(x)
    if isinstance(y, Tensor) and y.shape == v.shape and y.requires_grad:
        y.backward(v)
    return y, x.grad


exercises["case-upstream"] = Function(
    "cube",
    [
        {"x": leaf(*x), "v": vector(*v)}
        for x in ((1.0, 2.0), (-3.0, 0.5))
        for v in ((1.0, 0.5), (-2.0, 3.0), (0.25, 0.0))
    ],
    Part(
        "After {call}, `y` is", lambda x: x**3, "This is the square.", lambda x: x**2, tensor=True
    ),
    Part(
        "`y` is right. But after {call}, and `y.backward(v)`, `x.grad` is",
        lambda x, v: _gradient_of(lambda x: (x**3 * v).sum())(x),
        "This is the local slope alone. `backward` gets `v` from above: what does the "
        "chain rule do with it?",
        lambda x: 3 * x**2,
        "This is `v` alone: the local slope is missing.",
        lambda v: v,
        "The slope and `v` are added here. The chain rule does something else.",
        lambda x, v: 3 * x**2 + v,
        "The numbers of `v` are added up here. Each belongs to one number of `y`.",
        lambda x, v: 3 * x**2 * v.sum(),
        "Look at the slope of the cube once more.",
        lambda x, v: x**2 * v,
        "The exponent falls by one: look at the slope of the cube once more.",
        lambda x, v: 3 * x**3 * v,
        missing=_CUT,
    ),
    observe=_observe_cube,
    call=lambda x, v: f"`y = cube(x)` with `x = {show(x)}` and `v = {show(v)}`",
)
