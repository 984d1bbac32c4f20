"""All frames of a figure as its first frame and what changes in it.

The frames of one figure nearly always have the same tree; only some attributes and texts
differ. Such a place is a *slot*: it holds its distinct values once. Slots that change together
form a *group*, which holds, for every frame, the number of the value to show. A frame is thus
complete in itself, and a reader may jump from any frame to any other.

The format, which ``static/explorable.js`` reads::

    groups = [[index, slots], ...]
    index  = [value number of frame 0, of frame 1, ...]
    slots  = [[element, name, value 0, value 1, ...], ...]

``element`` counts elements in document order, in the frame shown first, from 0 for its root.
``name`` is an attribute's name, and a value is then a string, or null where the attribute is
absent; ``"#text"`` for the text of an element without children; or ``"#markup"`` for all that
an element contains, which is how frames with different trees are told apart: the smallest
elements that contain the difference are kept whole, once for each distinct content.
"""

import re
from html import escape
from xml.etree.ElementTree import Element

from explorable._markup import Markup

TEXT, MARKUP = "#text", "#markup"
_HTML = {"div", "pre", "img"}  # every other element is SVG, where an empty one closes itself


def encode(frames: list[Element], first: int = 0) -> list[list]:
    """Return the groups that turn frame `first` into any frame, as described above."""
    groups = {}
    for element, name, values in _slots(frames, first):
        values = [value if value is None else _readable(value) for value in values]
        distinct = {value: number for number, value in enumerate(dict.fromkeys(values))}
        index = tuple(distinct[value] for value in values)
        groups.setdefault(index, []).append([element, name, *distinct])
    return [[list(index), slots] for index, slots in groups.items()]


def to_html(element: Element) -> str:
    """Return `element` as HTML that a browser reads as the same tree."""
    attributes = "".join(f' {name}="{_escape(value)}"' for name, value in element.items())
    content = inner_html(element)
    if not content and element.tag not in _HTML:
        return f"<{element.tag}{attributes}/>"
    end = "" if element.tag == "img" else f"</{element.tag}>"
    return f"<{element.tag}{attributes}>{content}{end}"


def inner_html(element: Element) -> str:
    """Return what `element` contains as HTML."""
    text = element.text or ""
    # A browser drops a newline that directly follows <pre>.
    start = "\n" if element.tag == "pre" and text.startswith("\n") else ""
    text = text if isinstance(text, Markup) else _escape(text)
    return start + text + "".join(to_html(c) + _escape(c.tail or "") for c in element)


def _escape(text):
    return escape(_readable(text)).replace("\r", "&#13;")  # a browser reads a bare \r as \n


def _readable(text):
    """Return `text` as a browser reads it: some characters cannot stand in a page."""
    return re.sub("[\0\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


def _slots(frames, first):
    """Yield (element, name, values) wherever `frames`, which have the same tag, differ."""
    number = 0

    def walk(elements):
        nonlocal number
        here = number
        number += 1
        for name in dict.fromkeys(name for element in elements for name in element.attrib):
            values = [element.get(name) for element in elements]
            if len(set(values)) > 1:
                yield here, name, values
        if not _same_children(elements):
            # What is in there is replaced whole, so no slot may refer to it.
            yield here, MARKUP, [inner_html(element) for element in elements]
            number += sum(1 for _ in elements[first].iter()) - 1
            return
        texts = [element.text or "" for element in elements]
        if len(set(texts)) > 1:
            yield here, TEXT, texts
        for children in zip(*elements, strict=True):
            yield from walk(children)

    yield from walk(frames)


def _same_children(elements):
    """Whether the elements differ, if at all, in attributes, or in text without children."""
    if any(isinstance(element.text, Markup) for element in elements):
        same = {element.text for element in elements}
    elif any(map(len, elements)):
        same = {
            (element.text or "", *((child.tag, child.tail or "") for child in element))
            for element in elements
        }
    else:
        return True
    return len(same) == 1
