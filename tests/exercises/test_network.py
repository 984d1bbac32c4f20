"""The exercises on networks know right answers, however they are written, and name each mistake.

Protected here: a module's own layer, an epoch that counts pictures, weights for a given depth, a
picture that goes uphill, and a doctor that finds each fault and none where there is none.
"""

import math

import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot


def evenly(*shape):
    return 2 * torch.rand(*shape) - 1


def linear(
    wrap=nn.Parameter, bias=True, flipped=False, scale=None, add=True, width=None, draw=evenly
):
    class Linear(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            shape = (inputs, outputs) if flipped else (outputs, inputs)
            bound = scale or inputs**-0.5
            self.weight = wrap(bound * draw(*shape))
            count = inputs if width == "inputs" else outputs
            self.bias = wrap(bound * draw(count)) if bias else 0.0

        def forward(self, x):
            return x @ self.weight.T + (self.bias if add else 0.0)

    return Linear


class ByInit(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))
        for p in (self.weight, self.bias):
            nn.init.uniform_(p, -(inputs**-0.5), inputs**-0.5)

    def forward(self, x):
        return nn.functional.linear(x, self.weight, self.bias)


class Silent(linear()):
    def forward(self, x):
        pass


def epoch(mode=True, empty="before", total="pictures", plain=True):
    def epoch(net, batches, optimizer):
        if mode:
            net.train()
        losses, sizes = [], []
        for x, y in batches:
            loss = cross_entropy(net(x), y)
            if empty == "before":
                optimizer.zero_grad()
            loss.backward()
            if empty == "too early":
                optimizer.zero_grad()
            optimizer.step()
            if empty == "after":
                optimizer.zero_grad()
            losses.append(loss if not plain else loss.item())
            sizes.append(len(x))
        if total == "batches":
            return sum(losses) / len(losses)
        if total == "last":
            return losses[-1]
        weighed = sum(a * b for a, b in zip(losses, sizes, strict=True))
        return weighed / {"pictures": sum(sizes), "sum": 1}[total]

    return epoch


def epoch_by_sum(net, batches, optimizer):
    net.train()
    total = torch.zeros(())
    for x, y in batches:
        net.zero_grad()
        losses = cross_entropy(net(x), y, reduction="none")
        losses.mean().backward()
        optimizer.step()
        total += losses.detach().sum()
    return total / sum(len(y) for _, y in batches)


def start(fill):
    def start(layers):
        for layer in layers:
            fill(layer)

    return start


def in_no_grad(layer):
    with torch.no_grad():
        layer.weight.normal_().mul_(math.sqrt(2 / layer.in_features))


def fool(sign=1, signed=True, bounded=True, alone=True):
    def fool(net, x, y, step):
        x = x.detach().clone().requires_grad_()
        loss = cross_entropy(net(x), y)
        if alone:
            (grad,) = torch.autograd.grad(loss, x)
        else:
            loss.backward()
            grad = x.grad
        grad = grad.sign() if signed else grad
        found = (x + sign * step * grad).detach()
        return found.clamp(0, 1) if bounded else found

    return fool


def and_empties(fool):
    def fool_and_empty(net, x, y, step):
        found = fool(net, x, y, step)
        net.zero_grad()
        return found

    return fool_and_empty


def doctor(*without, early=(), harm=False, wary=True):
    """Return a doctor that lacks some checks, or makes one of them before all others."""

    def diagnose(net, optimizer, loss_of, x, y):
        own = {id(p) for p in net.parameters()}
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        layers = net.first, net.last
        weights = [p for layer in layers for p in layer.parameters()]
        found = {
            "double softmax": loss_of(1000.0 * one_hot(y, 10), y).item() > 0.1,
            "copies": len(net.first.weight.unique(dim=0)) == 1,
            "dead": not (net.first(x) > 0).any(),
            "attribute": any("requires_grad" in vars(layer) for layer in layers),
            "list": any(id(p) not in own for p in weights),
            "stranger": any(id(p) not in held and (p.requires_grad or not wary) for p in weights),
        }
        if harm:
            with torch.no_grad():
                net.first.weight += 1
        for word in (*early, *found):
            if found[word] and word not in without:
                return word
        return "healthy"

    return diagnose


