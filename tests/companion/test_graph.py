"""The promise of `companion.graph`: it draws the graph that torch recorded, and nothing else.

Protected here: nodes and edges are those of an independent walk; a node is drawn once however
often it is reached; values, gradients and saved tensors are torch's own, or said to be gone; no
warning, no backward, no graph kept alive; boxes never overlap, text never leaves the figure, and
the same program gives the same bytes.
"""

import io
import itertools
import sys
import warnings
import weakref

import matplotlib
import networkx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from companion.graph import SHOWN, draw, graph, record_gradients
from explorable import style

pytestmark = pytest.mark.filterwarnings("error")


def number(value, requires_grad=True):
    return torch.tensor(value, dtype=torch.float64, requires_grad=requires_grad)


def sine():
    x = number(1.2)
    return torch.sin(x * x + x), {"x": x}


def names_of(found):
    return [name for _, name in found.nodes(data="name")]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


# What the graph holds ------------------------------------------------------------------------


def test_the_sine_of_the_book():
    found = graph(*sine())
    assert names_of(found) == ["SinBackward0", "AddBackward0", "MulBackward0", "AccumulateGrad"]
    # The same AccumulateGrad is reached three times, twice from one node.
    assert list(found.edges()) == [(0, 1), (1, 2), (1, 3), (2, 3), (2, 3)]
    assert found.in_degree(3) == 3
    assert found.nodes[3]["kind"] == "leaf"
    assert found.nodes[3]["names"] == ["x"]


def test_values_shapes_and_saved_tensors_are_torchs():
    found = graph(*sine())
    assert found.nodes[0]["values"]["output"].item() == pytest.approx(0.48082261)
    assert found.nodes[1]["values"]["value"].item() == pytest.approx(2.64)  # saved by the sine
    assert found.nodes[2]["values"] == {}  # an addition saves nothing, so nobody knows
    assert found.nodes[3]["values"]["x"].item() == 1.2
    assert set(found.nodes[2]["saved"]) == {"self", "other"}
    assert found.nodes[1]["saved"] == {}
    x = torch.ones(2, 2, requires_grad=True)
    out = (3 * (x + 2) ** 2).mean()
    assert [data for _, data in graph(out).nodes(data="shapes")] == [((),)] + 4 * [((2, 2),)]


def test_a_freed_graph_says_so_where_something_was_saved():
    s, leaves = sine()
    s.backward()
    found = graph(s, leaves)
    assert [set(saved.values()) for _, saved in found.nodes(data="saved")] == [
        {"freed"},
        set(),
        {"freed"},
        set(),
    ]
    assert found.nodes[3]["grads"]["x"].item() == pytest.approx(-2.98, abs=0.02)
    assert found.nodes[3]["grads"]["x"].item() == leaves["x"].grad.item()


def test_an_edit_in_place_changes_no_node_but_is_told():
    x = number(2.0)
    p = torch.exp(x)
    s = p * p
    before = graph(s)
    p.add_(1)  # its version is no longer the saved one
    after = graph(s)
    assert names_of(before) == names_of(after) == ["MulBackward0", "ExpBackward0", "AccumulateGrad"]
    assert list(before.edges()) == list(after.edges())
    assert after.nodes[0]["saved"] == {"other": "changed", "self": "changed"}
    assert names_of(graph(p))[0] == "AddBackward0"


def test_names_also_belong_to_results_and_constants():
    x, w, y = number(2.0, False), number(1.0), number(4.0, False)
    y_hat = w * x
    y_hat.retain_grad()
    loss = (y_hat - y) ** 2
    loss.backward()
    found = graph(loss, {"x": x, "w": w, "y": y, "y_hat": y_hat, "loss": loss, "same": w})
    assert [names for _, names in found.nodes(data="names")] == [
        ["loss"],
        [],
        ["y_hat"],
        ["w", "same"],
    ]
    assert found.nodes[2]["grads"]["y_hat"].item() == -4
    assert found.nodes[3]["grads"]["w"].item() == -8
    assert found.nodes[0]["grads"] == {}  # torch keeps none there


def test_several_outputs():
    a, b = torch.tensor([2.0, 3.0], requires_grad=True).unbind()
    found = graph(a * b, {"b": b})
    assert names_of(found) == ["MulBackward0", "UnbindBackward0", "AccumulateGrad"]
    assert [output for *_, output in found.edges(data="output_nr")] == [0, 1, 0]
    assert {k: v.item() for k, v in found.nodes[1]["values"].items()} == {"b": 3, "value 0": 2}


