"""Call a reader's code, for a limited time, in torch's default state; say how it failed."""

import ctypes
import linecache
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from types import CodeType

import torch

from companion.check._result import one_line

#: How long a check may take.
SECONDS = 5
_STUCK = (
    "The check is waiting for one long call into compiled code, such as a large product of "
    "matrices. It cannot be stopped from outside: wait for its end, or restart the kernel."
)
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

    This is about the grad mode, inference mode, autocast, the default dtype and device, and random
    numbers.
    It may be left in any of them by the code inside.

    >>> with torch.no_grad(), default_state():
    ...     torch.is_grad_enabled()
    True
    """
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    with (
        torch.random.fork_rng(devices=[]),
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.autocast("cpu", enabled=False),
    ):
        try:
            # Inside such a block nobody may set another default device: only if it is needed.
            with nullcontext() if device.type == "cpu" else torch.device("cpu"):
                torch.set_default_dtype(torch.float32)
                yield
        finally:
            torch.set_default_dtype(dtype)
            if torch.get_default_device() != device:
                torch.set_default_device(device)


def limited(call: Callable[[], object]) -> object:
    """Return ``call()``, or raise `TimeUp` in it when it has run for `SECONDS` seconds.

    A signal would do the same, but only in the main thread and not on Windows.

    >>> limited(lambda: 3)
    3
    """
    thread, done, late = threading.get_ident(), threading.Event(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(thread, done, late), daemon=True)

    def dismiss():
        done.set()
        watcher.join()
        if late.is_set():
            _take_last(thread)

    try:
        watcher.start()
        return call()
    finally:
        try:
            dismiss()
        except TimeUp:  # it came between the end of the call and that of the watch
            dismiss()


def _watch(thread, done, late):
    patience, tries = SECONDS, 0
    while not done.wait(patience):
        late.set()
        _raise_in(thread)
        patience = 0.1  # and again, should a bare "except:" have caught it
        tries += 1
        if tries == 10:
            print(_STUCK, file=sys.stderr, flush=True)


def _raise_in(thread):
    """Have a thread raise `TimeUp` at its next call or turn of a loop."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimeUp))


def _take_last(thread):
    """Wait for a `TimeUp` that may be on its way, so that none arrives later.

    It cannot be called off: CPython 3.11 would then look for it for ever, and hang in a debugger.
    """
    try:
        _raise_in(thread)  # there is at most one at a time
        while True:
            pass
    except TimeUp:
        pass


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
    """Return what is said of code that was stopped, after its name."""
    stopped = f"was still running after {SECONDS} seconds, so it was stopped."
    return f"{stopped} Is there a loop that never ends?"


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
