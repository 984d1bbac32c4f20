"""The exercises to the chapter "Stopping the gradient".

What is right is found by autograd, in float64.
"""

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from companion.check._choose import Choice
from companion.check._judge import Exercise, Part


def _leaf(*values):
    numbers = values if len(values) > 1 else values[0]
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def _slope(function, x):
    x = torch.as_tensor(x, dtype=torch.float64).clone().requires_grad_()
    return torch.autograd.grad(function(x).sum(), x)[0]


# Read and predict -----------------------------------------------------------------------------

_constant_slope = Exercise(
    cases=[{"x": 5.0}],
    parts=[
        Part(
            "For {call} you answered",
            lambda x: _slope(lambda x: x * x.detach() * x, x),
            {
                "This is the slope of x³: here one of the three factors is a constant.": (
                    lambda right, x: _slope(lambda x: x**3, x)
                ),
                "Here two of the three factors are constants. How often does `detach()` stand "
                "in the line?": lambda right, x: _slope(lambda x: x * x.detach() ** 2, x),
                "The constant is not 1: it has a value, and it is a factor of the slope.": (
                    lambda right, x: _slope(lambda x: x**2, x)
                ),
                "This is `y`, the value. Asked is the slope.": lambda right, x: x**3,
                "A constant has the slope 0, but only one of the factors is a constant.": (
                    lambda right, x: 0.0
                ),
                "This is the value of the constant.": lambda right, x: x,
                "It is twice too large: did two gradients add up?": lambda right, **_: 2 * right,
            },
        )
    ],
)


def _who_learns():
    w1, w2, w3, w4 = weights = [_leaf(number) for number in (2.0, 3.0, 0.5, 4.0)]
    w3.requires_grad_(False)
    h1 = w1 * 5.0
    h2 = (w2 * h1).detach()
    h3 = w3 * h2
    (w4 * h3 + h1).backward()
    found = tuple(k for k, w in enumerate(weights, start=1) if w.grad is not None)
    return {(4,): "a", (1, 4): "b", (1, 2, 4): "c", (1, 3, 4): "d"}[found]


_who_still_learns = Choice(
    options={
        "a": "only `w4`",
        "b": "`w1` and `w4`",
        "c": "`w1`, `w2` and `w4`",
        "d": "`w1`, `w3` and `w4`",
    },
    truth=_who_learns,
    wrong={
        "a": "No gradient gets past `detach()`. "
        "But is the line with `detach()` the only one in which `h1` is used?",
        "c": "`w2` is used in one line only. Can a gradient reach this line?",
        "d": "`w3` is frozen. A gradient may flow through a frozen layer; does it stop at its weight?",
    },
)


def _kept_tensors(layers, width, batch):
    network = nn.Sequential()
    for _ in range(int(layers)):
        network.extend([nn.Linear(int(width), int(width), bias=False), nn.Tanh()])
    kept = []

    def keep(tensor):
        kept.append(tensor)
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        network.eval()(torch.ones(int(batch), int(width), requires_grad=True))
    return kept


def _bytes(layers, width, batch):
    return float(sum(tensor.nbytes for tensor in _kept_tensors(layers, width, batch)))


def _bytes_once(layers, width, batch):
    kept = _kept_tensors(layers, width, batch)
    return float(sum({tensor.data_ptr(): tensor.nbytes for tensor in kept}.values()))


_bytes_kept = Exercise(
    cases=[{"layers": 3, "width": 10, "batch": 4}],
    parts=[
        Part(
            "For {call} you answered",
            _bytes,
            {
                "`eval()` is not `no_grad()`: what does it switch off?": lambda right, **_: 0.0,
                "This is one layer alone.": lambda right, layers, **_: right / layers,
                "These are the numbers that are kept. How many bytes has each of them?": (
                    lambda right, **_: right / 4
                ),
                "These are the weights alone. What else is kept?": (
                    lambda right, layers, width, batch: 4.0 * layers * width**2
                ),
                "These are the inputs and the results of tanh. What about the weights?": (
                    lambda right, layers, width, batch: right - 4.0 * layers * width**2
                ),
                "In each layer one tensor is missing. "
                "Which value does the slope of tanh need, and which one that of the weight?": (
                    lambda right, layers, width, batch: right - 4.0 * layers * batch * width
                ),
                "This is what exists in memory, each tensor once. "
                "Asked is the sum over all that are kept, as in the chapter.": (
                    lambda right, **inputs: _bytes_once(**inputs)
                ),
                "This is for numbers of 8 bytes. What is the usual dtype of a layer?": (
                    lambda right, **_: 2 * right
                ),
            },
        )
    ],
)

# Write ----------------------------------------------------------------------------------------


