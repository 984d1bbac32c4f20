"""The project of the chapter "The backward of a layer": each gradient of a net, by hand.

Torch says what is right; a mistake is a function of the net t and of its true gradients g.
"""

from functools import cache
from types import SimpleNamespace

import torch

from companion.check import Function, Part, Project
from companion.layers import PARAMETERS, forward, net

_STEPS = {
    "the loss": ("logp", "p"),
    "the softmax": ("total", "exp", "scores"),
    "the second layer": ("h", "w2", "b2"),
    "tanh, gamma and beta": ("bn", "gamma", "norm", "beta"),
    "the batch norm": ("inv", "var", "diff", "mean", "pre"),
    "the first layer": ("w1", "b1"),
}
_NAMES = [name for names in _STEPS.values() for name in names]
_N = 6  # rows of `net`
_TURNED = "It is transposed. Here all matrices are square, so the shapes cannot tell you."


def _batch(name):
    """Return the mistake of a mean where forward has stretched something over the batch."""
    said = "This is a mean over the batch. The 1/n is in the loss already: here it is a sum."
    return said, lambda t, g: getattr(g, name) / _N


_MISTAKES = {
    "logp": (
        "The loss is a mean: 1/n is missing.",
        lambda t, g: g.logp * _N,
        "The loss has a minus.",
        lambda t, g: -g.logp,
        "The loss reads one entry of each row. The others have no part in it.",
        lambda t, g: torch.full_like(t.p, -1 / _N),
    ),
    "p": (
        "The slope of a logarithm is 1/p, not p.",
        lambda t, g: g.logp * t.p,
        "This is the slope alone. What has arrived at `logp`?",
        lambda t, g: 1 / t.p,
    ),
    "total": (
        "This is the slope of a / b in a. In b it is −a / b².",
        lambda t, g: (g.p / t.total).sum(1, keepdim=True),
        "One division is missing: the slope of a / b in b is −a / b².",
        lambda t, g: -(g.p * t.p).sum(1, keepdim=True),
        "The sign: a larger total makes each p smaller.",
        lambda t, g: -g.total,
    ),
    "exp": (
        "`exp` is used twice. The path through `total` is missing.",
        lambda t, g: g.p / t.total,
        "`exp` is used twice. The path through `p` is missing.",
        lambda t, g: g.total.expand(t.p.shape),
    ),
    "scores": ("The slope of exp is exp itself: it is missing.", lambda t, g: g.exp),
    "h": (_TURNED, lambda t, g: g.scores @ t.w2),
    "w2": (_TURNED, lambda t, g: g.w2.T, *_batch("w2")),
    "b2": _batch("b2"),
    "bn": (
        "The slope of tanh is 1 − h², with the result h, not with what went in.",
        lambda t, g: g.h * (1 - t.bn**2),
        "The slope of tanh is missing.",
        lambda t, g: g.h,
    ),
    "gamma": (
        "This is the gradient of `beta`. What does `gamma` multiply?",
        lambda t, g: g.bn.sum(0),
        *_batch("gamma"),
    ),
    "norm": ("`gamma` is missing: it multiplies `norm`.", lambda t, g: g.bn),
    "beta": _batch("beta"),
    "inv": _batch("inv"),
    "var": (
        "The sign: the power is −½, and a power comes down.",
        lambda t, g: -g.var,
        "The power has come down, but it is one less, too: −3/2.",
        lambda t, g: -0.5 * g.inv * t.inv,
        "The factor ½ is missing.",
        lambda t, g: 2 * g.var,
    ),
    "diff": (
        "`diff` is used twice. The path through `var` is missing.",
        lambda t, g: g.norm * t.inv,
        "`diff` is used twice. The path through `norm` is missing.",
        lambda t, g: g.diff - g.norm * t.inv,
        "The variance is divided by n here, not by n − 1 (Bessel's correction).",
        lambda t, g: g.norm * t.inv + g.var * 2 * t.diff / (_N - 1),
        "The slope of a square has a factor 2.",
        lambda t, g: g.norm * t.inv + g.var * t.diff / _N,
        "`var` is a mean of squares: its 1/n is missing.",
        lambda t, g: g.norm * t.inv + g.var * 2 * t.diff,
    ),
    "mean": ("The mean is subtracted: the sign.", lambda t, g: -g.mean, *_batch("mean")),
    "pre": (
        "`pre` is used twice. The path through `mean` is missing.",
        lambda t, g: g.diff,
        "Each row is only 1/n of the mean.",
        lambda t, g: g.diff + g.mean,
    ),
    "w1": (_TURNED, lambda t, g: g.w1.T, *_batch("w1")),
    "b1": (),
}


@cache
def _solved(seed):
    """Return the named tensors of a net, and the gradient of each, by autograd."""
    t = net(seed)
    for name in PARAMETERS:
        getattr(t, name).requires_grad_()
    found = torch.autograd.grad(forward(t).loss, [getattr(t, name) for name in _NAMES])
    t = SimpleNamespace(**{name: value.detach() for name, value in vars(t).items()})
    return t, SimpleNamespace(**dict(zip(_NAMES, found, strict=True)))


def _part(name):
    def known(item):
        return item if isinstance(item, str) else lambda seed: item(*_solved(seed))

    return Part(
        f"In {{call}}, `{name}` is",
        lambda seed: getattr(_solved(seed)[1], name),
        *map(known, _MISTAKES[name]),
        missing=f'It is not there yet: `g["{name}"]`.',
        tensor=True,
    )


def _looked_up(names):
    def observe(answer, seed):
        t = forward(net(seed))
        found = answer(SimpleNamespace(**vars(t)))
        if not isinstance(found, dict):
            raise TypeError("a dict of gradients is asked for: return g")
        for name in names:
            value, tensor = found.get(name), getattr(t, name)
            if isinstance(value, torch.Tensor) and value.ndim > tensor.ndim:
                raise ValueError(
                    f"g[{name!r}] has the shape {tuple(value.shape)}, {name} {tuple(tensor.shape)}: "
                    "it was stretched over the batch, so add up over the rows"
                )
        return tuple(found.get(name) for name in names)

    return observe


project = Project(
    {
        step: Function(
            "gradients",
            [{"seed": seed} for seed in range(3)],
            *map(_part, names),
            observe=_looked_up(names),
            call=lambda seed: f"`gradients(forward(net({seed:g})))`",
            drawn=lambda draw: {"seed": draw.randint(100, 999)},
            without="backward",
        )
        for step, names in _STEPS.items()
    }
)
