"""How large a figure may be, and what to do about one that is larger.

A figure that is too large becomes smaller by coarser controls: again and again, the control with
the most positions gives up every second of them. A figure is recorded in the opposite order, from
its coarsest form to all of its positions. So what is too large is refused long before its last
position is drawn, and the form that fitted last is the cure.
"""

import gzip
import math
from collections.abc import Iterator, Sequence
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
        left = [math.ceil(count / stride) for count, stride in zip(counts, strides, strict=True)]
        if max(left, default=1) == 1:
            return
        strides[left.index(max(left))] *= 2


def check_positions(controls: Sequence[Control]) -> None:
    """Raise an error if there are too many positions."""
    counts = [len(control.values) for control in controls]
    if math.prod(counts) > limits.positions:
        raise ValueError(
            f"{math.prod(counts)} positions, more than {limits.positions}; "
            f"{_cure(controls, at_most(controls, limits.positions))}, or raise "
            "explorable.limits.positions"
        )


def at_most(controls: Sequence[Control], positions: float) -> tuple[int, ...]:
    """Return the first strides that leave no more than so many positions."""
    counts = [len(control.values) for control in controls]
    for strides in coarser(counts):
        if math.prod(map(_left, counts, strides)) <= positions:
            break
    return strides


def _left(count, stride):
    return math.ceil(count / stride)


def check_size(
    html: str, controls: Sequence[Control], fitted: tuple[int, ...] | None, about: str = ""
) -> None:
    """Raise an error if `html` is too large; `fitted` are the strides of the form that was not."""
    for size, limit, name, how in (
        (len(gzip.compress(html.encode(), mtime=0)), limits.bytes, "bytes", " compressed"),
        (len(html.encode()), limits.raw, "raw", ""),
    ):
        if size > limit:
            if fitted:
                cure = _cure(controls, fitted)
            else:
                cure = (
                    "even for two positions, so draw less: fewer points, or rasterized=True for "
                    "what has many"
                )
            raise ValueError(
                f"{about}{size:,} bytes{how}, more than {limit:,}; {cure}, or raise "
                f"explorable.limits.{name}"
            )


def _cure(controls, strides):
    cures = []
    for control, stride in zip(controls, strides, strict=True):
        if stride > 1 and control.step:
            cures.append(f"set the step of {control.argument} to {control.step * stride:.6g}")
        elif stride > 1:
            left = _left(len(control.values), stride)
            cures.append(f"give {control.argument} {left} options")
    return " and ".join(dict.fromkeys(cures))
