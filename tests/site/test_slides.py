"""Slides: the figures of a page on the whole screen, for a lecturer with a clicker or a keyboard."""

import pytest

from tests.site.looks import faults

CHAPTER = "chapters/one-weight.html"
FIGURES = ["fig-loop-stepper", "fig-training-replay", "fig-learning-rates"]


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.on("console", lambda m: page.wrong.append(m.text) if m.type == "error" else None)
    yield page
    assert page.wrong == []
    context.close()


@pytest.fixture
def chapter(page, site):
    """A function that opens the chapter from the disk, with an end to its address."""

    def goto(end="", name=CHAPTER):
        page.goto(f"{site.as_uri()}/{name}{end}")

    return goto


def on_screen(page):
    return page.locator("dialog.slides[open] figure").evaluate_all("all => all.map(f => f.id)")


def test_the_button_opens_them_full_screen_and_closing_goes_to_the_figure(page, chapter):
    chapter()
    order = page.locator("article figure").evaluate_all("all => all.map(f => f.id)")
    assert order == FIGURES
    page.get_by_role("button", name="Figures full screen").click()
    assert on_screen(page) == FIGURES[:1]
    page.wait_for_function("document.fullscreenElement")
    page.get_by_role("button", name="Next figure").click()
    assert page.locator(".slides-bar p").inner_text() == "Watch it learn 2 / 3"
    page.get_by_role("button", name="Close").click()
    page.wait_for_function(
        "!document.fullscreenElement && !document.querySelector('.slides figure')"
    )
    assert on_screen(page) == []
    assert page.evaluate("document.activeElement.id") == FIGURES[1]
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") < 200
    after = page.locator("article figure").evaluate_all("all => all.map(f => f.id)")
    assert after == order
    assert page.url.endswith(f"#{FIGURES[1]}")


def test_keys_turn_the_slides(page, chapter):
    chapter("#slides")
    for key, figure in [
        ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowRight", 2),  # the end
        ("ArrowLeft", 1), ("PageUp", 0), ("PageUp", 0), ("PageDown", 1),
        ("Home", 0), ("Space", 1), ("Shift+Space", 0), ("End", 2), ("Control+Home", 2),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert on_screen(page) == [FIGURES[figure]], key
    page.keyboard.press("Escape")
    page.wait_for_selector("article #fig-learning-rates")
    assert on_screen(page) == []


def test_the_keys_of_a_control_are_its_own_but_for_a_clickers(page, chapter):
    chapter("#slides=fig-training-replay")
    slider = page.locator(".slides input[type=range]")
    slider.focus()
    before = page.locator(".slides .explorable-frame").inner_html()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "1"
    assert page.locator(".slides .explorable-frame").inner_html() != before
    page.locator(".slides select").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert on_screen(page) == ["fig-training-replay"]
    slider.focus()
    page.keyboard.press("PageDown")
    assert on_screen(page) == ["fig-learning-rates"]
    page.keyboard.press("ArrowLeft")  # the slider has gone, and the focus with it
    assert on_screen(page) == ["fig-training-replay"]
    assert slider.input_value() == "1"  # a slide stays as it was left
    page.keyboard.press("Escape")
    assert page.locator("article #fig-training-replay-step").input_value() == "1"


@pytest.mark.parametrize(
    ("end", "figure"),
    [
        ("#slides", "fig-loop-stepper"),
        ("#slides=fig-learning-rates", "fig-learning-rates"),
        ("#slides=fig-of-an-older-book", "fig-loop-stepper"),
    ],
)
def test_an_address_opens_them(page, chapter, end, figure):
    chapter(end)
    assert on_screen(page) == [figure]
    assert page.url.endswith(f"#slides={figure}")  # what one copies opens this slide


def test_a_link_to_a_state_works_on_a_slide(page, chapter):
    chapter("#slides=fig-training-replay")
    page.evaluate("location.hash = '#fig-training-replay?lr=0.17&step=12'")
    assert page.locator(".slides input[type=range]").get_attribute("aria-valuetext") == "12"
    assert on_screen(page) == ["fig-training-replay"]


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (360, 740), (740, 360)])
def test_a_drawing_fits_on_the_screen(page, chapter, size):
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    chapter("#slides=fig-training-replay")
    boxes = [page.locator(f".slides {part}").bounding_box() for part in ("svg", "fieldset")]
    for box in boxes:
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= height
    assert boxes[0]["height"] > height * 0.4  # of the screen, not of a column of text


def test_axe_finds_nothing_on_a_slide(page, chapter):
    page.set_viewport_size({"width": 360, "height": 740})
    chapter("#slides=fig-install-chooser", "chapters/setup.html")  # it is longer than the screen
    assert faults(page, ".slides") == []


def test_only_pages_with_figures_load_them(site):
    for name, there in [(CHAPTER, True), ("exercises/one-weight.html", False)]:
        text = (site / name).read_text(encoding="utf-8")
        assert all((word in text) == there for word in ("slides.js", "slides.css", "Slides.open"))
