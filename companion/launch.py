"""Notebooks that run where nothing of the book is installed, such as on Colab or a JupyterHub.

::

    python -m companion.launch OUT https://github.com/owner/name 0123abc

writes all notebooks to the folder OUT, each with a cell in front that installs the book's own
packages from that repository at that commit. The deployment publishes them as the branch
`BRANCH`, to which the launch buttons lead; so a fork's notebooks bring the fork's packages, and
the notebooks that are edited and checked stay without such a cell.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

BRANCH = "launch"
FOLDERS = ("chapters", "exercises")
_ROOT = Path(__file__).parents[1]

_CELL = """\
# The book's own packages, explorable and companion, where they are missing.
import importlib.util

if not importlib.util.find_spec("explorable"):
    %pip install --quiet "autograd-in-motion[notebooks] @ git+{repository}@{commit}"
"""


def with_installation(notebook: NotebookNode, repository: str, commit: str) -> NotebookNode:
    """Return a notebook with a cell in front that installs what its other cells import.

    Parameters
    ----------
    notebook
        As `nbformat.read` returns it. It is not changed.
    repository
        What ``git clone`` takes.
    commit
        A commit, a tag or a branch of it.

    Examples
    --------
    >>> from nbformat.v4 import new_notebook
    >>> launched = with_installation(new_notebook(), "https://github.com/owner/name", "0123abc")
    >>> print(launched.cells[0].source.splitlines()[-1].strip())
    %pip install --quiet "autograd-in-motion[notebooks] @ git+https://github.com/owner/name@0123abc"
    """
    cell = new_code_cell(_CELL.format(repository=repository, commit=commit).rstrip())
    cell.id = "install"
    return NotebookNode(notebook, cells=[cell, *notebook.cells])


def main(arguments: list[str] | None = None) -> None:
    """Write the notebooks: see the top of this file."""
    parser = argparse.ArgumentParser(
        prog="python -m companion.launch", description="Write notebooks that install the book."
    )
    parser.add_argument("out", type=Path, help="a folder; files in it are replaced")
    parser.add_argument("repository", help="such as https://github.com/owner/name")
    parser.add_argument("commit", help="a commit, tag or branch of the repository")
    options = parser.parse_args(arguments)
    for folder in FOLDERS:
        (options.out / folder).mkdir(parents=True, exist_ok=True)
        for path in sorted((_ROOT / folder).glob("*.ipynb")):
            notebook = with_installation(
                nbformat.read(path, as_version=4), options.repository, options.commit
            )
            nbformat.write(notebook, options.out / folder / path.name)


if __name__ == "__main__":
    sys.exit(main())
