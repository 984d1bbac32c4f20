"""That no change of a stored output passes: each kind of change is made and seen to fail.

A notebook with every kind of output is recorded. For each change it holds one more cell of the
kind that is changed; then pytest runs over it as it runs over the book.
"""

import subprocess
import sys
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from explorable.record import record
from tests.conftest import ROOT

CELLS = {
    # Recorded in a kernel of its own, and run by nbval in a warm one: nothing there may differ.
    "start": """import os, sys
ours = {"companion", "explorable", "press", "tests"}
os.getcwd(), sys.path, sys.argv[0], dir(), hash("a"), ours & {*sys.modules}""",
    "imports": "import matplotlib.pyplot as plt\nfrom explorable import explore\nplt.get_backend()",
    "stream": "print('w is 2.125')",
    "result": "1.5 * 3",
    "suppressed": "1.5 * 3;",
    "error": "1 / 0",
    "svg": "explore(lambda: plt.plot([0, 1]) and None, alt='A line.')",
    "figure": "explore(lambda k: plt.plot([0, k]) and None, k=(0, 9), alt='A line.')",
    "two": "from IPython.display import Latex\nprint('before')\ndisplay(Latex('after'))",
    "streams": "print('a')\ndisplay(Latex('b'))\nprint('c')",
}
CHANGES = {}


def change(kind):
    def register(function):
        CHANGES[function.__name__] = kind, function

    return register


@change("stream")
def digit_in_a_stream(cell):
    cell.outputs[0].text = "w is 2.126\n"


@change("result")
def digit_in_a_result(cell):
    cell.outputs[0].data["text/plain"] = "4.6"


@change("svg")
def digit_in_an_svg(cell):
    data = cell.outputs[0].data
    data["image/svg+xml"] = _next_digit(data["image/svg+xml"], data["image/svg+xml"].index(' d="'))


@change("svg")
def digit_in_the_html_of_a_still_figure(cell):
    data = cell.outputs[0].data
    data["text/html"] = _next_digit(data["text/html"], data["text/html"].index(' d="'))


@change("figure")
def digit_in_one_position_of_a_figure(cell):
    data = cell.outputs[0].data
    data["text/html"] = _next_digit(data["text/html"], data["text/html"].rindex('"groups"') + 200)


@change("error")
def digit_in_an_error(cell):
    cell.outputs[0].evalue = "division by zer0"


@change("stream")
def output_deleted(cell):
    del cell.outputs[0]


@change("suppressed")
def output_added(cell):
    cell.outputs.append(new_output("stream", text="more\n"))


@change("two")
def two_kinds_swapped(cell):
    cell.outputs.reverse()


@change("streams")
def text_moved_over_a_display(cell):
    first, display, last = cell.outputs
    first.text += last.text
    cell.outputs = [first, display]


@change("stream")
def stream_renamed(cell):
    cell.outputs[0].name = "stderr"


@change("stream")
def never_run(cell):
    cell.outputs = []
    cell.execution_count = None


@change("stream")
def run_in_another_order(cell):
    cell.execution_count = 7


@change("result")
def bitmap_added(cell):
    cell.outputs[0].data = {"image/png": "iVBORw0KGgo=", "text/plain": "4.5"}


#: What is not run is not counted: the cells below would have another number.
NOT_RUN = ["check_switched_off", "skipped"]


@change("stream")
def check_switched_off(cell):
    cell.source = "# NBVAL_IGNORE_OUTPUT\n" + cell.source


@change("stream")
def skipped(cell):
    cell.metadata.tags = ["nbval-skip"]


def _next_digit(text, start):
    """Return `text` with its first digit from `start` on replaced by another."""
    place = next(i for i in range(start, len(text)) if text[i].isdigit())
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """What nbval says of each cell, or nothing, by the cell's id."""
    path = tmp_path_factory.mktemp("notebooks") / "notebook.ipynb"
    first = ["start", "imports"]
    names = [*first, *(name for name in CHANGES if name not in NOT_RUN)]
    names += [kind for kind in CELLS if kind not in first] + NOT_RUN
    sources = {name: CELLS[CHANGES[name][0] if name in CHANGES else name] for name in names}
    cells = [new_code_cell(source, id=name) for name, source in sources.items()]
    for cell in cells:
        if cell.source == CELLS["error"]:
            cell.metadata.tags = ["raises-exception"]
    cells.insert(0, new_markdown_cell("## All kinds\n\nOne of each."))
    nbformat.write(new_notebook(cells=cells), path)
    assert record([path]) == []

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id in CHANGES:
            CHANGES[cell.id][1](cell)
    nbformat.write(notebook, path)

    report = path.with_name("report.xml")
    subprocess.run(
        [sys.executable, "-m", "pytest", path, "-c", ROOT / "pyproject.toml", "-n0"]
        + ["--rootdir", path.parent, "-p", "no:cacheprovider", f"--junitxml={report}"],
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    cases = list(ElementTree.parse(report).iter("testcase"))
    assert len(cases) == len(sources)
    return {name: case.findtext("failure", "") for name, case in zip(sources, cases, strict=True)}


@pytest.mark.parametrize("kind", CELLS)
def test_an_unchanged_cell_passes(complaints, kind):
    assert complaints[kind] == ""


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_fails(complaints, name):
    assert complaints[name]


def test_a_failure_says_where_what_was_stored_and_what_came_now(complaints):
    """And of a figure, which is one long line, the place where it differs."""
    said = complaints["digit_in_a_stream"]
    assert said.startswith("'All kinds', \"print('w is 2.125')\"\n")
    assert "--- stored stdout\n+++ this run\n" in said
    assert "\n-w is 2.126\n+w is 2.125" in said
    assert len(complaints["digit_in_one_position_of_a_figure"]) < 1500
