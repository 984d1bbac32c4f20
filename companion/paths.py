"""A small program as a graph, and its gradients in two ways: all paths, or one sweep.

>>> from companion.paths import Program
>>> program = Program(["p = w * x", "d = p - y", "loss = d**2"], {"w": 1.0}, {"x": 1.0, "y": 2.0})
>>> [f"{edge.user} to {edge.input}: {edge.slope:g}" for edge in program.edges]
['p to w: 1', 'd to p: 1', 'loss to d: -2']
>>> program.grads["w"]
-2.0

Every number comes from torch: values from running the program, a local slope from differentiating
one line alone, gradients from ``backward()``. `draw` multiplies and adds slopes itself, as its
picture tells it, and refuses to draw if that is not what torch found.
"""

import ast
import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from explorable import palette, style

SWEEP, PATHS = "one sweep", "all paths"

#: What a line of a program may call.
FUNCTIONS = {
    name: getattr(torch, name) for name in ("exp", "log", "sin", "cos", "tanh", "sigmoid", "relu")
}


class Edge(NamedTuple):
    """One place in an operation where an input stands, and the slope of the operation there."""

    user: str  #: the name of the operation's result
    input: str
    slope: float


class Count(NamedTuple):
    """How many multiplications and additions of numbers a way back has made."""

    times: int
    plus: int


class Program:
    """Run a small program of numbers in torch and keep all that its graph holds.

    Parameters
    ----------
    lines
        Assignments of one operation each, such as ``"p = w * x"``; the last one is the output.
        What may be called is in `FUNCTIONS`.
    leaves
        The numbers that get a gradient, by name.
    fixed
        The numbers that get none.

    Attributes
    ----------
    operations : dict
        The right side of each line, by the name on its left, in the order of the lines.
    output : str
        The name of the last line.
    values, grads : dict of float
        By name, of leaves and operations; float64. ``grads`` is what ``backward()`` found.
    edges : list of Edge
        In the order of the lines, and in a line from left to right.
    order : list of str
        Every name, later lines first, leaves last: each comes after all that use it.

    Raises
    ------
    ValueError
        If a leaf or a line does not act on the output, or a name is given twice.

    Examples
    --------
    >>> square = Program(["y = x * x"], {"x": 3.0})
    >>> square.edges
    [Edge(user='y', input='x', slope=3.0), Edge(user='y', input='x', slope=3.0)]
    >>> square.grads
    {'y': 1.0, 'x': 6.0}
    """

    def __init__(
        self,
        lines: Sequence[str],
        leaves: Mapping[str, float],
        fixed: Mapping[str, float] | None = None,
    ):
        self.fixed = dict(fixed or {})
        self.leaves = list(leaves)
        self.operations = {}
        self.edges = []
        tensors = {name: _number(value).requires_grad_() for name, value in leaves.items()}
        tensors |= {name: _number(value) for name, value in self.fixed.items()}
        for line in lines:
            name, right = (part.strip() for part in line.split("=", 1))
            if name in tensors:
                raise ValueError(f"{name!r} is given twice.")
            result = eval(right, dict(FUNCTIONS), tensors)
            result.retain_grad()
            self.edges += _edges(name, right, tensors)
            self.operations[name] = right
            tensors[name] = result
        self.output = name
        self.order = [*reversed(self.operations), *self.leaves]
        tensors[name].backward()
        for name in self.order:
            if tensors[name].grad is None:
                raise ValueError(f"{name!r} does not act on {self.output!r}.")
        self.values = {name: tensors[name].item() for name in self.order}
        self.grads = {name: tensors[name].grad.item() for name in self.order}

    def users(self, name: str) -> list[Edge]:
        """Return the edges that lead to `name`, in the order of the sweep.

        >>> [edge.user for edge in Program(["a = x * x", "y = a + x"], {"x": 3.0}).users("x")]
        ['y', 'a', 'a']
        """
        found = [edge for edge in self.edges if edge.input == name]
        return sorted(found, key=lambda edge: self.order.index(edge.user))

    def paths(self, leaf: str, start: str | None = None) -> list[list[Edge]]:
        """Return every path from `start`, or else from the output, down to `leaf`.

        >>> [len(path) for path in Program(["a = x * x", "y = a + x"], {"x": 3.0}).paths("x")]
        [2, 2, 1]
        """
        start = start or self.output
        if start == leaf:
            return [[]]
        return [
            [edge, *rest]
            for edge in self.edges
            if edge.user == start
            for rest in self.paths(leaf, edge.input)
        ]

    def all_paths(self) -> list[tuple[str, list[Edge]]]:
        """Return the paths to all leaves, each with its leaf.

        >>> [leaf for leaf, path in Program(["y = a * b"], {"a": 2.0, "b": 3.0}).all_paths()]
        ['a', 'b']
        """
        return [(leaf, path) for leaf in self.leaves for path in self.paths(leaf)]

    def count(self, way: str, done: int | None = None) -> Count:
        """Count operations in the first `done` steps of a way back, or in all.

        A step is a path or a node. Both ways begin with the 1 of the output. Each edge that they
        pass is a multiplication; each product after the first for the same node an addition.

        >>> program = Program(["a = x * x", "b = a * a", "c = b * b"], {"x": 2.0})
        >>> program.count("all paths"), program.count("one sweep")
        (Count(times=24, plus=7), Count(times=6, plus=3))
        """
        if way == PATHS:
            steps = self.all_paths()[:done]
            ends = {leaf for leaf, _ in steps}
            return Count(sum(len(path) for _, path in steps), len(steps) - len(ends))
        numbers = [len(self.users(name)) for name in self.order[:done]]
        return Count(sum(numbers), sum(max(number - 1, 0) for number in numbers))

    def steps(self, way: str) -> int:
        """Return how many steps `draw` knows after step 0: forward, back, and torch's answer.

        >>> Program(["p = w * x"], {"w": 1.0}, {"x": 1.0}).steps("one sweep")
        4
        """
        back = len(self.all_paths()) if way == PATHS else len(self.order)
        return len(self.operations) + back + 1


