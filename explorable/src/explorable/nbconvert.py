"""nbconvert exporter: one HTML file whose figures play, with nothing beside it.

::

    jupyter nbconvert --to explorable notebook.ipynb

The notebook's stored outputs are shown, so record it first with ``python -m explorable.record``.
"""

from pathlib import Path

from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

_STATIC = Path(__file__).parent / "static"


class ExplorableExporter(HTMLExporter):
    """HTML with the player and its style inlined, and no widget manager from another host."""

    export_from_notebook = "HTML with explorable figures"

    @property
    def default_config(self):
        """nbconvert's own, but a live widget's view, dead in a file, ranks below its HTML."""
        config = Config(super().default_config)
        shown = config.NbConvertBase.display_data_priority
        view = "application/vnd.jupyter.widget-view+json"
        config.NbConvertBase.display_data_priority = [m for m in shown if m != view] + [view]
        config.HTMLExporter.require_js_url = ""
        return config

    def from_notebook_node(self, nb, resources=None, **options):
        """Return the page and its resources, as nbconvert does."""
        page, resources = super().from_notebook_node(nb, resources, **options)
        style = (_STATIC / "explorable.css").read_text(encoding="utf-8")
        script = (_STATIC / "explorable.js").read_text(encoding="utf-8")
        page = page.replace("</head>", f"<style>{style}</style>\n</head>", 1)
        head, _, tail = page.rpartition("</body>")
        return f"{head}<script>{script}</script>\n</body>{tail}", resources
