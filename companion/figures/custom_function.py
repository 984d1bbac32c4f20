"""The figures of the chapter about a backward of your own."""

import functools
import math

import torch
from ipywidgets import Dropdown, SelectionSlider, ToggleButtons
from matplotlib.figure import Figure

from companion.canvas import MARGIN, SIZE, WIDTH, Page, ink, signed
from companion.figures import control, shown
from companion.suspects import (
    FAST,
    MIXED,
    ONES,
    RIGHT,
    SECOND,
    SUSPECTS,
    TESTS,
    TWICE,
    agree,
    examine,
    source,
)

_WIDE, _HIGH = 46, 20  # of an entry of a matrix, in points
_LEFTS, _TOP = (MARGIN - 2, 158), 142  # of the two matrices
_TYPES = {"float64": torch.float64, "float32": torch.float32}


def _power(h):
    """Return a step as text.

    >>> _power(1e-14), _power(10**-2.5)
    ('1e−14', '3.2e−3')
    """
    digits, power = f"{h:.1e}".split("e")
    return f"{digits.removesuffix('.0')}e{signed(int(power), 'd')}"


def detective(
    suspect: int = 5, test: str = MIXED, dtype: str = "float64", h: float = 1e-6
) -> Figure:
    """Above, the code of a backward, and what a test says of it. Below, two matrices side
    by side, all slopes by this backward and all slopes by difference quotients. What the
    test compares is boxed; entries that disagree are red.

    The backward is one of the `SUSPECTS`, the test one of the `TESTS`, with quotients of step h.
    """
    page, found = Page(226), examine(suspect, test, h, _TYPES[dtype])
    page.patch(0, 0, WIDTH, 63, color=ink.context, alpha=0.13)
    for row, line in enumerate((source(suspect) + [""])[:4]):
        page.code(MARGIN - 4, 14 + 14 * row, line)
    words, color = _verdict(suspect, test, found.passes)
    page.text(MARGIN, 83, words, color, weight="bold")
    off = (found.compared[0] - found.compared[1]).abs().max().item()
    page.text(WIDTH - 6, 83, f"off by {signed(off, '.1e')}", ink.context, ha="right")
    page.text(MARGIN, 101, _where(test))
    good, boxed = agree(found.own, found.quotients).tolist(), found.compared[0].ndim == 2
    fine = agree(*found.compared)
    for side, words in enumerate(("by this backward", f"quotients, h = {_power(h)}")):
        color = (ink.gradient, ink.value)[side]
        page.text(_LEFTS[side] + 1.5 * _WIDE, 124, words, color, ha="center")
        for row in range(3):
            _row(page, side, row, found[side][row].tolist(), good[row], boxed)
        below, well = found.compared[side].tolist(), fine.tolist()
        if not isinstance(below, list):  # one number, in the middle
            below, well = ["", below, ""], [True, well, True]
        _row(page, side, 3.35, *((3 * [""], 3 * [True]) if boxed else (below, well)), not boxed)
    return page.figure


show_detective = shown(
    detective,
    "What a test cannot see",
    "Boxed is what the test compares, red is where the two sides disagree.",
    paper=[{"test": MIXED}, {"test": "gradcheck"}, {"suspect": SECOND, "test": TWICE}],
    suspect=control("backward no.", Dropdown, SUSPECTS),
    test=control("test", Dropdown, TESTS),
    dtype=control("numbers", ToggleButtons, _TYPES),
    h=control("step h", SelectionSlider, [(_power(h), h) for h in (1e-1, 1e-3, 1e-6, 1e-14)]),
)


def _row(page, side, row, values, good, boxed):
    """Write three numbers, in boxes if the test compares them; tint those that disagree."""
    y = _TOP + row * _HIGH
    for column, (value, fine) in enumerate(zip(values, good, strict=True)):
        x = _LEFTS[side] + column * _WIDE
        look = {"shown": boxed and value != "", "facecolor": (ink.wrong, 0 if fine else 0.25)}
        page.box(x + 1, y - 14, _WIDE - 2, _HIGH - 2, linewidth=0.8, **look)
        words = value if value == "" else _short(value)
        page.text(x + _WIDE / 2, y, words, ink.text if boxed else ink.context, ha="center")


