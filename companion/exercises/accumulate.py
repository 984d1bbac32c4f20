"""The exercises to the chapter ".grad adds up".

What is right is found by autograd and by torch's own optimiser, in float64.
"""

import itertools
import math

import torch

from companion.check import Choice, Function, Number, Order, Part
from companion.check.vocabulary import SIGN, TWICE
from companion.digits import load_digits
from companion.exercises._given import grid, leaf, runs, squared_loss, the_one, vector

exercises = {}

_X, _Y = vector(1.0, 2.0, 3.0), vector(2.0, 4.0, 6.0)


def _slope(w, x, y):
    w = leaf(float(w))
    return torch.autograd.grad(squared_loss(w, x, y), w)[0]


# Predictions ---------------------------------------------------------------------------------


def _three_calls(w):
    w = leaf(w)
    squared_loss(w, 1.0, 1.0).backward()
    torch.autograd.grad(squared_loss(w, 2.0, 2.0), w)
    squared_loss(w, 2.0, 4.0).backward()
    return w.grad


exercises["sum-or-slope"] = Number(
    _three_calls,
    {"w": 3.0},
    "This is the slope of the last line alone: what did `w.grad` hold before it?",
    lambda w: _slope(w, 2.0, 4.0),
    "One slope too many: which of the three lines leaves `w.grad` alone?",
    lambda right, w: right + _slope(w, 2.0, 2.0),
    "This is the slope of the first line alone: what does the last one do with it?",
    lambda w: _slope(w, 1.0, 1.0),
    "This is half of it. A factor 2 is lost in the slopes, or you took a mean where `.grad` "
    "takes a sum.",
    lambda right: right / 2,
    "The sign is the other way round: is the guess too small or too large?",
    lambda right: -right,
)


def _two_steps(w, x, y, lr, empty=False):
    w = leaf(w)
    for _ in range(2):
        if empty:
            w.grad = None
        squared_loss(w, x, y).backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


exercises["forgotten-step"] = Number(
    _two_steps,
    {"w": 1.0, "x": 1.0, "y": 2.0, "lr": 0.1},
    "So far `w` comes if `w.grad` is emptied. Here nothing empties it.",
    lambda **case: _two_steps(**case, empty=True),
    "That is where one step ends. Two are asked for.",
    lambda w, x, y, lr: w - lr * _slope(w, x, y),
    "Here the first slope is used again. The second `backward()` finds the slope at the new `w`.",
    lambda w, x, y, lr: w - 3 * lr * _slope(w, x, y),
    "These steps go uphill: a step is taken against the slope.",
    lambda right, w: 2 * w - right,
    "This is how far `w` moves. Where does it arrive?",
    lambda right, w: right - w,
    "This is `w.grad`, not `w`.",
    lambda w, x, y, lr: _slope(w, x, y) + _slope(w - lr * _slope(w, x, y), x, y),
)


def _fate_of_two_memories():
    """Return what w does with a forgetful loop and an optimiser with momentum 0.9."""
    w, distances = leaf(1.0), []
    optimizer = torch.optim.SGD([w], lr=0.01, momentum=0.9)
    for _ in range(200):
        squared_loss(w, _X, _Y).mean().backward()
        optimizer.step()
        distances.append(abs(w.item() - 2))
    early, late = max(distances[:50]), max(distances[-50:])
    if min(distances) == max(distances):
        return "d"
    if late < 0.1 * early:
        return "a"
    return "c" if late > 2 * early else "b"


exercises["two-memories"] = Choice(
    _fate_of_two_memories,
    a=(
        "It comes to rest at 2.",
        (
            "Friction would do that if the gradients were fresh. Here they are a sum already, "
            "and nothing takes friction from that sum."
        ),
    ),
    b=(
        "It swings for ever, always equally far.",
        (
            "That is what one memory without friction does. Here are two memories, one behind "
            "the other, and the second one hears of everything later."
        ),
    ),
    c="It swings farther and farther.",
    d=("It does not move.", "Nothing empties `w.grad` here, so each step finds something in it."),
)


def _logs_and_learns(order):
    """Return whether the lines, run for three examples, learn and print each slope."""
    lines = [_LOOP[number - 1] for number in order]
    printed, w = [], leaf(1.0)
    names = {
        "w": w,
        "loss_of": squared_loss,
        "optimizer": torch.optim.SGD([w], lr=0.01),
        "print": printed.append,
    }
    right_w, right_slopes = 1.0, []
    for x, y in zip(_X.tolist(), _Y.tolist(), strict=True):
        exec("\n".join(lines), names | {"x": x, "y": y})  # noqa: S102 lines of this file
        right_slopes.append(_slope(right_w, x, y).item())
        right_w -= 0.01 * right_slopes[-1]
    return torch.allclose(vector(*printed, w.item()), vector(*right_slopes, right_w))