def test_a_function_of_the_readers_own():
    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return 2 * x

        @staticmethod
        def backward(ctx, grad):
            return 2 * grad

    y = Twice.apply(number(3.0))
    assert names_of(graph(y)) == ["TwiceBackward", "AccumulateGrad"]
    assert graph(y).nodes[0]["saved"]["saved_tensors[0]"].item() == 3
    y.backward()
    assert graph(y).nodes[0]["saved"] == {"saved_tensors": "freed"}


def test_a_leaf_alone_and_a_constant():
    x = number(2.0)
    assert graph(x, {"x": x}).nodes[0]["name"] == "AccumulateGrad"
    assert graph(x.detach()).nodes[0]["kind"] == "constant"
    with torch.no_grad():
        y = 2 * x
        assert names_of(graph(x)) == ["AccumulateGrad"]
    found = graph(y, {"x": x, "y": y})
    assert found.nodes[0]["values"] == {"y": y}
    assert "requires_grad = False" in {text.get_text() for text in draw(y).axes[0].texts}
    with torch.inference_mode():
        assert graph(torch.ones(2)).nodes[0]["kind"] == "constant"
        assert names_of(graph(x, {"x": x})) == ["AccumulateGrad"]


def test_recorded_gradients_are_those_that_flowed_in_the_order_of_the_run():
    s, leaves = sine()
    with record_gradients(s) as gradients:
        assert gradients == {}
        s.backward()
    found = graph(s, leaves, gradients=gradients)
    assert list(gradients) == [0, 1, 2, 3]
    upstream = [found.nodes[k]["upstream"][0].item() for k in range(4)]
    cosine = torch.cos(number(2.64, False)).item()
    assert upstream == pytest.approx([1, cosine, cosine, 3.4 * cosine])
    assert upstream[3] == leaves["x"].grad.item()
    again, _ = sine()
    again.backward()  # the hooks are gone
    assert len(gradients) == 4


def test_nothing_is_run_kept_or_changed():
    class Node(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            raise AssertionError("nobody asked for a backward")

    x = number(1.0)
    y = Node.apply(x)
    alive = weakref.ref(y.grad_fn)
    with record_gradients(y) as gradients:
        pass
    found, figure = graph(y, {"x": x, "y": y}), draw(y, {"x": x, "y": y}, show=SHOWN)
    assert x.grad is None
    x.data.fill_(7)
    assert found.nodes[1]["values"]["x"].item() == 1  # a copy
    assert gradients == {}
    with record_gradients(y):
        del y
        assert alive() is None
    assert figure.axes


def test_a_graph_of_another_run_and_of_other_branches():
    def program(a, b):
        return a * b if a > b else a + b * b

    a, b = number(2.0), number(3.0)
    assert names_of(graph(program(a, b)))[0] == "AddBackward0"
    assert names_of(graph(program(b, a)))[0] == "MulBackward0"


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda x: graph(3.0), TypeError, "graph draws a tensor, not a value of type float."),
        (lambda x: graph(x, [x]), TypeError, 'leaves is a dict from names to tensors, such as {"x'),
        (lambda x: graph(x, {1: x}), TypeError, "leaves is a dict from names to tensors"),
        (lambda x: draw(x, {"w": 2}), TypeError, "leaves: 'w' is not a tensor, but a value of ty"),
        (lambda x: draw(2 * x, {"w": number(1.0)}), ValueError, "'w' is not in the graph of this"),
        (lambda x: draw(x, show="value"), ValueError, "show is a list of some of value, shape,"),
        (lambda x: draw(x, show=["colour"]), ValueError, "it is ['colour']."),
        (lambda x: draw(x, highlight=4), ValueError, "the graph has no node 4."),
        (lambda x: draw(x, ax=plt.figure(figsize=(1, 0.3)).add_axes((0, 0, 1, 1))), ValueError,
         "ax is too small"),
    ],
)  # fmt: skip
def test_bad_input_is_told_in_one_sentence(call, error, sentence):
    with pytest.raises(error) as raised:
        call(number(2.0))
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_names_of_elsewhere_can_be_left_out():
    x, w = number(2.0), number(1.0)
    assert names_of(graph(2 * x, {"w": w, "x": x}, strict=False)) == names_of(graph(2 * x))


# What the drawing shows ----------------------------------------------------------------------


