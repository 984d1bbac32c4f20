"""The exercises to the chapter "The chain rule is a graph".

What is right is found by autograd, in float64.
"""

import math

import torch

from companion.check import Choice, Function, Number, Order, Part, mistakes
from companion.check.vocabulary import HALF, TWICE
from companion.exercises._given import grid, leaf, matrix, vector
from companion.paths import Program

exercises = {}

# Predictions ---------------------------------------------------------------------------------


def _paths(node):
    """Return the number of paths down from a node of torch's graph to its leaves."""
    below = [input for input, _ in node.next_functions if input]
    return sum(map(_paths, below)) if below else 1


def _count_paths(w):
    w = leaf(w)
    a = w * w
    b = a + w
    return leaf(float(_paths((a * b).grad_fn)))


exercises["count-the-paths"] = Number(
    _count_paths,
    {"w": 3.0},
    "`w * w` takes `w` twice: on the left and on the right. So two lines lead from `a` to `w`.",
    3.0,
    "These are the lines of the graph. A path is a whole way from the top to the bottom.",
    6.0,
    "These are the nodes of the graph. A path is a whole way from the top to the bottom.",
    4.0,
    "From `loss` one goes to `a` or to `b`. Is each of the two followed to the bottom, with all "
    "its forks?",
    2.0,
    "This is the gradient. Here its paths are counted, not multiplied and added.",
    lambda w: 4 * w**3 + 3 * w**2,
)


def _fork(w, x):
    w = leaf(w)
    a = w * x
    b = a**2
    return torch.autograd.grad(b - a, w)[0]


exercises["fork-with-minus"] = Number(
    _fork,
    {"w": 2.0, "x": 3.0},
    "This is the way through `b` alone. Where else does `a` go?",
    lambda w, x: 2 * w * x * x,
    "This is the direct way alone. Where else does `a` go?",
    lambda x: -x,
    "Here both ways have a plus. What is the local slope of `b - a` along `a`?",
    lambda w, x: 2 * w * x * x + x,
    "The ways are multiplied here. Along a path slopes multiply; what do two paths do?",
    lambda w, x: -2 * w * x * x * x,
    "This is the gradient of `a`. One line further down is `w`.",
    lambda right, x: right / x,
    "This is the loss itself. Asked is its slope.",
    lambda w, x: (w * x) ** 2 - w * x,
    "A factor 2 is missing: the slope of a square has one.",
    lambda w, x: (w * x - 1) * x,
    "The sign is the other way round: what is subtracted from what?",
    lambda right: -right,
    "The way through `b` brings a slope of `a**2` here that is not twice `a`.",
    lambda w, x: ((w * x) ** 2 - 1) * x,
)


def _overwritten():
    """Return the letter of what w gets in the chapter's shortcut, if a sweep replaces."""
    x, y, w = 2.0, 5.0, leaf(1.0)
    a = w * x
    b = a**2
    c = a + b
    loss = (c - y) ** 2
    local = {
        pair: torch.autograd.grad(lines[0], lines[1], retain_graph=True)[0]
        for pair, lines in {"loss c": (loss, c), "a w": (a, w), "b a": (b, a)}.items()
    }
    grads = {"loss": leaf(1.0).detach()}
    # c is the sum of a and b: along both its local slope is 1
    for user, below, slope in (
        ("loss", "c", local["loss c"]),
        ("c", "a", 1.0),
        ("c", "b", 1.0),
        ("b", "a", local["b a"]),
        ("a", "w", local["a w"]),
    ):
        grads[below] = grads[user] * slope
    return {20.0: "a", 16.0: "b", 4.0: "c", 0.0: "d"}[grads["w"].item()]


exercises["push-out"] = Choice(
    _overwritten,
    a=(
        "20, as with `+=`.",
        (
            "`a` gets two gradients, from `c` and from `b`. What has become of the first one "
            "when the second one is stored with `=`?"
        ),
    ),
    b="16",
    c=(
        "4",
        (
            "That would be so if the gradient by the direct way arrived last. In which order are "
            "`c` and `b` visited?"
        ),
    ),
    d=("0", "Each node still gets something: the last gradient that arrives."),
)

_SWEEP = (
    "grad_w += grad_a * x",
    "grad_a += grad_b * 2 * a",
    "grad_b += grad_c * a",
    "grad_a += grad_c * b",
)


