"""When a live figure is drawn: at once from a cell, and once for all that a browser sent meanwhile."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from IPython import get_ipython


class Redraw:
    """Calls `draw` after each request, in the kernel's main thread, and skips what is outdated.

    A slider that is dragged sends events faster than matplotlib draws. After each frame there is
    a pause, in which comes what the front end sent, so that the next frame shows the newest.
    """

    def __init__(self, draw: Callable[[], None]):
        self._draw, self._drawn = draw, False
        self._timer, self._pause_ends = None, 0.0
        self._loop = None  # in which the kernel runs cells
        with suppress(RuntimeError):
            self._loop = asyncio.get_running_loop()

    def request(self) -> None:
        """Draw now, or soon if a control was moved in a browser and not by a cell."""
        request = getattr(get_ipython(), "parent_header", None) or {}
        moved = request.get("header", {}).get("msg_type") == "comm_msg"
        if self._drawn and self._loop and moved:
            # JupyterLab has a thread for this, but stdout and pyplot are the main one's.
            self._loop.call_soon_threadsafe(self._soon)
        else:
            self._now()

    def _soon(self):
        if self._timer is None:
            pause = max(0, self._pause_ends - time.monotonic())
            self._timer = self._loop.call_later(pause, self._between_cells)

    def _between_cells(self):
        """Draw while no cell runs, when the kernel itself ignores an interrupt."""
        self._timer = None
        handler = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self._now()
        except KeyboardInterrupt:
            pass  # the old frame stays
        finally:
            signal.signal(signal.SIGINT, handler)

    def _now(self):
        start = time.monotonic()
        self._drawn = True
        self._draw()
        now = time.monotonic()
        self._pause_ends = now + min((now - start) / 4, 0.25)
