"""All frames of a figure as its first frame and what changes in it.

The frames of one figure nearly always have the same tree; only some attributes and texts
differ. Such a place is a *slot*: it holds its distinct values once. Slots that change together
form a *group*, which holds, for every frame, the number of the value to show. A frame is thus
complete in itself, and a reader may jump from any frame to any other.

The format, which ``static/explorable.js`` reads::

    data   = {"later": [[element, parent, markup], ...], "groups": [[index, slots], ...]}
    index  = integers: the value number of frame 0, and the difference to it in each later frame
    slots  = [[element, name, value 0, value 1, ...] or [element, name, digits, numbers], ...]

``element`` counts elements in document order from 0 for the root of a frame. Children that come
and go are lined up over the frames, and all count, those of a parent in one order that holds in
each frame. What is absent from the frame shown first stands in ``later`` with its markup.

``name`` is an attribute's name, and a value is then a string, or null where the attribute is
absent; ``"#text"`` for the text of an element without children; ``"#here"`` for whether the
element is in its parent, null where it is not; or ``"#markup"`` for all that an element contains,
which is how HTML and mixed text are told apart: kept whole, once for each distinct content.

A slot whose values differ in nothing but decimal numbers, as those of a path do, is ``numbers``.
What stands between them is read from the page. For each number of a value in turn come the
integers 0, if it is the same in all of them; or else 1 + order, and then for each value the
difference of that order to the values before it, as many as there are. So order 0 is the number
itself, times 10 to the power of ``digits``; 1 what it adds to the one before; 2 what it adds to
a straight continuation of the two before, and so on up to 4: next to nothing for a number that
moves smoothly. A slot is stored so only if this gives back the very same strings.

Integers are written in the Base64 VLQ of source maps: five bits a character, the least first, the
sixth for "more follows"; the very first bit is the sign.
"""

import re
from difflib import SequenceMatcher
from html import escape
from itertools import zip_longest
from os.path import commonprefix
from xml.etree.ElementTree import Element

from explorable._markup import Markup

TEXT, MARKUP, HERE = "#text", "#markup", "#here"
_HTML = {"div", "pre", "img"}  # every other element is SVG, where an empty one closes itself
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
#: Attributes of SVG whose numbers are lengths and the like. In others, a number is a name or a
#: colour, between two of which there is nothing to see.
_MOVING = re.compile(
    r"([cfr]?[xy]|[xy][12]|d|d[xy]|r|width|height|points|offset|transform|viewBox|font-size"
    r"|(.+-)?opacity|stroke-(width|dash.*))"
)
_ORDERS = range(5)
_LARGEST = 10**14  # so that no sum in the player leaves the integers of a double
_MINUS = "\N{MINUS SIGN}"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def encode(frames: list[Element], first: int = 0) -> dict:
    """Return the data that turns frame `first` into any frame, as described above."""
    later, groups = [], {}
    for element, name, values in _slots(frames, first, later):
        values = [value if value is None else readable(value) for value in values]
        distinct = {value: number for number, value in enumerate(dict.fromkeys(values))}
        index = tuple(distinct[value] for value in values)
        slot = [element, name, *(_numbers(name, list(distinct)) or distinct)]
        groups.setdefault(index, []).append(slot)
    stored = [[_vlq(_differences(index, 1)), slots] for index, slots in groups.items()]
    return {"later": later, "groups": stored}


def even(labels: list[str]) -> list:
    """Return the labels of a control, as ``[first, step, digits, count]`` where these say it all.

    Examples
    --------
    >>> even(["0.05", "0.10", "0.15"])
    [5, 5, 2, 3]
    >>> even(["small", "large"])
    ['small', 'large']
    """
    digits = len(labels[0].partition(".")[2])
    try:
        first, second = (_integer(label.replace(_MINUS, "-"), digits) for label in labels[:2])
    except ValueError:
        return labels
    row = [first, second - first, digits, len(labels)]
    integers = (first + place * (second - first) for place in range(len(labels)))
    same = all(
        _written(i, digits, _MINUS) == label for i, label in zip(integers, labels, strict=True)
    )
    return row if same else labels


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


