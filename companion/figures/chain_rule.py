"""The figures of the chapter about the chain rule."""

import itertools
import math
import re
from typing import NamedTuple

import torch
from ipywidgets import Play, ToggleButtons, interactive
from matplotlib.figure import Figure
from matplotlib.path import Path

from companion.canvas import MARGIN, WIDTH, Page, ink, signed, strokes, text_width
from companion.graph import graph
from companion.paths import PATHS, SWEEP, Edge, Program
from explorable import explore

#: The chapter's programs.
SHORTCUT = Program(
    ["a = w * x", "b = a**2", "c = a + b", "loss = (c - y)**2"], {"w": 1.0}, {"x": 2.0, "y": 5.0}
)
SOFTMAX = Program(
    ["e1 = exp(z1)", "e2 = exp(z2)", "e3 = exp(z3)"]
    + ["s = e1 + e2 + e3", "p = e1 / s", "loss = -log(p)"],
    {"z1": math.log(2), "z2": 0.0, "z3": 0.0},
)


def walk_the_shortcut() -> interactive:
    """Return the figure of a number that acts twice, and of both ways back to it."""
    return _walk(
        SHORTCUT,
        step=8,
        title="Two ways meet and add",
        caption="The bars count the work so far.",
        paper=[{"way": SWEEP, "step": 4}, {"way": SWEEP, "step": 8}, {"way": PATHS, "step": 9}],
    )


def walk_softmax() -> interactive:
    """Return the figure of three leaves, which one sweep reaches together."""
    return _walk(
        SOFTMAX,
        "softmax_stepper",
        step=13,
        title="One sweep, all leaves",
        caption="The way down to s is walked once.",
        paper=[{"way": SWEEP, "step": 13}, {"way": PATHS, "step": 11}],
    )


def _walk(program, name="path_stepper", *, step, **words):
    def draw(way, step):
        return path_stepper(program, way, step)

    draw.__name__ = name  # a page calls the figure by it
    return explore(
        draw,
        way=ToggleButtons(options=[SWEEP, PATHS]),
        step=Play(min=0, max=program.steps(SWEEP), value=step, interval=1500),
        labels={"way": "way back"},
        alt="A program as a graph, the output on top: a value and a gradient in each box, a local "
        "slope on each line, the present node or path marked. Below, its equation with numbers, "
        "and two bars that count the multiplications and additions of both ways.",
        **words,
    )


def walk_doublings() -> interactive:
    """Return the figure of a graph that is small, and has many paths."""
    return explore(
        doublings,
        k=(1, 8),
        labels={"k": "doublings"},
        title="Paths double, nodes do not",
        caption="Both pictures are the same program. Each doubling adds one node on the left, and "
        "as many as there were before on the right.",
        alt="Left, a chain of nodes with two lines between neighbours. Right, the tree of all ways "
        "down that chain, which is twice as wide with each doubling.",
        paper=[2, 4, 8],
    )


def path_stepper(program: Program, way: str = SWEEP, step: int = 0) -> Figure:
    """Draw a program's graph after some steps, with what the last one did as an equation.

    Step by step: the forward pass, one operation each; the moves of a way back, as
    `Program.moves` lists them; and torch's own answer. Steps after the last one show that again.

    The program has about ten names, in at most five rows. ArithmeticError if a product or sum of
    slopes is not what torch found.

    >>> figure = path_stepper(Program(["p = w * x"], {"w": 1.0}, {"x": 3.0}), step=3)
    >>> "1 × 3 = 3" in [text.get_text() for text in figure.texts]
    True
    """
    scene = _scene(program, way, min(step, program.steps(way)))
    places = _places(program)
    bottom = max(y + height / 2 for _, y, _, height in places.values())
    page = Page(bottom + 96)
    _draw_graph(page, program, places, scene)
    forward, back = (ink.value, ink.value, ink.right), (ink.gradient, ink.text, ink.gradient)
    colors = back if scene.done else forward
    for row, (line, color) in enumerate(zip(scene.lines, colors, strict=True)):
        weight = "normal" if row else "bold"
        page.text(MARGIN, bottom + 20 + 15 * row, line, color, weight=weight)
    _draw_counts(page, bottom + 72, program, way, scene.done)
    return page.figure


