"""Sphinx extension: show the figures of notebooks, with the player where one is and only there.

It works with what shows a notebook's ``text/html`` output: myst-nb, Jupyter Book 1 and
nbsphinx. A notebook's stored outputs are shown as `explorable.record` left them; one that the
build itself runs is recorded by that.
"""

import os
import sys
from pathlib import Path

from docutils import nodes
from sphinx.util import logging

from explorable._show import WIDGET_VIEW


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", _prefer_html_to_widgets)
    app.connect("builder-inited", _add_assets)
    app.connect("html-page-context", _add_player)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _prefer_html_to_widgets(app, config):
    os.environ["EXPLORABLE_RECORD"] = "1"
    if "nb_mime_priority_overrides" in config:  # myst-nb's; it would show a dead widget
        overrides = [*config.nb_mime_priority_overrides, ("html", WIDGET_VIEW, None)]
        config.nb_mime_priority_overrides = overrides
    if nbsphinx := sys.modules.get("nbsphinx"):  # so would it, and it has no setting for that
        kinds = [kind for kind in nbsphinx.DISPLAY_DATA_PRIORITY_HTML if kind != WIDGET_VIEW]
        kinds.insert(kinds.index("text/html") + 1, WIDGET_VIEW)
        nbsphinx.DISPLAY_DATA_PRIORITY_HTML = tuple(kinds)


def _add_assets(app):
    # Not a folder named _static: Jupyter Book would load what is in there on every page.
    app.config.html_static_path.append(str(Path(__file__).parent / "static"))


def _add_player(app, pagename, templatename, context, doctree):
    text = "".join(raw.astext() for raw in (doctree.findall(nodes.raw) if doctree else ()))
    if '<figure class="explorable' in text:
        app.add_css_file("explorable.css")
        app.add_js_file("explorable.js", loading_method="defer")
    if '<figure class="explorable explorable-live"' in text:
        logging.getLogger(__name__).warning(
            "a figure that was run but not recorded has no controls on a page; run "
            "python -m explorable.record on its notebook, or let the build execute it",
            location=pagename,
            type="explorable",
            subtype="recorded",
        )
