"""What an author says of a figure beside what it draws: words, what can be held, what is printed."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from numbers import Real
from typing import Any

from explorable._controls import Control


@dataclass(frozen=True)
class Options:
    """The options of `explore` beside ``alt``; its docstring says what they mean."""

    title: str = ""
    caption: str = ""
    labels: Mapping[str, str | tuple[str, str]] = field(default_factory=dict)
    hold: Mapping[str, str] = field(default_factory=dict)
    paper: Sequence[Any] = ()

    def __post_init__(self):
        for name in ("title", "caption"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} is {getattr(self, name)!r}; give it a sentence")
        for name in ("labels", "hold"):
            if not isinstance(getattr(self, name), Mapping):
                raise TypeError(f"{name} is {getattr(self, name)!r}; give it a dict of controls")
        for name, words in self.labels.items():
            if not isinstance(words, str) and list(map(type, words)) != [str, str]:
                raise TypeError(f"labels[{name!r}] is {words!r}; give words, or (words, unit)")
        for name, axis in self.hold.items():
            if axis not in ("x", "y"):
                raise ValueError(f"hold[{name!r}] is {axis!r}; say 'x' or 'y'")
        if not hasattr(self.paper, "__len__"):
            raise TypeError(f"paper is {self.paper!r}; give it a list of states")
        if len(self.paper) > 3:
            raise ValueError(f"paper has {len(self.paper)} states; three fit side by side")

    def words(self, argument: str) -> tuple[str, str]:
        """Return the words and the unit for the control of an argument; empty if there are none."""
        words = self.labels.get(argument, "")
        return (words, "") if isinstance(words, str) else words

    def handles(self) -> list[dict[str, str]]:
        """Return what each point that can be held sets: a control by ``"x"`` and one by ``"y"``.

        Examples
        --------
        >>> Options(hold={"w": "x"}).handles()
        [{'x': 'w'}]
        >>> Options(hold={"a": "x", "b": "y", "c": "x"}).handles()
        [{'x': 'a', 'y': 'b'}, {'x': 'c'}]
        """
        handles = []
        for name, axis in self.hold.items():
            if handles and axis == "y" and list(handles[-1]) == ["x"]:
                handles[-1]["y"] = name  # an x and the y after it are one point
            else:
                handles.append({axis: name})
        return handles

    def check(self, controls: Sequence[Control]) -> None:
        """Raise an error if these options do not fit a figure with such controls."""
        arguments, names = ({c.argument: c for c in controls}, {c.name: c for c in controls})
        for option, given, known in (
            ("labels", self.labels, arguments),
            ("hold", self.hold, names),
        ):
            if unknown := [name for name in given if name not in known]:
                raise ValueError(
                    f"{option} names {unknown[0]!r}, but the controls are {', '.join(known)}"
                )
        for name in self.hold:
            if not all(isinstance(value, Real) for value in names[name].values):
                raise TypeError(f"{name} cannot be held: not all of its values are numbers")
        self.printed(controls)

    def printed(self, controls: Sequence[Control]) -> list[tuple[int, ...]]:
        """Return the positions of `controls` in each state that is printed."""
        return [_positions(state, controls) for state in self.paper]


def check_names(function: Callable) -> None:
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


def _positions(state, controls):
    if not isinstance(state, Mapping):
        if len(controls) != 1:
            raise TypeError(
                f"paper holds {state!r}; with several controls, give a dict of their values"
            )
        state = {controls[0].name: state}
    if unknown := state.keys() - {control.name for control in controls}:
        raise ValueError(f"paper names {min(unknown)!r}, which is no control")
    return tuple(_position(c, state[c.name]) if c.name in state else c.position for c in controls)


def _position(control, value):
    for position, (own, label) in enumerate(zip(control.values, control.labels, strict=True)):
        numbers = isinstance(own, Real) and isinstance(value, Real)
        if own is value or label == value or numbers and math.isclose(own, value):
            return position
    raise ValueError(
        f"paper asks for {control.name}={value!r}, but its positions are "
        f"{', '.join(control.labels[:2])}, ... {control.labels[-1]}"
    )
