"""What pip installs where nobody clones: the launch cell of Colab and of hubs makes a wheel.

The other tests run from a clone (``-e``), which hides a module or a data file that is left out.
"""

import ast
import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import NOTEBOOKS, ROOT

ROOMS = ("explorable", "companion", "press")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that holds the book as pip installs it, and nothing else."""
    clone, target = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("installed")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    for room in ROOMS:
        junk = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
        shutil.copytree(ROOT / room, clone / room, ignore=junk)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    for project in clone.glob("**/pyproject.toml"):
        subprocess.run([*pip, "--target", target, project.parent], check=True)
    return target


def run(command, folder, installed):
    """Run Python in a folder that is no clone, with the installed copy before all others."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def imports():
    """Yield each statement of a notebook that imports something of the book's own."""
    for path in NOTEBOOKS:
        for cell in json.loads((ROOT / path).read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and any(f" {room}" in source for room in ROOMS):
                for node in ast.parse(source).body:
                    if isinstance(node, (ast.Import, ast.ImportFrom)):
                        yield ast.unparse(node)


def test_notebooks_find_what_they_import(installed, tmp_path):
    """All exercises are asked for too, as the first `check` does."""
    statements = sorted(set(imports()))
    assert "from companion.check import check, predict" in statements
    code = [*statements, "import companion, companion.exercises, explorable"]
    code += ["print(companion.__file__, explorable.__file__)"]
    done = run(["-c", "\n".join(code)], tmp_path, installed)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(str(installed)) == 2  # and not the clone's


def test_no_file_is_left_behind(installed):
    """Each module and each data file of the packages; what tests them stays at home."""

    def files(folder, room):
        return {
            path.relative_to(folder)
            for path in (folder / room).rglob("*")
            if path.is_file() and not {"tests", "__pycache__"} & set(path.parts)
        }

    for room in ROOMS:
        source = ROOT / room / "src"  # of a room that is a project of its own
        expected = files(source if source.is_dir() else ROOT, room)
        assert len(expected) > 5
        assert files(installed, room) == expected


@pytest.mark.parametrize(
    "command",
    [
        ["press.archive"],
        ["press.launch", "out", "https://github.com/owner/name", "0123abc"],
        ["press.changed_pages", "old", "new"],
    ],
    ids=lambda command: command[0],
)
def test_a_command_outside_a_clone_ends_with_a_sentence(installed, tmp_path, command):
    done = run(["-m", *command], tmp_path, installed)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert not list(tmp_path.iterdir())
