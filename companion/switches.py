"""What six things do to a gradient that people try in order to stop it, asked of torch.

Nothing is known here beforehand: the code of each is run.
"""

import contextlib
import functools
import weakref
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

#: Six things that people try, and how each is written.
THINGS = {
    "no_grad()": "with torch.no_grad():\n    s = net(x)",
    "inference_mode()": "with torch.inference_mode():\n    s = net(x)",
    "detach()": "s = net(x).detach()",
    ".data": "s = net(x).data",
    "requires_grad_(False)": "net.requires_grad_(False)\ns = net(x)",
    "eval()": "net.eval()\ns = net(x)",
}
#: How each of them edits a weight.
EDITS = {
    "no_grad()": "with torch.no_grad():\n    w.add_(1)",
    "inference_mode()": "with torch.inference_mode():\n    w.add_(1)",
    "detach()": "w.detach().add_(1)",
    ".data": "w.data.add_(1)",
    "requires_grad_(False)": "w.requires_grad_(False)\nw.add_(1)",
    "eval()": "w.add_(1)",
}
QUESTIONS = (
    "Is the result tracked?",
    "Does it share memory?",
    "Is an edit through it noticed?",
    "May the result be a factor later?",
    "Does it switch dropout off?",
)


class Scale(nn.Module):
    """The smallest network: it multiplies by its weight."""

    def __init__(self, w: float = 1.0):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        """Return w x."""
        return self.w * x


def _leaf(number):
    return torch.tensor(number, dtype=torch.float64, requires_grad=True)


def _run(code, **names):
    names["torch"] = torch
    exec(code, names)  # noqa: S102 texts of this module, which a figure shows
    return names


def through(thing: str, net: nn.Module, x: Tensor) -> Tensor:
    """Return ``net(x)``, with one of the six `THINGS` tried.

    >>> through("detach()", Scale(), torch.ones(2, requires_grad=True)).requires_grad
    False
    """
    return _run(THINGS[thing], net=net, x=x)["s"]


@functools.cache
def answers(thing: str) -> tuple[str, ...]:
    """Return what torch answers to the five `QUESTIONS` about one of the `THINGS`.

    >>> answers(".data")
    ('no', 'yes', 'no: 8', 'yes', 'no')
    """
    net, x = Scale(), _leaf(3.0)
    tracked = through(thing, net, x)
    if tracked.requires_grad:
        tracked.backward()
    reached = {(False, False): "no", (True, False): "to x", (True, True): "yes"}
    reached = reached[x.grad is not None, net.w.grad is not None]

    same = through(thing, nn.Identity(), x)  # a layer that hands on its very input
    shares = same is not x and same.data_ptr() == x.data_ptr()

    w = _leaf(3.0)
    z = w * w  # keeps w, for its slope 6
    noticed = "yes"
    with contextlib.suppress(RuntimeError):
        _run(EDITS[thing], w=w)
        z.backward()
        noticed = f"no: {w.grad:g}"

    factor = "no" if gradients(thing).error else "yes"
    torch.manual_seed(0)
    ones = torch.ones(8)
    kept = torch.equal(through(thing, nn.Dropout(), ones), ones)
    return reached, "yes" if shares else "no", noticed, factor, "yes" if kept else "no"


class Gradients(NamedTuple):
    """The gradients that ``(x * s).backward()`` leaves, and the message if it is refused."""

    x: float | None
    s: float | None
    w: float | None
    error: str


@functools.cache
def gradients(thing: str) -> Gradients:
    """Return what comes back from y = x · s to x = 3, to s and to the weight 1 of the network.

    >>> gradients("requires_grad_(False)")
    Gradients(x=6.0, s=3.0, w=None, error='')
    """
    net, x = Scale(), _leaf(3.0)
    s = through(thing, net, x)
    if s.requires_grad:
        s.retain_grad()
    error = ""
    try:
        (x * s).backward()
    except RuntimeError as caught:
        error = str(caught).split(". ")[0]
    tensors = x, s if s.requires_grad else None, net.w
    grads = [None if t is None or t.grad is None else t.grad.item() for t in tensors]
    return Gradients(*grads, error)


@functools.cache
def chain(thing: str, place: int) -> tuple[list[Scale], list[Tensor | None], str]:
    """Run x = 1 through layers with the weights 2, 3 and 0.5, one with a thing tried, and back.

    Returns the layers, their results as far as there are any, and the message of an error.

    >>> [layer.w.grad is None for layer in chain("detach()", 2)[0]]
    [True, True, False]
    """
    layers, results, error = [Scale(2.0), Scale(3.0), Scale(0.5)], [], ""
    h = torch.tensor(1.0, dtype=torch.float64)
    try:
        for number, layer in enumerate(layers, start=1):
            h = through(thing, layer, h) if number == place else layer(h)
            if h.requires_grad:
                h.retain_grad()
            results.append(h)
        h.backward()
    except RuntimeError as caught:
        error = str(caught).split(". ")[0]
    return layers, [*results, *[None] * (3 - len(results))], error


class Notes:
    """Notes the tensors that are saved for the way back in its block, and keeps none alive.

    >>> w = torch.tensor(3.0, requires_grad=True)
    >>> with Notes() as notes:
    ...     z = w * w
    >>> len(notes.alive())
    2
    >>> del z
    >>> notes.alive()
    []
    """

    def __init__(self):
        self._notes = []
        self._hooks = saved_tensors_hooks(self._note, lambda tensor: tensor)

    def _note(self, tensor):
        tensor = tensor.detach()  # not the very result, which would then hold itself
        self._notes.append(weakref.ref(tensor))
        return tensor

    def __enter__(self):
        self._hooks.__enter__()
        return self

    def __exit__(self, *error):
        self._hooks.__exit__(*error)

    def alive(self) -> list[Tensor]:
        """Return those that somebody holds."""
        return [tensor for note in self._notes if (tensor := note()) is not None]


#: When `memory` looks.
MOMENTS = *(f"after layer {k}" for k in (1, 2, 3, 4)), "y is returned", "after y.sum().backward()"


@functools.cache
def memory(thing: str) -> list[list[int]]:
    """Return the sizes, in bytes, of the saved tensors that are alive at each of the `MOMENTS`.

    Four layers, each a matrix of 64 × 64 and a tanh, work on a batch of 16 rows. Besides the six
    `THINGS`, "nothing" can be tried.

    >>> [len(sizes) for sizes in memory("detach()")]
    [2, 5, 8, 11, 0, 0]
    """
    at_end = thing in ("detach()", ".data")
    y, found = torch.ones(16, 64), []
    with Notes() as notes:
        for _ in range(4):
            layer = nn.Sequential(nn.Linear(64, 64, bias=False), nn.Tanh())
            y = layer(y) if at_end or thing == "nothing" else through(thing, layer, y)
            found.append([tensor.nbytes for tensor in notes.alive()])
        y = through(thing, nn.Identity(), y) if at_end else y
        found.append([tensor.nbytes for tensor in notes.alive()])
        if y.requires_grad:
            y.sum().backward()
        found.append([tensor.nbytes for tensor in notes.alive()])
    return found
