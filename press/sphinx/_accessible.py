"""What the theme and the extensions get wrong for readers who hear a page, mended once it is built.

Each mend is a piece of their HTML and what stands in its place. Where a new version has other
HTML nothing is replaced, and ``tests/test_accessibility.py`` says whether it is still wrong.
"""

import re
from pathlib import Path

_MENDS = {
    # The book's name and the search are in no landmark, so a jump over landmarks misses them.
    '<div id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar">': (
        '<div id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar"'
        ' role="region" aria-label="Book">'
    ),
    # Dialogs without a name.
    '<dialog id="pst-search-dialog">': '<dialog id="pst-search-dialog" aria-label="Search">',
    '<dialog id="pst-primary-sidebar-modal">': (
        '<dialog id="pst-primary-sidebar-modal" aria-label="Book">'
    ),
    '<dialog id="pst-secondary-sidebar-modal">': (
        '<dialog id="pst-secondary-sidebar-modal" aria-label="On this page">'
    ),
    # docutils gives the items of a list a role that ARIA has given up, and that no list may hold.
    ' role="doc-biblioentry">': ' role="listitem">',
}


# A button that shows only an icon has its name in a tip, and the icon's letter goes before a tip.
_ICON_BUTTON = re.compile(
    r'<button\b(?![^>]*(?:aria-label|dropdown-item))(?=[^>]*\btitle="([^"]*)")'
    r'(?=[^>]*data-bs-toggle="tooltip")'
)


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("build-finished", _finish, priority=800)  # _light: 900
    app.add_css_file("accessible.css")
    app.add_js_file("accessible.js", loading_method="defer")


def _finish(app, failure):
    if not failure and app.builder.format == "html":
        for path in Path(app.outdir).rglob("*.html"):
            path.write_text(mend(path.read_text(encoding="utf-8")), encoding="utf-8")


def mend(page: str) -> str:
    """Return a page of the built site without the known faults; twice does no more than once.

    Examples
    --------
    >>> mend('<div class="citation" id="id1" role="doc-biblioentry">')
    '<div class="citation" id="id1" role="listitem">'
    """
    for wrong, right in _MENDS.items():
        page = page.replace(wrong, right)
    return _ICON_BUTTON.sub(r'<button aria-label="\1"', page)
