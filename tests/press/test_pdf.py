"""The whole book as one PDF: press.pdf, on a small site and on the book's own.

On paper nothing can be clicked open, and nobody sees that a link leads nowhere: so the tests
follow all links, and look for what only works on a screen.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from press.pdf._assemble import assemble
from press.pdf._html import tree
from press.pdf._links import anchor, target
from press.pdf._print import print_once, print_pdf
from tests.conftest import CHROMIUM

FIGURE = """<template><img src="data:,"></template><figure class="explorable" id="fig-a">
<div class="explorable-frame"><svg viewBox="0 0 1 1"><marker id="m"/><path marker-end="url(#m)"/></svg></div>
<fieldset class="explorable-controls" disabled>
<label for="fig-a-lr">lr</label><span><input type="range" id="fig-a-lr"></span>
<output for="fig-a-lr">0.1</output>
<span id="fig-a-way-label">way</span><div role="radiogroup" id="fig-a-way"><label><input
type="radio" checked> up &amp; on</label><label><input type="radio"> down</label></div>
<p class="explorable-tools"><button type="reset">Reset</button><a href="#fig-a">Link</a></p>
</fieldset><script type="application/json">{}</script></figure>"""
PAGES = {
    "start.html": """<h1>My book</h1><p><strong>Why?</strong></p>
<p><a href="chapters/one.html#here">here</a> <a href="search.html">search</a></p>""",
    "chapters/one.html": f"""<h1>One <i>a</i><a class="headerlink" href="#here">#</a></h1>
<p id="here">A <a href="two.html">link</a>, <a href="#fig-a?lr=0.2">another</a>, and
<a href="#gone">a dead one</a>.</p>{FIGURE}<details class="hide"><summary>Show the code</summary>
<div class="cell_input">plot()</div><p>Shown</p></details>
<details><summary>Proof</summary>Easy.</details>""",
    "chapters/two.html": """<h1>Two</h1><p id="here">B</p>
