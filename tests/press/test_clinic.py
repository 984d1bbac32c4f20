"""The Error clinic: its entries are complete and true, and every address leads to its entry."""

import re
from urllib.parse import unquote

import nbformat
import pytest
from bs4 import BeautifulSoup

from companion.install import TORCH
from press.sphinx._plain_links import heading_slug
from tests.conftest import ROOT


def read(path):
    return nbformat.v4.reads(path.read_text(encoding="utf-8"))  # and does not validate it


DOOR = read(ROOT / "chapters" / "errors.ipynb")
PAGES = {path.stem: read(path) for path in sorted((ROOT / "chapters").glob("errors-*.ipynb"))}
WITHOUT_PROGRAMS = {"errors-install", "errors-import"}  # their messages come from other machines
#: The entries of the first edition, whose addresses are in exercises and in other people's links.
OLD = """backward-vector backward-twice retain-step grads-add-up zero-before-step new-weight
leaf-in-place new-weight-no-grad loss-requires-grad intermediate-grad leaf-no-grad
non-leaf-optimizer data-edit detach-shares in-place-saved eval-tracks transposed-jacobian factor-m
where-nan kinks argmax-round integers total-loss numpy item-cuts shapes create-graph
gradcheck-float32 batch-sum recursion custom-backward grad-after-zero zero-too-early unused-input
inference hidden-state checkpoint hook-inplace dtype-mix vmap-if"""
#: What readers pasted, from other programs than ours, and the entry that answers it.
PASTED = {
    "Output 1 of Split is a view and is being modified inplace. This view": "One of several views",
    "you can only change requires_grad flags of leaf variables. If you": "Freezing some numbers of a weight",
    "Only Tensors created explicitly by the user (graph leaves) support": "deepcopy of a net that keeps a result",
    "optimizer got an empty parameter list": "The optimizer got no parameters",
    "Output 0 of the user-provided function is independent of input 0": "A Jacobian by the weights is zero",
    "vmap: called random operation while in randomness error mode": "Chance under vmap",
    "it must override the setup_context staticmethod": "A Function of your own under torch.func",
    "Function MyBackward returned an invalid gradient at index 2 - got [4, 1] but expected shape compatible with [3]": "backward returned an invalid gradient",
    "Using backward() with create_graph=True will create a reference cycle": "backward(create_graph=True) makes a cycle",
    "Function 'SqrtBackward0' returned nan values in its 1th output.": "Which operation made the nan",
    "The differentiated Tensor at index 7 appears to not have been used": "The derivative by a slice",
    "Converting a tensor with requires_grad=True to a scalar may lead": "A tracked tensor becomes a number",
    "error: externally-managed-environment": "externally-managed-environment",
    'OSError: [WinError 1114] 动态链接库(DLL)初始化例程失败。 Error loading "': "A library of Windows is missing",
    "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE": "The hashes do not match",
    "only for real scalar outputs but got torch.complex128": "The loss is complex",
}


class Entry:
    """A heading with its text, and the cells of code below it."""

    def __init__(self, page, cell):
        self.page, self.text, self.cells = page, cell.source, []
        self.title = re.match("### (.*)", self.text)[1].replace("`", "")
        fences = re.findall("```text\n(.*?)\n```", self.text, re.DOTALL)
        self.messages = [line for fence in fences for line in fence.splitlines()]

    def __repr__(self):
        return f"{self.page}#{heading_slug(self.title)}"

    def said(self, cells):
        """Return all that cells print, warn of and raise, in one line."""
        outputs = [output for cell in cells for output in cell.outputs]
        return one_line(" ".join(o.get("text", "") or error(o) for o in outputs))


def entries():
    for page, notebook in PAGES.items():
        entry = None
        for cell in notebook.cells:
            if cell.cell_type == "code":
                if entry:
                    entry.cells.append(cell)
                continue
            if entry:
                yield entry
            entry = Entry(page, cell) if cell.source.startswith("### ") else None
        yield entry


def error(output):
    return f"{output.ename}: {output.evalue}" if output.output_type == "error" else ""


def one_line(text):
    return " ".join(re.sub(r"\x1b\[\d*m", "", text).split())


