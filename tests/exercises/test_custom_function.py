"""The exercises on a backward of your own: right answers pass, and each known mistake is named.

Protected here: Functions that are written otherwise pass all steps; each usual mistake, made in a
Function that is right everywhere else, stops at its own step with its own sentence.
"""

import pytest
import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable


def own(forward, backward, setup=None):
    """Return a Function of these two or three static methods."""
    methods = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    if setup:
        methods["setup_context"] = staticmethod(setup)
    return type("Own", (Function,), methods)


def dot(p, v, dim):
    return (p * v).sum(dim, keepdim=True)


def softmax(backward=lambda p, v, dim: p * (v - dot(p, v, dim)), value=torch.softmax):
    """Return a softmax that keeps its result."""

    def forward(ctx, x, dim):
        y = value(x, dim)
        ctx.dim = dim
        ctx.save_for_backward(y)
        return y

    def back(ctx, v):
        found = backward(*ctx.saved_tensors, v, ctx.dim)
        return found if isinstance(found, tuple) else (found, None)

    return own(forward, back)


def by_exp(x, dim):
    return x.exp() / x.exp().sum(dim, keepdim=True)


def softmax_of_new_form():
    """It keeps the input, and has a context of its own."""

    def setup(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])
        ctx.dim = inputs[1]

    def backward(ctx, v):
        p = ctx.saved_tensors[0].softmax(ctx.dim)
        return p * v - p * dot(p, v, ctx.dim), None

    return own(lambda x, dim: x.softmax(dim), backward, setup)


def softmax_by_attribute():
    def forward(ctx, x, dim):
        ctx.y, ctx.dim = x.softmax(dim), dim
        return ctx.y

    return own(forward, lambda ctx, v: (ctx.y * (v - dot(ctx.y, v, ctx.dim)), None))


def softmax_by_copy():
    """Its edits are harmless, and it is not freed."""

    def forward(ctx, x, dim):
        ctx.y, ctx.dim = x.softmax(dim), dim
        return ctx.y.clone()

    return own(forward, lambda ctx, v: (ctx.y * (v - dot(ctx.y, v, ctx.dim)), None))


def once():
    kind = softmax()
    kind.backward = staticmethod(once_differentiable(kind.backward))
    return kind


def overwrites(p, v, dim):
    total = dot(p, v, dim)
    return v.sub_(total).mul_(p)


def only_ones(p, v, dim):
    """Right for the `v` that the second step hands in, and for no other."""
    from companion.exercises._given import upstream

    return p * (upstream(v) - dot(p, upstream(v), dim))


def normed(x, eps, dim=-1, correction=0):
    var, mean = torch.var_mean(x, dim, correction=correction, keepdim=True)
    return (x - mean) / (var + eps).sqrt()


def layer_norm(
    terms=lambda y, v: v.mean(-1, keepdim=True) + y * (y * v).mean(-1, keepdim=True),
    value=normed,
    middle=False,
):
    """Return a layer norm that keeps its input, or a middle result as well."""

    def forward(ctx, x, eps):
        ctx.eps = eps
        sigma = (x.var(-1, correction=0, keepdim=True) + eps).sqrt()
        ctx.save_for_backward(x, *([sigma] if middle else []))
        return value(x, eps)

    def backward(ctx, v):
        x, *rest = ctx.saved_tensors
        sigma = rest[0] if rest else (x.var(-1, correction=0, keepdim=True) + ctx.eps).sqrt()
        y = (x - x.mean(-1, keepdim=True)) / sigma
        return (v - terms(y, v)) / sigma, None

    return own(forward, backward)


def head(factor=True, total=True, count=4, weights=lambda p, v: p.T @ v):
    def forward(ctx, q, k, values, scale):
        ctx.save_for_backward(q, k, values)
        ctx.scale = scale
        return (scale * q @ k.T).softmax(-1) @ values

    def backward(ctx, v):
        q, k, values = ctx.saved_tensors
        p = (ctx.scale * q @ k.T).softmax(-1)
        back = p * (v @ values.T)
        scores = (back - total * p * back.sum(-1, keepdim=True)) * (ctx.scale if factor else 1)
        return (scores @ k, scores.T @ q, weights(p, v), None)[:count]

    return own(forward, backward)


def swish(keep="x", grad=lambda x, s, v: v * s * (1 + x * (1 - s))):
    def forward(ctx, x):
        s = torch.sigmoid(x)
        if keep == "attribute":
            ctx.x = x
        else:
            ctx.save_for_backward(*((x, s) if keep == "both" else (x,)))
        return x * s

    def backward(ctx, v):
        x = ctx.x if keep == "attribute" else ctx.saved_tensors[0]
        return grad(x, torch.sigmoid(x), v)

    return own(forward, backward).apply


def through(backward=lambda ctx, v: v, value=lambda x: x.clamp(0, 1)):
    return own(lambda ctx, x: value(x) * 1, backward).apply


def by_complex_step(f, x, h=1e-20, part=lambda y: y.imag, over=1):
    z = torch.complex(torch.tensor(x, dtype=torch.float64), torch.tensor(h, dtype=torch.float64))
    return part(f(z)) / (over * h)


def by_difference(f, x):
    one = torch.tensor(x, dtype=torch.float64)
    return (f(one + 1e-6) - f(one - 1e-6)) / 2e-6


