"""``explore``: live ipywidgets in a kernel, every position of them while recording."""

import asyncio
import contextlib
import gzip
import itertools
import math
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable
from importlib import resources
from types import SimpleNamespace
from typing import Any

import ipywidgets
from comm import create_comm
from IPython import get_ipython

from explorable import _controls, _html, _render, _svg
from explorable._encode import encode

#: How large a figure may be: set another number to allow more.
limits = SimpleNamespace(
    positions=400,
    bytes=60_000,  # of a figure's HTML, compressed by gzip
)

#: The comm on which a recording kernel tells how far a figure is.
PROGRESS = "explorable.progress"

#: Stands for the figure's id until it is displayed: each display on a page needs its own.
_NAME = "\ue000figure\ue000"
_names = Counter()


def explore(function: Callable, /, *, alt: str, **controls: Any) -> "Explorable":
    """Show what `function` draws, with a control for each of its arguments.

    Parameters
    ----------
    function
        Called with one value for each control. It may draw with matplotlib, print, display,
        and return anything that a notebook can show.
    alt
        What the figure shows, in a sentence, for readers who do not see it.
    **controls
        What `ipywidgets.interact` takes: ``(min, max)`` or ``(min, max, step)``, a list or a
        dict of options, a bool, an ipywidgets control, or ``fixed(value)``.

    Returns
    -------
    Explorable
        Make it the last expression of a cell.

    Raises
    ------
    TypeError, ValueError
        If an argument has no control, if a control's positions cannot be listed, or if the
        figure is larger than `limits` allows.
    RuntimeError
        While recording, if `function` fails at a position.

    Examples
    --------
    >>> def square(n):
    ...     print(n * n)
    >>> explore(square, n=(0, 9), alt="The square of n.")
    explore: square(n=4), one of 10 positions
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("alt is empty; say in a sentence what the figure shows")
    return Explorable(function, alt, controls)


class Explorable(ipywidgets.interactive):
    """The widget that `explore` returns: `ipywidgets.interactive`, with a figure as its output."""

    def __init__(self, function, alt, controls):
        self._function = function
        self._alt = alt
        self._name = _unique_name(function)
        self._displayed = False
        self._fixed = {}
        self._controls = []
        self._view = ipywidgets.HTML()  # an Output widget would flicker
        self._loop = _running_loop()
        self._timer = None
        self._pause_ends = 0
        super().__init__(function, **controls)
        self.out.close()
        self.children = (*map(_with_player, self._controls), self._view, _style_sheet())
        if recording():
            self._html = self._record()
        elif ipywidgets.__version__.startswith("7."):  # it draws when it displays, which we do
            self.update()

    def find_abbreviations(self, kwargs):
        """Pair arguments and controls as ipywidgets does, which passes over what fits nowhere."""
        given = set(kwargs)
        found = super().find_abbreviations(kwargs)
        if unknown := given - {name for name, _, _ in found}:
            raise TypeError(f"{_name(self._function)} has no argument {unknown.pop()!r}")
        return found

    def widgets_from_abbreviations(self, seq):
        """Make the controls as ipywidgets does, and list their positions."""
        widgets = super().widgets_from_abbreviations(seq)
        for widget in widgets:
            if isinstance(widget, ipywidgets.fixed):
                self._fixed[widget._kwarg] = widget.value
            else:
                self._controls.append(_controls.from_widget(widget._kwarg, widget))
        _check_positions(self._controls)
        return widgets

    def update(self, *_):
        """Draw the figure for the present positions; ipywidgets calls it when one changes."""
        if recording():
            return
        if self._view.value and self._loop and _from_front_end():
            # JupyterLab has a thread for this, but stdout and pyplot are the main one's.
            self._loop.call_soon_threadsafe(self._show_soon)
        else:
            self._show()

    def _show_soon(self):
        """Show one frame for all changes until then, after a pause since the last frame.

        In the pause comes what the front end sent meanwhile, so the frame shows the newest.
        """
        if self._timer is None:
            pause = max(0, self._pause_ends - time.monotonic())
            self._timer = self._loop.call_later(pause, self._show_between_cells)

    def _show_between_cells(self):
        self._timer = None
        with _interruptible():
            self._show()

    def _show(self):
        start = time.monotonic()
        try:
            frame = self._draw([control.position for control in self._controls])
        except Exception as failure:
            frame = _render.error(failure)
        self._first = frame
        self._html = _html.still(_NAME, frame)
        self._view.value = self._html.replace(_NAME, self._name)
        now = time.monotonic()
        self._pause_ends = now + min((now - start) / 4, 0.25)

    def _values(self, positions):
        return self._fixed | {
            control.name: control.values[position]
            for control, position in zip(self._controls, positions, strict=True)
        }

    def _draw(self, positions):
        frame = _render.frame(self._function, self._values(positions), self._alt)
        return _svg.prefix_ids(frame, f"{_NAME}-")

    def _record(self):
        """Draw every position, in row-major order, and return the figure's HTML."""
        frames = []
        everywhere = list(itertools.product(*(range(len(c.values)) for c in self._controls)))
        progress = create_comm(target_name=PROGRESS, data={"figure": self._name})
        for positions in everywhere:
            progress.send({"done": len(frames), "of": len(everywhere)})
            try:
                frames.append(self._draw(positions))
            except Exception as failure:
                raise RuntimeError(f"{self._call(positions)} failed: {failure}") from failure
        progress.close()
        first = 0
        for control in self._controls:
            first = first * len(control.values) + control.position
        self._first = frames[first]
        html = _html.playable(_NAME, frames[first], self._controls, encode(frames, first))
        _check_bytes(html, self._controls)
        return html

    def _call(self, positions):
        values = ", ".join(f"{name}={value!r}" for name, value in self._values(positions).items())
        return f"{_name(self._function)}({values})"

    _ipython_display_ = None  # ipywidgets 7, which Colab has, would display the widget alone

    def _repr_mimebundle_(self, **kwargs):
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        data = {"application/vnd.jupyter.widget-view+json": view}
        name = _unique_name(self._function) if self._displayed else self._name
        self._displayed = True
        data["text/html"] = self._html.replace(_NAME, name)
        data["text/plain"] = repr(self)
        if [child.tag for child in self._first] == ["svg"]:
            data["image/svg+xml"] = _svg.to_string(self._first[0]).replace(_NAME, name)
        return data

    def __repr__(self):
        count = math.prod(len(control.values) for control in self._controls)
        here = self._call([control.position for control in self._controls])
        return f"explore: {here}" + (f", one of {count} positions" if self._controls else "")


