"""Run a function line by line, and keep copies of what every line left behind."""

import contextlib
import dis
import inspect
import io
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch

from companion.graph import _walk

MAX_STEPS = 2_000
MAX_NUMBERS = 1_000  # of one tensor
MAX_NODES = 100  # of one graph


@dataclass(frozen=True)
class Node:
    """A node of an autograd graph: its name, and what it saved for the way back.

    ``next`` holds the places, in the same graph, of the nodes that `backward` visits after this
    one. A leaf is a node with the name of its variable. ``saved`` is "kept", "freed" (a second
    `backward` would raise), or "nothing".
    """

    name: str
    next: tuple[int, ...]
    saved: str


@dataclass(frozen=True)
class TensorState:
    """What a tensor was at one moment.

    ``value`` and ``grad`` are a number or nested tuples of numbers; or a text such as
    "40×50 float32" where there are more than `MAX_NUMBERS`. ``grad`` is None where torch has none.
    ``version`` is None for an inference tensor. ``graph`` begins with the node of ``grad_fn``, and
    has at most `MAX_NODES` nodes.
    """

    value: Any
    requires_grad: bool
    is_leaf: bool
    retains_grad: bool
    grad: Any
    grad_fn: str | None
    version: int | None
    graph: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Step:
    """A line that has just run, and what it left behind.

    ``event`` is "call" (the arguments are bound, nothing has run), "line", "return" or "raise".
    ``line`` counts from 1 within ``source``, the lines of the function. ``others`` holds local
    numbers, strings, bools and None. ``printed`` is all that has been printed so far.
    ``raised`` is the type and the message of an exception of this line, caught later or not.
    """

    event: str
    source: tuple[str, ...]
    line: int
    tensors: dict[str, TensorState]
    others: dict[str, Any]
    printed: str
    returned: Any = None
    raised: str | None = None

    @property
    def text(self) -> str:
        """The line itself."""
        return self.source[self.line - 1].strip()


def trace(function: Callable, /, *args: Any) -> list[Step]:
    """Run ``function(*args)`` and return a step for each line that ran, in order.

    Parameters
    ----------
    function
        Written in Python, in a file or in a cell of a notebook. Functions that it calls, also
        itself, are part of the line that calls them.
    *args
        What it is called with.

    Returns
    -------
    list of Step
        What the program prints is kept there, and not printed. If it raises an exception, that is
        the last step, and goes no further.

    Raises
    ------
    TypeError, ValueError
        If the function is not written in Python, does not run when it is called (a generator), or
        has no source; or if `args` do not fit.
    RuntimeError
        After `MAX_STEPS` steps.

    Examples
    --------
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
    recorder, former = _Recorder(function), sys.gettrace()
    steps = recorder.steps
    try:
        with contextlib.redirect_stdout(recorder.printed):
            sys.settrace(recorder.enter)
            try:
                function(*args)
            finally:
                sys.settrace(former)
    except _TooMany:
        raise RuntimeError(
            f"{recorder.code.co_name} runs for more than {MAX_STEPS:,} steps; make it shorter"
        ) from None
    except Exception:
        if not steps or steps[-1].event != "raise":  # not the program's own
            raise
    return steps


class _TooMany(BaseException):
    """Stops the program; no `Exception`, so that the program's own ``except`` lets it by."""


class _Recorder:
    """What Python calls before each line of a function: it keeps a step for the line before."""

    def __init__(self, function):
        self.code, self.source, self.first = _source(function)
        self.steps, self.printed = [], io.StringIO()
        heads = [number for number, text in enumerate(self.source, 1) if text.startswith("def ")]
        self.event, self.line, self.raised = "call", heads[0] if heads else 1, None

    def enter(self, frame: FrameType, event: str, arg: Any):
        """Follow the function's first call."""
        return self.follow if frame.f_code is self.code and not self.steps else None

    def follow(self, frame: FrameType, event: str, arg: Any):
        """Keep a step, unless the line is still at work on an exception."""
        if event == "exception":
            self.raised = f"{arg[0].__name__}: {arg[1]}".removesuffix(": ")
            return self.follow
        if event == "return":
            ends = dis.opname[self.code.co_code[frame.f_lasti]].startswith("RETURN")
            self.event = "return" if ends else "raise"
        if self.event != "raise" and self.raised == "StopIteration":  # how a for loop ends
            self.raised = None
        if len(self.steps) >= MAX_STEPS:
            raise _TooMany
        tensors, others = _locals(frame)
        returned = _copy(arg) if self.event == "return" else None
        printed, where = self.printed.getvalue(), (self.event, self.source, self.line)
        self.steps.append(Step(*where, tensors, others, printed, returned, self.raised))
        self.event, self.line, self.raised = "line", frame.f_lineno - self.first + 1, None
        return self.follow


