"""Questions answer back on the page, where no Python runs; and only their pages load a script.

What a cell asks is stored among its outputs as data of a type of its own, which
`companion.check._page` writes. Before Sphinx reads a notebook, a form made of these data takes the
place of the output, and of the cell's code if the question needs none. ``answers.js`` listens to
these forms and keeps in the reader's browser what is solved; ``inventory.js`` asks all questions
of a page before it says anything.

In ``exercises/`` the name of each question is an anchor of its heading, beside the title.
"""

import json
import re
from html import escape

from docutils import nodes

#: The type of the data, as in `companion.check._page`; this package needs no torch.
MIME = "application/vnd.autograd-in-motion.question+json"
_LATER = '"later": true'
_NAME = re.compile(r'<(?:form|div) class="question[^>]* data-name="([^"]+)"')


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("source-read", _show_forms)
    app.connect("doctree-read", _add_anchors)
    app.connect("html-page-context", _add_scripts)


def _show_forms(app, docname, source):
    if MIME not in source[0] or not str(app.env.doc2path(docname)).endswith(".ipynb"):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            bundle = output.get("data", {})
            if question := bundle.pop(MIME, None):
                output["data"] = {"text/html": form(question, "".join(bundle["text/html"]))}
                if question["kind"] != "code":
                    tags = cell["metadata"].setdefault("tags", [])
                    tags[:] = {"remove-input", *tags} - {"hide-input"}
    source[0] = json.dumps(notebook)


def form(question: dict, verdict: str = "") -> str:
    """Return the form of a question, as `companion.check._page.Form.data` has it, as HTML.

    `verdict` is what the stored check says, shown for code that is there but wrong.

    Examples
    --------
    >>> 'type="radio" name="slope" value="a"' in form(
    ...     {"name": "slope", "kind": "choice", "options": {"a": "up", "b": "down"}, "replies": {}}
    ... )
    True
    """
    name, kind = escape(question["name"]), question["kind"]
    if kind == "code":
        said = verdict if question.get("result") not in (None, "missing") else ""
        return (
            f'<div class="question question-code" id="question-{name}" data-name="{name}">{said}'
            "<p>Code runs in a live notebook: <b>Open live</b>, at the "
            'top of this page, starts one.</p><label class="answer-box">'
            '<input type="checkbox" autocomplete="off"> I solved this, in a notebook</label></div>'
        )
    data = json.dumps(question, ensure_ascii=False).replace("</", "<\\/")
    button = "" if question.get("later") else '<button type="submit">Check</button>'
    return (
        f'<form class="question question-{kind}" id="question-{name}" data-name="{name}">'
        f"<fieldset><legend>Your answer</legend>{_CONTROLS[kind](question)}{button}</fieldset>"
        '<div class="check" role="status"></div>'
        "<noscript><p>Without JavaScript this page cannot say whether an answer is right; a live "
        "notebook can.</p></noscript>"
        f'<script type="application/json">{data}</script></form>'
    )


def _number(question):
    attributes = 'autocomplete="off" autocapitalize="off" spellcheck="false"'
    return f"<label>A number: <input {attributes}></label>"


def _choice(question):
    items = [
        f'<li><label><input type="radio" name="{escape(question["name"])}" value="{letter}" '
        f'autocomplete="off"><b>{letter}</b> <span>{text}</span></label></li>'
        for letter, text in question["options"].items()
    ]
    return f'<ul class="question-options">{"".join(items)}</ul>'


def _order(question):
    items = [
        f'<li value="{number}"><b>{number}</b> <span>{line}</span><span class="question-moves">'
        f'<button type="button" aria-label="Move line {number} up">↑</button>'
        f'<button type="button" aria-label="Move line {number} down">↓</button></span></li>'
        for number, line in enumerate(question["lines"], start=1)
    ]
    return f'<ol class="question-lines">{"".join(items)}</ol>'


_CONTROLS = {"number": _number, "choice": _choice, "order": _order}


def _questions(doctree):
    for raw in doctree.findall(nodes.raw):
        if found := _NAME.search(raw.astext()):
            yield raw, found[1]


def _add_anchors(app, doctree):
    if not app.env.docname.startswith("exercises/"):
        return
    for raw, name in _questions(doctree):
        section = raw
        while not isinstance(section, nodes.section):
            section = section.parent
        if name not in section["ids"]:  # the title may have given it already
            section["ids"].append(name)
    questions = [raw.astext() for raw, _ in _questions(doctree)]
    if questions:
        title = doctree.next_node(nodes.title)
        head = nodes.raw("", _progress(questions), format="html")
        title.parent.insert(title.parent.index(title) + 1, head)


def _progress(questions):
    """Return what stands above the questions of a page; the script fills in what is kept."""
    count = f"0 of {len(questions)} solved"
    rest = '<button type="button">Forget my answers</button><p class="answer-note">Your answers are kept in this browser only.</p>'
    if any(_LATER in question for question in questions):
        count, rest = f"Round 1, before the book: 0 of {len(questions)} answered.", ""
    return f'<div class="answer-progress"><p class="answer-count">{count}</p>{rest}</div>'


def _add_scripts(app, pagename, templatename, context, doctree):
    asked = [raw.astext() for raw, _ in _questions(doctree)] if doctree else []
    if asked:
        app.add_js_file("answers.js", loading_method="defer")
        app.add_css_file("answers.css")
        if any(_LATER in form for form in asked):
            app.add_js_file("inventory.js", loading_method="defer")
