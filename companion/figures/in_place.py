"""The figures of the chapter about edits in place."""

import textwrap
from collections.abc import Callable, Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from companion.canvas import WIDTH, Page, in_style, ink, signed
from companion.versions import Moment

#: How a verdict is drawn: colour and marker. Their shapes differ as well as their colours.
VERDICTS = {"right": (ink.right, "o"), "raises": (ink.refused, "s"), "wrong": (ink.wrong, "X")}

# Lengths in points, counted from the top left.
_ROW, _TOP, _LINE = 23, 34, 14
_LANES = ((205, 230, 250, 270), (292, 316, 334))  # of each tensor: its value, then its versions


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


def version_replay(moments: Sequence[Moment], k: int, truth: str) -> Figure:
    """Draw moment `k`: the program, and beside each line the versions of two tensors.

    A blue dot is the present version. A purple track begins where autograd keeps the tensor, at the
    version that it had then, and ends where `backward` has freed it. A cross on it is a check that
    failed. A red number is in the memory of a kept tensor and is not what was kept.

    Parameters
    ----------
    moments
        What `replay` returned, for at most two watched tensors.
    k
        Which of them, from 0.
    truth
        What the last line would print without any edit.

    Returns
    -------
    matplotlib.figure.Figure
        4.8 inches wide, with the same artists for every `k`.

    Raises
    ------
    ValueError
        If there is no moment `k`.

    Examples
    --------
    >>> from companion.versions import replay
    >>> moments = replay(["w = torch.tensor(3.0)", "print(w)"], ["w"])
    >>> figure = version_replay(moments, 1, truth="tensor(3.)")
    >>> [text.get_text() for text in figure.texts if text.get_color() == ink.right]
    ['It prints tensor(3.), which is right.', ' ', ' ', ' ']
    """
    if k not in range(len(moments)):
        raise ValueError(f"there is no moment {k}; the moments are 0 to {len(moments) - 1}")
    page = Page(_TOP + _ROW * len(moments) + 7 * _LINE)
    looks = {"family": "monospace", "size": 9}
    _write(page, 4, _height(k), "→" if moments[k].ran else "", **looks)
    for row, moment in enumerate(moments):
        here = row == k and moment.ran
        color = ink.text if row <= k and moment.ran else ink.context
        color = ink.refused if here and moment.raised else color
        weight = "bold" if here else "normal"
        _write(page, 14, _height(row), moment.line, color, weight=weight, **looks)
    for name, lane in zip(moments[-1].values, _LANES, strict=False):
        _draw_lane(page, moments, k, name, lane)
    _write_verdict(page, moments, k, truth, _TOP + _ROW * len(moments) + _LINE / 2)
    return page.figure


def _height(row):
    return _TOP + (row + 0.5) * _ROW


def _write(page, x, y, text, color=ink.text, **look):
    page.text(x, y, text, color, **{"va": "center", "size": 10, **look})


def _draw_lane(page, moments, k, name, lane):
    """Draw one tensor: its number and version at each line, and the track of what is kept."""
    middle, *places = lane
    bottom, gap = _height(len(moments) - 1) + _ROW / 2, (0, float("nan"))
    grid = [point for x in places for point in ((x, _TOP), (x, bottom), gap)]
    page.line(grid, ink.context, linewidth=0.5)
    _write(page, middle, 24, name, ha="center", weight="bold")
    _write(page, (places[0] + places[-1]) / 2, 10, "version", ink.context, ha="center", size=9)
    for version, x in enumerate(places):
        _write(page, x, 24, str(version), ink.context, ha="center", size=9)
    dots, track, failed = [], [], []
    for row, moment in enumerate(moments):
        shown = row <= k and moment.ran and name in moment.values
        kept, before = moment.kept.get(name), moments[max(row - 1, 0)].kept.get(name)
        tracked = (kept or before) if shown else None  # its last line is where backward frees it
        if tracked:
            x, y = places[tracked.version], _height(row)
            track += [(x, y - (_ROW / 2 if before else 2)), (x, y + (_ROW / 2 if kept else 0)), gap]
            failed += [(x, y)] if moment.raised and tracked.refused else []
        if shown:
            dots.append((places[moment.versions[name]], _height(row)))
        changed = tracked and tracked.value != moment.values[name]
        color, weight = (ink.changed, "bold") if changed else (ink.value, "normal")
        text = signed(moment.values[name], ".3g") if shown else ""
        _write(page, middle, _height(row), text, color, ha="center", weight=weight)
    page.line(track, ink.saved, linewidth=12, solid_capstyle="butt", alpha=0.4)
    dots += dots[-1:] * (len(moments) - len(dots))  # as many artists in every frame
    page.line(dots, ink.value, linewidth=1.5, marker="o")
    page.line(failed, ink.refused, marker="X", markersize=10)


def _write_verdict(page, moments, k, truth, y):
    """Say what is kept, what the check says, and what the program has printed or raised."""
    moment, before = moments[k], moments[max(k - 1, 0)].kept
    lines = [("kept for backward(): nothing", ink.saved), ("", ink.value)]
    for name in before.keys() - moment.kept.keys():
        kept, now = signed(before[name].value, ".3g"), signed(moments[k - 1].values[name], ".3g")
        text = f"backward() needed {name} = {kept}, and found {now}"
        lines = [("kept for backward(): nothing any more", ink.saved), (text, ink.value)]
    for name, kept in moment.kept.items():
        text = f"kept for backward(): {name} = {signed(kept.value, '.3g')}, version {kept.version}"
        now = moment.versions[name]
        check = f"the check now: {kept.version} ≠ {now}, refused"
        if kept.refused is None:
            check = f"the check now: {kept.version} = {now}, passes, reads "
            check += signed(moment.values[name], ".3g")
        lines = [(text, ink.saved), (check, ink.value)]
    raised = next((m.raised for m in moments[: k + 1] if m.raised), "")
    said, color = textwrap.wrap(raised.split(" Hint:")[0], 60), ink.refused
    if k == len(moments) - 1 and not raised:
        said, color = [f"It prints {moment.printed}, which is right."], ink.right
        if moment.printed != truth:
            said = [f"It prints {moment.printed}.", f"The truth is {truth}. No error, no warning."]
            color = ink.wrong
    said += [""] * (4 - len(said))
    lines += [(text, color) for text in said]
    for row, (text, color) in enumerate(lines):
        _write(page, 4, y + row * _LINE, text, color)
