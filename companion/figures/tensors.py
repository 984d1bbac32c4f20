"""The figures of the chapter about tensors that remember."""

import warnings

import torch
from ipywidgets import Checkbox, Dropdown, FloatSlider, IntSlider, ToggleButtons
from matplotlib.figure import Figure
from torch import Tensor

from companion.canvas import MARGIN, WIDTH, Page, ink, signed, wrapped
from companion.figures import control, shown

#: What the switches of `tensor_passport` are called.
NOTHING, ONE, BOTH = "nothing", "w", "x and w"
PLAIN, RETAIN, DETACH = "nothing more", "y.retain_grad()", "y = y.detach()"


def tensor_passport(learns: str = ONE, then: str = PLAIN, backward: bool = True) -> Figure:
    """Four boxes, loss on top, then y, then x and w: each says whether its tensor is a leaf
    or which operation made it, whether it requires a gradient, and what its grad is. Red
    arrows lead from box to box where torch has recorded the way back.

    The program is ``loss = (x * w)**2``. `learns` says which inputs require a gradient, `then` what is done with ``y = x * w``: see the
    names above.
    """
    tensors, said = _run(learns, then, backward)
    page = Page(304)
    middle = WIDTH / 2
    boxes = {  # left, top, width, and the line of code
        "loss": (middle - 114, 20, 228, "loss = y**2"),
        "y": (middle - 114, 110, 228, "y = x * w"),
        "x": (MARGIN, 200, 139, "x = 3"),
        "w": (WIDTH - MARGIN - 139, 200, 139, "w = 2"),
    }
    for above, below, tip in (("loss", "y", middle), ("y", "x", 90), ("y", "w", 212)):
        start = (middle + (tip - middle) / 2, boxes[above][1] + 68)
        recorded, end = _leads(tensors[above], tensors[below]), (tip, boxes[below][1])
        color = ink.gradient if recorded else ink.context
        width, style = (2, "solid") if recorded else (1, "dotted")
        look = {"linewidth": width, "linestyle": style}
        page.arrow(start, end, color, (9, 5), shown=recorded, **look)
    for name, tensor in tensors.items():
        left, top, width, code = boxes[name]
        page.box(
            *(left, top, width, 68),
            color=ink.text if tensor.requires_grad else ink.context,
            corner=0 if tensor.is_leaf else 6,
            facecolor=(ink.learns, 0.15 if tensor.is_leaf and tensor.requires_grad else 0),
            linewidth=1.5,
        )
        page.text(left + 8, top + 17, code, weight="bold")
        value = "" if tensor.is_leaf and name in "xw" else signed(tensor.item())
        page.text(left + width - 8, top + 17, value, ink.value, ha="right")
        origin, asks, kept = _passport(name, tensor)
        page.texts(left + 8, top + 32, (origin, asks))
        page.text(left + 8, top + 62, kept, ink.gradient if "=" in kept else ink.context)
    page.text(MARGIN, 12, "red: the recorded way back", ink.gradient)
    page.texts(MARGIN, 286, wrapped(said, 41, 2), ink.refused, step=14)
    return page.figure


def _run(learns, then, backward):
    """Run the little program; return its tensors, and the message of an error."""
    x = torch.tensor(3.0, dtype=torch.float64, requires_grad=learns == BOTH)
    w = torch.tensor(2.0, dtype=torch.float64, requires_grad=learns != NOTHING)
    y, said = x * w, ""
    try:
        if then == RETAIN:
            y.retain_grad()
    except RuntimeError as error:
        said = str(error)
    if then == DETACH:
        y = y.detach()
    loss = y**2
    try:
        if backward:
            loss.backward()
    except RuntimeError as error:
        said = said or str(error)
    return {"x": x, "w": w, "y": y, "loss": loss}, said


