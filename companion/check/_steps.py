"""A project whose parts have names: each of them is judged, and named in the reply."""

from collections.abc import Callable, Mapping

from torch import Tensor

from companion.check._judge import Function, Part, call_by_name, close, form_mismatch, number_of
from companion.check._page import Form
from companion.check._result import Result, show
from companion.check._run import own


class Steps:
    """Several values by name, such as the gradients of all steps of a net.

    Parameters
    ----------
    truth
        Called without arguments; returns the right values by name, in the order in which they
        are looked at.
    mistakes
        By name: what to say to wrong values, as `companion.check.mistakes` reads it. A mistake's
        function gets ``right``.

    Examples
    --------
    >>> from companion.check.vocabulary import SIGN
    >>> question = Steps(lambda: {"dw": 2.0, "db": 3.0}, {"db": [SIGN]})
    >>> question.judge({"dw": 2.0, "db": -3.0})
    Not solved yet.
    `dw` is right.
    `db` is -3. The sign is the other way round.
    """

    asks = "a dict of values by name"

    def __init__(
        self,
        truth: Callable[[], Mapping[str, float | Tensor]],
        mistakes: Mapping[str, list] | None = None,
    ):
        self.truth, self.mistakes = truth, mistakes or {}

    def form(self) -> Form:
        """Return what a page says of it: it needs a kernel."""
        return Form("code")

    @property
    def missing(self) -> str:
        """Return what is said where nothing was answered."""
        return f"Give a dict with {self._names()}."

    def _names(self):
        return ", ".join(f"`{name}`" for name in own(self.truth))

    def judge(self, answer: object, seed: int = 1) -> Result:
        """Return the result of `answer`: a sentence for each name."""
        names = self._names()
        if not isinstance(answer, dict):
            return Result("type", f"You gave {show(answer)}; this asks for a dict with {names}.")
        rights = own(self.truth)
        sentences = [self._sentence(name, answer.get(name), rights[name]) for name in rights]
        if all(right for right, _ in sentences):
            return Result("solved", f"All of {names} are right.")
        return Result("value", *(sentence for _, sentence in sentences))

    def _sentence(self, name, value, right):
        part = Part("", lambda: right, *self.mistakes.get(name, ()), missing="It is missing.")
        right = number_of(right)
        value = None if value is ... else value
        if (mismatch := form_mismatch(part, f"`{name}` is", value, right)) is not None:
            return False, " ".join(mismatch.sentences)
        if close(value, right):
            return True, f"`{name}` is right."
        for sentence, mistake in part.mistakes:
            if close(value, call_by_name(mistake, right=right)):
                return False, f"`{name}` is {show(value)}. {sentence}"
        return False, f"`{name}` is {show(value)}, which is wrong."


class Project(Steps):
    """One answer that grows: its steps are questions about it, asked until one is not solved.

    Parameters
    ----------
    steps
        By name, in their order: each step's question gets the whole answer.

    Examples
    --------
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
        self.asks, self._missing = first.asks, first.missing

    @property
    def missing(self) -> str:
        """Return what is said where nothing was answered."""
        return self._missing

    def judge(self, answer: object, seed: int = 1) -> Result:
        """Return the result of the first step that is not solved; `seed` is that of its inputs."""
        for done, (name, question) in enumerate(self.steps.items()):
            result = question.judge(answer, seed)
            if not result:
                solved = ", ".join(list(self.steps)[:done])
                where = f"Solved: {solved}. Now {name}:" if done else f"First {name}:"
                sentences = where, *result.sentences
                return Result(result.kind, *sentences, picture=result.picture)
        names = ", ".join(self.steps)
        return Result("solved", f"All steps are solved: {names}. (Seed {seed}.)")
