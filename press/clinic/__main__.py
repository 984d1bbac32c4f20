"""Write chapters/errors.ipynb from the entries; `explorable.record` then stores its outputs."""

from pathlib import Path

import nbformat

from press.clinic.notebook import PATH, notebook, with_outputs_of


def main() -> None:
    """Write the chapter below the current folder, with what is stored of unchanged cells."""
    path, new = Path(PATH), notebook()
    if path.exists():
        new = with_outputs_of(nbformat.read(path, as_version=4), new)
    path.write_text(nbformat.writes(new, version=4) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
