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
    *(
        "binder",
        "chapters",
        "companion",
        "exercises",
        "explorable",
        "press",
        "LICENSE",
        "README.md",
    ),
    *("_config.yml", "_toc.yml", "intro.ipynb", "pyproject.toml", "requirements.txt"),
)

_SOLUTION = re.compile(r"<details>\n<summary>Solution</summary>\n.*?\n</details>\n*", re.DOTALL)
#: What an exercise notebook says of its solutions, which is not true of a copy.
_PROMISE = re.compile(r",? and a solution\.\nOpen the solution last: [^\n]*")


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    r"""Return a copy of an exercise notebook without its solutions, and with all else.

    Raises
    ------
    SystemExit
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
    for cell in map(nbformat.from_dict, notebook.cells):
        if cell.cell_type == "markdown":
            source = _PROMISE.sub(".", cell.source)
            cell.source = _SOLUTION.sub("", source)
            if "<summary>Solution" in cell.source:
                sys.exit(f"A solution is never closed: {source[:60]!r} has no </details>.")
            if cell.source != source and not cell.source.strip():
                continue
        copy.cells.append(cell)
    return copy


def copy_book(out: Path, whole: bool = False) -> None:
    """Write the exercises, or the whole book, without solutions into the new or empty folder `out`.

    The stored outputs stay: they are how a page without Python asks for a prediction and answers it.
    """
    parts = {ROOT / name: out / name for name in BOOK} if whole else {ROOT / "exercises": out}
    if not (ROOT / "_toc.yml").is_file():
        sys.exit(f"{ROOT} is not the book's folder: run this in a clone of it.")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        sys.exit(f"{out} holds something already, and nothing is overwritten: choose a new folder.")
    if any(part in out.resolve().parents for part in parts):
        sys.exit(f"{out} lies inside what is to be copied: choose another folder.")
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
    """Return the notebook in a file; end with a sentence if there is none."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception:
        sys.exit(f"There is no notebook {path}, or it cannot be read as one.")


def main(arguments: list[str] | None = None) -> None:
    """Make the copy that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m press.student",
        description="Copy the exercise notebooks, or the whole book, without the solutions.",
    )
    parser.add_argument("out", type=Path, help="the folder to write, new or empty")
    parser.add_argument("--book", action="store_true", help="copy the whole book")
    options = parser.parse_args(arguments)
    copy_book(options.out, whole=options.book)


if __name__ == "__main__":
    main()
