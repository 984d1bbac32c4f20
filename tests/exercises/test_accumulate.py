"""Protected here: the answers to ".grad adds up" that are right in another way pass, and each
known mistake gets the sentence that names it."""

import itertools

import torch

from companion.check import check
from companion.exercises import exercises

X, Y = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 4.0, 6.0])


def collector(divide, empty_between=False, empty_at_end=False):
    """Return a collect function whose part of the loss is ``divide(losses, x, size, parts)``."""

    def collect(w, x, y, size):
        pairs = list(zip(x.split(size), y.split(size), strict=True))
        for x_part, y_part in pairs:
            if empty_between:
                w.grad = None
            divide((w * x_part - y_part) ** 2, x, size, len(pairs)).backward()
        if empty_at_end:
            w.grad = None

    return collect


def collect_by_index(w, x, y, size):
    n = len(x)
    for start in range(0, n, size):
        part = slice(start, start + size)
        (torch.nn.functional.mse_loss(w * x[part], y[part]) * len(x[part]) / n).backward()


def collect_at_once(w, x, y, size):
    ((w * x - y) ** 2).mean().backward()


def collect_one_by_one(w, x, y, size):
    for a, b in zip(x, y, strict=True):
        ((w * a - b) ** 2 / len(x)).backward()


def collect_by_assignment(w, x, y, size):
    (w.grad,) = torch.autograd.grad(((w * x - y) ** 2).mean(), w)


def collect_and_step(w, x, y, size):
    collect_by_index(w, x, y, size)
    with torch.no_grad():
        w -= 0.1 * w.grad


def descent(velocity, sign=1, early=False):
    """Return a loop by hand with the next velocity ``velocity(v, slope, momentum)``."""

    def descend(lr, momentum, steps):
        w, v = 1.0, 0.0
        for _ in range(steps):
            slope = (2 * (w * X - Y) * X).mean().item()
            v = velocity(v, slope, momentum)
            w -= sign * lr * v
            if early:
                return w
        return w

    return descend


def descend_with_optimizer(lr, momentum, steps):
    w = torch.tensor(1.0, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr, momentum=momentum)
    for _ in range(steps):
        optimizer.zero_grad()
        ((w * X - Y) ** 2).mean().backward()
        optimizer.step()
    return w


def descend_braking_at_once(lr, momentum, steps):
    w = torch.tensor(1.0, requires_grad=True)
    for _ in range(steps):
        w.grad *= momentum
        ((w * X - Y) ** 2).mean().backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w


RIGHT = {
    "zero-first": ["c"],
    "forgotten-step": [1.56, torch.tensor(1.56)],
    "loop-with-log": [[3, 5, 1, 2, 4], (3, 4, 5, 2, 1), [3, 5, 2, 1, 4], [4, 3, 5, 1, 2]],
    "batch-in-parts": [
        collect_by_index,
        collector(lambda losses, x, size, parts: (losses / len(x)).sum()),
    ],
    "friction": [
        descent(lambda v, slope, momentum: momentum * v + slope),
    ],
    "three-backwards": [-6, torch.tensor(-6.0)],
    "mean-of-each-part": ["c", " C"],
    "orders-that-learn": [3, 3.0],
    "one-example-at-a-time": ["c", "C"],
    "at-a-small-rate": ["c", "C "],
}

WRONG = {
    "three-backwards": [
        (-2, "the same each time"),
        (-4, "after two of the three"),
        (6, "The sign"),
    ],
    "orders-that-learn": [
        (1, "or the same one?"),
        (6, "comes just before it"),
        (2, "with `step`"),
    ],
    "forgotten-step": [
        (1.36, "if `w.grad` is emptied"),
        (1.2, "where one step ends"),
        (1.6, "the first slope is used again"),
        (0.44, "uphill"),
    ],
    "loop-with-log": [
        ([4, 5, 3, 1, 2], "Which line computes it?"),
        ([4, 3, 2, 5, 1], "still `None` when line 2"),
        ([1, 4, 3, 5, 2], "one of the three steps is lost"),
        ([3, 5, 4, 1, 2], "Nothing learns"),
        ([3, 5, 2, 4, 1], "Nothing learns"),
        ([3, 5, 1, 4, 2], "no tensor in `w.grad`"),
        ([3, 5, 1], "each of them once"),
    ],
    "batch-in-parts": [
        (collector(lambda losses, x, size, parts: losses.sum()), "gradient of the sum"),
        (collector(lambda losses, x, size, parts: losses.mean()), "sum of the means"),
        (collector(lambda losses, x, size, parts: losses.mean() / parts), "a small part counts"),
        (collector(lambda losses, x, size, parts: losses.sum(), empty_at_end=True), "emptied at"),
        (collect_at_once, "the whole batch at once"),
        (collect_one_by_one, "one example at a time"),
        (collect_and_step, "changed its argument `w`"),
    ],
    "friction": [
        (descend_with_optimizer, "without an optimizer"),
        (descent(lambda v, slope, momentum: v + slope), "no friction here"),
        (descent(lambda v, slope, momentum: momentum * (v + slope)), "braked as well"),
        (descend_braking_at_once, "'NoneType' and 'float' (in line 4: `w.grad *= momentum`)"),
    ],
}


def logs_and_learns(lines):
    """Return whether a loop of these lines learns from three examples and prints each slope."""
    printed, w, right, slopes = [], torch.tensor(1.0, requires_grad=True), 1.0, []
    names = {"w": w, "loss_of": lambda w, x, y: (w * x - y) ** 2, "print": printed.append}
    names["optimizer"] = torch.optim.SGD([w], lr=0.01)
    try:
        for x, y in zip(X.tolist(), Y.tolist(), strict=True):
            exec("\n".join(lines), names | {"x": x, "y": y})  # noqa: S102 they are the exercise's
            slopes.append(2 * (right * x - y) * x)
            right -= 0.01 * slopes[-1]
    except (AttributeError, NameError):
        return False
    return torch.allclose(torch.tensor([*printed, w.item()]), torch.tensor([*slopes, right]))


def test_an_order_of_the_loop_is_right_if_it_learns_and_logs():
    question = exercises["loop-with-log"]
    for order in itertools.permutations(range(1, 6)):
        runs = logs_and_learns([question.lines[number - 1] for number in order])
        assert bool(check("loop-with-log", order)) == runs
