"""Formulas as MathML, made while the site is built.

A page with formulas needs one style sheet and one font, and no script. TeX that cannot be
converted is a warning of the build, so that ``-W`` stops at it, where MathJax would leave the
discovery to a reader.
"""

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.util import logging

logger = logging.getLogger(__name__)

_converter = LatexToMathML(fancy_error=False)


def setup(app):
    """Offer the renderer as ``html_math_renderer = "mathml"``."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_display, None))
    app.connect("html-page-context", _add_style)


def _visit_inline(self, node):
    self.body.append(_mathml(self, node, node.astext(), displaystyle=False))
    raise nodes.SkipNode


def _visit_display(self, node):
    if node["number"]:
        logger.warning("The book's formulas have no numbers, so no labels.", location=node)
    mathml = _mathml(self, node, node.astext(), displaystyle=True)
    self.body.append(self.starttag(node, "div", CLASS="formula") + mathml + "</div>\n")
    raise nodes.SkipNode


def _mathml(self, node, tex, displaystyle):
    try:
        return _converter.convert_with_local_state(tex, displaystyle=displaystyle)
    except LatexError as error:
        # math-core says "6: Unknown command", but its 6 counts bytes: the formula says more.
        reason = str(error).partition(": ")[2]
        formula = " ".join(node.astext().split())
        logger.warning("%s The formula is: %s", reason, formula, location=node)
        return f"<code>{self.encode(formula)}</code>"


def _add_style(app, pagename, templatename, context, doctree):
    formulas = (nodes.math, nodes.math_block)
    if doctree and any(isinstance(node, formulas) for node in doctree.findall()):
        app.add_css_file("mathml.css")
