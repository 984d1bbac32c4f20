"""In every chapter right answers pass, however they are written, and wrong ones hear why.

The other files of this folder hold the answers: `RIGHT` has at least one for each exercise,
`WRONG` at least three, each with a part of the sentence that must name its mistake.
"""

import itertools
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

import tests.exercises
from companion.check import Choice, Number, Order, check
from companion.exercises import exercises

MODULES = [
    import_module(f"{tests.exercises.__name__}.{module.name}")
    for module in pkgutil.iter_modules(tests.exercises.__path__)
    if module.name not in ("test_all", "test_concepts", "test_notebooks")
]
RIGHT = {name: answers for module in MODULES for name, answers in module.RIGHT.items()}
WRONG = {name: answers for module in MODULES for name, answers in module.WRONG.items()}
NUMBERS = [name for name in RIGHT if isinstance(exercises[name], Number)]
FOLDER = Path(__file__).parents[2] / "exercises"


def test_each_exercise_has_right_and_wrong_answers():
    inventory = import_module("companion.exercises.concepts").exercises  # in test_concepts.py
    assert RIGHT.keys() == exercises.keys() - inventory.keys()
    # What can be chosen is known: the test below gives each wrong answer to those.
    chosen = {name for name in RIGHT if isinstance(exercises[name], Choice | Order)}
    assert RIGHT.keys() - chosen <= WRONG.keys()


@pytest.mark.parametrize(
    "name", [name for name in RIGHT if isinstance(exercises[name], Choice | Order)]
)
def test_each_wrong_choice_and_order_hears_why(name):
    """Each wrong option has a sentence of its own, and most wrong orders have one."""
    question = exercises[name]
    if isinstance(question, Choice):
        said = [str(check(name, letter)) for letter in question.options]
        assert len(set(said)) == len(said) and said.count("Solved.") == 1
        assert all(text.count("\n") == 2 for text in said if text != "Solved.")
    else:
        orders = list(itertools.permutations(range(1, len(question.lines) + 1)))
        replies = [question.reply(order) for order in orders]
        assert 0 < replies.count("") < len(orders) / 4
        assert len(set(replies)) >= 4


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
        for folder in (FOLDER, FOLDER.parent / "chapters")
        for path in folder.glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
    }
    parts = (name, f"{name}-answer", f"{name}-hints")  # a prediction in a chapter has no hints
    texts = [cells[part] for part in parts if part in cells]
    texts += exercises[name].replies().values()
    for text in texts:
        assert f"{RIGHT[name][0]:g}" not in re.findall(r"-?\d+(?:\.\d+)?", text)
