"""The exercises on the reader's own engine: right answers pass, and each known mistake is named.

Protected here: other ways to a right answer, the sentence that each wrong one gets, and that
nobody passes by calling the engine's own `backward` or by sorting by its numbers.
"""

import graphlib
import itertools
import math

import torch

from companion.check import check


def length_by_autograd(a, b):
    a, b = (torch.tensor(value, requires_grad=True) for value in (a, b))
    value = (a * a + b * b).sqrt()
    value.backward()
    return [value, a.grad, b.grad]


def length_with(value=lambda v, a, b: v, in_a=lambda v, a, b: a / v, in_b=lambda v, a, b: b / v):
    """Return a rule for the length, with one of its three numbers changed."""
    return lambda a, b: tuple(f(math.hypot(a, b), a, b) for f in (value, in_a, in_b))


def linear_by_loops(x, w, v):
    grads = torch.zeros_like(x), torch.zeros_like(w), torch.zeros(3)
    for n, i, j in itertools.product(range(len(x)), range(3), range(3)):
        grads[0][n, j] += v[n, i] * w[i, j]
        grads[1][i, j] += v[n, i] * x[n, j]
    for row in v:
        grads[2].add_(row)
    return grads


def linear_in_float32(x, w, v):
    x, w, v = (t.float() for t in (x, w, v))
    return torch.einsum("ni,ij->nj", v, w), torch.einsum("ni,nj->ij", v, x), torch.ones(len(v)) @ v


def linear_with(x_part=lambda x, w, v: v @ w, w_part=lambda x, w, v: v.T @ x, b_part=None):
    """Return the way back through a linear layer, with one of its three parts changed."""
    b_part = b_part or (lambda x, w, v: v.sum(0))
    return lambda x, w, v: (x_part(x, w, v), w_part(x, w, v), b_part(x, w, v))


def linear_in_place(x, w, v):
    result = linear_with()(x.clone(), w, v)
    x *= 0
    return result


def found_from(y):
    found = [y]
    for node in found:
        found += [x for x in dict(node.edges) if x not in found]
    return found


def order_by_counting(y):
    """Put a node down when all results that use it are down."""
    nodes, result = found_from(y), []
    while len(result) < len(nodes):
        for node in nodes:
            users = {user for user in nodes if node in dict(user.edges)}
            if node not in result and users <= set(result):
                result.append(node)
    return result


def order_by_library(y):
    graph = {node: list(dict(node.edges)) for node in found_from(y)}
    return tuple(reversed(list(graphlib.TopologicalSorter(graph).static_order())))


def order_depth_first(y, found=None):
    found = [] if found is None else found
    if y not in found:
        found.append(y)
        for x, _ in y.edges:
            order_depth_first(x, found)
    return found


def order_with_repeats(y):
    return [y, *(node for x, _ in y.edges for node in order_with_repeats(x))]


def order_by_number(y):
    return sorted(found_from(y), key=lambda node: node.number, reverse=True)


def backward_cleaned_up(y):
    """Sum in .grad itself, and clean up in the middle."""
    kept = {node: node.grad for node in y.order() if not node.edges}
    for node in y.order():
        node.grad = 0.0
    y.grad = 1.0
    for node in y.order():
        for x, slope in node.edges:
            x.grad += slope * node.grad
        if node.edges:
            node.grad = None
    for leaf, grad in kept.items():
        leaf.grad += grad or 0.0


def backward_path_by_path(y):
    def hand_on(node, grad):
        if not node.edges:
            node.grad = (node.grad or 0.0) + grad
        for x, slope in node.edges:
            hand_on(x, slope * grad)

    hand_on(y, 1.0)


def backward_kept_inside(y):
    y.grad = 1.0
    for node in y.order():
        for x, slope in node.edges:
            x.grad = (x.grad or 0.0) + slope * node.grad


def backward_recursive(y, grad=1.0):
    y.grad = (y.grad or 0.0) + grad
    for x, slope in y.edges:
        backward_recursive(x, slope * y.grad)


def backward_replacing(y):
    y.grad = 1.0
    for node in y.order():
        for x, slope in node.edges:
            x.grad = slope * node.grad


def backward_starting_afresh(y):
    for node in y.order():
        node.grad = None
    backward_cleaned_up(y)


def backward_keeping_the_result(y):
    backward_cleaned_up(y)
    y.grad = 1.0


def backward_keeping_all(y):
    backward_cleaned_up(y)
    for node in y.order():
        node.grad = node.grad or 0.0


def backward_by_the_engine(y):
    y.backward()


def calls_by_steps(k):
    count = 1
    for _ in range(k):
        count = 3 * count + 2
    return count


RIGHT = {
    "calls-proof": [[4, 3, 2, 5, 1]],
    "engine-lines": [[3, 4, 2, 5, 1]],
    "engine-recursion": [54, 54.0, torch.tensor(54.0)],
    "engine-spared": ["c", "C"],
    "engine-length": [length_by_autograd, length_with()],
    "engine-linear": [linear_by_loops, linear_in_float32, linear_with()],
    "engine-order": [order_by_counting, order_by_library],
    "engine-backward": [backward_cleaned_up, backward_path_by_path],
    "engine-calls": [calls_by_steps, lambda k: sum(4 * 3**i for i in range(k)) + 1],
}

