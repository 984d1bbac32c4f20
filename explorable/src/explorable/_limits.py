"""How large a figure may be, and what to do about one that is larger.

A figure that is too large becomes smaller by coarser controls: again and again, the control with
the most positions gives up every second of them. A figure is recorded in the opposite order, from
its coarsest form to all of its positions. So what is too large is refused long before its last
position is drawn, and the form that fitted last is the cure.
"""

import gzip
from collections.abc import Iterator, Sequence
from math import prod
from types import SimpleNamespace

from explorable._controls import Control

#: How large a figure may be: set another number to allow more.
limits = SimpleNamespace(
    positions=1000,
    bytes=60_000,  # of a figure's HTML, compressed by gzip
    raw=1_000_000,  # of the same, as it stands in the notebook
)


def coarser(counts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield strides over controls with so many positions, from every position to only one.

    Examples
    --------
    >>> list(coarser([4, 2]))
    [(1, 1), (2, 1), (4, 1), (4, 2)]
    """
    strides = [1 for _ in counts]
    while True:
        yield tuple(strides)
        left = _left(counts, strides)
        if max(left, default=1) == 1:
            return
        strides[left.index(max(left))] *= 2


def check_positions(controls: Sequence[Control]) -> None:
    """Raise an error if there are too many positions."""
    count = prod(len(control.values) for control in controls)
    if count > limits.positions:
        raise ValueError(
            f"{count} positions, more than {limits.positions}; "
            f"{_cure(controls, limits.positions)}, or raise explorable.limits.positions"
        )


def check_size(html: str, controls: Sequence[Control], fitted: int) -> None:
    """Raise an error if `html` is too large; with `fitted` positions, it was not."""
    raw = html.encode()
    for size, limit, name, how in (
        (len(gzip.compress(raw, mtime=0)), limits.bytes, "bytes", " compressed"),
        (len(raw), limits.raw, "raw", ""),
    ):
        if size > limit:
            cure = "even for two positions, so draw less: fewer points, or rasterized=True for "
            cure = _cure(controls, fitted) if fitted > 1 else f"{cure}what has many"
            raise ValueError(
                f"{size:,} bytes{how}, more than {limit:,}; {cure}, or raise "
                f"explorable.limits.{name}"
            )


def _left(counts, strides):
    return [-(-count // stride) for count, stride in zip(counts, strides, strict=True)]


def _cure(controls, positions):
    """Say what leaves no more than so many positions."""
    counts = [len(control.values) for control in controls]
    strides = next(s for s in coarser(counts) if prod(_left(counts, s)) <= max(positions, 1))
    cures = {}  # one for both ends of a range
    for control, stride, left in zip(controls, strides, _left(counts, strides), strict=True):
        if stride > 1 and control.step:
            step = f"{control.step * stride:.6g}"
            cures[f"set the step of {control.argument} to {step}"] = None
        elif stride > 1:
            cures[f"give {control.argument} {left} options"] = None
    return " and ".join(cures)
