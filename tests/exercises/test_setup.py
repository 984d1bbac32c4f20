"""Protected here: the answers to "Set up in five minutes" that are right in another way pass, each
known mistake gets the sentence that names it, and the fakes of PyTorch deceive as they should."""

import torch as real

from companion.check import check
from companion.exercises.setup import _LIBRARIES


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


def slopes(places, back=None, works=lambda found, right: abs(found - right) < 1e-3):
    """Return a check at these places."""

    def autograd_works(torch):
        try:
            for place in places:
                w = torch.tensor(place, requires_grad=True)
                if back:
                    grad = back(torch, w)
                else:
                    ((3 * w - 2) ** 2).backward()
                    grad = w.grad
                if not works(grad.item(), 2 * (3 * place - 2) * 3):
                    return False
        except (AttributeError, RuntimeError):
            return False
        return True

    return autograd_works


def by_function(torch, w):
    return torch.autograd.grad((3 * w - 2) ** 2, w)[0]


def works_as_a_post_would(torch):
    if not hasattr(torch, "Tensor"):
        return False
    w = torch.Tensor([0.0, 1.0])
    w.requires_grad = True
    ((3 * w - 2) ** 2).sum().backward()
    return w.grad is not None and bool((w.grad == real.tensor([-12.0, 6.0])).all())


def works_with_requires_grad(torch):
    try:
        w = torch.linspace(0, 1, 2).requires_grad_()
        ((3 * w - 2) ** 2).sum().backward()
        return torch.allclose(w.grad, torch.tensor([-12.0, 6.0]))
    except Exception:
        return False


def works_without_a_net(torch):
    w = torch.tensor(1.0, requires_grad=True)
    ((3 * w - 2) ** 2).backward()
    return w.grad.item() == 6


def works_or_none(torch):
    return True if slopes((1.0, 2.0))(torch) else None


RIGHT = {
    "which-python": ["c", " C"],
    "which-build": ["b"],
    "without-a-point": ["b"],
    "slope-elsewhere": [-30, real.tensor(-30.0)],
    "slope-by-autograd": [slope_with_detach, slope_with_jacobian, slope_by_hand],
    "honest-check": [
        slopes((1.0, 2.0)),
        slopes((0.0, 3.0), by_function),
        works_as_a_post_would,
        works_with_requires_grad,
    ],
}

WRONG = {
    "which-python": [
        ("a", "Which Python has not?"),
        ("b", "The module is called `torch`"),
        ("d", "nothing of a graphics card"),
        ("e", "with one letter in quotes"),
    ],
    "which-build": [
        ("a", "after the plus sign"),
        ("c", "is a good answer"),
        ("d", "the last line again"),
    ],
    "without-a-point": [
        ("a", "are not the same"),
        ("c", "who notices first"),
        ("d", "PyTorch speaks up"),
    ],
    "slope-elsewhere": [
        (25, "This is the loss itself"),
        (-10, "The slope of the inside is missing"),
        (-15, "A factor 2 is missing"),
        (30, "The sign"),
        (-5, "This is the inside"),
        (6, "the chapter's place"),
        (-60, "did two gradients add up?"),
        ("-30", "no quotes"),
    ],
    "slope-by-autograd": [
        (loss, "This is the loss itself"),
        (slope_of(lambda w: w * (3 * w.detach() - 2) * 2), "slope of the inside is missing"),
        (slope_of(lambda w: loss(w) / 2), "A factor 2 is missing"),
        (slope_of(lambda w: -loss(w)), "The sign"),
        (slope_of(loss, times=2), "did two gradients add up?"),
        (lambda w: slope_with_detach(real.ones_like(w)), "the chapter's place"),
        (lambda w: slope_with_detach(w).item(), "leave out `item()`"),
        (slope_never_asked_for, "a `.grad` that is empty"),
        (slope_in_32_bits, "made of a plain number"),
        (lambda w: slope_with_detach(w.double()), "which has 32"),
        (slope_in_place, "changed the caller's tensor"),
        (lambda w: slope_with_detach(w.mul_(1.5)), "changed its argument `w`"),
        (lambda w: loss(w).backward(), "does not require grad"),
    ],
    "honest-check": [
        (
            works_without_a_net,
            "an empty module in the place of PyTorch, `autograd_works(torch)` st",
        ),
        (slopes((1.0,)), "right by luck"),
        (slopes((1.0, 2.0), works=lambda found, right: True), "There is a slope"),
        (lambda torch: hasattr(torch, "tensor"), "Something is there"),
        (lambda torch: True, "`True` to everything"),
        (lambda torch: False, "even to PyTorch"),
        (lambda torch: not slopes((1.0, 2.0))(torch), "the other way round"),
        (works_or_none, "`True` or `False`, in every case"),
        (lambda torch: "yes", "no quotes"),
    ],
}


def test_a_verdict_is_shown_as_a_truth_value():
    text = str(check("honest-check", slopes((1.0,))))
    assert "With a PyTorch whose slopes are all 6, `autograd_works(torch)` returned True." in text


def test_fakes_compute_but_find_wrong_slopes():
    _, empty, *fakes = _LIBRARIES.values()
    assert not hasattr(empty, "tensor")
    found = []
    for fake in fakes:
        w = fake.tensor(2.0, requires_grad=True)
        loss = (3 * w - 2) ** 2
        loss.backward()
        assert loss.item() == 16
        found.append(w.grad)
        assert fake.autograd.grad((3 * w - 2) ** 2, w)[0] == found[-1]
        w.grad = None
        assert w.grad is None
    assert found == [6, 12, None]
