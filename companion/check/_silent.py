"""A function whose gradient is silently wrong: handed in by a reader, judged by quotients."""

import dis
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from types import CodeType, ModuleType
from unittest.mock import patch

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from companion.check._judge import Draw, _is_empty
from companion.check._result import Result, show
from companion.check._rules import RuleBroken
from companion.check._run import Stopped, own, run

LINES = 6  #: that such a function may have, below its head
_STEPS = 1e-4, 1e-5  # of the quotients: a kink looks the same in both
_CLOSE = 1e-2  # how well quotients agree; a gradient that is off by more is wrong
_NUMBERS = {"item", "tolist", "numpy", "__float__", "__array__", "register_hook"}


class _Watched(TorchFunctionMode):
    """Refuse each operation that takes numbers of a tracked tensor out of the graph."""

    def __init__(self, questions: bool):
        super().__init__()
        self.questions = questions  # whether a comparison is allowed

    def __torch_function__(self, function, types, args=(), kwargs=None):
        found, name = function(*args, **(kwargs or {})), getattr(function, "__name__", "")
        if not any(isinstance(x, Tensor) and x.requires_grad for x in _flat(args)):
            return found
        for each in _flat([found]):
            yes_or_no = isinstance(each, Tensor) and each.dtype is torch.bool
            if not self.questions and (yes_or_no or name in ("__bool__", "equal")):
                raise RuleBroken("on this level `x` is not compared: let a corner do it")
            number = isinstance(each, Tensor) and each.is_floating_point()
            if name.endswith("_like") or name.startswith(("new_", "__repr", "__format")):
                continue
            if name in _NUMBERS or number and not each.requires_grad and each.numel():
                raise RuleBroken("on this level nothing is cut: a number of `x` became a constant")
        return found


def _flat(items) -> Iterator:
    for each in items:
        if isinstance(each, list | tuple):
            yield from _flat(each)
        else:
            yield each


@contextmanager
def watched(questions: bool = True) -> Iterator[None]:
    """Refuse what cuts the graph, own backward functions too, and comparisons if asked to."""

    def refuse(*_, **__):
        raise RuleBroken("on this level there is no backward of your own")

    with patch("torch.autograd.Function.apply", refuse), _Watched(questions):
        yield


class Silent:
    """A step that asks for ``f(x)``, a number, whose gradient is wrong where it has a slope.

    Parameters
    ----------
    places
        Called with a `Draw`; returns vectors of float64, at which the function is tried.
    rule
        A context in which the function runs, such as `watched`.
    right
        Called with a `Draw`; returns places where the gradient must be right. Then it must be
        wrong at each of the others; without it, at one of them.

    Notes
    -----
    A function has a slope at a place if difference quotients forwards and backwards agree along
    the axes and two other directions, for two step sizes. It is wrong there if its gradient is
    finite, comes without an error or a warning, and is off by more than one hundredth.

    Examples
    --------
    >>> step = Silent(lambda draw: [torch.tensor([1.0, 2.0], dtype=torch.float64)])
    >>> bool(step.judge(lambda x: (x * x.detach()).sum()))
    True
    >>> step.judge(lambda x: (x * x).sum())
    Not solved yet.
    At all 1 places the gradient is right after all. At x = [1, 2] it is [2, 4], and so say the \
difference quotients.
    """

    asks, missing = "the function `f`", "Write the function `f`, and run both cells again."

    def __init__(
        self,
        places: Callable[[Draw], Sequence[Tensor]],
        rule: Callable = nullcontext,
        right: Callable[[Draw], Sequence[Tensor]] | None = None,
    ):
        self.places, self.rule, self.right = places, rule, right

    def judge(self, answer: object, seed: int = 1) -> Result:
        """Return the result of `answer`; `seed` is that of the places drawn anew."""
        if not callable(answer):
            return Result("type", f"`f` is {show(answer)}, not a function.")
        if _is_empty(answer):
            return Result("missing", "`f` is still empty: write your code in it.")
        if (refused := _form(answer)) is not None:
            return refused
        draw, code = Draw(seed), answer.__code__
        verdicts, count = [], len(places := own(self.places, draw))
        for x in [*places, *(own(self.right, draw) if self.right else ())]:
            try:
                verdict = run(lambda x=x: self._verdict(answer, x), code)
            except Stopped as stopped:
                loud = "" if "RuleBroken" in str(stopped) else _LOUD
                return Result(stopped.kind, f"At x = {show(x)} it {stopped}", loud)
            if isinstance(verdict, Result):
                return verdict
            verdicts.append((x, *verdict))
        missed = [row for row in verdicts[:count] if row[1] != "wrong"]
        if missed and (self.right or len(missed) == count):
            return self._missed(missed, count)
        for x, kind, grad, slopes in verdicts[count:]:
            if kind != "right":
                said = f"At x = {show(x)} the gradient is {grad}, which is wrong too ({slopes})."
                return Result("value", said, "Only the corner may be wrong.")
        return Result("solved")

    def _missed(self, others, count):
        """Return what is said where the gradient is not wrong."""
        for x, kind, _, slopes in others:
            if kind == "corner":
                return Result(
                    "value",
                    f"At x = {show(x)} your function has no slope itself: {slopes}.",
                    "Where there is none, no answer is wrong. Look for a function that is smooth, "
                    "although its pieces are not.",
                )
        x, _, grad, _ = others[0]
        said = f"At x = {show(x)} it is {grad}, and so say the difference quotients."
        where = f"{len(others)} of the {count}" if len(others) < count else f"all {count}"
        return Result("value", f"At {where} places the gradient is right after all. {said}")

    def _verdict(self, answer, x):
        """Return a kind, the gradient and the slopes as text; or a result if that is all."""
        leaf = x.clone().requires_grad_()
        with warnings.catch_warnings(record=True) as caught, _always_warn():
            warnings.simplefilter("always")
            with self.rule():
                y = answer(leaf)
        if not (isinstance(y, Tensor) and y.shape == () and y.is_floating_point()):
            said = f"At x = {show(x)} it returned {show(y)}."
            return Result("type", said, "This asks for a tensor with one number, of shape ().")
        if y.requires_grad:
            y.backward()
        if caught:
            said = f"At x = {show(x)} PyTorch warns: {str(caught[0].message).splitlines()[0]}"
            return Result("value", said, _LOUD)
        if not torch.equal(leaf.detach(), x):
            return Result("changed", "It changes `x` itself: work on a new tensor.")
        if leaf.grad is None:
            said = f"At x = {show(x)} no gradient comes back to `x`: "
            said += "`x.grad` is None" if y.requires_grad else "`backward()` raises an error"
            return Result("value", f"{said}.", _LOUD)
        if not (y.isfinite() and leaf.grad.isfinite().all()):
            said = f"At x = {show(x)} the value is {show(y)} and the gradient {show(leaf.grad)}."
            return Result("not finite", said, "A nan or inf is not silent: one look finds it.")

        def value(x):
            return answer(x.clone().requires_grad_()).item()

        if value(x) != y.item():
            return Result("value", "Called twice with the same `x`, it returns two values.")
        return _compared(value, x, leaf.grad)


