"""Print the book's requirements without their exact versions, for a run with the newest tools.

::

    python -m press.maintain.newest > newest.txt
    python -m pip install --upgrade --upgrade-strategy eager -r newest.txt

Each pinned version becomes the oldest one allowed, so that pip takes the newest that fits with the
rest. What the tests need comes along, from ``pyproject.toml``.
"""

import re
import tomllib
from pathlib import Path

#: What must stay below a version, whatever is newest.
LIMITS = {"jupyter-book": "<2"}  # 2.x is another engine and reads no _config.yml

ROOT = Path(__file__).parent.parent.parent


def newest(requirement: str) -> str:
    """Return a requirement that allows every version from the pinned one on.

    Examples
    --------
    >>> newest("torch==2.13.0")
    'torch>=2.13.0'
    >>> newest("jupyter-book==1.0.4.post1")
    'jupyter-book>=1.0.4.post1,<2'
    >>> newest("-e .")
    '-e .'
    """
    name, pinned, version = requirement.partition("==")
    if not pinned:
        return requirement
    return ",".join(filter(None, [f"{name}>={version}", LIMITS.get(name)]))


def requirements(root: Path = ROOT) -> list[str]:
    """Return what ``requirements.txt`` and the extra ``test`` ask for, as they stand there."""
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    needed = [re.sub(r"\s*#.*", "", line) for line in lines]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [line for line in needed if line] + project["optional-dependencies"]["test"]


if __name__ == "__main__":
    print(*map(newest, requirements()), sep="\n")
