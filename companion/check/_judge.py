"""What an exercise is, and the first mismatch of an answer with it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from numbers import Real
from types import CodeType
from typing import NamedTuple

import torch
from torch import Tensor

from companion.check import _numbers as numbers
from companion.check._page import Form
from companion.check._picture import picture, where
from companion.check._result import MISSING, Result, show
from companion.check._run import Stopped, run

#: In this order a value is looked at; the first mismatch is the one that is told.
KINDS = ("missing", "type", "shape", "dtype", "not finite", "changed", "value")

#: What is said to a wrong value that no known mistake gives.
GENERAL = "That is not what PyTorch finds. Do this one by hand, step by step."

Inputs = Mapping[str, float | Tensor]


@dataclass(frozen=True)
class Part:
    """One value that an answer gives.

    Parameters
    ----------
    says
        How a sentence about the value begins: ``"{call} returned"``, ``"After {call}, w is"``.
    truth
        Called with the inputs by name; returns the right value, in float64, or None if there
        should be no value.
    mistakes
        What to say about a wrong value, by sentence: a function of the right value and the
        inputs that returns the wrong one. A sentence is told only where its function gives the
        reader's values for all inputs.
    missing
        What to say where the value is None.
    tensor
        Whether it must be a tensor; otherwise a number will do as well.
    """

    says: str
    truth: Callable[..., float | Tensor | None]
    mistakes: Mapping[str, Callable[..., float | Tensor]] = field(default_factory=dict)
    missing: str = "A function gives back what stands after `return`."
    tensor: bool = False


@dataclass(frozen=True)
class Exercise:
    """What is asked, and how an answer is looked at.

    Parameters
    ----------
    cases
        The inputs, each a mapping from names to numbers and tensors. An answer gets copies.
    parts
        What an answer must give, in the order in which to look at it.
    function
        The name of the function that is asked for. None if a number is asked for: then there is
        one case with one part, and what `companion.check._numbers` takes as equal is right.
    observe
        Called with a function and the inputs, in their order; returns a value for each part.
    may_change
        The inputs that an answer is allowed to change.

    Examples
    --------
    >>> square = Part("{call} returned", lambda x: x**2, {"You doubled.": lambda right, x: 2 * x})
    >>> exercise = Exercise([{"x": 2.0}, {"x": 3.0}], [square], function="square")
    >>> judge(exercise, lambda x: x + x)
    Not solved yet.
    `square(x=3)` returned 6.
    You doubled.
    """

    cases: Sequence[Inputs]
    parts: Sequence[Part]
    function: str | None = None
    observe: Callable[..., tuple] = lambda answer, *inputs: (answer(*inputs),)
    may_change: Sequence[str] = ()

    @property
    def asks(self) -> str:
        return f"the function `{self.function}`" if self.function else "a number"

    def judge(self, answer: object) -> Result:
        """Return the result of `answer`."""
        return _judge_function(self, answer) if self.function else _judge_number(self, answer)

    def form(self) -> Form | None:
        """Return what a page needs to ask for the number; None if a function is asked for."""
        if self.function:
            return None
        says = self.parts[0].says.format(call=self.call(self.cases[0]))
        return Form("number", _replies(self), says, GENERAL, numbers.UNREADABLE)

    def call(self, inputs: Inputs) -> str:
        """Return the inputs as a sentence names them."""
        values = ", ".join(f"{name}={show(value)}" for name, value in inputs.items())
        return f"`{self.function}({values})`" if self.function else f"`{values}`"


class _Mismatch(NamedTuple):
    kind: str
    sentence: str
    advice: str = ""
    where: str = ""
    picture: str = ""

    def result(self):
        return Result(self.kind, self.sentence, self.where, self.advice, picture=self.picture)


def judge(exercise: "Exercise", answer: object) -> Result:
    """Return the result of `answer`. See `companion.check.check`, which also guards it."""
    return exercise.judge(answer)


def _judge_number(exercise, answer):
    if answer is None or answer is ...:
        return Result("missing", MISSING)
    [part], [inputs] = exercise.parts, exercise.cases
    says = part.says.format(call=exercise.call(inputs))
    if mismatch := _form_mismatch(part, says, answer, torch.zeros(())):
        return mismatch.result()
    value, replies = _number(answer).item(), _replies(exercise)
    sentence = next((replies[key] for key in numbers.keys(value) if key in replies), GENERAL)
    if sentence:
        return Result("value", f"{says} {numbers.shown(value)}.", sentence)
    return Result("solved")


def _replies(exercise):
    """Return what to say to the known numbers by their `numbers.keys`; nothing to a right one."""
    [part], [inputs] = exercise.parts, exercise.cases
    plain = {name: _plain(value) for name, value in inputs.items()}
    right = _number(part.truth(**plain))
    replies = dict.fromkeys(numbers.equals(right.item()), "")
    for sentence, mistake in part.mistakes.items():
        for key in numbers.equals(_number(mistake(right, **plain)).item()):
            replies.setdefault(key, sentence)
    return replies


def _judge_function(exercise, answer):
    if (early := _unusable_function(exercise, answer)) is not None:
        return early

    observed, changed = [], []
    for inputs in exercise.cases:
        copies = {name: _copy(value) for name, value in inputs.items()}
        try:
            values = run(
                lambda copies=copies: exercise.observe(answer, *copies.values()),
                getattr(answer, "__code__", None),
            )
        except Stopped as stopped:
            return Result(stopped.kind, f"{exercise.call(inputs)} {stopped}")
        observed.append(values)
        changed.append(_changed(exercise, inputs, copies))

    for number, part in enumerate(exercise.parts):
        values = [row[number] for row in observed]
        if mismatch := _first_mismatch(exercise, part, values, changed):
            return mismatch.result()
    return Result("solved", f"It is right for {len(exercise.cases)} inputs.")


def _unusable_function(exercise, answer):
    name = exercise.function
    if answer is None or answer is ...:
        return Result("missing", f"Write the function `{name}`, and run both cells again.")
    if not callable(answer):
        return Result(
            "type",
            f"`{name}` is {show(answer)}, not a function.",
            "Check the function itself: its name, without parentheses.",
        )
    if _is_empty(answer):
        return Result("missing", f"`{name}` is still empty: write your code in it.")


def _stub(): ...


def _stub_with_docstring():
    """Do nothing."""


def _is_empty(function):
    """Return whether a function does nothing: its bytecode is a stub's, and it returns None."""
    code = getattr(function, "__code__", None)
    stubs = (_stub.__code__.co_code, _stub_with_docstring.__code__.co_code)
    return (
        isinstance(code, CodeType)
        and code.co_code in stubs
        and {None, function.__doc__}.issuperset(code.co_consts)
    )


