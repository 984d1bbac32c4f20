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
from companion.check.vocabulary import HALF, SIGN
from companion.exercises._given import backward_to, grid, leaf, slope, upstream, vector, which
from companion.exercises._own_function import own_function
from companion.suspects import MIXED, ONES, RIGHT, SUSPECTS, cube, examine, quietly

exercises = {}


# Predictions ----------------------------------------------------------------------------------


def _let_go(test):
    return sum(examine(number, test).passes for number in SUSPECTS if number != RIGHT)


exercises["let-go-at-ones"] = Number(
    lambda: _let_go(ONES),
    {},
    "Mixed numbers let so many go. What is the same at 1, and differs at them?",
    lambda: _let_go(MIXED),
    "So many are caught.",
    lambda: len(SUSPECTS) - 1 - _let_go(ONES),
    "One of them has another value at 1: compare the factors.",
    len(SUSPECTS) - 1,
)


class _ByAttribute(Own):
    """x² and eˣ, which keep x and y as attributes."""

    @staticmethod
    def forward(ctx, x, exp):
        ctx.exp, ctx.kept = exp, x.exp() if exp else x
        return ctx.kept if exp else x * x

    @staticmethod
    def backward(ctx, v):
        return v * (ctx.kept if ctx.exp else 2 * ctx.kept), None


def _edited_input(x):
    x = leaf(x)
    y = _ByAttribute.apply(x, False)
    with torch.no_grad():
        x += 1
    return torch.autograd.grad(y, x)[0]


exercises["kept-by-ctx"] = Number(
    _edited_input,
    {"x": 1.0},
    "This is the true slope. Which number does `backward` find in `ctx.x`?",
    lambda x: 2 * x,
    "This is what `ctx.x` holds by then. What does `backward` make of it?",
    lambda x: x + 1,
    "Does `ctx.x` have its own memory?",
    0,
)

_ONE = torch.tensor(1.0, dtype=torch.float64)


def _best(options, quotient):
    """Return the letter of the option whose h, in backticks, has the smallest error."""
    errors = {k: abs(quotient(float(o.strip("`"))) - _ONE.exp()) for k, o in options.items()}
    return min(errors, key=errors.get)


