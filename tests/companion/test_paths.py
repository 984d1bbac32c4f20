"""The promise of `companion.paths`: both ways back find torch's gradient, and the picture says how.

Protected here: values, local slopes and gradients agree with plain Python and with difference
quotients that know nothing of torch; the counts are those of the formulas; every equation under a
picture is true; no box covers another or a number; and a wrong slope is never drawn.
"""

import itertools
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyBboxPatch

from companion.figures.chain_rule import SHORTCUT, SOFTMAX, path_stepper
from companion.paths import PATHS, SWEEP, Edge, Program

EXAMPLES = {
    "the loss": Program(
        ["p = w * x", "d = p - y", "loss = d**2"], {"w": 1.0}, {"x": 1.0, "y": 2.0}
    ),
    "a neuron": Program(
        ["p = w * x", "z = p + b", "y_hat = sigmoid(z)", "loss = (y_hat - y)**2"],
        {"w": 1.0, "b": -2.0},
        {"x": 2.0, "y": 1.0},
    ),
    "three squares": Program(["a = x * x", "b = a * a", "c = b * b"], {"x": 2.0}),
    "shortcut": SHORTCUT,
    "softmax": SOFTMAX,
}


def lines_of(figure):
    return [text.get_text() for text in figure.texts]


# Numbers -------------------------------------------------------------------------------------

FORMS = ("{0} + {1}", "{0} - {1}", "{0} * {1}", "sin({0}) * {1}", "{0} * {0} + {1}", "exp(-{0}**2)")


@st.composite
def programs(draw):
    """Lines in which each uses any two earlier names, and all act on the last one."""
    names, lines = ["u", "v"], []
    for number in range(draw(st.integers(1, 5))):
        form = draw(st.sampled_from(FORMS))
        pair = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        lines.append(f"r{number} = {form.format(*pair)}")
        names.append(f"r{number}")
    lines.append(f"out = {' + '.join(names)}")
    value = st.floats(-1.5, 1.5).map(lambda x: round(x, 3))
    return lines, {"u": draw(value), "v": draw(value)}


def run(lines, leaves):
    values = dict(leaves)
    for line in lines:
        name, right = line.split(" = ")
        values[name] = eval(right, {"sin": math.sin, "exp": math.exp}, values)
    return values


@settings(max_examples=50, deadline=None)
@given(programs())
def test_both_ways_are_the_slope(case):
    lines, leaves = case
    program = Program(lines, leaves)
    place = program.order.index
    assert sorted(program.order) == sorted(program.values)
    assert all(place(edge.user) < place(edge.input) for edge in program.edges)
    for name, value in run(lines, leaves).items():
        assert program.values[name] == pytest.approx(value)
    h = 1e-5
    for leaf, value in leaves.items():
        up, down = (run(lines, leaves | {leaf: value + d})["out"] for d in (h, -h))
        quotient = (up - down) / (2 * h)
        found = program.grads[leaf]
        assert found == pytest.approx(quotient, rel=1e-5, abs=1e-5)
        paths = program.paths(leaf)
        summed = sum(math.prod(edge.slope for edge in path) for path in paths)
        assert summed == pytest.approx(found, rel=1e-9, abs=1e-9)
    for name in program.order[1:]:
        pulled = sum(program.grads[edge.user] * edge.slope for edge in program.users(name))
        assert pulled == pytest.approx(program.grads[name], rel=1e-9, abs=1e-9)


def test_each_place_of_an_input_has_its_own_slope():
    program = Program(["y = x * x * c - x"], {"x": 3.0}, {"c": 5.0})
    assert program.edges == [Edge("y", "x", 15.0), Edge("y", "x", 15.0), Edge("y", "x", -1.0)]
    assert program.grads["x"] == 29.0


def test_the_loss_of_the_book():
    program = EXAMPLES["the loss"]
    assert program.values == {"w": 1.0, "p": 1.0, "d": -1.0, "loss": 1.0}
    assert program.grads == {"loss": 1.0, "d": -2.0, "p": -2.0, "w": -2.0}


def test_softmax_gives_shares_minus_the_right_answer():
    grads = EXAMPLES["softmax"].grads
    assert [grads[z] for z in ("z1", "z2", "z3")] == pytest.approx([0.5 - 1, 0.25, 0.25])


