"""Run notebooks and store their outputs in one normal form.

::

    python -m explorable.record                          every notebook below this folder
    python -m explorable.record chapters/one-weight.ipynb

Each notebook runs in a fresh kernel, two notebooks at a time, with every position of every
`explore` figure drawn. Recording twice changes no byte. A notebook that fails stays as it was.

The normal form keeps what nbval can compare and what a page can show: adjacent text of one
stream is one output, stdout before stderr; an error is its type and message; widget views, which
mean nothing without their kernel, and all metadata but tags and the kernel's name are left out.
A cell tagged ``hide-input``, which Jupyter Book shows closed, is closed in JupyterLab too.
"""

import argparse
import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

from explorable._explore import PROGRESS

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
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class RecordError(Exception):
    """A notebook that cannot be recorded: which one, which cell, and why."""


def record(paths: list[Path]) -> list[RecordError]:
    """Run the notebooks at `paths` and rewrite those whose outputs changed.

    Returns
    -------
    list of RecordError
        One for each notebook that failed; its file is untouched.
    """
    notebooks, unreadable = {}, []
    for path in paths:
        try:
            notebooks[path] = nbformat.read(path, as_version=4)
        except Exception:
            unreadable.append(RecordError(f"{path} cannot be read as a notebook"))
    cells = sum(cell.cell_type == "code" for nb in notebooks.values() for cell in nb.cells)
    kept = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    try:
        # In a thread of its own, since the caller's may have a loop that runs already.
        with (
            tqdm(total=cells, unit="cell", disable=None) as bar,
            ThreadPoolExecutor(1) as thread,
        ):
            results = thread.submit(asyncio.run, _record_all(notebooks, bar)).result()
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return unreadable + [result for result in results if result is not None]


async def _record_all(notebooks, bar):
    slots = asyncio.Semaphore(_AT_A_TIME)

    async def one(path, notebook):
        async with slots:
            try:
                await _run(path, notebook, bar)
                _write(path, normal_form(notebook))
            except RecordError as error:
                return error
            except Exception as error:  # one notebook never hides what the others have to say
                return RecordError(f"{path}: {type(error).__name__}: {error}")

    return await asyncio.gather(*(one(path, notebook) for path, notebook in notebooks.items()))


async def _run(path, notebook, bar):
    running = None

    def started(cell, cell_index):
        nonlocal running
        running = cell_index

    client = NotebookClient(
        notebook,
        kernel_name=_KERNEL["name"],
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR"],  # no word on its transport for each kernel
        timeout=600,
        record_timing=False,
        on_cell_execute=started,
        on_cell_executed=lambda **_: bar.update(),
    )
    client.comm_open_handlers[PROGRESS] = lambda message: _FigureProgress(message, bar)
    try:
        await client.async_execute()
    except CellExecutionError as failure:
        where = _place(path, running, notebook.cells[running])
        raise RecordError(f"{where}: {failure.ename}: {failure.evalue}") from failure


def _place(path, number, cell):
    """Return where a cell is, with its first line, since no editor shows the number."""
    return f"{path}, cell {number} ({cell.source.strip().splitlines()[0]})"


class _FigureProgress:
    """Shows on the bar how many positions of a figure are drawn."""

    def __init__(self, message, bar):
        self._figure = message["content"]["data"]["figure"]
        self._bar = bar

    def handle_msg(self, message):
        data = message["content"]["data"]
        self._bar.set_postfix_str(f"{self._figure}: position {data['done']} of {data['of']}")


def normal_form(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return `notebook`, changed in place, in the form described above."""
    notebook.metadata = nbformat.from_dict({"kernelspec": _KERNEL})
    notebook.nbformat_minor = 5
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if "hide-input" in tags:
            cell.metadata.jupyter = nbformat.from_dict({"source_hidden": True})
        if cell.cell_type == "code":
            cell.outputs = normal_outputs(cell.outputs)
    return notebook


def normal_outputs(outputs: list) -> list:
    """Return the outputs of one cell in the form described above."""
    normal = []
    for output_type, run in groupby(outputs, key=lambda output: output.output_type):
        if output_type == "stream":
            texts = {"stdout": "", "stderr": ""}
            for output in run:
                texts[output.name] += output.text
            normal += [
                nbformat.v4.new_output("stream", name=name, text=text)
                for name, text in texts.items()
                if text
            ]
        elif output_type == "error":
            normal += [_normal_error(output) for output in run]
        else:
            normal += [_normal_data(output) for output in run]
    return normal


def _normal_error(output):
    message = f"{output.ename}: {output.evalue}"
    return nbformat.v4.new_output(
        "error", ename=output.ename, evalue=output.evalue, traceback=[message]
    )


def _normal_data(output):
    data = {mime: value for mime, value in output.data.items() if mime != _WIDGET_VIEW}
    count = {"execution_count": output.execution_count} if "execution_count" in output else {}
    return nbformat.v4.new_output(output.output_type, data=data, **count)


def _write(path, notebook):
    """Replace the file at once, so that an interrupted run leaves the old one."""
    text = nbformat.writes(notebook, version=4) + "\n"
    if text != path.read_text(encoding="utf-8"):
        new = path.with_suffix(".recording")
        new.write_text(text, encoding="utf-8")
        new.replace(path)


def _notebooks_below(folder):
    return sorted(
        path
        for path in folder.rglob("*.ipynb")
        if not any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
    )


def main(arguments: list[str] | None = None) -> int:
    """Record what the command line names; return 1 if a notebook failed, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m explorable.record", description="Run notebooks and store their outputs."
    )
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help="which ones (every one below this folder)"
    )
    paths = parser.parse_args(arguments).notebooks or _notebooks_below(Path())
    for path in paths:
        if path.is_dir():
            parser.error(f"{path} is a folder: name its notebooks, {path / '*.ipynb'}")
        if not path.is_file():
            parser.error(f"there is no notebook {path}")
    failures = record(paths)
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
