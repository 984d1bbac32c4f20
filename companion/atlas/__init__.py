"""The Error atlas: forty errors of autograd as data, and what is made of them.

entries.toml
    The entries: symptom, cause, program, cure. This is the file to edit.
page.md
    What the chapter says around them.
run
    Runs a program and returns all that it says.
notebook
    Makes the chapter ``chapters/errors.ipynb``; ``python -m press.clinic`` writes it.
figures
    The chapter's figures.

Reading the entries needs no torch: a build of the site does it for its search.
"""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

#: The page that the entries are on.
PAGE = "chapters/errors"
_LONGEST = 120  # characters of a message in the table


@dataclass(frozen=True)
class Program:
    """A program and all that it says: lines without the last line's end, "" for nothing."""

    code: str
    prints: str = ""
    warns: str = ""  # type and message
    raises: str = ""  # type and message
    lead: str = ""  # stands before it on the page

    @property
    def messages(self) -> list[str]:
        """The warning and the error, if there are any, in that order."""
        return [message for message in (self.warns, self.raises) if message]


@dataclass(frozen=True)
class Figure:
    """A figure that follows an entry."""

    name: str
    text: str
    code: str


@dataclass(frozen=True)
class Entry:
    """One of the forty; entries.toml says what each field holds."""

    number: int
    name: str
    title: str
    chapter: str
    cause: str
    cure: str
    program: list[Program]
    repair: list[Program]
    section: str = ""
    symptom: str = ""
    wrong: str = ""
    see: list[str] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    look: str = ""
    figure: Figure | None = None

    @property
    def anchor(self) -> str:
        """The id of its heading on the page."""
        return f"error-{self.name}"

    @property
    def messages(self) -> list[str]:
        """What its programs warn of and raise, each once."""
        return list(dict.fromkeys(m for program in self.program for m in program.messages))


def entries() -> list[Entry]:
    """Return the entries, the most common first.

    Examples
    --------
    >>> len(entries())
    40
    >>> entries()[1].title
    '`backward()` twice'
    """
    return [_entry(number, data) for number, data in enumerate(_data()["entry"], start=1)]


def signs() -> dict[str, str]:
    """Return what a reader may see who has no message, in words."""
    return _data()["signs"]


def rows() -> dict[str, list[tuple[str, Entry]]]:
    """Return the rows of the table: what is seen, cut where it is long, and where it may come from.

    Each cause is the whole message, or the symptom of an entry that raises nothing, and the entry.

    Examples
    --------
    >>> seen, causes = next(iter(rows().items()))
    >>> seen
    'RuntimeError: grad can be implicitly created only for scalar outputs'
    >>> [entry.number for _, entry in causes]
    [1]
    """
    table = {}
    for entry in entries():
        for message in entry.messages:
            table.setdefault(shorten(message), []).append((message, entry))
        if entry.symptom:
            table[entry.symptom] = [(entry.symptom, entry)]
    return table


def shorten(message: str) -> str:
    """Return a message in one line, cut after a word where it is long.

    Examples
    --------
    >>> shorten("ValueError: " + 40 * "ten ")[-12:]
    'en ten ten …'
    """
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST].rpartition(" ")[0] + " …"


@cache
def _data():
    text = resources.files(__name__).joinpath("entries.toml").read_text("utf-8")
    return tomllib.loads(text)


def _entry(number, data):
    data = {key: _stripped(value) for key, value in data.items()}
    for key in ("program", "repair"):
        data[key] = [Program(**_all_stripped(program)) for program in data[key]]
    if "figure" in data:
        data["figure"] = Figure(**_all_stripped(data["figure"]))
    return Entry(number=number, **data)


def _all_stripped(data):
    return {key: _stripped(value) for key, value in data.items()}


def _stripped(value):
    return value.strip("\n") if isinstance(value, str) else value
