r"""Formulas of the built pages: press/sphinx/_mathml.py and its font."""

import io
import re
import subprocess
import sys
import unicodedata
from html import unescape
from pathlib import Path

import pytest
from docutils import nodes
from hypothesis import given
from hypothesis import strategies as st
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import docutils_namespace, patch_docutils

STATIC = Path(__file__).parents[2] / "press" / "sphinx" / "static"

CONSTRUCTS = [
    r"\hat y = w x",
    r"\frac{\partial \ell}{\partial w} = 2x(wx - y)",
    r"J = \begin{pmatrix} \partial y_1/\partial x_1 & \cdots \\ \vdots & \ddots \end{pmatrix}",
    r"v^\top J, \quad J^\top v, \quad J u",
    r"\prod_{i=1}^{3} |1 - 2\,\mathrm{lr}\, x_i^2|",
    r"\begin{aligned} h &= \tanh(W x) \\ y &= v^\top h \end{aligned}",
    r"\begin{align*} h &= \tanh(W x) \\ y &= v^\top h \end{align*}",
    r"\sum_{i=1}^{n} x_i^2 \quad \int_0^1 \quad \lim_{h \to 0} \frac{f(x+h) - f(x)}{h}",
    r"\sqrt{\frac{1}{n}} + \sqrt[3]{x}",
    r"\mathbf{W}^{(1)} \mathbf{x} + \mathbf{b} \quad \boldsymbol{\theta}",
    r"f : \mathbb{R}^n \to \mathbb{R}^m \quad \mathbb{N} \quad \mathbb{Z}",
    r"\alpha \beta \gamma \delta \epsilon \varepsilon \eta \theta \lambda \mu \pi \rho \sigma \tau",
    r"\phi \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Sigma \Phi \Psi \Omega",
    r"\texttt{w.grad} \quad \texttt{requires\_grad} \quad \text{if } x > 0",
    r"\operatorname{ReLU}(x) = \begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}",
    r"\left\lVert \frac{x}{y} \right\rVert \left| x \right|_{0} \langle u, v \rangle \lfloor x \rfloor",
    r"w \leftarrow w - \eta \nabla_{\!w} \ell \mapsto y \Rightarrow z \implies t \iff u",
    r"a \cdot b \times c \odot d \oplus e \otimes f \circ g \pm h",
    r"a \le b \ge c \ne d \approx e \sim p \propto q \equiv r \ll s \gg t \coloneqq u",
    r"x \in A \notin B \subset C \forall x \exists y \infty",
    r"\bar x \tilde x \dot x \overline{xy} \underbrace{a + b}_{\text{sum}} f'(x) f''(x)",
    r"\mathcal{L} \mathcal{N} \mathbf{1} \max \min \log \exp \dots",
]


def build(folder, **pages):
    """Build pages of Markdown; return the application, with the stream of its warnings."""
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text)
    warnings = io.StringIO()
    with patch_docutils(folder), docutils_namespace():
        app = Sphinx(
            folder, None, folder / "out", folder / "doctrees", "html",
            {
                "extensions": ["myst_parser", "press.sphinx"],
                "myst_enable_extensions": ["amsmath", "dollarmath"],
                "myst_update_mathjax": False,
                "html_math_renderer": "mathml",
                "html_theme": "furo",
            },
            status=None, warning=warnings,
        )  # fmt: skip
        app.build()
    app.warnings = warnings
    return app


def page(app, name):
    return Path(app.outdir, f"{name}.html").read_text()


@pytest.fixture(scope="module")
def render(tmp_path_factory):
    """A function that renders one formula; it returns the HTML and the warnings."""
    app = build(tmp_path_factory.mktemp("site"), index="# Title\n")

    def render(tex, kind=nodes.math_block):
        warnings = io.StringIO()
        logging.setup(app, io.StringIO(), warnings)  # for Sphinx logs to the newest application
        node = kind(tex, tex, number=None, nowrap=False)
        return app.builder.render_partial(node)["fragment"], warnings.getvalue()

    return render