def in_two_parts(x):
    return x + (x.clamp(0, 1) - x).detach()


RIGHT = {
    "let-go-at-ones": [5],
    "kept-by-ctx": [4, torch.tensor(4.0)],
    "best-of-four": ["b"],
    "which-is-wrong": ["c"],
    "kept-output": [25, 25.0],
    "quotient-in-float32": [0, 0.0],
    "eps-in-float32": ["c"],
    "shape-refused": ["c"],
    "complex-step": [by_complex_step, lambda f, x: by_complex_step(f, x, 1e-50).item()],
    "lean-swish": [swish()],
    "clamp-through": [through(), in_two_parts],
    "your-softmax": [softmax(), softmax_of_new_form()],
    "your-layer-norm": [layer_norm()],
    "your-head": [head()],
}

WRONG = {
    "let-go-at-ones": [(4, "Mixed numbers"), (1, "are caught"), (6, "compare the factors")],
    "kept-by-ctx": [
        (2, "the true slope"),
        (0, "its own memory"),
        (1, "No mistake"),
    ],
    "kept-output": [(5, "the true slope"), (1, "from above"), (10, "Which two numbers")],
    "quotient-in-float32": [(2, "the true slope"), (1, "the difference"), (3, "No mistake")],
    "complex-step": [
        (lambda f, x: by_complex_step(f, x, over=2e20), "almost 0"),
        (lambda f, x: f(torch.tensor(x, dtype=torch.float64)), "the value"),
        (by_difference, "to the last digits"),
        (lambda f, x: f(torch.tensor(complex(x, 1e-20))), "`torch.complex64`"),
    ],
    "lean-swish": [
        (lambda x: x * torch.sigmoid(x), "Return `Swish.apply(x)`"),
        (swish("both"), "can be computed again"),
        (swish("attribute"), "out of its sight"),
        (swish(grad=lambda x, s, v: s * (1 + x * (1 - s))), "`v` is missing"),
        (swish(grad=lambda x, s, v: s * v), "is a constant here"),
        (swish(grad=lambda x, s, v: x * s * (1 - s) * v), "part of the factor"),
    ],
    "clamp-through": [
        (lambda x: x.clamp(0, 1), "the true gradient of `clamp`"),
        (through(value=lambda x: x), "This is `x`"),
        (through(lambda ctx, v: torch.ones_like(v)), "These are ones"),
        (through(lambda ctx, v: None), "what goes back"),
    ],
    "your-softmax": [
        (softmax(value=lambda x, dim: x.softmax(1 - dim)), "the other dimension"),
        (softmax(value=lambda x, dim: by_exp(x, dim)), "grown too large"),
        (softmax(lambda p, v, dim: p * v), "Solved: `forward`. Now `backward`"),
        (softmax(lambda p, v, dim: p * v), "a sum is missing"),
        (softmax(lambda p, v, dim: p * (1 - p) * v), "the diagonal"),
        (softmax(lambda p, v, dim: p * (v - dot(p, v, 1 - dim))), "the wrong dimension"),
        (softmax(lambda p, v, dim: p * (v - v.sum(dim, True))), "is weighted by `p`"),
        (softmax(lambda p, v, dim: p * (v - (p * v).sum())), "No mistake"),
        (softmax(lambda p, v, dim: (p * (v - dot(p, v, dim)),)), "for a number it is `None`"),
        (softmax(lambda p, v, dim: None), "stands in its place"),
        (softmax(overwrites), "overwrites what others"),
        (softmax(only_ones), "Now `gradcheck`"),
        (softmax_by_attribute(), "a tensor is kept as an attribute"),
        (softmax_by_copy(), "is not freed"),
        (once(), "Now `gradgradcheck`"),
    ],
    "your-layer-norm": [
        (layer_norm(value=lambda x, eps: normed(x, eps, correction=1)), "`correction=0`"),
        (layer_norm(value=lambda x, eps: normed(x, eps, dim=0)), "they belong to a row"),
        (layer_norm(value=lambda x, eps: normed(x, 0.0)), "`eps` is missing"),
        (layer_norm(lambda y, v: 0), "are constants here"),
        (layer_norm(lambda y, v: v.mean(-1, True)), "through the variance"),
        (layer_norm(lambda y, v: y * (y * v).mean(-1, True)), "through the mean"),
        (layer_norm(lambda y, v: v.mean(0) + y * (y * v).mean(0)), "the wrong dimension"),
        (layer_norm(middle=True), "a middle result of `forward`"),
    ],
    "your-head": [
        (head(factor=False), "`q.grad` is"),
        (head(factor=False), "`scale` is missing"),
        (head(total=False), "sum term is missing"),
        (head(count=3), "for a number it is `None`"),
        (head(weights=lambda p, v: p.T @ torch.ones_like(v)), "`values.grad` is"),
    ],
}


@pytest.mark.parametrize(
    "kink", [torch.abs, torch.relu, lambda z: z if z > 0 else -z], ids=["abs", "relu", "if"]
)
def test_the_complex_step_refuses_a_kink(kink):
    """The chapter says that it raises an error there, and is wrong in silence with `conj`."""
    with pytest.raises(RuntimeError):
        by_complex_step(kink, 0.5)
    assert by_complex_step(lambda z: z * z.conj(), 0.5) == 0  # for 1
