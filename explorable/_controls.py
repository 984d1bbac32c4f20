"""An ipywidgets control as a list of positions, each with a value and a label."""

from dataclasses import dataclass
from typing import Any

import ipywidgets


@dataclass(frozen=True)
class Control:
    """A control's positions: the static page has exactly those of the live control."""

    widget: ipywidgets.ValueWidget
    name: str  # the function's argument
    description: str  # what stands beside the control
    kind: str  # "range", "select", "radio" or "checkbox"
    values: list[Any]
    labels: list[str]

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
    return Control(widget, name, widget.description or name, kind, values, labels)


def _steps(low, high, step):
    count = int((high - low) / step + 1e-9)  # 2.9999999999999996 steps are 3
    return [low + position * step for position in range(count + 1)]


def _numbers(widget, values):
    # Twelve digits drop the noise of 3 * 0.1 and keep every step that a slider can show.
    values = [v if isinstance(v, int) else float(f"{v:.12g}") for v in values]
    labels = [format(value, widget.readout_format) for value in values]
    return values, [
        label.replace("-", "\N{MINUS SIGN}") for label in labels
    ]  # as ipywidgets has it


def _slider(widget):
    return _numbers(widget, _steps(widget.min, widget.max, widget.step))


def _log_slider(widget):
    exponents = _steps(widget.min, widget.max, widget.step)
    return _numbers(widget, [widget.base**exponent for exponent in exponents])


def _options(widget):
    return list(widget._options_values), list(widget._options_labels)


def _switch(widget):
    return [False, True], ["off", "on"]


_KINDS = (
    ((ipywidgets.IntSlider, ipywidgets.FloatSlider), "range", _slider),
    (ipywidgets.FloatLogSlider, "range", _log_slider),
    (ipywidgets.SelectionSlider, "range", _options),
    (ipywidgets.Dropdown, "select", _options),
    ((ipywidgets.RadioButtons, ipywidgets.ToggleButtons), "radio", _options),
    ((ipywidgets.Checkbox, ipywidgets.ToggleButton), "checkbox", _switch),
)
