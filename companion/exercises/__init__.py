"""What is asked: each chapter's exercises, in a module with the chapter's name.

Each module has a dict ``exercises``; together they are the registry that
`companion.check.check` judges by. ``_given`` holds what several of them need.

What is right is found by torch: by its autograd in float64, or by running the program in question.
Where a notebook itself has the program of a prediction, its answer stands here: a chapter goes on by
running or drawing it, and a test runs the one in the statement of an exercise.
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
