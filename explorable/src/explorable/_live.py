"""When a live figure is drawn: at once from a cell, and once for all that a browser sent meanwhile."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable

from IPython import get_ipython


class Redraw:
    """Calls `draw` after each request, in the kernel's main thread, and skips what is outdated.

    A slider that is dragged sends events faster than matplotlib draws. After each frame there is
    a pause, in which comes what the front end sent, so that the next frame shows the newest.
    """

    def __init__(self, draw: Callable[[], None]):
        self._draw = draw
        self._drawn = False
        self._loop = _running_loop()
        self._timer = None
        self._pause_ends = 0.0

    def request(self) -> None:
        """Draw now, or soon if a control was moved in a browser."""
        if self._drawn and self._loop and _from_front_end():
            # JupyterLab has a thread for this, but stdout and pyplot are the main one's.
            self._loop.call_soon_threadsafe(self._soon)
        else:
            self._now()

    def _soon(self):
        if self._timer is None:
            pause = max(0, self._pause_ends - time.monotonic())
            self._timer = self._loop.call_later(pause, self._between_cells)

    def _between_cells(self):
        self._timer = None
        with _interruptible():
            self._now()

    def _now(self):
        start = time.monotonic()
        self._drawn = True
        self._draw()
        now = time.monotonic()
        self._pause_ends = now + min((now - start) / 4, 0.25)


def _running_loop():
    """Return the event loop in which the kernel runs cells, or None without a kernel."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _from_front_end():
    """Whether this runs because a control was moved in a browser, and not in a cell."""
    request = getattr(get_ipython(), "parent_header", None) or {}
    return request.get("header", {}).get("msg_type") == "comm_msg"


@contextlib.contextmanager
def _interruptible():
    """Let the kernel be interrupted, which it ignores while no cell runs."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass  # the old frame stays
    finally:
        signal.signal(signal.SIGINT, handler)
