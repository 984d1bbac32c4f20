"""Questions whose answer is a number or a function, and the first mismatch of an answer."""

import inspect
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from itertools import combinations
from numbers import Real
from types import CodeType

import torch
from torch import Tensor

from companion.check import _numbers as numbers
from companion.check._page import Form
from companion.check._result import Result, show
from companion.check._rules import RULES
from companion.check._run import Stopped, own, run

#: In this order a value is looked at; the first mismatch is the one that is told.
KINDS = ("missing", "type", "shape", "dtype", "not finite", "changed", "value")

#: What is said to a wrong value that no known mistake gives.
GENERAL = "No mistake that we know of gives this. Go through it once more, line by line."
_CHANGED = "Work on a new tensor: `x * 2` makes one, `x *= 2` overwrites what the caller gave you."

_FLOAT32 = {"rtol": 1e-5, "atol": 1e-6}  # how close a value must be to the right one

Inputs = Mapping[str, float | Tensor]
Mistake = tuple[str, Callable[..., float | Tensor]]


def mistakes(*items: str | Callable | float | Mistake) -> list[Mistake]:
    """Return mistakes as pairs of a sentence and a function.

    Parameters
    ----------
    *items
        A sentence and after it the function that makes the mistake, or the wrong value itself;
        or such a pair, as in `companion.check.vocabulary`. The function gets what its arguments
        name: an input, or ``right``, the right value. It returns the wrong value.

    Examples
    --------
    >>> from companion.check.vocabulary import SIGN
    >>> [sentence for sentence, _ in mistakes(SIGN, "This is x.", lambda x: x, "This is 3.", 3)]
    ['The sign is the other way round.', 'This is x.', 'This is 3.']
    """
    pairs, rest = [], iter(items)
    for item in rest:
        sentence, wrong = item if isinstance(item, tuple) else (item, next(rest, None))
        if not isinstance(sentence, str) or not (callable(wrong) or isinstance(wrong, Real)):
            raise TypeError(f"After the sentence {sentence!r} stands {wrong!r}, not a mistake.")
        pairs.append((sentence, wrong if callable(wrong) else lambda wrong=wrong: wrong))
    return pairs


def call_by_name(function: Callable, **values: object) -> object:
    """Call a part of an exercise with those of the values that its arguments name."""
    parameters = own(inspect.signature, function).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        names = values.keys() - ({"right"} - parameters.keys())  # ** stands for the inputs
    else:
        names = parameters.keys()
    return own(function, **{name: value for name, value in values.items() if name in names})


class Draw(random.Random):
    """Random inputs with two digits, so that a reader can type them again."""

    def number(self, low: float, high: float) -> float:
        return round(self.uniform(low, high), 2)

    def vector(self, count: int, low: float, high: float) -> Tensor:
        """Return a vector of float64."""
        values = [self.number(low, high) for _ in range(count)]
        return torch.tensor(values, dtype=torch.float64)

    def matrix(self, rows: int, columns: int) -> Tensor:
        """Return a matrix of float64, with numbers between -3 and 3."""
        return self.vector(rows * columns, -3, 3).reshape(rows, columns)

    def leaf(self, low: float, high: float, count: int | None = None) -> Tensor:
        """Return a leaf that requires a gradient: a vector, or one number."""
        value = self.vector(count or 1, low, high)
        return (value if count else value.squeeze()).requires_grad_()


class Part:
    """One value that an answer gives.

    Parameters
    ----------
    says
        How a sentence about the value begins: ``"{call} returned"``, ``"After {call}, w is"``.
    truth
        Called with the inputs that its arguments name; returns the right value: a number or
        tensor in float64, a flag or dtype, or None if there should be no value.
    *items
        What to say about wrong values, as `mistakes` reads it. A sentence is told only where
        its mistake gives the reader's values for all inputs.
    missing
        What to say where the value is None.
    tensor
        Whether it must be a tensor; otherwise a number will do as well.
    """

    def __init__(
        self,
        says: str,
        truth: Callable[..., float | Tensor | None],
        *items: str | Callable | float | Mistake,
        missing: str = "A function gives back what stands after `return`.",
        tensor: bool = False,
    ):
        self.says, self.truth, self.missing = says, truth, missing
        self.mistakes, self.tensor = mistakes(*items), tensor


def flag(says: str, right: object, sentence: str, missing: str = "") -> Part:
    """Return a part whose value is True or False, or a dtype: with one sentence if it is wrong.

    `right` is that value, or a function of the inputs.
    """
    truth = right if callable(right) else lambda: right
    return Part(says, truth, sentence, lambda right: right, missing=missing)


