"""The engine of the chapter "Build your own autograd", and the net that it trains.

>>> w = Scalar(3.0)
>>> error = 2 * w + -4
>>> loss = error * error
>>> loss.backward()
>>> loss.value, w.grad
(4.0, 8.0)
"""

import itertools
import math
from collections.abc import Iterator


class Scalar:
    """A number that remembers what it was made of.

    A result has ``edges``: pairs of an input and the local slope, which says how many times as much
    the result grows when that input alone grows. For a leaf, ``grad`` is the sum of what `backward`
    has found for it. ``number`` tells how many Scalars were made before: a result has a higher one
    than its inputs.
    """

    numbers = itertools.count()

    def __init__(self, value, edges=()):
        self.value = value
        self.edges = edges
        self.grad = 0.0
        self.number = next(Scalar.numbers)

    def __add__(self, other):
        other = scalar(other)
        return Scalar(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        other = scalar(other)
        slopes = [(self, other.value), (other, self.value)]
        return Scalar(self.value * other.value, slopes)

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.value)
        return Scalar(t, [(self, 1 - t * t)])

    def order(self) -> list["Scalar"]:
        """Return this and all that it was made of, each after every result that uses it."""
        found = [self]
        seen = {self}
        for node in found:
            for x, _ in node.edges:
                if x not in seen:
                    seen.add(x)
                    found.append(x)
        return sorted(found, key=lambda node: node.number, reverse=True)

    def sweep(self) -> Iterator[tuple["Scalar", float]]:
        """Yield each node with its complete gradient, then hand that on to its inputs."""
        grads = {self: 1.0}
        for node in self.order():
            grad = grads.pop(node)
            yield node, grad
            for x, slope in node.edges:
                grads[x] = grads.get(x, 0.0) + slope * grad

    def backward(self) -> None:
        """Add to the ``grad`` of each leaf its gradient."""
        for node, grad in self.sweep():
            if not node.edges:
                node.grad += grad


def scalar(x: Scalar | float) -> Scalar:
    """Return a plain number as a Scalar, and a Scalar as it is."""
    return x if isinstance(x, Scalar) else Scalar(x)


#: XOR: two inputs, and 1 if exactly one of them is 1.
EXAMPLES = ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0))
#: The first weights of each hidden node (w1, w2, b, v), and the bias of the output.
HIDDEN = ((-1.0, 0.3, 0.4, -0.2), (0.3, 0.1, -1.3, -0.4), (0.1, -1.2, -0.2, -0.4))
HIDDEN = (*HIDDEN, (0.5, 1.2, -0.8, 0.1))
BIAS = 0.5


def guess(hidden, bias, x1, x2):
    """Return what the net says to two inputs; weights and inputs may be of any kind.

    >>> round(float(guess([(1.0, 1.0, 0.0, 2.0)], 0.5, Scalar(0.5), 0.0).value), 3)
    1.424
    """
    y_hat = bias
    for w1, w2, b, v in hidden:
        y_hat = y_hat + v * (w1 * x1 + w2 * x2 + b).tanh()
    return y_hat


def loss_of(hidden, bias):
    """Return the mean of the squared errors over the four examples."""
    total = 0
    for x1, x2, y in EXAMPLES:
        error = guess(hidden, bias, x1, x2) + -y
        total = total + error * error
    return total * 0.25


def train(make=Scalar, steps: int = 120, lr: float = 0.25) -> list[tuple]:
    """Return hidden weights, bias and loss before each of `steps` steps, and after the last one.

    `make` is the engine: it makes a leaf of a float, whose ``value`` may be set.

    >>> [round(loss, 3) for _, _, loss in train(steps=2)]
    [0.554, 0.263, 0.257]
    """
    hidden = [[make(weight) for weight in row] for row in HIDDEN]
    bias = make(BIAS)
    history = []
    for _ in range(steps + 1):
        loss = loss_of(hidden, bias)
        loss.backward()
        values = [[w.value for w in row] for row in hidden]
        history.append((values, bias.value, loss.value))
        for w in (*itertools.chain(*hidden), bias):
            w.value -= lr * w.grad
            w.grad = 0.0
    return history
