"""The promise of `companion.check`: it knows right from wrong, says why, and never raises.

Protected here: in every exercise notebook the untouched stub is "not solved yet" and the solution
is "solved"; answers that are right in another way pass; each known mistake gets the sentence that
names it; first mismatches come in the stated order; and no Python object, however hostile, makes
`check` raise, hang, or print an address.
"""

import math
import re
import sys
import time

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.check import (
    Choice,
    Exercise,
    Order,
    Part,
    _run,
    check,
    judge,
)
from companion.exercises import concepts, exercises

# Choices and orders ---------------------------------------------------------------------------

WAYS = {"a": "nothing", "b": "it is added", "c": "it is replaced"}
WRONG_WAYS = {"a": "Something is written.", "c": "What was there before stays."}


def zero_step(order):
    """Return whether three lines, run in an order, move w by the gradient that is new."""
    w = torch.tensor(1.0, requires_grad=True)
    w.grad = torch.tensor(5.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    lines = {1: optimizer.step, 2: (3 * w).backward, 3: optimizer.zero_grad}
    for number in order:
        lines[number]()
    return math.isclose(w.item(), 0.7, rel_tol=1e-6)


def ways():
    return Choice(WAYS, lambda: "b", WRONG_WAYS)


def lines():
    return Order(
        ["optimizer.step()", "(3 * w).backward()", "optimizer.zero_grad()"],
        zero_step,
        {
            (2, 3, 1): "The gradient is emptied before it is used.",
            "1 before 2": "The step comes before its gradient.",
            "3 last": "An old gradient is still there.",
        },
    )


@pytest.mark.parametrize("answer", ["b", "B", " b ", "\tb\n", type("Text", (str,), {})("b")])
def test_a_letter_may_be_written_in_any_way(answer):
    assert judge(ways(), answer).kind == "solved"
    assert str(judge(ways(), answer)) == "Solved."


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ("a", "value", "You answered a.\nSomething is written."),
        (" C", "value", "You answered c.\nWhat was there before stays."),
        (..., "missing", "in the place of the dots"),
        (None, "missing", "in the place of the dots"),
        ("d", "type", "You answered 'd'.\nAnswer with one letter in quotes: a, b or c."),
        ("", "type", "Answer with one letter in quotes: a, b or c."),
        ("it is added", "type", "Answer with one letter in quotes: a, b or c."),
        (2, "type", "You answered 2.\nAnswer with one letter in quotes: a, b or c."),
        (["b"], "type", "Answer with one letter in quotes: a, b or c."),
        (b"b", "type", "Answer with one letter in quotes: a, b or c."),
    ],
)
def test_a_wrong_choice_is_told_in_its_own_words(answer, kind, text):
    result = judge(ways(), answer)
    assert result.kind == kind
    assert text in str(result)


@pytest.mark.parametrize("answer", [[3, 2, 1], (3, 2, 1), [torch.tensor(3), numpy.int64(2), 1]])
def test_an_order_may_be_a_list_or_a_tuple(answer):
    assert judge(lines(), answer).kind == "solved"


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        ([2, 3, 1], "value", "You answered [2, 3, 1].\nThe gradient is emptied before"),
        ([1, 2, 3], "value", "The step comes before its gradient."),
        ([3, 1, 2], "value", "The step comes before its gradient."),
        ([2, 1, 3], "value", "An old gradient is still there."),
        (..., "missing", "in the place of the dots"),
        (None, "missing", "in the place of the dots"),
        ([1, 2], "type", "the line numbers 1 to 3, each of them once."),
        ([1, 1, 2], "type", "the line numbers 1 to 3, each of them once."),
        ([0, 1, 2], "type", "the line numbers 1 to 3, each of them once."),
        ([1, 2, 3, 4], "type", "the line numbers 1 to 3, each of them once."),
        ([True, 2, 3], "type", "the line numbers 1 to 3, each of them once."),
        ([1.0, 2, 3], "type", "the line numbers 1 to 3, each of them once."),
        ("321", "type", "You answered '321'."),
        (321, "type", "You answered 321."),
        ({3, 2, 1}, "type", "the line numbers 1 to 3, each of them once."),
    ],
)
def test_a_wrong_order_is_told_in_its_own_words(answer, kind, text):
    result = judge(lines(), answer)
    assert result.kind == kind
    assert text in str(result)


def test_an_order_that_no_rule_names_gets_a_general_sentence():
    order = Order(["a", "b"], lambda order: order == (2, 1))
    assert "does something else" in str(judge(order, [1, 2]))


def test_an_order_whose_program_raises_is_wrong():
    order = Order(["a", "b"], lambda order: 1 / (order[0] - 1), {"1 first": "Too early."})
    assert "Too early." in str(judge(order, [1, 2]))
    assert judge(order, [2, 1])


# What holds for any exercise ------------------------------------------------------------------


def square(**options):
    part = Part("{call} returned", lambda x: x**2)
    return Exercise(cases=[{"x": 2.0}, {"x": 3.0}], parts=[part], function="square", **options)


def test_kinds_come_in_their_order():
    """With several things wrong, the one that comes first is told, at whatever input it is."""
    steps = [None, "4", torch.zeros(2), torch.zeros((), dtype=torch.int64), math.inf, 5.0]
    kinds = ["missing", "type", "shape", "dtype", "not finite", "value"]
    for number, kind in enumerate(kinds):
        rest = steps[number:]
        for later in rest:
            answers = {2.0: later, 3.0: rest[0]}
            assert judge(square(), lambda x, answers=answers: answers[x]).kind == kind


def test_sum_and_mean_are_told_apart_both_ways():
    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    part = Part(
        "{call} returned",
        lambda x: (2 * x).sum(),
        {"This is the mean; the sum is asked for.": lambda right, x: right / len(x)},
    )
    exercise = Exercise(cases=[{"x": x}], parts=[part], function="slope")
    assert "This is the mean" in str(judge(exercise, lambda x: (2 * x).mean()))


