"""``explore``: live ipywidgets in a kernel, every position of them while recording."""

import inspect
import itertools
import math
import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial, wraps
from importlib import resources
from os.path import commonprefix
from types import MappingProxyType
from typing import Any

import ipywidgets
from IPython.display import display

from explorable import _controls, _html, _limits, _options, _render, _show, _svg
from explorable._encode import encode, to_html
from explorable._formula import FormulaError
from explorable._live import Redraw
from explorable._options import Options

#: Stands for the figure's id until it is displayed: each display on a page needs its own.
_NAME = "\ue000figure\ue000"
_names = Counter()
_NOTHING = MappingProxyType({})
_ADDRESS = re.compile(" at 0x[0-9a-fA-F]+")  # another one in each run
_WIDTH = "34rem"  # of a live figure, and of the sliders above it


def explore(
    function: Callable | None = None,
    manual: Mapping[str, Any] = _NOTHING,
    /,
    *,
    alt: str | None = None,
    title: str = "",
    caption: str = "",
    labels: Mapping[str, str | tuple[str, str]] = _NOTHING,
    hold: Mapping[str, str] = _NOTHING,
    paper: Sequence[Any] = (),
    **controls: Any,
) -> Any:
    """Show what `function` draws, with a control for each of its arguments.

    ``@explore(n=(0, 9), alt="The square of n.")`` above a function shows the same figure.

    Parameters
    ----------
    function
        Called with one value for each control. It may draw with matplotlib, print, display,
        and return anything that a notebook can show.
    manual
        The options of `ipywidgets.interact_manual`, which have no meaning here.
    alt
        What the figure shows, in a sentence, for readers who do not see it. Without it, the
        first paragraph of the function's docstring says it.
    title
        What stands above the figure, after its number: the point that it makes.
    caption
        What stands below it: a sentence that says what to see.
    labels
        For arguments, what stands beside their controls in place of the argument's name: words,
        or words and a unit, as in ``{"lr": "learning rate", "v": ("speed", "m/s")}``.
    hold
        For arguments that are a coordinate in the picture, which one: the reader of a page drags
        the point that is drawn there. ``{"w": "x"}`` lets the point at ``x = w`` be moved
        sideways; ``{"a": "x", "b": "y"}`` the one at ``(a, b)``.
    paper
        Up to three states that are printed side by side: values of the only control, or dicts
        of values, as in ``[{"lr": 0.01}, {"lr": 0.21, "step": 9}]``.
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
    options = Options(title, caption, labels, hold, paper)
    if manual:
        warnings.warn("explore draws whenever a control moves; manual is passed over", stacklevel=2)
    if function is not None:
        return Explorable(function, alt, controls, options)

    def decorate(decorated):
        decorated.widget = Explorable(decorated, alt, controls, options)  # as interact does
        display(decorated.widget)
        return decorated

    return decorate


class Explorable(ipywidgets.interactive):
    """The widget that `explore` returns: `ipywidgets.interactive`, with a figure as its output."""

    def __init__(self, function, alt, controls, options):
        if not callable(function):
            raise TypeError(f"explore takes a function, not {function!r}")
        function = _named(function, controls)
        _options.check_names(function)
        self._alt, self._name = _alt_of(function, alt), _unique_name(function)
        self._options, self._displayed = options, False
        self._controls, self._frames, self._too_large = [], {}, ()
        self._view = ipywidgets.HTML()  # an Output widget would flicker
        self._redraw = Redraw(self._show)
        super().__init__(function, **controls)
        self.out.close()
        self.out = ipywidgets.VBox([self._view, _style_sheet()])
        self.out.description = ""  # as each of interactive's children has one
        widgets = {control.widget: _with_player(control) for control in self._controls}
        self.children = (*widgets.values(), self.out)
        if recording():
            self._html = self._record()
        elif ipywidgets.__version__.startswith("7."):  # it draws when it displays, which we do
            self.update()

    def find_abbreviations(self, kwargs):
        """Pair arguments and controls as ipywidgets does, which passes over what fits nowhere."""
        given = set(kwargs)
        found = super().find_abbreviations(kwargs)
        if unknown := given - {name for name, _, _ in found}:
            raise TypeError(f"{self.f.__name__} has no argument {unknown.pop()!r}")
        return found

    def widgets_from_abbreviations(self, seq):
        """Make the controls as ipywidgets does, and list their positions."""
        for name, abbreviation, _ in seq:
            if getattr(abbreviation, "ndim", 1) != 1 and not hasattr(
                abbreviation, "get_interact_value"
            ):
                kind = _controls.article(type(abbreviation).__name__)
                raise TypeError(f"{name} is {kind}, which has no control; write {name}=fixed(...)")
        widgets = super().widgets_from_abbreviations(seq)
        for widget in widgets:
            words, unit = self._options.words(widget._kwarg)
            if words and not isinstance(widget, ipywidgets.fixed):
                widget.description = f"{words} ({unit})" if unit else words
                widget.style.description_width = "initial"
            _widen(widget)
        self._controls = self._listed(widgets)
        _limits.check_positions(self._controls)
        self._options.check(self._controls)
        return widgets

    def _listed(self, widgets):
        controls = (w for w in widgets if not isinstance(w, ipywidgets.fixed))
        return [
            control
            for widget in controls
            for control in _controls.from_widget(
                widget._kwarg, widget, *self._options.words(widget._kwarg)
            )
        ]

    def update(self, *_):
        """Draw the figure for the present positions; ipywidgets calls it when one changes."""
        if not recording():
            self._redraw.request()

    def _show(self):
        self.kwargs = self._live_values()
        try:
            frame = self._draw(self.kwargs)
        except (Exception, SystemExit) as failure:
            frame = _render.error(failure)
        else:
            self._check_live(frame)
        self._first = frame
        # explorable.sphinx says of a live one that it has no controls on a page.
        self._html = _html.figure(_NAME, frame, self._options, live=bool(self._controls))
        self._view.value = self._html.replace(_NAME, self._name)

    def _check_live(self, frame):
        """Say in the figure, while it is made, that it will be too large; and keep one box."""
        if self._frames:
            _svg.align([next(reversed(self._frames.values())), frame])
        self._frames[repr(self.kwargs)] = frame
        count, everywhere = len(self._frames), math.prod(len(c.values) for c in self._controls)
        if count <= everywhere and not count & (count - 1):  # looks at 1, 2, 4, 8, ... frames
            data = encode(list(self._frames.values()), count - 1)
            html = _html.figure(_NAME, frame, self._options, self._controls, data)
            try:
                _limits.check_size(html, self._controls, count // 2)
            except ValueError as failure:
                self._too_large = _render.error(failure)
        frame.extend(self._too_large)

    def _live_values(self):
        return {widget._kwarg: widget.get_interact_value() for widget in self.kwargs_widgets}

    def _values(self, positions):
        fixed = (w for w in self.kwargs_widgets if isinstance(w, ipywidgets.fixed))
        values = {widget._kwarg: widget.value for widget in fixed}
        for control, position in zip(self._controls, positions, strict=True):
            value = control.values[position]
            if control.end is not None:
                value = (*values.get(control.argument, ()), value)
            values[control.argument] = value
        return values

    def _call_function(self, **values):
        self.result = self.f(**values)
        return self.result

    def _draw(self, values):
        """Return the frame of `values`: with the points that are held, which work on a page only."""
        drawn, handles = None, self._options.handles() if recording() else ()
        if handles:
            from explorable._hold import add_handles

            numbers = {control.name: control.values for control in self._controls}
            drawn = partial(add_handles, handles=handles, now=values, values=numbers)
        frame = _render.frame(self._call_function, values, self._alt or self.f.__name__, drawn)
        return _svg.prefix_ids(frame, f"{_NAME}-")

    def _record(self):
        """Draw every position, from coarse to fine, and return the figure's HTML."""
        if not self._alt:
            raise ValueError(
                f"alt is missing; say in a sentence what {self.f.__name__} shows, or begin its "
                "docstring with it"
            )
        _check_independent(self._controls, self.kwargs_widgets)
        counts = [len(control.values) for control in self._controls]
        ends = {tuple(0 for _ in counts): "", tuple(count - 1 for count in counts): ""}
        drawn, fitted = {}, 0
        for strides in reversed(list(_limits.coarser(counts))):
            frames = {}
            for positions in itertools.product(*map(range, [0] * len(counts), counts, strides)):
                row = _ordered(self._controls, positions)
                if row not in drawn:
                    drawn[row] = self._frame(row)
                    if row in ends:
                        ends[row] = to_html(drawn[row])
                frames[positions] = drawn[row]
            html = self._playable(frames)
            _limits.check_size(html, self._controls, fitted)
            fitted = len(frames)
        for positions, kept in ends.items():
            again = to_html(self._frame(positions))
            if again != kept:
                same = max(len(commonprefix([kept, again])) - 10, 0)
                raise RuntimeError(
                    f"{self._call(self._values(positions))} drew another frame at the end than at "
                    f"first ({again[same : same + 30]!r}, and not {kept[same : same + 30]!r}); seed "
                    "what is random inside the function, and change nothing outside of it"
                )
        return html

    def _frame(self, positions):
        values = self._values(positions)
        try:
            frame = self._draw(values)
            _show.check(frame)
        except (Exception, SystemExit) as failure:
            said = isinstance(failure, (_show.CannotShow, FormulaError))
            why = str(failure) if said else f"{type(failure).__name__}: {failure}".rstrip(": ")
            raise RuntimeError(f"{self._call(values)} failed: {why}") from failure
        return frame

    def _playable(self, frames):
        """Return the HTML of frames by their positions, which may be only some of all."""
        first = tuple(control.position for control in self._controls)
        first = first if first in frames else next(iter(frames))
        self._first, printed = frames[first], []
        _svg.align(list(frames.values()))
        _html.keep_heights(frames.values())
        for number, positions in enumerate(self._options.printed(self._controls)):
            if positions in frames:
                copy = _svg.prefix_ids(deepcopy(frames[positions]), f"{_NAME}-paper-{number}-")
                printed.append((_html.state(self._controls, positions), copy))
        data = encode(list(frames.values()), list(frames).index(first))
        return _html.figure(_NAME, frames[first], self._options, self._controls, data, printed)

    def _call(self, values):
        given = (f"{name}={_ADDRESS.sub('', repr(value))}" for name, value in values.items())
        return f"{self.f.__name__}({', '.join(given)})"

    _ipython_display_ = None  # ipywidgets 7, which Colab has, would display the widget alone

    def _repr_mimebundle_(self, **kwargs):
        data = {}
        if not recording():  # whatever runs the notebook then, shows its page and no dead widget
            view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
            data[_show.WIDGET_VIEW] = view
        name = _unique_name(self.f) if self._displayed else self._name
        self._displayed = True
        data["text/html"] = self._html.replace(_NAME, name)
        data["text/plain"] = repr(self)
        if [child.tag for child in self._first] == ["svg"]:
            data["image/svg+xml"] = _svg.to_string(self._first[0]).replace(_NAME, name)
        return data

    def __repr__(self):
        try:  # a slider's range may have changed since
            controls = self._listed(self.kwargs_widgets)
        except (TypeError, ValueError):
            controls = self._controls
        count = math.prod(len(control.values) for control in controls)
        call = self._call(self._live_values())
        return f"explore: {call}" + (f", one of {count} positions" if controls else "")


