"""The exercises to the chapter "Derivatives of derivatives".

What is right is found by `torch.func`, in float64.
"""

import torch
from torch.func import grad, hessian, vmap

from companion.check import Choice, Function, Number, Part
from companion.check.vocabulary import SUM
from companion.costs import costs
from companion.exercises._given import leaf, matrix, slope, vector, which_runs

exercises = {}

# Predictions ----------------------------------------------------------------------------------

exercises["second-slope"] = which_runs(
    "x = torch.tensor(3.0, requires_grad=True)\ny = x**3\ngrad = torch.autograd.grad",
    "slope.backward()",
    a=(
        "`(slope,) = grad(y, x, retain_graph=True)`",
        "This keeps the graph of `y`. But `slope` is new: who wrote down how it came about?",
    ),
    b="`(slope,) = grad(y, x, create_graph=True)`",
    c=(
        "`(slope,) = grad(y, x, allow_unused=True)`",
        "This allows inputs that have no part in `y`, and gives `None` for them.",
    ),
)


exercises["newton-lands"] = Number(
    2,
    {"w": 1.0},
    "The step goes *down* the slope: it is subtracted.",
    0,
    "This is how far the step goes. Where does `w` arrive?",
    1,
    "This is where the slope alone leads, not divided by the curvature.",
    1 + 28 / 3,
)

exercises["product-by-hand"] = Number(
    10,
    {"x": vector(2.0, 1.0), "v": vector(1.0, 2.0)},
    "This is the second number of `H v`. The first row of `H` belongs to the first.",
    16,
    "Here only the diagonal of `H` counts. The slope in $x_1$ changes with $x_2$, too.",
    2,
    "This is the slope along `v`, the gradient times `v`. How does the *gradient* change?",
    18,
)


exercises["price-of-a-gradient"] = Choice(
    lambda: "b" if 2.5 < costs(8)[1]["its gradient, reverse"] < 3 else "a",
    a=(
        "about 12,545, one for each weight",
        "So much difference quotients would cost. `backward()` meets each operation once.",
    ),
    b="about 3",
    c=(
        "about 2, one forward and one back",
        "For each product on the way forward there are two on the way back. What does each find?",
    ),
)

exercises["column-of-a-slope"] = which_runs(
    "from torch.autograd import grad\n"
    "x = torch.tensor([[0.5, 0.1], [1.0, 0.2]], requires_grad=True)\n"
    "u = x[:, 0].sin() * (-x[:, 1]).exp()\n"
    "(du,) = grad(u.sum(), x, create_graph=True)",
    "assert torch.allclose(u_xx, -u)",
    a=(
        "`u_xx = grad(du[:, 0].sum(), x[:, 0])[0]`",
        "Here `x[:, 0]` is a *new* tensor, made after `u`: the graph of `u` does not know it.",
    ),
    b=(
        "`u_xx = grad(du.sum(), x)[0][:, 0]`",
        "`du.sum()` adds the slopes in both coordinates, so this is $u_{xx} + u_{tx}$.",
    ),
    c="`u_xx = grad(du[:, 0].sum(), x)[0][:, 0]`",
)

# Read and predict -----------------------------------------------------------------------------

exercises["if-under-vmap"] = which_runs(
    "x = torch.tensor([1.0, -2.0])",
    "assert torch.vmap(f)(x).tolist() == [1.0, 2.0]",
    a=(
        "`f = lambda x: x if x > 0 else -x`",
        "All examples run at once, so `x > 0` is both true and false: which way should Python go?",
    ),
    b="`f = lambda x: torch.where(x > 0, x, -x)`",
    c=("`f = lambda x: abs(x.item())`", "`item()` asks for one number, and there are two at once."),
    d=("`f = lambda x: max(x, -x)`", "Python's `max` hides an `if`: it asks which one is larger."),
)

# Write, and find the bug ----------------------------------------------------------------------

_OF_ONE = ("torch.sin(x)", "torch.tanh(x)", "x**4 / 2")
_OF_MANY = (
    "(x[0] * x[1]) ** 2 + x.exp().sum()",
    "(x**4).sum() + x[0] * x[1]",
    "((x + x.flip(0) / 2) ** 2).sum() * 3 + x[0] ** 2",
)


def _made(texts, f):
    return eval(f"lambda x: {texts[f]}", {"torch": torch})


def _written(value):
    return str(value.tolist() if isinstance(value, torch.Tensor) else value)