WRONG = {
    "engine-lines": [
        ([4, 3, 2, 1, 5], "Where does the way back begin?"),
        ([3, 2, 4, 1, 5], "`c` is used by `d` too"),
        ([3, 1, 4, 2, 5], "`a` is used by `d` too"),
        ([3, 4, 1, 2, 5], "`a` is an input of `c`"),
        ([3, 4, 5, 2, 1], "`b` is an input of `c`"),
    ],
    "engine-recursion": [
        (36, "This is the true gradient"),
        (18, "so it is called twice"),
        (72, "only one half of it"),
        (12, "the gradient of `c`"),
        (53, "No mistake that we know of"),
    ],
    "engine-spared": [
        ("a", "at its second call"),
        ("b", "used by `tanh` and by the sum"),
        ("d", "`d = c + c` calls `c` twice"),
    ],
    "engine-length": [
        (length_with(lambda v, a, b: v * v), "The root is missing"),
        (length_with(lambda v, a, b: abs(a) + abs(b)), "sum of the roots"),
        (length_with(lambda v, a, b: a + b), "square each one first"),
        (length_with(in_a=lambda v, a, b: b / v), "the slope in the other input"),
        (length_with(in_a=lambda v, a, b: 2 * a / v), "a 2 too: where?"),
        (length_with(in_a=lambda v, a, b: a / v / 2), "A factor 2 is missing"),
        (length_with(in_b=lambda v, a, b: abs(b) / v), "The sign is lost"),
        (length_with(in_b=lambda v, a, b: -b / v), "The sign is the other way round"),
        (length_with(in_b=lambda v, a, b: 1 / (2 * v)), "The chain rule has a second factor"),
        (length_with(in_b=lambda v, a, b: 2 * b), "The root has a slope too"),
        (length_with(in_b=lambda v, a, b: b / v**2), "A root is missing"),
        (lambda a, b: math.hypot(a, b), "three numbers with commas"),
        (lambda a, b: (1, 2, 3, 4), "3 values are asked for, not 4"),
    ],
    "engine-linear": [
        (linear_with(lambda x, w, v: v @ w.T), "(J v)"),
        (linear_with(lambda x, w, v: v @ w / len(x)), "do not meet"),
        (linear_with(lambda x, w, v: x @ w.T), "This is `y` itself"),
        (linear_with(lambda x, w, v: 2 * v @ w), "did two gradients add up?"),
        (linear_with(lambda x, w, v: w), "this asks for shape"),
        (linear_with(w_part=lambda x, w, v: x.T @ v), "Rows and columns are exchanged"),
        (linear_with(w_part=lambda x, w, v: v.T @ x / len(x)), "mean over the examples"),
        (linear_with(w_part=lambda x, w, v: torch.outer(v[-1], x[-1])), "last example alone"),
        (linear_with(b_part=lambda x, w, v: v), "this asks for shape (3,)"),
        (linear_with(b_part=lambda x, w, v: v.mean(0)), "`b` was used by each example"),
        (linear_with(b_part=lambda x, w, v: torch.ones(3)), "come back from above"),
        (linear_with(b_part=lambda x, w, v: torch.ones(3) * len(x)), "This counts the examples"),
        (linear_with(b_part=lambda x, w, v: v.sum().expand(3)), "each output has its own `b`"),
        (linear_in_place, "changed its argument `x`"),
        (lambda x, w, v: (v @ w, v.T @ x), "Return three gradients"),
    ],
    "engine-order": [
        (order_with_repeats, "stand in it twice"),
        (lambda y: found_from(y)[1:], "Is `y` itself in the list?"),
        (lambda y: [node for node in found_from(y) if node.edges], "The leaves are missing"),
        (lambda y: [y], "Only `y` is in the list"),
        (lambda y: [x for x, _ in y.edges], "They have inputs too"),
        (lambda y: order_by_counting(y)[::-1], "the whole way upside down"),
        (order_by_number, "`number` is of no help"),
        (order_depth_first, "put it down when all its inputs are done"),
        (found_from, "This goes level by level"),
        (lambda y: print(end=""), "stands after `return`"),
        (lambda y: y.order(), "is what you write"),
        (lambda y: "y", "a list of Scalars is asked for"),
    ],
    "engine-backward": [
        (backward_replacing, "the part that came last"),
        (backward_recursive, "what recursion gives"),
        (backward_kept_inside, "what the first one had left inside"),
        (backward_starting_afresh, "A leaf adds"),
        (backward_keeping_all, "Only leaves keep a gradient, as in PyTorch. Set"),
        (backward_keeping_the_result, "as in PyTorch: `y` is none"),
        (backward_by_the_engine, "is not there to be called"),
        (lambda y: y.order(), "`backward(y)` must put it there"),
    ],
    "engine-calls": [
        (lambda k: 2 * k + 1, "as a sweep visits them"),
        (lambda k: 3**k, "one for each path"),
        (lambda k: 2 ** (k + 1) - 1, "This belongs to `y = y + y`"),
        (lambda k: (3 ** (k + 1) - 1) // 2, "makes two"),
        (lambda k: 2 * 3**k - 2, "One call is missing"),
        (lambda k: 2 * 3**k, "one too many"),
    ],
}


def test_two_orders_of_the_sweep_are_right():
    orders = itertools.permutations(range(1, 6))
    right = [order for order in orders if check("engine-lines", order)]
    assert right == [(3, 4, 2, 1, 5), (3, 4, 2, 5, 1)]