def doublings(k: int) -> Figure:
    """Draw the graph of k doublings, and beside it the tree of all paths down that graph.

    What is counted is the graph that torch records of ``y = y + y``.

    >>> doublings(2).texts[-1].get_text()
    '7 visits on 4 paths'
    """
    y = torch.tensor(1.0, requires_grad=True)
    for _ in range(k):
        y = y + y
    visits, nodes = _visits(y.grad_fn), graph(y).number_of_nodes()
    page = Page(268)
    top, bottom, left, start, wide = 34, 232, 52, 112, 180
    rows = [top + (bottom - top) * row / k for row in range(k + 1)]
    copies = [[start + wide * (n + 0.5) / 2**r for n in range(2**r)] for r in range(k + 1)]
    rings, tree = [], []
    for row, (y, below) in enumerate(itertools.pairwise(rows)):
        middle, bow = (y + below) / 2, min(30, (below - y) / 2)
        for side in (-bow, bow):
            rings.append([(left, y), (left + side, middle), (left, below)])
        for number, child in enumerate(copies[row + 1]):
            tree.append([(copies[row][number // 2], y), (child, below)])
    page.path(strokes(rings, Path.CURVE3), ink.context)
    page.path(strokes(tree), ink.gradient, min(1, 24 / 2**k + 0.3))
    _dots(page, [(left, y) for y in rows], ink.value, 9)
    dots = [(x, y) for y, line in zip(rows, copies, strict=True) for x in line]
    _dots(page, dots, ink.gradient, min(9, 0.8 * wide / 2**k + 0.7))
    page.text(left, 16, "the graph", weight="bold", ha="center")
    page.text(start + wide / 2, 16, "walked path by path", weight="bold", ha="center")
    page.text(left, 258, f"{nodes} nodes", ink.value, ha="center")
    page.text(left + 11, top + 4, "y")
    page.text(left + 11, bottom + 4, "x")
    words = f"{visits:,} visits on {2**k:,} paths".replace(",", "\N{NO-BREAK SPACE}")
    page.text(start + wide / 2, 258, words, ink.gradient, ha="center")
    return page.figure


def _visits(node):
    return 1 + sum(_visits(below) for below, _ in node.next_functions)


def _dots(page, places, color, size):
    """Draw dots as one path: hardly any line, with round ends."""
    ends = [[(x - 0.1, y), (x + 0.1, y)] for x, y in places]
    page.path(strokes(ends), color, size, capstyle="round", snap=False)


class _Scene(NamedTuple):
    """What is known after a step, and what the step did."""

    known: set[str]  # names whose value is there
    grads: dict[str, float]
    nodes: set[str]  # lit
    edges: list[Edge]  # lit; compared by identity, for two may be equal
    lines: list[str]
    done: int  # moves of the way back


def _scene(program, way, step):
    last, most = len(program.operations), program.steps(way)
    known = {*program.leaves, *list(program.operations)[:step]}
    head = f"step {step} of {most}, "
    if step == 0:
        given = program.fixed | {leaf: program.values[leaf] for leaf in program.leaves}
        words = ", ".join(f"{_pretty(name)} = {_text(value)}" for name, value in given.items())
        lines = [f"{head}start", f"given: {words}", ""]
        return _Scene(known, {}, set(program.leaves), [], lines, 0)
    if step <= last:
        name = list(program.operations)[step - 1]
        edges = [edge for edge in program.edges if edge.user == name]
        slopes = ", ".join(f"{_pretty(edge.input)}: {_text(edge.slope)}" for edge in edges)
        lines = [f"{head}forward", _filled(program, name), f"local slope for {slopes}"]
        return _Scene(known, {}, {name}, edges, lines, 0)
    done = min(step, most - 1) - last
    tell = _after_paths if way == PATHS else _after_sweep
    grads, nodes, edges, lines = tell(program, done)
    lines[0] = f"{head}back: {lines[0]}"
    if step == most:
        nodes, edges = set(program.leaves), []
        names = ", ".join(map(_pretty, program.leaves)) + (": " if program.leaves[1:] else "")
        found = ", ".join(_text(program.grads[leaf]) for leaf in program.leaves)
        lines = [f"{head}compare", "PyTorch's own backward() finds the same:"]
        lines.append(f"{names}.grad = {found}")
    return _Scene(known, grads, nodes, edges, lines, done)


def _after_sweep(program, done):
    grads = {}
    for name in program.order[:done]:
        edges = program.users(name)
        terms = [grads[edge.user] * edge.slope for edge in edges]
        grads[name] = sum(terms) if edges else 1.0
        _check(grads[name], program.grads[name])
    label = f"the gradient of {_pretty(name)}"
    if not edges:
        return grads, {name}, edges, [label, "Every way back begins with 1.", "1"]
    products = " + ".join(
        f"{_text(grads[edge.user], inner=True)} × {_text(edge.slope, inner=True)}" for edge in edges
    )
    what = "upstream gradient × local slope"
    if len(edges) > 1:
        what = f"{_pretty(name)} acts in {len(edges)} places: the products add up."
    return grads, {name}, edges, [label, what, f"{products} = {_text(grads[name])}"]


def _after_paths(program, done):
    moves = program.moves(PATHS)[:done]
    products = {leaf: [] for leaf in program.leaves}
    for kind, leaf, path in moves:
        if kind == "multiply":
            products[leaf].append(math.prod(edge.slope for edge in path))
    grads = {leaf: sum(found) for leaf, found in products.items() if found}
    for leaf, found in products.items():
        if len(found) == len(program.paths(leaf)):
            _check(grads[leaf], program.grads[leaf])
    kind, leaf, path = moves[-1]
    if kind == "add":
        terms = " + ".join(_text(product, inner=True) for product in products[leaf])
        label = f"add up at {_pretty(leaf)}"
        words = f"{len(products[leaf])} paths, {len(products[leaf])} products:"
        return grads, {leaf}, [], [label, words, f"{terms} = {_text(grads[leaf])}"]
    number = sum(move.kind == "follow" for move in moves)
    total = sum(move.kind == "follow" for move in program.moves(PATHS))
    way = " → ".join(_pretty(name) for name in (program.output, *(edge.input for edge in path)))
    equation = " × ".join(["1", *(_text(edge.slope, inner=True) for edge in path)])
    if kind == "multiply":
        equation += f" = {_text(products[leaf][-1])}"
    lines = [f"{kind} path {number} of {total}", way, equation]
    return grads, {program.output, *(edge.input for edge in path)}, path, lines


def _check(mine, torchs):
    if not math.isclose(mine, torchs, rel_tol=1e-9, abs_tol=1e-12):
        raise ArithmeticError(f"slopes give {mine}, but torch's gradient is {torchs}")


def _text(value, inner=False):
    """Return a number as text; `inner` for one that follows a sign."""
    return f"({signed(value)})" if inner and value < 0 else signed(value)


def _pretty(code):
    """Return a line of code as a formula."""
    code = re.sub(r"\s*\*\*\s*2\b", "²", code).replace("y_hat", "ŷ")
    code = code.replace("*", "·").replace("-", "−")
    return re.sub(r"(?<=[a-z])\d\b", lambda d: "₀₁₂₃₄₅₆₇₈₉"[int(d[0])], code)


def _filled(program, name):
    """Return an operation's formula, the same with numbers, and its value."""
    right = program.operations[name]
    values = program.fixed | program.values
    filled = re.sub(
        r"[a-z_]\w*", lambda n: _text(values[n[0]], True) if n[0] in values else n[0], right
    )
    filled = re.sub(r"\((\([^()]*\))\)", r"\1", _pretty(filled))  # exp((−2)) has two too many
    result = _text(program.values[name])
    return f"{_pretty(name)} = {_pretty(right)} = {filled} = {result}"


# Lengths in points.
_TOP, _GRAPH = 24, 228  # above the graph, and its largest height
_GAP = 24  # between two rows of it, at most
_LOW, _HIGH = 22, 34  # boxes of one line, and of two where others need the room beside them
_NUMBER = 46  # the room for a value, and for a gradient


def _places(program):
    """Return (x, y, half of the width, height) of each name's box: rows by the longest way."""
    row = dict.fromkeys(program.order, 0)
    for name in program.order[1:]:
        row[name] = 1 + max(row[edge.user] for edge in program.users(name))
    passed = {r for edge in program.edges for r in range(row[edge.user] + 1, row[edge.input])}
    rows = [
        [name for name in program.values if row[name] == r] for r in range(max(row.values()) + 1)
    ]
    heights = [_HIGH if r in passed or len(names) > 1 else _LOW for r, names in enumerate(rows)]
    gap = min(_GAP, (_GRAPH - sum(heights)) / max(1, len(rows) - 1))
    places, top = {}, _TOP
    for r, (names, height) in enumerate(zip(rows, heights, strict=True)):
        names.sort(key=lambda name: (_column(program, name), name))
        left = 0.45 if r in passed else 0  # room for the edges that pass
        for number, name in enumerate(names):
            x = (left + (1 - left) * (number + 0.5) / len(names)) * WIDTH
            formula = text_width(_formula(program, name)) / 2
            wide = formula + _NUMBER + 8 if height == _LOW else max(formula, 41) + 5
            places[name] = x, top + height / 2, wide, height
        top += height + gap
    return places


def _column(program, name):
    """Return where a name stands in its row: leaves as given, results by their leaves."""
    if name in program.leaves:
        return program.leaves.index(name)
    return min(_column(program, edge.input) for edge in program.edges if edge.user == name)


def _formula(program, name):
    operation = program.operations.get(name)
    return _pretty(f"{name} = {operation}" if operation else name)


def _draw_graph(page, program, places, scene):
    legend = ("in a box: ", ink.context), ("value ", ink.value), ("gradient", ink.gradient)
    legend += ("    on a line: ", ink.context), ("local slope", ink.slope)
    x = MARGIN
    for words, color in legend:
        page.text(x, 14, words, color)
        x += text_width(words + "|") - text_width("|")
    fixed = [f"{_pretty(name)} = {_text(value)}" for name, value in program.fixed.items()]
    page.texts(MARGIN, _TOP + 16, fixed, ink.context)
    for edge in program.edges:
        _draw_edge(page, program, places, edge, scene)
    for name in program.values:
        _draw_box(page, program, places[name], name, scene)


def _draw_edge(page, program, places, edge, scene):
    (x, top, _, height), (to, bottom, _, below) = places[edge.user], places[edge.input]
    top, bottom = top + height / 2, bottom - below / 2
    twins = [other for other in program.edges if other[:2] == edge[:2]]
    number = next(number for number, twin in enumerate(twins) if twin is edge)
    bow = 100 * (number - (len(twins) - 1) / 2)
    middle = ((x + to) / 2 + bow, (top + bottom) / 2)
    lit = any(edge is other for other in scene.edges)
    color = _color(scene, lit)
    curve = [(x, top), middle, (to, bottom)]
    page.path(strokes([curve], Path.CURVE3), color, width=3 if lit else 1)
    page.head((to, bottom) if scene.done else (x, top), middle, color, (9, 5), shown=lit)

    slope = _text(edge.slope) if edge.user in scene.known else ""
    x, y = (x + to) / 2 + bow / 2, middle[1]
    half = 4 + 3.4 * len(slope)  # of a patch in the page's colour, which keeps the line off
    page.patch(x - half, y - 7, 2 * half, 13, color="white", alpha=1 if slope else 0)
    weight = "bold" if lit else "normal"
    page.text(x, y + 4, slope, ink.slope, ha="center", weight=weight)


def _draw_box(page, program, place, name, scene):
    x, y, half, height = place
    lit, known = name in scene.nodes, name in scene.known
    color = _color(scene, lit) if lit or not known else ink.text
    leaf = name in program.leaves
    page.box(
        *(x - half, y - height / 2, 2 * half, height),
        color=color,
        corner=0 if leaf else 5,
        facecolor=(ink.learns, 0.15 if leaf else 0),
        linewidth=2.5 if lit else 1,
    )
    value = _text(program.values[name]) if known else ""
    grad = _text(scene.grads[name]) if name in scene.grads else ""
    color = ink.text if known else ink.context
    if height == _LOW:  # formula, value, gradient side by side
        page.text(x - half + 6, y + 4, _formula(program, name), color)
        page.text(x + half - _NUMBER - 6, y + 4, value, ink.value, ha="right")
        page.text(x + half - 6, y + 4, grad, ink.gradient, ha="right")
    else:
        page.text(x, y - 4, _formula(program, name), color, ha="center")
        page.text(x, y + 12, value, ink.value, ha="right")
        page.text(x + 6, y + 12, grad, ink.gradient, ha="left")


def _color(scene, lit):
    return ink.context if not lit else ink.gradient if scene.done else ink.value


def _draw_counts(page, top, program, way, done):
    """Draw, for both ways, the operations so far, and in outline all that it needs."""
    totals = {each: program.count(each) for each in (SWEEP, PATHS)}
    unit = 134 / max(sum(total) for total in totals.values())
    for row, (each, total) in enumerate(totals.items()):
        y = top + 16 * row
        (times, plus), chosen = program.count(each, done), each == way
        weight, color = ("bold", ink.text) if chosen else ("normal", ink.context)
        look = {"color": color, "weight": weight}
        page.text(MARGIN, y, each, **look)
        page.text(118, y, f"{times} ×", ha="right", **look)
        page.text(150, y, f"{plus} +", ha="right", **look)
        color = ink.gradient if chosen else ink.context
        page.patch(158, y - 10, unit * (times + plus), 11, color=color)
        page.box(158, y - 10, unit * sum(total), 11, color=ink.context, facecolor="none")
