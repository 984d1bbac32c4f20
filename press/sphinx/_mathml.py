r"""Formulas as MathML, made while the site is built.

A page with formulas needs one style sheet and one font, and no script. TeX that cannot be
converted is a warning of the build, so that ``-W`` stops at it, where MathJax would leave the
discovery to a reader.
"""

import re

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

_converter = LatexToMathML(fancy_error=False)

# An environment that numbers its rows, and the one that sets the same rows without numbers:
# Sphinx numbers a formula as a whole and knows the number's label, so TeX must not count too.
_UNNUMBERED = {
    "align": "aligned",
    "equation": "gathered",
    "gather": "gathered",
    "multline": "gathered",
}
_NUMBERING = re.compile(rf"\\(begin|end)\{{({'|'.join(_UNNUMBERED)})\*?\}}")


def setup(app):
    """Offer the renderer as ``html_math_renderer = "mathml"``."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_display, None))
    app.connect("html-page-context", _add_style)


def without_numbers(tex):
    r"""Return a display formula with its numbering environments made into plain ones.

    Examples
    --------
    >>> without_numbers(r"\begin{align} a &= b \end{align}")
    '\\begin{aligned} a &= b \\end{aligned}'
    """
    return _NUMBERING.sub(lambda match: rf"\{match[1]}{{{_UNNUMBERED[match[2]]}}}", tex)


def _visit_inline(self, node):
    self.body.append(_mathml(self, node, node.astext(), displaystyle=False))
    raise nodes.SkipNode


def _visit_display(self, node):
    mathml = _mathml(self, node, without_numbers(node.astext()), displaystyle=True)
    in_a_box = node.parent.get("ids") == node["ids"]  # Furo's, which has them already
    start = nodes.Element() if in_a_box else node
    self.body.append(self.starttag(start, "div", CLASS="formula") + mathml)
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    self.body.append("</div>\n")
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
