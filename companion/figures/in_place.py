"""The figures of the chapter about edits in place. Every number and verdict in them is torch's."""

from typing import NamedTuple

import torch
from ipywidgets import Checkbox, Play, ToggleButtons
from matplotlib.figure import Figure
from torch import Tensor

from companion import graph
from companion.canvas import MARGIN, WIDTH, Page, ink, signed, wrapped
from companion.figures import control, shown

_LINE = 17  # in points: of code


def _page(height, lines, here, stopped=False):
    """Return a page with lines of code at its top; the one that runs is lit."""
    page = Page(height)
    light = ink.refused if stopped else ink.value
    page.patch(2, 3 + _LINE * here, WIDTH - 4, _LINE, corner=3, color=(light, 0.2))
    for row, line in enumerate(lines):
        color = ink.text if row <= here else ink.context
        page.text(5, 15 + _LINE * row, line, color, family="monospace", size=11.5)
    return page


def _counter(page, x, y, version, shown=True):
    """Draw the window of a counter, in which a turn moves the next digit up."""
    edge = (ink.text, 1 if shown else 0)
    page.box(x, y, 18, 20, color=ink.step, tint=0.2, corner=2, shown=shown, edgecolor=edge)
    for digit in range(2):
        look = {"alpha": 1 if shown and digit == version else 0, "ha": "center", "weight": "bold"}
        page.text(x + 9, y + 15 + 16 * (digit - version), str(digit), size=13, **look)


#: The ways of an edit, and its line of code.
WAYS = {
    ".data": "d = w.data; d.add_(1)",
    "no_grad": "with torch.no_grad(): w.add_(1)",
    "detach()": "d = w.detach(); d.add_(1)",
    "clone()": "d = w.clone(); d.add_(1)",
}
_LAST = 4  # step of the replay


class Replay(NamedTuple):
    """What a program did whose edit stood between the forward pass and `backward`."""

    ticket: int  # the version that was noted
    value: float  # of w after the edit, and its version
    version: int
    other: Tensor | None  # the other name, `d`
    shares: bool  # its memory
    grad: float | None
    error: str


def run(way: str) -> Replay:
    """Run ``z = w * w`` at w = 3, an edit of `WAYS`, and ``z.backward()``.

    >>> run(".data").grad, run("no_grad").grad
    (8.0, None)
    """
    w = torch.tensor(3.0, requires_grad=True)
    names, error = {"torch": torch, "w": w}, ""
    z, ticket = w * w, w._version
    exec(WAYS[way], names)  # noqa: S102 the very text that the figure shows
    try:
        z.backward()
    except RuntimeError as failure:
        error = str(failure)
    d = names.get("d")
    shares = d is not None and d.data_ptr() == w.data_ptr()
    grad = None if w.grad is None else w.grad.item()
    return Replay(ticket, w.item(), w._version, d, shares, grad, error)


def version_replay(way: str = ".data", step: int = _LAST) -> Figure:
    """A tensor as a box with a number in it and a counter on its lid. Beside it the node
    of a multiplication, from which a ticket hangs: keeps w, version 0. backward() compares
    counter and ticket; below, the gradient or the error.

    Step 0 makes w, 1 squares it, 2 edits it in one of the `WAYS`; in 3 `backward` compares, and 4
    is its result.
    """
    ran = run(way)
    kept, edited, compared = (step >= k for k in (1, 2, 3))
    value, version = (ran.value, ran.version) if edited else (3.0, ran.ticket)
    code = ["w = torch.tensor(3.0, requires_grad=True)", "z = w * w", WAYS[way], "z.backward()"]
    page = _page(294, code, min(step, 3), compared and ran.error)

    page.box(24, 144, 100, 56, facecolor=(ink.learns, 0.15), lw=1.5)
    page.box(16, 120, 116, 24, corner=3, lw=1.5)
    page.text(23, 137, "w, version")
    _counter(page, 108, 122, version)
    number = ink.value if value == 3 else ink.changed
    page.text(74, 183, signed(value), number, size=30, ha="center")

    named = edited and ran.other is not None
    own = named and ran.other._version != ran.version
    page.box(24, 214, 22, 20, corner=3, shown=named, lw=1.5)
    page.text(35, 228, "d" if named else "", ha="center")
    page.line([(35, 214), (35, 200)] if named and ran.shares else [], linewidth=1.5)
    _counter(page, 50, 214, 1, own)
    words = "the memory of w, " if ran.shares else "a copy, "
    words += "a counter of its own" if own else "and its counter"
    page.text(71 if own else 52, 228, words if named else "")

    page.box(180, 78, 110, 24, corner=6, shown=kept, lw=1.5)
    page.text(235, 94, "MulBackward0" if kept else "", ha="center")
    page.line([(235, 102), (235, 110)] if kept else [], ink.saved)
    page.box(186, 110, 98, 40, color=ink.saved, tint=0.15, shown=kept, lw=1.5)
    page.text(235, 126, "keeps w" if kept else "", ink.saved, ha="center")
    bold = {"ha": "center", "weight": "bold"}
    page.text(235, 143, f"version {ran.ticket}" if kept else "", ink.saved, **bold)

    sign, color = ("≠", ink.refused) if ran.error else ("=", ink.right)
    ends = [(134, 134), (147, 134), (0, float("nan")), (171, 134), (184, 134)]
    page.line(ends if compared else [], color, linewidth=1.5)
    page.box(148, 123, 22, 22, color=color, corner=11, shown=compared, lw=1.5)
    page.text(159, 140, sign if compared else "", color, size=16, **bold)

    flows = step == _LAST and ran.grad is not None
    page.line([(126, 180), (178, 180)] if flows else [], ink.gradient, linewidth=2)
    page.head((184, 180), (126, 180), ink.gradient, shown=flows)
    color = ink.gradient if flows else ink.context
    page.box(186, 160, 98, 40, color=color, tint=0.12 if flows else 0, lw=1.5)
    page.text(
        235, 177, f"w.grad = {signed(ran.grad)}" if flows else "w.grad is None", color, **bold
    )
    page.text(235, 194, f"{signed(value)} + {signed(value)}" if flows else "", color, ha="center")
    story, color = _story(ran, step)
    page.texts(MARGIN, 252, wrapped(story, 44, 3), color, step=16)
    return page.figure


