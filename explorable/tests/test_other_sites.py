"""That explorable's figures play outside this book: in any Sphinx site, and in one HTML file."""

import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from explorable.record import record


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a recorded notebook of somebody else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    draw = "def line(k):\n    plt.plot([0, k])\n\n\nexplore(line, k=(0, 9), alt='A line.')"
    cells = [
        new_markdown_cell("# Elsewhere\n\nA line $y = kx$."),
        new_code_cell("import matplotlib.pyplot as plt\nfrom explorable import explore"),
        new_code_cell(draw),
    ]
    nbformat.write(new_notebook(cells=cells), folder / "index.ipynb")
    assert record([folder / "index.ipynb"]) == []
    return folder


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


def check_a_site(folder, site, page, settings):
    (folder / "conf.py").write_text(settings)
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", folder, site], check=True, capture_output=True
    )
    check_it_plays(page, (site / "index.html").as_uri())
    assert "explorable" not in (site / "search.html").read_text()


def test_a_plain_sphinx_site(folder, page):
    check_a_site(folder, folder / "site", page, "extensions = ['myst_nb', 'explorable.sphinx']")


def test_a_site_by_nbsphinx(folder, page, tmp_path):
    notebook = nbformat.read(folder / "index.ipynb", as_version=4)
    # For what is in Markdown, nbsphinx needs pandoc, which is not on every machine.
    restructured = {"raw_mimetype": "text/restructuredtext"}
    notebook.cells[0] = new_raw_cell("Elsewhere\n=========", metadata=restructured)
    nbformat.write(notebook, tmp_path / "index.ipynb")
    settings = "extensions = ['nbsphinx', 'explorable.sphinx']; nbsphinx_execute = 'never'"
    check_a_site(tmp_path, tmp_path / "site", page, settings)


def test_a_site_by_nbsphinx_that_executes(folder, page, tmp_path):
    """Without stored outputs, nbsphinx runs the notebook, and would show a dead widget."""
    notebook = nbformat.read(folder / "index.ipynb", as_version=4)
    restructured = {"raw_mimetype": "text/restructuredtext"}
    notebook.cells[0] = new_raw_cell("Elsewhere\n=========", metadata=restructured)
    for cell in notebook.cells[1:]:
        cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, tmp_path / "index.ipynb")
    settings = "extensions = ['nbsphinx', 'explorable.sphinx']"
    check_a_site(tmp_path, tmp_path / "site", page, settings)


def test_a_site_by_myst_nb_that_executes(folder, page, tmp_path):
    notebook = nbformat.read(folder / "index.ipynb", as_version=4)
    for cell in notebook.cells[1:]:
        cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, tmp_path / "index.ipynb")
    settings = "extensions = ['myst_nb', 'explorable.sphinx']; nb_execution_mode = 'force'"
    check_a_site(tmp_path, tmp_path / "site", page, settings)


def test_a_notebook_that_was_saved_live_is_named_by_the_build(folder, tmp_path):
    """Its figure has no controls on a page: the build says so, and what to do."""
    notebook = nbformat.read(folder / "index.ipynb", as_version=4)
    NotebookClient(notebook, store_widget_state=False).execute()
    nbformat.write(notebook, tmp_path / "index.ipynb")
    (tmp_path / "conf.py").write_text(
        "extensions = ['myst_nb', 'explorable.sphinx']; nb_execution_mode = 'off'"
    )
    build = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", tmp_path, tmp_path / "site"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode
    assert "run but not recorded" in build.stderr and "index" in build.stderr


@pytest.mark.parametrize("kind", ["Exporter", "Slides"])
def test_one_html_file_by_nbconvert(folder, page, kind):
    subprocess.run(
        [
            sys.executable,
            "-m",
            "nbconvert",
            "--to",
            f"explorable.nbconvert.Explorable{kind}",
            folder / "index.ipynb",
        ],
        check=True,
        capture_output=True,
    )
    name = "index.slides.html" if kind == "Slides" else "index.html"
    foreign = check_it_plays(page, (folder / name).as_uri())
    if kind == "Exporter":  # slides ask for reveal.js
        assert not foreign and page.locator("math").count() == 1
