"""The exercises to the chapter "Error clinic": cases for a doctor.

What is right is found by running the programs with torch, or by its autograd, in float64.
"""

import torch

from companion.check import Choice, Function, Number, Part, flag
from companion.check.vocabulary import DETACHED, SIGN, TWICE
from companion.exercises._given import (
    backward_to,
    fails,
    leaf,
    slope,
    the_one,
    upstream,
    vector,
    which_runs,
)

exercises = {}

# Diagnosis -------------------------------------------------------------------------------------

exercises["case-which-raises"] = Choice(
    lambda: the_one(
        exercises["case-which-raises"].options,
        fails("w = torch.tensor(3.0, requires_grad=True)", "y.backward()"),
    ),
    a=("`y = w.detach() + w`", "`detach()` cuts one of two ways. Is there still a way to `w`?"),
    b=(
        "`with torch.no_grad(): w -= 1`, then `y = w * w`",
        "`w -= 1` edits the leaf itself. Is it another tensor afterwards?",
    ),
    c="`with torch.no_grad(): w = w - 1`, then `y = w * w`",
    d=(
        "`y = torch.round(w)`",
        "Its slope is 0 almost everywhere. Is a slope of 0 the same as none?",
    ),
)


def _table_loss():
    y = vector(0.0, 3.0, 6.0)
    return ((y[:, None] - y) ** 2).mean()


exercises["case-table"] = Number(
    _table_loss,
    {},
    "Every prediction is right, and so it should be 0. But which shape does `y_hat - y` have?",
    0.0,
    "This is the sum; the mean is asked for.",
    lambda right: 9 * right,
    "This is divided by the number of examples. But the table has more entries than that.",
    lambda right: 3 * right,
    "Each difference stands in the table twice: 0 - 3 and 3 - 0 are two entries.",
    lambda right: right / 2,
    "The zeros of the table count in the mean too.",
    lambda right: right * 9 / 6,
)

# One message each ------------------------------------------------------------------------------

_LINEAR = "layer, x = torch.nn.Linear(2, 1), torch.ones(3, 2)"

exercises["case-dtype"] = which_runs(
    f"{_LINEAR}.double()",
    "y.sum().backward()",
    a=("`y = layer(x.double())`", "It has 64 bits already. Which of the two has 32?"),
    b=("`y = layer(x).float()`", "This comes too late: the product stops before it."),
    c="`y = layer(x.float())`",
    d=("`y = layer.eval()(x)`", "`eval()` changes what some layers do. Does it change a dtype?"),
)

exercises["case-unused"] = which_runs(
    "w, b = (torch.tensor(n, requires_grad=True) for n in (2.0, 1.0))\n"
    "loss, grad = w * w, torch.autograd.grad",
    "assert g[0] == 4 and g[1] is None",
    a="`g = grad(loss, (w, b), allow_unused=True)`",
    b=("`g = grad(loss, (w, b))`", "This stops: `b` was not used. Which option allows that?"),
    c=("`g = grad(loss, (w, b), retain_graph=True)`", "But `b` is not in the graph, now or later."),
    d=("`g = grad(loss, (w, b), materialize_grads=True)`", "It gives zeros for `b`, not `None`."),
)

exercises["case-retain"] = which_runs(
    "x = torch.tensor(2.0, requires_grad=True)\ny, grad = x**3, torch.autograd.grad",
    "assert grad(slope, x)[0] == 12",
    a=("`slope = grad(y, x)[0]`", "The right slope, as a plain number. Where is its own history?"),
    b=("`slope = grad(y, x, retain_graph=True)[0]`", "It keeps `y`'s graph. Does `slope` get one?"),
    c=("`y.backward(); slope = x.grad`", "`x.grad` is a plain number: where is its own history?"),
    d="`slope = grad(y, x, create_graph=True)[0]`",
)

exercises["case-gradcheck"] = which_runs(
    "def check(x, **options):\n"
    "    return torch.autograd.gradcheck(lambda x: x.sin() * x, x, **options)\n"
    "x = torch.tensor([0.5, 2.0], requires_grad=True)",
    "",
    a=("`check(x, eps=1e-9)`", "In 32 bits `x` and `x + 1e-9` are the same number."),
    b="`check(x.detach().double().requires_grad_())`",
    c=("`check(x.clone())`", "A clone has as many digits as `x`. How many does a quotient need?"),
    d=("`check(x, atol=1e-7)`", "That is harder to please. Why do the two Jacobians differ?"),
)