<div class="exercise" id="add"><p>1 + 1?</p><div class="cell"><div class="check">Not solved</div></div>
<details><summary>Hint 1</summary><div class="sd-summary-content"><p>Count.</p></div></details></div>
<div class="solution" id="added"><p class="admonition-title">Solution to <a href="#add">Add</a></p>
<p>2</p></div>""",
}
NAVIGATION = """<nav class="bd-links"><p class="caption">Part "A"</p><ul>
<li><a href="chapters/one.html">One</a></li></ul><p class="caption">Part B</p><ul>
<li><a href="chapters/two.html">Two</a></li></ul></nav>"""


@pytest.fixture
def small_site(tmp_path):
    """A function that writes a site of three pages, published at `address` if it has one."""

    def write(address=None):
        (tmp_path / "chapters").mkdir()
        for name, content in PAGES.items():
            head = f'<link rel="canonical" href="{address}{name}">' if address else ""
            (tmp_path / name).write_text(
                f'<html lang="en"><head>{head}</head><body>{NAVIGATION}'
                f"<article>{content}</article></body></html>"
            )
        start = '<meta http-equiv="Refresh" content="0; url=start.html" />'
        (tmp_path / "index.html").write_text(start)
        return tmp_path

    return write


def links_are_right(book):
    ids = Counter(re.findall(r'<[^>]*\bid="([^"]*)"', book))
    assert set(ids.values()) == {1}
    links = re.findall(r'\bhref="([^"]*)"', book)
    pieces = re.findall(r"url\(#([^)]*)\)", book)
    assert {*(link[1:] for link in links if link.startswith("#")), *pieces} <= set(ids)
    assert all(re.match("#|https?:|mailto:|file:.*css$", link) for link in links)
    return True


def test_pages_stand_in_order_and_their_ids_do_not_collide(small_site):
    text = assemble(small_site())
    assert links_are_right(text)
    book = tree(text)
    titles = [heading.get_text() for heading in book.select("article h1, article h2")]
    assert titles == [
        "Introduction", 'Part "A"', "One a", "Part B", "Two", "Hints", "Two", "Solutions", "Two",
    ]  # fmt: skip
    assert book.find(id=anchor("chapters/one.html", "here")).a["href"] == "#chapters/two.html:"


def test_what_is_not_in_the_book_is_linked_on_the_site_or_not_at_all(small_site):
    assert "search.html" not in assemble(small_site())


def test_the_address_of_the_site_is_where_it_is_published(small_site):
    book = tree(assemble(small_site("https://book.example/")))
    assert book.find("a", string="search")["href"] == "https://book.example/search.html"
    caption = book.figcaption
    assert caption.get_text() == "Shown: lr = 0.1, way = up & on. Move it on the site"
    assert caption.a["href"] == "https://book.example/chapters/one.html#fig-a"


def test_nothing_is_left_that_works_on_a_screen_only(small_site):
    main = tree(assemble(small_site())).main
    assert not main.select("input, select, button, script, template, .headerlink, .check")
    assert not re.search("Show the code|plot|Not solved", main.get_text())
    assert "Shown" in main.get_text()  # the folded cell's output
    assert main.details.has_attr("open")


def test_solutions_leave_their_exercises_and_know_the_way_back(small_site):
    book = tree(assemble(small_site()))
    exercise, solution = (book.find(id=anchor("chapters/two.html", n)) for n in ("add", "added"))
    hints = book.find(id=anchor("chapters/two.html", "add:hints"))
    assert solution.find_parent("article")["id"] == "solutions"
    assert hints.find_parent("article")["id"] == "hints"
    assert [a["href"][1:] for a in exercise.select(".see a")] == [hints["id"], solution["id"]]
    for part in (hints, solution):
        assert {a["href"][1:] for a in part.select("a")} == {exercise["id"]}


NAMES = st.text("ab-_é 1", min_size=1).filter(lambda name: name.strip() == name)
PATHS = st.tuples(st.booleans(), NAMES).map(lambda each: f"{'deep/' * each[0]}{each[1]}.html")


@given(PATHS, PATHS, NAMES)
def test_a_link_leads_to_the_same_place_as_on_the_site(page, other, name):
    link = f"{'../' * page.count('/')}{quote(other)}#{quote(name)}"
    assert target(page, link, {page, other}) == anchor(other, name)
    assert target(page, link, {page} - {other}) is None


@pytest.fixture
def chromium():
    if not CHROMIUM:
        pytest.skip("no Chromium: `apt-get install chromium`, or set CHROMIUM to the path of one")


@pytest.mark.usefixtures("chromium")
def test_page_numbers_are_those_of_the_pdf(small_site, tmp_path):
    assert print_pdf(assemble(small_site()), tmp_path / "book.pdf") == 7
    reader = PdfReader(tmp_path / "book.pdf")
    contents = reader.pages[1].extract_text()
    assert re.findall(r"(One|Two|Hints|Solutions)\s+(\d+)", contents) == [
        ("One", "4"), ("Two", "5"), ("Hints", "6"), ("Solutions", "7"),
    ]  # fmt: skip
    assert re.search(r"Hints:\s+page\s+6\s+Solution:\s+page\s+7", reader.pages[4].extract_text())
    assert reader.pages[3].extract_text().startswith("One")  # above each page: its chapter


@pytest.fixture(scope="module")
def book(site):
    return assemble(site)


def test_the_book_has_all_its_exercises_and_solutions(book):
    assert links_are_right(book)
    before, solutions = book.split('<article id="solutions"')
    exercises = before.count('<div class="exercise ')
    assert exercises == before.count('<p class="see">') == solutions.count('<div class="solution ')
    assert exercises > 70
    assert '<div class="solution ' not in before
    assert book.count("<figcaption>") > 20
    assert not re.search("Show the code|Not solved yet|Run this cell|<button|<input", book)


@pytest.mark.usefixtures("chromium")
def test_the_printed_book(book, tmp_path):
    reader = PdfReader(print_once(book, tmp_path / "book.pdf"))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en" and root["/MarkInfo"]["/Marked"]
    assert reader.metadata.title == "Autograd in Motion"
    titles = [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)]
    assert titles == [
        "Autograd in Motion", "Contents", "Introduction", "Learn", "Practise", "About this book",
        "Hints", "Solutions",
    ]  # fmt: skip
    assert len(reader.pages) > 150
    first = "".join(page.extract_text() for page in reader.pages[2:6])
    assert "Before you look, say what you expect." in first and "Set up in five minutes" in first
    assert "Solution to Exercise" in reader.pages[-1].extract_text()
    places = reader.named_destinations
    for page in reader.pages:
        for link in page.get("/Annots", []):
            link = link.get_object()
            goal = link.get("/Dest") or link.get("/A", {}).get("/URI")
            assert goal in places or goal.startswith("http"), goal


def test_without_chromium_or_a_site_one_sentence_says_so(small_site, tmp_path):
    def run(site):
        return subprocess.run(
            [sys.executable, "-m", "press.pdf", str(site)],
            env={"PATH": "", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert run(small_site()).stderr == (
        "There is no Chromium: install it, or set CHROMIUM to the path of one.\n"
    )
    assert re.fullmatch("There is no built site in .*: run .*\n", run(tmp_path / "no").stderr)