RIGHT = {
    "weights-of-a-net": [2410, 64 * 32 + 32 + 32 * 10 + 10],
    "untrained-loss": [math.log(10), 2.303, -math.log(0.1)],
    "sigmoids-to-a-millionth": [10],
    "one-forty-six": [math.log(1 + 2 / math.e), 0.5514, 0.55144],
    "linear-by-hand": [linear(), ByInit],
    "one-epoch": [epoch(), epoch_by_sum],
    "start-for-depth": [
        start(in_no_grad),
        start(lambda layer: nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")),
        start(lambda layer: nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")),
        start(lambda layer: nn.init.orthogonal_(layer.weight, gain=2**0.5)),
    ],
    "fool-the-net": [fool(), lambda *given: fool(bounded=False)(*given).clip(0.0, 1.0)],
    "network-doctor": [doctor(), doctor(early=["list"])],
}

WRONG = {
    "weights-of-a-net": [
        (2368, "a bias as well"),
        (4, "So many tensors"),
        (106, "No mistake"),
    ],
    "untrained-loss": [
        (1, "base 10"),
        (0.1, "probability"),
        (0, "sure and right"),
    ],
    "sigmoids-to-a-millionth": [(9, "One too few"), (20, "*value*"), (11, "No mistake")],
    "one-forty-six": [
        (1.4612, "ten classes"),
        (math.log(3), "a guess"),
        (0, "Which scores"),
    ],
    "linear-by-hand": [
        (linear(wrap=lambda tensor: tensor), "only if they are `nn.Parameter`"),
        (linear(bias=False), "The bias is missing"),
        (linear(width="inputs"), "must match the size"),
        (nn.Linear, "without nn.Linear"),
        (linear(flipped=True), "a row for each *output*"),
        (linear(scale=1.0), "between −1 and 1"),
        (linear(draw=torch.rand), "between −1 and 1"),
        (linear(add=False), "give `x @ weight.T + bias`? False."),
        (Silent, "after `return`"),
    ],
    "one-epoch": [
        (epoch(empty=""), "Gradients have added up"),
        (epoch(empty="after"), "has brought a gradient along"),
        (epoch(empty="too early"), "what does `step()` find"),
        (
            epoch(mode=False),
            "training mode all through `epoch(net, batches, optimizer)` (seed 0)? False.",
        ),
        (epoch(total="batches"), "The last one is smaller"),
        (epoch(total="last"), "the last batch"),
        (epoch(total="sum"), "No mistake"),
        (epoch(plain=False), "still hold a graph"),
    ],
    "start-for-depth": [
        (start(lambda layer: nn.init.constant_(layer.weight, 0.1)), "stay alike for ever"),
        (start(lambda layer: None), "died out"),
        (start(lambda layer: nn.init.xavier_normal_(layer.weight)), "died out"),
        (start(lambda layer: nn.init.normal_(layer.weight)), "It floods"),
        (start(lambda layer: nn.init.normal_(layer.weight, std=100.0)), "It floods"),
    ],
    "fool-the-net": [
        (fool(sign=-1), "down the loss"),
        (fool(signed=False), "take the sign"),
        (fool(bounded=False), "ink goes from 0 to 1"),
        (fool(alone=False), "the gradients of the weights alone? False."),
        (and_empties(fool()), "the gradients of the weights alone? False."),
    ],
    "network-doctor": [
        (lambda *program: print(end=""), "after `return`"),
        (lambda *program: "healthy", "Solved: healthy. Now double softmax"),
        (doctor(wary=False), "cries wolf"),
        (doctor("double softmax"), "what should scores cost"),
        (doctor("copies"), "different rows"),
        (doctor("dead"), "above zero"),
        (doctor("stranger"), "the optimizer hold"),
        (doctor("attribute"), "as if it were a tensor"),
        (doctor("list", "stranger"), "the optimizer hold"),
        (doctor(early=["stranger"]), "comes too early"),
        (doctor(harm=True), "A doctor does no harm"),
        (lambda *program: "ill", "none of the words"),
        (lambda *program: ["dead"], "none of the words"),
    ],
}
