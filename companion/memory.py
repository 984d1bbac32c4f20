"""Counts the bytes that a program holds: what its operations made, as long as it is needed."""

import functools
from typing import NamedTuple

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.functional import gelu
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint

#: What `trace` can run: an activation, and a checkpoint after so many of eight layers.
ACTIVATIONS = {"tanh or ReLU": torch.tanh, "GELU": gelu}
EVERY = {"none": 8, "1": 1, "2": 2, "4": 4}
LAYERS, MOMENTS = 8, 50
TENSOR = 1024 * 16 * 4  #: the bytes of a tensor of `trace`: a weight has a sixtieth of it


class Meter(TorchDispatchMode):
    """Counts the bytes that are made in its block and still alive, forward and backward.

    What was there before, such as the weights, does not count, and a view has no bytes of its own.
    `history` holds what was alive after each operation, when all that nobody needs was gone.

    >>> x = torch.ones(1000, requires_grad=True)
    >>> with Meter() as meter:
    ...     loss = x.exp().sum()
    >>> meter.live()  # exp keeps its result of 1000 numbers, and the loss is one more
    4004
    >>> loss.backward()
    >>> meter.live()
    4
    """

    def __init__(self):
        super().__init__()
        self.history: list[int] = []
        self._made: dict[StorageWeakRef, int] = {}
        self._done = False

    def __exit__(self, *error):
        self._look()
        return super().__exit__(*error)

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        if operation is not torch.ops.aten.detach.default:  # autograd's own, inside of another
            self._look()
        given = _storages((args, kwargs))
        result = operation(*args, **(kwargs or {}))
        self._made |= {key: size for key, size in _storages(result).items() if key not in given}
        self._done = True
        return result

    def live(self) -> int:
        """Return how many bytes are alive now."""
        self._made = {key: size for key, size in self._made.items() if not key.expired()}
        return sum(self._made.values())

    @property
    def peak(self) -> int:
        """The most bytes that were alive after any operation."""
        return max(self.history)

    def _look(self):
        if self._done:
            self.history.append(self.live())
        self._done = False


def _storages(tree) -> dict[StorageWeakRef, int]:
    tensors = [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]
    storages = [tensor.untyped_storage() for tensor in tensors]
    return {StorageWeakRef(storage): storage.nbytes() for storage in storages}


class Moment(NamedTuple):
    """An operation, where it stands in the training step, and what is alive after it, by name."""

    way: str
    made: str
    alive: frozenset[str]
    bytes: int


class _Names(Meter):
    """A meter that is told the names of tensors, and notes which of them are alive."""

    def __init__(self):
        super().__init__()
        self.moments, self.way, self.expected = [], "", ""
        self._names, self._made_last = {}, ""

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = super().__torch_dispatch__(operation, types, args, kwargs)
        key = StorageWeakRef(result.untyped_storage())
        if self.expected and key in self._made and key not in self._names:
            self.name(self.expected, result)
        return result

    def name(self, name, tensor):
        self._look()
        self._names[StorageWeakRef(tensor.untyped_storage())] = name
        self.expected, self._made_last = "", name if name != "x" else ""

    def _look(self):
        if self._made_last:
            alive = frozenset(name for key, name in self._names.items() if not key.expired())
            way = "back" if self._made_last[0] == "d" else self.way
            self.moments.append(Moment(way, self._made_last, alive, self.live()))
        self._made_last = ""


def _train(meter, act, every):
    """Make one training step of eight layers, and tell the meter the name of each tensor."""
    weights = [torch.eye(16, requires_grad=True) for _ in range(LAYERS)]
    weights[0].register_post_accumulate_grad_hook(lambda w: meter.name("dw1", w.grad))

    def run(h, first):
        for n in range(first, first + every):
            for letter, work in ("z", lambda h, n=n: h @ weights[n]), ("h", act):
                name = meter.expected = f"{letter}{n + 1}"
                h = work(h)
                h.register_hook(lambda grad, name=name: meter.name(f"d{name}", grad))
        return h

    meter.way = "next step" if meter.way else "forward"
    with meter:
        h = torch.ones(1024, 16)
        meter.name("x", h)
        for n in range(0, LAYERS, every):
            h = run(h, n) if every == LAYERS else checkpoint(run, h, n, use_reentrant=False)
        loss = h.mean()
        del h
        meter.way = "again"
        loss.backward()


@functools.cache
def trace(activation: str, every: str) -> list[Moment]:
    """Return 50 moments of a training step and, where it is shorter, of the next one.

    >>> [max(len(moment.alive) for moment in trace("GELU", every)) for every in EVERY]
    [17, 10, 8, 10]
    """
    meter = _Names()
    while len(meter.moments) < MOMENTS:
        _train(meter, ACTIVATIONS[activation], EVERY[every])
    return meter.moments[:MOMENTS]


@functools.cache
def peak(layers: int, every: int) -> int:
    """Return how many tensors a chain of tanh holds at its peak, with a checkpoint `every` layers.

    >>> [peak(64, every) for every in (1, 2, 4, 8, 16, 32, 64)]
    [65, 34, 20, 16, 20, 34, 65]
    """

    def segment(h, count):
        for _ in range(count):
            h = h.tanh()
        return h

    with Meter() as meter:
        h = torch.ones(500, requires_grad=True)
        for first in range(0, layers, every):
            h = checkpoint(segment, h, min(every, layers - first), use_reentrant=False)
        loss = h.sum()
        del h
        loss.backward()
    return meter.peak // (4 * 500)  # the loss and its gradient are a small part of one
