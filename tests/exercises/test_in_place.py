"""The exercises on in-place edits: right answers pass, and each known mistake is named.

Protected here: other ways to a right answer, and the sentence that each wrong one gets.
"""

import itertools

import torch
from torch.nn import functional

from companion.check import check
from companion.exercises import exercises


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


RIGHT = {
    "edits-counted": [4, 4.0],
    "exp-kept": ["b"],
    "overwritten": [0, torch.tensor(0.0)],
    "relu-and-itself": ["b"],
    "in-place-recorded": [21],
    "in-place-two-losses": [(3, 5, 4, 2, 1)],
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
}

WRONG = {
    "edits-counted": [
        (7, "Those are the lines"),
        (6, "goes to a copy"),
        (5, "One too many"),
        (3, "One is missing"),
    ],
    "overwritten": [
        (20, "if the 5 had been made from `w`"),
        (10, "with respect to `h[1]`"),
        (16, "as it was before the edit"),
        (2, "made with this factor"),
    ],
    "in-place-recorded": [
        (20, "acts in two places"),
        (1, "the other place alone"),
        (3, "is recorded"),
        (22, "writes `w[2]` itself"),
    ],
    "in-place-two-losses": [
        ([5, 3, 4, 2, 1], "no line has made it yet"),
        ([3, 4, 5, 2, 1], "there must be a loss"),
        ([3, 5, 2, 4, 1], "Which one may do that?"),
        ([3, 5, 1, 4, 2], "The step finds no gradient"),
        ([3, 5, 4, 1, 2], "still needs one of them as it was"),
    ],
    "in-place-limit": [
        (limit_a_copy, "`w` has not moved"),
        (lambda w, low, high: w.clamp_(low, high), "a leaf Variable that requires grad"),
        (lambda w, low, high: w.detach().clamp_(max=high), "too small are still there"),
        (lambda w, low, high: w.detach().clamp_(min=low), "too large are still there"),
        (limit_unlearned, "must go on to learn"),
        (lambda w, low, high: w.data.clamp_(low, high), "hides an edit from PyTorch"),
    ],
    "in-place-swish": [
        (swish_hidden, "the edit is still there, but hidden"),
        (swish_no_grad, "modified by an inplace operation"),
        (lambda x: (torch.sigmoid(x).detach() * x).sum(), "The sigmoid is a constant here"),
        (lambda x: (torch.sigmoid(x) * x).sum().detach(), "The way back is cut"),
        (lambda x: torch.sigmoid(x) * x, "one number, of shape ()"),
        (lambda x: (torch.sigmoid(x) * x).sum().item(), "leave out `item()`"),
    ],
}


def weights_after(*lines):
    """Run lines on two small layers, and return the weights; None if a line raises."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(1, 2), torch.nn.Linear(2, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    names = {"model": model, "optimizer": optimizer, "x": torch.ones(1, 1)}
    try:
        exec("\n".join(lines), names)  # noqa: S102 they are the exercise's
    except (NameError, RuntimeError):
        return None
    return torch.cat([w.detach().flatten() for w in model.parameters()])


def test_the_one_right_order_of_two_losses_steps_as_their_sum_does():
    lines = exercises["in-place-two-losses"].lines
    at_once = lines[2], lines[4], "(first + second).backward()", lines[0]
    for order in itertools.permutations(range(1, 6)):
        found = weights_after(*(lines[number - 1] for number in order))
        right = found is not None and torch.allclose(found, weights_after(*at_once))
        assert bool(check("in-place-two-losses", order)) == right == (order == (3, 5, 4, 2, 1))
