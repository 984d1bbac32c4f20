"""The built site in Chromium, each page over http and from the disk.

Protected here: no error and no other host, little to load, nothing too wide, names for those who
do not see, figures that play, a page that is dark from the start, and a head that says where in
the book a page is.
"""

import gzip
import re
from itertools import product
from pathlib import Path

import pytest

from tests.conftest import NOTEBOOKS
from tests.walk import WALK

PAGES = [
    *("search", "genindex", "chapters/glossary", "chapters/run", "chapters/teaching"),
    *("chapters/references", *(str(path.with_suffix("")) for path in NOTEBOOKS)),
]
WITH_FIGURES = [
    str(path.with_suffix(""))
    for path in NOTEBOOKS
    if path.parts[0] != "exercises" and not path.stem.startswith("errors")
]
WAYS = ["http", "file"]
MOST_REQUESTS, MOST_BYTES = 20, 165_000  # of a page with all its figures, compressed
HEAVIER = {"search": 260_000}  # it loads the index of the whole book


@pytest.fixture(scope="module")
def tab(browser):
    """A page that remembers what it asked for, and what went wrong."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    tab.requests, tab.wrong = [], []
    tab.on("request", lambda request: tab.requests.append(request.url))
    tab.on("pageerror", lambda error: tab.wrong.append(str(error)))
    tab.on(
        "console", lambda m: tab.wrong.append(m.text) if m.type in ("error", "warning") else None
    )
    tab.on("requestfailed", lambda request: tab.wrong.append(request.url))
    yield tab
    tab.close()


@pytest.fixture(scope="class")
def page(request, tab, addresses):
    """A page of the site, opened once for all tests of a class."""
    way, name = request.param
    tab.goto("about:blank")  # what the page before still asked for fails now
    tab.requests.clear()
    tab.wrong.clear()
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.address = addresses[way]
    tab.goto(f"{tab.address}/{name}.html", wait_until="load")
    tab.evaluate("document.fonts.ready.then(() => {})")
    return tab


@pytest.mark.parametrize(
    "page", list(product(WAYS, PAGES)), indirect=True, ids="-".join, scope="class"
)
class TestEveryPage:
    def test_it_has_no_error(self, page):
        assert page.wrong == []

    def test_it_asks_no_other_host(self, page):
        own = page.address, "data:"
        assert [url for url in page.requests if not url.startswith(own)] == []

    def test_every_position_of_every_figure_shows(self, page):
        if page.address.startswith("http"):
            return  # the same figures as from the disk
        for figure in page.locator("figure.explorable:has(> script)").all():
            frames = figure.evaluate(WALK)
            assert len(set(frames)) > 1  # else it plays nothing
        assert page.wrong == []

    def test_it_is_light(self, page, site):
        if page.address.startswith("file"):
            return  # the same files
        name = page.url.removeprefix(f"{page.address}/").removesuffix(".html")
        paths = [re.sub("[?#].*", "", url.removeprefix(page.address)) for url in page.requests]
        files = [site / path.strip("/") for path in paths if not path.startswith("data:")]
        sizes = {file: len(gzip.compress(file.read_bytes())) for file in files}
        assert 1 < len(sizes) <= MOST_REQUESTS + (name == "search")
        assert sum(sizes.values()) <= HEAVIER.get(name, MOST_BYTES), sizes

    def test_language_and_pictures_are_named(self, page):
        assert page.get_attribute("html", "lang") == "en"
        names = page.locator("article :is(img, figure.explorable svg)").evaluate_all(
            "all => all.map(e => [e.outerHTML.slice(0, 200), e.ariaLabel ?? e.alt ?? ''])"
        )
        assert [markup for markup, text in names if len(text) < 20] == []
        roles = page.locator("figure.explorable svg").evaluate_all("all => all.map(e => e.role)")
        assert set(roles) <= {"img"}

    def test_formulas_are_rendered(self, page):
        boxes = page.locator("article math").evaluate_all(
            "all => all.map(m => m.getBoundingClientRect().width)"
        )
        assert boxes or "one-weight" not in page.url
        assert all(width > 0 for width in boxes)
        assert "\\frac" not in page.inner_text("article")

    def test_nothing_scrolls_sideways_on_a_phone(self, page):
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", WITH_FIGURES)
@pytest.mark.parametrize(
    ("way", "by"),  # how an event comes has nothing to do with how the page came
    [("http", "mouse"), ("file", "touch"), ("file", "keyboard")],
)
def test_a_slider_moves_its_figure(browser, addresses, name, way, by):
    context = browser.new_context(
        has_touch=by == "touch", viewport={"width": 360, "height": 800}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{addresses[way]}/{name}.html")
    for slider in page.locator("figure.explorable input[type=range]").all()[:2]:
        slider.scroll_into_view_if_needed()
        figure = slider.locator("xpath=ancestor::figure")
        frame = figure.locator(".explorable-frame").element_handle()
        before = frame.inner_html()
        assert slider.is_enabled()
        box = slider.bounding_box()
        right = slider.evaluate("slider => slider.value < slider.max / 2")
        place = box["x"] + box["width"] * (0.9 if right else 0.1), box["y"] + box["height"] / 2
        if by == "keyboard":
            slider.focus()
            for _ in range(3):
                page.keyboard.press("ArrowRight" if right else "ArrowLeft")
        elif by == "touch":
            page.touchscreen.tap(*place)
        else:
            page.mouse.click(*place)
        # A browser makes a click of a tap in its own time.
        page.wait_for_function(
            "([frame, before]) => frame.innerHTML !== before", arg=[frame, before]
        )
        output = figure.locator(f"output[for='{slider.get_attribute('id')}']")
        assert slider.get_attribute("aria-valuetext") == output.inner_text()
    context.close()


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_without_a_script_figures_show_and_say_what_they_are(browser, site, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{name}.html")
    for figure in page.locator("figure.explorable").all():
        assert figure.locator(".explorable-frame").bounding_box()["height"] > 10
        for picture in figure.locator(".explorable-frame svg").all():
            assert picture.bounding_box()["height"] > 100
            assert len(picture.get_attribute("aria-label")) > 20
        assert all(control.is_disabled() for control in figure.locator("input, select").all())
    context.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_page_is_dark_from_the_first_paint(browser, addresses, way):
    # The page stops at its first script file, and is dark already: on a dark system, and on a
    # light one where the reader has chosen so before.
    for scheme, chosen, dark in (
        ("dark", "auto", True),
        ("light", "dark", True),
        ("dark", "light", False),
    ):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{addresses[way]}/chapters/tensors.html")
        page.evaluate("theme => localStorage.setItem('theme', theme)", chosen)
        page.route("**/*.js*", lambda route: route.abort())
        page.goto(f"{addresses[way]}/chapters/one-weight.html", wait_until="commit")
        page.wait_for_selector("article h1")
        red = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/)[0]")
        assert (float(red) < 60) == dark
        context.close()


def test_a_page_says_where_in_the_book_it_is(browser, addresses):
    page = browser.new_page()
    page.goto(f"{addresses['file']}/chapters/one-weight.html")
    assert re.fullmatch(r"Chapter 2 of \d+", page.inner_text(".page-place"))
    here = page.locator(".sidebar-tree [aria-current=page]")
    assert (here.inner_text(), here.get_attribute("data-number")) == ("One weight learns", "2")
    page.click(".next-page")
    page.wait_for_url("**/exercises/one-weight.html")  # from a chapter to its exercises
    assert page.inner_text(".page-place").startswith("Chapter 2 of")
    page.click(".next-page")
    page.wait_for_url("**/chapters/chain-rule.html")
    page.close()


def test_what_can_be_done_with_a_page_is_said_in_words(browser, addresses):
    page = browser.new_page()
    page.goto(f"{addresses['file']}/chapters/one-weight.html")
    for words, entries in (("Open live", 2), ("Download", 3)):
        menu = page.locator("details.menu", has_text=words)
        assert not menu.locator("a").first.is_visible()
        menu.locator("summary").click()
        assert menu.locator("a").count() == entries and menu.locator("a").first.is_visible()
        page.keyboard.press("Escape")
        assert not menu.locator("a").first.is_visible()
    assert page.get_attribute("a.edit", "href").endswith("/edit/main/chapters/one-weight.ipynb")
    notebook = page.locator("a", has_text="This notebook").get_attribute("href")
    assert notebook.endswith("_sources/chapters/one-weight.ipynb")
    page.close()


def test_the_player_is_only_where_a_figure_is(site):
    assert "explorable.js" in Path(site, "chapters/one-weight.html").read_text()
    assert "explorable.js" not in Path(site, "genindex.html").read_text()