def _story(ran, step):
    """Return what a step shows, in words, and their colour."""
    if step == 0:
        words = "A tensor is a box of memory. The counter on its lid counts edits in place."
    elif step == 1:
        words = "The slope needs w, so the node keeps it, and notes its version on a ticket."
    elif step == 2 and ran.value == 3:
        words = "The edit changed the copy. w is untouched."
    elif step == 2:
        turned = "has turned" if ran.version else "has not turned"
        words = f"Now w is {signed(ran.value)}, and its counter {turned}."
    else:
        verdict = "They differ: stop." if ran.error else "They agree, so it goes on."
        words = f"backward() compares the lid with the ticket. {verdict}"
    if step < _LAST:
        return words, ink.text
    if ran.error:
        found = ran.error[ran.error.index("is at") : ran.error.index(" instead")]
        return f"RuntimeError: … modified by an inplace operation: … {found} instead.", ink.refused
    if ran.grad == 6:
        return "The slope of w * w at 3 is 6. Right.", ink.right
    words = f"It found {signed(ran.value)} where 3 was kept, and nothing has stopped it:"
    return f"{words} silently {signed(ran.grad)} instead of 6.", ink.wrong


show_replay = shown(
    version_replay,
    "An edit that turns no counter gives 8 instead of 6",
    "What is kept is the tensor itself, not a copy, and a ticket with its version.",
    paper=[{"way": ".data"}, {"way": "no_grad"}, {"way": "clone()"}],
    way=control("edit w by", ToggleButtons, WAYS),
    step=control("step", Play, max=_LAST, interval=1500),
)


OPERATIONS = {
    "exp(h)": torch.exp,
    "sigmoid(h)": torch.sigmoid,
    "relu(h)": torch.relu,
    "sin(h)": torch.sin,
    "h ** 2": lambda h: h**2,
    "2 ** h": lambda h: 2**h,
    "h ** h": lambda h: h**h,
    "h + 2": lambda h: h + 2,
}
INPUT, RESULT = "the input h", "the result y"
_X = 0.5


def keeps(operation: str) -> set[str]:
    """Return which of the names "h" and "y" an operation of `OPERATIONS` keeps.

    >>> sorted(keeps("2 ** h"))
    ['h', 'y']
    """
    h = torch.tensor(_X, requires_grad=True) * 1
    y = OPERATIONS[operation](h)
    places = {raw.data.data_ptr() for _, raw in graph.saved(y.grad_fn) if raw.data is not None}
    return {name for name, tensor in (("h", h), ("y", y)) if tensor.data_ptr() in places}


def slope(operation: str, edited: str = "", hidden: bool = False) -> float | None:
    """Return the slope that `backward` finds at 0.5 if "h" or "y" is set to 0 before, or None.

    A hidden edit goes through ``.data``. None means that `backward` raises.

    >>> slope("sin(h)", "h"), slope("sin(h)", "h", hidden=True)
    (None, 1.0)
    """
    x = torch.tensor(_X, dtype=torch.float64, requires_grad=True)
    h = x * 1
    y = OPERATIONS[operation](h)
    if edited:
        tensor = {"h": h, "y": y}[edited]
        (tensor.data if hidden else tensor.detach()).zero_()
    try:
        y.backward()
    except RuntimeError:
        return None
    return x.grad.item()


