"""The concept inventory: its questions are true, and each wrong answer is sent to its cure.

Protected here: the notebook shows the options of the module and the programs that it runs; torch
finds one right option; each wrong one has a sentence of its own, which neither tells the answer
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


#: What to look at in what a question's program leaves, its value, and the option that says so.
SEEN = {
    "concept-adds-up": ("w.grad", 7, "7"),
    "concept-empty-before-step": ("w", 1, "`w` stays 1."),
    "concept-loss-requires-grad": ("w.grad", None, "`None`"),
    "concept-leaf": ("y.is_leaf", True, "Yes, because it does not require a gradient."),
    "concept-data-edit": ("w.grad", 8, "8"),
    "concept-detach-shares": ("x[0]", 5, "5"),
    "concept-eval": ("y_hat.requires_grad", True, "`True`"),
    "concept-rows": ("x.grad.tolist()", [1, 2], "[1, 2]"),
    "concept-no-factor": ("x.grad.tolist()", [2, 2, 2], "[2, 2, 2]"),
    "concept-where": ("str(x.grad)", "tensor(nan)", "`nan`"),
    "concept-kink": ("x.grad", 0, "0"),
    "concept-round": ("x.grad", 0, "0"),
    "concept-shapes": ("difference.shape", (3, 3), "(3, 3)"),
    "concept-batch": ("w.grad", 9, "9"),
    "concept-intermediate": ("h.grad", None, "`None`, with a warning"),
}


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@pytest.mark.parametrize("label", SEEN)
def test_the_program_in_the_notebook_ends_as_the_right_option_says(label):
    """The notebook's own text is run here, not what the module made of it."""
    names = {"torch": torch}
    [program] = re.findall(r"^```python\n(.*?)^```", CELLS[label], re.MULTILINE | re.DOTALL)
    exec(program, names)  # noqa: S102 it is the book's
    expression, value, text = SEEN[label]
    assert eval(expression, names) == value
    assert QUESTIONS[label].options[QUESTIONS[label].truth()] == text


@each
def test_a_wrong_answer_is_sent_to_its_cure(label):
    question = QUESTIONS[label]
    sentences = []
    for letter, sentence in question.wrong.items():
        text, title, chapter, entry = re.fullmatch(
            r"(.+) Read \[([^\]]+)\]\(chapters/([\w-]+)(?:#error-([\w-]+))?\)\.", sentence
        ).groups()
        sources = "\n".join(
            cell.source
            for cell in nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4).cells
        )
        assert re.search("^# (.+)$", sources, re.MULTILINE)[1] == title
        assert not entry or f"(error-{entry})=" in sources
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
