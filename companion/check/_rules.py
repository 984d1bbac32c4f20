"""Rules that a statement can make: what an answer must do without."""

from unittest.mock import patch

from torch.overrides import TorchFunctionMode


class RuleBroken(Exception):
    """An answer used what its exercise does without."""


class _NoTorch(TorchFunctionMode):
    """Refuse each function of torch."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        raise RuleBroken("this exercise asks for arithmetic with plain numbers, without torch")


def _refusing(place, sentence):
    """Return a context in which the function in this place refuses to be called."""

    def refuse(*_, **__):
        raise RuleBroken(sentence)

    return lambda: patch(place, refuse)


#: Each rule by what is forbidden: a context in which an answer runs.
RULES = {
    "torch": _NoTorch,
    # Here meet `backward`, `autograd.grad`, `torch.func` and `autograd.functional`.
    "backward": _refusing(
        "torch.autograd._engine_run_backward",
        "this exercise asks for the gradient without autograd",
    ),
    "optimizer": _refusing(
        "torch.optim.Optimizer.__init__", "this exercise asks for the step without an optimizer"
    ),
}
