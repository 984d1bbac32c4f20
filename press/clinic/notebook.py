"""Make the chapter of the forty entries: page.md with the table and the entries put in."""

import re
from importlib import resources

import nbformat
from nbformat import NotebookNode

from companion.atlas import PAGE, Entry, entries, rows

#: Where the chapter is, from the root of the book.
PATH = f"{PAGE}.ipynb"
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def notebook() -> NotebookNode:
    """Return the chapter without outputs; `explorable.record` adds them.

    Examples
    --------
    >>> notebook().cells[0].source.splitlines()[1]
    '# Error clinic'
    """
    text = resources.files("press.clinic").joinpath("page.md").read_text("utf-8")
    made = nbformat.v4.new_notebook(metadata={"kernelspec": _KERNEL})
    for block in re.split("^%% ", text, flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        kind, name, *tags = head.split()
        body, entries_follow, _ = body.strip("\n").partition("{{entries}}")
        made.cells.append(_cell(kind, name, body.strip("\n").replace("{{table}}", table()), *tags))
        if entries_follow:
            made.cells += [cell for entry in entries() for cell in _entry_cells(entry)]
    return made


def with_outputs_of(old: NotebookNode, new: NotebookNode) -> NotebookNode:
    """Return `new` with the outputs that `old` has for the same code under the same id."""
    stored = {(cell.id, cell.source): cell for cell in old.cells if cell.cell_type == "code"}
    for cell in new.cells:
        if before := stored.get((cell.id, cell.source)):
            cell.outputs, cell.execution_count = before.outputs, before.execution_count
    return new


def table() -> str:
    """Return the table of all messages and symptoms in Markdown."""
    lines = ["| You see | Entry |", "| --- | --- |"]
    for seen, causes in rows().items():
        in_words = seen == causes[0][1].symptom
        links = ", ".join(_link(entry) for _, entry in causes)
        lines.append(f"| {seen if in_words else _code(seen)} | {links} |")
    return "\n".join(lines)


def _code(text):
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _link(entry):
    return f"[{entry.number}. {entry.title}](#{entry.anchor})"


def _entry_cells(entry: Entry):
    by_name = {other.name: other for other in entries()}
    head = f"({entry.anchor})=\n### {entry.number}. {entry.title}"
    if entry.section:
        head = f"## {entry.section}\n\n{head}"
    if entry.symptom:
        head += f"\n\n**You see:** {entry.symptom}"
    others = ", ".join(_link(by_name[name]) for name in entry.see)
    more = f"Chapter: {{doc}}`{entry.chapter}`." + (f" See also: {others}." if others else "")
    yield _cell("md", entry.name, f"{head}\n\n{entry.cause}\n\n{more}")
    yield from _program_cells(entry.name, "program", entry.program)
    cure = f"**Cure.** {entry.cure}"
    if entry.wrong:
        cure = f"**What is wrong:** {entry.wrong}\n\n{cure}"
    yield _cell("md", f"{entry.name}-cure", cure)
    yield from _program_cells(entry.name, "repair", entry.repair)
    if figure := entry.figure:
        yield _cell("md", f"{entry.name}-try", figure.text)
        yield _cell("code", f"{entry.name}-figure", figure.code, "hide-input")


def _program_cells(name, kind, programs):
    for count, program in enumerate(programs, start=1):
        number = f"-{count}" if count > 1 else ""
        if program.lead:
            yield _cell("md", f"{name}-{kind}{number}-lead", program.lead)
        tags = ["raises-exception"] if program.raises else []
        yield _cell("code", f"{name}-{kind}{number}", program.code, *tags)


def _cell(kind, name, source, *tags):
    new = nbformat.v4.new_markdown_cell if kind == "md" else nbformat.v4.new_code_cell
    return new(source, id=name, metadata={"tags": list(tags)} if tags else {})
