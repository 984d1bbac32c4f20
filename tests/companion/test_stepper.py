"""The promise of `companion.stepper`: it shows what really ran, and disturbs nothing.

Protected here: the numbers of the post's loop stand at the lines that make them; a step never
changes afterwards and keeps no graph alive; a traced program gives what a plain run gives; the
former trace function comes back, whatever happens; nothing warns, and no hook or mode of the
program sees the stepper look; every wrong use is one clear sentence.
"""

import contextlib
import functools
import io
import itertools
import sys
import warnings
import weakref

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from companion.stepper import MAX_NUMBERS, _trace, trace

SAMPLES = [(1.0, 2.0), (2.0, 4.0), (3.0, 6.0)]


@pytest.fixture(autouse=True)
def no_warnings():
    """A warning fails the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def loop(lr, epochs):
    w = torch.tensor(1.0, requires_grad=True)
    for epoch in range(epochs):
        for x, y in SAMPLES:
            loss = (w * x - y) ** 2
            loss.backward()
            with torch.no_grad():
                w -= lr * w.grad
            w.grad = None
        print(epoch, loss.item())
    return w


def after(steps, text):
    """The steps of the line that begins with `text`."""
    return [step for step in steps if step.text.startswith(text)]


def saved(step, name="loss"):
    return {node.saved for node in step.tensors[name].graph} - {"nothing"}


# The post's loop -----------------------------------------------------------------------------


def test_the_posts_loop_has_its_numbers_at_the_lines_that_make_them(monkeypatch):
    monkeypatch.setattr(_trace, "MAX_STEPS", 10_000)
    steps = trace(loop, 0.01, 100)
    losses, backwards = after(steps, "loss = "), after(steps, "loss.backward")
    assert {step.tensors["w"].grad for step in losses} == {None}
    grads = [step.tensors["w"].grad for step in backwards]
    assert grads[:3] == [-2.0, -7.840000152587891, -16.228801727294922]
    assert [step.line for step in backwards[:2]] == [6, 6]
    printed = after(steps, "print")
    assert printed[0].printed == "0 7.315943717956543\n"
    assert printed[1].printed == "0 7.315943717956543\n1 3.9987640380859375\n"
    assert printed[99].printed.endswith("\n99 9.094947017729282e-13\n")
    assert steps[-1].event == "return" and steps[-1].returned.value == 1.9999996423721313
    assert steps[-1].returned.is_leaf


def test_the_graph_is_built_by_the_loss_and_freed_by_backward():
    steps = trace(loop, 0.01, 1)
    built = after(steps, "loss = ")[0]
    assert saved(built) == {"kept"}
    names = ["PowBackward0", "SubBackward0", "MulBackward0", "w"]
    assert [node.name for node in built.tensors["loss"].graph] == names
    assert [node.next for node in built.tensors["loss"].graph] == [(1,), (2,), (3,), ()]
    assert built.tensors["loss"].grad_fn == "PowBackward0"
    assert not built.tensors["loss"].is_leaf and built.tensors["w"].is_leaf
    freed = after(steps, "loss.backward")[0]
    assert saved(freed) == {"freed"} and saved(after(steps, "loss = ")[1]) == {"kept"}


def test_each_line_that_ran_is_a_step():
    steps = trace(loop, 0.01, 2)
    assert [step.line for step in steps[:11]] == [1, 2, 3, 4, 5, 6, 7, 8, 7, 9, 4]
    assert [step.event for step in steps] == ["call", *["line"] * (len(steps) - 2), "return"]
    assert len(steps) == 52
    assert steps[0].others == {"lr": 0.01, "epochs": 2} and steps[0].tensors == {}
    assert steps[3].others == {"lr": 0.01, "epochs": 2, "epoch": 0, "x": 1.0, "y": 2.0}
    assert steps[0].text == steps[0].source[0] == "def loop(lr, epochs):"


# What a step holds ---------------------------------------------------------------------------


def test_versions_count_edits_in_place():
    def program():
        a = torch.zeros(2)
        a.add_(1)
        a[0] = 5
        b = a * 2
        return b

    states = [step.tensors["a"] for step in trace(program)[1:]]
    assert [state.version for state in states] == [0, 1, 2, 2, 2]
    # What was recorded earlier is a copy.
    assert [state.value for state in states[:3]] == [(0.0, 0.0), (1.0, 1.0), (5.0, 1.0)]


def test_gradients_are_copies_too():
    def program():
        w = torch.ones(2, requires_grad=True)
        (w * 3).sum().backward()
        w.grad.zero_()

    grads = [step.tensors["w"].grad for step in trace(program)[1:]]
    assert grads == [None, (3.0, 3.0), (0.0, 0.0)]


def test_a_tensor_without_grad_is_told_from_one_that_retains_it():
    def program():
        w = torch.ones(2, requires_grad=True)
        y = w * 2
        z = y * 3
        y.retain_grad()
        z.sum().backward()

    last = trace(program)[-1].tensors
    assert last["y"].retains_grad and last["y"].grad == (3.0, 3.0)
    assert not last["z"].retains_grad and last["z"].grad is None


def test_a_graph_names_shared_nodes_and_leaves_once():
    def program(b):
        y = GLOBAL * b
        z = y + y
        return z + torch.ones(1, requires_grad=True)

    b = torch.tensor([2.0], requires_grad=True)
    graph = trace(program, b)[-1].tensors["z"].graph
    assert [(node.name, node.next) for node in graph] == [
        ("AddBackward0", (1, 1)),
        ("MulBackward0", (2, 3)),
        ("GLOBAL", ()),
        ("b", ()),
    ]


GLOBAL = torch.tensor([1.0], requires_grad=True)


def test_a_graph_that_saved_nothing_is_never_freed():
    def program(w):
        plain = w + 1
        plain.backward()
        plain.backward()

    graph = trace(program, torch.tensor(1.0, requires_grad=True))[-1].tensors["plain"].graph
    assert {node.saved for node in graph} == {"nothing"}


def test_an_edit_of_a_saved_tensor_does_not_free_the_graph():
    def program(w):
        z = w * w
        with torch.no_grad():
            w += 1
        z.backward()

    steps = trace(program, torch.tensor(3.0, requires_grad=True))
    assert saved(steps[-1], "z") == {"kept"}
    assert "modified by an inplace operation" in steps[-1].raised


class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.variable = "not a leaf"
        ctx.save_for_backward(x, None)
        return 2 * x

    @staticmethod
    def backward(ctx, grad):
        assert len(ctx.saved_tensors) == 2
        return 2 * grad


@pytest.mark.parametrize(
    "operation",
    [
        torch.exp,
        torch.sum,
        Twice.apply,
        lambda x: x[torch.tensor([0])],
        lambda x: torch.cat([x, x]),
        lambda x: torch.nn.functional.layer_norm(x, (2,)),
        lambda x: torch.where(x > 0, x, 0),
        lambda x: x @ x,
    ],
)
def test_a_graph_is_freed_exactly_if_torch_refuses_to_go_back_again(operation):
    def program(x):
        y = operation(x)
        y.backward(torch.ones_like(y))
        y.backward(torch.ones_like(y))

    last = trace(program, torch.ones(2, requires_grad=True))
    refused = "second time" in (last[-1].raised or "")
    assert saved(last[1], "y") == ({"kept"} if refused else set())
    assert saved(last[-1], "y") == ({"freed"} if refused else set())


def test_a_long_graph_is_cut():
    def program(w):
        for _ in range(120):
            w = w * 2
        return w

    steps = trace(program, torch.tensor(1.0, requires_grad=True))
    assert max(len(step.tensors["w"].graph) for step in steps) == 100


def test_any_kind_of_tensor_can_be_recorded():
    def program():
        many = torch.zeros(MAX_NUMBERS + 1)
        meta = torch.ones(2, 3, device="meta")
        sparse = torch.eye(2).to_sparse()
        complicated = torch.tensor([1 + 2j])
        with torch.inference_mode():
            inference = torch.ones(2)
        torch.func.vmap(lambda x: x * 2)(torch.ones(3))
        flags = torch.tensor([True, False])
        return many, meta, sparse, complicated, inference, flags

    tensors = trace(program)[-1].tensors
    assert tensors["many"].value == "1001 float32"
    assert tensors["meta"].value == "2×3 float32" and tensors["sparse"].value == "2×2 float32"
    assert tensors["complicated"].value == (1 + 2j,)
    assert tensors["inference"].version is None and tensors["flags"].value == (True, False)


def test_prints_belong_to_the_line_that_printed(capsys):
    def program():
        print("one")
        x = 1
        print("two", end="")
        return x

    assert [step.printed for step in trace(program)] == ["", "one\n", "one\n", "one\ntwo"] + [
        "one\ntwo"
    ]
    assert capsys.readouterr().out == ""


def test_what_is_returned_is_a_copy():
    def program(x):
        return [x, 1, {"a": 1}], "text"

    x = torch.ones(1)
    (inner, text) = trace(program, x)[-1].returned
    x.zero_()
    assert inner[0].value == (1.0,) and inner[1:] == (1, "a dict") and text == "text"


# It disturbs nothing -------------------------------------------------------------------------


def test_no_graph_and_no_tensor_is_kept_alive():
    seen = []

    def program():
        w = torch.ones(2, requires_grad=True)
        loss = (w * 2).sum()
        seen.extend([weakref.ref(w), weakref.ref(loss)])
        loss.grad_fn.register_hook(noted := lambda *_: None)
        seen.append(weakref.ref(noted))
        del noted
        raise KeyError("end")

    assert trace(program)[-1].raised == "KeyError: 'end'"
    assert [ref() for ref in seen] == [None] * 3


def test_no_hook_and_no_mode_sees_the_stepper_look():
    calls = []

    class Functions(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            calls.append("function")
            return function(*args, **(kwargs or {}))

    class Dispatch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            calls.append("dispatch")
            return function(*args, **(kwargs or {}))

    def hook(tensor):
        calls.append("hook")
        return tensor

    def program():
        w = torch.ones(2, requires_grad=True)
        with torch.autograd.graph.saved_tensors_hooks(hook, hook), Functions(), Dispatch():
            y = w * w
            z = y.sum()
            z.backward()

    program()
    plain = calls.copy()
    calls.clear()
    steps = trace(program)
    assert calls == plain
    assert [saved(step, "y") for step in steps if "y" in step.tensors][:2] == [{"kept"}] * 2


def other_tracer(frame, event, arg):
    return None


@pytest.fixture
def tracer():
    """A trace function that was there before."""
    former = sys.gettrace()
    sys.settrace(other_tracer)
    yield other_tracer
    sys.settrace(former)


def test_the_former_trace_function_comes_back(tracer):
    def fails():
        raise ValueError

    def endless():
        while True:
            pass

    trace(loop, 0.01, 1)
    assert sys.gettrace() is tracer
    assert trace(fails)[-1].raised == "ValueError"
    assert sys.gettrace() is tracer
    with pytest.raises(RuntimeError):
        trace(endless)
    assert sys.gettrace() is tracer

    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trace(interrupted)
    assert sys.gettrace() is tracer


def test_a_trace_inside_a_trace_is_harmless():
    def inner():
        a = 1
        return a + 1

    def outer():
        print("before")
        steps = trace(inner)
        b = len(steps)
        return b

    steps = trace(outer)
    assert [step.line for step in steps] == [1, 2, 3, 4, 5]
    assert steps[-1].returned == 3 and steps[-1].printed == "before\n"


OPERATIONS = [
    "{} + {}",
    "{} * {}",
    "{} - {}",
    "torch.sin({})",
    "{}.sum() * {}",
    "torch.exp(-{}**2)",
]
IN_PLACE = ["with torch.no_grad(): {}.mul_(0.5)", "{}.detach().add_(1)"]


@st.composite
def programs(draw_):
    """Straight-line programs on two leaves."""
    lines, names = [], ["a", "b"]
    for number in range(draw_(st.integers(1, 8))):
        template = draw_(st.sampled_from(OPERATIONS + IN_PLACE))
        chosen = [draw_(st.sampled_from(names)) for _ in range(template.count("{}"))]
        if template in IN_PLACE:
            lines.append(template.format(*chosen))
        else:
            names.append(f"t{number}")
            lines.append(f"t{number} = {template.format(*chosen)}")
    return "def program(a, b):\n" + "".join(f"    {line}\n" for line in lines), names


@settings(deadline=None, max_examples=40)
@given(program=programs())
def test_a_traced_program_gives_what_a_plain_run_gives(program, tmp_path_factory):
    source, names = program
    source += f"    return {', '.join(names)}, \n"
    path = tmp_path_factory.getbasetemp() / f"program{abs(hash(source))}.py"
    path.write_text(source)
    found = {"torch": torch}
    exec(compile(source, str(path), "exec"), found)  # noqa: S102

    def leaves():
        return [torch.tensor([k, 2.0], dtype=torch.float64, requires_grad=True) for k in (1, 3)]

    plain = found["program"](*leaves())
    steps = trace(found["program"], *leaves())
    last = steps[-1]
    for name, tensor, returned in zip(names, plain, last.returned, strict=True):
        state = last.tensors[name]
        assert repr(state.value) == repr(returned.value) == repr(as_tuples(tensor.tolist()))
        assert state.grad_fn == (tensor.grad_fn and tensor.grad_fn.name())
        assert state.version == tensor._version and state.is_leaf == tensor.is_leaf
    # Nothing changes without its version (these programs bind each name once).
    for before, now in itertools.pairwise(steps):
        for name in before.tensors:
            if before.tensors[name].version == now.tensors[name].version:
                assert repr(before.tensors[name].value) == repr(now.tensors[name].value)


def as_tuples(numbers):
    return tuple(map(as_tuples, numbers)) if isinstance(numbers, list) else numbers


# Exceptions, calls and limits ----------------------------------------------------------------


def test_an_exception_is_the_last_step():
    def program(w):
        loss = w * 2
        loss.backward()
        return loss

    last = trace(program, torch.ones(2, requires_grad=True))[-1]
    assert (last.event, last.text) == ("raise", "loss.backward()")
    assert last.raised == "RuntimeError: grad can be implicitly created only for scalar outputs"
    assert last.returned is None and last.tensors["loss"].value == (2.0, 2.0)


def test_an_exception_that_is_caught_stands_at_its_line():
    def program():
        try:
            int("two")
        except ValueError:
            pass
        for _ in iter(range(1)):
            pass
        with contextlib.suppress(KeyError):
            raise KeyError(1)

    steps = trace(program)
    assert {step.line: step.raised for step in steps if step.raised} == {
        3: "ValueError: invalid literal for int() with base 10: 'two'",
        9: "KeyError: 1",
    }
    assert steps[-1].event == "return"


def test_a_function_that_it_calls_is_part_of_the_line_also_itself():
    def down(n):
        return n and down(n - 1)

    assert [step.event for step in trace(down, 2)] == ["call", "return"]


class Model:
    def forward(self, x):
        y = x * 2
        return y


def test_a_method_and_a_decorated_function():
    def doubled(function):
        @functools.wraps(function)
        def inner(x):
            return function(x)

        return inner

    @doubled
    @torch.no_grad()
    def decorated(x):
        return x * 2

    assert trace(Model().forward, 2)[-1].returned == 4
    steps = trace(decorated, torch.ones(1, requires_grad=True))
    assert [step.text for step in steps] == ["def decorated(x):", "return x * 2"]
    assert not steps[-1].returned.requires_grad


def test_a_program_that_runs_on_is_stopped(monkeypatch):
    def endless():
        while True:
            try:
                n = 1
            except Exception:
                n = 2
        return n

    with pytest.raises(RuntimeError, match="^endless runs for more than 2,000 steps; make it"):
        trace(endless)
    exactly = len(trace(loop, 0.01, 1))
    monkeypatch.setattr(_trace, "MAX_STEPS", exactly)
    assert len(trace(loop, 0.01, 1)) == exactly
    monkeypatch.setattr(_trace, "MAX_STEPS", 3)
    with pytest.raises(RuntimeError, match="more than 3 steps"):
        trace(loop, 0.01, 1)


def test_wrong_use_is_one_clear_sentence():
    def generator():
        yield 1

    exec("def nowhere(): pass", found := {})  # noqa: S102
    wrong = {
        abs: "trace needs a function written in Python, but abs is a builtin_function_or_method",
        torch.nn.Linear(1, 1): "trace needs a function written in Python, but this is a Linear",
        generator: "trace cannot step through generator, which does not run when called",
        found["nowhere"]: "the source of nowhere cannot be read; write it in a file or in a cell",
    }
    for function, sentence in wrong.items():
        with pytest.raises((TypeError, ValueError)) as failure:
            trace(function)
        assert str(failure.value) == sentence
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'epochs'"):
        trace(loop, 0.01)


def test_steps_can_be_traced_in_a_notebook():
    """A kernel puts a cell's source where `inspect` finds it."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        cell = "def program(x):\n    y = 2 * x\n    return y\n\nsteps = trace(program, 3)"
        shell.push({"trace": trace})
        with contextlib.redirect_stdout(io.StringIO()):
            shell.run_cell(cell).raise_error()
        assert [step.text for step in shell.user_ns["steps"]][1:] == ["y = 2 * x", "return y"]
    finally:
        InteractiveShell.clear_instance()
