"""The promise of every figure of the chapters, checked on what the notebooks store.

Protected here, for every position of every control: the picture keeps its elements and its size,
so that a page never jumps and stores little; no text leaves the picture or covers another text;
and each step of a slider changes the picture, so that nothing seems broken. What does not hold
today is listed below, and an entry that is no longer needed fails as well.
"""

import copy
import itertools
import json
import math
import re
from xml.etree import ElementTree

import nbformat
import pytest

from companion.canvas import text_width
from tests.conftest import ROOT

# What does not hold yet.
OTHER_ELEMENTS = {
    *("batch-in-parts", "binary", "decay", "define-by-run", "doubling-loop", "doublings"),
    *("engine-xray", "install-chooser", "likely-causes", "saved-bytes", "slope-at"),
    *("switch-board", "tensor-passport", "version-replay", "where-it-stops"),
}
SIZES = {"engine-xray": 2}
DEAD_STEPS = {"engine-xray": 36, "path-stepper": 65, "training-replay": 21}


class Figure:
    """A stored figure: its picture as a tree, and what changes in it from frame to frame."""

    def __init__(self, html):
        self.name = re.search(r'<figure class="explorable" id="fig-([^"]+)"', html)[1]
        svg = re.search(r'<div class="explorable-frame">(<svg .*?</svg>)</div>', html, re.DOTALL)
        self.svg = ElementTree.fromstring(svg[1]) if svg else None
        data = re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
        data = json.loads(data[1]) if data else {"labels": {}, "groups": []}
        self.groups = data["groups"]
        self.counts = [len(labels) for labels in data["labels"].values()]
        sliders = re.findall(r'<input type="range" id="fig-[^"]+-([^"-]+)"', html)
        self.sliders = [name in sliders for name in data["labels"]]
        # What each frame looks like, in row-major order; equal ones look the same.
        self.looks = list(zip(*(index for index, _ in self.groups), strict=True)) or [()]

    def dead(self):
        """Count the pairs of neighbours on a slider that look the same."""
        found = 0
        for axis in itertools.compress(range(len(self.counts)), self.sliders):
            stride = math.prod(self.counts[axis + 1 :])
            for frame in range(len(self.looks)):
                if frame // stride % self.counts[axis] + 1 < self.counts[axis]:
                    found += self.looks[frame] == self.looks[frame + stride]
        return found

    def pictures(self):
        """Yield each look as a tree."""
        for look in sorted(set(self.looks)):
            root = ElementTree.Element("div")
            root.append(copy.deepcopy(self.svg))
            elements = list(root.iter())
            for value, (_, slots) in zip(look, self.groups, strict=True):
                for element, name, *values in slots:
                    element = elements[element]
                    if name == "#markup":
                        element[:] = ElementTree.fromstring(f"<g>{values[value]}</g>")
                    elif name == "#text":
                        element.text = values[value]
                    else:
                        element.set(name, values[value] or "")
            yield root.find("svg")


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


FIGURES = {figure.name: figure for figure in _figures()}
PICTURES = [name for name, figure in FIGURES.items() if figure.svg is not None]


def test_the_lists_name_figures_of_the_book():
    assert {*OTHER_ELEMENTS, *SIZES, *DEAD_STEPS} <= set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_all_frames_have_the_same_elements(name):
    changes = [what for _, slots in FIGURES[name].groups for _, what, *_ in slots]
    assert ("#markup" in changes) == (name in OTHER_ELEMENTS)


@pytest.mark.parametrize("name", FIGURES)
def test_each_step_of_a_slider_changes_the_picture(name):
    assert FIGURES[name].dead() == DEAD_STEPS.get(name, 0)


@pytest.mark.parametrize("name", PICTURES)
def test_the_size_stays_and_no_text_leaves_the_picture_or_covers_another(name):
    sizes, outside, covered = set(), set(), set()
    for picture in FIGURES[name].pictures():
        width, height = (float(picture.get(side)) for side in ("width", "height"))
        sizes.add((width, height))
        texts = _extents(picture)
        for text, left, top, right, bottom in texts:
            if left < -0.5 or top < -0.5 or right > width + 0.5 or bottom > height + 0.5:
                outside.add(text)
        for one, other in itertools.combinations(texts, 2):
            if _overlap(one, other):
                covered.add((one[0], other[0]))
    assert len(sizes) == SIZES.get(name, 1), sizes
    assert not outside
    assert not covered
