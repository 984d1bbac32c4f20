"""The mistakes that are made everywhere, each a sentence and the program that makes it.

An exercise names them among its own: ``Number(truth, inputs, SIGN, HALF, ...)``. Where a mistake
needs words of the exercise, the functions below take them.
"""

SIGN = (
    "The sign is the other way round.",
    lambda right: -right,
)
HALF = ("A factor 2 is missing: the slope of a square has one.", lambda right: right / 2)
TWICE = ("It is twice too large: did two gradients add up?", lambda right: 2 * right)
ZERO = ("It is zero: is the way back cut?", lambda right: 0.0 * right)
TRANSPOSED = (
    "Rows and columns are exchanged: an output has a row of its own.",
    lambda right: right.T,
)
ACCUMULATED = (
    "Each entry holds the ones before it as well: gradients add up.",
    lambda right: right.cumsum(0),
)
DETACHED = (
    "The way back is cut. `detach()`, `item()`, `torch.tensor(...)` and `torch.no_grad()` cut it."
)


def sum_for_mean(name: str) -> tuple:
    """Return the mistake of a sum over the entries of the input `name`, in place of a mean."""
    return (
        "This is the sum over the examples; the mean is asked for.",
        lambda right, **inputs: right * len(inputs[name]),
    )


def mean_for_sum(name: str) -> tuple:
    """Return the mistake of a mean over the entries of the input `name`, in place of a sum."""
    return (
        "This is the mean over the examples. Each of them has its part: the parts are added.",
        lambda right, **inputs: right / len(inputs[name]),
    )


def off_by_one(sentence: str, by: int = 1) -> tuple:
    """Return the mistake of a count that is too large by `by`."""
    return sentence, lambda right: right + by