def _copy(value):
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    return value


def _plain(value):
    return value.detach() if isinstance(value, Tensor) else value


def _changed(exercise, inputs, copies):
    """Return the names of the inputs that were changed, though they must not be."""
    return [
        name
        for name, value in inputs.items()
        if name not in exercise.may_change and not _same(value, copies[name])
    ]


def _first_mismatch(exercise, part, values, changed):
    """Return the mismatch that comes first in `KINDS`, at the first input that has it."""
    plain = [{name: _plain(value) for name, value in inputs.items()} for inputs in exercise.cases]
    rights = [_number(part.truth(**inputs)) for inputs in plain]
    found = []
    for inputs, value, right, names in zip(exercise.cases, values, rights, changed, strict=True):
        call = exercise.call(inputs)
        says = part.says.format(call=call)
        if mismatch := _form_mismatch(part, says, value, right):
            found.append(mismatch)
        elif names:
            found.append(
                _Mismatch("changed", f"{call} changed its argument `{names[0]}`.", _CHANGED)
            )
        elif not _close(value, right):
            found.append(_value_mismatch(says, value, right))
    if not found:
        return None
    first = min(found, key=lambda mismatch: KINDS.index(mismatch.kind))
    if first.kind == "value":
        first = first._replace(advice=_misconception(part, plain, values, rights))
    return first


