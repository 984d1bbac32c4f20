"""A question in a chapter is asked where its cell stands.

Protected here: a notebook of any folder with ``predict("name", ...)`` under a box of prediction
gets a form there, with the question of that name; the cell itself is not shown; a page without a
question gets nothing.
"""

import re
import subprocess
import sys

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from companion.check import Number, predict, register
from press.sphinx._answers import MIME
from tests.conftest import ROOT

CONFIG = f"""
import sys

sys.path.insert(0, {str(ROOT)!r})
extensions = ["myst_nb", "press.sphinx._answers"]
nb_execution_mode = "off"
html_static_path = [{str(ROOT / "press" / "sphinx" / "static")!r}]
"""


def test_a_prediction_in_a_chapter_is_a_form_where_it_stands(tmp_path):
    register("a-first-slope", Number(lambda x: 2 * x, {"x": 3.0}))
    cell = new_code_cell('predict("a-first-slope", ...)  # a number', execution_count=1)
    data = predict("a-first-slope")._repr_mimebundle_()
    cell.outputs = [new_output("execute_result", data=data, execution_count=1)]
    cells = [
        new_markdown_cell("# A chapter\n\nText.\n\n> **Predict.** Which number is it?"),
        cell,
        new_markdown_cell("## After it\n\nMore text."),
    ]
    (tmp_path / "conf.py").write_text(CONFIG)
    (tmp_path / "index.md").write_text("# Book\n\n```{toctree}\nchapters/one\n```\n")
    (tmp_path / "chapters").mkdir()
    nbformat.write(new_notebook(cells=cells), tmp_path / "chapters" / "one.ipynb")
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", tmp_path, tmp_path / "out"]
    build = subprocess.run(command, check=False, capture_output=True, text=True)
    assert build.returncode == 0, build.stdout + build.stderr
    html = (tmp_path / "out" / "chapters" / "one.html").read_text()
    places = [html.index(text) for text in ("Which number", '<form class="question', "After it")]
    assert places == sorted(places)
    assert "predict(" not in html and MIME not in html
    assert "answers.js" in html and 'class="answer-progress"' not in html
    other = (tmp_path / "out" / "index.html").read_text()
    assert not re.search("question|answers.js", other)