def _sweeps(order):
    """Return whether the lines in this order find the gradients of all numbers."""
    w, x = leaf(1.5), 2.0
    a = w * x
    b = a**2
    c = a * b
    right = torch.autograd.grad(c, (w, a, b))
    names = {"x": x, "a": a.detach(), "b": b.detach(), "grad_c": 1.0}
    names |= {"grad_w": 0.0, "grad_a": 0.0, "grad_b": 0.0}
    exec("\n".join(_SWEEP[number - 1] for number in order), names)  # noqa: S102 lines of this file
    return all(
        torch.isclose(torch.as_tensor(names[f"grad_{name}"], dtype=torch.float64), grad)
        for name, grad in zip("wab", right, strict=True)
    )


exercises["lines-of-a-sweep"] = Order(
    lines=_SWEEP,
    truth=_sweeps,
    wrong={
        "1 before 2": "Line 1 passes on the gradient of `a`. Has everything arrived there that comes "
        "through `b`?",
        "1 before 4": "Line 1 passes on the gradient of `a`. Has everything arrived there that comes "
        "straight from `c`?",
        "2 before 3": "Line 2 passes on the gradient of `b`. What is it at that moment?",
    },
)


# Functions -----------------------------------------------------------------------------------


def _sigmoid(z):
    return 1 / (1 + math.exp(-z))


def _neuron(w, b, x, y):
    w, b = leaf(float(w)), leaf(float(b))
    loss = ((w * x + b).sigmoid() - y) ** 2
    return torch.autograd.grad(loss, (w, b))


def _observe_pair(gradients, w, b, x, y):
    pair = gradients(w, b, x, y)
    if isinstance(pair, torch.Tensor) and pair.shape == (2,):
        return pair[0], pair[1]
    if isinstance(pair, tuple | list) and len(pair) == 2:
        return tuple(pair)
    return pair, None  # the first part says what is wrong with it


def _neuron_mistakes(last):
    "Return the mistakes in a gradient whose last local slope is ``last(x)``."
    return mistakes(
        "The sign is the other way round: what is subtracted from what?",
        lambda right: -right,
        HALF,
        "The local slope of the sigmoid is missing.",
        lambda w, b, x, y: 2 * (_sigmoid(w * x + b) - y) * last(x),
        "The slope of the sigmoid is `y_hat * (1 - y_hat)`. Here the sigmoid is taken once too "
        "often, or not at all.",
        lambda w, b, x, y: (
            2 * (_sigmoid(w * x + b) - y) * _bump(_sigmoid(_sigmoid(w * x + b))) * last(x)
        ),
        "The slope of the sigmoid is `y_hat * (1 - y_hat)`, where `y_hat` is its result, not "
        "what goes into it.",
        lambda w, b, x, y: 2 * (_sigmoid(w * x + b) - y) * _bump(w * x + b) * last(x),
        "Here the sigmoid itself stands in the place of its slope.",
        lambda w, b, x, y: 2 * (_sigmoid(w * x + b) - y) * _sigmoid(w * x + b) * last(x),
        "This is the loss itself. Asked is its slope.",
        lambda w, b, x, y: (_sigmoid(w * x + b) - y) ** 2,
        TWICE,
    )


def _bump(s):
    return s * (1 - s)


exercises["neuron-by-hand"] = Function(
    "gradients",
    grid(w=(1.0, -0.5), b=(-2.0, 0.5), x=(2.0, -1.5), y=(1.0, 0.0))
    + [{"w": 0.7, "b": 0.3, "x": 0.5, "y": 0.4}],
    Part(
        "The gradient of `w` from {call} is",
        lambda **case: _neuron(**case)[0],
        "This is the gradient of `b`. Which of the two comes first, and what is the last local "
        "slope on the way to `w`?",
        lambda **case: _neuron(**case)[1],
        *_neuron_mistakes(lambda x: x),
        missing="Give both back, with a comma between them: `return grad_w, grad_b`.",
    ),
    Part(
        "The gradient of `w` is right. The gradient of `b` from {call} is",
        lambda **case: _neuron(**case)[1],
        "This is the gradient of `w` once more. What is `b` multiplied by in the sum?",
        lambda **case: _neuron(**case)[0],
        "Here `b` itself is a factor. The local slope of `w * x + b` along `b` is another number.",
        lambda right, b: right * b,
        *_neuron_mistakes(lambda x: 1.0),
        missing="Give both back, with a comma between them: `return grad_w, grad_b`.",
    ),
    observe=_observe_pair,
    drawn=lambda draw: {
        "w": draw.number(-2, 2),
        "b": draw.number(-2, 2),
        "x": draw.number(-3, 3),
        "y": draw.number(0, 1),
    },
    without="torch",
)


