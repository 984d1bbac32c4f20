"""What is asked: each chapter's exercises, in a module with the chapter's name.

Each module has a dict ``exercises``; together they are the registry that
`companion.check.check` judges by. ``_given`` holds what several of them need.

What is right is found by torch: by its autograd in float64, or by running the program in question.
Where the program of a prediction stands in the notebook itself, the answer stands here: the next
cell of a chapter runs the program, and a test the one in the statement of an exercise.
"""

import pkgutil
from importlib import import_module

#: Every exercise of the book by its name, which is also its place on the page.
exercises: dict = {
    name: exercise
    for module in pkgutil.iter_modules(__path__)
    if not module.name.startswith("_")
    for name, exercise in import_module(f"{__name__}.{module.name}").exercises.items()
}
