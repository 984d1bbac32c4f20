"""That a frame shows what a notebook shows, and that what a page cannot show is refused."""

import asyncio
import re
import sys

import ipywidgets
import matplotlib.pyplot as plt
import pytest
import sympy
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import HTML, JSON, SVG, DisplayHandle, Image, Latex, Markdown, Math, display
from matplotlib.animation import FuncAnimation
from PIL import Image as Picture

from explorable import _render, _show, _svg, explore
from explorable._encode import to_html


@pytest.fixture(autouse=True)
def shell():
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()


def html(function):
    return to_html(_render.frame(function, {}, alt="A test."))


PNG = Picture.new("RGB", (3, 2), (255, 0, 0))._repr_png_()
JPEG = Picture.new("RGB", (3, 2), (255, 0, 0))._repr_jpeg_()


@pytest.mark.parametrize(
    "result, kind",
    [
        (Picture.new("RGB", (3, 2)), "png"),
        (Image(PNG), "png"),
        (Image(JPEG, format="jpeg"), "jpeg"),
    ],
    ids=["PIL", "PNG", "JPEG"],
)
def test_a_picture_is_one(page, result, kind):
    page.set_content(html(lambda: result))
    assert f"data:image/{kind};base64," in page.locator("img").get_attribute("src")
    page.wait_for_function("document.images[0].complete")
    assert page.evaluate("document.images[0].naturalWidth") == 3


def test_a_picture_keeps_the_width_that_it_was_given():
    assert 'width="90"' in html(lambda: Image(PNG, width=90))


@pytest.mark.parametrize(
    "result",
    [
        Math(r"x^{2}"),
        Latex("$x^{2}$"),
        Latex(r"\begin{align} x^{2} \end{align}"),
        Markdown("**bold** and $x^{2}$"),
        Latex(r"$x^{2}\$$ costs \$5"),
        sympy.Symbol("x") ** 2,
    ],
    ids=["Math", "Latex", "align", "Markdown", "prices", "sympy"],
)
def test_a_formula_is_drawn_without_a_script(shell, result):
    sympy.init_printing(use_latex="mathjax", ip=shell)
    text = html(lambda: result)
    assert "<msup>" in text and "<script" not in text
    assert not {"$x", "\\", "2}"} & set(re.findall(r"\$x|\\|2}", text))


def test_markdown_is_rendered_and_its_code_is_not_a_formula():
    text = html(lambda: Markdown("# One\n- **two** `a $x$ b`\n\n|a|\n|-|\n|1|\n\n~~~\n$y$\n~~~"))
    assert "<h1>One</h1>" in text and "<strong>two</strong>" in text and "<td>1</td>" in text
    assert "<code>a $x$ b</code>" in text and "<code>$y$" in text


def test_a_formula_that_cannot_be_read_is_named():
    with pytest.raises(ValueError, match=r"the formula \\nonsense cannot be read"):
        html(lambda: Math(r"\nonsense"))


def test_without_the_extra_a_formula_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "math_core", None)
    with pytest.raises(ValueError, match=r"explorable\[math\]"):
        html(lambda: Math("x"))


@pytest.mark.parametrize(
    "written, shown",
    [
        ("\x1b[31mred\x1b[0m on", '<span style="color:var(--explorable-red,#d55e00)">red</span> on'),
        ("\x1b[1;3mx", '<span style="font-style:italic;font-weight:bold">x</span>'),
        ("\x1b[38;5;196mx\x1b[39my", '<span style="color:rgb(255,0,0)">x</span>y'),
        ("\x1b[48;2;1;2;3mx", '<span style="background:rgb(1,2,3)">x</span>'),
        ("10 %\r20 %", "20 %"),
        ("longer\rab", "abnger"),
        ("longer\r\x1b[2Kab", "ab"),
        ("line\r\nnext", "line\nnext"),
        ("ab\bc", "ac"),
        ("a\x1b]0;title\x07b", "ab"),
        ("\x1b[31m<&>\x1b[m", '<span style="color:var(--explorable-red,#d55e00)">&lt;&amp;&gt;</span>'),
    ],
)  # fmt: skip
def test_what_a_terminal_shows(written, shown):
    assert html(lambda: print(written, end="")) == (
        f'<div class="explorable-frame"><pre class="explorable-stdout">{shown}</pre></div>'
    )


def test_a_display_that_is_updated_is_shown_once_and_in_its_place():
    def steps():
        handle = display(HTML("<i>one</i>"), display_id=True)
        print("between")
        handle.update(HTML("<i>two</i>"))
        DisplayHandle("elsewhere").update(HTML("never shown"))

    text = html(steps)
    assert "one" not in text and "never" not in text and text.index("two") < text.index("between")