_LOUD = "That is not silent: whoever trains with it would notice."


@contextmanager
def _always_warn():
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        yield
    finally:
        torch.set_warn_always(before)


def _compared(value, x, grad):
    """Return "wrong", "right" or "corner", and the gradient and the slopes as text."""
    here, axes = value(x), torch.eye(len(x), dtype=x.dtype)
    slant = torch.linspace(-1, 0.7, len(x), dtype=x.dtype)
    slopes = []
    for u in [*axes, slant, slant.flip(0) + 0.4]:
        sides = [(value(x + h * u) - here) / h for step in _STEPS for h in (-step, step)]
        slopes.append(sides)
        bound = _CLOSE * (1 + abs(sides[-1]))
        if not max(sides) - min(sides) <= bound:  # also if one is nan
            left, right = sides[-2:]
            text = f"along {show(u)} it is {left:.4g} on one side and {right:.4g} on the other"
            return "corner", show(grad), text
    true = torch.tensor([(sides[-1] + sides[-2]) / 2 for sides in slopes], dtype=x.dtype)
    along = torch.stack([u @ true[: len(x)] for u in (slant, slant.flip(0) + 0.4)])
    true, slanted = true[: len(x)], true[len(x) :]
    if not torch.allclose(along, slanted, rtol=_CLOSE, atol=_CLOSE):
        return "corner", show(grad), "its slopes along the axes do not make those between them"
    off = (grad - true).abs().max() > _CLOSE * (1 + true.abs().max())
    return "wrong" if off else "right", show(grad), show(true.round(decimals=3) + 0.0)


def _form(answer):
    """Return what is wrong with the text of a function: too long, or not all of it there."""
    code = getattr(answer, "__code__", None)
    if not isinstance(code, CodeType):
        return Result("type", "Write `f` with `def`, so that its lines can be counted.")
    codes = list(_codes(code))
    lines = {line for each in codes for *_, line in each.co_lines() if line}
    count = len(lines - {code.co_firstlineno}) or 1
    if count > LINES:
        return Result("value", f"`f` has {count} lines below its head; at most {LINES} are asked.")
    outside = {
        step.argval: answer.__globals__.get(step.argval)
        for each in codes
        for step in dis.get_instructions(each)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    for name, thing in outside.items():
        home = getattr(thing, "__module__", None) or ""
        if not (thing is None or isinstance(thing, ModuleType) or home.startswith("torch")):
            return Result("value", f"`f` uses `{name}` from outside: write all of it into `f`.")
    return None


def _codes(code) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)