def _with_function(name, texts, inputs, truth, *items, drawn=None):
    """Return a question for a function that takes one of the programs `texts`, by its number f.

    The programs of truth and mistakes take the function itself, then the other inputs.
    """

    def given(program):
        return lambda f, **rest: program(_made(texts, f), *rest.values())

    items = [given(item) if callable(item) else item for item in items]
    return Function(
        name,
        [{"f": f} | row for f in range(len(texts)) for row in inputs],
        Part("{call} returned", given(truth), *items, tensor=True),
        observe=lambda answer, f, *rest: (answer(_made(texts, f), *rest),),
        call=lambda f, **rest: (
            f"`{name}(lambda x: {texts[f]}, {', '.join(map(_written, rest.values()))})`"
        ),
        drawn=drawn and (lambda draw: {"f": draw.randrange(len(texts))} | drawn(draw)),
    )


def _nth(f, x, n):
    for _ in range(n):
        f = grad(f)
    return f(x)


exercises["nth-derivative"] = _with_function(
    "nth",
    _OF_ONE,
    [{"x": leaf(x), "n": n} for x in (0.5, -0.75) for n in (1, 2, 4)],
    _nth,
    "This is one derivative too many.",
    lambda f, x, n: _nth(f, x, n + 1),
    "This is one derivative too few: the first one counts, too.",
    lambda f, x, n: _nth(f, x, n - 1),
    "This is the first derivative for every `n`. What is differentiated in the second turn?",
    lambda f, x, n: grad(f)(x),
    drawn=lambda draw: {"x": draw.leaf(-1, 1), "n": draw.randint(1, 5)},
)


def _u(x):
    return x[:, 0] ** 3 * x[:, 1].exp() + x[:, 0].sin()


def _columns(points, first, second):
    """Return a second derivative at each point, by two numbers of columns."""
    return vmap(hessian(lambda x: _u(x[None])[0]))(points)[:, first, second]


exercises["by-coordinate"] = Function(
    "u_xx",
    [{"points": matrix((0.5, 0.1), (1.0, -0.2), (-1.5, 0.3))}, {"points": matrix((0.25, 1.0))}],
    Part(
        "{call} returned",
        lambda points: _columns(points, 0, 0),
        "This is $u_{xx} + u_{tx}$: the slopes of both columns were added up before the second "
        "derivative.",
        lambda points: _columns(points, 0, 0) + _columns(points, 0, 1),
        "This is the mixed one, $u_{xt}$. Which column do you take the second time?",
        lambda points: _columns(points, 0, 1),
        "This is the first derivative, $u_x$.",
        lambda points: slope(_u, points)[:, 0],
        tensor=True,
    ),
    drawn=lambda draw: {"points": draw.matrix(3, 2)},
)


def _penalty(w, x, miss=lambda length: (length - 1) ** 2, pool=torch.mean):
    slopes = vmap(grad(lambda x: torch.tanh(x @ w)))(x)
    return pool(miss(slopes.norm(dim=1)))


exercises["gradient-penalty"] = Function(
    "penalty",
    [
        {"w": leaf(*w), "x": matrix(*x)}
        for w in ((0.5, -1.0), (2.0, 1.0))
        for x in (((1.0, 2.0), (0.5, -1.0)), ((0.3, 0.1), (-0.2, 0.4)))
    ],
    Part(
        "{call} returned",
        _penalty,
        "This is the sum over the rows; their mean is asked for.",
        lambda w, x: _penalty(w, x, pool=torch.sum),
        "Here the square of the length should be 1. Take the root: `norm`.",
        lambda w, x: _penalty(w, x, lambda length: (length**2 - 1) ** 2),
    ),
    Part(
        "After {call} and `backward()`, `w.grad` is",
        lambda w, x: grad(lambda w: _penalty(w, x))(w),
        missing="The penalty has no way back to `w`. If the slopes in `x` have no history: which "
        "argument of `torch.autograd.grad` gives them one?",
    ),
    observe=lambda answer, w, x: (
        value := answer(w, x),
        torch.autograd.grad(value, w, allow_unused=True)[0]
        if isinstance(value, torch.Tensor) and value.requires_grad and value.ndim == 0
        else None,
    ),
    drawn=lambda draw: {"w": draw.leaf(-2, 2, 2), "x": draw.matrix(3, 2)},
)

exercises["newton-step"] = _with_function(
    "newton",
    _OF_MANY,
    [{"x": vector(*x)} for x in ((1.0, 0.5), (-0.5, 0.8))],
    lambda f, x: x - torch.linalg.solve(hessian(f)(x), grad(f)(x)),
    "This step goes the other way: it is subtracted.",
    lambda f, x: x + torch.linalg.solve(hessian(f)(x), grad(f)(x)),
    "This is the step alone. Where does it lead from `x`?",
    lambda f, x: torch.linalg.solve(hessian(f)(x), grad(f)(x)),
    "Here each slope is divided by its own entry of the diagonal. The others say how one slope "
    "changes with another number: solve the whole system.",
    lambda f, x: x - grad(f)(x) / hessian(f)(x).diagonal(),
    drawn=lambda draw: {"x": draw.vector(2, 0.2, 0.9)},
)


