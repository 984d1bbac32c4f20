"""Run a function line by line, keep what every line left behind, and draw one such step.

`trace` runs the program once, and really: what it keeps are copies, so nothing that happens later
changes an earlier step, and no graph is kept alive. `draw` shows one step, for `explore` to scrub.
"""

import contextlib
import dis
import inspect
import io
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D

from explorable import palette

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
        grad_fn=None if grad_fn is None else _name(grad_fn),
        version=_or_none(lambda: tensor._version),
        graph=() if names is None else _walk(grad_fn, names),
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


def _name(node):
    return node.name().rpartition("::")[2]


def _walk(root, names):
    """Return the graph below `root`, each node once, as plain names."""
    nodes = [] if root is None else [root]
    places = {node: 0 for node in nodes}
    following = []
    for node in nodes:  # which grows as it is walked
        children = [child for child, _ in node.next_functions if child is not None]
        for child in children:
            if child not in places and len(nodes) < MAX_NODES:
                places[child] = len(nodes)
                nodes.append(child)
        following.append(tuple(places[child] for child in children if child in places))
    return tuple(
        Node(_label(node, names), places, _saved(node))
        for node, places in zip(nodes, following, strict=True)
    )


def _label(node, names):
    if _name(node) == "AccumulateGrad":
        return names.get(id(node.variable), "a leaf")
    return _name(node)


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


# The figure ----------------------------------------------------------------------------------

_WIDTH, _MARGIN, _SIZE, _PITCH = 345.6, 8, 10, 14  # in points; 345.6 are 4.8 inches
_ADVANCE = 0.602 * _SIZE  # of a character; no common monospaced font is wider
_COLUMNS = int((_WIDTH - 2 * _MARGIN) / _ADVANCE)


def draw(
    steps: Sequence[Step], k: int, names: Sequence[str] | None = None, root: str | None = None
) -> Figure:
    """Draw step `k`: the program with the line that has just run, and what it left behind.

    A tinted bar and a black arrow mark the line that has *just run*, so that cause and effect
    stand in one picture: whatever it changed is red. A grey arrow marks the line that runs next,
    for readers who predict before they move on.

    Parameters
    ----------
    steps
        What `trace` returned.
    k
        Which of them, from 0.
    names
        The variables to show, in this order; all of them if None.
    root
        The tensor whose graph is shown; if None, the last one that ever has a graph.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 inches wide. The figures of all steps have the same artists, which keeps what
        `explorable` stores of them small.

    Raises
    ------
    ValueError
        If there is no step `k`.

    Examples
    --------
    >>> def double(x):
    ...     return 2 * x
    >>> figure = draw(trace(double, torch.tensor(4.0)), 1)
    >>> [text.get_text() for text in figure.texts if text.get_color() == palette.red]
    ['returned 8.0']
    """
    if k not in range(len(steps)):
        raise ValueError(f"there is no step {k}; the steps are 0 to {len(steps) - 1}")
    now, before = steps[k], _before(steps, k)
    seen = dict.fromkeys(name for step in steps for name in (*step.others, *step.tensors))
    shown = [name for name in (seen if names is None else names) if name in seen]
    tensors = [name for name in shown if any(name in step.tensors for step in steps)]
    with_graph = [name for name in tensors if any(_chain(step, name) for step in steps)]

    page = _Page()
    page.write(0, f"step {k} of {len(steps) - 1}", palette.grey)
    page.write(_COLUMNS - 25, "→ has just run")
    page.write(_COLUMNS - 9, "→ is next", palette.grey)
    page.down(1.4)
    _listing(page, steps, k)
    _numbers_line(page, steps, now, before, [name for name in shown if name not in tensors])
    if tensors:
        _table(page, steps, now, before, tensors)
    if root or with_graph:
        _graph(page, steps, now, before, root or with_graph[-1])
    if steps[-1].printed:
        page.write(0, "printed:", palette.grey)
        color = palette.red if now.printed != before.printed else "black"
        page.write(9, "".join(now.printed.splitlines()[-1:]), color)
        page.down()
    for row in range(max(len(_result(step)) for step in steps)):
        page.write(0, "".join(_result(now)[row : row + 1]), palette.red)
        page.down()
    return page.finish()


