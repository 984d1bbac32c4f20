"""Images of handwritten digits, small enough to be a part of the book: nothing is downloaded."""

import csv
import gzip
from importlib import resources

import torch


def load_digits(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return 1,500 images to train with, and 297 that are held out.

    Parameters
    ----------
    seed
        Of the order in which the images are dealt out.

    Returns
    -------
    x, y, x_held, y_held
        Images of shape (n, 64), float32, each an 8 × 8 picture row by row with ink from 0 to 1;
        and the digits that they show, of shape (n,), int64. LICENSE.md says where they come from.

    Examples
    --------
    >>> x, y, x_held, y_held = load_digits()
    >>> tuple(x.shape), tuple(y_held.shape), y[:5].tolist()
    ((1500, 64), (297,), [6, 5, 5, 7, 9])
    """
    packed = resources.files(__name__).joinpath("digits.csv.gz").read_bytes()
    rows = csv.reader(gzip.decompress(packed).decode("ascii").splitlines())
    table = torch.tensor([[float(number) for number in row] for row in rows])
    table = table[torch.randperm(len(table), generator=torch.Generator().manual_seed(seed))]
    x, y = table[:, :-1] / 16, table[:, -1].long()
    return x[:1500], y[:1500], x[1500:], y[1500:]
