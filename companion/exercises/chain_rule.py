"""The exercises to the chapter "The chain rule is a graph".

What is right is found by autograd, in float64.
"""

import math

import torch

from companion.check._choose import Choice, Order
from companion.check._judge import Exercise, Part
from companion.exercises.one_weight import _batch, _grid, _leaf

# Predictions ---------------------------------------------------------------------------------


def _paths(node):
    """Return the number of paths down from a node of torch's graph to its leaves."""
    below = [input for input, _ in node.next_functions if input]
    return sum(map(_paths, below)) if below else 1


def _count_paths(w):
    w = _leaf(w)
    a = w * w
    b = a + w
    return _leaf(float(_paths((a * b).grad_fn)))


_count_the_paths = Exercise(
    cases=[{"w": 3.0}],
    parts=[
        Part(
            "For {call} you answered",
            _count_paths,
            {
                "`w * w` takes `w` twice: on the left and on the right. "
                "So two lines lead from `a` to `w`.": lambda right, w: 3.0,
                "These are the lines of the graph. A path is a whole way from the top "
                "to the bottom.": lambda right, w: 6.0,
                "These are the nodes of the graph. A path is a whole way from the top "
                "to the bottom.": lambda right, w: 4.0,
                "From `loss` one goes to `a` or to `b`. "
                "Is each of the two followed to the bottom, with all its forks?": (
                    lambda right, w: 2.0
                ),
                "This is the gradient. Here its paths are counted, not multiplied and added.": (
                    lambda right, w: 4 * w**3 + 3 * w**2
                ),
            },
        )
    ],
    observe=lambda answer, *_: (answer,),
)


def _fork(w, x):
    w = _leaf(w)
    a = w * x
    b = a**2
    return torch.autograd.grad(b - a, w)[0]


_fork_with_minus = Exercise(
    cases=[{"w": 2.0, "x": 3.0}],
    parts=[
        Part(
            "For {call} you answered",
            _fork,
            {
                "This is the way through `b` alone. Where else does `a` go?": (
                    lambda right, w, x: 2 * w * x * x
                ),
                "This is the direct way alone. Where else does `a` go?": lambda right, w, x: -x,
                "Here both ways have a plus. What is the local slope of `b - a` along `a`?": (
                    lambda right, w, x: 2 * w * x * x + x
                ),
                "The ways are multiplied here. Along a path slopes multiply; "
                "what do two paths do?": lambda right, w, x: -2 * w * x * x * x,
                "This is the gradient of `a`. One line further down is `w`.": (
                    lambda right, w, x: right / x
                ),
                "This is the loss itself. Asked is its slope.": (
                    lambda right, w, x: (w * x) ** 2 - w * x
                ),
                "A factor 2 is missing: the slope of a square has one.": (
                    lambda right, w, x: (w * x - 1) * x
                ),
                "The sign is the other way round: what is subtracted from what?": (
                    lambda right, w, x: -right
                ),
                "The way through `b` brings a slope of `a**2` here that is not twice `a`.": (
                    lambda right, w, x: ((w * x) ** 2 - 1) * x
                ),
            },
        )
    ],
    observe=lambda answer, *_: (answer,),
)


def _overwritten():
    """Return the letter of what w gets in the chapter's shortcut, if a sweep replaces."""
    x, y, w = 2.0, 5.0, _leaf(1.0)
    a = w * x
    b = a**2
    c = a + b
    loss = (c - y) ** 2
    local = {
        pair: torch.autograd.grad(lines[0], lines[1], retain_graph=True)[0]
        for pair, lines in {"loss c": (loss, c), "a w": (a, w), "b a": (b, a)}.items()
    }
    grads = {"loss": _leaf(1.0).detach()}
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


_push_out = Choice(
    options={
        "a": "20, as with `+=`.",
        "b": "16",
        "c": "4",
        "d": "0",
    },
    truth=_overwritten,
    wrong={
        "a": "`a` gets two gradients, from `c` and from `b`. "
        "What has become of the first one when the second one is stored with `=`?",
        "c": "That would be so if the gradient by the direct way arrived last. "
        "In which order are `c` and `b` visited?",
        "d": "Each node still gets something: the last gradient that arrives.",
    },
)

_SWEEP = (
    "grad_w += grad_a * x",
    "grad_a += grad_b * 2 * a",
    "grad_b += grad_c * a",
    "grad_a += grad_c * b",
)


def _sweeps(order):
    """Return whether the lines in this order find the gradients of all numbers."""
    w, x = _leaf(1.5), 2.0
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


