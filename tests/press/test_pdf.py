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

from press.pdf import PdfError, build_page, print_page
from tests.conftest import CHROMIUM, NOTEBOOKS, ROOT


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The HTML file that is printed."""
    return build_page(ROOT, tmp_path_factory.mktemp("paper"))


@pytest.fixture(scope="module")
def html(page):
    """What it says; a figure's picture for readers without style sheets is not printed."""
    html = page.read_text(encoding="utf-8")
    return re.sub("<template>.*?</template>", "", html, flags=re.DOTALL)


@pytest.fixture(scope="module")
def pdf(page, tmp_path_factory):
    if not CHROMIUM:
        pytest.skip("no Chromium: `apt-get install chromium`, or set CHROMIUM to the path of one")
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


def test_links_in_the_pdf_work(pdf):
    places, found = pdf.named_destinations, 0
    for sheet in pdf.pages:
        for link in sheet.get("/Annots", []):
            link = link.get_object()
            goal = link.get("/Dest") or link.get("/A", {}).get("/URI")
            assert goal in places or goal.startswith("http"), goal
            found += 1
    assert found > 500


def test_a_reader_program_knows_title_language_and_chapters(pdf):
    root = pdf.trailer["/Root"]
    assert root["/Lang"] == "en" and root["/MarkInfo"]["/Marked"]
    assert pdf.metadata.title == "Autograd in Motion"
    book, chapters = pdf.outline
    assert book["/Title"] == "Autograd in Motion"
    titles = [entry["/Title"] for entry in chapters if not isinstance(entry, list)]
    assert {"One weight learns", "Error clinic", "References"} <= set(titles)


def test_no_sheet_is_empty(pdf):
    """An anchor alone on a sheet, before the break of its chapter, once made some."""
    drawn = [len(sheet.get_contents().get_data()) for sheet in pdf.pages]
    assert [number for number, size in enumerate(drawn, 1) if size < 500] == []  # its number alone


def test_all_is_open_and_nothing_asks(html, pdf):
    """Hints, solutions and what a question offers can be read; what waits for a click is not."""
    text = " ".join(" ".join(sheet.extract_text() for sheet in pdf.pages[:60]).split())
    opened = [part.partition("</details>")[0] for part in html.split("<details")[1:]]
    hints = [each for part in opened for each in re.findall(r"<p[^>]*>([^<&]{40,})</p>", part)]
    assert [hint for hint in hints[:3] if " ".join(hint.split()) not in text] == []
    assert "Solution to" in text
    assert "A number:" in text
    assert re.search(r"learning rate 0\.01\b", text)  # where a figure's sliders stand
    assert not re.search("Show the code|Not solved yet|Run this cell", text)
    cells = nbformat.read(ROOT / "chapters/one-weight.ipynb", as_version=4).cells
    hidden = [cell.source for cell in cells if "hide-input" in cell.metadata.get("tags", ())]
    assert hidden
    assert [code for code in hidden if " ".join(code.split())[:40] in text] == []


def test_a_handout_has_its_pages_alone(tmp_path):
    """In the order asked for; a link to another page leads to the site, and back is no page."""
    for name in ("_config.yml", "chapters/references.bib", "press/sphinx/static/favicon.svg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    pages = {"intro": "[b](b.md#There)", "a": "[b](b.md#There) [c](c.md)", "b": "## There", "c": ""}
    for name, text in pages.items():
        (tmp_path / f"{name}.md").write_text(f"# Page {name}\n\n{text}\n")
    toc = "format: jb-book\nroot: intro\nchapters: [{file: a, sections: [{file: b}]}, {file: c}]\n"
    (tmp_path / "_toc.yml").write_text(toc)
    built = tmp_path / "built"
    built.mkdir()
    html = build_page(tmp_path, built, [Path("c.md"), Path("a.md")]).read_text(encoding="utf-8")
    assert re.findall(r"<h\d>Page (.)", html) == ["c", "a"]
    site = yaml.safe_load((ROOT / "_config.yml").read_text())["html"]["baseurl"]
    links = re.findall(r'<a class="reference[^>]*href="([^"]*)"', html)
    assert [link.removeprefix(site.rstrip("/")) for link in links] == [
        "/b.html#there",
        "#document-c",
    ]
    with pytest.raises(PdfError, match="no page d.md"):
        build_page(tmp_path, built, [Path("d.md")])


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
    missing = run(tmp_path, PATH=os.environ["PATH"], CHROMIUM="any").stderr
    assert missing == f"There is no book in {tmp_path}: run this in a clone of it.\n"
