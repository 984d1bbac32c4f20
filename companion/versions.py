"""Replay a small program with the versions of its tensors, and draw what in-place edits do.

A tensor counts the in-place edits of its memory in ``_version``. What autograd keeps for the way
back is kept together with the version of that moment; `backward` compares the two.

``replay``         runs a program line by line, and asks after each line what is kept
``draw_replay``    one moment of it: the program from top to bottom, with the versions beside it
``draw_slopes``    a curve, its tangent, and the line with the slope that `backward` found
``draw_verdicts``  a matrix: for every operation and edit, whether `backward` raises or is wrong
"""

import contextlib
import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Affine2D
from torch import Tensor

from explorable import palette

# Lengths in points, counted from the top left. A figure is 4.8 inches wide.
_WIDTH, _ROW, _TOP, _LINE = 345.6, 23, 34, 14
_LANES = ((205, 230, 250, 270), (292, 316, 334))  # of each tensor: its value, then its versions


@dataclass(frozen=True)
class Kept:
    """What autograd keeps of a tensor: its value and version then, and what torch says now.

    ``refused`` is the message with which torch would refuse to use it now, or None.
    """

    value: Any
    version: int
    refused: str | None


@dataclass(frozen=True)
class Moment:
    """A line of a program that has just run, and what it left behind.

    ``values`` and ``versions`` belong to the watched tensors that exist by then; ``kept`` to those
    that autograd keeps for a `backward` that may still come. ``printed`` is what the line printed,
    ``raised`` the type and message of its exception. Lines after it have ``ran`` False.
    """

    line: str
    values: dict[str, Any]
    versions: dict[str, int]
    kept: dict[str, Kept]
    printed: str = ""
    raised: str = ""
    ran: bool = True


def replay(
    program: Sequence[str], watch: Sequence[str], names: Mapping[str, Any] | None = None
) -> list[Moment]:
    """Run a program line by line, and return a moment for each line.

    Parameters
    ----------
    program
        Statements, each complete in itself. They really run, one after the other.
    watch
        The names of the tensors to look at.
    names
        What the program may use besides ``torch``.

    Returns
    -------
    list of Moment
        As many as lines, also if the program raises an exception, which goes no further.

    Raises
    ------
    ValueError
        If a watched name never becomes a tensor.

    Examples
    --------
    >>> lines = ["w = torch.tensor(3.0, requires_grad=True)", "z = w * w", "w.data.add_(1)"]
    >>> replay(lines, ["w"])[-1].kept["w"]
    Kept(value=3.0, version=0, refused=None)
    """
    space = {"torch": torch, **(names or {})}
    moments, known = [], {}
    for line in program:
        if moments and (moments[-1].raised or not moments[-1].ran):
            moments.append(replace(moments[-1], line=line, printed="", raised="", ran=False))
            continue
        printed, raised = io.StringIO(), ""
        try:
            with contextlib.redirect_stdout(printed):
                exec(line, space)  # noqa: S102 the author's own lines
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
        tensors = {name: space[name] for name in watch if isinstance(space.get(name), Tensor)}
        values = {name: tensor.tolist() for name, tensor in tensors.items()}
        versions = {name: tensor._version for name, tensor in tensors.items()}
        results = [value for value in space.values() if isinstance(value, Tensor)]
        kept = _kept(results, tensors, known)
        moments.append(Moment(line, values, versions, kept, printed.getvalue().strip(), raised))
    if missing := set(watch) - set(moments[-1].values if moments else ()):
        raise ValueError(f"the program never makes a tensor {missing.pop()!r}")
    return moments


def _kept(results, tensors, known):
    """Find which of the tensors are kept, and remember in `known` what they were when that began.

    torch does not tell the version that it wrote down, so it is read when a node is new.
    """
    found = {}
    nodes = [tensor.grad_fn for tensor in results if tensor.grad_fn is not None]
    for node in nodes:  # which grows as it is walked
        nodes += [child for child, _ in node.next_functions if child and child not in nodes]
        for name in dir(node):
            if not name.startswith("_raw_saved_"):
                continue
            try:
                memory = getattr(node, name).data
            except RuntimeError:  # freed by a backward
                continue
            for watched, tensor in tensors.items():
                if memory is not None and memory.data_ptr() == tensor.data_ptr():
                    first = Kept(tensor.tolist(), tensor._version, None)
                    first = known.setdefault((node, name), first)
                    found[watched] = replace(first, refused=_refusal(node, name))
    return found


def _refusal(node, name):
    """Ask torch for a saved tensor, as backward would."""
    try:
        getattr(node, name.removeprefix("_raw"))
    except RuntimeError as error:
        return str(error)
    return None