class Number:
    """A question that is answered by a number, as exactly as a pen is.

    What `companion.check._numbers` takes as equal is right.

    Parameters
    ----------
    truth
        The right number, or a function that finds it: called with those of the inputs that its
        arguments name.
    inputs
        The numbers of the statement, by name.
    *items
        What to say to wrong numbers, as `mistakes` reads it.

    Examples
    --------
    >>> question = Number(lambda x: x**2, {"x": 3.0}, "You doubled.", lambda x: 2 * x)
    >>> question.judge(6)
    Not solved yet.
    For `x=3` you answered 6.
    You doubled.
    """

    asks = "a number"

    def __init__(self, truth: float | Callable[..., float | Tensor], inputs: Inputs, *items):
        self.truth = truth if callable(truth) else lambda: truth
        self.inputs, self.mistakes = inputs, mistakes(*items)
        values = _listed(inputs)
        self._says = f"For `{values}` you answered" if values else "You answered"

    def judge(self, answer: object, seed: int = 1) -> Result:
        """Return the result of `answer`."""
        part = Part(self._says, self.truth)
        if isinstance(answer, Tensor) and answer.dtype in (torch.int64, torch.int32):
            answer = answer.to(torch.float64)
        if (mismatch := form_mismatch(part, self._says, answer, torch.zeros(()))) is not None:
            return mismatch
        value, replies = number_of(answer).item(), self.replies()
        known = (replies[key] for key in numbers.keys(value) if key in replies)
        if sentence := next(known, GENERAL):
            return Result("value", f"{self._says} {numbers.shown(value)}.", sentence)
        return Result("solved")

    def replies(self) -> dict[str, str]:
        """Return what to say to known numbers by their `numbers.keys`; nothing to a right one."""
        inputs = {name: _kept(value) for name, value in self.inputs.items()}
        right = number_of(call_by_name(self.truth, **inputs))
        replies = dict.fromkeys(numbers.equals(right.item()), "")
        for sentence, mistake in self.mistakes:
            wrong = number_of(call_by_name(mistake, right=right, **inputs))
            for key in numbers.equals(wrong.item()):
                replies.setdefault(key, sentence)
        return replies

    def form(self) -> Form:
        """Return what a page needs to ask for the number."""
        return Form("number", self.replies(), self._says, GENERAL, numbers.UNREADABLE)


