"""The concept inventory: twenty questions about what is most often misunderstood.

Each question is a small program. The silent misunderstandings come first: those that raise
nothing. Torch runs the program to find which option is right, and each wrong option has the
chapter that cures it.
"""

from collections.abc import Callable

import torch

from companion.check import Choice
from companion.check._result import show
from companion.exercises._given import leaf

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
_ERROR = "raises an error"

exercises = {}


def _concept(options: dict[str, str]) -> Callable:
    """Make a question of a program, which returns its outcome: one of the options, or its begin.

    An option is a text, and what to say to whoever chooses it. That ends with the place that cures
    it: a chapter, or an entry of the Error atlas. The right one has `RIGHT` there.
    """
    letters = dict(zip("abcd", options, strict=False))

    def ask(program):
        def truth():
            outcome = _outcome(program)
            [letter] = [key for key, text in letters.items() if _is_said(outcome, text)]
            return letter

        answers = {key: (text, _read(options[text])) for key, text in letters.items()}
        answers = {key: pair if pair[1] else pair[0] for key, pair in answers.items()}
        name = program.__name__.replace("_", "-")
        exercises[f"concept{name}"] = Choice(truth, later=True, **answers)

    return ask


def _outcome(program):
    try:
        outcome = program()
    except RuntimeError:
        return _ERROR
    if isinstance(outcome, str):
        return outcome
    if isinstance(outcome, torch.Tensor) and not outcome.isnan().any():
        return show(outcome)
    return f"`{outcome.item() if isinstance(outcome, torch.Tensor) else outcome}`"


def _is_said(outcome, text):
    if outcome == _ERROR:
        return _ERROR in text
    return text == outcome or text.startswith((f"{outcome}: ", f"{outcome}, "))


def _read(sentence):
    if sentence == RIGHT:
        return RIGHT
    sentence, place = sentence.split(" → ")
    chapter, _, entry = place.partition("#")
    anchor = f"#error-{entry}" if entry else ""
    return f"{sentence} Read [{_CHAPTERS[chapter]}](chapters/{chapter}{anchor})."


# Silent: nothing raises ------------------------------------------------------------------------


@_concept(
    {
        "5": "Then the new slope would take the place of the old one. Does it? → accumulate",
        "7": RIGHT,
        "10": "Slopes along one way are multiplied. Here are two losses, each with a way of its "
        "own. → chain-rule",
        "The second `backward()` raises an error.": "That is so for a second `backward()` through "
        "the same graph. How many graphs are here? → errors#backward-twice",
    }
)
def _adds_up():
    w = leaf(3.0)
    (2 * w).backward()
    (5 * w).backward()
    return w.grad


@_concept(
    {
        "`w` comes nearer to 4.": "What does `w.grad` hold in the moment when the step is taken? "
        "→ accumulate",
        "`w` moves away from 4.": "The sign of a step is not what is wrong here. What does the "
        "step find in `w.grad`? → one-weight",
        "`w` stays 1.": RIGHT,
        "`optimizer.step()` raises an error.": "An optimizer says nothing about a weight without "
        "a gradient. What does it do? → errors#zero-before-step",
    }
)
def _empty_before_step():
    w = leaf(1.0)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for _ in range(3):
        ((2 * w - 8) ** 2).backward()
        optimizer.zero_grad()
        optimizer.step()
    near = "`w` comes nearer to 4." if abs(w - 4) < 3 else "`w` moves away from 4."
    return "`w` stays 1." if w == 1 else near


@_concept(
    {
        "-24": "`requires_grad = True` begins a new record. What was done before is not in it. "
        "→ no-grad",
        "0": "A zero would be a slope. Does `backward()` come to `w` at all? → tensors",
        "`backward()` raises an error.": "It would, if the third line were not there. What does "
        "that line silence? → errors#loss-requires-grad",
        "`None`": RIGHT,
    }
)
def _loss_requires_grad():
    w = leaf(1.0)
    with torch.no_grad():
        loss = (2 * w - 8) ** 2
    loss.requires_grad = True
    loss.backward()
    return w.grad


@_concept(
    {
        "Yes, because it does not require a gradient.": RIGHT,
        "No, because it was computed from `x`.": "That is so if what it was computed from requires "
        "a gradient. Does `x`? → tensors",
        "Reading `y.is_leaf` raises an error.": "Every tensor knows whether it is a leaf. "
        "→ tensors",
    }
)
def _leaf():
    return "Yes" if (torch.ones(3) * 2).is_leaf else "No"


