"""Networks that read digits: deep ones by their gradients, and one that trains with silent bugs.

All of it is seeded and runs in float32, as most networks do, so that a gradient can be too small
to move a weight.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from companion.digits import load_digits

#: Activations by name, in the order in which people came to use them.
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "ReLU": torch.relu,
    "leaky ReLU": lambda x: F.leaky_relu(x, 0.1),
    "SiLU": F.silu,
    "GELU": F.gelu,
}
#: What fills a weight at the start, by name. PyTorch's default is drawn between ±1/√n.
STARTS = {"default": None, "Xavier": nn.init.xavier_normal_, "He": nn.init.kaiming_normal_}
WIRINGS = ["plain", "residual", "norm", "both"]
LR = 0.03  # of the deep nets


class Deep(nn.Module):
    """A net with `depth` hidden layers of 64 units, and a last layer with 10 scores.

    >>> Deep(20, "ReLU", "He")(torch.zeros(3, 64)).shape
    torch.Size([3, 10])
    """

    def __init__(self, depth: int, activation: str, start: str = "default", wiring: str = "plain"):
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(64, 64) for _ in range(depth))
        self.head = nn.Linear(64, 10)
        self.activation, self.wiring = ACTIVATIONS[activation], wiring
        for layer in self.hidden if STARTS[start] else ():
            STARTS[start](layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, h: Tensor) -> Tensor:
        """Return the scores of images (n, 64)."""
        for layer in self.hidden:
            h = self.block(layer, h)
        return self.head(h)

    def block(self, layer: nn.Linear, h: Tensor) -> Tensor:
        """Return what one hidden layer makes of h, with the wiring around it."""
        if self.wiring == "both":
            return h + self.activation(layer(F.layer_norm(h, (64,))))
        z = layer(h)
        a = self.activation(F.layer_norm(z, (64,)) if self.wiring == "norm" else z)
        return h + a if self.wiring == "residual" else a


class Reading(NamedTuple):
    """The loss of a batch; of each layer from the input on, its gradient's norm, and its movers.

    `moves` is the share of the layer's weights that one step of `LR` changes at all in float32.
    """

    loss: float
    norms: list[float]
    moves: list[float]


def read(net: nn.Module, x: Tensor, y: Tensor) -> Reading:
    """Return the reading of a net after ``backward()`` on a batch."""
    net.zero_grad()
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    weights = [w for w in net.parameters() if w.ndim == 2]
    with torch.no_grad():
        moves = [(w - LR * w.grad != w).float().mean().item() for w in weights]
    return Reading(loss.item(), [w.grad.double().norm().item() for w in weights], moves)


@functools.cache
def river(depth: int, activation: str, start: str, wiring: str) -> tuple[Reading, Reading]:
    """Return the readings of a `Deep` net before training and after one epoch of 30 batches.

    Both are of the same 50 images, which are the first batch.

    >>> before, after = river(5, "sigmoid", "default", "plain")
    >>> len(before.norms), before.norms[0] < 1e-3 * before.norms[-1]
    (6, True)
    """
    x, y, *_ = load_digits()
    torch.manual_seed(0)
    net = Deep(depth, activation, start, wiring)
    optimizer = torch.optim.SGD(net.parameters(), lr=LR, foreach=True)
    before = read(net, x[:50], y[:50])
    for batch in torch.arange(1500).reshape(30, 50):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x[batch]), y[batch])
        if not loss.isfinite():
            break  # it is lost already
        loss.backward()
        optimizer.step()
    return before, read(net, x[:50], y[:50])


_NET = ["net = Sequential(Linear(64, 32), ReLU(),", "                 Linear(32, 10))"]
_CLASS = ["class Net(Module):", "    def __init__(self):", "        super().__init__()"]
_FORWARD = ["    def forward(self, x):", "        return self.rest[0](self.first(x).relu())"]
_SGD = ["optimizer = SGD(net.parameters(), lr=0.5)"]
_FOR = ["for x, y in batches:"]
_LOSS = ["    loss = cross_entropy(net(x), y)"]
_REST = ["    optimizer.zero_grad()", "    loss.backward()", "    optimizer.step()"]


def _program(*wrong, net=_NET, alike=(), sgd=_SGD, after=(), mixed=(), loss=_LOSS):
    """Return the wrong lines of a program, and all of it: before the batches, and for them."""
    return wrong, [*net, *alike, *sgd, *after], [*_FOR, *mixed, *loss, *_REST]


def _changed(**parts):
    return _program(*next(iter(parts.values())), **parts)


#: Programs by what is wrong with them: their wrong lines, the lines before the batches, the loop.
PROGRAMS = {
    "nothing": _program(*_LOSS),
    "softmax before the loss": _changed(loss=["    loss = cross_entropy(softmax(net(x)), y)"]),
    "images in another order": _changed(mixed=["    x = x[torch.randperm(len(x))]"]),
    "all weights alike": _changed(alike=["for w in net.parameters():", "    constant_(w, 0.1)"]),
    "lr=2": _changed(sgd=["optimizer = SGD(net.parameters(), lr=2)"]),
    "a layer in a Python list": _program(
        "        self.first = Linear(64, 32)",
        "        self.rest = [Linear(32, 10)]",
        net=[*_CLASS, "        self.first = Linear(64, 32)"]
        + ["        self.rest = [Linear(32, 10)]", *_FORWARD, "net = Net()"],
    ),
    "a new head, too late": _changed(after=["net[2] = Linear(32, 10)  # after SGD(…)"]),
    "layer.requires_grad = False": _changed(after=["net[0].requires_grad = False"]),
}


class Signs(NamedTuple):
    """What can be seen of a net of two layers after an epoch, on all images to train with.

    `moved` counts those of its 4 tensors that are not what they were at the start; `alive` the
    units of 32 whose ReLU lets any image through, and `different` those with weights of their own.
    """

    loss: float
    accuracy: float  # on images held out
    moved: int
    alive: int
    different: int


@functools.cache
def train(fault: str, epochs: int = 8) -> list[Signs]:
    """Run one of the `PROGRAMS` letter by letter; return its signs before and after each epoch.

    >>> train("nothing", 1)[1].loss < train("images in another order", 1)[1].loss
    True
    """
    names = {name: getattr(nn, name) for name in ("Linear", "ReLU", "Sequential", "Module")}
    names |= {"torch": torch, "SGD": torch.optim.SGD, "constant_": nn.init.constant_}
    names |= {"cross_entropy": F.cross_entropy, "softmax": functools.partial(F.softmax, dim=1)}
    torch.manual_seed(0)
    x, y, x_held, y_held = load_digits()
    _, before, loop = PROGRAMS[fault]
    exec("\n".join(before), names)  # noqa: S102 the very text that the figure shows
    net = names["net"]
    first, head = (net[0], net[2]) if isinstance(net, nn.Sequential) else (net.first, net.rest[0])
    tensors = [first.weight, first.bias, head.weight, head.bias]
    start, signs = [w.detach().clone() for w in tensors], []
    names |= {"x": x, "y": y}

    def look():
        with torch.no_grad():
            names.update(x=x, y=y)
            exec(loop[-4].strip(), names)  # noqa: S102 the loss as this program computes it
            right = (net(x_held).argmax(1) == y_held).double().mean().item()
            alive = (first(x) > 0).any(0).sum().item()
        moved = sum(not w.equal(old) for w, old in zip(tensors, start, strict=True))
        signs.append(
            Signs(names["loss"].item(), right, moved, alive, len(first.weight.unique(dim=0)))
        )

    look()
    for _ in range(epochs):
        order = torch.randperm(len(x)).reshape(30, 50)
        names["batches"] = [(x[batch], y[batch]) for batch in order]
        exec("\n".join(loop), names)  # noqa: S102
        look()
    return signs
