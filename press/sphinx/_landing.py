"""The landing page: its list of chapters becomes cards, each with the chapter's picture and question.

In the notebook the path is a plain list of links. The rest is taken from the chapters while the
site is built: the question is what their first paragraph says in bold, the picture is the first
one that they store.
"""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from press.sphinx._theme import PATH

logger = logging.getLogger(__name__)


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("env-updated", lambda app, env: [env.config.root_doc])  # the chapters may be new
    app.add_post_transform(Cards)


class Cards(SphinxPostTransform):
    """Put a picture and a question into each entry of the landing page's path."""

    default_priority = 7  # before the links are resolved, which says which page they mean

    def run(self):
        if self.env.docname != self.config.root_doc:
            return
        self.document[0]["classes"].append("landing")
        if isinstance(self.app.builder, SingleFileHTMLBuilder):
            return  # on paper it is the list that it is in the notebook
        for section in self.document.findall(nodes.section):
            if section[0].astext() == PATH:
                for cards in section.findall(nodes.enumerated_list):
                    cards["classes"].append("cards")
                    for card in cards:
                        self._fill(card)

    def _fill(self, card):
        link = card.next_node(addnodes.pending_xref)
        chapter = self.env.get_doctree(link["reftarget"])
        question, picture = _question(chapter), first_picture(chapter)
        if question is None or picture is None:
            lacks = "picture" if question else "question, a first paragraph that opens in bold,"
            text = f"{link['reftarget']} has no {lacks} for its card [landing.card]"
            logger.warning(text, location=link, type="landing", subtype="card")
            return
        picture = f'<div class="picture" aria-hidden="true">{picture}</div>'
        card.insert(0, nodes.raw("", picture, format="html"))
        card += question


def _question(chapter):
    """Return what the first paragraph of a chapter says in bold, as a paragraph."""
    first = chapter.next_node(nodes.paragraph)
    parts = [part for part in first or () if part.astext()]
    bold = [k for k, part in enumerate(parts) if isinstance(part, nodes.strong)]
    if not bold or bold[0]:
        return None
    question = nodes.paragraph(classes=["question"])
    for part in parts[: bold[-1] + 1]:
        inside = part.children if isinstance(part, nodes.strong) else [part]
        question += [child.deepcopy() for child in inside]
    return question


def first_picture(chapter: nodes.document) -> str | None:
    """Return the first picture that a chapter's figures store, as SVG; its ids are its figure's."""
    for raw in chapter.findall(nodes.raw):
        _, figure, html = raw.astext().partition('<figure class="explorable')
        if figure and (svg := re.search("<svg.*?</svg>", html, re.DOTALL)):
            return svg[0]
    return None
