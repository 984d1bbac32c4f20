"""The figures of the chapter about vectors and Jacobians."""

import math
from collections.abc import Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from companion.canvas import WIDTH, in_style, ink, panels, signed

_ROWS = (ink.loss, ink.learns)  # the colours of the two rows of J
_UNIT = torch.eye(2, dtype=torch.float64)
_TURNS = torch.linspace(0, 2 * math.pi, 73, dtype=torch.float64)
_CIRCLE = torch.stack((_TURNS.cos(), _TURNS.sin()), dim=1)


def direction(degrees: float) -> Tensor:
    """Return a vector of length 1.

    >>> direction(0)
    tensor([1., 0.], dtype=torch.float64)
    """
    angle = torch.tensor(math.radians(degrees), dtype=torch.float64)
    return torch.stack((angle.cos(), angle.sin()))


def _number(value, digits=2):
    return signed(round(float(value), digits) + 0.0, f".{digits}f")


@in_style
def jacobian_loom(labels: Sequence[str], J: Tensor, v: Tensor, grad: Tensor) -> Figure:
    """Draw vᵀJ twice: as threads from two outputs to two inputs, and as a sum of two rows.

    Parameters
    ----------
    labels
        The formulas of the two outputs at x = (2, 1).
    J, v, grad
        The Jacobian (2 × 2), a vector (2), and what backward(v) puts into x.grad (2); float64.

    Examples
    --------
    >>> J = torch.tensor([[1.0, 2.0], [4.0, -1.0]], dtype=torch.float64)
    >>> figure = jacobian_loom(["y₁", "y₂"], J, direction(0), J[0])
    >>> "x.grad[1] = 2.00" in [text.get_text() for text in figure.axes[0].texts]
    True
    """
    figure = Figure(figsize=(WIDTH / 72, 5.0))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 10), ylim=(0, 10.42))
    ax.axis("off")
    _draw_loom(ax, labels, J, v, grad)
    _draw_sum(ax, (2.4, 1.85), 1.3, _UNIT, v, ("v₁", "v₂"), ink.text)
    _draw_sum(ax, (7.3, 1.85), 4.6, J, v, ("x₁", "x₂"), ink.gradient)
    ax.text(2.4, 3.85, "v on the unit circle", ha="center")
    ax.text(7.3, 3.85, "x.grad = v₁·row 1 + v₂·row 2", ha="center", color=ink.gradient)
    return figure


def _draw_loom(ax: Axes, labels, J, v, grad):
    for i in range(2):
        at = 2.5 + 5 * i
        ax.text(at, 10, labels[i], ha="center")
        ax.text(at, 9.25, f"v{'₁₂'[i]} = {_number(v[i])}", ha="center", color=_ROWS[i])
        for height in (6.2, 8.8):
            ax.plot((at - 1.7, at + 1.7), (height, height), color=ink.text, linewidth=3)
        ax.text(at, 5.6, f"x{'₁₂'[i]} = {2 - i}", ha="center")
        ax.text(at - 0.25, 5.05, _number(v[0] * J[0, i]), color=_ROWS[0], ha="right")
        ax.text(at, 5.05, "+", ha="center")
        ax.text(at + 0.25, 5.05, _number(v[1] * J[1, i]), color=_ROWS[1], ha="left")
        ax.text(at, 4.5, f"x.grad[{i}] = {_number(grad[i])}", color=ink.gradient, ha="center")
        for j in range(2):
            _draw_thread(ax, i, j, J[i, j], v[i] * J[i, j])


def _draw_thread(ax, output, input, entry, weighted):
    """Draw an entry of J as a pale band, and v times it as the thread in it."""
    top = 1.6 + 5 * output + 1.8 * input
    bottom = 1.6 + 5 * input + 1.8 * output
    t = torch.linspace(0, 1, 34, dtype=torch.float64)
    across = bottom + (top - bottom) * (3 * t**2 - 2 * t**3)
    look = {"color": _ROWS[output], "solid_capstyle": "butt"}
    ax.plot(across, 6.2 + 2.6 * t, alpha=0.25, linewidth=4 * abs(entry), **look)
    if weighted < -1e-9:
        across[3::4] = math.nan
    ax.plot(across, 6.2 + 2.6 * t, linewidth=4 * abs(weighted), **look)
    away = (0.2 if output == input else 0.4) + 0.06 * abs(entry)
    side, anchor = (away, "left") if input else (-away, "right")
    ax.text(top + side, 8.35, _number(entry), ha=anchor)


