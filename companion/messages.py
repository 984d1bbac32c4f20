"""Warnings as the Error clinic prints them: in one line, without paths of this machine."""

import re
import warnings


def one_line(message: Warning | str, category: type[Warning]) -> str:
    """Return a warning as its type and message, without the place in PyTorch's own sources.

    Of the traceback that anomaly mode adds, the last line is left: it is the one to look at.

    >>> one_line("Too late. (Triggered internally at /a/b.h:1.)", UserWarning)
    'UserWarning: Too late.'
    >>> one_line("Error. Traceback of forward call:\\n  File x\\n    y = z.sqrt()", UserWarning)
    'UserWarning: Error. Traceback of forward call: … y = z.sqrt()'
    """
    text = re.sub(r"\s*\(Triggered internally at .*\)\s*$", "", str(message)).strip()
    text = re.sub(r"(Traceback of .*)\n(?s:.*)\n\s*(.*)$", r"\1 … \2", text)
    return f"{category.__name__}: {text}"


def print_warnings() -> None:
    """Print each warning that a program gives, every time, in one line."""

    def show(message, category, *_):
        print(one_line(message, category))

    warnings.showwarning = show
    warnings.simplefilter("ignore")  # what Python hides from users, whoever gives it
    for category in (UserWarning, FutureWarning):
        warnings.simplefilter("always", category)
