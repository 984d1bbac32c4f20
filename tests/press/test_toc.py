"""One order for all: what lists the chapters follows _toc.yml, and each chapter has exercises."""

import re

import yaml

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


def test_each_chapter_has_its_exercises_below_it():
    for page in PARTS["The path"]:
        slug = page["file"].removeprefix("chapters/")
        assert page["sections"] == [{"file": f"exercises/{slug}"}]


def test_every_notebook_has_its_place():
    places = [page for part in PARTS.values() for page in part]
    places += [below for page in places for below in page.get("sections", [])]
    files = {TOC["root"], *(page["file"] for page in places)}
    assert {str(path.with_suffix("")) for path in NOTEBOOKS} <= files
