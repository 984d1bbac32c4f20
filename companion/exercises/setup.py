"""The exercises to the chapter "Set up in five minutes".

What is right is found by autograd, in float64, and in the chapter's own list of failures.
"""

from types import ModuleType, SimpleNamespace

import torch

from companion.check._choose import Choice
from companion.check._judge import Exercise, Part
from companion.exercises.one_weight import _leaf
from companion.install import CUDA, FAILURES


def _loss(w):
    return (3 * w - 2) ** 2


def _slope(w):
    w = _leaf(float(w))
    return torch.autograd.grad(_loss(w), w)[0]


class _YesNo(float):
    """A truth value that can be compared as a number, and is shown as True or False."""

    def __format__(self, _):
        return str(bool(self))


# Predictions ---------------------------------------------------------------------------------


def _cure_of_no_module():
    message = "ModuleNotFoundError: No module named 'torch'"
    [failure] = [failure for failure in FAILURES if message in failure.messages]
    if failure.name == "Another Python" and "choose its interpreter in your editor" in failure.cure:
        return "c"
    return "a"


_which_python = Choice(
    options={
        "a": "Install PyTorch once more in the terminal.",
        "b": "Write `import pytorch`.",
        "c": "Choose the Python in `.venv` as the editor's interpreter.",
        "d": "Install the CUDA build.",
    },
    truth=_cure_of_no_module,
    wrong={
        "a": "It would go to the same place again, and there it is already: "
        "the terminal has found it. Which Python has not?",
        "b": "The module is called `torch`, and the terminal has found it by that name.",
        "d": "The message says nothing of a graphics card. No PyTorch was found at all.",
    },
)


def _read_build(version="2.13.0+cu130", available=False):
    build = version.partition("+")[2]
    if build == CUDA:
        return "d" if available else "b"
    return "a"


_which_build = Choice(
    options={
        "a": "It is the CPU build.",
        "b": "It is a CUDA build, but it finds no graphics card that it can use.",
        "c": "The installation is broken: autograd will not work.",
        "d": "PyTorch computes on the graphics card.",
    },
    truth=_read_build,
    wrong={
        "a": "The build stands after the plus sign.",
        "c": "`False` is a good answer: it says only what PyTorch will not use.",
        "d": "Read the last line again.",
    },
)


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


_without_a_point = Choice(
    options={
        "a": "It prints the slope 6.",
        "b": "It stops in line 1.",
        "c": "It stops in line 2.",
        "d": "It prints the slope 0.",
    },
    truth=_whole_number,
    wrong={
        "a": "`1` and `1.0` are not the same for PyTorch: one of them is a whole number.",
        "c": "Nearly: there is an error. But who notices first that such a `w` has no slope?",
        "d": "A silent zero would be worse. PyTorch speaks up here.",
    },
)

_SLOPE_MISTAKES = {
    "This is the loss itself. Asked is its slope.": lambda right, w: _loss(w),
    "The slope of the inside is missing: how fast does `3 * w - 2` change with `w`?": (
        lambda right, w: right / 3
    ),
    "A factor 2 is missing: the slope of a square has one.": lambda right, w: right / 2,
    "The sign is the other way round.": lambda right, w: -right,
    "This is the inside. Asked is the slope of its square.": lambda right, w: 3 * w - 2,
    "This is the slope at `w = 1`, the chapter's place.": lambda right, w: _slope(1.0),
    "It is twice too large: did two gradients add up?": lambda right, w: 2 * right,
}

_slope_elsewhere = Exercise(
    cases=[{"w": -1.0}],
    parts=[Part("For {call} you answered", _slope, _SLOPE_MISTAKES)],
    observe=lambda answer, *_: (answer,),
)


# Functions -----------------------------------------------------------------------------------


def _bits(t):
    return 64.0 if t.dtype == torch.float64 else 32.0


def _observe_slope(slope, w):
    result = slope(w)
    bits = _bits(result) if isinstance(result, torch.Tensor) else 0.0
    return result, bits, _YesNo(w.requires_grad)


