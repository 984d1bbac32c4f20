"""That no change of a stored output passes: each kind of change is made and seen to fail.

One notebook with every kind of output is recorded, then copied once for each change; pytest runs
over all copies as it runs over the book.
"""

import subprocess
import sys
from copy import deepcopy
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from explorable.record import record
from tests.conftest import ROOT

CELLS = {
    "imports": "import matplotlib.pyplot as plt\nfrom explorable import explore",
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


def change(function):
    CHANGES[function.__name__] = function
    return function


@change
def nothing(cells):
    pass


@change
def digit_in_a_stream(cells):
    cells["stream"].outputs[0].text = "w is 2.126\n"


@change
def digit_in_a_result(cells):
    cells["result"].outputs[0].data["text/plain"] = "4.6"


@change
def digit_in_an_svg(cells):
    data = cells["svg"].outputs[0].data
    data["image/svg+xml"] = _next_digit(data["image/svg+xml"], data["image/svg+xml"].index(' d="'))


@change
def digit_in_the_html_of_a_still_figure(cells):
    data = cells["svg"].outputs[0].data
    data["text/html"] = _next_digit(data["text/html"], data["text/html"].index(' d="'))


@change
def digit_in_one_position_of_a_figure(cells):
    data = cells["figure"].outputs[0].data
    data["text/html"] = _next_digit(data["text/html"], data["text/html"].rindex('"groups"') + 200)


@change
def digit_in_an_error(cells):
    cells["error"].outputs[0].evalue = "division by zer0"


@change
def output_deleted(cells):
    del cells["stream"].outputs[0]


@change
def output_added(cells):
    cells["suppressed"].outputs.append(new_output("stream", text="more\n"))


@change
def two_kinds_swapped(cells):
    cells["two"].outputs.reverse()


@change
def text_moved_over_a_display(cells):
    first, display, last = cells["streams"].outputs
    first.text += last.text
    cells["streams"].outputs = [first, display]


@change
def stream_renamed(cells):
    cells["stream"].outputs[0].name = "stderr"


@change
def never_run(cells):
    cells["stream"].outputs = []
    cells["stream"].execution_count = None


@change
def run_in_another_order(cells):
    cells["stream"].execution_count = 7


@change
def bitmap_added(cells):
    data = {"image/png": "iVBORw0KGgo=", "text/plain": "4.5"}
    cells["result"].outputs[0].data = data


@change
def check_switched_off(cells):
    cells["stream"].source = "# NBVAL_IGNORE_OUTPUT\n" + cells["stream"].source


@change
def skipped(cells):
    cells["stream"].metadata.tags = ["nbval-skip"]


def _next_digit(text, start):
    """Return `text` with its first digit from `start` on replaced by another."""
    place = next(i for i in range(start, len(text)) if text[i].isdigit())
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Whether nbval failed for each change, by its name."""
    folder = tmp_path_factory.mktemp("notebooks")
    notebook = new_notebook(
        cells=[new_code_cell(source, id=name) for name, source in CELLS.items()]
    )
    notebook.cells[list(CELLS).index("error")].metadata.tags = ["raises-exception"]
    nbformat.write(notebook, folder / "recorded.ipynb")
    assert record([folder / "recorded.ipynb"]) == []
    recorded = nbformat.read(folder / "recorded.ipynb", as_version=4)
    (folder / "recorded.ipynb").unlink()
    for name, function in CHANGES.items():
        changed = deepcopy(recorded)
        function({cell.id: cell for cell in changed.cells})
        nbformat.write(changed, folder / f"{name}.ipynb")

    report = folder / "report.xml"
    subprocess.run(
        [sys.executable, "-m", "pytest", folder, "-c", ROOT / "pyproject.toml", "--rootdir", folder]
        + ["-p", "no:cacheprovider", f"--junitxml={report}"],
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    failed = dict.fromkeys(CHANGES, False)
    for case in ElementTree.parse(report).iter("testcase"):
        failed[case.get("classname").removesuffix(".ipynb")] |= case.find("failure") is not None
    return failed


def test_an_unchanged_notebook_passes(outcomes):
    assert outcomes["nothing"] is False


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "nothing"])
def test_a_change_fails(outcomes, name):
    assert outcomes[name] is True