_LOOP = (
    "optimizer.step()",
    "print(w.grad.item())",
    "loss = loss_of(w, x, y)",
    "optimizer.zero_grad()",
    "loss.backward()",
)

exercises["loop-with-log"] = Order(
    lines=_LOOP,
    truth=_logs_and_learns,
    wrong={
        "5 before 3": "Line 5 goes back through a loss. Which line computes it?",
        "2 before 5": "In the first turn `w.grad` is still `None` when line 2 wants to print it.",
        "1 before 5": "In the first turn there is no gradient yet when the step is taken, so one of "
        "the three steps is lost.",
        "4 before 1": "Nothing learns: what does `w.grad` hold when the step is taken?",
        "4 before 2": "After line 4 there is no tensor in `w.grad` that could be printed.",
    },
)


# Functions -----------------------------------------------------------------------------------


def _observe_collect(collect, w, x, y, size):
    calls = []
    w.register_post_accumulate_grad_hook(calls.append)
    collect(w, x, y, size)
    return w.grad, len(calls)


def _parts_gradient(loss):
    """Return w.grad after ``backward()`` on ``loss(losses, size, parts)`` of each part."""

    def gradient(right, w, x, y, size):
        w = leaf(float(w))
        pairs = list(zip(x.split(size), y.split(size), strict=True))
        for x_part, y_part in pairs:
            loss(squared_loss(w, x_part, y_part), size, len(pairs)).backward()
        return w.grad

    return gradient


def _mean_gradient(w, x, y, size):
    return torch.autograd.functional.jacobian(lambda w: squared_loss(w, x, y).mean(), w)


def _last_part(w, x, y, size):
    w, rest = leaf(float(w)), (len(x) - 1) // size * size
    return torch.autograd.grad(squared_loss(w, x[rest:], y[rest:]).sum() / len(x), w)[0]


exercises["batch-in-parts"] = Function(
    "collect",
    grid(
        w=(leaf(1.0), leaf(-0.5)),
        x=(vector(1.0, 2.0, 3.0, 0.5, 1.5), vector(2.0, -1.0, 1.0, 3.0, 0.5)),
        y=(vector(2.5, 3.5, 6.0, 1.0, 2.0), vector(1.0, 2.0, -1.0, 4.0, 0.0)),
        size=(2, 3),
    )
    + [{"w": leaf(2.0), "x": vector(1.0, 2.0, 4.0), "y": vector(1.0, 5.0, 2.0), "size": 1}],
    Part(
        "After {call}, `w.grad` is",
        _mean_gradient,
        "This is the gradient of the sum over the examples; that of the mean is asked for.",
        lambda right, x: right * len(x),
        "This is the sum of the means of the parts: it is too large.",
        _parts_gradient(lambda losses, size, parts: losses.mean()),
        "This is the mean of the means of the parts: an example in a small part counts for too "
        "much.",
        _parts_gradient(lambda losses, size, parts: losses.mean() / parts),
        "Here each sum is divided by `size`. Of what is the mean asked for?",
        _parts_gradient(lambda losses, size, parts: losses.sum() / size),
        "This is what the last part adds. Was `w.grad` emptied between the parts?",
        lambda **case: _last_part(**case),
        TWICE,
        SIGN,
        missing="Nothing has been collected: `backward()` was not called, it did not find its "
        "way to `w`, or `w.grad` was emptied at the end.",
    ),
    Part(
        "`w.grad` is right, but in {call} the number of times that `backward()` came to `w` is",
        lambda x, size: float(math.ceil(len(x) / size)),
        "This takes the whole batch at once, and needs the memory for all of it.",
        1.0,
        "This takes one example at a time: how many may a part have?",
        lambda x: float(len(x)),
        "Call `backward()` for each part: it writes `w.grad` itself.",
        0.0,
    ),
    observe=_observe_collect,
    drawn=lambda draw: {
        "w": draw.leaf(-3, 3),
        "x": draw.vector(5, -3, 3),
        "y": draw.vector(5, -5, 5),
        "size": draw.randint(2, 4),
    },
)


