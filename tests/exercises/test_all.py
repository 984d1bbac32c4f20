"""In every chapter right answers pass, however they are written, and wrong ones hear why.

The other files of this folder hold the answers: `RIGHT` has at least one for each exercise,
`WRONG` at least three, each with a part of the sentence that must name its mistake.
"""

import pkgutil
from importlib import import_module
from pathlib import Path

import tests.exercises
from companion.check import Number
from companion.exercises import exercises

MODULES = [
    import_module(f"{tests.exercises.__name__}.{module.name}")
    for module in pkgutil.iter_modules(tests.exercises.__path__)
    if module.name not in ("test_all", "test_concepts", "test_picture")
]
RIGHT = {name: answers for module in MODULES for name, answers in module.RIGHT.items()}
WRONG = {name: answers for module in MODULES for name, answers in module.WRONG.items()}
NUMBERS = [name for name in RIGHT if isinstance(exercises[name], Number)]
FOLDER = Path(__file__).parents[2] / "exercises"


def test_each_exercise_has_right_and_wrong_answers():
    inventory = import_module("companion.exercises.concepts").exercises  # in test_concepts.py
    assert RIGHT.keys() == WRONG.keys() == exercises.keys() - inventory.keys()
