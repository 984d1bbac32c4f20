"""Check a reader's answer to an exercise, on the spot and offline.

>>> from companion.check import check
>>> def gradient(w, x, y):
...     return (w * x - y) * x
>>> check("gradient-by-hand", gradient)
Not solved yet.
`gradient(w=1, x=1, y=2)` returned -1.
A factor 2 is missing: the slope of a square has one.

What is asked stands in `companion.exercises`, which imports this package and not the other way
round: `check` looks it up at the first answer. An exercise of your own joins it by `register`.
"""

from collections import Counter
from difflib import get_close_matches
from functools import cache
from importlib import import_module

from companion.check import _run
from companion.check._choose import Choice, Order
from companion.check._judge import Draw, Function, Number, Part, flag, mistakes
from companion.check._result import MISSING, Result
from companion.check._steps import Project

__all__ = [
    "Choice",
    "Draw",
    "Function",
    "Number",
    "Order",
    "Part",
    "Project",
    "Result",
    "check",
    "flag",
    "mistakes",
    "predict",
    "register",
]

Question = Choice | Function | Number | Order | Project
_own = {}  # what `register` has added
_checks = Counter()  # how often each exercise was checked in this kernel


def register(name: str, question: Question) -> None:
    """Add an exercise of your own, so that `check` and `predict` know it by its name.

    Parameters
    ----------
    name
        A new name, in lower case with hyphens. Registering it again replaces it.
    question
        A `Number`, `Choice`, `Order`, `Function` or `Project`.

    Raises
    ------
    ValueError
        If the book has an exercise of that name.

    Examples
    --------
    >>> from companion.check import Number, register
    >>> from companion.check.vocabulary import SIGN
    >>> register("slope-of-cube", Number(lambda x: 3 * x**2, {"x": 2.0}, SIGN))
    >>> check("slope-of-cube", -12)
    Not solved yet.
    For `x=2` you answered -12.
    The sign is the other way round.
    """
    if name in import_module("companion.exercises").exercises:
        raise ValueError(f"The book has an exercise {name!r} already: choose another name.")
    if not isinstance(question, Question):
        raise TypeError(f"{question!r} is no Number, Choice, Order, Function or Project.")
    _own[name] = question


def predict(name: str, answer: object = ...) -> Result:
    """Ask the question `name` where it stands, and say whether `answer` is right.

    Without an answer it shows the question, with what there is to choose. On the book's site the
    same question can be answered on the page.

    Parameters
    ----------
    name
        The name of a question for a number, a choice or an order.
    answer
        A number, a letter in quotes, or a list of line numbers.

    Raises
    ------
    KeyError
        If there is no exercise of that name.
    TypeError
        If the exercise asks for code: that is `check`'s.

    Examples
    --------
    >>> predict("first-gradient", 32)
    Not solved yet.
    For `w=1, x=4, y=8` you answered 32.
    The sign is the other way round.
    """
    question = _question(name)
    if isinstance(question, Function | Project):
        raise TypeError(f"{name!r} asks for code: use check({name!r}, ...).")
    return check(name, answer)


def check(name: str, answer: object = ...) -> Result:
    """Say whether `answer` solves the exercise `name`, and if not, what is wrong first.

    Parameters
    ----------
    name
        The exercise's name.
    answer
        What the exercise asks for: a number, the letter of a choice, a list of line numbers, or
        the function itself. Anything else is wrong, but never an error.

    Returns
    -------
    Result
        True if solved. Otherwise it names the first mismatch, in this order: missing (also: the
        code stopped with an error or took more than 5 seconds), type, shape, dtype, not
        finite, an argument changed, value.

    Raises
    ------
    KeyError
        If there is no exercise of that name.

    Notes
    -----
    Answers are judged in torch's default state (grad mode, dtype, device and so on), which is not
    changed for the reader. Some inputs are drawn anew at each check; their seed is the
    number of the check of this exercise in this kernel.

    The time limit ends Python code on any system; a long call into compiled code is left alone.

    Examples
    --------
    >>> bool(check("first-gradient", "minus two"))
    False
    """
    question = _question(name)
    _checks[name] += 1
    try:
        form = _form(question)
    except Exception as failure:
        return _own_failure(failure)
    result = judge(question, answer, _checks[name])
    result.name, result.form = name, form
    return result


@cache  # it runs each program of the question; and no answer's time is for that
def _form(question):
    return _run.apart(question.form)


def judge(question: Question, answer: object, seed: int = 1) -> Result:
    """Return the result of `answer` to a question that need not be registered."""

    def judged():
        if answer is None or answer is ...:
            return Result("missing", getattr(question, "missing", MISSING))
        try:
            return question.judge(answer, seed)
        except (_run.TimeUp, _run.OwnFailure):
            raise
        except BaseException:  # an answer may be any object, all of whose methods fail
            return Result("type", f"Your answer cannot be read as {question.asks}.")

    try:
        return _run.apart(judged, _run.SECONDS)
    except _run.TimeUp:
        return Result("too slow", f"Your answer {_run.still_running()}")
    except _run.OwnFailure as failure:
        return _own_failure(failure)


def _own_failure(failure):
    said = "This check has failed, and says nothing about your answer."
    return Result("own failure", said, f"Please report it to the book's authors: {failure}")


def _question(name):
    known = import_module("companion.exercises").exercises | _own
    if name not in known:
        near = get_close_matches(str(name), known, 1)
        hint = f" Is it {near[0]!r}?" if near else ""
        raise KeyError(f"There is no exercise {name!r}.{hint}")
    return known[name]
