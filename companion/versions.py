"""Replay a small program with the versions of its tensors, and draw what in-place edits do.

A tensor counts the in-place edits of its memory in ``_version``. What autograd keeps for the way
back is kept together with the version of that moment; `backward` compares the two.

``replay``       runs a program line by line, and asks after each line what is kept
``draw_replay``  one moment of it: the program from top to bottom, with the versions beside it
"""

import contextlib
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from companion.canvas import Page, ink, signed
from companion.graph import _walk

# Lengths in points, counted from the top left.
_ROW, _TOP, _LINE = 23, 34, 14
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
    for root in filter(None, (tensor.grad_fn for tensor in results)):
        for node in _walk.walk(root)[0]:
            with contextlib.suppress(RuntimeError):  # a backward has freed what it saved
                for name, raw in _walk.raw_saved(node):
                    for watched, tensor in tensors.items():
                        if raw.data is not None and raw.data.data_ptr() == tensor.data_ptr():
                            now = Kept(tensor.tolist(), tensor._version, None)
                            first = known.setdefault((node, name), now)
                            found[watched] = replace(first, refused=_refusal(node, name))
    return found


def _refusal(node, name):
    """Return the message with which torch refuses a saved tensor, or None."""
    try:
        getattr(node, f"_saved_{name}")  # compares the versions, as backward does
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
