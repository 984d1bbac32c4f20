"""An ipywidgets control as a list of positions, each with a value and a label."""

import math
import re
from dataclasses import dataclass
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
    words: str  # that stand beside the control
    kind: str  # "range", "select", "radio" or "checkbox"
    values: list[Any]
    labels: list[str]
    position: int  # where the widget is
    step: float | None = None  # between values, if they are numbers
    player: ipywidgets.Play | None = None  # what moves a range by itself
    unit: str = ""  # that follows each label
    end: int | None = None  # of a range: 0 for its lower end, 1 for its upper one


def from_widget(
    name: str, widget: ipywidgets.ValueWidget, words: str = "", unit: str = ""
) -> list[Control]:
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
    chosen = hasattr(widget, "index")
    if chosen and not widget._options_values:
        raise ValueError(f"{name} has no options; give it at least one")
    if chosen and widget.index is None:
        raise ValueError(f"{name} has no option selected; give it a value to begin with")
    _, kind, positions = known[0]
    try:
        values, labels = positions(widget)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if unnamed := [label for label in labels if " at 0x" in label]:
        raise ValueError(f"{name} has an option {unnamed[0]}; give a dict, with a name for each")

    def position(value):
        return value if chosen else min(range(len(values)), key=lambda k: abs(values[k] - value))

    now, words = widget.index if chosen else widget.value, words or widget.description or name
    ends = {"from": now[0], "to": now[1]} if isinstance(now, tuple) else {"": now}
    player = widget if isinstance(widget, ipywidgets.Play) else _player_of(widget)
    return [
        Control(
            *(widget, f"{name}-{word}".rstrip("-"), name, f"{words} {word}".rstrip(), kind),
            *(values, labels, position(value)),
            step=None if chosen else getattr(widget, "step", None),
            player=player,
            unit=unit if unit[:1] in ("", "\N{DEGREE SIGN}", "%") else f"\N{NO-BREAK SPACE}{unit}",
            end=end if word else None,
        )
        for end, (word, value) in enumerate(ends.items())
    ]


def article(name: str) -> str:
    """Return a type's name with its article."""
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


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
    count = (high - low) / step + 1e-9  # 2.9999999999999996 steps are 3
    if count > 100_000:  # to write them down would take the memory that the kernel needs
        coarse = (high - low) / 500
        coarse = math.ceil(coarse) if isinstance(step, int) else f"{coarse:.3g}"
        raise ValueError(f"it has {count:,.0f} positions; set its step to {coarse}")
    values = [low + position * step for position in range(int(count) + 1)]
    if all(isinstance(value, int) for value in values):
        return values
    digits = 12 - math.ceil(math.log10(max(abs(low), abs(high)) or 1))
    return [round(value, digits) + 0.0 for value in values]  # adding 0.0 turns -0.0 into 0.0


def _slider(widget):
    values = _steps(widget)
    if isinstance(widget, ipywidgets.FloatLogSlider):
        values = [float(f"{widget.base**exponent:.12g}") for exponent in values]
    return values, [_text(value, getattr(widget, "readout_format", "")) for value in values]


_FORMAT = re.compile(r"(.*?)(\$?)([0-9]*,?)(?:\.([0-9]+))?([a-zA-Z%]?)")


def _text(value, readout_format):
    """Return a number in one of the formats of d3, which are Python's and a few more."""
    try:
        start, dollar, width, digits, kind = _FORMAT.fullmatch(readout_format).groups()
        suffix = ""
        if kind in ("g", "r", "s"):  # so many significant digits
            digits = max(int(digits or 6), 1)
            value = float(f"{value:.{digits - 1}e}")
            size = math.floor(math.log10(abs(value))) if value else 0
            if kind == "g" and not -7 < size < digits:
                kind, digits = "e", digits - 1
            else:
                power = 3 * max(-8, min(8, size // 3)) if kind == "s" else 0
                suffix = "yzafpnµm kMGTPEZY"[power // 3 + 8].strip()
                kind, digits, value = "f", max(digits - 1 - size + power, 0), value / 10.0**power
        elif kind in ("d", "b", "o", "x", "X"):
            value, digits = round(value), None
        digits = "" if digits is None else f".{digits}"
        text = format(value, f"{start}{width}{digits}{kind}")
    except (AttributeError, ValueError):
        raise ValueError(
            f"readout_format {readout_format!r} is none that a page can have"
        ) from None
    text, *power = text.split("e") if kind == "e" else [text]
    power = f"e{int(power[0]):+}" if power else ""
    number = text.lstrip("-+")
    sign = text.removesuffix(number).replace("-", "\N{MINUS SIGN}" * bool(text.strip("-0.,%")))
    return f"{sign}{dollar}{number}{power}{suffix}"


def _options(widget):
    return list(widget._options_values), list(widget._options_labels)


def _switch(widget):
    return [False, True], ["off", "on"]


_w = ipywidgets
_KINDS = (
    ((_w.IntSlider, _w.FloatSlider, _w.IntRangeSlider, _w.FloatRangeSlider), "range", _slider),
    ((_w.BoundedIntText, _w.BoundedFloatText, _w.Play, _w.FloatLogSlider), "range", _slider),
    ((_w.SelectionSlider, _w.SelectionRangeSlider), "range", _options),
    ((_w.Dropdown, _w.Select), "select", _options),
    ((_w.RadioButtons, _w.ToggleButtons), "radio", _options),
    ((_w.Checkbox, _w.ToggleButton), "checkbox", _switch),
)
