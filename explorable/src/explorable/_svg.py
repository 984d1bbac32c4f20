"""A matplotlib figure as SVG in one normal form.

What matplotlib writes is read property by property and made shorter and the same everywhere, but
no picture changes: lengths are rounded to 0.01, styles are attributes, the shapes of letters
stand once at the head, and only ids that something refers to are kept, numbered in their order.

Under the book's style (`explorable.use_style`), text is in the page's font or its monospaced one,
black is the page's text colour, and palette colours are CSS variables.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from itertools import zip_longest
from types import MappingProxyType
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from explorable import _style
from explorable._markup import runs
from explorable._style import palette

_XLINK = "{http://www.w3.org/1999/xlink}href"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")
_TRANSFORM = re.compile(r"(\w+)\(([^)]*)\)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_HASHED = re.compile(r"([A-Za-z])(?:[0-9a-f_]*_)?[0-9a-f]{10}")  # a name that says only what kind
_INITIAL = {"stroke-linejoin": "round", "stroke-linecap": "butt"}  # set once, on the root

#: Attributes and properties that are lengths, shares of one, and those of ``style`` that may as
#: well stand as attributes.
_LENGTH = re.compile(
    "[xy][12]?|[cr]?[xy]|r|width|height|points|d|font-size"
    "|stroke-(width|dasharray|dashoffset|miterlimit)"
)
_SHARE = re.compile(r"(\w+-)?opacity|offset")
_PRESENTATION = re.compile(
    r"fill(-opacity)?|stroke(-\w+)?|font-\w+|stop-\w+|opacity|text-anchor|clip-path|mask|filter"
)

_COLOURS = {"#000000": "currentColor", "#ffffff": "var(--explorable-page,#ffffff)"} | {
    colour: f"var(--explorable-{name},{colour})" for name, colour in vars(palette).items()
}


class Plot(Element):
    """A figure's ``svg``: first its background, if it has one, then the shapes of its letters."""

    box = (0.0, 0.0, 0.0, 0.0)  # left, top, width, height
    scale = 1.0  # pixels of a page for each unit
    letters: Mapping[str, Element] = MappingProxyType({})  # their shapes by name


def from_figure(figure) -> Plot:
    """Draw `figure` once and return its normal form, without namespaces."""
    from explorable import _plot

    text, box, background = _plot.draw(figure)
    if _style.used():  # figures of one size stay so, and what lies beyond their edge is added
        width, height = (72 * inches for inches in figure.get_size_inches())
        box = _union([(0, 0, width, height), box])
    return normal_form(ElementTree.fromstring(text), box, background, figure.dpi / 72)


def from_string(markup: str) -> Element:
    """Return the author's own SVG, without namespaces and without what could run."""
    root = ElementTree.fromstring(markup)
    for element in list(root.iter()):
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = dict(_plain_attributes(element))
        for child in list(element):
            if child.tag.endswith("script"):
                element.remove(child)
    return root


def _plain_attributes(element):
    for key, value in element.items():
        key = {_XLINK: "href", f"{_XML}space": "xml:space", f"{_XML}lang": "lang"}.get(key, key)
        if not key.startswith("{") and not runs(key, value):
            yield key, value


def to_string(root: Element) -> str:
    """Return a tree without namespaces as an SVG document of its own."""
    document = Element("svg", {"xmlns": "http://www.w3.org/2000/svg"} | root.attrib)
    if document.get("font-family") == "inherit":
        document.set("font-family", "sans-serif")  # it stands alone
    document.extend(root)
    return ElementTree.tostring(document, encoding="unicode").replace(" />", "/>")


def normal_form(root: Element, box, background=None, scale: float = 1.0) -> Plot:
    """Return matplotlib's SVG tree `root`, rewritten as described above."""
    used = {
        name
        for element in root.iter()
        for key, value in element.attrib.items()
        for name in ([value[1:]] if key == _XLINK else _REFERENCE.findall(value))
    }
    letters = dict(_take_letters(root))
    names, numbers = {}, Counter()
    for element in root.iter():
        if (name := element.get("id")) in used and name not in names:
            hashed = _HASHED.fullmatch(name)
            kind = hashed[1] if hashed else "x"
            names[name] = f"{kind}{numbers[kind]}"
            numbers[kind] += 1
    names |= {name: re.sub(r"\W", "_", name) for name in letters}
    themed = {"fill": "currentColor", "font-family": "inherit"} if _style.used() else {}
    plot = Plot("svg", {"viewBox": "", "width": "", "height": "", **themed, **_INITIAL})
    if background:
        plot.append(Element("rect", {"x": "", "y": "", "width": "", "height": ""} | background))
    for shape in letters.values():
        _rewrite(shape, names)
    _set_letters(plot, {names[name]: shape for name, shape in letters.items()})
    _rewrite(root, names)
    plot.extend(child for child in root if child.tag != "metadata")
    plot.scale = scale
    _set_box(plot, box)
    return plot


def align(frames: list[Element]) -> None:
    """Give the plots of `frames`, first to first, second to second, one box and set of letters."""
    for plots in zip_longest(*([p for p in frame if isinstance(p, Plot)] for frame in frames)):
        plots = [plot for plot in plots if plot is not None]
        box = _union([plot.box for plot in plots])
        letters = {name: shape for plot in plots for name, shape in plot.letters.items()}
        for plot in plots:
            _set_box(plot, box)
            _set_letters(plot, letters)


