"""That explorable's figures play outside this book: in any Sphinx site, and in one HTML file."""

import subprocess
import sys
from copy import deepcopy

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert.exporters import get_exporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from explorable.record import record


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a recorded notebook of somebody else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    draw = "def dot(k):\n    return SVG(f'<svg><circle r=\"{k}\"/></svg>')\n\n\nexplore(dot, k=(0, 9), alt='A dot.')"
    cells = [
        new_markdown_cell("# Elsewhere\n\nA line $y = kx$."),
        new_code_cell("from IPython.display import SVG\nfrom explorable import explore"),
        new_code_cell(draw),
    ]
    nbformat.write(new_notebook(cells=cells), folder / "index.ipynb")
    assert record([folder / "index.ipynb"]) == []
    return folder


@pytest.fixture(scope="module")
def live(folder):
    """The notebook as it is saved after it was run by hand."""
    notebook = nbformat.read(folder / "index.ipynb", as_version=4)
    return NotebookClient(notebook, store_widget_state=False).execute()


def check_it_plays(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(reduced_motion="reduce")  # a frame is there at once
    page.goto(address)
    figure = page.locator("figure.explorable")
    before = figure.locator("svg").inner_html()
    figure.get_by_role("slider").press("End")
    assert figure.locator("svg").inner_html() != before
    return [url for url in asked if not url.startswith(("file:", "data:"))]


def build(folder, settings, files):
    """Build a Sphinx site; return its folder, and the lines in which the build complains."""
    for name, notebook in files.items():
        nbformat.write(notebook, folder / f"{name}.ipynb")
    (folder / "conf.py").write_text(settings)
    command = [sys.executable, "-m", "sphinx", "-q", folder, folder / "site"]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    complaints = [line for line in run.stderr.splitlines() if "WARNING:" in line]
    return folder / "site", [line for line in complaints if "any toctree" not in line]


def without_outputs(notebook):
    notebook = deepcopy(notebook)
    for cell in notebook.cells[1:]:
        cell.outputs, cell.execution_count = [], None
    return notebook


@pytest.mark.parametrize("tool", ["myst_nb", "nbsphinx"])
def test_a_sphinx_site(folder, live, tmp_path, page, tool):
    """Both tools run a notebook that has no outputs, and would show a dead widget.

    A figure that was saved live, in a notebook that is not run again, has no controls on a page:
    the build says so, and what to do.
    """
    stored = nbformat.read(folder / "index.ipynb", as_version=4)
    if tool == "nbsphinx":  # for Markdown it needs pandoc, which is not on every machine
        restructured = {"raw_mimetype": "text/restructuredtext"}
        stored.cells[0] = new_raw_cell("Elsewhere\n=========", metadata=restructured)
    files = {"index": stored, "run": without_outputs(stored), "live": deepcopy(live)}
    files["live"].cells[0] = stored.cells[0]
    settings = f"extensions = [{tool!r}, 'explorable.sphinx']; nb_execution_mode = 'force'; "
    settings += "nb_execution_excludepatterns = ['index.ipynb', 'live.ipynb']"
    site, complaints = build(tmp_path, settings, files)
    said = ["run but not recorded" in line and "live" in line for line in complaints]
    assert said == [True]
    for name in ("index", "run"):
        check_it_plays(page, (site / f"{name}.html").as_uri())
    assert "explorable" not in (site / "search.html").read_text()


@pytest.mark.parametrize("kind", ["ExplorableExporter", "ExplorableSlides"])
def test_one_html_file_by_nbconvert(folder, page, kind):
    path = folder / f"{kind}.html"
    exporter = get_exporter(f"explorable.nbconvert.{kind}")()
    path.write_text(exporter.from_filename(folder / "index.ipynb")[0], encoding="utf-8")
    foreign = check_it_plays(page, path.as_uri())
    if kind == "ExplorableExporter":  # slides ask for reveal.js
        assert not foreign and page.locator("math").count() == 1
