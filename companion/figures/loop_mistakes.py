"""The figures of the chapter about the mistakes of a training loop."""

import textwrap

from matplotlib import rc_context
from matplotlib.figure import Figure

from companion.canvas import MARGIN, Page, in_style, ink, signed
from companion.loops import LOOPS, STEPS, answers, run, verdict

_WIDTH, _SIZE = 302.4, 12  # in points: of a picture, and of its text
_words = rc_context({"font.size": _SIZE})


@in_style
@_words
def training_loop(mistake: str = "no zero_grad()", step: int = 6) -> Figure:
    """Draw a loop's code with what is wrong in it, and w after each step beside the right one.

    Parameters
    ----------
    mistake
        One of the `LOOPS`.
    step
        How many steps have been made, from 1 to 8.

    Examples
    --------
    >>> training_loop("no zero_grad()", 8).texts[9].get_text()
    'no error, and another w'
    """
    lines, wrong = LOOPS[mistake]
    page = Page(323, _WIDTH)
    for row in range(9):
        line = lines[row] if row < len(lines) else ""
        tint = 0.2 if row in wrong else 0
        page.box(0, 3 + 14 * row, _WIDTH, 14, color=ink.wrong, alpha=tint, linewidth=0)
        left = MARGIN - 4 + 0.602 * _SIZE * (len(line) - len(line.lstrip()))
        page.text(left, 14 + 14 * row, line.lstrip(), family="monospace", size=_SIZE)

    weights, error = run(mistake)
    own = ink.refused if error else ink.wrong if wrong else ink.learns
    page.text(MARGIN - 4, 148, verdict(mistake), own, weight="bold", size=_SIZE)
    page.text(_WIDTH - 6, 148, "the right loop", ink.learns, ha="right", size=_SIZE)
    error = f"{error} " if error else ""
    for row, text in enumerate((textwrap.wrap(error, 44) + ["", ""])[:2]):
        page.text(MARGIN - 4, 305 + 14 * row, text, ink.refused, size=_SIZE)

    ax = page.figure.add_axes((0.08, 0.156, 0.87, 0.37))
    ax.axhline(2, color=ink.context, linewidth=1, linestyle="dashed")
    for values, color, width in ((run("nothing").weights, ink.learns, 5), (weights, own, 2)):
        last = min(step, len(values) - 1)
        trail = [min(k, last) for k in range(STEPS + 1)]  # always as many
        ax.plot(trail, [values[k] for k in trail], color=color, linewidth=width, alpha=0.8)
        ax.plot(last, values[last], "o", color=color, markersize=2 * width + 4)
    ax.plot(
        len(weights) - 1,
        weights[-1],
        "X",
        color=own,
        markersize=12,
        alpha=1 if error and last < step else 0,
    )
    ax.set(xlim=(-0.3, STEPS + 0.3), ylim=(0.6, 4.4), yticks=(1, 2, 3, 4))
    ax.set_xticks((0, 2, 4, 6, 8), ("0", "2", "4", "6", "step 8"))
    ax.text(-0.15, 4.3, "w", va="top")
    return page.figure


@in_style
@_words
def evaluation(layer: str = "batch norm", batch: int = 6) -> Figure:
    """Draw what a layer answers to the same number in one test batch after another.

    Parameters
    ----------
    layer
        "dropout" or "batch norm".
    batch
        How many batches have been tested, from 1 to 8.

    Examples
    --------
    >>> evaluation("dropout", 3).texts[1].get_text()
    'forgotten: 2.00'
    """
    figure = Figure(figsize=(_WIDTH / 72, 2.9))
    ax = figure.add_axes((0.13, 0.2, 0.84, 0.57))
    rows = (
        ("eval() first", 5, ink.learns),
        ("forgotten", 2, ink.wrong),
        ("eval() after", 2, ink.value),
    )
    places = ((0.02, "left"), (0.98, "right"), (0.98, "right"))
    for k, ((name, width, color), said) in enumerate(zip(rows, answers(layer), strict=True)):
        trail = [min(n, batch - 1) for n in range(STEPS)]  # always as many
        ax.plot(
            [n + 1 for n in trail],
            [said[n] for n in trail],
            "o-",
            color=color,
            linewidth=width,
            markersize=4,
        )
        ax.plot(batch, said[batch - 1], "o", color=color, markersize=2 * width + 5)
        (x, side), words = places[k], f"{name}: {signed(said[batch - 1], '.2f')}"
        figure.text(x, 0.83 if k == 2 else 0.93, words, color=color, ha=side)
    figure.text(0.02, 0.83, "answer to x = 1", color=ink.context)
    ax.set(xlim=(0.7, STEPS + 0.3), ylim=(-2.4, 2.4), yticks=(-2, -1, 0, 1, 2))
    ax.set(xticks=range(1, STEPS + 1), xlabel="test batch")
    ax.set_yticks((-2, -1, 0, 1, 2), ("−2", "−1", "0", "1", "2"))
    return figure
