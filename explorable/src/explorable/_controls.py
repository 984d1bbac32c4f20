"""An ipywidgets control as a list of positions, each with a value and a label."""

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets
from ipywidgets.widgets.widget_link import Link


@dataclass(frozen=True)
class Control:
    """A control's positions: the static page has exactly those of the live control.

    A slider with two handles is two controls, each of which sets one end of the range.
    """

    widget: ipywidgets.ValueWidget
    name: str  # the control's own
    argument: str  # of the function
    description: str  # what stands beside the control
    kind: str  # "range", "select", "radio" or "checkbox"
    values: list[Any]
    labels: list[str]
    position: int  # where the widget is
    step: float | None = None  # between values, if they are numbers
    player: ipywidgets.Play | None = None  # what moves a range by itself
    end: int | None = None  # of a range: 0 for its lower end, 1 for its upper one

    def every(self, stride: int) -> "Control":
        """Return the control with only every so many of its positions."""
        values, labels = self.values[::stride], self.labels[::stride]
        return replace(self, values=values, labels=labels, position=self.position // stride)


def from_widget(name: str, widget: ipywidgets.ValueWidget) -> list[Control]:
    """List the positions of `widget`, which sets the argument `name`.

    Raises
    ------
    TypeError
        If the positions cannot be listed, as those of a text box cannot.
    ValueError
        If no option is selected, so that there is no position to begin with.
    """
    known = [row for row in _KINDS if isinstance(widget, row[0])]
    if not known:
        raise TypeError(
            f"{name} is {article(type(widget).__name__)}, whose positions cannot be listed for a "
            f"page without a kernel; use a slider, a list of options or a bool, or {name}=fixed(...)"
        )
    chosen, step = hasattr(widget, "index"), None
    if chosen and not widget._options_values:
        raise ValueError(f"{name} has no options; give it at least one")
    if chosen and widget.index is None:
        raise ValueError(f"{name} has no option selected; give it a value to begin with")
    _, kind, positions = known[0]
    try:
        values, labels = positions(widget)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if not chosen:
        step = getattr(widget, "step", None)
    player = widget if isinstance(widget, ipywidgets.Play) else _player_of(widget)
    words, now = widget.description or name, widget.index if chosen else widget.value

    def position(value):
        return value if chosen else min(range(len(values)), key=lambda k: abs(values[k] - value))

    if not isinstance(now, tuple):
        return [
            Control(widget, name, name, words, kind, values, labels, position(now), step, player)
        ]
    return [
        Control(
            *(widget, f"{name}-{word}", name, f"{words} {word}", kind, values, labels),
            *(position(value), step, player, end),
        )
        for end, (word, value) in enumerate(zip(("from", "to"), now, strict=True))
    ]


def article(name: str) -> str:
    """Return a type's name with its article."""
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _player_of(slider):
    """Return the Play that ipywidgets' ``jslink`` ties to `slider`, if there is one."""
    for link in list(all_widgets().values()):
        if isinstance(link, Link) and (slider, "value") in (link.source, link.target):
            (other,) = {link.source[0], link.target[0]} - {slider}
            if isinstance(other, ipywidgets.Play):
                return other
    return None


def all_widgets() -> dict[str, ipywidgets.Widget]:
    """Return every widget of this process by its id."""
    try:
        return ipywidgets.widgets.widget._instances
    except AttributeError:  # ipywidgets 7, which Colab has
        return ipywidgets.Widget.widgets


def _steps(widget):
    """Return min, min + step, ... up to max, without the noise of sums such as 0.1 + 0.2."""
    low, high, step = widget.min, widget.max, widget.step
    if not step:
        raise ValueError("it has no step, so its positions are without number; give it a step")
    count = int((high - low) / step + 1e-9)  # 2.9999999999999996 steps are 3
    values = [low + position * step for position in range(count + 1)]
    if all(isinstance(value, int) for value in values):
        return values
    digits = 12 - math.ceil(math.log10(max(abs(low), abs(high)) or 1))
    return [round(value, digits) + 0.0 for value in values]  # adding 0.0 turns -0.0 into 0.0


def _slider(widget):
    return _labelled(_steps(widget), getattr(widget, "readout_format", ""))


def _log_slider(widget):
    values = [float(f"{widget.base**exponent:.12g}") for exponent in _steps(widget)]
    return _labelled(values, widget.readout_format)


def _labelled(values, readout_format):
    texts = [_text(value, readout_format) for value in values]
    return values, [
        text.replace("-", "\N{MINUS SIGN}") for text in texts
    ]  # as ipywidgets writes it


def _text(value, readout_format):
    """Return a number in one of the formats of d3, which are Python's and a few more."""
    parts = re.fullmatch(r"(.*?)(\$?)([0-9,._]*)(~?)([a-zA-Z%]?)", readout_format)
    try:
        start, dollar, width, trim, kind = parts.groups()
        suffix = ""
        if kind == "s":
            digits = int(width.rpartition(".")[2] or 6)
            value = float(f"{value:.{max(digits - 1, 0)}e}")
            size = math.floor(math.log10(abs(value))) if value else 0
            power = max(-8, min(8, size // 3))
            value, kind = value / 1000**power, "f"
            width = f".{max(digits - 1 - size + 3 * power, 0)}"
            suffix = "yzafpnµm kMGTPEZY"[power + 8].strip()
        elif kind == "r":
            value, kind = float(f"{value:.{width.rpartition('.')[2] or 6}g}"), "g"
        text = format(value, f"{start}{width}{kind}")
    except (AttributeError, ValueError):
        raise ValueError(
            f"readout_format {readout_format!r} is none that a page can have"
        ) from None
    if trim and "." in text:
        text = re.sub(r"\.?0+(?=\D*$)", "", text)
    sign = text[: len(text) - len(text.lstrip("-+"))]
    return f"{sign}{dollar}{text[len(sign) :]}{suffix}"


def _options(widget):
    return list(widget._options_values), list(widget._options_labels)


def _switch(widget):
    return [False, True], ["off", "on"]


_w = ipywidgets
_KINDS = (
    ((_w.IntSlider, _w.FloatSlider, _w.IntRangeSlider, _w.FloatRangeSlider), "range", _slider),
    ((_w.BoundedIntText, _w.BoundedFloatText, _w.Play), "range", _slider),
    (_w.FloatLogSlider, "range", _log_slider),
    ((_w.SelectionSlider, _w.SelectionRangeSlider), "range", _options),
    ((_w.Dropdown, _w.Select), "select", _options),
    ((_w.RadioButtons, _w.ToggleButtons), "radio", _options),
    ((_w.Checkbox, _w.ToggleButton), "checkbox", _switch),
)
