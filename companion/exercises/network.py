"""The exercises to the chapter "From one weight to a network".

What is right is found by building the networks with torch. Readers' nets are float32, as usual.
"""

import itertools
import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, linear, one_hot

from companion.check import Function, Number, Part, flag
from companion.check._steps import Project
from companion.exercises._given import grid, vector, which_runs
from companion.exercises._patients import patient

exercises = {}


# Predictions ----------------------------------------------------------------------------------

exercises["weights-of-a-net"] = Number(
    lambda inputs, hidden, outputs: sum(
        p.numel()
        for layer in (nn.Linear(int(inputs), int(hidden)), nn.Linear(int(hidden), int(outputs)))
        for p in layer.parameters()
    ),
    {"inputs": 64.0, "hidden": 32.0, "outputs": 10.0},
    "These are the weights alone. Each unit has a bias as well.",
    lambda inputs, hidden, outputs: inputs * hidden + hidden * outputs,
    "This is the first layer alone.",
    lambda inputs, hidden: inputs * hidden + hidden,
    "These are the numbers that flow through it. Every input of a layer has a weight for every "
    "output.",
    lambda inputs, hidden, outputs: inputs + hidden + outputs,
    "So many tensors learn. How many numbers are in them?",
    4,
)

_GUESSES = (
    "This is a logarithm to the base 2; `cross_entropy` takes the natural one.",
    lambda classes: math.log2(classes),
    "This is a logarithm to the base 10; `cross_entropy` takes the natural one.",
    lambda classes: math.log10(classes),
    "This is the probability of the right class. The loss is −ln of it.",
    lambda classes: 1 / classes,
    "The logarithm of a probability is negative, so the loss has a minus sign.",
    lambda right: -right,
    "A loss of 0 means to be sure and right.",
    0.0,
)


def _guess(classes):
    scores = torch.zeros(1, int(classes), dtype=torch.float64)
    return cross_entropy(scores, torch.tensor([0]))


exercises["untrained-loss"] = Number(_guess, {"classes": 10.0}, *_GUESSES)

exercises["sigmoids-to-a-millionth"] = Number(
    lambda: next(n for n in range(99) if 0.25**n < 1e-6),
    {},
    "One too few: how much comes through so many?",
    lambda right: right - 1,
    "This would be so for a slope of one tenth.",
    6,
    "This would be so for a slope of one half, which is the *value* of a sigmoid at 0.",
    20,
)

# Read and predict -----------------------------------------------------------------------------

exercises["guess-of-letters"] = Number(
    _guess,
    {"classes": 26.0},
    "This is the guess among ten digits. How many letters are there?",
    math.log(10),
    *_GUESSES,
)


def _floor(classes):
    """Return the loss of answers that are sure and right, with softmax before `cross_entropy`."""
    y = torch.arange(int(classes))
    sure = 1000.0 * one_hot(y).double()
    return cross_entropy(sure.softmax(1), y)


exercises["one-forty-six"] = which_runs(
    "from torch.nn.functional import cross_entropy, one_hot\n"
    "y = torch.arange(10)\nscores = 1000.0 * one_hot(y)",
    "assert 1.46 < loss < 1.47",
    a=(
        "`loss = cross_entropy(scores.relu(), y)`",
        "The right score may be as large as it likes, and the others 0: how small can this get?",
    ),
    b=(
        "`loss = cross_entropy(scores, y.flip(0))`",
        "These answers belong to other pictures, so nothing can be read, and guessing costs 2.30.",
    ),
    c="`loss = cross_entropy(scores.softmax(1), y)`",
    d=(
        "`loss = cross_entropy(scores / 10, y)`",
        "Scores may be as large as they like, so a tenth of them is no limit.",
    ),
)

exercises["floor-of-three"] = Number(
    _floor,
    {"classes": 3.0},
    "This is the floor for ten classes. How many wrong ones are there here?",
    math.log(1 + 9 / math.e),
    "This is a guess among three. Sure and right answers cost less.",
    math.log(3),
    "The right class is counted among the wrong ones.",
    math.log(1 + 3 / math.e),
    "This would be right for `cross_entropy` alone. Which scores does it get here?",
    0.0,
)

# Write ------------------------------------------------------------------------------------------


def _given_layer(inputs, outputs):
    make = torch.Generator().manual_seed(int(100 * inputs + outputs))
    shapes = (int(outputs), int(inputs)), (int(outputs),), (2, int(inputs))
    return [torch.randn(shape, generator=make) for shape in shapes]


def _observe_linear(kind, inputs, outputs):
    torch.manual_seed(0)
    layer = kind(int(inputs), int(outputs))
    w, b, x = _given_layer(inputs, outputs)
    count = sum(p.numel() for p in layer.parameters())
    if not all(isinstance(getattr(layer, name, None), Tensor) for name in ("weight", "bias")):
        return count, None, None, None
    shape = torch.tensor(layer.weight.shape, dtype=torch.float64)
    if (layer.weight.shape, layer.bias.shape) != (w.shape, b.shape):
        return count, shape, None, None
    widest = max(p.abs().max().item() for p in (layer.weight, layer.bias)) * inputs**0.5
    with torch.no_grad():
        layer.weight.copy_(w)
        layer.bias.copy_(b)
    return count, shape, 0.3 < widest <= 1, layer(x)


