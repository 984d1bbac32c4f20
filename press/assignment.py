r"""An assignment for nbgrader, out of exercise notebooks.

::

    python -m press.assignment COURSE exercises/one-weight.ipynb ...

writes ``COURSE/source/one-weight/one-weight.ipynb`` and, if there is none, a
``COURSE/nbgrader_config.py``. In that folder nbgrader does the rest::

    nbgrader generate_assignment one-weight
    nbgrader autograde one-weight
    nbgrader generate_feedback one-weight
    nbgrader export

Each exercise is a point. Its stub is the cell that a student fills in; below it stands a cell of
nbgrader's that asserts the check, since nbgrader gives full points to a cell in which nothing is
raised. Solutions are left out, so that what students get is the source itself.
"""

import argparse
import re
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from press.student import read, without_solutions

#: One cell may take this long in seconds; a check ends after 5 by itself.
_CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "{course}"
c.ClearSolutions.enabled = False  # the source has none
c.ExecutePreprocessor.timeout = 60  # seconds, for one cell
c.ExecutePreprocessor.interrupt_on_timeout = True  # an endless cell costs itself alone
"""
_CHECK = re.compile(r'check\("([\w-]+)", ([\w.]+)\)')
_TEST = """\
from companion.check import check as asserted
result = asserted("{name}", {answer})
assert result, result"""
_PREDICT = re.compile(r'predict\("([\w-]+)", \.\.\.\)( *#.*)?')


def assignment(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return an exercise notebook as nbgrader's source of an assignment.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> asked = new_notebook(cells=[new_code_cell('predict("slope", ...)  # a number')])
    >>> [cell.source.splitlines()[0] for cell in assignment(asked).cells]
    ['slope = ...  # a number', 'from companion.check import check as asserted']
    """
    source = without_solutions(notebook)
    cells = []
    for cell in source.cells:
        cells.append(cell)
        if cell.cell_type != "code":
            continue
        cell |= {"outputs": [], "execution_count": None}
        if found := _PREDICT.fullmatch(cell.source):
            name, answer, stub = found[1], found[1].replace("-", "_"), cell
            cell.source = f'{answer} = ...{found[2] or ""}\npredict("{name}", {answer})'
        elif found := _CHECK.fullmatch(cell.source):
            (name, answer), stub = found.groups(), cells[-2]
        else:
            continue
        _grade(stub, name, solution=True)
        test = new_code_cell(_TEST.format(name=name, answer=answer), id=f"{name}-points")
        cells.append(_grade(test, test.id, grade=True, locked=True, points=1))
    source.cells = cells
    return source


def _grade(cell, name, **about):
    """Add what nbgrader wants to know of a cell, and return it."""
    kind = {"grade": False, "locked": False, "solution": False, "task": False, "cell_type": "code"}
    cell.metadata.nbgrader = {"grade_id": name, "schema_version": 3} | kind | about
    return cell


def main(arguments: list[str] | None = None) -> None:
    """Write the assignments that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m press.assignment",
        description="Make assignments for nbgrader out of exercise notebooks.",
    )
    parser.add_argument("course", type=Path, help="the course's folder, new or nbgrader's")
    parser.add_argument("notebooks", nargs="+", type=Path, help="one assignment for each")
    options = parser.parse_args(arguments)
    source = options.course / "source"
    made = {source / path.stem / path.name: assignment(read(path)) for path in options.notebooks}
    if there := [str(out) for out in made if out.exists()]:
        sys.exit(f"{there[0]} exists: remove it, or name another course.")
    for out, notebook in made.items():
        out.parent.mkdir(parents=True)
        out.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")
    config = options.course / "nbgrader_config.py"
    if not config.exists():
        config.write_text(_CONFIG.format(course=options.course.resolve().name))


if __name__ == "__main__":
    main()