def _before(steps, k):
    """Return what step `k` is compared with: the last one of the same call, or nothing at all."""
    now = steps[k]
    for step in reversed(steps[:k] if now.event != "call" else []):
        if step.depth == now.depth:
            return step
    return Step("call", now.function, now.source, 1, {}, {}, steps[k - 1].printed if k else "")


class _Page:
    """Lines of monospaced text, written from the top, on a figure that grows with them."""

    def __init__(self):
        self._figure = Figure()
        self._points = Affine2D()  # from points, counted from the top, to inches
        self._where = self._points + self._figure.dpi_scale_trans
        self.y = _MARGIN + _SIZE  # of the present base line

    def down(self, lines=1.0):
        self.y += lines * _PITCH

    def write(self, column, text, color="black", width=_COLUMNS):
        # matplotlib leaves out an empty text, and then the frames would differ in their trees.
        text = _cut(text, min(width, _COLUMNS - column)) or " "
        indent = len(text) - len(text.lstrip()) if text.strip() else 0
        looks = {"family": "monospace", "size": _SIZE, "color": color, "parse_math": False}
        left = _MARGIN + (column + indent) * _ADVANCE
        text = text[indent:]
        self._figure.text(left, self.y, text, transform=self._where, **looks)

    def bar(self, color):
        corner = (_MARGIN / 2, self.y + 0.3 * _PITCH)
        looks = {"color": color, "alpha": 0.16, "linewidth": 0, "transform": self._where}
        self._figure.add_artist(Rectangle(corner, _WIDTH - _MARGIN, -_PITCH, **looks))

    def strike(self, length):
        ends, height = [_MARGIN, _MARGIN + length * _ADVANCE], self.y - 0.3 * _SIZE
        alpha = 1 if length else 0
        looks = {"color": palette.grey, "linewidth": 1, "alpha": alpha, "transform": self._where}
        self._figure.add_artist(Line2D(ends, [height, height], **looks))

    def finish(self):
        height = self.y - _PITCH + _MARGIN
        self._figure.set_size_inches(_WIDTH / 72, height / 72)
        self._points.translate(0, -height).scale(1 / 72, -1 / 72)
        return self._figure


def _listing(page, steps, k):
    """Write the source, with the two arrows and the bar."""
    now, following = steps[k], steps[k + 1] if k + 1 < len(steps) else None
    top = page.y
    page.y = top + (now.line - 1) * _PITCH
    page.bar(palette.red if now.raised else palette.blue)
    page.write(0, "→")
    stays = following is None or following.depth != now.depth or following.line == now.line
    page.y = top + (0 if stays else following.line - 1) * _PITCH
    page.write(0, "" if stays else "→", palette.grey)
    page.y = top
    for number in range(max(len(step.source) for step in steps)):
        page.write(2, "".join(now.source[number : number + 1]))
        page.down()
    page.down(0.5)


def _numbers_line(page, steps, now, before, names):
    """Write the variables that are no tensors, red where they changed."""
    column = 0
    for name in names:
        width = max(len(_assignment(step, name)) for step in steps)
        if column and column + width > _COLUMNS:
            page.down()
            column = 0
        changed = _assignment(before, name, 17) != _assignment(now, name, 17)
        color = "black" if name in now.others else palette.grey
        page.write(column, _assignment(now, name), palette.red if changed else color)
        column += width + 3
    page.down(1.4 if names else 0)