@pytest.fixture(scope="module")
def drawable():
    """Every character that the style sheet says the font can draw."""
    ranges = re.findall(r"U\+(\w+)(?:-(\w+))?", (STATIC / "mathml.css").read_text())
    return {
        chr(code)
        for first, last in ranges
        for code in range(int(first, 16), int(last or first, 16) + 1)
    }


# A browser draws a single letter, as in <mi>w</mi>, with the italic letter of the font.
ITALIC = {"h": "\u210e"} | {
    chr(int(unicodedata.decomposition(chr(code)).split()[1], 16)): chr(code)
    for code in [*range(0x1D434, 0x1D455), *range(0x1D456, 0x1D468), *range(0x1D6E2, 0x1D71C)]
}


@pytest.mark.parametrize("tex", CONSTRUCTS)
@pytest.mark.parametrize("kind", [nodes.math, nodes.math_block])
def test_constructs_of_the_book(render, drawable, tex, kind):
    """What the chapters write converts, and no sign of it needs a font that a reader may lack."""
    html, warnings = render(tex, kind)
    assert html.count("<math") == html.count("</math>") == 1
    assert warnings == ""
    drawn = re.sub("<mi>(.)</mi>", lambda match: ITALIC.get(match[1], match[1]), html)
    # A variation selector chooses between two shapes of a script letter; the font has one.
    assert set(unescape(re.sub("<[^>]*>", "", drawn))) - {"\n", "\ufe00"} <= drawable


def test_assets_only_where_needed(tmp_path):
    """No page loads a script for formulas, and only a page with a formula loads their style."""
    app = build(tmp_path, index="# Title\n\n```{toctree}\nplain\n```\n\n$a$\n", plain="# Plain\n")
    assert app.warnings.getvalue() == ""
    assert "mathml.css" in page(app, "index")
    assert "mathml.css" not in page(app, "plain")
    assert not any("mathjax" in page(app, name).lower() for name in ("index", "plain", "search"))
    assert {file.name for file in STATIC.iterdir()} <= {
        file.name for file in Path(app.outdir, "_static").iterdir()
    }


def test_a_label_is_a_warning(tmp_path):
    """Else a link would name a number that stands beside no formula."""
    app = build(tmp_path, index="# Title\n\n$$\na = b\n$$ (chain)\n")
    assert "have no numbers" in app.warnings.getvalue()


def test_mistakes_are_warnings(tmp_path):
    """A mistake in TeX is a warning with file and line, so -W stops; the page shows the TeX."""
    app = build(tmp_path, index="# Title\n\nText $a$.\n\n$$\n\\wrong < 1\n$$\n")
    (warning,) = app.warnings.getvalue().splitlines()
    assert "index.md:5: WARNING:" in warning
    assert 'Unknown command "\\wrong". The formula is: \\wrong < 1' in warning
    assert r"<code>\wrong &lt; 1</code>" in page(app, "index")


PIECES = [*"\\{}[]&%#$^_'~<>1xé\n", r"\begin{align}", r"\end{align}", r"\left(", r"\right.",
          r"\frac", r"\sqrt", r"\text{", r"\def", *CONSTRUCTS]  # fmt: skip


TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
)  # what a file holds


@given(TEXT | st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_input(render, tex):
    """Whatever is written, the build goes on: with a formula, or with a warning and the TeX."""
    html, warnings = render(tex)
    if warnings:
        shown = re.search("<code>(.*)</code>", html)[1]
        assert unescape(shown) == " ".join(tex.split())
    else:
        assert "<math" in html


def test_font_is_small_and_licensed():
    """A reader on a slow phone waits for this file; its licence must stay beside it."""
    font = (STATIC / "math.woff2").read_bytes()
    assert font[:4] == b"wOF2"
    assert len(font) < 40_000
    assert "GUST Font License" in (STATIC / "math-font-LICENSE.txt").read_text()


def test_site_needs_no_torch():
    """The site is built where torch is not installed."""
    code = "import sys; sys.modules['torch'] = None; import press.sphinx"
    subprocess.run([sys.executable, "-c", code], check=True)
