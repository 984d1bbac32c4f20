"""The book on paper: all pages in one, in a layout that needs no script and nothing of the theme.

A handout is the same with only the pages that ``paper_pages`` names, in this order.

`press.pdf` builds it and prints it. The builder has a name of its own, ``paper``, since extensions
know what to write for HTML of any name, but not always for Sphinx's own ``singlehtml``. That one
joins the pages as they are, so that of ten headings "Summary" only the first could be reached.
"""

from collections import defaultdict
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_builder(Paper)
    app.add_config_value("paper_pages", [], "env")
    app.connect("config-inited", _show_html)
    app.connect("builder-inited", _draw_no_cards)


class Paper(SingleFileHTMLBuilder):
    """One page in the layout of ``templates/paper.html``, where each id stands once."""

    name = "paper"
    search = False

    def fix_refuris(self, tree):
        """Make links between pages links within the one; called for the book and for its lists."""
        if isinstance(tree, nodes.document):
            if self.config.paper_pages:
                self._keep_alone(self.config.paper_pages, tree)
            self._renamed = _tell_apart(tree)
        for reference in tree.findall(nodes.reference):
            page, _, element = reference.get("refuri", "").rpartition("#")
            if page.startswith("#document-"):
                page = page.removeprefix("#document-")
                reference["refuri"] = f"#{self._renamed.get((page, element), element)}"

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
                "handout": self.config.paper_pages,
            }
            super().handle_page(pagename, addctx | book, "paper.html", outfilename=index)


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
    """Rename ids that more than one page has; return the new ones, by page and old id."""
    elements = list(_with_pages(book, book["docname"]))
    pages = defaultdict(set)
    for page, element in elements:
        for old in element["ids"]:
            pages[old].add(page)
    new = {
        (page, old): f"{page}-{old}".replace("/", "-")
        for old, owners in pages.items()
        if len(owners) > 1
        for page in owners
    }
    for page, element in elements:
        for attribute in ("ids", "backrefs"):
            names = element[attribute]
            element[attribute] = [new.get((page, name), name) for name in names]
        if "refid" in element:
            element["refid"] = new.get((page, element["refid"]), element["refid"])
    return new


def _with_pages(element, page):
    """Yield each element below with the page that it comes from."""
    if isinstance(element, addnodes.start_of_file):
        page = element["docname"]
    yield page, element
    for child in element.children:
        if isinstance(child, nodes.Element):
            yield from _with_pages(child, page)
