"""The book's own Sphinx extension. It needs no torch, and rewrites no page that is built.

_address
    What a published site needs to be found: index, 404, sitemap, and pages that moved.
_answers
    Exercises answer on the page.
_boxes
    Quotations that open with bold words are boxes.
_code
    Names of torch link to its documentation.
_entries
    Programs of the Error clinic fold below their entries.
_glossary
    The first use of a glossary's word on a page shows what it means.
_landing
    The landing page's list of chapters becomes cards with their pictures and questions.
_mathml
    Formulas become MathML while the site is built, so that no page loads a script for them.
_paper
    The book on paper, which `press.pdf` prints: all pages in one, in a layout of its own.
_plain_links
    Plain Markdown links reach figures and words; what leads nowhere is a warning.
_repository
    A fork's site links to the fork.
_search
    The book's own search: what it looks in, and the page that lists its answers.
_tables
    A wide table is a list on a phone.
_theme
    Furo, the place of a page in the book, and what a reader can do with the page.
colours
    The colours of code, for Pygments.
static, templates
    Style sheets, scripts and letters; what stands around a page's text.
"""

from importlib import import_module
from pkgutil import iter_modules


def setup(app):
    """Called by Sphinx: set up each part above whose name begins with an underscore."""
    for part in iter_modules(__path__):
        if part.name.startswith("_"):
            import_module(f"{__name__}.{part.name}").setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
