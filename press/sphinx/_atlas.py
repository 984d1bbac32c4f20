"""The Error atlas is found: from a pasted message, and from the chapters that explain its errors.

Sphinx's search wants every word of a query on one page, in the same form. A reader's message has
other shapes and names in it, and perhaps a whole traceback before it. So ``atlas.js`` compares
its words with those of each message, and puts the entries that fit before Sphinx's own results.

Each entry names the chapter that explains it. That chapter and its exercises end with the list
of their entries, so that nobody keeps links by hand in two places.
"""

import json
import re
from html import escape

from docutils import nodes

from companion.atlas import PAGE, entries, rows


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("html-page-context", _add_atlas)
    app.connect("doctree-resolved", _list_errors)


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


def _list_errors(app, doctree, page):
    folder, _, slug = page.partition("/")
    mine = [entry for entry in entries() if entry.chapter == slug]
    if mine and folder in ("chapters", "exercises") and PAGE in app.env.found_docs:
        address = app.builder.get_relative_uri(page, PAGE)
        links = [
            nodes.reference(
                "", "", *_words(f"{e.number}. {e.title}"), refuri=f"{address}#{e.anchor}"
            )
            for e in mine
        ]
        items = [nodes.list_item("", nodes.paragraph("", "", link)) for link in links]
        heading = nodes.rubric("", "Errors of this chapter, in the Error atlas")
        next(doctree.findall(nodes.section)).extend([heading, nodes.bullet_list("", *items)])


def _words(text):
    """Return a title as nodes: what stands in backticks is code."""
    for place, part in enumerate(text.split("`")):
        yield nodes.literal("", part) if place % 2 else nodes.Text(part)
