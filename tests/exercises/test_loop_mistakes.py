"""The exercises on training loops know a silent mistake by the numbers that it leaves.

Protected here: a log of the last example is told from a mean, a number from a tensor that holds a
history, an edit that `.data` hides from one that PyTorch sees; and other right answers pass.
"""

import torch


def logger(log="mean", number=float, move=True):
    """Return an epoch that logs the "mean", "sum" or "last" loss, or the mean at the "end"."""

    def epoch(w, xs, ys, lr):
        losses = []
        for x, y in zip(xs, ys, strict=True):
            loss = (w * x - y) ** 2
            loss.backward()
            if move:
                with torch.no_grad():
                    w -= lr * w.grad
            w.grad = None
            losses.append(loss)
        if log == "end":
            losses = [(w * x - y) ** 2 for x, y in zip(xs, ys, strict=True)]
        total = losses[-1] if log == "last" else sum(losses)
        return number(total if log in ("last", "sum") else total / len(losses))

    return epoch


def with_optimizer(w, xs, ys, lr):
    optimizer, losses = torch.optim.SGD([w], lr=lr), []
    for x, y in zip(xs, ys, strict=True):
        optimizer.zero_grad()
        losses.append((w * x - y) ** 2)
        losses[-1].backward()
        optimizer.step()
    return torch.stack(losses).detach().mean()


def stepper(shift_at="end", through="no_grad", forward_first=True):
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
        move(w, -lr * w.grad)
        if shift_at == "end":
            move(w, -shift)
        w.grad = None

    return step


def shift_only(w, x, y, lr, shift):
    with torch.no_grad():
        w -= shift


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
    "loops-that-stop": [4],
    "alive-in-total": [100],
    "eval-too-late": ["b"],
    "old-name": [7],
    "refused-line": ["c"],
    "honest-log": [logger(), logger(number=torch.Tensor.detach), with_optimizer],
    "hidden-edit": [stepper(), step_with_optimizer, step_with_grad],
}

WRONG = {
    "loops-that-stop": [
        (8, "Some of them never say a word"),
        (3, "One that looks harmless"),
        (5, "One of these never stops"),
        (0, "write the step by hand"),
    ],
    "alive-in-total": [
        (1, "not to the last one alone"),
        (0, "Who holds the graphs"),
        (50, "No mistake that we know of"),
    ],
    "old-name": [
        (4, "the second gradient alone"),
        (3, "the first one alone"),
        (13, "at the new `w`, not at the old one."),
        (0, "it has a gradient"),
    ],
    "honest-log": [
        (logger("last"), "the last example"),
        (logger("sum"), "This is the sum"),
        (logger("end"), "the mean at the last `w`"),
        (logger(number=lambda total: total), "leads back to the graph"),
        (logger(move=False), "is that argument used"),
    ],
    "hidden-edit": [
        (stepper("before", "data"), "Which line stands between them"),
        (stepper("before"), "modified by an inplace operation"),
        (stepper("before", forward_first=False), "Asked is the slope at the old one"),
        (stepper("never"), "when `shift` changes"),
        (stepper(through="nothing"), "to a new tensor?"),
        (stepper(through="data"), "`.data` hides"),
    ],
}
