"""Protected here: the answers to "One weight learns" that are right in another way pass, and each
known mistake gets the sentence that names it."""

import fractions
import math

import numpy
import torch

X_DATA, Y_DATA = (1.0, 2.0, 3.0), (2.0, 4.0, 6.0)


def by_autograd(w, x, y):
    w = torch.tensor(w, requires_grad=True)  # float32
    ((w * x - y) ** 2).backward()
    return w.grad


def by_difference(w, x, y, h=1e-4):
    return (((w + h) * x - y) ** 2 - ((w - h) * x - y) ** 2) / (2 * h)


def step_with_optimizer(w, x, y, lr):
    optimizer = torch.optim.SGD([w], lr=lr)
    ((w * x - y) ** 2).backward()
    optimizer.step()
    optimizer.zero_grad()


def step_with_sub(w, x, y, lr):
    (w * x - y).square().backward()
    with torch.no_grad():
        w.sub_(w.grad, alpha=lr)
    w.grad = None


def stepper(move, empty=True):
    """Return a step function with ``move(w, lr)`` as its move."""

    def step(w, x, y, lr):
        ((w * x - y) ** 2).backward()
        with torch.no_grad():
            move(w, lr)
        if empty:
            w.grad = None

    return step


def step_with_zero(w, x, y, lr):
    step_keeping_grad(w, x, y, lr)
    w.grad.zero_()


def step_without_no_grad(w, x, y, lr):
    ((w * x - y) ** 2).backward()
    w -= lr * w.grad


def step_emptied_too_early(w, x, y, lr):
    ((w * x - y) ** 2).backward()
    w.grad = None
    w.data -= lr * w.grad


step_keeping_grad = stepper(lambda w, lr: w.sub_(lr * w.grad), empty=False)


def trainer(empty_before=False, empty_after=False, empty_per_epoch=False):
    """Return a loop that empties w.grad at the places named."""

    def train(lr, epochs):
        w = torch.tensor(1.0, requires_grad=True)
        for _ in range(epochs):
            for x, y in zip(X_DATA, Y_DATA, strict=True):
                ((w * x - y) ** 2).backward()
                if empty_before:
                    w.grad.zero_()
                with torch.no_grad():
                    w -= lr * w.grad
                if empty_after:
                    w.grad.zero_()
            if empty_per_epoch:
                w.grad = None
        return w

    return train


def train_in_float64(lr, epochs):
    w = 1.0
    for _ in range(epochs):
        for x, y in zip(X_DATA, Y_DATA, strict=True):
            w -= lr * 2 * (w * x - y) * x
    return w


def mean_loss_with_loop(w, x, y):
    return sum((w * a - b) ** 2 for a, b in zip(x, y, strict=True)) / len(x)


def mean_loss_in_place(w, x, y):
    x *= w.item()
    return torch.nn.functional.mse_loss(x, y) + 0 * w


RIGHT = {
    "slope-at-one": [-2, torch.tensor(-2.0)],
    "first-move": [1.02, 1 + 0.01 * 2],
    "what-backward-changes": ["b", "B"],
    "closer-each-step": ["b", "B"],
    "rate-one-half": ["c", "C"],
    "which-step": ["a"],
    "largest-lr-proof": [[2, 4, 5, 3, 1]],
    "first-gradient": [
        -32,
        -32.0,
        torch.tensor(-32.0),
        torch.tensor(-32),
        numpy.float32(-32),
        fractions.Fraction(-32),
    ],
    "gradient-by-hand": [
        lambda w, x, y: 2 * x * x * w - 2 * x * y,
        lambda weight, a, b: -2 * a * (b - weight * a),
        by_difference,
    ],
    "mean-loss": [
        lambda w, x, y: torch.nn.functional.mse_loss(w * x, y),
        lambda w, x, y: ((w * x - y) ** 2).sum() / len(x),
        lambda w, x, y: ((w.float() * x.float() - y.float()) ** 2).mean(),
        mean_loss_with_loop,
    ],
    "one-step": [
        step_with_optimizer,
        step_with_sub,
        stepper(lambda w, lr: w.copy_(w - lr * w.grad)),
    ],
    "nothing-learns": [
        train_in_float64,
        trainer(empty_after=True),
        lambda lr, epochs: trainer(empty_after=True)(lr, epochs).detach(),
    ],
}

