"""A teacher's hour: student copies, the book without solutions, and what students hand in.

Protected here: no line of a solution is in any copy, and all else is; nothing is overwritten; the
book without solutions builds as strictly as the book; and the whole hour for real, with a right
student, one with a known misconception, one with endless loops, and one who tells lies.
"""

import csv
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from companion.teach import collect, student
from companion.teach.collect import CollectError, as_text, handed_in, rows
from companion.teach.student import CopyError, copy_notebooks, unlinked, without_solutions
from tests.conftest import ROOT

EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
SOLUTION = ("-why", "-solution", "-solved", "-end")  # how the ids of a solution's cells end


def read(path):
    return nbformat.read(path, as_version=4)


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
    copy_notebooks(folder, EXERCISES)
    return folder


@pytest.mark.parametrize("original", EXERCISES, ids=lambda path: path.stem)
def test_a_copy_holds_all_but_the_solutions(original, copies):
    cells, copy = read(original).cells, read(copies / original.name).cells
    solutions = [cell for cell in cells if cell.id.endswith(SOLUTION)]
    kept = [cell for cell in cells if not cell.id.endswith(SOLUTION)]
    assert [cell.id for cell in copy] == [cell.id for cell in kept]
    assert all(
        new.source == old.source for new, old in zip(copy, kept, strict=True) if new.id != "title"
    )
    # A line such as a function's first one stands in the stub, too: there, but nowhere else.
    for line in lines(solutions):
        assert lines(copy)[line] == lines(kept)[line]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in copy)
    text = "\n".join(cell.source for cell in copy)
    assert not re.search(r"SOLUTION|\{solution|[Oo]pen (its|the) solution", text)


ANY_LINE = st.text("ab =#:`'\t", max_size=12)
SECRET = st.lists(ANY_LINE.map("secret {}".format), max_size=4).map("\n".join)


@given(st.lists(st.tuples(ANY_LINE, SECRET, st.sampled_from(["cells", "marks"]))))
def test_nothing_secret_is_copied(parts):
    cells, kept = [], []
    for open_line, secret, form in parts:
        if form == "marks":
            marked = f"{open_line}\n  ### BEGIN SOLUTION\n{secret}\n  ### END SOLUTION\n"
            cells.append(new_code_cell(marked))
            kept.append(f"{open_line}\n  ...  # your code\n")
        else:
            cells += [
                new_markdown_cell(open_line),
                new_markdown_cell(f"```{{solution-start}} x\n:label: y\n```\n{secret}"),
                new_code_cell(secret),
                new_markdown_cell("```{solution-end}\n```"),
            ]
            kept.append(open_line)
    copy, lost = without_solutions(new_notebook(cells=cells))
    assert [cell.source for cell in copy.cells] == kept
    assert lost in ({}, {"y": "x"})


START, END = "```{solution-start} x\n```", "```{solution-end}\n```"


@pytest.mark.parametrize(
    "sources", [[START], [END], [START, START], [f"{START}\n{END}"], [START, f"So.\n{END}"]]
)
def test_a_solution_that_cannot_be_found_is_an_error(sources):
    with pytest.raises(CopyError, match="solution-(start|end)"):
        without_solutions(new_notebook(cells=list(map(new_markdown_cell, sources))))


def test_only_lost_labels_are_unlinked():
    text = "{ref}`a` {ref}`x <a>` {numref}`a-solution` {doc}`a-solution` `a-solution`"
    expected = text.replace("{numref}`a-solution`", "the solution of {ref}`a`")
    assert unlinked(text, {"a-solution": "a"}) == expected


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    for more in ([], ["--book"]):
        sentence = wrong_use(capsys, student.main, tmp_path, *more)
        assert "holds files already" in sentence
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_wrong_use_of_student_is_one_sentence(tmp_path, capsys):
    new, file = tmp_path / "new", tmp_path / "file.ipynb"
    file.write_text("no notebook")
    assert "no notebook" in wrong_use(capsys, student.main, new, "none.ipynb")
    assert "cannot be read" in wrong_use(capsys, student.main, new, file)
    assert "is a file" in wrong_use(capsys, student.main, file)
    assert "same name" in wrong_use(capsys, student.main, new, EXERCISES[0], EXERCISES[0])
    assert "--book" in wrong_use(capsys, student.main, new, EXERCISES[0], "--book")
    inside = ROOT / "chapters" / "copy"
    assert "inside" in wrong_use(capsys, student.main, inside, "--book")
    assert not new.exists() and not inside.exists()


