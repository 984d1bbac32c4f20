"""Protected here: the chapter that the glossary names for a word has the word in its text."""

import json
import re
from functools import cache

import pytest

from press.sphinx._glossary import pattern
from tests.conftest import ROOT

GLOSSARY = (ROOT / "chapters" / "glossary.md").read_text(encoding="utf-8")
ENTRY = r"^((?:\S.*\n)+)  (\S.*)\n\n  \[\]\(([\w-]+\.ipynb)\)$"
ENTRIES = re.findall(ENTRY, GLOSSARY.partition(":sorted:")[2], re.MULTILINE)


@cache
def prose(chapter):
    cells = json.loads((ROOT / "chapters" / chapter).read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


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
