"""In every chapter right answers pass, however they are written, and wrong ones hear why.

The other files of this folder hold the answers: `RIGHT` has at least one for each exercise,
`WRONG` at least three, each with a part of the sentence that must name its mistake.
"""

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

import tests.exercises
from companion.check import Exercise, check
from companion.exercises import exercises

MODULES = [
    import_module(f"{tests.exercises.__name__}.{module.name}")
    for module in pkgutil.iter_modules(tests.exercises.__path__)
    if module.name not in ("test_all", "test_concepts", "test_picture")
]
RIGHT = {name: answers for module in MODULES for name, answers in module.RIGHT.items()}
WRONG = {name: answers for module in MODULES for name, answers in module.WRONG.items()}
NUMBERS = [
    name
    for name in RIGHT
    if isinstance(exercises[name], Exercise) and exercises[name].function is None
]
FOLDER = Path(__file__).parents[2] / "exercises"


def test_each_exercise_has_right_and_wrong_answers():
    elsewhere = {  # in test_check.py and test_concepts.py
        name
        for module in ("one_weight", "concepts")
        for name in import_module(f"companion.exercises.{module}").exercises
    }
    assert RIGHT.keys() == WRONG.keys() == exercises.keys() - elsewhere


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_pass(name):
    for number, answer in enumerate(RIGHT[name]):
        assert check(name, answer), f"{number}: {check(name, answer)}"


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_are_told_apart(name):
    for answer, fragment in WRONG[name]:
        text = str(check(name, answer))
        assert text.startswith("Not solved yet.\n")
        assert fragment in text
    assert len({fragment for _, fragment in WRONG[name]}) >= 3


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_not_told_before_the_solution(name):
    cells = {
        cell.id: cell.source
        for path in FOLDER.glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
    }
    texts = [cells[name], cells[f"{name}-stub"], cells[f"{name}-hints"]]
    for text in texts:
        assert f"{RIGHT[name][0]:g}" not in re.findall(r"-?\d+(?:\.\d+)?", text)
