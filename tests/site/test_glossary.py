"""A word of the glossary is linked once on a page, and shows its meaning to mouse, key and finger."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from press.sphinx._glossary import _first_uses, _linked
from tests.site.looks import faults, open_page

PAGE = "chapters/one-weight"
WORD = "a.glossary-word[href$='#term-forward-pass']"
WORDS = {"graph": ("g", "a"), "autograd graph": ("g", "a"), "leaf": ("g", "b")}
TEXTS = st.lists(st.sampled_from([*WORDS, "Leaf", "graphs", "leafy", ", ", " ", "ein-", "é"]))


class _Builder:
    def get_relative_uri(self, page, other):
        return f"{other}.html"


@given(TEXTS)
def test_no_letter_is_lost_and_each_meaning_is_linked_once(parts):
    text = "".join(parts)
    nodes = list(_linked(_Builder(), "p", text, list(_first_uses(text, dict(WORDS)))))
    assert "".join(node.astext() for node in nodes) == text
    addresses = Counter(node["refuri"] for node in nodes if node.tagname == "reference")
    assert set(addresses.values()) <= {1}
    whole_words = re.findall(r"(?<![\w-])(graph|autograd graph)s?(?![\w-])", text)
    assert addresses["g.html#a"] == bool(whole_words)


def test_every_linked_word_has_its_meaning_on_the_page(site):
    linked = set()
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        words = re.findall(r'<a class="glossary-word[^"]*" href="[^"#]*#([^"]+)"', text)
        meanings = re.findall(r'<template id="meaning-of-([^"]+)">', text)
        assert words == meanings and len(words) == len(set(words)), path
        linked.update(words)
    assert len(linked) > 20  # of what the glossary defines, most is met in the chapters


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page(reduced_motion="reduce")
    yield page
    page.close()


@pytest.fixture
def word(page, site):
    page.mouse.move(0, 0)  # before there is a word below it: its card would be hidden later
    open_page(page, site, PAGE)
    word = page.locator(WORD)
    word.scroll_into_view_if_needed()
    return word


MEANING = "The computation of the result from the inputs."


def test_the_mouse_shows_it_and_may_go_to_it(page, word):
    card = page.locator("#glossary-card")
    assert card.is_hidden()
    word.hover()
    card.wait_for(state="visible")
    assert MEANING in card.inner_text()
    card.hover()
    page.wait_for_timeout(400)
    assert card.is_visible()
    page.mouse.move(0, 0)
    card.wait_for(state="hidden")


def test_the_keyboard_shows_it_and_escape_hides_it(page, word):
    page.keyboard.press("Tab")  # from now on the focus is the keyboard's
    word.focus()
    card = page.locator("#glossary-card")
    assert card.is_visible()
    assert word.get_attribute("aria-describedby") == card.get_attribute("id")
    page.keyboard.press("Escape")
    assert card.is_hidden()
    assert word.get_attribute("aria-describedby") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_the_card_is_whole_and_axe_finds_nothing(page, site, scheme, width):
    open_page(page, site, PAGE, scheme, width)
    page.keyboard.press("Tab")
    for place in ("start", "end"):
        page.locator(WORD).evaluate("(word, block) => word.scrollIntoView({block})", place)
        page.wait_for_timeout(100)
        page.evaluate("document.activeElement.blur()")
        page.locator(WORD).focus()
        box = page.locator("#glossary-card").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= 900
    assert faults(page, "#glossary-card") == []


def test_a_finger_shows_it_first_and_then_follows_it(browser, site):
    context = browser.new_context(has_touch=True, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{PAGE}.html")
    page.locator(WORD).tap()
    page.locator("#glossary-card").wait_for(state="visible")
    page.locator(WORD).tap()
    page.wait_for_url(f"{site.as_uri()}/chapters/glossary.html#term-forward-pass")
    context.close()


def test_without_a_script_it_is_a_link(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{PAGE}.html")
    page.click(WORD)
    page.wait_for_url("**/chapters/glossary.html#term-forward-pass")
    context.close()
