"""The built site in Chromium, each page from the disk, and each kind of page over http.

Protected here: no error and no other host, little to load, nothing too wide, names for those who
do not see, figures that play, nothing for axe-core to find, a page that is dark from the start, and a head
that says where in the book a page is.
"""

import gzip
import re
from pathlib import Path

import pytest

from tests.conftest import NOTEBOOKS
from tests.site.looks import LOOKS, faults, unfold
from tests.walk import WALK

PAGES = [
    *("search", "chapters/glossary", "chapters/run", "chapters/teaching", "chapters/topics"),
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


def visit(tab, address, name):
    tab.goto("about:blank")  # what the page before still asked for fails now
    tab.requests.clear()
    tab.wrong.clear()
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.emulate_media(color_scheme="light")
    tab.goto(f"{address}/{name}.html", wait_until="load")
    tab.evaluate("document.fonts.ready.then(() => {})")


@pytest.fixture(scope="class")
def page(request, tab, site):
    """A page of the site, opened once for all tests of a class."""
    visit(tab, site.as_uri(), request.param)
    return tab


@pytest.mark.parametrize("page", PAGES, indirect=True, scope="class")
class TestEveryPage:
    def test_it_has_no_error(self, page):
        assert page.wrong == []

    def test_it_asks_no_other_host(self, page, site):
        own = site.as_uri(), "data:"
        assert [url for url in page.requests if not url.startswith(own)] == []

    def test_every_position_of_every_figure_shows(self, page):
        for figure in page.locator("figure.explorable:has(> script)").all():
            frames = figure.evaluate(WALK)
            assert len(set(frames)) > 1  # else it plays nothing
        assert page.wrong == []

    def test_it_is_light(self, page, site):
        name = page.url.removeprefix(f"{site.as_uri()}/").removesuffix(".html")
        paths = [re.sub("[?#].*", "", url.removeprefix(site.as_uri())) for url in page.requests]
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

    def test_axe_finds_nothing(self, page, site):
        """In one of the four looks, by turns: a page takes a second, and all have what others have.

        The rules of WCAG 2.2 for the size of targets and for names that speech input uses are on.
        """
        name = page.url.removeprefix(f"{site.as_uri()}/").removesuffix(".html")
        scheme, width = LOOKS[PAGES.index(name) % len(LOOKS)]
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        unfold(page)
        assert not (found := faults(page)), "\n".join([f"{scheme}, {width}:", *found])


def test_each_kind_of_page_works_over_http(tab, site, served):
    """Of the pages that name the same scripts and style sheets, one is loaded over http."""
    kinds = {}
    for name in PAGES:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        files = re.findall(r'(?:src|href)="[^"]*?([\w.-]+\.(?:js|css))[?"]', html)
        kinds.setdefault(frozenset(files), name)
    assert len(kinds) > 5
    for name in kinds.values():
        visit(tab, served, name)
        assert tab.wrong == []
        assert [url for url in tab.requests if not url.startswith((served, "data:"))] == []
        for figure in tab.locator("figure.explorable:has(> script)").all()[:1]:
            assert len(set(figure.evaluate(WALK))) > 1


@pytest.fixture(scope="module")
def phone(browser):
    size = {"width": 360, "height": 800}
    page = browser.new_page(has_touch=True, viewport=size, reduced_motion="reduce")
    yield page
    page.close()


@pytest.mark.parametrize("name", ["chapters/topics", "chapters/teaching"])
def test_a_table_is_whole_on_a_phone(phone, site, name):
    """Its last column is in sight; where columns stand below each other, each cell names its own."""
    phone.goto(f"{site.as_uri()}/{name}.html")
    cells = phone.locator("article td:not(:empty)")
    rights = cells.evaluate_all("all => all.map(cell => cell.getBoundingClientRect().right)")
    assert rights and max(rights) <= 360
    said = phone.locator("article td .column:visible").all_inner_texts()
    columns = ["Shown", "Moved", "Practised"] if name == "chapters/topics" else []
    assert said[:3] == columns


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_a_slider_moves_its_figure(phone, site, name):
    """By mouse, by touch and by keyboard, on a phone: the first slider of each page."""
    phone.goto(f"{site.as_uri()}/{name}.html")
    for slider in phone.locator("figure.explorable input[type=range]").all()[:1]:
        slider.scroll_into_view_if_needed()
        assert slider.is_enabled()
        figure = slider.locator("xpath=ancestor::figure")
        frame = figure.locator(".explorable-frame").element_handle()
        output = figure.locator(f"output[for='{slider.get_attribute('id')}']")
        box = slider.bounding_box()
        for by in (phone.mouse.click, phone.touchscreen.tap, None):
            before = frame.inner_html()
            right = slider.evaluate("slider => slider.value < slider.max / 2")
            if by:
                by(box["x"] + box["width"] * (0.9 if right else 0.1), box["y"] + box["height"] / 2)
            else:
                slider.focus()
                for _ in range(3):
                    phone.keyboard.press("ArrowRight" if right else "ArrowLeft")
            # A browser makes a click of a tap in its own time.
            phone.wait_for_function(
                "([frame, before]) => frame.innerHTML !== before", arg=[frame, before]
            )
            assert slider.get_attribute("aria-valuetext") == output.inner_text()


@pytest.fixture(scope="module")
def scriptless(browser):
    page = browser.new_page(java_script_enabled=False)
    yield page
    page.close()


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_without_a_script_figures_show_and_say_what_they_are(scriptless, site, name):
    scriptless.goto(f"{site.as_uri()}/{name}.html")
    figures = scriptless.locator("figure.explorable").evaluate_all(
        """all => all.map(figure => {
          const frame = figure.querySelector(".explorable-frame");
          const height = (element) => element.getBoundingClientRect().height;
          return [
            height(frame) > 10,
            [...frame.querySelectorAll("svg")].every((svg) => height(svg) > 100),
            [...frame.querySelectorAll("svg")].every((svg) => svg.ariaLabel?.length > 20),
            [...figure.querySelectorAll("input, select")].every((control) => control.matches(":disabled")),
          ];
        })"""
    )
    assert figures == [[True] * 4] * len(figures)


@pytest.mark.parametrize("way", WAYS)
def test_a_page_is_dark_from_the_first_paint(browser, addresses, way):
    # The page stops at its first script file, and is dark already: on a dark system, and on a
    # light one where the reader has chosen so before.
    page = browser.new_page()
    page.route("**/*.js*", lambda route: route.abort())
    for scheme, chosen, dark in (
        ("dark", "auto", True),
        ("light", "dark", True),
        ("dark", "light", False),
    ):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{addresses[way]}/search.html")
        page.evaluate("theme => localStorage.setItem('theme', theme)", chosen)
        page.goto(f"{addresses[way]}/chapters/one-weight.html", wait_until="commit")
        page.wait_for_selector("article h1")
        red = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/)[0]")
        assert (float(red) < 60) == dark
    page.close()


def test_a_printed_page_is_its_text_alone(browser, addresses):
    """And a table goes on over the pages."""
    page = browser.new_page()
    page.goto(f"{addresses['file']}/chapters/topics.html")
    page.emulate_media(media="print")
    around = page.evaluate(
        """[...document.querySelectorAll("a, button, input, label")]
        .filter(e => e.checkVisibility() && !e.closest("article")).map(e => e.outerHTML)"""
    )
    assert around == []
    table = page.locator("table").first
    assert table.evaluate("table => getComputedStyle(table).breakInside") == "auto"
    page.close()


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
    assert "explorable.js" not in Path(site, "chapters/run.html").read_text()
