"""Rules that a statement can make: what an answer must do without."""

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from torch.overrides import TorchFunctionMode


class RuleBroken(Exception):
    """An answer used what its exercise does without."""


class _NoTorch(TorchFunctionMode):
    """Refuse each function of torch."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        raise RuleBroken("this exercise asks for arithmetic with plain numbers, without torch")


def _refusing(sentence, *places):
    """Return a context in which the functions in these places refuse to be called."""

    def refuse(*_, **__):
        raise RuleBroken(sentence)

    @contextmanager
    def context():
        with ExitStack() as stack:
            for place in places:
                stack.enter_context(patch(place, refuse))
            yield

    return context


#: Each rule by what is forbidden: a context in which an answer runs.
RULES = {
    "torch": _NoTorch,
    "backward": _refusing(
        "this exercise asks for the gradient without autograd",
        # Here meet `backward`, `autograd.grad`, `torch.func` and `autograd.functional`.
        "torch.autograd._engine_run_backward",
        # And here forward mode: `torch.func.jvp` and `jacfwd`.
        "torch.autograd.forward_ad.make_dual",
    ),
    "optimizer": _refusing(
        "this exercise asks for the step without an optimizer", "torch.optim.Optimizer.__init__"
    ),
}
