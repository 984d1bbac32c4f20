"""Protected here: what the page for teachers says of a chapter is what the chapter says of itself."""

import re

import nbformat
import pytest

from tests.conftest import ROOT

PLAN = (ROOT / "chapters" / "teaching.md").read_text(encoding="utf-8")
ROW = r"^\| \[[^\]]*\]\(([\w-]+)\.ipynb\) \| [^|]* \| (\d+) \| \d+ \|$"
READ = re.findall(ROW, PLAN, re.MULTILINE)


def head(slug):
    """Return the minutes that a chapter's first cell names, or None."""
    first = nbformat.read(ROOT / "chapters" / f"{slug}.ipynb", as_version=4).cells[0].source
    said = re.search(r"(\d+) minutes", first)
    return said[1] if said else None


@pytest.mark.parametrize(("slug", "minutes"), READ)
def test_a_chapter_takes_as_long_as_it_says_at_its_head(slug, minutes):
    if head(slug) is None:
        pytest.skip("it names no minutes")
    assert minutes == head(slug)


def test_most_chapters_are_in_the_plan_and_name_their_minutes():
    """Else the test above would hold nothing."""
    assert sum(head(slug) is not None for slug, _ in READ) >= 5


def test_the_exercise_of_ones_own_runs():
    """As it stands on the page, with the sentence that it gives for a mistake."""
    import companion.check

    [program] = re.findall(r"^```python\n(.*?)^```", PLAN, re.DOTALL | re.MULTILINE)
    names = {}
    exec(program, names)  # noqa: S102 as its reader would
    assert "This is the cube itself." in repr(names["predict"]("slope-of-cube", 8))
    assert "Solved" in repr(names["check"]("cube-slope", lambda x: 3 * x**2))
    for name in re.findall(
        r"`([A-Z]\w+)`[,\s]", PLAN.partition("There are also")[2].partition(";")[0]
    ):
        assert hasattr(companion.check, name)
