"""The folder of the built site, for the commands that put one more file into it."""

import argparse
import sys
from pathlib import Path

SITE = Path(__file__).parents[1] / "_build" / "html"


def built_site(command: str, description: str, arguments: list[str] | None = None) -> Path:
    """Return the folder that a command line names; where there is no site, end with a sentence.

    Parameters
    ----------
    command
        The module that ``python -m`` runs.
    description
        What it does, for ``--help``.
    arguments
        The command line's, if not those of this process.

    Examples
    --------
    >>> built_site("press.archive", "Pack the site.", ["nowhere"])
    Traceback (most recent call last):
    SystemExit: There is no built site in nowhere: run `jupyter-book build .` first.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {command}", description=description)
    parser.add_argument(
        "site", type=Path, nargs="?", default=SITE, help="its folder (default: _build/html)"
    )
    site = parser.parse_args(arguments).site
    if not (site / "index.html").is_file():
        sys.exit(f"There is no built site in {site}: run `jupyter-book build .` first.")
    return site
