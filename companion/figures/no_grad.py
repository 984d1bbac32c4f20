"""The figures of the chapter about stopping the gradient."""

from matplotlib.figure import Figure

from companion.canvas import MARGIN, WIDTH, Page, ink, signed, wrapped
from companion.switches import MOMENTS, QUESTIONS, THINGS, answers, chain, gradients, memory


def switch_board(thing: int = 3) -> Figure:
    """Draw six things that people try as a matrix with five questions, one of them in action.

    The row of number `thing`, from 1, is lit: its code is shown, and what comes back to x from
    y = x · s.
    """
    name = list(THINGS)[thing - 1]
    page, live = Page(324), gradients(name)
    code = [*THINGS[name].split("\n"), "(x * s).backward()", ""]
    for row in range(3):
        page.text(MARGIN, 14 + 15 * row, code[row], family="monospace")
    _draw_ways(page, live, learns=answers(name)[0] != "to x")
    left, right, color = f"x.grad = {live.x}", "the slope of x · x at 3 is 6", ink.gradient
    if live.error:
        left, right, color = "refused", live.error.split("tensors ")[1], ink.refused
    page.text(MARGIN, 139, left.removesuffix(".0"), color, weight="bold")
    page.text(WIDTH - MARGIN, 139, right, ink.context, ha="right")

    top, columns = 234, [168 + 30 * k for k in range(5)]
    for k, (x, question) in enumerate(zip(columns, QUESTIONS, strict=True)):
        y = 214 - 14 * k
        page.text(x - 6, y, question, ha="right")
        page.line([(x - 4, y - 4), (x, y - 4), (x, top - 14)], ink.context, linewidth=0.8)
    page.patch(0, top - 13 + 17 * (thing - 1), WIDTH, 17, color=ink.step, alpha=0.2)
    for row, each in enumerate(THINGS):
        y = top + 17 * row
        page.text(20, y, each, weight="bold" if each == name else "normal")
        for x, answer in zip(columns, answers(each), strict=True):
            color = ink.wrong if ":" in answer else ink.context if answer == "no" else ink.text
            page.text(x, y, answer, color, ha="center")
    return _with_dot(page, (10, thing), y=(top - 4, 17))


def _with_dot(page, at, x=None, y=None):
    """Return the page's figure with a gold dot, to be held by a coordinate that counts things.

    `x` or `y` says where the first one is, in points, and how far apart they are.
    """
    (first, gap), end = (x, WIDTH) if x else (y, page.height)
    counted = [1 + (edge - first) / gap for edge in (0, end)]
    ends = (counted, (page.height, 0)) if x else ((0, WIDTH), counted[::-1])
    page.plot(0, 0, WIDTH, page.height, *ends).dot(*at, ink.step, 9)
    return page.figure


def _way(page, start, end, grad, place):
    """Draw an arrow against the computation: red with its gradient, or dotted where none comes."""
    color, flows = (ink.context, False) if grad is None else (ink.gradient, True)
    look = {"linewidth": 1.8, "linestyle": "solid"} if flows else {"linewidth": 1, "linestyle": ":"}
    page.arrow(start, end, color, shown=flows, **look)
    page.text(*place, signed(grad) if flows else "", color, ha="center")


def _draw_ways(page, live, learns):
    """Draw x, the network and y = x · s, and what comes back on the two ways to x."""
    direct = None if live.error else 3.0
    around = None if live.s is None else live.x - direct
    _way(page, (224, 114), (64, 114), direct, (144, 110))
    _way(page, (224, 96), (186, 74), live.s, (212, 76))
    words = "s is a constant" if live.s is None else ""
    page.text(WIDTH - MARGIN, 76, words, ink.context, ha="right")
    _way(page, (100, 74), (64, 96), around, (76, 76))
    for left, top, width, height, tint in (
        (MARGIN, 92, 54, 30, 0.15),
        (102, 54, 82, 40, 0.15 if learns else 0),
        (226, 92, 68, 30, 0),
    ):
        page.box(left, top, width, height, corner=5, facecolor=(ink.learns, tint))
    page.text(35, 111, "x = 3", ha="center")
    page.text(143, 70, "net, w = 1", ha="center")
    grad = "None" if live.w is None else f"{live.w:g}"
    color = ink.context if live.w is None else ink.gradient
    page.text(143, 87, f"w.grad {grad}", color, ha="center")
    page.text(260, 111, "y = x · s", ha="center")


def where_it_stops(thing: str = "requires_grad_(False)", layer: int = 2) -> Figure:
    """Draw three layers in a row, with the values that go forward and the gradients that come back.

    One of the `THINGS` is tried at the layer of a number from 1 to 3.
    """
    layers, results, error = chain(thing, layer)
    page = Page(178)
    page.text(MARGIN, 14, f"layer {layer}: {thing}", ink.refused, weight="bold")
    page.text(3, 74, "x = 1", ink.value)
    for k, (module, h) in enumerate(zip(layers, results, strict=True)):
        left, tint = 36 + 87 * k, 0.15 if module.w.requires_grad else 0
        color, width = (ink.refused, 2.5) if k + 1 == layer else (ink.text, 1)
        look = {"facecolor": (ink.learns, tint), "linewidth": width}
        page.box(left, 48, 52, 46, color=color, corner=5, **look)
        page.text(left + 26, 75, f"w = {module.w.item():g}", ha="center")
        grad = "None" if module.w.grad is None else f"{module.w.grad:g}"
        color = ink.context if grad == "None" else ink.gradient
        page.text(left + 26, 112, "w.grad", color, ha="center")
        page.text(left + 26, 128, grad, color, weight="bold", ha="center")
        page.line([(left + 54, 62), (left + 84, 62)], ink.value, alpha=0 if h is None else 1)
        page.head((left + 86, 62), (left + 54, 62), ink.value, shown=h is not None)
        page.text(left + 69, 56, "" if h is None else f"{h:g}", ink.value, ha="center")
        back = None if h is None or not h.requires_grad or h.grad is None else h.grad.item()
        _way(page, (left + 85, 82), (left + 54, 82), back, (left + 70, 97))
    page.texts(MARGIN, 153, wrapped(error, 44, 2), ink.refused)
    return _with_dot(page, (layer, 36), x=(62, 87))


def saved_bytes(moment: int = 4) -> Figure:
    """Draw the saved tensors alive at one of the `MOMENTS`, counted from 1: a square for each."""
    page = Page(190)
    page.text(MARGIN, 14, MOMENTS[moment - 1], weight="bold")
    page.text(WIDTH - MARGIN, 14, "bytes alive", ink.saved, ha="right")
    for row, thing in enumerate(("nothing", *THINGS)):
        y, sizes = 40 + 23 * row, memory(thing)[moment - 1]
        page.text(MARGIN, y, thing)
        for k in range(11):
            tint = (ink.saved, 0.7) if k < len(sizes) else (ink.saved, 0)
            look = {"facecolor": tint, "linewidth": 0.6}
            page.box(140 + 9.5 * k, y - 9, 7.5, 10, color=ink.context, **look)
        color = ink.saved if sizes else ink.context
        page.text(WIDTH - MARGIN, y, f"{sum(sizes):,}", color, ha="right")
    return page.figure
