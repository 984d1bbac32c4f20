"""What a reader sees of a check: text, and HTML."""

import re
from html import escape
from reprlib import Repr

import torch

#: What is said to the dots of a stub that waits for a prediction.
MISSING = "Put your answer in the place of the dots, and run the code again."

_GREEN, _GOLD = "#008a64", "#a87900"  # as in explorable's palette; they show on light and dark
_LONGEST = 200
_LINK = re.compile(r"\[([^\]]+)\]\((chapters/[\w-]+)(#[\w-]+)?\)")
_ADDRESS = re.compile(r"( at)? 0x[0-9a-fA-F]+")


class Result:
    """The outcome of one check. It is true if the exercise is solved.

    Parameters
    ----------
    kind
        "solved", or the kind of the first mismatch, such as "missing" or "value".
    *sentences
        What a reader should know, in plain text with `` `code` `` between backticks, and
        ``[chapters by their titles](chapters/accumulate)``.

    Examples
    --------
    >>> result = Result("value", "`f(x=1)` returned 3.")
    >>> result
    Not solved yet.
    `f(x=1)` returned 3.
    >>> bool(result)
    False
    """

    def __init__(self, kind: str, *sentences: str):
        self.kind = kind
        self.sentences = tuple(filter(None, sentences))
        self.name, self.form = "", None  # set by `check`: the exercise, and what it asks

    def __bool__(self):
        return self.kind == "solved"

    def __str__(self):
        return _LINK.sub(r"“\1”", "\n".join([self._headline, *self.sentences]))

    def __repr__(self):
        asked = self.form.text() if self.form else ""
        return f"{asked}\n{self}" if asked else str(self)

    def _repr_html_(self):
        color = _GREEN if self else _GOLD
        lines = "".join(f"<br>{to_html(sentence)}" for sentence in self.sentences)
        asked = self.form.html() if self.form else ""
        # Only the edge has a colour of its own; the text takes that of the page around it.
        return (
            f'{asked}<div class="check" style="border-left: 4px solid {color}; '
            f'padding-left: 12px"><strong>{self._headline}</strong>{lines}</div>'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if self.form:
            from companion.check._page import MIME

            bundle[MIME] = self.form.data(self.name)
            if self.form.kind == "code":  # a page shows what is wrong with it, if it is there
                bundle[MIME]["result"] = self.kind
        return bundle

    @property
    def _headline(self):
        if self.kind == "own failure":
            return "Not judged."
        return "Solved." if self else "Not solved yet."


def show(value: object) -> str:
    """Return any object as one short line, the same in every run.

    >>> show(-7.840000152587891)
    '-7.84'
    >>> show(torch.tensor([0.5, 1.0]))
    '[0.5, 1]'
    >>> show(torch.eye(2))
    '[[1, 0], [0, 1]]'
    >>> show((torch.zeros(()), None))
    '[0, None]'
    >>> show(torch.zeros(20, 20))
    'a tensor of shape (20, 20)'
    >>> show(object())
    '<object object>'
    """
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15
        return str(int(value)) if whole else f"{value:.6g}"
    if isinstance(value, torch.Tensor):
        small = value.numel() <= 6 if value.ndim < 2 else max(value.shape) <= 3
        if value.ndim > 2 or not small:
            return f"a tensor of shape {tuple(value.shape)}"
        return _listed(value.detach().tolist())
    if isinstance(value, torch.dtype):
        return f"`{value}`"
    if isinstance(value, list | tuple) and any(isinstance(each, torch.Tensor) for each in value):
        return one_line(_listed(value))
    return one_line(_short.repr(value))


def _listed(value):
    return f"[{', '.join(map(_listed, value))}]" if isinstance(value, list | tuple) else show(value)


def one_line(text: str) -> str:
    """Return the first line of `text`, cut where it is long, without addresses.

    >>> one_line("no <f at 0x7f3a>\\nmore")
    'no <f>'
    """
    line = _ADDRESS.sub("", text.strip().partition("\n")[0])
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


def to_html(sentence: str, page: bool = False) -> str:
    """Return a sentence as HTML: for a notebook, or for the `page` of an exercise, with links.

    >>> to_html("See [`.grad` adds up](chapters/accumulate).", page=True)
    'See <a href="../chapters/accumulate.html"><code>.grad</code> adds up</a>.'
    """
    code = "<code>" if page else '<code style="background: none; color: inherit; padding: 0">'
    chapter = r'<a href="../\2.html\3">\1</a>' if page else r"“\1”"
    return re.sub(r"`([^`]+)`", rf"{code}\1</code>", _LINK.sub(chapter, escape(sentence)))


_short = Repr()
_short.maxother = _short.maxstring = 60
