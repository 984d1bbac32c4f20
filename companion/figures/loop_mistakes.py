"""The figures of the chapter about the mistakes of a training loop."""

from matplotlib.figure import Figure

from companion.canvas import MARGIN, WIDTH, Page, ink, signed, wrapped
from companion.loops import LOOPS, STEPS, answers, run, verdict


def training_loop(mistake: str = "no zero_grad()", step: int = 6) -> Figure:
    """Draw a loop's code with what is wrong in it, and w after each step beside the right one."""
    lines, wrong = LOOPS[mistake]
    page = Page(323)
    page.listing(3, [*lines, *[""] * (9 - len(lines))], wrong, ink.wrong)
    weights, error = run(mistake)
    own = ink.refused if error else ink.wrong if wrong else ink.learns
    page.text(MARGIN - 4, 148, verdict(mistake), own, weight="bold")
    page.text(WIDTH - 6, 148, "the right loop", ink.learns, ha="right")
    page.texts(MARGIN - 4, 305, wrapped(error, 44, 2), ink.refused, step=14)

    ticks = {"xticks": {0: "0", 2: "2", 4: "4", 6: "6", 8: "step 8"}, "yticks": (1, 2, 3, 4)}
    ax = page.plot(24, 153, 287, 273, x=(-0.3, STEPS + 0.3), y=(0.6, 4.4), **ticks)
    ax.axhline(2, color=ink.context, linewidth=1, linestyle="dashed")
    for values, color, width in ((run("nothing").weights, ink.learns, 5), (weights, own, 2)):
        last = min(step, len(values) - 1)
        values = values + values[-1:] * (STEPS + 1 - len(values))  # it stopped before
        ax.trail(range(STEPS + 1), values, last, color, width, 2 * width + 4, alpha=0.8)
    alpha = 1 if error and last < step else 0
    ax.dot(len(weights) - 1, weights[-1], own, 12, marker="X", alpha=alpha)
    ax.text(-0.15, 4.3, "w", va="top")
    return page.figure


def evaluation(layer: str = "batch norm", batch: int = 6) -> Figure:
    """Draw what one of the `LAYERS` answers to the same number, in one test batch after another."""
    page = Page(209)
    batches, ticks = range(1, STEPS + 1), (-2, -1, 0, 1, 2)
    look = {"xticks": batches, "yticks": ticks, "below": "test batch"}
    ax = page.plot(39, 48, 293, 167, x=(0.7, STEPS + 0.3), y=(-2.4, 2.4), **look)
    for (name, width, color, x, y, side), said in zip(
        (
            ("eval() first", 5, ink.learns, 6, 15, "left"),
            ("forgotten", 2, ink.wrong, 296, 15, "right"),
            ("eval() after", 2, ink.value, 296, 36, "right"),
        ),
        answers(layer),
        strict=True,
    ):
        look = {"marker": "o", "markersize": 4}
        ax.trail(batches, said, batch - 1, color, width, 2 * width + 5, **look)
        page.text(x, y, f"{name}: {signed(said[batch - 1], '.2f')}", color, ha=side)
    page.text(6, 36, "answer to x = 1", ink.context)
    return page.figure
