"""Networks with one silent bug each, for the doctor that readers write."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


class Patient(nn.Module):
    """A net with the layers `first` and `last`; `in_list` hides the last one in a Python list."""

    def __init__(self, hidden: int, in_list: bool):
        super().__init__()
        self.first = nn.Linear(64, hidden)
        self.rest = [nn.Linear(hidden, 10)] if in_list else nn.ModuleList([nn.Linear(hidden, 10)])

    @property
    def last(self) -> nn.Linear:
        """Return the layer of the scores."""
        return self.rest[0]

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of pictures (n, 64)."""
        return self.last(self.first(x).relu())


def patient(fault: str, seed: int) -> tuple:
    """Return a net with a fault, and the optimizer, loss, pictures and digits of its program.

    >>> [len(list(patient(fault, 0)[0].parameters())) for fault in ("healthy", "list")]
    [4, 2]
    """
    torch.manual_seed(seed)
    net = Patient(8 + 4 * seed, in_list=fault == "list")
    if fault == "copies":
        for p in net.first.parameters():
            nn.init.constant_(p, 0.1)
    nn.init.constant_(net.first.bias[0 if fault != "dead" else slice(None)], -100.0)
    if fault == "attribute":
        net.first.requires_grad = False
    if fault == "healthy" and seed == 2:
        net.first.requires_grad_(False)
    weights = [p for p in net.parameters() if p.requires_grad]
    groups = [{"params": weights[:1]}, {"params": weights[1:]}]
    optimizer = torch.optim.Adam(groups) if seed else torch.optim.SGD(groups, lr=0.1)
    if fault == "stranger":
        net.rest[0] = nn.Linear(8 + 4 * seed, 10)
    loss_of = _twice if fault == "double softmax" else cross_entropy
    return net, optimizer, loss_of, torch.rand(60, 64), torch.randint(10, (60,))


def _twice(scores, y):
    return cross_entropy(scores.softmax(1), y)
