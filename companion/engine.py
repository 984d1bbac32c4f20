"""An autograd engine for single numbers, which does as torch does.

>>> w = Scalar(3.0, requires_grad=True)
>>> loss = (2 * w - 4) ** 2
>>> loss.backward()
>>> loss, w.grad
(Scalar(4.0), 8.0)

Where torch answers inf or nan, Python's own arithmetic raises an error.
"""

import itertools
import math
from collections.abc import Callable, Iterator


def operation(rule: Callable) -> Callable:
    """Make an operation on Scalars of a rule on floats.

    The rule returns the value, and then for each input the slope in it.
    """

    def apply(self, *others):
        kind = type(self)
        others = (x if isinstance(x, Scalar) else kind(x) for x in others)
        inputs = [self, *others]
        value, *slopes = rule(*(x.value for x in inputs))
        return kind(value, edges=zip(inputs, slopes, strict=True))

    return apply


def swapped(apply: Callable) -> Callable:
    """Make of an operation the one for a number on the left: 2 - x."""
    return lambda self, other: apply(type(self)(other), self)


def power(a: float, b: float) -> tuple[float, float, float]:
    """Return a to the power b, and its slopes in a and in b."""
    value = math.pow(a, b)
    in_a = b * math.pow(a, b - 1) if b else 0.0  # x ** 0 is flat
    in_b = value * math.log(a) if a > 0 else math.nan if a else 0.0
    return value, in_a, in_b


class Scalar:
    """A number that remembers how it was made, and can find its slopes.

    Parameters
    ----------
    value
        A float, or what ``float`` can turn into one.
    requires_grad
        Whether `backward` shall fill in ``grad``, which is None until then.
    edges
        For a result: its inputs, each with the slope of the result in it.
    """

    numbers = itertools.count()

    def __init__(self, value: float, requires_grad: bool = False, edges=()):
        self.value = float(value)
        self.grad = None
        self.edges = [(x, slope) for x, slope in edges if x.requires_grad]
        self.requires_grad = requires_grad or bool(self.edges)
        self.number = next(self.numbers)  # higher than those of its inputs

    def __repr__(self):
        return f"{type(self).__name__}({self.value})"

    __add__ = operation(lambda a, b: (a + b, 1.0, 1.0))
    __sub__ = operation(lambda a, b: (a - b, 1.0, -1.0))
    __mul__ = operation(lambda a, b: (a * b, b, a))
    __truediv__ = operation(lambda a, b: (a / b, 1 / b, -a / b / b))
    __pow__ = operation(power)
    __neg__ = operation(lambda a: (-a, -1.0))
    exp = operation(lambda a: (math.exp(a), math.exp(a)))
    log = operation(lambda a: (math.log(a), 1 / a))
    tanh = operation(lambda a: (math.tanh(a), 1 - math.tanh(a) ** 2))
    relu = operation(lambda a: (a, 1.0) if a > 0 else (0.0, 0.0))

    __radd__ = swapped(__add__)
    __rsub__ = swapped(__sub__)
    __rmul__ = swapped(__mul__)
    __rtruediv__ = swapped(__truediv__)
    __rpow__ = swapped(__pow__)

    def order(self) -> list["Scalar"]:
        """Return this and all that it was made of, the youngest first."""
        found, waiting = {self}, [self]
        while waiting:
            inputs = {x for x, _ in waiting.pop().edges} - found
            found |= inputs
            waiting += inputs
        return sorted(found, key=lambda node: node.number, reverse=True)

    def sweep(self) -> Iterator[tuple["Scalar", float]]:
        """Yield each node with its whole gradient, then hand that on."""
        grads = {self: 1.0}
        for node in self.order():
            grad = grads.pop(node)
            yield node, grad
            for x, slope in node.edges:
                grads[x] = grads.get(x, 0.0) + slope * grad

    def backward(self) -> None:
        """Add to ``grad`` of each leaf its gradient.

        RuntimeError if there is no such leaf.
        """
        if not self.requires_grad:
            raise RuntimeError("this Scalar does not require a gradient")
        for node, grad in self.sweep():
            if not node.edges:
                node.grad = grad if node.grad is None else node.grad + grad
