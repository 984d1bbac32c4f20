"""The promise of `companion.xray`: what it draws is what the engine and torch really did.

Protected here: the gradients seen are those that the engine, torch and wrong engines compute;
both sides have seen the same ones at the end; the drawing marks exactly the wrong ones.
"""

import pytest

from companion.engine import Scalar
from companion.exercises.engine import by_recursion, kept_inside
from companion.xray import draw, watch_engine, watch_torch


def diamond(a, b):
    c = a + b
    d = a * b
    e = c + d
    f = c * d
    return {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "y": e + f}


def product(a, b, d):
    c = a + b
    return {"a": a, "b": b, "d": d, "c": c, "e": c * d}


CASES = [(diamond, {"a": 2.0, "b": 3.0}, 1), (product, {"a": 3.0, "b": 2.0, "d": 1.0}, 2)]


def watch(backward, program, start, times):
    leaves = {name: Scalar(value) for name, value in start.items()}
    return watch_engine(backward, program, leaves, times)


@pytest.mark.parametrize("case", CASES, ids=["diamond", "product"])
def test_the_engine_and_torch_show_the_same(case):
    """In each backward each node gets its gradient once, and it is torch's."""
    ours, torchs = watch(Scalar.backward, *case), watch_torch(*case)
    assert ours.values == torchs.values
    assert len(ours.moments) == len(torchs.moments) == case[2] * len(ours.values)
    for end in range(len(ours.values) - 1, len(ours.moments), len(ours.values)):
        assert ours.moments[end][2:] == torchs.moments[end][2:]


def test_the_numbers_of_the_book():
    wrong, torchs = watch(by_recursion, *CASES[0]), watch_torch(*CASES[0])
    assert torchs.moments[-1].kept == {"a": 25, "b": 19}
    assert (wrong.moments[-1].kept["a"], wrong.moments[-1].kept["b"]) == (29, 22)
    assert [moment.came for moment in wrong.moments if moment.at == "a"] == [1, 3, 7, 18]
    assert watch_torch(*CASES[1]).moments[-1].kept == {"a": 2, "b": 2, "d": 10}
    kept = watch(kept_inside, *CASES[1]).moments[-1].kept
    assert (kept["a"], kept["b"], kept["d"]) == (3, 3, 10)


def test_only_the_wrong_gradients_are_marked_and_only_at_the_end():
    def marked(backward, step):
        figure = draw(watch(backward, *CASES[0]), watch_torch(*CASES[0]), step)
        return [text.get_text() for text in figure.texts if "≠" in text.get_text()]

    assert marked(by_recursion, 14) == ["grad 29 ≠", "grad 22 ≠"]
    assert marked(by_recursion, 13) == marked(Scalar.backward, 6) == []


def test_the_caption_adds_up():
    wrong, torchs = watch(by_recursion, *CASES[0]), watch_torch(*CASES[0])
    texts = [[text.get_text() for text in draw(wrong, torchs, step).texts] for step in (0, 9)]
    assert texts[0].count("y begins with 1") == 2
    assert {"c gets 6: 1 + 6 = 7", "done"} <= set(texts[1])
