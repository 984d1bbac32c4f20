"""The built site as one file, for a USB stick: ``python -m press.archive [SITE]``.

It becomes ``book.zip`` in the site itself, so that both are published together. Unpacked, it is
the folder ``autograd-in-motion``, whose ``index.html`` opens with a double click.
"""

import argparse
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

FOLDER, NAME = "autograd-in-motion", "book.zip"
SITE = Path("_build/html")


def archive(site: Path) -> Path:
    """Write the archive of the site in the folder `site` into it, and return its path.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "index.html").write_text("Hello")
    ...     ZipFile(archive(Path(folder))).namelist()
    ['autograd-in-motion/index.html']
    """
    out = site / NAME
    out.unlink(missing_ok=True)
    files = sorted(path for path in site.rglob("*") if path.is_file())
    with ZipFile(out, "w", ZIP_DEFLATED) as zipped:
        for path in files:
            zipped.write(path, Path(FOLDER, path.relative_to(site)))
    return out


def main() -> None:
    """Write the archive of the site that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m press.archive",
        description="Pack the built site into one file, and put it into the site as book.zip.",
    )
    parser.add_argument("site", type=Path, nargs="?", default=SITE, help=f"default: {SITE}")
    site = parser.parse_args().site
    if not (site / "index.html").is_file():
        sys.exit(f"There is no built site in {site}: run `jupyter-book build .` first.")
    out = archive(site)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
