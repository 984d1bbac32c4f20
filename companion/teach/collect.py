"""Run what students hand in, and print who has solved what.

::

    python -m companion.teach.collect ANSWERS                 a folder with a folder for each student
    python -m companion.teach.collect ada bob                 the folders of two students
    python -m companion.teach.collect ada/*.ipynb --csv marks.csv

A student's name is the name of the folder. Each notebook runs from top to bottom in a kernel of
its own, two at a time; what it stored is not looked at. A cell that raises does not stop the
rest. A cell that runs for too long is interrupted, and one that will not be interrupted ends its
notebook: the checks below it are not run.

A kernel can do what you can do. This finds out who needs help; it does not stop a student who
sets out to deceive it.
"""

import argparse
import asyncio
import csv
import logging
import re
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from tqdm import tqdm

from companion.check import exercises
from companion.teach._listen import MIME

#: How long a cell may run before it is interrupted.
SECONDS = 20
WARNING = (
    "This runs the students' code with all your rights: do it in a container, a virtual machine "
    "or an account of its own, without a network and without files that you would miss."
)

_AT_A_TIME = 2
_CHECK = re.compile(r"\bcheck\(\s*[\"']([\w-]+)[\"']")
_LOG = logging.getLogger(__name__)
_LOG.setLevel(logging.CRITICAL)  # that a cell is interrupted is said below the table


class CollectError(Exception):
    """Answers that cannot be collected, and why, in one sentence."""


class Reply(NamedTuple):
    """What a check said."""

    solved: bool
    says: str


class Answers(NamedTuple):
    """What one student handed in: a reply for each check that was run, and what went wrong."""

    asked: set[str]
    replies: dict[str, Reply]
    remarks: list[str]

    def state(self, exercise: str) -> str:
        """Return "solved", "not yet" or "not run".

        Examples
        --------
        >>> Answers(set(), {"first-step": Reply(True, "")}, []).state("first-gradient")
        'not run'
        """
        if exercise not in self.replies:
            return "not run"
        return "solved" if self.replies[exercise].solved else "not yet"


