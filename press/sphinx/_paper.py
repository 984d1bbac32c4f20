"""The book on paper: all pages in one, in a layout that needs no script and nothing of the theme.

A handout is the same with only the pages that the environment's `PAGES` names, in this order.

`press.pdf` builds it and prints it. The builder has a name of its own, ``paper``, since extensions
know what to write for HTML of any name, but not always for Sphinx's own ``singlehtml``. That one
joins the pages as they are, so that of ten headings "Summary" only the first could be reached.
"""

import os
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder

#: The variable by which `press.pdf` asks for a handout: names of pages, with spaces between them.
PAGES = "PAPER_PAGES"


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_builder(Paper)
    app.connect("config-inited", _show_html)
    app.connect("builder-inited", _draw_no_cards)


class Paper(SingleFileHTMLBuilder):
    """One page in the layout of ``templates/paper.html``, where each id stands once."""

    name = "paper"
    search = False

    def fix_refuris(self, tree):
        """Make links between pages links within the one; called for the book and for its lists."""
        if isinstance(tree, nodes.document):
            if handout := _handout():
                self._keep_alone(handout, tree)
            self._names = _tell_apart(tree)
        for reference in tree.findall(nodes.reference):
            page, _, element = reference.get("refuri", "").rpartition("#")
            if page.startswith("#document-"):
                name = _name(page.removeprefix("#document-"), element)
                reference["refuri"] = f"#{name if name in self._names else element}"

    def _keep_alone(self, handout, tree):
        """Keep the pages of a handout alone, and let links to others lead to the site."""
        pages = {page["docname"]: page for page in tree.findall(addnodes.start_of_file)}
        for page in pages.values():
            page.parent.remove(page)
        tree.children = []
        tree += nodes.compound("", *map(pages.get, handout), classes=["toctree-wrapper"])
        for reference in tree.findall(nodes.reference):
            page, _, place = reference.get("refuri", "").removeprefix("#").partition("#")
            page = page.removeprefix("document-")
            if page in self.env.all_docs and page not in handout:
                site = self.config.html_baseurl.rstrip("/")
                reference["refuri"] = f"{site}/{page}.html{place and '#' + place}"

    def handle_page(self, pagename, addctx, *_, **__):
        """Write the book, and no page besides, such as the one for a lost address."""
        if pagename == self.config.root_doc:
            index = str(Path(self.outdir, "index.html"))
            book = {
                "author": self.config.author,
                "address": self.config.html_baseurl,
                "handout": _handout(),
            }
            super().handle_page(pagename, addctx | book, "paper.html", outfilename=index)


def _handout():
    return os.environ.get(PAGES, "").split()


def _show_html(app, config):
    """Rank a cell's outputs as on the site: myst-nb ranks them by the name of the builder."""
    if "nb_mime_priority_overrides" not in config:
        return  # a book without notebooks
    kinds = ("text/html", "image/svg+xml", "image/png", "text/markdown", "text/latex", "text/plain")
    ranks = [(Paper.name, kind, rank) for rank, kind in enumerate(kinds, start=1)]
    config.nb_mime_priority_overrides = [*config.nb_mime_priority_overrides, *ranks]


def _draw_no_cards(app):
    if app.builder.name == Paper.name:
        app.config.ogp_social_cards = {"enable": False}


def _tell_apart(book):
    """Put the name of its page before each id, and return these ids."""
    elements = list(_with_pages(book, book["docname"]))
    for page, element in elements:
        for attribute in ("ids", "backrefs"):
            element[attribute] = [_name(page, name) for name in element[attribute]]
    names = {name for _, element in elements for name in element["ids"]}
    for page, element in elements:
        if "refid" in element and (name := _name(page, element["refid"])) in names:
            element["refid"] = name
    return names


def _name(page, name):
    return f"{page}-{name}".replace("/", "-")


def _with_pages(element, page):
    """Yield each element below with the page that it comes from."""
    if isinstance(element, addnodes.start_of_file):
        page = element["docname"]
    yield page, element
    for child in element.children:
        if isinstance(child, nodes.Element):
            yield from _with_pages(child, page)
