r"""Copies for students: the exercise notebooks, or the whole book, without the solutions.

::

    python -m press.student OUT                             every exercise notebook
    python -m press.student OUT exercises/one-weight.ipynb  only this one
    python -m press.student OUT --book                      a book to build or to publish

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

_SOLUTION = re.compile(
    r"<details>\n<summary>Solution</summary>\n.*?\n</details>\n*", re.MULTILINE | re.DOTALL
)
#: What an exercise notebook says of its solutions, which is not true of a copy.
_PROMISE = re.compile(r", and a solution\.\nOpen the solution last: [^\n]*")


class CopyError(Exception):
    """A copy that cannot be made, and why, in one sentence."""


def without_solutions(notebook: NotebookNode) -> NotebookNode:
    r"""Return a copy of an exercise notebook without its solutions.

    Parameters
    ----------
    notebook
        As `nbformat.read` returns it. It is not changed.

    Returns
    -------
    NotebookNode
        The copy. What is stored of the outputs of its cells is in it.

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


def copy_notebooks(out: Path, notebooks: list[Path]) -> None:
    """Write copies for students into the empty folder `out`, without any outputs.

    Raises
    ------
    CopyError
        If `out` holds anything, or one of the notebooks is none.
    """
    _require_empty(out)
    copies = {out / path.name: without_solutions(_read(path)) for path in notebooks}
    if len(copies) < len(notebooks):
        raise CopyError("Two of the notebooks have the same name.")
    for path, copy in copies.items():
        for cell in copy.cells:
            if cell.cell_type == "code":
                cell |= {"outputs": [], "execution_count": None}
        _write(path, copy)


def copy_book(out: Path, root: Path = ROOT) -> None:
    """Write a copy of the book in the folder `root` into the empty folder `out`.

    The stored outputs of the exercises stay: they are how a page without Python asks for a
    prediction and answers it.

    Raises
    ------
    CopyError
        If `out` holds anything, or `root` is not the book.
    """
    _require_empty(out)
    if missing := [name for name in BOOK if not (root / name).exists()]:
        raise CopyError(f"{root} is not the book's folder: it has no {missing[0]}.")
    if any(root / name in out.resolve().parents for name in BOOK):
        raise CopyError(f"{out} lies inside what is to be copied: choose another folder.")
    out.mkdir(parents=True, exist_ok=True)
    for name in BOOK:
        if (root / name).is_file():
            shutil.copyfile(root / name, out / name)
        else:
            junk = shutil.ignore_patterns(".*", "__pycache__", "_build")
            shutil.copytree(root / name, out / name, ignore=junk)
    for path in sorted(out.glob("*/*.ipynb")):
        _write(path, without_solutions(_read(path)))


def _require_empty(out):
    if out.exists() and not out.is_dir():
        raise CopyError(f"{out} is a file: choose a new folder.")
    if out.is_dir() and any(out.iterdir()):
        raise CopyError(f"{out} holds files already, and none is overwritten: choose a new folder.")


def _read(path):
    if not path.is_file():
        raise CopyError(f"There is no notebook {path}.")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as failure:
        raise CopyError(f"{path} cannot be read as a notebook.") from failure


def _write(path, notebook):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    """Make the copy that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m press.student",
        description="Copy the exercise notebooks, or the whole book, without the solutions.",
    )
    parser.add_argument("out", type=Path, help="the folder to write, new or empty")
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help="which ones (all of the book's exercises)"
    )
    parser.add_argument("--book", action="store_true", help="copy the whole book")
    options = parser.parse_args(arguments)
    try:
        if options.book and options.notebooks:
            raise CopyError("--book copies the whole book: name no notebooks with it.")
        if options.book:
            copy_book(options.out)
        else:
            every = sorted((ROOT / "exercises").glob("*.ipynb"))
            if not (notebooks := options.notebooks or every):
                raise CopyError(f"There are no exercises in {ROOT}: name the notebooks.")
            copy_notebooks(options.out, notebooks)
    except CopyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
