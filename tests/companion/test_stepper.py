"""The promise of `companion.stepper`: it shows what really ran, and disturbs nothing."""

import gc
import sys
import warnings
import weakref

import pytest
import torch

from companion.stepper import trace

SAMPLES = [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]


def loop(lr, epochs):
    w = torch.tensor(1.0, requires_grad=True)
    for _ in range(epochs):
        for x, y in SAMPLES:
            loss = (w * x - y) ** 2
            loss.backward()
            with torch.no_grad():
                w -= lr * w.grad
            w.grad = None
    return w


def test_the_posts_loop_has_its_numbers_at_the_lines_that_make_them():
    steps = trace(loop, 0.01, 100)
    backwards = [step for step in steps if step.text.startswith("loss.backward")]
    assert [step.tensors["w"].grad for step in backwards[:3]] == [
        -2.0,
        -7.840000152587891,
        -16.228801727294922,
    ]
    assert {step.tensors["w"].grad for step in steps if step.text == "w.grad = None"} == {None}
    assert steps[-1].tensors["w"].value == 1.9999996423721313


def test_each_line_that_ran_is_a_step():
    steps = trace(loop, 0.01, 2)
    assert [step.line for step in steps[:11]] == [1, 2, 3, 4, 5, 6, 7, 8, 7, 9, 4]
    assert [step.last for step in steps] == [False] * (len(steps) - 1) + [True]
    assert steps[0].others == {"lr": 0.01, "epochs": 2} and steps[0].tensors == {}
    assert steps[0].text == "def loop(lr, epochs):"


def test_a_step_never_changes_and_keeps_nothing_alive():
    kept = []

    def program():
        w = torch.ones(2, requires_grad=True)
        y = w * 3
        kept.append(weakref.ref(y))
        y.sum().backward()
        w.grad.zero_()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        steps = trace(program)
    gc.collect()
    assert kept[0]() is None
    assert [step.tensors["w"].grad for step in steps[-2:]] == [[3.0, 3.0], [0.0, 0.0]]


def test_an_exception_goes_up_and_leaves_no_trace_function():
    former = sys.gettrace()
    with pytest.raises(ZeroDivisionError):
        trace(lambda: 1 / 0)
    assert sys.gettrace() is former
    with pytest.raises(TypeError, match="written in Python"):
        trace(torch.add)
