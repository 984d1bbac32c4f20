"""Formulas and Markdown as HTML that needs no script: formulas become MathML."""

import re
from functools import cache
from html import escape

from explorable._markup import Markup, whole

_FORMULA = re.compile(
    r"\$\$(?P<block>.+?)\$\$|\\\[(?P<bracket>.+?)\\\]"
    r"|(?P<environment>\\begin\{(?P<name>\w+\*?)\}.+?\\end\{(?P=name)\})"
    r"|(?<![\\$])\$(?P<line>[^$]+?)(?<!\\)\$|\\\((?P<parenthesis>.+?)\\\)",
    re.DOTALL,
)
_NUMBERED = re.compile(r"\\(begin|end)\{(align|equation|gather|multline)\*?\}")


class FormulaError(ValueError):
    """What a formula, or what draws it, lacks."""


def latex_to_html(text: str) -> Markup:
    r"""Return text with formulas, as `IPython.display.Latex` and sympy give it.

    Examples
    --------
    >>> "<msup>" in latex_to_html("$x^2$ & more")
    True
    """
    parts, end = [], 0
    for formula in _FORMULA.finditer(text):
        parts += [escape(text[end : formula.start()]), _mathml(formula)]
        end = formula.end()
    return Markup("".join([*parts, escape(text[end:])]))


def markdown_to_html(text: str) -> Markup:
    """Return Markdown with formulas, as `IPython.display.Markdown` gives it."""
    return whole(_markdown()(with_mathml(text)))


def with_mathml(text: str) -> str:
    """Return Markdown whose formulas are MathML, which Markdown passes on as it stands."""
    pieces = re.split(r"(```.*?```|`[^`\n]*`)", text, flags=re.DOTALL)  # code holds no formulas
    pieces[::2] = [_FORMULA.sub(_mathml, piece) for piece in pieces[::2]]
    return "".join(pieces)


def _mathml(formula):
    block = formula["block"] or formula["bracket"] or formula["environment"]
    tex = (block or formula["line"] or formula["parenthesis"]).strip()
    # An environment that numbers its rows: here, no number would be the page's own.
    tex = _NUMBERED.sub(
        lambda match: rf"\{match[1]}{{{'aligned' if match[2] == 'align' else 'gathered'}}}", tex
    )
    displaystyle = bool(block) or tex.startswith(r"\displaystyle")
    return _converter()(tex.removeprefix(r"\displaystyle").strip(), displaystyle)


@cache
def _converter():
    try:
        from math_core import LatexError, LatexToMathML
    except ImportError:
        raise _missing("a formula", "math-core") from None
    converter = LatexToMathML(fancy_error=False)

    def convert(tex, displaystyle):
        try:
            return converter.convert_with_local_state(tex, displaystyle=displaystyle)
        except LatexError as error:
            raise FormulaError(f"the formula {tex} cannot be read: {error}") from None

    return convert


@cache
def _markdown():
    try:
        from markdown_it import MarkdownIt
    except ImportError:
        raise _missing("Markdown", "markdown-it-py") from None
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render


def _missing(what, package):
    return FormulaError(f'{what} needs {package}: pip install "explorable[math]"')
