"""Every name of torch in code links to torch's documentation.

_inventory, inventory.txt
    Which names have a page. Stored, so that a build needs no network and no torch.
__main__
    Makes the inventory again, for a new version of torch.
_read
    Finds the names in the code of a page.
_prose
    Finds them in its text.
_link
    Puts links into code that is already coloured.
"""

import re
from pathlib import Path

from docutils import nodes

from ._inventory import inventory
from ._link import insert, opening
from ._prose import name_in_prose
from ._read import read

_REQUIREMENTS = Path(__file__).parents[3] / "requirements.txt"
_LANGUAGES = ("ipython3", "python")


class torch_name(nodes.Inline, nodes.TextElement):
    """Inline code that links to torch's documentation."""


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_node(torch_name, html=(_visit_name, _depart_name))
    app.add_node(nodes.literal_block, override=True, html=(_visit_code, None))
    app.connect("doctree-resolved", _find_names)


def _address(name):
    """Return where the torch that the book is checked with documents a name."""
    text = _REQUIREMENTS.read_text(encoding="utf-8")
    version = re.search(r"^torch==(\d+\.\d+)", text, re.MULTILINE)[1]
    return f"https://docs.pytorch.org/docs/{version}/{inventory()[name].page}"


def _find_names(app, doctree, docname):
    if app.builder.format != "html":
        return
    blocks = [
        node
        for node in doctree.findall(nodes.literal_block)
        if node.get("language") in _LANGUAGES and node.rawsource == node.astext()
    ]
    shown = [
        number
        for number, block in enumerate(blocks)
        if block.parent.get("nb_element") != "cell_code_source"
    ]
    reading = read([block.astext() for block in blocks], shown)
    found = dict(zip(map(id, blocks), reading.names, strict=True))
    linked = set()

    def tag(name):
        address = _address(name)
        first = address not in linked
        linked.add(address)
        return opening(address, first)

    for node in list(doctree.findall(_is_code)):
        if id(node) in found:
            node["torch_names"] = [(s, e, tag(name)) for s, e, name in found[id(node)]]
        elif _may_link(node) and (name := name_in_prose(node.astext(), reading)):
            link = torch_name(tag=tag(name))
            node.replace_self(link)
            link += node


def _is_code(node):
    return isinstance(node, (nodes.literal, nodes.literal_block))


def _may_link(node):
    """No link in a link, nor in a title, which is one elsewhere."""
    within = node
    while within := within.parent:
        if isinstance(within, (nodes.reference, nodes.title)):
            return False
    return isinstance(node, nodes.literal)


def _visit_name(self, node):
    self.body.append(node["tag"])


def _depart_name(self, node):
    self.body.append("</a>")


def _visit_code(self, node):
    try:
        type(self).visit_literal_block(self, node)
    except nodes.SkipNode:
        if links := node.get("torch_names"):
            self.body[-1] = insert(self.body[-1], links)
        raise
