"""That recording repeats to the byte, and that a notebook which fails is left alone and named."""

import io
from contextlib import redirect_stderr

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output, new_raw_cell

from explorable.record import main, normal_outputs

# A notebook for each question: its cells, by its name.
NOTEBOOKS = {
    "figure": ("from explorable import explore", "explore(lambda n: n, n=(0, 3), alt='n')", "{1, 2}"),
    "view": ("import ipywidgets", "ipywidgets.IntSlider()"),
    "fails": ("1 + 1", "1 / 0"),
    "picture": ("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1]);",),
    "plain": (
        "from ipywidgets import interact, interactive_output, IntSlider",
        "interact(lambda x: print(x), x=(0, 3));",
        "interactive_output(lambda x: print(x), {'x': IntSlider()})",
    ),
    "dies": ("import os", "os._exit(1)"),
    ".ipynb_checkpoints/hidden": ("1 + 1",),
}  # fmt: skip
SLIDE = {"slide_type": "slide"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of notebooks that was recorded at once, and what was said of them."""
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / ".ipynb_checkpoints").mkdir()
    for name, sources in NOTEBOOKS.items():
        cells = [new_code_cell(source, id=f"cell-{k}") for k, source in enumerate(sources)]
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    (folder / "broken.ipynb").write_text("<<<<<<< HEAD")
    untouched = {name: (folder / f"{name}.ipynb").read_bytes() for name in ("fails", "dies")}
    with redirect_stderr(io.StringIO()) as said:
        assert main([str(folder)]) == 1
    return folder, said.getvalue(), untouched


def outputs(folder, name):
    cells = nbformat.read(folder / f"{name}.ipynb", as_version=4).cells
    return [output for cell in cells for output in cell.outputs]


def test_recording_twice_changes_no_byte(folder):
    path = folder[0] / "figure.ipynb"
    first = path.read_bytes()
    assert b"explorable-frame" in first
    assert main([str(path)]) == 0
    assert path.read_bytes() == first


def test_the_stored_form_has_no_widget_view_and_pictures_as_they_are(folder):
    assert [set(output.data) for output in outputs(folder[0], "view")] == [{"text/plain"}]
    assert ["image/png" in output.data for output in outputs(folder[0], "picture")] == [True]


def test_each_notebook_that_fails_is_named_and_left_as_it_was(folder):
    """One that cannot be read, and one whose kernel dies, hide nothing of the others."""
    path, said, untouched = folder
    assert f"{path}/fails.ipynb, cell 1 (1 / 0): ZeroDivisionError: division by zero" in said
    assert f"{path}/dies.ipynb: DeadKernelError" in said
    assert f"{path}/broken.ipynb cannot be read as a notebook" in said
    assert said.count(".ipynb") == 3
    for name, text in untouched.items():
        assert (path / f"{name}.ipynb").read_bytes() == text


def test_plain_interact_is_recorded_without_its_state(folder):
    assert outputs(folder[0], "plain")
    assert "widgets" not in nbformat.read(folder[0] / "plain.ipynb", as_version=4).metadata


def test_a_folder_is_its_notebooks_and_not_their_checkpoints(folder):
    assert not outputs(folder[0], ".ipynb_checkpoints/hidden")


def test_metadata_is_what_an_author_wrote(tmp_path):
    """What slides, sites and a raw cell need stays, and what a run or an editor notes does not."""
    path = tmp_path / "notebook.ipynb"
    noted = {"collapsed": True, "execution": {}, "editable": True, "tags": [], "id": "x"}
    cells = [
        new_raw_cell("*a*", metadata={"raw_mimetype": "text/restructuredtext"}),
        new_code_cell("1", metadata={"slideshow": SLIDE, **noted}),
        new_code_cell("2", metadata={"tags": ["hide-input"], "slideshow": {"slide_type": ""}}),
    ]
    metadata = {"title": "A title", "language_info": {"name": "python"}, "widgets": {}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    assert main([str(path)]) == 0
    stored = nbformat.read(path, as_version=4)
    assert set(stored.metadata) == {"title", "kernelspec"}
    assert stored.metadata.kernelspec.name == "python3"
    assert [cell.metadata for cell in stored.cells] == [
        {"raw_mimetype": "text/restructuredtext"},
        {"slideshow": SLIDE},
        {"tags": ["hide-input"], "jupyter": {"source_hidden": True}},
    ]


def test_what_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["nowhere.ipynb"])
    assert "there is no notebook nowhere.ipynb" in capsys.readouterr().err


def test_text_is_joined_up_to_the_next_display():
    outputs = [
        new_output("stream", name="stderr", text="b"),
        new_output("stream", name="stdout", text="a"),
        new_output("stream", name="stdout", text="a"),
        new_output("display_data", data={"text/plain": "d"}),
        new_output("stream", name="stdout", text="c"),
    ]
    assert [(o.get("name"), o.get("text")) for o in normal_outputs(outputs)] == [
        ("stdout", "aa"),
        ("stderr", "b"),
        (None, None),
        ("stdout", "c"),
    ]
