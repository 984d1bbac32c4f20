"""Plain Markdown becomes the book's boxes: ``> **Predict.** Does it?`` is a box named Predict.

A notebook's text is read in JupyterLab and on GitHub too, where only CommonMark is known. There
such a box is a quotation that opens with bold words, and reads well as that.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_transform(Boxes)
    app.add_transform(Details)


class Boxes(SphinxTransform):
    """Make an admonition of each quotation that opens with bold words ending in ``.`` or ``?``.

    The words are its title and, as ``predict`` or ``myth-or-fact``, its class.
    """

    default_priority = 500

    def apply(self):
        for quote in list(self.document.findall(nodes.block_quote)):
            if title := _take_title(quote):
                kind = nodes.make_id(title.astext())
                box = nodes.admonition("", title, *quote.children, classes=["box", kind])
                box.source, box.line = quote.source, quote.line
                quote.replace_self(box)


def _take_title(quote):
    """Take the bold words out of the quotation, and return them as a title; None without them."""
    paragraph = quote.children[0] if quote.children else None
    if not isinstance(paragraph, nodes.paragraph):
        return None
    bold, *rest = [child for child in paragraph.children if child.astext()]
    if not isinstance(bold, nodes.strong) or bold.astext()[-1] not in ".?":
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


class Details(SphinxTransform):
    """Warn of ``<details>`` with a heading or a cell of code inside, or that nothing closes.

    Sphinx nests a section in what it stands in, so its end would come after that of the
    ``<details>``, and browsers would mend the page each in its own way.
    """

    default_priority = 500

    def apply(self):
        opened = []
        for node in self.document.findall(nodes.Element):
            if isinstance(node, nodes.raw):
                html = node.astext()
                opened += [node] * html.count("<details")
                del opened[max(0, len(opened) - html.count("</details>")) :]
            elif opened and isinstance(node, nodes.section):
                _warn("a heading stands inside <details>: put it before", node)
                opened = []
            elif opened and node.get("nb_element") == "cell_code":
                _warn("a cell stands inside <details>, which JupyterLab cannot fold", node)
                opened = []
        for node in opened:
            _warn("<details> is never closed: end it with </details>, in the same cell", node)


def _warn(text, node):
    logger.warning(f"{text} [plain.details]", location=node, type="plain", subtype="details")