_lines_of_a_sweep = Order(
    lines=_SWEEP,
    truth=_sweeps,
    wrong={
        "1 before 2": "Line 1 passes on the gradient of `a`. "
        "Has everything arrived there that comes through `b`?",
        "1 before 4": "Line 1 passes on the gradient of `a`. "
        "Has everything arrived there that comes straight from `c`?",
        "2 before 3": "Line 2 passes on the gradient of `b`. What is it at that moment?",
    },
)


# Functions -----------------------------------------------------------------------------------


def _sigmoid(z):
    return 1 / (1 + math.exp(-z))


def _neuron(w, b, x, y):
    w, b = _leaf(float(w)), _leaf(float(b))
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
    """Return the mistakes in a gradient whose last local slope is ``last(x)``."""
    return {
        "The sign is the other way round: what is subtracted from what?": lambda right, **_: -right,
        "A factor 2 is missing: the slope of a square has one.": lambda right, **_: right / 2,
        "The local slope of the sigmoid is missing.": (
            lambda right, w, b, x, y: 2 * (_sigmoid(w * x + b) - y) * last(x)
        ),
        "The slope of the sigmoid is `y_hat * (1 - y_hat)`. "
        "Here the sigmoid is taken once too often, or not at all.": (
            lambda right, w, b, x, y: (
                2 * (_sigmoid(w * x + b) - y) * _bump(_sigmoid(_sigmoid(w * x + b))) * last(x)
            )
        ),
        "The slope of the sigmoid is `y_hat * (1 - y_hat)`, "
        "where `y_hat` is its result, not what goes into it.": (
            lambda right, w, b, x, y: 2 * (_sigmoid(w * x + b) - y) * _bump(w * x + b) * last(x)
        ),
        "Here the sigmoid itself stands in the place of its slope.": (
            lambda right, w, b, x, y: 2 * (_sigmoid(w * x + b) - y) * _sigmoid(w * x + b) * last(x)
        ),
        "This is the loss itself. Asked is its slope.": (
            lambda right, w, b, x, y: (_sigmoid(w * x + b) - y) ** 2
        ),
        "It is twice too large: did two gradients add up?": lambda right, **_: 2 * right,
    }


def _bump(s):
    return s * (1 - s)


_neuron_by_hand = Exercise(
    function="gradients",
    observe=_observe_pair,
    cases=_grid(w=(1.0, -0.5), b=(-2.0, 0.5), x=(2.0, -1.5), y=(1.0, 0.0))
    + [{"w": 0.7, "b": 0.3, "x": 0.5, "y": 0.4}],
    parts=[
        Part(
            "The gradient of `w` from {call} is",
            lambda **case: _neuron(**case)[0],
            {
                "This is the gradient of `b`. Which of the two comes first, "
                "and what is the last local slope on the way to `w`?": (
                    lambda right, **case: _neuron(**case)[1]
                ),
                **_neuron_mistakes(lambda x: x),
            },
            missing="Give both back, with a comma between them: `return grad_w, grad_b`.",
        ),
        Part(
            "The gradient of `w` is right. The gradient of `b` from {call} is",
            lambda **case: _neuron(**case)[1],
            {
                "This is the gradient of `w` once more. What is `b` multiplied by in the sum?": (
                    lambda right, **case: _neuron(**case)[0]
                ),
                "Here `b` itself is a factor. The local slope of `w * x + b` along `b` "
                "is another number.": lambda right, b, **_: right * b,
                **_neuron_mistakes(lambda x: 1.0),
            },
            missing="Give both back, with a comma between them: `return grad_w, grad_b`.",
        ),
    ],
)


def _matrix(*rows):
    return torch.tensor(rows, dtype=torch.float64)


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


_SHORTCUT = _matrix(  # w, a, b, c, loss of the chapter's shortcut
    [0, 0, 0, 0, 0], [2, 0, 0, 0, 0], [0, 4, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 2, 0]
)
_DIAMONDS = _matrix(
    [0, 0, 0, 0, 0, 0],
    [3, 0, 0, 0, 0, 0],
    [-1, 0.5, 0, 0, 0, 0],
    [0, 2, 1, 0, 0, 0],
    [0, 0, -2, 1, 0, 0],
    [0, 0, 0.5, 0, 3, 0],
)
_UNUSED = _matrix([0, 0, 0, 0], [2, 0, 0, 0], [5, 1, 0, 0], [-3, 4, 0, 0])  # 2 is used by none


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