def prefix_ids(root: Element, prefix: str) -> Element:
    """Put `prefix` before every id of the tree and every reference to one, in place."""
    ids = {element.get("id") for element in root.iter()}
    for element in root.iter():
        if element.tag == "style" and element.text:
            element.text = re.sub(
                r"#([\w-]+)", lambda m: f"#{prefix * (m[1] in ids)}{m[1]}", element.text
            )
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, prefix + value)
            elif key == "href" and value.startswith("#"):
                element.set(key, f"#{prefix}{value[1:]}")
            elif "url(#" in value:
                element.set(key, _REFERENCE.sub(rf"url(#{prefix}\1)", value))
    return root


def _set_letters(plot, letters):
    if plot.letters:
        plot.remove(plot.find("defs"))
    if letters:
        defs = Element("defs")
        defs.extend(letters[name] for name in sorted(letters))
        plot.insert(len(plot) and plot[0].tag == "rect", defs)
    plot.letters = letters


def _take_letters(element):
    """Move the shapes of letters out of `element`; yield each with its id."""
    for child in list(element):
        if not child.tag.endswith("}defs"):
            yield from _take_letters(child)
            continue
        for shape in list(child):
            if (name := shape.get("id")) and not _HASHED.fullmatch(name):
                child.remove(shape)
                yield name, shape


def _union(boxes):
    left, top = (min(box[side] for box in boxes) for side in (0, 1))
    right, bottom = (max(box[side] + box[side + 2] for box in boxes) for side in (0, 1))
    return left, top, right - left, bottom - top


def _set_box(plot, box):
    plot.box = box
    x, y, width, height = (_number(edge, 2) for edge in box)
    plot.set("viewBox", f"{x} {y} {width} {height}")
    plot.set("width", _number(box[2] * plot.scale, 2))
    plot.set("height", _number(box[3] * plot.scale, 2))
    if len(plot) and plot[0].tag == "rect":
        plot[0].attrib.update(x=x, y=y, width=width, height=height)
    for hatch in plot.iter("pattern"):  # matplotlib's begin where the picture begins
        hatch.attrib.update(x=x, y=y)


def _rewrite(element, names):
    element.tag = element.tag.rpartition("}")[2]
    element.attrib = dict(_attributes(element, names))
    if element.tag not in ("text", "tspan") or element.tag == "text" and len(element):
        element.text = None
        if element.tag == "text" and _style.used():
            # A formula: matplotlib placed each glyph by the widths of this font, or Verdana's.
            element.set("font-family", "DejaVu Sans,Verdana,sans-serif")
    elif "  " in (element.text or ""):
        element.set("style", "white-space:pre")  # a browser makes one space of two
    element.tail = None
    for child in list(element):
        _rewrite(child, names)
        empty = not len(child) and not child.attrib and child.tag in ("g", "defs")
        if empty or child.tag == "style":
            element.remove(child)


def _attributes(element, names):
    kept = []
    for key, value in element.attrib.items():
        if key == "id":
            if value in names:
                yield key, names[value]
        elif key == _XLINK:
            yield "href", f"#{names[value[1:]]}" if value.startswith("#") else value
        elif key == "style":
            for declaration in value.split(";"):
                name, _, setting = map(str.strip, declaration.partition(":"))
                if not name or _INITIAL.get(name) == setting:
                    continue
                setting = _setting(name, setting, names)
                if setting and _PRESENTATION.fullmatch(name):
                    yield name, setting
                elif setting:
                    kept.append(f"{name}:{setting}")
        elif key == "transform":
            if value := _TRANSFORM.sub(_transform, value).strip():
                yield key, value
        elif key == "d":
            yield key, re.sub(r"\s*([A-Za-z])\s*", r"\1", _round(value, 2)).strip()
        else:
            yield key, _setting(key, value, names)
    if kept:
        yield "style", ";".join(kept)


def _setting(name, value, names):
    """Return the value of one attribute or property in its normal form; None to leave it out."""
    if _LENGTH.fullmatch(name):
        return _round(re.sub(r"(?<=\d)px\b", "", value), 2)
    if _SHARE.fullmatch(name):
        return _round(value, 3)
    if "url(#" in value:
        return _REFERENCE.sub(lambda match: f"url(#{names[match[1]]})", value)
    if _style.used():
        if name == "font-family":  # columns need the monospaced one; other text does not
            mono = value.endswith(" monospace")
            return "var(--pst-font-family-monospace,monospace)" if mono else None
        return _COLOURS.get(value.lower(), value)
    return value


@lru_cache(4096)  # the next frame has most of it again
def _round(text, digits):
    return _NUMBER.sub(lambda match: _number(float(match[0]), digits), text)


def _number(value, digits):
    value = round(value, digits) + 0.0  # adding 0.0 turns -0.0 into 0.0
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _transform(match):
    name, arguments = match.groups()
    if name == "rotate" and float(arguments.split()[0]) == 0:
        return ""
    # A factor of a scale or a matrix multiplies lengths, so it keeps more digits.
    return f"{name}({_round(arguments, 2 if name in ('translate', 'rotate') else 6)})"
