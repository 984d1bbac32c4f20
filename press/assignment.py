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

from press.student import CopyError, read, without_solutions

#: One cell may take this long in seconds; a check ends after 5 by itself.
_CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "{course}"
c.ClearSolutions.enabled = False  # the source has none
c.ExecutePreprocessor.timeout = 60  # seconds, for one cell
c.ExecutePreprocessor.interrupt_on_timeout = True  # an endless cell costs itself alone
"""
_CHECK = re.compile(r'check\("([\w-]+)", ([\w.]+)\)')
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
        if cell.cell_type == "code":
            cell |= {"outputs": [], "execution_count": None}
            if found := _PREDICT.fullmatch(cell.source):
                name = found[1].replace("-", "_")
                cell.source = f'{name} = ...{found[2] or ""}\npredict("{found[1]}", {name})'
                cell.metadata = _metadata(found[1], solution=True)
                cells += [cell, _test(found[1], name)]
                continue
            if found := _CHECK.fullmatch(cell.source):
                stub = cells[-1]
                stub.metadata = _metadata(found[1], solution=True)
                cells += [cell, _test(*found.groups())]
                continue
        cells.append(cell)
    source.cells = cells
    return source


def _test(name, answer):
    source = (
        "from companion.check import check as asserted\n"
        f'result = asserted("{name}", {answer})\nassert result, result'
    )
    cell = new_code_cell(source, id=f"{name}-points", metadata=_metadata(f"{name}-points"))
    cell.metadata.nbgrader |= {"grade": True, "locked": True, "points": 1}
    return cell


def _metadata(name, solution=False):
    about = {"grade": False, "grade_id": name, "locked": False, "schema_version": 3}
    about |= {"solution": solution, "task": False, "cell_type": "code"}
    return nbformat.from_dict({"nbgrader": about})


def main(arguments: list[str] | None = None) -> None:
    """Write the assignments that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m press.assignment",
        description="Make assignments for nbgrader out of exercise notebooks.",
    )
    parser.add_argument("course", type=Path, help="the course's folder, new or nbgrader's")
    parser.add_argument("notebooks", nargs="+", type=Path, help="one assignment for each")
    options = parser.parse_args(arguments)
    try:
        made = {}
        for path in options.notebooks:
            out = options.course / "source" / path.stem / path.name
            if out.exists() or out in made:
                raise CopyError(f"{out} exists: remove it, or name another course.")
            made[out] = assignment(read(path))
        for out, notebook in made.items():
            out.parent.mkdir(parents=True)
            out.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")
        config = options.course / "nbgrader_config.py"
        if not config.exists():
            config.write_text(_CONFIG.format(course=options.course.resolve().name))
    except CopyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
