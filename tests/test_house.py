"""The tree: what is at the root, that the README's commands are CI's, and that ruff agrees."""

import ast
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires, version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.conftest import ROOT

ROOT_HOLDS = {
    "README.md",
    "LICENSE",
    "CITATION.cff",  # GitHub looks for it here only
    "_config.yml",
    "_toc.yml",
    "intro.ipynb",
    "requirements.txt",
    "pyproject.toml",
    "chapters",
    "exercises",
    "explorable",
    "companion",
    "press",
    "tests",
    "binder",
    ".github",
    ".ci",
    ".gitignore",
    ".gitattributes",
}
COMMANDS = [
    "python -m pip install -r requirements.txt && jupyter-book build .",
    'python -m pip install -r requirements.txt -e ".[test]" && python -m pytest',
]


def test_the_root_stays_small():
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone, so nothing says which files are the book's")
    # CI's container may run as another user than the clone's owner, which git asks about.
    command = ["git", "-c", "safe.directory=*", "ls-files"]
    tracked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {line.split("/")[0] for line in tracked.stdout.splitlines()} <= ROOT_HOLDS


def test_the_readme_has_the_two_commands_that_ci_runs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^    (python -m pip install -r .*)$", readme, re.MULTILINE)
    assert found == COMMANDS


def pins(path):
    """Return the versions that a file for pip names, by the names of the packages."""
    lines = [line.split("#")[0].strip() for line in (ROOT / path).read_text("utf-8").splitlines()]
    wanted = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in wanted}


def test_all_that_can_change_a_page_has_one_version():
    # What the stack asks for, as it is installed here, down to the last package.
    direct, brought = pins("requirements.txt"), pins("press/constraints.txt")
    pinned, asked, todo = {**direct, **brought}, {}, list(direct)
    while todo:
        for text in requires(todo.pop()) or ():
            wanted = Requirement(text)
            name = canonicalize_name(wanted.name)
            if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
                continue
            if name not in asked and name not in direct and name not in ("setuptools", "wheel"):
                try:
                    version(name)
                except PackageNotFoundError:
                    continue  # CUDA, where torch needs it
                todo.append(name)
                asked[name] = []
            asked.setdefault(name, []).append(wanted.specifier)
    assert asked.keys() - pinned.keys() <= {"setuptools", "wheel"}, "add them to constraints.txt"
    # On another Python some packages are not asked for, so those that are too much only show here.
    if sys.version_info[:2] == (3, 11):
        assert brought.keys() <= asked.keys()
    for name, pin in pinned.items():
        assert Version(version(name)).public == Version(pin).public, f"{name} is not as pinned"
        assert all(specifier.contains(pin) for specifier in asked.get(name, ()))


def test_ruff_finds_nothing():
    for command in (["check"], ["format", "--check"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout


def imported(room):
    """Return the first parts of the names that the modules of a room import."""
    for path in (ROOT / room).rglob("*.py"):
        if "tests" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from (alias.name.split(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    yield node.module.split(".")[0]


def test_imports_go_one_way():
    assert not {"torch", "companion", "press"} & set(imported("explorable/src"))
    assert not {"press", "sphinx", "docutils", "argparse"} & set(imported("companion"))
    assert "torch" not in set(imported("press"))
