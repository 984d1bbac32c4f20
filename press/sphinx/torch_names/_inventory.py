"""The names of torch that are documented, and where."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_name("inventory.txt")


class Entry(NamedTuple):
    """A line of the inventory, whose header says what ``kind`` may be."""

    page: str | None
    kind: str


@cache
def inventory() -> dict[str, Entry]:
    """Return the entry of every name.

    Examples
    --------
    >>> inventory()["torch.Tensor.detach"]
    Entry(page='generated/torch.Tensor.detach.html', kind='->torch.Tensor')
    """
    entries = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, page, kind = line.split()
            page = {"-": f"generated/{name}.html", "none": None}.get(page, page)
            entries[name] = Entry(page, kind)
    return entries


def find(cls: str, attribute: str) -> str | None:
    """Return the name of an attribute of a class, or of a class that it extends.

    Examples
    --------
    >>> find("torch.nn.Linear", "zero_grad")
    'torch.nn.Module.zero_grad'
    """
    while cls:
        if (name := f"{cls}.{attribute}") in inventory():
            return name
        cls = parent(cls)
    return None


def parent(cls: str) -> str:
    """Return the class that a class extends; empty if it extends none of torch."""
    return inventory()[cls].kind.removeprefix("class(").removesuffix(")") if is_class(cls) else ""


def is_class(name: str) -> bool:
    """Return whether a name is a class's."""
    return name in inventory() and inventory()[name].kind.startswith("class")
