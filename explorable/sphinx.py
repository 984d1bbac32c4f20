"""Sphinx extension: add the player to the pages that hold a figure, and to no other.

It works with any builder of HTML that shows a notebook's ``text/html`` output, such as
myst-nb, Jupyter Book and nbsphinx.
"""

from pathlib import Path

from docutils import nodes


def setup(app):
    """Called by Sphinx."""
    app.connect("builder-inited", _add_assets)
    app.connect("html-page-context", _add_player)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_assets(app):
    # Not a folder named _static: Jupyter Book would load what is in there on every page.
    app.config.html_static_path.append(str(Path(__file__).parent / "static"))


def _add_player(app, pagename, templatename, context, doctree):
    if doctree and any(
        'class="explorable"' in raw.rawsource or 'class="explorable"' in raw.astext()
        for raw in doctree.findall(nodes.raw)
    ):
        app.add_css_file("explorable.css")
        app.add_js_file("explorable.js", loading_method="defer")
