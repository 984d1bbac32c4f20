"""The command: ``python -m companion.pdf [SITE]``."""

import argparse
import sys
from pathlib import Path

from companion.pdf._assemble import assemble
from companion.pdf._print import PdfError, print_pdf

SITE = Path(__file__).parents[2] / "_build" / "html"


def main(arguments: list[str] | None = None) -> None:
    """Write the PDF of the site that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m companion.pdf",
        description="Print the built site as one PDF, and put it into the site as book.pdf.",
    )
    parser.add_argument(
        "site", type=Path, nargs="?", default=SITE, help="its folder (default: _build/html)"
    )
    site = parser.parse_args(arguments).site
    if not (site / "index.html").is_file():
        sys.exit(f"There is no built site in {site}: run `jupyter-book build .` first.")
    try:
        count = print_pdf(assemble(site), site / "book.pdf")
    except PdfError as error:
        sys.exit(str(error))
    print(f"{site / 'book.pdf'}: {count} pages")


if __name__ == "__main__":
    main()
