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
    root, failures = _root(), []
    with (
        _streams_to(root),
        _display_to(root, failures) as (formatter, publisher),
        _figures_to(root, formatter, failures, drawn) as draw,
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
    if failures:  # IPython printed them and went on
        raise failures[0]
    for part in root:
        if part.tag in ("svg", "img"):
            part.attrib |= {"role": "img", "aria-label": alt}
        elif part.tag == "pre":
            _terminal.render(part)
    return root


def _figures_of(result):
    """Return the figures of what matplotlib or seaborn returns, and None for any other result."""
    figures, theirs = {}, False
    for leaf in _leaves(result):
        package = type(leaf).__module__.partition(".")[0]
        figure = getattr(leaf, "figure", leaf)  # an artist's, or that of seaborn's grid
        if hasattr(figure, "get_figure") and (figure := figure.get_figure(root=True)):
            figures[figure] = None
        elif package not in ("matplotlib", "numpy") or hasattr(leaf, "_repr_html_"):
            return None  # but plt.hist returns its counts as well
        theirs |= package == "matplotlib"
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
    _write(root, "stderr", f"{type(exception).__name__}: {exception}")
    return root


def _root():
    return Element("div", {"class": "explorable-frame"})


def _write(root, name, text):
    """Add `text` to the last ``pre`` of `root`, or to a new one after other output."""
    last = root[-1] if len(root) else None
    if last is None or last.get("class") != f"explorable-{name}":
        last = SubElement(root, "pre", {"class": f"explorable-{name}"})
    last.text = (last.text or "") + text


class _Stream(io.TextIOBase):
    """Takes what is printed into the frame that is being drawn.

    There is one for stdout and one for stderr: whoever keeps it, as logging does, writes later
    into a later frame, or to where the notebook prints.
    """

    encoding = "utf-8"  # which some who print ask for

    def __init__(self, name):
        self.name, self.root = name, None

    def write(self, text):
        if self.root is None:
            getattr(sys, self.name).write(text)
        elif text:
            _write(self.root, self.name, text)
        return len(text)


_OUT, _ERR = _Stream("stdout"), _Stream("stderr")


@contextlib.contextmanager
def _streams_to(root):
    """Send to `root` what is printed, and the warnings."""
    said = {}  # each once: a font says of every letter, again and again, that it is missing
    before = _OUT.root
    with (
        contextlib.redirect_stdout(_OUT),
        contextlib.redirect_stderr(_ERR),
        warnings.catch_warnings(),
    ):
        # Python's own choice of what to show, but at every position and not once in a process.
        warnings.simplefilter("always")
        for hidden in (DeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", hidden)
        warnings.showwarning = lambda text, kind, *_: said.setdefault(
            (line := f"{kind.__name__}: {text}\n"), _ERR.write(line * (line not in said))
        )
        _OUT.root = _ERR.root = root
        try:
            yield
        finally:
            _OUT.root = _ERR.root = before


@contextlib.contextmanager
def _display_to(root, failures):
    """Send ``display`` to `root`; yield the formatter that ``display`` uses, and what it calls."""
    shell = get_ipython()
    if shell is None:
        yield DisplayFormatter(), _Publisher(root, None, failures)
        return
    publisher = shell.display_pub
    shell.display_pub = _Publisher(root, publisher, failures)
    try:
        yield shell.display_formatter, shell.display_pub
    finally:
        shell.display_pub = publisher


class _Publisher:
    """Stands in for IPython's display publisher, and passes on what else is asked of it.

    In JupyterLab, the kernel takes a front end's messages in a thread of its own, and tells the
    publisher of each one; a message that fails there is lost, and the control with it.
    """

    def __init__(self, root, publisher, failures):
        self._root, self._publisher, self._displays = root, publisher, {}
        self._failures = failures

    def __getattr__(self, name):
        return getattr(self._publisher, name)

    def publish(self, data, metadata=None, *_, transient=None, update=False, **__):
        try:
            new = _show.elements(data, metadata)
        except Exception as failure:
            self._failures.append(failure)
            raise
        identity = (transient or {}).get("display_id")
        old, here = self._displays.get(identity, []) if update else [], len(self._root)
        for element in old:
            if element in list(self._root):
                here = list(self._root).index(element)
                self._root.remove(element)
        if identity is None and [element.tag for element in new] == ["pre"]:
            _write(self._root, "stdout", new[0].text)  # goes on what was printed
        elif old or not update:
            self._displays[identity] = new
            self._root[here:here] = new

    def clear_output(self, *_, **__):
        self._root[:] = []


@contextlib.contextmanager
def _figures_to(root, formatter, failures, drawn=None):
    """Draw figures in the one style as SVG when displayed; yield what draws those left open."""
    try:
        from matplotlib import pyplot, rc_context
        from matplotlib.figure import Figure
    except ImportError:
        yield lambda **_: None
        return

    shown = []

    def draw(figure):
        shown.append(figure)
        pyplot.close(figure)
        try:
            root.append(_svg.from_figure(figure))
            if drawn:
                from explorable._plot import in_points

                with in_points(figure):
                    drawn(root[-1], figure)
        except Exception as failure:
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
    other = displays.for_type(Figure, draw)
    pyplot.show = draw_open
    before = set(pyplot.get_fignums())
    try:
        # What the function sets is undone, so that no frame changes the next.
        with rc_context(_style.style if _style.used() else None):
            yield draw_open
    finally:
        displays.for_type(Figure, other) if other else displays.pop(Figure)
        pyplot.show = show
        for number in set(pyplot.get_fignums()) - before:
            pyplot.close(number)
