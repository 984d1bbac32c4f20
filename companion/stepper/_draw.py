"""Draw one step of a program that really ran."""

import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D

from companion.stepper._trace import Step, TensorState
from explorable import palette

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
    >>> import torch
    >>> from companion.stepper import trace
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
