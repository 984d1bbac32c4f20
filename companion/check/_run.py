"""Call a reader's code, for a limited time, in torch's default state; say how it failed."""

import ctypes
import linecache
import threading
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from types import CodeType

import torch
from torch.autograd import set_detect_anomaly
from torch.random import fork_rng

from companion.check._result import one_line

#: How long a check may take.
SECONDS = 5
# The first optimizer of a process loads much of torch, for seconds: no answer's time is for that.
torch.optim.SGD([torch.zeros(())], lr=1.0)


class TimeUp(BaseException):
    """The time is up. It is no `Exception`, so that a reader's ``except Exception`` lets it by."""


class Stopped(Exception):
    """A reader's code did not reach its end: `kind` is "raised" or "too slow"."""

    def __init__(self, kind: str, sentence: str):
        super().__init__(sentence)
        self.kind = kind


class OwnFailure(Exception):
    """What judges an answer has failed, whatever the answer is."""


def own(call: Callable[..., object], *args: object, **options: object) -> object:
    """Return ``call(*args, **options)``, a part of an exercise; an exception is its own fault."""
    try:
        return call(*args, **options)
    except Exception as failure:
        name = getattr(call, "__name__", "a function")
        raise OwnFailure(f"{name}: {type(failure).__name__}: {failure}") from failure


@contextmanager
def default_state():
    """Have torch in its default state, and give back the one that it was in.

    This is about the grad mode, anomaly mode, the default dtype and device, and random numbers. It
    may be left in any of them by the code inside.

    >>> with torch.no_grad(), default_state():
    ...     torch.is_grad_enabled()
    True
    """
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    with fork_rng(devices=[]), torch.enable_grad(), set_detect_anomaly(False):
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            if torch.get_default_device() != device:
                torch.set_default_device(device)


def apart(call: Callable[[], object], seconds: float | None = None) -> object:
    """Return ``call()`` from a thread of its own; raise `TimeUp` in it after so many seconds.

    None of the caller's modes of torch reaches that thread, and any code can be stopped there. A
    signal would come only to the main thread, and not on Windows. A single long call into compiled
    code ends only when it returns: nobody waits for it.

    >>> apart(lambda: 3, seconds=5)
    3
    """
    found = []

    def work():
        try:
            with default_state():
                found.append((call(), None))
        except BaseException as failure:
            found.append((None, failure))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        thread.join(seconds)
    finally:
        tries = 10  # should a bare "except:" have caught it
        while thread.is_alive() and (tries := tries - 1):
            _raise_in(thread)
            thread.join(0.1)
    value, failure = found[0] if found else (None, TimeUp())
    if failure is not None:
        raise failure
    return value


def _raise_in(thread):
    """Have a thread raise `TimeUp` at its next call or turn of a loop."""
    ident = ctypes.c_ulong(thread.ident)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(TimeUp))


def run(call: Callable[[], object], code: CodeType | None) -> object:
    """Return ``call()`` in torch's default state; raise `Stopped` if that fails.

    `code` is the reader's function: lines are counted from its first one.
    """
    try:
        with default_state():
            return call()
    except TimeUp:
        raise Stopped("too slow", still_running()) from None
    except BaseException as failure:  # `sys.exit()` too must leave the kernel alive
        raise Stopped("raised", f"stopped with {_failure(failure, code)}") from None


def still_running() -> str:
    """Return what is said of code whose time is up, after its name."""
    return f"was still running after {SECONDS} seconds. Is there a loop that never ends?"


def _failure(failure, code):
    """Return type, message and place of an exception in one line."""
    try:
        message = one_line(f"{type(failure).__name__}: {failure}".removesuffix(": "))
    except BaseException:  # its own message failed
        message = type(failure).__name__
    frames = list(traceback.walk_tb(failure.__traceback__))
    known = [pair for pair in frames if pair[0].f_code is code]
    # A `torch.autograd.Function` is called by torch: it is known by its notebook.
    known = known or [pair for pair in frames if pair[0].f_globals.get("__name__") == "__main__"]
    if not known:
        return message
    frame, line = known[-1]
    source = linecache.getline(frame.f_code.co_filename, line).strip()
    of = "" if frame.f_code is code else f" of `{frame.f_code.co_name}`"
    said = f": `{source}`" if source else ""
    return f"{message} (in line {line - frame.f_code.co_firstlineno + 1}{of}{said})"
