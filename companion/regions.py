"""Where a function of two numbers is above a level: polygons that glide, and layers of colour.

A polygon has as many corners at every level and for every function, so that all frames of a
figure have the same paths, and a page needs little to store them.

>>> [polygon] = {len(polygon) for polygon in above(lambda x, y: x - y**2, 0.2, (0, 1), (-1, 1))}
>>> polygon == 2 * COLUMNS
True
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

COLUMNS = 19  #: of corners in a polygon; they are close together at its ends


def layers(count: int, strongest: float) -> Iterator[tuple[float, float]]:
    """Yield how far from 1/2 each layer of colour begins, and its opacity.

    They lie on each other, and together become stronger in even steps.

    >>> [round(alpha, 3) for _, alpha in layers(2, 0.8)]
    [0.4, 0.667]
    """
    for k in range(count):
        before, after = (strongest * n / count for n in (k, k + 1))
        yield (k + 0.5) / (2 * count), 1 - (1 - after) / (1 - before)


def above(
    function: Callable[[Tensor, Tensor], Tensor],
    level: float,
    across: tuple[float, float],
    up: tuple[float, float],
) -> list[list[tuple[float, float]]]:
    """Return two polygons around where a function is above a level, side by side.

    They meet where the largest value over the second number is lowest, as at a mountain pass. In
    each, the second number rises and falls over columns of the first; where nothing is above, the
    polygon is a point.

    The function broadcasts two tensors of float64; `across` and `up` are the ends of the two numbers.
    Along the second one, and on either side of the pass, it may rise and then fall, and not rise
    again: ArithmeticError if it is above the level in two places of a column.
    """
    places, rows = (torch.linspace(*ends, 201, dtype=torch.float64) for ends in (across, up))
    ridge = function(places[:, None], rows).amax(1)
    middle = ridge.argmin().item()
    middle = middle if 0 < middle < len(ridge) - 1 else len(ridge) // 2
    turn = torch.linspace(0, math.pi, COLUMNS, dtype=torch.float64)
    polygons = []
    for part in (slice(0, middle + 1), slice(middle, None)):
        left, right = _where(places[part], ridge[None, part], level)
        columns = left + (right - left) * (1 - turn.cos()) / 2
        low, high = _where(rows, function(columns[:, None], rows), level)
        corners = torch.stack(
            [torch.cat([columns, columns.flip(0)]), torch.cat([low, high.flip(0)])]
        )
        polygons.append([tuple(corner) for corner in corners.T.tolist()])
    return polygons


def _where(places, rows, level):
    """Return between which places each row is above a level; at its largest, if it nowhere is."""
    over = rows > level
    first, last = over.int().argmax(1), len(places) - 1 - over.flip(1).int().argmax(1)
    if ((last - first + 1 != over.sum(1)) & over.any(1)).any():
        raise ArithmeticError(f"The function is above {level:g} in two places of a column.")
    ends = []
    for inside, side in ((first, -1), (last, 1)):
        beyond = (inside + side).clamp(0, len(places) - 1)
        value, out = (rows.gather(1, k[:, None])[:, 0] for k in (inside, beyond))
        share = torch.where(beyond == inside, 0, (value - level) / (value - out))
        end = places[inside] + share * (places[beyond] - places[inside])
        ends.append(torch.where(over.any(1), end, places[rows.argmax(1)]))
    return ends
