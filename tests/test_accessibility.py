"""For everyone: axe-core finds nothing on any page; keyboard, forced colours, print.

axe-core takes seconds for a page, nearly all of them for contrast. So every page is tested in one
of the four combinations of theme and width, by turns, and the pages that hold every kind of
content in all four.
"""

from itertools import cycle, product
from pathlib import Path

import axe_playwright_python
import pytest

from tests.test_site import PAGES

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
EVERY_KIND = [
    "chapters/accumulate",  # figures with every control, code, formulas, folded boxes
    "chapters/references",
    "exercises/in-place",  # every form
    "exercises/concepts",
]
LOOKS = list(product(["light", "dark"], [1280, 320]))  # what has room on 320 pixels has on 360
CASES = dict.fromkeys(
    [*zip(PAGES, cycle(LOOKS), strict=False), *product(EVERY_KIND, LOOKS)]
)  # each once


@pytest.fixture(scope="module")
def page(browser):
    """One page for all tests: each sets what it needs of its media and size."""
    page = browser.new_page(reduced_motion="reduce")
    yield page
    page.close()


def _open(page, site, name, scheme="light", width=1280, **media):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(**{"media": "screen", "forced_colors": "none", **media}, color_scheme=scheme)
    page.goto(f"{site.as_uri()}/{name}.html")
    page.wait_for_selector("html[data-scripts=done]")


def _faults(page):
    """Return what axe-core finds: a line for each element, with rule, selector and reason."""
    page.evaluate(AXE)
    return page.evaluate(
        """async () => {
          const result = await axe.run(document, {resultTypes: ["violations"], preload: false});
          return result.violations.flatMap(({id, nodes}) => nodes.map(
            ({target, failureSummary}) => `${id}: ${target.join(" ")}: ${failureSummary}`
          ));
        }"""
    )


@pytest.mark.parametrize("name, look", CASES)
def test_axe_finds_nothing(page, site, name, look):
    _open(page, site, name, *look)
    # Solutions and messages are read unfolded.
    page.evaluate("document.querySelectorAll('details').forEach(box => box.open = true)")
    page.evaluate(
        "document.querySelectorAll('button.toggle-button-hidden').forEach(b => b.click())"
    )
    if page.locator("details, .toggle-button").count():
        page.wait_for_timeout(600)  # the theme waits 300 ms before it looks at what scrolls
    assert not (faults := _faults(page)), "\n".join([f"{name}, {look}:", *faults])


@pytest.mark.parametrize(
    "button, dialog",
    [
        (".search-button", "#pst-search-dialog"),
        (".primary-toggle", "#pst-primary-sidebar-modal"),
        (".secondary-toggle", "#pst-secondary-sidebar-modal"),
    ],
)
def test_axe_finds_nothing_in_a_dialog(page, site, button, dialog):
    _open(page, site, EVERY_KIND[0], width=360)
    page.locator(f"{button}:visible").first.click()
    page.wait_for_selector(f"{dialog}[open]")
    assert _faults(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_language_and_pictures_are_named(page, site, name):
    _open(page, site, name)
    assert page.get_attribute("html", "lang") == "en"
    names = page.locator("article :is(img, figure.explorable svg)").evaluate_all(
        "all => all.map(e => [e.outerHTML.slice(0, 200), e.ariaLabel ?? e.alt ?? ''])"
    )
    assert [markup for markup, text in names if len(text) < 20] == []
    dialogs = page.locator("dialog").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert dialogs and all(dialogs)  # axe does not ask for their names
    roles = page.locator("figure.explorable svg").evaluate_all("all => all.map(e => e.role)")
    assert set(roles) <= {"img"}


CONTROLS = "figure.explorable :is(input, select, button, a), form.answer :is(input, button)"

# Whether an element differs from its surroundings by an outline of two pixels or more.
OUTLINED = """element => {
  const {outlineStyle, outlineWidth, outlineColor} = getComputedStyle(element);
  const clear = /rgba\\(.*, 0\\)/.test(outlineColor);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !clear;
}"""


@pytest.mark.parametrize("name", EVERY_KIND)
@pytest.mark.parametrize("forced", ["none", "active"])
def test_the_focus_is_seen(page, site, name, forced):
    _open(page, site, name, forced_colors=forced)
    page.keyboard.press("Tab")  # from now on the focus is the keyboard's
    everything = "a[href], button, input, select, summary, [tabindex='0']"
    unseen = page.evaluate(
        f"""selector => [...document.querySelectorAll(selector)].filter(element => {{
          element.focus();
          return document.activeElement === element && !({OUTLINED})(element);
        }}).map(element => element.outerHTML.slice(0, 200))""",
        CONTROLS if forced == "none" else everything,
    )
    assert unseen == []


@pytest.mark.parametrize("name", ["chapters/accumulate", "exercises/in-place"])
def test_the_keyboard_reaches_every_control(page, site, name):
    _open(page, site, name)
    # One radio of a group is a stop of the Tab key: the arrow keys go to the others.
    controls = page.locator(CONTROLS).evaluate_all(
        """all => {
          const free = all.filter(e => !e.disabled && e.checkVisibility());
          const stops = free.filter(e => e.type !== "radio" || e.checked ||
            !document.querySelector(`[name="${CSS.escape(e.name)}"]:checked`) &&
            e === document.querySelector(`[name="${CSS.escape(e.name)}"]`));
          stops.forEach(e => e.dataset.stop = "");
          stops[0].focus();
          return stops.length;
        }"""
    )
    assert controls > 5
    reached = page.evaluate("Number('stop' in document.activeElement.dataset)")
    for _ in range(500):
        if reached == controls:
            break
        page.keyboard.press("Tab")
        stop = page.evaluate(
            f"""() => {{
              const {{activeElement}} = document;
              return !("stop" in activeElement.dataset) ? "" :
                ({OUTLINED})(activeElement) ? "seen" : activeElement.outerHTML;
            }}"""
        )
        assert stop in ("", "seen")
        reached += stop == "seen"
    assert reached == controls


@pytest.mark.parametrize("name", ["chapters/accumulate", "exercises/in-place"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_keep_the_controls(page, site, name, scheme):
    _open(page, site, name, scheme, forced_colors="active")
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    controls = page.locator(CONTROLS).filter(visible=True)
    assert controls.count() > 5
    # Not of one colour: something of the control is drawn. A PNG of one colour is tiny, but how
    # tiny depends on its size, so the browser itself counts the colours.
    for control in controls.all():
        picture = control.screenshot(animations="disabled")
        assert len(set(_colours(page, picture))) > 1, control.evaluate("e => e.outerHTML")


def _colours(page, png):
    return page.evaluate(
        """async bytes => {
          const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
          const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
          context.drawImage(image, 0, 0);
          return [...new Set(new Uint32Array(
            context.getImageData(0, 0, image.width, image.height).data.buffer
          ))];
        }""",
        list(png),
    )


@pytest.mark.parametrize("name", EVERY_KIND)
def test_print_has_no_controls(page, site, name):
    _open(page, site, name, media="print")
    left = page.locator("button, input, select").filter(visible=True)
    assert left.evaluate_all("all => all.map(e => e.outerHTML)") == []
    assert page.locator("figure.explorable, .answer").count() or name.endswith("references")