def _each(w, x, y):
    return vmap(grad(lambda w, x, y: (x @ w - y) ** 2), (None, 0, 0))(w, x, y)


def _shortened(slopes):
    return slopes / slopes.norm(dim=-1, keepdim=True).clamp(min=1)


exercises["clipped-mean"] = Function(
    "clipped_mean",
    [
        {"w": vector(*w), "x": matrix((1.0, 2.0), (0.1, 0.2), (-1.0, 0.3)), "y": vector(*y)}
        for w in ((1.0, -0.5), (0.2, 0.3))
        for y in ((1.0, 0.1, 2.0), (0.5, 0.2, -1.0))
    ],
    Part(
        "{call} returned",
        lambda w, x, y: _shortened(_each(w, x, y)).mean(0),
        "Here the mean is shortened. One example can still outvote all others: shorten each first.",
        lambda w, x, y: _shortened(_each(w, x, y).mean(0)),
        "Nothing is shortened: this is the gradient of the mean.",
        lambda w, x, y: _each(w, x, y).mean(0),
        "Short ones are made longer here. Only what is longer than 1 should change.",
        lambda w, x, y: torch.nn.functional.normalize(_each(w, x, y)).mean(0),
        "Each *number* is kept between -1 and 1, which turns the arrow. Shorten its length.",
        lambda w, x, y: _each(w, x, y).clamp(-1, 1).mean(0),
        SUM,
        tensor=True,
    ),
    drawn=lambda draw: {
        "w": draw.vector(2, -1, 1),
        "x": draw.matrix(3, 2),
        "y": draw.vector(3, -2, 2),
    },
)

# The project: from a product to the edge --------------------------------------------------------

exercises["hessian-product"] = _with_function(
    "hvp",
    _OF_MANY,
    [
        {"x": vector(*x), "v": vector(*v)}
        for x in ((1.0, 0.5), (-0.5, 0.8))
        for v in ((1.0, 0.0), (-2.0, 3.0))
    ],
    lambda f, x, v: hessian(f)(x) @ v,
    "This is `H` times ones. Where does `v` come in the second time?",
    lambda f, x, v: hessian(f)(x).sum(1),
    "This is the first gradient.",
    lambda f, x, v: grad(f)(x),
    "Only the diagonal of `H` is in it.",
    lambda f, x, v: hessian(f)(x).diagonal() * v,
    "`H v` and the first gradient have been added up: does `x.grad` hold both?",
    lambda f, x, v: hessian(f)(x) @ v + grad(f)(x),
    drawn=lambda draw: {"x": draw.vector(2, -1, 1), "v": draw.vector(2, -3, 3)},
)


def _values(f, x):
    return torch.linalg.eigvalsh(hessian(f)(x))


exercises["sharpness"] = _with_function(
    "sharpness",
    _OF_MANY,
    [{"x": vector(*x)} for x in ((1.0, 0.5), (0.8, -0.1))],
    lambda f, x: _values(f, x)[-1],
    "This is the smallest one: power iteration keeps what grows fastest.",
    lambda f, x: _values(f, x)[0],
    "This is how long `H v` is in the first turn. Go on with that vector, made short again.",
    lambda f, x: (hessian(f)(x) @ torch.ones(2, dtype=x.dtype)).norm() / 2**0.5,
    "This is the largest entry of the diagonal, the curvature along one axis. The sharpest direction "
    "may lie askew.",
    lambda f, x: hessian(f)(x).diagonal().max(),
)


exercises["largest-rate"] = Number(
    lambda H: 2 / torch.linalg.eigvalsh(H)[-1],
    {"H": matrix((5.0, 3.0), (3.0, 5.0))},
    "This is 1 divided by the sharpness: the rate that reaches the bottom of a parabola in one step.",
    lambda right: right / 2,
    "This looks along an axis. Along the direction (1, 1), `H v` is longer.",
    lambda H: 2 / H[0, 0],
    "This is the limit of the flattest direction. The sharpest one decides.",
    lambda H: 2 / torch.linalg.eigvalsh(H)[0],
    "This is the sharpness. Which rate belongs to it?",
    lambda H: torch.linalg.eigvalsh(H)[-1],
)
