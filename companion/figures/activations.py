"""The figure of activations, their slopes, and what a chain of them leaves of a gradient."""

import math

import torch
from ipywidgets import SelectionSlider, ToggleButtons, interactive
from matplotlib.figure import Figure

from companion.canvas import in_style, ink, panels, signed
from companion.figures.network import power
from companion.nets import ACTIVATIONS
from explorable import explore


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
    figure, (above, below) = panels(3.6, 2, left=0.13, top=0.9, bottom=0.13, hspace=0.5)
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
    figure.text(0.13, 0.472, f"slope through 20: {last}", color=ink.gradient)
    return figure


def show() -> interactive:
    """Return the figure of activations and their slopes."""
    return explore(
        activation_slopes,
        activation=ToggleButtons(options=list(ACTIVATIONS)),
        x=SelectionSlider(options=[float(x) for x in range(-4, 5)], value=0.0),
        labels={"activation": "activation", "x": "input x"},
        hold={"x": "x"},
        title="A sigmoid passes on a quarter",
        caption="Above: value and slope of one activation. Below: the slope of a chain of them.",
        alt="Above, the curve of an activation and the curve of its slope, with the chosen input "
        "marked. Below, twenty bars: the slope through one to twenty such functions in a chain. "
        "For sigmoid they fall by a factor of more than four each.",
        paper=[{}, {"activation": "ReLU", "x": 1.0}, {"activation": "GELU", "x": 1.0}],
    )
