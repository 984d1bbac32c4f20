"""A wide table is a list on a phone, where each cell says which column it is of."""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

_WIDE = 4  # columns of words, of which a phone shows two or three


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_post_transform(Columns)


class Columns(SphinxPostTransform):
    """Put the name of its column before each cell of a wide table; ``book.css`` shows it."""

    default_priority = 400
    builders = ("html",)

    def run(self):
        for table in self.document.findall(nodes.table):
            head = table.next_node(nodes.thead)
            names = list(head.findall(nodes.entry)) if head else []
            if sum("text-right" not in name["classes"] for name in names) < _WIDE:
                continue
            table["classes"].append("wide")
            for row in table.next_node(nodes.tbody):
                for cell, name in list(zip(row, names, strict=True))[1:]:
                    if cell.astext():
                        label = nodes.inline("", f"{name.astext()} ", classes=["column"])
                        cell[0].insert(0, label)
