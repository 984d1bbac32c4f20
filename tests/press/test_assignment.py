"""A teacher's hour with nbgrader, from the command to the table of points.

Protected here: what `press.assignment` makes is an assignment that nbgrader takes; right answers
get all points, wrong ones none, mistaken ones those of the rest; and a hand-in that is empty,
endless, broken, hostile, there twice, or full of pasted solutions costs at most its own row.
"""

import csv
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from companion.check import Function
from companion.exercises import exercises
from press import assignment
from tests.conftest import ROOT
from tests.exercises.test_notebooks import DETAILS, FENCE

NAME = "one-weight"
SOURCE = ROOT / "exercises" / f"{NAME}.ipynb"
ORIGINAL = {cell.id: cell for cell in nbformat.read(SOURCE, as_version=4).cells}
ASKED = [name for name in exercises if name in ORIGINAL]
WRONG = {"which-step": '"b"', "largest-lr-proof": "[1, 2, 3, 4, 5]"}


def nbgrader(course, *arguments):
    command = Path(sys.executable).with_name("nbgrader")
    run = subprocess.run(
        [command, *arguments], cwd=course, check=False, capture_output=True, text=True
    )
    return run.returncode, run.stdout + run.stderr


def fence(name):
    [(_, solution)] = DETAILS.findall(ORIGINAL[f"{name}-solution"].source)
    return FENCE.findall(solution)[-1]


def right(name):
    """Return what a student writes into the stub: the book's own solution."""
    code = fence(name)
    if isinstance(exercises[name], Function):
        return code
    return code.replace(f'predict("{name}", ', f"{name.replace('-', '_')} = (")


def wrong(name):
    if isinstance(exercises[name], Function):
        return f"def {exercises[name].name}(*inputs):\n    return 123.0"
    return f"{name.replace('-', '_')} = {WRONG.get(name, '7.25')}"


def hand_in(release, answers):
    """Return the released notebook with `answers` by name in the stubs' place."""
    notebook = nbformat.read(release, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return notebook


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course after an hour: assignment, hand-ins, marks, feedback, table."""
    pytest.importorskip("nbgrader")
    course = tmp_path_factory.mktemp("teacher") / "course"
    assignment.main([str(course), str(SOURCE)])
    code, said = nbgrader(course, "generate_assignment", NAME)
    assert code == 0, said
    release = course / "release" / NAME / f"{NAME}.ipynb"
    all_right = {name: right(name) for name in ASKED}
    students = {
        "right": hand_in(release, all_right),
        "wrong": hand_in(release, {name: wrong(name) for name in ASKED}),
        "misconceived": hand_in(
            release,
            all_right
            | {
                "gradient-by-hand": "def gradient(w, x, y):\n    return (w * x - y) * x",
                "first-gradient": "first_gradient = 32",
            },
        ),
        "untouched": hand_in(release, {}),
        "endless": hand_in(
            release,
            all_right | {"one-step": "def step(w, x, y, lr):\n    while True:\n        pass"},
        ),
        "hostile": hand_in(release, all_right | {"one-step": "import os\nos._exit(1)"}),
        "pasted": hand_in(release, {}),
        "twice": hand_in(release, all_right),
        "last": hand_in(release, all_right),
    }
    students["pasted"].cells += [nbformat.v4.new_code_cell(fence(name)) for name in ASKED]
    for student, notebook in students.items():
        write(course, student, f"{NAME}.ipynb", nbformat.writes(notebook))
    write(course, "twice", f"{NAME}-Copy1.ipynb", nbformat.writes(students["wrong"]))
    write(course, "broken", f"{NAME}.ipynb", '{"cells": [')
    write(course, "empty", f"{NAME}.ipynb", nbformat.writes(nbformat.v4.new_notebook()))
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text().replace("timeout = 60", "timeout = 30"))
    log = nbgrader(course, "autograde", NAME)[1]
    log += nbgrader(course, "generate_feedback", NAME)[1]
    code, said = nbgrader(course, "export")
    assert code == 0, log + said
    return course


def write(course, student, name, text):
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.fixture(scope="module")
def points(course):
    with (course / "grades.csv").open() as table:
        return {row["student_id"]: float(row["score"] or 0) for row in csv.DictReader(table)}


def test_the_release_has_no_solution_and_a_point_for_each_exercise(course):
    release = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in release.cells)
    assert "Solution" not in text and "return 2 * (y_hat - y) * x" not in text
    tests = [cell for cell in release.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert [cell.id for cell in tests] == [f"{name}-points" for name in ASKED_IN_ORDER]


ASKED_IN_ORDER = [name for name in ORIGINAL if name in exercises]


@pytest.mark.parametrize(
    ("student", "expected"),
    {
        "right": len(ASKED),
        "wrong": 0,
        "misconceived": len(ASKED) - 2,
        "untouched": 0,
        "endless": len(ASKED) - 1,
        "pasted": 0,
        "twice": len(ASKED),
        "last": len(ASKED),
    }.items(),
)
def test_points(points, student, expected):
    assert points[student] == expected


@pytest.mark.parametrize("student", ["hostile", "broken", "empty"])
def test_a_hand_in_that_cannot_be_run_costs_its_own_row_alone(points, student):
    assert points.get(student, 0) == 0


def test_the_feedback_names_the_misconception(course):
    page = course / "feedback" / "misconceived" / NAME / f"{NAME}.html"
    assert "A factor 2 is missing: the slope of a square has one." in page.read_text()


def test_an_assignment_is_not_overwritten(course, capsys):
    with pytest.raises(SystemExit, match="exists: remove it"):
        assignment.main([str(course), str(SOURCE)])
