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
    step: float | None = None  # between values, if they are numbers
    player: ipywidgets.Play | None = None  # what moves a range by itself
    end: int | None = None  # of a range: 0 for its lower end, 1 for its upper one
    stride: int = 1  # how many of the widget's positions are one of these

    @property
    def position(self) -> int:
        """The position that the widget has now."""
        if hasattr(self.widget, "index"):
            index = self.widget.index if self.end is None else self.widget.index[self.end]
            return index // self.stride
        if self.kind == "checkbox":
            return int(self.widget.value) // self.stride
        value = self.widget.value if self.end is None else self.widget.value[self.end]
        distances = [abs(own - value) for own in self.values]
        return distances.index(min(distances))

    def every(self, stride: int) -> "Control":
        """Return the control with only every so many of its positions."""
        values, labels = self.values[::stride], self.labels[::stride]
        return replace(self, values=values, labels=labels, stride=stride)


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
    if hasattr(widget, "index"):
        if not widget._options_values:
            raise ValueError(f"{name} has no options; give it at least one")
        if widget.index is None:
            raise ValueError(f"{name} has no option selected; give it a value to begin with")
    _, kind, positions = known[0]
    try:
        values, labels = positions(widget)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    step = None if hasattr(widget, "index") else getattr(widget, "step", None)
    player = widget if isinstance(widget, ipywidgets.Play) else _player_of(widget)
    words = widget.description or name
    control = Control(widget, name, name, words, kind, values, labels, step, player)
    if not isinstance(widget, _RANGES):
        return [control]
    return [
        replace(control, name=f"{name}-{word}", description=f"{words} {word}", end=end)
        for end, word in enumerate(("from", "to"))
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


def _steps(low, high, step):
    """Return low, low + step, ... up to high, without the noise of sums such as 0.1 + 0.2."""
    if not step:
        raise ValueError("it has no step, so its positions are without number; give it a step")
    count = int((high - low) / step + 1e-9)  # 2.9999999999999996 steps are 3
    values = [low + position * step for position in range(count + 1)]
    if all(isinstance(value, int) for value in values):
        return values
    digits = 12 - math.ceil(math.log10(max(abs(low), abs(high)) or 1))
    return [round(value, digits) + 0.0 for value in values]  # adding 0.0 turns -0.0 into 0.0


def _slider(widget):
    values = _steps(widget.min, widget.max, widget.step)
    return values, _texts(values, getattr(widget, "readout_format", ""))


def _log_slider(widget):
    exponents = _steps(widget.min, widget.max, widget.step)
    values = [float(f"{widget.base**exponent:.12g}") for exponent in exponents]
    return values, _texts(values, widget.readout_format)


def _texts(values, readout_format):
    texts = [_text(value, readout_format) for value in values]
    return [text.replace("-", "\N{MINUS SIGN}") for text in texts]  # as ipywidgets writes it


def _text(value, readout_format):
    """Return a number in one of the formats of d3, which are Python's and a few more."""
    parts = re.fullmatch(r"(.*?)(\$?)([0-9,._]*)(~?)([a-zA-Z%]?)", readout_format)
    if parts is None:
        raise ValueError(f"readout_format {readout_format!r} is none that a page can have")
    start, dollar, width, trim, kind = parts.groups()
    suffix = ""
    if kind == "s":
        digits = int(width.rpartition(".")[2] or 6)
        value = float(f"{value:.{max(digits - 1, 0)}e}")
        size = math.floor(math.log10(abs(value))) if value else 0
        power = max(-8, min(8, size // 3))
        value, width, kind = value / 1000**power, f".{max(digits - 1 - size + 3 * power, 0)}", "f"
        suffix = "yzafpnµm kMGTPEZY"[power + 8].strip()
    elif kind == "r":
        value, kind = float(f"{value:.{width.rpartition('.')[2] or 6}g}"), "g"
    try:
        text = format(value, f"{start}{width}{kind}")
    except ValueError:
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


_RANGES = (
    ipywidgets.IntRangeSlider,
    ipywidgets.FloatRangeSlider,
    ipywidgets.SelectionRangeSlider,
)
_KINDS = (
    ((ipywidgets.IntSlider, ipywidgets.FloatSlider), "range", _slider),
    ((ipywidgets.IntRangeSlider, ipywidgets.FloatRangeSlider), "range", _slider),
    ((ipywidgets.BoundedIntText, ipywidgets.BoundedFloatText, ipywidgets.Play), "range", _slider),
    (ipywidgets.FloatLogSlider, "range", _log_slider),
    ((ipywidgets.SelectionSlider, ipywidgets.SelectionRangeSlider), "range", _options),
    ((ipywidgets.Dropdown, ipywidgets.Select), "select", _options),
    ((ipywidgets.RadioButtons, ipywidgets.ToggleButtons), "radio", _options),
    ((ipywidgets.Checkbox, ipywidgets.ToggleButton), "checkbox", _switch),
)
