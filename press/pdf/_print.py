"""Chromium prints HTML as a PDF, twice: then it can say on which page something stands."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf

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
_PLACE = re.compile(r'(<span class="page" data-of="([^"]*)">)000(?=</span>)')


class PdfError(Exception):
    """A PDF that cannot be made, and why, in one sentence."""


def print_pdf(html: str, out: Path) -> int:
    """Write `html` as a PDF to the file `out`, and return its number of pages.

    Each link that `press.pdf._html.link_to` makes gets the number of the page it leads to.

    Raises
    ------
    PdfError
        If there is no Chromium, or it prints nothing.
    """
    first = pages(print_once(html, out))
    # A number is as wide as any other, so the second print is laid out as the first.
    print_once(_PLACE.sub(lambda place: place[1] + str(first[place[2]]), html), out)
    with pikepdf.open(out, allow_overwriting_input=True) as pdf:
        # Chromium packs neither the outline nor the tags: that halves the file.
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return len(pdf.pages)


def print_once(html: str, out: Path) -> Path:
    """Write `html` as a PDF to the file `out`, as Chromium prints it, and return `out`."""
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not chromium:
        raise PdfError("There is no Chromium: install it, or set CHROMIUM to the path of one.")
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page, pdf = Path(folder, "book.html"), Path(folder, "book.pdf")
        page.write_text(html, encoding="utf-8")
        # A profile of its own: one that is open elsewhere would take the command and print nothing.
        command = [chromium, *_FLAGS, f"--user-data-dir={folder}", f"--print-to-pdf={pdf}"]
        try:
            run = subprocess.run(
                [*command, page.as_uri()],
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
        shutil.copyfile(pdf, out)
    return out


def pages(path: Path) -> dict[str, int]:
    """Return the number of the page of each element that something links to, by its id."""
    with pikepdf.open(path) as pdf:
        numbers = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
        goals = pdf.Root.get("/Dests", {})
        return {name.removeprefix("/"): numbers[goal[0].objgen] for name, goal in goals.items()}
