"""The landing page: the whole path as cards, whose pictures and questions are the chapters' own."""

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document

from press.sphinx._landing import first_picture
from tests.press.test_toc import PARTS

PATH = [page["file"] for page in PARTS["The path"]]


@pytest.fixture(scope="module")
def landing(site):
    return BeautifulSoup((site / "intro.html").read_text(encoding="utf-8"), "html.parser")


def test_each_chapter_of_the_path_has_a_card(landing, site):
    """In the order of the path, each with a picture and the question that its chapter asks."""
    cards = landing.select(".cards > li")
    assert [card.a["href"] for card in cards] == [f"{file}.html" for file in PATH]
    for card, file in zip(cards, PATH, strict=True):
        chapter = BeautifulSoup((site / f"{file}.html").read_text(encoding="utf-8"), "html.parser")
        assert card.a.text == chapter.h1.find(string=True)
        question = " ".join(card.select_one(".question").get_text().split())
        first = " ".join(chapter.select_one("article section > p").get_text().split())
        assert question.endswith("?") and first.startswith(question)
        picture = card.select_one(".picture[aria-hidden=true] > svg")
        assert len(picture.find_all(["path", "text"])) > 5


def test_no_id_stands_twice(landing):
    """Pictures of several pages meet here, and what one refers to must be its own."""
    ids = [element["id"] for element in landing.select("[id]")]
    assert len(ids) == len(set(ids))


def test_a_picture_is_the_first_frame_alone():
    """Of what a figure stores: neither its image for other readers nor its frames for paper."""
    document = new_document("chapter")
    for html in (
        "<figure><svg/></figure>",
        '<svg/><figure class="explorable"><svg id="a"><path/></svg><svg/></figure>',
    ):
        document += nodes.raw("", html, format="html")
    assert first_picture(document) == '<svg id="a"><path/></svg>'
    assert first_picture(new_document("none")) is None
