"""That explorable's figures play outside this book: in any Sphinx site, and in one HTML file."""

import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from explorable.record import record


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a recorded notebook of somebody else."""
    folder = tmp_path_factory.mktemp("elsewhere")
    draw = "def line(k):\n    plt.plot([0, k])\n\n\nexplore(line, k=(0, 9), alt='A line.')"
    cells = [
        new_markdown_cell("# Elsewhere"),
        new_code_cell("import matplotlib.pyplot as plt\nfrom explorable import explore"),
        new_code_cell(draw),
    ]
    nbformat.write(new_notebook(cells=cells), folder / "index.ipynb")
    assert record([folder / "index.ipynb"]) == []
    return folder


def check_it_plays(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    figure = page.locator("figure.explorable")
    before = figure.locator("svg").inner_html()
    figure.get_by_role("slider").focus()
    page.keyboard.press("End")
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


def test_one_html_file_by_nbconvert(folder, page):
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "explorable", folder / "index.ipynb"],
        check=True,
        capture_output=True,
    )
    foreign = check_it_plays(page, (folder / "index.html").as_uri())
    # nbconvert's own choice for formulas; no widget manager and no require.js.
    assert all("mathjax" in url for url in foreign)
