"""Protected here: what the page about the figures says of its first figure, and of the last run."""

import subprocess
import sys

import pytest

from companion.figures import library
from tests.benchmarks._pages import TOOLS
from tests.benchmarks.figures import kilobytes
from tests.conftest import ROOT

MAKE = """
import sys
from pathlib import Path
from matplotlib import rc_context
from explorable import style
from tests.benchmarks._pages import TOOLS
with rc_context(style):
    TOOLS["explore"].make(Path(sys.argv[1]))
"""


def test_three_places_of_the_valley_change_and_the_ball_moves_to_the_right():
    _, changed = library.places()
    assert list(changed) == ["x", "y", "text"]
    across, down = ([float(value) for value in changed[name]] for name in "xy")
    assert across == sorted(set(across))
    assert down == pytest.approx(down[::-1], abs=0.02), "the valley is the same on both sides"


def test_the_recorded_run_is_of_this_library(tmp_path):
    """Its sizes are still true to a tenth; else measure again, as `tests.benchmarks.figures` says."""
    measured = library.costs()["tools"]
    assert list(measured) == list(TOOLS)
    page = tmp_path / "page.html"
    # In a process of its own, as the benchmark: here the book's style is in use.
    subprocess.run([sys.executable, "-c", MAKE, page], cwd=ROOT, check=True, capture_output=True)
    raw, packed = kilobytes(page.read_text(encoding="utf-8"))
    assert measured["explore"]["kB"] == pytest.approx(raw, rel=0.1)
    assert measured["explore"]["gzip kB"] == pytest.approx(packed, rel=0.1)
    assert measured["explore"]["other hosts"] == 0