def _draw_sum(ax, centre, size, rows, v, names, color):
    """Draw v[0] * rows[0] + v[1] * rows[1] around `centre`, and where it lies for every v."""
    centre = torch.tensor(centre, dtype=torch.float64)
    scale = 1.8 / size
    ax.plot(*(centre + scale * _CIRCLE @ rows).T, color=ink.context, linewidth=1)
    first, second = scale * v[0] * rows[0], scale * v[1] * rows[1]
    for i, step in enumerate(1.8 * _UNIT):
        ends = torch.stack((centre - step, centre + step))
        ax.plot(*ends.T, color=ink.context, linewidth=0.5)
        ax.text(*(centre + step * (1.05 - 0.18 * i) + 0.1 * i), names[i], va="center")
        ends = torch.stack((centre, centre + scale * rows[i]))
        ax.plot(*ends.T, color=_ROWS[i], alpha=0.25, linewidth=5)
    starts = torch.stack((centre, centre + first, centre))
    arrows = torch.stack((first, second, first + second))
    look = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.009}
    ax.quiver(*starts.T, *arrows.T, color=(*_ROWS, color), **look)


@in_style
def doubling_loop(y: Sequence[float], norms: Sequence[float], v, grad) -> Figure:
    """Draw the norms of y after each doubling, and v and x.grad on a logarithmic axis.

    Parameters
    ----------
    y, norms
        The last y, and the norm of y at the start and after each doubling.
    v, grad
        Three positive numbers each: what backward was given, and what it put into x.grad.

    Examples
    --------
    >>> doubling_loop([2.0], [1.0, 2.0], v=[1.0], grad=[2.0]).texts[2].get_text()
    'norm 2.0: smaller than 1000: again'
    """
    n = len(norms) - 1
    figure, (above, below) = panels(
        *(5.0, 2), height_ratios=(5, 4), left=0.16, right=0.96, top=0.83, bottom=0.12, hspace=0.55
    )
    above.semilogy(norms, "o-", color=ink.value, markersize=5)
    above.axhline(1000, color=ink.context, linewidth=1)
    above.set(xlim=(-0.5, 11.5), ylim=(1, 1e4), xlabel="n", ylabel="norm of y")
    above.set_yticks((1, 10, 100, 1000), ("1", "10", "100", "1000"))
    above.set_xticks((0, 3, 6, 9))
    for i, (start, end) in enumerate(zip(v, grad, strict=True)):
        below.semilogx((start, end), (-i, -i), color=ink.gradient, linewidth=1)
        below.semilogx(start, -i, "o", color=ink.text, markersize=6)
        below.semilogx(end, -i, "o", color=ink.gradient, markersize=8)
        below.text(end, 0.22 - i, f"{end:.6g}", ha="center", color=ink.gradient)
    below.set(xlim=(1e-5, 1e6), ylim=(-2.4, 0.8), xlabel="v (black) → x.grad (red)")
    below.set_xticks((1e-4, 1e-2, 1, 100, 1e4), ("0.0001", "0.01", "1", "100", "10000"))
    below.set_yticks((0, -1, -2), ("x₁", "x₂", "x₃"))
    for ax in (above, below):
        ax.minorticks_off()
    stop = "smaller than 1000: again" if n < 9 else "the loop stops"
    stop = "it stopped at n = 9" if n > 9 else stop
    figure.text(0.03, 0.94, f"J = {2**n}·I")
    row = ", ".join(signed(value, ".6g") for value in y)
    figure.text(0.97, 0.94, f"y = ({row})", ha="right")
    figure.text(0.03, 0.875, f"norm {norms[-1]:.1f}: {stop}", color=ink.value)
    return figure


@in_style
def transposed(J: Tensor, v: Tensor, back: Tensor, ahead: Tensor) -> Figure:
    """Draw a vector v, Jᵀv as backward gives it, and Jv, each with where it lies for every v.

    Parameters
    ----------
    J, v, back, ahead
        The Jacobian (2 × 2), and three vectors (2); float64.

    Examples
    --------
    >>> J = torch.tensor([[1.0, 2.0], [4.0, -1.0]], dtype=torch.float64)
    >>> v = direction(0)
    >>> transposed(J, v, v @ J, J @ v).texts[0].get_text()
    'J = (1, 2; 4, −1)'
    """
    figure, ax = panels(4.3, left=0, right=1, bottom=0, top=0.84)
    for curve, end, color, line in (
        (_CIRCLE, v, ink.text, "dotted"),
        (_CIRCLE @ J.T, ahead, ink.step, "dashed"),
        (_CIRCLE @ J, back, ink.gradient, "solid"),
    ):
        ax.plot(*curve.T, color=color, linewidth=1, linestyle=line)
        ax.quiver(0, 0, *end, color=color, angles="xy", scale_units="xy", scale=1, width=0.012)
    ax.set(xlim=(-5.6, 5.6), ylim=(-4.3, 4.3), aspect="equal")
    ax.axis("off")
    rows = "; ".join(", ".join(_number(entry, 0) for entry in row) for row in J)
    figure.text(0.03, 0.94, f"J = ({rows})")
    figure.text(0.03, 0.87, f"v = {_pair(v)}")
    figure.text(0.97, 0.94, f"backward:  Jᵀv = {_pair(back)}", color=ink.gradient, ha="right")
    figure.text(0.97, 0.87, f"jvp:  Jv = {_pair(ahead)}", color=ink.step, ha="right")
    return figure


def _pair(values):
    return f"({_number(values[0])}, {_number(values[1])})"
