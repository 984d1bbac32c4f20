"""Student copies, and the book without solutions.

Protected here: no line of a solution is in any copy, and all else is; nothing is overwritten; the
book without solutions builds as strictly as the book.
"""

import re
from collections import Counter
from functools import cache

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell, new_notebook

from press import student
from press.pdf import build_page
from press.student import copy_book, without_solutions
from tests.conftest import ROOT

EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))


@cache
def read(path):
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))


def lines(cells):
    return Counter(line for cell in cells for line in cell.source.splitlines())


def wrong_use(capsys, main, *arguments):
    """Return the one sentence that a command ends with."""
    with pytest.raises(SystemExit) as end:
        main(list(map(str, arguments)))
    sentence = str(end.value)
    assert re.fullmatch(r"[^\n]+\.", sentence)
    assert not capsys.readouterr().out
    return sentence


# Copies --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """The folder that a teacher gives away."""
    folder = tmp_path_factory.mktemp("teacher") / "copies"
    copy_book(folder)
    return folder


@pytest.mark.parametrize("original", EXERCISES, ids=lambda path: path.stem)
def test_a_copy_holds_all_but_the_solutions(original, copies):
    cells, copy = read(original).cells, read(copies / original.name).cells
    solutions = [cell for cell in cells if cell.id.endswith("-solution")]
    kept = [cell for cell in cells if not cell.id.endswith("-solution")]
    assert [cell.id for cell in copy] == [cell.id for cell in kept]
    assert all(
        new.source == old.source for new, old in zip(copy, kept, strict=True) if new.id != "title"
    )
    # A line such as a function's first one stands in the stub, too: there, but nowhere else.
    for line in lines(solutions):
        assert lines(copy)[line] == lines(kept)[line]
    assert not re.search(
        "[Ss]olution", "\n".join(cell.source for cell in copy if cell.cell_type == "markdown")
    )


ANY_LINE = st.text("ab =#:`'\t", max_size=12)
SECRET = st.lists(ANY_LINE.map("secret {}".format), max_size=4).map("\n".join)


@given(st.lists(st.tuples(ANY_LINE, SECRET, st.booleans())))
def test_nothing_secret_is_copied(parts):
    cells, kept = [], []
    for open_line, secret, alone in parts:
        solution = f"<details>\n<summary>Solution</summary>\n\n{secret}\n\n</details>"
        if alone:
            cells += [new_markdown_cell(open_line), new_markdown_cell(solution)]
            kept.append(open_line)
        else:
            cells.append(new_markdown_cell(f"x{open_line}\n\n{solution}"))
            kept.append(f"x{open_line}\n\n")
    copy = without_solutions(new_notebook(cells=cells))
    assert [cell.source for cell in copy.cells] == kept


def test_a_solution_that_is_never_closed_is_an_error():
    open_ended = new_markdown_cell("<details>\n<summary>Solution</summary>\n\nIt is 2.")
    with pytest.raises(SystemExit, match="never closed"):
        without_solutions(new_notebook(cells=[open_ended]))


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    for more in ([], ["--book"]):
        sentence = wrong_use(capsys, student.main, tmp_path, *more)
        assert "nothing is overwritten" in sentence
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_wrong_use_of_student_is_one_sentence(tmp_path, capsys):
    file = tmp_path / "file.ipynb"
    file.write_text("no notebook")
    assert "nothing is overwritten" in wrong_use(capsys, student.main, file)
    inside = ROOT / "chapters" / "copy"
    assert "inside" in wrong_use(capsys, student.main, inside, "--book")
    assert not inside.exists()


def test_the_book_without_solutions_builds(tmp_path):
    """As strictly as the book; on paper, since that writes one page and not all of the site.

    No link leads to what was taken away; what a prediction asks on its page is still there.
    """
    student.main([str(tmp_path / "book"), "--book"])
    page = build_page(tmp_path / "book", tmp_path).read_text(encoding="utf-8")
    assert "<summary>Solution" not in page
    for original in EXERCISES:
        part = page.partition(f'<span id="document-exercises/{original.stem}"')[2]
        assert '<form class="question' in part.partition('<span id="document-')[0]
