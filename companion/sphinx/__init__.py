"""The book's own Sphinx extension. It needs no torch.

_mathml
    Formulas become MathML while the site is built, so that no page loads a script for them.
_repository
    A fork's site links to the fork.
static
    The style sheets, the font of the formulas, the icon.
"""

from . import _mathml, _repository


def setup(app):
    """Called by Sphinx."""
    _mathml.setup(app)
    _repository.setup(app)
    app.add_css_file("book.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
