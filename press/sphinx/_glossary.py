"""The first use of a glossary's word on a page links to it, and shows what it means.

No author marks words: what the glossary defines is found, in singular and plural, where prose
uses it first. The meaning, the first paragraph of the definition, lies hidden on the page
itself, so that ``page.js`` shows it without asking for anything. Without a script the link
leads to the glossary.
"""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

logger = logging.getLogger(__name__)

#: Asks what its readers know, before they read.
_ASKS = "exercises/concepts"
#: What no link goes into: a link, and what is not prose.
_CLOSED = (nodes.reference, nodes.literal, nodes.math, nodes.raw, nodes.strong)


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("env-get-outdated", _renew)
    app.connect("doctree-resolved", _link)


def _renew(app, env, added, changed, removed):
    """Return all pages when a glossary changes, for they hold its meanings."""
    glossaries = {page for page, _ in _places(env).values()}
    return env.found_docs if glossaries & changed else []


def _places(env):
    """Return the page and the anchor of each word, by the word in lower case."""
    objects = env.get_domain("std").get_objects()
    return {
        word.lower(): (page, anchor) for word, _, kind, page, anchor, _ in objects if kind == "term"
    }


def pattern(words: list[str]) -> re.Pattern:
    """Return a pattern that finds any of the words, in singular or plural; the longest first.

    Examples
    --------
    >>> find = pattern(["graph", "autograd graph", "batch"])
    >>> find.findall("Two batches, an Autograd graph, graphs; no graphic, no graph-like thing")
    [('batch', 'es'), ('Autograd graph', ''), ('graph', 's')]
    """
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(longest_first)})(e?s)?(?![\w-])", re.IGNORECASE)


def _link(app, doctree, page):
    unused = _places(app.env)
    glossaries = {glossary for glossary, _ in unused.values()}
    if app.builder.format != "html" or not glossaries or page in {*glossaries, _ASKS}:
        return
    definitions = {glossary: _definitions(app.env, glossary) for glossary in glossaries}
    meanings = []
    for paragraph in doctree.findall(nodes.paragraph):
        if "asked" in paragraph["classes"]:  # readers' own words for an error: see _entries
            continue
        for parent, text in list(_prose(paragraph)):
            uses = list(_first_uses(text, unused))
            parent.replace(text, list(_linked(app.builder, page, text, uses)))
            for _, _, (glossary, anchor) in uses:
                meanings.append(_meaning(app.builder, anchor, definitions[glossary][anchor]))
    doctree += nodes.raw("", "".join(meanings), format="html")


def _prose(element):
    for child in element.children:
        if isinstance(child, nodes.Text):
            yield element, child
        elif not isinstance(child, _CLOSED):
            yield from _prose(child)


def _first_uses(text, unused):
    """Find the words in a text; what is found is taken out of `unused`, with its synonyms."""
    for match in pattern(list(unused)).finditer(text):
        if place := unused.get(match[1].lower()):
            for word in [word for word, other in unused.items() if other == place]:
                del unused[word]
            yield *match.span(), place


def _linked(builder, page, text, uses):
    end = 0
    for start, stop, (glossary, anchor) in uses:
        yield nodes.Text(text[end:start])
        address = f"{builder.get_relative_uri(page, glossary)}#{anchor}"
        word, end = text[start:stop], stop
        yield nodes.reference("", word, refuri=address, internal=True, classes=["glossary-word"])
    yield nodes.Text(text[end:])


def _definitions(env, glossary):
    """Return the first paragraph of each definition, by the anchors of its words."""
    first = {}
    for item in env.get_doctree(glossary).findall(nodes.definition_list_item):
        paragraph = item.next_node(nodes.definition).next_node(nodes.paragraph)
        if paragraph.next_node(addnodes.pending_xref):
            text = (
                "The first paragraph of a definition is shown on other pages, so it has no links."
            )
            logger.warning(text, location=paragraph, once=True)
        for term in item.findall(nodes.term):
            first |= dict.fromkeys(term["ids"], paragraph)
    return first


def _meaning(builder, anchor, definition):
    """Return what a word means, as HTML that no reader sees until ``page.js`` shows it."""
    html = builder.render_partial(definition.deepcopy())["fragment"]
    return f'<template id="meaning-of-{anchor}">{html}</template>'