class Function:
    """A function to be written or repaired.

    Parameters
    ----------
    name
        The name of the function.
    cases
        The inputs, each a mapping from names to numbers and tensors. An answer gets copies.
    *parts
        What an answer must give, in the order in which to look at it.
    observe
        Called with a function and the inputs, in their order; returns a value for each part.
    drawn
        Called with a `Draw`, returns one more case: four are drawn anew at each check.
    may_change
        The inputs that an answer is allowed to change.
    call
        Called with the inputs that its arguments name; returns how a sentence names the call.
    without
        A rule of `companion.check._rules` that the statement makes: "torch", "backward" or
        "optimizer".

    Examples
    --------
    >>> square = Part("{call} returned", lambda x: x**2, "You doubled.", lambda x: 2 * x)
    >>> exercise = Function("square", [{"x": 2.0}, {"x": 3.0}], square)
    >>> exercise.judge(lambda x: x + x)
    Not solved yet.
    `square(x=3)` returned 6.
    It is right for 1 of 2 inputs.
    You doubled.
    """

    def __init__(
        self,
        name: str,
        cases: Sequence[Inputs],
        *parts: Part,
        observe: Callable[..., tuple] = lambda answer, *inputs: (answer(*inputs),),
        drawn: Callable[[Draw], Inputs] | None = None,
        may_change: Sequence[str] = (),
        call: Callable[..., str] | None = None,
        without: str = "",
    ):
        self.name, self.cases, self.parts, self.observe = name, cases, parts, observe
        self.drawn, self.may_change, self._call, self.without = drawn, may_change, call, without
        self.asks = f"the function `{name}`"
        self.missing = f"Write the function `{name}`, and run both cells again."

    def form(self) -> Form:
        """Return what a page says of it: it needs a kernel."""
        return Form("code")

    def call(self, inputs: Inputs) -> str:
        """Return the call as a sentence names it."""
        if self._call:
            return call_by_name(self._call, **inputs)
        return f"`{self.name}({_listed(inputs)})`"

    def judge(self, answer: object, seed: int = 1) -> Result:
        """Return the result of `answer`; `seed` is that of the inputs drawn anew."""
        if not callable(answer):
            advice = "Check the function itself: its name, without parentheses."
            return Result("type", f"`{self.name}` is {show(answer)}, not a function.", advice)
        if _is_empty(answer):
            return Result("missing", f"`{self.name}` is still empty: write your code in it.")
        draw = Draw(seed)
        drawn = [own(self.drawn, draw) for _ in range(4)] if self.drawn else []
        cases = [*self.cases, *drawn]
        observed, changed = [], []
        for inputs in cases:
            copies = {name: _copy(value) for name, value in inputs.items()}
            try:
                values = run(
                    lambda copies=copies: self._observed(answer, copies),
                    getattr(answer, "__code__", None),
                )
            except Stopped as stopped:
                return Result(stopped.kind, f"{self.call(inputs)} {stopped}")
            observed.append([_kept(value) for value in values])
            mine = [name for name in inputs if name not in self.may_change]
            changed.append([name for name in mine if not _same(inputs[name], copies[name])])
        for number, part in enumerate(self.parts):
            values = [row[number] for row in observed]
            if (mismatch := self._first_mismatch(part, cases, values, changed)) is not None:
                return mismatch
        anew = f", {len(drawn)} of them drawn anew with seed {seed}" if drawn else ""
        return Result("solved", f"It is right for {len(cases)} inputs{anew}.")

    def _observed(self, answer, copies):
        with RULES[self.without]() if self.without else nullcontext():
            return self.observe(answer, *copies.values())

    def _first_mismatch(self, part, cases, values, changed):
        """Return the mismatch that comes first in `KINDS`, at the first input that has it."""
        plain = [{name: _kept(value) for name, value in inputs.items()} for inputs in cases]
        rights = [number_of(call_by_name(part.truth, **inputs)) for inputs in plain]
        found = []
        for inputs, value, right, names in zip(cases, values, rights, changed, strict=True):
            call = self.call(inputs)
            says = part.says.format(call=call)
            if (mismatch := form_mismatch(part, says, value, right)) is not None:
                found.append(mismatch)
            elif names:
                sentence = f"{call} changed its argument `{names[0]}`."
                found.append(Result("changed", sentence, _CHANGED))
            elif not close(value, right):
                found.append(Result("value", f"{says} {show(value)}.", where(value, right)))
        if not found:
            return None
        first = min(found, key=lambda mismatch: KINDS.index(mismatch.kind))
        if first.kind != "value":
            return first
        good = len(cases) - len(found)
        count = f"It is right for {good} of {len(cases)} inputs." if good else ""
        advice = _misconception(part, plain, values, rights)
        return Result("value", *first.sentences, count, advice)


def _listed(inputs):
    return ", ".join(f"{name}={show(value)}" for name, value in inputs.items())


def _stub(): ...


def _stub_with_docstring():
    """Do nothing."""


def _is_empty(function):
    """Return whether a function does nothing: its bytecode is a stub's, and it returns None."""
    code = getattr(function, "__code__", None)
    return (
        isinstance(code, CodeType)
        and code.co_code in (_stub.__code__.co_code, _stub_with_docstring.__code__.co_code)
        and {None, function.__doc__}.issuperset(code.co_consts)
    )


def _copy(value):
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    return value


def _kept(value):
    """Return a value as it is now, without its history: the same tensor may be written again."""
    small = isinstance(value, Tensor) and value.numel() < 1e6
    return value.detach().clone() if small else value


def form_mismatch(part: Part, says: str, value: object, right: object) -> Result | None:
    """Return what is wrong with the form of a value, or None if only its size can be wrong."""
    if right is None:
        return None
    if value is None or value is ...:
        return Result("missing", f"{says} {value}.", part.missing)
    if not isinstance(right, Tensor):  # a flag or a dtype
        wanted = "`True` or `False`" if isinstance(right, bool) else f"a `{type(right).__name__}`"
        good, advice = type(value) is type(right), ""
    else:
        wanted = "a tensor" if part.tensor else "a number"
        good = isinstance(value, Tensor if part.tensor else (Real, Tensor))
        good, advice = good and not isinstance(value, bool), _type_advice(part, value)
    if not good:
        sentence = f"{says} {show(value)}, of type `{type(value).__name__}`"
        return Result("type", f"{sentence}; this asks for {wanted}.", advice)
    if isinstance(value, Tensor) and value.shape != right.shape:
        wanted = f"shape {tuple(right.shape)}" if right.ndim else "one number, of shape ()"
        sentence = f"{says} a tensor of shape {tuple(value.shape)}; this asks for {wanted}."
        return Result("shape", sentence)
    if isinstance(value, Tensor) and value.dtype not in (torch.float32, torch.float64):
        advice = "Slopes need `torch.float32` or `torch.float64`."
        return Result("dtype", f"{says} a tensor of dtype `{value.dtype}`.", advice)
    if isinstance(right, Tensor) and not number_of(value).isfinite().all():
        advice = (
            "Is something divided by zero, a logarithm of 0 or less, or has it grown too large?"
        )
        return Result("not finite", f"{says} {show(value)}.", advice)
    return None


