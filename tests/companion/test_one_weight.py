"""Protected here: what the chapter about one weight says in words is so.

Its fold with an older program is no cell, so nbval does not run it; and what it calls regions of
learning rates are numbers in `companion.figures.one_weight`.
"""

import contextlib
import io
import re

import nbformat
import pytest
import torch

from companion.figures.one_weight import EXAMPLES, LIMITS, LOOP, factor, train
from tests.conftest import ROOT


def chapter():
    notebook = nbformat.read(ROOT / "chapters" / "one-weight.ipynb", as_version=4)
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.fixture(scope="module")
def older():
    """What the older program prints, and the names that it leaves behind."""
    [program] = re.findall(r"^```python\n(.*?)^```", chapter(), re.DOTALL | re.MULTILINE)
    names, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, names)  # noqa: S102 as its reader would
    return printed.getvalue().splitlines(), names


def test_the_older_program_prints_what_it_always_has(older):
    printed, names = older
    assert printed[:4] == [
        "\tgrad: 1.0 2.0 -2.0",
        "\tgrad: 2.0 4.0 -7.840000152587891",
        "\tgrad: 3.0 6.0 -16.228801727294922",
        "pregress: 0 7.315943717956543",
    ]
    assert printed[-1] == "pregress: 99 9.094947017729282e-13"
    assert names["forward"](4).item() == 7.999998569488525


def test_the_older_program_and_todays_end_on_the_same_bits(older):
    w = torch.tensor(1.0, requires_grad=True)
    for x, y in EXAMPLES * 100:
        ((w * x - y) ** 2).backward()
        with torch.no_grad():
            w -= 0.01 * w.grad
        w.grad = None
    assert older[1]["w"].item() == w.item() == 1.9999996423721313


def test_the_loop_that_is_drawn_finds_the_numbers_beside_it():
    x_data, y_data = zip(*EXAMPLES, strict=True)
    names = {"torch": torch, "x_data": x_data, "y_data": y_data}
    exec(LOOP, names)  # noqa: S102 the very text of the figure, and of the chapter
    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    names["epoch"](w, 0.01)
    assert w.item() == train(1.0, 0.01, 4)[3].w and w.grad is None
    notebook = nbformat.read(ROOT / "chapters" / "one-weight.ipynb", as_version=4)
    assert any(cell.source.startswith(LOOP) for cell in notebook.cells)


def test_a_gradient_from_backward_has_no_graph():
    w = torch.tensor(1.0, requires_grad=True)
    (w**2).backward()
    assert not w.grad.requires_grad and w.grad.grad_fn is None


def test_the_regions_end_where_an_epoch_neither_shrinks_nor_grows_the_distance():
    creeps, *others = LIMITS
    assert factor(creeps).item() == pytest.approx(0, abs=1e-12)
    assert factor(torch.tensor(others)).abs().tolist() == pytest.approx([1, 1, 1], abs=1e-6)
    for rate, shrinks in (
        (0.01, 1),
        (0.2, 1),
        (0.21, 0),
        (0.47, 0),
        (0.48, 1),
        (0.51, 1),
        (0.52, 0),
    ):
        distances = [abs(entry.w - 2) for entry in train(1.0, rate, 31)[::3]]
        assert (distances[-1] < distances[0]) == shrinks, rate


def test_below_the_first_limit_no_step_passes_the_goal_and_above_it_one_does():
    for rate, passes in ((0.055, False), (0.06, True)):
        assert any(entry.w > 2 for entry in train(1.0, rate, 31)) == passes
