"""Where a figure is taken hold of: a circle around the point that a control sets.

The circle is part of the picture, invisible without the page's style sheet. Its attributes
``data-x`` and ``data-y`` name controls, and ``data-xs`` and ``data-ys`` say where, in the picture's
own units, each position of theirs lies; ``static/explorable.js`` drags it. An author's own SVG may
hold such a circle as well.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import numpy as np


def add_handles(
    svg: Element,
    figure: Any,
    handles: Sequence[Mapping[str, str]],
    now: Mapping[str, float],
    values: Mapping[str, Sequence[float]],
) -> None:
    """Add to `svg`, the picture of a matplotlib `figure`, a circle for each of its handles.

    A handle is the control that ``"x"`` sets, the one that ``"y"`` sets, or both. `now` is the
    value that each control has in this picture, `values` are those that it can have.
    """
    plots = [axes for axes in figure.axes if axes.name == "rectilinear"]
    for handle in handles if plots else ():
        axes, point = _find(plots, {"xy".index(axis): now[name] for axis, name in handle.items()})
        place = _places(axes, [point])[0]
        circle = {"class": "explorable-hold", "cx": _text(place[0], 2), "cy": _text(place[1], 2)}
        circle["r"] = _text(float(svg.get("viewBox").split()[2]) / 24, 1)
        for axis, name in handle.items():
            side = "xy".index(axis)
            points = np.repeat([point], len(values[name]), axis=0)
            points[:, side] = values[name]
            places = _places(axes, points)[:, side]
            circle[f"data-{axis}"] = name
            circle[f"data-{axis}s"] = " ".join(_text(place, 1) for place in places)
        SubElement(svg, "circle", circle | {"fill": "none"})


def _find(plots, wanted):
    """Return the axes and the drawn point that has the `wanted` coordinates, by side.

    A point that stands alone is better than one of many, and a marker than a corner of a line.
    If nothing is drawn there, the point lies on the edge of the first axes.
    """
    best = None
    for axes in plots:
        for rank, points in _points(axes):
            near = [np.isclose(points[:, side], value, 1e-9) for side, value in wanted.items()]
            found = np.flatnonzero(np.all(near, axis=0))
            if len(found) and (best is None or rank < best[0]):
                best = rank, axes, points[found[-1]]
    if best:
        return best[1:]
    corner = [plots[0].get_xbound()[0], plots[0].get_ybound()[0]]
    return plots[0], np.array([wanted.get(side, corner[side]) for side in (0, 1)], float)


def _points(axes) -> Iterator[tuple[tuple[bool, int], np.ndarray]]:
    """Yield how particular the points of each artist are, and their data coordinates."""
    for line in axes.lines:
        if line.get_transform().contains_branch(axes.transData):
            marked = line.get_marker() not in (None, "None", "", " ")
            yield (not marked, len(line.get_xydata())), np.asarray(line.get_xydata(), float)
    for collection in axes.collections:
        if collection.get_offset_transform().contains_branch(axes.transData):
            points = np.ma.filled(np.ma.asarray(collection.get_offsets(), float), np.nan)
            if hasattr(collection, "U"):  # arrows, which are held by the tip
                points = points + np.column_stack([collection.U, collection.V])
            yield (False, len(points)), points
    for patch in axes.patches:
        if hasattr(patch, "get_center"):
            yield (False, 1), np.array([patch.get_center()], float)
    for text in axes.texts:
        if getattr(text, "xycoords", None) == "data":
            yield (True, 1), np.array([text.xy], float)


def _places(axes, points):
    """Return points of the data as places in the picture, whose ``y`` points down."""
    with np.errstate(all="ignore"):  # a logarithmic axis has no place for a negative number
        places = axes.transData.transform(np.asarray(points, float)) * 72 / axes.figure.dpi
    return np.column_stack([places[:, 0], 72 * axes.figure.get_figheight() - places[:, 1]])


def _text(number, digits):
    if not math.isfinite(number):
        return "-"  # no number, so it is nobody's nearest
    return f"{round(number, digits) + 0.0:.{digits}f}".rstrip("0").rstrip(".")
