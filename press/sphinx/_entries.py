"""The Error clinic: an entry shows its message, cause and cure; its programs open below them.

An entry is a heading of the third rank on a page ``chapters/errors-…``. What stands between its
first cell of code and the next heading is folded, and open on paper. Each once stood on the page
that lists them all, so its address there is that of its line now.
"""

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

PAGES = "chapters/errors"  # and what begins with it
_SUMMARY = "The program and its cure"


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_node(Programs, html=(_visit, _depart))
    app.add_transform(Fold)


class Programs(nodes.General, nodes.Element):
    """The programs of an entry with what they print."""


def _visit(self, node):
    self.body.append(f"<details><summary>{_SUMMARY}</summary>\n")


def _depart(self, node):
    self.body.append("</details>\n")


class Fold(SphinxTransform):
    """Put the cells of each entry into `Programs`, and mark the words that readers ask with."""

    default_priority = 510  # after `_boxes.Details`, which is for authors' own <details>

    def apply(self):
        if not self.env.docname.startswith(PAGES):
            return
        self.document[0]["classes"].append("clinic")
        for line in self.document.findall(nodes.list_item):
            link = line.next_node(addnodes.pending_xref)
            if link and line.astext().endswith(link.astext()):
                line["ids"].append(nodes.make_id(link.astext()))
        for section in list(self.document.findall(nodes.section)):
            if isinstance(section.parent.parent, nodes.section):  # below the title and a group
                _fold(section)


def _fold(entry):
    for place, child in enumerate(entry.children):
        if isinstance(child, nodes.paragraph) and isinstance(child[0], nodes.emphasis):
            child["classes"].append("asked")
        if child.get("nb_element") == "cell_code":
            cells = entry.children[place:]
            del entry.children[place:]
            entry += Programs("", *cells)
            break
    for said in entry.findall(nodes.literal_block):
        if said.get("language") == "ipythontb" and "\n" in said.astext():
            said["language"] = "text"  # below its first line a message is no traceback
