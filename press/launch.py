"""Notebooks that run where nothing of the book is installed, such as on Colab or a JupyterHub.

::

    python -m press.launch OUT https://github.com/owner/name 0123abc

in a clone writes all its notebooks to the folder OUT, each with a cell in front that installs the
book's own packages from that repository at that commit. The deployment publishes them as the branch
`BRANCH`, to which the launch buttons lead; so a fork's notebooks bring the fork's packages, and the
notebooks that are edited and checked stay without such a cell.
"""

import argparse
import json  # and no more than Python has: the deployment installs nothing for it
import sys
from pathlib import Path

BRANCH = "launch"
FOLDERS = (".", "chapters", "exercises")

_CELL = """\
# explorable and the book's own package, companion, where they are missing.
import importlib.util

if not importlib.util.find_spec("explorable"):
    %pip install --quiet "explorable @ git+{repository}@{commit}#subdirectory=explorable"
    %pip install --quiet "autograd-in-motion[notebooks] @ git+{repository}@{commit}\""""


def main() -> None:
    """Write the notebooks of the book in the current folder: see the top of this file."""
    parser = argparse.ArgumentParser(
        prog="python -m press.launch", description="Write notebooks that install the book."
    )
    parser.add_argument("out", type=Path, help="a folder; files in it are replaced")
    parser.add_argument("repository", help="such as https://github.com/owner/name")
    parser.add_argument("commit", help="a commit, tag or branch of the repository")
    options = parser.parse_args()
    if not Path("_toc.yml").is_file():
        sys.exit("There are no notebooks in this folder: run this in a clone of the book.")
    install = {
        "cell_type": "code",
        "execution_count": None,
        "id": "install",
        "metadata": {},
        "outputs": [],
        "source": _CELL.format(repository=options.repository, commit=options.commit),
    }
    for path in [path for folder in FOLDERS for path in Path(folder).glob("*.ipynb")]:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"].insert(0, install)
        text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
        (options.out / path.parent).mkdir(parents=True, exist_ok=True)
        (options.out / path).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
