"""The figures of the chapter about switching gradients off."""

import textwrap
from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from companion.canvas import WIDTH, in_style, ink, panels


@in_style
def switch_board(x: Tensor, s: Tensor, w: Tensor, error: str, answers: Mapping[str, str]) -> Figure:
    """Draw y = x · s with s = w·x after a backward: as a curve, as wires, and as five answers.

    Parameters
    ----------
    x, s, w
        Numbers as tensors, with the gradients that backward left; `s` retains its own if it has
        one.
    error
        With what backward refused, or "".
    answers
        To each question, one that begins with "no", or with "NO" where nothing warns of an error.

    Examples
    --------
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> s = x.detach()
    >>> (x * s).backward()
    >>> switch_board(x, s, torch.tensor(1.0), "", {"tracked": "no"}).texts[1].get_text()
    'x.grad: 3'
    """
    number, found = x.item(), "refused" if error else f"{x.grad:g}"
    figure = Figure(figsize=(WIDTH / 72, 5))
    _draw_curve(figure.add_axes((0.1, 0.6, 0.87, 0.31)), number, x.grad, error)
    _draw_circuit(figure.add_axes((0.02, 0.315, 0.96, 0.22)), x, s, w, error)
    figure.text(0.04, 0.945, "y = x · s" + ("" if error else f" = {number * s:g}"))
    figure.text(0.36, 0.945, f"x.grad: {found}", color=ink.gradient)
    figure.text(0.7, 0.945, f"true slope: {2 * number:g}", color=ink.context)
    for row, (question, answer) in enumerate(answers.items()):
        height = 0.25 - 0.057 * row
        color = {"no": ink.context, "NO": ink.wrong}.get(answer[:2], ink.refused)
        figure.text(0.06, height, "○" if answer[:2].lower() == "no" else "●", color=color)
        figure.text(0.13, height, f"{question}?")
        answer = answer.replace("NO:", "NO, backward() gives")
        figure.text(0.45, height, answer, color=color, fontweight="bold")
    return figure


def _draw_curve(ax: Axes, x, grad, error):
    """Draw the curve y = x², its tangent, and the line with the slope that torch found."""
    xs = torch.linspace(-2.5, 4.5, 71, dtype=torch.float64)
    ax.plot(xs, xs**2, color=ink.value)
    ax.axline((x, x * x), slope=2 * x, color=ink.context, linewidth=1, linestyle="dashed")
    if grad is not None:
        ax.axline((x, x * x), slope=grad, color=ink.gradient, linewidth=1.5)
    ax.plot(x, x * x, "o", color=ink.value, markersize=8)
    ax.text(-2.4, 7.5, "y = x²", color=ink.value)
    ax.text(-2.4, 14, error, fontsize=10)
    ax.set(xlim=(-2.5, 4.5), ylim=(-5, 17), xticks=(-2, 0, 2, 4), yticks=(0, 10))


def _draw_wire(ax, start, end, grad, place):
    """Draw an arrow against the computation: red with its gradient, or grey where none flows."""
    flows = grad is not None
    look = {"arrowstyle": "->" if flows else "-", "shrinkA": 16, "shrinkB": 16}
    look |= {"color": ink.gradient if flows else ink.context, "linewidth": 1.8 if flows else 1}
    ax.annotate("", end, start, arrowprops=look | {"linestyle": "solid" if flows else "dotted"})
    if flows:
        ax.text(*place, f"{grad:g}", color=ink.gradient, ha="center", va="center")


def _draw_circuit(ax, x, s, w, error):
    """Draw the wires of y = x · s with the gradients that flow back on them."""
    at = {"x": (0.7, 0.4), "w": (0.7, 2.4), "w·x": (3.4, 2.4), "s": (6, 2.4), "x·s": (7.4, 0.4)}
    at["y"] = 9.4, 0.4
    ax.set(xlim=(0, 10), ylim=(0, 3))
    ax.axis("off")
    for name, place in at.items():
        frame = {"boxstyle": "round,pad=0.35", "facecolor": "none", "edgecolor": ink.context}
        ax.text(*place, name, ha="center", va="center", bbox=frame)
    direct = None if error else s.item()
    s_grad = s.grad if s.requires_grad else None
    around = None if s_grad is None else x.grad - direct
    for start, end, grad, place in (
        ("y", "x·s", None if error else 1, (8.45, 0.78)),
        ("x·s", "x", direct, (4.1, 0.75)),
        ("x·s", "s", s_grad, (7.2, 1.5)),
        ("s", "w·x", s_grad, (4.8, 2.75)),
        ("w·x", "x", around, (2.4, 1.1)),
        ("w·x", "w", w.grad, (2, 2.75)),
    ):
        _draw_wire(ax, at[start], at[end], grad, place)
    if not s.requires_grad:
        ax.text(6.5, 2.4, f"= {s:g}, " + ("refused" if error else "a constant"), va="center")