def _descend(lr, momentum, steps):
    w = leaf(1.0)
    optimizer = torch.optim.SGD([w], lr=lr, momentum=momentum)
    for _ in range(int(steps)):
        optimizer.zero_grad()
        squared_loss(w, _X, _Y).mean().backward()
        optimizer.step()
    return w.detach()


def _descend_by(next_v):
    """Return w after steps with the velocity ``next_v(v, slope, momentum)``."""

    def descend(right, lr, momentum, steps):
        w, v = 1.0, 0.0
        for _ in range(int(steps)):
            v = next_v(v, _slope_of_mean(w), momentum)
            w = w - lr * v
        return w

    return descend


def _slope_of_mean(w):
    w = leaf(float(w))
    return torch.autograd.grad(squared_loss(w, _X, _Y).mean(), w)[0]


exercises["friction"] = Function(
    "descend",
    grid(lr=(0.01, 0.03), momentum=(0.9, 0.5, 0.0), steps=(3, 10))
    + [{"lr": 0.02, "momentum": 0.8, "steps": 5}],
    Part(
        "{call} returned",
        _descend,
        "There is no friction here: nothing in `w.grad` ever gets less.",
        lambda lr, steps: _descend(lr, 1.0, steps),
        "Here all the velocity is lost in each step: this is plain descent.",
        lambda lr, steps: _descend(lr, 0.0, steps),
        "The new gradient is braked as well: in the formula, `momentum` is a factor of the old "
        "velocity alone.",
        _descend_by(lambda v, slope, momentum: momentum * (v + slope)),
        "The new gradient comes in with a factor `1 - momentum`. The formula adds the whole of it.",
        _descend_by(lambda v, slope, momentum: momentum * v + (1 - momentum) * slope),
        "`momentum` is the part of the velocity that is kept, not the part that is lost.",
        lambda lr, momentum, steps: _descend(lr, 1 - momentum, steps),
        "These steps go uphill.",
        lambda right, lr, momentum, steps: _descend_by(
            lambda v, slope, momentum: momentum * v + slope
        )(right, -lr, momentum, steps),
        "`w` is where it started.",
        1.0,
        "This is where the first step ends: where does `return` stand?",
        lambda lr, momentum: _descend(lr, momentum, 1),
    ),
    drawn=lambda draw: {
        "lr": draw.number(0.01, 0.04),
        "momentum": draw.number(0.1, 0.9),
        "steps": draw.randint(2, 9),
    },
    without="optimizer",
)


#: The data of the exercise `leftover-part`; the notebook gives the same.
_FIVE_X, _FIVE_Y = vector(1.0, 2.0, 3.0, 1.5, 0.5), vector(2.5, 3.5, 6.5, 2.0, 2.0)


def _train_in_groups(k, epochs, size=None):
    """Return w after one step for each group; ``size(examples, k)`` divides a group's sum."""
    w = leaf(1.0)
    optimizer = torch.optim.SGD([w], lr=0.05)
    for _ in range(int(epochs)):
        for x, y in zip(_FIVE_X.split(k), _FIVE_Y.split(k), strict=True):
            optimizer.zero_grad()
            loss = squared_loss(w, x, y).sum()
            (loss / (size(len(x), k) if size else len(x))).backward()
            optimizer.step()
    return w.detach()


def _train_with_leftover(k, epochs, drop):
    """Return w after the loop that steps at every k-th example only."""
    w = leaf(1.0)
    for _ in range(int(epochs)):
        for i, (x, y) in enumerate(zip(_FIVE_X, _FIVE_Y, strict=True), 1):
            (squared_loss(w, x, y) / k).backward()
            if i % k == 0:
                with torch.no_grad():
                    w -= 0.05 * w.grad
                w.grad = None
        if drop:
            w.grad = None
    return w.detach()


