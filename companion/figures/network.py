"""The figures of the chapter that goes from one weight to a network."""

import functools
import math
import textwrap

import torch
from ipywidgets import Dropdown, Play, SelectionSlider, ToggleButtons, interactive
from matplotlib.figure import Figure

from companion.canvas import WIDTH, Page, in_style, ink, panels, signed, strokes
from companion.digits import load_digits
from companion.nets import ACTIVATIONS, PROGRAMS, STARTS, WIRINGS, river, train
from explorable import explore

_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(value: float, digits: int = 2) -> str:
    """Return a positive number with a few digits, or as a power of ten.

    >>> power(0.5912), power(6.3e-18), power(17382.4), power(0.0), power(math.nan)
    ('0.59', '6·10⁻¹⁸', '2·10⁴', '0', 'nan')
    """
    if value == 0 or not math.isfinite(value) or 1e-3 <= value < 9999.5:
        return f"{value:.0f}" if value >= 100 or value == 0 else f"{value:.{digits}g}"
    digit, exponent = f"{value:.0e}".split("e")
    return f"{digit}·10{str(int(exponent)).translate(_POWERS)}"


_BED, _LEFT, _RIGHT, _DECADE = 84, 50, 250, 2.3  # the river's middle and ends; half of its width


def _half(norm):
    """Return half of the river's width in points: nothing below 1e-12."""
    return _DECADE * max(0.0, math.log10(norm) + 12) if norm > 0 else 0.0


