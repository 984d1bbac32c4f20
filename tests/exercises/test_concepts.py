"""The concept inventory: its questions are true, and each wrong answer is sent to its cure.

Protected here: the notebook shows the options of the module, and its programs end as the right one
says; each wrong one has a sentence of its own, which neither tells the answer
nor points to a chapter that does not exist.
"""

import re

import nbformat
import pytest
import torch

from companion.check import check
from companion.exercises import concepts
from tests.conftest import ROOT

QUESTIONS = concepts.exercises
CELLS = {
    cell.id: cell.source
    for cell in nbformat.read(ROOT / "exercises" / "concepts.ipynb", as_version=4).cells
}
each = pytest.mark.parametrize("label", QUESTIONS)


def test_there_are_twenty_in_the_order_of_the_notebook():
    assert len(QUESTIONS) == 20
    assert [name for name in CELLS if name in QUESTIONS] == list(QUESTIONS)
    headings = [re.search("^## (.*)$", CELLS[label], re.MULTILINE)[1] for label in QUESTIONS]
    assert headings == [f"Question {number}" for number in range(1, 21)]


@each
def test_the_notebook_asks_and_the_options_stand_in_the_output(label):
    question = QUESTIONS[label]
    assert list(question.options) == list("abcd")[: len(question.options)]
    assert len(question.options) in (3, 4)
    assert CELLS[f"{label}-answer"] == f'predict("{label}", ...)  # a letter in quotes'


@each
def test_one_option_is_right(label):
    question = QUESTIONS[label]
    right = question.truth()
    assert set(question.wrong) == set(question.options) - {right}
    assert str(check(label, right)) == "Solved."
    assert str(check(label, f" {right.upper()} ")) == "Solved."


class Wide(torch.autograd.Function):
    """The function of question 17, which its statement tells in words."""

    @staticmethod
    def forward(ctx, x):
        return x.sum()

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.tensor([[1.0, 1.0], [2.0, 2.0]])


def held(node, name):
    """Return how many nodes of this name hang on a node of torch's graph."""
    if node is None:
        return 0
    return (node.name() == name) + sum(held(earlier, name) for earlier, _ in node.next_functions)


def visits():
    """Return how often additions compute slopes, in a chain of three as the notebook's."""
    y, found = torch.tensor(1.0, requires_grad=True), []
    for _ in range(3):
        y = y + y
        y.grad_fn.register_prehook(found.append)
    y.backward()
    return len(found)


def raises(backward, *values):
    try:
        backward(*values)
    except RuntimeError:
        return True
    return False


def edited(function):
    """Return the result of a function, edited in place."""
    y = function(torch.tensor(1.0, requires_grad=True))
    with torch.no_grad():
        y.add_(1)
    return y


def fits(shape):
    y = torch.ones(2, 3) @ torch.ones(3, requires_grad=True)
    return not raises(y.backward, torch.ones(shape))


def gradient_of_wide():
    x = torch.ones(2, requires_grad=True)
    Wide.apply(x).backward()
    return x.grad.tolist()


#: What to look at in what a question's program leaves, its value, and the option that says so.
SEEN = {
    "adds-up": ("w.grad", 7, "7"),
    "empty-before-step": ("w", 1, "`w` stays 1."),
    "loss-requires-grad": ("w.grad", None, "`None`"),
    "leaf": ("y.is_leaf", True, "Yes, because it does not require a gradient."),
    "data-edit": ("w.grad", 8, "8"),
    "detach-shares": ("x[0]", 5, "5"),
    "eval": ("y_hat.requires_grad", True, "`True`"),
    "rows": ("x.grad.tolist()", [1, 2], "[1, 2]"),
    "no-factor": ("x.grad.tolist()", [2, 2, 2], "[2, 2, 2]"),
    "where": ("str(x.grad)", "tensor(nan)", "`nan`"),
    "kink": ("x.grad", 0, "0"),
    "round": ("x.grad", 0, "0"),
    "total": ("held(total.grad_fn, 'PowBackward0')", 3, "Three: one for each turn."),
    "shapes": ("difference.shape", (3, 3), "(3, 3)"),
    "batch": ("w.grad", 9, "9"),
    "visits": ("visits()", 3, "3 times: once for each addition"),
    "custom": ("gradient_of_wide()", [3, 3], "[3, 3]: both rows are added."),
    "saved": (
        "[raises(edited(f).backward) for f in (torch.exp, torch.sin)]",
        [True, False],
        "after `exp` only",
    ),
    "shape-of-v": ("[*map(fits, [(2,), (3,), (2, 3)])]", [True, False, False], "(2,), like `y`"),
    "intermediate": ("h.grad", None, "`None`, with a warning"),
}


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@each
def test_the_program_in_the_notebook_ends_as_the_right_option_says(label):
    """The notebook's own text is run here."""
    names = {**globals()}
    for program in re.findall(r"^```python\n(.*?)^```", CELLS[label], re.MULTILINE | re.DOTALL):
        exec(program, names)  # noqa: S102 it is the book's
    expression, value, text = SEEN[label.removeprefix("concept-")]
    assert eval(expression, names) == value
    assert QUESTIONS[label].options[QUESTIONS[label].truth()] == text


@each
def test_a_wrong_answer_is_sent_to_its_cure(label):
    question = QUESTIONS[label]
    sentences = []
    for letter, sentence in question.wrong.items():
        text, title, chapter = re.fullmatch(
            r"(.+) Read \[([^\]]+)\]\(chapters/([\w-]+)\)\.", sentence
        ).groups()
        sources = "\n".join(
            cell.source
            for cell in nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4).cells
        )
        assert re.search("^# (.+)$", sources, re.MULTILINE)[1] == title
        said = str(check(label, letter))
        assert said == f"Not solved yet.\nYou answered {letter}.\n{text} Read “{title}”."
        sentences.append(text)
    # The two wrong shapes of one question come from one mistake.
    assert len(set(sentences)) >= len(sentences) - (label == "concept-shapes")


def test_the_right_option_stands_at_every_place():
    places = [question.truth() for question in QUESTIONS.values()]
    assert {place: places.count(place) >= 3 for place in "abcd"} == dict.fromkeys("abcd", True)


def test_every_chapter_that_teaches_autograd_cures_something():
    cured = set(re.findall(r"chapters/([\w-]+)", str([q.wrong for q in QUESTIONS.values()])))
    assert cured == set(concepts._CHAPTERS)
