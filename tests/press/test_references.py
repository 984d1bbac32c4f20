"""That what the chapters send their readers to is in the list of references, and nothing else."""

import re

import nbformat
import pytest

from tests.conftest import ROOT

LIST = (ROOT / "chapters" / "references.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\((https?://(?:[^()\s]|\([^()]*\))*)\)")  # an address may hold ( )
SOURCES = LINK.findall(LIST)


def further_reading():
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            _, _, items = cell.source.partition("### Further reading")
            for line in items.splitlines():
                if line.startswith("- "):
                    yield pytest.param(line, id=f"{path.stem}: {line[2:40]}")


def linked(line):
    return {link.partition("#")[0] for link in LINK.findall(line)}


@pytest.mark.parametrize("line", list(further_reading()))
def test_each_link_is_to_a_source(line):
    assert linked(line), "link to the source"
    assert linked(line) <= set(SOURCES), "add it to chapters/references.md, with this address"


def test_each_source_is_linked_and_stands_once():
    """The list of references holds nothing that no chapter sends its readers to."""
    assert set().union(*(linked(item.values[0]) for item in further_reading())) == set(SOURCES)
    assert len(SOURCES) == len(set(SOURCES)) == LIST.count("\n- ")
