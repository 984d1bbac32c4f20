"""What is asked: each chapter's exercises, in a module with the chapter's name.

Each module has a dict ``exercises``; together they are the registry that
`companion.check.check` judges by.
"""

import pkgutil
from importlib import import_module

from companion.check import Choice, Exercise, Order

#: Every exercise of the book by its name, which is also its label on the page.
exercises: dict[str, Exercise | Choice | Order] = {
    name: exercise
    for module in pkgutil.iter_modules(__path__)
    for name, exercise in import_module(f"{__name__}.{module.name}").exercises.items()
}
