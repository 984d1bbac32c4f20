"""The concept inventory: twenty questions about what is most often misunderstood.

Each question is a small program. The silent misunderstandings come first: those that raise
nothing. Torch runs the program to find which option is right, and each wrong option has the
chapter that cures it.
"""

import math
from collections.abc import Callable

import torch

from companion.check import Choice

_CHAPTERS = {
    "accumulate": ".grad adds up",
    "chain-rule": "The chain rule is a graph",
    "engine": "Build your own autograd",
    "errors": "Error clinic",
    "in-place": "In-place edits and version counters",
    "jacobian": "Vectors: the Jacobian and vᵀJ",
    "no-grad": "Stopping the gradient",
    "one-weight": "One weight learns",
    "tensors": "Tensors that remember",
}
#: What is said of the right option.
RIGHT = ""
_ERROR = "an error"  # the outcome of a program that raises one

exercises = {}


def _concept(program: Callable, *options: object) -> Choice:
    """Return a question.

    `program` is called to see how the program of the question ends; an error is an outcome too.
    Three things are said of each option: the outcome in which it would be right, its text, and
    what to say to whoever chooses it. That ends with the place that cures it: a chapter, or an
    entry of the Error clinic. The right one has `RIGHT` there.
    """
    outcomes, texts = {}, {}
    for letter, (outcome, text, sentence) in zip("abcd", _triples(options), strict=False):
        outcomes[letter] = outcome
        texts[letter] = text if sentence is RIGHT else (text, _read(*sentence.split(" → ")))

    def truth():
        outcome = _outcome(program)
        [found] = [letter for letter, expected in outcomes.items() if expected == outcome]
        return found

    return Choice(truth, later=True, **texts)


def _triples(options):
    return zip(options[::3], options[1::3], options[2::3], strict=True)


def _outcome(program):
    try:
        outcome = program()
    except RuntimeError:
        return _ERROR
    if isinstance(outcome, torch.Tensor):
        outcome = outcome.tolist()
    return "nan" if isinstance(outcome, float) and math.isnan(outcome) else outcome


def _read(sentence, place):
    chapter, _, entry = place.partition("#")
    anchor = f"#error-{entry}" if entry else ""
    return f"{sentence} Read [{_CHAPTERS[chapter]}](chapters/{chapter}{anchor})."


def _weight(*values):
    value = values[0] if len(values) == 1 else values
    return torch.tensor(value, requires_grad=True)


# Silent: nothing raises ------------------------------------------------------------------------


def _adds_up():
    w = _weight(3.0)
    (2 * w).backward()
    (5 * w).backward()
    return w.grad


