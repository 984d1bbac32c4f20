"""That a chapter's further reading is what references.bib says."""

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


ADDRESSES = {address(key): key for key in SOURCES}


def further_reading():
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            _, _, items = cell.source.partition("### Further reading")
            for line in items.splitlines():
                if line.startswith("- "):
                    yield pytest.param(line, id=f"{path.stem}: {line[2:40]}")


def linked(line):
    return {ADDRESSES.get(link.partition("#")[0], link) for link in LINK.findall(line)}


@pytest.mark.parametrize("line", list(further_reading()))
def test_each_link_is_to_a_source(line):
    """What readers are sent to is in the list of references; a citation names the same source."""
    assert linked(line) <= set(SOURCES), "add it to references.bib, with this address"
    assert linked(line), "link to the source"
    cited = {key for keys in CITATION.findall(line) for key in keys.split(",")}
    assert cited in (set(), linked(line))


def test_each_source_is_linked():
    """The list of references holds nothing that no chapter sends its readers to."""
    assert set().union(*(linked(item.values[0]) for item in further_reading())) == set(SOURCES)