def _passport(name, tensor):
    """Return what a tensor says of itself, in three lines."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        grad = tensor.grad
    origin = f"made by {tensor.grad_fn.name()}" if tensor.grad_fn else "a leaf"
    asks = "requires a gradient" if tensor.requires_grad else "requires no gradient"
    if grad is not None:
        return origin, asks, f"{name}.grad = {signed(grad.item())}"
    return origin, asks, f"{name}.grad is None" + ", with a warning" * bool(caught)


def _leads(above, below):
    """Whether a gradient would go from one tensor straight to the other."""
    nodes = [node for node, _ in above.grad_fn.next_functions] if above.grad_fn else []
    return any(
        node is not None and (getattr(node, "variable", None) is below or node is below.grad_fn)
        for node in nodes
    )


show_passports = shown(
    tensor_passport,
    "Leaves keep their gradient",
    "Green: leaves that require a gradient.",
    paper=[{"then": PLAIN}, {"then": RETAIN}, {"then": DETACH}],
    learns=control("requires a gradient", ToggleButtons, [NOTHING, ONE, BOTH]),
    then=control("after y = x * w", Dropdown, [PLAIN, RETAIN, DETACH]),
    backward=control("loss.backward()", Checkbox),
)


CODE = (
    "y = x",
    "for _ in range(times):",
    "    y = y * 2",
    "if y > 3:",
    "    y = y - 1",
    "else:",
    "    y = y.exp()",
)
_MOST = 4  # turns of the loop


def branching(x: Tensor, times: int) -> Tensor:
    """Run the lines of `CODE`.

    >>> branching(torch.tensor(1.0), times=2)
    tensor(3.)
    """
    names = {"x": x, "times": times}
    exec("\n".join(CODE), names)  # noqa: S102 the very text that the figure shows
    return names["y"]


def define_by_run(times: int = 3, x: float = 0.5) -> Figure:
    """Left, seven lines of code: those that ran are blue. Right, a box for each operation
    that ran, joined to its line, and red arrows from box to box back to the leaf x.
    """
    start = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = branching(start, times)
    y.backward()
    nodes, node = [], y.grad_fn
    while node is not None:
        nodes.insert(0, node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    taken = 4 if nodes[-1] == "SubBackward0" else 6
    made_by = [0, *[2] * times, taken]  # the line of each node
    if len(made_by) != len(nodes):
        raise ArithmeticError(f"the graph has the nodes {nodes}, not one for each line that ran")

    page = Page(240)
    ran = {0, 1, 3, taken} | ({2} if times else set())
    places = [38 + 26 * row for row in range(len(CODE))]
    page.text(MARGIN, 14, "the code", weight="bold")
    page.text(184, 14, "the graph it left", weight="bold")
    for row, line in enumerate(CODE):
        look = {"family": "monospace", "size": 11.5}
        page.text(MARGIN, places[row], line, ink.value if row in ran else ink.context, **look)
    for row in range(_MOST + 2):
        shown, top, tail = row < len(nodes), 24 + 32 * row, []
        if shown:
            line = places[made_by[row]] - 4
            right = MARGIN + 6.95 * len(CODE[made_by[row]]) + 4
            lane = 176 if made_by[row] == 2 else 168
            tail = [(right, line), (lane, line), (lane, top + 11), (184, top + 11)]
        page.line(tail, ink.context, linewidth=0.8)
        up = [(239, top), (239, top - 10)] if shown and row else []
        page.line(up, ink.gradient, linewidth=1.5)
        page.head((239, top - 10), (239, top), ink.gradient, (7, 4), shown=bool(up))
        tint = (ink.learns, 0 if row else 0.15)
        page.box(184, top, 110, 22, corner=5 if row else 0, shown=shown, facecolor=tint)
        name = "" if not shown else "x, a leaf" if row == 0 else nodes[row]
        page.text(239, top + 15, name, ha="center")
    page.text(MARGIN, 230, f"y = {signed(y.item())}", ink.value)
    page.text(90, 230, f"x.grad = {signed(start.grad.item())}", ink.gradient)
    return page.figure


show_define_by_run = shown(
    define_by_run,
    "The graph follows the code",
    "Blue lines ran; red arrows lead back.",
    paper=[{"times": 1}, {"times": 3}, {"times": 4}],
    times=control("times", IntSlider, min=0, max=_MOST),
    x=control("x", FloatSlider, min=0.25, max=3.0, step=0.25),
)