exercises["case-checkpoint"] = which_runs(
    f"from torch.utils.checkpoint import checkpoint\n{_LINEAR}",
    "y.sum().backward()\nassert layer.weight.grad is not None",
    a=(
        "`y = checkpoint(layer, x, use_reentrant=True)`",
        "This way looks at its inputs alone. `x` requires no gradient: there is no way back.",
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

exercises["case-hook"] = which_runs(
    f"{_LINEAR}\nlayer.register_full_backward_hook(lambda *grads: None)\n"
    "ReLU, F = torch.nn.ReLU, torch.nn.functional",
    "y.sum().backward()",
    a=(
        "`y = ReLU(inplace=True)(layer(x))`",
        "So it was: the result of a layer with a hook is a view, and is edited in place.",
    ),
    b=("`y = F.relu_(layer(x))`", "The underscore means the same as `inplace=True`: an edit."),
    c=("`y = ReLU(inplace=True)(layer(x).view(3, 1))`", "A view of a view is a view."),
    d="`y = ReLU()(layer(x))`",
)

exercises["case-vmap"] = which_runs(
    "",
    "torch.func.vmap(f)(torch.tensor([-1.0, 2.0]))",
    a="`def f(x): return torch.where(x > 0, x, 0 * x)`",
    b=("`def f(x): return x if x > 0 else 0 * x`", "`if` asks for one answer; here are two."),
    c=("`def f(x): return x * bool(x > 0)`", "`bool` asks for one answer; here are two."),
    d=("`def f(x): return max(x, 0 * x)`", "`max` compares, so it too asks for one answer."),
)

# Treatment -------------------------------------------------------------------------------------


def _hidden_gradient(w, xs, cut=True, steps="all"):
    """Return the gradient of the sum of the states; each state sees the earlier ones or not."""

    def total(w):
        h, states = torch.zeros(()), []
        for x in xs:
            h = torch.tanh(w * (h.detach() if cut else h) + x)
            states.append(h)
        return states[-1] if steps == "last" else sum(states)

    return slope(total, w)


exercises["case-hidden"] = Function(
    "gradient",
    [
        {"w": leaf(w), "xs": vector(*xs)}
        for w in (0.5, -1.0)
        for xs in ((1.0, 2.0), (0.5, -0.25, 1.0))
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


def _entropy(x):
    """Return x log x, or 0 where x is not positive, number by number."""
    return torch.stack([n * n.log() if n > 0 else 0 * n for n in x])


def _observe_entropy(entropy, x):
    y, grad = backward_to("x")(entropy, x)
    return y, None if grad is None else grad.isnan().sum().item(), grad


exercises["case-nan"] = Function(
    "entropy",
    [{"x": leaf(*x)} for x in ((0.5, 0.0), (2.0, -1.0, 0.25), (0.0, 0.1, -3.0), (3.0, 0.2))],
    Part(
        "{call} returned",
        _entropy,
        "Only the logarithm is left: the factor `x` is missing.",
        lambda x: torch.where(x > 0, x.log(), 0.0),
        SIGN,
        tensor=True,
    ),
    Part(
        "The values are right, but after {call} and `backward`, the number of nan in `x.grad` is",
        lambda x: 0,
        "`where` drops the bad value. But on the way back it sends 0 into that branch, and 0 "
        "times an infinite slope, or nan, is nan. What must the logarithm never see?",
        lambda x: (x <= 0).sum(),
        "The logarithm of 0 still takes part: its slope is infinite.",
        lambda x: (x == 0).sum(),
        "The logarithm of a negative number still takes part.",
        lambda x: (x < 0).sum(),
        missing=DETACHED,
    ),
    Part(
        "The values are right, but after {call} and `y.backward(v)` with v = 1, -2, 3, …, "
        "`x.grad` is",
        lambda x: slope(_entropy, x, upstream(x)),
        "The logarithm is a constant here: a part of the slope is missing.",
        lambda x: torch.where(x > 0, x.log(), 0.0) * upstream(x),
        "The factor `x` is a constant here: a part of the slope is missing.",
        lambda x: (x > 0) * upstream(x),
        "All slopes are 0: is the way back cut?",
        lambda right: 0 * right,
    ),
    observe=_observe_entropy,
    drawn=lambda draw: {"x": draw.leaf(-2, 3, 4)},
)


def _gradcheck_passes(function):
    try:
        return torch.autograd.gradcheck(function, leaf(-2.0, 0.5, 1.5))
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
        missing="`backward` gives back nothing: what stands after its `return` becomes `x.grad`.",
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
