"""The figure of activations, their slopes, and what a chain of them leaves of a gradient."""

import math

import torch
from ipywidgets import SelectionSlider, ToggleButtons
from matplotlib.figure import Figure

from companion.canvas import Page, ink, signed
from companion.figures import control, shown
from companion.figures.network import power
from companion.nets import ACTIVATIONS


def activation_slopes(activation: str = "sigmoid", x: float = 0.0) -> Figure:
    """Above, the curve of an activation and the curve of its slope, with the chosen input
    marked. Below, twenty bars: the slope through one to twenty such functions in a chain.
    For sigmoid they fall by a factor of more than four each.
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
    page, value = Page(259), function(point).item()
    ticks = {"xticks": (-4, -2, 0, 2, 4), "yticks": (-1, 0, 1, 2)}
    above = page.plot(39, 26, 293, 105, x=(-4, 4), y=(-1.6, 2.6), **ticks)
    above.axhline(0, color=ink.context, linewidth=0.5)
    above.plot(grid.detach(), values.detach(), color=ink.value)
    above.plot(grid.detach(), slopes, color=ink.slope)
    above.plot((x, x), (-1.5, 2.5), color=ink.context, linewidth=0.5)
    above.dot(x, max(-1.5, min(2.5, value)), ink.value, 9)
    above.dot(x, chain[0], ink.slope, 9)
    ticks = {"xticks": {1: "1", 5: "5", 10: "10 deep", 15: "15", 20: "20"}}
    ticks["yticks"] = {0: "1", -6: "10⁻⁶", -12: "10⁻¹²"}
    below = page.plot(39, 146, 293, 225, x=(0.4, 20.6), y=(-14, 1), **ticks)
    logs = [max(-14.0, math.log10(abs(slope))) if slope else -14.0 for slope in chain]
    below.bar(range(1, 21), [log + 14 for log in logs], bottom=-14, color=ink.gradient, width=0.7)
    page.text(6, 16, f"value {signed(value, '.2g')}", ink.value)
    page.text(121, 16, f"slope {signed(chain[0], '.2g')}", ink.slope)
    last = ("−" if chain[-1] < 0 else "") + power(abs(chain[-1]))
    page.text(39, 137, f"slope through 20: {last}", ink.gradient)
    return page.figure


show = shown(
    activation_slopes,
    "A sigmoid passes on a quarter",
    "Above: value and slope of one activation. Below: the slope of a chain of them.",
    hold={"x": "x"},
    paper=[{}, {"activation": "ReLU", "x": 1.0}, {"activation": "GELU", "x": 1.0}],
    activation=control("activation", ToggleButtons, ACTIVATIONS),
    x=control("input x", SelectionSlider, [float(x) for x in range(-4, 5)]),
)
