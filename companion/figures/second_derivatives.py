"""The figures of the chapter about derivatives of derivatives."""

from ipywidgets import Play, ToggleButtons, interactive
from matplotlib.figure import Figure

from companion.canvas import MARGIN, WIDTH, Page, in_style, ink, signed
from companion.costs import TOWERS, costs, tower
from companion.edge import ACROSS, EVERY, MOMENTS, RATES, descent
from explorable import explore

_LAST = EVERY * (MOMENTS - 1)


@in_style
def edge(lr: float = 0.1, step: int = 1000) -> Figure:
    """Draw how sharp a network's loss is while it learns, the loss, and the next steps across it.

    `lr` is one of `companion.edge.RATES`, and `step` a multiple of 50 up to 1600.

    >>> edge(0.2, 1600).texts[0].get_text()
    'sharpness 11.0'
    """
    figure = Figure(figsize=(WIDTH / 72, 3.9))
    now, moments = descent(lr)[step // EVERY], descent(lr)
    steps, trail = range(0, _LAST + 1, EVERY), [min(s, step) for s in range(0, _LAST + 1, EVERY)]
    figure.text(0.03, 0.945, f"sharpness {now.sharpness:.1f}", color=ink.gradient, weight="bold")
    figure.text(0.97, 0.945, f"2/lr = {2 / lr:.1f}", color=ink.step, weight="bold", ha="right")
    above = figure.add_axes((0.1, 0.555, 0.87, 0.36), xlim=(-30, _LAST + 30), ylim=(0, 36))
    above.axhspan(2 / lr, 40, color=ink.step, alpha=0.13, linewidth=0)
    above.axhline(2 / lr, color=ink.step, linewidth=2)
    above.text(_LAST, 32, "steps along the sharpest direction grow", ha="right", color=ink.step)
    above.text(40, 2, "they shrink", color=ink.step)
    for other in RATES:
        values = [moment.sharpness for moment in descent(other)]
        above.plot(steps, values, color=ink.context, linewidth=1, alpha=0.5)
    _trail(above, trail, [moment.sharpness for moment in moments], ink.gradient)
    above.set(yticks=(0, 10, 20, 30), xticks=(0, 400, 800, 1200, 1600))
    figure.text(0.03, 0.43, f"loss {now.loss:.3f}", color=ink.loss, weight="bold")
    below = figure.add_axes((0.1, 0.085, 0.37, 0.32), xlim=(-60, _LAST + 60), yscale="log")
    _trail(below, trail, [moment.loss for moment in moments], ink.loss)
    below.set(ylim=(0.1, 1.5), xticks=(0, 1000))
    below.set_yticks((0.1, 0.3, 1), ("0.1", "0.3", "1"))
    below.minorticks_off()
    figure.text(0.97, 0.43, "across the valley", color=ink.loss, ha="right")
    valley = figure.add_axes((0.54, 0.085, 0.43, 0.32))
    places = (lr * ACROSS).tolist()
    limit = [s * s / lr for s in places]
    valley.plot(places, limit, color=ink.step, linewidth=2, linestyle="dashed")
    valley.plot(places, now.valley, color=ink.loss, linewidth=2)
    valley.plot(now.places, now.heights, color=ink.text, linewidth=1)
    spots = [max(-0.7 * lr, min(place, 0.7 * lr)) for place in now.places[1:]]
    highs = [min(height, 0.39 * lr) for height in now.heights[1:]]  # those outside are not seen
    valley.plot(spots, highs, "o", color=ink.text, markersize=4)
    valley.plot(now.places[0], now.heights[0], "o", color=ink.learns, markersize=10)
    valley.set(xlim=(-0.62 * lr, 0.62 * lr), ylim=(-0.03 * lr, 0.36 * lr), yticks=())
    valley.set_xticks((-lr / 2, 0, lr / 2), (signed(-lr / 2), "0", signed(lr / 2)))
    return figure


def _trail(ax, trail, values, color):
    """Draw values against steps: faintly, and up to now in full colour with a dot."""
    steps, last = range(0, _LAST + 1, EVERY), trail[-1] // EVERY
    ax.plot(steps, values, color=color, linewidth=1)
    ax.plot(trail, [values[min(k, last)] for k in range(MOMENTS)], color=color, linewidth=3)
    ax.plot(trail[-1], values[last], "o", color=color, markersize=10)


def show_edge() -> interactive:
    """Return the figure of three descents that end at the edge."""
    return explore(
        edge,
        lr=ToggleButtons(options=RATES, value=0.07),
        step=Play(value=1300, min=0, max=_LAST, step=EVERY, interval=200),
        labels={"lr": "learning rate", "step": "step"},
        hold={"step": "x"},
        title="The sharpness climbs to 2/lr, and hangs there",
        caption="Below right: the valley across, with the next six steps; dashed: of 2/lr.",
        alt="Above, the sharpness of a network's loss over 1600 steps of gradient descent: it "
        "reaches the line at two divided by the learning rate, and stays there. Below, the loss, "
        "which falls all the same, and a cut through its valley, across which the steps jump.",
        paper=[{"lr": lr, "step": 1500} for lr in RATES],
    )


@in_style
def derivatives(function: str = "tanh", n: int = 3) -> Figure:
    """Draw the n-th derivative of a function, and how many nodes autograd recorded for it.

    >>> derivatives("tanh", 6).axes[1].texts[6].get_text()
    '212'
    """
    figure = Figure(figsize=(WIDTH / 72, 3.6))
    values, nodes = tower(function)[n]
    name = function + ("′" * n if n < 4 else f"⁽{'⁴⁵⁶'[n - 4]}⁾")
    figure.text(0.03, 0.935, f"{name}(x)", color=ink.value, weight="bold")
    curve = figure.add_axes((0.12, 0.53, 0.85, 0.38), xlim=(-3, 3), yscale="symlog")
    curve.axhline(0, color=ink.context, linewidth=1)
    curve.plot([k / 10 - 3 for k in range(61)], values, color=ink.value, linewidth=3)
    curve.set(ylim=(-130, 130), xticks=(-3, -2, -1, 0, 1, 2, 3))
    curve.set_xticklabels(("−3", "−2", "−1", "0", "1", "2", "3"))
    curve.set_yticks((-100, -10, -1, 0, 1, 10, 100), ("−100", "−10", "−1", "0", "1", "10", "100"))
    curve.minorticks_off()
    bars = figure.add_axes((0.12, 0.075, 0.85, 0.3), xlim=(-0.6, 6.6), ylim=(1, 500), yscale="log")
    for k, (_, count) in enumerate(tower(function)):
        color, alpha = (ink.gradient, 1) if k == n else (ink.context, 0.4)
        bars.bar(k, count - 1, bottom=1, color=color, alpha=alpha, width=0.7)
        bars.text(k, count * 1.2, f"{count}", ha="center", color=color if k == n else ink.text)
    bars.set(xticks=range(7), yticks=())
    bars.minorticks_off()
    words = f"derivative {n}: {nodes} nodes in its graph"
    figure.text(0.03, 0.41, words, color=ink.gradient, weight="bold")
    return figure


def show_derivatives() -> interactive:
    """Return the figure of a function that is differentiated six times."""
    return explore(
        derivatives,
        function=ToggleButtons(options=list(TOWERS), value="tanh"),
        n=Play(value=3, min=0, max=6, interval=900),
        labels={"function": "function", "n": "derivative"},
        title="A derivative of a derivative may be a large program",
        caption="Each derivative is computed by the graph that the one before has left.",
        alt="Above, the chosen derivative of a function. Below, a bar for each derivative from 0 to "
        "6, as high as its graph has nodes.",
        paper=[{"function": "sin", "n": 6}, {"function": "tanh", "n": 6}],
    )


def prices(hidden: int = 3) -> Figure:
    """Draw what derivatives of a net with so many hidden layers cost, in forward passes.

    >>> prices(3).texts[0].get_text()
    '3 hidden layers, 12,545 weights'
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


def show_prices() -> interactive:
    """Return the figure of what each derivative of a net costs."""
    return explore(
        prices,
        hidden=(1, 8),
        labels={"hidden": "hidden layers"},
        title="A gradient costs three forward passes, H v fewer than nine",
        caption="Counted in the matrix products of one batch of 16, with the loss as the unit.",
        alt="A bar for each derivative of a network: the loss 1, its gradient below 3, a slope in "
        "forward mode 3, sixteen gradients as much as one, and a product with the Hessian from 4 "
        "to 9.",
        paper=[1, 3, 8],
    )