def _empty_before_step():
    w = _weight(1.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(3):
        loss = (2 * w - 8) ** 2
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
    return "stays" if w.item() == 1 else "learns" if abs(w.item() - 4) < 3 else "away"


def _detached_loss():
    w = _weight(1.0)
    with torch.no_grad():
        loss = (2 * w - 8) ** 2
    loss.requires_grad = True
    loss.backward()
    return w.grad


def _leaf():
    x = torch.ones(3)
    y = x * 2
    return y.is_leaf


def _data_edit():
    w = _weight(3.0)
    y = w * w
    w.data.add_(1)
    y.backward()
    return w.grad


def _detach():
    x = _weight(1.0, 2.0)
    d = x.detach()
    d[0] = 5.0
    return x[0].item()


def _eval():
    model = torch.nn.Linear(1, 1)
    model.eval()
    y_hat = model(torch.ones(1))
    return y_hat.requires_grad


def _rows():
    W = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    x = _weight(1.0, 1.0)
    y = W @ x
    y.backward(torch.tensor([1.0, 0.0]))
    return x.grad


def _no_factor():
    x = _weight(1.0, 2.0, 3.0)
    y = 2 * x
    y.backward(torch.ones(3))
    return x.grad


def _where():
    x = _weight(0.0)
    y = torch.where(x > 0, torch.sqrt(x), 0.0)
    y.backward()
    return x.grad.item()


def _kink():
    x = _weight(0.0)
    torch.relu(x).backward()
    return x.grad


def _round():
    x = _weight(2.7)
    (3 * torch.round(x)).backward()
    return x.grad


def _total():
    """Return how many steps are still held, by the graph, after the loop."""
    w, total = _weight(1.0), 0.0
    for x in (1.0, 2.0, 3.0):
        loss = (w * x) ** 2
        total += loss
    return _count(total.grad_fn, "PowBackward0")


def _count(node, name):
    if node is None:
        return 0
    return (node.name() == name) + sum(_count(earlier, name) for earlier, _ in node.next_functions)


def _shapes():
    y_hat = torch.ones(3, 1)
    y = torch.ones(3)
    return tuple((y_hat - y).shape)


def _batch():
    w = _weight(1.0)
    losses = w * torch.tensor([1.0, 2.0, 6.0])
    losses.sum().backward()
    return w.grad


def _visits():
    """Return how often PyTorch runs the backward of an addition, in a chain of three."""
    y, visits = _weight(1.0), []
    for _ in range(3):
        y = y + y
        y.grad_fn.register_prehook(visits.append)
    y.backward()
    return len(visits)


class _Wide(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.sum()

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.tensor([[1.0, 1.0], [2.0, 2.0]])


def _custom():
    x = _weight(1.0, 1.0)
    _Wide.apply(x).backward()
    return x.grad


# Heard: a warning or an error -------------------------------------------------------------------


def _saved():
    """Return which of two functions can no longer be differentiated when its result is edited."""
    failing = []
    for function in (torch.exp, torch.sin):
        y = function(_weight(1.0))
        with torch.no_grad():
            y.add_(1)
        try:
            y.backward()
        except RuntimeError:
            failing.append(function.__name__)
    return tuple(failing)


def _shape_of_v():
    fits = []
    for shape in ((2,), (3,), (2, 3)):
        x = torch.ones(3, requires_grad=True)
        try:
            (torch.ones(2, 3) @ x).backward(torch.ones(shape))
        except RuntimeError:
            continue
        fits.append(shape)
    return tuple(fits)


def _intermediate():
    w = _weight(1.0)
    h = 2 * w
    (h * h).backward()
    return h.retains_grad  # with False, h.grad is None, and a warning says so


exercises["concept-adds-up"] = _concept(
    _adds_up,
    5.0,
    "5",
    "Then the new slope would take the place of the old one. Does it? → accumulate",
    7.0,
    "7",
    RIGHT,
    10.0,
    "10",
    "Slopes along one way are multiplied. Here are two losses, each with a way of its own. → "
    "chain-rule",
    _ERROR,
    "The second `backward()` raises an error.",
    "That is so for a second `backward()` through the same graph. How many graphs are here? → "
    "errors#backward-twice",
)

exercises["concept-empty-before-step"] = _concept(
    _empty_before_step,
    "learns",
    "`w` comes nearer to 4.",
    "What does `w.grad` hold in the moment when the step is taken? → accumulate",
    "away",
    "`w` moves away from 4.",
    "The sign of a step is not what is wrong here. What does the step find in `w.grad`? → "
    "one-weight",
    "stays",
    "`w` stays 1.",
    RIGHT,
    _ERROR,
    "`optimizer.step()` raises an error.",
    "An optimizer says nothing about a weight without a gradient. What does it do? → "
    "errors#zero-before-step",
)

exercises["concept-loss-requires-grad"] = _concept(
    _detached_loss,
    -24.0,
    "-24",
    "`requires_grad = True` begins a new record. What was done before is not in it. → no-grad",
    0.0,
    "0",
    "A zero would be a slope. Does `backward()` come to `w` at all? → tensors",
    _ERROR,
    "`backward()` raises an error.",
    "It would, if the third line were not there. What does that line silence? → "
    "errors#loss-requires-grad",
    None,
    "`None`",
    RIGHT,
)

exercises["concept-leaf"] = _concept(
    _leaf,
    True,
    "Yes, because it does not require a gradient.",
    RIGHT,
    False,
    "No, because it was computed from `x`.",
    "That is so if what it was computed from requires a gradient. Does `x`? → tensors",
    _ERROR,
    "Reading `y.is_leaf` raises an error.",
    "Every tensor knows whether it is a leaf. → tensors",
)

exercises["concept-data-edit"] = _concept(
    _data_edit,
    6.0,
    "6",
    "For that, `w * w` would have to keep a copy of `w`. What does it keep? → in-place",
    8.0,
    "8",
    RIGHT,
    _ERROR,
    "`backward()` raises an error.",
    "It does when PyTorch sees the edit. Does it see one that goes through `.data`? → no-grad",
)

exercises["concept-detach-shares"] = _concept(
    _detach,
    1.0,
    "1",
    "Then `detach()` would copy. What have `x` and `d` in common? → no-grad",
    _ERROR,
    "The third line raises an error.",
    "That would be so for `x` itself. Does `d` require a gradient? → in-place",
    5.0,
    "5",
    RIGHT,
)

exercises["concept-eval"] = _concept(
    _eval,
    True,
    "`True`",
    RIGHT,
    False,
    "`False`",
    "`eval()` changes what dropout and batch norm do. Is recording a part of that? → no-grad",
    _ERROR,
    "The third line raises an error.",
    "A model may be called in either mode. → errors#eval-tracks",
)

exercises["concept-rows"] = _concept(
    _rows,
    [1.0, 3.0],
    "(1, 3)",
    "That is `W @ v`. `backward(v)` goes the other way, from outputs to inputs. → jacobian",
    [4.0, 6.0],
    "(4, 6)",
    "That is the sum of all rows: each output counts once. What does `v` do? → jacobian",
    [[1.0, 2.0], [3.0, 4.0]],
    "the whole matrix `W`",
    "`x.grad` always has the shape of `x`. → jacobian",
    [1.0, 2.0],
    "(1, 2)",
    RIGHT,
)

exercises["concept-no-factor"] = _concept(
    _no_factor,
    [6.0, 6.0, 6.0],
    "(6, 6, 6)",
    "Does `x[0]` act on all three outputs, or on one of them? → errors#factor-m",
    [2.0, 2.0, 2.0],
    "(2, 2, 2)",
    RIGHT,
    [2 / 3, 2 / 3, 2 / 3],
    "(2/3, 2/3, 2/3)",
    "That is the gradient of a mean. With ones for `v`, is it a mean or a sum? → jacobian",
    [1.0, 1.0, 1.0],
    "(1, 1, 1)",
    "That is `v` itself. On its way back it goes through `2 * x`. → chain-rule",
)

exercises["concept-where"] = _concept(
    _where,
    0.0,
    "0",
    "The branch that is not taken gets the slope 0. Which slope is it multiplied by? → "
    "errors#where-nan",
    float("inf"),
    "infinity",
    "The square root has that slope at 0. But what comes back to it through `where`? → chain-rule",
    _ERROR,
    "`backward()` raises an error.",
    "Arithmetic with infinite numbers raises nothing. → errors#where-nan",
    "nan",
    "`nan`",
    RIGHT,
)

exercises["concept-kink"] = _concept(
    _kink,
    0.0,
    "0",
    RIGHT,
    0.5,
    "0.5",
    "That would be the mean of both sides. Each function has its own convention. → errors#kinks",
    1.0,
    "1",
    "That is the slope on the right. PyTorch took another one for `relu`. → errors#kinks",
    _ERROR,
    "`backward()` raises an error.",
    "There is no slope, but PyTorch answers all the same. → errors#kinks",
)

exercises["concept-round"] = _concept(
    _round,
    3.0,
    "3",
    "How much does `round(x)` change when `x` changes a little? → errors#argmax-round",
    None,
    "`None`",
    "Rounding is recorded like any other function. So a slope comes back, but which one? → "
    "errors#argmax-round",
    0.0,
    "0",
    RIGHT,
    _ERROR,
    "`backward()` raises an error.",
    "`argmax` does that, because its result is an integer. The result of `round` is none. → "
    "errors#argmax-round",
)

exercises["concept-total"] = _concept(
    _total,
    0,
    "None: `total` is a number.",
    "`total` is a tensor from the first turn on. What does a tensor remember? → accumulate",
    1,
    "One: that of the last turn.",
    "`total` is made from the earlier `total`. What hangs on that one? → errors#total-loss",
    3,
    "Three: one for each turn.",
    RIGHT,
)

exercises["concept-shapes"] = _concept(
    _shapes,
    (3,),
    "(3,)",
    "PyTorch compares shapes from the right, and stretches each 1. Try it with a pen. → "
    "errors#shapes",
    (3, 1),
    "(3, 1)",
    "PyTorch compares shapes from the right, and stretches each 1. Try it with a pen. → "
    "errors#shapes",
    (3, 3),
    "(3, 3)",
    RIGHT,
    _ERROR,
    "The third line raises an error.",
    "That would be safer. But a 1 in a shape fits everything. → errors#shapes",
)

exercises["concept-batch"] = _concept(
    _batch,
    [1.0, 2.0, 6.0],
    "(1, 2, 6)",
    "`w.grad` has the shape of `w`, which is one number. → errors#batch-sum",
    3.0,
    "3",
    "That is the mean. Which line takes a mean? → accumulate",
    6.0,
    "6",
    "That is the last example alone. How many of them act on the loss? → chain-rule",
    9.0,
    "9",
    RIGHT,
)

exercises["concept-visits"] = _concept(
    _visits,
    7,
    "7 times: once for each way that leads to it",
    "There are many ways, but slopes that meet are added first. Then they go on together. → engine",
    6,
    "6 times: twice for each addition",
    "An addition has two inputs. Its one backward gives a slope to each of them. → chain-rule",
    3,
    "3 times: once for each addition",
    RIGHT,
    1,
    "once: for the last one",
    "Then the slope would stop there. How does it come to `x`? → chain-rule",
)

exercises["concept-custom"] = _concept(
    _custom,
    _ERROR,
    "`backward()` raises an error, because the shape is wrong.",
    "It does if the shape cannot be made to fit. Here PyTorch makes it fit. How? → "
    "errors#custom-backward",
    [3.0, 3.0],
    "(3, 3): both rows are added.",
    RIGHT,
    [1.0, 1.0],
    "(1, 1): only the first row counts.",
    "Nothing is thrown away. What else makes one row of two? → errors#custom-backward",
    [[1.0, 1.0], [2.0, 2.0]],
    "the whole matrix",
    "`x.grad` always has the shape of `x`. → jacobian",
)

exercises["concept-saved"] = _concept(
    _saved,
    ("exp", "sin"),
    "after both",
    "An edit in place is not always forbidden. Which of the two needs `y` again? → in-place",
    ("exp",),
    "after `exp` only",
    RIGHT,
    ("sin",),
    "after `sin` only",
    "The slope of the sine is found from its input, and that is not edited here. → in-place",
    (),
    "after neither of them",
    "Each function keeps what its slope is found from. For one of them, that is `y`. → in-place",
)

exercises["concept-shape-of-v"] = _concept(
    _shape_of_v,
    ((3,),),
    "(3,), like `x`",
    "That is the shape of what comes out, `x.grad`. What does `v` give a weight to? → jacobian",
    ((2, 3),),
    "(2, 3), like the Jacobian",
    "`v` is multiplied by the Jacobian; it does not stand in its place. → jacobian",
    ((2,),),
    "(2,), like `y`",
    RIGHT,
    ((2,), (3,), (2, 3)),
    "any of these: PyTorch makes it fit",
    "PyTorch compares the two shapes first, and raises an error if they differ. → "
    "errors#backward-vector",
)

exercises["concept-intermediate"] = _concept(
    _intermediate,
    True,
    "4, as for any tensor on the way",
    "That is the right slope. But which tensors keep theirs? → tensors",
    False,
    "`None`, with a warning",
    RIGHT,
    _ERROR,
    "Reading it raises an error.",
    "It can be read, and a warning says why it holds nothing. → errors#intermediate-grad",
)
