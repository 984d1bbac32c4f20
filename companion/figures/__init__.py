"""The figures of the chapters: a module for each, a function for each figure.

A function takes what its chapter has computed and where the controls stand, and returns a figure.
The first paragraph of its docstring is what a reader is told who does not see it, and its defaults
are where the controls stand at first. It needs no example: its chapter shows one at each position,
and every run of the chapter compares them.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ipywidgets import Widget, interactive

from explorable import explore


def control(words: str | tuple[str, str], kind: type[Widget], *options: Any, **look: Any) -> tuple:
    """Return what stands beside a control, and what makes it: with options, if it offers a choice."""
    if options:
        look["options"] = list(*options)
    return words, partial(kind, **look)


def shown(
    draw: Callable,
    title: str,
    caption: str,
    hold: Mapping[str, str] | None = None,
    paper: Sequence[Any] = (),
    alt: str | None = None,
    **controls: tuple,
) -> Callable[[], interactive]:
    """Return a function that shows what `draw` draws, with a `control` for each of its arguments.

    The other arguments are those of `explorable.explore`.

    >>> from ipywidgets import Play
    >>> def square(n=4):
    ...     '''The square of n.'''
    ...     print(n * n)
    >>> shown(square, "It grows", "n times n.", n=control("a number", Play, max=9))()
    explore: square(n=4), one of 10 positions
    """

    def show() -> interactive:
        arguments = inspect.signature(draw).parameters
        widgets = {n: make(value=arguments[n].default) for n, (_, make) in controls.items()}
        words = {"labels": {name: words for name, (words, _) in controls.items()}, "alt": alt}
        more = {"title": title, "caption": caption, "hold": hold or {}, "paper": paper}
        return explore(draw, **words, **more, **widgets)

    return show
