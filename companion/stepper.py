"""Run a function line by line, and keep copies of the numbers that every line left behind."""

import inspect
import sys
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import torch


class Value(NamedTuple):
    """What a tensor held: its numbers and those of its ``grad``, as ``tolist`` gives them."""

    value: Any
    grad: Any


class Step(NamedTuple):
    """A line that has just run, and what it left behind.

    ``line`` counts from 1 within ``source``, the lines of the function; step 0 is its first line,
    with the arguments. ``last`` is whether the function is left. ``others`` holds what is no tensor.
    """

    source: tuple[str, ...]
    line: int
    last: bool
    tensors: dict[str, Value]
    others: dict[str, Any]

    @property
    def text(self) -> str:
        """The line itself."""
        return self.source[self.line - 1].strip()


def trace(function: Callable, /, *args: Any) -> list[Step]:
    """Run ``function(*args)`` and return a step for each line that ran, in order.

    The function is written in Python, in a file or in a cell of a notebook, or TypeError. Functions
    that it calls are part of the line that calls them.

    >>> def square(x):
    ...     w = torch.tensor(3.0, requires_grad=True)
    ...     y = w * x
    ...     y.backward()
    >>> for step in trace(square, 2.0)[1:]:
    ...     print(step.tensors["w"].grad, "after", step.text)
    None after w = torch.tensor(3.0, requires_grad=True)
    None after y = w * x
    2.0 after y.backward()
    """
    if not inspect.isfunction(function):
        raise TypeError(f"trace follows a function written in Python, not {function!r}.")
    lines, first = inspect.getsourcelines(function)
    source = tuple(textwrap.dedent("".join(lines)).splitlines())
    steps, at = [], 1  # `at` is the line that runs now

    def enter(frame, event, _):
        return follow if frame.f_code is function.__code__ and not steps else None

    def follow(frame, event, _):
        nonlocal at
        if event in ("line", "return"):
            steps.append(Step(source, at, event == "return", *_copies(frame.f_locals)))
            at = frame.f_lineno - first + 1
        return follow

    former = sys.gettrace()
    sys.settrace(enter)
    try:
        function(*args)
    finally:
        sys.settrace(former)
    return steps


def _copies(names):
    tensors, others = {}, {}
    for name, value in names.items():
        if isinstance(value, torch.Tensor):
            # To read .grad where none is kept would warn.
            grad = value.grad if value.is_leaf or value.retains_grad else None
            tensors[name] = Value(value.tolist(), None if grad is None else grad.tolist())
        else:
            others[name] = value
    return tensors, others
