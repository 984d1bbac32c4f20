"""The exercises on memory count bytes, and the figure of the chapter does so too.

Protected here: a graph that is held, a view that holds a storage, and a tensor that is counted
twice are told apart; a checkpoint of one's own is judged by its bytes, its gradients and its
dice; and each tensor that the memory tank draws is really alive.
"""

import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

from companion.memory import ACTIVATIONS, EVERY, TENSOR, Meter, trace


def rows_by(keep, track=True):
    """Return a function that keeps the first row of each result as `keep` makes it."""

    def first_rows(w, batches):
        with torch.set_grad_enabled(track):
            return [keep(torch.tanh(torch.tanh(x @ w) @ w)) for x in batches]

    return first_rows


def packing(pack, unpack=torch.Tensor.double):
    def cheaply(f, x):
        with saved_tensors_hooks(pack, unpack):
            return f(x)

    return cheaply


def forgetful(save=True, upstream=True, weights=True, dice=True, twice=False):
    """Return a checkpoint of one's own that is right but for what is switched off."""

    class Forget(torch.autograd.Function):
        @staticmethod
        def forward(ctx, f, x, w):
            ctx.f, ctx.state = f, torch.get_rng_state()
            ctx.save_for_backward(x, w)
            return f(x, w)

        @staticmethod
        def backward(ctx, v):
            x, w = (t.detach().requires_grad_() for t in ctx.saved_tensors)
            with torch.enable_grad(), torch.random.fork_rng():
                if dice:
                    torch.set_rng_state(ctx.state)
                y = ctx.f(x, w)
            v = v if upstream else torch.ones_like(v)
            dx, dw = torch.autograd.grad(y, (x, w), v)
            return None, dx * (2 if twice else 1), dw if weights else None

    return Forget.apply if save else lambda f, x, w: f(x, w)


def with_torchs_own(f, x, w):
    return checkpoint(f, x, w, use_reentrant=False)


RIGHT = {
    "held-by-gelu": [41],
    "what-frees": ["d"],
    "steps-back": [30],
    "every-layer": [65],
    "bytes-held": [20000],
    "choose-k": [10],
    "first-checkpoint": ["c"],
    "hook-before-relu": ["d"],
    "two-leaks": [
        rows_by(lambda h: h[0].clone(), track=False),
        rows_by(lambda h: h[0].detach().clone()),
        rows_by(lambda h: h[0].tolist()),
        lambda w, batches: torch.stack(rows_by(lambda h: h[0].detach())(w, batches)),
        lambda w, batches: iter(rows_by(lambda h: h[0].tolist())(w, batches)),
    ],
    "half-the-bytes": [
        packing(torch.Tensor.half),
        packing(lambda t: t.to(torch.float16), lambda t: t.to(torch.float64)),
        packing(lambda t: (t.dtype, t.half()), lambda kept: kept[1].to(kept[0])),
    ],
    "your-checkpoint": [forgetful(), with_torchs_own],
}

WRONG = {
    "held-by-gelu": [(21, "with tanh or ReLU"), (40, "needs a tensor"), (20, "No mistake")],
    "steps-back": [(5, "when the state is cut"), (6, "These are batches"), (25, "its own steps")],
    "every-layer": [
        (2, "one for each layer"),
        (16, "the best choice"),
        (64, "the input of the next"),
    ],
    "bytes-held": [
        (5000, "These are numbers"),
        (40000, "counted twice"),
        (60000, "Which of them does a node keep"),
        (7, "No mistake"),
    ],
    "choose-k": [(8, "for 64 layers"), (20, "alive at the peak"), (1, "every layer's input")],
    "two-leaks": [
        (rows_by(lambda h: h[0]), "lead to a graph"),
        (rows_by(lambda h: h[0].clone()), "lead to a graph"),
        (rows_by(lambda h: h[0].detach()), "a view"),
        (rows_by(lambda h: h[0], track=False), "the storage of all fifty rows"),
        (rows_by(lambda h: h[1].tolist()), "No mistake"),
    ],
    "half-the-bytes": [
        (lambda f, x: f(x), "nothing was packed"),
        (packing(torch.Tensor.bfloat16), "No mistake"),
        (packing(torch.Tensor.half, lambda t: t), "back to float64"),
        (packing(lambda t: (t, t.half()), lambda kept: kept[1].double()), "the small one alone"),
        (lambda f, x: f(x).detach(), "Is a graph recorded"),
    ],
    "your-checkpoint": [
        (lambda f, x, w: None, "First value"),
        (forgetful(save=False), "All that `f` saves is still there"),
        (lambda f, x, w: f(x, w).detach(), "Nothing comes back to `x`"),
        (forgetful(upstream=False), "where does `v`"),
        (forgetful(twice=True), "It is there twice"),
        (forgetful(weights=False), "Nothing comes back to `w`"),
        (forgetful(dice=False), "other dice"),
    ],
}


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_the_tank_draws_is_all_that_is_alive(activation, every):
    """The names in the picture, counted, are the bytes that the meter found."""
    for moment in trace(activation, every):
        assert len(moment.alive - {"dw1"}) == moment.bytes // TENSOR


def test_relu_holds_what_tanh_holds(monkeypatch):
    """The figure has one switch for both, and runs tanh."""
    tanh = [moment[:3] for moment in trace("tanh or ReLU", "2")]
    monkeypatch.setitem(ACTIVATIONS, "tanh or ReLU", torch.relu)
    assert [moment[:3] for moment in trace.__wrapped__("tanh or ReLU", "2")] == tanh


def test_an_edit_and_a_view_make_no_bytes():
    """The meter counts storages, whoever looks into them, and nothing that was there before."""
    given = torch.ones(8)
    with Meter() as meter:
        given.add_(1)
        view, new = given[:4], given + 1
        new.mul_(2)
    assert meter.live() == new.nbytes
    del new
    assert meter.live() == 0 and len(view) == 4
