"""One call of the author's function, as a tree of SVG, text and markup."""

import contextlib
import inspect
import io
import sys
import warnings
from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

from IPython import get_ipython
from IPython.core.formatters import DisplayFormatter

from explorable import _show, _style, _svg, _terminal


def frame(function, values: dict, alt: str, drawn: Callable | None = None) -> Element:
    """Call ``function(**values)``; return a ``div`` of all that it showed, in that order.

    `alt` describes its pictures. Shown are matplotlib figures (which are closed), what is printed
    to stdout and stderr, warnings, what is passed to ``display``, and the return value. An
    exception passes through. `drawn` is called with each figure's SVG, and the figure.
    """
    root = _root()
    out, err = _Stream(root, "explorable-stdout"), _Stream(root, "explorable-stderr")
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        _warnings_to(err),
        _display_to(root) as (formatter, publisher),
        _figures_to(root, formatter, drawn) as draw,
    ):
        result = function(**values)
        if inspect.iscoroutine(result):
            result.close()
            raise _show.CannotShow("it is async; explore calls plain functions")
        figures = _figures_of(result)
        draw(later=result)
        if figures is not None:  # of what plt.plot returns, say, the figure is what there is to see
            draw(also=figures)
        elif result is not None:
            publisher.publish(*formatter.format(result))
    for part in root:
        if part.tag in ("svg", "img"):
            part.attrib |= {"role": "img", "aria-label": alt}
        elif part.tag == "pre":
            _terminal.render(part)
    _show.fill_widgets(root)
    return root


def _figures_of(result):
    """Return the figures of what matplotlib or seaborn returns, and None for any other result."""
    if "matplotlib.figure" not in sys.modules:
        return None
    figures, theirs = {}, False
    for leaf in _leaves(result):
        figure = getattr(leaf, "figure", leaf)  # an artist's, or that of seaborn's grid
        if hasattr(figure, "get_figure") and (figure := figure.get_figure(root=True)):
            figures[figure] = None
        elif type(leaf).__module__ == "matplotlib.animation":
            return None
        elif type(leaf).__module__.startswith("matplotlib."):
            theirs = True
        elif type(leaf).__module__ != "numpy":  # plt.hist returns its counts as well
            return None
    return list(figures) if figures or theirs else None


def _leaves(result):
    if getattr(result, "dtype", None) == object:
        result = result.ravel().tolist()
    if isinstance(result, dict | list | tuple):
        for part in result.values() if isinstance(result, dict) else result:
            yield from _leaves(part)
    elif result is not None:
        yield result


def error(exception: BaseException) -> Element:
    """Return a frame that shows the type and the message of `exception`."""
    root = _root()
    _Stream(root, "explorable-stderr").write(f"{type(exception).__name__}: {exception}")
    return root


def _root():
    return Element("div", {"class": "explorable-frame"})


class _Stream(io.TextIOBase):
    """Adds what is written to the last ``pre`` of `root`, or to a new one after other output."""

    def __init__(self, root, name):
        self._root, self._name = root, name

    def write(self, text):
        if text:
            last = self._root[-1] if len(self._root) else None
            if last is None or last.get("class") != self._name:
                last = SubElement(self._root, "pre", {"class": self._name})
            last.text = (last.text or "") + text
        return len(text)


@contextlib.contextmanager
def _warnings_to(stream):
    with warnings.catch_warnings():
        # Python's own choice of what to show, but at every position and not once in a process.
        warnings.simplefilter("always")
        for hidden in (DeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", hidden)
        warnings.showwarning = lambda text, kind, *_: stream.write(f"{kind.__name__}: {text}\n")
        yield


@contextlib.contextmanager
def _display_to(root):
    """Send ``display`` to `root`; yield the formatter that ``display`` uses, and what it calls."""
    shell = get_ipython()
    if shell is None:
        yield DisplayFormatter(), _Publisher(root, None)
        return
    publisher = shell.display_pub
    shell.display_pub = _Publisher(root, publisher)
    try:
        yield shell.display_formatter, shell.display_pub
    finally:
        shell.display_pub = publisher


class _Publisher:
    """Stands in for IPython's display publisher, and passes on what else is asked of it.

    In JupyterLab, the kernel takes a front end's messages in a thread of its own, and tells the
    publisher of each one; a message that fails there is lost, and the control with it.
    """

    def __init__(self, root, publisher):
        self._root, self._publisher, self._displays = root, publisher, {}

    def __getattr__(self, name):
        return getattr(self._publisher, name)

    def publish(self, data, metadata=None, *_, transient=None, update=False, **__):
        new = _show.elements(data, metadata)
        identity = (transient or {}).get("display_id")
        old, here = self._displays.get(identity, []) if update else [], len(self._root)
        for element in old:
            if element in list(self._root):
                here = list(self._root).index(element)
                self._root.remove(element)
        if identity is None and [element.tag for element in new] == ["pre"]:
            _Stream(self._root, "explorable-stdout").write(new[0].text)  # goes on what was printed
        elif old or not update:
            self._displays[identity] = new
            self._root[here:here] = new

    def clear_output(self, *_, **__):
        self._root[:] = []


@contextlib.contextmanager
def _figures_to(root, formatter, drawn=None):
    """Draw figures in the one style as SVG when displayed; yield what draws those left open."""
    try:
        from matplotlib import pyplot, rc_context
        from matplotlib.figure import Figure
    except ImportError:
        yield lambda **_: None
        return

    failures, shown = [], []

    def draw(figure):
        shown.append(figure)
        pyplot.close(figure)
        try:
            root.append(_svg.from_figure(figure))
            if drawn:
                from explorable._plot import in_points

                with in_points(figure):
                    drawn(root[-1], figure)
        except Exception as failure:  # IPython would print it and go on
            failures.append(failure)
        return True  # tells IPython that the figure is displayed

    def draw_open(*_, later=None, also=(), **__):
        for number in sorted(set(pyplot.get_fignums()) - before):
            figure = pyplot.figure(number)
            if figure is not later:
                draw(figure)
        for figure in also:
            if figure not in shown:
                draw(figure)

    displays, show = formatter.ipython_display_formatter, pyplot.show
    displays.for_type(Figure, draw)
    pyplot.show = draw_open
    before = set(pyplot.get_fignums())
    try:
        # What the function sets is undone, so that no frame changes the next.
        with rc_context(_style.style if _style.used() else None):
            yield draw_open
        if failures:
            raise failures[0]
    finally:
        displays.pop(Figure)
        pyplot.show = show
        for number in set(pyplot.get_fignums()) - before:
            pyplot.close(number)
