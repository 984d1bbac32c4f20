"""One call of the author's function, as a tree of SVG, text and markup."""

import contextlib
import io
import warnings
from collections.abc import Callable
from xml.etree.ElementTree import Element, ParseError, SubElement

from IPython import get_ipython
from IPython.core.formatters import DisplayFormatter

from explorable import _style, _svg
from explorable._markup import whole

_HTML = {"class": "explorable-html"}


def frame(function, values: dict, alt: str, drawn: Callable | None = None) -> Element:
    """Call ``function(**values)``; return a ``div`` of all that it showed, in that order.

    `alt` describes its pictures. Shown are matplotlib figures (which are closed), what is printed to stdout and stderr,
    warnings, what is passed to ``display``, and the return value. An exception passes through.
    `drawn`, if given, is called with the SVG of each matplotlib figure and the figure.
    """
    root = _root()
    out, err = _Stream(root, "explorable-stdout"), _Stream(root, "explorable-stderr")
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        _warnings_to(err),
        _display_to(root) as formatter,
        _figures_to(root, formatter, drawn) as draw_open,
    ):
        result = function(**values)
        draw_open(later=result)
        if result is not None:
            _add_bundle(root, formatter.format(result)[0])
    for picture in root:
        if picture.tag in ("svg", "img"):
            picture.attrib |= {"role": "img", "aria-label": alt}
    return root


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
        warnings.showwarning = lambda message, category, *_: stream.write(
            f"{category.__name__}: {message}\n"
        )
        yield


@contextlib.contextmanager
def _display_to(root):
    """Send ``display`` to `root`; yield the formatter that ``display`` uses."""
    shell = get_ipython()
    if shell is None:
        yield DisplayFormatter()
        return
    publisher = shell.display_pub
    shell.display_pub = _Publisher(root, publisher)
    try:
        yield shell.display_formatter
    finally:
        shell.display_pub = publisher


class _Publisher:
    """Stands in for IPython's display publisher, and passes on what else is asked of it.

    In JupyterLab, the kernel takes a front end's messages in a thread of its own, and tells the
    publisher of each one; a message that fails there is lost, and the control with it.
    """

    def __init__(self, root, publisher):
        self._root, self._publisher = root, publisher

    def __getattr__(self, name):
        return getattr(self._publisher, name)

    def publish(self, data, *_, **__):
        _add_bundle(self._root, data)

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

    failures = []

    def draw(figure):
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

    def draw_open(*_, later=None, **__):
        for number in sorted(set(pyplot.get_fignums()) - before):
            figure = pyplot.figure(number)
            if figure is not later:
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


def _add_bundle(root, bundle):
    """Add the richest representation of a MIME bundle that a page can show."""
    if "text/html" in bundle:
        SubElement(root, "div", _HTML).text = whole(bundle["text/html"])
    elif "image/svg+xml" in bundle:
        try:
            root.append(_svg.from_string(bundle["image/svg+xml"]))
        except ParseError:  # not XML, but a browser makes something of it
            SubElement(root, "div", _HTML).text = whole(bundle["image/svg+xml"])
    elif "image/png" in bundle:
        SubElement(root, "img", {"src": f"data:image/png;base64,{bundle['image/png']}", "alt": ""})
    elif "text/plain" in bundle:
        _Stream(root, "explorable-stdout").write(bundle["text/plain"] + "\n")
