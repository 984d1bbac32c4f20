"""The promise of `companion.graph`: it is the graph that torch recorded, and nothing else."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from companion.graph import graph, name, saved

NAMES = {
    "a": torch.tensor([1.0, 2.0], requires_grad=True),
    "b": torch.tensor(3.0, requires_grad=True),
}
OPERATIONS = [
    lambda x, y: x + y,
    lambda x, y: x * y,
    lambda x, y: x.exp(),
    lambda x, y: x.detach() * y,
    lambda x, y: torch.stack([x, y]).sum(),
]


@given(
    st.lists(
        st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 9), st.integers(0, 9)), max_size=8
    )
)
def test_it_is_what_next_functions_say(steps):
    tensors = [NAMES["b"], NAMES["b"] * 2]
    for operation, left, right in steps:
        tensors.append(operation(tensors[left % len(tensors)], tensors[right % len(tensors)]))
    found = graph(tensors[-1])
    waiting, seen, edges = [tensors[-1].grad_fn or next(iter(found))], set(), []
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            below = [each for each, _ in node.next_functions if each is not None]
            edges += [(node, each) for each in below]
            waiting += below
    assert set(found) == seen
    told = [(node, below) for node in found for below in found[node]]
    assert sorted(told, key=str) == sorted(edges, key=str)


def test_what_a_node_saved_is_named():
    a, b = NAMES.values()
    product = a * b
    assert [(which, raw.data is not None) for which, raw in saved(product.grad_fn)] == [
        ("other", True),
        ("self", True),
    ]
    assert name(next(iter(graph(b)))) == "AccumulateGrad"
