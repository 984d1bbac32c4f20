"""The promise of every figure of the chapters, checked on what the notebooks store.

Protected here, for every position of every control: the picture keeps its elements and its size,
so that a page never jumps and stores little; no text leaves the picture or covers another text;
and each step of a slider changes the picture, so that nothing seems broken. What does not hold
today is listed below, and an entry that is no longer needed fails as well.
"""

import functools
import itertools
import json
import math
import re
from pathlib import Path

import nbformat
import pytest

import explorable
from companion.canvas import text_width
from tests.conftest import ROOT
from tests.walk import WALK

PLAYER = Path(explorable.__file__).with_name("static").joinpath("explorable.js").read_text("utf-8")

#: Of each frame: numbers for its markup, its tags and its size, which are the same for the same,
#: and for each text that is seen, without formulas, whose parts have places of their own. What the
#: numbers of sizes and texts stand for comes at the end.
SEE = """figure => {
  const known = new Map(), words = [];
  const number = (kind, value) => {
    const key = kind + value;
    if (!known.has(key)) known.set(key, kind === "look" ? known.size : words.push(value) - 1);
    return known.get(key);
  };
  const names = ["font-size", "font-family", "text-anchor", "x", "y", "transform"];
  const seen = text => text.textContent.trim() && text.getAttribute("opacity") !== "0"
    && !text.children.length;
  const frames = (WALK)(figure, frame => {
    const svg = frame.querySelector("svg");
    const tags = [...frame.querySelectorAll("*")].map(element => element.tagName).join();
    const texts = svg ? [...svg.querySelectorAll("text")].filter(seen) : [];
    return [
      number("look", frame.innerHTML), number("look", tags),
      number("size", svg ? svg.getAttribute("viewBox") : ""),
      ...texts.map(text => number("text", JSON.stringify(
        [text.textContent, ...names.map(name => text.getAttribute(name) || "")]))),
    ];
  });
  return [frames, words];
}""".replace("WALK", WALK)

# Their frames have other elements, so that they do not glide.
OTHER_ELEMENTS = {"install-chooser", "learning-rates"}


class Figure:
    """A stored figure, and what it shows in a browser at each of its positions."""

    def __init__(self, html):
        self.html = html
        self.name = re.search(r'<figure class="explorable" id="fig-([^"]+)"', html)[1]
        controls = re.findall(r'"controls":(\[.*?\]),?\n"later"', html, re.DOTALL)
        rows = [row for *_, row in json.loads(controls[0])] if controls else []
        self.counts = [len(row) if isinstance(row[0], str) else row[3] for row in rows]
        names = [name for name, *_ in json.loads(controls[0])] if controls else []
        sliders = re.findall(r'<input type="range" id="fig-[^"]+?-(\w+)"', html)
        self.sliders = [name in sliders for name in names]

    @functools.cached_property
    def frames(self):
        """What is seen at all positions, in row-major order, and what its numbers stand for."""
        page = self.page
        page.set_content(f"<!doctype html><body>{self.html}<script>{PLAYER}</script>")
        page.wait_for_selector(".explorable-controls:enabled", state="attached")
        return page.locator("figure.explorable").evaluate(SEE)

    def dead(self):
        """Count the pairs of neighbours on a slider that look the same."""
        looks, found = [look for look, *_ in self.frames[0]], 0
        for axis in itertools.compress(range(len(self.counts)), self.sliders):
            stride = math.prod(self.counts[axis + 1 :])
            for frame in range(len(looks)):
                if frame // stride % self.counts[axis] + 1 < self.counts[axis]:
                    found += looks[frame] == looks[frame + stride]
        return found


def _extent(text, size, family, anchor, x, y, transform):
    """Return of a text its left, top, right and bottom in points, without the tails of letters."""
    size, x, y = float(size or 11), float(x or 0), float(y or 0)
    width = 0.602 * size * len(text) if "monospace" in family else text_width(text, size)
    kind, numbers = re.match(r"(\w*)\(?([^)]*)", transform).groups()
    if kind == "translate":
        x, y = map(float, numbers.split())
        if "rotate(-90)" in transform:  # upwards, from its own place
            return x - 0.7 * size, y - width, x, y
    if kind == "rotate":  # upwards, around its own place
        return x - 0.7 * size, y - width / 2, x, y + width / 2
    x -= {"middle": width / 2, "end": width}.get(anchor, 0)
    return x, y - 0.7 * size, x + width, y


def _overlap(one, other):
    (a0, b0, a1, b1), (c0, d0, c1, d1) = one, other
    return min(a1, c1) - max(a0, c0) > 1 and min(b1, d1) - max(b0, d0) > 1


def _figures():
    for path in [ROOT / "intro.ipynb", *sorted((ROOT / "chapters").glob("*.ipynb"))]:
        for cell in nbformat.read(path, as_version=nbformat.NO_CONVERT).cells:
            for output in cell.get("outputs", []):
                html = output.get("data", {}).get("text/html", "")
                if '<figure class="explorable"' in html:
                    yield Figure(html)


FIGURES = {figure.name: figure for figure in _figures() if figure.counts}


@pytest.fixture(scope="module")
def still(browser):
    """A page where nothing glides, so that a frame is there as soon as it is asked for."""
    page = browser.new_page(reduced_motion="reduce")
    yield page
    page.close()


@pytest.fixture(params=FIGURES)
def figure(request, still):
    figure = FIGURES[request.param]
    figure.page = still
    return figure


def test_the_lists_name_figures_of_the_book():
    assert OTHER_ELEMENTS <= set(FIGURES)


def test_all_frames_have_the_same_elements(figure):
    tags = {tags for _, tags, *_ in figure.frames[0]}
    assert (len(tags) > 1) == (figure.name in OTHER_ELEMENTS)


def test_each_step_of_a_slider_changes_the_picture(figure):
    assert len(figure.frames[0]) == math.prod(figure.counts)
    assert figure.dead() == 0


def test_the_size_stays_and_no_text_leaves_the_picture_or_covers_another(figure):
    frames, words = figure.frames
    assert len({size for _, _, size, *_ in frames}) == 1
    box = words[frames[0][2]]
    if not box:  # no picture, but text
        return
    left, top, width, height = map(float, box.split())
    seen = {number for _, _, _, *texts in frames for number in texts}
    texts = {number: json.loads(words[number])[0] for number in seen}
    extents = {number: _extent(*json.loads(words[number])) for number in seen}
    edges = left - 0.5, top - 0.5, left + width + 0.5, top + height + 0.5
    outside = {
        texts[number]
        for number, (x0, y0, x1, y1) in extents.items()
        if x0 < edges[0] or y0 < edges[1] or x1 > edges[2] or y1 > edges[3]
    }
    assert not outside
    pairs = {pair for _, _, _, *texts in frames for pair in itertools.combinations(texts, 2)}
    covered = [pair for pair in pairs if _overlap(*map(extents.get, pair))]
    assert not {(texts[one], texts[other]) for one, other in covered}
