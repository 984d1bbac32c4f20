"""What the chapters on stopping a gradient and on training loops promise of torch.

Protected here: the table of six things and five questions, by what each thing is known for; which
weights learn around a frozen layer and around a cut; what becomes of each loop. The figures only
show these answers, and must show them all.
"""

import itertools

import pytest

from companion.figures.loop_mistakes import training_loop
from companion.figures.no_grad import switch_board, where_it_stops
from companion.loops import LOOPS, answers, run, verdict
from companion.switches import THINGS, chain, gradients
from companion.switches import answers as table

STOPPED = ("element 0 of tensors", "a leaf Variable", "unsupported operand")


def words(figure):
    return [text.get_text() for text in figure.texts]


def test_the_table_says_what_each_thing_is_known_for():
    tracked, shares, noticed, factor, dropout = zip(*map(table, THINGS), strict=True)
    assert tracked == ("no", "no", "no", "no", "to x", "yes"), "two of the six stop nothing"
    assert [thing for thing, yes in zip(THINGS, shares, strict=True) if yes == "yes"] == [
        "detach()",
        ".data",
    ]
    assert noticed == ("yes", "yes", "yes", "no: 8", "yes", "yes"), "only .data hides an edit"
    assert factor == ("yes", "no", "yes", "yes", "yes", "yes")
    assert dropout == ("no",) * 5 + ("yes",)


@pytest.mark.parametrize(("row", "thing"), list(enumerate(THINGS, 1)))
def test_the_board_shows_the_table_and_what_comes_back(row, thing):
    said, live = words(switch_board(row)), gradients(thing)
    assert all(said.count(answer) >= table(thing).count(answer) for answer in table(thing))
    assert (f"x.grad = {live.x or 0:g}" in said) == (not live.error)
    assert live.x == (None if live.error else 6 if live.s else 3)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_freezing_spares_one_weight_and_a_cut_all_before_it(place):
    for thing in THINGS:
        learns = [layer.w.grad is not None for layer in chain(thing, place)[0]]
        if thing == "eval()":
            expected = [True] * 3
        elif thing == "requires_grad_(False)":
            expected = [number != place for number in (1, 2, 3)]
        elif thing == "inference_mode()":
            expected = [False] * 3
        else:
            expected = [number > place for number in (1, 2, 3)]
        assert learns == expected, thing
        assert words(where_it_stops(thing, place)).count("None") == 3 - sum(learns)


def test_four_loops_stop_and_four_say_nothing():
    right = run("nothing")
    assert abs(right.weights[-1] - 2) < 0.02 and not right.error
    stopped = [mistake for mistake in LOOPS if run(mistake).error]
    assert all(run(mistake).error.startswith(STOPPED) for mistake in stopped)
    assert len(stopped) == 4 and len(LOOPS) == 9
    for mistake in LOOPS:
        assert (verdict(mistake) == "w goes to 2") == (mistake == "nothing")
        assert verdict(mistake) in words(training_loop(mistake, 8))
        assert max(map(len, LOOPS[mistake][0])) <= 41  # or a line would leave the picture
    line = run("retain_graph=True").weights
    steps = [after - before for before, after in itertools.pairwise(line)]
    assert max(steps) - min(steps) < 1e-9, "a straight line"


def test_batch_norm_is_changed_by_its_test_and_dropout_is_not():
    for layer, changed in (("dropout", False), ("batch norm", True)):
        before, forgotten, late = answers(layer)
        assert set(before) == {before[0]} and forgotten != before
        assert (late[-1] < 0.1) == changed
