"""The figures of the chapter about the chain rule."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.path import Path

from companion.canvas import MARGIN, WIDTH, Page, arrow_head, in_style, ink, panels, signed
from companion.paths import PATHS, SWEEP, Edge, Program


@in_style
def doublings(visits: Sequence[int], nodes: Sequence[int]) -> Figure:
    """Draw a chain of k doublings, and how much work both ways back have up to k.

    Parameters
    ----------
    visits, nodes
        For 1 to k doublings: the visits of a walk path by path, and the nodes.

    Examples
    --------
    >>> doublings([3, 7], [2, 3]).texts[0].get_text()
    'path by path: 7 visits (4 paths)'
    """
    k = len(visits)
    figure, (left, ax) = panels(
        *(3.6, 1, 2), width_ratios=(1, 4), left=0.02, right=0.97, bottom=0.14, top=0.8, wspace=0.45
    )
    t = torch.linspace(0, k, 8 * k + 1, dtype=torch.float64)
    ring = (math.pi * t).sin().abs() / 2
    left.plot(ring, t, -ring, t, color=ink.gradient, linewidth=1)
    left.plot([0] * (k + 1), range(k + 1), "o", color=ink.value, markersize=7)
    left.set(xlim=(-1, 1), ylim=(15.4, -0.4))
    left.axis("off")
    for values, color in ((visits, ink.gradient), (nodes, ink.value)):
        ax.plot(range(1, k + 1), values, "o-", color=color, markersize=4)
    ax.set(yscale="log", xlim=(0, 16), ylim=(1, 2e5), xticks=(1, 5, 10, 15), xlabel="k")
    ax.set_yticks((1, 10, 100, 1000, 10000), ("1", "10", "100", "1000", "10 000"))
    ax.minorticks_off()
    words = f"path by path: {visits[-1]:,} visits ({2**k:,} paths)".replace(",", " ")
    figure.text(0.02, 0.92, words, color=ink.gradient)
    figure.text(0.02, 0.85, f"one sweep: {nodes[-1]} nodes", color=ink.value)
    return figure


def path_stepper(program: Program, way: str = SWEEP, step: int = 0) -> Figure:
    """Draw a program's graph after some steps, with what the last one did as an equation.

    Step by step: the forward pass, one operation each; the way back, one node or one path each;
    and torch's own answer. Steps after the last one show that again.

    Parameters
    ----------
    program
        Of about ten names, in at most five rows.
    way
        "one sweep" or "all paths".
    step
        How many steps have been made.

    Raises
    ------
    ValueError
        If `way` is neither of the two.
    ArithmeticError
        If a product or sum of slopes is not what torch found.

    Examples
    --------
    >>> figure = path_stepper(Program(["p = w * x"], {"w": 1.0}, {"x": 3.0}), step=3)
    >>> "1 × 3 = 3" in [text.get_text() for text in figure.texts]
    True
    """
    if way not in (SWEEP, PATHS):
        raise ValueError(f"way is {SWEEP!r} or {PATHS!r}, not {way!r}.")
    scene = _scene(program, way, min(step, program.steps(way)))
    page = Page(_HEIGHT)
    _draw_graph(page, program, scene)
    for row, (line, color) in enumerate(zip(scene.lines, scene.colors, strict=True)):
        page.text(MARGIN, _WORDS + 17 * row, line, color, weight="normal" if row else "bold")
    _draw_counts(page, program, way, scene.done)
    return page.figure


# What a step shows ---------------------------------------------------------------------------


class _Scene(NamedTuple):
    """What is known after a step, and what the step did."""

    known: set[str]  # names whose value is there
    grads: dict[str, float]
    nodes: set[str]  # lit
    edges: list[Edge]  # lit; compared by identity, for two may be equal
    lines: list[str]
    colors: tuple[str, str, str]  # of the lines
    done: int  # steps of the way back
    back: bool


def _scene(program, way, step):
    last = len(program.operations)
    known = {*program.leaves, *list(program.operations)[:step]}
    head = f"step {step} of {program.steps(way)}, "
    forward, back = (ink.value, ink.value, ink.right), (ink.gradient, ink.text, ink.gradient)
    if step == 0:
        given = program.fixed | {leaf: program.values[leaf] for leaf in program.leaves}
        words = ", ".join(f"{_pretty(name)} = {_text(value)}" for name, value in given.items())
        lines = [f"{head}start", f"given: {words}", ""]
        return _Scene(known, {}, set(program.leaves), [], lines, forward, 0, False)
    if step <= last:
        name = list(program.operations)[step - 1]
        edges = [edge for edge in program.edges if edge.user == name]
        slopes = ",  ".join(f"{_pretty(edge.input)}: {_text(edge.slope)}" for edge in edges)
        lines = [f"{head}forward", _filled(program, name), f"local slope for {slopes}"]
        return _Scene(known, {}, {name}, edges, lines, forward, 0, False)
    tell = _after_paths if way == PATHS else _after_sweep
    done = min(step - last, program.steps(way) - last - 1)
    grads, nodes, edges, lines = tell(program, done)
    lines[0] = f"{head}back: {lines[0]}"
    if step == program.steps(way):
        nodes, edges = set(program.leaves), []
        found = ",  ".join(
            f"{_pretty(leaf)}.grad = {_text(program.grads[leaf])}" for leaf in program.leaves
        )
        lines = [f"{head}compare", "PyTorch's own backward() says the same:", found]
    return _Scene(known, grads, nodes, edges, lines, back, done, True)


def _after_sweep(program, done):
    grads = {}
    for name in program.order[:done]:
        edges = program.users(name)
        terms = [grads[edge.user] * edge.slope for edge in edges]
        grads[name] = sum(terms) if edges else 1.0
        _check(grads[name], program.grads[name])
    label = f"gradient of {_pretty(name)}"
    if not edges:
        return grads, {name}, edges, [label, "every way back begins with 1", "1"]
    products = " + ".join(
        f"{_text(grads[edge.user], inner=True)} × {_text(edge.slope, inner=True)}" for edge in edges
    )
    what = "upstream gradient × local slope"
    if len(edges) > 1:
        what = f"{_pretty(name)} stands in {len(edges)} places, so {len(edges)} products add up:"
    return grads, {name}, edges, [label, what, f"{products} = {_text(grads[name])}"]


def _after_paths(program, done):
    paths = program.all_paths()
    grads = {}
    for leaf, path in paths[:done]:
        before = grads.get(leaf)
        product = math.prod(edge.slope for edge in path)
        grads[leaf] = product if before is None else before + product
    if done == len(paths):
        for name in program.leaves:
            _check(grads[name], program.grads[name])
    way = " → ".join(_pretty(name) for name in (program.output, *(edge.input for edge in path)))
    factors = " × ".join(["1", *(_text(edge.slope, inner=True) for edge in path)])
    lines = [f"path {done} of {len(paths)}", way, f"{factors} = {_text(product)}"]
    if before is not None:
        lines[2] += f";  {_text(before)} + {_text(product, True)} = {_text(grads[leaf])}"
    return grads, {program.output, *(edge.input for edge in path)}, path, lines


def _check(mine, torchs):
    if not math.isclose(mine, torchs, rel_tol=1e-9, abs_tol=1e-12):
        raise ArithmeticError(f"slopes give {mine}, but torch's gradient is {torchs}")


# Text ----------------------------------------------------------------------------------------


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


# The picture ---------------------------------------------------------------------------------

# Lengths in points.
_TOP, _BOTTOM, _BOX = 26, 336, 36  # of the graph; the height of a box
_WORDS, _COUNTS = 358, 414  # where the equation and the counts begin
_HEIGHT = 466
# All small programs have the same elements, so that a figure of several of them stays small.
_BOXES, _LINES = 9, 9


def _places(program):
    """Return the centre of each name's box: rows by the longest way to the output."""
    row = dict.fromkeys(program.order, 0)
    for name in program.order[1:]:
        row[name] = 1 + max(row[edge.user] for edge in program.users(name))
    passed = {r for edge in program.edges for r in range(row[edge.user] + 1, row[edge.input])}
    pitch = (_BOTTOM - _TOP - _BOX) / max(row.values())
    places = {}
    for r in range(max(row.values()) + 1):
        names = [name for name in program.values if row[name] == r]
        names.sort(key=lambda name: (_column(program, name), name))
        left = 0.45 if r in passed else 0  # room for the edges that pass
        for number, name in enumerate(names):
            x = (left + (1 - left) * (number + 0.5) / len(names)) * WIDTH
            if len(names) == 1 and not left and len(program.users(name)) == 1:
                x = places[program.users(name)[0].user][0]  # straight below
            places[name] = (x, _TOP + _BOX / 2 + r * pitch)
    return places


