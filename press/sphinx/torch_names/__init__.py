"""Every name of torch in code links to torch's documentation.

_inventory, inventory.txt
    Which names have a page. Stored, so that a build needs no network and no torch.
__main__
    Makes the inventory again, for a new version of torch.
_read
    Finds the names in the code of a page.
_prose
    Finds them in its text.
_index
    Tells the search which chapter is about a name.
_link
    Puts links into code that is already coloured.
"""

import re
from pathlib import Path

from docutils import nodes

from . import _index
from ._inventory import inventory
from ._link import insert, opening
from ._page import names_on

_REQUIREMENTS = Path(__file__).parents[3] / "requirements.txt"


class torch_name(nodes.Inline, nodes.TextElement):
    """Inline code that links to torch's documentation."""


def setup(app):
    """Called by the extension's own `setup`."""
    _index.setup(app)
    app.add_node(torch_name, html=(_visit_name, _depart_name))
    app.add_node(nodes.literal_block, override=True, html=(_visit_code, None))
    app.connect("doctree-resolved", _link_names)


def _link_names(app, doctree, docname):
    if app.builder.format != "html":
        return
    linked = set()
    for node, names in names_on(doctree):
        links = [(name.start, name.end, _opening(name.name, linked)) for name in names]
        if isinstance(node, nodes.literal_block):
            node["torch_names"] = links
        else:
            link = torch_name(tag=links[0][2])
            node.replace_self(link)
            link += node


def _opening(name, linked):
    """Return the opening tag of a link, and remember that the page has one to this place."""
    address = _address(name)
    first = address not in linked
    linked.add(address)
    return opening(address, first)


def _address(name):
    """Return where the torch that the book is checked with documents a name."""
    text = _REQUIREMENTS.read_text(encoding="utf-8")
    version = re.search(r"^torch==(\d+\.\d+)", text, re.MULTILINE)[1]
    return f"https://docs.pytorch.org/docs/{version}/{inventory()[name].page}"


def _visit_name(self, node):
    self.body.append(node["tag"])


def _depart_name(self, node):
    self.body.append("</a>")


def _visit_code(self, node):
    try:
        type(self).visit_literal_block(self, node)
    except nodes.SkipNode:
        self.body[-1] = insert(self.body[-1], node.get("torch_names", []))
        raise
