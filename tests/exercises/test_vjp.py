"""The exercises on v know right answers, however they are written, and name each known mistake.

Protected here: rows are told from columns, a weight of each output from a weight of each input, a
gradient added twice from a gradient, and an input that is not used from one that is.
"""

import torch
from torch.autograd.functional import jacobian


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


def larger(a, b):
    return a**2 if a > b else b**3


def with_zeros(a, b, one=0.0):
    grads = torch.autograd.grad(larger(a, b), (a, b), allow_unused=True)
    return torch.stack([torch.full_like(a, one) if grad is None else grad for grad in grads])


def by_adding_nothing(a, b):
    (larger(a, b) + 0 * a + 0 * b).backward()
    return torch.stack([a.grad, b.grad])


RIGHT = {
    "mean-of-four": [4.5, 9 / 2, torch.tensor(4.5)],
    "ten-and-one": [14, torch.tensor(14.0)],
    "how-often-doubled": [9, 9.0],
    "ones-for-a-batch": [-28, torch.tensor(-28.0)],
    "vjp-by-hand": [23, 23.0, torch.tensor(23.0), 10 * 2 + 1 * 3],
    "shape-of-v": ["d", "D"],
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
    "unused-input": [
        with_zeros,
        by_adding_nothing,
        lambda a, b: torch.stack((2 * a, 0 * b) if a > b else (0 * a, 3 * b**2)),
    ],
}

WRONG = {
    "mean-of-four": [
        (18, "`out` is a mean"),
        (27, "the value"),
        (1.5, "The factor 3"),
    ],
    "ten-and-one": [
        (12, "adds up the columns"),
        (19, "counts from 0"),
        (5, "counts once"),
    ],
    "how-often-doubled": [
        (8, "One too few"),
        (10, "One too many"),
        (512, "make this factor"),
    ],
    "ones-for-a-batch": [
        (-28 / 3, "This is the mean"),
        (-18, "the last example"),
        (-84, "no factor 3"),
    ],
    "vjp-by-hand": [
        (13, "columns. `backward(v)` adds up rows"),
        (51, "counts from 0"),
        (5, "what does `v` do"),
        (117, "`v @ y` itself"),
        (7, "No mistake that we know of"),
        ("23", "no quotes"),
    ],
    "each-slope": [
        (slopes_by_backward(copy=False), "the sum of the right ones"),
        (slopes_by_backward(), "holds those before it"),
        (slopes_by_backward(copy=False, empty="zero"), "All are the last one"),
        (slopes_by_backward(copy=False, empty="zero after"), "All are zero"),
        (lambda w, x, y: (w * x - y) ** 2, "These are the losses"),
        (slopes_that_add, "shape ()"),
        (lambda w, x, y: [*(2 * (w * x - y) * x)], "returned [-2, -8, -18], of type `list`"),
    ],
    "unused-input": [
        (lambda a, b: torch.stack((2 * a, 3 * b**2)), "Only one of them has run"),
        (lambda a, b: with_zeros(a, b).flip(0), "wrong order"),
        (lambda a, b: larger(a, b).repeat(2), "No mistake that we know of"),
        (lambda a, b: torch.autograd.grad(larger(a, b), (a, b)), "not have been used"),
    ],
}
