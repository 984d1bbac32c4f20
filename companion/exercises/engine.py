"""The exercises to the chapter "Build your own autograd", and its predictions.

What is right is found by torch's autograd, in float64, or by `companion.engine`, whose tests
compare it with torch. A project's class `Scalar` is the reader's own.
"""

import random
from collections.abc import Callable
from functools import partial

import torch

from companion.check import Choice, Function, Number, Order, Part, Project
from companion.check.vocabulary import SIGN, TWICE, ZERO
from companion.engine import Scalar, train
from companion.exercises._given import grid, leaf, slope, the_one

exercises = {}


def _run(program: str, make: Callable, **values: float) -> dict:
    """Run a program such as "c = a * b; y = c + a", and return its nodes by name."""
    nodes = {name: make(value) for name, value in values.items()}
    exec(program, nodes)  # noqa: S102 it is a text of this module
    del nodes["__builtins__"]
    return nodes


def by_recursion(node: Scalar, grad: float = 1.0) -> None:
    """Go back as the chapter's first mistake does: each node calls its inputs at once."""
    node.grad += grad
    for x, local in node.edges:
        by_recursion(x, local * node.grad)


def kept_inside(y: Scalar, add: bool = True) -> None:
    """Go back as the chapter's second mistake does; without `add`, sums are forgotten too."""
    y.grad = 1.0
    for node in y.order():
        for x, local in node.edges:
            x.grad = x.grad * add + local * node.grad


def _gradients(program, backward, times=1):
    """Return the gradients of a and b by a backward on Scalars."""
    nodes = _run(program, Scalar, a=2.0, b=0.5)
    for _ in range(times):
        backward(nodes["y"])
    return nodes["a"].grad, nodes["b"].grad


def _torch_gradients(program):
    nodes = _run(program, leaf, a=2.0, b=0.5)
    return torch.autograd.grad(nodes["y"], [nodes["a"], nodes["b"]])


def _passes(backward, program):
    pairs = zip(_gradients(program, backward), _torch_gradients(program), strict=True)
    return all(abs(ours - torchs.item()) < 1e-9 for ours, torchs in pairs)


# Predictions of the chapter --------------------------------------------------------------------

exercises["slope-of-a-product"] = Number(
    lambda a, b: slope(lambda x: x * b, a),
    {"a": 2.0, "b": 5.0},
    "This is `a` itself. When `a` grows by 1, how much does the product grow?",
    lambda a: a,
    "This is the product; its slope is asked for.",
    lambda a, b: a * b,
    "That would be the slope of a sum.",
    1,
    "This is the sum of both. When `a` grows by 1, how much does the product grow?",
    lambda a, b: a + b,
)


def _whose_turn():
    nodes = _run(_FORWARD, Scalar, a=2.0, b=3.0)
    second = nodes["y"].order()[1]
    return {nodes["c"]: "a", nodes["d"]: "b", nodes["a"]: "c"}[second]


exercises["whose-turn"] = Choice(
    _whose_turn,
    a=(
        "`c`, because it is an input of `y`",
        "`c` is an input of `d` too, and has not heard from `d` yet: its sum is not complete.",
    ),
    b="`d`, because only `y` uses it",
    c=("`a`, because it is a leaf", "Nothing has come to `a` yet: who uses it?"),
)

_DIAMOND = "c = a + b; d = a * b; y = (c + d) + c * d"


def _who_passes():
    passed = _passes(by_recursion, _DIAMOND), _passes(kept_inside, _DIAMOND)
    return {(True, True): "a", (True, False): "b", (False, True): "c", (False, False): "d"}[passed]


exercises["who-passes"] = Choice(
    _who_passes,
    a=(
        "both of them",
        "`c` is used twice. What has recursion handed on from `c` when the second part comes?",
    ),
    b=(
        "only recursion",
        "`c` is used twice: what has recursion handed on from it already? The other mistake has "
        "the right order, and begins with nothing inside.",
    ),
    c="only what keeps gradients inside",
    d=(
        "neither of them",
        "What is kept inside does harm when it is met again. In the first backward, is there "
        "anything to meet?",
    ),
)

