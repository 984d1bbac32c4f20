"""The book's own Sphinx extension. It needs no torch.

_address
    What a published site needs to be found: index, 404, sitemap, and pages that moved.
_accessible
    What the theme leaves undone for readers with a keyboard or a screen reader.
_answers
    Exercises answer on the page.
_atlas
    A pasted error message finds its entry.
_code
    Words of code that look like the text around them are no elements of their own.
_dark
    Pages are dark from the first paint where the reader's system is.
_downloads
    The whole book as a file, in the download menu of each page.
_glossary
    The first use of a glossary's word on a page shows what it means.
_launch
    Notebooks open on Colab and on a JupyterHub.
_light, _prune, _scripts
    What all pages share becomes one style sheet, without what no page uses, and one script.
_mathml
    Formulas become MathML while the site is built, so that no page loads a script for them.
_repository
    A fork's site links to the fork.
torch_names
    Names of torch link to its documentation.
static, templates
    The style sheets, the scripts, the font of the formulas, the icon; a page that leads on.
"""

from . import (
    _accessible,
    _address,
    _answers,
    _atlas,
    _code,
    _dark,
    _downloads,
    _glossary,
    _launch,
    _light,
    _mathml,
    _repository,
    torch_names,
)


def setup(app):
    """Called by Sphinx."""
    _accessible.setup(app)
    _address.setup(app)
    _answers.setup(app)
    _atlas.setup(app)
    _code.setup(app)
    _dark.setup(app)
    _downloads.setup(app)
    _glossary.setup(app)
    _launch.setup(app)
    _light.setup(app)
    _mathml.setup(app)
    _repository.setup(app)
    torch_names.setup(app)
    app.add_css_file("book.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