def _short(value):
    """Return a number with at most three digits behind the point."""
    return signed(value, "z.3f").rstrip("0").rstrip(".")


def _verdict(suspect, test, passes):
    if passes:
        words = {RIGHT: "passes: it is right", SECOND: "passes: x.grad is right"}.get(suspect)
        return (words, ink.right) if words else ("passes, though it is wrong", ink.wrong)
    if suspect == RIGHT:
        return "fails, though right", ink.refused
    if examine(suspect, test).passes:
        return "fails, for its step alone", ink.refused
    return "fails: caught", ink.right


def _where(test):
    if test == TWICE:
        return "slopes of x.grad by x; those by v are not shown"
    point = "(1, 1, 1)" if test == ONES else "(−2, 0.5, 3)"
    look = {FAST: "mixed at random", "gradcheck": "every slope alone"}.get(test, "sums of columns")
    return f"x = {point}: {look}"


FORMS = ("forward", "central", "complex step")


def quotient(form: str, h: float, dtype: torch.dtype = torch.float64) -> float:
    """Return the slope of exp at 1 by a quotient with step h: forward, central or complex step.

    >>> quotient("complex step", 1e-20) == math.e
    True
    """
    x, h = torch.tensor(1.0, dtype=dtype), torch.tensor(h, dtype=dtype)
    if form == "complex step":
        return (torch.exp(torch.complex(x, h)).imag / h).item()
    if form == "forward":
        return ((torch.exp(x + h) - torch.exp(x)) / h).item()
    return ((torch.exp(x + h) - torch.exp(x - h)) / (2 * h)).item()


_CURVE = [k / 2 for k in range(-40, 1)]  # powers of ten: the steps h
_POWERS = [k for k in _CURVE if k == round(k) or k in (-5.5, -2.5)]  # those to choose from
_NOTHING = -17.5  # where an error of 0 is drawn


@functools.cache
def _errors(form, dtype):
    found = [abs(quotient(form, 10**k, _TYPES[dtype]) - math.e) for k in _CURVE]
    return [math.log10(error) if error else _NOTHING for error in found]


def step_size(form: str = "central", dtype: str = "float64", k: float = -10) -> Figure:
    """The error of three difference quotients of exp at 1 against their step, on logarithmic
    axes. Forward and central ones fall with the step, and rise again when it is too short;
    the complex step stays exact.

    The step is 10 to the power k.
    """
    page, errors = Page(223), _errors(form, dtype)
    ticks = {-15: "1e−15", -10: "1e−10", -5: "1e−5", 0: "1"}
    look = {"xticks": {-20: "1e−20"} | ticks, "yticks": {_NOTHING: "0"} | ticks}
    ax = page.plot(48, 47, 296, 201, x=(-20.6, 0.4), y=(-18.3, 1.5), **look)
    for name in _TYPES:
        for each in FORMS:
            ax.plot(_CURVE, _errors(each, name), color=ink.context, linewidth=0.8)
    ax.plot(_CURVE, errors, color=ink.value, linewidth=2.5)
    ax.dot(k, errors[_CURVE.index(k)], ink.step, 13)
    for x, y, words in ((-20, -1.4, "error"), (-4.1, -17.6, "step h"), (-3.8, -10.4, "too long")):
        ax.text(x, y, words, ink.context)
    words = "" if form == "complex step" else "too short"
    ax.text(-13.8 if dtype == "float64" else -8, -5, words, ink.context, ha="right")

    found = quotient(form, 10**k, _TYPES[dtype])
    off = signed(abs(found - math.e), ".1e") if found != math.e else "0, to the last bit"
    page.text(6, 16, f"h = {_power(10**k)}: off by {off}")
    digits, true = f"{found:.15f}", f"{math.e:.15f}"
    right = next((n for n in range(17) if digits[n] != true[n]), 17)
    look = {"family": "monospace", "weight": "bold"}
    page.text(6, 33, digits[:right], ink.right, **look)
    page.text(6 + right * 0.602 * SIZE, 33, digits[right:], ink.wrong, **look)
    return page.figure


