"""The exercises to the chapter "The chain rule is a graph"."""

import math

import torch

from companion.check import Choice, Function, Number, Order, Part, mistakes
from companion.check.vocabulary import HALF, SIGN, TWICE
from companion.exercises._given import grid, leaf, matrix, slope, vector

exercises = {}

# Predictions ---------------------------------------------------------------------------------


exercises["fork-with-minus"] = Number(
    lambda w, x: slope(lambda w: (w * x) ** 2 - w * x, w),
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
)


exercises["lines-of-a-sweep"] = Order(
    (
        "grad_w += grad_a * x",
        "grad_a += grad_b * 2 * a",
        "grad_b += grad_c * a",
        "grad_a += grad_c * b",
    ),
    wrong={
        "1 before 2": "Line 1 passes on the gradient of `a`. Has everything arrived there that "
        "comes through `b`?",
        "1 before 4": "Line 1 passes on the gradient of `a`. Has everything arrived there that "
        "comes straight from `c`?",
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


def _observe_pair(gradients, *inputs):
    pair = gradients(*inputs)
    if isinstance(pair, tuple | list | torch.Tensor) and len(pair) == 2:
        return tuple(pair)
    return pair, None  # the first part says what is wrong with it


def _neuron_mistakes(last):
    """Return the mistakes in a gradient whose last local slope is ``last(x)``."""

    def with_slope(of_sigmoid):
        def gradient(w, b, x, y):
            z = w * x + b
            return 2 * (_sigmoid(z) - y) * of_sigmoid(z) * last(x)

        return gradient

    return mistakes(
        SIGN,
        HALF,
        "The local slope of the sigmoid is missing.",
        with_slope(lambda z: 1.0),
        "The slope of the sigmoid is `y_hat * (1 - y_hat)`, where `y_hat` is its result, not "
        "what goes into it.",
        with_slope(lambda z: z * (1 - z)),
        "Here the sigmoid itself stands in the place of its slope.",
        with_slope(_sigmoid),
        TWICE,
    )


_BOTH = "Give both back, with a comma between them: `return grad_w, grad_b`."

exercises["neuron-by-hand"] = Function(
    "gradients",
    grid(w=(1.0, -0.5), b=(-2.0, 0.5), x=(2.0, -1.5), y=(1.0, 0.0)),
    Part(
        "The gradient of `w` from {call} is",
        lambda w, b, x, y: _neuron(w, b, x, y)[0],
        "This is the gradient of `b`. Which of the two comes first, and what is the last local "
        "slope on the way to `w`?",
        lambda w, b, x, y: _neuron(w, b, x, y)[1],
        *_neuron_mistakes(lambda x: x),
        missing=_BOTH,
    ),
    Part(
        "The gradient of `w` is right. The gradient of `b` from {call} is",
        lambda w, b, x, y: _neuron(w, b, x, y)[1],
        "This is the gradient of `w` once more. What is `b` multiplied by in the sum?",
        lambda w, b, x, y: _neuron(w, b, x, y)[0],
        *_neuron_mistakes(lambda x: 1.0),
        missing=_BOTH,
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


def _all_gradients(slope):
    """Return the slope of each number of a program along each; `slope` has the local ones.

    The sum over all paths is the geometric series 1 + slope + slope² + …
    """
    return torch.linalg.inv(torch.eye(len(slope), dtype=torch.float64) - slope)


def _last_gradient_only(slope):
    grads = _top_row(slope)
    for i in range(len(slope) - 2, -1, -1):
        grads = torch.where(slope[i] != 0, grads[i] * slope[i], grads)
    return grads


def _top_row(slope):
    return slope[-1] + torch.eye(len(slope), dtype=torch.float64)[-1]


def _ladder(count):
    """Return slopes where each number uses the two before it: paths grow as Fibonacci's numbers."""
    ones = torch.ones(count, count, dtype=torch.float64)
    return 0.75 * (ones.tril(-1) - ones.tril(-3))


exercises["sweep-a-graph"] = Function(
    "sweep",
    [
        {"slope": slope}
        for slope in (
            matrix(  # w, a, b, c, loss of the chapter's shortcut
                [0, 0, 0, 0, 0], [2, 0, 0, 0, 0], [0, 4, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 2, 0]
            ),
            matrix([0, 0], [3, 0]),
            matrix([0, 0, 0, 0], [2, 0, 0, 0], [5, 1, 0, 0], [-3, 4, 0, 0]),  # one is not used
            _ladder(60),
        )
    ],
    Part(
        "{call} returned",
        lambda slope: _all_gradients(slope)[-1],
        "Where two lines meet, only the last gradient is left: they should add up.",
        _last_gradient_only,
        "Here only the last number has passed its gradient on. The others were not visited, or "
        "before anything had arrived.",
        _top_row,
        "Everything is zero. With which gradient does the sweep begin, and where?",
        lambda right: 0 * right,
        tensor=True,
    ),
    call=lambda slope: f"For a program of {len(slope)} numbers, `sweep(slope)`",
    drawn=lambda draw: {"slope": draw.matrix(6, 6).tril(-1)},
)


def _softmax_gradient(z, k, T):
    return slope(lambda z: -(z / T).log_softmax(0)[k], z)


def _one_hot(z, k):
    return torch.eye(len(z), dtype=torch.float64)[k]


exercises["softmax-temperature"] = Function(
    "softmax_gradient",
    grid(z=(vector(1.0, 0.0, -1.0), vector(2.0, 2.5, 0.5)), k=(0, 2), T=(2.0, 0.5)),
    Part(
        "{call} returned",
        _softmax_gradient,
        SIGN,
        "`T` divides the scores. It has a local slope too.",
        lambda right, T: right * T,
        "`T` is left out here: the scores are divided by it first.",
        lambda z, k: z.softmax(0) - _one_hot(z, k),
        "The shares are those of `z`, not those of `z / T`.",
        lambda z, k, T: (z.softmax(0) - _one_hot(z, k)) / T,
        "`T` is right. But the right answer has a second path.",
        lambda z, T: (z / T).softmax(0) / T,
        tensor=True,
    ),
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
        "Through ln s one path leads to each uᵢ: its slopes 1/s and exp(uᵢ) multiply to pᵢ.",
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

# Predictions of the chapter -------------------------------------------------------------------


exercises["two-ways-meet"] = Number(
    10.0,
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


exercises["visits-of-recursion"] = Choice(
    a=(
        "about 30",
        "That is two for each doubling: the lines of the graph. How many ways lead down?",
    ),
    b=("about 200", "That grows like the square of the doublings. Each fork splits *every* path."),
    c=("about 2 000", "That is after 10 doublings. Five more follow, and each doubles it again."),
    d="about 65 000",
)

exercises["a-too-early"] = Number(
    4.0,
    {"w": 1.0, "x": 2.0, "y": 5.0},
    "This is right, and it is what the right order finds. What has `a` when it is too early?",
    20.0,
    "This is what `a` has at that time. What does it pass on to `w`?",
    2.0,
    "This comes by the detour, and it is what gets lost. What came before it?",
    16.0,
    "This is what `a` has in the end. It passes on what it has when it is visited.",
    10.0,
)
