"""A question as data: what a page without Python needs to ask it and to answer as `check` does.

Neither the notebook nor the page shows the answer: what is said to an answer is found by the
answer's hash. ``press/sphinx/_answers.py`` makes a form of these data, and
``press/sphinx/static/answers.js`` listens to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from companion.check._result import to_html

#: The type of these data among the outputs of a cell.
MIME = "application/vnd.autograd-in-motion.question+json"


@dataclass(frozen=True)
class Form:
    """A question that a page can ask."""

    kind: str  #: "number", "choice" or "order"; "code" where only a kernel can judge
    #: What is said to known answers, by the text that stands for one; nothing to a right one.
    replies: Mapping[str, str] = field(default_factory=dict)
    says: str = "You answered"  #: begins the sentence about an answer
    otherwise: str = ""  #: what is said to all other answers
    unreadable: str = ""  #: what a page says to what is no answer at all
    options: Mapping[str, str] = field(default_factory=dict)  #: the texts to choose from, by letter
    lines: Sequence[str] = ()  #: to be ordered
    later: bool = False  #: whether the page says nothing before all its questions are answered

    def data(self, name: str) -> dict:
        """Return the data of the exercise `name`, with its sentences as HTML.

        >>> form = Form("choice", {"a": "", "b": "Look again."}, options={"a": "x", "b": "y"})
        >>> form.data("slope")["replies"]
        {'': '2e8a8ddb', 'Look again.': '2f8a8f6e'}
        """
        if self.kind == "code":
            return {"name": name, "kind": "code"}
        hashes = {}
        for answer, sentence in self.replies.items():
            hashes.setdefault(to_html(sentence, page=True), []).append(hashed(name, answer))
        # By hash, so that no place says which one is right.
        known = sorted(hashes.items(), key=lambda item: min(item[1]))
        known = {
            "name": name,
            "kind": self.kind,
            "says": to_html(self.says, page=True),
            "replies": {sentence: " ".join(sorted(found)) for sentence, found in known},
            "otherwise": to_html(self.otherwise, page=True),
            "unreadable": to_html(self.unreadable, page=True),
            "options": {letter: to_html(text, page=True) for letter, text in self.options.items()},
            "lines": [to_html(line, page=True) for line in self.lines],
            "later": self.later,
        }
        return {key: value for key, value in known.items() if value}

    def text(self) -> str:
        """Return what is asked in plain text, for a reader whose program shows no HTML."""
        return "\n".join(f"{key}  {text}" for key, text in self._rows())

    def html(self) -> str:
        """Return what is asked as HTML, for a notebook."""
        return "".join(
            f'<div style="margin: 2px 0"><b>{key}</b> {to_html(text)}</div>'
            for key, text in self._rows()
        )

    def _rows(self):
        return [*self.options.items(), *enumerate(self.lines, start=1)]


def hashed(name: str, answer: str) -> str:
    """Return the 32-bit FNV-1a hash of an answer, salted with the exercise's name.

    A page has no quick hash of its own that works without waiting and over every address.

    >>> hashed("slope", "a") == hashed("slope", "b")
    False
    """
    value = 0x811C9DC5
    for byte in f"{name} {answer}".encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return f"{value:08x}"