def readable(text: str) -> str:
    """Return `text` as a browser reads it: some characters cannot stand in a page."""
    return re.sub("[\0\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


def _escape(text):
    return escape(readable(text)).replace("\r", "&#13;")  # a browser reads a bare \r as \n


def _slots(frames, first, later):
    """Yield (element, name, values) wherever `frames` differ; add to `later` what comes later."""
    number = 0

    def walk(elements):
        nonlocal number
        here = number
        number += 1
        for name in dict.fromkeys(name for element in elements for name in element.attrib):
            values = [element.get(name) for element in elements]
            if len(set(values)) > 1:
                yield here, name, values
        if not _alignable(elements):
            # What is in there is replaced whole, so no slot may refer to it.
            yield here, MARKUP, [inner_html(element) for element in elements]
            number += sum(1 for _ in elements[first].iter()) - 1
            return
        texts = [element.text or "" for element in elements]
        if len(set(texts)) > 1:
            yield here, TEXT, texts
        for track in _tracks([list(element) for element in elements]):
            # Where it is absent, an element stays as it was before, or as it will come.
            newest, filled = next(child for child in track if child is not None), []
            for child in track:
                newest = newest if child is None else child
                filled.append(newest)
            if None in track:
                if track[first] is None:
                    later.append([number, here, to_html(filled[first])])
                yield number, HERE, [None if child is None else "" for child in track]
            yield from walk(filled)

    yield from walk(frames)


def _alignable(elements):
    """Whether the elements differ, if at all, in attributes, text without children, or children."""
    if any(isinstance(element.text, Markup) for element in elements):
        return len({element.text for element in elements}) == 1
    if not any(map(len, elements)):
        return True
    texts = [[element.text or "", *(child.tail or "" for child in element)] for element in elements]
    if not any(map(any, texts)):
        return True
    tags = [[child.tag for child in element] for element in elements]
    return texts.count(texts[0]) == tags.count(tags[0]) == len(elements)


def _tracks(rows):
    """Return rows of children as columns of what is one thing, with None where a row lacks it."""
    if len({tuple(child.tag for child in row) for row in rows}) == 1:
        return list(zip(*rows, strict=True))
    tracks, shapes = [], []  # of each column: its children so far, and how it last looked
    for number, row in enumerate(rows):
        looks = [(child.tag, _NUMBER.sub("", to_html(child))) for child in row]
        pairs = list(_pairs(shapes, looks))
        absent = [None] * number
        tracks = [
            (absent if old is None else tracks[old]) + [None if new is None else row[new]]
            for old, new in pairs
        ]
        shapes = [shapes[old] if new is None else looks[new] for old, new in pairs]
    return tracks


def _pairs(old, new):
    """Yield places in `old` and `new`, or None, so that equal items meet and no order changes."""
    start = len(commonprefix([old, new]))
    end = len(commonprefix([old[start:][::-1], new[start:][::-1]]))
    yield from ((place, place) for place in range(start))
    olds, news = range(start, len(old) - end), range(start, len(new) - end)
    if len(olds) * len(news) < 100_000:  # what follows takes a time of that order
        blocks = SequenceMatcher(
            None, [old[i] for i in olds], [new[j] for j in news], autojunk=False
        ).get_opcodes()
    else:
        blocks = [("replace", 0, len(olds), 0, len(news))]
    for _, i1, i2, j1, j2 in blocks:
        for i, j in zip_longest(olds[i1:i2], news[j1:j2]):
            if None in (i, j) or old[i][0] == new[j][0]:  # an element keeps its tag
                yield i, j
            else:
                yield from ((i, None), (None, j))
    yield from zip(range(len(old) - end, len(old)), range(len(new) - end, len(new)), strict=True)


def _numbers(name, values):
    """Return [digits, numbers] of a slot as described above, or None where that is not exact."""
    if len(values) < 2 or None in values or not _MOVING.fullmatch(name):
        return None
    if name == "d" and any("a" in value.lower() for value in values):
        return None  # a number may be a flag of an arc, between whose values there is none
    between = _NUMBER.split(values[0])
    if any(_NUMBER.split(value) != between for value in values):
        return None
    columns = list(zip(*map(_NUMBER.findall, values), strict=True))
    moving = [column for column in columns if len(set(column)) > 1]
    digits = max(len(number.partition(".")[2]) for column in moving for number in column)
    written = []
    for column in columns:
        if column not in moving:
            written.append(0)
            continue
        integers = [_integer(number, digits) for number in column]
        if digits > 6 or any(abs(integer) >= _LARGEST for integer in integers):
            return None
        texts = [_written(integer, digits) for integer in integers]
        if digits:  # as the player writes it
            texts = [text.rstrip("0").rstrip(".") for text in texts]
        if texts != list(column):
            return None
        ways = [list(_differences(integers, order)) for order in _ORDERS]
        best = min(_ORDERS, key=lambda order: (len(_vlq(ways[order])), sum(map(abs, ways[order]))))
        written += [1 + best, *ways[best]]
    return [digits, _vlq(written)]


def _integer(number, digits):
    whole, _, rest = number.partition(".")
    return int(whole + rest.ljust(digits, "0"))


def _written(integer, digits, minus="-"):
    """Return ``integer / 10 ** digits`` with `digits` decimals."""
    whole, rest = divmod(abs(integer), 10**digits)
    return minus * (integer < 0) + (f"{whole}.{rest:0{digits}d}" if digits else f"{whole}")


def _differences(integers, order):
    """Yield the differences of `order`, or of as many as there are before."""
    last = []  # of the integer before: itself and its differences, by order
    for integer in integers:
        new = [integer]
        for one in last[:order]:
            new.append(new[-1] - one)
        yield new[-1]
        last = new


def _vlq(integers):
    text = []
    for integer in integers:
        rest = 2 * abs(integer) + (integer < 0)
        while rest > 31:
            text.append(_BASE64[32 + rest % 32])
            rest //= 32
        text.append(_BASE64[rest])
    return "".join(text)