_GRAPH_MISTAKES = {
    "Where two lines meet, only the last gradient is left: they should add up.": (
        lambda right, slope: _by_sweep(slope, _backwards(slope), add=False)
    ),
    "Here only the last number has passed its gradient on. "
    "The others were not visited, or before anything had arrived.": (
        lambda right, slope: _one_line_only(slope)
    ),
    "Everything is zero. With which gradient does the sweep begin, and where?": (
        lambda right, slope: torch.zeros(len(slope), dtype=torch.float64)
    ),
    "The gradient of the last number itself is missing.": (
        lambda right, slope: right - torch.eye(len(slope), dtype=torch.float64)[-1]
    ),
    "These are the slopes of all numbers along the first one. "
    "Asked are the slopes of the last number along all others.": (
        lambda right, slope: _graph_gradients(slope.flip(0, 1).T.contiguous()).flip(0)
    ),
    "The gradients come in the opposite order.": lambda right, slope: right.flip(0),
}


class _GraphExercise(Exercise):
    """An exercise for a function of a graph, which its sentences name."""

    def call(self, inputs):
        [name] = [name for name, slope in _GRAPHS.items() if slope is inputs["slope"]]
        return f"For {name}, `{self.function}(slope)`"


_GRAPHS = {
    "`shortcut`": _SHORTCUT,
    "a program of two numbers": _matrix([0, 0], [3, 0]),
    "a program of six numbers with several forks": _DIAMONDS,
    "a program with a number that nothing uses": _UNUSED,
    "a program of eight numbers, most of which use the two before them": _ladder(8),
    "a program of 60 numbers, most of which use the two before them": _ladder(60),
}
*_SMALL, _LARGE = ({"slope": slope} for slope in _GRAPHS.values())

_sweep_a_graph = _GraphExercise(
    function="sweep",
    observe=_as_tensor,
    cases=[*_SMALL, _LARGE],
    parts=[Part("{call} returned", _graph_gradients, _GRAPH_MISTAKES)],
)

_sum_so_far_bug = _GraphExercise(
    function="walk",
    observe=_as_tensor,
    cases=_SMALL,
    parts=[
        Part(
            "{call} returned",
            _graph_gradients,
            {
                "A number is visited once for each path. On its second visit, "
                "what came with the first visit is passed on again.": (
                    lambda right, slope: _sum_so_far(slope)
                ),
                "Each path brings its own product. Here the last path pushes out the others.": (
                    lambda right, slope: _stored_not_added(slope)
                ),
            }
            | _GRAPH_MISTAKES,
        )
    ],
)


def _softmax_gradient(z, k, T):
    z = z.clone().requires_grad_()
    return torch.autograd.grad(-(z / T).log_softmax(0)[int(k)], z)[0]


def _one_hot(z, k):
    return torch.eye(len(z), dtype=torch.float64)[int(k)]


_softmax_temperature = Exercise(
    function="softmax_gradient",
    observe=_as_tensor,
    cases=_grid(z=(_batch(1.0, 0.0, -1.0), _batch(2.0, 2.5, 0.5)), k=(0, 2), T=(2.0, 0.5))
    + [{"z": _batch(0.5, -0.5, 1.5, 1.0), "k": 1, "T": 1.0}],
    parts=[
        Part(
            "{call} returned",
            _softmax_gradient,
            {
                "The sign is the other way round: should a larger share of the right answer "
                "make the loss larger?": lambda right, **_: -right,
                "`T` divides the scores. It has a local slope too.": (
                    lambda right, z, k, T: right * T
                ),
                "Here the slope of `z / T` along `z` is `T`: it is another number.": (
                    lambda right, z, k, T: right * T * T
                ),
                "`T` is left out here: the scores are divided by it first.": (
                    lambda right, z, k, T: z.softmax(0) - _one_hot(z, k)
                ),
                "The shares are those of `z`, not those of `z / T`.": (
                    lambda right, z, k, T: (z.softmax(0) - _one_hot(z, k)) / T
                ),
                "These are the shares. The right answer has a second path.": (
                    lambda right, z, k, T: (z / T).softmax(0)
                ),
                "`T` is right. But the right answer has a second path.": (
                    lambda right, z, k, T: (z / T).softmax(0) / T
                ),
                "This divides every share by that of the right answer: "
                "the logarithm is of one share only.": (
                    lambda right, z, k, T: (
                        (z / T).softmax(0) / (z / T).softmax(0)[int(k)] - _one_hot(z, k)
                    )
                ),
                "Only the right answer gets a gradient here. Do the other scores not matter?": (
                    lambda right, z, k, T: right * _one_hot(z, k)
                ),
            },
        )
    ],
)

exercises = {
    "count-the-paths": _count_the_paths,
    "fork-with-minus": _fork_with_minus,
    "push-out": _push_out,
    "lines-of-a-sweep": _lines_of_a_sweep,
    "neuron-by-hand": _neuron_by_hand,
    "sweep-a-graph": _sweep_a_graph,
    "sum-so-far": _sum_so_far_bug,
    "softmax-temperature": _softmax_temperature,
}
