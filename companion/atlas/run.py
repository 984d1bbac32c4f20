"""Run a program of the atlas and return all that it says."""

import contextlib
import io
import re
import warnings

import torch

from companion.atlas import Program


def run(code: str) -> Program:
    """Run `code`, for which only torch is imported, and return it with what it said.

    Examples
    --------
    >>> run("print(1 + 1)").prints
    '2'
    >>> run("torch.tensor(1.0).item").raises
    ''
    >>> run("torch.tensor([1, 2], requires_grad=True)").raises.partition(":")[0]
    'RuntimeError'
    """
    printed, raised = io.StringIO(), ""
    with (
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(printed),
    ):
        warnings.simplefilter("always")
        try:
            exec(code, {"torch": torch, "__name__": "__main__"})  # noqa: S102 the atlas's own
        except Exception as error:
            raised = f"{type(error).__name__}: {error}".strip()
    warned = [one_line(warning.message, warning.category) for warning in caught]
    return Program(code, printed.getvalue().strip("\n"), "\n".join(warned), raised)


def one_line(message: Warning | str, category: type[Warning]) -> str:
    """Return a warning as its type and message, without the place in PyTorch's own sources.

    Examples
    --------
    >>> one_line("Too late. (Triggered internally at /a/b.h:1.)", UserWarning)
    'UserWarning: Too late.'
    """
    text = re.sub(r"\s*\(Triggered internally at .*\)\s*$", "", str(message))
    return f"{category.__name__}: {text.strip()}"


def print_warnings() -> None:
    """Print each warning of a program as one line, where Python would add paths to it."""

    def show(message, category, *_):
        print(one_line(message, category))

    warnings.simplefilter("always")
    warnings.showwarning = show
