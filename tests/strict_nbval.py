"""nbval without its holes: what a cell shows now must be all that is stored, in that order.

Plain nbval lets some changes pass: a cell that was never run, outputs of different kinds in
another order, a bitmap, a cell tagged to be skipped. Here, after nbval's own comparison, which
explains a difference best, the whole list of a cell's outputs must be equal to the stored one.

pytest loads this by name (pyproject.toml), not as a conftest: a conftest in this folder would
not be asked about the notebooks of the others.
"""

import os
import sys
from contextlib import nullcontext
from functools import cache
from unittest.mock import patch

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from explorable.record import ENVIRONMENT, normal_outputs
from tests import warm_kernel

_SHOWN = ("stream", "display_data", "execute_result", "error")
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
        for cell in super().collect():
            yield StrictCell.from_parent(
                self, name=cell.name, cell_num=cell.cell_num, cell=cell.cell, options=cell.options
            )

    def get_kernel_message(self, timeout=None, stream="iopub"):
        message = super().get_kernel_message(timeout, stream)
        self.messages.append(message)
        return message


def _warm_kernels():
    launch = "jupyter_client.provisioning.local_provisioner.launch_kernel"
    return patch(launch, _launcher()) if sys.platform == "linux" else nullcontext()


_launcher = cache(warm_kernel.launcher)  # one for each pytest worker


class StrictCell(IPyNbCell):
    """A code cell, all of whose outputs are compared."""

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


def _kinds(outputs):
    return [output.get("name", output.output_type) for output in outputs]
