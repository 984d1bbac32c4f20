"""A project: one answer, whose steps are judged one after the other, and named in the reply."""

from collections.abc import Mapping

from companion.check._judge import Function
from companion.check._page import Form
from companion.check._result import Result


class Project:
    """One answer that grows: its steps are questions about it, asked until one is not solved.

    Parameters
    ----------
    steps
        By name, in their order: each step's question gets the whole answer.

    Examples
    --------
    >>> from companion.check import Function, Part
    >>> double = Function("f", [{"x": 2.0}], Part("{call} returned", lambda x: 2 * x))
    >>> square = Function("f", [{"x": 3.0}], Part("{call} returned", lambda x: x * x))
    >>> Project({"even": double, "odd": square}).judge(lambda x: 2 * x)
    Not solved yet.
    Solved: even. Now odd:
    `f(x=3)` returned 6.
    No mistake that we know of gives this. Go through it once more, line by line.
    """

    def __init__(self, steps: Mapping[str, Function]):
        self.steps, first = steps, next(iter(steps.values()))
        self.asks, self.missing = first.asks, first.missing

    def form(self) -> Form:
        """Return what a page says of it: it needs a kernel."""
        return Form("code")

    def judge(self, answer: object, seed: int = 1) -> Result:
        """Return the result of the first step that is not solved; `seed` is that of its inputs."""
        for done, (name, question) in enumerate(self.steps.items()):
            result = question.judge(answer, seed)
            if not result:
                solved = ", ".join(list(self.steps)[:done])
                where = f"Solved: {solved}. Now {name}:" if done else f"First {name}:"
                return Result(result.kind, where, *result.sentences)
        names = ", ".join(self.steps)
        return Result("solved", f"All steps are solved: {names}. (Seed {seed}.)")