def shape_of(message):
    """Return a message with its numbers and names taken out, in which programs differ."""
    return re.sub(r"\d+(, \d+)*|\w+(?=Backward\b)", "0", one_line(message))


ENTRIES = list(entries())
each = pytest.mark.parametrize("entry", ENTRIES, ids=repr)


def test_there_are_enough_and_each_has_an_address_of_its_own():
    assert len(ENTRIES) >= 80
    assert (
        len({repr(entry) for entry in ENTRIES}) == len({e.title for e in ENTRIES}) == len(ENTRIES)
    )


@each
def test_an_entry_is_complete(entry):
    """Message or symptom, cause, cure, readers' words; a program, and at last one that is cured."""
    _, *parts = re.split(r"\n{2,}", re.sub("```text\n.*?\n```", "…", entry.text, flags=re.DOTALL))
    assert entry.messages or parts[0].startswith("**You see:** ")
    kinds = [
        re.match(r"…|\*\*You see:|\*\*Cure\.|\*Also asked as:\* \S|", part)[0] for part in parts
    ]
    assert kinds[-3:] == ["", "**Cure.", kinds[-1]] and kinds[-1].startswith("*Also asked as:")
    cured = [cell.source.startswith("# Cure") for cell in entry.cells]
    assert cured == sorted(cured)
    assert set(cured) == (set() if entry.page in WITHOUT_PROGRAMS else {False, True})


@each
def test_what_an_entry_quotes_is_what_its_programs_say(entry):
    """Each quoted message is in the stored outputs, and each message there is quoted."""
    faulty = [cell for cell in entry.cells if not cell.source.startswith("# Cure")]
    said, quoted = entry.said(faulty), one_line(" ".join(entry.messages))
    if entry.cells:
        for part in " … ".join(entry.messages).split("…"):
            assert one_line(part) in said
    for message in re.findall(r"\w+Warning: (?!Error detected).{30}", said):
        assert message in quoted
    for output in (output for cell in faulty for output in cell.outputs):
        assert one_line(error(output))[:50].rpartition(" ")[0] in quoted
    cured = entry.said(cell for cell in entry.cells if cell not in faulty)
    assert not re.search(r"Error: |Warning: ", cured)


@pytest.mark.parametrize("message", PASTED)
def test_a_message_of_another_program_has_its_entry(message):
    (entry,) = (entry for entry in ENTRIES if entry.title == PASTED[message])
    known = shape_of(" ".join([*entry.messages, entry.said(entry.cells)]))
    assert shape_of(message) in known


def test_each_page_says_for_which_torch_it_was_run():
    for notebook in (DOOR, *PAGES.values()):
        assert notebook.cells[1].outputs[0].text == f"PyTorch {TORCH}\n"


def test_the_door_lists_every_entry_once_and_keeps_the_old_addresses():
    """By their pages; the links themselves are checked when the site is built."""
    (listed,) = (cell.source for cell in DOOR.cells if "## All entries" in cell.source)
    links = re.findall(r"^- .*\]\((errors-[\w-]+)\.ipynb#(.*)\)$", listed, re.MULTILINE)
    assert [f"{page}#{unquote(slug)}" for page, slug in links] == [
        repr(entry)
        for page in dict.fromkeys(page for page, _ in links)
        for entry in ENTRIES
        if entry.page == page
    ]
    assert len(links) == len(ENTRIES)
    assert sorted(re.findall('<a id="error-(.*?)"', listed)) == sorted([*OLD.split(), "table"])


def test_programs_are_folded_below_their_entry(site):
    """The heading, which a link leads to, stands in sight, and all cells of the entry below it."""
    for page in PAGES:
        html = BeautifulSoup((site / "chapters" / f"{page}.html").read_text("utf-8"), "html.parser")
        found = html.select("article section section section")
        expected = [entry for entry in ENTRIES if entry.page == page]
        titles = [section.h3.text.rstrip("¶").replace("’", "'") for section in found]
        assert titles == [entry.title for entry in expected]
        for section, entry in zip(found, expected, strict=True):
            folds = section.select(":scope > details:not([open])")
            assert len(folds) == bool(entry.cells)
            assert len(section.select(":scope > details > .cell")) == len(entry.cells)
            assert not section.select(":scope > .cell") and not section.select("details h3")