exercises["one-answer"] = Number(
    lambda: torch.tensor([0.0, 1.0, 1.0, 0.0]).var(correction=0),
    {},
    "This is how wrong each answer is. The loss takes its square.",
    0.5,
    "This is the sum over the four examples; the loss is their mean.",
    1,
    "With one answer for all four, at least two of them are wrong.",
    0,
)


# Read and predict ------------------------------------------------------------------------------


def _recursive_truth(x):
    nodes = _run("c = 3 * x; y = c * c", Scalar, x=x)
    by_recursion(nodes["y"])
    return nodes["x"].grad


exercises["engine-recursion"] = Number(
    _recursive_truth,
    {"x": 2.0},
    "This is the true gradient. Recursion makes another number of it: how often is `c` called, "
    "and what does it hand on each time?",
    lambda x: 18 * x,
    "`c` is an input of `y` twice, so it is called twice.",
    lambda x: 9 * x,
    "Only the second call hands on all that `c` has. At the first call, `c` has only one half of "
    "it.",
    lambda x: 36 * x,
    "This is the gradient of `c`. How much of it reaches `x`, and when?",
    lambda x: 6 * x,
)


exercises["engine-spared"] = Choice(
    lambda: the_one(exercises["engine-spared"].options, partial(_passes, by_recursion)),
    a=(
        "`c = a * b; y = c * c`",
        "`c` is called twice here. What has it handed on already at its second call?",
    ),
    b=(
        "`c = a + b; y = c.tanh() + c`",
        (
            "`c` is used by `tanh` and by the sum. So it is called twice, and it hands on its "
            "first part twice."
        ),
    ),
    c="`c = a * b; y = (c + a) * b`",
    d=("`c = a + b; d = c + c; y = d * a`", "`d = c + c` calls `c` twice."),
)

_FORWARD = "c = a * b; d = c + a; y = c * d"
_BACKWARD = (
    "grad_a = grad_c * b + grad_d",
    "grad_c = grad_y * d + grad_d",
    "grad_y = 1.0",
    "grad_d = grad_y * c",
    "grad_b = grad_c * a",
)


def _sweeps(order):
    torchs = _run(_FORWARD, leaf, a=2.0, b=3.0)
    torchs["y"].backward()
    names = {name: node.item() for name, node in torchs.items()}
    for number in order:
        exec(_BACKWARD[number - 1], names)  # noqa: S102 they are texts of this module
    return all(names[f"grad_{name}"] == torchs[name].grad.item() for name in "ab")


exercises["engine-lines"] = Order(
    lines=_BACKWARD,
    truth=_sweeps,
    wrong={
        "2 before 3": "Line 2 needs `grad_y`. Where does the way back begin?",
        "4 before 3": "Line 4 needs `grad_y`. Where does the way back begin?",
        "2 before 4": "`c` is used by `d` too. It must hear from `d` before its sum is complete.",
        "1 before 4": "`a` is used by `d` too. It must hear from `d` before its sum is complete.",
        "1 before 2": "`a` is an input of `c`, so it comes after `c`.",
        "5 before 2": "`b` is an input of `c`, so it comes after `c`.",
    },
)


# The project -----------------------------------------------------------------------------------


def _looked_at(y, *inputs):
    """Return the value of a result, and its local slope in each input: None without an edge."""
    if y is None:
        return (None,) * (1 + len(inputs))
    if not (hasattr(y, "value") and hasattr(y, "edges")):
        raise TypeError("the result is no Scalar: return Scalar(value, edges)")
    edges = [[local for node, local in y.edges if node is x] for x in inputs]
    return y.value, *(sum(found) if found else None for found in edges)


_NO_EDGE = "A result has an edge to each of its inputs: a pair of the input and a local slope."


