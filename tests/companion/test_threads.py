"""That a notebook's torch works as it did when its outputs were recorded: in one thread."""

import os
import subprocess
import sys

import pytest

EARLIER = """
import sys, types
sys.modules["torch"] = types.SimpleNamespace(set_num_threads=print)
import companion
"""


@pytest.mark.parametrize(
    ("code", "asked", "told"),
    [
        ("import companion, torch; print(torch.get_num_threads())", "", "1"),
        (EARLIER, "", "1"),  # torch was imported before, and has read its environment
        (EARLIER, "2", ""),
    ],
)
def test_torch_has_one_thread_unless_a_reader_asks_for_more(code, asked, told):
    """With two, a figure that trains a net answered after 10 s on a busy machine, and not in 0.5."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    environment |= {"OMP_NUM_THREADS": asked} if asked else {}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == told
