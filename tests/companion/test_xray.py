"""The promise of `companion.xray`: what it draws is what the engine and torch really did.

Protected here: both sides see the same graph; the gradients seen are those that the engine of the
book, torch and a wrong engine compute; watching changes no result; the drawing marks exactly the
wrong gradients, and has the same bytes each time.
"""

import io

import matplotlib
import pytest

from companion.engine import Scalar
from companion.figures.engine import engine_xray
from companion.xray import count_steps, watch_engine, watch_torch
from explorable import style

pytestmark = pytest.mark.filterwarnings("error")


def diamond(a, b):
    c = a + b
    d = a * b
    e = c + d
    f = c * d
    y = e + f
    return locals()


def product(a, b, d):
    c = a + b
    e = c * d
    return locals()


class Recursive(Scalar):
    def backward(self, grad=1.0):
        self.grad = (self.grad or 0.0) + grad
        for x, slope in self.edges:
            x.backward(slope * self.grad)


CASES = [(diamond, {"a": 2.0, "b": 3.0}, 1), (product, {"a": 3.0, "b": 2.0, "d": 1.0}, 2)]


def texts(figure):
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("case", CASES, ids=["diamond", "product"])
def test_the_engine_and_torch_show_the_same(case):
    ours, torchs = watch_engine(Scalar, *case), watch_torch(*case)
    assert ours.edges.keys() == torchs.edges.keys()
    assert ours.phases[0] == torchs.phases[0]
    assert len(ours.phases) == 1 + case[2]
    for mine, theirs in zip(ours.phases[1:], torchs.phases[1:], strict=True):
        assert (mine[-1].kept, mine[-1].passed) == (theirs[-1].kept, theirs[-1].passed)
        visited = [moment.at for moment in mine]
        assert sorted(visited) == sorted(moment.at for moment in theirs)
        assert sorted(visited) == sorted(ours.phases[0][-1].values)  # each node once


def test_the_numbers_of_the_book():
    assert watch_torch(*CASES[0]).phases[1][-1].kept == {"a": 25, "b": 19}
    assert watch_torch(*CASES[1]).phases[2][-1].kept == {"a": 2, "b": 2, "d": 10}
    wrong = watch_engine(Recursive, *CASES[0])
    assert (wrong.phases[1][-1].kept["a"], wrong.phases[1][-1].kept["b"]) == (29, 22)
    assert [moment.came for moment in wrong.phases[1] if moment.at == "a"] == [1, 3, 7, 18]


def test_the_forward_pass_appears_node_by_node():
    forward = watch_torch(*CASES[0]).phases[0]
    assert [moment.at for moment in forward] == ["", "c", "d", "e", "f", "y"]
    assert forward[0].values == {"a": 2, "b": 3}
    assert forward[-1].values == {"a": 2, "b": 3, "c": 5, "d": 6, "e": 11, "f": 30, "y": 41}


def test_only_the_wrong_gradients_are_marked_and_only_at_the_end():
    torchs = watch_torch(*CASES[0])
    wrong, right = watch_engine(Recursive, *CASES[0]), watch_engine(Scalar, *CASES[0])
    last = count_steps(wrong, torchs) - 1
    assert last == 20
    marked = [text for text in texts(engine_xray(diamond, wrong, torchs, last)) if "≠" in text]
    assert marked == [".grad 29 ≠", ".grad 22 ≠"]
    assert not any("≠" in text for text in texts(engine_xray(diamond, wrong, torchs, last - 1)))
    assert not any("≠" in text for text in texts(engine_xray(diamond, right, torchs, 99)))


def test_the_caption_adds_up():
    torchs, wrong = watch_torch(*CASES[0]), watch_engine(Recursive, *CASES[0])
    assert "c gets 6: 1 + 6 = 7" in texts(engine_xray(diamond, wrong, torchs, 15))
    assert texts(engine_xray(diamond, wrong, torchs, 6)).count("y starts the way back") == 2


def test_the_same_program_gives_the_same_bytes():
    def svg():
        ours, torchs = watch_engine(Scalar, *CASES[1]), watch_torch(*CASES[1])
        with matplotlib.rc_context(style):
            engine_xray(product, ours, torchs, 7).savefig(
                buffer := io.BytesIO(), format="svg", metadata={"Date": None}
            )
        return buffer.getvalue()

    assert svg() == svg()
