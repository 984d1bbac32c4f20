"""Replay a small program with the versions of its tensors.

A tensor counts the in-place edits of its memory in ``_version``. What autograd keeps for the way
back is kept together with the version of that moment; `backward` compares the two.
"""

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from companion.graph import _walk


@dataclass(frozen=True)
class Kept:
    """What autograd keeps of a tensor: its value and version then, and what torch says now.

    ``refused`` is the message with which torch would refuse to use it now, or None.
    """

    value: Any
    version: int
    refused: str | None


@dataclass(frozen=True)
class Moment:
    """A line of a program that has just run, and what it left behind.

    ``values`` and ``versions`` belong to the watched tensors that exist by then; ``kept`` to those
    that autograd keeps for a `backward` that may still come. ``printed`` is what the line printed,
    ``raised`` the type and message of its exception. Lines after it have ``ran`` False.
    """

    line: str
    values: dict[str, Any]
    versions: dict[str, int]
    kept: dict[str, Kept]
    printed: str = ""
    raised: str = ""
    ran: bool = True


def replay(
    program: Sequence[str], watch: Sequence[str], names: Mapping[str, Any] | None = None
) -> list[Moment]:
    """Run a program line by line, and return a moment for each line.

    Parameters
    ----------
    program
        Statements, each complete in itself. They really run, one after the other.
    watch
        The names of the tensors to look at.
    names
        What the program may use besides ``torch``.

    Returns
    -------
    list of Moment
        As many as lines, also if the program raises an exception, which goes no further.

    Raises
    ------
    ValueError
        If a watched name never becomes a tensor.

    Examples
    --------
    >>> lines = ["w = torch.tensor(3.0, requires_grad=True)", "z = w * w", "w.data.add_(1)"]
    >>> replay(lines, ["w"])[-1].kept["w"]
    Kept(value=3.0, version=0, refused=None)
    """
    space = {"torch": torch, **(names or {})}
    moments, known = [], {}
    for line in program:
        if moments and (moments[-1].raised or not moments[-1].ran):
            moments.append(replace(moments[-1], line=line, printed="", raised="", ran=False))
            continue
        printed, raised = io.StringIO(), ""
        try:
            with contextlib.redirect_stdout(printed):
                exec(line, space)  # noqa: S102 the author's own lines
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
        tensors = {name: space[name] for name in watch if isinstance(space.get(name), Tensor)}
        values = {name: tensor.tolist() for name, tensor in tensors.items()}
        versions = {name: tensor._version for name, tensor in tensors.items()}
        results = [value for value in space.values() if isinstance(value, Tensor)]
        kept = _kept(results, tensors, known)
        moments.append(Moment(line, values, versions, kept, printed.getvalue().strip(), raised))
    if missing := set(watch) - set(moments[-1].values if moments else ()):
        raise ValueError(f"the program never makes a tensor {missing.pop()!r}")
    return moments


def _kept(results, tensors, known):
    """Find which of the tensors are kept, and remember in `known` what they were when that began.

    torch does not tell the version that it wrote down, so it is read when a node is new.
    """
    found = {}
    for root in filter(None, (tensor.grad_fn for tensor in results)):
        for node in _walk.walk(root)[0]:
            with contextlib.suppress(RuntimeError):  # a backward has freed what it saved
                for name, raw in _walk.raw_saved(node):
                    for watched, tensor in tensors.items():
                        if raw.data is not None and raw.data.data_ptr() == tensor.data_ptr():
                            now = Kept(tensor.tolist(), tensor._version, None)
                            first = known.setdefault((node, name), now)
                            found[watched] = replace(first, refused=_refusal(node, name))
    return found


def _refusal(node, name):
    """Return the message with which torch refuses a saved tensor, or None."""
    try:
        getattr(node, f"_saved_{name}")  # compares the versions, as backward does
    except RuntimeError as error:
        return str(error)
    return None
