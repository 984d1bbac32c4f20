"""Print a notebook as text that git can compare line by line.

::

    git config include.path ../.github/notebooks.gitconfig

From then on ``git diff``, ``git log -p`` and ``git show`` compare notebooks in this form: each cell
under its id, each output as text, and a drawing as its size and a short hash. A figure that changed
is one changed line, not the ten thousand characters of its frames.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path


def readable(notebook: dict) -> Iterator[str]:
    """Yield the lines of a notebook, given as JSON holds it.

    Examples
    --------
    >>> output = {"output_type": "stream", "name": "stdout", "text": ["2.0\\n"]}
    >>> cell = {"cell_type": "code", "id": "sum", "metadata": {"tags": ["hide-input"]}}
    >>> cell |= {"source": ["print(1.0 + 1.0)"], "outputs": [output]}
    >>> print(*readable({"cells": [cell]}), sep="\\n")
    ==== sum (code, hide-input)
    print(1.0 + 1.0)
    ---- stdout
    2.0
    """
    for number, cell in enumerate(notebook["cells"]):
        kind = ", ".join([cell["cell_type"], *cell["metadata"].get("tags", [])])
        yield f"==== {cell.get('id', number)} ({kind})"
        yield from "".join(cell["source"]).splitlines()
        for output in cell.get("outputs", []):
            yield from _output(output)


def _output(output):
    data = output.get("data", {})
    if output["output_type"] == "stream":
        data = {output["name"]: output["text"]}
    elif output["output_type"] == "error":
        data = {"error": f"{output['ename']}: {output['evalue']}"}
    for kind, value in data.items():
        text = json.dumps(value) if isinstance(value, dict) else "".join(value)
        if kind in ("stdout", "stderr", "error", "text/plain", "text/markdown", "text/latex"):
            yield f"---- {kind}"
            yield from text.splitlines()
        else:
            digest = hashlib.sha256(text.encode()).hexdigest()[:8]
            yield f"---- {kind}: {len(text)} characters, {digest}"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    print(*readable(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), sep="\n")
