"""The promise of the figures about tensors: what they say is what torch says, for every setting.

Protected here: a passport's words and arrows agree with the tensor; the graph beside the code has a
node for each line that ran.
"""

import itertools

import pytest
import torch

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

SETTINGS = list(itertools.product((NOTHING, ONE, BOTH), (PLAIN, RETAIN, DETACH), (False, True)))


def words(figure):
    return [text.get_text() for text in figure.texts]


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


@pytest.mark.parametrize("times", range(5))
def test_the_graph_has_a_node_for_each_line_that_ran(times):
    for x in (0.25, 0.5, 0.75, 1.5, 1.75, 3.0):  # on both sides of the branch
        said = words(define_by_run(times, x))
        assert said.count("MulBackward0") == times
        assert ("SubBackward0" in said) == (x * 2**times > 3)
        assert ("ExpBackward0" in said) == (x * 2**times <= 3)


def test_the_code_that_is_shown_is_what_runs():
    assert branching(torch.tensor(0.5), 3).item() == 3
    assert max(map(len, CODE)) <= 22  # or it would reach the graph