def _observe_snapshot(snapshot, w):
    best = snapshot(w)
    if not isinstance(best, torch.Tensor):
        return best, None, None, None, None
    said, w_after, flags = (
        best.detach().clone(),
        w.detach().clone(),
        (best.requires_grad, w.requires_grad),
    )
    with torch.no_grad():
        w += 1  # the training goes on
    return said, w_after, best, *map(int, flags)


_best_weights = Exercise(
    function="snapshot",
    observe=_observe_snapshot,
    cases=[{"w": _leaf(1.0, 2.0)}, {"w": _leaf(-0.5, 0.0, 3.0)}, {"w": _leaf(4.0)}],
    parts=[
        Part("{call} returned", lambda w: w, tensor=True),
        Part(
            "After {call}, `w` is",
            lambda w: w,
            {"The snapshot emptied `w` itself.": lambda right, w: 0.0 * w},
        ),
        Part(
            "After {call} and then `w += 1`, the snapshot is",
            lambda w: w,
            {
                "It moved along with `w`: two names, one memory. "
                "`detach()` and `.data` do not copy.": lambda right, w: w + 1
            },
        ),
        Part(
            "The snapshot is a copy, but after {call} its `int(requires_grad)` is",
            lambda w: 0,
            {
                "`clone()` copies, and remembers that it did: the copy has a history.": lambda *_, **__: (
                    1
                )
            },
        ),
        Part(
            "The snapshot is right, but after {call} `int(w.requires_grad)` is",
            lambda w: 1,
            {"`w` itself was switched off, so it cannot learn any more.": lambda *_, **__: 0},
        ),
    ],
    may_change=["w"],
)


def _pieces(w, x, r, x_next):
    return w * x, r + 0.9 * w * x_next


def _fixed_loss(w, x, r, x_next):
    prediction, target = _pieces(w, x, r, x_next)
    return (prediction - target.detach()) ** 2


def _observe_loss(function, w, *inputs):
    loss = function(w, *inputs)
    if isinstance(loss, torch.Tensor) and loss.ndim == 0 and loss.requires_grad:
        loss.backward()
    return loss, w.grad


_first = {"w": _leaf(1.0), "x": 2.0, "r": 1.0, "x_next": 3.0}
_fixed_target = Exercise(
    function="target_loss",
    observe=_observe_loss,
    cases=[
        _first,
        _first | {"w": _leaf(-0.5)},
        _first | {"x": 0.5},
        _first | {"r": -2.0},
        _first | {"x_next": 1.0},
        {"w": _leaf(2.5), "x": -1.0, "r": 0.5, "x_next": 0.5},
    ],
    parts=[
        Part(
            "{call} returned",
            _fixed_loss,
            {
                "This is the difference; the loss is its square.": (
                    lambda right, w, x, r, x_next: w * x - (r + 0.9 * w * x_next)
                ),
                "This is the loss without the factor 0.9 in the target.": (
                    lambda right, w, x, r, x_next: (w * x - (r + w * x_next)) ** 2
                ),
                "The target is left out.": lambda right, w, x, r, x_next: (w * x) ** 2,
                "In the target, `r` is left out.": (
                    lambda right, w, x, r, x_next: (w * x - 0.9 * w * x_next) ** 2
                ),
                "The target is `r` alone here. What does the network promise for later?": (
                    lambda right, w, x, r, x_next: (w * x - r) ** 2
                ),
            },
            tensor=True,
        ),
        Part(
            "The loss is right, but after {call} and `backward()`, `w.grad` is",
            lambda w, x, r, x_next: _slope(lambda w: _fixed_loss(w, x, r, x_next), w),
            {
                "The gradient flows into the target as well: it is not a constant yet.": (
                    lambda right, w, x, r, x_next: _slope(
                        lambda w: (w * x - (r + 0.9 * w * x_next)) ** 2, w
                    )
                ),
                "You made the prediction a constant, and the target learns. It is the other way round.": (
                    lambda right, w, x, r, x_next: _slope(
                        lambda w: ((w * x).detach() - (r + 0.9 * w * x_next)) ** 2, w
                    )
                ),
                "A part of the slope is missing: does every `w` of the prediction count?": (
                    lambda right, **_: right / 2
                ),
                "It is twice too large: did two gradients add up?": lambda right, **_: 2 * right,
            },
            missing="The whole loss is a constant now. Which part of it should be one?",
        ),
    ],
)


def _step(x):
    return (x > 0).to(x.dtype)


def _observe_borrowed(function, x):
    y = function(x)
    if isinstance(y, torch.Tensor) and y.requires_grad:
        y.sum().backward()
    return y, x.grad


