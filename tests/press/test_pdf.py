"""The whole book as one PDF: press.pdf, press.sphinx._paper and paper.css.

On paper nothing can be clicked open, and nobody sees that a link leads nowhere: so the tests follow
all links, and look for what only works on a screen.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nbformat
import pytest
import yaml
from pypdf import PdfReader

from press.pdf import build_page, number_sheets, print_page
from tests.conftest import CHROMIUM, NOTEBOOKS, ROOT

needs_chromium = pytest.mark.skipif(
    not CHROMIUM, reason="no Chromium: install it, or set CHROMIUM to the path of one"
)


@pytest.fixture(scope="module")
def page(site):
    """The HTML file that is printed, made beside the site as in a clone."""
    return build_page(ROOT, site.parents[1])


@pytest.fixture(scope="module")
def html(page):
    """What it says; a figure's picture for readers without style sheets is not printed."""
    html = page.read_text(encoding="utf-8")
    return re.sub("<template>.*?</template>", "", html, flags=re.DOTALL)


@pytest.fixture(scope="module")
def pdf(page, tmp_path_factory):
    out = tmp_path_factory.mktemp("pdf") / "book.pdf"
    print_page(page, out)
    return PdfReader(out)


def test_every_link_leads_to_one_place(html):
    """Pages have ids in common, such as "summary"; in one book each link must find its own."""
    links = set(re.findall(r'<a [^>]*href="([^"]*)"', html))
    inside = {link[1:] for link in links if link.startswith("#")}
    assert len(inside) > 300
    assert inside <= set(re.findall(r'<[^>]* id="([^"]*)"', html))
    places = Counter(re.findall(r'<(?:section|figure|dt|span)[^>]* id="([^"]*)"', html))
    assert {name for name in inside if places[name] > 1} == set()
    assert {link for link in links if not re.match("#|https?:|mailto:", link)} == set()


def test_the_contents_have_every_page(html):
    listed = re.findall(r'href="#document-([^"]*)"', html.partition("</nav>")[0])
    assert {path.with_suffix("").as_posix() for path in NOTEBOOKS} - {"intro"} <= set(listed)
    assert len(set(listed)) == len(listed)


@needs_chromium
def test_links_in_the_pdf_work(pdf):
    places, found = pdf.named_destinations, 0
    for sheet in pdf.pages:
        for link in sheet.get("/Annots", []):
            link = link.get_object()
            goal = link.get("/Dest") or link.get("/A", {}).get("/URI")
            assert goal in places or goal.startswith("http"), goal
            found += 1
    assert found > 500


@needs_chromium
def test_a_reader_program_knows_title_language_and_chapters(pdf):
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "en" and root["/MarkInfo"]["/Marked"]
    assert pdf.metadata.title == "Autograd in Motion"
    book, chapters = pdf.outline
    assert book["/Title"] == "Autograd in Motion"
    titles = [entry["/Title"] for entry in chapters if not isinstance(entry, list)]
    assert {"One weight learns", "Error clinic", "References"} <= set(titles)


@needs_chromium
def test_no_sheet_is_empty(pdf):
    """An anchor alone on a sheet, before the break of its chapter, once made some.

    Exercises begin where their chapter ends, and only a chapter begins a sheet.
    """
    drawn = [len(sheet.get_contents().get_data()) for sheet in pdf.pages]
    assert [number for number, size in enumerate(drawn, 1) if size < 1000] == []  # head and number
    top = pdf.pages[0].mediabox.height - 100
    begins = {name: place.top > top for name, place in pdf.named_destinations.items()}
    chapters = [at_top for name, at_top in begins.items() if name.startswith("/document-chapters/")]
    exercises = [at_top for name, at_top in begins.items() if "document-exercises/" in name]
    assert sum(chapters) >= 20
    assert sum(exercises) < len(exercises) / 2


@needs_chromium
def test_all_is_open_and_nothing_asks(html, pdf):
    """Hints, solutions and what a question offers can be read; what waits for a click is not."""
    text = " ".join(" ".join(sheet.extract_text() for sheet in pdf.pages[:40]).split())
    opened = [part.partition("</details>")[0] for part in html.split("<details")[1:]]
    hints = [each for part in opened for each in re.findall(r"<p[^>]*>([^<&]{40,})</p>", part)]
    assert [hint for hint in hints[:3] if " ".join(hint.split()) not in text] == []
    assert "Solution" in text
    assert "A number:" in text
    assert re.search(r"learning rate 0\.01\b", text)  # where a figure's sliders stand
    assert not re.search("Show the code|Not solved yet|Run this cell", text)
    cells = nbformat.read(ROOT / "chapters/one-weight.ipynb", as_version=4).cells
    hidden = [cell.source for cell in cells if "hide-input" in cell.metadata.get("tags", ())]
    assert hidden
    assert [code for code in hidden if " ".join(code.split())[:40] in text] == []


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A book of four pages, the second of which is long."""
    folder = tmp_path_factory.mktemp("small")
    for name in ("_config.yml", "press/sphinx/static/favicon.svg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    pages = {
        "intro": "[b](b.md#There)",
        "a": "[b](b.md#There) [c](c.md)" + 60 * "\n\nLong.",
        "b": "## There",
        "c": "",
    }
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(f"# Page {name}\n\n{text}\n")
    parts = [{"caption": "All", "chapters": [{"file": "a", "sections": [{"file": "b"}]}]}]
    parts[0]["chapters"].append({"file": "c"})
    toc = {"format": "jb-book", "root": "intro", "parts": parts}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc))
    return folder


@needs_chromium
def test_contents_and_links_say_on_which_sheet(small):
    """And each sheet says at its head to which chapter it belongs."""
    page, out = build_page(small, small), small / "book.pdf"
    print_page(page, out)
    number_sheets(page, out)
    print_page(page, out)
    _, contents, *sheets = [sheet.extract_text() for sheet in PdfReader(out).pages]
    starts = {name: 3 + [f"Page {name}" in s for s in sheets].index(True) for name in "abc"}
    assert 4 == starts["a"] < starts["b"] < starts["c"]
    said = re.findall(r"Page (\w)\s+p\.\s(\d+)", contents)
    assert {name: int(sheet) for name, sheet in said} == starts
    assert re.search(rf"b\s+p\.\s{starts['b']}\b", sheets[0])
    heads = ["Page a" in sheet for sheet in sheets]
    assert heads == [False, *[True] * (len(sheets) - 2), False]


def test_a_handout_has_its_pages_alone(small):
    """In the order asked for; a link to another page leads to the site, and back is no page."""
    html = build_page(small, small, [Path("c.md"), Path("a.md")]).read_text(encoding="utf-8")
    assert re.findall(r"<h\d>Page (.)", html) == ["c", "a"]
    site = yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"]
    links = re.findall(r'<a class="reference[^>]*href="([^"]*)"', html)
    assert [link.removeprefix(site.rstrip("/")) for link in links] == [
        "/b.html#there",
        "#document-c",
    ]
    with pytest.raises(SystemExit, match="no d.md in"):
        build_page(small, small, [Path("d.md")])


def run(folder, **environment):
    return subprocess.run(
        [sys.executable, "-m", "press.pdf"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_sentence_says_what_is_missing(tmp_path):
    assert run(ROOT, PATH="").stderr == (
        "There is no Chromium: install it, or set CHROMIUM to the path of one.\n"
    )
    missing = run(tmp_path, PATH=os.environ["PATH"], CHROMIUM=sys.executable).stderr
    assert missing == f"There is no _toc.yml in {tmp_path}: run this in a clone of the book.\n"
