"""What a program writes to a terminal, as text: lines written over, and colours as elements."""

import re
from xml.etree.ElementTree import Element, SubElement

from explorable._style import palette

_CODE = re.compile(r"(\x1b\[[\d;:]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_])")
_NAMES = (None, "red", "green", "gold", "blue", "purple", "blue", "grey")  # of 30 to 37
_ENDS = {22: "font-weight", 23: "font-style", 24: "text-decoration", 29: "text-decoration"}
_ENDS |= {39: "color", 49: "background"}
_BEGINS = {
    1: ("font-weight", "bold"),
    3: ("font-style", "italic"),
    4: ("text-decoration", "underline"),
    9: ("text-decoration", "line-through"),
}


def render(pre: Element) -> None:
    r"""Give `pre`, whose text is what was written, the look that it has in a terminal.

    Examples
    --------
    >>> pre = Element("pre")
    >>> pre.text = "10 %\r20 %\n\x1b[1mbold\x1b[0m"
    >>> render(pre)
    >>> pre.text, pre[0].text, pre[0].get("style")
    ('20 %\n', 'bold', 'font-weight:bold')
    """
    text = "\n".join(map(_written_over, (pre.text or "").split("\n")))
    pre.text, style = "", {}
    for place, part in enumerate(_CODE.split(text)):
        if place % 2:
            if part.endswith("m") and part.startswith("\x1b["):
                _set(style, [int(code or 0) for code in re.split("[;:]", part[2:-1])])
        elif part and style:
            css = ";".join(f"{name}:{value}" for name, value in sorted(style.items()))
            SubElement(pre, "span", {"style": css}).text = part
        elif part and len(pre):
            pre[-1].tail = (pre[-1].tail or "") + part
        else:
            pre.text += part


def _written_over(line):
    r"""Return a line as it stands after each \r has gone back to its start, and \b one back."""
    while "\b" in line:
        line = re.sub(r"[^\x08\r]?\x08", "", line, count=1)
    shown = []
    for part in line.split("\r"):
        cells = list(_cells(part))
        shown[: len(shown) if "\x1b[K" in part or "\x1b[2K" in part else len(cells)] = cells
    return "".join(shown)


def _cells(part):
    """Yield the characters of `part`, each with the codes before it, which take no room."""
    pending = ""
    for place, piece in enumerate(_CODE.split(part)):
        if place % 2:
            pending += piece
            continue
        for character in piece:
            yield pending + character
            pending = ""
    if pending:
        yield pending


def _set(style, codes):
    while codes:
        code = codes.pop(0)
        if code == 0:
            style.clear()
        elif code in _ENDS:
            style.pop(_ENDS[code], None)
        elif code in _BEGINS:
            style.update([_BEGINS[code]])
        elif code in (38, 48):
            style["color" if code == 38 else "background"] = _extended(codes)
        elif code % 10 < 8 and (30 <= code < 48 or 90 <= code < 108):
            style["color" if code % 60 < 40 else "background"] = _colour(code % 10)


def _colour(number):
    name = _NAMES[number]
    return f"var(--explorable-{name},{vars(palette)[name]})" if name else "currentColor"


def _extended(codes):
    """Take the colour that follows code 38 or 48: 5 and one of 256, or 2 and red, green, blue."""
    kind, *_ = [*codes[:1], 5]
    count = 4 if kind == 2 else 2
    (number, *rest), codes[:] = [*codes[1:count], 0, 0, 0][:3], codes[count:]
    levels = [0, 95, 135, 175, 215, 255]
    if kind == 2:
        rgb = [number, *rest]
    elif number < 16:
        return _colour(number % 8)
    elif number >= 232:
        rgb = 3 * [8 + 10 * (number - 232)]
    else:
        rgb = [levels[(number - 16) // place % 6] for place in (36, 6, 1)]
    return "rgb({},{},{})".format(*rgb)