exercises["leftover-part"] = Function(
    "train",
    grid(k=(2, 3), epochs=(2, 1))
    + [{"k": k, "epochs": epochs} for k, epochs in ((4, 3), (1, 2), (5, 2))],
    Part(
        "{call} returned",
        _train_in_groups,
        "What happens at the end of an epoch to the examples that make no whole group? Here "
        "their gradient waits, and falls into the first step of the next epoch.",
        lambda k, epochs: _train_with_leftover(k, epochs, drop=False),
        "Here the examples that make no whole group are thrown away.",
        lambda k, epochs: _train_with_leftover(k, epochs, drop=True),
        "Nearly. The last step of an epoch is too short: how many examples has its group?",
        lambda k, epochs: _train_in_groups(k, epochs, lambda examples, k: k),
        "Each step here follows the sum of its group; the mean is asked for.",
        lambda k, epochs: _train_in_groups(k, epochs, lambda examples, k: 1),
        "Each sum is divided by all five examples here. A step asks for the mean of its own group.",
        lambda k, epochs: _train_in_groups(k, epochs, lambda examples, k: 5),
        "This takes a step after every example: groups are asked for.",
        lambda epochs: _train_in_groups(1, epochs),
        "This is only one epoch: where does `return` stand?",
        lambda k: _train_in_groups(k, 1),
        "`w` is where it started.",
        1.0,
    ),
    drawn=lambda draw: {"k": draw.randint(1, 5), "epochs": draw.randint(1, 4)},
)


def _trace(lr, H):
    """Return the trace of one forgetful step as a map of (d, w.grad) to the next (d, w.grad)."""

    def step(state):
        d, grad = state
        d_leaf = d if d.requires_grad else d.clone().requires_grad_()
        slope = torch.autograd.grad(H / 2 * d_leaf**2, d_leaf, create_graph=True)[0]
        grad = grad + slope
        return torch.stack([d - lr * grad, grad])

    return torch.autograd.functional.jacobian(step, vector(1.0, 0.5)).trace()


def _lr_of_swing(n, H):
    # A swing of n steps has the eigenvalues exp(±2πi/n), whose sum is the trace. It is linear
    # in lr, so its values at 0 and 1 give it everywhere.
    at_0, at_1 = _trace(0.0, H), _trace(1.0, H)
    return (2 * math.cos(2 * math.pi / n) - at_0) / (at_1 - at_0)


exercises["swing-steps"] = Function(
    "lr_of_swing",
    grid(n=(6, 12, 3, 100), H=(2.0, 5.0)),
    Part(
        "{call} returned",
        _lr_of_swing,
        "A factor 2 is lost: solve the equation for lr once more.",
        lambda right: right / 2,
        "It is twice too large: solve the equation for lr once more.",
        lambda right: 2 * right,
        "The sign is the other way round: a learning rate is positive.",
        lambda right: -right,
        "This is nearly right for long swings, and wrong for short ones: use the cosine itself.",
        lambda n, H: (2 * math.pi / n) ** 2 / H,
        "A whole swing is a whole turn, not half of one.",
        lambda n, H: 2 * (1 - math.cos(math.pi / n)) / H,
        "`n` is a number of steps, not an angle: which angle belongs to one step?",
        lambda n, H: 2 * (1 - math.cos(n)) / H,
        "`math.cos` counts angles in radians, not in degrees.",
        lambda n, H: 2 * (1 - math.cos(360 / n)) / H,
        "This is the cosine of the angle. Which lr belongs to it?",
        lambda n: math.cos(2 * math.pi / n),
    ),
    drawn=lambda draw: {"n": draw.randint(3, 90), "H": draw.number(0.5, 9)},
)

exercises["zero-first"] = Choice(
    lambda: the_one(
        exercises["zero-first"].options,
        runs(
            "w = torch.tensor(1.0, requires_grad=True)",
            "for _ in range(2):\n  empty()\n  (3 * w).backward()\nassert w.grad == 3",
        ),
    ),
    a=(
        "`def empty(): w.grad.zero_()`",
        (
            "In the first turn `w.grad` is `None`, and `None` has no `zero_()`. What can be set "
            "even before there is a gradient?"
        ),
    ),
    b=(
        "`def empty(): w.grad.data.zero_()`",
        (
            "In the first turn `w.grad` is `None`, and `None` has no `data`: the old post's line "
            "works only after a first `backward()`."
        ),
    ),
    c="`def empty(): w.grad = None`",
    d=(
        "`def empty(): w.grad *= 0`",
        "In the first turn `w.grad` is `None`. What is `None` times 0?",
    ),
)

exercises["swing-proof"] = Order(
    [
        "So w = 2 + d comes back after n steps, and so does w.grad.",
        "If a swing takes n steps, then n θ = 2π.",
        "After n steps the angle has grown by 2π, and d is the same as before.",
        "By the chapter, d after k steps is A cos(k θ + φ), with cos θ = 1 − lr H/2.",
        "w.grad is (d before − d)/lr: the difference of two distances.",
    ],
    wrong={
        "2 before 4": "What is θ? It must be said before it is used.",
        "3 before 2": "Why does the angle grow by 2π? Something about n is used here.",
        "1 before 3": "`w` comes back if `d` does. Does it, at this place of the proof?",
        "1 before 5": "Why does `w.grad` come back too? Say first what it is made of.",
    },
    code=False,
)


