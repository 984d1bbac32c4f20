"""Run a function line by line, and keep copies of what every line left behind."""

import contextlib
import dis
import inspect
import io
import sys
import textwrap
from collections.abc import Callable, Iterable
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
    shape: tuple[int, ...]
    dtype: str
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
    ``depth`` is 0 in the function itself, 1 in a function that it called, and so on.
    """

    event: str
    function: str
    source: tuple[str, ...]
    line: int
    tensors: dict[str, TensorState]
    others: dict[str, Any]
    printed: str
    returned: Any = None
    raised: str | None = None
    depth: int = 0

    @property
    def text(self) -> str:
        """The line itself."""
        return self.source[self.line - 1].strip()


class _TooMany(BaseException):
    """Stops the program; no `Exception`, so that the program's own ``except`` lets it by."""


def trace(
    function: Callable,
    /,
    *args: Any,
    into: Iterable[Callable] = (),
    max_steps: int = MAX_STEPS,
    graph: bool = True,
) -> list[Step]:
    """Run ``function(*args)`` and return a step for each line that ran, in order.

    Parameters
    ----------
    function
        Written in Python, in a file or in a cell of a notebook.
    *args
        What it is called with.
    into
        Other functions to step through when they are called; `function` itself, if it is
        recursive.
    max_steps
        Where a program that runs on is stopped.
    graph
        Whether to walk the graph of each tensor, at each step.

    Returns
    -------
    list of Step
        What the program prints is kept there, and not printed. If it raises an exception, that is
        the last step, and goes no further.

    Raises
    ------
    TypeError, ValueError
        If a function is not written in Python, does not run when it is called (a generator), or
        has no source; or if `args` do not fit.
    RuntimeError
        After `max_steps` steps.

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
    root, sources = _source(function), dict(map(_source, into))
    steps: list[Step] = []
    printed = io.StringIO()
    depth = -1

    def enter(frame, event, arg):
        nonlocal depth
        code = frame.f_code
        if code not in sources and (code is not root[0] or depth >= 0):
            return None
        depth += 1
        source, start = sources.get(code, root[1])
        heads = [number for number, text in enumerate(source) if text.startswith("def ")]
        kind, line, raised = "call", start + heads[0] if heads else start, None

        def within(frame, event, arg):
            nonlocal depth, kind, line, raised
            if event == "exception":
                raised = f"{arg[0].__name__}: {arg[1]}".removesuffix(": ")
                return within
            if event == "return":
                ends = dis.opname[code.co_code[frame.f_lasti]].startswith("RETURN")
                kind = "return" if ends else "raise"
            if kind != "raise" and raised == "StopIteration":  # how a for loop ends
                raised = None
            if len(steps) >= max_steps:
                raise _TooMany
            steps.append(
                Step(
                    event=kind,
                    function=code.co_name,
                    source=source,
                    line=line - start + 1,
                    **_locals(frame, graph),
                    printed=printed.getvalue(),
                    returned=_copy(arg) if kind == "return" else None,
                    raised=raised,
                    depth=depth,
                )
            )
            depth -= event == "return"
            kind, line, raised = "line", frame.f_lineno, None
            return within

        return within

    former = sys.gettrace()
    try:
        with contextlib.redirect_stdout(printed):
            sys.settrace(enter)
            try:
                function(*args)
            finally:
                sys.settrace(former)
    except _TooMany:
        raise RuntimeError(
            f"{root[0].co_name} runs for more than {max_steps:,} steps; "
            "make it shorter, or give trace a larger max_steps"
        ) from None
    except Exception:
        if not steps or steps[-1].event != "raise":  # not the program's own
            raise
    return steps


def _source(function):
    """Return the code of `function`, with its source lines and the number of the first."""
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
    return code, (tuple(text.splitlines()), start)


def _locals(frame: FrameType, graph: bool) -> dict[str, dict]:
    """Copy the local variables of `frame`."""
    values = {name: value for name, value in frame.f_locals.items() if name.isidentifier()}
    known = {name: frame.f_globals.get(name) for name in frame.f_code.co_names} | values
    with torch._C.DisableTorchFunction():  # or a mode of the program would see what is read here
        names = {id(value): name for name, value in reversed(known.items())}
        tensors = {
            name: _state(value, names if graph else None)
            for name, value in values.items()
            if isinstance(value, torch.Tensor)
        }
    others = {name: value for name, value in values.items() if _is_simple(value)}
    return {"tensors": tensors, "others": others}


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
        shape=_shape(tensor),
        dtype=str(tensor.dtype).removeprefix("torch."),
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


def _shape(tensor):
    return _or_none(lambda: tuple(tensor.shape)) or ()


def _numbers(tensor):
    few = (_or_none(tensor.numel) or 0) <= MAX_NUMBERS
    numbers = _or_none(tensor.tolist) if few else None
    if numbers is None:
        return f"{'×'.join(map(str, _shape(tensor)))} {str(tensor.dtype).removeprefix('torch.')}"
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
    for name in dir(node):
        if name.startswith("_raw_saved_"):
            try:
                raw = getattr(node, name)
                for one in raw if isinstance(raw, tuple) else (raw,):
                    if one.data is not None or one.unpack_hook is not None:
                        found = "kept"
                if found == "nothing" and not isinstance(raw, tuple):
                    getattr(node, name.removeprefix("_raw"))  # None where nothing was ever saved
            except RuntimeError:
                return "freed"
    return found