@pytest.mark.parametrize(
    "call",
    [
        lambda: plt.plot([1, 2]),
        lambda: plt.hist([1, 2]),
        lambda: plt.bar([1], [2]),
        lambda: plt.errorbar([1], [2], yerr=1),
        lambda: plt.boxplot([1, 2]),
        lambda: plt.pie([1, 2]),
        lambda: plt.subplots(2),
        lambda: plt.colorbar(plt.imshow([[1, 2]])),
        lambda: plt.gca(),
        lambda: plt.figure().subfigures(1, 2)[0].add_subplot(),
    ],
)
def test_what_matplotlib_returns_is_its_figure_and_no_address(call):
    frame = _render.frame(call, {}, alt="A test.")
    assert [part.tag for part in frame] == ["svg"]
    _show.check(frame)


def test_a_line_of_a_figure_from_outside_shows_that_figure():
    figure, axes = plt.subplots()
    (line,) = axes.plot([0, 1])
    plt.close(figure)

    def move():
        line.set_ydata([0, 2])
        return line

    assert [part.tag for part in _render.frame(move, {}, alt="A test.")] == ["svg"]


SCRIPTED = {
    "plotly": {"application/vnd.plotly.v1+json": {}, "text/html": "<div>"},
    "altair": {"application/vnd.vegalite.v5+json": {}, "text/plain": "alt.Chart(...)"},
    "bokeh": {"application/vnd.bokehjs_exec.v0+json": "", "text/html": "<div>"},
    "HoloViews": {"application/vnd.holoviews_exec.v0+json": "", "text/html": "<div>"},
    "plotly figure": {"text/html": "<script>Plotly.newPlot('x')</script>"},
    "script": {"application/javascript": "x()"},
    "a script;": {"text/html": '<script src="https://example.org/x.js"></script>'},
    "a script; ": {"text/html": "<style>p {}</style><div id=x></div><script>x()</script>"},
    "<iframe>": {"text/html": "<iframe src='https://example.org'></iframe>"},
    "<object>": {"text/html": "<OBJECT data='x.svg'></OBJECT>"},
}


@pytest.mark.parametrize("word", SCRIPTED)
def test_what_needs_its_own_script_is_refused_with_its_still_form(word):
    class Scripted:
        def _repr_mimebundle_(self, **_):
            return SCRIPTED[word]

    class Displayed:
        def _ipython_display_(self):  # as plotly and ipywidgets 7 do; IPython hides its errors
            display(Scripted())

    for shown in (Scripted, Displayed):
        with pytest.raises(_show.CannotShow, match=word.split()[0]):
            html(shown)


@pytest.mark.parametrize(
    "function, sentence",
    [
        (lambda: None, "it shows nothing; print, display or return"),
        (lambda: HTML("<!-- nothing --> "), "it shows nothing"),
        (lambda: (i for i in ()), "<generator object .* at 0x[0-9a-f]+>, which is an object"),
        (lambda: HTML("<td>&lt;object at 0x7f00&gt;</td>"), "an object and no text"),
        (object, "<object at 0x[0-9a-f]+>, which is an object and no text"),
        (lambda: print(object()), "an object and no text"),
        (lambda: JSON({}), "<IPython.core.display.JSON object>"),
        (lambda: FuncAnimation(plt.figure(), print, frames=1), "FuncAnimation"),
    ],
)
def test_what_is_no_frame_is_refused(function, sentence):
    with pytest.raises(_show.CannotShow, match=sentence):
        _show.check(_render.frame(function, {}, alt="A test."))


def test_an_async_function_and_a_slider_inside_are_refused():
    async def late():
        await asyncio.sleep(0)

    with pytest.raises(_show.CannotShow, match="async"):
        html(late)
    with pytest.raises(_show.CannotShow, match="an IntSlider is shown, which needs a kernel"):
        html(ipywidgets.IntSlider)


@pytest.mark.parametrize("recorded", ["0", "1"])
def test_a_figure_inside_a_figure_is_refused(monkeypatch, recorded):
    monkeypatch.setenv("EXPLORABLE_RECORD", recorded)
    with pytest.raises(_show.CannotShow, match="is shown"):
        html(lambda: explore(lambda n: n, n=(0, 2), alt="A number."))
    with pytest.raises(_show.CannotShow, match="an interactive is shown"):
        html(lambda: ipywidgets.interact(lambda n: n, n=(0, 2)) and None)


def test_a_style_sheet_of_an_svg_still_finds_what_it_names():
    source = "<svg><style>#a, #red {fill: #abc}</style><circle id='a'/></svg>"
    frame = _svg.prefix_ids(_render.frame(lambda: SVG(source), {}, alt="A."), "fig-")
    assert "#fig-a, #red {fill: #abc}" in to_html(frame)
