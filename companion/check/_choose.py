"""Predictions that are chosen from what the statement lists: an option, or an order of lines."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import permutations
from operator import index

from companion.check._page import Form
from companion.check._result import MISSING, Result, show

_NONE = "Choose one of the answers first."
_GENERAL = "In this order the program does something else. Be the computer, line by line."
_RULE = re.compile(r"(\d+) (?:before (\d+)|(first)|(last))")


@dataclass(frozen=True)
class Choice:
    """A question with a few options, answered by a letter.

    Parameters
    ----------
    options
        What stands in the statement, by letter. There it is a Markdown list,
        ``- **a** the first option``.
    truth
        Runs torch and returns the letter of the right option.
    wrong
        What to say to each of the other letters: the misconception behind it.
    later
        Whether a page says nothing before all its questions are answered.

    Examples
    --------
    >>> question = Choice({"a": "it grows", "b": "it falls"}, lambda: "b", {"a": "Look again."})
    >>> question.judge(" A")
    Not solved yet.
    You answered a.
    Look again.
    """

    options: Mapping[str, str]
    truth: Callable[[], str]
    wrong: Mapping[str, str]
    later: bool = False

    @property
    def asks(self) -> str:
        return f"one of the letters {self._letters}"

    @property
    def _letters(self):
        *letters, last = self.options
        return f"{', '.join(letters)} or {last}"

    def judge(self, answer: object) -> Result:
        """Return the result of `answer`."""
        if answer is None or answer is ...:
            return Result("missing", MISSING)
        letter = str.strip(answer).lower() if isinstance(answer, str) else None
        if letter not in self.options:
            advice = f"Answer with one letter in quotes: {self._letters}."
            return Result("type", f"You answered {show(answer)}.", advice)
        if sentence := self.replies()[letter]:
            return Result("value", f"You answered {letter}.", sentence)
        return Result("solved")

    def replies(self) -> dict[str, str]:
        """Return what to say to each letter; nothing to the right one."""
        return {**self.wrong, self.truth(): ""}

    def form(self) -> Form:
        """Return what a page needs to ask the question."""
        return Form("choice", self.replies(), otherwise=_NONE, unreadable=_NONE, later=self.later)


@dataclass(frozen=True)
class Order:
    """Lines to be brought into an order, answered by a list of their numbers.

    Parameters
    ----------
    lines
        The lines, as the statement lists them: there it is a numbered Markdown list of code,
        ``1. `loss.backward()` ``. At most six.
    truth
        Called with an order, a tuple such as (2, 1, 3). It runs the program in that order with
        torch and returns whether that is right. An order whose program raises is wrong.
    wrong
        What to say to a wrong order, by one of these, tried one after the other:

        - that order, as a tuple: ``(3, 1, 2)``;
        - a rule that it keeps, as a text: ``"3 before 1"``, ``"2 first"``, ``"2 last"``.

    Examples
    --------
    >>> question = Order(
    ...     ["w.grad = None", "loss.backward()", "w -= lr * w.grad"],
    ...     lambda order: order == (2, 3, 1),
    ...     {"1 before 3": "What does `w.grad` hold when the step is taken?"},
    ... )
    >>> question.judge([2, 1, 3])
    Not solved yet.
    You answered [2, 1, 3].
    What does `w.grad` hold when the step is taken?
    """

    lines: Sequence[str]
    truth: Callable[[tuple[int, ...]], bool]
    wrong: Mapping[tuple[int, ...] | str, str] = field(default_factory=dict)

    @property
    def asks(self) -> str:
        return "a list of line numbers"

    def judge(self, answer: object) -> Result:
        """Return the result of `answer`."""
        if answer is None or answer is ...:
            return Result("missing", MISSING)
        order = _whole_numbers(answer)
        said = f"You answered {show(answer if order is None else list(order))}."
        if order is None or sorted(order) != list(range(1, len(self.lines) + 1)):
            advice = (
                f"Answer with a list of the line numbers 1 to {len(self.lines)}, each of them once."
            )
            return Result("type", said, advice)
        if sentence := self.reply(order):
            return Result("value", said, sentence)
        return Result("solved")

    def reply(self, order: tuple[int, ...]) -> str:
        """Return what to say to an order of all lines; nothing to a right one."""
        with suppress(Exception):  # a program in a wrong order may stop with an error
            if self.truth(order):
                return ""
        for key, sentence in self.wrong.items():
            if key == order or isinstance(key, str) and _keeps(order, key):
                return sentence
        return _GENERAL

    def form(self) -> Form:
        """Return what a page needs to ask for the order."""
        orders = permutations(range(1, len(self.lines) + 1))
        replies = {order: self.reply(order) for order in orders}
        known = {
            " ".join(map(str, order)): sentence
            for order, sentence in replies.items()
            if sentence != _GENERAL
        }
        return Form("order", known, otherwise=_GENERAL)


def _whole_numbers(answer):
    """Return a list or tuple of whole numbers as a tuple, and None for any other object."""
    if not isinstance(answer, (list, tuple)) or any(isinstance(item, bool) for item in answer):
        return None
    try:
        return tuple(map(index, answer))
    except TypeError:
        return None


def _keeps(order, rule):
    """Return whether an order keeps a rule.

    >>> _keeps((3, 1, 2), "3 before 2"), _keeps((3, 1, 2), "2 first")
    (True, False)
    """
    one, other, first, last = _RULE.fullmatch(rule).groups()
    place = order.index(int(one))
    if first or last:
        return place == (0 if first else len(order) - 1)
    return place < order.index(int(other))