def edit_board(operation: str = "exp(h)", edit: str = RESULT) -> Figure:
    """A board with a row for each of eight operations and a column for its input and its
    result. A cell is tinted where the operation keeps that tensor, and says whether
    backward() was right or raised after an edit of it.

    `edit` is `INPUT` or `RESULT`.
    """
    page, chosen = Page(266), edit[-1]
    columns = {"h": 104, "y": 204}
    for words in (INPUT, RESULT):
        page.text(columns[words[-1]] + 45, 14, f"edit {words}", ha="center")
    for row, kind in enumerate(OPERATIONS):
        top = 21 + 22 * row
        weight = "bold" if kind == operation else "normal"
        page.text(MARGIN, top + 15, f"y = {kind}", weight=weight)
        for name, left in columns.items():
            here = (kind, name) == (operation, chosen)
            look = {"edgecolor": ink.text, "linewidth": 2.5} if here else {"linewidth": 0.5}
            tint = 0.2 if name in keeps(kind) else 0
            page.box(left, top, 90, 19, color=ink.saved, tint=tint, corner=3, **look)
            words, color = _verdict(slope(kind, name), slope(kind))
            page.text(left + 45, top + 15, words, color, ha="center")
    page.text(MARGIN, 214, "tinted: what the operation keeps", ink.saved)
    truth, counted, hidden = (slope(operation, *how) for how in ((), (chosen,), (chosen, True)))
    page.text(MARGIN, 234, f"{chosen} is set to 0. True slope: {truth:.4g}.")
    for x, kind, found in ((MARGIN, "counted", counted), (122, "through .data", hidden)):
        words, color = _verdict(found, truth)
        page.text(x, 254, f"{kind}: {words}", color)
    return page.figure


def _verdict(found, truth):
    if found is None:
        return "raises", ink.refused
    return ("right", ink.right) if found == truth else (f"{signed(found)}, wrong", ink.wrong)


show_board = shown(
    edit_board,
    "What is kept must stay as it is",
    "In each box: what backward() did.",
    paper=[{"operation": "exp(h)"}, {"operation": "sin(h)"}, {"operation": "2 ** h"}],
    operation=control("operation", ToggleButtons, OPERATIONS),
    edit=control("edit", ToggleButtons, [RESULT, INPUT]),
)


#: Ways to take a part of a tensor, and their code.
VIEWS = {
    "h[:2]": "v = h[:2]",
    "a column": "v = h.view(2, 2)[:, 0]",
    "chunk": "v = h.chunk(2)[0]",
    "unbind": "v = h.unbind()[0]",
    "h[[0, 1]]": "v = h[[0, 1]]",
    "of a leaf": "v = w[:2]",
    "no_grad": "with torch.no_grad(): v = h[:2]",
}


def window(view: str = "h[:2]", edit: bool = True) -> Figure:
    """The four numbers of h in a row of boxes, with one counter on the lid; golden frames
    show which of them belong to the view v. Below, the grad_fn of h, the gradient of w, and
    what PyTorch says to an edit of v.
    """
    w = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    names, error = {"torch": torch, "w": w, "h": w * 1}, ""
    exec(VIEWS[view], names)  # noqa: S102 the very text that the figure shows
    h, v = names["h"], names["v"]
    try:
        if edit:
            v.mul_(10)
    except RuntimeError as failure:
        error = str(failure)
    if not error:
        h.sum().backward()

    page = _page(262, ["h = w * 1", VIEWS[view], "v.mul_(10)"], 1 + edit, error)
    seen = "w" if view == "of a leaf" else "h"
    base = names[seen]
    copied = v.untyped_storage().data_ptr() != base.untyped_storage().data_ptr()
    inside = [] if copied else [int(v.stride()[0] * k) if k else 0 for k in range(v.numel())]
    page.box(16, 66, 270, 24, corner=3, lw=1.5)
    page.text(23, 83, f"{seen}, version")
    _counter(page, 264, 68, base._version)
    for k, number in enumerate(base.tolist()):
        left = 22 + 64.5 * k
        page.box(left, 90, 64.5, 44, facecolor=(ink.learns, 0.15), lw=1.5)
        color = ink.value if number == k + 1 else ink.changed
        page.text(left + 32, 119, signed(number), color, size=20, ha="center")
        look = {"color": ink.step, "tint": 0.2, "corner": 4, "linewidth": 2.5}
        page.box(left + 4, 94, 56.5, 36, shown=k in inside, **look)
    words = f"v is a copy: {signed(v.tolist())}" if copied else "gold: v, a window on this memory"
    page.text(23, 152, words, ink.context if copied else ink.step)
    page.text(MARGIN, 178, f"h.grad_fn: {graph.name(h.grad_fn)}", ink.gradient, weight="bold")
    grad = "" if w.grad is None else f"after h.sum().backward(): w.grad = {signed(w.grad.tolist())}"
    page.text(MARGIN, 196, grad, ink.gradient)
    said, color = "", ink.text
    if error:
        said, color = f"RuntimeError: {error.split('. ')[0].rstrip('.')}.", ink.refused
    elif edit and copied:
        said, color = "The edit stayed in the copy.", ink.wrong
    elif edit:
        said, color = "The edit went into h, and is recorded.", ink.right
    page.texts(MARGIN, 220, wrapped(said, 46, 3), color, step=16)
    return page.figure


show_window = shown(
    window,
    "A slice may be edited, a part of a chunk may not",
    "A view has no memory and no counter of its own.",
    paper=[{"view": "h[:2]"}, {"view": "chunk"}, {"view": "h[[0, 1]]"}],
    view=control("v is", ToggleButtons, VIEWS),
    edit=control("v.mul_(10)", Checkbox),
)
