"""The promise of `companion.check`: it knows right from wrong, says why, and never raises.

Protected here: a choice and an order are answered in any way of writing; first mismatches come in
the stated order; whatever state the reader's torch is in, the verdict is the same and the state is
given back; a failure of the check is not blamed on the answer; inputs are new at each check; rules
are enforced; an exercise of one's own can be registered; and no Python object, however hostile,
makes `check` raise, hang, or print an address.
"""

import json
import math
import re
import time

import numpy
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.check import (
    Choice,
    Function,
    Number,
    Order,
    Part,
    Project,
    _run,
    check,
    flag,
    judge,
    mistakes,
    predict,
    register,
)
from companion.check.vocabulary import SIGN
from companion.exercises import exercises

# Choices and orders ---------------------------------------------------------------------------


def ways():
    return Choice(
        lambda: "b",
        a=("nothing", "Something is written."),
        b="it is added",
        c=("it is replaced", "What was there before stays."),
    )


def lines():
    return Order(
        ["optimizer.step()", "(3 * w).backward()", "optimizer.zero_grad()"],
        {
            "1 before 2": "The step comes before its gradient.",
            "1 before 3": "An old gradient is still there.",
            "2 before 3": "The gradient is emptied before it is used.",
        },
    )


@pytest.mark.parametrize(
    "answer", ["b", "B", " b ", "\tb\n", "(b)", "B.", type("Text", (str,), {})("b")]
)
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


# Honest -----------------------------------------------------------------------------------------

STATES = {
    "no gradients": lambda: torch.set_grad_enabled(False),
    "float64": lambda: torch.set_default_dtype(torch.float64),
    "half": lambda: torch.set_default_dtype(torch.float16),
    "another device": lambda: torch.set_default_device("meta"),
}
CONTEXTS = {
    "no_grad": torch.no_grad,
    "inference": torch.inference_mode,
    "device": lambda: torch.device("meta"),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "anomaly": lambda: torch.autograd.set_detect_anomaly(True),
    "hooks": lambda: torch.autograd.graph.saved_tensors_hooks(
        torch.Tensor.half, torch.Tensor.double
    ),
}


def state():
    return (
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.get_rng_state().tolist(),
        torch.is_anomaly_enabled(),
    )


def verdicts():
    """Return what is said to right and wrong answers for a few kinds of exercise."""

    def mean_loss(w, x, y):
        return ((w * x - y) ** 2).mean()

    def slope(w):
        at = w.clone().requires_grad_()
        ((3 * at - 2) ** 2).backward()
        return at.grad

    def masked(x, keep):  # a row without any has a nan on the way back, which goes no further
        return torch.where(keep, x.masked_fill(~keep, -torch.inf).softmax(1), 0.0)

    def by_float32(A, B, x, v):
        A, B, x, v = (each.float() for each in (A, B, x, v))
        return A.T @ (2 * (A @ x) * (B.T @ v))

    answers = {
        "mean-loss": (mean_loss, lambda w, x, y: mean_loss(w, x, y).detach()),
        "two-layers-back": (by_float32, lambda A, B, x, v: v),
        "slope-by-autograd": (slope, lambda w: slope(w) / 2),
        "masked-softmax": (masked, lambda x, keep: keep * x.softmax(1)),
        "zero-first": ("c", "a"),
        "loop-with-log": ([3, 4, 5, 2, 1], [1, 2, 3, 4, 5]),
        "in-place-two-losses": ([3, 5, 4, 2, 1], [3, 5, 4, 1, 2]),
        "first-gradient": (-32, torch.tensor(5.0, device="cpu", dtype=torch.float32)),
    }
    questions = {name: exercises[name] for name in answers}
    return [str(judge(questions[name], answer)) for name in answers for answer in answers[name]]


