"""The exercises to the chapter "Set up in five minutes": a first hour.

What is right is found by running the programs with torch, or by its autograd, in float64.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from companion.check import Choice, Function, Number, Part, flag, mistakes
from companion.check.vocabulary import HALF, SIGN, TWICE
from companion.exercises._given import slope

exercises = {}


def _loss(w):
    return (3 * w - 2) ** 2


def _slope(w):
    return slope(_loss, w)


def _whole_number():
    try:
        w = torch.tensor(1, requires_grad=True)
    except RuntimeError:
        return "b"
    try:
        _loss(w).backward()
    except RuntimeError:
        return "c"
    return "a" if w.grad.item() == 6 else "d"


exercises["without-a-point"] = Choice(
    _whole_number,
    a=(
        "It prints the slope 6.",
        "`1` and `1.0` are not the same for PyTorch: one of them is a whole number.",
    ),
    b="It stops in line 1.",
    c=(
        "It stops in line 2.",
        "Nearly: there is an error. But who notices first that such a `w` has no slope?",
    ),
    d=("It prints the slope 0.", "A silent zero would be worse. PyTorch speaks up here."),
)

_SLOPE_MISTAKES = mistakes(
    "This is the loss itself. Asked is its slope.",
    _loss,
    "The slope of the inside is missing: how fast does `3 * w - 2` change with `w`?",
    lambda right: right / 3,
    HALF,
    SIGN,
    "This is the inside. Asked is the slope of its square.",
    lambda w: 3 * w - 2,
    "This is the slope at `w = 1`, the chapter's place.",
    lambda: _slope(1.0),
    TWICE,
)

exercises["slope-elsewhere"] = Number(_slope, {"w": -1.0}, *_SLOPE_MISTAKES)


def _observe_slope(function, w):
    result = function(w)
    return result, isinstance(result, Tensor) and result.dtype == w.dtype, w.requires_grad


exercises["slope-by-autograd"] = Function(
    "slope",
    [
        {"w": torch.tensor(w, dtype=dtype)}
        for dtype in (torch.float32, torch.float64)
        for w in (1.0, 2.0, -1.5, 0.25)
    ],
    Part(
        "{call} returned",
        _slope,
        *_SLOPE_MISTAKES,
        tensor=True,
        missing="`backward()` returns nothing: the slope is in the `.grad` of a leaf. "
        "And a function gives back what stands after `return`.",
    ),
    flag(
        "The slope is right, but in {call} `w` and the result have the same dtype:",
        True,
        "Each `w` keeps its dtype: `torch.tensor(...)` of a number makes 32 bits where 64 bits was given.",
    ),
    flag(
        "The slope is right, but after {call} the caller's `w.requires_grad` is",
        False,
        "You have changed the caller's tensor. Work on one of your own.",
    ),
    observe=_observe_slope,
    drawn=lambda draw: {"w": torch.tensor(draw.number(-4, 4), dtype=torch.float64)},
)


def _to_numpy(way):
    try:
        return way(torch.tensor([1.0, 2.0], requires_grad=True)).tolist() == [1.0, 2.0]
    except RuntimeError:
        return False


exercises["to-numpy"] = Choice(
    lambda: {
        (False, True, False): "b",
        (True, True, True): "d",
    }[
        _to_numpy(lambda w: w.numpy()),
        _to_numpy(lambda w: w.detach().numpy()),
        _to_numpy(lambda w: w.clone().numpy()),
    ],
    a=("`w.numpy()`", "NumPy keeps no record of what is done. Does PyTorch let `w` go there?"),
    b="`w.detach().numpy()`",
    c=("`w.clone().numpy()`", "A clone remembers that it is one: it requires a gradient, too."),
    d=("all three of them", "Two of them raise an error. Which one leaves the record behind?"),
)


# Predictions of the chapter ------------------------------------------------------------------

exercises["slope-of-the-check"] = Choice(
    lambda: {1.0: "a", 2.0: "b", 3.0: "c", 6.0: "d"}[_slope(1.0).item()],
    a=("1", "This is the loss itself. Asked is how fast it grows with `w`."),
    b=("2", "This is twice the inside. How fast does the inside, `3 * w - 2`, grow?"),
    c=("3", "This is the slope of the inside. The square has a slope of its own."),
    d="6",
)


def _import_of_an_empty_folder():
    with TemporaryDirectory() as folder:
        Path(folder, "torch").mkdir()
        program = f"import sys; sys.path[:] = [{folder!r}]; import torch"
        command = [sys.executable, "-I", "-S", "-c", program]
        run = subprocess.run(command, capture_output=True, check=False)
    return "a" if b"No module named" in run.stderr else "b" if run.returncode else "c"


exercises["an-empty-folder"] = Choice(
    _import_of_an_empty_folder,
    a=(
        "It raises ModuleNotFoundError.",
        "Python looks for something that has this name. Is a folder enough for it?",
    ),
    b=("It raises another error.", "Does Python look into the folder while it imports it?"),
    c="Nothing: there is no error.",
)