_CHANGED = "Work on a new tensor: `x * 2` makes one, `x *= 2` overwrites what the caller gave you."


def _form_mismatch(part, says, value, right):
    """Return what is wrong with the form of a value, or None if only its size can be wrong."""
    if right is None:
        return None
    if value is None or value is ...:
        return _Mismatch("missing", f"{says} {value}.", part.missing)
    if isinstance(value, bool) or not isinstance(value, Tensor if part.tensor else (Real, Tensor)):
        wanted = "a tensor" if part.tensor else "a number"
        sentence = (
            f"{says} {show(value)}, of type `{type(value).__name__}`; this asks for {wanted}."
        )
        return _Mismatch("type", sentence, _type_advice(part, value))
    if isinstance(value, Tensor):
        if value.shape != right.shape:
            wanted = f"shape {tuple(right.shape)}" if right.ndim else "one number, of shape ()"
            return _Mismatch(
                "shape", f"{says} a tensor of shape {tuple(value.shape)}; this asks for {wanted}."
            )
        if value.dtype not in (torch.float32, torch.float64):
            sentence = f"{says} a tensor of dtype `{value.dtype}`."
            return _Mismatch("dtype", sentence, "Slopes need `torch.float32` or `torch.float64`.")
    if not _number(value).isfinite().all():
        advice = "Something is divided by zero, or has grown too large."
        return _Mismatch("not finite", f"{says} {show(value)}.", advice)
    return None


def _value_mismatch(says, value, right):
    sentence = f"{says} {show(value)}."
    if value is None or right is None or not isinstance(value, Tensor):
        return _Mismatch("value", sentence)
    drawn = {"where": where(value, right), "picture": picture(value, right)}
    return _Mismatch("value", sentence, **drawn)


def _type_advice(part, value):
    if isinstance(value, str):
        return "A number has no quotes around it."
    if part.tensor and isinstance(value, Real):
        return "A plain number has forgotten where it comes from: leave out `item()` and `float()`."
    if callable(value):
        return "A function gives its result only when it is called, with parentheses."
    return ""


def _number(value):
    """Return a number or tensor as a float64 tensor, and None as None."""
    if value is None or isinstance(value, Tensor):
        return None if value is None else value.detach().to(torch.float64)
    try:
        return torch.tensor(float(value), dtype=torch.float64)
    except OverflowError:  # an integer beyond every float
        return torch.tensor(torch.inf, dtype=torch.float64)


def _close(value, right):
    """Return whether a value is right to the precision of float32."""
    if right is None or value is None:
        return right is None and value is None
    number = _number(value)
    return number.shape == right.shape and torch.allclose(number, right, rtol=1e-5, atol=1e-6)


def _same(one, other):
    return torch.equal(_number(one), _number(other))


def _misconception(part, cases, values, rights):
    """Return the sentence that explains all wrong values, or a general one."""
    for sentence, mistake in part.mistakes.items():
        wrong = (
            _number(mistake(right, **inputs)) for inputs, right in zip(cases, rights, strict=True)
        )
        if all(map(_close, values, wrong)):
            return sentence
    if ignored := _ignored(cases, values, rights):
        if len(ignored) == len(cases[0]):
            return "It is the same for every input: a fixed number cannot be right for all of them."
        names = " and ".join(f"`{name}`" for name in ignored)
        return f"It stays the same when {names} changes: is that argument used?"
    return GENERAL


def _ignored(cases, values, rights):
    """Return the inputs that a value should depend on, but does not."""
    alone = {name: [] for name in cases[0]}  # pairs of cases that differ in this input alone
    for one, other in combinations(range(len(cases)), 2):
        differ = [name for name in alone if not _same(cases[one][name], cases[other][name])]
        if len(differ) == 1 and not _close(rights[one], rights[other]):
            alone[differ[0]].append((one, other))
    return [
        name
        for name, pairs in alone.items()
        if pairs and all(_same(values[one], values[other]) for one, other in pairs)
    ]
