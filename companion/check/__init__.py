"""Check a reader's answer to an exercise, on the spot and offline.

>>> from companion.check import check
>>> def gradient(w, x, y):
...     return (w * x - y) * x
>>> check("gradient-by-hand", gradient)
Not solved yet.
`gradient(w=1, x=1, y=2)` returned -1.
A factor 2 is missing: the slope of a square has one.

The parts, in the order in which an answer passes through them:

``_run``        call the reader's code, for a limited time, in torch's default state
``_rules``      what an answer must do without, where the statement says so
``_judge``      a question for a number or a function, and the first mismatch of an answer
``_choose``     a question for a choice or an order of lines
``_steps``      a project whose parts are judged by their names, or one after the other
``vocabulary``  the mistakes that are made everywhere
``_numbers``    which numbers are taken as equal where one is asked for
``_page``       a question as data, for a page without Python
``_result``     what a reader sees: text, and HTML

What is asked stands in `companion.exercises`, which imports this package and not the other way
round: `check` looks it up at the first answer. An exercise of your own joins it by `register`.
"""

from collections import Counter
from difflib import get_close_matches
from importlib import import_module

from companion.check import _run
from companion.check._choose import Choice, Order
from companion.check._judge import Draw, Function, Number, Part, flag, mistakes
from companion.check._result import Result
from companion.check._steps import Project, Steps

__all__ = [
    "Choice",
    "Draw",
    "Function",
    "Number",
    "Order",
    "Part",
    "Project",
    "Result",
    "Steps",
    "check",
    "flag",
    "mistakes",
    "predict",
    "register",
]

Question = Choice | Function | Number | Order | Steps
_own = {}  # what `register` has added
_checks = Counter()  # how often each exercise was checked in this kernel


def register(name: str, question: Question) -> None:
    """Add an exercise of your own, so that `check` and `predict` know it by its name.

    Parameters
    ----------
    name
        A new name, in lower case with hyphens. Registering it again replaces it.
    question
        A `Number`, `Choice`, `Order`, `Function` or `Steps`.

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
        raise TypeError(f"{question!r} is no Number, Choice, Order, Function or Steps.")
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
    >>> bool(predict("first-gradient", "minus two"))
    False
    """
    question = _question(name)
    if isinstance(question, Function | Steps):
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
    Answers are judged in torch's default state (grad mode, inference mode, dtype, device), which
    is not changed for the reader. Some inputs are drawn anew at each check; their seed is the
    number of the check of this exercise in this kernel.

    The time limit ends Python code, in any thread and on any system. A single long call into
    compiled code, such as a huge matrix product, ends only when that call returns, which is said
    while it runs; and a loop that catches every exception can go on, as it does when the reader
    interrupts the kernel.

    Examples
    --------
    >>> bool(check("first-gradient", "minus two"))
    False
    """
    question = _question(name)
    _checks[name] += 1
    with _run.default_state():
        result = _judged(question, answer, _checks[name])
        result.name = name
        try:
            result.form = question.form()
        except Exception as failure:
            return Result("own failure", *_failed(failure))
    return result


def judge(question: Question, answer: object, seed: int = 1) -> Result:
    """Return the result of `answer` to a question that need not be registered."""
    with _run.default_state():
        return _judged(question, answer, seed)


def _judged(question, answer, seed):
    try:
        return _run.limited(lambda: question.judge(answer, seed))
    except _run.TimeUp:
        return Result("too slow", f"Your answer could not be read within {_run.SECONDS} seconds.")
    except _run.OwnFailure as failure:
        return Result("own failure", *_failed(failure))
    except BaseException:  # an answer may be any object, all of whose methods fail
        return Result("type", f"Your answer cannot be read as {question.asks}.")


def _failed(failure):
    return (
        "This check has failed, and says nothing about your answer.",
        f"Please report it to the book's authors: {failure}",
    )


def _question(name):
    known = import_module("companion.exercises").exercises | _own
    if name not in known:
        near = get_close_matches(str(name), known, 1)
        hint = f" Is it {near[0]!r}?" if near else ""
        raise KeyError(f"There is no exercise {name!r}.{hint}")
    return known[name]
