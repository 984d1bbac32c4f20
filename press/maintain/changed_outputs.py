"""Say which stored outputs a run of the tests did not give, as the Markdown of an issue.

::

    python -m press.maintain.changed_outputs REPORT BEFORE AFTER

``REPORT`` is what ``pytest --junitxml`` writes; it need not exist, if the tests never began.
``BEFORE`` and ``AFTER`` are what ``pip freeze`` prints for the recorded tools and for those that
the tests ran with. Where every test passed, nothing is printed.
"""

import argparse
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

#: GitHub takes 65,536 characters in an issue; what is said of one failure, and of all.
MOST_LINES, MOST_WIDE, MOST_SAID = 40, 160, 50_000

# nbval colours its messages, and the report spells the escape character out.
_COLOUR = re.compile(r"(?:\x1b|#x1B)\[\d*m")
# nbval compares "stored == fresh", of which pytest marks the second with "-": see `_says`.
_SWAPPED = {"-": "+", "+": "-"}


class ReportError(Exception):
    """A report that cannot be read, in one sentence."""


class Failure(NamedTuple):
    """A test that failed: the file it is in, what of it, and what it says."""

    file: str
    name: str
    says: str


def read_report(text: str, root: Path) -> list[Failure]:
    """Return what failed in a run of the tests.

    Parameters
    ----------
    text
        The XML that pytest writes.
    root
        The folder of the book, whose notebooks tell the ids of the cells.

    Raises
    ------
    ReportError
        If the text is no such XML, or tells of no test.
    """
    try:
        cases = list(ElementTree.fromstring(text).iter("testcase"))
    except ElementTree.ParseError as error:
        raise ReportError(f"The report of the tests is not complete: {error}.") from error
    if not cases:
        raise ReportError("The report holds no test: none was found.")
    failures = []
    for case in cases:
        for kind in ("failure", "error"):
            if (found := case.find(kind)) is not None:
                place = case.get("classname") or "collection"
                name = case.get("name")
                if place.endswith(".ipynb"):
                    place = place.removesuffix(".ipynb").replace(".", "/") + ".ipynb"
                    name = _cell(root / place, name)
                failures.append(Failure(place, name, _says(found.text or "")))
    return failures


def _cell(path, name):
    """Return the id of nbval's "Cell 3": the fourth of the code cells."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return code[int(name.removeprefix("Cell "))]["id"]


def _says(text):
    """Return the end of a message, where the difference is, with "-" for what was stored."""
    plain = _COLOUR.sub("", text)
    _, traceback, what = plain.partition("Traceback:\n")  # nbval repeats the whole cell first
    lines = (what if traceback else plain).strip().splitlines()
    if "reference_output == test_output" in plain:
        lines = [
            re.sub(r"^ *([-+]) ", lambda mark: f"{_SWAPPED[mark[1]]} ", line)
            for line in lines
            if not line.strip().startswith("?")
        ]
    return "\n".join(line[:MOST_WIDE] for line in lines[-MOST_LINES:])


def changed_versions(before: str, after: str) -> list[tuple[str, str, str]]:
    """Return the packages whose versions differ: name, version before, version after.

    Examples
    --------
    >>> changed_versions("torch==2.13.0\\ntqdm==4.70.1", "torch==2.14.0+cpu\\ntqdm==4.70.1")
    [('torch', '2.13.0', '2.14.0+cpu')]
    """
    old, new = _versions(before), _versions(after)
    return [
        (name, old.get(name, "–"), new.get(name, "–"))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _versions(freeze):
    pinned = re.findall(r"^([\w.-]+)==(\S+)$", freeze, re.MULTILINE)
    return {name.lower(): version for name, version in pinned}


def issue(failures: list[Failure], versions: list[tuple[str, str, str]]) -> str:
    """Return what the failures and the changed versions say, as Markdown."""
    by_file = defaultdict(list)
    for failure in failures:
        by_file[failure.file].append(failure)
    notebooks = {file: found for file, found in by_file.items() if file.endswith(".ipynb")}
    others = {file: found for file, found in by_file.items() if file not in notebooks}

    lines = ["The book was run with the newest versions of its tools, and some tests failed.", ""]
    said = 0
    for title, files in (("Outputs that changed", notebooks), ("Other tests", others)):
        if files:
            lines += [f"### {title}", ""]
        for file, found in files.items():
            lines += [f"- `{file}`: " + ", ".join(f"`{each.name}`" for each in found), ""]
            for each in found:
                said += len(each.says)
                if said < MOST_SAID:
                    lines += _details(each)
    if said >= MOST_SAID:
        lines += ["There is more in the artifact of this run.", ""]
    lines += ["### Versions", ""]
    if versions:
        lines += ["| Package | Recorded with | Now |", "| --- | --- | --- |"]
        lines += [f"| {' | '.join(row)} |" for row in versions]
    else:
        lines += ["None differs from the recorded ones."]
    lines += ["", NEXT]
    return "\n".join(lines)


def _details(failure):
    # Four backticks, since a message may hold three.
    return [
        f"<details><summary>{failure.name}</summary>",
        "",
        "````diff",
        failure.says,
        "````",
        "",
        "</details>",
        "",
    ]


NEXT = (
    "In a diff, `-` is what is stored and `+` is what this run gave. What to do is in "
    "`.github/CONTRIBUTING.md`, under “When a version moves”.\n"
)


def main(arguments: list[str] | None = None) -> None:
    """Print the issue, if there is one."""
    parser = argparse.ArgumentParser(
        prog="python -m press.maintain.changed_outputs",
        description="Say which stored outputs a run of the tests did not give, as Markdown.",
    )
    parser.add_argument("report", type=Path, help="what pytest --junitxml wrote")
    parser.add_argument("before", type=Path, help="pip freeze, with the recorded versions")
    parser.add_argument("after", type=Path, help="pip freeze, with the newest versions")
    options = parser.parse_args(arguments)
    before, after = (
        path.read_text(encoding="utf-8") if path.is_file() else ""
        for path in (options.before, options.after)
    )
    try:
        if not options.report.is_file():
            raise ReportError(
                "There is no report: an installation failed, or the tests never ended."
            )
        failures = read_report(options.report.read_text(encoding="utf-8"), Path())
    except ReportError as error:
        failures = [Failure("the run itself", "log", str(error))]
    if failures:
        sys.stdout.write(issue(failures, changed_versions(before, after)))


if __name__ == "__main__":
    main()