_borrowed_slope = Exercise(
    function="soft_step",
    observe=_observe_borrowed,
    cases=[{"x": _leaf(-2.0, 0.5, 3.0)}, {"x": _leaf(0.1, -0.1)}, {"x": _leaf(1.5)}],
    parts=[
        Part(
            "{call} returned",
            _step,
            {
                "This is the smooth curve itself. The value should be 0 or 1; "
                "only the slope is borrowed.": lambda right, x: x.sigmoid(),
                "This is the slope. The function returns the value.": (
                    lambda right, x: _slope(torch.sigmoid, x)
                ),
                "0 and 1 have changed places.": lambda right, x: 1 - right,
                "This is the difference of the two. What must be added to it?": (
                    lambda right, x: right - x.sigmoid()
                ),
            },
            tensor=True,
        ),
        Part(
            "The value is right, but after {call} and `backward()`, `x.grad` is",
            lambda x: _slope(torch.sigmoid, x),
            {
                "The step is flat, so its own slope is 0. Borrow the other one.": (
                    lambda right, x: 0.0 * x
                ),
                "This is the slope 1 of the straight-through trick. "
                "Here another slope is asked for.": lambda right, x: torch.ones_like(x),
                "The sign is the other way round: which of the two parts is the constant?": (
                    lambda right, **_: -right
                ),
                "It is twice too large: did two gradients add up?": lambda right, **_: 2 * right,
                "This is the value of the smooth curve. Autograd finds its slope for you.": (
                    lambda right, x: x.sigmoid()
                ),
            },
            missing="No gradient comes back to `x`. Which part of the result is tracked?",
        ),
    ],
)

# Find the bug, and prove ----------------------------------------------------------------------


def _bent(w, x, y):
    return (w * w * x - y) ** 2


def _observe_shift(step, w, x, y, lr, shift):
    version = w._version
    step(w, x, y, lr, shift)
    return w, min(w._version - version, 1)


def _grad(w, x, y):
    return _slope(lambda w: _bent(w, x, y), w)


_first = {"w": _leaf(3.0), "x": 1.0, "y": 2.0, "lr": 0.01, "shift": 0.5}
_hidden_edit = Exercise(
    function="step",
    observe=_observe_shift,
    cases=[
        _first,
        _first | {"w": _leaf(-1.5)},
        _first | {"x": 2.0},
        _first | {"y": -1.0},
        _first | {"lr": 0.1},
        _first | {"shift": -0.25},
    ],
    parts=[
        Part(
            "After {call}, `w` is",
            lambda w, x, y, lr, shift: w - shift - lr * _grad(w, x, y),
            {
                "The loss was computed with one `w`, and the slope with another. "
                "Which line stands between them?": lambda right, w, x, y, lr, shift: (
                    w - shift - lr * _grad(w, x, y) * (w - shift) / w
                ),
                "Here the loss belongs to the shifted `w`. Asked is the slope at the old one.": (
                    lambda right, w, x, y, lr, shift: w - shift - lr * _grad(w - shift, x, y)
                ),
                "The shift is missing.": lambda right, shift, **_: right + shift,
                "The step is missing: `w` was only shifted.": (
                    lambda right, w, shift, **_: w - shift
                ),
                "`w` has not moved. `w = w - …` gives the name `w` to a new tensor.": (
                    lambda right, w, **_: w
                ),
                "`w` was shifted twice.": lambda right, shift, **_: right - shift,
                "This step goes uphill.": (
                    lambda right, w, x, y, lr, shift: w - shift + lr * _grad(w, x, y)
                ),
            },
        ),
        Part(
            "`w` is right, but in {call} the number of changes that PyTorch has seen is",
            lambda **_: 1,
            {
                "`.data` hides a change from PyTorch. "
                "Write it so that the next mistake of this kind raises an error.": (
                    lambda right, **_: 0
                )
            },
        ),
    ],
    may_change=["w"],
)


def _share(n, m):
    frozen = _slope(lambda x: x**n * x.detach() ** m, 1.7)
    return frozen / _slope(lambda x: x ** (n + m), 1.7)


_frozen_share = Exercise(
    function="share",
    cases=[{"n": n, "m": m} for n in (1, 2, 5) for m in (1, 3)],
    parts=[
        Part(
            "{call} returned",
            _share,
            {
                "This is the part that is lost. Asked is the part that is left.": (
                    lambda right, **_: 1 - right
                ),
                "This is upside down: can the frozen slope be larger than the true one?": (
                    lambda right, **_: 1 / right
                ),
                "This is the exponent of the frozen slope. What is the true one multiplied by?": (
                    lambda right, n, m: float(n)
                ),
                "These are the tracked factors against the frozen ones. "
                "The true slope has all of them.": lambda right, n, m: n / m,
                "This says that nothing is lost.": lambda right, **_: 1.0,
                "This is right for one tracked factor only.": lambda right, n, m: 1 / (1 + m),
            },
        )
    ],
)

exercises = {
    "constant-slope": _constant_slope,
    "who-still-learns": _who_still_learns,
    "bytes-kept": _bytes_kept,
    "best-weights": _best_weights,
    "fixed-target": _fixed_target,
    "borrowed-slope": _borrowed_slope,
    "hidden-edit": _hidden_edit,
    "frozen-share": _frozen_share,
}
