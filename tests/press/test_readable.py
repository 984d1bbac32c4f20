"""press.readable: what `git diff` shows of a notebook is short, and holds every change."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from press.readable import readable
from tests.conftest import ROOT


def test_a_changed_figure_is_one_line_of_the_diff():
    """Each MIME type is there; text as it is, a drawing as its size and a hash."""

    def lines(drawing):
        data = {"text/html": drawing, "image/svg+xml": "<svg/>", "text/plain": "one\ntwo"}
        cell = new_code_cell("plot()", id="plot", metadata={"tags": ["hide-input"]})
        cell.outputs = [new_output("display_data", data)]
        return list(readable(new_notebook(cells=[cell])))

    old, new = lines(1000 * "a"), lines(999 * "a" + "b")
    assert old[:2] == ["==== plot (code, hide-input)", "plot()"]
    assert old[-3:] == ["---- text/plain", "one", "two"]
    assert max(map(len, old)) < 60
    changed = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    assert [old.partition(",")[0] for old, _ in changed] == ["---- text/html: 1000 characters"]


def test_git_shows_notebooks_through_it(tmp_path, monkeypatch):
    """With .gitattributes and the one file that CONTRIBUTING includes."""
    python = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{python}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    for name, word in (("old", "one"), ("new", "two")):
        cells = [new_code_cell(f"print('{word}')", id="say")]
        nbformat.write(new_notebook(cells=cells), f"{name}.ipynb")
    shutil.copy(ROOT / ".gitattributes", ".gitattributes")
    subprocess.run(["git", "init", "--quiet"], check=True)
    include = f"include.path={ROOT / '.github' / 'notebooks.gitconfig'}"
    git = ["git", "-c", include, "diff", "--no-index", "--no-color", "old.ipynb", "new.ipynb"]
    diff = subprocess.run(git, check=False, capture_output=True, text=True).stdout
    assert "-print('one')\n+print('two')\n" in diff
    assert '"source"' not in diff