_BEND = "The curve bends over such a step. A shorter one is better."
_NOTHING = "With 16 digits, `1 + h` is 1 there: nothing moves."
exercises["best-of-four"] = Choice(
    lambda: _best(
        exercises["best-of-four"].options,
        lambda h: ((_ONE + h).exp() - (_ONE - h).exp()) / (2 * h),
    ),
    a=("`1e-2`", _BEND),
    b="`1e-5`",
    c=("`1e-10`", "Both values agree in their first ten digits. How many are left?"),
    d=("`1e-16`", _NOTHING),
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


def _edited_output(x):
    x = leaf(x)
    y = _ByAttribute.apply(x, True)
    return torch.autograd.grad(y.mul_(5), x)[0]


exercises["kept-output"] = Number(
    _edited_output,
    {"x": 0.0},
    "This is the true slope of 5eˣ at 0. What does `ctx.y` hold when `backward` runs?",
    5,
    "This is eˣ alone: there is a factor from above, too.",
    1,
    "Which two numbers does `backward` multiply? Both were met by the 5.",
    10,
)

exercises["quotient-in-float32"] = Number(
    lambda x, h: ((x.float() + h) ** 2 - x.float() ** 2) / h,
    {"x": vector(1.0)[0], "h": 1e-8},
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


def _is_refused(code):
    returned = eval(code, {"torch": torch})
    methods = {
        "forward": staticmethod(lambda ctx, x: x * 1),
        "backward": staticmethod(lambda ctx, v: returned),
    }
    try:
        type("Given", (Own,), methods).apply(torch.ones(3, requires_grad=True)).sum().backward()
    except RuntimeError:
        return True
    return False


_SUMMED = "It broadcasts from (3,), so autograd sums it down to that, without a word."
exercises["shape-refused"] = which(
    _is_refused,
    a=("`torch.ones(2, 3)`", _SUMMED),
    b=("`torch.ones(1, 3)`", "Not quite (3,), but it is made so, in silence."),
    c="`torch.ones(3, 1)`",
    d=("`torch.ones(3, 3)`", _SUMMED),
)


def _conjugate_slope(a, b):
    z = torch.tensor(complex(a, b), dtype=torch.complex128, requires_grad=True)
    return torch.autograd.grad((z - (1 + 1j)).abs() ** 2, z)[0].imag


exercises["imaginary-slope"] = Number(
    _conjugate_slope,
    {"a": 3.0, "b": 4.0},
    "This is the conjugate: a step against it would increase the distance.",
    lambda right: -right,
    HALF,
    "This is the real part, the slope in `a`.",
    lambda a: 2 * (a - 1),
    "From 1 + i the distance is measured, not from 0.",
    lambda b: 2 * b,
)

# Functions ------------------------------------------------------------------------------------


def ratio(x: Tensor) -> Tensor:
    """Return x³ / (1 + x²)."""
    return x**3 / (1 + x**2)


_CURVES = torch.exp, torch.sin, ratio


def _observe_step(answer, which, x):
    f = _CURVES[int(which)]
    found, right = answer(f, x), slope(f, x)
    exact = isinstance(found, Tensor | float) and abs(float(found) - right) <= 1e-14 * abs(right)
    return found, bool(exact)


exercises["complex-step"] = Function(
    "slope_at",
    grid(which=(0, 1, 2), x=(1.0, -0.75)),
    Part(
        "{call} returned",
        lambda which, x: slope(_CURVES[which], x),
        "This is the value, the real part. The slope is in the imaginary one.",
        lambda which, x: _CURVES[which](vector(x))[0],
        "It is almost 0: the imaginary part is the slope *times* `h`.",
        0,
        "This is half of the slope: a step to one side is divided by `h`, not by `2 * h`.",
        lambda right: right / 2,
    ),
    flag(
        "Nearly; but that {call} is right to the last digits is",
        True,
        "Is there a difference left, or a step longer than 1e-10? Or a number of float32?",
    ),
    observe=_observe_step,
    call=lambda which, x: f"`slope_at({_CURVES[which].__name__}, {x:g})`",
)


def _own_node(y):
    return isinstance(getattr(y, "grad_fn", None), torch.autograd.function.BackwardCFunction)


def _observe_swish(answer, x):
    kept = []
    with saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        y = answer(x)
    grad = torch.autograd.grad(y, x, upstream(y))[0] if y.requires_grad else None
    return y, _own_node(y), grad, len(kept)


def _swish(x):
    return x * torch.sigmoid(x)


exercises["lean-swish"] = Function(
    "swish",
    [{"x": leaf(1.0, -2.0)}, {"x": leaf(0.0, 0.5, 3.0)}],
    Part("{call} returned", _swish, tensor=True),
    flag("That a `Function` of your own made {call} is", True, "Return `Swish.apply(x)`."),
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
    """Return the gradient p (v − term(p v)), by which the usual mistakes differ."""

    def grad(x, dim):
        y, v = x.softmax(dim), upstream(x)
        return y * (v - term(y, v, dim))

    return grad


exercises["your-softmax"] = own_function(
    "Softmax",
    lambda x, dim: x.softmax(dim),
    [
        {"x": leaf([1.0, 2.0, 0.5], [0.0, -1.0, 3.0]), "dim": 1},
        {"x": leaf([1.0, 2.0], [0.0, -1.0], [1.5, 0.25]), "dim": 0},
        {"x": leaf([1000.0, 1001.0], [-1000.0, -999.0]), "dim": 1},
    ],
    [
        "This sums over the other dimension.",
        lambda x, dim: x.softmax(1 - dim),
        "This is one softmax over all entries: `sum` needs `dim`.",
        lambda x: x.flatten().softmax(0).reshape(x.shape),
    ],
    {
        "x": [
            "This is `p * v`. When one input grows, the other outputs shrink: a sum is missing.",
            _softmax_back(lambda y, v, dim: 0),
            "This is the diagonal of the Jacobian alone.",
            lambda x, dim: x.softmax(dim) * (1 - x.softmax(dim)) * upstream(x),
            "The sum runs over the wrong dimension.",
            _softmax_back(lambda y, v, dim: (y * v).sum(1 - dim, keepdim=True)),
            "The sum runs over all entries: each row has its own.",
            _softmax_back(lambda y, v, dim: (y * v).sum()),
            "In the sum, `v` is weighted by `p`.",
            _softmax_back(lambda y, v, dim: v.sum(dim, keepdim=True)),
            "It is a sum, not a mean: the weights `p` add up to 1 already.",
            _softmax_back(lambda y, v, dim: (y * v).mean(dim, keepdim=True)),
            SIGN,
        ]
    },
    drawn=lambda draw: {"x": draw.matrix(2, 3).requires_grad_(), "dim": draw.randint(0, 1)},
)


def _layer_norm(x, eps, dim=-1, correction=0):
    var, mean = torch.var_mean(x, dim, correction=correction, keepdim=True)
    return (x - mean) / (var + eps).sqrt()


def _norm_back(terms, dim=-1):
    """Return the gradient (v − terms(y, v)) / σ, by which the usual mistakes differ."""

    def grad(x, eps):
        y, v = _layer_norm(x, eps), upstream(x)
        return (v - terms(y, v, dim)) / (x.var(-1, correction=0, keepdim=True) + eps).sqrt()

    return grad


exercises["your-layer-norm"] = own_function(
    "LayerNorm",
    _layer_norm,
    [
        {"x": leaf([1.0, 2.0, 0.5], [0.0, -1.0, 3.0]), "eps": 0.1},
        {"x": leaf([4.0, 4.0, 5.0, 0.0], [0.1, 0.2, 0.3, 0.5]), "eps": 0.01},
    ],
    [
        "The variance divides by n − 1 here: a layer norm takes `correction=0`.",
        lambda x, eps: _layer_norm(x, eps, correction=1),
        "Mean and variance are those of the columns: they belong to a row, `dim=-1`.",
        lambda x, eps: _layer_norm(x, eps, dim=0),
        "It is divided by the variance: the root is missing.",
        lambda x, eps: _layer_norm(x, eps) / (x.var(-1, correction=0, keepdim=True) + eps).sqrt(),
        "`eps` is missing under the root.",
        lambda x: _layer_norm(x, 0.0),
    ],
    {
        "x": [
            "Mean and variance are constants here, but both change with `x`.",
            _norm_back(lambda y, v, dim: 0),
            "The way through the variance is missing.",
            _norm_back(lambda y, v, dim: v.mean(dim, keepdim=True)),
            "The way through the mean is missing.",
            _norm_back(lambda y, v, dim: y * (y * v).mean(dim, keepdim=True)),
            "Both terms are means over a row, not sums.",
            _norm_back(lambda y, v, dim: v.sum(dim, keepdim=True) + y * (y * v).sum(dim, True)),
            "The means run over the wrong dimension.",
            _norm_back(lambda y, v, dim: v.mean(0) + y * (y * v).mean(0)),
            SIGN,
        ]
    },
    drawn=lambda draw: {"x": draw.matrix(3, 4).requires_grad_(), "eps": 0.1},
)


def _head(q, k, values, scale, dim=-1):
    return (scale * q @ k.T).softmax(dim) @ values


def _scores_back(q, k, values, scale, summed=True):
    """Return the gradient of the scores, without their scale."""
    p, v = (scale * q @ k.T).softmax(-1), upstream(q @ k.T @ values)
    back = p * (v @ values.T)
    return back - p * back.sum(-1, keepdim=True) * summed


_SCALE = "`scale` is missing: the scores are a product of three."
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
    [
        "The softmax runs over the queries. Each query shares its 1 among the keys.",
        lambda q, k, values, scale: _head(q, k, values, scale, dim=0),
        "`scale` is missing.",
        lambda q, k, values: _head(q, k, values, 1.0),
    ],
    {
        "q": [
            _SCALE,
            lambda right, scale: right / scale,
            _SUM,
            lambda q, k, values, scale: scale * _scores_back(q, k, values, scale, summed=False) @ k,
        ],
        "k": [
            _SCALE,
            lambda right, scale: right / scale,
            _SUM,
            lambda q, k, values, scale: (
                scale * _scores_back(q, k, values, scale, summed=False).T @ q
            ),
        ],
        "values": [
            "These are the weights without `v`: what does each output send back?",
            lambda q, k, values, scale: (
                (scale * q @ k.T).softmax(-1).T @ torch.ones_like(q[:, :1]).expand(-1, 2)
            ),
        ],
    },
    drawn=lambda draw: {
        "q": draw.matrix(2, 2).requires_grad_(),
        "k": draw.matrix(4, 2).requires_grad_(),
        "values": draw.matrix(4, 2).requires_grad_(),
        "scale": 0.5,
    },
)