def handed_in(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """Return the notebooks of each student, by name.

    Parameters
    ----------
    paths
        Notebooks, each in its student's folder; folders of students; or folders of such folders.

    Raises
    ------
    CollectError
        If one of them does not exist, or there is no notebook at all.
    """
    students: dict[str, list[Path]] = {}
    for path in paths:
        if path.is_file():
            students.setdefault(path.resolve().parent.name, []).append(path)
        elif not path.is_dir():
            raise CollectError(f"There is no {path}.")
        elif own := _notebooks(path.glob("*.ipynb"), path):
            students.setdefault(path.resolve().name, []).extend(own)
        else:
            for folder in sorted(path.iterdir()):
                if folder.is_dir() and not folder.name.startswith("."):
                    found = _notebooks(folder.rglob("*.ipynb"), path)
                    students.setdefault(folder.name, []).extend(found)
    if not any(students.values()):
        raise CollectError(f"There is no notebook in {', '.join(map(str, paths))}.")
    return students


def _notebooks(found, folder):
    """Leave out checkpoints, and what a Mac adds to an archive."""
    return sorted(
        path
        for path in found
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def collect(students: dict[str, list[Path]], seconds: int = SECONDS) -> dict[str, Answers]:
    """Run the notebooks of each student, and return what the checks say.

    Parameters
    ----------
    students
        As `handed_in` returns it.
    seconds
        How long a cell may run before it is interrupted; after twice that its kernel is ended.

    Raises
    ------
    CollectError
        If two notebooks of one student check the same exercise.
    """
    answers = {student: Answers(set(), {}, []) for student in students}
    jobs = []
    for student, paths in students.items():
        for path in paths:
            try:
                notebook = nbformat.read(path, as_version=4)
            except Exception:
                answers[student].remarks.append(f"{path} cannot be read as a notebook.")
                continue
            asked = _asked(notebook)
            if twice := asked & answers[student].asked:
                raise CollectError(
                    f"{path} is a second notebook of {student} that checks {min(twice)}: "
                    "put the notebooks of each student into a folder of their own."
                )
            answers[student].asked.update(asked)
            jobs.append((path, notebook, answers[student]))
    # In a thread of its own, since the caller's may have a loop that runs already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _run_all(jobs, seconds)).result()
    return answers


def _asked(notebook):
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return set(_CHECK.findall(code)) & exercises.keys()


async def _run_all(jobs, seconds):
    slots = asyncio.Semaphore(_AT_A_TIME)
    with tqdm(total=len(jobs), unit="notebook", disable=None) as bar:

        async def one(job):
            async with slots:
                await _run(*job, seconds)
                bar.update()

        await asyncio.gather(*map(one, jobs))


async def _run(path, notebook, answers, seconds):
    # An empty folder, so that no file of the student's is imported in the place of a library.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        client = _Listener(
            notebook,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=CRITICAL"],
            allow_errors=True,
            timeout=seconds,
            iopub_timeout=seconds,
            interrupt_on_timeout=True,
            shutdown_kernel="immediate",
            record_timing=False,
            store_widget_state=False,
            log=_LOG,
        )
        client.heard = answers.replies

        def executed(cell, cell_index, execute_reply):
            if execute_reply["content"].get("ename") == "KeyboardInterrupt":
                remark = f"{path}: a cell was stopped after {seconds} seconds"
                answers.remarks.append(f"{remark}: {_first_line(cell)}")

        client.on_cell_executed = executed
        listen = nbformat.v4.new_code_cell(
            "from companion.teach._listen import listen\nlisten()\ndel listen"
        )
        notebook.cells.insert(0, listen)
        async with client.async_setup_kernel():
            for index, cell in enumerate(notebook.cells):
                patience = 2 * seconds if index else None  # the first one imports torch
                client.timeout = seconds if index else None
                try:
                    await asyncio.wait_for(client.async_execute_cell(cell, index), patience)
                except (TimeoutError, DeadKernelError):
                    remark = f"{path}: the kernel died, or had to be ended, in a cell"
                    answers.remarks.append(f"{remark}: {_first_line(cell)}")
                    break


def _first_line(cell):
    return cell.source.strip().splitlines()[0]


class _Listener(NotebookClient):
    """Keep no output but what `companion.teach._listen` sends: an endless loop may print."""

    heard: dict[str, Reply]

    def output(self, outs, msg, display_id, cell_index):
        report = msg["content"].get("data", {}).get(MIME)
        if report:
            before = self.heard.get(report["exercise"])
            if not (before and before.solved):  # a later try for fun takes nothing away
                self.heard[report["exercise"]] = Reply(report["solved"], report["says"])


def rows(answers: dict[str, Answers]) -> list[list[str]]:
    """Return the table: a line of exercises, in the book's order, and a line for each student.

    Examples
    --------
    >>> ada = Answers({"first-step"}, {"first-step": Reply(True, "")}, [])
    >>> rows({"Ada": ada, "Bob": Answers({"first-step"}, {}, [])})
    [['student', 'first-step'], ['Ada', 'solved'], ['Bob', 'not run']]
    """
    seen = set().union(*(each.asked | each.replies.keys() for each in answers.values()))
    columns = [name for name in exercises if name in seen]
    return [
        ["student", *columns],
        *([student, *map(each.state, columns)] for student, each in answers.items()),
    ]


def as_text(table: list[list[str]]) -> str:
    """Return the table as plain text: first the exercises with numbers, then the students.

    Examples
    --------
    >>> print(as_text([["student", "first-step"], ["Ada", "solved"], ["Bob", "not run"]]))
    1  first-step  1 of 2 solved
    <BLANKLINE>
         1
    Ada  solved
    Bob  not run
    """
    (_, *names), *lines = table
    numbers = [str(number) for number, _ in enumerate(names, 1)]
    counts = (
        f"{[line[column] for line in lines].count('solved')} of {len(lines)} solved"
        for column, _ in enumerate(names, 1)
    )
    legend = list(zip(numbers, names, counts, strict=True))
    return "\n".join([*_aligned(legend), "", *_aligned([["", *numbers], *lines])])


def _aligned(lines):
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()


def main(arguments: list[str] | None = None) -> None:
    """Collect what the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m companion.teach.collect",
        description="Run what students hand in, and print who has solved what.",
        epilog=WARNING,
    )
    parser.add_argument(
        "answers", nargs="+", type=Path, help="notebooks, or folders, named after the students"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table, too")
    parser.add_argument(
        "--replies", action="store_true", help="print what each check said that is not solved"
    )
    parser.add_argument(
        "--seconds", type=int, default=SECONDS, help=f"for one cell (default: {SECONDS})"
    )
    options = parser.parse_args(arguments)
    try:
        if not options.seconds > 0:
            raise CollectError("A cell needs at least one second.")
        if options.csv and not options.csv.resolve().parent.is_dir():
            raise CollectError(f"There is no folder {options.csv.parent} to write into.")
        students = handed_in(options.answers)
        print(WARNING, file=sys.stderr)
        answers = collect(students, options.seconds)
    except CollectError as error:
        sys.exit(str(error))
    table = rows(answers)
    print(as_text(table))
    for student, each in answers.items():
        for remark in each.remarks:
            print(f"\n{student}: {remark}")
        for exercise, reply in each.replies.items() if options.replies else ():
            if not reply.solved:
                print(f"\n{student}, {exercise}: {reply.says}")
    if options.csv:
        # With the mark that tells a spreadsheet that names are in UTF-8.
        with options.csv.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(table)


if __name__ == "__main__":
    main()