def boxes_and_texts(figure):
    """Return the extents of the boxes and the texts of a drawing, in pixels, without outlines."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    (ax,) = figure.axes
    figure.draw_without_rendering()
    boxes = {
        patch.get_gid(): patch.get_path().transformed(patch.get_transform()).get_extents()
        for patch in ax.patches
        if isinstance(patch, FancyBboxPatch)
    }
    return boxes, {text: text.get_window_extent(renderer) for text in ax.texts}


def arrows_of(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]


def assert_readable(figure):
    boxes, texts = boxes_and_texts(figure)
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        apart = a.x1 < b.x0 or b.x1 < a.x0 or a.y1 < b.y0 or b.y1 < a.y0
        assert apart, f"{one} overlaps {other}"
    for text, place in texts.items():
        assert text.get_size() >= 9
        assert place.x0 >= 0 and place.x1 <= figure.bbox.x1, f"{text} is cut"
        assert place.y0 >= 0 and place.y1 <= figure.bbox.y1, f"{text} is cut"
    inner = [text for text in texts if text.get_ha() == "center"]
    for text in inner:
        owners = [
            box for box in boxes.values()
            if box.x0 <= texts[text].x0 and texts[text].x1 <= box.x1
            and box.y0 <= texts[text].y0 and texts[text].y1 <= box.y1
        ]  # fmt: skip
        assert len(owners) == 1, f"{text} is not in one box"
    for arrow in arrows_of(figure):
        start, end = eval(arrow.get_gid().removeprefix("edge "))[:2]
        path = arrow.get_path().transformed(arrow.get_transform())
        lines = [Path(line).interpolated(20) for line in path.to_polygons(closed_only=False)]
        for name, box in boxes.items():
            if name not in (f"node {start}", f"node {end}"):
                assert not any(box.contains(*p) for line in lines for p in line.vertices), name


def test_the_arrows_of_a_shared_node_are_all_there():
    figure = draw(*sine())
    boxes, _ = boxes_and_texts(figure)
    assert len(boxes) == 4
    assert [arrow.get_gid() for arrow in arrows_of(figure)] == [
        "edge (0, 1, 0)",
        "edge (1, 2, 0)",
        "edge (1, 3, 1)",
        "edge (2, 3, 0)",
        "edge (2, 3, 1)",
    ]
    starts = [tuple(arrow._path_original.vertices[0]) for arrow in arrows_of(figure)]
    assert len(set(starts)) == 5  # two parallel edges are two lines
    assert boxes["node 0"].y0 > boxes["node 1"].y1 > boxes["node 3"].y1  # leaves at the bottom
    assert_readable(figure)


def test_texts():
    s, leaves = sine()
    with record_gradients(s) as gradients:
        s.backward()
    shown = [
        text.get_text() for text in draw(s, leaves, gradients=gradients, show=SHOWN).axes[0].texts
    ]
    assert shown == [
        "arrows: the way backward() goes",
        *("SinBackward0", "output = 0.4808", "shape ()", "upstream = 1", "saved tensors: freed"),
        *("AddBackward0", "shape ()", "upstream = −0.8768"),
        *("MulBackward0", "shape ()", "upstream = −0.8768", "saved tensors: freed"),
        *("AccumulateGrad", "x = 1.2", "shape ()", "upstream = −2.981", "x.grad = −2.981"),
    ]


def test_a_gradient_that_has_not_come_in_keeps_its_place():
    s, leaves = sine()
    with record_gradients(s) as gradients:
        s.backward()
    before, after = (draw(s, leaves, gradients=some) for some in ({}, gradients))
    assert [text.get_text() for text in before.axes[0].texts].count("upstream: none yet") == 4
    assert tuple(before.get_size_inches()) == tuple(after.get_size_inches())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.tensor(-0.5), "−0.5"),
        (torch.tensor([1.0]), "[1]"),
        (torch.full((2, 2), 4.5), "[[4.5, 4.5], [4.5, 4.5]]"),
        (torch.full((3, 3), 4.5), "3×3, all 4.5"),
        (torch.arange(12.0).reshape(3, 4), "3×4, 0 to 11"),
        (torch.tensor([1e-7, float("nan"), float("inf")]), "[1e−07, nan, inf]"),
        (torch.tensor(9.094947017729282e-13), "9.095e−13"),
        (torch.tensor(123456.0), "123456"),
        (torch.tensor([True, False]), "[True, False]"),
        (torch.tensor(1 + 2j), "1+2j"),
        (torch.zeros(9, dtype=torch.complex64), "9 values, complex64"),
        (torch.linspace(-1, 1, 9), "9 values, −1 to 1"),
        (torch.zeros(0, 3), "[]"),
        (torch.zeros(2, 2, device="meta"), "2×2, float32"),
        (torch.zeros((), device="meta"), "float32"),
    ],
)
def test_values_are_short(value, text):
    assert draw(value).axes[0].texts[1].get_text() == f"value = {text}"


def test_dollars_long_and_chinese_names_are_plain_text():
    x = number(2.0)
    figure = draw(2 * x, {"$x$": x, "权重": x, "w" * 80: x})
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert "$x$ = 2" in shown
    assert "权重 = 2" in shown
    assert any(text.endswith("w…") for text in shown)


def test_highlights():
    def lit(figure):
        red = matplotlib.colors.to_rgba("#d55e00")
        return [p.get_gid() for p in figure.axes[0].patches if p.get_edgecolor() == red]

    assert lit(draw(*sine())) == []
    assert lit(draw(*sine(), highlight=1)) == ["edge (1, 2, 0)", "edge (1, 3, 1)", "node 1"]


def test_a_figure_grows_with_its_rows_and_an_axes_is_filled_from_the_top():
    x = number(1.0)
    heights = []
    for doublings in (1, 5, 9):
        y = x
        for _ in range(doublings):
            y = y * 2
        figure = draw(y, {"x": x})
        heights.append(figure.get_size_inches()[1])
        assert figure.get_size_inches()[0] == pytest.approx(4.8)
    assert heights == sorted(set(heights))
    figure = plt.figure(figsize=(5, 6), dpi=72)
    ax = figure.add_axes((0.5, 0, 0.5, 1))
    assert draw(x * x, {"x": x}, ax=ax) is figure
    boxes, _ = boxes_and_texts(figure)
    assert all(box.x0 > 180 and box.y0 > 200 for box in boxes.values())


# Any program ---------------------------------------------------------------------------------

UNARY = {"sin": torch.sin, "tanh": torch.tanh, "square": lambda t: t**2, "shift": lambda t: t + 1}
BINARY = {"add": torch.add, "mul": torch.mul, "sub": torch.sub}


@st.composite
def programs(draw_, most=20):
    """A tensor, its leaves by name, and at most `most` nodes behind it."""
    leaves = {f"w{k}": number(0.1 * k + 0.3) for k in range(draw_(st.integers(1, 8)))}
    pool = list(leaves.values())
    for _ in range(draw_(st.integers(0, most - len(leaves)))):
        name = draw_(st.sampled_from([*UNARY, *BINARY, *BINARY]))
        back = st.integers(1, min(6, len(pool)))  # mostly recent results, so that graphs are deep
        one, other = pool[-draw_(back)], pool[draw_(st.integers(0, len(pool) - 1))]
        pool.append(UNARY[name](one) if name in UNARY else BINARY[name](one, other))
    return pool[-1], leaves


def independent_walk(tensor):
    """Count the nodes and the edges by name, recursively, and the way torch prints them."""
    seen, edges = {}, []

    def visit(node):
        if node not in seen:
            seen[node] = type(node).__name__
            for child, _ in node.next_functions:
                if child is not None:
                    edges.append((type(node).__name__, type(child).__name__))
                    visit(child)

    visit(torch.autograd.graph.get_gradient_edge(tensor).node)
    return sorted(seen.values()), sorted(edges)


@settings(deadline=None, max_examples=150)
@given(programs())
def test_the_graph_is_that_of_an_independent_walk(program):
    tensor, leaves = program
    found = graph(tensor, leaves, strict=False)
    names = dict(found.nodes(data="name"))
    assert (sorted(names.values()), sorted((names[a], names[b]) for a, b in found.edges())) == (
        independent_walk(tensor)
    )
    assert all(start < end for start, end in found.edges())  # an order that backward can follow
    assert networkx.is_weakly_connected(found)
    with record_gradients(tensor) as gradients:
        tensor.backward()
    kinds = dict(found.nodes(data="kind"))
    ran = [k for k in gradients if kinds[k] == "operation"]
    assert ran == [k for k in found if kinds[k] == "operation"]  # the order of torch's engine
    for data in dict(found.nodes(data=True)).values():
        for name in data["names"]:
            place = next(k for k in found if name in found.nodes[k]["names"])
            assert torch.equal(gradients[place][0], leaves[name].grad)


@settings(deadline=None, max_examples=60)
@given(programs(), st.sampled_from([("value", "grad"), SHOWN, ()]))
def test_drawings_of_up_to_20_nodes_are_readable(program, show):
    tensor, leaves = program
    figure = draw(tensor, leaves, strict=False, show=show)
    try:
        assert_readable(figure)
    finally:
        plt.close(figure)


def svg(figure):
    file = io.StringIO()
    with plt.rc_context(style):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def test_a_program_that_runs_again_gives_the_same_bytes():
    first = svg(draw(*sine(), show=SHOWN))
    junk = [object() for _ in range(1000)]  # other addresses
    assert svg(draw(*sine(), show=SHOWN)) == first
    assert len(junk) == 1000


def test_no_warning_for_results_without_a_grad():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        s, leaves = sine()
        draw(s, leaves | {"s": s}, show=SHOWN)


def test_a_deep_graph_needs_no_recursion():
    y = x = number(1.0)
    for _ in range(2 * sys.getrecursionlimit()):
        y = y + 1
    assert len(graph(y, {"x": x})) == 2 * sys.getrecursionlimit() + 1
