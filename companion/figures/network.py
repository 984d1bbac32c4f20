"""The figures of the chapter that goes from one weight to a network."""

import functools
import math

import torch
from ipywidgets import Play, SelectionSlider, ToggleButtons
from matplotlib.figure import Figure

from companion.canvas import WIDTH, Page, ink, rectangle, signed, strokes
from companion.digits import load_digits
from companion.figures import control, shown
from companion.nets import ACTIVATIONS, STARTS, WIRINGS, river

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


_BED, _LEFT, _RIGHT, _DECADE = 76, 50, 250, 2.3  # the river's middle and ends; half of its width


def _half(norm):
    """Return half of the river's width in points: nothing below 1e-12."""
    return _DECADE * max(0.0, math.log10(norm) + 12) if norm > 0 else 0.0


@functools.cache
def _digit():
    """Return the first picture: for each of five greys, the corners of the pixels that have it."""
    greys = {}
    for place, level in enumerate(load_digits()[0][0].tolist()):
        x, y = 4 + 5 * (place % 8), _BED - 20 + 5 * (place // 8)
        greys.setdefault(0.1 + 0.2 * round(4 * level), []).append(rectangle(x, y, 5, 5))
    return greys


def gradient_river(
    depth: int = 20,
    activation: str = "sigmoid",
    start: str = "default",
    wiring: str = "plain",
) -> Figure:
    """A river from the loss on the right to a picture of a digit on the left, with a band
    for each layer. It narrows with each layer of sigmoid and is dry before it reaches the
    input; with residual connections it stays wide.

    A band is as wide as the norm of its layer's gradient. The bands are those before training, the lines along them
    those after an epoch.
    """
    readings = river(depth, activation, start, wiring)
    loss, norms, moves = readings[0]
    page = Page(184)
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
    for side in (-1, 1):
        places = [_LEFT + step * (min(layer, depth) + 0.42) for layer in range(41)]
        banks = [round(2 * _half(readings[1].norms[min(k, depth)])) / 2 for k in range(41)]
        points = [(x, _BED + side * bank) for x, bank in zip(places, banks, strict=True)]
        page.line(points, linewidth=1.2)
    page.box(_RIGHT + 6, _BED - 7, 14, 14, color=ink.loss, tint=1, corner=7)
    page.text(WIDTH - 2, _BED + 24, "loss", ink.loss, ha="right")
    page.text(WIDTH - 2, _BED + 39, power(loss, 3), ink.loss, ha="right", weight="bold")
    page.text(4, _BED + 36, "input", ink.value)
    page.text(_LEFT + 2, 13, "layer 1", ink.context)
    page.text(_RIGHT, 13, f"layer {depth + 1}", ink.context, ha="right")
    words = f"First layer: {power(norms[0])}, last layer: {power(norms[-1])}"
    page.text(4, 140, words, ink.gradient, weight="bold")
    page.text(4, 157, f"In layer 1 a step changes {moves[0]:.0%} of the weights")
    before, after = (power(reading.loss, 3) for reading in readings)
    page.text(4, 174, f"After one epoch (thin line): loss {before} → {after}", ink.loss)
    return page.figure


show_river = shown(
    gradient_river,
    "The gradient dries up",
    "Pale bands: a step moves few weights.",
    paper=[{}, {"activation": "ReLU", "start": "He"}, {"depth": 40, "wiring": "both"}],
    depth=control("hidden layers", SelectionSlider, [5, 10, 20, 40]),
    activation=control("activation", ToggleButtons, list(ACTIVATIONS)[:3]),
    start=control("weights at the start", ToggleButtons, STARTS),
    wiring=control("wiring", ToggleButtons, WIRINGS),
)


_PAIRS = [
    ("w = torch.tensor(1.0, requires_grad=True)", "net = nn.Sequential(nn.Linear(64, 32), …)"),
    ("for x, y in zip(x_data, y_data):", "for x, y in batches:"),
    ("    loss = (w * x - y) ** 2", "    loss = cross_entropy(net(x), y)"),
    ("    loss.backward()", "    loss.backward()"),
    ("    with no_grad(): w -= lr * w.grad", "    optimizer.step()"),
    ("    w.grad = None", "    optimizer.zero_grad()"),
]


@functools.cache
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
    """Two listings of six lines: the loop of one weight and the loop of a network. One line
    of each is tinted, with what it has done.
    """
    page = Page(256)
    for half, (top, title) in enumerate(((14, "One weight"), (142, "A network"))):
        page.text(4, top, title, ink.learns, weight="bold")
        page.listing(top + 6, [pair[half] for pair in _PAIRS], [line - 1], ink.learns)
        page.text(4, top + 103, _grown()[line - 1][half], ink.learns)
    return page.figure


show_loops = shown(
    two_loops,
    "The loop is the same",
    "The tinted lines do the same work, once for one number and once for thousands.",
    paper=[1, 3, 5],
    line=control("line", Play, min=1, max=6, interval=1500),
)
