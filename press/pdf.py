"""The whole book as one PDF, or some of its pages as a handout.

::

    python -m press.pdf                                    the book, as _build/html/book.pdf
    python -m press.pdf handout.pdf chapters/vjp.ipynb     only this page, or several

The book in the current folder becomes one page (`press.sphinx._paper`), which Chromium prints.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

OUT = Path("_build/html/book.pdf")
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SECONDS = 300
_FLAGS = (
    "--headless",
    "--no-sandbox",  # root in a container has none; and nothing is loaded but our own page
    "--disable-gpu",
    "--disable-background-networking",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)


class PdfError(Exception):
    """A PDF that cannot be made, and why, in one sentence."""


def find_chromium() -> str:
    """Return the path of the Chromium that prints: ``CHROMIUM``, or one that is installed."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        raise PdfError("There is no Chromium: install it, or set CHROMIUM to the path of one.")
    return found


def build_page(book: Path, folder: Path, pages: Sequence[Path] = ()) -> Path:
    """Build the book in a folder as one page of HTML, as strictly as CI does, into another one.

    `pages` are files of the book for a handout; none for the whole book.
    """
    if not (book / "_toc.yml").is_file():
        raise PdfError(f"There is no book in {book.resolve()}: run this in a clone of it.")
    for page in pages:
        if not (book / page).is_file():
            raise PdfError(f"There is no page {page}: name files such as chapters/vjp.ipynb.")
    config = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    names = [page.with_suffix("").as_posix() for page in pages]
    config.setdefault("sphinx", {}).setdefault("config", {})["paper_pages"] = names
    settings = folder / "_config.yml"
    settings.write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", book, "-n", "-W"]
    command += ["--keep-going", "--builder", "custom", "--custom-builder", "paper"]
    command += ["--path-output", folder, "--config", settings]
    build = subprocess.run(command, capture_output=True, text=True, check=False)
    if build.returncode:
        raise PdfError(f"{build.stdout}{build.stderr}\nThe book cannot be built: see above.")
    return folder / "_build" / "paper" / "index.html"


def print_page(page: Path, out: Path) -> None:
    """Print an HTML file as a PDF to the file `out`."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        pdf = Path(folder, "book.pdf")
        # A profile of its own: one that is open elsewhere would take the command and print nothing.
        own = [f"--user-data-dir={folder}", f"--print-to-pdf={pdf}", page.resolve().as_uri()]
        try:
            run = subprocess.run(
                [find_chromium(), *_FLAGS, *own],
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except OSError as error:
            raise PdfError(f"Chromium does not start: {error}.") from None
        except subprocess.TimeoutExpired:
            raise PdfError(f"Chromium did not finish in {_SECONDS} seconds.") from None
        if not pdf.is_file():
            said = run.stderr.strip().splitlines()[-1:] or ["nothing"]
            raise PdfError(f"Chromium has printed nothing. The last that it says: {said[0]}")
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pdf, out)


def main() -> None:
    """Write the PDF that the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m press.pdf",
        description="Print the whole book as one PDF, or some of its pages as a handout.",
    )
    parser.add_argument("out", type=Path, nargs="?", default=OUT, help=f"default: {OUT}")
    parser.add_argument("pages", type=Path, nargs="*", help="such as chapters/vjp.ipynb")
    asked = parser.parse_args()
    try:
        find_chromium()  # before a build that nobody could print
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            print_page(build_page(Path(), Path(folder), asked.pages), asked.out)
    except PdfError as error:
        sys.exit(str(error))
    print(f"{asked.out}: {asked.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
