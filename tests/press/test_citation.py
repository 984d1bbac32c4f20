"""The two forms of the citation, for GitHub and for BibTeX, say the same."""

import re

import yaml

from tests.conftest import ROOT

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_bibtex_says_what_the_citation_file_says():
    text = (ROOT / "intro.md").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^  (\w+) += \{(.*)\},?$", text, re.MULTILINE))
    plain = {name: re.sub("[{}]", "", value) for name, value in fields.items()}
    book = CITATION["preferred-citation"]
    assert plain == {
        "title": book["title"],
        "author": book["authors"][0]["name"],
        "year": str(book["year"]),
        "url": book["url"],
    }


def test_the_readme_and_the_book_have_the_same_name():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert CITATION["title"] in readme
    assert CITATION["title"] == CITATION["preferred-citation"]["title"]
    assert CITATION["url"] in (ROOT / "_config.yml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert CITATION["version"] == version[1]
