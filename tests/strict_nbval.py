"""nbval without its holes: what a cell shows now must be all that is stored, in that order.

Plain nbval lets some changes pass: a cell that was never run, outputs of different kinds in
another order, a bitmap, a cell tagged to be skipped. Here, after nbval's own comparison, which
explains a difference best, the whole list of a cell's outputs must be equal to the stored one.

pytest loads this by name (pyproject.toml), not as a conftest: a conftest in this folder would
not be asked about the notebooks of the others.
"""

import os
import re
import sys
from contextlib import nullcontext
from difflib import unified_diff
from functools import cache
from unittest.mock import patch

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from explorable.record import ENVIRONMENT, normal_outputs
from tests import warm_kernel

_SHOWN = ("stream", "display_data", "execute_result", "error")
_LONG = 300  # characters: nobody reads more in one line
_UNCHECKED = ("clear_output", "update_display_data")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path, parent):
    """Put the classes below in the place of nbval's."""
    collected = yield
    return [
        StrictNotebook.from_parent(parent, path=file_path) if isinstance(file, IPyNbFile) else file
        for file in collected
    ]


class StrictNotebook(IPyNbFile):
    """A notebook, run as `explorable.record` runs it."""

    def setup(self):
        with patch.dict(os.environ, ENVIRONMENT), _warm_kernels():
            super().setup()
        # With a history, as in a notebook: IPython then counts the cells and heeds a last ";".
        execute = self.kernel.kc.execute
        self.kernel.kc.execute = lambda code, **options: execute(
            code, **(options | {"store_history": True})
        )

    def collect(self):
        sections = _sections(nbformat.read(self.path, as_version=4))
        for cell, section in zip(super().collect(), sections, strict=True):
            strict = StrictCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )
            strict.section = section
            yield strict

    def get_kernel_message(self, timeout=None, stream="iopub"):
        message = super().get_kernel_message(timeout, stream)
        self.messages.append(message)
        return message


def _warm_kernels():
    launch = "jupyter_client.provisioning.local_provisioner.launch_kernel"
    return patch(launch, _launcher()) if sys.platform == "linux" else nullcontext()


_launcher = cache(warm_kernel.launcher)  # one for each pytest worker


def _sections(notebook):
    """Return for each code cell the heading above it, which in the Error clinic is its entry."""
    section, found = "", []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found.append(section)
        elif headings := re.findall("^#+ (.+)$", cell.source, re.MULTILINE):
            section = headings[-1]
    return found


class StrictCell(IPyNbCell):
    """A code cell, all of whose outputs are compared."""

    section = ""

    def runtest(self):
        if self.options["skip"] or not self.options["check"]:
            self.raise_cell_error("A tag or comment tells nbval to leave this cell unchecked")
        stored = normal_outputs(self.cell.outputs)  # nbval changes the cell's own
        self.parent.messages = []
        super().runtest()

        request = next(m for m in self.parent.messages if m["msg_type"] == "execute_input")
        messages = [
            message
            for message in self.parent.messages
            if message["parent_header"]["msg_id"] == request["parent_header"]["msg_id"]
        ]
        if self.cell.execution_count != request["content"]["execution_count"]:
            self.raise_cell_error(
                f"The stored run has number {self.cell.execution_count}, not "
                f"{request['content']['execution_count']}: run python -m explorable.record "
                f"{self.path}"
            )
        if unchecked := {message["msg_type"] for message in messages} & set(_UNCHECKED):
            self.raise_cell_error(f"{unchecked.pop()} leaves outputs that cannot be compared")
        fresh = normal_outputs(
            [nbformat.v4.output_from_msg(m) for m in messages if m["msg_type"] in _SHOWN]
        )
        if fresh != stored:
            self.raise_cell_error(
                f"The stored outputs are {_kinds(stored)}; this run gave {_kinds(fresh)}"
            )

    def repr_failure(self, excinfo):
        """Begin with what finds the cell, in an editor too, and stands in pytest's last lines."""
        first_line = self.cell.source.strip().partition("\n")[0]
        return f"{self.section!r}, {first_line!r}\n{super().repr_failure(excinfo)}"

    def format_output_compare(self, key, left, right):
        """List the lines of an output that differ, as git does."""
        before, now = (str(value).splitlines() for value in (left, right))
        lines = unified_diff(before, now, f"stored {key}", "this run", lineterm="", n=1)
        self.comparison_traceback.extend(_short(list(lines)))


def _short(lines):
    """Return lines, of which the long ones, as in a figure, are cut around their difference."""
    common = len(os.path.commonprefix([line[1:] for line in lines if len(line) > _LONG]))
    return [
        f"{line[0]} … {line[max(1, common - 60) : common + 60]} …" if len(line) > _LONG else line
        for line in lines
    ]


def _kinds(outputs):
    return [output.get("name", output.output_type) for output in outputs]
