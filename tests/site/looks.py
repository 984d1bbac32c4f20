"""A page of the site in one of its looks, and what axe-core finds there."""

from itertools import product
from pathlib import Path

import axe_playwright_python

#: Theme and width.
LOOKS = list(product(["light", "dark"], [1280, 360]))

_AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
# axe-core asks each element for its contrast, a millisecond or two for each of thousands of words
# of code. Those of one kind, in blocks of one kind, look alike, so the first speaks for all.
_RUN = r"""async (part) => {
  const seen = new Set();
  const kind = (element) => element.localName === "article" ? "" :
    `${kind(element.parentElement)} > ${element.localName}.${element.className}`;
  for (const word of document.querySelectorAll("article pre span:not([style])")) {
    const alike = kind(word);
    if (seen.has(alike)) word.replaceWith(...word.childNodes);
    else if (/\w\w/.test(word.textContent)) seen.add(alike); // axe-core does not judge shorter ones
  }
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


def faults(page, part="html"):
    """Return what axe-core finds in a part: a line for each element, with rule and reason."""
    page.evaluate(_AXE)
    return page.evaluate(_RUN, part)