def _type_advice(part, value):
    if isinstance(value, str):
        return "A number has no quotes around it."
    if isinstance(value, tuple) and len(value) == 1:
        if isinstance(value[0], Tensor):
            return "`torch.autograd.grad` gives a tuple, one gradient for each input: take `[0]`."
        return "A comma after it makes a tuple of a number."
    if part.tensor and isinstance(value, list | tuple) and isinstance((*value, 0)[0], Tensor):
        return "`torch.stack` makes one tensor of several."
    if part.tensor and isinstance(value, Real) and not isinstance(value, bool):
        return "A plain number has forgotten where it comes from: leave out `item()` and `float()`."
    return ""


def number_of(value: object) -> object:
    """Return a number or tensor as a float64 tensor; None, a flag or a dtype as it is."""
    if value is None or isinstance(value, bool | torch.dtype):
        return value
    if isinstance(value, Tensor):
        return value.detach().to(torch.float64)
    try:
        return torch.tensor(float(value), dtype=torch.float64)
    except OverflowError:  # an integer beyond every float
        return torch.tensor(torch.inf, dtype=torch.float64)


def close(value: object, right: object, exact: bool = False) -> bool:
    """Return whether a value is right: to the last digit, or to the precision of float32."""
    value, right = number_of(value), number_of(right)
    if not (isinstance(value, Tensor) and isinstance(right, Tensor)):
        return value is right or (type(value) is type(right) and value == right)
    if exact:
        return torch.equal(value, right)
    return value.shape == right.shape and torch.allclose(value, right, **_FLOAT32)


def where(value: object, right: object) -> str:
    """Say which entries of a tensor differ; nothing of a number, or if all of them do.

    >>> where(torch.eye(2), torch.ones(2, 2))
    'Only these entries differ: [0, 1], [1, 0].'
    >>> where(torch.zeros(9), torch.arange(9.0))
    'Only these entries differ: [1], [2], [3], [4] and 4 more.'
    """
    if not (isinstance(value, Tensor) and isinstance(right, Tensor)):
        return ""
    same = torch.isclose(number_of(value), number_of(right), **_FLOAT32)
    if not same.any():
        return ""
    places = [*map(str, (~same).nonzero().tolist())]
    more = f" and {len(places) - 4} more" if len(places) > 4 else ""
    return f"Only these entries differ: {', '.join(places[:4])}{more}."


def _same(one, other):
    return close(one, other, exact=True)


def _misconception(part, cases, values, rights):
    """Return the sentence that explains all wrong values, or a general one."""
    if not isinstance(rights[0], Tensor) and rights[0] is not None:  # a flag has one sentence
        return part.mistakes[0][0]
    for sentence, mistake in part.mistakes:
        wrong = (
            call_by_name(mistake, right=right, **inputs)
            for inputs, right in zip(cases, rights, strict=True)
        )
        if all(map(close, values, wrong)):
            return sentence
    if ignored := _ignored(cases, values, rights):
        if len(ignored) == len(cases[0]):
            return "It is the same for every input: a fixed number cannot be right for all of them."
        names = " and ".join(f"`{name}`" for name in ignored)
        if len(ignored) > 1:
            return f"It stays the same when one of {names} changes: are they used?"
        return f"It stays the same when {names} changes: is that argument used?"
    return GENERAL


def _ignored(cases, values, rights):
    """Return the inputs that a value should depend on, but does not."""
    ignored = {}
    for one, other in combinations(range(len(cases)), 2):
        differ = [name for name in cases[0] if not _same(cases[one][name], cases[other][name])]
        if len(differ) == 1 and not close(rights[one], rights[other]):
            ignored.setdefault(differ[0], []).append(_same(values[one], values[other]))
    return [name for name in cases[0] if all(ignored.get(name, [False]))]
