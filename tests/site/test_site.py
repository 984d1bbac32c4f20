"""The built site in Chromium, each page over http and from the disk.

Protected here: no error and no other host, little to load, nothing too wide, names for those who
do not see, and figures that play.
"""

import gzip
import re
from itertools import product
from pathlib import Path

import pytest

from tests.conftest import NOTEBOOKS

PAGES = ["intro", "search", "genindex", *(str(path.with_suffix("")) for path in NOTEBOOKS)]
WITH_FIGURES = [page for page in PAGES if page.startswith("chapters/")]
WAYS = ["http", "file"]
MOST_REQUESTS, MOST_BYTES = 15, 250_000  # of a page with all its figures, compressed


@pytest.fixture(scope="module")
def addresses(site, served):
    """The site's address, over http and from the disk."""
    return {"http": served, "file": site.as_uri()}


@pytest.fixture(scope="module")
def tab(browser):
    """A page that remembers what it asked for, and what went wrong."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
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
    tab.goto(f"{tab.address}/{name}.html", wait_until="networkidle")
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

    def test_it_is_light(self, page, site):
        paths = [re.sub("[?#].*", "", url.removeprefix(page.address)) for url in page.requests]
        files = [site / path.strip("/") for path in paths if not path.startswith("data:")]
        sizes = {file: len(gzip.compress(file.read_bytes())) for file in files}
        assert 1 < len(sizes) <= MOST_REQUESTS
        assert sum(sizes.values()) <= MOST_BYTES, sizes

    def test_language_and_pictures_are_named(self, page):
        assert page.get_attribute("html", "lang") == "en"
        names = page.locator("article :is(img, figure.explorable svg)").evaluate_all(
            "all => all.map(e => [e.outerHTML.slice(0, 200), e.ariaLabel ?? e.alt ?? ''])"
        )
        assert [markup for markup, text in names if len(text) < 20] == []
        dialogs = page.locator("dialog").evaluate_all("all => all.map(e => e.ariaLabel)")
        assert dialogs and all(dialogs)  # axe does not ask for their names
        roles = page.locator("figure.explorable svg").evaluate_all("all => all.map(e => e.role)")
        assert set(roles) <= {"img"}

    def test_nothing_scrolls_sideways_on_a_phone(self, page):
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320

    def test_formulas_are_rendered(self, page):
        boxes = page.locator("article math").evaluate_all(
            "all => all.map(m => m.getBoundingClientRect().width)"
        )
        assert boxes or "one-weight" not in page.url
        assert all(width > 0 for width in boxes)
        assert "\\frac" not in page.inner_text("main")

    def test_every_position_of_every_figure_shows(self, page):
        for figure in page.locator("figure.explorable:has(> script)").all():
            frames = figure.evaluate(WALK)
            assert frames["positions"] == frames["stored"]
            assert frames["distinct"] > 1  # else it plays nothing
        assert page.wrong == []


# Moves a figure through all its positions, as a reader's events would.
WALK = """figure => {
  const data = JSON.parse(figure.querySelector(":scope > script").textContent);
  const controls = Object.entries(data.labels).map(([name, labels]) => ({
    labels, element: document.getElementById(`${figure.id}-${name}`),
  }));
  const move = (element, position) => {
    if (element.matches("select")) element.selectedIndex = position;
    else if (element.matches("[type=checkbox]")) element.checked = position;
    else if (element.matches("[type=range]")) element.value = position;
    else element.querySelectorAll("input")[position].checked = true;
    element.dispatchEvent(new Event("input", {bubbles: true}));
  };
  const seen = new Set();
  let positions = 0;
  const walk = (depth) => {
    if (depth === controls.length) {
      positions += 1;
      seen.add(figure.querySelector(".explorable-frame").innerHTML);
      return;
    }
    const {element, labels} = controls[depth];
    labels.forEach((_, position) => {
      move(element, position);
      walk(depth + 1);
    });
  };
  walk(0);
  return {positions, distinct: seen.size, stored: data.groups[0][0].length};
}"""


@pytest.mark.parametrize("name", WITH_FIGURES)
@pytest.mark.parametrize(
    ("way", "by"),  # how an event comes has nothing to do with how the page came
    [("http", "mouse"), ("file", "touch"), ("file", "keyboard")],
)
def test_a_slider_moves_its_figure(browser, addresses, name, way, by):
    context = browser.new_context(has_touch=by == "touch", viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{addresses[way]}/{name}.html")
    for slider in page.locator("figure.explorable input[type=range]").all():
        slider.scroll_into_view_if_needed()
        figure = slider.locator("xpath=ancestor::figure")
        before = figure.locator(".explorable-frame").inner_html()
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
        assert figure.locator(".explorable-frame").inner_html() != before
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
        for picture in figure.locator("svg").all():
            assert picture.bounding_box()["height"] > 100
            assert len(picture.get_attribute("aria-label")) > 20
        assert all(control.is_disabled() for control in figure.locator("input, select").all())
    context.close()


def test_search_finds_a_word(browser, served):
    page = browser.new_page()
    page.goto(f"{served}/search.html?q=gradient")
    page.wait_for_selector("#search-results li a")
    assert "One weight learns" in page.inner_text("#search-results")
    page.close()


def test_the_player_is_only_where_a_figure_is(site):
    assert "explorable.js" in Path(site, "chapters/one-weight.html").read_text()
    assert "explorable.js" not in Path(site, "genindex.html").read_text()