@_concept(
    {
        "6": "For that, `w * w` would have to keep a copy of `w`. What does it keep? → in-place",
        "8": RIGHT,
        "`backward()` raises an error.": "It does when PyTorch sees the edit. Does it see one that "
        "goes through `.data`? → no-grad",
    }
)
def _data_edit():
    w = leaf(3.0)
    y = w * w
    w.data.add_(1)
    y.backward()
    return w.grad


@_concept(
    {
        "1": "Then `detach()` would copy. What have `x` and `d` in common? → no-grad",
        "The third line raises an error.": "That would be so for `x` itself. Does `d` require a "
        "gradient? → in-place",
        "5": RIGHT,
    }
)
def _detach_shares():
    x = leaf(1.0, 2.0)
    d = x.detach()
    d[0] = 5.0
    return x[0]


@_concept(
    {
        "`True`": RIGHT,
        "`False`": "`eval()` changes what dropout and batch norm do. Is recording a part of that? "
        "→ no-grad",
        "The third line raises an error.": "A model may be called in either mode. "
        "→ errors#eval-tracks",
    }
)
def _eval():
    model = torch.nn.Linear(1, 1)
    model.eval()
    return model(torch.ones(1)).requires_grad


@_concept(
    {
        "[1, 3]": "That is `W @ v`. `backward(v)` goes the other way, from outputs to inputs. "
        "→ jacobian",
        "[4, 6]": "That is the sum of all rows: each output counts once. What does `v` do? "
        "→ jacobian",
        "the whole matrix `W`": "`x.grad` always has the shape of `x`. → jacobian",
        "[1, 2]": RIGHT,
    }
)
def _rows():
    x = leaf(1.0, 1.0)
    (leaf([1.0, 2.0], [3.0, 4.0]) @ x).backward(torch.tensor([1.0, 0.0]).double())
    return x.grad


@_concept(
    {
        "[6, 6, 6]": "Does `x[0]` act on all three outputs, or on one of them? → errors#factor-m",
        "[2, 2, 2]": RIGHT,
        "[2/3, 2/3, 2/3]": "That is the gradient of a mean. With ones for `v`, is it a mean or a "
        "sum? → jacobian",
        "[1, 1, 1]": "That is `v` itself. On its way back it goes through `2 * x`. → chain-rule",
    }
)
def _no_factor():
    x = leaf(1.0, 2.0, 3.0)
    (2 * x).backward(torch.ones(3))
    return x.grad


@_concept(
    {
        "0": "The branch that is not taken gets the slope 0. Which slope is it multiplied by? "
        "→ errors#where-nan",
        "infinity": "The square root has that slope at 0. But what comes back to it through "
        "`where`? → chain-rule",
        "`backward()` raises an error.": "Arithmetic with infinite numbers raises nothing. "
        "→ errors#where-nan",
        "`nan`": RIGHT,
    }
)
def _where():
    x = leaf(0.0)
    torch.where(x > 0, torch.sqrt(x), 0.0).backward()
    return x.grad


@_concept(
    {
        "0": RIGHT,
        "0.5": "That would be the mean of both sides. Each function has its own convention. "
        "→ errors#kinks",
        "1": "That is the slope on the right. PyTorch took another one for `relu`. → errors#kinks",
        "`backward()` raises an error.": "There is no slope, but PyTorch answers all the same. "
        "→ errors#kinks",
    }
)
def _kink():
    x = leaf(0.0)
    torch.relu(x).backward()
    return x.grad


@_concept(
    {
        "3": "How much does `round(x)` change when `x` changes a little? → errors#argmax-round",
        "`None`": "Rounding is recorded like any other function. So a slope comes back, but which "
        "one? → errors#argmax-round",
        "0": RIGHT,
        "`backward()` raises an error.": "`argmax` does that, because its result is an integer. "
        "The result of `round` is none. → errors#argmax-round",
    }
)
def _round():
    x = leaf(2.7)
    (3 * torch.round(x)).backward()
    return x.grad


def _held(node, name):
    """Return how many nodes of this name hang on a node of torch's graph."""
    if node is None:
        return 0
    return (node.name() == name) + sum(_held(earlier, name) for earlier, _ in node.next_functions)


@_concept(
    {
        "None: `total` is a number.": "`total` is a tensor from the first turn on. What does a "
        "tensor remember? → accumulate",
        "One: that of the last turn.": "`total` is made from the earlier `total`. What hangs on "
        "that one? → errors#total-loss",
        "Three: one for each turn.": RIGHT,
    }
)
def _total():
    w, total = leaf(1.0), 0.0
    for x in (1.0, 2.0, 3.0):
        loss = (w * x) ** 2
        total += loss
    return ("None", "One", "two", "Three")[_held(total.grad_fn, "PowBackward0")]


