"""The figures of the chapter about derivatives of derivatives."""

from ipywidgets import IntSlider, Play, ToggleButtons
from matplotlib.figure import Figure

from companion.canvas import MARGIN, Page, ink
from companion.costs import TOWERS, costs, tower
from companion.edge import ACROSS, EVERY, MOMENTS, RATES, descent
from companion.figures import control, shown

_LAST = EVERY * (MOMENTS - 1)


def edge(lr: float = 0.07, step: int = 1300) -> Figure:
    """Above, the sharpness of a network's loss over 1600 steps of gradient descent: it
    reaches the line at two divided by the learning rate, and stays there. Below, the loss,
    which falls all the same, and a cut through its valley, across which the steps jump.

    `lr` is one of `companion.edge.RATES`, and `step` a multiple of 50 up to 1600.
    """
    page, moments, last = Page(281), descent(lr), step // EVERY
    now, steps = moments[last], range(0, _LAST + 1, EVERY)
    page.text(9, 15, f"sharpness {now.sharpness:.1f}", ink.gradient, weight="bold")
    page.text(293, 15, f"2/lr = {2 / lr:.1f}", ink.step, weight="bold", ha="right")
    ticks = {"xticks": (0, 400, 800, 1200, 1600), "yticks": (0, 10, 20, 30)}
    above = page.plot(30, 24, 290, 125, x=(-30, _LAST + 30), y=(0, 36), **ticks)
    above.axhspan(2 / lr, 40, color=ink.step, alpha=0.13, linewidth=0)
    above.axhline(2 / lr, color=ink.step)
    above.text(_LAST, 32, "steps along the sharpest direction grow", ink.step, ha="right")
    above.text(40, 2, "they shrink", ink.step)
    for other in RATES:
        values = [moment.sharpness for moment in descent(other)]
        above.plot(steps, values, color=ink.context, linewidth=1, alpha=0.5)
    page.text(9, 160, f"loss {now.loss:.3f}", ink.loss, weight="bold")
    ticks = {"xticks": (0, 1000), "yticks": (0.1, 0.3, 1), "yscale": "log"}
    below = page.plot(30, 167, 142, 257, x=(-60, _LAST + 60), y=(0.1, 1.5), **ticks)
    for ax, values, color in (
        (above, [moment.sharpness for moment in moments], ink.gradient),
        (below, [moment.loss for moment in moments], ink.loss),
    ):
        ax.plot(steps, values, color=color, linewidth=1)
        ax.trail(steps, values, last, color, 3, dot=10)
    page.text(293, 160, "across the valley", ink.loss, ha="right")
    ticks = {"xticks": (-lr / 2, 0, lr / 2)}
    ends = {"x": (-0.62 * lr, 0.62 * lr), "y": (-0.03 * lr, 0.36 * lr)}
    valley = page.plot(163, 167, 293, 257, **ends, **ticks)
    places = (lr * ACROSS).tolist()
    limit = [s * s / lr for s in places]
    valley.plot(places, limit, color=ink.step, linestyle="dashed")
    valley.plot(places, now.valley, color=ink.loss)
    valley.plot(now.places, now.heights, color=ink.text, linewidth=1)
    spots = [max(-0.7 * lr, min(place, 0.7 * lr)) for place in now.places[1:]]
    highs = [min(height, 0.39 * lr) for height in now.heights[1:]]  # those outside are not seen
    valley.plot(spots, highs, "o", color=ink.text, markersize=4)
    valley.dot(now.places[0], now.heights[0], ink.learns, 10)
    return page.figure


show_edge = shown(
    edge,
    "The sharpness climbs to 2/lr, and hangs there",
    "Below right: the valley across, with the next six steps; dashed: one of sharpness 2/lr.",
    hold={"step": "x"},
    paper=[{"lr": lr, "step": 1500} for lr in RATES],
    lr=control("learning rate", ToggleButtons, RATES),
    step=control("step", Play, max=_LAST, step=EVERY, interval=200),
)


def derivatives(function: str = "tanh", n: int = 3) -> Figure:
    """Above, the chosen derivative of a function. Below, a bar for each derivative from 0 to
    6, as high as its graph has nodes.
    """
    page, (values, nodes) = Page(259), tower(function)[n]
    name = function + ("′" * n if n < 4 else f"⁽{'⁴⁵⁶'[n - 4]}⁾")
    page.text(9, 17, f"{name}(x)", ink.value, weight="bold")
    ticks = {"xticks": range(-3, 4), "yticks": (-100, -10, -1, 0, 1, 10, 100), "yscale": "symlog"}
    curve = page.plot(42, 23, 293, 122, x=(-3, 3), y=(-130, 130), **ticks)
    curve.axhline(0, color=ink.context, linewidth=1)
    curve.plot([k / 10 - 3 for k in range(61)], values, color=ink.value, linewidth=3)
    look = {"xticks": range(7), "yticks": (), "yscale": "log"}
    bars = page.plot(42, 162, 293, 240, x=(-0.6, 6.6), y=(1, 500), **look)
    for k, (_, count) in enumerate(tower(function)):
        color, alpha = (ink.gradient, 1) if k == n else (ink.context, 0.4)
        bars.bar(k, count - 1, bottom=1, color=color, alpha=alpha, width=0.7)
        bars.text(k, count * 1.2, f"{count}", color if k == n else ink.text, ha="center")
    words = f"derivative {n}: {nodes} nodes in its graph"
    page.text(9, 153, words, ink.gradient, weight="bold")
    return page.figure


show_derivatives = shown(
    derivatives,
    "A derivative of a derivative may be a large program",
    "Each derivative is computed by the graph that the one before has left.",
    paper=[{"function": "sin", "n": 6}, {"function": "tanh", "n": 6}],
    function=control("function", ToggleButtons, TOWERS),
    n=control("derivative", Play, max=6, interval=900),
)


def prices(hidden: int = 3) -> Figure:
    """A bar for each derivative of a network: the loss 1, its gradient below 3, a slope in
    forward mode 3, sixteen gradients as much as one, and a product with the Hessian from 4
    to 9.
    """
    page, (weights, found) = Page(248), costs(hidden)
    words = f"{hidden} hidden layer{'s' * (hidden > 1)}, {weights:,} weights"
    page.text(MARGIN, 17, words, ink.learns, weight="bold")
    for row, (name, cost) in enumerate(found.items()):
        top, color = 32 + 33 * row, ink.gradient if row in (1, 3) else ink.value
        color = ink.loss if row > 3 else color
        page.patch(MARGIN, top + 15, 28 * cost, 10, color=color)
        page.text(MARGIN, top + 11, name, color)
        page.text(MARGIN + 28 * cost + 6, top + 25, f"{cost:.2f}", weight="bold")
    page.text(MARGIN, 242, f"H itself: {weights**2:,} numbers", ink.context)
    return page.figure


show_prices = shown(
    prices,
    "A gradient costs three forward passes, H v fewer than nine",
    "Counted in the matrix products of one batch of 16, with the loss as the unit.",
    paper=[1, 3, 8],
    hidden=control("hidden layers", IntSlider, min=1, max=8),
)
