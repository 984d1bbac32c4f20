"""The figures of the chapter about edits in place."""

from collections.abc import Callable, Mapping

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from companion.canvas import WIDTH, in_style, ink, signed

#: How a verdict is drawn: colour and marker. Their shapes differ as well as their colours.
VERDICTS = {"right": (ink.right, "o"), "raises": (ink.refused, "s"), "wrong": (ink.wrong, "X")}


@in_style
def edit_board(
    verdicts: Mapping[str, Mapping[tuple[str, str], str]],
    chosen: tuple[str, str, str],
    function: Callable[[Tensor], Tensor],
    truth: float,
    found: float | None,
    keeps: str,
) -> Figure:
    """Draw what `backward` makes of an edit, for one operation and, as a matrix, for all of them.

    Parameters
    ----------
    verdicts
        For each operation and each pair (what is edited, how), a key of `VERDICTS`.
    chosen
        The operation and the two parts of the edit.
    function
        The operation, on tensors of positive numbers.
    truth, found
        The slope of `function` at 0.25, and the one that `backward` finds after the edit, or None
        where it raises.
    keeps
        What the operation keeps, in words.

    Raises
    ------
    KeyError
        If a verdict is not in `VERDICTS`, or if there is no such choice.

    Examples
    --------
    >>> verdicts = {"sin": {("input", ".data"): "wrong"}}
    >>> chosen = "sin", "input", ".data"
    >>> figure = edit_board(verdicts, chosen, torch.sin, 0.97, 0.73, "its input")
    >>> figure.texts[-1].get_text()
    'after the edit: x.grad = 0.73, wrong'
    """
    name, target, way = chosen
    outcome = verdicts[name][target, way]
    figure = Figure(figsize=(WIDTH / 72, 4.9))
    _draw_verdicts(figure.add_axes((0, 0, 1, 0.68)), verdicts, chosen)
    _draw_slopes(figure.add_axes((0.66, 0.71, 0.32, 0.27)), function, 0.25, truth, found)
    says = "it raises" if found is None else f"x.grad = {signed(found)}, {outcome}"
    figure.text(0.02, 0.94, f"y = {name}", fontweight="bold")
    figure.text(0.02, 0.88, f"keeps {keeps}", color=ink.saved)
    figure.text(0.02, 0.82, f"true slope at 0.25: {truth:.4g}", color=ink.context)
    figure.text(0.02, 0.76, f"after the edit: {says}", color=VERDICTS[outcome][0])
    return figure


def _draw_slopes(ax: Axes, function, x, truth, found):
    """Draw a curve, its tangent, dashed, and a red line with the slope `found`, if there is one."""
    xs = torch.linspace(0.02, 2.8 * x, 36, dtype=torch.float64)
    point = x, function(torch.tensor(x, dtype=torch.float64)).item()
    ax.plot(xs, [function(number).item() for number in xs], color=ink.value)
    ax.axline(point, slope=truth, color=ink.context, linewidth=1, linestyle="dashed")
    alpha = 0 if found is None else 1
    ax.axline(point, slope=found or 0, color=ink.gradient, linewidth=1.5, alpha=alpha)
    ax.plot(*point, "o", color=ink.value)
    ax.set(xlim=(0, 2.8 * x), ylim=(point[1] - 0.6, point[1] + 0.6), xticks=(), yticks=())


def _draw_verdicts(ax: Axes, verdicts, chosen):
    """Draw a row for each operation and a column for each edit, and a frame round the choice."""
    rows = {operation: 15 * row + 7 for row, operation in enumerate(verdicts)}
    columns = {edit: 98 + 44 * k for k, edit in enumerate(next(iter(verdicts.values())))}
    marks = {name: [] for name in VERDICTS}
    for operation, row in verdicts.items():
        for edit, name in row.items():
            marks[name].append((columns[edit], rows[operation]))
    ax.set(xlim=(0, WIDTH), ylim=((len(rows) + 1.4) * 15, -34))  # in points, downwards
    ax.axis("off")
    for target in dict.fromkeys(target for target, _ in columns):
        own = [x for edit, x in columns.items() if edit[0] == target]
        look = {"ha": "center", "va": "center", "size": 10}
        ax.text((own[0] + own[-1]) / 2, -26, f"edit the {target} by", **look)
        ax.plot([own[0] - 18, own[-1] + 18], [-18, -18], color=ink.context, linewidth=0.7)
    for (_, way), x in columns.items():
        ax.text(x, -9, way, ha="center", va="center", size=9, color=ink.context)
    for operation, y in rows.items():
        weight = "bold" if operation == chosen[0] else "normal"
        ax.text(8, y, operation, va="center", size=10, weight=weight)
    x, y = columns[chosen[1:]], rows[chosen[0]]
    frame = [x - 20, x + 20, x + 20, x - 20, x - 20], [y - 7, y - 7, y + 7, y + 7, y - 7]
    ax.plot(*frame, color=ink.text, linewidth=1.2)
    below = 15 * len(rows) + 14
    for x, (name, (color, marker)) in zip((98, 175, 252), VERDICTS.items(), strict=True):
        places = zip(*marks[name], (x - 10, below), strict=True)
        ax.plot(*places, marker, color=color, markersize=7, markeredgewidth=0)
        text = "silently wrong" if name == "wrong" else name
        ax.text(x, below, text, va="center", size=10, color=color)
