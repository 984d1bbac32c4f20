"""The promise of the figures about tensors: what they say is what torch says, for every setting.

Protected here: a passport's words and arrows agree with the tensor; the graph beside the code has a
node for each line that ran; each step of a slider changes the picture; frames keep their elements.
"""

import itertools

import pytest
import torch
from matplotlib import rc_context

from companion.figures.chain_rule import doublings
from companion.figures.tensors import (
    BOTH,
    CODE,
    DETACH,
    NOTHING,
    ONE,
    PLAIN,
    RETAIN,
    branching,
    define_by_run,
    tensor_passport,
)
from explorable import style
from explorable._svg import from_figure, to_string

SETTINGS = list(itertools.product((NOTHING, ONE, BOTH), (PLAIN, RETAIN, DETACH), (False, True)))
RUNS = list(itertools.product(range(5), [k / 4 for k in range(1, 13)]))


def words(figure):
    return [text.get_text() for text in figure.texts]


def svg(draw, *values):
    with rc_context(style):
        return from_figure(draw(*values))


def tags(draw, *values):
    return tuple(element.tag for element in svg(draw, *values).iter())


@pytest.mark.parametrize(("learns", "then", "backward"), SETTINGS)
def test_a_passport_says_what_the_program_would(learns, then, backward):
    said = words(tensor_passport(learns, then, backward))
    runs = learns != NOTHING and then != DETACH
    slopes = {"x": 24, "w": 36, "y": 12}
    for name in ("x", "w", "y", "loss"):
        asked = {"x": learns == BOTH, "w": learns != NOTHING, "y": then == RETAIN}.get(name)
        has = asked and runs and backward
        assert (f"{name}.grad = {slopes.get(name)}" in said) == bool(has)
    assert said.count("a leaf") == (2 if runs else 4)
    assert said.count("requires a gradient") == (learns != NOTHING) + (learns == BOTH) + 2 * runs
    error = "element 0 of tensors does not require" in said
    can_retain = learns != NOTHING or then != RETAIN
    assert error == (backward and not runs and can_retain)


@pytest.mark.parametrize(("times", "x"), RUNS)
def test_the_graph_has_a_node_for_each_line_that_ran(times, x):
    said = words(define_by_run(times, x))
    y = x * 2**times
    assert said.count("MulBackward0") == times
    assert ("SubBackward0" in said) == (y > 3)
    assert ("ExpBackward0" in said) == (y <= 3)


def test_the_code_that_is_shown_is_what_runs():
    assert branching(torch.tensor(0.5), 3).item() == 3
    assert max(map(len, CODE)) <= 22  # or it would reach the graph


@pytest.mark.parametrize(
    ("draw", "rows"),
    [
        (define_by_run, [[(times, k / 4) for k in range(1, 13)] for times in range(5)]),
        (define_by_run, [[(times, k / 4) for times in range(5)] for k in range(1, 13)]),
        (doublings, [[(k,) for k in range(1, 9)]]),
    ],
)
def test_each_step_of_a_slider_changes_the_picture(draw, rows):
    for row in rows:
        pictures = [to_string(svg(draw, *values)) for values in row]
        assert all(a != b for a, b in itertools.pairwise(pictures))


def test_frames_keep_their_elements():
    assert len({tags(tensor_passport, *setting) for setting in SETTINGS}) == 1
    assert len({tags(define_by_run, *run) for run in RUNS[::5]}) == 1
    assert len({tags(doublings, k) for k in range(1, 9)}) == 1