def _two_inputs(sign, truth, other, wrong_slope, same):
    """Return the step of an operation of two inputs, with mistakes in value and slopes."""

    def observe(kind, a, b):
        x, z = kind(a), kind(b)
        numbers = (_looked_at(y)[0] for y in (truth(x, 2.0), truth(2.0, z)))
        return *_looked_at(truth(x, z), x, z), _looked_at(truth(x, x), x)[1], *numbers

    def local(name, partner, function):
        return Part(
            f"In the edges of {{call}} {sign} b`, the local slope in `{name}` is",
            function,
            f"This is the value of `{name}`: the slope in one input is made of the other.",
            lambda **inputs: inputs[name],
            *(wrong_slope[0], lambda **inputs: wrong_slope[1](inputs[partner])),
            SIGN,
            missing=_NO_EDGE,
        )

    return Function(
        "Scalar",
        grid(a=(3.0, -1.5), b=(4.0, 0.5)),
        Part(f"The value of {{call}} {sign} b` is", truth, other[0], other[1]),
        local("a", "b", lambda a, b: slope(lambda x: truth(x, b), a)),
        local("b", "a", lambda a, b: slope(lambda x: truth(a, x), b)),
        Part(
            f"In the edges of {{call}} {sign} a`, the local slopes in `a` add up to",
            lambda a: slope(lambda x: truth(x, x), a),
            "An input that is used twice has two edges: keep a list of pairs, not a dict.",
            same,
            missing=_NO_EDGE,
        ),
        Part(f"The value of {{call}} {sign} 2.0` is", lambda a: truth(a, 2.0)),
        Part(f"After {{call}}`, the value of `2.0 {sign} b` is", lambda b: truth(2.0, b)),
        observe=observe,
        call=lambda a, b: f"`a, b = Scalar({a:g}), Scalar({b:g}); a",
        drawn=lambda draw: {"a": draw.number(-4, 4), "b": draw.number(-4, 4)},
    )


def _observe_tanh(kind, a):
    x = kind(a)
    return _looked_at(x.tanh(), x)


_TANH = Function(
    "Scalar",
    grid(a=(0.5, -1.0, 2.0, 0.0)),
    Part("The value of {call} is", lambda a: torch.tanh(torch.tensor(a).double())),
    Part(
        "In the edges of {call}, the local slope is",
        lambda a: slope(torch.tanh, a),
        "This is 1 − a². The formula 1 − t² means the result t = tanh(a), not the input.",
        lambda a: 1 - a * a,
        "This is tanh once more. Its slope is 1 − t², where t is the result.",
        lambda a: torch.tanh(torch.tensor(a).double()),
        "This is the square t². Its slope is what is left of 1.",
        lambda right: 1 - right,
        "This is 1 − t: the square is missing.",
        lambda a: 1 - torch.tanh(torch.tensor(a).double()),
        missing=_NO_EDGE,
    ),
    observe=_observe_tanh,
    call=lambda a: f"`Scalar({a:g}).tanh()`",
    drawn=lambda draw: {"a": draw.number(-3, 3)},
)

_GRAPHS = (
    "y = a * b + a",
    "c = a * b; y = c * c",
    "c = a + b; d = a * b; y = (c + d) + c * d",
    "c = a * b; d = c + b; y = d + a * d + c",
)


def _program(seed: int) -> str:
    """Return a program on a and b: one of `_GRAPHS`, or one of six lines drawn with the seed."""
    if seed < len(_GRAPHS):
        return _GRAPHS[seed]
    draw, names, lines = random.Random(seed), ["a", "b"], []
    for name in "cdefg":
        one, other = draw.choice(names[-2:]), draw.choice(names)
        form = draw.choice(("{} + {}", "{} * {}", "({} * {}).tanh()"))
        lines.append(f"{name} = {form.format(one, other)}")
        names.append(name)
    return "; ".join([*lines, "y = g + f * a + b"])


def _scalars(seed, kind=Scalar):
    return _run(_program(seed), kind, a=0.75, b=-0.5)


def _nodes(seed):
    return _scalars(seed)["y"].order()


def depth_first(node: Scalar, mark: bool = True, found: list | None = None) -> list:
    """Return the nodes as a plain recursion meets them; with marks, each of them once."""
    found = [] if found is None else found
    if not (mark and node in found):
        found.append(node)
        for x, _ in node.edges:
            depth_first(x, mark, found)
    return found


def _too_early(nodes):
    """Return how many nodes stand before a result that uses them, or are missing."""
    place = {node: number for number, node in enumerate(nodes)}
    return len({x for node in nodes for x, _ in node.edges if place.get(x, -1) < place[node]})


