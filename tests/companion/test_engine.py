"""The promise of `companion.engine`: values and gradients are torch's, to rounding.

Protected here: every operation, on both sides of a number; expressions that share nodes; leaves
that add up over two backwards while inner gradients are let go; constants; what is no leaf; long
graphs; subclasses. And that the comparison would notice the two mistakes of the chapter.
"""

import math
import operator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.engine import Scalar

pytestmark = pytest.mark.filterwarnings("error")

# Each operation, and where a random expression may use it: far from what has no value, so that a
# last digit cannot become a difference, and without growth beyond LARGEST.
LARGEST = 20.0
UNARY = {
    "-": (operator.neg, lambda a: True),
    "exp": (lambda a: a.exp(), lambda a: a < 3),
    "log": (lambda a: a.log(), lambda a: a > 0.1),
    "tanh": (lambda a: a.tanh(), lambda a: True),
    "relu": (lambda a: a.relu(), lambda a: abs(a) > 1e-6),
}
UNARY |= {
    f"** {n}": (lambda a, n=n: a**n, lambda a, n=n: abs(a) > 0.3 and abs(a) ** n < LARGEST)
    for n in (-2, -1, 0, 1, 2, 3)  # which a negative number may be raised to
}
BINARY = {
    "+": (operator.add, lambda a, b: abs(a + b) < LARGEST),
    "-": (operator.sub, lambda a, b: abs(a - b) < LARGEST),
    "*": (operator.mul, lambda a, b: abs(a * b) < LARGEST),
    "/": (operator.truediv, lambda a, b: abs(b) > 0.1 and abs(a / b) < LARGEST),
    "**": (operator.pow, lambda a, b: a > 0.1 and abs(b) < 3 and a**b < LARGEST),
}
OPERATIONS = {1: UNARY, 2: BINARY}
numbers = st.floats(-3, 3).map(lambda number: round(number, 3))


def scalar(value):
    return Scalar(value, requires_grad=True)


def tensor(value):
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


def value_of(node):
    return node.value if isinstance(node, Scalar) else node.item()


def run(make, leaves, steps):
    """Run a program on leaves; return all its nodes, the last one being the result."""
    nodes = [make(value) for value in leaves]
    for name, *inputs in steps:
        function = OPERATIONS[len(inputs)][name][0]
        nodes.append(function(*(x if kind == "number" else nodes[x] for kind, x in inputs)))
    return nodes


@st.composite
def programs(draw):
    """Draw leaves, and operations on earlier nodes and plain numbers inside their domains."""
    leaves = draw(st.lists(numbers, min_size=1, max_size=3))
    values, steps = list(leaves), []
    plain = st.tuples(st.just("number"), numbers)
    for _ in range(draw(st.integers(1, 10))):
        node = st.tuples(st.just("node"), st.integers(0, len(values) - 1))
        kinds = [(node,), (node, node), (node, plain), (plain, node)]
        inputs = draw(st.one_of(st.tuples(*kind) for kind in kinds))
        at = [x if kind == "number" else values[x] for kind, x in inputs]
        operations = OPERATIONS[len(inputs)]
        allowed = [name for name, (_, fits) in operations.items() if fits(*at)]
        if allowed:
            name = draw(st.sampled_from(allowed))
            values.append(operations[name][0](*map(Scalar, at)).value)
            steps.append((name, *inputs))
    return leaves, steps


def size_of_paths(result):
    """Return for each node the sum over paths of products of slopes, all made positive.

    Rounding cannot change a gradient by more than a small part of it.
    """
    sizes = {result: 1.0}
    for node in result.order():
        for x, slope in node.edges:
            sizes[x] = sizes.get(x, 0.0) + abs(slope) * sizes[node]
    return sizes


def differences(make, program, backwards):
    """Return where an engine and torch differ, after so many backwards from the last node."""
    ours, torchs = run(make, *program), run(tensor, *program)
    found = [
        f"node {i}: {value_of(a)} is not {value_of(b)}"
        for i, (a, b) in enumerate(zip(ours, torchs, strict=True))
        if not math.isclose(value_of(a), value_of(b), rel_tol=1e-9, abs_tol=1e-9)
    ]
    sizes = size_of_paths(ours[-1])
    for _ in range(backwards):
        ours[-1].backward()
        torchs[-1].backward(retain_graph=True)
    for i in range(len(program[0])):
        a, b = ours[i].grad, torchs[i].grad
        if (a is None) != (b is None):
            found.append(f"leaf {i}: grad {a} is not {b}")
        elif a is not None and abs(a - b.item()) > 1e-7 * (1 + sizes[ours[i]]):
            found.append(f"leaf {i}: grad {a} is not {b.item()}")
    return found


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(programs(), st.integers(1, 2))
def test_random_expressions_agree_with_torch(program, backwards):
    assert differences(scalar, program, backwards) == []


