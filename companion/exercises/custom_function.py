"""The predictions, exercises and projects of the chapter "Your own backward".

What is right is found by autograd from torch's own operations, in float64; `v` is what comes from
above.
"""

import torch
from torch import Tensor
from torch.autograd import Function as Own
from torch.autograd import gradcheck
from torch.autograd.graph import saved_tensors_hooks

from companion.check import Choice, Function, Number, Part, flag
from companion.exercises._given import (
    backward_to,
    grid,
    leaf,
    slope,
    upstream,
    vector,
    which,
    which_fails,
)
from companion.exercises._own_function import own_function
from companion.exercises.layers import norm_back, rescaled
from companion.suspects import RIGHT, cube, quietly

exercises = {}


# Predictions ----------------------------------------------------------------------------------

exercises["let-go-at-ones"] = Number(
    5,
    {},
    "Mixed numbers let so many go. What is the same at 1, and differs at them?",
    4,
    "So many are caught.",
    1,
    "One of them has another value at 1: compare the factors.",
    6,
)

exercises["kept-by-ctx"] = Number(
    4,
    {"x": 1.0},
    "This is the true slope. Which number does `backward` find in `ctx.x`?",
    2,
    "Does `ctx.x` have its own memory?",
    0,
)

exercises["best-of-four"] = Choice(
    a=("`1e-2`", "The curve bends over such a step. A shorter one is better."),
    b="`1e-5`",
    c=("`1e-10`", "Both values agree in their first ten digits. How many are left?"),
    d=("`1e-16`", "With 16 digits, `1 + h` is 1 there: nothing moves."),
)

# Choices and numbers --------------------------------------------------------------------------


def _gradcheck_refuses(code):
    names = {"torch": torch}
    exec(f"def backward(x, v):\n    {code}", names)  # noqa: S102 a text of this module
    methods = {
        "forward": staticmethod(lambda ctx, x: (ctx.save_for_backward(x), x.sin())[1]),
        "backward": staticmethod(lambda ctx, v: names["backward"](*ctx.saved_tensors, v)),
    }
    sine = type("Sine", (Own,), methods).apply
    return not gradcheck(sine, leaf(-1.0, 0.5, 2.0), raise_exception=False)


exercises["which-is-wrong"] = which(
    _gradcheck_refuses,
    a=("`return torch.cos(x) * v`", "This is the formula itself."),
    b=("`return v * torch.cos(-x)`", "cos has the same value at x and at −x."),
    c="`return torch.cos(x) * v.sum() / len(v)`",
    d=("`return v * (1 - 2 * torch.sin(x / 2) ** 2)`", "That is cos x, by half of the angle."),
)


exercises["kept-output"] = Number(
    25,
    {"x": 0.0},
    "This is the true slope of 5eˣ at 0. What does `ctx.y` hold when `backward` runs?",
    5,
    "This is eˣ alone: there is a factor from above, too.",
    1,
    "Which two numbers does `backward` multiply? Both were met by the 5.",
    10,
)

exercises["quotient-in-float32"] = Number(
    0,
    {"x": 1.0, "h": 1e-8},
    "This is the true slope. Write down `x + h` in 7 digits first.",
    2,
    "This is `x + h`, or its square, as float32 has it. What is the difference?",
    1,
)


def _passes_in_float32(code):
    x = leaf(-2.0, 0.5, 3.0).detach().float().requires_grad_()
    return quietly(gradcheck, cube(RIGHT), x, eps=float(code))


exercises["eps-in-float32"] = which(
    _passes_in_float32,
    a=("`1e-9`", "In 7 digits, 3 + 1e-9 is 3: all quotients are 0."),
    b=("`1e-6`", "The default, made for 16 digits. Of 7 digits, one is left here."),
    c="`1e-3`",
    d=("`1e-1`", "Over a tenth, the curve bends by more than a thousandth of its slope."),
)


_SUMMED = "It broadcasts from (3,), so autograd sums it down to that, without a word."
exercises["shape-refused"] = which_fails(
    "class Given(torch.autograd.Function):\n"
    "    forward = staticmethod(lambda ctx, x: x * 1)\n"
    "    backward = staticmethod(lambda ctx, v: returned)\n"
    "returned = (",
    ")\nGiven.apply(torch.ones(3, requires_grad=True)).sum().backward()",
    a=("`torch.ones(2, 3)`", _SUMMED),
    b=("`torch.ones(1, 3)`", "Not quite (3,), but it is made so, in silence."),
    c="`torch.ones(3, 1)`",
    d=("`torch.ones(3, 3)`", _SUMMED),
)

