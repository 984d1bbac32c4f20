"""The exercises to the chapter "The chain rule is a graph"."""

import torch

from companion.check import Choice, Function, Number, Order, Part
from companion.check.vocabulary import HALF, SIGN
from companion.exercises._given import grid, leaf, matrix, slope, vector

exercises = {}

# Predictions ---------------------------------------------------------------------------------

exercises["fork-with-minus"] = Number(
    lambda w, x: slope(lambda w: (w * x) ** 2 - w * x, w),
    {"w": 2.0, "x": 3.0},
    ("This is the way through `b` alone. Where else does `a` go?", lambda w, x: 2 * w * x * x),
    ("This is the direct way alone. Where else does `a` go?", lambda x: -x),
    "Here both ways have a plus. What is the local slope of `b - a` along `a`?",
    lambda w, x: 2 * w * x * x + x,
    "The ways are multiplied here. Along a path slopes multiply; what do two paths do?",
    lambda w, x: -2 * w * x * x * x,
    ("This is the gradient of `a`. One line further down is `w`.", lambda right, x: right / x),
)

exercises["lines-of-a-sweep"] = Order(
    (
        "grad_w += grad_a * x",
        "grad_a += grad_b * 2 * a",
        "grad_b += grad_c * a",
        "grad_a += grad_c * b",
    ),
    {
        "1 before 2": "Line 1 passes on the gradient of `a`. Has everything arrived there that "
        "comes through `b`?",
        "1 before 4": "Line 1 passes on the gradient of `a`. Has everything arrived there that "
        "comes straight from `c`?",
        "2 before 3": "Line 2 passes on the gradient of `b`. What is it at that moment?",
    },
)

# Functions -----------------------------------------------------------------------------------


def _neuron(w, b, x, y):
    w, b = leaf(float(w)), leaf(float(b))
    return torch.autograd.grad(((w * x + b).sigmoid() - y) ** 2, (w, b))


def _bump(z):
    """Return the slope of the sigmoid."""
    return slope(torch.sigmoid, z)


def _observe_pair(gradients, *inputs):
    pair = gradients(*inputs)
    try:
        grad_w, grad_b = pair
    except (TypeError, ValueError):
        return pair, None  # the first part says what is wrong with it
    return grad_w, grad_b


def _part(place, name):
    return Part(
        f"The gradient of `{name}` from {{call}} is",
        lambda w, b, x, y: _neuron(w, b, x, y)[place],
        "This is the gradient of the other one. What is the last local slope on each way?",
        lambda w, b, x, y: _neuron(w, b, x, y)[1 - place],
        SIGN,
        HALF,
        "The local slope of the sigmoid is missing.",
        lambda right, w, b, x: right / _bump(w * x + b),
        "The slope of the sigmoid is `y_hat * (1 - y_hat)`, where `y_hat` is its result, not "
        "what goes into it.",
        lambda right, w, b, x: right / _bump(z := w * x + b) * z * (1 - z),
        missing="Give both back, with a comma between them: `return grad_w, grad_b`.",
    )


exercises["neuron-by-hand"] = Function(
    "gradients",
    grid(w=(1.0, -0.5), b=(-2.0, 0.5), x=(2.0, -1.5), y=(1.0, 0.0)),
    _part(0, "w"),
    _part(1, "b"),
    observe=_observe_pair,
    without="torch",
)


def _last_gradient_only(slope):
    grads = _top_row(slope)
    for i in range(len(slope) - 2, -1, -1):
        grads = torch.where(slope[i] != 0, grads[i] * slope[i], grads)
    return grads


def _top_row(slope):
    return slope[-1] + torch.eye(len(slope)).double()[-1]


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
            # Each number uses the two before it: paths grow as Fibonacci's numbers.
            0.75 * (torch.ones(60, 60).tril(-1) - torch.ones(60, 60).tril(-3)).double(),
        )
    ],
    Part(
        "{call} returned",
        # The sum over all paths is the geometric series 1 + slope + slope² + …
        lambda slope: torch.linalg.inv(torch.eye(len(slope)).double() - slope)[-1],
        "Where two lines meet, only the last gradient is left: they should add up.",
        _last_gradient_only,
        "Here only the last number has passed its gradient on. The others were not visited, or "
        "before anything had arrived.",
        _top_row,
        tensor=True,
    ),
    call=lambda slope: f"For a program of {len(slope)} numbers, `sweep(slope)`",
    drawn=lambda draw: {"slope": draw.matrix(6, 6).tril(-1)},
)


exercises["softmax-temperature"] = Function(
    "softmax_gradient",
    grid(z=(vector(1.0, 0.0, -1.0), vector(2.0, 2.5, 0.5)), k=(0, 2), T=(2.0, 0.5)),
    Part(
        "{call} returned",
        lambda z, k, T: slope(lambda z: -(z / T).log_softmax(0)[k], z),
        SIGN,
        ("`T` divides the scores. It has a local slope too.", lambda right, T: right * T),
        "`T` is left out here: the scores are divided by it first.",
        lambda z, k: slope(lambda z: -z.log_softmax(0)[k], z),
        "`T` is right. But the right answer has a second path.",
        lambda z, T: (z / T).softmax(0) / T,
        tensor=True,
    ),
    without="backward",
)

# Predictions of the chapter -------------------------------------------------------------------

exercises["two-ways-meet"] = Number(
    10,
    {"w": 1.0, "x": 2.0, "y": 5.0},
    ("This is the direct way alone. What does the detour through `b` bring?", 2),
    ("This is the detour alone. The direct way acts at the same time.", 8),
    ("Along a path slopes multiply. But these are two paths: both make the loss grow.", 16),
    ("This is the gradient of `w`, one line further down.", 20),
)

exercises["visits-of-recursion"] = Choice(
    a=("about 30", "These are the lines of the graph. How many ways lead down?"),
    b=("about 200", "So grows the square of the doublings. Each fork splits *every* path."),
    c=("about 2 000", "That is after 10 doublings. Five more follow, and each doubles it again."),
    d="about 65 000",
)

exercises["a-too-early"] = Number(
    4,
    {"w": 1.0, "x": 2.0, "y": 5.0},
    ("This is what the right order finds. What has `a` when it is too early?", 20),
    ("This is what `a` has at that time. What does it pass on to `w`?", 2),
    ("This comes by the detour, and it is what gets lost. What came before it?", 16),
    ("This is what `a` has in the end. It passes on what it has when it is visited.", 10),
)
