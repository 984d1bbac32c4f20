"""Inside the kernel of a student's notebook: tell `companion.teach.collect` what each check says."""

import functools

from IPython.display import display

import companion.check

#: The kind of output that carries what a check said; no page and no notebook shows it.
MIME = "application/vnd.autograd-in-motion.check+json"


def listen() -> None:
    """Have each later ``from companion.check import check`` give a check that reports."""
    check = companion.check.check

    @functools.wraps(check)
    def reporting(name, answer):
        result = check(name, answer)
        says = " ".join(" ".join(result.sentences).split())
        display({MIME: {"exercise": name, "solved": bool(result), "says": says}}, raw=True)
        return result

    companion.check.check = reporting
