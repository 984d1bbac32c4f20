"""The promise of `companion.engine`: it does what torch does, and it is the chapter's engine.

Protected here: values, and gradients after one backward and two, on expressions that Hypothesis
draws and cuts down; that the engine stays small; that the class which the chapter grows cell by
cell is the class in the file; the training of XOR against torch; and the figure of it.
"""

import ast
import inspect
import itertools
import math
import runpy

import nbformat
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path

from companion import engine
from companion.engine import BIAS, EXAMPLES, HIDDEN, Scalar, loss_of, train
from companion.exercises.engine import kept_inside
from companion.figures import engine as figures
from companion.regions import layers
from explorable import palette
from tests.conftest import ROOT


def tensor(value):
    return torch.tensor(value, dtype=torch.float64, requires_grad=True)


OPERATIONS = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: (a * b).tanh(),
    lambda a, b: 2 + a,
    lambda a, b: a * -0.5 + 1,
]
NODES = st.integers(0, 20)
LINES = st.lists(st.tuples(st.sampled_from(OPERATIONS), NODES, NODES), min_size=1, max_size=12)


def run(make, start, lines):
    nodes = [make(value) for value in start]
    for operation, one, other in lines:
        nodes.append(operation(nodes[one % len(nodes)], nodes[other % len(nodes)]))
    return nodes


def value_of(number):
    return number.value if isinstance(number, Scalar) else number.item()


@given(st.lists(st.floats(-1.5, 1.5), min_size=2, max_size=2), LINES)
def test_values_and_gradients_are_torchs_after_one_backward_and_two(start, lines):
    ours, torchs = run(Scalar, start, lines), run(tensor, start, lines)
    assert math.isclose(value_of(ours[-1]), value_of(torchs[-1]), rel_tol=1e-9, abs_tol=1e-12)
    for _ in range(2):
        ours[-1].backward()
        torchs[-1].backward(retain_graph=True)
        for mine, theirs in zip(ours[:2], torchs[:2], strict=True):
            right = 0.0 if theirs.grad is None else theirs.grad.item()
            assert mine.grad == pytest.approx(right, rel=1e-9, abs=1e-12)
    assert all(node.grad == 0 for node in ours if node.edges)


@given(st.lists(st.floats(-1.5, 1.5), min_size=2, max_size=2), LINES)
def test_gradients_that_are_kept_inside_are_right_once(start, lines):
    """So one backward does not find that mistake, as the chapter says."""
    ours, theirs = run(Scalar, start, lines), run(Scalar, start, lines)
    ours[-1].backward()
    kept_inside(theirs[-1])
    for mine, other in zip(ours[:2], theirs[:2], strict=True):
        assert math.isclose(mine.grad, other.grad, rel_tol=1e-9, abs_tol=1e-12)


def test_a_graph_may_be_deeper_than_pythons_stack():
    x = y = Scalar(1.0)
    for _ in range(20_000):
        y = y + x
    y.backward()
    assert x.grad == 20_001