def _graph_gradients(slope):
    """Return the gradient of every number of a program that has these local slopes.

    Each number gets a nudge of its own; autograd differentiates the last number by the nudges.
    """
    nudges = torch.zeros(len(slope), dtype=torch.float64, requires_grad=True)
    numbers = []
    for row, nudge in zip(slope, nudges, strict=True):
        used = [row[j] * number for j, number in enumerate(numbers) if row[j]]
        numbers.append(sum(used, nudge))
    return torch.autograd.grad(numbers[-1], nudges)[0]


def _by_sweep(slope, order, add=True, own=1.0):
    """Return the gradients of a sweep that visits the nodes in `order`."""
    grads = torch.zeros(len(slope), dtype=torch.float64)
    grads[-1] = own
    for i in order:
        for j in range(len(slope)):
            if slope[i, j]:
                grads[j] = grads[i] * slope[i, j] + (grads[j] if add else 0.0)
    return grads


def _backwards(slope):
    return range(len(slope) - 1, -1, -1)


def _one_line_only(slope):
    grads = slope[-1].clone()
    grads[-1] = 1.0
    return grads


_SHORTCUT = matrix(  # w, a, b, c, loss of the chapter's shortcut
    [0, 0, 0, 0, 0], [2, 0, 0, 0, 0], [0, 4, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 2, 0]
)
_DIAMONDS = matrix(
    [0, 0, 0, 0, 0, 0],
    [3, 0, 0, 0, 0, 0],
    [-1, 0.5, 0, 0, 0, 0],
    [0, 2, 1, 0, 0, 0],
    [0, 0, -2, 1, 0, 0],
    [0, 0, 0.5, 0, 3, 0],
)
_UNUSED = matrix([0, 0, 0, 0], [2, 0, 0, 0], [5, 1, 0, 0], [-3, 4, 0, 0])  # 2 is used by none


def _ladder(count):
    """Return slopes where each number uses the two before it: paths grow as Fibonacci's numbers."""
    slope = torch.zeros(count, count, dtype=torch.float64)
    for i in range(1, count):
        slope[i, i - 1] = 0.5
        if i > 1:
            slope[i, i - 2] = 0.75
    return slope


def _as_tensor(function, *inputs):
    """Return what a function returns; a list of numbers as a tensor, which it may be as well."""
    value = function(*inputs)
    if isinstance(value, list | tuple) and value:
        try:
            value = torch.stack([_as_0d(number) for number in value])
        except (TypeError, ValueError, RuntimeError):
            pass
    return (value,)


def _as_0d(number):
    if isinstance(number, torch.Tensor):
        return number
    return torch.as_tensor(number, dtype=torch.float64)


def _sum_so_far(slope):
    """Return the gradients of a recursion that passes on the sum so far."""
    grads = torch.zeros(len(slope), dtype=torch.float64)

    def visit(i, upstream):
        grads[i] += upstream
        for j in range(i):
            if slope[i, j]:
                visit(j, grads[i] * slope[i, j])

    visit(len(slope) - 1, 1.0)
    return grads


def _stored_not_added(slope):
    """Return the gradients of a recursion that stores the last product."""
    grads = torch.zeros(len(slope), dtype=torch.float64)

    def visit(i, upstream):
        grads[i] = upstream
        for j in range(i):
            if slope[i, j]:
                visit(j, upstream * slope[i, j])

    visit(len(slope) - 1, 1.0)
    return grads


