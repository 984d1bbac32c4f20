"""A pasted error message finds its entry in the Error atlas: in the search, and above the table.

Sphinx's search wants every word of a query on one page, in the same form. A reader's message has
other shapes and names in it, and perhaps a whole traceback before it. So ``atlas.js`` compares
its words with those of each message, and puts the entries that fit before Sphinx's own results.
"""

import json
import re
from html import escape

from companion.atlas import PAGE, rows


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", _add_atlas)


def _add_atlas(app, pagename, templatename, context, doctree):
    if pagename in (PAGE, "search") and PAGE in app.env.found_docs:
        app.add_js_file(None, body=_data())
        app.add_js_file("atlas.js", loading_method="defer")
        app.add_css_file("atlas.css")


def _data():
    """Return a script that holds the messages and symptoms, uncut, with their rows of the table."""
    texts = [
        {
            "row": row,
            "text": text,
            "anchor": entry.anchor,
            "title": f"{entry.number}. {_html(entry.title)}",
            "cause": _html(entry.cause.splitlines()[0]),
        }
        for row, causes in enumerate(rows().values())
        for text, entry in causes
    ]
    data = json.dumps({"page": PAGE, "texts": texts}).replace("<", "\\u003c")
    return f"const errorAtlas = {data};"


def _html(text):
    return re.sub("`(.*?)`", r"<code>\1</code>", escape(text, quote=False))
