"""What a program writes to a terminal, as text: lines written over, and colours as elements."""

import re
from xml.etree.ElementTree import Element, SubElement

from explorable._style import palette

_CODE = re.compile(r"\x1b\[([\d;:]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
_NAMES = (None, "red", "green", "gold", "blue", "purple", "blue", "grey")  # of 30 to 37
_PLAIN = {"0": ("color", "background", "font-weight", "font-style", "text-decoration")} | {
    "22": ("font-weight",),
    "23": ("font-style",),
    "24": ("text-decoration",),
    "39": ("color",),
    "49": ("background",),
}
_TEXT = {"1": ("font-weight", "bold"), "3": ("font-style", "italic")} | {
    "4": ("text-decoration", "underline"),
    "9": ("text-decoration", "line-through"),
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
    pre.text, style, end = "", {}, 0
    for code in [*_CODE.finditer(text), None]:
        part = text[end : code.start() if code else len(text)]
        if part and style:
            css = ";".join(f"{name}:{value}" for name, value in sorted(style.items()))
            SubElement(pre, "span", {"style": css}).text = part
        elif part and len(pre):
            pre[-1].tail = (pre[-1].tail or "") + part
        else:
            pre.text += part
        if code:
            end = code.end()
            if code[2] == "m":
                _set(style, re.split("[;:]", code[1]))


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
    pending, end = "", 0
    for code in [*_CODE.finditer(part), None]:
        for character in part[end : code.start() if code else len(part)]:
            yield pending + character
            pending = ""
        if code:
            pending += code[0]
            end = code.end()
    if pending:
        yield pending


def _set(style, codes):
    codes = [code.lstrip("0") or "0" for code in codes]
    while codes:
        code = codes.pop(0)
        number = int(code)
        if code in _PLAIN:
            for name in _PLAIN[code]:
                style.pop(name, None)
        elif code in _TEXT:
            style.update([_TEXT[code]])
        elif number in (38, 48):
            style["color" if number == 38 else "background"] = _extended(codes)
        elif 30 <= number % 60 < 38 and number < 100:
            style["color"] = _colour(number % 10)
        elif number < 108 and (40 <= number < 48 or number >= 100):
            style["background"] = _colour(number % 10)


def _colour(number):
    name = _NAMES[number]
    return f"var(--explorable-{name},{vars(palette)[name]})" if name else "currentColor"


def _extended(codes):
    """Take the colour that follows code 38 or 48: 5 and one of 256, or 2 and red, green, blue."""
    kind = codes.pop(0) if codes else "5"
    if kind == "2":
        red, green, blue = [int(codes.pop(0)) if codes else 0 for _ in range(3)]
        return f"rgb({red},{green},{blue})"
    number = int(codes.pop(0)) if codes else 0
    if number < 16:
        return _colour(number % 8)
    if number >= 232:
        return "rgb({0},{0},{0})".format(8 + 10 * (number - 232))
    levels = [0, 95, 135, 175, 215, 255]
    number -= 16
    return f"rgb({levels[number // 36]},{levels[number // 6 % 6]},{levels[number % 6]})"
