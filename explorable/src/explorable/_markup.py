"""The author's own HTML, made whole: what it opens it closes, and it closes nothing else."""

from html import escape
from html.parser import HTMLParser

_EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
_EMPTY |= {"track", "wbr"}
_LEFT_OUT = {"script", "base", "link", "meta"}  # what could run, or reach beyond its place
#: What these hold is not read as markup up to an end that is their own, so nothing can be
#: said of it; a notebook's representations do not use them.
_OPAQUE = {"noembed", "noframes", "noscript", "plaintext", "textarea", "title", "xmp"}


class Markup(str):
    """HTML as an element's text: it is written out unescaped."""


def whole(html: str) -> Markup:
    """Return `html` with every element closed, and without comments, scripts and stray end tags.

    A browser then reads it inside any element without touching what is around it, and runs nothing.

    Examples
    --------
    >>> whole("<ul><li>a<li>b</div></ul><p>c<!-- d -->")
    '<ul><li>a<li>b</li></li></ul><p>c</p>'
    """
    reader = _Reader(convert_charrefs=False)
    reader.feed(html.replace("\0", ""))
    reader.close()
    reader.close_down_to(0)
    return Markup("".join(reader.parts))


class _Reader(HTMLParser):
    def __init__(self, **options):
        super().__init__(**options)
        self.parts = []
        self._open = []

    def handle_starttag(self, tag, attrs):
        if tag in _OPAQUE:
            return
        if tag not in _LEFT_OUT:
            self.parts.append(f"<{tag}{_attributes(attrs)}>")
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        if {"svg", "math"} & {tag, *self._open}:  # only there does <path/> close itself
            if tag not in _LEFT_OUT:
                self.parts.append(f"<{tag}{_attributes(attrs)}/>")
        else:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if tag in self._open:
            last = len(self._open) - 1 - self._open[::-1].index(tag)
            self.close_down_to(last)

    def close_down_to(self, depth):
        while len(self._open) > depth:
            if (tag := self._open.pop()) not in _LEFT_OUT:
                self.parts.append(f"</{tag}>")

    def handle_data(self, data):
        within = self._open[-1] if self._open else ""
        if within not in _LEFT_OUT:
            self.parts.append(data if within == "style" else escape(data, quote=False))

    def handle_entityref(self, name):
        self.parts.append(f"&{name};")

    def handle_charref(self, name):
        self.parts.append(f"&#{name};")


def _attributes(attrs):
    return "".join(
        f" {name}" if value is None else f' {name}="{escape(value)}"'
        for name, value in attrs
        if not set(name) & set("\"'<>=&`") and not runs(name, value or "")
    )


def runs(name: str, value: str) -> bool:
    """Whether an attribute holds a script."""
    return name.startswith("on") or value.strip().lower().startswith("javascript:")