def _ordered(controls, positions):
    """Return `positions` with the two ends of each range in their order."""
    positions = list(positions)
    for upper, control in enumerate(controls):
        if control.end == 1:
            positions[upper - 1 : upper + 1] = sorted(positions[upper - 1 : upper + 1])
    return tuple(positions)


def _check_independent(controls, widgets):
    """Raise an error if moving one control moves another one, or changes what it can be."""

    def states():
        names = ("min", "max", "step", "options", "index", "value")
        return [[getattr(widget, name, None) for name in names] for widget in widgets]

    before, arguments = states(), {widget: widget._kwarg for widget in widgets}
    for link in list(_controls.all_widgets().values()):
        ends = [link.source[0], link.target[0]] if isinstance(link, _controls.Link) else []
        if ends and arguments.keys() >= set(ends):
            raise ValueError(
                f"{arguments[ends[1]]} is linked to {arguments[ends[0]]}, which a page without a "
                "kernel cannot have; make them one argument"
            )
    for control in controls:
        if control.end is not None:
            continue
        trait = "index" if hasattr(control.widget, "index") else "value"
        start = getattr(control.widget, trait)
        for position, value in enumerate(control.values):
            setattr(control.widget, trait, position if trait == "index" else value)
            for widget, now, then in zip(widgets, states(), before, strict=True):
                if widget is not control.widget and now != then:
                    raise ValueError(
                        f"the positions of {widget._kwarg} depend on {control.argument}, which a "
                        f"page without a kernel cannot have; give {widget._kwarg} its whole range, "
                        "and link it to nothing"
                    )
        setattr(control.widget, trait, start)


