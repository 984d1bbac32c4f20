"""The exercises on kinks and nan know right answers, and name each known mistake.

Protected here: a root that is safe on the way back is told from one that is safe forward only; a
gradient that goes straight through from one that is flat, or passes everywhere; and the project
accepts a gradient only if it is wrong, in silence, where the function has a slope.
"""

import warnings

import pytest
import torch


def where_twice(x):
    safe = torch.where(x > 0, x, 1.0)
    return torch.where(x > 0, safe.sqrt(), 0.0)


def by_index(x):
    y = torch.zeros_like(x)
    y[x > 0] = x[x > 0].sqrt()
    return y


def filled(x, keep, low=-1e30):
    return keep * x.masked_fill(~keep, low).softmax(1)


def minus_infinity_alone(x, keep):
    return x.masked_fill(~keep, -torch.inf).softmax(1)


def minus_infinity(x, keep):
    return torch.where(keep, minus_infinity_alone(x, keep), 0.0)  # masked_fill stops the nan


def by_division(x, keep):
    e = keep * x.exp()
    return torch.where(keep, e / e.sum(1, keepdim=True), 0.0)


def by_hand(x, keep):
    e = keep * (x - x.amax(1, keepdim=True)).exp()
    return e / e.sum(1, keepdim=True).clamp(min=1e-30)


def quarters(x, clamp=True, straight=True):
    y = x.clamp(-1, 1) if clamp else x
    steps = (y * 4).round() / 4
    return y + (steps - y).detach() if straight else steps


def passes_everywhere(x):
    return x + (quarters(x) - x).detach()


class Past(torch.autograd.Function):
    """A rounding of one's own, with a backward that may be wrong."""

    factor = 1

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x.clamp(-1, 1) * 4).round() / 4

    @classmethod
    def backward(cls, ctx, v):
        return Past.factor * v * (ctx.saved_tensors[0].abs() <= 1)


def at_ties(x):
    return x[:2].max(0).values + x[:2].min(0).values


def difference(x):
    d = x[0] - x[1]
    return d.relu() - (-d).relu()


def by_a_question(x):
    if x[0] == x[1]:
        return x[0] * 0
    return x[0] - x[1]


def by_the_flag(x):
    x.requires_grad_(False)
    total = x.sum()
    x.requires_grad_(True)
    return total * x.sum()


def by_a_node(x):
    y = x.sum()
    y.grad_fn.register_prehook(lambda grads: (2 * grads[0],))
    return y


def under_no_grad(x):
    with torch.no_grad():
        copy = x * 1
    return (copy * x).sum()


def seven_lines(x):
    a = x * 1
    a = a + 1
    a = a + 1
    a = a + 1
    a = a + 1
    a = a + 1
    return (a * x.detach()).sum()


def hooked(x):
    y = x * 1
    y.register_hook(lambda v: 2 * v)
    return y.sum()


def own_backward(x):
    parts = {
        "forward": staticmethod(lambda ctx, x: x * 1),
        "backward": staticmethod(lambda ctx, v: 2 * v),
    }
    return type("Double", (torch.autograd.Function,), parts).apply(x).sum()


def edits(x):
    with torch.no_grad():
        x += 1
    return (x * x.detach()).sum()


RIGHT = {
    "relu-minus-relu": [0, torch.tensor(0.0)],
    "one-bad-row": ["c"],
    "where-it-ends": ["c"],
    "harmless-relu": ["c"],
    "who-made-it": ["c"],
    "safe-root": [where_twice, by_index, lambda x: torch.where(x > 0, x, 1).sqrt() * (x > 0)],
    "safe-lengths": [
        lambda x: where_twice((x * x).sum(1)),
        lambda x: x.norm(dim=1),
        lambda x: torch.linalg.vector_norm(x, dim=1),
        lambda x: torch.cdist(x[:, None], torch.zeros_like(x)[:, None]).reshape(len(x)),
    ],
    "masked-softmax": [filled, by_hand, minus_infinity, lambda x, keep: filled(x, keep, -1e9)],
    "quarters": [quarters, Past.apply],
    "break-it": [
        at_ties,
        difference,
        by_a_question,
        lambda x: 2 * (x[0] - x[1]).relu() - (x[0] - x[1]).abs() + x[2] ** 2,
    ],
}

