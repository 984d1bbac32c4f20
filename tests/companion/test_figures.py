"""The promise of every figure of the chapters, checked on what the notebooks store.

Protected here, for every position of every control: the picture keeps its elements and its size,
so that a page never jumps and stores little; no text leaves the picture or covers another text;
and each step of a slider changes the picture, so that nothing seems broken. What does not hold
today is listed below, and an entry that is no longer needed fails as well.
"""

import itertools
import json
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest

import explorable
from companion.canvas import text_width
from tests.conftest import ROOT
from tests.walk import WALK

PLAYER = Path(explorable.__file__).with_name("static").joinpath("explorable.js").read_text("utf-8")

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

    def looks(self, page):
        """Return the markup of all frames, in row-major order."""
        if not hasattr(self, "_looks"):
            page.set_content(f"<!doctype html><body>{self.html}<script>{PLAYER}</script>")
            page.wait_for_selector(".explorable-controls:enabled", state="attached")
            self._looks = page.locator("figure.explorable").evaluate(WALK)
        return self._looks

    def dead(self, looks):
        """Count the pairs of neighbours on a slider that look the same."""
        found = 0
        for axis in itertools.compress(range(len(self.counts)), self.sliders):
            stride = math.prod(self.counts[axis + 1 :])
            for frame in range(len(looks)):
                if frame // stride % self.counts[axis] + 1 < self.counts[axis]:
                    found += looks[frame] == looks[frame + stride]
        return found


def _extents(picture):
    """Return for each text that is seen: it, and its left, top, right and bottom in points.

    Without the tails of letters, and without formulas, whose parts have places of their own.
    """
    found = []
    for element in picture.iter("text"):
        text, size = element.text or "", float(element.get("font-size") or 11)
        if not text.strip() or element.get("opacity") == "0" or len(element):
            continue
        mono = "monospace" in (element.get("font-family") or "")
        width = 0.602 * size * len(text) if mono else text_width(text, size)
        x, y = (float(element.get(name) or 0) for name in "xy")
        kind, numbers = re.match(r"(\w*)\(?([^)]*)", element.get("transform") or "").groups()
        if kind == "translate":
            x, y = map(float, numbers.split())
            if "rotate(-90)" in element.get("transform"):  # upwards, from its own place
                found.append((text, x - 0.7 * size, y - width, x, y))
                continue
        if kind == "rotate":  # upwards, around its own place
            found.append((text, x - 0.7 * size, y - width / 2, x, y + width / 2))
            continue
        x -= {"middle": width / 2, "end": width}.get(element.get("text-anchor"), 0)
        found.append((text, x, y - 0.7 * size, x + width, y))
    return found


def _overlap(one, other):
    (_, a0, b0, a1, b1), (_, c0, d0, c1, d1) = one, other
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


def test_the_lists_name_figures_of_the_book():
    assert OTHER_ELEMENTS <= set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_all_frames_have_the_same_elements(still, name):
    tags = {tuple(re.findall(r"<(\w+)", look)) for look in FIGURES[name].looks(still)}
    assert (len(tags) > 1) == (name in OTHER_ELEMENTS)


@pytest.mark.parametrize("name", FIGURES)
def test_each_step_of_a_slider_changes_the_picture(still, name):
    figure = FIGURES[name]
    assert len(figure.looks(still)) == math.prod(figure.counts)
    assert figure.dead(figure.looks(still)) == 0


@pytest.mark.parametrize("name", FIGURES)
def test_the_size_stays_and_no_text_leaves_the_picture_or_covers_another(still, name):
    sizes, outside, covered = set(), set(), set()
    for look in dict.fromkeys(FIGURES[name].looks(still)):
        if not (svg := re.search("<svg .*</svg>", look, re.DOTALL)):
            continue
        picture = ElementTree.fromstring(svg[0].replace("&nbsp;", "\xa0"))
        left, top, width, height = map(float, picture.get("viewBox").split())
        sizes.add((width, height))
        texts = _extents(picture)
        for text, x0, y0, x1, y1 in texts:
            if (
                x0 < left - 0.5
                or y0 < top - 0.5
                or x1 > left + width + 0.5
                or y1 > top + height + 0.5
            ):
                outside.add(text)
        for one, other in itertools.combinations(texts, 2):
            if _overlap(one, other):
                covered.add((one[0], other[0]))
    assert len(sizes) <= 1, sizes
    assert not outside
    assert not covered
