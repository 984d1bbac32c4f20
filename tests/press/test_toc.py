"""One order for all: what lists the chapters follows _toc.yml, and each chapter has exercises."""

import re

import nbformat
import yaml

from companion.figures import path_map
from tests.conftest import NOTEBOOKS, ROOT

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PARTS = {part["caption"]: part["chapters"] for part in TOC["parts"]}
CHAPTERS = [page["file"].removeprefix("chapters/") for page in PARTS["The path"]] + ["errors"]


def listed(path, start):
    """Return the chapters that a page's list or table names at the start of its lines."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.findall(
        rf"^{start}(?:\{{doc\}}`|\[[^\]]*\]\()(?:chapters/)?([\w-]+)", text, re.MULTILINE
    )


def test_lists_of_chapters_follow_the_table_of_contents():
    assert listed("intro.ipynb", r'\s+"\d+\. ') == CHAPTERS[:-1]
    assert listed("chapters/teaching.md", r"\| ") == CHAPTERS


def test_the_map_of_the_path_says_what_the_heads_of_the_chapters_say():
    """Title, minutes, and the chapters that are needed before."""
    for slug, (title, minutes, needs, _) in zip(CHAPTERS, path_map.CHAPTERS, strict=False):
        head = nbformat.read(ROOT / f"chapters/{slug}.ipynb", as_version=4).cells[0].source
        linked = re.findall(r"\]\(([\w-]+)\.ipynb\)", head)
        assert head.startswith(f"# {title}")
        assert re.search(r"\b(\d+) minutes", head)[1] == str(minutes), slug
        assert sorted(CHAPTERS.index(each) + 1 for each in linked) == list(needs), slug
    assert len(path_map.CHAPTERS) == len(CHAPTERS) - 1  # the clinic is no chapter


def test_each_chapter_has_its_exercises_below_it():
    for page in PARTS["The path"]:
        slug = page["file"].removeprefix("chapters/")
        assert page["sections"] == [{"file": f"exercises/{slug}"}]


def test_every_notebook_has_its_place():
    places = [page for part in PARTS.values() for page in part]
    places += [below for page in places for below in page.get("sections", [])]
    files = {TOC["root"], *(page["file"] for page in places)}
    assert {str(path.with_suffix("")) for path in NOTEBOOKS} <= files