def test_the_book_without_solutions_builds(tmp_path):
    student.main([str(tmp_path / "book"), "--book"])
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    build = subprocess.run(
        [jupyter_book, "build", tmp_path / "book", "-n", "-W", "--keep-going"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert build.returncode == 0, build.stdout + build.stderr
    pages = tmp_path / "book" / "_build" / "html" / "exercises"
    for original in EXERCISES:
        page = (pages / original.name).with_suffix(".html").read_text(encoding="utf-8")
        assert 'class="solution' not in page and "-solution" not in page
        assert "data-form" in page  # predictions are still answered on the page


# Collecting ----------------------------------------------------------------------------------


def solve(folder, names, answers=None, more=""):
    """Write what a student hands in: the copies, with `answers` or else the book's solutions."""
    folder.mkdir(parents=True)
    for name in names:
        solutions = {cell.id: cell.source for cell in read(ROOT / "exercises" / name).cells}
        notebook = read(folder.parents[1] / "copies" / name)
        for cell in notebook.cells:
            exercise = cell.id.removesuffix("-stub")
            if cell.id.endswith("-stub") and answers is None:
                cell.source = solutions[f"{exercise}-solution"]
            elif cell.id.endswith("-stub") and exercise in answers:
                cell.source = answers[exercise]
        notebook.cells.append(new_code_cell(more))
        nbformat.write(notebook, folder / name)


TWO = ["one-weight.ipynb", "accumulate.ipynb"]
STUBBORN = """while True:
    import signal
    signal.signal(signal.SIGINT, signal.SIG_IGN)
"""
LIE = """
from IPython.display import display
check = lambda name, answer: display("Solved.")
"""


def test_the_whole_hour(copies, capsys):
    hour = copies.parent
    solve(hour / "answers" / "Ada", TWO)
    wrong = {
        "first-gradient": "grad = 32",
        "gradient-by-hand": "def gradient(w, x, y):\n    return (w * x - y) * x",
        "first-step": "w_after = 1 / 0",
    }
    solve(hour / "answers" / "Bo 波", TWO[:1], wrong)
    endless = {
        "first-gradient": "while True:\n    print('ever')",
        "first-step": "w_after = 2.8",
        "gradient-by-hand": "def gradient(w, x, y):\n    while True:\n        pass",
        "one-step": STUBBORN,
    }
    solve(hour / "answers" / "Cy", TWO[:1], endless)
    solve(hour / "answers" / "Di", TWO[:1], {"first-gradient": LIE})
    stored = read(hour / "answers" / "Di" / TWO[0])
    stored.cells[1].outputs = []
    for cell in stored.cells:
        if cell.id.endswith("-check"):
            cell.outputs = [nbformat.v4.new_output("stream", text="Solved.")]
    nbformat.write(stored, hour / "answers" / "Di" / TWO[0])
    (hour / "answers" / "Ed").mkdir()
    (hour / "answers" / "Ed" / "broken.ipynb").write_text("{")
    (hour / "answers" / "Flo").mkdir()
    table = hour / "table.csv"

    collect.main([str(hour / "answers"), "--csv", str(table), "--replies", "--seconds", "6"])

    said = capsys.readouterr()
    assert collect.WARNING in said.err
    header, *students = csv.reader(table.read_text(encoding="utf-8-sig").splitlines())
    result = {name: dict(zip(header[1:], states, strict=True)) for name, *states in students}
    assert list(result) == ["Ada", "Bo 波", "Cy", "Di", "Ed", "Flo"]
    assert len(header) == 1 + 7 + 8
    assert set(result["Ada"].values()) == {"solved"}
    assert result["Bo 波"]["first-gradient"] == "not yet"
    assert result["Bo 波"]["first-step"] == "not run"  # its cell raised, so there is no answer
    assert result["Bo 波"]["gradient-by-hand"] == "not yet"
    assert result["Bo 波"]["mean-loss"] == "not yet"  # the stub, as it was
    assert result["Bo 波"]["friction"] == "not run"  # not handed in
    assert "Bo 波, gradient-by-hand: `gradient(w=1" in said.out
    assert "A factor 2 is missing" in said.out  # the misconception
    assert result["Cy"]["first-gradient"] == "not run"
    assert result["Cy"]["first-step"] == "solved"  # after an endless loop
    assert result["Cy"]["gradient-by-hand"] == "not yet"
    assert result["Cy"]["mean-loss"] == "not yet"
    assert {result["Cy"][name] for name in ("one-step", "largest-lr")} == {"not run"}
    assert "a cell was stopped after 6 seconds: while True:" in said.out
    assert "had to be ended, in a cell: while True:" in said.out
    for name in ("Di", "Ed", "Flo"):
        assert set(result[name].values()) == {"not run"}
    assert "broken.ipynb cannot be read" in said.out
    assert re.search(r"^ *\d+  first-step +2 of 6 solved$", said.out, re.MULTILINE)


def test_students_are_found(tmp_path):
    for name in ("class/Ada/a.ipynb", "class/Bo/week 1/b.ipynb", "class/.git/c.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "class/Cy").mkdir()
    (tmp_path / "class/Ada/.ipynb_checkpoints").mkdir()
    (tmp_path / "class/Ada/.ipynb_checkpoints/a.ipynb").touch()
    ada, bo = tmp_path / "class/Ada/a.ipynb", tmp_path / "class/Bo/week 1/b.ipynb"
    assert handed_in([tmp_path / "class"]) == {"Ada": [ada], "Bo": [bo], "Cy": []}
    assert handed_in([ada.parent, bo]) == {"Ada": [ada], "week 1": [bo]}


def test_wrong_use_of_collect_is_one_sentence(tmp_path, copies, capsys):
    a, b = tmp_path / "class" / "ada.ipynb", tmp_path / "class" / "bo.ipynb"
    a.parent.mkdir()
    assert "There is no nobody" in wrong_use(capsys, collect.main, "nobody")
    assert "no notebook in" in wrong_use(capsys, collect.main, a.parent)
    for path in (a, b):
        path.write_bytes((copies / "one-weight.ipynb").read_bytes())
    assert "a folder of their own" in wrong_use(capsys, collect.main, a.parent)
    missing = tmp_path / "none" / "table.csv"
    assert "no folder" in wrong_use(capsys, collect.main, a, "--csv", missing)
    assert "one second" in wrong_use(capsys, collect.main, a, "--seconds", 0)


def test_a_second_try_takes_nothing_away(tmp_path):
    path = tmp_path / "Ada" / "one-weight.ipynb"
    path.parent.mkdir()
    cells = [
        "from companion.check import check",
        'check("first-gradient", -32)',
        'check("first-gradient", 0)',
        'check("no-such-exercise", 0)',
        "import os; os._exit(1)",
        'check("first-step", 2.8)',
    ]
    nbformat.write(new_notebook(cells=list(map(new_code_cell, cells))), path)
    answers = collect.collect(handed_in([path]))
    assert rows(answers)[1:] == [["Ada", "solved", "not run"]]
    assert "the kernel died" in answers["Ada"].remarks[0]


STATES = st.sampled_from(["solved", "not yet", "not run"])


@given(st.lists(st.tuples(STATES, STATES), min_size=1))
def test_the_text_says_what_the_table_says(states):
    table = [["student", "first", "second"], *([f"s{i}", *row] for i, row in enumerate(states))]
    legend, _, body = as_text(table).partition("\n\n")
    assert [re.split("  +", line) for line in body.splitlines()[1:]] == table[1:]
    counts = [int(re.search(r"(\d+) of", line)[1]) for line in legend.splitlines()]
    assert counts == [[row[n] for row in states].count("solved") for n in (0, 1)]


def test_a_folder_of_two_who_share_a_name(tmp_path, copies):
    for group in ("north", "south"):
        (tmp_path / group / "Ada").mkdir(parents=True)
        source = (copies / "one-weight.ipynb").read_bytes()
        (tmp_path / group / "Ada" / "one-weight.ipynb").write_bytes(source)
    with pytest.raises(CollectError, match="second notebook of Ada"):
        collect.collect(handed_in([tmp_path / "north", tmp_path / "south"]))