_SIZES = grid(inputs=(64.0, 16.0), outputs=(32.0, 10.0))
exercises["linear-by-hand"] = Function(
    "Linear",
    _SIZES,
    Part(
        "In the `parameters()` of {call} there are so many numbers:",
        lambda inputs, outputs: inputs * outputs + outputs,
        "It has none: a module finds its tensors only if they are `nn.Parameter`.",
        0.0,
        "The bias is missing, or it is no `nn.Parameter`.",
        lambda inputs, outputs: inputs * outputs,
        "The bias has a number for each input. It is added to the outputs.",
        lambda inputs, outputs: inputs * outputs + inputs,
    ),
    Part(
        "The shape of `weight` in {call} is",
        lambda inputs, outputs: vector(outputs, inputs),
        "In PyTorch a weight has a row for each *output*.",
        lambda inputs, outputs: vector(inputs, outputs),
        missing="Call the parameters `weight` and `bias`.",
    ),
    flag(
        "That the first weights of {call} are drawn between −1/√inputs and 1/√inputs is",
        True,
        "`torch.rand` gives numbers between 0 and 1, `2 * torch.rand(...) - 1` between −1 and 1.",
        missing="Call the parameters `weight` and `bias`.",
    ),
    Part(
        "{call}, with given weights, returned",
        lambda inputs, outputs: linear(*(_given_layer(inputs, outputs)[k] for k in (2, 0, 1))),
        "The bias is not added.",
        lambda inputs, outputs: linear(*(_given_layer(inputs, outputs)[k] for k in (2, 0))),
        "`forward` does not use the parameters of the module.",
        lambda inputs, outputs: torch.zeros(2, int(outputs)),
        tensor=True,
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


def _epoch(seed, empty=True, result=lambda losses, sizes: losses @ sizes / sizes.sum()):
    """Run an epoch; return what `result` makes of the losses of its batches, and the weights."""
    net, batches = _course(seed)
    optimizer, losses = torch.optim.SGD(net.parameters(), lr=0.1), []
    for x, y in batches:
        if empty:
            optimizer.zero_grad()
        loss = cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
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
        "Gradients have added up. The net may bring some along: empty them before `backward()`.",
        lambda seed: _epoch(seed, empty=False)[1],
        "They have not moved: what does `step()` find?",
        lambda seed: _flat(_course(seed)[0]),
    ),
    flag(
        "The weights are right. That {call} was in training mode throughout is",
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
        "This is the sum over the batches.",
        lambda seed: _epoch(seed, result=lambda losses, sizes: losses.sum())[0],
        "This is the sum over the pictures.",
        lambda seed: _epoch(seed, result=lambda losses, sizes: losses @ sizes)[0],
    ),
    flag(
        "The number is right, but that it still holds a graph is",
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
    h.square().mean().backward()
    size, one = (h.square().mean() / x.square().mean()).sqrt(), layers[0].weight
    alike = one.shape[0] > len(one.detach().unique(dim=0))
    return not alike, bool(size > 0.1), bool(size < 10), one.is_leaf and one.requires_grad


exercises["start-for-depth"] = Function(
    "start",
    grid(depth=(10.0, 40.0), seed=(0.0, 1.0)),
    flag(
        "That the units of a layer differ after {call} is",
        True,
        "Units that start alike get equal gradients, and stay alike for ever.",
    ),
    flag(
        "That a tenth of the signal is left after {call} is",
        True,
        "It has died out on the way forward, and so will the gradient. How much of the mean square "
        "does a ReLU keep, and what must the weights make up for?",
    ),
    flag(
        "That the signal is at most ten times as large after {call} is",
        True,
        "It floods. A sum of n products has n times their mean square, so weights of a layer with "
        "many inputs must be small.",
    ),
    flag(
        "The sizes are right, but that the weights still learn after {call} is",
        True,
        "Fill them in place, by a function of `nn.init` or under `torch.no_grad()`.",
    ),
    observe=_observe_start,
    call=lambda depth, seed: f"`start(layers)` with {depth:g} layers (seed {seed:g})",
)


def _pictures(seed):
    torch.manual_seed(int(seed))
    net = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10))
    return net, torch.rand(3, 64), torch.randint(10, (3,))


def _fooled(seed, step, sign=1.0, signed=True, bounded=True):
    net, x, y = _pictures(seed)
    x = x.requires_grad_()
    (grad,) = torch.autograd.grad(cross_entropy(net(x), y), x)
    moved = (x + sign * step * (grad.sign() if signed else grad)).detach()
    return moved.clamp(0, 1) if bounded else moved


def _observe_fool(fool, seed, step):
    net, x, y = _pictures(seed)
    said = fool(net, x.clone(), y, step)
    return said, any(p.grad is not None for p in net.parameters())


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
        "The pictures have not changed.",
        lambda seed, step: _fooled(seed, 0.0),
        tensor=True,
    ),
    flag(
        "The pictures are right, but that {call} left gradients in the weights is",
        False,
        "The next `step()` would use them. `torch.autograd.grad(loss, x)` asks for `x` alone.",
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
        if said not in _HINTS:
            raise ValueError(f"{said!r} is none of the words")
        same = torch.cat([_flat(net.first), _flat(net.last)]).equal(before)
        return (said == "healthy") == (fault == "healthy"), said == fault, same

    return observe


def _diagnosis(fault):
    seen = "healthy" if fault == "healthy" else "ill"
    return Function(
        "diagnose",
        grid(seed=(0.0, 1.0, 2.0)),
        flag(f"Whether `diagnose` calls {{call}} {seen}:", True, _HINTS[fault], missing=_RETURN),
        flag(
            "Whether it names the fault of {call}:",
            True,
            "It is given another name: which of your checks comes too early?",
        ),
        flag(
            "The name is right. Whether the weights of {call} are as before:",
            True,
            "A doctor does no harm: take no step, or give the weights back.",
        ),
        observe=_observe_diagnosis(fault),
        call=lambda seed: f"net {seed:g}",
    )


exercises["network-doctor"] = Project({fault: _diagnosis(fault) for fault in _HINTS})
