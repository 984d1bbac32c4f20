"""The project "break it": a function whose gradient is wrong in silence, judged by quotients."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from io import StringIO
from types import CodeType
from unittest.mock import patch

import torch
from torch import Tensor
from torch.autograd.graph import Node
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from companion.check import Draw, Function, Result
from companion.check._result import show
from companion.check._rules import RuleBroken
from companion.check._run import Stopped, own, run

LINES = 6  #: that such a function may have, below its head
_STEPS = 1e-4, 1e-5  # of the quotients: a kink looks the same in both
_CLOSE = 1e-2  # how well quotients agree; a gradient that is off by more is wrong
_ADVICE = {
    "form": "",
    "right": "",
    "wrong": "Here the first two numbers differ, so here the gradient must be right.",
    "corner": "Where there is none, no answer is wrong. Look for a function that is smooth, although "
    "its pieces are not.",
    "loud": "That is not silent: whoever trains with it would notice.",
}
_CUT = (
    "on this level nothing is cut: a number of `x` became a constant, or its way back was changed"
)
_NUMBERS = ("item", "tolist", "numpy", "__float__", "__array__")
_FREE = ("new_", "__repr", "__format")  # these take no number out, or only to be looked at


class _Watched(TorchFunctionMode):
    """Refuse each operation that takes numbers of a tracked tensor out of the graph."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        tracked = [x for x in tree_leaves((args, kwargs)) if _is_tracked(x)]
        found = function(*args, **(kwargs or {}))
        if tracked and not name.endswith("_like") and not name.startswith(_FREE):
            cut = [
                isinstance(each, Node)
                or isinstance(each, Tensor)
                and each.is_floating_point()
                and not each.requires_grad
                for each in tree_leaves(found)
            ]
            if name in _NUMBERS or "hook" in name or any(cut) or not all(map(_is_tracked, tracked)):
                raise RuleBroken(_CUT)
        return found


def _is_tracked(x):
    return isinstance(x, Tensor) and x.requires_grad


@contextmanager
def watched() -> Iterator[None]:
    """Refuse what cuts the graph, and backward functions of one's own."""

    def refuse(*_, **__):
        raise RuleBroken("on this level there is no backward of your own")

    with patch("torch.autograd.Function.apply", refuse), _Watched():
        yield


