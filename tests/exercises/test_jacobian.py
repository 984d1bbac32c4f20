"""The exercises on vᵀJ know right answers, however they are written, and name each known mistake.

Protected here: J v is told apart from Jᵀ v, a wrong order of two transposed matrices from a right
one, a gradient added twice from a gradient; and answers that are right in another way pass.
"""

import torch
from torch.autograd.functional import jacobian
from torch.func import jvp

EYE = torch.eye(3, dtype=torch.float64)


def three(x):
    return torch.stack((x[0] * x[1], x[1] + x[2] ** 2, x[0] - x[2]))


def swirl(x):
    return torch.stack((x[0] ** 2 * x[1], x[0] + x[1] ** 2))


def rows_by_backward(copy=True, empty=None, v=EYE):
    """Return a function that calls backward for each row, well or badly."""

    def rows(x):
        y, found = three(x), []
        for one in v:
            if empty == "none":
                x.grad = None
            if empty == "zero" and x.grad is not None:
                x.grad.zero_()
            y.backward(one, retain_graph=True)
            found.append(x.grad.clone() if copy else x.grad)
            if empty == "zero after":
                x.grad.zero_()
        return torch.stack(found)

    return rows


def rows_by_hand(x):
    a, b, c = x.tolist()
    return torch.tensor([[b, a, 0], [0, 1, 2 * c], [1, 0, -1]])


def rows_transposed(x):
    return rows_by_hand(x).T


def rows_not_one_hot(x):
    (total,) = torch.autograd.grad(three(x), x, torch.ones(3, dtype=torch.float64))
    return torch.diag(total)


def trial(x, u, h=1e-6, width=2e-6):
    return (swirl(x + h * u) - swirl(x - h * u)) / width


def back(function, x, v):
    x = x.clone().requires_grad_()
    function(x).backward(v)
    return x.grad


def slopes_by_backward(copy=True, empty=None, mean=False):
    def slopes(w, x, y):
        losses, found = (w * x - y) ** 2, []
        for loss in losses / len(x) if mean else losses:
            if empty == "none":
                w.grad = None
            if empty == "zero" and w.grad is not None:
                w.grad.zero_()
            loss.backward(retain_graph=True)
            found.append(w.grad.clone() if copy else w.grad)
            if empty == "zero after":
                w.grad.zero_()
        return torch.stack(found)

    return slopes


def slopes_that_add(w, x, y):
    ((w * x - y) ** 2).sum().backward()
    return w.grad


RIGHT = {
    "gap-proof": [[2, 4, 1, 3]],
    "vjp-by-hand": [23, 23.0, torch.tensor(23.0), 10 * 2 + 1 * 3],
    "shape-of-v": ["d", "D"],
    "doubling-stops": [2.56, torch.tensor(2.56), 2**8 * 0.01],
    "jacobian-rows": [
        rows_by_backward(empty="none"),
        rows_by_backward(empty="zero"),
        rows_by_backward(copy=False, empty="none"),
        lambda x: jacobian(three, x),
        rows_by_hand,
    ],
    "ahead-by-trial": [
        trial,
        lambda x, u: (swirl(x + 1e-7 * u) - swirl(x)) / 1e-7,
        lambda x, u: jvp(swirl, (x,), (u,))[1],
        lambda x, u: jacobian(swirl, x.float()) @ u.float(),
    ],
    "two-layers-back": [
        lambda A, B, x, v: (v @ B * 2 * (A @ x)) @ A,
        lambda A, B, x, v: (B @ torch.diag(2 * A @ x) @ A).T @ v,
    ],
    "each-slope": [
        slopes_by_backward(empty="none"),
        slopes_by_backward(copy=False, empty="none"),
        slopes_by_backward(empty="zero after"),
        lambda w, x, y: 2 * (w * x - y) * x,
        lambda w, x, y: jacobian(lambda w: (w * x - y) ** 2, w),
        lambda w, x, y: torch.stack(
            [torch.autograd.grad((w * a - b) ** 2, w)[0] for a, b in zip(x, y, strict=True)]
        ),
    ],
    "transposed-seen": [
        lambda J, u, v: v @ (J @ u) - (J @ v) @ u,
        lambda J, u, v: (v @ (J - J.T) @ u).item(),
        lambda J, u, v: v @ J @ u - u @ J @ v,
    ],
}

