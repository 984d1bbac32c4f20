"""Rules that a statement can make: what an answer must do without."""

import torch
from torch.overrides import TorchFunctionMode


class RuleBroken(Exception):
    """An answer used what its exercise does without."""


class _NoTorch(TorchFunctionMode):
    """Refuse each function of torch."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        raise RuleBroken("this exercise asks for arithmetic with plain numbers, without torch")


class _NoEngine:
    """Refuse the one function in which all of torch's ways back meet, while the block runs.

    These are `backward`, `autograd.grad`, `torch.func` and `autograd.functional`.
    """

    def __enter__(self):
        self.before = torch.autograd._engine_run_backward
        torch.autograd._engine_run_backward = _refuse_backward

    def __exit__(self, *_):
        torch.autograd._engine_run_backward = self.before


def _refuse_backward(*_, **__):
    raise RuleBroken("this exercise asks for the gradient without autograd")


class _NoOptimizer:
    """Refuse each optimizer of torch, while the block runs."""

    def __enter__(self):
        self.before = torch.optim.Optimizer.__init__
        torch.optim.Optimizer.__init__ = _refuse_optimizer

    def __exit__(self, *_):
        torch.optim.Optimizer.__init__ = self.before


def _refuse_optimizer(*_, **__):
    raise RuleBroken("this exercise asks for the step without an optimizer")


#: Each rule by what is forbidden: a context in which an answer runs.
RULES = {"torch": _NoTorch, "backward": _NoEngine, "optimizer": _NoOptimizer}
