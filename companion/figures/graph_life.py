"""The figures of the chapter about what a graph holds, and for how long."""

import functools

import torch
from ipywidgets import Play, SelectionSlider, ToggleButtons, interactive
from matplotlib.figure import Figure
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from companion.canvas import MARGIN, WIDTH, Page, in_style, ink, panels, strokes
from companion.memory import ACTIVATIONS, EVERY, LAYERS, MOMENTS, TENSOR, peak, trace
from explorable import explore

_NAMES = ["x", *(f"{letter}{n}" for n in range(1, LAYERS + 1) for letter in "zh")]
_LEFT, _COLUMN = 44, 14.9  # of the tensors: where x stands, and how far apart they are
_HEIGHT, _FLOOR, _UNIT = 282, 262, 8.3  # of the picture; the tank's bottom; one tensor in it
_TANK, _TIME, _WIDE = (MARGIN, 62), 98, 200  # left and width of the tank, and of the curve
_FULL = 18.5  # tensors, to the brim


def show_tank() -> interactive:
    """Return the figure in which the memory of a training step fills and drains."""
    return explore(
        memory_tank,
        activation=ToggleButtons(options=list(ACTIVATIONS), value="GELU"),
        checkpoints=ToggleButtons(options=list(EVERY), value="2"),
        step=Play(value=20, min=1, max=MOMENTS),
        labels={
            "activation": "activation",
            "checkpoints": "layers to a checkpoint",
            "step": "operation",
        },
        hold={"step": "x"},
        title="Memory fills, and drains",
        caption="Dotted: the same net without checkpoints.",
        alt="Above, the tensors of a net of eight layers, filled where they are alive: values in "
        "blue, gradients in red. Below, a tank that holds as many, and a curve of its level after "
        "each operation. It rises on the way forward and falls on the way back. With checkpoints "
        "it rises to less than a half, and then fills and drains again for each part.",
        paper=[
            {"activation": "GELU", "checkpoints": "none", "step": 17},
            {"activation": "GELU", "checkpoints": "2", "step": 16},
            {"activation": "GELU", "checkpoints": "2", "step": 20},
        ],
    )