def draw_replay(moments: Sequence[Moment], k: int, truth: str) -> Figure:
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
    >>> moments = replay(["w = torch.tensor(3.0)", "print(w)"], ["w"])
    >>> figure = draw_replay(moments, 1, truth="tensor(3.)")
    >>> [text.get_text() for text in figure.texts if text.get_color() == palette.green]
    ['It prints tensor(3.), which is right.', ' ', ' ', ' ']
    """
    if k not in range(len(moments)):
        raise ValueError(f"there is no moment {k}; the moments are 0 to {len(moments) - 1}")
    page = _Page(_TOP + _ROW * len(moments) + 7 * _LINE)
    looks = {"family": "monospace", "size": 9}
    page.write(4, _height(k), "→" if moments[k].ran else "", **looks)
    for row, moment in enumerate(moments):
        here = row == k and moment.ran
        color = "black" if row <= k and moment.ran else palette.grey
        color = palette.gold if here and moment.raised else color
        weight = "bold" if here else "normal"
        page.write(14, _height(row), moment.line, color, weight=weight, **looks)
    for name, lane in zip(moments[-1].values, _LANES, strict=False):
        _draw_lane(page, moments, k, name, lane)
    _write_verdict(page, moments, k, truth, _TOP + _ROW * len(moments) + _LINE / 2)
    return page.figure


def _height(row):
    return _TOP + (row + 0.5) * _ROW


class _Page:
    """A figure measured in points from its top left. It has no axes, which take time to draw."""

    def __init__(self, height):
        self.figure = Figure(figsize=(_WIDTH / 72, height / 72))
        inches = Affine2D().translate(0, -height).scale(1 / 72, -1 / 72)
        self._where = inches + self.figure.dpi_scale_trans

    def write(self, x, y, text, color="black", **looks):
        # matplotlib leaves out an empty text, and then the frames would differ in their artists.
        looks = {"va": "center", "size": 10, "parse_math": False, **looks}
        self.figure.text(x, y, text or " ", color=color, transform=self._where, **looks)

    def line(self, points, color, alpha=1, **looks):
        """Draw a line through points; if there are none, one that is not seen."""
        x, y = zip(*(points or [(0, 0), (0, 0)]), strict=True)
        looks = {"color": color, "alpha": alpha if points else 0, **looks}
        self.figure.add_artist(Line2D(x, y, transform=self._where, **looks))


def _draw_lane(page, moments, k, name, lane):
    """Draw one tensor: its number and version at each line, and the track of what is kept."""
    middle, *places = lane
    bottom, gap = _height(len(moments) - 1) + _ROW / 2, (0, float("nan"))
    grid = [point for x in places for point in ((x, _TOP), (x, bottom), gap)]
    page.line(grid, palette.grey, linewidth=0.5)
    page.write(middle, 24, name, ha="center", weight="bold")
    page.write((places[0] + places[-1]) / 2, 10, "version", palette.grey, ha="center", size=9)
    for version, x in enumerate(places):
        page.write(x, 24, str(version), palette.grey, ha="center", size=9)
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
        color, weight = (palette.red, "bold") if changed else (palette.blue, "normal")
        text = _number(moment.values[name]) if shown else ""
        page.write(middle, _height(row), text, color, ha="center", weight=weight)
    page.line(track, palette.purple, linewidth=12, solid_capstyle="butt", alpha=0.4)
    dots += dots[-1:] * (len(moments) - len(dots))  # as many artists in every frame
    page.line(dots, palette.blue, linewidth=1.5, marker="o")
    page.line(failed, palette.gold, marker="X", markersize=10)


def _number(value):
    if isinstance(value, list):
        return f"[{', '.join(map(_number, value))}]"
    return f"{value:.3g}"


def _write_verdict(page, moments, k, truth, y):
    """Say what is kept, what the check says, and what the program has printed or raised."""
    moment, before = moments[k], moments[max(k - 1, 0)].kept
    lines = [("kept for backward(): nothing", palette.purple), ("", palette.blue)]
    for name in before.keys() - moment.kept.keys():
        kept, now = _number(before[name].value), _number(moments[k - 1].values[name])
        text = f"backward() needed {name} = {kept}, and found {now}"
        lines = [("kept for backward(): nothing any more", palette.purple), (text, palette.blue)]
    for name, kept in moment.kept.items():
        text = f"kept for backward(): {name} = {_number(kept.value)}, version {kept.version}"
        now = moment.versions[name]
        check = f"the check now: {kept.version} ≠ {now}, refused"
        if kept.refused is None:
            check = f"the check now: {kept.version} = {now}, passes, reads "
            check += _number(moment.values[name])
        lines = [(text, palette.purple), (check, palette.blue)]
    raised = next((m.raised for m in moments[: k + 1] if m.raised), "")
    said, color = textwrap.wrap(raised.split(" Hint:")[0], 60), palette.gold
    if k == len(moments) - 1 and not raised:
        said, color = [f"It prints {moment.printed}, which is right."], palette.green
        if moment.printed != truth:
            said = [f"It prints {moment.printed}.", f"The truth is {truth}. No error, no warning."]
            color = palette.red
    said += [""] * (4 - len(said))
    lines += [(text, color) for text in said]
    for row, (text, color) in enumerate(lines):
        page.write(4, y + row * _LINE, text, color)


def draw_slopes(
    ax: Axes, function: Callable[[Tensor], Tensor], x: float, truth: float, found: float | None
) -> None:
    """Draw a curve, its tangent, dashed, and a red line with another slope.

    Parameters
    ----------
    ax
        The axes to draw into; they show the curve around the point, and no ticks.
    function
        Takes and returns a tensor with one number; defined for positive numbers.
    x
        Where the lines touch the curve.
    truth, found
        The two slopes. If `found` is None, there is no red line.

    Examples
    --------
    >>> ax = Figure().add_subplot()
    >>> draw_slopes(ax, torch.exp, 0.25, 1.284, None)
    >>> [line.get_alpha() for line in ax.lines if line.get_color() == palette.red]
    [0]
    """
    xs = torch.linspace(0.02, 2.8 * x, 36, dtype=torch.float64)
    point = x, function(torch.tensor(x, dtype=torch.float64)).item()
    ax.plot(xs, [function(number).item() for number in xs], color=palette.blue)
    ax.axline(point, slope=truth, color=palette.grey, linewidth=1, linestyle="dashed")
    line = ax.axline(point, slope=found or 0, color=palette.red, linewidth=1.5)
    line.set_alpha(0 if found is None else 1)
    ax.plot(*point, "o", color=palette.blue)
    ax.set(xlim=(0, 2.8 * x), ylim=(point[1] - 0.6, point[1] + 0.6), xticks=(), yticks=())


#: How a verdict is drawn: colour and marker. Their shapes differ as well as their colours.
VERDICTS = {
    "right": (palette.green, "o"),
    "raises": (palette.gold, "s"),
    "wrong": (palette.red, "X"),
}


def draw_verdicts(
    ax: Axes, verdicts: Mapping[str, Mapping[tuple[str, str], str]], chosen: tuple[str, str, str]
) -> None:
    """Draw a matrix of verdicts, a row for each operation and a column for each edit.

    Parameters
    ----------
    ax
        The axes to draw into; it is emptied of ticks and frame.
    verdicts
        For each operation and each pair (what is edited, how), a key of `VERDICTS`.
    chosen
        The operation and the two parts of the edit that get a frame.

    Raises
    ------
    KeyError
        If a verdict is not in `VERDICTS`, or if there is no such choice.

    Examples
    --------
    >>> ax = Figure().add_subplot()
    >>> draw_verdicts(ax, {"sin": {("input", ".data"): "wrong"}}, ("sin", "input", ".data"))
    >>> [text.get_text() for text in ax.texts]
    ['edit the input by', '.data', 'sin', 'right', 'raises', 'silently wrong']
    """
    rows = {operation: 15 * row + 7 for row, operation in enumerate(verdicts)}
    columns = {edit: 98 + 44 * k for k, edit in enumerate(next(iter(verdicts.values())))}
    marks = {name: [] for name in VERDICTS}
    for operation, row in verdicts.items():
        for edit, name in row.items():
            marks[name].append((columns[edit], rows[operation]))
    ax.set(xlim=(0, _WIDTH), ylim=((len(rows) + 1.4) * 15, -34))
    ax.axis("off")
    for target in dict.fromkeys(target for target, _ in columns):
        own = [x for edit, x in columns.items() if edit[0] == target]
        looks = {"ha": "center", "va": "center", "size": 10}
        ax.text((own[0] + own[-1]) / 2, -26, f"edit the {target} by", **looks)
        ax.plot([own[0] - 18, own[-1] + 18], [-18, -18], color=palette.grey, linewidth=0.7)
    for (_, way), x in columns.items():
        ax.text(x, -9, way, ha="center", va="center", size=9, color=palette.grey)
    for operation, y in rows.items():
        weight = "bold" if operation == chosen[0] else "normal"
        ax.text(8, y, operation, va="center", size=10, weight=weight)
    x, y = columns[chosen[1:]], rows[chosen[0]]
    frame = [x - 20, x + 20, x + 20, x - 20, x - 20], [y - 7, y - 7, y + 7, y + 7, y - 7]
    ax.plot(*frame, color="black", linewidth=1.2)
    below = 15 * len(rows) + 14
    for x, (name, (color, marker)) in zip((98, 175, 252), VERDICTS.items(), strict=True):
        places = zip(*marks[name], (x - 10, below), strict=True)
        ax.plot(*places, marker, color=color, markersize=7, markeredgewidth=0)
        text = "silently wrong" if name == "wrong" else name
        ax.text(x, below, text, va="center", size=10, color=color)
