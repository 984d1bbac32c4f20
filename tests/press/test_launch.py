"""Notebooks open elsewhere: on Binder, on Colab, on the reader's own JupyterHub.

What Binder installs is in test_binder.py. Colab and a hub cannot be reached from here: these
tests hold the links, and that the copies behind them are whole.
"""

import re
import subprocess
import sys

import nbformat

from press.launch import BRANCH
from tests.conftest import NOTEBOOKS, ROOT

REPOSITORY = "https://github.com/autograd-in-motion/autograd-in-motion"


def test_every_notebook_can_be_opened_live(site):
    for notebook in NOTEBOOKS:
        page = (site / notebook.with_suffix(".html")).read_text(encoding="utf-8")
        links = re.findall(r'href="([^"]+)"', page)
        assert any(link.endswith(f"?urlpath=lab/tree/{notebook}") for link in links), notebook
        assert any(link.endswith(f"/blob/{BRANCH}/{notebook}") for link in links), notebook


def launch(out, folder):
    command = [sys.executable, "-m", "press.launch", out, REPOSITORY, "0123abc"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def test_the_copies_differ_by_one_cell_that_installs(tmp_path):
    assert launch(tmp_path, ROOT).returncode == 0
    for notebook in NOTEBOOKS:
        ours = nbformat.read(ROOT / notebook, as_version=4)
        copy = nbformat.read(tmp_path / notebook, as_version=4)
        nbformat.validate(copy)
        assert copy.cells[1:] == ours.cells
        explorable, book = re.findall(r'%pip install --quiet "(.*)"', copy.cells[0].source)
        assert explorable == f"explorable @ git+{REPOSITORY}@0123abc#subdirectory=explorable"
        assert book == f"autograd-in-motion[notebooks] @ git+{REPOSITORY}@0123abc"


def test_one_sentence_says_that_the_folder_is_not_the_book(tmp_path):
    """Nothing would be published otherwise, without a word."""
    run = launch(tmp_path / "out", tmp_path)
    assert run.returncode == 1
    assert run.stderr.startswith("There are no notebooks in this folder: run this in a clone")