class Recursive(Scalar):
    def backward(self, grad=1.0):
        self.grad = (self.grad or 0.0) + grad
        for x, slope in self.edges:
            x.backward(slope * self.grad)


class Keeping(Scalar):
    def backward(self):
        self.grad = 1.0
        for node in self.order():
            for x, slope in node.edges:
                x.grad = (x.grad or 0.0) + slope * node.grad


SUM = ("+", ("node", 0), ("node", 1))
DIAMOND = [SUM, ("*", ("node", 0), ("node", 1)), ("+", ("node", 2), ("node", 3))]
DIAMOND += [("*", ("node", 2), ("node", 3)), ("+", ("node", 4), ("node", 5))]


def test_the_comparison_notices_the_two_mistakes():
    diamond, product = ([2.0, 3.0], DIAMOND), ([3.0, 2.0], [SUM, ("*", ("node", 2), ("node", 2))])

    def notices(kind, program, backwards):
        return differences(lambda value: kind(value, True), program, backwards) != []

    assert notices(Recursive, diamond, 1)
    assert notices(Keeping, product, 2)
    assert not notices(Keeping, diamond, 1)
    assert not notices(Scalar, diamond, 2)


def test_two_backwards_and_the_diamond_of_the_book():
    a, b, d = scalar(3.0), scalar(2.0), scalar(1.0)
    e = (a + b) * d
    e.backward()
    e.backward()
    assert (a.grad, b.grad, d.grad) == (2, 2, 10)
    assert e.grad is None  # inner gradients are not kept
    nodes = run(scalar, [2.0, 3.0], DIAMOND)
    nodes[-1].backward()
    assert (nodes[0].grad, nodes[1].grad) == (25, 19)
    assert [node.grad for node in nodes[2:]] == [None] * 5


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("a", [0.7, 2.5])
def test_each_operation_of_one_input(name, a):
    assert differences(scalar, ([a], [(name, ("node", 0))]), 1) == []


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize(
    "inputs",
    [(("node", 0), ("node", 1)), (("node", 0), ("number", 1.7)), (("number", 2), ("node", 0))],
    ids=["nodes", "number on the right", "number on the left"],
)
def test_each_operation_of_two_inputs(name, inputs):
    assert differences(scalar, ([0.7, 2.5], [(name, *inputs)]), 1) == []


@pytest.mark.parametrize("power", [0, 1, 2, 3])
@pytest.mark.parametrize("a", [0.0, -2.0])
def test_powers_of_zero_and_of_negative_numbers(a, power):
    assert differences(scalar, ([a], [(f"** {power}", ("node", 0))]), 1) == []
    ours, torchs = (
        run(make, [a, power * 1.0], [("**", ("node", 0), ("node", 1))]) for make in (scalar, tensor)
    )
    ours[-1].backward()
    torchs[-1].backward()
    assert ours[1].grad == pytest.approx(torchs[1].grad.item(), nan_ok=True)


def test_relu_is_flat_at_its_kink():
    assert differences(scalar, ([0.0], [("relu", ("node", 0))]), 1) == []


def test_where_torch_has_no_finite_number_there_is_an_error():
    for failing in (lambda x: 1 / x, lambda x: x.log(), lambda x: x**-1, lambda x: (x - 1) ** 0.5):
        with pytest.raises((ValueError, ZeroDivisionError)):
            failing(scalar(0.0))


def test_a_constant_gets_no_gradient_and_takes_no_edge():
    x, c = scalar(2.0), Scalar(3.0)
    y = x * c + 1
    y.backward()
    assert (x.grad, c.grad) == (3, None)
    assert len(y.order()) == 3
    with pytest.raises(RuntimeError, match="does not require a gradient"):
        (c * 2).backward()


def test_a_leaf_may_be_its_own_result():
    x = scalar(2.0)
    x.backward()
    x.backward()
    assert x.grad == 2


def test_order_and_sweep_visit_each_node_once_after_all_that_use_it():
    nodes = run(scalar, [2.0, 3.0], DIAMOND)
    order = nodes[-1].order()
    assert order == nodes[::-1]
    assert [grad for _, grad in nodes[-1].sweep()] == [1, 1, 1, 6, 7, 19, 25]


def test_a_graph_may_be_deeper_than_pythons_stack():
    x = y = scalar(1.0)
    for _ in range(20_000):
        y = y + x
    y.backward()
    assert x.grad == 20_001


def test_results_are_of_the_kind_of_their_inputs():
    x = Keeping(2.0, requires_grad=True)
    for result in (x + 1, 1 - x, x.exp(), 2**x, x * x):
        assert type(result) is Keeping
    assert repr(x) == "Keeping(2.0)"
