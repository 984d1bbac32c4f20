"""That Binder installs the right things and that the launch button opens the chapter.

repo2docker prints the recipe that Binder would follow, without Docker.
"""

import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def recipe():
    command = ["--no-build", "--debug", "--user-id", "1000", "--user-name", "jovyan", "."]
    run = subprocess.run(
        [sys.executable, "-m", "repo2docker", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout + run.stderr


def test_python_is_the_one_of_the_tests(recipe):
    assert "Building conda environment for python=3.11" in recipe


def test_the_requirements_are_installed_with_the_whole_repository_in_place(recipe):
    # requirements.txt installs "-e .", so the copy of the repository must come before it.
    copied = recipe.index("COPY --chown=1000:1000 src/ ${REPO_DIR}")
    installed = recipe.index('install --no-cache-dir -r "binder/requirements.txt"')
    assert copied < installed


def test_torch_comes_from_the_cpu_index():
    lines = (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    options = [line for line in lines if not line.startswith("#")]
    assert options == [
        "--extra-index-url https://download.pytorch.org/whl/cpu",
        "-r ../requirements.txt",
    ]


def test_the_launch_button_opens_the_chapter_in_jupyterlab(site):
    page = (site / "chapters" / "one-weight.html").read_text(encoding="utf-8")
    (link,) = re.findall(r'href="(https://mybinder\.org/[^"]+)"', page)
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    owner_and_name = re.search(r"url: https://github.com/(\S+)", config)[1]
    branch = re.search(r"branch: (\S+)", config)[1]
    assert link == (
        f"https://mybinder.org/v2/gh/{owner_and_name}/{branch}"
        "?urlpath=lab/tree/chapters/one-weight.ipynb"
    )