WRONG = {
    "slope-at-one": [(1, "the loss itself"), (2, "other way round"), (-1, "factor 2")],
    "first-move": [(0.98, "uphill"), (3, "length of the whole slope"), (0.02, "how far")],
    "first-gradient": [
        (32, "The sign is the other way round"),
        (-16, "A factor 2 is missing"),
        (-8, "slope with respect to `y_hat`"),
        (-4, "only the difference"),
        (16, "the loss itself"),
        (-64, "did two gradients add up?"),
        (-31, "No mistake that we know of"),
        ("-32", "no quotes"),
        (None, "in the place of the dots"),
        (True, "of type `bool`"),
        (math.nan, "answered nan"),
        (10**400, "grown too large"),
        (torch.tensor([-32.0]), "one number, of shape ()"),
        (-32 + 0j, "of type `complex`"),
    ],
    "gradient-by-hand": [
        (by_autograd, "without torch"),
        (lambda w, x, y: 2 * (y - w * x) * x, "The sign is the other way round"),
        (lambda w, x, y: (w * x - y) * x, "A factor 2 is missing"),
        (lambda w, x, y: 2 * (w * x - y), "slope with respect to `y_hat`"),
        (lambda w, x, y: w * x - y, "only the difference"),
        (lambda w, x, y: (w * x - y) ** 2, "the loss itself"),
        (lambda w, x, y: 4 * (w * x - y) * x, "did two gradients add up?"),
        (lambda w, x, y: -2.0, "a fixed number cannot be right"),
        (lambda w, x, y: 2 * (x - y) * x, "stays the same when `w` changes"),
        (lambda w, x, y: 2 * (w - 2) * x * x, "stays the same when `y` changes"),
        (lambda w, x, y: print(end=""), "stands after `return`"),
        (lambda w, x, y: ..., "returned Ellipsis"),
        (lambda w, x, y: [2 * (w * x - y) * x], "of type `list`"),
        (lambda w, x, y: (2 * (w * x - y) * x,), "A comma after it"),
        (lambda w, x, y: str(w), "no quotes"),
        (lambda w, x, y: torch.tensor(w).requires_grad_().grad_fn, "returned None"),
        (lambda w, x: 0, "takes 2 positional arguments but 3 were given"),
        (-2.0, "is -2, not a function"),
        (lambda w, x, y: 1 / 0, "ZeroDivisionError: division by zero (in line 1"),
    ],
    "mean-loss": [
        (lambda w, x, y: ((w * x - y) ** 2).sum(), "This is the sum"),
        (lambda w, x, y: (w * x[-1] - y[-1]) ** 2, "the last example alone"),
        (lambda w, x, y: (w * x[0] - y[0]) ** 2, "No mistake that we know of"),
        (lambda w, x, y: (w * x - y).mean() ** 2, "square first"),
        (lambda w, x, y: (w * x - y) ** 2, "a tensor of shape (3,)"),
        (lambda w, x, y: ((w * x - y) ** 2).mean().item(), "leave out `item()`"),
        (lambda w, x, y: ((w * x - y) ** 2).mean().detach(), "The way back is cut"),
        (
            lambda w, x, y: ((w * x - y) ** 2).mean().detach().requires_grad_(),
            "The way back is cut",
        ),
        (lambda w, x, y: ((w * x - y) ** 2).mean().half(), "dtype `torch.float16`"),
        (mean_loss_in_place, "changed its argument `x`"),
    ],
    "one-step": [
        (stepper(lambda w, lr: w.add_(lr * w.grad)), "uphill"),
        (stepper(lambda w, lr: w.sub_(w.grad)), "`lr` takes a part of it"),
        (stepper(lambda w, lr: w - lr * w.grad), "`w` has not moved"),
        (step_keeping_grad, "The next `backward()` would add"),
        (step_with_zero, "A zero works too"),
        (stepper(lambda w, lr: w.data.sub_(lr * w.grad)), "`.data` hides"),
        (stepper(lambda w, lr: w.sub_(lr * w.grad).requires_grad_(False)), "cannot learn any more"),
        (step_without_no_grad, "a leaf Variable that requires grad"),
        (step_emptied_too_early, "'NoneType' (in line 4: `w.data -= lr * w.grad`)"),
    ],
    "nothing-learns": [
        (trainer(empty_before=True), "`w` is where it started"),
        (trainer(), "`w.grad` is never emptied"),
        (trainer(empty_per_epoch=True), "within an epoch"),
        (lambda lr, epochs: train_in_float64(0.02, epochs), "when `lr` changes"),
        (lambda lr, epochs: print(end=""), "stands after `return`"),
    ],
}