_slope_by_autograd = Exercise(
    function="slope",
    observe=_observe_slope,
    cases=[
        {"w": torch.tensor(w, dtype=dtype)}
        for dtype in (torch.float32, torch.float64)
        for w in (1.0, 2.0, -0.5, 0.25)
    ],
    parts=[
        Part(
            "{call} returned",
            _slope,
            _SLOPE_MISTAKES,
            missing="Either there is no `return`, or you returned a `.grad` that is empty: "
            "it is filled by `backward()`, in the tensor that requires a gradient.",
            tensor=True,
        ),
        Part(
            "The slope is right, but in {call} the number of its bits is",
            lambda w: _bits(w),
            {
                "This `w` is a `torch.float64`, which has 64. What was made of a plain number "
                "on the way has only 32.": lambda right, w: 32.0,
                "This `w` is a `torch.float32`, which has 32.": lambda right, w: 64.0,
            },
        ),
        Part(
            "The slope is right, but after {call} the caller's `w.requires_grad` is",
            lambda w: 0.0,
            {
                "You have changed the caller's tensor. Work on one of your own.": (
                    lambda right, w: 1.0
                )
            },
        ),
    ],
)


class _Faulty(torch.Tensor):
    """A tensor whose `grad` is what its class's ``fault`` makes of the right one."""

    fault = staticmethod(lambda grad: grad)

    @property
    def grad(self):
        grad = torch.Tensor.grad.__get__(self)
        return None if grad is None else self.fault(grad.as_subclass(torch.Tensor))

    @grad.setter
    def grad(self, value):
        torch.Tensor.grad.__set__(self, value)


def _fake_torch(fault):
    """Return a module that is torch for the most part, but finds wrong slopes."""
    kind = type("_Tensor", (_Faulty,), {"fault": staticmethod(fault)})

    def spoil(value):
        if type(value) is not torch.Tensor or not value.is_leaf:
            return value
        return value.detach().as_subclass(kind).requires_grad_(value.requires_grad)

    def lookup(name):
        if name == "func":  # another way to slopes, and all ways must be wrong
            raise AttributeError(f"module 'torch' has no attribute '{name}'")
        real = getattr(torch, name)
        if callable(real) and (name == "Tensor" or not isinstance(real, type)):
            return lambda *args, **options: spoil(real(*args, **options))
        return real

    def grad(*args, **options):
        return tuple(map(fault, torch.autograd.grad(*args, **options)))

    module = ModuleType("torch")
    module.autograd = SimpleNamespace(grad=grad, backward=torch.autograd.backward)
    module.__getattr__ = lookup
    return module


#: What the reader's check meets, in this order, and how a sentence about it begins.
_LIBRARIES = {
    "With PyTorch itself,": torch,
    "With an empty module in the place of PyTorch,": ModuleType("torch"),
    "With a PyTorch whose slopes are all 6,": _fake_torch(lambda grad: torch.full_like(grad, 6)),
    "With a PyTorch whose slopes are all half as large,": _fake_torch(lambda grad: grad / 2),
    "With a PyTorch that leaves `w.grad` at `None`,": _fake_torch(lambda grad: None),
}


class _LibraryExercise(Exercise):
    def call(self, inputs):
        return f"{list(_LIBRARIES)[int(inputs['library'])]} `{self.function}(torch)`"


def _observe_verdict(works, library):
    value = works(list(_LIBRARIES.values())[int(library)])
    if isinstance(value, torch.Tensor) and value.dtype == torch.bool and value.ndim == 0:
        value = bool(value)
    return (_YesNo(value) if isinstance(value, bool) else value,)


_honest_check = _LibraryExercise(
    function="autograd_works",
    observe=_observe_verdict,
    cases=[{"library": float(number)} for number in range(len(_LIBRARIES))],
    parts=[
        Part(
            "{call} returned",
            lambda library: float(library == 0),
            {
                "It says `True` to everything.": lambda right, library: 1.0,
                "It says `False` to everything, even to PyTorch.": lambda right, library: 0.0,
                "It is the other way round: `True` means that autograd works.": (
                    lambda right, library: 1 - right
                ),
                "Something is there, but are its slopes right? Compare one with a slope "
                "that you know.": lambda right, library: float(library != 1),
                "There is a slope, but is it right? Compare it with one that you know.": (
                    lambda right, library: float(library not in (1, 4))
                ),
                "The slope at `w = 1` is right by luck here. How could you notice?": (
                    lambda right, library: float(library in (0, 2))
                ),
            },
            missing="A function gives back what stands after `return`: "
            "here `True` or `False`, in every case.",
        )
    ],
)

exercises = {
    "which-python": _which_python,
    "which-build": _which_build,
    "without-a-point": _without_a_point,
    "slope-elsewhere": _slope_elsewhere,
    "slope-by-autograd": _slope_by_autograd,
    "honest-check": _honest_check,
}
