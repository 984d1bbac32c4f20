"""The command: ``python -m press.pdf [SITE]``."""

import sys

from press.pdf._assemble import assemble
from press.pdf._print import PdfError, print_pdf
from press.site import built_site


def main(arguments: list[str] | None = None) -> None:
    """Write the PDF of the site that the command line names."""
    what = "Print the built site as one PDF, and put it into the site as book.pdf."
    site = built_site("press.pdf", what, arguments)
    try:
        count = print_pdf(assemble(site), site / "book.pdf")
    except PdfError as error:
        sys.exit(str(error))
    print(f"{site / 'book.pdf'}: {count} pages")


if __name__ == "__main__":
    main()