@functools.cache
def _digit():
    """Return the first picture: for each of five greys, the corners of the pixels that have it."""
    greys = {}
    for place, level in enumerate(load_digits()[0][0].tolist()):
        x, y = 4 + 5 * (place % 8), _BED - 20 + 5 * (place // 8)
        square = [(x, y), (x + 5, y), (x + 5, y + 5), (x, y + 5)]
        greys.setdefault(0.1 + 0.2 * round(4 * level), []).append(square)
    return greys


def gradient_river(
    depth: int = 20,
    activation: str = "sigmoid",
    start: str = "default",
    wiring: str = "plain",
    moment: str = "before",
) -> Figure:
    """Draw the norm of each layer's gradient as the width of a river from the loss to the input.

    >>> texts = [text.get_text() for text in gradient_river(20).texts]
    >>> "First layer: gradient 6·10⁻¹⁸" in texts
    True
    """
    readings = river(depth, activation, start, wiring)
    loss, norms, moves = readings[moment != "before"]
    page = Page(218)
    for level, corners in _digit().items():
        page.path(strokes(corners), width=0, facecolor=(ink.value, level))
    for exponent in (-8, 0, 8):
        y = _BED - _half(10.0**exponent)
        page.line([(_LEFT, y), (_RIGHT + 16, y)], ink.context, linewidth=0.5)
        words = f"10{str(exponent).translate(_POWERS)}" if exponent else "1"
        page.text(WIDTH - 2, y + 4, words, ink.context, ha="right")
    page.line([(_LEFT, _BED), (_RIGHT, _BED)], ink.context, linewidth=1.5)
    step = (_RIGHT - _LEFT) / (depth + 1)
    for layer in range(41):
        there = layer <= depth
        x = _LEFT + step * layer if there else _LEFT
        width = round(4 * _half(norms[layer])) / 2 if there else 0
        alpha = round(0.2 + 0.8 * min(1, 4 * moves[layer]), 1) if there else 0
        look = {"linewidth": width, "alpha": alpha, "solid_capstyle": "butt"}
        page.line([(x, _BED), (x + 0.85 * step, _BED)], ink.gradient, **look)
    page.box(_RIGHT + 6, _BED - 7, 14, 14, color=ink.loss, tint=1, corner=7)
    page.text(WIDTH - 2, _BED + 24, "loss", ink.loss, ha="right")
    page.text(WIDTH - 2, _BED + 39, power(loss, 3), ink.loss, ha="right", weight="bold")
    page.text(4, _BED + 36, "input", ink.value)
    page.text(_LEFT + 2, 15, "layer 1", ink.context)
    page.text(_RIGHT, 15, f"layer {depth + 1}", ink.context, ha="right")
    page.text(4, 158, f"First layer: gradient {power(norms[0])}", ink.gradient, weight="bold")
    moved = f"a step changes {moves[0]:.0%} of its weights"
    page.text(4, 175, "a step makes all its weights nan" if math.isnan(loss) else moved)
    page.text(4, 192, f"Last layer: gradient {power(norms[-1])}", ink.gradient)
    before, after = (power(reading.loss, 3) for reading in readings)
    page.text(4, 209, f"In one epoch the loss goes from {before} to {after}", ink.loss)
    return page.figure


def show_river() -> interactive:
    """Return the figure in which a gradient dries up, floods or reaches the first layer."""
    return explore(
        gradient_river,
        depth=SelectionSlider(options=[10, 20, 40], value=20),
        activation=ToggleButtons(options=list(ACTIVATIONS)[:3]),
        start=ToggleButtons(options=list(STARTS)),
        wiring=ToggleButtons(options=WIRINGS),
        moment=ToggleButtons(options=["before", "after one epoch"]),
        labels={
            "depth": "hidden layers",
            "activation": "activation",
            "start": "weights at the start",
            "wiring": "wiring",
            "moment": "training",
        },
        title="The gradient dries up before the first layer",
        caption="Each band is a layer, as wide as the logarithm of its gradient. Pale: a step "
        "in float32 leaves most of its weights as they are.",
        alt="A river from the loss on the right to a picture of a digit on the left, with a band "
        "for each layer. It narrows with each layer of sigmoid and is dry before it reaches the "
        "input; with residual connections it stays wide.",
        paper=[
            {},
            {"activation": "ReLU", "start": "He"},
            {"wiring": "both", "moment": "after one epoch"},
        ],
    )


_PAIRS = [
    ("w = torch.tensor(1.0, requires_grad=True)", "net = nn.Sequential(nn.Linear(64, 32), …)"),
    ("for x, y in zip(x_data, y_data):", "for x, y in batches:"),
    ("    loss = (w * x - y) ** 2", "    loss = cross_entropy(net(x), y)"),
    ("    loss.backward()", "    loss.backward()"),
    ("    with no_grad(): w -= lr * w.grad", "    optimizer.step()"),
    ("    w.grad = None", "    optimizer.zero_grad()"),
]


def _grown():
    """Return what is to be said of each line of the two loops, after it has run once."""
    w, x, y = torch.tensor(1.0, requires_grad=True), load_digits()[0][:50], load_digits()[1][:50]
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    weights = [p.detach().clone() for p in net.parameters()]
    loss, losses = (w * 1.0 - 2.0) ** 2, torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    losses.backward()
    count = sum(p.numel() for p in weights)
    norm = torch.cat([p.grad.flatten() for p in net.parameters()]).norm()
    optimizer.step()
    pairs = zip(weights, net.parameters(), strict=True)
    far = torch.cat([(p - old).flatten() for old, p in pairs]).norm()
    return [
        ("1 number that learns", f"{count:,} numbers, in {len(weights)} tensors"),
        ("1 example at a time", f"{len(x)} pictures at a time"),
        (f"loss = {loss:.2f}", f"loss = {losses:.2f}, a mean over {len(x)}"),
        (f"1 gradient: {signed(w.grad.item())}", f"{count:,} gradients, together {norm:.2f} long"),
        ("w goes from 1 to 1.02", f"all weights move, together {far:.2f} far"),
        ("1 gradient empty again", f"{len(weights)} gradients empty again"),
    ]


def two_loops(line: int = 4) -> Figure:
    """Draw the loop of one weight above that of a network, with one line of each tinted.

    >>> two_loops(1).texts[-1].get_text()
    '2,410 numbers, in 4 tensors'
    """
    page = Page(256)
    for half, (top, title) in enumerate(((14, "One weight"), (142, "A network"))):
        page.text(4, top, title, ink.learns, weight="bold")
        for row, pair in enumerate(_PAIRS):
            y = top + 17 + 14 * row
            alpha = 0.25 if row == line - 1 else 0
            page.patch(0, y - 11, WIDTH, 14, color=ink.learns, alpha=alpha)
            page.code(4, y, pair[half])
    for half, y in enumerate((117, 245)):
        page.text(4, y, _grown()[line - 1][half], ink.learns)
    return page.figure


def show_loops() -> interactive:
    """Return the figure of the two loops, line beside line."""
    return explore(
        two_loops,
        line=Play(value=4, min=1, max=6, interval=1500),
        labels={"line": "line"},
        title="The loop is the same",
        caption="The tinted lines do the same work, once for one number and once for thousands.",
        alt="Two listings of six lines: the loop of one weight and the loop of a network. One line "
        "of each is tinted, with what it has done.",
        paper=[1, 3, 5],
    )


@in_style
def activation_slopes(activation: str = "sigmoid", x: float = 0.0) -> Figure:
    """Draw an activation, its slope, and the slope through a chain of 20 of them.

    >>> activation_slopes("sigmoid", 0.0).texts[0].get_text()
    'value 0.5'
    """
    function = ACTIVATIONS[activation]
    grid = torch.linspace(-4, 4, 161, dtype=torch.float64, requires_grad=True)
    values = function(grid)
    (slopes,) = torch.autograd.grad(values.sum(), grid)
    point = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    h, chain = point, []
    for _ in range(20):
        h = function(h)
        chain.append(torch.autograd.grad(h, point, retain_graph=True)[0].item())
    figure, (above, below) = panels(3.6, 2, left=0.13, top=0.9, bottom=0.13, hspace=0.42)
    above.axhline(0, color=ink.context, linewidth=0.5)
    above.plot(grid.detach(), values.detach(), color=ink.value, linewidth=2)
    above.plot(grid.detach(), slopes, color=ink.slope, linewidth=2)
    above.plot((x, x), (-1.5, 2.5), color=ink.context, linewidth=0.5)
    value = function(point).item()
    above.plot(x, max(-1.5, min(2.5, value)), "o", color=ink.value, markersize=9)
    above.plot(x, chain[0], "o", color=ink.slope, markersize=9)
    above.set(xlim=(-4, 4), ylim=(-1.6, 2.6), yticks=(-1, 0, 1, 2), xticks=(-4, -2, 0, 2, 4))
    above.set_xticks((-4, -2, 0, 2, 4), ("−4", "−2", "0", "2", "4"))
    above.set_yticks((-1, 0, 1, 2), ("−1", "0", "1", "2"))
    logs = [max(-14.0, math.log10(abs(slope))) if slope else -14.0 for slope in chain]
    below.bar(range(1, 21), [log + 14 for log in logs], bottom=-14, color=ink.gradient, width=0.7)
    below.set(xlim=(0.4, 20.6), ylim=(-14, 1))
    below.set_xticks((1, 5, 10, 15, 20), ("1", "5", "10 deep", "15", "20"))
    below.set_yticks((0, -6, -12), ("1", "10⁻⁶", "10⁻¹²"))
    figure.text(0.02, 0.94, f"value {signed(value, '.2g')}", color=ink.value)
    figure.text(0.4, 0.94, f"slope {signed(chain[0], '.2g')}", color=ink.slope)
    last = ("−" if chain[-1] < 0 else "") + power(abs(chain[-1]))
    figure.text(0.13, 0.475, f"slope through 20: {last}", color=ink.gradient)
    return figure


def show_activations() -> interactive:
    """Return the figure of activations and their slopes."""
    return explore(
        activation_slopes,
        activation=ToggleButtons(options=list(ACTIVATIONS)),
        x=SelectionSlider(options=[float(x) for x in range(-4, 5)], value=0.0),
        labels={"activation": "activation", "x": "input x"},
        hold={"x": "x"},
        title="At its best, a sigmoid passes on a quarter",
        caption="Above: value and slope of one activation. Below: the slope through a chain of "
        "them, on a logarithmic scale.",
        alt="Above, the curve of an activation and the curve of its slope, with the chosen input "
        "marked. Below, twenty bars: the slope through one to twenty such functions in a chain. "
        "For sigmoid they fall by a factor of more than four each.",
        paper=[{}, {"activation": "ReLU", "x": 1.0}, {"activation": "GELU", "x": 1.0}],
    )


_WANTED = {"moved": 4, "alive": 32, "different": 32}


@in_style
def fingerprints(fault: str = "softmax before the loss", epoch: int = 8) -> Figure:
    """Draw the loss of a program with a silent bug beside that of the right one, and its signs.

    >>> fingerprints("all weights alike", 8).texts[-1].get_text()
    'different units: 1 of 32'
    """
    page = Page(292)
    wrong, signs = textwrap.dedent("\n".join(PROGRAMS[fault][0])).split("\n"), train(fault)
    for row in range(2):
        page.patch(0, 3 + 14 * row, WIDTH, 14, color=ink.wrong, alpha=0.2 * (row < len(wrong)))
        page.code(4, 14 + 14 * row, wrong[row] if row < len(wrong) else "")
    ax = page.figure.add_axes((0.09, 0.35, 0.7, 0.52))
    for level in (math.log(10), math.log(1 + 9 / math.e)):
        ax.axhline(level, color=ink.context, linewidth=0.8, linestyle="dashed")
        ax.text(8.5, level, f"{level:.4f}", color=ink.context, va="center")
    for run, color, width in ((train("nothing"), ink.learns, 4), (signs, ink.loss, 2)):
        trail = [run[min(k, epoch)].loss for k in range(9)]
        ax.plot([min(k, epoch) for k in range(9)], trail, color=color, linewidth=width)
        ax.plot(epoch, run[epoch].loss, "o", color=color, markersize=width + 5)
    ax.set(xlim=(-0.2, 8.2), ylim=(0, 2.75), yticks=(0, 1, 2))
    ax.set_xticks((0, 4, 8), ("0", "epoch 4", "8"))
    now = signs[epoch]
    page.text(4, 222, f"loss {now.loss:.3f}", ink.loss, weight="bold")
    page.text(150, 222, f"read, held out: {now.accuracy:.1%}")
    frozen = fault == "layer.requires_grad = False"
    for place, (words, name) in enumerate(
        (
            ("tensors that moved", "moved"),
            ("units alive", "alive"),
            ("different units", "different"),
        )
    ):
        count, of = getattr(now, name), _WANTED[name]
        odd = count < 0.8 * of and epoch > 0 or name == "moved" and frozen and epoch > 0
        page.text(4, 242 + 17 * place, f"{words}: {count} of {of}", ink.wrong if odd else ink.text)
    return page.figure


def show_fingerprints() -> interactive:
    """Return the figure of silent bugs and what gives them away."""
    return explore(
        fingerprints,
        fault=Dropdown(options=list(PROGRAMS), value="softmax before the loss"),
        epoch=Play(value=8, min=0, max=8),
        labels={"fault": "what is wrong", "epoch": "after epoch"},
        hold={"epoch": "x"},
        title="Each silent bug leaves a fingerprint",
        caption="Tinted: the wrong lines. Purple is their loss, green that of the right program; "
        "a sign in red gives the bug away.",
        alt="Above, the wrong lines of a program. Below, its loss over eight epochs beside that of "
        "the right program, and dashed lines at 2.3026 and 1.4612. At the bottom, how many images "
        "are read, and how many tensors moved, units are alive and units are different.",
        paper=[
            {"fault": "softmax before the loss"},
            {"fault": "all weights alike"},
            {"fault": "lr=2"},
        ],
    )
