"""The exercises on J know right answers, however they are written, and name each known mistake.

Protected here: J v is told apart from vᵀJ, a wrong order of two transposed matrices from a right
one, and a list of rows from one row that is overwritten; right answers of another way pass.
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


RIGHT = {
    "without-retain-graph": ["b"],
    "many-in-few-out": ["c"],
    "order-of-the-product": ["b"],
    "columns-of-ones": [3, torch.tensor(3.0)],
    "jvp-by-hand": [13, torch.tensor(13.0)],
    "passes-for-a-picture": [10, 10.0],
    "gap-proof": [[2, 4, 1, 3]],
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
}

WRONG = {
    "columns-of-ones": [
        (5, "the sum of the rows"),
        (1, "the second column"),
        (2, "The other one counts"),
    ],
    "jvp-by-hand": [
        (52, "the first output"),
        (4, "How far does `u` move"),
        (17, "the output itself"),
    ],
    "passes-for-a-picture": [
        (784, "a pass for each pixel"),
        (7840, "how many slopes"),
        (1, "One pass is enough"),
    ],
    "jacobian-rows": [
        (rows_transposed, "the transposed matrix"),
        (rows_by_backward(), "gradients add up"),
        (rows_by_backward(copy=False), "the sum of the right ones"),
        (rows_by_backward(copy=False, empty="zero"), "All are the last one"),
        (rows_by_backward(copy=False, empty="zero after"), "one that was emptied"),
        (lambda x: three(x), "shape (3,)"),
        (lambda x: three(x).backward(torch.ones(3)), "puts its result into `x.grad`"),
        (lambda x: three(x).backward(), "implicitly created only for scalar outputs"),
        (lambda x: rows_by_hand(x).tolist(), "asks for a tensor"),
        (lambda x: torch.eye(3), "a fixed number"),
    ],
    "ahead-by-trial": [
        (lambda x, u: back(swirl, x, u), "what `backward(u)` gives"),
        (lambda x, u: trial(x, u, width=1e-6), "twice too large"),
        (lambda x, u: -trial(x, u), "other way round"),
        (lambda x, u: trial(x, torch.ones(2)), "when `u` changes"),
        (lambda x, u: trial(x, u, width=1), "divided by how far"),
        (lambda x, u: trial(x, u).tolist(), "asks for a tensor"),
        (lambda x, u: trial(x, u, width=0), "divided by zero"),
        (lambda x, u: trial(x.add_(1), u), "changed its argument `x`"),
    ],
    "two-layers-back": [
        (lambda A, B, x, v: back(lambda x: B @ (A @ x) ** 2, x, v), "without autograd"),
        (lambda A, B, x, v: B @ (2 * (A @ x) * (A @ v)), "This is `J @ v`"),
        (lambda A, B, x, v: A @ (2 * (A @ x) * (B @ v)), "turned round"),
        (lambda A, B, x, v: B.T @ (2 * (A @ x) * (A.T @ v)), "in the wrong order"),
        (lambda A, B, x, v: A.T @ (B.T @ v), "is left out"),
        (lambda A, B, x, v: A.T @ (2 * A.sum(1) * (B.T @ v)), "when `x` changes"),
        (lambda A, B, x, v: (B @ (A @ x) ** 2) @ v, "shape (2,)"),
    ],
}
