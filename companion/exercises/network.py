"""The exercises to the chapter "From one weight to a network".

What is right is found by building the networks with torch. Readers' nets are float32, as usual.
"""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, one_hot

from companion.check import Function, Number, Part, Project, flag
from companion.check._rules import RuleBroken
from companion.exercises._given import grid, vector
from companion.exercises._patients import patient

exercises = {}


# Predictions ----------------------------------------------------------------------------------

exercises["weights-of-a-net"] = Number(
    lambda inputs, hidden, outputs: (inputs + 1) * hidden + (hidden + 1) * outputs,
    {"inputs": 64.0, "hidden": 32.0, "outputs": 10.0},
    "These are the weights alone. Each unit has a bias as well.",
    lambda inputs, hidden, outputs: inputs * hidden + hidden * outputs,
    "So many tensors learn. How many numbers are in them?",
    4,
)

exercises["untrained-loss"] = Number(
    math.log(10),
    {"classes": 10.0},
    "This is a logarithm to the base 10; `cross_entropy` takes the natural one.",
    1,
    "This is the probability of the right class. The loss is −ln of it.",
    0.1,
    "A loss of 0 means to be sure and right.",
    0,
)

exercises["sigmoids-to-a-millionth"] = Number(
    10,
    {},
    "One too few: how much comes through so many?",
    9,
    "This would be so for a slope of one half, which is the *value* of a sigmoid at 0.",
    20,
)

# Read and predict -----------------------------------------------------------------------------


def _lowest(classes):
    """Return the loss of answers that are sure and right, with softmax before `cross_entropy`."""
    y = torch.arange(int(classes))
    sure = 1000.0 * one_hot(y).double()
    return cross_entropy(sure.softmax(1), y)


exercises["one-forty-six"] = Number(
    _lowest,
    {"classes": 3.0},
    "This is the floor for ten classes. How many wrong ones are there here?",
    lambda: _lowest(10),
    "This is a guess among three. Sure and right answers cost less.",
    math.log(3),
    "This would be right for `cross_entropy` alone. Which scores does it get here?",
    0,
)

# Write ------------------------------------------------------------------------------------------


def _observe_linear(kind, inputs, outputs):
    torch.manual_seed(0)
    layer, x = kind(int(inputs), int(outputs)), torch.randn(2, int(inputs))
    if any(isinstance(part, nn.Linear) for part in layer.modules()):
        raise RuleBroken("this exercise asks for the layer without nn.Linear")
    count = sum(p.numel() for p in layer.parameters())
    w, b = (getattr(layer, name, None) for name in ("weight", "bias"))
    if not (isinstance(w, Tensor) and isinstance(b, Tensor)):
        return count, None, None, None
    shape, y = torch.tensor(w.shape, dtype=torch.float64), None
    if w.shape == (outputs, inputs):
        y = layer(x)
        y = y if y is None else isinstance(y, Tensor) and torch.allclose(y, linear(x, w, b))
    w, b = w.detach() * inputs**0.5, b.detach() * inputs**0.5
    drawn = -1 <= w.min() < -0.3 and 0.3 < w.max() <= 1 and b.abs().max() <= 1 and b.std() > 0.05
    return count, shape, bool(drawn), y


exercises["linear-by-hand"] = Function(
    "Linear",
    grid(inputs=(64.0, 16.0), outputs=(32.0, 10.0)),
    Part(
        "In the `parameters()` of {call} there are so many numbers:",
        lambda inputs, outputs: inputs * outputs + outputs,
        "It has none: a module finds its tensors only if they are `nn.Parameter`.",
        0.0,
        "The bias is missing, or it is no `nn.Parameter`.",
        lambda inputs, outputs: inputs * outputs,
    ),
    Part(
        "The shape of `weight` in {call} is",
        lambda inputs, outputs: vector(outputs, inputs),
        "In PyTorch a weight has a row for each *output*.",
        lambda inputs, outputs: vector(inputs, outputs),
        missing="Call the parameters `weight` and `bias`.",
    ),
    flag(
        "Are all numbers of {call} drawn evenly between −1/√inputs and 1/√inputs?",
        True,
        "`torch.rand` gives numbers between 0 and 1, `2 * torch.rand(...) - 1` between −1 and 1. "
        "The bias is drawn, too.",
    ),
    flag(
        "Does {call}, called with an `x`, give `x @ weight.T + bias`?",
        True,
        "Both parameters of the module are to be used, and nothing else.",
        missing="`forward` gives back what stands after `return`.",
    ),
    observe=_observe_linear,
    call=lambda inputs, outputs: f"`Linear({inputs:g}, {outputs:g})`",
)


