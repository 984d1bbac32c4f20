"""The book on paper: all pages in one, in a layout that needs no script and nothing of the theme.

A handout is the same with only the pages that ``paper_pages`` names, in this order.

`press.pdf` builds it and prints it. The builder has a name of its own, ``paper``, since extensions
know what to write for HTML of any name, but not always for Sphinx's own ``singlehtml``.
"""

from pathlib import Path

from docutils import nodes
from sphinx import addnodes

from ._one_page import OnePage


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_builder(Paper)
    app.add_config_value("paper_pages", [], "env")
    app.connect("config-inited", _show_html)
    app.connect("builder-inited", _draw_no_cards)


class Paper(OnePage):
    """One page in the layout of ``templates/paper.html``."""

    name = "paper"
    search = False

    def fix_refuris(self, tree):
        """For a handout, also keep its pages alone, and let links to others lead to the site."""
        handout = self.config.paper_pages
        if handout and isinstance(tree, nodes.document):
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
        super().fix_refuris(tree)

    def assemble_toc_fignumbers(self):
        """Number exercises and formulas as on their own pages."""
        numbers = {}
        for page, kinds in self.env.toc_fignumbers.items():
            for kind, of_page in kinds.items():
                for element, number in of_page.items():
                    element = self._renamed.get((page, element), element)
                    numbers.setdefault(kind, {})[element] = number
        return {self.config.root_doc: numbers}

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
