"""A small network on digits, and how sharply its loss is bent while gradient descent goes on.

>>> w = weights()
>>> round(loss(w).item(), 2), round(sharpest(w)[0], 1)
(1.25, 19.5)
"""

import functools
from typing import NamedTuple

import torch
from torch import Tensor

from companion.digits import load_digits

RATES = (0.07, 0.1, 0.2)
EVERY, MOMENTS = 50, 33  # steps from one moment to the next, and moments
AHEAD = 6  # steps that are followed at each moment
ACROSS = torch.linspace(-0.7, 0.7, 15, dtype=torch.float64)  # the valley is seen at lr times these
_GRID = 2.0**20


#: 500 images of shape (500, 64), and a 1 among zeros for each digit, in float64. They are made
#: here, since what is made inside of a transform of torch.func may not be used after it.
X, Y = (tensor[:500] for tensor in load_digits()[:2])
X, Y = X.double(), torch.nn.functional.one_hot(Y, 10).double()


def weights(seed: int = 0) -> Tensor:
    """Return the 2,410 weights of a 64-32-10 network in one vector, drawn as nn.Linear does it."""
    draw = torch.Generator().manual_seed(seed)
    w = 2 * torch.rand(2410, generator=draw, dtype=torch.float64) - 1
    return w / torch.cat((torch.full((2080,), 8.0), torch.full((330,), 32**0.5)))


def loss(w: Tensor) -> Tensor:
    """Return the squared error on the digits: summed over ten outputs, the mean over the images.

    `w` has the shape (2410,); a tanh stands between the two layers.
    """
    A, a, B, b = w.split((2048, 32, 320, 10))
    y_hat = torch.tanh(X @ A.view(64, 32) + a) @ B.view(32, 10) + b
    return ((y_hat - Y) ** 2).sum(1).mean()


def step(w: Tensor, lr: float) -> Tensor:
    """Return the weights after a step down the slope, rounded to multiples of 2⁻²⁰.

    At the edge the smallest difference grows, and processors differ in the last bit: rounded
    weights are the same on each of them.

    >>> w = weights()
    >>> for _ in range(20):
    ...     w = step(w, 0.25)
    >>> loss(w).item() > 1e6
    True
    """
    w = w.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(loss(w), w)
    return ((w.detach() - lr * slopes) * _GRID).round() / _GRID


def sharpest(w: Tensor, v: Tensor | None = None, turns: int = 30) -> tuple[float, Tensor]:
    """Return the largest eigenvalue of the loss's Hessian at `w`, and its direction.

    By the method of Lanczos: as many products of the Hessian with a vector, the first one `v`.
    """
    w = w.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(loss(w), w, create_graph=True)
    v = torch.ones_like(w) if v is None else v
    basis, products = (v / v.norm())[None], []
    for _ in range(turns):
        products += torch.autograd.grad(slopes, w, basis[-1], retain_graph=True)
        rest = products[-1]
        for _ in range(2):  # once more, against rounding
            rest = rest - (basis @ rest) @ basis
        basis = torch.cat((basis, rest[None] / rest.norm()))
    values, vectors = torch.linalg.eigh(torch.stack(products) @ basis[:-1].T)
    return values[-1].item(), vectors[:, -1] @ basis[:-1]


class Moment(NamedTuple):
    """What is seen after some steps; places are distances from the valley's bottom.

    The loss; its sharpness; where the next steps land along the sharpest direction, and how high
    the loss stands there; and how high it stands at the learning rate times each of `ACROSS`.
    """

    loss: float
    sharpness: float
    places: list[float]
    heights: list[float]
    valley: list[float]


@functools.cache
def descent(lr: float) -> list[Moment]:
    """Return `MOMENTS` of a descent with a learning rate.

    >>> first, *_, last = descent(0.2)
    >>> round(first.sharpness, 1), round(last.sharpness, 1)
    (19.5, 11.0)
    """
    w, v, moments = weights(), None, []
    for moment in range(MOMENTS):
        sharpness, v = sharpest(w, v, 30 if v is None else 20)
        start, places = w, []
        for k in range(EVERY):
            if k <= AHEAD:
                places.append((w - start) @ v)
            w = step(w, lr) if moment < MOMENTS - 1 or k < AHEAD else w
        places = torch.stack(places)
        bottom = places[1] / (lr * sharpness)  # of a parabola with this slope and sharpness
        side = 1 if places[1] >= 0 else -1  # the first step goes to the right

        def heights(places, start=start, v=v, bottom=bottom):
            low, *rest = (loss(start + (bottom + s) * v) for s in (0, *places))
            return [(height - low).item() for height in rest]

        seen = places - bottom, side * lr * ACROSS
        moments.append(
            Moment(loss(start).item(), sharpness, (side * seen[0]).tolist(), *map(heights, seen))
        )
    return moments