# Functions ------------------------------------------------------------------------------------


_CURVES = {
    "torch.exp": torch.exp,
    "torch.sin": torch.sin,
    "lambda x: x**3 / (1 + x**2)": lambda x: x**3 / (1 + x**2),
}


def _observe_step(answer, which, x):
    f = list(_CURVES.values())[which]
    found, right = answer(f, x), slope(f, x)
    number = found.real if isinstance(found, Tensor) else found
    if not isinstance(number, Tensor | float):
        return found, None
    return found, bool((abs(number - right) <= 1e-14 * abs(right)).all())


exercises["complex-step"] = Function(
    "slope_at",
    grid(which=(0, 1, 2), x=(1.0, -0.75)),
    Part(
        "{call} returned",
        lambda which, x: slope(list(_CURVES.values())[which], x),
        "This is the value, the real part. The slope is in the imaginary one.",
        lambda which, x: list(_CURVES.values())[which](vector(x))[0],
        "It is almost 0: the imaginary part is the slope *times* `h`.",
        0,
    ),
    flag(
        "Nearly. Is {call} right to the last digits?",
        True,
        "Is there a difference left, or a step longer than 1e-10? Or a number of float32?",
    ),
    observe=_observe_step,
    call=lambda which, x: f"`slope_at({list(_CURVES)[which]}, {x:g})`",
)


def _own_node(y):
    return isinstance(getattr(y, "grad_fn", None), torch.autograd.function.BackwardCFunction)


def _observe_swish(answer, x):
    kept = []
    with saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        y = answer(x)
    if not isinstance(y, Tensor):
        return y, None, None, None
    grad = torch.autograd.grad(y, x, upstream(y))[0] if y.requires_grad else None
    return y, _own_node(y), grad, len(kept)


def _swish(x):
    return x * torch.sigmoid(x)


exercises["lean-swish"] = Function(
    "swish",
    [{"x": leaf(1.0, -2.0)}, {"x": leaf(0.0, 0.5, 3.0)}],
    Part("{call} returned", _swish, tensor=True),
    flag("Has a `Function` of your own made {call}?", True, "Return `Swish.apply(x)`."),
    Part(
        "After {call} and `y.backward(v)` with v = 1, -2, 3, …, `x.grad` is",
        lambda x: slope(_swish, x) * upstream(x),
        "This is the local slope alone: `v` is missing.",
        lambda x: slope(_swish, x),
        "The sigmoid is a constant here. It changes with `x` too.",
        lambda x: torch.sigmoid(x) * upstream(x),
        "The part of the factor `x` is missing.",
        lambda x: x * torch.sigmoid(x) * (1 - torch.sigmoid(x)) * upstream(x),
    ),
    Part(
        "The gradient is right. For {call}, the number of tensors that autograd keeps is",
        lambda: 1,
        "Two: the sigmoid can be computed again from `x`.",
        2,
        "None that autograd knows of: an attribute of `ctx` is out of its sight.",
        0,
    ),
    observe=_observe_swish,
    drawn=lambda draw: {"x": draw.leaf(-4, 4, 3)},
)

exercises["clamp-through"] = Function(
    "through",
    [{"x": leaf(0.25, -1.0)}, {"x": leaf(2.0, 0.5, -3.0)}],
    Part(
        "{call} returned",
        lambda x: x.clamp(0, 1),
        "This is `x`: in the forward pass it is clamped.",
        lambda x: x,
        tensor=True,
    ),
    Part(
        "After {call} and `y.backward(v)` with v = 1, -2, 3, …, `x.grad` is",
        upstream,
        "This is the true gradient of `clamp`, 0 outside. Here `v` passes everywhere.",
        lambda x: slope(lambda x: x.clamp(0, 1), x) * upstream(x),
        "These are ones: `v` is missing.",
        lambda x: 0 * x + 1,
        missing="The way back is cut: what goes back to `x`?",
    ),
    observe=backward_to("x"),
    drawn=lambda draw: {"x": draw.leaf(-2, 3, 4)},
)

# The projects ---------------------------------------------------------------------------------


def _softmax_back(term):
    """Return the gradient p (v − term(p, v, dim)), by which the usual mistakes differ."""

    def grad(x, dim):
        p, v = x.softmax(dim), upstream(x)
        return p * (v - term(p, v, dim))

    return grad


