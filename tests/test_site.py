"""The built site in Chromium: figures that play, no other host, no error, over http and file."""

from pathlib import Path

import pytest

from tests.conftest import NOTEBOOKS

PAGES = ["intro", "search", "genindex", *(str(path.with_suffix("")) for path in NOTEBOOKS)]
WITH_FIGURES = [page for page in PAGES if page.startswith("chapters/")]


@pytest.fixture(params=["http", "file"])
def address(request):
    """The site's address, over http and from the disk."""
    if request.param == "http":
        return request.getfixturevalue("served")
    return request.getfixturevalue("site").as_uri()


@pytest.fixture
def page(browser, address):
    """A new page that remembers what went wrong on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on(
        "console", lambda m: page.wrong.append(m.text) if m.type in ("error", "warning") else None
    )
    page.on("requestfailed", lambda request: page.wrong.append(request.url))
    page.on(
        "request",
        lambda r: None if r.url.startswith((address, "data:")) else page.wrong.append(r.url),
    )
    yield page
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_other_host_and_has_no_error(page, address, name):
    page.goto(f"{address}/{name}.html", wait_until="networkidle")
    assert page.wrong == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_scrolls_sideways_on_a_phone(page, address, name):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{address}/{name}.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_formulas_are_rendered(page, address, name):
    page.goto(f"{address}/{name}.html")
    boxes = page.locator("article math").evaluate_all(
        "all => all.map(m => m.getBoundingClientRect().width)"
    )
    assert boxes or name != "chapters/one-weight"
    assert all(width > 0 for width in boxes)
    assert "\\frac" not in page.inner_text("article")


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_every_position_of_every_figure_shows(page, address, name):
    page.goto(f"{address}/{name}.html")
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
    ("address", "way"),  # how an event comes has nothing to do with how the page came
    [("http", "mouse"), ("file", "touch"), ("file", "keyboard")],
    indirect=["address"],
)
def test_a_slider_moves_its_figure(browser, address, name, way):
    context = browser.new_context(has_touch=way == "touch", viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{address}/{name}.html")
    for slider in page.locator("figure.explorable input[type=range]").all():
        slider.scroll_into_view_if_needed()
        figure = slider.locator("xpath=ancestor::figure")
        before = figure.locator(".explorable-frame").inner_html()
        assert slider.is_enabled()
        box = slider.bounding_box()
        right = slider.evaluate("slider => slider.value < slider.max / 2")
        place = box["x"] + box["width"] * (0.9 if right else 0.1), box["y"] + box["height"] / 2
        if way == "keyboard":
            slider.focus()
            for _ in range(3):
                page.keyboard.press("ArrowRight" if right else "ArrowLeft")
        elif way == "touch":
            page.touchscreen.tap(*place)
        else:
            page.mouse.click(*place)
        assert figure.locator(".explorable-frame").inner_html() != before
        output = figure.locator(f"output[for='{slider.get_attribute('id')}']")
        assert slider.get_attribute("aria-valuetext") == output.inner_text()
    context.close()


@pytest.mark.parametrize("name", WITH_FIGURES)
def test_without_a_script_figures_show_and_say_what_they_are(browser, address, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{name}.html")
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
