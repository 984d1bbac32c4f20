"""The exercises to the chapter "Tensors that remember".

What is right is found by autograd, in float64, and read from the graphs that torch records.
"""

import warnings

import torch

from companion.check import Choice, Function, Number, Order, Part, flag, mistakes
from companion.check.vocabulary import TWICE
from companion.exercises._given import leaf, vector

exercises = {}


# Read and predict -----------------------------------------------------------------------------


def _seven():
    a = torch.tensor(2.0, requires_grad=True)
    b = torch.tensor(3.0)
    c = a * b
    d = b * 2
    e = c.detach()
    f = d + e
    return a, b, c, d, e, f, c + f


def _count(wanted):
    return lambda *_, **__: float(sum(map(wanted, _seven())))


exercises["leaf-count"] = Number(
    _count(lambda tensor: tensor.is_leaf),
    {"tensors": 7},
    "Those are the leaves that get a gradient. There are other leaves too.",
    _count(lambda tensor: tensor.is_leaf and tensor.requires_grad),
    "Those are the ones that were typed in. A result is a leaf as well, if nothing was recorded "
    "for it.",
    2.0,
    "Those are the ones that require a gradient. Being a leaf is another question.",
    _count(lambda tensor: tensor.requires_grad),
    "One is missing. Can a leaf require a gradient? And can a result of two tensors be a leaf?",
    _count(lambda tensor: not tensor.requires_grad),
    "Not all of them: is any of the results made from a tensor that remembers?",
    7.0,
    "One too many: ask of each result whether one of its inputs remembers.",
    lambda right: right + 1,
)


def _who_has_a_gradient():
    x, w = torch.tensor(3.0), torch.tensor(2.0, requires_grad=True)
    y = x * w
    y.retain_grad()
    z = y + 1
    loss = z**2
    loss.backward()
    tensors = {"x": x, "w": w, "y": y, "z": z, "loss": loss}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # asking `z` for its gradient is what this is about
        found = [name for name, tensor in tensors.items() if tensor.grad is not None]
    return {"w": "a", "x w": "b", "w y": "c", "w y z loss": "d"}[" ".join(found)]


exercises["who-has-a-gradient"] = Choice(
    _who_has_a_gradient,
    a=("only `w`", "This would be so without one of the lines. Which line asks for more?"),
    b=("`x` and `w`", "`x` is a leaf. But did anybody ask for its gradient?"),
    c="`w` and `y`",
    d=(
        "`w`, `y`, `z` and `loss`",
        "A gradient passes through all of these. Does PyTorch keep each of them?",
    ),
)


def _loop_and_branch(x, turns=None, square=None):
    """Return y of the program, or of one with other turns or another branch."""
    y, done = x, 0
    while y < 10 if turns is None else done < turns:
        y, done = y * 2, done + 1
    if (y <= 20) if square is None else square:
        return y * y, done
    return y - 1, done


def _branch_slope(x, extra=0, square=None):
    turns = _loop_and_branch(torch.tensor(x))[1] + extra
    x = leaf(x)
    return torch.autograd.grad(_loop_and_branch(x, turns, square)[0], x)[0]


exercises["branch-gradient"] = Number(
    lambda x: _branch_slope(x),
    {"x": 1.5},
    "This is the slope of the other branch. Which one is taken?",
    lambda x: _branch_slope(x, square=False),
    "The loop runs once more than that.",
    lambda x: _branch_slope(x, extra=-1),
    "The loop runs less often than that, and so another branch is taken.",
    lambda x: _branch_slope(x, extra=1),
    "This is `y`, the value. Asked is the slope.",
    lambda x: _loop_and_branch(torch.tensor(x))[0],
    "This is the slope of the last line alone. What did the loop do to `x`?",
    lambda x: 2 * x * 2 ** _loop_and_branch(torch.tensor(x))[1],
    "A factor 2 is missing: `y * y` uses `y` twice.",
    lambda right: right / 2,
    TWICE,
)


def _lines(names, printed):
    """Return the five lines, each as a function that works on the dict `names`."""

    def show_grad():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some orders ask too early, and are told so
            printed.append(names["y"].grad)

    return (
        lambda: names["loss"].backward(),
        lambda: names.update(y=names["w"] * 3),
        lambda: names["y"].retain_grad(),
        lambda: names.update(loss=names["y"] ** 2),
        show_grad,
    )


def _prints_the_gradient(order):
    names, printed = {"w": leaf(2.0)}, []
    lines = _lines(names, printed)
    for number in order:
        lines[number - 1]()
    [grad] = printed
    y = leaf(6.0)
    return torch.equal(grad, torch.autograd.grad(y**2, y)[0])


exercises["retain-order"] = Order(
    lines=("loss.backward()", "y = w * 3", "y.retain_grad()", "loss = y ** 2", "print(y.grad)"),
    truth=_prints_the_gradient,
    wrong={
        "3 before 2": "`y.retain_grad()` needs a `y`, and there is none yet.",
        "4 before 2": "`loss` is made from `y`, and there is no `y` yet.",
        "5 before 2": "There is no `y` yet whose gradient could be printed.",
        "1 before 4": "`loss.backward()` needs a `loss`, and there is none yet.",
        "5 before 1": "When `y.grad` is printed, nothing has gone back yet.",
        "1 before 3": "The gradient has passed `y` before anybody asked to keep it. This prints "
        "`None`, with a warning.",
    },
)