def test_line_number_counts_from_the_function():
    def outer(x):
        y = x + 1
        return [inner(y) for _ in range(2)]

    def inner(y):
        raise ValueError("no\nsecond line")

    text = str(judge(square(), outer))
    assert text.endswith(
        "stopped with ValueError: no (in line 3: `return [inner(y) for _ in range(2)]`)"
    )


def test_system_exit_and_interrupt_stay_inside():
    for failure in (SystemExit, KeyboardInterrupt, GeneratorExit, RecursionError):

        def square_it(x, failure=failure):
            raise failure

        assert judge(square(), square_it).kind == "raised"


def endless(x):
    while True:
        pass


def endless_and_deaf(x):
    try:
        endless(x)
    except:  # noqa: E722, S110 a reader may write this
        pass
    endless(x)


class SlowToRead:
    def __repr__(self):
        return endless(0)


@pytest.mark.parametrize("answer", [endless, endless_and_deaf, lambda x: SlowToRead()])
def test_endless_loop_is_stopped(answer, monkeypatch):
    monkeypatch.setattr(_run, "SECONDS", 0.2)
    monkeypatch.setitem(exercises, "square", square())
    start = time.monotonic()
    result = check("square", answer)
    assert time.monotonic() - start < 10
    assert result.kind == "too slow"
    assert "0.2 seconds" in str(result)
    time.sleep(1)  # nothing is raised later


@pytest.mark.parametrize("answer", [endless, lambda x: x**2])
def test_a_debugger_still_works_after_a_check(answer, monkeypatch):
    """A time limit that is called off in the wrong way makes traced code hang in CPython 3.11."""
    monkeypatch.setattr(_run, "SECONDS", 0.2)
    monkeypatch.setitem(exercises, "square", square())
    check("square", answer)
    lines = []
    before = sys.gettrace()
    sys.settrace(lambda frame, event, _: lines.append(event))
    try:
        judge(square(), lambda x: x)
    finally:
        sys.settrace(before)
    assert "call" in lines


def test_html_escapes_what_a_reader_made():
    html = check("first-gradient", "<script>`x`</script>")._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_unknown_exercise_is_an_error_of_the_author():
    with pytest.raises(KeyError):
        check("no-such-exercise", 1)


# Any object -----------------------------------------------------------------------------------


class Hostile:
    """All of whose methods raise."""

    def _fail(self, *_, **__):
        raise RuntimeError("hostile")

    __repr__ = __str__ = __bool__ = __eq__ = __hash__ = __float__ = __len__ = __iter__ = _fail
    __getattr__ = __call__ = __format__ = __index__ = __array__ = __getitem__ = _fail
    __class__ = property(_fail)


class HostileType(type):
    """A type that does not tell its name."""

    @property
    def __name__(cls):
        raise KeyboardInterrupt


class Nameless(metaclass=HostileType):
    def __call__(self, *_):
        raise SystemExit


class BadReal(float):
    def __float__(self):
        raise MemoryError

    def __format__(self, _):
        raise MemoryError


# By name, since Hypothesis too would trip over some of them: the test makes the objects.
STRANGE = {
    "hostile object": Hostile,
    "hostile type": lambda: Hostile,
    "nameless object": Nameless,
    "nameless type": lambda: Nameless,
    "bad number": BadReal,
    "object array": lambda: numpy.zeros((2, 2), dtype=object),
    "object": object,
    "expanded": lambda: torch.zeros(1).expand(10**12),
    "meta": lambda: torch.zeros((), device="meta"),
    "sparse": lambda: torch.eye(3).to_sparse(),
    "complex tensor": lambda: torch.tensor(1j),
    "bool tensor": lambda: torch.tensor(True),
    "nan tensor": lambda: torch.tensor(math.nan),
    "bfloat16": lambda: torch.zeros((), dtype=torch.bfloat16),
    "no entries": lambda: torch.zeros(0),
    "parameter": lambda: torch.nn.Parameter(torch.zeros(())),
}

plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.decimals()
    | st.fractions()
    | st.text()
    | st.binary()
    | st.lists(st.floats() | st.text())
    | st.sampled_from([..., NotImplemented, object, print, len, range])
)


@pytest.fixture(scope="module")
def of_each_kind():
    """Choices and orders too are asked in what follows."""
    exercises.update({"any-choice": ways(), "any-order": lines()})
    yield
    del exercises["any-choice"], exercises["any-order"]


# A question of the inventory is a choice like any other.
EVERY = [*(name for name in exercises if name not in concepts.exercises), "any-choice", "any-order"]


@pytest.mark.usefixtures("of_each_kind")
@pytest.mark.parametrize("name", EVERY)
@settings(deadline=None, max_examples=25)
@given(value=plain, called=st.booleans())
def test_no_plain_object_makes_check_raise(name, value, called):
    assert_harmless(name, value, called)


@pytest.mark.usefixtures("of_each_kind")
@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("name", EVERY)
def test_no_strange_object_makes_check_raise(name, strange, called):
    assert_harmless(name, STRANGE[strange](), called)
    assert_harmless(name, [STRANGE[strange]()], called)


def assert_harmless(name, value, called):
    answer = (lambda *inputs: value) if called else value
    result = check(name, answer)
    texts = [str(result), result._repr_html_()]
    assert all(not re.search(r"0x[0-9a-f]{6}", text) for text in texts)
    assert len(texts[0]) < 1000
    again = check(name, answer)
    assert texts == [str(again), again._repr_html_()]
    if called:  # no constant solves an exercise for a function, and no function a prediction
        assert not result
