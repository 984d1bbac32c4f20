"""Seven ways back through y = x³, of which one is right, and the tests that try to tell.

Nothing is known here beforehand but which one is right: the code of each is run.
"""

import functools
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

#: What each `backward` does after ``(x,) = ctx.saved_tensors``.
SUSPECTS = {
    1: ("return 3 * x * x.abs() * v",),
    2: ("return 3 * x**2 * v.mean()",),
    3: ("slopes = 3 * x.detach().numpy() ** 2", "return v * torch.from_numpy(slopes)"),
    4: ("return x**2 * v",),
    5: ("return 3 * x**2 * v.flip(0)",),
    6: ("return 3 * x**2 * v",),
    7: ("return 3 * x**2",),
}
RIGHT, SECOND = 6, 3  #: the right one, and the one whose second derivative alone is wrong
ONES, MIXED, SLOW, FAST, TWICE = TESTS = (
    "sum at ones",
    "sum at mixed numbers",
    "gradcheck",
    "fast gradcheck",
    "gradgradcheck",
)
X, V = (-2.0, 0.5, 3.0), (1.0, -2.0, 3.0)  #: the mixed numbers, and what comes from above


class Findings(NamedTuple):
    """What a test finds: two Jacobians (3, 3), what it compares of each, and whether it passes."""

    own: Tensor
    quotients: Tensor
    compared: tuple[Tensor, Tensor]
    passes: bool


def source(suspect: int) -> list[str]:
    """Return the lines of a suspect's `backward`."""
    body = ("(x,) = ctx.saved_tensors", *SUSPECTS[suspect])
    return ["def backward(ctx, v):", *(f"    {line}" for line in body)]


@functools.cache
def cube(suspect: int) -> Callable[[Tensor], Tensor]:
    """Return x³ as a function whose way back is one of the `SUSPECTS`.

    >>> x = torch.tensor([2.0], requires_grad=True)
    >>> [torch.autograd.grad(cube(suspect)(x), x)[0].item() for suspect in (6, 4)]
    [12.0, 4.0]
    """
    names = {"torch": torch}
    exec("\n".join(source(suspect)), names)  # noqa: S102 texts of this module

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    methods = {"forward": staticmethod(forward), "backward": staticmethod(names["backward"])}
    return type("Cube", (torch.autograd.Function,), methods).apply


def agree(one: Tensor, other: Tensor) -> Tensor:
    """Return where two tensors are as near to each other as `gradcheck` asks for."""
    return torch.isclose(one, other, rtol=1e-3, atol=1e-5)


def quotients(function: Callable[[Tensor], Tensor], x: Tensor, h: float) -> Tensor:
    """Return the Jacobian of a function of a vector, by central difference quotients.

    >>> quotients(lambda x: x.flip(0), torch.zeros(2, dtype=torch.float64), h=0.5).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    steps = h * torch.eye(len(x), dtype=x.dtype)
    columns = [(function(x + step) - function(x - step)).detach() / (2 * h) for step in steps]
    return torch.stack(columns, dim=1)


@functools.cache
def examine(suspect: int, test: str, h: float = 1e-6, dtype: torch.dtype = torch.float64):
    """Return the `Findings` of one of the `TESTS`, with steps of size h.

    >>> [examine(5, test).passes for test in (ONES, MIXED, SLOW, FAST, TWICE)]
    [True, True, False, False, True]
    """
    function = cube(suspect)
    x = torch.tensor((1.0, 1.0, 1.0) if test == ONES else X, dtype=dtype, requires_grad=True)
    v = torch.tensor(V, dtype=dtype, requires_grad=True)

    def slopes(x):
        return torch.autograd.grad(function(x), x, v, create_graph=True)[0]

    seen = slopes if test == TWICE else function  # what is differentiated
    units = torch.eye(3, dtype=dtype)
    own = torch.stack([_back(seen, x, unit) for unit in units])
    found = compared_with = quotients(seen, x, h)
    compared = own
    if test in (ONES, MIXED):
        compared, compared_with = _back(seen, x, torch.ones_like(x)), found.sum(0)
    if test == FAST:
        u, w = _directions(dtype)
        change = (function(x + h * u) - function(x - h * u)).detach() / (2 * h)
        compared, compared_with = _back(seen, x, w) @ u, w @ change
    passes = {
        SLOW: lambda: quietly(gradcheck, function, x, eps=h),
        FAST: lambda: quietly(gradcheck, function, x, eps=h, fast_mode=True),
        TWICE: lambda: quietly(gradgradcheck, function, x, v, eps=h),
    }.get(test, lambda: bool(agree(compared, compared_with).all()))()
    return Findings(own, found, (compared, compared_with), passes)


def _back(function, x, v):
    """Return what `backward` makes of v."""
    return torch.autograd.grad(function(x), x, v, materialize_grads=True)[0]


def _directions(dtype):
    """Return the two vectors in which `gradcheck` looks when it is fast: always the same."""
    draw = torch.Generator()
    drawn = [torch.rand(3, generator=draw).to(dtype) for _ in range(2)]
    return [vector / vector.norm() for vector in drawn]


def quietly(check: Callable, *arguments, **options) -> bool:
    """Return what one of torch's checks says; it warns of float32, and need not here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check(*arguments, **options, raise_exception=False)
