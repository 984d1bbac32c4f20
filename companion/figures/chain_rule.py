"""The figures of the chapter about the chain rule."""

import math
from collections.abc import Sequence

import torch
from matplotlib.figure import Figure

from companion.canvas import in_style, ink, panels


@in_style
def doublings(visits: Sequence[int], nodes: Sequence[int]) -> Figure:
    """Draw a chain of k doublings, and how much work both ways back have up to k.

    Parameters
    ----------
    visits, nodes
        For 1 to k doublings: the visits of a walk path by path, and the nodes.

    Examples
    --------
    >>> doublings([3, 7], [2, 3]).texts[0].get_text()
    'path by path: 7 visits (4 paths)'
    """
    k = len(visits)
    figure, (left, ax) = panels(
        *(3.6, 1, 2), width_ratios=(1, 4), left=0.02, right=0.97, bottom=0.14, top=0.8, wspace=0.45
    )
    t = torch.linspace(0, k, 8 * k + 1, dtype=torch.float64)
    ring = (math.pi * t).sin().abs() / 2
    left.plot(ring, t, -ring, t, color=ink.gradient, linewidth=1)
    left.plot([0] * (k + 1), range(k + 1), "o", color=ink.value, markersize=7)
    left.set(xlim=(-1, 1), ylim=(15.4, -0.4))
    left.axis("off")
    for values, color in ((visits, ink.gradient), (nodes, ink.value)):
        ax.plot(range(1, k + 1), values, "o-", color=color, markersize=4)
    ax.set(yscale="log", xlim=(0, 16), ylim=(1, 2e5), xticks=(1, 5, 10, 15), xlabel="k")
    ax.set_yticks((1, 10, 100, 1000, 10000), ("1", "10", "100", "1000", "10 000"))
    ax.minorticks_off()
    words = f"path by path: {visits[-1]:,} visits ({2**k:,} paths)".replace(",", " ")
    figure.text(0.02, 0.92, words, color=ink.gradient)
    figure.text(0.02, 0.85, f"one sweep: {nodes[-1]} nodes", color=ink.value)
    return figure