# Write ----------------------------------------------------------------------------------------


def _middle_loss(y, w, t):
    return (y - t) ** 2 + w * y


def _at_y(w, x, t):
    y = (w * x).detach().requires_grad_()
    return torch.autograd.grad(_middle_loss(y, w, t), y)[0]


def _at_w(w, x, t):
    w = w.clone().requires_grad_()
    return torch.autograd.grad(_middle_loss(w * x, w, t), w)[0]


_first = {"w": leaf(2.0), "x": 3.0, "t": 1.0}
exercises["middle-gradient"] = Function(
    "arrives",
    [
        _first,
        _first | {"w": leaf(-1.0)},
        _first | {"x": 0.5},
        _first | {"t": -2.0},
        {"w": leaf(0.5), "x": -4.0, "t": 2.5},
    ],
    Part(
        "{call} returned",
        _at_y,
        "This is `w.grad`. Asked is the gradient that arrives at `y`, on the way to `w`.",
        lambda w, x, t: _at_w(w, x, t),
        "This is what `y` sends on to `w`. Asked is what arrives at `y` itself.",
        lambda right, x: right * x,
        "`y` stands in the loss twice. This is only what comes from the square.",
        lambda right, w: right - w,
        "`y` stands in the loss twice. This is only what comes from `w * y`.",
        lambda w: w,
        "A factor 2 is missing: the slope of a square has one.",
        lambda right, w: (right - w) / 2 + w,
        "This is the loss itself.",
        lambda w, x, t: _middle_loss(w * x, w, t),
        "This is `y` itself.",
        lambda w, x: w * x,
        TWICE,
        missing="PyTorch keeps the gradient of a result only if you ask for it, and before "
        "`backward()`. And a function gives back what stands after `return`.",
    ),
    drawn=lambda draw: {"w": draw.leaf(-3, 3), "x": draw.number(-4, 4), "t": draw.number(-3, 3)},
)


def _observe_weight(make_weight, n, scale):
    w = make_weight(n, scale)
    if not isinstance(w, torch.Tensor):
        return w, None, None
    return w, w.requires_grad, w.is_leaf


exercises["make-weight"] = Function(
    "make_weight",
    [{"n": n, "scale": scale} for n in (2, 3) for scale in (0.01, 0.5)] + [{"n": 1, "scale": 2.0}],
    Part(
        "{call} returned",
        lambda n, scale: torch.full((n,), scale, dtype=torch.float64),
        "These are the ones with which you began: where is `scale`?",
        lambda n: torch.ones(n),
        "Divided or multiplied?",
        lambda n, scale: torch.ones(n) / scale,
        "All numbers are zero.",
        lambda n: torch.zeros(n),
        tensor=True,
    ),
    flag(
        "The numbers are right, but for {call} `w.requires_grad` is",
        True,
        "It does not remember. Nothing would ever be learned.",
    ),
    flag(
        "The numbers are right, but for {call} `w.is_leaf` is",
        True,
        "It is the result of a recorded operation, and no optimizer takes that. When was the memory switched on?",
    ),
    observe=_observe_weight,
    drawn=lambda draw: {"n": draw.randint(1, 6), "scale": draw.number(-2, 2)},
)

# Find the bug, and prove ----------------------------------------------------------------------


def _line_loss(w, b, x, y):
    return ((w * x + b - y) ** 2).mean()


def _line_slopes(w, b, x, y):
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    return torch.autograd.grad(_line_loss(w, b, x, y), (w, b))


def _observe_line(loss_of, w, b, x, y):
    loss = loss_of(w, b, x, y)
    if isinstance(loss, torch.Tensor) and loss.ndim == 0 and loss.requires_grad:
        loss.backward()
    return loss, w.grad, b.grad


_CUT = (
    "The way back to it is cut. Follow `grad_fn` from the loss: where does it end? The flag of a "
    "new tensor does not bring its history back."
)
_SLOPE_MISTAKES = mistakes(
    "It is zero: something with the right flag is added, but the way to the loss is still cut.",
    0.0,
    "A part of the way is still cut: does every example count?",
    lambda right, x: right / len(x),
    TWICE,
)

