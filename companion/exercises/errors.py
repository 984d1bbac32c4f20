"""The exercises to the chapter "Error clinic": cases for a doctor.

What is right is found by running the programs with torch, or by its autograd, in float64.
"""

import torch
from torch import Tensor

from companion.check import Choice, Function, Number, Order, Part, flag
from companion.check._result import show
from companion.check.vocabulary import DETACHED, SIGN, TWICE
from companion.exercises._given import (
    Descent,
    backward_to,
    leaf,
    runs,
    slope,
    the_one,
    upstream,
    vector,
)

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
    "Is each difference counted as often as it stands in the table? 0 - 3 and 3 - 0 are two "
    "entries.",
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
        "No error, but each `backward()` goes through all earlier steps again. Here a step must "
        "see `h` as a plain number.",
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
    drawn=lambda draw: {"w": draw.leaf(-1, 1), "xs": draw.vector(4, -1, 1)},
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
        "`where` drops the bad value. But on the way back it sends 0 into that branch, and 0 "
        "times an infinite slope, or nan, is nan. What must the logarithm never see?",
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
    drawn=lambda draw: {"x": draw.leaf(-2, 3, 4)},
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
        "This is the gradient of the errors alone: the penalty is a constant here. Which line "
        "makes a plain number of it?",
        lambda w, x, y: _gradient_of(lambda w: _errors(w, x, y).mean())(w),
        "This is the gradient of the penalty alone: the errors are a constant here.",
        lambda w, size: 2 * size * w,
        "A half of the penalty's slope is missing: does every `w` in it stand for `w` itself?",
        lambda right, w, size: right - size * w,
        missing=_CUT,
    ),
    observe=lambda loss_of, w, *rest: _back(loss_of, w, w, *rest),
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3, 2),
        "x": draw.matrix(3, 2),
        "y": draw.vector(3, -3, 3),
        "size": draw.number(0.1, 3),
    },
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
        "This is the local slope alone. `backward` gets `v` from above: what does the chain rule "
        "do with it?",
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
    drawn=lambda draw: {"x": draw.leaf(-3, 3, 2), "v": draw.vector(2, -3, 3)},
)


# One message each ------------------------------------------------------------------------------

_LINEAR = "layer, x = torch.nn.Linear(2, 1), torch.ones(3, 2)"

exercises["case-dtype"] = Choice(
    lambda: the_one(
        exercises["case-dtype"].options,
        runs(
            "layer = torch.nn.Linear(2, 1)\nx = torch.ones(3, 2, dtype=torch.float64)",
            "y.sum().backward()",
        ),
    ),
    a=("`y = layer(x.double())`", "It has 64 bits already. Which of the two has 32?"),
    b=("`y = layer(x).float()`", "This comes too late: the product stops before it."),
    c="`y = layer(x.float())`",
    d=("`y = layer.eval()(x)`", "`eval()` changes what some layers do. Does it change a dtype?"),
)

exercises["case-unused"] = Choice(
    lambda: the_one(
        exercises["case-unused"].options,
        runs(
            "w, b = torch.tensor([2.0, 1.0]).requires_grad_().unbind()\nw, b = "
            "(t.detach().requires_grad_() for t in (w, b))\nloss = w * w\ngrad = "
            "torch.autograd.grad",
            "assert g[0] == 4 and g[1] is None",
        ),
    ),
    a="`g = grad(loss, (w, b), allow_unused=True)`",
    b=(
        "`g = grad(loss, (w, b))`",
        (
            "`loss` was made without `b`, and PyTorch would rather tell you than return a guess: "
            "`The differentiated Tensor at index 1 appears to not have been used in the graph`."
        ),
    ),
    c=(
        "`g = grad(loss, (w, b), retain_graph=True)`",
        "This keeps the graph for later. But `b` is not in the graph, now or later.",
    ),
    d=(
        "`g = grad(loss, (w, b), materialize_grads=True)`",
        "This runs, and gives a tensor of zeros for `b`. Asked is `None`.",
    ),
)

exercises["case-retain"] = Choice(
    lambda: the_one(
        exercises["case-retain"].options,
        runs(
            "x = torch.tensor(2.0, requires_grad=True)\ny, grad = x**3, torch.autograd.grad",
            "assert grad(slope, x)[0] == 12",
        ),
    ),
    a=(
        "`slope = grad(y, x)[0]`",
        "The slope is right, and it is a plain number. From what could its own slope be found?",
    ),
    b=(
        "`slope = grad(y, x, retain_graph=True)[0]`",
        "This keeps the graph of `y` for another way back. Is the way back itself recorded?",
    ),
    c=(
        "`y.backward(); slope = x.grad`",
        "`x.grad` is a plain number here. From what could its own slope be found?",
    ),
    d="`slope = grad(y, x, create_graph=True)[0]`",
)

exercises["case-gradcheck"] = Choice(
    lambda: the_one(
        exercises["case-gradcheck"].options,
        runs(
            "def check(x, **options):\n  return torch.autograd.gradcheck(lambda x: x.sin() * x, "
            "x, **options)\nx = torch.tensor([0.5, 2.0], requires_grad=True)",
            "",
        ),
    ),
    a=(
        "`check(x, eps=1e-9)`",
        "In 32 bits `x` and `x + 1e-9` are the same number. Where do the digits get lost?",
    ),
    b="`check(x.detach().double().requires_grad_())`",
    c=(
        "`check(x.clone())`",
        "A clone has as many digits as `x`. How many does a difference quotient need?",
    ),
    d=(
        "`check(x, atol=1e-7)`",
        "A smaller tolerance is harder to please. What makes the two Jacobians differ?",
    ),
)

