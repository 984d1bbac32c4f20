"""The names of torch on a page of the book."""

from docutils import nodes

from ._prose import name_in_prose
from ._read import Name, read

_LANGUAGES = ("ipython3", "python")


def names_on(doctree: nodes.document) -> list[tuple[nodes.Element, list[Name]]]:
    """Return each piece of code in a page, in a block or in a sentence, that has names, with them.

    Code cells are read as they run. A block in the text is only shown: what it assigns stays there.
    """
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
    found = dict(zip(blocks, reading.names, strict=True))
    for node in doctree.findall(nodes.literal):
        if _may_link(node) and (name := name_in_prose(node.astext(), reading)):
            found[node] = [Name(0, len(node.astext()), name)]
    return [(node, found[node]) for node in doctree.findall() if found.get(node)]


def _may_link(node):
    """No link in a link, nor in a title, which is one elsewhere."""
    while node := node.parent:
        if isinstance(node, (nodes.reference, nodes.title)):
            return False
    return True