def _observe_order(kind, seed):
    found = _scalars(seed, kind)["y"].order()
    if found is None:
        return None, None
    if not isinstance(found, list | tuple) or not all(isinstance(node, kind) for node in found):
        raise TypeError("a list of Scalars is asked for")
    return len(found), _too_early(found)


def _at(seed, what):
    return f"`a, b = Scalar(0.75), Scalar(-0.5); {_program(seed)}; {what}` (seed {seed})"


_SEEDS = {
    "cases": grid(seed=tuple(range(len(_GRAPHS)))),
    "drawn": lambda draw: {"seed": draw.randint(100, 999)},
}
_ORDER = Function(
    "Scalar",
    _SEEDS["cases"],
    Part(
        "The length of the list after {call} is",
        lambda seed: len(_nodes(seed)),
        "Nodes that are used twice stand in it twice. Remember which ones you have found.",
        lambda seed: len(depth_first(_scalars(seed)["y"], mark=False)),
        "One node is missing everywhere. Is `y` itself in the list?",
        lambda right: right - 1,
        "The leaves are missing: they too must have their turn.",
        lambda right: right - 2,
        "Only `y` is in the list. Where are its inputs, and their inputs?",
        1,
        missing="`order` gives back a list: what stands after `return`.",
    ),
    Part(
        "In the list after {call}, the number of nodes that stand before a result which uses "
        "them is",
        lambda: 0,
        "This is the whole way upside down: the inputs come first. The way back begins at `y`.",
        lambda seed: _too_early(_nodes(seed)[::-1]),
        "Each node is put down when it is found. But the longest way to it may be still to come: "
        "put it down when all its inputs are done, and turn the list around.",
        lambda seed: _too_early(depth_first(_scalars(seed)["y"])),
    ),
    observe=_observe_order,
    call=lambda seed: _at(seed, "y.order()"),
    drawn=_SEEDS["drawn"],
)


def _observe_backward(kind, seed):
    nodes = _scalars(seed, kind)
    a, b, y = nodes["a"], nodes["b"], nodes["y"]
    y.backward()
    once = a.grad, b.grad
    y.backward()
    return *once, a.grad


def _wrong(backward, name="a", times=1):
    """Return the gradient of a leaf by a backward that makes a mistake."""

    def gradient(seed):
        nodes = _scalars(seed)
        for _ in range(times):
            backward(nodes["y"])
        return nodes[name].grad

    return gradient


def _path_by_path(node, grad=1.0, slopes=True):
    node.grad += grad * (not node.edges)
    for x, local in node.edges:
        _path_by_path(x, grad * (local if slopes else 1), slopes)


def _gradient(name, times=1):
    def gradient(seed):
        nodes = _run(_program(seed), leaf, a=0.75, b=-0.5)
        return times * torch.autograd.grad(nodes["y"], nodes[name])[0]

    return gradient


def _leaf_part(name):
    return Part(
        f"After {{call}}, `{name}.grad` is",
        _gradient(name),
        "This is the part that came last: where a node is used twice, its gradient is a sum, so "
        "`+=` and not `=`.",
        _wrong(partial(kept_inside, add=False), name),
        "This is what recursion gives: a node hands on its first part twice. Go through "
        "`self.order()`, so that each node has its turn once, with its sum complete.",
        _wrong(by_recursion, name),
        "This counts paths: what is handed on is not multiplied by the local slope.",
        _wrong(partial(_path_by_path, slopes=False), name),
        "It is zero: does the way back begin with 1 at the result?",
        ZERO[1],
        TWICE,
        missing="A leaf keeps its gradient in `grad`.",
    )


_BACKWARD_STEP = Function(
    "Scalar",
    _SEEDS["cases"],
    _leaf_part("a"),
    _leaf_part("b"),
    Part(
        "Once is right. After a second `y.backward()` in {call}, `a.grad` is",
        _gradient("a", times=2),
        "The second call began with what the first one had left inside. Sums in the middle must "
        "not outlive the call.",
        _wrong(kept_inside, times=2),
        "The second call replaced the first gradient. A leaf adds, as in torch.",
        lambda right: right / 2,
    ),
    observe=_observe_backward,
    call=lambda seed: _at(seed, "y.backward()"),
    drawn=_SEEDS["drawn"],
)