@in_style
def saved_bytes(saved: Sequence[Tensor], full: Sequence[Tensor], L: int) -> Figure:
    """Draw for each layer a stack of what autograd keeps of it.

    Parameters
    ----------
    saved
        What is kept of `L` layers, the same number of tensors of each.
    full
        What is kept of one layer if nothing is switched off.
    L
        How many layers.

    Examples
    --------
    >>> kept = [torch.ones(16, 64), torch.ones(64, 64)]
    >>> saved_bytes(kept, kept, L=1).texts[0].get_text()
    '2 tensors, 20,480 bytes'
    """
    figure, ax = panels(3.4, left=0.17, top=0.72, bottom=0.15)
    each = len(saved) // L
    outline = {"fill": False, "edgecolor": ink.context, "linestyle": "dotted"}
    ax.bar(range(1, L + 1), sum(t.nbytes for t in full), 0.7, **outline)
    for k, tensor in enumerate(saved):
        below = sum(t.nbytes for t in saved[k - k % each : k])
        color = ink.saved if tensor.shape == (64, 64) else ink.value
        ax.bar(1 + k // each, tensor.nbytes, 0.7, below, color=color, edgecolor=ink.text, alpha=0.6)
    ax.set(xlim=(0.4, 8.6), ylim=(0, 26000), xlabel="layer", xticks=(1, 4, 8))
    ax.set_yticks((0, 16384, 24576), ("0", "16,384", "24,576"))
    total = sum(t.nbytes for t in saved)
    figure.text(0.03, 0.93, f"{len(saved)} tensors, {total:,} bytes", fontweight="bold")
    figure.text(0.03, 0.85, "■ a weight, 16,384", color=ink.saved)
    figure.text(0.45, 0.85, "■ input or tanh, 4,096 each", color=ink.value)
    figure.text(0.03, 0.77, "bytes kept (dotted: with no switch)", color=ink.text)
    return figure


@in_style
def where_it_stops(
    layers: Sequence[nn.Module], results: Sequence[Tensor], error: str, switch: str, layer: int
) -> Figure:
    """Draw three layers in a row, with the values on the way forward and the gradients back.

    Parameters
    ----------
    layers, results
        Three layers with a weight `w` each, and what came out of them, as far as they ran.
    error
        With what torch refused, or "".
    switch, layer
        What is switched off, and in which layer, from 1.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> layers = [SimpleNamespace(w=torch.tensor(2.0, requires_grad=True)) for _ in range(3)]
    >>> figure = where_it_stops(layers, [], "refused", "detach", layer=2)
    >>> figure.axes[0].texts[-1].get_text()
    'refused'
    """
    figure, ax = panels(2.9, left=0, right=1, bottom=0, top=1)
    ax.set(xlim=(0, 10), ylim=(0, 6))
    ax.axis("off")
    ax.text(0.5, 3.6, "x = 1", color=ink.value, ha="center", va="center")
    results = [*results, *[None] * (3 - len(results))]
    for k, left in enumerate((1, 4, 7)):
        color = ink.refused if k + 1 == layer else ink.text
        ax.text(left + 0.8, 4.5, f"layer {k + 1}", ha="center", color=color)
        _draw_layer(ax, left, layers[k], color)
        _draw_result(ax, left, results[k])
    ax.text(0.3, 5.4, f"layer {layer}: {switch}", color=ink.refused)
    ax.text(0.3, 0.3, textwrap.fill(error, 58), fontsize=10, va="bottom")
    return figure


def _draw_layer(ax, left, layer, color):
    """Draw a box with the layer's weight, and the gradient of that weight below."""
    ax.add_patch(Rectangle((left + 0.05, 3), 1.5, 1.2, fill=False, edgecolor=color, linewidth=2))
    look = {"ha": "center", "va": "center"}
    ax.text(left + 0.8, 3.6, f"w = {layer.w.item():g}", **look)
    none = layer.w.grad is None
    grad, color = ("None", ink.context) if none else (f"{layer.w.grad:g}", ink.gradient)
    ax.text(left + 0.8, 2.2, f"w.grad\n{grad}", color=color, **look)


def _draw_result(ax, left, h):
    """Draw the value that a layer hands on, and the gradient that comes back to it."""
    value = "?" if h is None else f"{h:g}"
    grad = h.grad if h is not None and h.requires_grad else None
    arrow = {"arrowstyle": "->", "color": ink.value}
    ax.annotate("", (left + 3, 3.9), (left + 1.6, 3.9), arrowprops=arrow)
    ax.text(left + 2.3, 4.05, value, ha="center", color=ink.value)
    _draw_wire(ax, (left + 3.3, 3.35), (left + 1.3, 3.35), grad, (left + 2.3, 2.95))
