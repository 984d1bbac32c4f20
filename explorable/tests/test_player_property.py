"""That the player shows exactly what Python encoded, for trees and texts that nobody thought of."""

from xml.etree.ElementTree import Element

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_player import check_frames, load_html

from explorable._controls import Control
from explorable._encode import encode, to_html
from explorable._html import figure
from explorable._markup import whole

# Any character, with those that mean something to a parser drawn often.
TEXT = st.text(
    st.one_of(st.characters(), st.sampled_from("<>&\"'\r\n\t\0 -!")), max_size=12
) | st.sampled_from(["</script", "<!--", "]]>", "<![CDATA[", "&lt;", "&amp;amp;", "</pre>", "\n\n"])
NAMES = st.sampled_from(["x", "y", "d", "fill", "class", "data-x", "viewBox", "href"])
HTML = st.one_of(
    TEXT,
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<b>",
                "</div>",
                "<td>",
                "<table>",
                "</table>",
                "<br>",
                "<svg>",
                "<path/>",
            ]
            + ["</svg>", "<li>", "</figure>", "<!-- x -->", "<i title='\"'>", "&copy", "a < b", "<"]
        ),
        max_size=8,
    ).map("".join),
)


def element(tag, attributes=None, text="", children=()):
    made = Element(tag, attributes or {})
    made.text = text
    made.extend(children)
    return made


ATTRIBUTES = st.dictionaries(NAMES, TEXT, max_size=3)
LEAVES = st.builds(element, st.sampled_from(["text", "tspan", "path", "rect"]), ATTRIBUTES, TEXT)
SHAPES = st.recursive(
    LEAVES,
    lambda below: st.builds(
        element,
        st.sampled_from(["g", "text", "clipPath", "linearGradient"]),
        ATTRIBUTES,
        TEXT,
        st.lists(below, max_size=4),
    ),
    max_leaves=8,
)
SVGS = st.builds(element, st.just("svg"), ATTRIBUTES, st.just(""), st.lists(SHAPES, max_size=4))
PRES = st.builds(element, st.just("pre"), st.just({"class": "explorable-stdout"}), TEXT)
DIVS = st.builds(element, st.just("div"), st.just({"class": "explorable-html"}), HTML.map(whole))
PARTS = st.lists(st.one_of(SVGS, PRES, DIVS), max_size=3)
FRAMES = st.lists(
    st.builds(element, st.just("div"), st.just({"class": "explorable-frame"}), st.just(""), PARTS),
    min_size=2,
    max_size=5,
)


@pytest.fixture(scope="module")
def page(browser):
    """One page for all examples."""
    page = browser.new_page()
    yield page
    page.close()


@given(frames=FRAMES, data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_frames_in_any_order(page, frames, data):
    import ipywidgets

    first = data.draw(st.integers(0, len(frames) - 1))
    labels = [str(k) for k in range(len(frames))]
    slider = ipywidgets.Dropdown(options=labels, index=first)
    control = Control(slider, "n", "n", "n", "select", labels, labels, first)
    stored = encode(frames, first)
    load_html(page, figure("fig-any", frames[first], controls=[control], data=stored))
    assert page.evaluate("document.body.children.length") == 2  # the figure and the player
    order = data.draw(st.permutations(range(len(frames))))
    check_frames(page, "fig-any", [([position], frames[position]) for position in order])


@given(html=HTML)
@settings(deadline=None)
def test_an_authors_html_stays_in_its_place(page, html):
    page.set_content(
        f"<!doctype html><main><div id=place>{whole(html)}</div><p id=after></p></main>"
    )
    assert page.evaluate("document.querySelector('main').lastChild.id") == "after"
    assert page.evaluate("document.querySelector('main').children.length") == 2


def test_an_empty_frame_is_a_frame():
    assert to_html(Element("div", {"class": "explorable-frame"})) == (
        '<div class="explorable-frame"></div>'
    )
