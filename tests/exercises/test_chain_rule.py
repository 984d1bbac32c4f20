"""Protected here: the answers to "The chain rule is a graph" that are right in another way pass,
and each known mistake gets the sentence that names it."""

import itertools
import math

import torch

from companion.check import _run, check
from companion.exercises import exercises


def by_autograd(w, b, x, y):
    w, b = (torch.tensor(value, requires_grad=True) for value in (w, b))
    ((torch.sigmoid(w * x + b) - y) ** 2).backward()
    return [w.grad, b.grad]


def neuron(slope_of_sigmoid, last=lambda x, b: (x, 1), factor=2):
    """Return a gradients function with ``slope_of_sigmoid(z, y_hat)`` and the last slopes."""

    def gradients(w, b, x, y):
        z = w * x + b
        y_hat = 1 / (1 + math.exp(-z))
        grad_z = factor * (y_hat - y) * slope_of_sigmoid(z, y_hat)
        return tuple(grad_z * slope for slope in last(x, b))

    return gradients


def right_bump(z, y_hat):
    return y_hat * (1 - y_hat)


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def sweeper(nodes, add=True, own=1.0, of_own=True):
    """Return a sweep that visits ``nodes(count)``."""

    def sweep(slope):
        grads = [0.0] * len(slope)
        grads[-1] = own
        for i in nodes(len(slope)):
            for j in range(i):
                if slope[i, j]:
                    grads[j] = grads[j] * add + grads[i] * slope[i, j].item()
        if not of_own:
            grads[-1] = 0.0
        return torch.tensor(grads)

    return sweep


def backwards(count):
    return range(count - 1, -1, -1)


def sweep_by_rows(slope):
    """Collect at each number what comes in, as the chapter's figure does."""
    count = len(slope)
    grads = [0.0] * count
    grads[-1] = 1.0
    for j in reversed(range(count - 1)):
        grads[j] = sum(grads[i] * slope[i, j] for i in range(j + 1, count))
    return torch.tensor(grads)


def sweep_by_inverse(slope):
    return torch.linalg.inv(torch.eye(len(slope)).to(slope) - slope)[-1]


def sweep_forward(slope):
    """Return the slopes of all numbers along the first one."""
    grads = [1.0]
    for i in range(1, len(slope)):
        grads.append(sum(grads[j] * slope[i, j] for j in range(i)))
    return torch.tensor(grads)


def walk_by_paths(slope):
    def product(top, bottom):
        if top == bottom:
            return 1.0
        return sum(slope[top, j] * product(j, bottom) for j in range(bottom, top) if slope[top, j])

    return [product(len(slope) - 1, j) for j in range(len(slope))]


def softmax(share, scale=lambda T: 1 / T, take=1.0):
    """Return (share(z, T) - take at k) * scale(T)."""

    def softmax_gradient(z, k, T):
        grad = share(z, T)
        grad[k] -= take
        return grad * scale(T)

    return softmax_gradient


def warm(z, T):
    return torch.softmax(z / T, 0)


def softmax_by_autograd(z, k, T):
    z = z.clone().requires_grad_()
    torch.nn.functional.cross_entropy(z / T, torch.tensor(k)).backward()
    return z.grad


def softmax_by_loop(z, k, T):
    e = [math.exp(number / T) for number in z.tolist()]
    return torch.tensor([(e[i] / sum(e) - (i == k)) / T for i in range(len(e))])


def softmax_in_place(z, k, T):
    z /= T
    return softmax(lambda z, T: torch.softmax(z, 0))(z, k, T)


RIGHT = {
    "two-ways-meet": [10, torch.tensor(10.0)],
    "visits-of-recursion": ["d", "D"],
    "a-too-early": [4, 4.0],
    "fork-with-minus": [33, torch.tensor(33.0)],
    "lines-of-a-sweep": [[3, 2, 4, 1], [4, 3, 2, 1], (3, 4, 2, 1)],
    "neuron-by-hand": [
        neuron(lambda z, y_hat: math.exp(-z) / (1 + math.exp(-z)) ** 2),
    ],
    "sweep-a-graph": [sweeper(backwards), sweep_by_rows, sweep_by_inverse],
    "softmax-temperature": [softmax_by_loop],
}

