"""The lines in a node's box, and how wide they are."""

from torch import Tensor

from companion.canvas import ink, signed, text_width

SIZE = 11  # in points
_WIDEST = 225  # of a line, in points; leaves room for lanes beside the box


def lines(data, show):
    """Return the lines in a node's box, each with its colour."""
    found = [(data["name"], ink.text)]
    if "value" in show:
        found += [(_fit(f"{name} = ", value), ink.value) for name, value in data["values"].items()]
    elif data["names"]:
        found.append((", ".join(data["names"]), ink.value))
    if "shape" in show:
        found.append((f"shape {', '.join(map(str, data['shapes']))}", ink.text))
    if data["upstream"] is not None:
        found += [
            (_fit("upstream = ", gradient), ink.gradient) for gradient in data["upstream"]
        ] or [
            ("upstream: none yet", ink.context)  # in the same place, so that a stepper's boxes stay
        ]
    if "grad" in show:
        found += [
            (_fit(f"{name}.grad = ", grad), ink.gradient) for name, grad in data["grads"].items()
        ]
        if data["kind"] == "constant":
            found.append(("requires_grad = False", ink.context))
    if "saved" in show:
        saved = data["saved"].items()
        lost = sorted({value for _, value in saved if isinstance(value, str)})
        found += [(f"saved tensors: {reason}", ink.context) for reason in lost]
        found += [
            (_fit(f"saved {name} = ", value), ink.saved)
            for name, value in saved
            if isinstance(value, Tensor)
        ]
    return [(_clip(line), color) for line, color in found]


def _fit(label, value):
    """Return `label` and the value of a tensor or None; if that is long, its size and range."""
    if value is None:
        return f"{label}None"
    try:
        if value.numel() <= 6 and text_width(line := label + _list(value.tolist())) <= _WIDEST:
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
    return signed(value, "" if isinstance(value, int) else ".4g")


def _clip(line):
    if text_width(line) <= _WIDEST:
        return line
    while text_width(f"{line}…") > _WIDEST:
        line = line[:-1]
    return f"{line}…"