exercises["your-softmax"] = own_function(
    "Softmax",
    lambda x, dim: x.softmax(dim),
    [
        {"x": leaf([1.0, 2.0, 0.5], [0.0, -1.0, 3.0]), "dim": 1},
        {"x": leaf([1.0, 2.0], [0.0, -1.0], [1.5, 0.25]), "dim": 0},
        {"x": leaf([1000.0, 1001.0], [-1000.0, -999.0]), "dim": 1},
    ],
    ("This sums over the other dimension.", lambda x, dim: x.softmax(1 - dim)),
    x=[
        "This is `p * v`. When one input grows, the other outputs shrink: a sum is missing.",
        _softmax_back(lambda p, v, dim: 0),
        "This is the diagonal of the Jacobian alone.",
        _softmax_back(lambda p, v, dim: p * v),
        "The sum runs over the wrong dimension.",
        _softmax_back(lambda p, v, dim: (p * v).sum(1 - dim, keepdim=True)),
        "In the sum, `v` is weighted by `p`.",
        _softmax_back(lambda p, v, dim: v.sum(dim, keepdim=True)),
    ],
    drawn=lambda draw: {"x": draw.matrix(2, 3).requires_grad_(), "dim": draw.randint(0, 1)},
)


def _layer_norm(x, eps, dim=1, correction=0):
    return rescaled(x, dim, eps, correction)[0]


def _norm_back(dim=1, **parts):
    return lambda x, eps: norm_back(upstream(x), *rescaled(x, 1, eps), dim, **parts)


exercises["your-layer-norm"] = own_function(
    "LayerNorm",
    _layer_norm,
    [
        {"x": leaf([1.0, 2.0, 0.5], [0.0, -1.0, 3.0]), "eps": 0.1},
        {"x": leaf([4.0, 4.0, 5.0, 0.0], [0.1, 0.2, 0.3, 0.5]), "eps": 0.01},
    ],
    (
        "The variance divides by n − 1 here: a layer norm takes `correction=0`.",
        lambda x, eps: _layer_norm(x, eps, correction=1),
        "Mean and variance are those of the columns: they belong to a row, `dim=-1`.",
        lambda x, eps: _layer_norm(x, eps, dim=0),
        "`eps` is missing under the root.",
        lambda x: _layer_norm(x, 0.0),
    ),
    x=[
        "Mean and variance are constants here, but both change with `x`.",
        _norm_back(middle=0, along=0),
        "The way through the variance is missing.",
        _norm_back(along=0),
        "The way through the mean is missing.",
        _norm_back(middle=0),
        "The means run over the wrong dimension.",
        _norm_back(dim=0),
    ],
    drawn=lambda draw: {"x": draw.matrix(3, 4).requires_grad_(), "eps": 0.1},
)


def _head(q, k, values, scale, dim=-1):
    return (scale * q @ k.T).softmax(dim) @ values


def _without_sum(q, k, values, scale):
    """Return the gradient of the scores if the softmax's sum term is forgotten."""
    p, v = (scale * q @ k.T).softmax(-1), upstream(q @ k.T @ values)
    return scale * p * (v @ values.T)


_SCALE = (
    "`scale` is missing: the scores are a product of three.",
    lambda right, scale: right / scale,
)
_SUM = "The softmax's sum term is missing."

exercises["your-head"] = own_function(
    "Head",
    _head,
    [
        {
            "q": leaf([1.0, 0.5], [-1.0, 2.0]),
            "k": leaf([0.5, 1.0], [1.5, -0.5], [0.0, 1.0]),
            "values": leaf([1.0, 2.0], [0.0, -1.0], [3.0, 0.5]),
            "scale": 0.5,
        }
    ],
    (
        "The softmax runs over the queries. Each query shares its 1 among the keys.",
        lambda q, k, values, scale: _head(q, k, values, scale, dim=0),
        "`scale` is missing.",
        lambda q, k, values: _head(q, k, values, 1.0),
    ),
    q=[_SCALE, _SUM, lambda k, **rest: _without_sum(k=k, **rest) @ k],
    k=[_SCALE, _SUM, lambda q, **rest: _without_sum(q=q, **rest).T @ q],
    values=[],
    drawn=lambda draw: {
        "q": draw.matrix(2, 2).requires_grad_(),
        "k": draw.matrix(4, 2).requires_grad_(),
        "values": draw.matrix(4, 2).requires_grad_(),
        "scale": 0.5,
    },
)