def _style_sheet():
    """Return a widget that gives the live figure the look that it has on a page."""
    css = resources.files("explorable").joinpath("static/explorable.css").read_text("utf-8")
    # Left, below its controls, and without hiding what other figures say that have no player.
    css += ".widget-html .explorable { margin: 0.5rem 0 } .explorable-note { display: revert }"
    return ipywidgets.HTML(f"<style>{css}</style>", layout={"display": "none"})


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


def _with_player(control):
    """Return the live widget of a control: a Play beside a slider that shows where it is."""
    if control.player is None:
        return control.widget
    slider = control.widget
    if slider is control.player:
        slider = ipywidgets.IntSlider(
            min=slider.min, max=slider.max, step=slider.step, description=control.description
        )
        ipywidgets.jslink((control.player, "value"), (slider, "value"))
    return ipywidgets.HBox([control.player, slider])


def recording() -> bool:
    """Whether every position is drawn, which the record step and the tests ask for."""
    return os.environ.get("EXPLORABLE_RECORD") == "1"


def _name(function):
    return getattr(function, "__name__", type(function).__name__)


def _unique_name(function):
    """Return an id that says what the figure is, stays the same in each run, and is used once."""
    name = "fig-" + (re.sub(r"\W+|_+", "-", _name(function)).strip("-") or "figure")
    _names[name] += 1
    return name if _names[name] == 1 else f"{name}-{_names[name]}"


def _check_positions(controls):
    count = math.prod(len(control.values) for control in controls)
    if count > limits.positions:
        cure = _coarser(controls, count / limits.positions)
        raise ValueError(f"{count} positions, more than {limits.positions}; {cure}")


def _check_bytes(html, controls):
    size = len(gzip.compress(html.encode()))
    if size > limits.bytes:
        cure = _coarser(controls, size / limits.bytes)
        raise ValueError(f"{size:,} bytes compressed, more than {limits.bytes:,}; {cure}")


def _coarser(controls, excess):
    """Return what to do about a figure that is `excess` times too large."""
    finest = max(controls, key=lambda control: len(control.values))
    count = int(len(finest.values) / excess)
    step = getattr(finest.widget, "step", None)
    if step is None:
        return f"give {finest.name} at most {count} options, not {len(finest.values)}"
    factor = math.ceil((len(finest.values) - 1) / max(count - 1, 1))
    return f"set the step of {finest.name} to {step * factor:.6g}, not {step:.6g}"
