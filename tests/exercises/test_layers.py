"""The exercises on layers know right answers, however they are written, and name each mistake.

Protected here: a sum over the batch from a mean over it, a matrix from its transpose, and a
gradient with all its paths from one that has forgotten a path.
"""

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from companion.check import check
from companion.exercises._backprop import OWN
from companion.layers import PARAMETERS, forward


def unbroadcast(reduce=torch.Tensor.sum):
    def answer(grad, shape):
        while grad.ndim > len(shape):
            grad = reduce(grad, 0)
        for dim, size in enumerate(shape):
            if size == 1:
                grad = reduce(grad, dim, keepdim=True)
        return grad

    return answer


def linear(dx=lambda G, W: G @ W, dW=lambda G, x: G.T @ x, db=lambda G: G.sum(0)):
    return lambda G, x, W: (dx(G, W), dW(G, x), db(G))


def embedding_by_loop(G, index, table):
    grad = torch.zeros_like(table)
    for row, place in zip(G, index, strict=True):
        grad[place] += row
    return grad


def embedding_overwritten(G, index, table):
    grad = torch.zeros_like(table)
    grad[index] += G
    return grad


def pooled(G, x):
    pairs = x.reshape(3, 2)
    return ((pairs == pairs.amax(1, keepdim=True)) * G[:, None]).flatten()


def normed(dim, correction=0, middle=1, along=1):
    def answer(x, G):
        inv = (x.var(dim, correction=correction, keepdim=True) + 1e-5).rsqrt()
        y = (x - x.mean(dim, keepdim=True)) * inv
        less = middle * G.mean(dim, keepdim=True) + along * y * (G * y).mean(dim, keepdim=True)
        return (G - less) * inv

    return answer


def normed_by_its_jacobian(x, G):
    """Put a softly different formula: the derivative through the covariance matrix."""
    inv = (x.var(1, correction=0) + 1e-5).rsqrt()
    centre = torch.eye(4, dtype=x.dtype) - 1 / 4
    rows = []
    for row, g, i in zip(x, G, inv, strict=True):
        y = centre @ row * i
        rows.append((centre - torch.outer(y, y) / 4) @ g * i)
    return torch.stack(rows)


NORM_MISTAKES = [
    ({"middle": 0, "along": 0}, "taken for constants"),
    ({"middle": 0}, "through the mean"),
    ({"along": 0}, "through the variance"),
    ({"correction": 1}, "n − 1"),
]


def softmax_by_rows(x):
    p = x.exp() / x.exp().sum()
    return torch.stack([p[i] * (torch.eye(len(x), dtype=x.dtype)[i] - p) for i in range(len(x))])


def gradients(**wrong):
    """Return a right answer to the project, but for these gradients: functions of t and g."""

    def answer(t):
        n, g = len(t.y), SimpleNamespace()

        def put(name, value):
            setattr(g, name, value)
            if name in wrong:
                setattr(g, name, wrong[name](t, g))

        put("logp", -F.one_hot(t.y, 4) / n)
        put("p", g.logp / t.p)
        put("total", -(g.p * t.p / t.total).sum(1, keepdim=True))
        put("exp", g.p / t.total + g.total)
        put("scores", g.exp * t.exp)
        put("h", g.scores @ t.w2.T)
        put("w2", torch.einsum("ni,no->io", t.h, g.scores))
        put("b2", torch.ones(n, dtype=t.h.dtype) @ g.scores)
        put("bn", g.h - g.h * t.h**2)
        put("gamma", (g.bn * t.norm).sum(0))
        put("norm", g.bn * t.gamma)
        put("beta", g.bn.sum(0))
        put("inv", (g.norm * t.diff).sum(0))
        put("var", -g.inv / 2 * (t.var + 1e-5) ** -1.5)
        put("diff", g.norm * t.inv + 2 / n * g.var * t.diff)
        put("mean", -g.diff.sum(0))
        put("pre", g.diff + g.mean / n)
        put("w1", t.x.T @ g.pre)
        put("b1", torch.zeros_like(t.b1))
        return vars(g)

    return answer


def trained(lr=1.0, names=PARAMETERS, again=True, once=False):
    def answer(t, steps, rate):
        loss = forward(t).loss
        for _ in range(steps):
            g = gradients()(t if once else forward(t))
            loss = t.loss
            for name in names:
                setattr(t, name, getattr(t, name) - lr * rate * g[name])
        return forward(t).loss if again else loss

    return answer


def entropy(sign=1.0, dim=1, over=lambda scores: len(scores)):
    return lambda scores, y: (scores.softmax(dim) - sign * F.one_hot(y, 3)) / over(scores)


