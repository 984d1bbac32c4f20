"""The predictions, exercises and project of the chapter "Build your own autograd"."""

import random
from collections.abc import Callable

import torch

from companion.check import Choice, Function, Number, Part, Project
from companion.engine import Scalar, train
from companion.exercises._given import grid, leaf, slope, vector

exercises = {}


def _run(program: str, make: Callable, a: float = 0.75, b: float = -0.5) -> dict:
    """Run a program such as "c = a * b; y = c + a", and return its nodes by name."""
    nodes = {"a": make(a), "b": make(b)}
    exec(program, nodes)  # noqa: S102 it is a text of this module
    return nodes


def by_recursion(node: Scalar, grad: float = 1.0) -> None:
    """Go back as the chapter's first mistake does: each node calls its inputs at once."""
    node.grad += grad
    for x, local in node.edges:
        by_recursion(x, local * node.grad)


def kept_inside(y: Scalar) -> None:
    """Go back as the chapter's second mistake does: sums in the middle stay."""
    y.grad = 1.0
    for node in y.order():
        for x, local in node.edges:
            x.grad += local * node.grad


def replaced(y: Scalar) -> None:
    """Go back with ``=`` in the place of ``+=``, in the order of most people's engines."""
    y.grad = 1.0
    for node in depth_first_order(y):
        for x, local in node.edges:
            x.grad = local * node.grad


exercises["slope-of-a-product"] = Number(
    lambda a, b: slope(lambda x: x * b, a),
    {"a": 2.0, "b": 5.0},
    ("This is `a` itself. When `a` grows by 1, how much does the product grow?", lambda a: a),
    ("This is the product; its slope is asked for.", lambda a, b: a * b),
)


exercises["whose-turn"] = Choice(
    a=(
        "`c`, because it is an input of `y`",
        "`c` is an input of `d` too, and has not heard from `d` yet: its sum is not complete.",
    ),
    b="`d`, because only `y` uses it",
    c=("`a`, because it is a leaf", "Nothing has come to `a` yet: who uses it?"),
)


_HANDED_ON = "`c` is used twice. What has recursion handed on already when the second part comes?"
exercises["who-passes"] = Choice(
    a=("both of them", _HANDED_ON),
    b=("only recursion", f"{_HANDED_ON} And what does the other one find inside at the start?"),
    c="only what keeps gradients inside",
    d=("neither of them", "What is kept inside does harm when it is met again: is it met here?"),
)

exercises["one-answer"] = Number(
    0.25,
    {},
    ("This is how wrong each answer is. The loss takes its square.", 0.5),
    ("This is the sum over the four examples; the loss is their mean.", 1),
)


exercises["engine-recursion"] = Number(
    54.0,
    {"x": 2.0},
    "This is the true gradient. How often is `c` called, and what does it hand on each time?",
    lambda x: 18 * x,
    "`c` is an input of `y` twice, so it is called twice.",
    lambda x: 9 * x,
)


def _operation(*forms, known=()):
    """Return the step of an operation, from its value and the local slopes of its inputs."""

    def run(form, make, a, b):
        nodes = _run(f"y = {forms[form]}", make, a, b)
        return nodes["y"], nodes["a"], nodes["b"]

    def observe(kind, form, a, b):
        y, *inputs = run(form, kind, a, b)
        if y is None:
            return None, None
        if not (hasattr(y, "value") and hasattr(y, "edges")):
            raise TypeError("the result is no Scalar: return Scalar(value, edges)")
        found = [[local for node, local in y.edges if node is x] for x in inputs]
        if any(name in forms[form] and not each for name, each in zip("ab", found, strict=True)):
            return y.value, None
        return y.value, vector(*(float(sum(each)) for each in found))

    def slopes(form, a, b):
        y, *inputs = run(form, leaf, a, b)
        return torch.stack(torch.autograd.grad(y, inputs, materialize_grads=True))

    return Function(
        "Scalar",
        grid(form=tuple(range(len(forms))), a=(3.0, -1.5), b=(4.0, 0.5)),
        Part("The value of {call} is", lambda form, a, b: run(form, leaf, a, b)[0]),
        Part(
            "In the edges of {call}, the local slopes in `a` and `b` are",
            slopes,
            *known,
            missing="A result has an edge to each of its inputs: a pair of the input and a local "
            "slope.",
        ),
        observe=observe,
        call=lambda form, a, b: f"`a, b = Scalar({a:g}), Scalar({b:g}); {forms[form]}`",
        drawn=lambda draw: {
            "form": draw.randrange(len(forms)),
            "a": draw.number(-4, 4),
            "b": draw.number(-4, 4),
        },
    )


_OF_TWO = (
    "In the edge to `a` stands the value of `a`: the local slope of the wrong input.",
    lambda form, a, b: vector(*((a, b), (2 * a, 0.0), (a, 0.0))[form]),
    "An input that is used twice has two edges: keep a list of pairs, not a dict.",
    lambda right, form: right / 2 if form == 1 else right,
)
_OF_TANH = (
    "This is 1 − a². The formula 1 − t² means the result t = tanh(a), not the input.",
    lambda a: vector(1 - a * a, 0.0),
)

_GRAPHS = (
    "y = a * b + a",
    "c = a + b; d = a * b; y = (c + d) + c * d",
    "c = a * b; d = c + b; y = d + a * d + c",
)