WRONG = {
    "two-ways-meet": [
        (2, "the direct way alone"),
        (8, "the detour alone"),
        (16, "these are two paths"),
        (20, "one line further down"),
    ],
    "a-too-early": [
        (20, "what the right order finds"),
        (2, "what `a` has at that time"),
        (16, "what gets lost"),
        (10, "what `a` has in the end"),
    ],
    "fork-with-minus": [
        (36, "through `b` alone"),
        (-3, "the direct way alone"),
        (39, "both ways have a plus"),
        (-108, "The ways are multiplied"),
        (11, "the gradient of `a`"),
    ],
    "lines-of-a-sweep": [
        ([1, 3, 2, 4], "comes through `b`"),
        ([3, 2, 1, 4], "comes straight from `c`"),
        ([2, 3, 4, 1], "What is it at that moment?"),
        ([3, 4, 2], "each of them once"),
    ],
    "neuron-by-hand": [
        (by_autograd, "without torch"),
        (neuron(right_bump, last=lambda x, b: (1, x)), "the gradient of the other one"),
        (neuron(right_bump, factor=-2), "The sign"),
        (neuron(right_bump, factor=1), "A factor 2 is missing"),
        (neuron(lambda z, y_hat: 1), "slope of the sigmoid is missing"),
        (neuron(lambda z, y_hat: z * (1 - z)), "not what goes into it"),
        (neuron(right_bump, last=lambda x, b: (x, x)), "The gradient of `b` from"),
        (neuron(right_bump, last=lambda x, b: (x,)), "this asks for a number"),
        (lambda *case: by_autograd(*case)[0], "with a comma between them"),
        (lambda w, b, x, y: by_autograd(w, 0.5, x, y), "stays the same when `b` changes"),
    ],
    "sweep-a-graph": [
        (sweeper(backwards, add=False), "only the last gradient is left"),
        (sweeper(range), "only the last number has passed"),
        (lambda slope: sweep_by_rows(slope)[0], "of shape (); this asks for shape (5,)"),
        (lambda slope: slope.fill_diagonal_(1)[-1], "changed its argument `slope`"),
    ],
    "softmax-temperature": [
        (softmax_by_autograd, "without autograd"),
        (lambda z, k, T: -softmax(warm)(z, k, T), "The sign"),
        (softmax(warm, scale=lambda T: 1), "It has a local slope too"),
        (softmax(lambda z, T: z.softmax(0), scale=lambda T: 1), "`T` is left out"),
        (softmax(warm, take=0), "But the right answer has a second path"),
        (softmax_in_place, "changed its argument `z`"),
    ],
}


def test_an_order_of_the_sweep_is_right_if_its_lines_find_the_gradients():
    """They are those of c = a · a², at w = 1.5 and x = 2."""
    question = exercises["lines-of-a-sweep"]
    for order in itertools.permutations(range(1, 5)):
        names = {"x": 2.0, "a": 3.0, "b": 9.0, "grad_c": 1.0}
        names |= dict.fromkeys(("grad_a", "grad_b", "grad_w"), 0.0)
        exec("\n".join(question.lines[number - 1] for number in order), names)  # noqa: S102
        swept = (names["grad_b"], names["grad_a"], names["grad_w"]) == (3, 27, 54)
        assert bool(check("lines-of-a-sweep", order)) == swept


def test_a_walk_path_by_path_is_stopped_where_paths_explode(monkeypatch):
    monkeypatch.setattr(_run, "SECONDS", 0.5)
    result = check("sweep-a-graph", walk_by_paths)
    assert result.kind == "too slow"
    assert "For a program of 60 numbers" in str(result)