def without_words(function):
    """Return a function's syntax without its name, its type hints and its docstring."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function))).body[0]
    tree.returns, tree.name = None, ""
    if ast.get_docstring(tree):
        tree.body = tree.body[1:]
    for argument in tree.args.args:
        argument.annotation = None
    return ast.dump(tree)


def test_the_chapter_grows_the_engine_of_the_file(tmp_path):
    """Method by method, what a reader types is what the figures and the exercises run."""
    notebook = nbformat.read(ROOT / "chapters" / "engine.ipynb", as_version=4)
    cells = {cell.id: cell.source for cell in notebook.cells}
    growth = ("scalar", "add", "multiply", "tanh", "order", "sweep", "backward")
    tree = ast.parse("\n".join(cells[name] for name in growth))
    tree.body = [node for node in tree.body if not isinstance(node, ast.Expr | ast.For)]
    page = tmp_path / "page.py"
    page.write_text(ast.unparse(tree), "utf-8")
    names = runpy.run_path(str(page))
    grown = names["Scalar"]
    methods = ("__init__", "__add__", "__radd__", "__mul__", "__rmul__")
    for name in (*methods, "tanh", "order", "sweep", "backward"):
        assert without_words(getattr(grown, name)) == without_words(getattr(Scalar, name)), name
    assert without_words(names["scalar"]) == without_words(engine.scalar)


def test_the_engine_has_fewer_than_fifty_lines():
    tree = ast.parse(inspect.getsource(engine))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    used = [n for n in tree.body if getattr(n, "name", "") in ("Scalar", "scalar")]
    lines = [line for node in used for line in ast.unparse(node).splitlines() if line]
    assert 30 < len(lines) < 50


def test_it_learns_xor_as_torch_does():
    hidden, bias = tensor(HIDDEN), tensor(BIAS)
    history = train()
    for weights, output, loss in history:
        theirs = loss_of(hidden.unbind(), bias)
        assert torch.allclose(tensor(weights), hidden, rtol=0, atol=1e-12)
        assert (output, loss) == pytest.approx((bias.item(), theirs.item()), abs=1e-12)
        steps = torch.autograd.grad(theirs, (hidden, bias))
        with torch.no_grad():
            for w, grad in zip((hidden, bias), steps, strict=True):
                w -= 0.25 * grad
    assert history[32][2] == pytest.approx(0.225, abs=0.001)  # it rests
    assert history[-1][2] < 0.003


def oklab(colour):
    """Return a colour where equal distances look equal (https://bottosson.github.io/posts/oklab)."""
    rgb = torch.tensor(colour, dtype=torch.float64) / 255
    rgb = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_lms = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
    to_lab = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    lms = tensor(to_lms) @ rgb
    return (tensor(to_lab) @ lms ** (1 / 3)).detach()


@pytest.mark.parametrize(
    ("page", "blue", "red"),
    [("#fffefb", palette.blue, palette.red), ("#14171c", "#5db4ec", "#ff8b45")],
    ids=["light", "dark"],
)
def test_the_map_of_colours_is_even_to_the_eye(page, blue, red):
    """From the page's colour to the strongest blue and red, each step is seen as equally large."""
    for colour in (blue, red):
        seen = tensor([int(page[k : k + 2], 16) for k in (1, 3, 5)]).detach()
        ink = tensor([int(colour[k : k + 2], 16) for k in (1, 3, 5)]).detach()
        places = [oklab(seen.tolist())]
        for _, alpha in layers(figures._BANDS, figures._STRONGEST):
            seen = seen + alpha * (ink - seen)
            places.append(oklab(seen.tolist()))
        steps = [(a - b).norm().item() for a, b in itertools.pairwise(places)]
        assert max(steps) < 1.3 * min(steps)
        assert min(steps) > 0.04  # two neighbours can be told apart


@pytest.mark.parametrize("step", [0, 32, 80, 112])
def test_the_regions_are_where_the_output_is(step):
    """The polygons agree with the net: inside above the level, outside below."""
    *net, _ = figures._trained()[step]
    places = torch.cartesian_prod(*[torch.linspace(-0.28, 1.28, 40, dtype=torch.float64)] * 2)
    output = engine.guess(*net, *places.T)
    for level in (0.2, 0.5, 0.7, 0.9):
        inside = sum(
            Path(polygon).contains_points(places).astype(int)
            for polygon in figures._above(step, level)
        )
        far = (output - level).abs() > 0.02
        assert ((output > level)[far].numpy() == inside.astype(bool)[far.numpy()]).all()


def test_the_scale_shows_the_four_answers():
    figure = figures.xor_training(112)
    *net, _ = figures._trained()[112]
    points = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]
    for x1, x2, _ in EXAMPLES:
        assert any(abs(y - figures._read(net, x1, x2)) < 1e-12 for y in points)