@pytest.fixture
def default_torch():
    """Torch as it was, whatever a test does to it."""
    yield
    torch.set_grad_enabled(True)
    torch.set_default_device("cpu")
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("default_torch")
@pytest.mark.parametrize("name", STATES)
def test_no_state_of_torch_changes_a_verdict_and_none_is_lost(name):
    expected = verdicts()
    STATES[name]()
    before = state()
    assert verdicts() == expected
    assert state() == before


@pytest.mark.parametrize("name", CONTEXTS)
def test_no_context_of_torch_changes_a_verdict(name):
    expected = verdicts()
    with CONTEXTS[name]():
        before = state()
        assert verdicts() == expected
        assert state() == before


@pytest.mark.usefixtures("default_torch")
@pytest.mark.parametrize("name", STATES)
def test_an_answer_that_changes_the_state_is_judged_and_the_state_given_back(name):
    before = state()

    def answer(x):
        STATES[name]()
        return x * x

    assert judge(square(), answer)
    assert state() == before


def broken(*_, **__):
    raise RuntimeError("the author's bug")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (Number(broken, {"x": 1.0}), 3),
        (Number(lambda x: x, {"x": 1.0}, "No.", broken), 3),
        (Choice(broken, a="yes", b=("no", "No.")), "a"),
        (Function("f", [{"x": 1.0}], Part("{call} returned", broken)), lambda x: x),
        (Function("f", [{"x": 1.0}], Part("{call} is", lambda x: x), drawn=broken), lambda x: x),
        (Function("f", [{"x": 1.0}], Part("{call} is", lambda x: x, "No.", broken)), lambda x: 7.0),
    ],
)
def test_a_failure_of_the_check_is_said_to_be_its_own(question, answer):
    register("of-a-teacher", question)
    result = check("of-a-teacher", answer)
    assert result.kind == "own failure"
    assert str(result).startswith("Not judged.\nThis check has failed, and says nothing about your")
    assert "the author's bug" in str(result)


def test_a_mistake_that_does_not_name_its_arguments_is_no_fault_of_the_answer():
    result = judge(Number(lambda x: x, {"x": 1.0}, ("No.", torch.sin)), 3)
    assert result.kind == "own failure" and "no signature found" in str(result)


def test_inputs_are_new_at_each_check_and_known_by_its_number():
    """A function that knows all inputs of the first check fails at the second one."""
    known = {}

    def learning(x):
        return known.setdefault(x, x * x)

    drawn = square(drawn=lambda draw: {"x": draw.number(1, 9)})
    register("drawn", drawn)
    assert "drawn anew with seed 1" in str(check("drawn", learning))
    result = check("drawn", lambda x: known.get(x, 0.0))
    assert result.kind == "value"
    assert "It is right for 2 of 6 inputs." in str(result)
    assert str(judge(drawn, lambda x: known.get(x, 0.0), seed=2)) == str(result)


RULES = {
    "torch": lambda x: torch.tensor(x) ** 2,
    "backward": lambda x: _slope_of(lambda w: w**3 / 3, x),
    "optimizer": lambda x: torch.optim.SGD([torch.zeros(1)], lr=1.0) and x * x,
}


def _slope_of(function, x):
    w = torch.tensor(x, requires_grad=True)
    function(w).backward()
    return w.grad


