"""The figures of the chapter about what a graph holds, and for how long."""

import functools

import torch
from ipywidgets import Play, SelectionSlider, ToggleButtons
from matplotlib.figure import Figure
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from companion.canvas import MARGIN, WIDTH, Page, ink, rectangle, strokes
from companion.figures import control, shown
from companion.memory import ACTIVATIONS, EVERY, LAYERS, MOMENTS, TENSOR, peak, trace

_NAMES = ["x", *(f"{letter}{n}" for n in range(1, LAYERS + 1) for letter in "zh")]
_LEFT, _COLUMN = 44, 14.9  # of the tensors: where x stands, and how far apart they are
_HEIGHT, _FLOOR, _UNIT = 282, 262, 8.3  # of the picture; the tank's bottom; one tensor in it
_TANK, _TIME, _WIDE = (MARGIN, 62), 98, 200  # left and width of the tank, and of the curve
_FULL = 18.5  # tensors, to the brim


def memory_tank(activation: str = "GELU", checkpoints: str = "2", step: int = 20) -> Figure:
    """Above, the tensors of a net of eight layers, filled where they are alive: values in
    blue, gradients in red. Below, a tank that holds as many, and a curve of its level after
    each operation. It rises on the way forward and falls on the way back. With checkpoints
    it rises to less than a half, and then fills and drains again for each part.

    `activation` is one of `ACTIVATIONS`, `checkpoints` one of `EVERY`; step is from 1 to 50.
    """
    moments, plain = trace(activation, checkpoints), trace(activation, "none")
    way, made, alive, _ = moments[step - 1]
    counts, others = ([m.bytes // TENSOR for m in each] for each in (moments, plain))
    page = Page(_HEIGHT)
    color = ink.gradient if way == "back" else ink.value
    page.text(MARGIN, 15, _words(way, made, activation), color, weight="bold")
    _tensors(page, alive, EVERY[checkpoints])
    most = max(counts[:step])
    page.text(MARGIN, 102, f"alive: {counts[step - 1]} tensors, at most {most} so far")
    back = sum(name[0] == "d" for name in alive - {"dw1"})
    _tank(page, counts[step - 1], back, most)
    _curve(page, counts, others, step, [m.way for m in moments])
    return page.figure


show_tank = shown(
    memory_tank,
    "Memory fills, and drains",
    "Dotted: the same net without checkpoints.",
    hold={"step": "x"},
    paper=[
        {"activation": "GELU", "checkpoints": "none", "step": 17},
        {"activation": "GELU", "checkpoints": "2", "step": 16},
        {"activation": "GELU", "checkpoints": "2", "step": 20},
    ],
    activation=control("activation", ToggleButtons, ACTIVATIONS),
    checkpoints=control("layers to a checkpoint", ToggleButtons, EVERY),
    step=control("operation", Play, min=1, max=MOMENTS),
)


def _words(way, made, activation):
    name, n = _lowered(made), int(made[-1])
    if way == "back":
        return f"back: the gradient of {name[1:]}"
    before = f"{_lowered(f'h{n - 1}') if n > 1 else 'x'} {_lowered(f'w{n}')}"
    work = f"{activation.split()[0]}({_lowered(f'z{n}')})" if name[0] == "h" else before
    return f"{way}: {name} = {work}"


def _lowered(name):
    return name.translate(str.maketrans("12345678", "₁₂₃₄₅₆₇₈"))


def _tensors(page, alive, every):
    if every < LAYERS:
        parts = [(_LEFT + _COLUMN * (1 + 2 * n) - 1.5, 27) for n in range(0, LAYERS, every)]
    else:
        parts = []
    page.path(_boxes(parts, 2 * _COLUMN * every, 61), ink.context)
    page.text(MARGIN, 59, "value", ink.value)
    page.text(MARGIN, 81, "grad", ink.gradient)
    where = {name: _LEFT + _COLUMN * column for column, name in enumerate(_NAMES)}
    page.text(where["x"] + 6, 40, "x", ha="center")
    page.text(where["z1"], 40, "layer 1")
    page.text(where["h8"] + 12, 40, "layer 8", ha="right")
    for y, before, color in ((46, "", ink.value), (68, "d", ink.gradient)):
        row = {before + name: (x, y) for name, x in where.items() if name != "x" or not before}
        page.path(_boxes(row.values(), 12, 17), ink.context)
        filled = [place for name, place in row.items() if name in alive]
        page.path(_boxes(filled, 12, 17), color, facecolor=(color, 0.8))


def _boxes(places, width, height):
    """Return boxes as one path, from their left and top; without any, a point."""
    boxes = [rectangle(*place, width, height) for place in places]
    return strokes(boxes or [[(0, 0), (0, 0)]])


def _height(count):
    return _FLOOR - _UNIT * count


def _tank(page, count, back, most):
    left, width = _TANK
    for low, high, color in ((0, count - back, ink.value), (count - back, count, ink.gradient)):
        page.patch(left, _height(high), width, _UNIT * (high - low), color=(color, 0.8))
    marks = [[(left, _height(mark)), (left + 5, _height(mark))] for mark in range(1, 19)]
    page.path(strokes(marks), width=0.7)
    page.line([(left, _height(most)), (left + width, _height(most))], linewidth=1.5)
    right = left + width
    brim = [(left, _height(_FULL)), (left, _FLOOR), (right, _FLOOR), (right, _height(_FULL))]
    page.line(brim, linewidth=2)
    for mark in (5, 10, 15):
        page.text(_TIME - 6, _height(mark) + 4, str(mark), ink.context, ha="right")


def _curve(page, counts, others, step, ways):
    place = _TIME, _height(_FULL), _TIME + _WIDE, _FLOOR
    ax = page.plot(*place, x=(0.5, MOMENTS + 0.5), y=(0, _FULL))
    ax.axhline(0, color=ink.text, linewidth=1.5)
    look = {"drawstyle": "steps-mid", "color": ink.value}
    moments = range(1, MOMENTS + 1)
    ax.plot(moments, others, **look | {"color": ink.context}, linewidth=1.2, linestyle="dotted")
    ax.plot(moments, counts, **look, linewidth=1, alpha=0.6)
    ax.plot(moments[:step], counts[:step], **look, linewidth=2.5)
    ax.plot((0.5, step), (counts[step - 1],) * 2, color=ink.text, linewidth=0.8, linestyle="dashed")
    ax.dot(step, counts[step - 1], ink.value, 8)
    for way, words, color in (("back", "back", ink.gradient), ("next step", "next", ink.value)):
        start = ways.index(way) + 0.5 if way in ways else MOMENTS + 0.5
        words = words if start < MOMENTS - 8 else ""
        ax.axvline(start, color=ink.context, linewidth=0.8)
        x = _TIME + _WIDE * (start - 0.5) / MOMENTS
        page.text(x + 3, _FLOOR + 15, words, color)
    page.text(_TIME, _FLOOR + 15, "forward", ink.value)


@functools.cache
def _parts(scale: float) -> Tensor:
    """Return what each of 20 steps of a recurrent net adds to the gradient of w, (20, 16, 16)."""
    draw = torch.Generator().manual_seed(0)
    make = functools.partial(torch.randn, generator=draw, dtype=torch.float64)
    h, w = torch.zeros(64, 16, dtype=torch.float64), scale * make(16, 16)
    copies = [w.clone().requires_grad_() for _ in range(20)]  # one for each use of w
    for each in copies:
        h = torch.tanh(h @ each + make(64, 16))
    return torch.stack(torch.autograd.grad(h.square().mean(), copies))


def through_time(scale: float = 0.25, window: int = 5) -> Figure:
    """Twenty bars, the part of each step in the gradient of w. With weak weights only the
    last steps have one; with strong ones the early steps have parts as large as the last.
    """
    parts, page = _parts(scale), Page(173)
    error = parts[: 20 - window].sum(0).norm() / parts.sum(0).norm()
    words = f"back through {window} step{'s' * (window > 1)}: wrong by {error:.1%}"
    page.text(9, 12, words.replace("%", " %"), ink.gradient, weight="bold")
    ticks = {1: "1", 5: "5", 10: "10", 15: "15", 20: "step 20"}
    ax = page.plot(9, 21, 284, 143, x=(0.4, 20.6), y=(0, 1.05), xticks=ticks, yticks=())
    sizes = parts.flatten(1).norm(dim=1) / parts.flatten(1).norm(dim=1).max()
    seen = [step >= 20 - window for step in range(20)]
    ax.bar(range(1, 21), sizes.tolist(), 0.7, color=ink.context, alpha=0.4)
    ax.bar(range(1, 21), (sizes * sizes.new_tensor(seen)).tolist(), 0.7, color=ink.gradient)
    ax.plot(2 * [20.5 - window], (0, 1), color=ink.text, linestyle="dashed")
    return page.figure


show_through_time = shown(
    through_time,
    "A gradient through time has a part from each step",
    "Red: the parts that are added up. Grey: those before the cut, which are lost.",
    paper=[{"scale": 0.125}, {"scale": 0.25}, {"scale": 0.5}],
    scale=control("weights w", ToggleButtons, [("weak", 0.125), ("middle", 0.25), ("strong", 0.5)]),
    window=control("steps before the cut", Play, min=1, max=20),
)


_LENGTHS = [2**n for n in range(7)]
_ROOM = 150  # for the rows of layers, with the curve below them


def folded_chain(every: int = 4) -> Figure:
    """64 layers as the cells of rows, one row for each checkpoint. The input of each row
    is filled, and all cells of the last row. Below, the measured peak against the length of
    a row: it falls from 65 to 16 at eight, and rises to 65 again.

    `every`, the layers in a row, divides 64.
    """
    rows, page = 64 // every, Page(296)
    most = peak(64, every)
    counts = f"{rows} input{'s' * (rows > 1)} + {every} layer{'s' * (every > 1)}"
    page.text(MARGIN, 15, f"{counts} = {most} tensors", weight="bold")
    cell = _ROOM / max(rows, (every + 1.3) / 1.9)
    left = (WIDTH - cell * (every + 1.3)) / 2
    cells = [(left + cell * (1.3 + n % every), 27 + cell * (n // every)) for n in range(64)]
    inputs = [(left, 27 + cell * row) for row in range(rows)]
    side = 0.85 * cell
    page.path(_boxes(cells, side, side), ink.context, 0.8)
    for places in (inputs, cells[-every:]):
        page.path(_boxes(places, side, side), ink.value, 0.8, facecolor=(ink.value, 0.8))
    ticks = {"xticks": dict(enumerate(map(str, _LENGTHS))), "yticks": (0, 16, 34, 65)}
    look = ticks | {"below": "layers in a row"}
    ax = page.plot(30, 172, 290, 252, x=(-0.3, 6.3), y=(0, 72), **look)
    ax.plot(range(7), [peak(64, length) for length in _LENGTHS], "o-", color=ink.value)
    ax.dot(_LENGTHS.index(every), most, ink.value, 12)
    return page.figure


show_checkpoints = shown(
    folded_chain,
    "A square holds least",
    "64 layers, a checkpoint for each row. Filled: what is alive at the peak.",
    paper=[1, 8, 16],
    every=control("layers in a row", SelectionSlider, _LENGTHS),
)


def rounded(tensor: Tensor, bits: int) -> Tensor:
    """Return a tensor with each number rounded to so many significant bits.

    >>> rounded(torch.tensor([1.0, 0.3, -100.0]), 2)
    tensor([  1.0000,   0.2500, -96.0000])
    """
    part, exponent = torch.frexp(tensor)
    return torch.ldexp(torch.round(part * 2**bits) / 2**bits, exponent)


@functools.cache
def gradient(bits: int = 53) -> Tensor:
    """Return a gradient of sixteen weights in a net of eight layers, with rounded saved tensors."""
    draw = torch.Generator().manual_seed(0)
    make = functools.partial(torch.randn, generator=draw, dtype=torch.float64)
    h, weights = make(64, 16), [(make(16, 16) / 4).requires_grad_() for _ in range(LAYERS)]
    with saved_tensors_hooks(lambda tensor: rounded(tensor, bits), lambda tensor: tensor):
        for w in weights:
            h = torch.tanh(h @ w)
        loss = (h**2).mean()
    return torch.autograd.grad(loss, weights[0])[0][0]


def _error(bits):
    true = gradient()
    return ((gradient(bits) - true).norm() / true.norm()).item()


def bits(kept: int = 4) -> Figure:
    """Bars of the gradient of sixteen weights, grey as they are and red as they come out
    when the saved tensors are rounded to a few bits. Below, the relative error, which halves
    with every bit: 8 bits, as in bfloat16, and 11, as in float16, are marked.
    """
    page, true = Page(288), gradient()
    page.text(9, 17, f"with {kept} bits the gradient is wrong by {100 * _error(kept):.2g} %")
    limit = 1.1 * max(gradient(count).abs().max().item() for count in range(1, 25))
    above = page.plot(51, 23, 293, 144, x=(-1.2, 16.2), y=(-limit, limit))
    for shift, values, color in ((-0.2, true, ink.context), (0.2, gradient(kept), ink.gradient)):
        above.bar([n + shift for n in range(16)], values.tolist(), 0.4, color=color)
    above.axhline(0, color=ink.text, linewidth=1)
    ticks = {1e-8: "10⁻⁶ %", 1e-6: "10⁻⁴ %", 1e-4: "0.01 %", 1e-2: "1 %", 1: "100 %"}
    look = {"yscale": "log", "below": "bits of each saved number", "yticks": ticks}
    look["xticks"] = (5, 10, 15, 20)
    below = page.plot(51, 157, 293, 251, x=(0.5, 24.5), y=(1e-8, 30), **look)
    below.plot(range(1, 25), [_error(count) for count in range(1, 25)], color=ink.gradient)
    below.dot(kept, _error(kept), ink.gradient, 10)
    for count, name, side, gap in (
        (8, "bfloat16", "right", -0.3),
        (11, "float16", "left", 0.3),
        (24, "float32", "right", -0.3),
    ):
        below.axvline(count, color=ink.context, linewidth=0.8)
        below.text(count + gap, 3, name, ha=side)
    return page.figure


show_bits = shown(
    bits,
    "How exact must a saved tensor be?",
    "Grey: the true gradient. Red: the one from saved tensors that were rounded.",
    hold={"kept": "x"},
    paper=[2, 4, 8],
    kept=control("bits of each saved number", Play, min=1, max=24),
)
