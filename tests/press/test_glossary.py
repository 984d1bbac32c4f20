"""Protected here: the chapter that the glossary names for a word has the word in its text."""

import re

import nbformat
import pytest

from press.sphinx._glossary import pattern
from tests.conftest import ROOT

GLOSSARY = (ROOT / "chapters" / "glossary.md").read_text(encoding="utf-8")
ENTRY = r"^((?:\S.*\n)+)  (\S.*)\n\n  \[\]\(([\w-]+\.ipynb)\)$"
ENTRIES = re.findall(ENTRY, GLOSSARY.partition(":sorted:")[2], re.MULTILINE)


def prose(chapter):
    cells = nbformat.read(ROOT / "chapters" / chapter, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@pytest.mark.parametrize(("words", "chapter"), [(words, place) for words, _, place in ENTRIES])
def test_the_chapter_of_a_word_uses_it(words, chapter):
    text = prose(chapter).replace("leaves", "leaf")
    assert pattern(words.split("\n")[:-1]).search(text), f"{chapter} does not explain it"


@pytest.mark.parametrize(("words", "meaning"), [(words, text) for words, text, _ in ENTRIES])
def test_a_meaning_is_a_sentence_or_two(words, meaning):
    """It is shown beside the word, on a phone too."""
    assert meaning[-1] == "." and len(meaning.split()) <= 20


def test_every_entry_was_read():
    assert len(ENTRIES) == GLOSSARY.count("\n  [](") > 35