_GRAPH_MISTAKES = mistakes(
    "Where two lines meet, only the last gradient is left: they should add up.",
    lambda slope: _by_sweep(slope, _backwards(slope), add=False),
    "Here only the last number has passed its gradient on. The others were not visited, or "
    "before anything had arrived.",
    lambda slope: _one_line_only(slope),
    "Everything is zero. With which gradient does the sweep begin, and where?",
    lambda slope: torch.zeros(len(slope), dtype=torch.float64),
    "The gradient of the last number itself is missing.",
    lambda right, slope: right - torch.eye(len(slope), dtype=torch.float64)[-1],
    "These are the slopes of all numbers along the first one. Asked are the slopes of the last "
    "number along all others.",
    lambda slope: _graph_gradients(slope.flip(0, 1).T.contiguous()).flip(0),
    "The gradients come in the opposite order.",
    lambda right: right.flip(0),
)


_GRAPHS = {
    "`shortcut`": _SHORTCUT,
    "a program of two numbers": matrix([0, 0], [3, 0]),
    "a program of six numbers with several forks": _DIAMONDS,
    "a program with a number that nothing uses": _UNUSED,
    "a program of eight numbers, most of which use the two before them": _ladder(8),
    "a program of 60 numbers, most of which use the two before them": _ladder(60),
}
*_SMALL, _LARGE = ({"slope": slope} for slope in _GRAPHS.values())


def _named(function):
    """Return how a sentence names the call of a function of a graph."""

    def call(slope):
        [name] = [name for name, known in _GRAPHS.items() if known is slope]
        return f"For {name}, `{function}(slope)`"

    return call


exercises["sweep-a-graph"] = Function(
    "sweep",
    [*_SMALL, _LARGE],
    Part("{call} returned", _graph_gradients, *_GRAPH_MISTAKES),
    observe=_as_tensor,
    call=_named("sweep"),
)

exercises["sum-so-far"] = Function(
    "walk",
    _SMALL,
    Part(
        "{call} returned",
        _graph_gradients,
        "A number is visited once for each path. On its second visit, what came with the first "
        "visit is passed on again.",
        lambda slope: _sum_so_far(slope),
        "Each path brings its own product. Here the last path pushes out the others.",
        lambda slope: _stored_not_added(slope),
        *_GRAPH_MISTAKES,
    ),
    observe=_as_tensor,
    call=_named("walk"),
)


def _softmax_gradient(z, k, T):
    z = z.clone().requires_grad_()
    return torch.autograd.grad(-(z / T).log_softmax(0)[int(k)], z)[0]


def _one_hot(z, k):
    return torch.eye(len(z), dtype=torch.float64)[int(k)]


exercises["softmax-temperature"] = Function(
    "softmax_gradient",
    grid(z=(vector(1.0, 0.0, -1.0), vector(2.0, 2.5, 0.5)), k=(0, 2), T=(2.0, 0.5))
    + [{"z": vector(0.5, -0.5, 1.5, 1.0), "k": 1, "T": 1.0}],
    Part(
        "{call} returned",
        _softmax_gradient,
        "The sign is the other way round: should a larger share of the right answer make the "
        "loss larger?",
        lambda right: -right,
        "`T` divides the scores. It has a local slope too.",
        lambda right, T: right * T,
        "Here the slope of `z / T` along `z` is `T`: it is another number.",
        lambda right, T: right * T * T,
        "`T` is left out here: the scores are divided by it first.",
        lambda z, k: z.softmax(0) - _one_hot(z, k),
        "The shares are those of `z`, not those of `z / T`.",
        lambda z, k, T: (z.softmax(0) - _one_hot(z, k)) / T,
        "These are the shares. The right answer has a second path.",
        lambda z, T: (z / T).softmax(0),
        "`T` is right. But the right answer has a second path.",
        lambda z, T: (z / T).softmax(0) / T,
        "This divides every share by that of the right answer: the logarithm is of one share only.",
        lambda z, k, T: (z / T).softmax(0) / (z / T).softmax(0)[int(k)] - _one_hot(z, k),
        "Only the right answer gets a gradient here. Do the other scores not matter?",
        lambda right, z, k: right * _one_hot(z, k),
    ),
    observe=_as_tensor,
    drawn=lambda draw: {
        "z": draw.vector(5, -3, 3),
        "k": draw.randint(0, 4),
        "T": draw.number(0.3, 3),
    },
    without="backward",
)

