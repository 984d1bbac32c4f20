"""An ipywidgets control as a list of positions, each with a value and a label."""

import math
from dataclasses import dataclass
from typing import Any

import ipywidgets
from ipywidgets.widgets.widget_link import Link


@dataclass(frozen=True)
class Control:
    """A control's positions: the static page has exactly those of the live control."""

    widget: ipywidgets.ValueWidget
    name: str  # the function's argument
    description: str  # what stands beside the control
    kind: str  # "range", "select", "radio" or "checkbox"
    values: list[Any]
    labels: list[str]
    player: ipywidgets.Play | None = None  # what moves a range by itself

    @property
    def position(self) -> int:
        """The position that the widget has now."""
        if self.kind == "range" and not hasattr(self.widget, "index"):
            distances = [abs(value - self.widget.value) for value in self.values]
            return distances.index(min(distances))
        return (
            self.values.index(self.widget.value) if self.kind == "checkbox" else self.widget.index
        )


def from_widget(name: str, widget: ipywidgets.ValueWidget) -> Control:
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
            f"{name} is a {type(widget).__name__}, whose positions cannot be listed for a page "
            "without a kernel; use a slider, a list of options or a bool"
        )
    if getattr(widget, "index", 0) is None:
        raise ValueError(f"{name} has no option selected; give it a value to begin with")
    _, kind, positions = known[0]
    values, labels = positions(widget)
    player = widget if isinstance(widget, ipywidgets.Play) else _player_of(widget)
    return Control(widget, name, widget.description or name, kind, values, labels, player)


def _player_of(slider):
    """Return the Play that ipywidgets' ``jslink`` ties to `slider`, if there is one."""
    for link in list(all_widgets().values()):
        if isinstance(link, Link) and (slider, "value") in (link.source, link.target):
            (other,) = {link.source[0], link.target[0]} - {slider}
            if isinstance(other, ipywidgets.Play):
                return other
    return None


def all_widgets():
    try:
        return ipywidgets.widgets.widget._instances
    except AttributeError:  # ipywidgets 7, which Colab has
        return ipywidgets.Widget.widgets


def _steps(low, high, step):
    """Return low, low + step, ... up to high, without the noise of sums such as 0.1 + 0.2."""
    count = int((high - low) / step + 1e-9)  # 2.9999999999999996 steps are 3
    values = [low + position * step for position in range(count + 1)]
    if all(isinstance(value, int) for value in values):
        return values
    digits = 12 - math.ceil(math.log10(max(abs(low), abs(high))))
    return [round(value, digits) + 0.0 for value in values]  # adding 0.0 turns -0.0 into 0.0


def _slider(widget):
    values = _steps(widget.min, widget.max, widget.step)
    return values, _texts(values, widget.readout_format)


def _log_slider(widget):
    exponents = _steps(widget.min, widget.max, widget.step)
    values = [float(f"{widget.base**exponent:.12g}") for exponent in exponents]
    return values, _texts(values, widget.readout_format)


def _player(widget):
    values = _steps(widget.min, widget.max, widget.step)
    return values, _texts(values, "d")


def _texts(values, readout_format):
    texts = [format(value, readout_format) for value in values]
    return [text.replace("-", "\N{MINUS SIGN}") for text in texts]  # as ipywidgets writes it


def _options(widget):
    return list(widget._options_values), list(widget._options_labels)


def _switch(widget):
    return [False, True], ["off", "on"]


_KINDS = (
    ((ipywidgets.IntSlider, ipywidgets.FloatSlider), "range", _slider),
    (ipywidgets.FloatLogSlider, "range", _log_slider),
    (ipywidgets.Play, "range", _player),
    (ipywidgets.SelectionSlider, "range", _options),
    (ipywidgets.Dropdown, "select", _options),
    ((ipywidgets.RadioButtons, ipywidgets.ToggleButtons), "radio", _options),
    ((ipywidgets.Checkbox, ipywidgets.ToggleButton), "checkbox", _switch),
)