_STRETCHED = (
    "PyTorch compares shapes from the right, and stretches each 1. Try it with a pen. "
    "→ errors#shapes"
)


@_concept(
    {
        "(3,)": _STRETCHED,
        "(3, 1)": _STRETCHED,
        "(3, 3)": RIGHT,
        "The third line raises an error.": "That would be safer. But a 1 in a shape fits "
        "everything. → errors#shapes",
    }
)
def _shapes():
    return str(tuple((torch.ones(3, 1) - torch.ones(3)).shape))


@_concept(
    {
        "[1, 2, 6]": "`w.grad` has the shape of `w`, which is one number. → errors#batch-sum",
        "3": "That is the mean. Which line takes a mean? → accumulate",
        "6": "That is the last example alone. How many of them act on the loss? → chain-rule",
        "9": RIGHT,
    }
)
def _batch():
    w = leaf(1.0)
    (w * torch.tensor([1.0, 2.0, 6.0])).sum().backward()
    return w.grad


@_concept(
    {
        "7 times: once for each way that leads to it": "There are many ways, but slopes that meet "
        "are added first. Then they go on together. → engine",
        "6 times: twice for each addition": "An addition has two inputs. Its one backward gives a "
        "slope to each of them. → chain-rule",
        "3 times: once for each addition": RIGHT,
        "once: for the last one": "Then the slope would stop there. How does it come to `x`? "
        "→ chain-rule",
    }
)
def _visits():
    y, visits = leaf(1.0), []
    for _ in range(3):
        y = y + y
        y.grad_fn.register_prehook(visits.append)
    y.backward()
    return f"{len(visits)} times"


class _Wide(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.sum()

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.tensor([[1.0, 1.0], [2.0, 2.0]])


@_concept(
    {
        "`backward()` raises an error, because the shape is wrong.": "It does if the shape cannot "
        "be made to fit. Here PyTorch makes it fit. How? → errors#custom-backward",
        "[3, 3]: both rows are added.": RIGHT,
        "[1, 1]: only the first row counts.": "Nothing is thrown away. What else makes one row of "
        "two? → errors#custom-backward",
        "the whole matrix": "`x.grad` always has the shape of `x`. → jacobian",
    }
)
def _custom():
    x = leaf(1.0, 1.0)
    _Wide.apply(x).backward()
    return x.grad


# Heard: a warning or an error -------------------------------------------------------------------


@_concept(
    {
        "after both": "An edit in place is not always forbidden. Which of the two needs `y` again? "
        "→ in-place",
        "after `exp` only": RIGHT,
        "after `sin` only": "The slope of the sine is found from its input, and that is not edited "
        "here. → in-place",
        "after neither of them": "Each function keeps what its slope is found from. For one of "
        "them, that is `y`. → in-place",
    }
)
def _saved():
    failing = []
    for function in (torch.exp, torch.sin):
        y = function(leaf(1.0))
        with torch.no_grad():
            y.add_(1)
        try:
            y.backward()
        except RuntimeError:
            failing.append(f"after `{function.__name__}` only")
    return failing[0] if len(failing) == 1 else "after both" if failing else "after neither of them"


@_concept(
    {
        "(3,), like `x`": "That is the shape of what comes out, `x.grad`. What does `v` give a "
        "weight to? → jacobian",
        "(2, 3), like the Jacobian": "`v` is multiplied by the Jacobian; it does not stand in its "
        "place. → jacobian",
        "(2,), like `y`": RIGHT,
        "any of these: PyTorch makes it fit": "PyTorch compares the two shapes first, and raises "
        "an error if they differ. → errors#backward-vector",
    }
)
def _shape_of_v():
    fits = []
    for shape in ((2,), (3,), (2, 3)):
        try:
            (torch.ones(2, 3) @ torch.ones(3, requires_grad=True)).backward(torch.ones(shape))
        except RuntimeError:
            continue
        fits.append(str(shape))
    return fits[0] if len(fits) == 1 else "any of these"


@_concept(
    {
        "4, as for any tensor on the way": "That is the right slope. But which tensors keep "
        "theirs? → tensors",
        "`None`, with a warning": RIGHT,
        "Reading it raises an error.": "It can be read, and a warning says why it holds nothing. "
        "→ errors#intermediate-grad",
    }
)
def _intermediate():
    h = 2 * leaf(1.0)
    (h * h).backward()
    return h.grad if h.retains_grad else None  # reading it would warn