# Predictions of the chapter ------------------------------------------------------------------


def _three_backwards(w):
    w = leaf(w)
    for _ in range(3):
        squared_loss(w, 1.0, 2.0).backward()
    return w.grad


exercises["three-backwards"] = Number(
    _three_backwards,
    {"w": 1.0},
    "This is the slope, which is the same each time. What does `backward()` do with what it finds?",
    lambda w: _slope(w, 1.0, 2.0),
    "This is the sum after two of the three calls.",
    lambda w: 2 * _slope(w, 1.0, 2.0),
    *SIGN,
)


def _mean_of_two_means():
    w, parts = leaf(1.0), [(_X[:2], _Y[:2]), (_X[1:], _Y[1:])]
    for x, y in parts:
        squared_loss(w, x, y).mean().backward()
    x, y = (torch.cat(columns) for columns in zip(*parts, strict=True))
    whole = _mean_gradient(leaf(1.0), x, y, None)
    return {0.5: "a", 1.0: "b", 2.0: "c"}[round((w.grad / whole).item(), 9)]


exercises["mean-of-each-part"] = Choice(
    _mean_of_two_means,
    a=("Half as large.", "Each part has half of the examples, but its mean is a whole mean."),
    b=(
        "The same.",
        "The mean of all is the *mean* of the two means. What does `.grad` make of them?",
    ),
    c="Twice as large.",
)


def _orders_that_learn():
    moves = {
        "empty": lambda w: setattr(w, "grad", None),
        "backward": lambda w: squared_loss(w, 1.0, 2.0).backward(),
        "step": lambda w: w.grad is None or w.data.sub_(0.1 * w.grad),
    }
    learned = 0
    for order in itertools.permutations(moves.values()):
        w = leaf(1.0)
        for _ in range(30):
            for move in order:
                move(w)
        learned += abs(w.item() - 2) < 0.1
    return learned


exercises["orders-that-learn"] = Number(
    _orders_that_learn,
    {},
    "One order is the usual one. But the loop runs round and round: is `backward`, `step`, `empty` "
    "another loop, or the same one entered elsewhere?",
    lambda right: 1.0,
    "Not all of them: what does `step` find in `w.grad` if `empty` comes just before it?",
    lambda right: 6.0,
    "There is a third place to enter the same circle: with `step`.",
    lambda right: 2.0,
)


def _forgetful_epochs(lr, epochs):
    """Return w after so many epochs of the loop that empties nothing, with one example a step."""
    w = leaf(1.0)
    for _ in range(epochs):
        for x, y in zip(_X, _Y, strict=True):
            squared_loss(w, x, y).backward()
            with torch.no_grad():
                w -= lr * w.grad
    return w.item()


def _fate_at_a_tenth():
    distance = abs(_forgetful_epochs(0.1, 50) - 2)
    return "a" if distance < 0.01 else "b" if distance < 100 else "c"


exercises["one-example-at-a-time"] = Choice(
    _fate_at_a_tenth,
    a=("It arrives at 2.", "It would with the line. Without it, what takes speed out of `w.grad`?"),
    b=(
        "It swings between the same two ends.",
        (
            "So it does with the whole batch, where each push has the same strength. Here the third "
            "example pushes nine times as hard as the first one."
        ),
    ),
    c="It swings farther and farther.",
)


def _reads_more_at_a_small_rate():
    x, y, x_held, y_held = load_digits()
    right = {}
    for forget in (False, True):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.Tanh(), torch.nn.Linear(32, 10))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.001)
        for _ in range(5):
            for rows in torch.randperm(1500).split(50):
                if not forget:
                    optimizer.zero_grad()
                torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
                optimizer.step()
        right[forget] = (net(x_held).argmax(1) == y_held).double().mean()
    return "a" if right[False] > right[True] + 0.1 else "c" if right[True] > right[False] else "b"


exercises["at-a-small-rate"] = Choice(
    _reads_more_at_a_small_rate,
    a=(
        "The one that empties.",
        "Its steps are right, but each is tiny. What makes a step that is too small larger?",
    ),
    b=(
        "Both read about the same.",
        "After a hundred batches one of them steps with a sum of a hundred gradients.",
    ),
    c="The one that forgets.",
)
