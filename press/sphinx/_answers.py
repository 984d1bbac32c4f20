"""The exercises of a page answer back, where no Python runs; and only their pages load a script.

``answers.js``    asks for the predictions, with what `companion.check._page` stored for it
``progress.js``   remembers in the reader's browser what is solved, and shows it
``inventory.js``  asks all questions of a page before it says anything: the concept inventory

A solution's code is shown without the marks that `press.student` and nbgrader read.
"""

import re

from docutils import nodes

_MARK = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("doctree-read", _drop_marks)
    app.connect("html-page-context", _add_scripts)


def _drop_marks(app, doctree):
    for code in doctree.findall(nodes.literal_block):
        if _MARK.search(text := code.astext()):
            code.rawsource = _MARK.sub("", text).rstrip("\n")  # only what equals it gets colours
            code[:] = [nodes.Text(code.rawsource)]


def _add_scripts(app, pagename, templatename, context, doctree):
    outputs = [raw.astext() for raw in doctree.findall(nodes.raw)] if doctree else []
    checks = [output for output in outputs if '<div class="check"' in output]
    if checks:
        scripts = ["progress.js", "answers.js"]
        if any("&quot;later&quot;" in check for check in checks):
            scripts.append("inventory.js")
        for script in scripts:
            app.add_js_file(script, loading_method="defer")
        app.add_css_file("answers.css")
