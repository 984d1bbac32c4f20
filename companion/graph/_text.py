"""The lines in a node's box, and how wide they are."""

import warnings

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from torch import Tensor

from explorable import palette

SIZE = 11  # in points
_WIDEST = 225  # of a line, in points; leaves room for lanes beside the box


def lines(data, show):
    """Return the lines in a node's box, each with its colour."""
    blue, red, grey = palette.blue, palette.red, palette.grey
    found = [(data["name"], "black")]
    if "value" in show:
        found += [(_fit(f"{name} = ", value), blue) for name, value in data["values"].items()]
    elif data["names"]:
        found.append((", ".join(data["names"]), blue))
    if "shape" in show:
        found.append((f"shape {', '.join(map(str, data['shapes']))}", "black"))
    if data["upstream"] is not None:
        found += [(_fit("upstream = ", gradient), red) for gradient in data["upstream"]] or [
            ("upstream: none yet", grey)  # in the same place, so that a stepper's boxes stay
        ]
    if "grad" in show:
        found += [(_fit(f"{name}.grad = ", grad), red) for name, grad in data["grads"].items()]
        if data["kind"] == "constant":
            found.append(("requires_grad = False", grey))
    if "saved" in show:
        saved = data["saved"].items()
        lost = sorted({value for _, value in saved if isinstance(value, str)})
        found += [(f"saved tensors: {reason}", grey) for reason in lost]
        found += [
            (_fit(f"saved {name} = ", value), palette.purple)
            for name, value in saved
            if isinstance(value, Tensor)
        ]
    return [(_clip(line), color) for line, color in found]


def _fit(label, value):
    """Return `label` and the value of a tensor or None; if that is long, its size and range."""
    if value is None:
        return f"{label}None"
    try:
        if value.numel() <= 6 and width(line := label + _list(value.tolist())) <= _WIDEST:
            return line
        low, high = _number(value.min().item()), _number(value.max().item())
        what = f"all {low}" if low == high else f"{low} to {high}"
    except (RuntimeError, NotImplementedError):  # no values, or none that have an order
        what = str(value.dtype).removeprefix("torch.")
    size = "×".join(map(str, value.shape)) + " values" * (value.ndim == 1)
    return f"{label}{size}, {what}" if size else label + what


def _list(value):
    return f"[{', '.join(map(_list, value))}]" if isinstance(value, list) else _number(value)


def _number(value):
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        value = int(value)
    text = str(value) if isinstance(value, int) else f"{value:.4g}"
    return text.replace("-", "−")


def width(line):
    """Return the width of a line in points, in matplotlib's own font: wider than most pages'."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        font = FontProperties(family="DejaVu Sans", size=SIZE)
        return text_to_path.get_text_width_height_descent(line, font, False)[0]


def _clip(line):
    if width(line) <= _WIDEST:
        return line
    while width(f"{line}…") > _WIDEST:
        line = line[:-1]
    return f"{line}…"
