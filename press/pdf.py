"""The whole book as one PDF, or some of its pages as a handout.

::

    python -m press.pdf                                    the book, as _build/html/book.pdf
    python -m press.pdf handout.pdf chapters/vjp.ipynb     only this page, or several

The book in the current folder becomes one page (`press.sphinx._paper`), which Chromium prints: twice,
since it cannot say on which sheet a link ends before all is on sheets.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pypdf import PdfReader

from press.sphinx._paper import PAGES

OUT = Path("_build/html/book.pdf")
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",  # root in a container has none; and nothing is loaded but our own page
    "--disable-gpu",
    "--disable-background-networking",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)


def find_chromium() -> str:
    """Return the path of the Chromium that prints: ``CHROMIUM``, or one that is installed."""
    names = (os.environ.get("CHROMIUM", ""), *_NAMES)
    found = next(filter(None, map(shutil.which, names)), None)
    return found or sys.exit(
        "There is no Chromium: install it, or set CHROMIUM to the path of one."
    )


def build_page(book: Path, folder: Path, pages: Sequence[Path] = ()) -> Path:
    """Build the book in a folder as one page of HTML, as strictly as CI does.

    It is written to ``_build/paper`` in another folder, beside the site if that is built there,
    whose pages Sphinx then need not read again. `pages` are files of the book for a handout; none
    for the whole book.
    """
    for file in ("_toc.yml", *pages):
        if not (book / file).is_file():
            sys.exit(f"There is no {file} in {book.resolve()}: run this in a clone of the book.")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", book, "-n", "-W"]
    command += ["--keep-going", "--builder", "custom", "--custom-builder", "paper"]
    command += ["--path-output", folder]
    handout = {PAGES: " ".join(page.with_suffix("").as_posix() for page in pages)}
    build = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | handout, check=False
    )
    if build.returncode:
        sys.exit(f"{build.stdout}{build.stderr}\nThe book cannot be built: see above.")
    return folder / "_build" / "paper" / "index.html"


def print_page(page: Path, out: Path) -> None:
    """Print an HTML file as a PDF to the file `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # A profile of its own: one that is open elsewhere would take the command and print nothing.
        own = [f"--user-data-dir={folder}", f"--print-to-pdf={out.resolve()}"]
        command = [find_chromium(), *_FLAGS, *own, page.resolve().as_uri()]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if not out.is_file():
        sys.exit(f"{run.stderr}\nChromium has printed nothing: see above.")


def number_sheets(page: Path, pdf: Path) -> None:
    """Tell the page, in a style sheet that it asks for, where the PDF has what its links name."""
    reader = PdfReader(pdf)
    rules = [
        f'a[href="#{name[1:]}"] {{ --sheet: "{reader.get_destination_page_number(place) + 1}" }}'
        for name, place in reader.named_destinations.items()  # a name begins with a /
    ]
    Path(page.parent, "_static", "sheets.css").write_text("\n".join(rules), encoding="utf-8")


def main() -> None:
    """Write the PDF that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m press.pdf",
        description="Print the whole book as one PDF, or some of its pages as a handout.",
    )
    parser.add_argument("out", type=Path, nargs="?", default=OUT, help=f"default: {OUT}")
    parser.add_argument("pages", type=Path, nargs="*", help="such as chapters/vjp.ipynb")
    asked = parser.parse_args()
    find_chromium()  # before a build that nobody could print
    page = build_page(Path(), Path(), asked.pages)
    print_page(page, asked.out)
    number_sheets(page, asked.out)
    print_page(page, asked.out)
    print(f"{asked.out}: {asked.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
