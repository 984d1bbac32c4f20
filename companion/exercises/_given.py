"""What exercises are given: tensors of float64, combinations of inputs, ways to look at an answer."""

import itertools
import re
import warnings
from collections.abc import Callable

import torch
from torch import Tensor

from companion.check import Choice, Draw, flag, mistakes


def vector(*values: float) -> Tensor:
    """Return a vector of float64."""
    return torch.tensor(values, dtype=torch.float64)


def matrix(*rows: tuple) -> Tensor:
    """Return a matrix of float64."""
    return torch.tensor(rows, dtype=torch.float64)


def leaf(*values: float | list) -> Tensor:
    """Return a leaf of float64 that requires a gradient: one number, or a vector of several."""
    value = values[0] if len(values) == 1 else values
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def grid(**values: tuple) -> list[dict]:
    """Return all combinations, so that each input changes alone in some pair of them."""
    return [dict(zip(values, row, strict=True)) for row in itertools.product(*values.values())]


def squared_loss(w, x, y):
    """Return the loss of the book's first program."""
    return (w * x - y) ** 2


def slope(function: Callable, x: Tensor | float, v: Tensor | None = None) -> Tensor:
    """Return the gradient of ``function(x)``, summed or weighted by `v`, with respect to x."""
    x = torch.as_tensor(x, dtype=torch.float64).detach().clone().requires_grad_()
    y = function(x)
    return torch.autograd.grad(y, x, torch.ones_like(y) if v is None else v)[0]


def ahead(function: Callable, x: Tensor, u: Tensor) -> Tensor:
    """Return J u: how ``function(x)`` changes when x moves along u."""
    return torch.func.jvp(function, (x,), (u,))[1]


def upstream(x: Tensor) -> Tensor:
    """Return an upstream gradient of x's shape that tells its entries apart: 1, -2, 3 and so on."""
    numbers = torch.arange(1.0, x.numel() + 1, dtype=x.dtype).reshape(x.shape)
    return torch.where(numbers % 2 == 1, numbers, -numbers) if x.ndim else torch.ones_like(x)


def draw_examples(draw: Draw) -> dict:
    """Return a weight, and the x and y of four examples."""
    w = draw.leaf(-3, 3)
    return {"w": w, "x": draw.vector(4, -3, 3), "y": draw.vector(4, -5, 5)}


def backward_to(*names: str) -> Callable:
    """Return an `observe` that runs `backward` on the result, with `upstream` from above.

    It returns the result, and the gradient of each of the inputs in these positions' names.
    """

    def observe(answer, *inputs):
        y = answer(*inputs)
        if isinstance(y, Tensor) and y.requires_grad:
            y.backward(upstream(y))
        leaves = [x for x in inputs if isinstance(x, Tensor) and x.requires_grad and x.is_leaf]
        return y, *(x.grad for x in leaves[: len(names)])

    return observe


def seen_edit(answer: Callable, w: Tensor, *rest: object) -> bool:
    """Call a function that edits `w`, and return whether PyTorch's version counter saw it."""
    version = w._version
    answer(w, *rest)
    return w._version > version


#: Parts of a step that edits `w`: PyTorch must see the edit, and `w` must go on to learn.
SEEN = flag(
    "`w` is right. Has PyTorch seen the edit in {call}?",
    True,
    "`.data` hides an edit from PyTorch: use `torch.no_grad()`.",
)
LEARNS = flag(
    "All is right. After {call}, does `w` still require a gradient?",
    True,
    "`w` itself was switched off, so it cannot learn any more.",
)

_SEVERAL = "Does the list hold several tensors, or one of them several times?"
#: Mistakes in a list of gradients from `backward`, each of them the one tensor in ``.grad``.
ONE_TENSOR = mistakes(
    ("Each one holds those before it as well: gradients add up.", lambda right: right.cumsum(0)),
    f"All are equal, and the sum of the right ones. {_SEVERAL}",
    lambda right: right.sum(0).expand(right.shape),
    (f"All are the last one. {_SEVERAL}", lambda right: right[-1].expand(right.shape)),
    "All are zero. Does the list hold several tensors, or one that was emptied?",
    lambda right: 0 * right,
)


def runs(before: str, after: str) -> Callable[[str], bool]:
    """Return a function of some code: whether the program around it runs to its end.

    `before` and `after` are code as well; an error in any of it is an end that is not reached,
    and so is an ``assert`` in `after`.
    """

    def run(program):
        names = {"torch": torch}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                exec(f"{before}\n{program}\n{after}", names)  # noqa: S102 texts of this package
            except Exception:
                return False
        return True

    return run


def which(works: Callable[[str], bool], **options: str | tuple[str, str]) -> Choice:
    """Return a choice: right is the first option whose code, which stands in backticks, works."""

    def right():
        for letter, text in question.options.items():
            if works("\n".join(re.findall("`(.+?)`", text))):
                return letter

    question = Choice(right, **options)
    return question


def which_runs(before: str, after: str, **options: str | tuple[str, str]) -> Choice:
    """Return a choice: right is the first option whose program runs, as `runs` says."""
    return which(runs(before, after), **options)


def which_fails(before: str, after: str, **options: str | tuple[str, str]) -> Choice:
    """Return a choice: right is the first option whose program stops with an error."""
    run = runs(before, after)
    return which(lambda code: not run(code), **options)
