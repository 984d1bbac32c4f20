"""Draw one step of a program that really ran."""

import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure

from companion.canvas import MARGIN, WIDTH, Page, ink
from companion.stepper._trace import Step, TensorState

_SIZE, _PITCH = 10, 14  # in points
_ADVANCE = 0.602 * _SIZE  # of a character; no common monospaced font is wider
_COLUMNS = int((WIDTH - 2 * MARGIN) / _ADVANCE)


def draw(steps: Sequence[Step], k: int) -> Figure:
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
    >>> import torch
    >>> from companion.stepper import trace
    >>> def double(x):
    ...     return 2 * x
    >>> figure = draw(trace(double, torch.tensor(4.0)), 1)
    >>> [text.get_text() for text in figure.texts if text.get_color() == ink.changed]
    ['returned 8.0']
    """
    if k not in range(len(steps)):
        raise ValueError(f"there is no step {k}; the steps are 0 to {len(steps) - 1}")
    now = steps[k]
    before = steps[k - 1] if k else Step("call", now.source, 1, {}, {}, printed="")
    shown = dict.fromkeys(name for step in steps for name in (*step.others, *step.tensors))
    tensors = [name for name in shown if any(name in step.tensors for step in steps)]
    with_graph = [name for name in tensors if any(_chain(step, name) for step in steps)]

    page = _Lines()
    page.write(0, f"step {k} of {len(steps) - 1}", ink.context)
    page.write(_COLUMNS - 25, "→ has just run")
    page.write(_COLUMNS - 9, "→ is next", ink.context)
    page.down(1.4)
    _listing(page, steps, k)
    _numbers_line(page, steps, now, before, [name for name in shown if name not in tensors])
    if tensors:
        _table(page, steps, now, before, tensors)
    if with_graph:
        _graph(page, steps, now, before, with_graph[-1])
    if steps[-1].printed:
        page.write(0, "printed:", ink.context)
        color = ink.changed if now.printed != before.printed else ink.text
        page.write(9, "".join(now.printed.splitlines()[-1:]), color)
        page.down()
    for row in range(max(len(_result(step)) for step in steps)):
        page.write(0, "".join(_result(now)[row : row + 1]), ink.changed)
        page.down()
    return page.finish()


class _Lines:
    """Lines of monospaced text, written from the top of a page that grows with them."""

    def __init__(self):
        self._page = Page(height=1)
        self.y = MARGIN + _SIZE  # of the present base line

    def down(self, lines=1.0):
        self.y += lines * _PITCH

    def write(self, column, text, color=ink.text, width=_COLUMNS):
        text = _cut(text, min(width, _COLUMNS - column))
        indent = len(text) - len(text.lstrip())
        left = MARGIN + (column + indent) * _ADVANCE
        self._page.text(left, self.y, text[indent:], color, family="monospace", size=_SIZE)

    def bar(self, color):
        place = MARGIN / 2, self.y + 0.3 * _PITCH, WIDTH - MARGIN, -_PITCH
        self._page.box(*place, color=color, alpha=0.16, linewidth=0)

    def strike(self, length):
        y = self.y - 0.3 * _SIZE
        ends = [(MARGIN, y), (MARGIN + length * _ADVANCE, y)] if length else []
        self._page.line(ends, ink.context, linewidth=1)

    def finish(self):
        self._page.resize(self.y - _PITCH + MARGIN)
        return self._page.figure


def _listing(page, steps, k):
    """Write the source, with the two arrows and the bar."""
    now, following = steps[k], steps[k + 1] if k + 1 < len(steps) else None
    top = page.y
    page.y = top + (now.line - 1) * _PITCH
    page.bar(ink.wrong if now.raised else ink.value)
    page.write(0, "→")
    stays = following is None or following.line == now.line
    page.y = top + (0 if stays else following.line - 1) * _PITCH
    page.write(0, "" if stays else "→", ink.context)
    page.y = top
    for line in now.source:
        page.write(2, line)
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
        color = ink.text if name in now.others else ink.context
        page.write(column, _assignment(now, name), ink.changed if changed else color)
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
        page.write(column, title, ink.context)
    for name in names:
        page.down()
        page.write(0, name, ink.context if name not in now.tensors else ink.text)
        old, new = _cells(before, name, 17), _cells(now, name, 17)
        for i, text in enumerate(_cells(now, name)):
            color = ink.context if text in ("–", "not kept", "no history") else ink.text
            color = ink.changed if old[i] != new[i] and color == ink.text else color
            page.write(columns[i + 1], text, color, (value, grad, _COLUMNS)[i])
    page.down(1.5)


def _graph(page, steps, now, before, name):
    """Write the graph of the tensor `name`, struck through once it is freed."""
    status = _status(now, name)
    color = ink.context if status == _status(before, name) else ink.changed
    page.write(0, f"graph of {name}: {status}", color)
    lines, freed = _chain(now, name), status.startswith("freed")
    for row in range(max(len(_chain(step, name)) for step in steps)):
        page.down()
        line = "".join(lines[row : row + 1])
        page.write(0, line, ink.context if freed else ink.value)
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
