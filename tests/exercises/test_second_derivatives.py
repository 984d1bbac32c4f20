"""The exercises on second derivatives know right answers, and name each known mistake.

Protected here: a slope with a history is told from one without, a product with the Hessian from
its diagonal and from the gradient, a sum over a batch from one number for each example.
"""

import torch
from torch.func import grad, hessian, jacfwd, jvp, vmap


def nth_by(change=lambda n: n):
    def nth(f, x, n):
        for _ in range(change(n)):
            f = grad(f)
        return f(x)

    return nth


def nth_without_history(f, x, n):
    y = f(x)
    for _ in range(n):
        (y,) = torch.autograd.grad(y, x, retain_graph=True)
    return y


def u(points):
    return points[:, 0] ** 3 * points[:, 1].exp() + points[:, 0].sin()


def slopes(points):
    points = points.detach().requires_grad_()
    return points, torch.autograd.grad(u(points).sum(), points, create_graph=True)[0]


def second(first=lambda du: du[:, 0].sum(), then=lambda d: d[:, 0]):
    def u_xx(points):
        points, du = slopes(points)
        return then(torch.autograd.grad(first(du), points)[0])

    return u_xx


def by_the_slice(points):
    points, du = slopes(points)
    return torch.autograd.grad(du[:, 0].sum(), points[:, 0])[0]


def penalty_by(of=lambda lengths: ((lengths - 1) ** 2).mean(), create_graph=True):
    def penalty(w, x):
        x = x.detach().requires_grad_()
        y = torch.tanh(x @ w).sum()
        (found,) = torch.autograd.grad(y, x, create_graph=create_graph)
        return of(found.norm(dim=1))

    return penalty


def newton_by(step):
    return lambda f, x: step(x, grad(f)(x), hessian(f)(x))


def clipped_by(step):
    def loss_of_one(w, x, y):
        return (x @ w - y) ** 2

    def clipped_mean(w, x, y):
        each = vmap(grad(loss_of_one), in_dims=(None, 0, 0))(w, x, y)
        return step(each, each.norm(dim=1, keepdim=True))

    return clipped_mean


def clipped_in_a_loop(w, x, y):
    found = []
    for row, target in zip(x, y, strict=True):
        slope = 2 * (row @ w - target) * row
        found.append(slope if slope.norm() < 1 else slope / slope.norm())
    return torch.stack(found).mean(0)


def hvp(f, x, v):
    x = x.detach().requires_grad_()
    (first,) = torch.autograd.grad(f(x), x, create_graph=True)
    return torch.autograd.grad(first @ v, x)[0]


def sharpness_by(turns=50, of=torch.norm):
    def sharpness(f, x):
        v = torch.ones_like(x)
        for _ in range(turns):
            v = hvp(f, x, v / v.norm())
        return of(v)

    return sharpness


def from_the_table(pick):
    return lambda f, x: pick(hessian(f)(x))


def test_the_sharpness_goes_with_the_net_of_the_chapter():
    """The page's last words say so: 19.5, by forward over reverse as well."""
    from companion.edge import loss, weights

    def forward_over_reverse(f, x):
        v = torch.linspace(1, 2, len(x), dtype=x.dtype)
        for _ in range(50):
            v = jvp(grad(f), (x,), (v / v.norm(),))[1]
        return v.norm().item()

    assert abs(forward_over_reverse(loss, weights()) - 19.5) < 0.05


