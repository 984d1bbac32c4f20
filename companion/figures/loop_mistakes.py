"""The figures of the chapter about the mistakes of a training loop."""

from matplotlib.figure import Figure

from companion.canvas import MARGIN, WIDTH, Page, in_style, ink, signed, wrapped
from companion.loops import LOOPS, STEPS, answers, run, verdict


@in_style
def training_loop(mistake: str = "no zero_grad()", step: int = 6) -> Figure:
    """Draw a loop's code with what is wrong in it, and w after each step beside the right one.

    >>> training_loop("no zero_grad()", 8).texts[9].get_text()
    'no error, and another w'
    """
    lines, wrong = LOOPS[mistake]
    page = Page(323)
    for row in range(9):
        line = lines[row] if row < len(lines) else ""
        alpha = 0.2 if row in wrong else 0
        page.patch(0, 3 + 14 * row, WIDTH, 14, color=ink.wrong, alpha=alpha)
        page.code(MARGIN - 4, 14 + 14 * row, line)

    weights, error = run(mistake)
    own = ink.refused if error else ink.wrong if wrong else ink.learns
    page.text(MARGIN - 4, 148, verdict(mistake), own, weight="bold")
    page.text(WIDTH - 6, 148, "the right loop", ink.learns, ha="right")
    page.texts(MARGIN - 4, 305, wrapped(error, 44, 2), ink.refused, step=14)

    ax = page.figure.add_axes((0.08, 0.156, 0.87, 0.37))
    ax.axhline(2, color=ink.context, linewidth=1, linestyle="dashed")
    for values, color, width in ((run("nothing").weights, ink.learns, 5), (weights, own, 2)):
        last = min(step, len(values) - 1)
        trail = [min(k, last) for k in range(STEPS + 1)]  # always as many
        ax.plot(trail, [values[k] for k in trail], color=color, linewidth=width, alpha=0.8)
        ax.plot(last, values[last], "o", color=color, markersize=2 * width + 4)
    alpha = 1 if error and last < step else 0
    ax.plot(len(weights) - 1, weights[-1], "X", color=own, markersize=12, alpha=alpha)
    ax.set(xlim=(-0.3, STEPS + 0.3), ylim=(0.6, 4.4), yticks=(1, 2, 3, 4))
    ax.set_xticks((0, 2, 4, 6, 8), ("0", "2", "4", "6", "step 8"))
    ax.text(-0.15, 4.3, "w", va="top")
    return page.figure


@in_style
def evaluation(layer: str = "batch norm", batch: int = 6) -> Figure:
    """Draw what one of the `LAYERS` answers to the same number, in one test batch after another.

    >>> evaluation("dropout", 3).texts[1].get_text()
    'forgotten: 2.00'
    """
    figure = Figure(figsize=(WIDTH / 72, 2.9))
    ax = figure.add_axes((0.13, 0.2, 0.84, 0.57))
    trail = [min(n, batch - 1) for n in range(STEPS)]  # always as many
    rows = (
        ("eval() first", 5, ink.learns, (0.02, 0.93, "left")),
        ("forgotten", 2, ink.wrong, (0.98, 0.93, "right")),
        ("eval() after", 2, ink.value, (0.98, 0.83, "right")),
    )
    for (name, width, color, (x, y, side)), said in zip(rows, answers(layer), strict=True):
        values = [said[n] for n in trail]
        look = {"color": color, "linewidth": width, "markersize": 4}
        ax.plot([n + 1 for n in trail], values, "o-", **look)
        ax.plot(batch, values[-1], "o", color=color, markersize=2 * width + 5)
        figure.text(x, y, f"{name}: {signed(values[-1], '.2f')}", color=color, ha=side)
    figure.text(0.02, 0.83, "answer to x = 1", color=ink.context)
    ax.set(xlim=(0.7, STEPS + 0.3), ylim=(-2.4, 2.4), yticks=(-2, -1, 0, 1, 2))
    ax.set(xticks=range(1, STEPS + 1), xlabel="test batch")
    ax.set_yticks((-2, -1, 0, 1, 2), ("−2", "−1", "0", "1", "2"))
    return figure
