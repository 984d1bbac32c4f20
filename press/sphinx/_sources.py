"""The list of references: the title of a source is its link, and no label stands before it.

Chapters link to their sources in words, so nobody has to match a label.
"""

from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.template import href, optional_field, sentence


def setup(app):
    """Called by the extension's own `setup`."""
    register_plugin("pybtex.style.formatting", "linked", Linked)
    app.connect("doctree-resolved", _drop_labels)


class Linked(Style):
    """pybtex's plain style, sorted by author, but with the address behind the title."""

    def format_title(self, e, which_field, as_sentence=True):
        """Return the title as a link."""
        address = e.fields.get("url") or f"https://doi.org/{e.fields['doi']}"
        title = href(address)[super().format_title(e, which_field, as_sentence=False)]
        return sentence[title] if as_sentence else title

    def format_web_refs(self, e):
        """Return nothing: the title has the address."""
        return sentence[optional_field("none")]


def _drop_labels(app, doctree, page):
    for source in doctree.findall(nodes.citation):
        for label in list(source.findall(nodes.label)):
            source.remove(label)