@pytest.mark.parametrize("k", [1, 2, 5, 10])
def test_paths_double_and_nodes_do_not(k):
    names = ["x", *(f"y{number}" for number in range(k))]
    lines = [f"{b} = {a} + {a}" for a, b in itertools.pairwise(names)]
    program = Program(lines, {"x": 1.0})
    assert program.count(PATHS) == (k * 2**k, 2**k - 1)
    assert program.count(SWEEP) == (2 * k, k)
    assert len(program.order) == k + 1


def test_counts_grow_to_the_whole():
    for program in EXAMPLES.values():
        for way in (PATHS, SWEEP):
            most = len(program.moves(way))
            counts = [program.count(way, done) for done in range(most + 1)]
            assert counts[0] == (0, 0) and counts[-1] == program.count(way)
            assert counts == sorted(counts)


def test_what_does_not_act_is_refused():
    with pytest.raises(ValueError, match="'b' does not act on 'y'"):
        Program(["y = a * 2"], {"a": 1.0, "b": 1.0})
    with pytest.raises(ValueError, match="'z' does not act on 'y'"):
        Program(["z = a * 3", "y = a * 2"], {"a": 1.0})
    with pytest.raises(ValueError, match="'a' is given twice"):
        Program(["a = a * 2"], {"a": 1.0})


# Pictures ------------------------------------------------------------------------------------


def value_of(side):
    for sign, python in (("−", "-"), ("×", "*")):
        side = side.replace(sign, python)
    return eval(side)


@pytest.mark.parametrize("way", [SWEEP, PATHS])
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_equation_is_true(name, way):
    """Only of digits and signs: the line with the numbers of a step back."""
    program = EXAMPLES[name]
    moves = dict(enumerate(program.moves(way), len(program.operations) + 1))
    for step in range(program.steps(way) + 1):
        equations = [
            line
            for line in lines_of(path_stepper(program, way, step))
            if re.fullmatch(r"[\d.\s()×+−]+=[\d.\s−]+", line)
        ]
        move = moves.get(step)
        computes = move and move.kind != "follow" and move.name != program.output
        assert bool(equations) == bool(computes)
        for equation in equations:
            left, right = equation.split("=")
            assert value_of(left) == pytest.approx(value_of(right), rel=1e-3)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_last_step_is_torchs_answer(name):
    program = EXAMPLES[name]
    said = [lines_of(path_stepper(program, way, 99)) for way in (SWEEP, PATHS)]
    (answer,) = [line for line in said[0] if ".grad = " in line]
    assert answer in said[1]
    found = [value_of(number) for number in answer.split(" = ")[1].split(", ")]
    assert found == pytest.approx([program.grads[leaf] for leaf in program.leaves])


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_box_covers_another_or_a_number(name):
    program = EXAMPLES[name]
    figure = path_stepper(program, SWEEP, program.steps(SWEEP) - 1)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [patch for patch in figure.artists if isinstance(patch, FancyBboxPatch)]
    boxes = [box for box in boxes if box.get_height() in (22, 34) and box.get_edgecolor()[3]]
    assert len(boxes) == len(program.values)
    extents = [box.get_window_extent(renderer) for box in boxes]
    for one, other in itertools.combinations(extents, 2):
        assert not one.overlaps(other)
    for text in figure.texts:
        if text.get_weight() == "normal" and re.fullmatch(r"−?[\d.]+", text.get_text()):
            extent = text.get_window_extent(renderer)  # of a number: in a box, or clear of all
            inside = [box.x0 <= extent.x0 and extent.x1 <= box.x1 for box in extents]
            touched = [box.overlaps(extent) for box in extents]
            assert all(i for i, t in zip(inside, touched, strict=True) if t), text.get_text()


def test_both_ways_of_the_chapters_figures_have_as_many_steps():
    """A slider serves both ways; where one is shorter, the slider would have dead positions."""
    for program in (SHORTCUT, SOFTMAX):
        assert program.steps(SWEEP) == program.steps(PATHS)


def test_a_wrong_slope_is_not_drawn():
    program = Program(["p = w * x"], {"w": 1.0}, {"x": 3.0})
    program.edges = [Edge("p", "w", 4.0)]
    for way in (SWEEP, PATHS):
        with pytest.raises(ArithmeticError, match="slopes give 4.0, but torch's gradient is 3.0"):
            path_stepper(program, way, 99)


def test_only_two_ways():
    with pytest.raises(ValueError, match="way is 'one sweep' or 'all paths', not 'recursion'"):
        path_stepper(EXAMPLES["the loss"], "recursion")
