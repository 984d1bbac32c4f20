"""The exercises on leaves, histories and define-by-run are judged by the graphs that torch records.

Protected here: a leaf is told apart from a tensor that requires a gradient, a lost history from a
wrong value, one branch from the other; and answers that are right in another way pass.
"""

import torch


def loss_at(y, w, t):
    return (y - t) ** 2 + w * y


def arrives_by_grad(w, x, t):
    y = w * x
    return torch.autograd.grad(loss_at(y, w, t), y)[0]


def arrives_by_detour(w, x, t):
    y = (w * x).detach().requires_grad_()
    loss_at(y, w, t).backward()
    return y.grad


def arrives_at_w(w, x, t):
    loss_at(w * x, w, t).backward()
    return w.grad


def arrives_twice(w, x, t):
    y = w * x
    y.retain_grad()
    loss = loss_at(y, w, t)
    loss.backward(retain_graph=True)
    loss.backward()
    return y.grad


def arrives_unasked(w, x, t):
    y = w * x
    loss_at(y, w, t).backward()
    return y._grad  # as y.grad, but without the warning


def cut(w, b, x, y):
    y_hat = torch.tensor([(w * number + b).item() for number in x], requires_grad=True)
    return ((y_hat - y) ** 2).mean()


RIGHT = {
    "switched-on-later": ["b", "B"],
    "middle-after-backward": ["a", "A"],
    "turns-before-the-change": [3, 3.0],
    "leaf-count": [5, 5.0, torch.tensor(5.0)],
    "branch-gradient": [192, 192.0, 2 * 12 * 8],
    "middle-gradient": [
        arrives_by_grad,
        arrives_by_detour,
        lambda w, x, t: 2 * (w * x - t) + w,
        lambda w, x, t: (2 * (w * x - t) + w).item(),
    ],
    "make-weight": [
        lambda n, scale: torch.full((n,), scale, requires_grad=True),
        lambda n, scale: torch.nn.Parameter(torch.ones(n) * scale),
        lambda n, scale: torch.tensor([scale] * n, requires_grad=True),
        lambda n, scale: (torch.ones(n, requires_grad=True) * scale).detach().requires_grad_(),
    ],
    "cut-in-the-middle": [
        lambda w, b, x, y: ((w * x + b - y) ** 2).mean(),
        lambda w, b, x, y: torch.nn.functional.mse_loss(w * x + b, y),
        lambda w, b, x, y: sum((w * p + b - q) ** 2 for p, q in zip(x, y, strict=True)) / len(x),
    ],
}

WRONG = {
    "turns-before-the-change": [
        (2, "the branch is still the same"),
        (6, "does not add 0.5"),
        (4, "one turn more"),
    ],
    "leaf-count": [
        (1, "the leaves that get a gradient"),
        (2, "typed in"),
        (3, "Being a leaf is another question"),
        (4, "One is missing"),
        (6, "One too many"),
        (0, "No mistake that we know of"),
    ],
    "branch-gradient": [
        (8, "the other branch"),
        (48, "once more than that"),
        (144, "the value. Asked is the slope"),
        (24, "the last line alone"),
    ],
    "middle-gradient": [
        (arrives_at_w, "This is `w.grad`"),
        (arrives_unasked, "keeps the gradient of a result only if you ask"),
        (lambda w, x, t: (2 * (w * x - t) + w) * x, "sends on to `w`"),
        (lambda w, x, t: 2 * (w * x - t), "only what comes from the square"),
        (lambda w, x, t: 12.0, "a fixed number"),
        (lambda w, x, t: 2 * w * x - 2 + w, "when `t` changes"),
    ],
    "make-weight": [
        (lambda n, scale: torch.ones(n, requires_grad=True) * scale, "no optimizer takes that"),
        (lambda n, scale: torch.ones(n) * scale, "It does not remember"),
        (lambda n, scale: torch.ones(n, requires_grad=True), "where is `scale`"),
        (lambda n, scale: torch.zeros(n), "stays the same when `scale` changes"),
        (lambda n, scale: torch.tensor(scale, requires_grad=True), "asks for shape (2,)"),
        (lambda n, scale: [scale] * n, "asks for a tensor"),
    ],
    "cut-in-the-middle": [
        (cut, "Follow `grad_fn` from the loss"),
        (lambda w, b, x, y: ((w * x + b.detach() - y) ** 2).mean(), "`b.grad` is None"),
        (lambda w, b, x, y: cut(w, b, x, y) + 0 * w + 0 * b, "It is zero"),
        (lambda w, b, x, y: ((w * x + b - y) ** 2).sum(), "This is the sum"),
        (lambda w, b, x, y: ((w * x + b - y) ** 2).mean().item(), "leave out `item()`"),
        (lambda w, b, x, y: (w * x + b - y) ** 2, "one number, of shape ()"),
    ],
}
