"""The form of the book's notebooks, which neither nbval nor Sphinx looks at."""

import statistics

import nbformat
import pytest

from tests.conftest import NOTEBOOKS, ROOT

TAGS = {"hide-input", "hide-cell", "remove-cell", "raises-exception"}


@pytest.fixture(params=NOTEBOOKS, ids=str)
def notebook(request):
    return nbformat.read(ROOT / request.param, as_version=nbformat.NO_CONVERT)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_it_is_valid_and_holds_nothing_of_the_machine_it_was_made_on(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert set(notebook.metadata) == {"kernelspec"}, "run python -m explorable.record"
    assert all(set(cell.metadata) <= {"tags", "jupyter"} for cell in notebook.cells)


def test_cell_ids_are_words(notebook):
    # An id made by chance would be in a diff each time that the notebook is made anew.
    assert [cell.id for cell in notebook.cells if not cell.id.replace("-", "a").isalnum()] == []
    assert [cell.id for cell in notebook.cells if len(cell.id) == 8 and cell.id.isdigit()] == []


def test_tags_are_known(notebook):
    unknown = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])} - TAGS
    assert not unknown, f"Jupyter Book would ignore it; it knows {sorted(TAGS)}"


def test_it_opens_with_a_title_and_then_imports(notebook):
    title, imports = notebook.cells[:2]
    assert title.cell_type == "markdown" and "\n# " in f"\n{title.source}", "first cell: a title"
    assert imports.cell_type == "code" and "import " in imports.source, "second cell: imports"


def test_code_cells_are_short(notebook, request):
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    assert max(lengths) <= 25, "a longer cell belongs in companion/, with a test"
    if request.node.callspec.params["notebook"].stem.startswith("errors-"):
        return  # a program of the Error clinic stands alone, with its class and all
    assert statistics.median_low(lengths) <= 6, "most cells should do one thing: cut the long ones"


def test_no_output_is_a_bitmap(notebook):
    """Plain nbval passes over bitmaps, and a page would be heavy with them."""
    kinds = {
        kind
        for cell in code_cells(notebook)
        for output in cell.outputs
        for kind in output.get("data", {})
    }
    assert not {kind for kind in kinds if kind in ("image/png", "image/jpeg")}


def test_nothing_tells_nbval_to_look_away(notebook):
    assert not [cell.source for cell in code_cells(notebook) if "NBVAL" in cell.source]


def test_no_cell_reaches_for_the_network_or_the_clock(notebook):
    forbidden = ("urllib", "requests", "http", "!pip", "%pip", "time.time", "datetime", "open(")
    found = [
        (word, cell.source)
        for cell in code_cells(notebook)
        for word in forbidden
        if word in cell.source
    ]
    assert not found, "another run, or a machine without a network, would give another output"


def test_prose_is_markdown(notebook):
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    html = [tag for tag in ("<div", "<span", "<img") if tag in prose]
    assert not html, "write it in MyST Markdown, which also prints and becomes a PDF"
