"""That recording repeats to the byte, and that a notebook which fails is left alone and named."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from explorable.record import main, normal_outputs


@pytest.fixture
def notebook(tmp_path):
    def write(*sources):
        cells = [new_code_cell(source, id=f"cell-{k}") for k, source in enumerate(sources)]
        nbformat.write(new_notebook(cells=cells), tmp_path / "notebook.ipynb")
        return tmp_path / "notebook.ipynb"

    return write


def test_recording_twice_changes_no_byte(notebook):
    path = notebook(
        "from explorable import explore", "explore(lambda n: n, n=(0, 3), alt='n')", "{1, 2}"
    )
    assert main([str(path)]) == 0
    first = path.read_bytes()
    assert main([str(path)]) == 0
    assert path.read_bytes() == first


def test_the_stored_form_has_no_widget_view_and_no_metadata(notebook):
    path = notebook("import ipywidgets", "ipywidgets.IntSlider()")
    main([str(path)])
    stored = nbformat.read(path, as_version=4)
    assert set(stored.cells[1].outputs[0].data) == {"text/plain"}
    assert stored.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        }
    }
    assert all(cell.metadata == {} for cell in stored.cells)


def test_a_notebook_that_fails_is_named_and_left_as_it_was(notebook, capsys):
    path = notebook("1 + 1", "1 / 0")
    before = path.read_bytes()
    assert main([str(path)]) == 1
    assert f"{path}, cell 1 (1 / 0): ZeroDivisionError: division by zero" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_an_ordinary_picture_is_recorded(notebook):
    path = notebook("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1]);")
    assert main([str(path)]) == 0
    (output,) = nbformat.read(path, as_version=4).cells[0].outputs
    assert "image/png" in output.data


def test_plain_interact_hides_neither_its_notebook_nor_the_others(notebook, tmp_path, capsys):
    plain = notebook(
        "from ipywidgets import interact, interactive_output, IntSlider",
        "interact(lambda x: print(x), x=(0, 3));",
        "interactive_output(lambda x: print(x), {'x': IntSlider()})",
    ).rename(tmp_path / "plain.ipynb")
    broken = notebook("1 / 0")
    assert main([str(plain), str(broken)]) == 1
    assert capsys.readouterr().err.count("ipynb") == 1
    assert "widgets" not in nbformat.read(plain, as_version=4).metadata


def test_a_kernel_that_dies_is_one_notebooks_error(notebook, tmp_path, capsys):
    dead = notebook("import os", "os._exit(1)").rename(tmp_path / "dead.ipynb")
    fine = notebook("1 + 1")
    assert main([str(dead), str(fine)]) == 1
    assert f"{dead}: DeadKernelError" in capsys.readouterr().err
    assert nbformat.read(fine, as_version=4).cells[0].outputs


def test_what_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["nowhere.ipynb"])
    assert "there is no notebook nowhere.ipynb" in capsys.readouterr().err


def test_a_folder_is_its_notebooks(notebook, tmp_path):
    path = notebook("1 + 1")
    hidden = tmp_path / ".ipynb_checkpoints" / "notebook.ipynb"
    hidden.parent.mkdir()
    hidden.write_bytes(path.read_bytes())
    assert main([str(tmp_path)]) == 0
    assert nbformat.read(path, as_version=4).cells[0].outputs
    assert not nbformat.read(hidden, as_version=4).cells[0].outputs


def test_a_file_that_is_no_notebook_is_named_and_the_others_are_recorded(
    notebook, tmp_path, capsys
):
    broken = tmp_path / "broken.ipynb"
    broken.write_text("<<<<<<< HEAD")
    path = notebook("1 + 1")
    assert main([str(broken), str(path)]) == 1
    assert f"{broken} cannot be read as a notebook" in capsys.readouterr().err
    assert nbformat.read(path, as_version=4).cells[0].outputs


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
