"""Questions that are answered by choosing: an option, or an order of lines."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import permutations
from operator import index

from companion.check._page import Form
from companion.check._result import Result, show
from companion.check._run import OwnFailure, own


class Choice:
    """A question with a few options, answered by a letter.

    Parameters
    ----------
    truth
        Called without arguments; returns the letter of the right option, which it finds by
        running the program of the question. A prediction whose chapter goes on by running it needs
        none: right is the option that has no sentence.
    **options
        By letter: the text of the right option, and for a wrong one the pair of its text and of
        what to say to whoever chooses it, the misconception behind it.
    later
        Whether a page says nothing before all its questions are answered.

    Examples
    --------
    >>> question = Choice(a=("It grows.", "Look at the sign again."), b="It falls.")
    >>> question.judge(" A")
    Not solved yet.
    You answered a.
    Look at the sign again.
    """

    def __init__(
        self,
        truth: Callable[[], str] | None = None,
        *,
        later: bool = False,
        **options: str | tuple[str, str],
    ):
        self.later = later
        pairs = {key: (o, "") if isinstance(o, str) else o for key, o in sorted(options.items())}
        self.options = {letter: text for letter, (text, _) in pairs.items()}
        self.wrong = {letter: sentence for letter, (_, sentence) in pairs.items() if sentence}
        if len(self.wrong) != len(options) - 1:
            raise ValueError("Exactly one option, the right one, has no sentence of its own.")
        self.truth = truth or (lambda: next(iter(options.keys() - self.wrong.keys())))
        *letters, last = self.options
        self._letters = f"{', '.join(letters)} or {last}"
        self.asks = f"one of the letters {self._letters}"

    def judge(self, answer: object, seed: int = 1) -> Result:
        """Return the result of `answer`."""
        letter = str.strip(answer, " \t\n().").lower() if isinstance(answer, str) else None
        if letter not in self.options:
            advice = f"Answer with one letter in quotes: {self._letters}."
            return Result("type", f"You answered {show(answer)}.", advice)
        if sentence := self.replies()[letter]:
            return Result("value", f"You answered {letter}.", sentence)
        return Result("solved")

    def replies(self) -> dict[str, str]:
        """Return what to say to each letter; nothing to the right one."""
        right = own(self.truth)
        if {right, *self.wrong} != set(self.options):
            raise OwnFailure(f"{right} has a sentence as if it were wrong")
        return {**self.wrong, right: ""}

    def form(self) -> Form:
        """Return what a page needs to ask the question."""
        none = "Choose one of the answers first."
        options = {"options": self.options, "later": self.later}
        return Form("choice", self.replies(), otherwise=none, unreadable=none, **options)


class Order:
    """Lines to be brought into an order, answered by a list of their numbers.

    Parameters
    ----------
    lines
        The lines of a program, or the steps of a proof; at most six.
    wrong
        What to say to a wrong order, by what it does: ``"3 before 1"``, ``"5 before 4 before 1"``.
        The first one counts, and an order that does nothing of it is right.
    code
        Whether the lines are lines of code; otherwise they are steps of a proof.

    Examples
    --------
    >>> question = Order(
    ...     ["w.grad = None", "loss.backward()", "w -= lr * w.grad"],
    ...     {
    ...         "1 before 3": "What does `w.grad` hold when the step is taken?",
    ...         "3 before 2": "Which gradient does the step take?",
    ...     },
    ... )
    >>> question.judge([2, 1, 3])
    Not solved yet.
    You answered [2, 1, 3].
    What does `w.grad` hold when the step is taken?
    """

    asks = "a list of line numbers"

    def __init__(self, lines: Sequence[str], wrong: Mapping[str, str], code: bool = True):
        self.lines, self.wrong, self.code = lines, wrong, code

    def judge(self, answer: object, seed: int = 1) -> Result:
        """Return the result of `answer`."""
        order = _whole_numbers(answer)
        said = f"You answered {show(answer if order is None else list(order))}."
        count = len(self.lines)
        if order is None or sorted(order) != list(range(1, count + 1)):
            advice = f"Answer with a list of the line numbers 1 to {count}, each of them once."
            return Result("type", said, advice)
        if sentence := self.reply(order):
            return Result("value", said, sentence)
        return Result("solved")

    def reply(self, order: tuple[int, ...]) -> str:
        """Return what to say to an order of all lines; nothing to a right one."""
        for rule, sentence in self.wrong.items():
            places = [order.index(int(number)) for number in rule.split(" before ")]
            if places == sorted(places):
                return sentence
        return ""

    def form(self) -> Form:
        """Return what a page needs to ask for the order."""
        orders = permutations(range(1, len(self.lines) + 1))
        replies = {" ".join(map(str, order)): self.reply(order) for order in orders}
        if "" not in replies.values():
            raise OwnFailure("no order is right")
        lines = [f"`{line}`" if self.code else line for line in self.lines]
        return Form("order", replies, lines=lines)


def _whole_numbers(answer):
    """Return a list or tuple of whole numbers as a tuple, and None for any other object."""
    if isinstance(answer, list | tuple) and not any(isinstance(item, bool) for item in answer):
        with suppress(TypeError):
            return tuple(map(index, answer))
