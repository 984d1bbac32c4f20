"""The concept inventory: twenty questions about what is most often misunderstood.

Each question is a small program, which stands in the notebook; a test runs it there to see that the
right option is right. The silent misunderstandings come first: those that raise nothing. Each
wrong option has the chapter that cures it, for the page says which chapters to read first.
"""

from companion.check import Choice

_CHAPTERS = {
    "accumulate": ".grad adds up",
    "chain-rule": "The chain rule is a graph",
    "custom-function": "Your own backward",
    "engine": "Build your own autograd",
    "in-place": "In-place edits and version counters",
    "kinks": "Where slopes do not exist",
    "layers": "The backward of a layer",
    "loop-mistakes": "Mistakes in the training loop",
    "no-grad": "Stopping the gradient",
    "one-weight": "One weight learns",
    "tensors": "Tensors that remember",
    "vjp": "What v is in backward(v)",
}
#: What is said of the right option.
RIGHT = ""
_STRETCHED = "PyTorch compares shapes from the right, and stretches each 1. → layers"
_SHAPE_OF_X = "`x.grad` always has the shape of `x`. → vjp"

# By question: its options, and what to say to whoever chooses one.
_QUESTIONS = {
    # Silent: nothing raises.
    "adds-up": {
        "5": "Then the new slope would take the place of the old one. Does it? → accumulate",
        "7": RIGHT,
        "10": "Slopes along one way are multiplied. Here are two ways, one for each loss. "
        "→ chain-rule",
        "The second `backward()` raises an error.": "So it is for a second `backward()` through "
        "the same graph. How many graphs are here? → one-weight",
    },
    "empty-before-step": {
        "`w` comes nearer to 4.": "What does `w.grad` hold when the step is taken? → accumulate",
        "`w` moves away from 4.": "The sign of a step is not what is wrong here. What does the "
        "step find in `w.grad`? → one-weight",
        "`w` stays 1.": RIGHT,
        "`optimizer.step()` raises an error.": "An optimizer says nothing about a weight without "
        "a gradient. What does it do? → loop-mistakes",
    },
    "loss-requires-grad": {
        "-24": "`requires_grad = True` begins a new record, without what was done before. "
        "→ loop-mistakes",
        "0": "A zero would be a slope. Does `backward()` come to `w` at all? → tensors",
        "`backward()` raises an error.": "It would, if the third line were not there. What does "
        "that line silence? → loop-mistakes",
        "`None`": RIGHT,
    },
    "leaf": {
        "Yes, because it does not require a gradient.": RIGHT,
        "No, because it was computed from `x`.": "That is so if `x` requires a gradient. → tensors",
        "Reading `y.is_leaf` raises an error.": "Every tensor knows whether it is one. → tensors",
    },
    "data-edit": {
        "6": "For that, `w * w` would have to keep a copy of `w`. What does it keep? → in-place",
        "8": RIGHT,
        "`backward()` raises an error.": "It does when PyTorch sees the edit. Does it see one that "
        "goes through `.data`? → no-grad",
    },
    "detach-shares": {
        "1": "Then `detach()` would copy. What have `x` and `d` in common? → no-grad",
        "The third line raises an error.": "That would be so for `x` itself. Does `d` require a "
        "gradient? → in-place",
        "5": RIGHT,
    },
    "eval": {
        "`True`": RIGHT,
        "`False`": "`eval()` changes what dropout and batch norm do, not what is recorded. "
        "→ no-grad",
        "The third line raises an error.": "A model runs in either mode. → no-grad",
    },
    "rows": {
        "[1, 3]": "That is `W @ v`. `backward(v)` goes from outputs to inputs. → vjp",
        "[4, 6]": "That is the sum of all rows: each output counts once. What does `v` do? → vjp",
        "the whole matrix `W`": _SHAPE_OF_X,
        "[1, 2]": RIGHT,
    },
    "no-factor": {
        "[6, 6, 6]": "Does `x[0]` act on all three outputs, or on one of them? → vjp",
        "[2, 2, 2]": RIGHT,
        "[2/3, 2/3, 2/3]": "With ones for `v`, is it a mean or a sum? → vjp",
        "[1, 1, 1]": "That is `v` itself. On its way back it goes through `2 * x`. → chain-rule",
    },
    "where": {
        "0": "The branch that is not taken gets a 0. What is it multiplied by? → kinks",
        "infinity": "The square root has that slope at 0. But what comes back to it through "
        "`where`? → kinks",
        "`backward()` raises an error.": "Infinite numbers raise nothing. → kinks",
        "`nan`": RIGHT,
    },
    "kink": {
        "0": RIGHT,
        "0.5": "That would be the mean of both sides. Each function has its own convention. "
        "→ kinks",
        "1": "That is the slope on the right. PyTorch took another one for `relu`. → kinks",
        "`backward()` raises an error.": "There is no slope, but PyTorch answers. → kinks",
    },
    "round": {
        "3": "Does `round(x)` change when `x` changes a little? → kinks",
        "`None`": "Rounding is recorded, so a slope comes back. Which? → kinks",
        "0": RIGHT,
        "`backward()` raises an error.": "`argmax` does that, because its result is an integer. "
        "The result of `round` is none. → kinks",
    },
    "total": {
        "None: `total` is a number.": "From the first turn on it is a tensor. → loop-mistakes",
        "One: that of the last turn.": "`total` is made from the earlier `total`. What hangs on "
        "that one? → loop-mistakes",
        "Three: one for each turn.": RIGHT,
    },
    "shapes": {
        "(3,)": _STRETCHED,
        "(3, 1)": _STRETCHED,
        "(3, 3)": RIGHT,
        "The third line raises an error.": "A 1 in a shape fits everything. → layers",
    },
    "batch": {
        "[1, 2, 6]": "`w.grad` has the shape of `w`, which is one number. → vjp",
        "3": "That is the mean. Which line takes a mean? → accumulate",
        "6": "That is the last example alone. How many of them act on the loss? → chain-rule",
        "9": RIGHT,
    },
    "visits": {
        "7 times: once for each way that leads to it": "There are many ways, but slopes that meet "
        "are added first. Then they go on together. → engine",
        "6 times: twice for each addition": "An addition has two inputs. Its one backward gives a "
        "slope to each of them. → chain-rule",
        "3 times: once for each addition": RIGHT,
        "once: for the last one": "Then how does the slope come to `x`? → chain-rule",
    },
    "custom": {
        "`backward()` raises an error, because the shape is wrong.": "It does if the shape cannot "
        "be made to fit. Here PyTorch makes it fit. How? → custom-function",
        "[3, 3]: both rows are added.": RIGHT,
        "[1, 1]: only the first row counts.": "Nothing is thrown away. What else makes one row of "
        "two? → custom-function",
        "the whole matrix": _SHAPE_OF_X,
    },
    # Heard: a warning or an error.
    "saved": {
        "after both": "Not every edit is forbidden. Which of the two needs `y` again? → in-place",
        "after `exp` only": RIGHT,
        "after `sin` only": "The slope of the sine is found from its input, and that is not edited "
        "here. → in-place",
        "after neither of them": "Each function keeps what its slope is found from. For one of "
        "them, that is `y`. → in-place",
    },
    "shape-of-v": {
        "(3,), like `x`": "That is the shape of `x.grad`. What does `v` weigh? → vjp",
        "(2, 3), like the Jacobian": "`v` is multiplied by it, not put in its place. → vjp",
        "(2,), like `y`": RIGHT,
        "any of these: PyTorch makes it fit": "PyTorch compares the two shapes first, and raises "
        "an error if they differ. → vjp",
    },
    "intermediate": {
        "4, as for any tensor on the way": "That is its slope. Which tensors keep it? → tensors",
        "`None`, with a warning": RIGHT,
        "Reading it raises an error.": "It can be read, and a warning says why it holds nothing. "
        "→ tensors",
    },
}


def _question(options):
    answers = {}
    for letter, (text, said) in zip("abcd", options.items(), strict=False):
        sentence, _, chapter = said.partition(" → ")
        if said != RIGHT:
            said = f"{sentence} Read [{_CHAPTERS[chapter]}](chapters/{chapter})."
        answers[letter] = text, said
    return Choice(later=True, **answers)


exercises = {f"concept-{name}": _question(options) for name, options in _QUESTIONS.items()}