def _style_sheet():
    """Return a widget that gives the live figure the look that it has on a page."""
    css = resources.files("explorable").joinpath("static/explorable.css").read_text("utf-8")
    # Left, below its controls, and without hiding what other figures say that have no player.
    css += f".widget-html .explorable {{ container: none; margin: 0.5rem 0; max-width: {_WIDTH} }}"
    css += ".widget-html .explorable-title::before { content: none } .explorable-note { display: revert }"
    return ipywidgets.HTML(f"<style>{css}</style>", layout={"display": "none"})


def _with_player(control):
    """Return the live widget of a control: a Play beside a slider that shows where it is."""
    slider = control.widget
    if control.player is None:
        return slider
    if slider is control.player:
        sizes = {name: getattr(slider, name) for name in ("min", "max", "step", "description")}
        slider = ipywidgets.IntSlider(**sizes)
        slider.style.description_width = control.player.style.description_width
        _widen(slider)
        ipywidgets.jslink((control.player, "value"), (slider, "value"))
    return ipywidgets.HBox([control.player, slider], layout={"max_width": _WIDTH})


def _widen(widget):
    """Give a slider a track beside its words, however long they are."""
    if getattr(widget, "orientation", "") == "horizontal" and widget.layout.width is None:
        widget.layout.width, widget.layout.max_width = _WIDTH, "100%"


def recording() -> bool:
    """Whether every position is drawn, which the record step and the tests ask for."""
    return os.environ.get("EXPLORABLE_RECORD") == "1"


def _named(function, controls):
    """Return `function`, or what calls it, with the name and the arguments that interact reads."""
    if hasattr(function, "__name__"):
        return function
    own = getattr(function, "func", function)  # of a functools.partial
    name = getattr(own, "__name__", type(own).__name__)

    @wraps(own if hasattr(own, "__name__") else own.__call__)
    def call(**values):
        return function(**values)

    given = getattr(function, "keywords", {})
    parameters = inspect.signature(function).parameters.values()
    open_ones = [p for p in parameters if p.name in controls or p.name not in given]
    call.__name__, call.__signature__ = name, inspect.Signature(open_ones)
    return call


def _alt_of(function, alt):
    if alt is None:
        return " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("alt is empty; say in a sentence what the figure shows")
    return alt


def _unique_name(function):
    """Return an id that says what the figure is, stays the same in each run, and is used once."""
    name = "fig-" + (re.sub(r"\W+|_+", "-", function.__name__).strip("-") or "figure")
    _names[name] += 1
    return name if _names[name] == 1 else f"{name}-{_names[name]}"
