"""The Error clinic: an entry shows its message, cause and cure; its programs open below them.

An entry is a heading of the third rank on a page ``chapters/errors-…``. What stands between its
first cell of code and the next heading is folded, and open on paper. Each once stood on the page
that lists them all, so its address there is that of its line now.
"""

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

PAGES = "chapters/errors"  # and what begins with it


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_transform(Fold)


class Fold(SphinxTransform):
    """Fold the cells of each entry, and mark the words that readers ask with."""

    default_priority = 510

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
            summary = "<details><summary>The program and its cure</summary>"
            entry.insert(place, nodes.raw("", summary, format="html"))
            entry += nodes.raw("", "</details>", format="html")
            break
    for said in entry.findall(nodes.literal_block):
        if said.get("language") == "ipythontb" and "\n" in said.astext():
            said["language"] = "text"  # below its first line a message is no traceback
