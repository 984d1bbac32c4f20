"""For everyone: axe-core finds what is wrong; keyboard, forced colours, print.

That it finds nothing on any page, `test_site` asks, which has each page open.
"""

import pytest

from tests.site.looks import faults, open_page, unfold

EVERY_KIND = [
    "chapters/accumulate",  # figures with every control, code, formulas, folded boxes
    "chapters/references",
    "exercises/one-weight",  # every form
    "exercises/concepts",
]


@pytest.fixture(scope="module")
def page(browser):
    """One page for all tests: each sets what it needs of its media and size."""
    page = browser.new_page(reduced_motion="reduce")
    yield page
    page.close()


def test_axe_finds_a_fault_wherever_it_is(page, site):
    """Of words that look alike it judges three, so a fault is put into five kinds of place."""
    places = "pre .kn", "details pre .k", "p", "section section p:last-of-type", ".torch-name"
    open_page(page, site, "chapters/setup")
    unfold(page)
    for number, place in enumerate(places):
        fault = f"{{color: #88888{number} !important}}"
        page.add_style_tag(content=f"article {place}, article {place} * {fault}")
    found = "".join(faults(page))
    assert [n for n in range(len(places)) if f"foreground color: #88888{n}" not in found] == []


@pytest.mark.parametrize("button", ["label.nav-overlay-icon", "label.toc-header-icon"])
def test_axe_finds_nothing_in_a_drawer(page, site, button):
    open_page(page, site, "chapters/setup", width=360)
    page.click(button)
    page.wait_for_function("document.getAnimations().length === 0")
    assert faults(page) == []


CONTROLS = "figure.explorable :is(input, select, button, a), form.question :is(input, button)"

# Whether an element differs from its surroundings by an outline of two pixels or more.
OUTLINED = """element => {
  const {outlineStyle, outlineWidth, outlineColor} = getComputedStyle(element);
  const clear = /rgba\\(.*, 0\\)/.test(outlineColor);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !clear;
}"""


@pytest.mark.parametrize("name", EVERY_KIND)
@pytest.mark.parametrize("forced", ["none", "active"])
def test_the_focus_is_seen(page, site, name, forced):
    open_page(page, site, name, forced_colors=forced)
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


@pytest.mark.parametrize("name", ["chapters/accumulate", "exercises/one-weight"])
def test_the_keyboard_reaches_every_control(page, site, name):
    open_page(page, site, name)
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


@pytest.mark.parametrize("name", ["chapters/accumulate", "exercises/one-weight"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_keep_the_controls(page, site, name, scheme):
    open_page(page, site, name, scheme, forced_colors="active")
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    controls = page.locator(CONTROLS).filter(visible=True)
    kinds = controls.evaluate_all("all => all.map(e => e.localName + e.type + e.className)")
    assert len(set(kinds)) > 3
    # Not of one colour: something of the control is drawn. A PNG of one colour is tiny, but how
    # tiny depends on its size, so the browser itself counts the colours.
    for control in (controls.nth(kinds.index(kind)) for kind in sorted(set(kinds))):
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
    open_page(page, site, name, media="print")
    left = page.locator("button, input, select").filter(visible=True)
    assert left.evaluate_all("all => all.map(e => e.outerHTML)") == []
    assert page.locator("figure.explorable, .question").count() or name.endswith("references")
