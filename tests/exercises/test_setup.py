"""Protected here: the answers to "Set up in five minutes" that are right in another way pass, each
known mistake gets the sentence that names it."""

import torch as real


def slope_by_hand(w):
    return 2 * (3 * w - 2) * 3


def slope_with_detach(w):
    w = w.detach().requires_grad_()
    return real.autograd.grad((3 * w - 2) ** 2, w)[0]


def slope_with_jacobian(w):
    return real.autograd.functional.jacobian(lambda w: (3 * w - 2) ** 2, w)


def slope_of(function, times=1):
    """Return a slope function for another loss, run back so many times."""

    def slope(w):
        w = w.clone().requires_grad_()
        for _ in range(times):
            function(w).backward()
        return w.grad

    return slope


def loss(w):
    return (3 * w - 2) ** 2


def slope_in_32_bits(w):
    w = real.tensor(w.item(), requires_grad=True)
    loss(w).backward()
    return w.grad


def slope_in_place(w):
    w.requires_grad_()
    loss(w).backward()
    return w.grad


def slope_never_asked_for(w):
    at = w.clone()
    loss(at.clone().requires_grad_()).backward()
    return at.grad


RIGHT = {
    "without-a-point": ["b"],
    "to-numpy": ["b"],
    "slope-of-the-check": ["d"],
    "an-empty-folder": ["c", "C"],
    "slope-by-autograd": [slope_with_detach, slope_with_jacobian, slope_by_hand],
}

WRONG = {
    "slope-by-autograd": [
        (loss, "This is the loss itself"),
        (slope_of(lambda w: w * (3 * w.detach() - 2) * 2), "slope of the inside is missing"),
        (slope_of(lambda w: loss(w) / 2), "A factor 2 is missing"),
        (lambda w: slope_with_detach(real.ones_like(w)), "the chapter's place"),
        (lambda w: slope_with_detach(w).item(), "leave out `item()`"),
        (slope_never_asked_for, "in the `.grad` of a leaf"),
        (slope_in_32_bits, "has 32 bits"),
        (lambda w: slope_with_detach(w.double()), "have the same dtype: False"),
        (slope_in_place, "changed the caller's tensor"),
        (lambda w: slope_with_detach(w.mul_(1.5)), "changed its argument `w`"),
        (lambda w: loss(w).backward(), "does not require grad"),
    ],
}