WRONG = {
    "relu-minus-relu": [(1, "the true slope"), (2, "Both answers"), (0.5, "another rule")],
    "safe-root": [
        (lambda x: x.abs().sqrt(), "the root of their size"),
        (lambda x: torch.where(x > 0, x.sqrt(), 0.0), "What must the root never see"),
        (lambda x: x.clamp(min=0).sqrt(), "its slope is infinite"),
        (lambda x: where_twice(x).detach(), "The way back is cut"),
        (lambda x: where_twice(x.detach()) + 0 * x, "No mistake"),
    ],
    "safe-lengths": [
        (lambda x: (x * x).sum(1), "the squares of the lengths"),
        (lambda x: (x * x).sum(1).sqrt(), "an infinite slope in the root"),
        (lambda x: x.norm(dim=1).detach(), "The way back is cut"),
        (lambda x: x.norm(), "shape ()"),
    ],
    "masked-softmax": [
        (lambda x, keep: keep * x.softmax(1), "the sum below the line"),
        (lambda x, keep: (keep * x).softmax(1), "exp(0) is 1"),
        (minus_infinity_alone, "divided by zero"),
        (by_division, "What should such a row be given instead"),
        (lambda x, keep: filled(x, keep).detach(), "The way back is cut"),
    ],
    "quarters": [
        (lambda x: quarters(x, clamp=False), "held at −1 or 1"),
        (lambda x: x.clamp(-1, 1).round(), "These are whole numbers"),
        (lambda x: quarters(x, straight=False), "Go back past the rounding"),
        (passes_everywhere, "The gradient passes everywhere"),
    ],
    "break-it": [
        (
            lambda x: (x * x).sum(),
            "First by any means:\nAt x = [0, 0, 0] the gradient is [0, 0, 0]",
        ),
        (lambda x: x.round().sum(), "and so say the difference quotients"),
        (lambda x: x.amax() + x.amin(), "do not make those between"),
        (lambda x: x.abs().sum(), "it is -1 on one side and 1 on the other"),
        (lambda x: (x[0].abs() - x[1].abs()).abs(), "Where there is none, no answer is wrong"),
        (lambda x: (x * x).sum().sqrt(), "the gradient [nan, nan, nan]"),
        (lambda x: x @ torch.ones(2), "That is not silent"),
        (lambda x: x.sum() * float(x[0]), "PyTorch warns: Converting a tensor"),
        (lambda x: x.sum().detach(), "does not require grad"),
        (lambda x: 0 * torch.ones(1, requires_grad=True).sum(), "`x.grad` is None"),
        (lambda x: (x * torch.rand(3)).sum(), "it returned two values"),
        (lambda x: x * x.detach(), "this asks for a tensor with one number"),
        (edits, "it changed `x` itself"),
        (seven_lines, "`f` has 7 lines"),
        (torch.sum, "Write `f` with `def`"),
        (lambda x: (x * x.detach()).sum(), "Now without a cut"),
        (lambda x: (x * x.data).sum(), "a number of `x` became a constant"),
        (lambda x: x.sum() * x[0].item(), "a number of `x` became a constant"),
        (lambda x: x.sum() * torch.tensor(x.tolist()).sum(), "became a constant"),
        (under_no_grad, "a number of `x` became a constant"),
        (hooked, "a number of `x` became a constant"),
        (own_backward, "there is no backward of your own"),
        (by_the_flag, "a number of `x` became a constant"),
        (by_a_node, "a number of `x` became a constant"),
        (lambda x: (x.relu() - (-x).relu()).sum(), "Now at a corner that moves"),
        (lambda x: ((x + 1e20) - 1e20).sum(), "so here the gradient must be right"),
        (..., "Write the function `f`"),
    ],
}


def test_anomaly_mode_names_the_product_and_not_the_root():
    """The statement of an exercise asks whom it names; inf is no nan."""
    x = torch.zeros(2, requires_grad=True)
    with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(True):
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="MulBackward0"):
            (x * x).sum().sqrt().backward()