def draw(program: Program, way: str = SWEEP, step: int = 0) -> Figure:
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
    >>> figure = draw(Program(["p = w * x"], {"w": 1.0}, {"x": 3.0}), step=3)
    >>> "1 × 3 = 3" in [text.get_text() for text in figure.texts]
    True
    >>> plt.close(figure)
    """
    if way not in (SWEEP, PATHS):
        raise ValueError(f"way is {SWEEP!r} or {PATHS!r}, not {way!r}.")
    scene = _scene(program, way, min(step, program.steps(way)))
    with plt.rc_context(style):
        figure = plt.figure(figsize=(_WIDTH / 72, _HEIGHT / 72))
    canvas = _Canvas(figure)
    _draw_graph(canvas, program, scene)
    for row, line in enumerate(scene.lines):
        weight = "normal" if row else "bold"
        place = (_MARGIN, _WORDS + 17 * row)
        canvas.text(*place, line, color=scene.colors[row], weight=weight)
    _draw_counts(canvas, program, way, scene.done)
    return figure


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
    forward, back = (palette.blue, palette.blue, palette.green), (palette.red, "black", palette.red)
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


# The program ---------------------------------------------------------------------------------


def _number(value):
    return torch.tensor(value, dtype=torch.float64)


def _edges(name, right, tensors):
    """Differentiate one line alone, with a tensor of its own for each place of an input."""
    tree = ast.parse(right, mode="eval")
    inputs = {}
    for place in ast.walk(tree):
        if isinstance(place, ast.Name) and place.id in tensors and tensors[place.id].requires_grad:
            inputs[f"place_{place.col_offset:04}"] = place.id
            place.id = f"place_{place.col_offset:04}"
    own = {place: tensors[inputs[place]].detach().requires_grad_() for place in sorted(inputs)}
    result = eval(compile(tree, name, "eval"), dict(FUNCTIONS), tensors | own)
    slopes = torch.autograd.grad(result, list(own.values()))
    return [
        Edge(name, inputs[place], slope.item()) for place, slope in zip(own, slopes, strict=True)
    ]


# Text ----------------------------------------------------------------------------------------

_NOTHING = "\N{NO-BREAK SPACE}"  # matplotlib leaves an empty text out; all frames need the same


def _text(value, inner=False):
    """Return a number as text; `inner` for one that follows a sign."""
    text = f"{value:.4g}".replace("-", "−")
    return f"({text})" if inner and value < 0 else text


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

# Lengths in points. A figure is 4.8 in wide, about as many points as a phone has pixels.
_WIDTH, _MARGIN = 345.6, 8
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
    passed = {
        between for edge in program.edges for between in range(row[edge.user] + 1, row[edge.input])
    }
    rows = [
        [name for name in program.values if row[name] == r] for r in range(max(row.values()) + 1)
    ]
    pitch = (_BOTTOM - _TOP - _BOX) / (len(rows) - 1)
    places = {}
    for r, names in enumerate(rows):
        names.sort(key=lambda name: (_column(program, name), name))
        left = 0.45 if r in passed else 0  # room for the edges that pass
        for number, name in enumerate(names):
            x = (left + (1 - left) * (number + 0.5) / len(names)) * _WIDTH
            if len(names) == 1 and not left and len(program.users(name)) == 1:
                x = places[program.users(name)[0].user][0]  # straight below
            places[name] = (x, _TOP + _BOX / 2 + r * pitch)
    return places


def _column(program, name):
    """Return where a name stands in its row: leaves as given, results by their leaves."""
    if name in program.leaves:
        return program.leaves.index(name)
    return min(_column(program, edge.input) for edge in program.edges if edge.user == name)


class _Canvas:
    """A figure to draw on in points, downwards. It has no axes, which would take time."""

    def __init__(self, figure):
        self.figure = figure
        self.transform = Affine2D().translate(0, -_HEIGHT).scale(1 / 72, -1 / 72)
        self.transform += figure.dpi_scale_trans

    def add(self, patch):
        patch.set_transform(self.transform)
        self.figure.add_artist(patch)

    def text(self, x, y, line, size=11, **look):
        self.figure.text(x, y, line or _NOTHING, size=size, transform=self.transform, **look)


def _draw_graph(canvas, program, scene):
    places = _places(program)
    legend = "in a box: value | gradient      on a line: local slope"
    canvas.text(_MARGIN, 14, legend, size=10, color=palette.grey)
    fixed = ", ".join(f"{_pretty(name)} = {_text(value)}" for name, value in program.fixed.items())
    canvas.text(_MARGIN, _TOP + 16, fixed, color=palette.grey)
    for number in range(max(_LINES, len(program.edges))):
        hidden = number >= len(program.edges)
        _draw_edge(canvas, program, places, program.edges[0 if hidden else number], hidden, scene)
    names = list(program.values)
    for number in range(max(_BOXES, len(names))):
        hidden = number >= len(names)
        _draw_box(
            canvas,
            program,
            *places[names[0 if hidden else number]],
            names[0 if hidden else number],
            hidden,
            scene,
        )
    bars = [
        (x, y + side) for name, (x, y) in places.items() if name in scene.known for side in (2, 14)
    ]
    path = Path(bars, [Path.MOVETO, Path.LINETO] * (len(bars) // 2))
    canvas.add(PathPatch(path, facecolor="none", edgecolor=palette.grey, linewidth=1))


def _draw_edge(canvas, program, places, edge, hidden, scene):
    (x, top), (to, bottom) = places[edge.user], places[edge.input]
    top, bottom = top + _BOX / 2, bottom - _BOX / 2
    twins = [other for other in program.edges if other[:2] == edge[:2]]
    number = next(number for number, twin in enumerate(twins) if twin is edge)
    bow = 100 * (number - (len(twins) - 1) / 2)
    middle = ((x + to) / 2 + bow, (top + bottom) / 2)
    lit = not hidden and any(edge is other for other in scene.edges)
    color = _color(scene, lit)
    path = Path([(x, top), middle, (to, bottom)], [Path.MOVETO, Path.CURVE3, Path.CURVE3])
    look = {"edgecolor": color, "linewidth": 3 if lit else 1, "alpha": 0 if hidden else 1}
    canvas.add(PathPatch(path, facecolor="none", **look))

    end = (to, bottom) if scene.back else (x, top)
    length = math.dist(end, middle)
    dx, dy = (middle[0] - end[0]) / length, (middle[1] - end[1]) / length
    corners = [(end[0] + 9 * dx + side * dy, end[1] + 9 * dy - side * dx) for side in (5, -5)]
    canvas.add(Polygon([end, *corners], color=color, linewidth=0, alpha=1 if lit else 0))

    slope = "" if hidden or edge.user not in scene.known else _text(edge.slope)
    at = ((x + to) / 2 + bow / 2, middle[1])
    half = 4 + 3.2 * len(slope)  # of a patch in the page's colour, which keeps the line off
    patch = Rectangle((at[0] - half, at[1] - 7), 2 * half, 14, linewidth=0)
    patch.set(facecolor="white", alpha=1 if slope else 0)
    canvas.add(patch)
    weight = "bold" if lit else "normal"
    canvas.text(at[0], at[1] + 4, slope, ha="center", color=palette.green, weight=weight)


def _draw_box(canvas, program, x, y, name, hidden, scene):
    operation = program.operations.get(name)
    formula = _pretty(f"{name} = {operation}" if operation else name)
    half = max(49, 3.2 * len(formula) + 8)
    lit, known = name in scene.nodes, name in scene.known
    color = _color(scene, lit) if lit or not known else "black"
    corners = "round,pad=0,rounding_size=5" if operation else "square,pad=0"
    box = FancyBboxPatch((x - half, y - _BOX / 2), 2 * half, _BOX, boxstyle=corners)
    box.set_facecolor((palette.blue, 0 if operation or hidden else 0.12))
    box.set_edgecolor((color, 0 if hidden else 1))
    box.set_linewidth(2.5 if lit else 1)
    canvas.add(box)
    look = {"color": "black" if known else palette.grey, "alpha": 0 if hidden else 1}
    canvas.text(x, y - 4, formula, ha="center", **look)
    value = _text(program.values[name]) if known and not hidden else ""
    grad = _text(scene.grads[name]) if name in scene.grads and not hidden else ""
    canvas.text(x - 5, y + 12, value, ha="right", color=palette.blue)
    canvas.text(x + 5, y + 12, grad, ha="left", color=palette.red)


def _color(scene, lit):
    return palette.grey if not lit else palette.red if scene.back else palette.blue


def _draw_counts(canvas, program, way, done):
    """Draw, for both ways, the operations so far, and in outline all that it needs."""
    totals = {each: program.count(each) for each in (PATHS, SWEEP)}
    unit = 168 / max(sum(total) for total in totals.values())
    words = "so far: multiplications (×) and additions (+)"
    canvas.text(_MARGIN, _COUNTS, words, size=10, color=palette.grey)
    for row, (each, total) in enumerate(totals.items()):
        y = _COUNTS + 20 + 19 * row
        so_far = program.count(each, done)
        chosen = each == way
        color, weight = ("black", "bold") if chosen else (palette.grey, "normal")
        canvas.text(_MARGIN, y, each, color=color, weight=weight)
        canvas.text(116, y, f"{so_far.times} ×", color=color, weight=weight, ha="right")
        canvas.text(154, y, f"{so_far.plus} +", color=color, weight=weight, ha="right")
        for length, fill in (
            (sum(so_far), palette.red if chosen else palette.grey),
            (sum(total), "none"),
        ):
            bar = Rectangle((166, y - 10), unit * length, 12)
            bar.set(facecolor=fill, edgecolor=palette.grey, linewidth=1 if fill == "none" else 0)
            canvas.add(bar)