exercises["softmax-proof"] = Order(
    [
        "So the gradient of zᵢ is pᵢ/T, and for i = k it is (pₖ − 1)/T.",
        "With uᵢ = zᵢ/T and s = Σ exp(uⱼ), the loss is −uₖ + ln s.",
        "The last local slope, from uᵢ to zᵢ, is 1/T for all of them.",
        (
            "Through ln s one path leads to each uᵢ, with the slopes 1/s and exp(uᵢ): their "
            "product is pᵢ."
        ),
        "A second path leads to uₖ alone, with the slope −1.",
    ],
    wrong={
        "4 before 2": "What are s and u? A path needs its numbers to have names.",
        "5 before 2": "The path to which number? First the loss is written with u.",
        "3 before 2": "What is u? First the loss is written with it.",
        "1 before 4": "This is the end: a path is still missing in the sum.",
        "1 before 5": "Where does the −1 of the right answer come from?",
        "1 before 3": "Where does 1/T come from? One local slope is still missing.",
    },
    code=False,
)

# Predictions in the chapter -------------------------------------------------------------------


def _after_visits(w, x, y, order):
    """Return the gradients in the chapter's shortcut after visiting its nodes in this order."""
    lines = ["a = w * x", "b = a**2", "c = a + b", "loss = (c - y)**2"]
    program = Program(lines, {"w": w}, {"x": x, "y": y})
    grads = dict.fromkeys(program.order, 0.0) | {"loss": 1.0}
    for name in order:
        for edge in program.edges:
            if edge.user == name:
                grads[edge.input] += grads[name] * edge.slope
    return grads


exercises["two-ways-meet"] = Number(
    lambda w, x, y: _after_visits(w, x, y, ["loss", "c", "b"])["a"],
    {"w": 1.0, "x": 2.0, "y": 5.0},
    "This is the direct way alone. What does the detour through `b` bring?",
    2.0,
    "This is the detour alone. The direct way acts at the same time.",
    8.0,
    "Along a path slopes multiply. But these are two paths: both make the loss grow at once.",
    16.0,
    "This is the gradient of `w`, one line further down.",
    20.0,
)


def _visits(node):
    return 1 + sum(_visits(below) for below, _ in node.next_functions)


def _visits_after_15():
    y = leaf(1.0)
    for _ in range(15):
        y = y + y
    found = _visits(y.grad_fn)
    return next(
        letter for letter, most in (("a", 50), ("b", 500), ("c", 5000), ("d", 1e9)) if found < most
    )


exercises["visits-of-recursion"] = Choice(
    _visits_after_15,
    a=(
        "about 30",
        "That is two for each doubling: the lines of the graph. How many ways lead down?",
    ),
    b=("about 200", "That grows like the square of the doublings. Each fork splits *every* path."),
    c=("about 2 000", "That is after 10 doublings. Five more follow, and each doubles it again."),
    d="about 65 000",
)

exercises["a-too-early"] = Number(
    lambda w, x, y: _after_visits(w, x, y, ["loss", "c", "a", "b"])["w"],
    {"w": 1.0, "x": 2.0, "y": 5.0},
    "This is right, and it is what the right order finds. What has `a` when it is too early?",
    20.0,
    "This is what `a` has at that time. What does it pass on to `w`?",
    2.0,
    "This comes by the detour, and it is what gets lost. What came before it?",
    16.0,
    "This is what `a` has in the end. It passes on what it has when it is visited.",
    10.0,
    "`a` has something by then: the direct way has arrived.",
    0.0,
)


def _cut_at_ninety():
    z = torch.tensor([0.0, 90.0], requires_grad=True)
    (-torch.log(torch.softmax(z, 0)[0])).backward()
    if not z.grad.isfinite().all():
        return "d"
    return "a" if torch.equal(z.grad, torch.tensor([-1.0, 1.0])) else "b"


exercises["cut-at-ninety"] = Choice(
    _cut_at_ninety,
    a=(
        "[-1, 1], as `cross_entropy` finds",
        "So it is on paper. But 1/p has to be computed on the way, and p is about 10⁻³⁹ here.",
    ),
    b=(
        "[-1, 1], but for a small rounding error",
        "Rounding is small only where the numbers fit. How large is 1/p, the logarithm's slope?",
    ),
    c=("an error message", "Nothing raises. Overflow is silent in floating-point numbers."),
    d="no usable number, and no message",
)
