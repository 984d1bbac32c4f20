"""Check a reader's answer to an exercise, on the spot and offline.

>>> from companion.check import check
>>> def gradient(w, x, y):
...     return (w * x - y) * x
>>> check("gradient-by-hand", gradient)
Not solved yet.
`gradient(w=1, x=1, y=2)` returned -1.
A factor 2 is missing: the slope of a square has one.

The parts, in the order in which an answer passes through them:

``_run``      call the reader's code, for a limited time, and say in one line how it failed
``_judge``    an exercise that asks for a number or a function, and the first mismatch of an answer
``_choose``   an exercise that asks for a choice or an order of lines
``_numbers``  which numbers are taken as equal where one is asked for
``_page``     what a page without Python needs to ask for a prediction itself
``_result``   what a reader sees: text, and HTML

What is asked stands in `companion.exercises`, which imports this package and not the other way
round: `check` looks it up at the first answer.
"""

from importlib import import_module

from companion.check import _run
from companion.check._choose import Choice, Order
from companion.check._judge import Exercise, Part, judge
from companion.check._result import Result

__all__ = ["Choice", "Exercise", "Order", "Part", "Result", "check", "judge"]


def check(name: str, answer: object) -> Result:
    """Say whether `answer` solves the exercise `name`, and if not, what is wrong first.

    Parameters
    ----------
    name
        The exercise's label.
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
        If the book has no exercise of that name.

    Notes
    -----
    The time limit ends Python code, in any thread and on any system. A single long call into
    compiled code, such as a huge matrix product, ends only when that call returns; and a loop
    that catches every exception can go on, as it does when the reader interrupts the kernel.

    Examples
    --------
    >>> bool(check("first-gradient", "minus two"))
    False
    """
    exercise = import_module("companion.exercises").exercises[name]
    try:
        result = _run.limited(lambda: judge(exercise, answer))
    except _run.TimeUp:
        return Result("too slow", f"Your answer could not be read within {_run.SECONDS} seconds.")
    except BaseException:  # an answer may be any object, all of whose methods fail
        return Result("type", f"Your answer cannot be read as {exercise.asks}.")
    if result.kind == "missing" and (form := exercise.form()):
        result.form = form.to_json(name)
    return result
