"""The exercises on the reader's own engine: right answers pass, and each known mistake is named.

Protected here: engines that are written otherwise pass all steps; each usual mistake, made in an
engine that is right everywhere else, stops at its own step with its own sentence.
"""

import math
from collections import Counter

import torch

from companion.check import check
from companion.engine import Scalar
from companion.exercises.engine import by_recursion, depth_first, kept_inside, replaced


class Engine:
    """An engine as most people write it: depth first, with sums in a dictionary."""

    def __init__(self, value, edges=()):
        self.value, self.edges, self.grad = value, edges, 0.0

    def made(self, value, *edges):
        return type(self)(value, list(edges))

    def other(self, x):
        return x if isinstance(x, Engine) else type(self)(x)

    def __add__(self, x):
        x = self.other(x)
        return self.made(self.value + x.value, (self, 1.0), (x, 1.0))

    def __mul__(self, x):
        x = self.other(x)
        return self.made(self.value * x.value, (self, x.value), (x, self.value))

    def __radd__(self, x):
        return self + x

    def __rmul__(self, x):
        return self * x

    def tanh(self):
        t = math.tanh(self.value)
        return self.made(t, (self, 1 - t * t))

    def order(self):
        found = {}

        def visit(node):
            if node not in found:
                for x, _ in node.edges:
                    visit(x)
                found[node] = None

        visit(self)
        return list(found)[::-1]

    def backward(self):
        grads = dict.fromkeys(self.order(), 0.0) | {self: 1.0}
        for node, grad in grads.items():
            for x, slope in node.edges:
                grads[x] += slope * grad
        for node, grad in grads.items():
            node.grad += 0.0 if node.edges else grad


class ByCounting(Engine):
    """It puts a node down when as many results as use it are down."""

    def order(self):
        users = Counter(x for node in Engine.order(self) for x, _ in node.edges)
        ready = [self]
        for node in ready:
            for x, _ in node.edges:
                users[x] -= 1
                if not users[x]:
                    ready.append(x)
        return tuple(ready)


class InTorchsNumbers(Engine):
    """Its values are tensors, and its grad is one."""

    def __init__(self, value, edges=()):
        super().__init__(torch.as_tensor(value, dtype=torch.float64), edges)

    def tanh(self):
        t = self.value.tanh()
        return self.made(t, (self, 1 - t**2))


def engine(**methods):
    """Return an engine that is right but for these methods."""
    return type("Scalar", (Engine,), methods)


def plus(value=lambda a, b: a + b, slopes=lambda a, b: (1.0, 1.0)):
    def add(self, x):
        x = self.other(x)
        edges = zip((self, x), slopes(self.value, x.value), strict=True)
        return self.made(value(self.value, x.value), *edges)

    return engine(__add__=add)


def times(value=lambda a, b: a * b, slopes=lambda a, b: (b, a), keep=list):
    def multiply(self, x):
        x = self.other(x)
        edges = zip((self, x), slopes(self.value, x.value), strict=True)
        return type(self)(value(self.value, x.value), list(keep(list(edges))))

    return engine(__mul__=multiply)


def tanh(value=math.tanh, slope=lambda a, t: 1 - t * t):
    def method(self):
        t = math.tanh(self.value)
        return self.made(value(self.value), (self, slope(self.value, t)))

    return engine(tanh=method)


def order(find):
    return engine(order=lambda self: find(self))


def backward(go):
    return engine(backward=lambda self: go(self))


def starting_afresh(y):
    for node in y.order():
        node.grad = 0.0
    Engine.backward(y)


def without_plain_numbers(self, x):
    return self.made(self.value + x.value, (self, 1.0), (x, 1.0))


RIGHT = {
    "slope-of-a-product": [5, 5.0],
    "whose-turn": ["b"],
    "who-passes": ["c"],
    "one-answer": [0.25, torch.tensor(0.25)],
    "engine-recursion": [54, 54.0],
    "your-engine": [Scalar, Engine, ByCounting, InTorchsNumbers],
}

WRONG = {
    "slope-of-a-product": [(2, "This is `a` itself"), (10, "the product"), (7, "No mistake")],
    "one-answer": [(0.5, "takes its square"), (1, "their mean"), (0, "No mistake")],
    "engine-recursion": [
        (36, "This is the true gradient"),
        (18, "so it is called twice"),
        (12, "No mistake"),
    ],
    "your-engine": [
        (engine(__add__=lambda self, x: None), "First `+`"),
        (engine(__add__=lambda self, x: x.y), "Scalar(4); a + b` stopped with AttributeError"),
        (
            engine(__add__=lambda self, x: self.value + self.other(x).value),
            "the result is no Scalar",
        ),
        (engine(__add__=without_plain_numbers), "has no attribute 'value'"),
        (plus(slopes=lambda a, b: (a, b)), "the local slope of the wrong input"),
        (plus(slopes=lambda a, b: (1.0, -1.0)), "No mistake that we know of"),
        (times(slopes=lambda a, b: (a, b)), "Solved: `+`. Now `*`"),
        (times(slopes=lambda a, b: (a, b)), "the local slope of the wrong input"),
        (times(keep=lambda edges: dict(edges).items()), "keep a list of pairs, not a dict"),
        (times(keep=lambda edges: edges[:1]), "an edge to each of its inputs"),
        (tanh(slope=lambda a, t: 1 - a * a), "means the result t = tanh(a), not the input"),
        (order(lambda y: None), "`order` gives back a list"),
        (order(lambda y: [1.0]), "a list of Scalars is asked for"),
        (order(lambda y: depth_first(y, mark=False)), "stand in it twice"),
        (order(lambda y: Engine.order(y)[::-1]), "the whole way upside down"),
        (order(depth_first), "the longest way to it may be still to come"),
        (backward(by_recursion), "Solved: `+`, `*`, `tanh`, `order`. Now `backward`"),
        (backward(by_recursion), "a node hands on its first part twice"),
        (backward(replaced), "`+=` and not `=`"),
        (backward(lambda y: None), "does the way back begin with 1"),
        (backward(kept_inside), "Sums in the middle must not outlive the call"),
        (backward(starting_afresh), "A leaf adds, as in torch"),
        (lambda value: None, "First `+`"),
        (..., "Write the function `Scalar`"),
    ],
}


def test_a_program_is_named_with_its_seed():
    """A reader can type the program that failed again, and meet it again by its seed."""
    said = str(check("your-engine", backward(kept_inside)))
    assert "`a, b = Scalar(0.75), Scalar(-0.5); y = a * b + a; y.backward()` (seed 0)" in said
    assert "(Seed " in str(check("your-engine", Scalar))


def test_recursion_finds_what_the_exercise_says():
    x = Scalar(2.0)
    by_recursion((c := 3 * x) * c)
    assert x.grad == RIGHT["engine-recursion"][0]
