"""What a program writes to a terminal, as text: lines written over, and colours as elements."""

import re
from xml.etree.ElementTree import Element, SubElement

from explorable._style import palette

_CODE = re.compile(r"(\x1b\[[\d;:]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_])")
_NAMES = (None, "red", "green", "gold", "blue", "purple", "blue", "grey")  # of 30 to 37


def _colour(number):
    name = _NAMES[number]
    return f"var(--explorable-{name},{vars(palette)[name]})" if name else "currentColor"


#: What each code sets, and to what; to nothing, where it ends something.
_SETS = {39: ("color", ""), 49: ("background", "")}
for _name, _value, _begin, _end in (
    ("font-weight", "bold", 1, 22),
    ("font-style", "italic", 3, 23),
    ("text-decoration", "underline", 4, 24),
    ("text-decoration", "line-through", 9, 29),
):
    _SETS |= {_begin: (_name, _value), _end: (_name, "")}
for _name, _first in (("color", 30), ("background", 40), ("color", 90), ("background", 100)):
    _SETS |= {_first + number: (_name, _colour(number)) for number in range(8)}


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
        elif css := ";".join(f"{name}:{value}" for name, value in sorted(style.items()) if value):
            if part:
                SubElement(pre, "span", {"style": css}).text = part
        elif len(pre):
            pre[-1].tail = (pre[-1].tail or "") + part
        else:
            pre.text += part


def _written_over(line):
    r"""Return a line as it stands after each \r has gone back to its start, and \b one back."""
    while "\b" in line:
        line = re.sub(r"[^\x08\r]?\x08", "", line, count=1)
    shown = ""
    for part in filter(None, line.split("\r")):
        # What has codes is written anew: they take no room, and so the rest cannot be counted off.
        shown = part if "\x1b" in part + shown else part + shown[len(part) :]
    return shown


def _set(style, codes):
    while codes:
        code = codes.pop(0)
        if code == 0:
            style.clear()
        elif code in (38, 48):
            style["color" if code == 38 else "background"] = _extended(codes)
        elif code in _SETS:
            style.update([_SETS[code]])


def _extended(codes):
    """Take the colour that follows code 38 or 48: 5 and one of 256, or 2 and red, green, blue."""
    count = 4 if codes[:1] == [2] else 2
    (number, *rest), codes[:] = [*codes[1:count], 0, 0, 0][:3], codes[count:]
    if count == 4:
        rgb = [number, *rest]
    elif number < 16:
        return _colour(number % 8)
    elif number >= 232:
        rgb = 3 * [8 + 10 * (number - 232)]
    else:
        rgb = [[0, 95, 135, 175, 215, 255][(number - 16) // place % 6] for place in (36, 6, 1)]
    return "rgb({},{},{})".format(*rgb)
