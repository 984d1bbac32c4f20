"""The project of the chapter "The backward of a layer": each gradient of a net, by hand.

Torch says what is right.
"""

from functools import cache
from types import SimpleNamespace

import torch

from companion.check import Function, Part, Project
from companion.check.vocabulary import SIGN
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

#: Mistakes in one gradient, each a function of the net t and of its true gradients g.
OWN = {
    "logp": (
        "The loss is a mean: 1/n is missing.",
        lambda t, g: g.logp * _N,
        "The loss reads one entry of each row. The others have no part in it.",
        lambda t, g: torch.full_like(t.p, -1 / _N),
    ),
    "p": ("The slope of a logarithm is 1/p, not p.", lambda t, g: g.logp * t.p),
    "total": (
        "This is the slope of a / b in a. In b it is −a / b².",
        lambda t, g: (g.p / t.total).sum(1, keepdim=True),
        "One division is missing: the slope of a / b in b is −a / b².",
        lambda t, g: -(g.p * t.p).sum(1, keepdim=True),
    ),
    "exp": (
        "`exp` is used twice. The path through `total` is missing.",
        lambda t, g: g.p / t.total,
        "`exp` is used twice. The path through `p` is missing.",
        lambda t, g: g.total.expand(t.p.shape),
    ),
    "scores": ("The slope of exp is exp itself: it is missing.", lambda t, g: g.exp),
    "h": (_TURNED, lambda t, g: g.scores @ t.w2),
    "bn": (
        "The slope of tanh is 1 − h², with the result h, not with what went in.",
        lambda t, g: g.h * (1 - t.bn**2),
        "The slope of tanh is missing.",
        lambda t, g: g.h,
    ),
    "gamma": (
        "This is the gradient of `beta`. What does `gamma` multiply?",
        lambda t, g: g.bn.sum(0),
    ),
    "norm": ("`gamma` is missing: it multiplies `norm`.", lambda t, g: g.bn),
    "var": (
        "The power has come down, but it is one less, too: −3/2.",
        lambda t, g: -0.5 * g.inv * t.inv,
        "The factor ½ is missing.",
        lambda t, g: 2 * g.var,
        "Each square is only 1/n of `var`: that belongs to `diff`, not here.",
        lambda t, g: g.var / _N,
    ),
    "diff": (
        "`diff` is used twice. The path through `var` is missing.",
        lambda t, g: g.norm * t.inv,
        "`diff` is used twice. The path through `norm` is missing.",
        lambda t, g: g.diff - g.norm * t.inv,
        "The slope of a square has a factor 2.",
        lambda t, g: g.norm * t.inv + g.var * t.diff / _N,
        "`var` is a mean of squares: its 1/n is missing.",
        lambda t, g: g.norm * t.inv + g.var * 2 * t.diff,
    ),
    "pre": (
        "`pre` is used twice. The path through `mean` is missing.",
        lambda t, g: g.diff,
        "Each row is only 1/n of the mean.",
        lambda t, g: g.diff + g.mean,
    ),
    "w1": (_TURNED, lambda t, g: g.w1.T),
    "w2": (_TURNED, lambda t, g: g.w2.T),
}
#: Mistakes that can be made in any of them.
_ANY = (
    SIGN,
    "It is n times too small: the 1/n of the mean is in the loss already, and comes down from it.",
    lambda right: right / _N,
)


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
        *map(known, OWN.get(name, ())),
        *_ANY,
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
            value, right = found.get(name), getattr(t, name)
            if isinstance(value, torch.Tensor) and value.ndim > right.ndim:
                raise ValueError(f"{name} was stretched over the batch: add up over the rows")
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
