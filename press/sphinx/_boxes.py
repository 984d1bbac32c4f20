"""Plain Markdown becomes the book's boxes: ``> **Predict.** Does it?`` is a box named Predict.

A notebook's text is read in JupyterLab and on GitHub too, where only CommonMark is known. There
such a box is a quotation that opens with bold words, and reads well as that.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_transform(Boxes)


class Boxes(SphinxTransform):
    """Make an admonition of each quotation that opens with bold words ending in ``.`` or ``?``.

    The words are its title and, as ``predict`` or up to a ``?`` as ``myth-or-fact``, its class.
    """

    default_priority = 500

    def apply(self):
        for quote in list(self.document.findall(nodes.block_quote)):
            if title := _take_title(quote):
                kind = nodes.make_id(title.astext().partition("?")[0])
                box = nodes.admonition("", title, *quote.children, classes=["box", kind])
                box.source, box.line = quote.source, quote.line
                quote.replace_self(box)


def _take_title(quote):
    """Take the bold words out of the quotation, and return them as a title; None without them."""
    paragraph = quote.next_node()
    if not isinstance(paragraph, nodes.paragraph):
        return None
    bold, *rest = [child for child in paragraph.children if child.astext()]
    if not isinstance(bold, nodes.strong) or bold.astext().rstrip('"')[-1] not in ".?":
        return None
    if rest and isinstance(rest[0], nodes.Text):
        rest[0] = nodes.Text(rest[0].lstrip())
    paragraph.clear()
    paragraph += rest
    if not paragraph.astext():
        quote.remove(paragraph)
    if isinstance(last := bold.children[-1], nodes.Text):
        bold.replace(last, nodes.Text(last.removesuffix(".")))
    return nodes.title("", "", *bold.children)
