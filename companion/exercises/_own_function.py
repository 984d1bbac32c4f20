"""A project that asks for a `torch.autograd.Function`: five steps from its value to its proof."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from companion.check import Function, Part, Project, flag
from companion.exercises._given import upstream


def own_function(
    name: str,
    truth: Callable[..., Tensor],
    cases: Sequence[dict],
    value: Sequence,
    drawn: Callable,
    **grads: Sequence,
) -> Project:
    """Return the project of a Function `name`, whose `apply` gets the inputs of a case.

    `truth` computes the same with torch's operations; `value` and `grads`, by the name of an
    input, are what to say to wrong values, as `Part` reads it.
    """
    call = f"`{name}.apply({', '.join(cases[0])})`"

    def step(*parts, cases=cases[:1], **options):
        return Function(name, cases, *parts, call=lambda: call, **options)

    def right(which):
        def grad(**inputs):
            return _grads(truth, list(inputs.values()))[which]

        return grad

    return Project(
        {
            "`forward`": step(
                Part("{call} returned", truth, *value, tensor=True),
                observe=lambda kind, *inputs: (kind.apply(*inputs),),
                cases=cases,
                drawn=drawn,
            ),
            "`backward`": step(
                flag("Does `backward` give one answer for each argument?", True, _COUNT),
                *(
                    Part(f"`{x}.grad` is", right(i), *items, missing=_NO_GRAD)
                    for i, (x, items) in enumerate(grads.items())
                ),
                flag("Is `v` as it was, after `backward`?", True, _OVERWRITTEN),
                observe=_observe_backward,
                cases=cases,
                drawn=drawn,
            ),
            "`gradcheck`": step(flag("Does {call} pass it?", True, _NOT_TRUE), observe=_first),
            "`save_for_backward`": step(
                flag("Is an edit before `backward` harmless, or refused?", True, _UNSEEN),
                flag("Is a second `backward` refused?", True, _UNFREED),
                observe=lambda kind, *inputs: _observe_kept(kind, truth, inputs),
                may_change=list(cases[0]),
            ),
            "`gradgradcheck`": step(
                flag("Does {call} pass it?", True, _NO_HISTORY), observe=_second
            ),
        }
    )


_COUNT = (
    "`backward` returns as many gradients as `forward` has arguments without `ctx`; for a number "
    "it is `None`."
)
_NO_GRAD = "This input asks for a gradient. What stands in its place after `return`?"
_OVERWRITTEN = (
    "An edit in place, such as `v *= p`, overwrites what others may still need: work on a new "
    "tensor, `v * p`."
)
_NOT_TRUE = (
    "`gradcheck` hands in one-hot `v`, and calls it more than once. Does the gradient depend on "
    "`v` in any other way than as a factor?"
)
_UNSEEN = (
    "The gradient came out wrong, without an error: a tensor is kept as an attribute, such as "
    "`ctx.x`, where edits are not seen. `ctx.save_for_backward` sees them."
)
_UNFREED = "What is kept as an attribute of `ctx` is not freed: use `ctx.save_for_backward`."
_NO_HISTORY = (
    "The gradient is right, but it cannot be differentiated, or gives wrong numbers. Without a "
    "history are: a middle result of `forward` that was saved, NumPy, `detach`, and what "
    "`once_differentiable` marks. Save what comes in or goes out, and compute the rest from it."
)


def _tensors(inputs):
    return [x for x in inputs if isinstance(x, Tensor)]


def _grads(function, inputs):
    inputs = [x.detach().requires_grad_() if isinstance(x, Tensor) else x for x in inputs]
    y = function(*inputs)
    return torch.autograd.grad(y, _tensors(inputs), upstream(y))


def _observe_backward(kind, *inputs):
    tensors, y = _tensors(inputs), kind.apply(*inputs)
    v = upstream(y.detach())
    try:
        grads = torch.autograd.grad(y, tensors, v, allow_unused=True)
    except RuntimeError as error:
        if "incorrect number of gradients" not in str(error):
            raise
        return False, *(None for _ in tensors), True
    return True, *grads, torch.equal(v, upstream(y.detach()))


def _first(kind, *inputs):
    return (gradcheck(kind.apply, inputs, raise_exception=False),)


def _second(kind, *inputs):
    v = upstream(kind.apply(*inputs).detach()).requires_grad_()
    try:
        return (gradgradcheck(kind.apply, inputs, v, fast_mode=True, raise_exception=False),)
    except RuntimeError:  # of `once_differentiable`
        return (False,)


def _observe_kept(kind, truth, inputs):
    tensors, rights, harmless = _tensors(inputs), _grads(truth, inputs), True
    for which in range(len(tensors) + 1):
        y = kind.apply(*inputs)
        edited = [*tensors, y][which].detach()
        edited += 1
        try:
            grads = torch.autograd.grad(y, tensors, upstream(y.detach()))
            harmless &= all(map(torch.allclose, grads, rights))
        except RuntimeError:  # the edit was seen
            pass
        edited -= 1
    y = kind.apply(*inputs).sum()
    y.backward()
    try:
        y.backward()
    except RuntimeError:
        return harmless, True
    return harmless, False
