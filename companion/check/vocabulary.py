"""The mistakes that are made everywhere, each a sentence and the program that makes it.

An exercise names them among its own: ``Number(truth, inputs, SIGN, HALF, ...)``.
"""

SIGN = ("The sign is the other way round.", lambda right: -right)
HALF = ("A factor 2 is missing: the slope of a square has one.", lambda right: right / 2)
TWICE = ("It is twice too large: did two gradients add up?", lambda right: 2 * right)
#: The sum over the examples `x`, where their mean is asked for.
SUM = ("This is the sum over the examples; the mean is asked for.", lambda right, x: right * len(x))
#: A step of the weight `w`: up the slope, its length alone, and one that only another name takes.
UPHILL = (
    "This step goes uphill: a step is taken against the slope.",
    lambda right, w: 2 * w - right,
)
MOVE = ("This is how far `w` moves. Where does it arrive?", lambda right, w: right - w)
UNMOVED = (
    "`w` has not moved. Did `w = …` give its name to a new tensor? An edit, `w -= …`, moves it.",
    lambda w: w,
)
#: What is said of a gradient that is missing.
DETACHED = (
    "The way back is cut. `detach()`, `item()`, `torch.tensor(...)` and `torch.no_grad()` cut it."
)
