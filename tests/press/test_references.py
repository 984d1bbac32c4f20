"""That a chapter's further reading is what references.bib says: a link has its source beside it."""

import re

import nbformat
import pytest
from pybtex.database import parse_file

from tests.conftest import ROOT

SOURCES = parse_file(ROOT / "chapters" / "references.bib").entries
LINK = re.compile(r"\]\((https?://(?:[^()\s]|\([^()]*\))*)\)")  # an address may hold ( )
CITATION = re.compile(r"\{cite\}`([^`]+)`")


def address(key):
    fields = SOURCES[key].fields
    return fields["url"] if "url" in fields else f"https://doi.org/{fields['doi']}"


def further_reading():
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            _, _, items = cell.source.partition("### Further reading")
            for line in items.splitlines():
                if line.startswith("- "):
                    yield pytest.param(line, id=f"{path.stem}: {line[2:40]}")


@pytest.mark.parametrize("line", further_reading())
def test_each_link_is_to_the_source_that_is_cited(line):
    links = {link.partition("#")[0] for link in LINK.findall(line)}
    keys = [key for keys in CITATION.findall(line) for key in keys.split(",")]
    assert links == {address(key) for key in keys}
    assert keys


def test_each_source_is_cited():
    cited = {key for item in further_reading() for key in SOURCES if key in item.values[0]}
    assert cited == set(SOURCES)
