"""The exercises on stopping the gradient know what is cut, what is shared, and what is only frozen.

Protected here: a shared snapshot is told from a copy, a constant target from a constant
prediction, an edit that `.data` hides from one that PyTorch sees; and answers that are right in
another way pass.
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


def stepper(shift_at="end", through="no_grad", forward_first=True, sign=-1):
    """Return a step that shifts w "before" the backward, at the "end", or never."""

    def move(w, by):
        if through == "data":
            w.data += by
        elif through == "nothing":
            w = w + by
        else:
            with torch.no_grad():
                w += by

    def step(w, x, y, lr, shift):
        if forward_first:
            loss = (w * w * x - y) ** 2
        if shift_at == "before":
            move(w, -shift)
        if not forward_first:
            loss = (w * w * x - y) ** 2
        loss.backward()
        move(w, sign * lr * w.grad)
        if shift_at == "end":
            move(w, -shift)
        w.grad = None

    return step


def shift_only(w, x, y, lr, shift):
    with torch.no_grad():
        w -= shift


def shift_twice(*inputs):
    stepper()(*inputs)
    shift_only(*inputs)


def step_with_optimizer(w, x, y, lr, shift):
    optimizer = torch.optim.SGD([w], lr=lr)
    ((w * w * x - y) ** 2).backward()
    optimizer.step()
    optimizer.zero_grad()
    with torch.no_grad():
        w.sub_(shift)


def step_with_grad(w, x, y, lr, shift):
    (grad,) = torch.autograd.grad((w * w * x - y) ** 2, w)
    w.detach().sub_(shift + lr * grad)


RIGHT = {
    "inference-later": ["d"],
    "share-proof": [[4, 3, 2, 1]],
    "constant-slope": [50, 50.0, torch.tensor(50.0), 2 * 5 * 5],
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
    "hidden-edit": [stepper(), step_with_optimizer, step_with_grad],
    "frozen-share": [lambda n, m: n / (n + m), lambda n, m: 1 - m / (m + n)],
}

WRONG = {
    "constant-slope": [
        (75, "one of the three factors is a constant"),
        (25, "two of the three factors"),
        (10, "it has a value"),
        (125, "the value. Asked is the slope"),
        (0, "only one of the factors"),
        (5, "the value of the constant"),
        (100, "did two gradients add up"),
        (51, "No mistake that we know of"),
    ],
    "who-still-learns": [
        ("a", "the only one in which `h1` is used"),
        ("c", "`w2` is used in one line only"),
        ("d", "`w3` is frozen"),
        ("w4", "one letter"),
    ],
    "best-weights": [
        (lambda w: torch.tensor(w.tolist()), "Some digits are lost"),
        (lambda w: w.detach(), "two names, one memory"),
        (lambda w: w.data, "two names, one memory"),
        (lambda w: w, "two names, one memory"),
        (lambda w: w.clone(), "the copy has a history"),
        (frozen_by_flag, "cannot learn any more"),
        (emptied, "emptied `w` itself"),
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
        (lambda w, x, r, x_next: w * x - r - 0.9 * w.detach() * x_next, "This is the difference"),
        (lambda w, x, r, x_next: (w * x - r - w.detach() * x_next) ** 2, "without the factor 0.9"),
        (lambda w, x, r, x_next: (w * x - r) ** 2, "`r` alone"),
        (lambda w, x, r, x_next: (w * x - 0.9 * w.detach() * x_next) ** 2, "`r` is left out"),
        (lambda w, x, r, x_next: (w * x) ** 2, "The target is left out"),
    ],
    "borrowed-slope": [
        (lambda x: x.sigmoid(), "the smooth curve itself"),
        (lambda x: hard(x), "Which part of the result is tracked"),
        (lambda x: hard(x) + 0 * x, "so its own slope is 0"),
        (lambda x: x + (hard(x) - x).detach(), "straight-through"),
        (lambda x: hard(x) + x.sigmoid().detach() - x.sigmoid(), "which of the two parts"),
        (lambda x: hard(x) - x.sigmoid().detach(), "What must be added"),
        (lambda x: 1 - hard(x), "changed places"),
        (lambda x: x > 0, "dtype `torch.bool`"),
        (lambda x: x.sigmoid() * (1 - x.sigmoid()), "This is the slope"),
        (lambda x: hard(x) + 2 * (x.sigmoid() - x.sigmoid().detach()), "did two gradients add up"),
    ],
    "hidden-edit": [
        (stepper("before", "data"), "Which line stands between them"),
        (stepper("before"), "modified by an inplace operation"),
        (stepper("before", forward_first=False), "Asked is the slope at the old one"),
        (stepper("never"), "The shift is missing"),
        (shift_twice, "shifted twice"),
        (stepper(through="nothing"), "to a new tensor"),
        (stepper(through="data"), "`.data` hides"),
        (stepper(sign=1), "uphill"),
        (shift_only, "`w` was only shifted"),
    ],
    "frozen-share": [
        (lambda n, m: m / (n + m), "the part that is lost"),
        (lambda n, m: (n + m) / n, "upside down"),
        (lambda n, m: n, "the exponent of the frozen slope"),
        (lambda n, m: n / m, "against the frozen ones"),
        (lambda n, m: 1, "nothing is lost"),
        (lambda n, m: 1 / (1 + m), "one tracked factor only"),
        (lambda n, m: 0.5, "a fixed number"),
        (lambda n, m: n / (n + 1), "when `m` changes"),
    ],
}