exercises["case-checkpoint"] = Choice(
    lambda: the_one(
        exercises["case-checkpoint"].options,
        runs(
            f"from torch.utils.checkpoint import checkpoint\n{_LINEAR}",
            "y.sum().backward()\nassert layer.weight.grad is not None",
        ),
    ),
    a=(
        "`y = checkpoint(layer, x, use_reentrant=True)`",
        (
            "This way looks at its inputs: `x` requires no gradient, so a warning comes, `None "
            "of the inputs have requires_grad=True`, and there is no way back."
        ),
    ),
    b=(
        "`y = checkpoint(layer, x.detach(), use_reentrant=True)`",
        "`x` required no gradient before, either. Who does, and how could it be noticed?",
    ),
    c="`y = checkpoint(layer, x, use_reentrant=False)`",
    d=(
        "`with torch.no_grad(): y = checkpoint(layer, x, use_reentrant=False)`",
        "Under `no_grad` nothing is recorded, with a checkpoint or without one.",
    ),
)

exercises["case-hook"] = Choice(
    lambda: the_one(
        exercises["case-hook"].options,
        runs(
            f"{_LINEAR}\nlayer.register_full_backward_hook(lambda *grads: None)\n"
            "ReLU, F = torch.nn.ReLU, torch.nn.functional",
            "y.sum().backward()",
        ),
    ),
    a=(
        "`y = ReLU(inplace=True)(layer(x))`",
        (
            "This is the program as it was: the result of a layer with a hook is a view, and is "
            "edited in place."
        ),
    ),
    b=(
        "`y = F.relu_(layer(x))`",
        "The underscore means the same as `inplace=True`: the view is edited.",
    ),
    c=(
        "`y = ReLU(inplace=True)(layer(x).view(3, 1))`",
        "A view of a view is a view. What would be a tensor of its own?",
    ),
    d="`y = ReLU()(layer(x))`",
)

exercises["case-vmap"] = Choice(
    lambda: the_one(
        exercises["case-vmap"].options,
        runs("", "torch.func.vmap(f)(torch.tensor([-1.0, 2.0]))"),
    ),
    a="`def f(x): return torch.where(x > 0, x, 0 * x)`",
    b=(
        "`def f(x): return x if x > 0 else 0 * x`",
        "`if` asks for one answer, and here are two numbers at once, with one answer each.",
    ),
    c=(
        "`def f(x): return x * bool(x > 0)`",
        "`bool` asks for one answer, and here are two numbers at once, with one answer each.",
    ),
    d=(
        "`def f(x): return max(x, 0 * x)`",
        "Python's `max` compares, and asks for one answer. Here are two numbers at once.",
    ),
)


def _gradcheck_passes(function):
    x = leaf(-2.0, 0.5, 1.5)
    try:
        return torch.autograd.gradcheck(function, x)
    except Exception:  # it raises where the two Jacobians differ
        return False


def _observe_own(answer, x):
    y, grad = backward_to("x")(answer, x)
    own = isinstance(getattr(y, "grad_fn", None), torch.autograd.function.BackwardCFunction)
    return y, own, grad, _gradcheck_passes(answer)


def _softsign_slope(x):
    return slope(torch.nn.functional.softsign, x)


exercises["own-function"] = Function(
    "squash",
    [{"x": leaf(1.0, -3.0)}, {"x": leaf(0.0, 0.5, 2.0)}, {"x": leaf(-20.0, 300.0)}],
    Part(
        "{call} returned",
        lambda x: x / (1 + x.abs()),
        "The absolute value is missing: this is x / (1 + x).",
        lambda x: x / (1 + x),
        SIGN,
        tensor=True,
        missing="`forward` gives back its result; so does the function, by `apply`.",
    ),
    flag(
        "The values are right, but that a `Function` of your own made them in {call} is",
        True,
        "The result of `Squash.apply(x)` is asked for; other operations record their own backward.",
    ),
    Part(
        "The values are right, but after {call} and `y.backward(v)` with v = 1, -2, 3, …, "
        "`x.grad` is",
        lambda x: _softsign_slope(x) * upstream(x),
        "This is the local slope alone. `backward` gets what comes from above: it is a factor.",
        _softsign_slope,
        "This is what comes from above: the local slope is missing.",
        upstream,
        "The slope has the square of 1 + |x| below. Here it is not squared.",
        lambda x: upstream(x) / (1 + x.abs()),
        "The slope falls on both sides of 0 alike: |x|, not x, stands in it.",
        lambda x: upstream(x) / (1 + x) ** 2,
        SIGN,
        missing=DETACHED,
    ),
    flag(
        "The gradient is right, but that `torch.autograd.gradcheck(squash, x)` is passed in "
        "{call} is",
        True,
        "`gradcheck` calls `backward` with a 1 for one entry and zeros for the others: does it "
        "give the right gradient then, each time it is called?",
    ),
    observe=_observe_own,
    drawn=lambda draw: {"x": draw.leaf(-5, 5, 3)},
)
