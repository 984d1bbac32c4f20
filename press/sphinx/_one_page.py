"""All pages in one, for paper: equal ids of two pages are told apart there.

Sphinx joins the pages as they are, so that of ten headings "Summary" only the first could be
reached, from whatever page a link comes.
"""

from collections import defaultdict

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_builder(OnePage, override=True)


class OnePage(SingleFileHTMLBuilder):
    """Sphinx's own builder, but each id stands once, and links lead to it."""

    def fix_refuris(self, tree):
        """Make links between pages links within the one; called for the book and for its lists."""
        if isinstance(tree, nodes.document):
            self._renamed = _tell_apart(tree)
        for reference in tree.findall(nodes.reference):
            page, _, element = reference.get("refuri", "").rpartition("#")
            if page.startswith("#document-"):
                page = page.removeprefix("#document-")
                reference["refuri"] = f"#{self._renamed.get((page, element), element)}"


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