def _program(seed: int) -> str:
    """Return a program on a and b: one of `_GRAPHS`, or six lines that are drawn with the seed."""
    if seed < len(_GRAPHS):
        return _GRAPHS[seed]
    draw, names, lines = random.Random(seed), ["a", "b"], []
    for name in "cdefg":
        form = draw.choice(("{} + {}", "{} * {}", "({} * {}).tanh()"))
        lines.append(f"{name} = {form.format(draw.choice(names[-2:]), draw.choice(names))}")
        names.append(name)
    return "; ".join([*lines, "y = g + f * a + b"])


def _on_programs(method, observe, *parts):
    """Return a step that calls a method of the results of programs."""
    return Function(
        "Scalar",
        grid(seed=tuple(range(len(_GRAPHS)))),
        *parts,
        observe=lambda kind, seed: observe(_run(_program(seed), kind)),
        call=lambda seed: (
            f"`a, b = Scalar(0.75), Scalar(-0.5); {_program(seed)}; y.{method}()` (seed {seed})"
        ),
        drawn=lambda draw: {"seed": draw.randint(100, 999)},
    )


def depth_first(node: Scalar, mark: bool = True, found: list | None = None) -> list:
    """Return the nodes as a plain recursion meets them; with marks, each of them once."""
    found = [] if found is None else found
    if not (mark and node in found):
        found.append(node)
        for x, _ in node.edges:
            depth_first(x, mark, found)
    return found


def depth_first_order(node: Scalar, found: dict | None = None) -> list:
    """Return an order for the way back: the nodes as a recursion leaves them, turned around."""
    found = {} if found is None else found
    if node not in found:
        for x, _ in node.edges:
            depth_first_order(x, found)
        found[node] = None
    return list(found)[::-1]


def _too_early(nodes):
    """Return how many nodes stand before a result that uses them, or are missing."""
    place = {node: number for number, node in enumerate(nodes)}
    return len({x for node in nodes for x, _ in node.edges if place.get(x, -1) < place[node]})


def _observe_order(nodes):
    found = nodes["y"].order()
    if found is None:
        return None, None
    if not isinstance(found, list | tuple) or not all(hasattr(node, "edges") for node in found):
        raise TypeError("a list of Scalars is asked for")
    return len(found), _too_early(found)


def _of_result(function):
    return lambda seed: function(_run(_program(seed), Scalar)["y"])


_ORDER = _on_programs(
    "order",
    _observe_order,
    Part(
        "The length of the list after {call} is",
        _of_result(lambda y: len(y.order())),
        "Nodes that are used twice stand in it twice. Remember which ones you have found.",
        _of_result(lambda y: len(depth_first(y, mark=False))),
        missing="`order` gives back a list: what stands after `return`.",
    ),
    Part(
        "In the list after {call}, so many nodes stand before a result that uses them:",
        lambda: 0,
        "This is the whole way upside down: the inputs come first. The way back begins at `y`.",
        _of_result(lambda y: _too_early(y.order()[::-1])),
        "Each node is put down when it is found. But the longest way to it may be still to come: "
        "put it down when all its inputs are done, and turn the list around.",
        _of_result(lambda y: _too_early(depth_first(y))),
    ),
)


def _observe_backward(nodes):
    a, b, y = (nodes[name] for name in "aby")
    y.backward()
    once = a.grad + 0.0, b.grad + 0.0  # copies
    y.backward()
    return *once, a.grad


def _grad(name, backward, times=1):
    def grad(seed):
        nodes = _run(_program(seed), Scalar)
        for _ in range(times):
            backward(nodes["y"])
        return nodes[name].grad

    return grad


def _true(name, times=1):
    def grad(seed):
        nodes = _run(_program(seed), leaf)
        return times * torch.autograd.grad(nodes["y"], nodes[name])[0]

    return grad


def _grad_part(name):
    return Part(
        f"After {{call}}, `{name}.grad` is",
        _true(name),
        "This is the part that came last: where a node is used twice, its gradient is a sum, so "
        "`+=` and not `=`.",
        _grad(name, replaced),
        "This is what recursion gives: a node hands on its first part twice. Go through "
        "`self.order()`, so that each node has its turn once, with its sum complete.",
        _grad(name, by_recursion),
        "It is zero: does the way back begin with 1 at the result?",
        0.0,
    )


_WAY_BACK = _on_programs(
    "backward",
    _observe_backward,
    _grad_part("a"),
    _grad_part("b"),
    Part(
        "Once is right. After {call} and a second `y.backward()`, `a.grad` is",
        _true("a", times=2),
        "The second call began with what the first one had left inside. Sums in the middle must "
        "not outlive the call.",
        _grad("a", kept_inside, times=2),
        "The second call replaced the first gradient. A leaf adds, as in torch.",
        lambda right: right / 2,
    ),
)

exercises["your-engine"] = Project(
    {
        "`+`": _operation("a + b", "a + a", "a + 2.0", known=_OF_TWO),
        "`*`": _operation("a * b", "a * a", "a * 2.0", known=_OF_TWO),
        "`tanh`": _operation("a.tanh()", known=_OF_TANH),
        "`order`": _ORDER,
        "`backward`": _WAY_BACK,
        "XOR": Function(
            "Scalar",
            [{"steps": 0}, {"steps": 1}, {"steps": 110}],
            Part("{call}, the loss of XOR is", lambda steps: train(steps=int(steps))[-1][2]),
            observe=lambda kind, steps: (train(kind, int(steps))[-1][2],),
            call=lambda steps: f"After {steps:g} steps with your engine",
        ),
    }
)
