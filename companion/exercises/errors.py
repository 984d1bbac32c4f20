"""The exercises to the chapter "Error clinic": cases for a doctor."""

import torch

from companion.check import Function, Number, Part, flag
from companion.check.vocabulary import DETACHED
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
    d=("`y = torch.round(w)`", "Its slope is 0 almost everywhere. Is a slope of 0 no slope?"),
)

exercises["case-table"] = Number(
    12,
    {},
    ("Every prediction is right. But which shape does `y_hat - y` have?", 0),
    ("This is the sum; the mean is asked for.", 108),
    ("This is divided by the number of examples. But the table has more entries than that.", 36),
)

# One message each ------------------------------------------------------------------------------

exercises["case-dtype"] = which_runs(
    "layer, x = torch.nn.Linear(2, 1), torch.ones(3, 2).double()",
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
        missing="`w.grad` is None: is the way to `w` cut too, or was it emptied?",
    ),
    drawn=lambda draw: {"w": draw.leaf(-1, 1), "xs": draw.vector(4, -1, 1)},
)


def _entropy(x):
    """Return x log x, or 0 where x is not positive, number by number."""
    return torch.stack([n * n.log() if n > 0 else 0 * n for n in x])


def _observe_entropy(entropy, x):
    y, grad = backward_to("x")(entropy, x)
    return y, None if grad is None else bool(grad.isnan().any()), grad


exercises["case-nan"] = Function(
    "entropy",
    [{"x": leaf(*x)} for x in ((0.5, 0.0), (2.0, -1.0, 0.25), (0.0, 0.1, -3.0), (3.0, 0.2))],
    Part("{call} returned", _entropy, tensor=True),
    flag(
        "The values are right, but that after {call} and `backward` a nan is in `x.grad` is",
        False,
        "`where` drops the bad value. But on the way back it sends 0 into that branch, and 0 "
        "times an infinite slope, or nan, is nan. What must the logarithm never see?",
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