def _table(page, steps, now, before, names):
    """Write a row for each tensor, red where it changed."""
    first = max(map(len, [*names, "name"])) + 2
    cells = [_cells(step, name) for step in steps for name in names]
    widest = [max(len(row[i]) for row in cells) for i in range(3)]
    spare = _COLUMNS - first - widest[2] - 4
    value = max(5, min(widest[0], spare - min(widest[1], spare // 2)))
    grad = max(8, min(widest[1], spare - value))
    columns = (0, first, first + value + 2, first + value + grad + 4)
    for column, title in zip(columns, ("name", "value", ".grad", "grad_fn"), strict=True):
        page.write(column, title, palette.grey)
    for name in names:
        page.down()
        page.write(0, name, palette.grey if name not in now.tensors else "black")
        old, new = _cells(before, name, 17), _cells(now, name, 17)
        for i, text in enumerate(_cells(now, name)):
            color = palette.grey if text in ("–", "not kept", "no history") else "black"
            color = palette.red if old[i] != new[i] and color == "black" else color
            page.write(columns[i + 1], text, color, (value, grad, _COLUMNS)[i])
    page.down(1.5)


def _graph(page, steps, now, before, name):
    """Write the graph of the tensor `name`, struck through once it is freed."""
    status = _status(now, name)
    color = palette.grey if status == _status(before, name) else palette.red
    page.write(0, f"graph of {name}: {status}", color)
    lines, freed = _chain(now, name), status.startswith("freed")
    for row in range(max(len(_chain(step, name)) for step in steps)):
        page.down()
        line = "".join(lines[row : row + 1])
        page.write(0, line, palette.grey if freed else palette.blue)
        page.strike(len(line) if freed else 0)
    page.down(1.5)


def _cut(text, width):
    return text if len(text) <= width else text[: width - 1] + "…"


def _text(value, digits=6):
    """Return a value as a reader would type it."""
    if isinstance(value, TensorState):
        value = value.value
    if isinstance(value, tuple):
        return f"[{', '.join(_text(item, digits) for item in value)}]"
    if isinstance(value, float | complex):
        text = f"{value:.{digits}g}"
        return f"{text}.0" if text.lstrip("-").isdigit() else text
    return str(value)


def _assignment(step, name, digits=6):
    if name not in step.others:
        return f"{name} –"
    value = step.others[name]
    text = repr(value) if isinstance(value, str) else _text(value, digits)
    return f"{name} = {_cut(text, 3 * digits)}"


def _cells(step, name, digits=6):
    """Return the value, the gradient and the origin of a tensor as texts."""
    if name in step.others:
        return _text(step.others[name], digits), "–", type(step.others[name]).__name__
    if name not in step.tensors:
        return "–", "–", "–"
    state = step.tensors[name]
    origin = state.grad_fn or ("leaf" if state.requires_grad else "no history")
    has_grad = state.is_leaf or state.retains_grad
    return _text(state.value, digits), _text(state.grad, digits) if has_grad else "not kept", origin


def _result(step):
    """Return in lines what was raised or returned."""
    returned = "" if step.returned is None else f"returned {_text(step.returned)}"
    return textwrap.wrap(step.raised or returned, _COLUMNS, max_lines=3, placeholder=" …")


def _status(step, name):
    saved = {node.saved for node in step.tensors[name].graph} if name in step.tensors else ()
    if not saved:
        return "none"
    return "freed, its saved values are gone" if "freed" in saved else "built, ready for backward()"


def _chain(step, name):
    """Return the graph of the tensor `name` in two lines: each node, then what it leads to."""
    nodes = step.tensors[name].graph if name in step.tensors else ()
    seen = set()

    def below(place):
        name, following = nodes[place].name, nodes[place].next
        if not following or place in seen:
            return f"{name} (again)" if following else name
        seen.add(place)
        branches = ", ".join(map(below, following))
        return f"{name} → {branches}" if len(following) == 1 else f"{name} → ({branches})"

    if not nodes:
        return []
    return textwrap.wrap(f"{name} → {below(0)}", _COLUMNS, max_lines=2, placeholder=" …")
