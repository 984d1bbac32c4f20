"""That a question finds its answer: the search of the built site, asked as readers ask."""

import gzip
import tomllib
from pathlib import Path

import pytest

from press.sphinx._search import WORDS
from tests.site.looks import faults

#: What people typed, and the places that answer it: one of them is among the first two.
QUESTIONS = {
    line.partition(" → ")[0]: line.partition(" → ")[2].split()
    for line in Path(__file__).with_name("questions.txt").read_text(encoding="utf-8").splitlines()
    if " → " in line
}
ASK = "([typed, only]) => bookSearch.ready().then(ask => ask(typed, only).map(({id}) => id))"


@pytest.fixture(scope="module", params=["http", "file"])
def search(request, browser, addresses):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{addresses[request.param]}/search.html")
    page.asked, page.place = asked, page.url
    yield page
    page.close()


def test_questions_find_their_answers(search):
    found = {typed: search.evaluate(ASK, [typed, None])[:2] for typed in QUESTIONS}
    assert {typed: f for typed, f in found.items() if not set(f) & set(QUESTIONS[typed])} == {}


def test_a_search_says_so_when_it_has_nothing_near(search):
    """Of messages that no entry has, and of subjects that the book leaves out."""
    far = """([typed, only]) => bookSearch.ready().then(ask => {
      const found = ask(typed, only);
      return found.length > 0 && found.far;
    })"""
    for typed in (
        "_LinAlgError: linalg.cholesky: The factorization could not be completed because the input",
        "AssertionError: embed_dim must be divisible by num_heads",
        "UserWarning: Implicit dimension choice for softmax has been deprecated.",
    ):
        assert search.evaluate(far, [typed, "entry"])
    assert search.evaluate(far, ["einsum gradient", None])
    assert [typed for typed in QUESTIONS if search.evaluate(far, [typed, None])] == []
    search.goto(f"{search.place}?q=einsum+gradient")
    search.locator("main, article").get_by_text("Nothing says just this").wait_for()


def test_what_is_typed_while_it_is_typed(search):
    """Every beginning of a question is answered, and none is an error."""
    for typed in ("retain_graph", "梯度清零", "(N,1)", "[", "a", "…"):
        for end in range(1, len(typed) + 1):
            search.evaluate(ASK, [typed[:end], None])


def test_words_that_nothing_holds_take_nothing_away(search):
    found = search.evaluate(ASK, ["retain_graph", None])[0]
    assert search.evaluate(ASK, ["xqzwk retain_graph kqwzx", None])[0] == found


def test_the_search_page_lists_its_answers(search):
    search.goto(f"{search.place}?q=backward+twice")
    first = search.locator("#search-results li a").first
    first.wait_for()
    assert "#" in first.get_attribute("href")
    assert not any("searchtools" in url or "searchindex" in url for url in search.asked)
    first.click()
    search.wait_for_function("location.hash.length > 1")
    top = "document.querySelector(':target').getBoundingClientRect().top"
    search.wait_for_function(f"Math.abs({top}) < 200")
    assert search.locator("mark, .highlighted").count() == 0


def test_nothing_found_leads_on(search):
    search.goto(f"{search.place}?q=qqqqxz")
    leads = search.locator("main .search-status a, article .search-status a")
    leads.first.wait_for()
    assert leads.count() == 2
    assert faults(search) == []


def test_the_menu_answers_and_is_left_by_keyboard(browser, addresses):
    page = browser.new_page(viewport={"width": 360, "height": 740})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{addresses['file']}/chapters/tensors.html")
    page.click(".nav-overlay-icon")
    assert not any("search-index" in url for url in asked)  # only when it is asked for
    field = page.locator(".sidebar-drawer .search-field")
    field.press_sequentially("what is a leaf")
    panel = page.locator(".sidebar-drawer .search-panel")
    panel.locator("a").first.wait_for()
    assert "answers" in panel.get_by_role("status").inner_text()
    box = panel.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    assert faults(page) == []
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.search-list') != null")
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.matches('.search-field')")
    page.close()


def test_questions_lead_to_pages_that_are_there(site):
    """A section that is missing is a warning of the build; a page may be of another book."""
    places = tomllib.loads(WORDS.read_text(encoding="utf-8"))["asked"]
    assert [place for place in places if not (site / place.partition("#")[0]).is_file()] == []


def test_no_hint_and_no_solution_is_found(site):
    """Of an exercise only its statement is; in a chapter, what opens is found like the rest."""
    index = (site / "_static" / "search-index.js").read_text(encoding="utf-8")
    assert "Only one of these can stand in the place of v" in index
    assert "Find the shape of y first" not in index and "three numbers come out" not in index
    assert "Many older posts call these two lines equivalent" in index


def test_the_index_is_light(site):
    size = len(gzip.compress((site / "_static" / "search-index.js").read_bytes()))
    assert size <= 150_000