_first = {
    "w": leaf(1.0),
    "b": leaf(0.5),
    "x": vector(1.0, 2.0, 4.0),
    "y": vector(2.0, 4.0, 9.0),
}
exercises["cut-in-the-middle"] = Function(
    "loss_of",
    [
        _first,
        _first | {"w": leaf(-0.5)},
        _first | {"b": leaf(2.0)},
        _first | {"x": vector(0.5, -1.0, 3.0)},
        _first | {"y": vector(0.0, 1.0, -5.0)},
        {"w": leaf(2.0), "b": leaf(-1.0), "x": vector(3.0, 1.5), "y": vector(1.0, 0.0)},
    ],
    Part(
        "{call} returned",
        _line_loss,
        "This is the sum over the examples; the mean was right.",
        lambda right, x: right * len(x),
        "`b` is lost.",
        lambda w, x, y: _line_loss(w, 0.0, x, y),
        "This is the loss of the last example alone.",
        lambda w, b, x, y: _line_loss(w, b, x[-1], y[-1]),
        tensor=True,
    ),
    Part(
        "The loss is right, but after {call} and `backward()`, `w.grad` is",
        lambda w, b, x, y: _line_slopes(w, b, x, y)[0],
        *_SLOPE_MISTAKES,
        missing=_CUT,
    ),
    Part(
        "`w.grad` is right, but after {call} and `backward()`, `b.grad` is",
        lambda w, b, x, y: _line_slopes(w, b, x, y)[1],
        *_SLOPE_MISTAKES,
        missing=_CUT,
    ),
    observe=_observe_line,
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3),
        "b": draw.leaf(-3, 3),
        "x": draw.vector(4, -3, 3),
        "y": draw.vector(4, -5, 5),
    },
)


def _chapter_program(x, times):
    y = x
    for _ in range(times):
        y = y * 2
    return y - 1 if y > 3 else y.exp()


def _switch_point(times):
    """Halve an interval until the recorded graphs at both of its ends are neighbours."""
    low, high = 0.0, 4.0
    for _ in range(60):
        middle = (low + high) / 2
        if _chapter_program(leaf(middle), int(times)).grad_fn.name() == "ExpBackward0":
            low = middle
        else:
            high = middle
    return low


exercises["graph-changes"] = Function(
    "switch_point",
    [{"times": times} for times in (1, 2, 3, 5)],
    Part(
        "{call} returned",
        _switch_point,
        "This is the limit for `y`. Which `x` gives it?",
        3.0,
        "This is upside down: more turns of the loop make `y` larger.",
        lambda times: 3.0 * 2**times,
        "The loop does not multiply by `2 * times`: each turn multiplies by 2.",
        lambda times: 3 / (2 * times),
        "Each turn multiplies by 2. How often is that?",
        lambda times: 3 / times,
        "Each turn multiplies by 2; it does not square `times`.",
        lambda times: 3 / times**2,
        "This is one turn of the loop too many.",
        lambda right: right / 2,
        "This is one turn of the loop too few.",
        lambda right: 2 * right,
    ),
    drawn=lambda draw: {"times": draw.randint(1, 12)},
)

exercises["jump-proof"] = Order(
    [
        "The ratio of the two slopes is e³: 2ᵗ has cancelled.",
        "After the loop, y = 2ᵗ x, where t is `times`.",
        "Just below that place the slope is 2ᵗ eʸ, which comes near to 2ᵗ e³.",
        "So the branches change at x = 3/2ᵗ, where y is 3.",
        "Just above it the slope is 2ᵗ · 1.",
    ],
    wrong={
        "4 before 2": "Where y is 3 can be said only when y is known as a function of x.",
        "3 before 4": "“That place” has not been found yet.",
        "5 before 4": "Above which place? It has not been found yet.",
        "1 before 3": "The ratio needs both slopes. One of them is not there yet.",
        "1 before 5": "The ratio needs both slopes. One of them is not there yet.",
    },
    code=False,
)

# Predictions in the chapter -------------------------------------------------------------------


def _switched_on_later():
    a = torch.tensor([[2.0, 3.0], [4.0, 5.0]])
    b = (a * 3) / (a - 1)
    a.requires_grad_()
    c = (a * a).sum()
    return {(True, True): "a", (False, True): "b", (False, False): "c", (True, False): "d"}[
        b.requires_grad, c.requires_grad
    ]


exercises["switched-on-later"] = Choice(
    _switched_on_later,
    a=("both", "`b` was computed when nobody was taking notes. Who should tell it now?"),
    b="only `c`",
    c=("none of the two", "`c` is made of `a`, and by then `a` requires a gradient."),
    d=("only `b`", "Which of the two was computed after `a` was switched on?"),
)


def _middle_after_backward():
    w = leaf(2.0)
    y = w * 3
    (y**2).backward()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # asking is what this is about
        return "a" if y.grad is None else "b" if y.grad == 12 else "c"


exercises["middle-after-backward"] = Choice(
    _middle_after_backward,
    a="`None`, with a warning",
    b=("`tensor(12.)`", "It was computed, on the way to `w`. But did anybody ask to keep it?"),
    c=("`tensor(0.)`", "Nothing is filled with zeros here: `.grad` begins as `None`."),
    d=("an error message", "PyTorch is milder than that: it answers, and says what is odd."),
)


def _last_node(x, times):
    return _chapter_program(leaf(x), times).grad_fn.name()


exercises["turns-before-the-change"] = Number(
    lambda x: next(float(t) for t in range(20) if _last_node(x, t) != _last_node(x, 0)),
    {"x": 0.5},
    "After these turns `y` is 2, and the branch is still the same.",
    2.0,
    "Each turn doubles `y`; it does not add 0.5 to it.",
    6.0,
    "That is one turn more than needed.",
    lambda right: right + 1,
)