show_step_size = shown(
    step_size,
    "A step can be too short",
    "The slope of exp at 1: drag the dot.",
    hold={"k": "x"},
    paper=[{"k": -5.5}, {"dtype": "float32", "k": -2.5}, {"form": "complex step", "k": -20}],
    form=control("quotient", ToggleButtons, FORMS),
    dtype=control("numbers", ToggleButtons, _TYPES),
    k=control("step h", SelectionSlider, [(_power(10**k), k) for k in _POWERS]),
)


def valleys(z: torch.Tensor) -> torch.Tensor:
    """Return the loss |z² + 4|² of a complex number: it is 0 at 2i and at −2i."""
    return (z * z + 4).abs() ** 2


_SIDE = 3.1  # of the plane, from its middle


@functools.cache
def _contours():
    line = torch.linspace(-_SIDE, _SIDE, 41, dtype=torch.float64)
    y, x = torch.meshgrid(line, line, indexing="ij")
    levels = Figure().add_subplot().contour(x, y, valleys(torch.complex(x, y)), (2, 8, 20, 50, 120))
    return [piece.round(2) for level in levels.allsegs for piece in level if len(piece)]


def _trail(z, conjugate):
    """Return the points of 15 steps against z.grad, or against its conjugate."""
    points = [z]
    for _ in range(15):
        (grad,) = torch.autograd.grad(valleys(z), z)
        if z.abs() < 10:
            z = (z - 0.015 * (grad.conj() if conjugate else grad)).detach().requires_grad_()
        points.append(z)
    return [(point.real.item(), point.imag.item()) for point in points]


def complex_slope(re: float = 1.0, im: float = 1.0) -> Figure:
    """The plane of a complex number with the contours of a loss that is 0 at 2i and −2i.
    From z a gold line leads against z.grad, across the contours and down; a grey one
    against the conjugate leads elsewhere, often up.
    """
    z = torch.tensor(complex(re, im), dtype=torch.complex128, requires_grad=True)
    (grad,) = torch.autograd.grad(valleys(z), z)
    page = Page(209)
    ax = page.plot(6, 6, 203, 203, x=(-_SIDE, _SIDE), y=(-_SIDE, _SIDE))
    for piece in _contours():
        ax.plot(*piece.T, color=ink.loss, linewidth=0.8, alpha=0.6)
    ax.plot((0, 0), (2, -2), "+", color=ink.loss, markersize=8)
    lines = [("L at z", ink.loss, f"{valleys(z).item():.4g}")]
    lines += [("z.grad", ink.gradient, _complex(grad))]
    for color, words in ((ink.context, "by conjugate"), (ink.step, "by z.grad")):
        trail = _trail(z, color == ink.context)
        ax.plot(*zip(*trail, strict=True), color=color)
        seen = [point for point in trail if max(map(abs, point)) < _SIDE]
        seen += seen[-1:] * (len(trail) - len(seen))  # always as many
        ax.plot(*zip(*seen, strict=True), "o", color=color, markersize=4)
        after = valleys(torch.tensor(complex(*trail[-1]))).item()
        lines.insert(2, (words, color, f"L → {after:.3f}" if after < 100 else "L > 100"))
    ax.dot(re, im, ink.value, 13)
    for row, (words, color, value) in enumerate(lines):
        page.text(203, 21 + 50 * row, words, color)
        page.text(203, 38 + 50 * row, value, color, weight="bold")
    return page.figure


def _complex(z):
    return f"{signed(z.real.item(), 'z.4g')} {'−' if z.imag < 0 else '+'} {abs(z.imag.item()):.4g}i"


_HALVES = [k / 2 for k in range(-4, 5)]
show_complex_slope = shown(
    complex_slope,
    "z.grad points straight uphill",
    "L = |z² + 4|² is 0 at each cross. Gold: 15 steps against z.grad, grey: against its conjugate.",
    hold={"re": "x", "im": "y"},
    paper=[{"re": 1.0, "im": 1.0}, {"re": 2.0, "im": 0.0}, {"re": -1.5, "im": 2.0}],
    re=control("real part of z", SelectionSlider, _HALVES),
    im=control("imaginary part", SelectionSlider, _HALVES),
)
