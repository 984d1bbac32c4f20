"""Names of torch in a page's text, where they stand as code."""

import re
from functools import cache

from ._inventory import inventory, is_class
from ._read import Reading

#: backward(), .grad, w.grad, loss.backward(v), torch.no_grad(); not w.grad - 1.
_NAME = re.compile(r"(?P<path>(?:\w+\.)*)(?P<dot>\.?)(?P<last>[^\W\d]\w*)(?P<call>\([^()]*\))?")


def name_in_prose(code: str, reading: Reading) -> str | None:
    """Return the name of torch that a piece of inline code is, if it is just one.

    A full path says itself what it is. Else the page's own code says it: where ``.grad`` is a
    tensor's, and never another object's, ``w.grad`` in the text is a tensor's too. Where the code
    has no such attribute, a name that torch has only once is meant, if nothing on the page is
    called so too.

    Examples
    --------
    >>> from ._read import read
    >>> name_in_prose("torch.no_grad()", read([]))
    'torch.no_grad'
    >>> name_in_prose("y.backward(v)", read(["import torch", "torch.ones(1).backward()"]))
    'torch.Tensor.backward'
    """
    match = _NAME.fullmatch(code)
    if not match:
        return None
    path, last = match["path"] or match["dot"], match["last"]
    if path.startswith(("torch.", "nn.")):
        return _with_page(("" if path.startswith("torch.") else "torch.") + path + last)
    if path or _is_method(match, reading):
        for written in (path + last, last):
            if names := reading.attributes.get(written):
                return _with_page(*names) if len(names) == 1 else None
    name = _only().get(last)
    if not name or (not path and last in reading.own):
        return None
    attribute = (path or match["call"]) and is_class(name.rpartition(".")[0])
    word = not path and "_" in last  # no_grad, and not numpy
    return _with_page(name) if attribute or word else None


def _is_method(match, reading):
    """backward() and mul_(1) are methods; round is a word; sum(x) is the function."""
    arguments = (match["call"] or "()")[1:-1]
    function = arguments and f"torch.{match['last']}" in inventory()
    return match["call"] and not function and match["last"] not in reading.own


def _with_page(name):
    return name if name in inventory() and inventory()[name].page else None


@cache
def _only():
    """Return, by their last part, the names that stand for only one page of torch's."""
    found = {}
    for name, entry in inventory().items():
        found.setdefault(name.rpartition(".")[2], {})[entry.page] = name
    return {last: next(iter(names.values())) for last, names in found.items() if len(names) == 1}