RIGHT = {
    "second-slope": ["b"],
    "newton-lands": [2, torch.tensor(2.0)],
    "product-by-hand": [10, 2 * 1 + 4 * 2],
    "price-of-a-gradient": ["b", "B"],
    "column-of-a-slope": ["c"],
    "if-under-vmap": ["b"],
    "nth-derivative": [nth_by()],
    "by-coordinate": [
        second(),
        lambda points: torch.stack([hessian(lambda x: u(x[None])[0])(x)[0, 0] for x in points]),
        lambda points: 6 * points[:, 0] * points[:, 1].exp() - points[:, 0].sin(),
    ],
    "gradient-penalty": [
        penalty_by(),
        lambda w, x: (((1 - torch.tanh(x @ w) ** 2) * w.norm() - 1) ** 2).mean(),
    ],
    "newton-step": [
        newton_by(lambda x, g, H: x - torch.linalg.solve(H, g)),
        newton_by(lambda x, g, H: x - H.inverse() @ g),
    ],
    "clipped-mean": [
        clipped_by(lambda each, lengths: (each / lengths.clamp(min=1)).mean(0)),
        clipped_in_a_loop,
    ],
    "hessian-product": [
        hvp,
        lambda f, x, v: jvp(grad(f), (x,), (v,))[1],
        lambda f, x, v: grad(lambda x: jvp(f, (x,), (v,))[1])(x),
        lambda f, x, v: jacfwd(grad(f))(x) @ v,
    ],
    "sharpness": [
        sharpness_by(),
        from_the_table(lambda H: torch.linalg.eigvalsh(H).max()),
    ],
    "largest-rate": [0.25, 1 / 4],
}

WRONG = {
    "newton-lands": [
        (0, "*down* the slope"),
        (1, "how far the step goes"),
        (1 + 28 / 3, "the slope alone"),
    ],
    "product-by-hand": [
        (16, "second number"),
        (2, "only the diagonal"),
        (18, "the slope along `v`"),
    ],
    "nth-derivative": [
        (nth_by(lambda n: n + 1), "too many"),
        (nth_by(lambda n: n - 1), "too few"),
        (nth_by(lambda n: 1), "for every `n`"),
        (nth_without_history, "does not require grad"),
    ],
    "by-coordinate": [
        (second(lambda du: du.sum()), "both columns"),
        (second(then=lambda d: d[:, 1]), "the mixed one"),
        (lambda points: slopes(points)[1][:, 0], "the first derivative"),
        (by_the_slice, "not have been used in the graph"),
        (second(then=lambda d: d), "shape (3, 2)"),
    ],
    "gradient-penalty": [
        (penalty_by(create_graph=False), "no way back to `w`"),
        (penalty_by(lambda lengths: ((lengths - 1) ** 2).sum()), "the sum over the rows"),
        (penalty_by(lambda lengths: ((lengths**2 - 1) ** 2).mean()), "Take the root"),
        (penalty_by(torch.mean), "No mistake"),
    ],
    "newton-step": [
        (newton_by(lambda x, g, H: x + torch.linalg.solve(H, g)), "the other way"),
        (newton_by(lambda x, g, H: torch.linalg.solve(H, g)), "the step alone"),
        (newton_by(lambda x, g, H: x - g / H.diagonal()), "its own entry of the diagonal"),
    ],
    "clipped-mean": [
        (clipped_by(lambda each, _: each.mean(0)), "Nothing is shortened"),
        (clipped_by(lambda each, lengths: (each / lengths).mean(0)), "made longer"),
        (clipped_by(lambda each, _: each.clamp(-1, 1).mean(0)), "Each *number*"),
        (
            clipped_by(lambda each, _: each.mean(0) / each.mean(0).norm().clamp(min=1)),
            "the mean is shortened",
        ),
        (
            clipped_by(lambda each, lengths: (each / lengths.clamp(min=1)).sum(0)),
            "sum over the examples",
        ),
    ],
    "hessian-product": [
        (lambda f, x, v: hvp(f, x, torch.ones_like(v)), "`H` times ones"),
        (lambda f, x, v: grad(f)(x), "the first gradient"),
        (lambda f, x, v: hessian(f)(x).diagonal() * v, "Only the diagonal"),
        (lambda f, x, v: hvp(f, x, v) + grad(f)(x), "hold both"),
        (lambda f, x, v: grad(f)(x) @ v, "shape ()"),
    ],
    "sharpness": [
        (from_the_table(lambda H: torch.linalg.eigvalsh(H).min()), "the smallest one"),
        (sharpness_by(turns=1), "in the first turn"),
        (from_the_table(lambda H: H.diagonal().max()), "curvature along one axis"),
        (sharpness_by(of=lambda v: v), "shape (2,)"),
    ],
    "largest-rate": [
        (0.125, "in one step"),
        (0.4, "looks along an axis"),
        (1, "flattest direction"),
        (8, "This is the sharpness"),
    ],
}
