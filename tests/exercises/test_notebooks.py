"""An exercise notebook reads well everywhere, and spoils nothing.

Protected here: each exercise stands in one notebook, with three hints and a closed solution; its
untouched stub is "not solved yet", and its fenced solution, run as a reader would run it, is
"solved"; nothing in sight is solved or MyST's own markup; no name stands for two answers.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest
import torch

from companion.check import Function, Number, Project, check
from companion.exercises import concepts, exercises

NOTEBOOKS = sorted((Path(__file__).parents[2] / "exercises").glob("*.ipynb"))
CELLS = {
    path.stem: {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    for path in NOTEBOOKS
}
ASKED = [(stem, name) for stem, cells in CELLS.items() for name in exercises if name in cells]
WITH_SOLUTION = [(stem, name) for stem, name in ASKED if name not in concepts.exercises]
DETAILS = re.compile(r"<details>\n<summary>([^<]+)</summary>\n\n(.+?)\n\n</details>", re.DOTALL)
FENCE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_each_exercise_stands_in_one_notebook():
    chapters = (NOTEBOOKS[0].parents[1] / "chapters").glob("*.ipynb")
    cells = [cell for path in chapters for cell in nbformat.read(path, as_version=4).cells]
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    predicted = re.findall(r'^predict\("([^"]+)", \.\.\.\)', code, re.MULTILINE)
    assert sorted([*(name for _, name in ASKED), *predicted]) == sorted(exercises)


@pytest.mark.parametrize(("stem", "name"), WITH_SOLUTION, ids=lambda part: part)
def test_the_stub_is_refused_and_the_fenced_solution_passes(stem, name):
    cells, names = CELLS[stem], {}

    def run(source):
        *first, last = ast.parse(source).body
        exec(compile(ast.Module(first, []), name, "exec"), names)  # noqa: S102 as a kernel does
        if isinstance(last, ast.Expr):
            return eval(compile(ast.Expression(last.value), name, "eval"), names)
        exec(compile(ast.Module([last], []), name, "exec"), names)  # noqa: S102

    run(cells["imports"].source)
    code = isinstance(exercises[name], Function | Project)
    for part in ("given", "stub", "check") if code else ("answer",):
        if f"{name}-{part}" in cells or part != "given":
            result = run(cells[f"{name}-{part}"].source)
    assert str(result).startswith("Not solved yet.")

    [(_, solution)] = DETAILS.findall(cells[f"{name}-solution"].source)
    *_, fenced = FENCE.findall(solution)
    result = run(fenced)
    if code:
        result = run(cells[f"{name}-check"].source)
    assert result, str(result)


#: What to look at in what the program of a statement leaves, and its value.
LEAVES = {
    "branch-gradient": ("x.grad", 192),
    "case-table": ("loss", 12),
    "in-place-recorded": ("w.grad[2]", 21),
    "kept-output": ("x.grad", 25),
    "leaf-count": ("sum(tensor.is_leaf for tensor in (a, b, c, d, e, f, g))", 5),
    "old-name": ("v.grad", 7),
    "quotient-in-float32": ("slope", 0),
    "who-still-learns": ("[w.grad is None for w in weights]", [False, True, True, False]),
}


@pytest.mark.parametrize("name", LEAVES)
def test_the_program_of_a_statement_ends_as_its_answer_says(name):
    """The notebook's own text is run here, and `RIGHT` of each chapter has the answer."""
    weights = [torch.tensor(w, requires_grad=True) for w in (2.0, 3.0, 0.5, 4.0)]
    names = {"torch": torch, "weights": weights}
    names |= {f"w{number}": w for number, w in enumerate(weights, start=1)}
    [statement] = [cells[name].source for cells in CELLS.values() if name in cells]
    exec(FENCE.search(statement)[1], names)  # noqa: S102 it is the book's
    expression, value = LEAVES[name]
    found = eval(expression, names)
    if isinstance(exercises[name], Number):
        assert check(name, value) and found == pytest.approx(value)
    else:
        assert found == value


@pytest.mark.parametrize(("stem", "name"), WITH_SOLUTION, ids=lambda part: part)
def test_three_hints_and_a_solution_open_one_by_one(stem, name):
    cells = CELLS[stem]
    titles = [title for title, _ in DETAILS.findall(cells[f"{name}-hints"].source)]
    assert titles == ["Hint 1", "Hint 2", "Hint 3"]
    assert [title for title, _ in DETAILS.findall(cells[f"{name}-solution"].source)] == ["Solution"]


@pytest.mark.parametrize("stem", CELLS)
def test_a_notebook_is_plain_and_spoils_nothing(stem):
    for cell in CELLS[stem].values():
        if cell.cell_type == "markdown":
            assert not re.search(r"^[`:]{3,}\{|\{[a-z]+\}`|^\(.+\)=$", cell.source, re.MULTILINE)
            in_sight = DETAILS.sub("", cell.source)
            assert "<details" not in in_sight
            assert "olution\n" not in in_sight
        for output in cell.get("outputs", []):
            assert "Solved." not in output.get("data", {}).get("text/plain", "")


@pytest.mark.parametrize("stem", CELLS)
def test_one_name_for_one_answer(stem):
    checks = [cell.source for cell in CELLS[stem].values() if cell.id.endswith("-check")]
    answers = [re.fullmatch(r'check\("[\w-]+", ([\w.]+)\)', source)[1] for source in checks]
    assert not [name for name, count in Counter(answers).items() if count > 1]
    for name in exercises:
        if f"{name}-answer" in CELLS[stem]:
            source = CELLS[stem][f"{name}-answer"].source
            assert source.startswith(f'predict("{name}", ...)  # ')


def test_each_stored_question_holds_what_check_asks_today():
    """An output is data of the exercise's name; nbval compares all the rest of it."""
    for stem, name in ASKED:
        for part in ("answer", "check"):
            if cell := CELLS[stem].get(f"{name}-{part}"):
                [output] = cell.outputs
                data = output.data["application/vnd.autograd-in-motion.question+json"]
                data.pop("result", None)  # of the stub, which nbval compares
                assert data == check(name).form.data(name)
