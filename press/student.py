r"""Copies for students: the exercise notebooks, or the whole book, without the solutions.

::

    python -m press.student OUT         every exercise notebook
    python -m press.student OUT --book  a book to build or to publish

A solution is what opens under ``<summary>Solution</summary>``. Statements, stubs, checks, hints and
the ids of the cells stay. For a course that nbgrader marks there is `press.assignment`.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
#: What a copy of the book needs to be built, run and published; the tests hold answers.
BOOK = (
    "LICENSE",
    "README.md",
    "_config.yml",
    "_toc.yml",
    "binder",
    "chapters",
    "companion",
    "exercises",
    "explorable",
    "intro.ipynb",
    "press",
    "pyproject.toml",
    "requirements.txt",
)

_SOLUTION = re.compile(r"<details>\n<summary>Solution</summary>\n.*?\n</details>\n*", re.DOTALL)
#: What an exercise notebook says of its solutions, which is not true of a copy.
_PROMISE = re.compile(r",? and a solution\.\nOpen the solution last: [^\n]*")


class CopyError(Exception):
    """A copy that cannot be made, and why, in one sentence."""


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    r"""Return a copy of an exercise notebook without its solutions, and with all else.

    Raises
    ------
    CopyError
        If a solution has no end, so that it cannot be told what belongs to it.

    Examples
    --------
    >>> from nbformat.v4 import new_markdown_cell, new_notebook
    >>> solution = "<details>\n<summary>Solution</summary>\n\nIt is 2.\n\n</details>"
    >>> cells = [new_markdown_cell("1 + 1?"), new_markdown_cell(solution)]
    >>> [cell.source for cell in without_solutions(new_notebook(cells=cells)).cells]
    ['1 + 1?']
    """
    copy = nbformat.from_dict(notebook | {"cells": []})
    for cell in notebook.cells:
        cell = nbformat.from_dict(cell)
        if cell.cell_type == "markdown":
            cell.source = _PROMISE.sub(".", cell.source)
            rest = _SOLUTION.sub("", cell.source)
            if "<summary>Solution" in rest:
                raise CopyError(f"A solution is never closed: {rest[:60]!r} has no </details>.")
            if rest != cell.source and not rest.strip():
                continue
            cell.source = rest
        copy.cells.append(cell)
    return copy


def copy_book(out: Path, exercises_only: bool = True, root: Path = ROOT) -> None:
    """Write the exercises or the whole book in the folder `root` into the empty folder `out`.

    The stored outputs stay: they are how a page without Python asks for a prediction and answers it.

    Raises
    ------
    CopyError
        If `out` holds anything, or `root` is not the book.
    """
    if out.exists() and not out.is_dir():
        raise CopyError(f"{out} is a file: choose a new folder.")
    if out.is_dir() and any(out.iterdir()):
        raise CopyError(f"{out} holds files already, and none is overwritten: choose a new folder.")
    parts = {root / "exercises": out} if exercises_only else {root / n: out / n for n in BOOK}
    for part in parts:
        if not part.exists():
            raise CopyError(f"{root} is not the book's folder: it has no {part.name}.")
        if part in out.resolve().parents:
            raise CopyError(f"{out} lies inside what is to be copied: choose another folder.")
    out.mkdir(parents=True, exist_ok=True)
    junk = shutil.ignore_patterns(".*", "__pycache__", "_build")
    for part, copy in parts.items():
        if part.is_file():
            shutil.copyfile(part, copy)
        else:
            shutil.copytree(part, copy, ignore=junk, dirs_exist_ok=True)
    for path in sorted(out.rglob("*.ipynb")):
        copied = nbformat.writes(without_solutions(read(path)), version=4) + "\n"
        path.write_text(copied, encoding="utf-8")


def read(path: Path) -> NotebookNode:
    """Return the notebook in a file; CopyError if there is none."""
    if not path.is_file():
        raise CopyError(f"There is no notebook {path}.")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as failure:
        raise CopyError(f"{path} cannot be read as a notebook.") from failure


def main(arguments: list[str] | None = None) -> None:
    """Make the copy that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m press.student",
        description="Copy the exercise notebooks, or the whole book, without the solutions.",
    )
    parser.add_argument("out", type=Path, help="the folder to write, new or empty")
    parser.add_argument("--book", action="store_true", help="copy the whole book")
    options = parser.parse_args(arguments)
    try:
        copy_book(options.out, exercises_only=not options.book)
    except CopyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
