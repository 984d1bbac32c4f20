"""Pages are dark from the first paint where the reader's system is.

The theme learns of a dark system only from its script, which comes after the first paint: the
page would flash.
"""

import re
from pathlib import Path

_UNKNOWN = re.compile(r'localStorage\.getItem\("theme"\) \|\| "auto"')
_ASKED = """localStorage.getItem("theme") ||
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")"""


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("build-finished", _finish, priority=800)  # _light: 900


def _finish(app, failure):
    if not failure and app.builder.format == "html":
        for path in Path(app.outdir).rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            path.write_text(_UNKNOWN.sub(_ASKED, text), encoding="utf-8")
