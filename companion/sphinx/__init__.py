"""The book's own Sphinx extension. It needs no torch.

_accessible
    What the theme leaves undone for readers with a keyboard or a screen reader.
_answers
    Exercises answer on the page.
_atlas
    A pasted error message finds its entry.
_downloads
    The whole book as a file, in the download menu of each page.
_light, _prune
    What all pages share becomes one style sheet and one script, without what no page uses.
_mathml
    Formulas become MathML while the site is built, so that no page loads a script for them.
_repository
    A fork's site links to the fork.
_slides
    The figures of a page on the whole screen.
static
    The style sheets, the font of the formulas, the icon.
"""

from . import (
    _accessible,
    _answers,
    _atlas,
    _downloads,
    _light,
    _mathml,
    _repository,
    _slides,
)


def setup(app):
    """Called by Sphinx."""
    _accessible.setup(app)
    _answers.setup(app)
    _atlas.setup(app)
    _downloads.setup(app)
    _light.setup(app)
    _mathml.setup(app)
    _repository.setup(app)
    _slides.setup(app)
    app.add_css_file("book.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
