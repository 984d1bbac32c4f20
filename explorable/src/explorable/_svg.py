"""A matplotlib figure as SVG in one normal form.

What matplotlib writes is made shorter and the same everywhere: coordinates are rounded to
0.01, styles are attributes, only ids that something refers to are kept, text is in the
page's font or its monospaced one, black is the page's text colour, and palette colours are
CSS variables.
"""

import io
import re
import warnings
from itertools import count
from xml.etree import ElementTree

from explorable._style import palette

_XLINK = "{http://www.w3.org/1999/xlink}href"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+")
_TRANSFORM = re.compile(r"(\w+)\(([^)]*)\)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_INITIAL = {"stroke-linejoin": "round", "stroke-linecap": "butt"}  # set once, on the root

_COLOURS = {"#000000": "currentColor", "#ffffff": "var(--explorable-page,#ffffff)"} | {
    colour: f"var(--explorable-{name},{colour})" for name, colour in vars(palette).items()
}


def from_figure(figure) -> ElementTree.Element:
    """Draw `figure` once and return its normal form, without namespaces."""
    from matplotlib.backends.backend_mixed import MixedModeRenderer
    from matplotlib.backends.backend_svg import RendererSVG
    from matplotlib.textpath import text_to_path

    file, dpi, (width, height) = io.StringIO(), figure.dpi, figure.get_size_inches()
    vectors = RendererSVG(72 * width, 72 * height, file, image_dpi=dpi)
    # matplotlib's own print_svg gives each drawing a parser of formulas, which forgets what the
    # frame before it parsed: with the labels of a logarithmic axis, recording takes twice as long.
    vectors._text2path = text_to_path
    figure.dpi = 72
    renderer = MixedModeRenderer(figure, width, height, dpi, vectors)
    with warnings.catch_warnings():
        # The page's font has the glyphs that matplotlib's lacks: Chinese ones, say.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.draw(renderer)
    renderer.finalize()
    return normal_form(ElementTree.fromstring(file.getvalue()))


def from_string(markup: str) -> ElementTree.Element:
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
        if not key.startswith(("{", "on")) and not value.strip().lower().startswith("javascript:"):
            yield key, value


def to_string(root: ElementTree.Element) -> str:
    """Return a tree without namespaces as an SVG document of its own."""
    document = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg"} | root.attrib)
    if document.get("font-family") == "inherit":
        document.set("font-family", "sans-serif")  # it stands alone
    document.extend(root)
    return ElementTree.tostring(document, encoding="unicode").replace(" />", "/>")


def normal_form(root: ElementTree.Element) -> ElementTree.Element:
    """Return matplotlib's SVG tree `root`, rewritten in place, as described above."""
    used = {
        name
        for element in root.iter()
        for key, value in element.attrib.items()
        for name in ([value[1:]] if key == _XLINK else _REFERENCE.findall(value))
    }
    names = {}
    numbers = count()
    for element in root.iter():
        if element.get("id") in used:
            names.setdefault(element.get("id"), f"{next(numbers)}")
    _rewrite(root, names)
    width, height = root.get("viewBox").split()[2:]
    root.attrib = {
        "viewBox": root.get("viewBox"),
        "width": width,
        "height": height,
        "fill": "currentColor",
        "font-family": "inherit",
        **_INITIAL,
    }
    return root


def prefix_ids(root: ElementTree.Element, prefix: str) -> ElementTree.Element:
    """Put `prefix` before every id of the tree and every reference to one, in place."""
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, prefix + value)
            elif key == "href" and value.startswith("#"):
                element.set(key, f"#{prefix}{value[1:]}")
            elif "url(#" in value:
                element.set(key, _REFERENCE.sub(rf"url(#{prefix}\1)", value))
    return root


def _rewrite(element, names):
    element.tag = element.tag.rpartition("}")[2]
    element.attrib = dict(_attributes(element, names))
    if element.tag == "text" and len(element):
        # A formula: matplotlib placed each glyph by the widths of this font (Verdana's are equal).
        element.set("font-family", "DejaVu Sans,Verdana,sans-serif")
        element.text = None
    elif element.tag not in ("text", "tspan"):
        element.text = None
    elif "  " in (element.text or ""):
        element.set("style", "white-space:pre")  # a browser makes one space of two
    element.tail = None
    for child in list(element):
        if child.tag.endswith(("}metadata", "}style")):
            element.remove(child)
            continue
        _rewrite(child, names)
        if (
            child.tag == "defs"
            and not len(child)
            or child.tag == "g"
            and not child.attrib
            and len(child) == 0
        ):
            element.remove(child)


def _attributes(element, names):
    for key, value in element.attrib.items():
        if key == "id":
            if value in names:
                yield "id", names[value]
        elif key == _XLINK:
            yield "href", f"#{names[value[1:]]}" if value.startswith("#") else value
        elif key == "style":
            for declaration in value.split(";"):
                name, _, setting = map(str.strip, declaration.partition(":"))
                if name == "font-family":
                    if setting.endswith(" monospace"):  # columns need it; other text does not
                        yield name, "var(--pst-font-family-monospace,monospace)"
                elif name and _INITIAL.get(name) != setting:
                    yield name, _setting(setting)
        elif key == "transform":
            value = _TRANSFORM.sub(_transform, value).strip()
            if value:
                yield key, value
        elif key == "clip-path":
            yield key, _REFERENCE.sub(lambda match: f"url(#{names[match[1]]})", value)
        elif key == "d":
            yield key, re.sub(r"\s*([A-Za-z])\s*", r"\1", _round(value)).strip()
        else:
            yield key, _round(value)


def _setting(value):
    value = re.sub(r"(?<=\d)px\b", "", value)
    return _COLOURS.get(value.lower()) or _round(value)


def _round(text, digits=2):
    return _NUMBER.sub(lambda match: _number(float(match[0]), digits), text)


def _number(value, digits):
    value = round(value, digits) + 0.0  # adding 0.0 turns -0.0 into 0.0
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def _transform(match):
    name, arguments = match.groups()
    if name == "rotate" and float(arguments.split()[0]) == 0:
        return ""
    # A factor of a scale or a matrix multiplies lengths, so it keeps more digits.
    return f"{name}({_round(arguments, 2 if name in ('translate', 'rotate') else 6)})"