def memory_tank(activation: str = "GELU", checkpoints: str = "2", step: int = 20) -> Figure:
    """Draw which tensors are alive after an operation of a training step, and how many.

    `activation` is one of `ACTIVATIONS`, `checkpoints` one of `EVERY`; step is from 1 to 50.

    >>> memory_tank("GELU", "none", 17).texts[6].get_text()
    'alive: 17 tensors, at most 17 so far'
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
    corners = (0, 0), (width, 0), (width, height), (0, height), (0, 0)
    return strokes([[(x + a, y + b) for a, b in corners] for x, y in places] or [[(0, 0), (0, 0)]])


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
    place = _TIME / WIDTH, 1 - _FLOOR / _HEIGHT, _WIDE / WIDTH, _UNIT * _FULL / _HEIGHT
    ax = page.figure.add_axes(place, xlim=(0.5, MOMENTS + 0.5), ylim=(0, _FULL))
    ax.axis("off")
    ax.axhline(0, color=ink.text, linewidth=1.5)
    look = {"drawstyle": "steps-mid", "color": ink.value}
    moments = range(1, MOMENTS + 1)
    ax.plot(moments, others, **look | {"color": ink.context}, linewidth=1.2, linestyle="dotted")
    ax.plot(moments, counts, **look, linewidth=1, alpha=0.6)
    ax.plot(moments[:step], counts[:step], **look, linewidth=2.5)
    ax.plot((0.5, step), (counts[step - 1],) * 2, color=ink.text, linewidth=0.8, linestyle="dashed")
    ax.plot(step, counts[step - 1], "o", color=ink.value, markersize=8)
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


@in_style
def through_time(scale: float = 0.25, window: int = 5) -> Figure:
    """Draw the part that each step has in a gradient, and what is lost before a cut.

    >>> through_time(0.25, 20).texts[0].get_text()
    'back through 20 steps: wrong by 0.0 %'
    """
    parts, (figure, ax) = _parts(scale), panels(2.4, left=0.03, right=0.94, top=0.88, bottom=0.17)
    error = parts[: 20 - window].sum(0).norm() / parts.sum(0).norm()
    words = f"back through {window} step{'s' * (window > 1)}: wrong by {error:.1%}"
    figure.text(0.03, 0.93, words.replace("%", " %"), color=ink.gradient, weight="bold")
    sizes = parts.flatten(1).norm(dim=1) / parts.flatten(1).norm(dim=1).max()
    seen = [step >= 20 - window for step in range(20)]
    ax.bar(range(1, 21), sizes.tolist(), 0.7, color=ink.context, alpha=0.4)
    ax.bar(range(1, 21), (sizes * sizes.new_tensor(seen)).tolist(), 0.7, color=ink.gradient)
    ax.plot(2 * [20.5 - window], (0, 1), color=ink.text, linestyle="dashed")
    ax.set(xlim=(0.4, 20.6), ylim=(0, 1.05), yticks=())
    ax.set_xticks((1, 5, 10, 15, 20), ("1", "5", "10", "15", "step 20"))
    return figure


def show_through_time() -> interactive:
    """Return the figure of a gradient that is cut in time."""
    return explore(
        through_time,
        scale=ToggleButtons(
            options=[("weak", 0.125), ("middle", 0.25), ("strong", 0.5)], value=0.25
        ),
        window=Play(value=5, min=1, max=20),
        labels={"scale": "weights w", "window": "steps before the cut"},
        title="A gradient through time has a part from each step",
        caption="Red: the parts that are added up. Grey: those before the cut, which are lost.",
        alt="Twenty bars, the part of each step in the gradient of w. With weak weights only the "
        "last steps have one; with strong ones the early steps have parts as large as the last.",
        paper=[{"scale": 0.125}, {"scale": 0.25}, {"scale": 0.5}],
    )


def show_checkpoints() -> interactive:
    """Return the figure in which a chain of layers is folded into rows."""
    return explore(
        folded_chain,
        every=SelectionSlider(options=_LENGTHS, value=4),
        labels={"every": "layers in a row"},
        title="A square holds least",
        caption="64 layers, a checkpoint for each row. Filled: what is alive at the peak.",
        alt="64 layers as the cells of rows, one row for each checkpoint. The input of each row "
        "is filled, and all cells of the last row. Below, the measured peak against the length of "
        "a row: it falls from 65 to 16 at eight, and rises to 65 again.",
        paper=[1, 8, 16],
    )


_LENGTHS = [2**n for n in range(7)]
_ROOM = 150  # for the rows of layers, with the curve below them


@in_style
def folded_chain(every: int = 4) -> Figure:
    """Draw 64 layers in rows behind checkpoints, and the peak for each length of a row.

    `every`, the layers in a row, divides 64.

    >>> folded_chain(8).texts[0].get_text()
    '8 inputs + 8 layers = 16 tensors'
    """
    rows, page = 64 // every, Page(296)
    most = peak(64, every)
    counts = f"{rows} input{'s' * (rows > 1)} + {every} layer{'s' * (every > 1)}"
    page.text(MARGIN, 15, f"{counts} = {most} tensors", weight="bold")
    cell = _ROOM / max(rows, (every + 1.3) / 1.9)
    left = (WIDTH - cell * (every + 1.3)) / 2
    cells = [(left + cell * (1.3 + n % every), 27 + cell * (n // every)) for n in range(64)]
    inputs = [(left, 27 + cell * row) for row in range(rows)]
    for places, color, tint in (
        (cells, ink.context, 0),
        (inputs, ink.value, 0.8),
        (cells[-every:], ink.value, 0.8),
    ):
        page.path(
            _boxes(places, 0.85 * cell, 0.85 * cell), color, facecolor=(color, tint), width=0.8
        )
    ax = page.figure.add_axes((0.1, 0.15, 0.86, 0.27), xlim=(-0.3, 6.3), ylim=(0, 72))
    ax.plot(range(7), [peak(64, length) for length in _LENGTHS], "o-", color=ink.value)
    ax.plot(_LENGTHS.index(every), most, "o", color=ink.value, markersize=12)
    ax.set_xticks(range(7), map(str, _LENGTHS))
    ax.set(yticks=(0, 16, 34, 65), xlabel="layers in a row")
    return page.figure


def show_bits() -> interactive:
    """Return the figure of a net whose saved tensors are rounded."""
    return explore(
        bits,
        kept=Play(value=4, min=1, max=24),
        labels={"kept": "bits of each saved number"},
        hold={"kept": "x"},
        title="How exact must a saved tensor be?",
        caption="Grey: the true gradient. Red: the one from saved tensors that were rounded.",
        alt="Bars of the gradient of sixteen weights, grey as they are and red as they come out "
        "when the saved tensors are rounded to a few bits. Below, the relative error, which halves "
        "with every bit: 8 bits, as in bfloat16, and 11, as in float16, are marked.",
        paper=[2, 4, 8],
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


@in_style
def bits(kept: int = 4) -> Figure:
    """Draw a gradient from saved tensors of `kept` bits, 1 to 24, beside the true one.

    >>> bits(8).texts[0].get_text()
    'with 8 bits the gradient is wrong by 0.44 %'
    """
    rows = {"rows": 2, "height_ratios": (1.3, 1), "hspace": 0.12}
    figure, (above, below) = panels(4, **rows, top=0.92, bottom=0.13, left=0.17)
    true = gradient()
    for shift, values, color in ((-0.2, true, ink.context), (0.2, gradient(kept), ink.gradient)):
        above.bar([n + shift for n in range(16)], values.tolist(), 0.4, color=color)
    above.axhline(0, color=ink.text, linewidth=1)
    limit = 1.1 * max(gradient(count).abs().max().item() for count in range(1, 25))
    above.set(xticks=(), yticks=(), ylim=(-limit, limit))
    above.spines[:].set_visible(False)
    figure.text(0.03, 0.94, f"with {kept} bits the gradient is wrong by {100 * _error(kept):.2g} %")
    below.plot(range(1, 25), [_error(count) for count in range(1, 25)], color=ink.gradient)
    below.plot(kept, _error(kept), "o", color=ink.gradient, markersize=10)
    for count, name, side in (
        (8, "bfloat16", "right"),
        (11, "float16", "left"),
        (24, "float32", "right"),
    ):
        below.axvline(count, color=ink.context, linewidth=0.8)
        below.text(count + (0.3 if side == "left" else -0.3), 3, name, ha=side)
    below.set(yscale="log", xlim=(0.5, 24.5), ylim=(1e-8, 30), xlabel="bits of each saved number")
    below.set_yticks((1e-8, 1e-6, 1e-4, 1e-2, 1), ("10⁻⁶ %", "10⁻⁴ %", "0.01 %", "1 %", "100 %"))
    below.minorticks_off()
    return figure
