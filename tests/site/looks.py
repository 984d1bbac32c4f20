"""A page of the site in one of its looks, and what axe-core finds there."""

from itertools import product
from pathlib import Path

import axe_playwright_python

#: Theme and width.
LOOKS = list(product(["light", "dark"], [1280, 360]))

_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
# axe-core asks each element for its contrast, which takes most of its time. Texts whose colours,
# letters and all backgrounds are the same have the same contrast, so three speak for all.
_RUN = r"""async (part) => {
  const backgrounds = new Map(), alike = {};
  const behind = (element) => {
    if (!element) return "";
    if (!backgrounds.has(element)) {
      const {backgroundColor, backgroundImage, opacity, filter, position} = getComputedStyle(element);
      const own = [backgroundColor, backgroundImage, opacity, filter].join();
      const plain = own === "rgba(0, 0, 0, 0),none,1,none" ? "" : own;
      // What is put over others has more behind it than its ancestors.
      const over = ["absolute", "fixed"].includes(position) ? `over ${backgrounds.size}` : "";
      backgrounds.set(element, behind(element.parentElement) + plain + over);
    }
    return backgrounds.get(element);
  };
  for (const element of document.querySelectorAll("*")) {
    const words = [...element.childNodes].filter(({nodeType}) => nodeType === Node.TEXT_NODE);
    const long = words.some(({data}) => /[\p{L}\p{N}]{2}/u.test(data)); // it judges no shorter ones
    if (!long || !element.checkVisibility()) continue;
    const {color, fontSize, fontWeight, textShadow} = getComputedStyle(element);
    const look = [behind(element), color, fontSize, fontWeight, textShadow].join();
    alike[look] = (alike[look] ?? 0) + 1;
    element.toggleAttribute("data-judged", alike[look] <= 3);
  }
  for (const word of document.querySelectorAll("pre span:not([data-judged], [style])"))
    word.replaceWith(...word.childNodes);
  axe.configure({rules: [{id: "color-contrast", selector: "[data-judged]"}]});
  const rules = {"target-size": {enabled: true}, "label-content-name-mismatch": {enabled: true}};
  const {violations} = await axe.run(part, {resultTypes: ["violations"], preload: false, rules});
  return violations.flatMap(({id, nodes}) => nodes.map(
    ({target, failureSummary}) => `${id}: ${target.join(" ")}: ${failureSummary}`
  ));
}"""


def open_page(page, site, name, scheme="light", width=1280, **media):
    """Open a page, given by its path without ``.html``, and wait for its scripts."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(**{"media": "screen", "forced_colors": "none", **media}, color_scheme=scheme)
    page.goto(f"{site.as_uri()}/{name}.html")
    page.wait_for_load_state()


def unfold(page):
    """Open what is folded: solutions, code, messages."""
    page.evaluate("document.querySelectorAll('details').forEach(box => box.open = true)")
    page.evaluate(
        "document.querySelectorAll('button.toggle-button-hidden').forEach(b => b.click())"
    )
    # page.js learns of sizes with the next frame.
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.evaluate("document.getAnimations().forEach(fading => fading.finish())")


def faults(page, part="html"):
    """Return what axe-core finds in a part: a line for each element, with rule and reason."""
    page.evaluate(_AXE)
    return page.evaluate(_RUN, part)