WAYS_BACK = [
    RULES["backward"],
    lambda x: torch.autograd.grad((w := torch.tensor(x, requires_grad=True)) ** 3 / 3, w)[0],
    lambda x: torch.func.grad(lambda w: w**3 / 3)(torch.tensor(x)),
    lambda x: torch.autograd.functional.jacobian(lambda w: w**3 / 3, torch.tensor(x)),
    lambda x: torch.func.jacfwd(lambda w: w**3 / 3)(torch.tensor(x)),
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_enforced_and_only_where_it_is_made(rule):
    assert judge(square(), RULES[rule])
    result = judge(square(without=rule), RULES[rule])
    assert result.kind == "raised" and "this exercise asks for" in str(result)
    assert judge(square(without=rule), lambda x: x * x)
    assert judge(square(), RULES[rule])  # the rule has ended


@pytest.mark.parametrize("way", WAYS_BACK)
def test_no_way_back_gets_around_the_rule(way):
    assert judge(square(without="backward"), way).kind == "raised"


def test_what_the_statements_forbid_is_forbidden():
    forbidden = {
        name: question.without
        for name, question in exercises.items()
        if isinstance(question, Function) and question.without
    }
    assert forbidden == {
        "friction": "optimizer",
        "neuron-by-hand": "torch",
        "softmax-temperature": "backward",
        "two-layers-back": "backward",
        "gradient-by-hand": "torch",
        "unbroadcast": "backward",  # and all by hand in the exercises of layers
        "linear-backward": "backward",
        "embedding-by-hand": "backward",
        "max-pool-by-hand": "backward",
        "layer-norm-by-hand": "backward",
        "softmax-jacobian": "backward",
        "cross-entropy-in-one": "backward",
        "batch-norm-in-one": "backward",
        "train-by-hand": "backward",
    }


def test_a_failing_matrix_can_be_typed_again():
    question = Function("f", [{"A": torch.eye(2)}], Part("{call} returned", lambda A: A.sum()))
    assert "`f(A=[[1, 0], [0, 1]])` returned 3." in str(judge(question, lambda A: A.sum() + 1))


def test_a_tuple_of_autograd_grad_is_told_to_take_its_first():
    def answer(x):
        w = torch.tensor(x, requires_grad=True)
        return torch.autograd.grad(w**3 / 3, w)

    assert "take `[0]`" in str(judge(square(), answer))


def test_an_answer_may_write_each_result_into_the_same_tensor():
    found = torch.zeros(2, dtype=torch.float64)
    cases = [{"x": 1.0}, {"x": 2.0}]
    question = Function("f", cases, Part("{call} is", lambda x: torch.full((2,), x).double()))
    assert judge(question, lambda x: found.fill_(x))
    assert not judge(question, lambda x: found.fill_(2))


def test_a_flag_is_a_flag():
    said = "After {call}, `w.requires_grad` is"
    question = Function("f", [{"x": 1.0}], flag(said, True, "It was switched off."))
    assert str(judge(question, lambda x: False)).endswith(
        "After `f(x=1)`, `w.requires_grad` is False.\nIt was switched off."
    )
    assert judge(question, lambda x: True)
    assert judge(question, lambda x: 1.0).kind == "type"


def test_nobody_waits_for_one_long_call_into_compiled_code(monkeypatch):
    monkeypatch.setattr(_run, "SECONDS", 0.2)
    start = time.monotonic()
    assert judge(square(), lambda x: time.sleep(4)).kind == "too slow"
    assert time.monotonic() - start < 3


# Several steps, and exercises of one's own ------------------------------------------------------


def test_an_exercise_of_ones_own_is_registered_and_the_books_are_not_replaced():
    register("of-a-teacher", Number(lambda: 2.0, {}, SIGN))
    assert predict("of-a-teacher", 2)
    register("of-a-teacher", Number(lambda: 3.0, {}))  # the cell was run again
    assert not predict("of-a-teacher", 2)
    with pytest.raises(ValueError, match="choose another name"):
        register("first-gradient", Number(lambda: 2.0, {}))
    with pytest.raises(TypeError, match="is no Number"):
        register("of-a-teacher", 2)


def test_a_prediction_shows_its_question_and_keeps_it_as_data():
    result = predict("which-step")
    bundle = result._repr_mimebundle_()
    data = bundle["application/vnd.autograd-in-motion.question+json"]
    assert data["name"] == "which-step" and list(data["options"]) == ["a", "b", "c", "d"]
    for text in (bundle["text/plain"], bundle["text/html"]):
        assert "with torch.no_grad(): w -= lr * w.grad" in text
        assert "Not solved yet." in text
    with pytest.raises(TypeError, match="use check"):
        predict("one-step")


def test_the_authors_help_is_held_to_its_form():
    with pytest.raises(TypeError, match="not a mistake"):
        mistakes("a sentence", "and no program")
    with pytest.raises(ValueError, match="Exactly one option"):
        Choice(lambda: "a", a="one", b="two")


# What holds for any exercise ------------------------------------------------------------------


def square(**options):
    part = Part("{call} returned", lambda x: x**2)
    return Function("square", [{"x": 2.0}, {"x": 3.0}], part, **options)


def test_kinds_come_in_their_order():
    """With several things wrong, the one that comes first is told, at whatever input it is."""
    steps = [None, "4", torch.zeros(2), torch.zeros((), dtype=torch.int64), math.inf, 5.0]
    kinds = ["missing", "type", "shape", "dtype", "not finite", "value"]
    for number, kind in enumerate(kinds):
        rest = steps[number:]
        for later in rest:
            answers = {2.0: later, 3.0: rest[0]}
            assert judge(square(), lambda x, answers=answers: answers[x]).kind == kind


def test_the_entries_that_differ_are_named_and_no_right_value():
    right = torch.tensor([[11.0, 22.0], [33.0, 44.0]], dtype=torch.float64)
    question = Function("f", [{}], Part("{call} returned", lambda: right))
    text = str(judge(question, lambda: torch.tensor([[11.0, 5.0], [6.0, 44 + 1e-6]])))
    assert "Only these entries differ: [0, 1], [1, 0]." in text
    text = str(judge(question, lambda: torch.zeros(2, 2)))
    assert "entries" not in text and not re.search("11|22|33|44", text)


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


def test_a_line_is_found_where_torch_calls_the_readers_code():
    """As in the backward of a Function: what the check calls is torch's."""
    names = {"__name__": "__main__"}
    program = "class Own:\n    def __call__(self, x):\n        y = x\n        return y.abs()\n"
    exec(program, names)  # noqa: S102 as a kernel does
    assert str(judge(square(), names["Own"]())).endswith("(in line 3 of `__call__`)")


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
    register("square", square())
    start = time.monotonic()
    result = check("square", answer)
    assert time.monotonic() - start < 10
    assert result.kind == "too slow"
    assert "still running after 0.2 seconds" in str(result)
    time.sleep(0.4)  # nothing is raised later


def test_html_escapes_what_a_reader_made():
    html = check("first-gradient", "<script>`x`</script>")._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_unknown_exercise_is_an_error_of_the_author():
    with pytest.raises(KeyError, match="first-gradient"):
        check("first-gradent", 1)


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


OF_EACH_KIND = {
    "a-number": Number(lambda x: x**2, {"x": 3.0}),
    "a-choice": ways(),
    "an-order": lines(),
    "a-function": square(),
    "a-project": Project({"first": square()}),
}
for name, question in OF_EACH_KIND.items():
    register(name, question)


@pytest.mark.parametrize("name", OF_EACH_KIND)
@settings(deadline=None, max_examples=100)
@given(value=plain, called=st.booleans())
def test_no_plain_object_makes_check_raise(name, value, called):
    assert_harmless(name, value, called)


@pytest.mark.parametrize("called", [False, True])
@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("name", OF_EACH_KIND)
def test_no_strange_object_makes_check_raise(name, strange, called):
    """There is one place that guards against them, for five kinds of question."""
    for made in (STRANGE[strange](), [STRANGE[strange]()], {"dw": STRANGE[strange]()}):
        assert_harmless(name, made, called)


def assert_harmless(name, value, called):
    answer = (lambda *inputs: value) if called else value
    result = check(name, answer)
    texts = [str(result), result._repr_html_()]
    assert all(not re.search(r"0x[0-9a-f]{6}", text) for text in texts)
    assert len(texts[0]) < 1000
    again = check(name, answer)
    assert texts == [str(again), again._repr_html_()]
    json.dumps(result._repr_mimebundle_())
    if called:  # no constant solves an exercise for a function, and no function a prediction
        assert not result