def _column(program, name):
    """Return where a name stands in its row: leaves as given, results by their leaves."""
    if name in program.leaves:
        return program.leaves.index(name)
    return min(_column(program, edge.input) for edge in program.edges if edge.user == name)


def _draw_graph(page, program, scene):
    places = _places(program)
    legend = "in a box: value | gradient      on a line: local slope"
    page.text(MARGIN, 14, legend, ink.context, size=10)
    fixed = ", ".join(f"{_pretty(name)} = {_text(value)}" for name, value in program.fixed.items())
    page.text(MARGIN, _TOP + 16, fixed, ink.context)
    for number in range(max(_LINES, len(program.edges))):
        hidden = number >= len(program.edges)
        _draw_edge(page, program, places, program.edges[0 if hidden else number], hidden, scene)
    names = list(program.values)
    for number in range(max(_BOXES, len(names))):
        hidden = number >= len(names)
        name = names[0 if hidden else number]
        _draw_box(page, program, *places[name], name, hidden, scene)
    bars = [
        (x, y + side) for name, (x, y) in places.items() if name in scene.known for side in (2, 14)
    ]
    page.path(Path(bars, [Path.MOVETO, Path.LINETO] * (len(bars) // 2)), ink.context)


def _draw_edge(page, program, places, edge, hidden, scene):
    (x, top), (to, bottom) = places[edge.user], places[edge.input]
    top, bottom = top + _BOX / 2, bottom - _BOX / 2
    twins = [other for other in program.edges if other[:2] == edge[:2]]
    number = next(number for number, twin in enumerate(twins) if twin is edge)
    bow = 100 * (number - (len(twins) - 1) / 2)
    middle = ((x + to) / 2 + bow, (top + bottom) / 2)
    lit = not hidden and any(edge is other for other in scene.edges)
    color = _color(scene, lit)
    curve = Path([(x, top), middle, (to, bottom)], [Path.MOVETO, Path.CURVE3, Path.CURVE3])
    page.path(curve, color, width=3 if lit else 1, alpha=0 if hidden else 1)
    head = arrow_head((to, bottom) if scene.back else (x, top), middle, length=9, half=5)
    page.add(Polygon(head, color=color, linewidth=0, alpha=1 if lit else 0))

    slope = "" if hidden or edge.user not in scene.known else _text(edge.slope)
    x, y = (x + to) / 2 + bow / 2, middle[1]
    half = 4 + 3.2 * len(slope)  # of a patch in the page's colour, which keeps the line off
    look = {"facecolor": "white", "linewidth": 0, "alpha": 1 if slope else 0}
    page.box(x - half, y - 7, 2 * half, 14, **look)
    page.text(x, y + 4, slope, ink.slope, ha="center", weight="bold" if lit else "normal")


def _draw_box(page, program, x, y, name, hidden, scene):
    operation = program.operations.get(name)
    formula = _pretty(f"{name} = {operation}" if operation else name)
    half = max(49, 3.2 * len(formula) + 8)
    lit, known = name in scene.nodes, name in scene.known
    color = _color(scene, lit) if lit or not known else ink.text
    page.box(
        *(x - half, y - _BOX / 2, 2 * half, _BOX),
        corner=5 if operation else 0,
        facecolor=(ink.value, 0) if operation or hidden else ink.leaf,
        edgecolor=(color, 0 if hidden else 1),
        linewidth=2.5 if lit else 1,
    )
    look = {"ha": "center", "alpha": 0 if hidden else 1}
    page.text(x, y - 4, formula, ink.text if known else ink.context, **look)
    value = _text(program.values[name]) if known and not hidden else ""
    grad = _text(scene.grads[name]) if name in scene.grads and not hidden else ""
    page.text(x - 5, y + 12, value, ink.value, ha="right")
    page.text(x + 5, y + 12, grad, ink.gradient, ha="left")


def _color(scene, lit):
    return ink.context if not lit else ink.gradient if scene.back else ink.value


def _draw_counts(page, program, way, done):
    """Draw, for both ways, the operations so far, and in outline all that it needs."""
    totals = {each: program.count(each) for each in (PATHS, SWEEP)}
    unit = 168 / max(sum(total) for total in totals.values())
    page.text(
        MARGIN, _COUNTS, "so far: multiplications (×) and additions (+)", ink.context, size=10
    )
    for row, (each, total) in enumerate(totals.items()):
        y = _COUNTS + 20 + 19 * row
        so_far, chosen = program.count(each, done), each == way
        look = {"color": ink.text, "weight": "bold"} if chosen else {"color": ink.context}
        page.text(MARGIN, y, each, **look)
        page.text(116, y, f"{so_far.times} ×", ha="right", **look)
        page.text(154, y, f"{so_far.plus} +", ha="right", **look)
        color = ink.gradient if chosen else ink.context
        page.box(166, y - 10, unit * sum(so_far), 12, facecolor=color, linewidth=0)
        page.box(166, y - 10, unit * sum(total), 12, facecolor="none", edgecolor=ink.context)