RIGHT = {
    "gradient-of-w": ["c"],
    "bias-in-a-batch": [32, 32.0],
    "missing-dimension": ["b", "B"],
    "even-scores": [-0.018, -0.9 / 50],
    "bias-before-norm": ["c"],
    "softmax-pull": [-0.15, torch.tensor(-0.15)],
    "unbroadcast": [unbroadcast(), lambda grad, shape: grad.sum_to_size(shape)],
    "linear-backward": [
        linear(),
        lambda G, x, W: [G @ W, torch.einsum("no,ni->oi", G, x), G.sum(0)],
    ],
    "embedding-by-hand": [
        embedding_by_loop,
        lambda G, index, table: F.one_hot(index, len(table)).double().T @ G,
    ],
    "max-pool-by-hand": [pooled],
    "layer-norm-by-hand": [normed(1), normed_by_its_jacobian],
    "softmax-jacobian": [softmax_by_rows],
    "backprop-by-hand": [gradients()],
    "cross-entropy-in-one": [entropy()],
    "batch-norm-in-one": [normed(0)],
    "train-by-hand": [trained()],
}

WRONG = {
    "bias-in-a-batch": [
        (1, "if there were one row"),
        (320, "not into all"),
        (10, "No mistake"),
    ],
    "even-scores": [
        (-0.9, "a batch of one"),
        (0.018, "The sign"),
        (0.002, "not the true one"),
        (0.1, "probability of the class"),
    ],
    "softmax-pull": [
        (0.21, "its own score"),
        (0.15, "what becomes of the first share"),
        (0.25, "counts from 0"),
        (0, "hang together"),
    ],
    "unbroadcast": [
        (unbroadcast(torch.Tensor.mean), "This is a mean"),
        (lambda grad, shape: grad, "this asks for shape"),
        (lambda grad, shape: grad.sum(), "of shape ()"),
    ],
    "linear-backward": [
        (linear(dx=lambda G, W: G @ W.T), "the wrong way round"),
        (linear(dW=lambda G, x: x.T @ G), "the transposed matrix"),
        (linear(dW=lambda G, x: G.T @ x / 2), "The second of `linear_backward"),
        (linear(db=lambda G: G.mean(0)), "The third of `linear_backward"),
        (linear(db=lambda G: G), "this asks for shape (3,)"),
        (lambda G, x, W: G @ W, "three gradients are asked for"),
    ],
    "embedding-by-hand": [
        (embedding_overwritten, "only its last gradient"),
        (lambda G, index, table: G, "in the order of the text"),
        (lambda G, index, table: 2 * embedding_by_loop(G, index, table), "No mistake"),
    ],
    "max-pool-by-hand": [
        (lambda G, x: G.repeat_interleave(2) / 2, "what a mean does"),
        (lambda G, x: G.repeat_interleave(2), "Both of a pair"),
        (lambda G, x: pooled(G, -x), "No mistake"),
    ],
    "layer-norm-by-hand": [
        *((normed(1, **wrong), said) for wrong, said in NORM_MISTAKES),
        (normed(0), "This is a batch norm's"),
    ],
    "batch-norm-in-one": [
        *((normed(0, **wrong), said) for wrong, said in NORM_MISTAKES),
        (normed(1), "This is a layer norm's"),
    ],
    "softmax-jacobian": [
        (lambda x: softmax_by_rows(x).diag().diag(), "Only the diagonal"),
        (lambda x: x.softmax(0).diag(), "as if the sum did not change"),
        (lambda x: torch.func.jacrev(lambda x: x.softmax(0))(x), "without autograd"),
    ],
    "backprop-by-hand": [
        (lambda t: {"logp": ...}, "It is not there yet"),
        (lambda t: t.p, "return g"),
        (gradients(b2=lambda t, g: g.scores), "b2 was stretched over the batch"),
        (gradients(mean=lambda t, g: -g.mean), "the other way round"),
        (gradients(gamma=lambda t, g: g.gamma / 6), "n times too small"),
        (gradients(pre=lambda t, g: g.diff + 1), "No mistake that we know of"),
        (lambda t: [t.loss.requires_grad_().backward(), {}][1], "without autograd"),
    ],
    "cross-entropy-in-one": [
        (entropy(over=lambda scores: 1), "1/N is missing"),
        (entropy(sign=0), "These are the probabilities"),
        (entropy(dim=0), "along the wrong dimension"),
        (entropy(over=lambda scores: -len(scores)), "the other way round"),
    ],
    "train-by-hand": [
        (trained(again=False), "before the last step"),
        (trained(names=("w1", "w2")), "Only the matrices learn"),
        (lambda t, steps, lr: forward(t).loss, "belongs into the loop"),
    ],
}


@pytest.mark.parametrize("name", OWN)
def test_each_mistake_of_the_project_is_named(name):
    """All gradients before it are right, and the sentence is the mistake's own."""
    for sentence, mistake in zip(OWN[name][::2], OWN[name][1::2], strict=True):
        said = str(check("backprop-by-hand", gradients(**{name: mistake})))
        assert f"`{name}` is" in said
        assert sentence in said