def _source(function):
    """Return the code of `function`, its source lines, and the number of the first."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if not inspect.isfunction(plain):
        name = getattr(function, "__name__", "this")
        kind = type(function).__name__
        raise TypeError(f"trace needs a function written in Python, but {name} is a {kind}")
    code = plain.__code__
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise TypeError(f"trace cannot step through {code.co_name}, which does not run when called")
    try:
        lines, start = inspect.getsourcelines(code)
    except OSError:
        raise ValueError(
            f"the source of {code.co_name} cannot be read; write it in a file or in a cell"
        ) from None
    text = textwrap.dedent("".join(lines).expandtabs(4))
    return code, tuple(text.splitlines()), start


def _locals(frame):
    """Return copies of the local variables of `frame`: of its tensors, and of its other values."""
    values = {name: value for name, value in frame.f_locals.items() if name.isidentifier()}
    known = {name: frame.f_globals.get(name) for name in frame.f_code.co_names} | values
    with torch._C.DisableTorchFunction():  # or a mode of the program would see what is read here
        names = {id(value): name for name, value in reversed(known.items())}
        tensors = {
            name: _state(value, names)
            for name, value in values.items()
            if isinstance(value, torch.Tensor)
        }
    return tensors, {name: value for name, value in values.items() if _is_simple(value)}


def _is_simple(value):
    return value is None or isinstance(value, bool | int | float | complex | str)


def _copy(value):
    """Return what was returned, without anything that may change or holds a graph."""
    if isinstance(value, torch.Tensor):
        return _state(value, None)
    if isinstance(value, list | tuple) and len(value) <= MAX_NUMBERS:
        return tuple(map(_copy, value))
    return value if _is_simple(value) else f"a {type(value).__name__}"


def _state(tensor, names):
    # To read .grad where none is kept would warn.
    keeps_grad = tensor.is_leaf or tensor.retains_grad
    grad = _or_none(lambda: tensor.grad) if keeps_grad else None
    grad_fn = _or_none(lambda: tensor.grad_fn)
    return TensorState(
        value=_numbers(tensor),
        requires_grad=tensor.requires_grad,
        is_leaf=tensor.is_leaf,
        retains_grad=tensor.retains_grad,
        grad=None if grad is None else _numbers(grad),
        grad_fn=None if grad_fn is None else _walk.name(grad_fn),
        version=_or_none(lambda: tensor._version),
        graph=() if names is None else _graph(grad_fn, names),
    )


def _or_none(ask):
    try:
        return ask()
    except Exception:  # some kinds of tensors refuse some questions
        return None


def _numbers(tensor):
    few = (_or_none(tensor.numel) or 0) <= MAX_NUMBERS
    numbers = _or_none(tensor.tolist) if few else None
    if numbers is None:
        size = "×".join(map(str, _or_none(lambda: tuple(tensor.shape)) or ()))
        return f"{size} {str(tensor.dtype).removeprefix('torch.')}"
    return _tuples(numbers)


def _tuples(numbers):
    return tuple(map(_tuples, numbers)) if isinstance(numbers, list) else numbers


def _graph(root, names):
    """Return the graph below `root`, each node once, as plain names."""
    if root is None:
        return ()
    nodes, edges = _walk.walk(root, MAX_NODES)
    following = [tuple(end for start, end, *_ in edges if start == k) for k in range(len(nodes))]
    return tuple(
        Node(_label(node, names), places, _saved(node))
        for node, places in zip(nodes, following, strict=True)
    )


def _label(node, names):
    if _walk.name(node) == "AccumulateGrad":
        return names.get(id(node.variable), "a leaf")
    return _walk.name(node)


def _saved(node):
    """Say whether what `node` saved is still there, without calling a hook that unpacks it."""
    found = "nothing"
    try:
        for name, raw in _walk.raw_saved(node):
            if raw.data is not None or raw.unpack_hook is not None:
                found = "kept"
            elif found == "nothing":
                getattr(node, f"_saved_{name}", None)  # None where nothing was ever saved
    except RuntimeError:
        return "freed"
    return found
