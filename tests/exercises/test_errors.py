"""The cases of the error clinic: right answers pass, and each known mistake is named.

Protected here: other ways to a right answer, the sentence that each wrong one gets, and that a
cure which only takes a message away does not pass.
"""

import torch


def hidden_with(cut=lambda h: h.detach(), **options):
    """Return the loop with its own way to carry the state, or other options of backward."""

    def gradient(w, xs):
        h = torch.tensor(0.0)
        for x in xs:
            h = torch.tanh(w * cut(h) + x)
            h.backward(**options)
        return w.grad

    return gradient


def hidden_last(w, xs):
    h = torch.tensor(0.0)
    for x in xs:
        w.grad = None
        h = torch.tanh(w * h.detach() + x)
        h.backward()
    return w.grad


def hidden_once(w, xs):
    h = torch.tensor(0.0)
    for x in xs:
        h = torch.tanh(w * h + x)
    h.backward()
    return w.grad


def hidden_emptied(w, xs):
    hidden_with()(w, xs)
    w.grad = None
    return w.grad


def hidden_by_hand(w, xs):
    h, total = 0.0, 0.0
    for x in xs.tolist():
        previous, h = h, torch.tanh(w * h + x).item()
        total += (1 - h * h) * previous
    return total


def entropy_clamped(x):
    return torch.where(x > 0, x * torch.log(x.clamp(min=1e-30)), 0.0)


def entropy_by_parts(x):
    y = torch.zeros_like(x)
    good = x > 0
    y[good] = x[good] * x[good].log()
    return y


def entropy_cleaned(x):
    return torch.nan_to_num(x * torch.log(x)).where(x > 0, 0.0)


def safe(x):
    return torch.where(x > 0, x, 1.0)


RIGHT = {
    "case-dtype": ["c"],
    "case-retain": ["d"],
    "case-which-raises": ["c", "C "],
    "case-table": [12, 12.0, torch.tensor(12.0)],
    "case-hidden": [
        hidden_with(),
        hidden_with(cut=lambda h: h.item()),
        hidden_with(cut=lambda h: h.data),
        hidden_by_hand,
    ],
    "case-nan": [
        entropy_clamped,
        entropy_by_parts,
        lambda x: torch.xlogy(safe(x), safe(x)),
    ],
}

WRONG = {
    "case-table": [
        (0, "which shape does"),
        (108, "This is the sum"),
        (36, "the table has more entries"),
    ],
    "case-hidden": [
        (hidden_with(cut=lambda h: h), "backward through the graph a second time"),
        (hidden_with(cut=lambda h: h, retain_graph=True), "through all earlier steps again"),
        (hidden_last, "the last step alone"),
        (hidden_emptied, "or was it emptied?"),
    ],
    "case-nan": [
        (lambda x: torch.where(x > 0, x * torch.log(x), 0.0), "an infinite slope, or nan"),
        (entropy_cleaned, "What must the logarithm never see?"),
        (
            lambda x: torch.where(x > 0, x * safe(x).log().detach(), 0.0),
            "The logarithm is a constant here",
        ),
        (
            lambda x: torch.where(x > 0, x.detach() * safe(x).log(), 0.0),
            "The factor `x` is a constant here",
        ),
        (lambda x: (safe(x) * safe(x).log()).detach(), "The way back is cut"),
        (lambda x: x * torch.log(x), "returned [-0.346574, nan]"),
    ],
}
