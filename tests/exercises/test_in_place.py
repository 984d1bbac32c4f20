"""The exercises on in-place edits: right answers pass, and each known mistake is named.

Protected here: other ways to a right answer, and the sentence that each wrong one gets.
"""

import itertools

import torch
from torch.nn import functional

from companion.check import check


def limit_by_hand(w, low, high):
    with torch.no_grad():
        w[w < low] = low
        w[w > high] = high


def limit_a_copy(w, low, high):
    w = w.clamp(low, high)


def limit_unlearned(w, low, high):
    w.requires_grad_(False)
    w.clamp_(low, high)


def swish_with_clone(x):
    h = torch.sigmoid(x).clone()
    h.mul_(x)
    return h.sum()


def swish_hidden(x):
    h = torch.sigmoid(x)
    h.data.mul_(x)
    return h.sum()


def swish_no_grad(x):
    h = torch.sigmoid(x)
    with torch.no_grad():
        h.mul_(x)
    return h.sum()


def train_by_formula(lr, steps):
    return 4 - 3 * (1 - 8 * lr) ** steps


def trainer(again=True, empty=True, uphill=False):
    def train(lr, steps):
        w = torch.tensor(1.0, requires_grad=True)
        loss = (2 * w - 8) ** 2
        for _ in range(steps):
            if empty:
                w.grad = None
            if again:
                loss = (2 * w - 8) ** 2
            loss.backward(retain_graph=True)
            with torch.no_grad():
                w += lr * w.grad if uphill else -lr * w.grad
        return w.item()

    return train


RIGHT = {
    "in-place-blind": [7, torch.tensor(7.0)],
    "in-place-which-raises": ["d", " D "],
    "in-place-two-losses": [(3, 5, 4, 2, 1)],
    "in-place-softplus": [
        lambda y: (torch.exp(y) - 1) / torch.exp(y),
        lambda y: -torch.expm1(-y),
        lambda y: torch.sigmoid(torch.log(torch.expm1(y))).item(),
    ],
    "in-place-limit": [
        limit_by_hand,
        lambda w, low, high: w.detach().clamp_(low, high),
        lambda w, low, high: w.detach().copy_(w.clamp(low, high)),
    ],
    "in-place-swish": [
        lambda x: functional.silu(x).sum(),
        lambda x: torch.sigmoid(x) @ x,
        swish_with_clone,
    ],
    "in-place-stale": [trainer(), train_by_formula],
}

WRONG = {
    "in-place-blind": [
        (13, "the number that `w` had"),
        (4, "the second one has a slope too"),
        (10, "where is the second term"),
        (5, "A factor 2 is missing"),
        (40, "the value of `z`"),
    ],
    "in-place-which-raises": [
        ("a", "slope of the sigmoid"),
        ("b", "slope of the logarithm"),
        ("c", "an edit through `.data`"),
        ("e", "one letter in quotes"),
    ],
    "in-place-two-losses": [
        ([5, 3, 4, 2, 1], "no line has made it yet"),
        ([3, 4, 5, 2, 1], "there must be a loss"),
        ([3, 5, 2, 4, 1], "Which one may do that?"),
        ([3, 5, 1, 4, 2], "The step finds no gradient"),
        ([3, 5, 4, 1, 2], "still needs one of them as it was"),
    ],
    "in-place-softplus": [
        (lambda y: torch.sigmoid(y), "as if it were `x`"),
        (lambda y: torch.exp(-y), "gets smaller as `y` grows"),
        (lambda y: torch.exp(-y) - 1, "softplus never falls"),
        (lambda y: 1 / (1 - torch.exp(-y)), "upside down"),
        (lambda y: torch.log(torch.exp(y) - 1), "found again from `y`"),
        (lambda y: torch.exp(y), "a logarithm comes after it"),
        (lambda y: functional.softplus(y), "asked is a slope"),
        (lambda y: 0.5, "a fixed number"),
        (lambda y: y.neg_().expm1_().neg_(), "changed its argument `y`"),
    ],
    "in-place-limit": [
        (limit_a_copy, "`w` has not moved"),
        (lambda w, low, high: w.clamp_(low, high), "a leaf Variable that requires grad"),
        (lambda w, low, high: w.detach().clamp_(max=high), "too small are still there"),
        (lambda w, low, high: w.detach().clamp_(min=low), "too large are still there"),
        (lambda w, low, high: w.detach().clamp_(high, low), "in each other's place"),
        (limit_unlearned, "must go on to learn"),
        (lambda w, low, high: w.data.clamp_(low, high), "hides an edit from the counter"),
    ],
    "in-place-swish": [
        (swish_hidden, "the edit is still there, but hidden"),
        (swish_no_grad, "modified by an inplace operation"),
        (lambda x: (torch.sigmoid(x).detach() * x).sum(), "The sigmoid is a constant here"),
        (lambda x: (torch.sigmoid(x) * x.detach()).sum(), "The factor `x` is a constant here"),
        (lambda x: (torch.sigmoid(x) * x).sum().detach(), "back to `x` is cut"),
        (lambda x: torch.sigmoid(x).sum(), "The factor `x` is gone"),
        (lambda x: (torch.sigmoid(x) * x).mean(), "This is the mean"),
        (lambda x: torch.sigmoid(x) * x, "one number, of shape ()"),
        (lambda x: (torch.sigmoid(x) * x).sum().item(), "leave out `item()`"),
    ],
    "in-place-stale": [
        (trainer(again=False), "the first forward pass."),
        (trainer(again=False, empty=False), "again and again"),
        (trainer(empty=False), "Gradients add up here"),
        (trainer(uphill=True), "uphill"),
        (lambda lr, steps: train_by_formula(lr, 1), "only one step"),
        (lambda lr, steps: train_by_formula(lr, steps - 1), "one step less"),
        (lambda lr, steps: 1.0, "where it started"),
        (lambda lr, steps: train_by_formula(0.01, steps), "when `lr` changes"),
    ],
}


def test_one_order_of_two_losses_is_right():
    orders = itertools.permutations(range(1, 6))
    assert [o for o in orders if check("in-place-two-losses", o)] == [(3, 5, 4, 2, 1)]
