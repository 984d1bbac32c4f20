"""The exercises to the chapter "Set up in five minutes": a first hour."""

import torch
from torch import Tensor

from companion.check import Choice, Function, Part, flag
from companion.check.vocabulary import HALF
from companion.exercises._given import runs, slope, which_runs

exercises = {}


def _loss(w):
    return (3 * w - 2) ** 2


exercises["without-a-point"] = Choice(
    lambda: "a" if runs("", "")("torch.tensor(1, requires_grad=True)") else "b",
    a=("It prints the slope 6.", "PyTorch tells `1` from `1.0`: one of them is a whole number."),
    b="It stops in line 1.",
    c=("It stops in line 2.", "Nearly. But who notices first that such a `w` has no slope?"),
    d=("It prints the slope 0.", "A silent zero would be worse. PyTorch speaks up here."),
)

exercises["to-numpy"] = which_runs(
    "w = torch.tensor([1.0, 2.0], requires_grad=True)",
    "",
    a=("`w.numpy()`", "NumPy keeps no record of what is done. Does PyTorch let `w` go there?"),
    b="`w.detach().numpy()`",
    c=("`w.clone().numpy()`", "A clone remembers that it is one: it requires a gradient, too."),
    d=("all three of them", "Two of them raise an error. Which one leaves the record behind?"),
)


def _observe_slope(function, w):
    result = function(w)
    return result, isinstance(result, Tensor) and result.dtype == w.dtype, w.requires_grad


exercises["slope-by-autograd"] = Function(
    "slope",
    [
        {"w": torch.tensor(w, dtype=dtype)}
        for dtype in (torch.float32, torch.float64)
        for w in (1.0, 2.0, -1.5)
    ],
    Part(
        "{call} returned",
        lambda w: slope(_loss, w),
        ("This is the loss itself. Asked is its slope.", _loss),
        "The slope of the inside is missing: how fast does `3 * w - 2` change with `w`?",
        lambda right: right / 3,
        HALF,
        ("This is the slope at `w = 1`, the chapter's place.", 6.0),
        tensor=True,
        missing="`backward()` returns nothing: the slope is in the `.grad` of a leaf. "
        "And a function gives back what stands after `return`.",
    ),
    flag(
        "The slope is right, but in {call} `w` and the result have the same dtype:",
        True,
        "Each `w` keeps its dtype: `torch.tensor(...)` of a number has 32 bits, whatever `w` has.",
    ),
    flag(
        "The slope is right, but after {call} the caller's `w.requires_grad` is",
        False,
        "You have changed the caller's tensor. Work on one of your own.",
    ),
    observe=_observe_slope,
)

# Predictions of the chapter -------------------------------------------------------------------

exercises["slope-of-the-check"] = Choice(
    a=("1", "This is the loss itself. Asked is how fast it grows with `w`."),
    b=("2", "This is twice the inside. How fast does the inside, `3 * w - 2`, grow?"),
    c=("3", "This is the slope of the inside. The square has a slope of its own."),
    d="6",
)

exercises["an-empty-folder"] = Choice(
    a=("It raises ModuleNotFoundError.", "Python looks for the name. Is a folder enough for it?"),
    b=("It raises another error.", "Does Python look into the folder while it imports it?"),
    c="Nothing: there is no error.",
)