class Silent:
    """A step that asks for ``f(x)``, one number, whose gradient is wrong where it has a slope.

    `places` and `right` are called with a `Draw`, and return vectors of float64. The gradient is to
    be right at all of `right`, if there are any, and wrong at all of `places`; otherwise at one of
    them. `rule` is a context in which the function runs, such as `watched`.

    A function has a slope at a place if difference quotients to both sides agree along the axes
    and two other directions, for two step sizes. It is wrong there if its gradient is finite, comes
    without an error or a warning, and is off by more than one hundredth.

    Examples
    --------
    >>> step = Silent(lambda draw: [torch.tensor([1.0, 2.0], dtype=torch.float64)])
    >>> bool(step.judge(lambda x: (x * x.detach()).sum()))
    True
    >>> step.judge(lambda x: (x * x).sum())
    Not solved yet.
    At x = [1, 2] the gradient is [2, 4], and so say the difference quotients.
    It is wrong at none of the 1 places.
    """

    asks, missing = "the function `f`", "Write the function `f`, and run both cells again."

    def __init__(
        self,
        places: Callable[[Draw], Sequence[Tensor]],
        rule: Callable = nullcontext,
        right: Callable[[Draw], Sequence[Tensor]] = lambda draw: (),
    ):
        self.places, self.rule, self.right = places, rule, right

    def judge(self, answer: object, seed: int = 1) -> Result:
        """Return the result of `answer`; `seed` is that of the places drawn anew."""
        form = Function("f", ()).judge(answer)
        if not form:  # it is no function, or still empty
            return form
        code = getattr(answer, "__code__", None)
        if not isinstance(code, CodeType):
            return Result("type", "Write `f` with `def`, so that its lines can be counted.")
        count = len(_lines(code) - {code.co_firstlineno})
        if count > LINES:
            return Result(
                "value", f"`f` has {count} lines below its head; at most {LINES} are asked."
            )
        draw, unfit = Draw(seed), []
        places, right = own(self.places, draw), own(self.right, draw)
        for number, x in enumerate([*places, *right]):
            try:
                kind, said = run(lambda x=x: self._looked_at(answer, x), code)
            except Stopped as stopped:
                advice = "" if "RuleBroken" in str(stopped) else _ADVICE["loud"]
                return Result(stopped.kind, f"At x = {show(x)} it {stopped}", advice)
            result = Result("value", f"At x = {show(x)} {said}", _ADVICE[kind])
            if kind in ("loud", "form"):
                return result
            if kind != ("wrong" if number < len(places) else "right"):
                unfit.append(result)
        if right and unfit:
            return unfit[0]
        if len(unfit) == len(places):
            none = f"It is wrong at none of the {len(places)} places."
            return Result("value", *unfit[0].sentences, none)
        return Result("solved")

    def _looked_at(self, answer, x):
        """Return what the gradient at x is, wrong, right, at a corner or loud, and a sentence."""
        leaf, always = x.clone().requires_grad_(), torch.is_warn_always_enabled()
        torch.set_warn_always(True)
        try:
            with warnings.catch_warnings(record=True) as caught, self.rule():
                warnings.simplefilter("always")
                y = answer(leaf)
        finally:
            torch.set_warn_always(always)
        if not (isinstance(y, Tensor) and y.shape == () and y.is_floating_point()):
            return (
                "form",
                f"it returned {show(y)}: this asks for a tensor with one number, of shape ().",
            )
        if not torch.equal(leaf.detach(), x):
            return "form", "it changed `x` itself: work on a new tensor."
        y.backward()
        if caught:
            return "loud", f"PyTorch warns: {str(caught[0].message).splitlines()[0]}"
        if leaf.grad is None:
            return "loud", "no gradient comes back to `x`: `x.grad` is None."
        if not (y.isfinite() and leaf.grad.isfinite().all()):
            return "loud", f"the value is {show(y)} and the gradient {show(leaf.grad)}."

        def value(x):
            return answer(x.clone().requires_grad_()).item()

        if value(x) != y.item():
            return "form", "it returned two values, called twice with the same `x`."
        with redirect_stdout(StringIO()):  # what it prints has been seen
            return _compared(value, x, leaf.grad)


def _compared(value, x, grad):
    """Return "wrong", "right" or "corner", with a sentence, by quotients to both sides."""
    here, slant, slopes = value(x), torch.linspace(-1, 0.7, len(x), dtype=x.dtype), []
    directions = [*torch.eye(len(x), dtype=x.dtype), slant, slant.flip(0) + 0.4]
    for u in directions:
        sides = [(value(x + h * u) - here) / h for step in _STEPS for h in (-step, step)]
        left, right = sides[-2:]
        if not max(sides) - min(sides) <= _CLOSE * (1 + abs(right)):  # also if one is nan
            which = f"along {show(u)} it is {left:.4g} on one side and {right:.4g} on the other"
            return "corner", f"your function has no slope itself: {which}."
        slopes.append((left + right) / 2)
    slopes = torch.tensor(slopes, dtype=x.dtype)
    true = slopes[: len(x)]
    if not torch.allclose(torch.stack(directions) @ true, slopes, rtol=_CLOSE, atol=_CLOSE):
        return (
            "corner",
            "your function has no slope itself: those along the axes do not make those between.",
        )
    said = f"the gradient is {show(grad)}"
    if (grad - true).abs().max() > _CLOSE * (1 + true.abs().max()):
        return (
            "wrong",
            f"{said}, and difference quotients say {show(true.round(decimals=3) + 0.0)}.",
        )
    return "right", f"{said}, and so say the difference quotients."


def _lines(code) -> set[int]:
    nested = [each for each in code.co_consts if isinstance(each, CodeType)]
    return {line for *_, line in code.co_lines() if line}.union(*map(_lines, nested))