def _course(seed):
    """Return a small net in eval mode with a gradient left over, and batches of 4, 4 and 2."""
    torch.manual_seed(int(seed))
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)).eval()
    x, y = torch.randn(10, 3), torch.randint(3, (10,))
    cross_entropy(net(x), y).backward()
    return net, list(zip(x.split(4), y.split(4), strict=True))


def _epoch(seed, empty="before", result=lambda losses, sizes: losses @ sizes / sizes.sum()):
    """Run an epoch; return what `result` makes of the losses of its batches, and the weights."""
    net, batches = _course(seed)
    optimizer, losses = torch.optim.SGD(net.parameters(), lr=0.1), []
    for x, y in batches:
        if empty == "before":
            optimizer.zero_grad()
        loss = cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        if empty == "after":
            optimizer.zero_grad()
        losses.append(loss.detach())
    sizes = torch.tensor([float(len(x)) for x, _ in batches])
    return result(torch.stack(losses), sizes), _flat(net)


def _flat(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def _observe_epoch(epoch, seed):
    net, batches = _course(seed)
    modes = []
    net.register_forward_hook(lambda *_: modes.append(net.training))
    said = epoch(net, batches, torch.optim.SGD(net.parameters(), lr=0.1))
    tracked = isinstance(said, Tensor) and said.requires_grad
    return _flat(net), all(modes), said, tracked


exercises["one-epoch"] = Function(
    "epoch",
    grid(seed=(0.0, 1.0, 2.0)),
    Part(
        "After {call}, the weights are",
        lambda seed: _epoch(seed)[1],
        "Gradients have added up: empty them for each batch, and before `backward()`.",
        lambda seed: _epoch(seed, empty="never")[1],
        "The net has brought a gradient along, and the first step took it. Empty it *before* "
        "`backward()`.",
        lambda seed: _epoch(seed, empty="after")[1],
        "They have not moved: what does `step()` find?",
        lambda seed: _flat(_course(seed)[0]),
    ),
    flag(
        "The weights are right. Was the net in training mode all through {call}?",
        True,
        "A test before may have left it in `eval()`: dropout and batch norm need `net.train()`.",
    ),
    Part(
        "{call} returned",
        lambda seed: _epoch(seed)[0],
        "This is the mean of the batches. The last one is smaller, so its pictures count more.",
        lambda seed: _epoch(seed, result=lambda losses, sizes: losses.mean())[0],
        "This is the loss of the last batch.",
        lambda seed: _epoch(seed, result=lambda losses, sizes: losses[-1])[0],
    ),
    flag(
        "The number is right. Does it still hold a graph?",
        False,
        "Add up `loss.item()`, a plain number.",
    ),
    observe=_observe_epoch,
    call=lambda seed: f"`epoch(net, batches, optimizer)` (seed {seed:g})",
)


def _observe_start(start, depth, seed):
    torch.manual_seed(int(seed))
    widths = [64] + [int(40 + 60 * width) for width in torch.rand(int(depth)).tolist()]
    layers = [nn.Linear(*pair) for pair in itertools.pairwise(widths)]
    start(layers)
    h = x = torch.randn(50, 64)
    for layer in layers:
        h = layer(h).relu()
    size, one = (h.square().mean() / x.square().mean()).sqrt(), layers[0].weight
    alike = one.shape[0] > len(one.detach().unique(dim=0))
    return not alike, not size <= 0.1, bool(size < 10)  # nan has flooded


exercises["start-for-depth"] = Function(
    "start",
    grid(depth=(10.0, 40.0), seed=(0.0, 1.0)),
    flag(
        "Do the units of a layer differ after {call}?",
        True,
        "Units that start alike get equal gradients, and stay alike for ever.",
    ),
    flag(
        "Is a tenth of the signal left after {call}?",
        True,
        "It has died out on the way forward, and so will the gradient. How much of the mean square "
        "does a ReLU keep, and what must the weights make up for?",
    ),
    flag(
        "Is the signal at most ten times as large after {call}?",
        True,
        "It floods. A sum of n products has n times their mean square, so weights of a layer with "
        "many inputs must be small.",
    ),
    observe=_observe_start,
    call=lambda depth, seed: f"`start(layers)` with {depth:g} layers (seed {seed:g})",
)


def _pictures(seed):
    torch.manual_seed(int(seed))
    net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    x, y = torch.rand(3, 64), torch.randint(10, (3,))
    cross_entropy(net(x), y).backward()
    return net, x, y


def _fooled(seed, step, sign=1.0, signed=True, bounded=True):
    net, x, y = _pictures(seed)
    x = x.requires_grad_()
    (grad,) = torch.autograd.grad(cross_entropy(net(x), y), x)
    moved = (x + sign * step * (grad.sign() if signed else grad)).detach()
    return moved.clamp(0, 1) if bounded else moved


def _observe_fool(fool, seed, step):
    net, x, y = _pictures(seed)
    grads = [p.grad.clone() for p in net.parameters()]
    said = fool(net, x.clone(), y, step)
    pairs = zip(net.parameters(), grads, strict=True)
    return said, all(p.grad is not None and p.grad.equal(old) for p, old in pairs)


exercises["fool-the-net"] = Function(
    "fool",
    grid(seed=(0.0, 1.0), step=(0.0625, 0.25)),
    Part(
        "{call} returned",
        _fooled,
        "This goes down the loss: the net would become surer of the right digit.",
        lambda seed, step: _fooled(seed, step, sign=-1.0),
        "Every pixel goes the same way as its gradient, but by another length: take the sign.",
        lambda seed, step: _fooled(seed, step, signed=False),
        "Some pixels are whiter than white or blacker than black: ink goes from 0 to 1.",
        lambda seed, step: _fooled(seed, step, bounded=False),
        tensor=True,
    ),
    flag(
        "The pictures are right. Has {call} left the gradients of the weights alone?",
        True,
        "Somebody may still need them. `torch.autograd.grad(loss, x)` asks for `x` alone.",
    ),
    observe=_observe_fool,
    call=lambda seed, step: f"`fool(net, x, y, step={step:g})` (seed {seed:g})",
)

# The project ------------------------------------------------------------------------------------


_RETURN = "A function gives back what stands after `return`."
_HINTS = {
    "healthy": "One of your checks cries wolf. Here one unit of several is dead, the optimizer has "
    "two groups, and one net is properly frozen.",
    "double softmax": "Ask `loss_of` itself: what should scores cost that are sure and right?",
    "copies": "How many different rows has the weight of `net.first`?",
    "dead": "Is there a picture for which any unit of `net.first` is above zero?",
    "stranger": "Which tensors does the optimizer hold, and which should learn?",
    "attribute": "What does a module have that was given `requires_grad` as if it were a tensor?",
    "list": "Are the parameters of `net.last` among those that `net` knows of?",
}


def _observe_diagnosis(fault):
    def observe(diagnose, seed):
        net, *rest = patient(fault, int(seed))
        before = torch.cat([_flat(net.first), _flat(net.last)])
        said = diagnose(net, *rest)
        if said is None:
            return None, None, None
        if said not in list(_HINTS):
            raise ValueError(f"{said!r} is none of the words")
        same = torch.cat([_flat(net.first), _flat(net.last)]).equal(before)
        return (said == "healthy") == (fault == "healthy"), said == fault, same

    return observe


def _diagnosis(fault):
    seen = "healthy" if fault == "healthy" else "ill"
    return Function(
        "diagnose",
        grid(seed=(0.0, 1.0, 2.0)),
        flag(f"Does `diagnose` call {{call}} {seen}?", True, _HINTS[fault], missing=_RETURN),
        flag(
            "Does it name the fault of {call}?",
            True,
            "It is given another name: which of your checks comes too early?",
        ),
        flag(
            "The name is right. Are the weights of {call} as before?",
            True,
            "A doctor does no harm: take no step, or give the weights back.",
        ),
        observe=_observe_diagnosis(fault),
        call=lambda seed: f"net {seed:g}",
    )


exercises["network-doctor"] = Project({fault: _diagnosis(fault) for fault in _HINTS})
