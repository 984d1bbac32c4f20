"""That a matplotlib figure has one normal form: short, the same each time, in the page's colours."""

import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest

from explorable import _svg, palette, style, use_style


@pytest.fixture(autouse=True)
def themed():
    use_style()
    yield
    use_style(False)


@pytest.fixture
def svg():
    """Draw what a function draws; return the normal form as text."""

    def draw(function):
        with plt.rc_context(style):
            figure, axes = plt.subplots()
            function(axes)
            root = _svg.from_figure(figure)
        plt.close(figure)
        return ElementTree.tostring(root, encoding="unicode")

    return draw


def test_the_same_figure_gives_the_same_text(svg):
    def draw(axes):
        axes.plot([0, 1, 3], "o-")
        axes.scatter([1, 2], [1, 2])

    assert svg(draw) == svg(draw)


def test_black_is_the_texts_colour_and_the_palette_can_change(svg):
    text = svg(lambda axes: axes.plot([0, 1], color=palette.red, marker="o"))
    assert "#000000" not in text
    assert f"var(--explorable-red,{palette.red})" in text


def test_coordinates_have_two_decimals_and_no_negative_zero(svg):
    text = svg(lambda axes: axes.plot([0.123456, 1 / 3], [1 / 7, 2 / 3]))
    numbers = re.findall(
        r"(?<![\w#.])-?\d+\.?\d*(?![\w%])", re.sub(r"[A-Za-z-]*(?=[MLQCz])", " ", text)
    )
    assert not [number for number in numbers if re.search(r"\.\d{3,}", number)]
    assert "-0 " not in text and '"-0"' not in text


def test_ids_are_only_those_that_are_used(svg):
    text = svg(lambda axes: axes.plot([0, 1], "o-"))
    ids = set(re.findall(r' id="([^"]+)"', text))
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))
    assert ids == used != set()


def test_prefixed_ids_still_refer_to_each_other(svg):
    root = ElementTree.fromstring(svg(lambda axes: axes.plot([0, 1], "o-")))
    text = ElementTree.tostring(_svg.prefix_ids(root, "fig-"), encoding="unicode")
    assert set(re.findall(r' id="([^"]+)"', text)) == set(
        re.findall(r"url\(#([^)]+)\)", text) + re.findall(r'href="#([^"]+)"', text)
    )
    assert all(name.startswith("fig-") for name in re.findall(r' id="([^"]+)"', text))


def test_text_is_text_in_the_pages_font(svg):
    text = svg(lambda axes: axes.set_title("梯度 & w.grad < 0"))
    assert "梯度 &amp; w.grad &lt; 0" in text
    assert "DejaVu" not in text


def test_columns_stay_columns(svg):
    text = svg(lambda axes: axes.set_title("for x in y:", family="monospace"))
    assert text.count('font-family="var(--pst-font-family-monospace,monospace)"') == 1


def test_two_spaces_stay_two(svg):
    text = svg(lambda axes: (axes.set_title("a  b"), axes.set_xlabel("a b")))
    assert text.count('style="white-space:pre"') == 1


def test_the_root_has_a_view_box_and_no_black_default(svg):
    root = ElementTree.fromstring(svg(lambda axes: None))
    assert root.get("viewBox") == "0 0 345.6 230.4"
    assert root.get("fill") == "currentColor"
