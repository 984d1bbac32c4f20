"""The layers that a reader walks through are what torch says of them.

Protected here: the line of code below the name of a gradient computes that gradient, all layers
have as many entries, and what is drawn of float32 stays float32 in a notebook that computes in
float64.
"""

import pytest
import torch

from companion.layers import LAYERS, MIXED, ONES, computed, slopes, surprise, upstream


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("kind", [MIXED, ONES])
def test_the_printed_backward_is_the_gradient(name, kind):
    layer, G = LAYERS[name], upstream(name, kind)
    x = layer.inputs[layer.name].clone().requires_grad_()
    y = computed(layer, layer.forward, **{layer.name: x})
    (grad,) = torch.autograd.grad(y, x, G)
    assert x.numel() == 8
    torch.testing.assert_close(computed(layer, layer.back, y=y.detach(), G=G), grad)
    by_slopes = (G.flatten() @ slopes(name).reshape(-1, 8)).reshape(x.shape)
    torch.testing.assert_close(by_slopes, grad)


def test_the_gap_is_float32_wherever_it_is_drawn():
    surprise.cache_clear()
    torch.set_default_dtype(torch.float64)
    try:
        assert surprise(90.0, fused=False)[0] == 90.0
        assert not torch.tensor(surprise(90.0, fused=False)[1]).isfinite().any()
        assert surprise(1000.0, fused=True) == (1000.0, [-1.0, 1.0])
    finally:
        torch.set_default_dtype(torch.float32)
        surprise.cache_clear()