_XOR = Function(
    "Scalar",
    [{"steps": 0}, {"steps": 1}, {"steps": 110}],
    Part("The loss of XOR after {call} is", lambda steps: train(steps=int(steps))[-1][2]),
    observe=lambda kind, steps: (train(kind, int(steps))[-1][2],),
    call=lambda steps: f"{steps:g} steps with your engine",
)

exercises["your-engine"] = Project(
    {
        "`+`": _two_inputs(
            "+",
            lambda a, b: a + b,
            ("This is the product.", lambda a, b: a * b),
            ("This is the slope of a product. A sum grows as fast as its input.", lambda z: z),
            lambda: 1,
        ),
        "`*`": _two_inputs(
            "*",
            lambda a, b: a * b,
            ("This is the sum.", lambda a, b: a + b),
            ("This is the slope of a sum.", lambda z: 1),
            lambda a: a,
        ),
        "`tanh`": _TANH,
        "`order`": _ORDER,
        "`backward`": _BACKWARD_STEP,
        "XOR": _XOR,
    }
)


# Train -----------------------------------------------------------------------------------------


def _descend(lr, steps, empty=True, again=True, best=2.0):
    """Return w after some steps on (w − 2)², with gradients that are emptied, and new losses."""
    w, grad, at = 0.5, 0.0, 0.5
    for _ in range(int(steps)):
        at = w if again else at
        grad = 2 * (at - best) + (0.0 if empty else grad)
        w -= lr * grad
    return w


def _observe_train(learn, lr, steps):
    w = Scalar(0.5)

    def loss_of():
        return (w + -2.0) * (w + -2.0)

    learn([w], loss_of, lr, int(steps))
    return w.value, w.grad


exercises["engine-train"] = Function(
    "learn",
    grid(lr=(0.1, 0.25), steps=(2, 5)),
    Part(
        "After {call}, `w.value` is",
        _descend,
        "Gradients add up here: `w.grad` must be emptied after each step.",
        partial(_descend, empty=False),
        "Each step uses the slope of the first loss: call `loss_of()` anew in each step.",
        lambda lr, steps: _descend(lr, steps, again=False),
        "Here the steps go uphill.",
        lambda lr, steps: _descend(-lr, steps),
        "This is only one step: how often does your loop run?",
        lambda lr: _descend(lr, 1),
        "`w` is where it started. A step sets `w.value`; `w = ...` only gives the name away.",
        0.5,
    ),
    Part(
        "`w` is right, but after {call}, `w.grad` is",
        lambda: 0.0,
        "Empty it after the last step as well: whoever trains on begins with it.",
        lambda lr, steps: 2 * (_descend(lr, steps - 1) - 2),
    ),
    observe=_observe_train,
    call=lambda lr, steps: f"`learn([w], loss_of, lr={lr:g}, steps={steps:g})`",
    drawn=lambda draw: {"lr": draw.number(0.05, 0.4), "steps": draw.randint(2, 9)},
)


# Prove -----------------------------------------------------------------------------------------

exercises["calls-proof"] = Order(
    [
        "Therefore C(k) + 1 = 2 · 3ᵏ, and C(k) = 2 · 3ᵏ − 1.",
        "So C(k) = 2 + 3 C(k − 1).",
        (
            "The node of round k calls `y * y` once and the older node once; `y * y` calls the "
            "older node twice."
        ),
        "At k = 0 there is one call: C(0) + 1 = 2.",
        "Add 1 on both sides: C(k) + 1 = 3 (C(k − 1) + 1).",
    ],
    wrong={
        "2 before 3": "Where do the 2 and the 3 come from? Count the calls of one round first.",
        "5 before 2": "On both sides of which equation?",
        "1 before 5": "Why a power of 3? Something must be multiplied by 3 in each round.",
        "1 before 4": "Multiplied by 3, k times: but beginning with which number?",
    },
    code=False,
)
