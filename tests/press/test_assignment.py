"""A teacher's hour with nbgrader, from the command to the table of points.

Protected here: what `press.assignment` makes is an assignment that nbgrader takes; right answers
get all points, wrong ones none, mistaken ones those of the rest; and a hand-in that is empty,
endless, broken, hostile, there twice, or full of pasted solutions costs at most its own row.
"""

import csv
import subprocess
import sys
from contextlib import suppress

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


#: nbgrader's commands in one process, which saves the time of its start.
NBGRADER = """
import sys
from nbgrader.apps import NbGraderApp
from traitlets.config import Application

for command in sys.argv[1:]:
    try:
        NbGraderApp.launch_instance(command.split())
    except SystemExit as end:
        print(command, "ended with", end)
    Application.instance().clear_instance()
"""


def nbgrader(course, *commands):
    """Run commands in the course's folder, and return what they say."""
    command = [sys.executable, "-c", NBGRADER, *commands]
    run = subprocess.run(command, cwd=course, check=False, capture_output=True, text=True)
    return run.stdout + run.stderr


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


def points_of(notebook):
    """Return how many of nbgrader's test cells raise nothing when all cells are run in order."""
    names, points = {}, 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            with suppress(Exception):
                exec(cell.source, names)  # noqa: S102 as nbgrader does, in a kernel
                points += cell.metadata.get("nbgrader", {}).get("grade", False)
    return points


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """What students get."""
    pytest.importorskip("nbgrader")
    course = tmp_path_factory.mktemp("teacher") / "course"
    assignment.main([str(course), str(SOURCE)])
    said = nbgrader(course, f"generate_assignment {NAME}")
    release = course / "release" / NAME / f"{NAME}.ipynb"
    assert release.is_file(), said
    return release


ALL_RIGHT = {name: right(name) for name in ASKED}
MISTAKEN = {
    "gradient-by-hand": "def gradient(w, x, y):\n    return (w * x - y) * x",
    "first-gradient": "first_gradient = 32",
    "one-step": "def step(w, x, y, lr):\n    while True:\n        pass",
}


@pytest.fixture(scope="module")
def course(release):
    """The course after an hour: hand-ins, marks, feedback, table.

    Here are those that a kernel of their own must run; `points_of` judges the others.
    """
    course = release.parents[2]
    students = {
        "mistaken": hand_in(release, ALL_RIGHT | MISTAKEN),  # the last: the others do it no harm
        "hostile": hand_in(release, ALL_RIGHT | {"one-step": "import os\nos._exit(1)"}),
        "empty": nbformat.v4.new_notebook(),
    }
    for student, notebook in students.items():
        write(course, student, f"{NAME}.ipynb", nbformat.writes(notebook))
    copy = hand_in(release, {name: wrong(name) for name in ASKED})
    write(course, "mistaken", f"{NAME}-Copy1.ipynb", nbformat.writes(copy))
    write(course, "broken", f"{NAME}.ipynb", '{"cells": [')
    feedback = f"generate_feedback {NAME} --student=mistaken"
    said = nbgrader(course, f"autograde {NAME}", feedback, "export")
    assert (course / "grades.csv").is_file(), said
    return course


def write(course, student, name, text):
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.fixture(scope="module")
def points(course):
    with (course / "grades.csv").open() as table:
        return {row["student_id"]: float(row["score"] or 0) for row in csv.DictReader(table)}


def test_the_release_has_no_solution_and_a_point_for_each_exercise(release):
    cells = nbformat.read(release, as_version=4).cells
    text = "\n".join(cell.source for cell in cells)
    assert "Solution" not in text and "return 2 * (y_hat - y) * x" not in text
    tests = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
    in_order = [name for name in ORIGINAL if name in exercises]
    assert [cell.id for cell in tests] == [f"{name}-points" for name in in_order]


@pytest.mark.parametrize(
    ("answers", "expected"),
    {
        "right": (ALL_RIGHT, len(ASKED)),
        "wrong": ({name: wrong(name) for name in ASKED}, 0),
        "untouched": ({}, 0),
    }.values(),
    ids=["right", "wrong", "untouched"],
)
def test_points(release, answers, expected):
    assert points_of(hand_in(release, answers)) == expected


def test_solutions_that_are_pasted_below_give_no_points(release):
    notebook = hand_in(release, {})
    notebook.cells += [nbformat.v4.new_code_cell(fence(name)) for name in ASKED]
    assert points_of(notebook) == 0


@pytest.mark.parametrize(
    ("student", "expected"),
    {
        "mistaken": len(ASKED) - len(MISTAKEN),
        "hostile": 0,
        "broken": 0,
        "empty": 0,
    }.items(),
)
def test_a_hand_in_costs_at_most_its_own_row(points, student, expected):
    assert points.get(student, 0) == expected


def test_the_feedback_names_the_misconception(course):
    page = course / "feedback" / "mistaken" / NAME / f"{NAME}.html"
    assert "A factor 2 is missing: the slope of a square has one." in page.read_text()


def test_an_assignment_is_not_overwritten(release):
    with pytest.raises(SystemExit, match="exists: remove it"):
        assignment.main([str(release.parents[2]), str(SOURCE)])
