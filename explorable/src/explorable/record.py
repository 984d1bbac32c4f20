"""Run notebooks and store their outputs in one normal form.

::

    python -m explorable.record                          every notebook below this folder
    python -m explorable.record chapters/one-weight.ipynb

Each notebook runs in a fresh kernel, two notebooks at a time, with every position of every
`explore` figure drawn. Recording twice changes no byte. A notebook that fails stays as it was.

The normal form keeps what nbval can compare and what a page can show: adjacent text of one
stream is one output, stdout before stderr; an error is its type and message; widget views, which
mean nothing without their kernel, and what an editor or a run notes in the metadata are left out.
A cell tagged ``hide-input``, which Jupyter Book shows closed, is closed in JupyterLab too.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_output
from tqdm import tqdm

from explorable._show import WIDGET_VIEW

#: What a recording kernel's environment holds, so that it gives the same bytes on any machine.
ENVIRONMENT = {
    "EXPLORABLE_RECORD": "1",
    # torch and MKL choose other instructions on another processor, and the last digits follow.
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "OMP_NUM_THREADS": "1",  # how a sum is split over threads changes its last digits
    "PYTHONHASHSEED": "0",
}
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_AT_A_TIME = 2
#: Metadata that no author wrote.
_NOTED = {"ExecuteTime", "accelerator", "colab", "collapsed", "editable", "execution", "id"}
_NOTED |= {"jupyter", "language_info", "outputId", "scrolled", "toc-autonumbering", "vscode"}
_NOTED |= {"widgets"}


def record(paths: list[Path]) -> list[str]:
    """Run the notebooks at `paths` and rewrite those whose outputs changed.

    Returns
    -------
    list of str
        For each notebook that failed: which one, which cell, and why. Its file is untouched.
    """
    kept = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        with ThreadPoolExecutor(_AT_A_TIME) as threads:
            results = threads.map(_record, paths)
            failures = list(tqdm(results, total=len(paths), unit="notebook", disable=None))
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return [failure for failure in failures if failure]


def _record(path):
    """Run a notebook and rewrite it; return why that failed, if it did."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:
        return f"{path} cannot be read as a notebook"
    running = []
    client = NotebookClient(
        notebook,
        kernel_name=_KERNEL["name"],
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR"],  # no word on its transport for each kernel
        timeout=600,
        record_timing=False,
        on_cell_execute=lambda cell, cell_index: running.append(cell_index),
    )
    try:
        client.execute()
        _write(path, normal_form(notebook))
    except CellExecutionError as failure:
        first_line = notebook.cells[running[-1]].source.strip().splitlines()[0]
        where = f"{path}, cell {running[-1]} ({first_line})"  # no editor shows the number
        return f"{where}: {failure.ename}: {failure.evalue}"
    except Exception as error:  # one notebook never hides what the others have to say
        return f"{path}: {type(error).__name__}: {error}"


def normal_form(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return `notebook`, changed in place, in the form described above."""
    notebook.metadata = _authors(notebook.metadata | {"kernelspec": _KERNEL})
    notebook.nbformat_minor = 5
    for cell in notebook.cells:
        cell.metadata = _authors(cell.metadata)
        if "hide-input" in cell.metadata.get("tags", []):
            cell.metadata.jupyter = nbformat.from_dict({"source_hidden": True})
        if cell.cell_type == "code":
            cell.outputs = normal_outputs(cell.outputs)
    return notebook


def _authors(metadata):
    empty = ([], {"slide_type": ""})
    return nbformat.from_dict(
        {name: what for name, what in metadata.items() if name not in _NOTED and what not in empty}
    )


def normal_outputs(outputs: list) -> list:
    """Return the outputs of one cell in the form described above."""
    normal = []
    for output_type, run in groupby(outputs, key=lambda output: output.output_type):
        if output_type != "stream":
            normal += map(_normal, run)
            continue
        texts = {"stdout": "", "stderr": ""}
        for output in run:
            texts[output.name] += output.text
        normal += [new_output("stream", name=n, text=text) for n, text in texts.items() if text]
    return normal


def _normal(output):
    if output.output_type == "error":
        error = {"ename": output.ename, "evalue": output.evalue}
        return new_output("error", **error, traceback=[f"{output.ename}: {output.evalue}"])
    data = {mime: value for mime, value in output.data.items() if mime != WIDGET_VIEW}
    count = {"execution_count": output.execution_count} if "execution_count" in output else {}
    return new_output(output.output_type, data=data, **count)


def _write(path, notebook):
    """Replace the file at once, so that an interrupted run leaves the old one."""
    text = nbformat.writes(notebook, version=4) + "\n"
    if text != path.read_text(encoding="utf-8"):
        new = path.with_suffix(".recording")
        new.write_text(text, encoding="utf-8")
        new.replace(path)


def _notebooks(path):
    """Return a notebook, or all below a folder but what is hidden or made there."""
    found = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
    return [f for f in found if not any(p[0] in "._" for p in f.relative_to(path).parts)]


def main(arguments: list[str] | None = None) -> int:
    """Record what the command line names; return 1 if a notebook failed, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m explorable.record", description="Run notebooks and store their outputs."
    )
    parser.add_argument(
        "paths", nargs="*", type=Path, default=[Path()], help="notebooks, or folders (this one)"
    )
    paths = parser.parse_args(arguments).paths
    if absent := [path for path in paths if not path.exists()]:
        parser.error(f"there is no notebook {absent[0]}")
    failures = record([notebook for path in paths for notebook in _notebooks(path)])
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
