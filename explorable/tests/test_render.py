"""What of a function's call gets into a frame: all of it, in order, as what it is."""

import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import HTML, SVG, display

from explorable import _render
from explorable._encode import to_html


@pytest.fixture
def shell():
    """An IPython shell, as in a kernel, so that `display` does what it does there."""
    shell = InteractiveShell.instance()
    yield shell
    InteractiveShell.clear_instance()


def frame(function):
    return _render.frame(function, {}, alt="A test.")


def parts(function):
    return [(part.tag, part.get("class")) for part in frame(function)]


class Rich:
    """An object with several representations, of which HTML is the richest."""

    def _repr_mimebundle_(self, **_):
        return {"text/plain": "plain", "text/html": "<b>rich</b>", "image/svg+xml": "<svg/>"}


def test_results_stand_in_the_order_in_which_they_came(shell):
    def mixed():
        print("first")
        display(HTML("<b>second</b>"))
        plt.plot([1, 2])
        plt.show()
        print("fourth", file=sys.stderr)
        print("fifth")
        return {"sixth": 6}

    found = frame(mixed)
    assert [part.tag for part in found] == ["pre", "div", "svg", "pre", "pre"]
    assert [part.get("class") for part in found][3:] == ["explorable-stderr", "explorable-stdout"]
    assert found[4].text == "fifth\n{'sixth': 6}\n"


def test_a_figure_left_open_stands_before_the_result_as_with_interact():
    def draw():
        plt.plot([1, 2])
        return 3

    assert [part.tag for part in frame(draw)] == ["svg", "pre"]


@pytest.mark.parametrize("shown", [plt.gcf, lambda: None, plt.show])
def test_a_figure_is_shown_once_however_it_is_handed_over(shell, shown):
    def draw():
        plt.plot([1, 2])
        return shown()

    assert [part.tag for part in frame(draw)] == ["svg"]
    assert plt.get_fignums() == []


def test_a_figure_that_pyplot_does_not_know_is_shown(shell):
    from matplotlib.figure import Figure

    assert [part.tag for part in frame(Figure)] == ["svg"]


def test_several_figures_are_all_shown():
    def draw():
        plt.figure()
        plt.figure()

    assert [part.tag for part in frame(draw)] == ["svg", "svg"]


def test_a_warning_is_shown_at_every_position_and_without_a_path():
    def warn():
        warnings.warn("mind the gap", stacklevel=1)
        warnings.warn("not for readers", DeprecationWarning, stacklevel=1)

    for _ in range(2):
        (part,) = frame(warn)
        assert part.get("class") == "explorable-stderr"
        assert part.text == "UserWarning: mind the gap\n"


def test_letters_that_the_font_lacks_are_told_once():
    text, picture = frame(lambda: plt.title("梯度") and None)
    assert picture.tag == "svg" and text.text.count("Glyph") == 2


def test_who_keeps_a_stream_writes_into_the_frame_that_is_drawn(capsys):
    """As logging does, which sets itself up at the first word that it has to say."""
    kept = []

    def say(number):
        kept.append(sys.stderr)
        kept[0].write(f"{number} in {sys.stdout.encoding}\n")

    for number in range(2):
        assert [part.text for part in frame(lambda n=number: say(n))] == [f"{number} in utf-8\n"]
    kept[0].write("later")
    assert capsys.readouterr().err == "later"


@pytest.mark.parametrize(
    "result, html",
    [
        (Rich(), '<div class="explorable-html"><b>rich</b></div>'),
        (HTML("<i>x</i>"), '<div class="explorable-html"><i>x</i></div>'),
        ("a <b>", "<pre class=\"explorable-stdout\">'a &lt;b&gt;'\n</pre>".replace("'", "&#x27;")),
        (3.5, '<pre class="explorable-stdout">3.5\n</pre>'),
    ],
)
def test_a_returned_object_is_shown_as_a_notebook_shows_it(shell, result, html):
    assert to_html(frame(lambda: result)) == f'<div class="explorable-frame">{html}</div>'


def test_an_svg_of_the_authors_keeps_its_shape_and_loses_its_scripts(shell):
    source = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2" onload="x()">'
        "<script>x()</script><!-- c --><text>a &lt; b<![CDATA[ & c]]></text></svg>"
    )
    assert to_html(frame(lambda: SVG(source))) == (
        '<div class="explorable-frame"><svg viewBox="0 0 2 2" role="img" aria-label="A test.">'
        "<text>a &lt; b &amp; c</text></svg></div>"
    )


def test_nothing_is_an_empty_frame():
    assert list(frame(lambda: None)) == []


def test_an_error_passes_through_and_leaves_nothing_behind():
    def fail():
        plt.figure()
        raise ZeroDivisionError

    stdout = sys.stdout
    with pytest.raises(ZeroDivisionError):
        frame(fail)
    assert plt.get_fignums() == []
    assert sys.stdout is stdout


def test_an_error_while_matplotlib_draws_is_an_error():
    with pytest.raises(ValueError, match="ParseSyntaxException|Unknown symbol"):
        frame(lambda: plt.title(r"$\nonsense$") and None)


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.plot([0, np.nan, np.inf, 1], [1, 2, 3, -np.inf]),
        lambda ax: ax.plot([], []),
        lambda ax: ax.loglog([1e-300, 1e300], [1, 2]),
        lambda ax: ax.set_xticks([0, 1], ["a very long label of a tick", "x" * 80]),
        lambda ax: ax.set_title("梯度下降 ∂ℓ/∂w 日本語"),
        lambda ax: ax.imshow(np.arange(12.0).reshape(3, 4)),
        lambda ax: ax.contourf(np.arange(12.0).reshape(3, 4)),
        lambda ax: ax.quiver([0, 1], [0, 1], [1, 2], [2, 1]),
        lambda ax: ax.pcolormesh(np.arange(12.0).reshape(3, 4), rasterized=True),
        lambda ax: ax.fill_between([0, 1], [0, 1], alpha=0.5, hatch="//"),
        lambda ax: ax.set_title(r"$\hat y = \frac{w_1}{x^2}$"),
    ],
)
def test_what_matplotlib_can_draw_can_be_shown_and_shown_again(draw):
    def figure():
        draw(plt.figure().add_subplot())

    first, second = to_html(frame(figure)), to_html(frame(figure))
    assert first == second
    assert "nan" not in first.lower().replace("currentcolor", "").split("<text")[0]


def test_three_dimensions():
    def surface():
        x, y = np.meshgrid(np.arange(4.0), np.arange(4.0))
        plt.figure().add_subplot(projection="3d").plot_surface(x, y, x * y)

    assert to_html(frame(surface)) == to_html(frame(surface))
