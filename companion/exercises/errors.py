"""The exercises to the chapter "Error clinic": cases for a doctor."""

import torch

from companion.check import Function, Number, Part
from companion.check.vocabulary import DETACHED, SIGN, TWICE
from companion.exercises._given import (
    backward_to,
    leaf,
    slope,
    upstream,
    vector,
    which_fails,
    which_runs,
)

exercises = {}

# Diagnosis -------------------------------------------------------------------------------------

exercises["case-which-raises"] = which_fails(
    "w = torch.tensor(3.0, requires_grad=True)",
    "y.backward()",
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


exercises["case-table"] = Number(
    12.0,
    {},
    "Every prediction is right, and so it should be 0. But which shape does `y_hat - y` have?",
    0.0,
    "This is the sum; the mean is asked for.",
    lambda right: 9 * right,
    "This is divided by the number of examples. But the table has more entries than that.",
    lambda right: 3 * right,
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


exercises["case-retain"] = which_runs(
    "x = torch.tensor(2.0, requires_grad=True)\ny, grad = x**3, torch.autograd.grad",
    "assert grad(slope, x)[0] == 12",
    a=("`slope = grad(y, x)[0]`", "The right slope, as a plain number. Where is its own history?"),
    b=("`slope = grad(y, x, retain_graph=True)[0]`", "It keeps `y`'s graph. Does `slope` get one?"),
    c=("`y.backward(); slope = x.grad`", "`x.grad` is a plain number: where is its own history?"),
    d="`slope = grad(y, x, create_graph=True)[0]`",
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
    ),
    observe=_observe_entropy,
    drawn=lambda draw: {"x": draw.leaf(-2, 3, 4)},
)
