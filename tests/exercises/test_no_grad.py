"""The exercises on stopping the gradient know what is cut, what is shared, and what is only frozen.

Protected here: a shared snapshot is told from a copy, a constant target from a constant
prediction; and answers that are right in another way pass.
"""

import copy

import torch


def frozen_by_flag(w):
    return w.requires_grad_(False).clone()


def emptied(w):
    best = w.detach().clone()
    w.data.zero_()
    return best


def snapshot_in_block(w):
    with torch.no_grad():
        return w.clone()


def target_in_block(w, x, r, x_next):
    with torch.no_grad():
        target = r + 0.9 * w * x_next
    return (w * x - target) ** 2


def loss_in_block(w, x, r, x_next):
    with torch.no_grad():
        return target_in_block(w, x, r, x_next)


class HardStep(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        s = ctx.saved_tensors[0].sigmoid()
        return grad * s * (1 - s)


def hard(x):
    return (x > 0).double()


RIGHT = {
    "inference-later": ["d"],
    "product-with-constant": [-2, torch.tensor(-2.0)],
    "tracked-in-blocks": ["b"],
    "first-layer-cut": ["b"],
    "alive-after-detach": [0, 0.0],
    "who-still-learns": ["b", "B "],
    "best-weights": [
        lambda w: w.detach().clone(),
        lambda w: w.clone().detach(),
        lambda w: w.data.clone(),
        lambda w: copy.deepcopy(w.detach()),
        copy.deepcopy,  # a leaf that requires a gradient has no history either
        snapshot_in_block,
    ],
    "fixed-target": [
        target_in_block,
        lambda w, x, r, x_next: (w * x - r - 0.9 * w.detach() * x_next) ** 2,
        lambda w, x, r, x_next: (w * x - r - 0.9 * w.item() * x_next) ** 2,
    ],
    "borrowed-slope": [
        lambda x: hard(x) + x.sigmoid() - x.sigmoid().detach(),
        lambda x: hard(x).detach() + (x.sigmoid() - x.sigmoid().data),
        HardStep.apply,
    ],
}

WRONG = {
    "product-with-constant": [
        (-4, "Which of its two terms is lost"),
        (4, "This is the value"),
        (2, "what is the constant"),
        (0, "the other is not"),
    ],
    "alive-after-detach": [
        (11, "But who holds the graph"),
        (1, "its own numbers"),
        (4, "The layers do not matter"),
    ],
    "best-weights": [
        (lambda w: w.detach(), "two names, one memory"),
        (lambda w: w.data, "two names, one memory"),
        (lambda w: w, "two names, one memory"),
        (lambda w: w.clone(), "the copy has a history"),
        (frozen_by_flag, "cannot learn any more"),
        (emptied, "After `snapshot(w=[1, 2])`, `w` is"),
        (lambda w: w.tolist(), "asks for a tensor"),
        (lambda w: w.numpy().copy(), "Can't call numpy()"),
        (lambda w: w.detach().clone().half(), "float16"),
        (lambda w: torch.zeros_like(w), "No mistake that we know of"),
    ],
    "fixed-target": [
        (lambda w, x, r, x_next: (w * x - r - 0.9 * w * x_next) ** 2, "not a constant yet"),
        (lambda w, x, r, x_next: ((w * x).detach() - r - 0.9 * w * x_next) ** 2, "other way round"),
        (loss_in_block, "Which part of it should be one"),
        (lambda *inputs: target_in_block(*inputs).detach(), "Which part of it should be one"),
        (lambda *inputs: target_in_block(*inputs).item(), "leave out `item()`"),
        (lambda w, x, r, x_next: (w * x - r) ** 2, "`r` alone"),
    ],
    "borrowed-slope": [
        (lambda x: x.sigmoid(), "the smooth curve itself"),
        (lambda x: hard(x), "Which part of the result is tracked"),
        (lambda x: hard(x) + 0 * x, "so its own slope is 0"),
        (lambda x: x + (hard(x) - x).detach(), "straight-through"),
        (lambda x: hard(x) + x.sigmoid().detach() - x.sigmoid(), "which of the two parts"),
        (lambda x: x > 0, "dtype `torch.bool`"),
    ],
}
