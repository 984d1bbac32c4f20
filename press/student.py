r"""Copies for students: the exercise notebooks, or the whole book, without the solutions.

::

    python -m press.student OUT                             every exercise notebook
    python -m press.student OUT exercises/one-weight.ipynb  only this one
    python -m press.student OUT --book                      a book to build or to publish

A solution is all cells from the one that begins with ``{solution-start}`` to the one that begins
with ``{solution-end}``: the explanation, the code, and the check of that code. In any other cell,
what stands between ``### BEGIN SOLUTION`` and ``### END SOLUTION`` becomes a line to fill in.
Statements, stubs, checks, hints and the ids of the cells stay.
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
    "intro.md",
    "press",
    "pyproject.toml",
    "requirements.txt",
)

_START = re.compile(r"^[`:]{3,}\{solution-start\} *(\S+)", re.MULTILINE)
_END = re.compile(r"^[`:]{3,}\{solution-end\}", re.MULTILINE)
_MARKED = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[ \t]*$", re.MULTILINE | re.DOTALL
)
_LABEL = re.compile(r"^(?::(?:label|name): *(\S+)|\((\S+)\)=)$", re.MULTILINE)
_REFERENCE = re.compile(r"\{(?:num)?ref\}`(?:([^`<]*?) *<([^`>]+)>|([^`<]+))`")
#: What an exercise notebook says of its solutions, and what is true of a copy.
_PROMISES = (
    (re.compile(r"^- a solution\. Open it last.*$", re.MULTILINE), "- a solution, elsewhere."),
    (re.compile(r",? and open its solution last"), ""),
)


class CopyError(Exception):
    """A copy that cannot be made, and why, in one sentence."""


def without_solutions(notebook: NotebookNode) -> tuple[NotebookNode, dict[str, str]]:
    r"""Return a copy of an exercise notebook without its solutions, and what it lost.

    Parameters
    ----------
    notebook
        As `nbformat.read` returns it. It is not changed.

    Returns
    -------
    NotebookNode
        The copy. What is stored of the outputs of its cells is in it.
    dict
        For each label that a solution had, the name of the exercise.

    Raises
    ------
    CopyError
        If a solution does not begin or end with a cell of its own.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
    >>> start = "```{solution-start} two\n:label: two-solution\n```\nIt is even."
    >>> copy, lost = without_solutions(new_notebook(cells=[
    ...     new_code_cell("n = ..."),
    ...     new_markdown_cell(start), new_code_cell("n = 2"), new_markdown_cell("```{solution-end}"),
    ... ]))
    >>> [cell.source for cell in copy.cells], lost
    (['n = ...'], {'two-solution': 'two'})
    """
    copy = nbformat.from_dict(notebook | {"cells": []})
    lost, exercise = {}, None
    for cell in notebook.cells:
        source = cell.source if cell.cell_type == "markdown" else ""
        start, end = _START.search(source), _END.search(source)
        for directive in filter(None, (start, end)):
            if directive.start() or (start and end) or bool(start) == bool(exercise):
                raise CopyError(f"{directive[0]} must have its partner, each first in its cell.")
        if start:
            exercise = start[1]
        if exercise:
            lost |= {one or other: exercise for one, other in _LABEL.findall(source)}
        else:
            copy.cells.append(_filled_out(cell))
        if end:
            exercise = None
    if exercise:
        raise CopyError(f"The solution of {exercise} has no {{solution-end}}.")
    return copy, lost


def _filled_out(cell):
    cell = nbformat.from_dict(cell)
    if cell.cell_type == "code":
        cell.source = _MARKED.sub(r"\1...  # your code", cell.source)
    else:
        for promise, truth in _PROMISES:
            cell.source = promise.sub(truth, cell.source)
    return cell


def unlinked(text: str, lost: dict[str, str]) -> str:
    """Return `text` with each reference to a lost label changed to one that a page can follow.

    Examples
    --------
    >>> unlinked("See {ref}`two-solution`.", {"two-solution": "two"})
    'See the solution of {ref}`two`.'
    >>> unlinked("See {ref}`this one <two-solution>`.", {"two-solution": "two"})
    'See {ref}`this one <two>`.'
    """

    def follow(reference):
        words, target, bare = reference.groups()
        if (target or bare) not in lost:
            return reference[0]
        exercise = lost[target or bare]
        return f"{{ref}}`{words} <{exercise}>`" if words else f"the solution of {{ref}}`{exercise}`"

    return _REFERENCE.sub(follow, text)


def copy_notebooks(out: Path, notebooks: list[Path]) -> None:
    """Write copies for students into the empty folder `out`, without any outputs.

    Raises
    ------
    CopyError
        If `out` holds anything, or one of the notebooks is none.
    """
    _require_empty(out)
    copies, lost = {}, {}
    for path in notebooks:
        copies[out / path.name], labels = without_solutions(_read(path))
        lost |= labels
    if len(copies) < len(notebooks):
        raise CopyError("Two of the notebooks have the same name.")
    for path, copy in copies.items():
        for cell in copy.cells:
            if cell.cell_type == "code":
                cell |= {"outputs": [], "execution_count": None}
        _write(path, copy, lost)


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
    copies, lost = {}, {}
    for path in sorted(out.glob("*/*.ipynb")):
        copies[path], labels = without_solutions(_read(path))
        lost |= labels
    for path, copy in copies.items():
        _write(path, copy, lost)
    for path in (out / "intro.md", *out.glob("chapters/*.md")):
        path.write_text(unlinked(path.read_text(encoding="utf-8"), lost), encoding="utf-8")


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


def _write(path, notebook, lost):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = unlinked(cell.source, lost)
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