WRONG = {
    "vjp-by-hand": [
        (13, "columns. `backward(v)` adds up rows"),
        (52, "the first number of `J @ v`"),
        (51, "counts from 0"),
        (5, "what does `v` do"),
        (32, "belongs to which output"),
        (20, "Only the first output"),
        (117, "`v @ y` itself"),
        (46, "did two gradients add up"),
        (7, "No mistake that we know of"),
        ("23", "no quotes"),
    ],
    "shape-of-v": [
        ("a", "a single number comes out"),
        ("b", "has the shape of `x`"),
        ("c", "the shape of `W`"),
        ("e", "one letter"),
    ],
    "doubling-stops": [
        (1.28, "too few"),
        (5.12, "too many"),
        (256, "What does `v` do to it"),
        (1024, "the value"),
        (10.24, "a factor too many"),
        (0.02, "before the loop"),
    ],
    "jacobian-rows": [
        (rows_transposed, "the transposed matrix"),
        (rows_by_backward(), "gradients add up"),
        (rows_by_backward(copy=False), "everything was added to it"),
        (rows_by_backward(copy=False, empty="zero"), "it was overwritten"),
        (rows_by_backward(copy=False, empty="zero after"), "it was emptied"),
        (rows_not_one_hot, "one-hot"),
        (lambda x: three(x), "shape (3,)"),
        (lambda x: three(x).backward(torch.ones(3)), "puts its result into `x.grad`"),
        (lambda x: three(x).backward(), "implicitly created only for scalar outputs"),
        (lambda x: rows_by_hand(x).tolist(), "asks for a tensor"),
        (lambda x: torch.eye(3), "a fixed number"),
    ],
    "ahead-by-trial": [
        (lambda x, u: back(swirl, x, u), "what `backward(u)` gives"),
        (lambda x, u: trial(x, u, width=1e-6), "twice too large"),
        (lambda x, u: trial(x, u, width=4e-6), "half of"),
        (lambda x, u: -trial(x, u), "other way round"),
        (lambda x, u: trial(x, torch.ones(2)), "`u` is not used"),
        (lambda x, u: swirl(x + 1e-9 * u) - swirl(x), "divided by how far"),
        (lambda x, u: trial(x, u).tolist(), "asks for a tensor"),
        (lambda x, u: trial(x, u, width=0), "divided by zero"),
        (lambda x, u: trial(x.add_(1), u), "changed its argument `x`"),
    ],
    "two-layers-back": [
        (lambda A, B, x, v: back(lambda x: B @ (A @ x) ** 2, x, v), "without autograd"),
        (lambda A, B, x, v: B @ (2 * (A @ x) * (A @ v)), "This is `J @ v`"),
        (lambda A, B, x, v: A @ (2 * (A @ x) * (B @ v)), "turned round"),
        (lambda A, B, x, v: B.T @ (2 * (A @ x) * (A.T @ v)), "in the wrong order"),
        (lambda A, B, x, v: A.T @ (2 * (A @ x) * (B @ v)), "`B` is not"),
        (lambda A, B, x, v: A @ (2 * (A @ x) * (B.T @ v)), "`A` is not"),
        (lambda A, B, x, v: A.T @ (B.T @ v), "is left out"),
        (lambda A, B, x, v: A.T @ (2 * (B.T @ v)), "not a factor 2 alone"),
        (lambda A, B, x, v: A.T @ (2 * x * (B.T @ v)), "What went into the square"),
        (lambda A, B, x, v: A.T @ ((A @ x) ** 2 * (B.T @ v)), "the square itself"),
        (lambda A, B, x, v: A.T @ ((A @ x) * (B.T @ v)), "A factor 2 is missing"),
        (lambda A, B, x, v: A.T @ (4 * (A @ x) * (B.T @ v)), "did two gradients add up"),
        (lambda A, B, x, v: A.T @ (2 * A.sum(1) * (B.T @ v)), "when `x` changes"),
        (lambda A, B, x, v: (B @ (A @ x) ** 2) @ v, "shape (2,)"),
    ],
    "each-slope": [
        (slopes_by_backward(copy=False), "the sum of all slopes"),
        (slopes_by_backward(), "holds the ones before it"),
        (slopes_by_backward(copy=False, empty="zero"), "slope of the last example"),
        (slopes_by_backward(copy=False, empty="zero after"), "All entries are zero"),
        (slopes_by_backward(empty="none", mean=True), "belongs to a mean"),
        (lambda w, x, y: (w * x - y) * x, "A factor 2 is missing"),
        (lambda w, x, y: -2 * (w * x - y) * x, "other way round"),
        (lambda w, x, y: (w * x - y) ** 2, "These are the losses"),
        (slopes_that_add, "shape ()"),
    ],
    "transposed-seen": [
        (lambda J, u, v: v @ (J @ u) - (J.T @ v) @ u, "always zero"),
        (lambda J, u, v: (J @ v) @ u - v @ (J @ u), "other way round"),
        (lambda J, u, v: abs(v @ (J @ u) - (J @ v) @ u), "it has a sign"),
        (lambda J, u, v: v @ (J @ u), "the first of the two numbers alone"),
        (lambda J, u, v: (J @ v) @ u, "the second of the two numbers alone"),
        (lambda J, u, v: v @ (J @ u) + (J @ v) @ u, "is their difference"),
        (lambda J, u, v: J[0, 1] - J[1, 0], "Where are `u` and `v`"),
        (lambda J, u, v: v[0] * u[1] - v[1] * u[0], "Where is `J`"),
        (lambda J, u, v: J @ u - J @ v, "one number, of shape ()"),
    ],
}
