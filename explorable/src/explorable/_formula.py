"""Formulas and Markdown as HTML that needs no script: formulas become MathML."""

import re
from html import escape
from importlib import import_module

from explorable._markup import Markup, whole

_FORMULA = re.compile(
    r"\$\$(?P<block>.+?)\$\$|\\\[(?P<bracket>.+?)\\\]"
    r"|(?P<environment>\\begin\{(?P<name>\w+\*?)\}.+?\\end\{(?P=name)\})"
    r"|(?<![\\$])\$(?P<line>(?:\\.|[^$\\])+)\$|\\\((?P<parenthesis>.+?)\\\)",
    re.DOTALL,
)
_CODE = r"(?P<code>(?P<fence>`+|~{3,}).*?(?P=fence))"  # which holds no formulas
_CODE_OR_FORMULA = re.compile(f"{_CODE}|{_FORMULA.pattern}", re.DOTALL)
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
        parts += [_escape(text[end : formula.start()]), _mathml(formula)]
        end = formula.end()
    return Markup("".join([*parts, _escape(text[end:])]))


def markdown_to_html(text: str) -> Markup:
    """Return Markdown with formulas, as `IPython.display.Markdown` gives it."""
    library = _needed("markdown_it", "Markdown")
    reader = library.MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return whole(reader.render(with_mathml(text)))


def with_mathml(text: str) -> str:
    """Return Markdown whose formulas are MathML, which Markdown passes on as it stands."""
    return _CODE_OR_FORMULA.sub(lambda m: m[0] if m["code"] else _mathml(m), text)


def _escape(text):
    return escape(text.replace(r"\$", "$"))


def _mathml(formula):
    block = formula["block"] or formula["bracket"] or formula["environment"]
    tex = (block or formula["line"] or formula["parenthesis"]).strip()
    # An environment that numbers its rows: here, no number would be the page's own.
    tex = _NUMBERED.sub(
        lambda match: rf"\{match[1]}{{{'aligned' if match[2] == 'align' else 'gathered'}}}", tex
    )
    displaystyle = bool(block) or tex.startswith(r"\displaystyle")
    tex = tex.removeprefix(r"\displaystyle").strip()
    library = _needed("math_core", "a formula")
    converter = library.LatexToMathML(fancy_error=False)
    try:
        return converter.convert_with_local_state(tex, displaystyle=displaystyle)
    except library.LatexError as error:
        raise FormulaError(f"the formula {tex} cannot be read: {error}") from None


def _needed(module, what):
    try:
        return import_module(module)
    except ImportError:
        raise FormulaError(f'{what} needs {module}: pip install "explorable[math]"') from None
