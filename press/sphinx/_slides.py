"""The figures of a page as slides: a button at its top, with a script that only such pages load.

``slides.js`` shows one figure at a time, as large as the screen allows, for a lecture.
"""

from docutils import nodes


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("html-page-context", _add_slides, priority=600)  # the theme makes its buttons: 501


def _add_slides(app, pagename, templatename, context, doctree):
    if doctree and any('class="explorable"' in raw.astext() for raw in doctree.findall(nodes.raw)):
        app.add_css_file("slides.css")
        app.add_js_file("slides.js", loading_method="defer")
        context["header_buttons"].append(
            {
                "type": "javascript",
                "javascript": "Slides.open()",
                "tooltip": "Figures full screen",
                "icon": "fas fa-display",
                "label": "slides-button",
                "classes": "pst-navbar-icon pst-js-only",
            }
        )
