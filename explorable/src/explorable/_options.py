"""What an author says of a figure beside what it draws: words, what can be held, what is printed."""

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Options:
    """The options of `explore` beside ``alt``; its docstring says what they mean."""

    title: str = ""
    caption: str = ""
    labels: Mapping[str, str | tuple[str, str]] = field(default_factory=dict)
    hold: Mapping[str | tuple[str, str], str] = field(default_factory=dict)
    paper: Sequence[Any] = ()

    def __post_init__(self):
        for name in ("title", "caption"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} is {getattr(self, name)!r}; give it a sentence")
        for name in ("labels", "hold"):
            if not isinstance(getattr(self, name), Mapping):
                raise TypeError(f"{name} is {getattr(self, name)!r}; give it a dict of controls")

    def label(self, name: str) -> str:
        """Return the words for the control `name`, or nothing."""
        words = self.labels.get(name, "")
        return words if isinstance(words, str) else words[0]

    def unit(self, name: str) -> str:
        """Return what stands behind the value of the control `name`, or nothing."""
        words = self.labels.get(name, "")
        return "" if isinstance(words, str) else words[1]

    def handles(self) -> list[dict[str, str]]:
        """Return what each point that can be held sets: a control by ``"x"`` and one by ``"y"``.

        Examples
        --------
        >>> Options(hold={"w": "x"}).handles()
        [{'x': 'w'}]
        >>> Options(hold={"a": "x", "b": "y", ("u", "v"): "xy"}).handles()
        [{'x': 'a', 'y': 'b'}, {'x': 'u', 'y': 'v'}]
        """
        handles = []
        for names, axes in self.hold.items():
            names = (names,) if isinstance(names, str) else tuple(names)
            if handles and axes == "y" and list(handles[-1]) == ["x"]:
                handles[-1]["y"] = names[0]  # an x and the y after it are one point
            else:
                handles.append(dict(zip(axes, names, strict=True)))
        return handles


NOTHING = Options()


def describe(widget: Any, options: Options, name: str) -> None:
    """Give the live control of the argument `name` its words."""
    if words := options.label(name):
        unit = options.unit(name)
        widget.description = f"{words} ({unit})" if unit else words
        widget.style.description_width = "initial"


def check(options: Options, controls: Sequence[Any]) -> None:
    """Raise an error if `options` do not fit a figure with these `controls`."""
    names = [control.name for control in controls]
    for option, given in (("labels", options.labels), ("hold", options.hold)):
        for key in given:
            for name in (key,) if isinstance(key, str) else key:
                if name not in names:
                    raise ValueError(
                        f"{option} names {name!r}, but the controls are {', '.join(names)}"
                    )
    for key, words in options.labels.items():
        if not isinstance(words, str) and not (
            isinstance(words, tuple) and len(words) == 2 and all(isinstance(w, str) for w in words)
        ):
            raise TypeError(f"labels[{key!r}] is {words!r}; give words, or (words, unit)")
    for key, axes in options.hold.items():
        if axes not in (("x", "y") if isinstance(key, str) else ("xy",)):
            raise ValueError(
                f"hold[{key!r}] is {axes!r}; say 'x' or 'y' for a control, 'xy' for a pair of them"
            )
        for control in controls:
            if control.name in key and not all(
                isinstance(value, int | float) for value in control.values
            ):
                raise TypeError(f"{control.name} cannot be held: not all of its values are numbers")
    printed(options, controls)


def check_names(function: Any) -> None:
    """Raise an error if an argument of `function` has the name of an option."""
    try:
        arguments = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a builtin, say
        return
    for name in ("alt", *(option.name for option in fields(Options))):
        if name in arguments:
            raise TypeError(
                f"{getattr(function, '__name__', 'the function')} has an argument {name!r}, which "
                "is an option of explore; give the argument another name"
            )


def printed(options: Options, controls: Sequence[Any]) -> list[list[int]]:
    """Return the positions of `controls` in each state that is printed."""
    if len(options.paper) > 3:
        raise ValueError(f"paper has {len(options.paper)} states; three fit side by side")
    return [_positions(state, controls) for state in options.paper]


def _positions(state, controls):
    if not isinstance(state, Mapping):
        if len(controls) != 1:
            raise TypeError(
                f"paper holds {state!r}; with several controls, give a dict of their values"
            )
        state = {controls[0].name: state}
    left, positions = dict(state), []
    for control in controls:
        positions.append(control.position)
        if control.name in left:
            positions[-1] = _position(control, left.pop(control.name))
    if left:
        raise ValueError(f"paper names {next(iter(left))!r}, which is no control")
    return positions


def _position(control, value):
    for position, (own, label) in enumerate(zip(control.values, control.labels, strict=True)):
        numbers = isinstance(own, int | float) and isinstance(value, int | float)
        if own is value or label == value or numbers and math.isclose(own, value):
            return position
    raise ValueError(
        f"paper asks for {control.name}={value!r}, but its positions are {control.labels[0]}, "
        f"{control.labels[min(1, len(control.labels) - 1)]}, ... {control.labels[-1]}"
    )
