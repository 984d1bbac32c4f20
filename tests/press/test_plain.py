"""The plain form of a page: what Markdown that JupyterLab and GitHub also show is on the site."""

import re
import subprocess
import sys

import nbformat
import pytest
from bs4 import BeautifulSoup

from tests.conftest import NOTEBOOKS, ROOT

CONF = """
from press.sphinx import _boxes, _plain_links

extensions = ["myst_nb", "press.sphinx._paper"]
nb_execution_mode = "off"
html_theme = "basic"
myst_heading_anchors = 6
myst_heading_slug_func = "press.sphinx._plain_links.heading_slug"


def setup(app):
    for part in (_boxes, _plain_links):
        part.setup(app)
"""
FIGURE = """<figure class="explorable" id="fig-replay"><fieldset></fieldset>
<script type="application/json">
{"controls":[["lr",0,"",["0.12","0.21","1.0"]],["x",0,"",[-1,1,0,2]],
["say",0,"",["a b","5 % & more"]]],"later":[],"groups":[]}</script></figure>"""
LINKS = {
    "loop.ipynb": "loop.html",
    "loop.ipynb#Summary": "loop.html#summary",
    "loop.ipynb#Here-is-x,-and-%28twice%29": "loop.html#here-is-x-and-twice",
    "#Summary": "#summary",
    "loop.ipynb#fig-replay": "loop.html#fig-replay",
    "loop.ipynb#fig-replay?lr=0.21&x=-1": "loop.html#fig-replay?lr=0.21&x=%E2%88%921",
    "loop.ipynb#fig-replay?say=a%20b": "loop.html#fig-replay?say=a%20b",
    "words.md#backward-pass": "words.html#term-backward-pass",
    "words.md#Summary": "words.html#summary",
}
WRONG_LINKS = {
    "loop.ipynb#fig-reply?lr=0.21": "loop has no figure 'fig-reply'; the nearest is 'fig-replay'",
    "loop.ipynb#fig-replay?rl=0.21": "fig-replay has no control 'rl'; the nearest is 'lr'",
    "loop.ipynb#fig-replay?lr=0.2": "fig-replay has no lr '0.2'; the nearest is '0.21'",
    "loop.ipynb#fig-replay?lr": "fig-replay has no lr ''; the nearest is ",
    "loop.ipynb#summary": "loop has no place 'summary'; the nearest is 'Summary'",
    "words.md#backward-pas": "words has no place 'backward-pas'; the nearest is 'backward-pass'",
    "#fig-replay": "wrong has no figure 'fig-replay'",
}
BOXES = """> **Predict.** Does *it*
> remember?
>
> And $y$?

> **Myth or fact?** All.

> **Note.**
>
> - one

> **Bold** is a word here.

> Said **so.**
"""
DETAILS = "<details><summary>Hint 1</summary>\n\nUse `x`:\n\n- $y$\n\n</details>\n\nAfter."
PAGES = {
    "index.md": "# Book\n\n```{toctree}\nloop\nwords\nlinks\nwrong\nboxes\ndetails\n```",
    "words.md": "# Words\n\n## Summary\n\n```{glossary}\nbackward pass\n  The way back.\n```",
    "links.md": "# Links\n\n## Summary\n\n"
    + "\n".join(f"- [*to* {link}]({link})" for link in LINKS),
    "wrong.md": "# Wrong\n\n" + "\n\n".join(f"[words]({link})" for link in WRONG_LINKS),
    "boxes.md": f"# Boxes\n\n{BOXES}",
    "details.md": f"# Details\n\n{DETAILS}",
}
LOOP = ["# The loop", "## Here is `x`, and (twice)\n\n### An entry", FIGURE, "## Summary"]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A small book as a site and on paper: its warnings, and a function that reads a page."""
    folder = tmp_path_factory.mktemp("book")
    for name, text in {**PAGES, "conf.py": CONF}.items():
        (folder / name).write_text(text)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    notebook.cells = [_cell(part) for part in LOOP]
    nbformat.write(notebook, folder / "loop.ipynb")
    said = {}
    for builder in ("html", "paper"):
        command = [sys.executable, "-m", "sphinx", "-q", "-n", "-b", builder, folder]
        command += [folder / builder, "-d", folder / "doctrees"]
        if builder == "paper":
            command += ["-D", f"templates_path={ROOT / 'press' / 'sphinx' / 'templates'}"]
        run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
        assert run.returncode == 0, run.stderr
        said[builder] = run.stderr

    def page(name):
        return BeautifulSoup((folder / f"{name}.html").read_text(), "html.parser")

    return said["html"], page


def _cell(text):
    if not text.startswith("<figure"):
        return nbformat.v4.new_markdown_cell(text)
    output = nbformat.v4.new_output("display_data", data={"text/html": text})
    return nbformat.v4.new_code_cell("replay()", outputs=[output])


def test_a_plain_link_leads_to_what_it_names(book):
    """Each kind of link of the plain form; the words of a link keep their own markup."""
    _, page = book
    found = page("html/links").select("li a.reference:has(em)")
    assert [link["href"] for link in found] == [*LINKS.values()]


def test_a_link_to_nothing_is_a_warning_with_its_line_and_the_nearest(book):
    """What an author mistypes is told where it stands, and what was probably meant."""
    warnings, page = book
    for place, complaint in enumerate(WRONG_LINKS.values()):
        assert f"wrong.md:{3 + 2 * place}: WARNING: {complaint}" in warnings
    assert warnings.count("WARNING") == len(WRONG_LINKS), "and nothing else is complained of"
    assert len([p for p in page("html/wrong").select("p") if p.text == "words"]) == len(WRONG_LINKS)


def test_a_quotation_that_opens_with_bold_words_is_a_box(book):
    """The bold words are the title and the class; any other quotation stays one."""
    page = book[1]("html/boxes")
    boxes = page.select("div.admonition.box")
    kinds = [set(box["class"]) - {"admonition", "box"} for box in boxes]
    assert kinds == [{"predict"}, {"myth-or-fact"}, {"note"}]
    titles = [box.select_one("p.admonition-title").text for box in boxes]
    assert titles == ["Predict", "Myth or fact?", "Note"]
    assert [p.text for p in boxes[0].select("p")][1:] == ["Does it\nremember?", "And $y$?"]
    assert len(boxes[2].find_all("p")) == 2, "no empty paragraph is left"
    assert len(page.select("blockquote")) == 2


def test_details_hold_markdown(book):
    """What opens works inside as outside."""
    page = book[1]("html/details")
    assert page.select_one("details > summary + p > code").text == "x"
    assert page.select_one("details > ul") and not page.select("details ~ details")


def test_on_one_page_equal_headings_are_told_apart(book):
    """Each id stands once in the print, and links lead to the right one."""
    page = book[1]("paper/index")
    ids = [element["id"] for element in page.select("[id]")]
    assert sorted(set(ids)) == sorted(ids)
    targets = {a.text.removeprefix("to "): a["href"] for a in page.select("li a.reference")}
    assert targets["loop.ipynb#fig-replay?lr=0.21&x=-1"] == "#fig-replay", "paper has no settings"
    titles = {"#Summary": "Links", "loop.ipynb#Summary": "The loop", "words.md#Summary": "Words"}
    for link, title in titles.items():
        section = page.find(id=targets[link].removeprefix("#"))
        assert section.h3.text.startswith("Summary")
        assert section.parent.h2.text.startswith(title)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=str)
def test_a_notebook_has_no_markup_that_only_myst_knows(path):
    """Readers of JupyterLab, VS Code, Colab and GitHub see prose and no markup."""
    notebook = nbformat.read(ROOT / path, as_version=4)
    for cell in notebook.cells:
        hidden = "hide-input" in cell.metadata.get("tags", ())
        assert cell.metadata.get("jupyter", {}).get("source_hidden", False) == hidden, cell.id
        if cell.cell_type == "markdown":
            assert foreign(cell.source) == [], cell.id
            assert misnested(cell.source) == [], cell.id


def without_code(source):
    return re.sub(r"^```\w*\n.*?^```$", "", source, flags=re.MULTILINE | re.DOTALL)


def misnested(source):
    """Return each ``<details>`` with a heading inside, or that the same cell does not close.

    Sphinx nests a section in what it stands in, so its end would come after that of the
    ``<details>``, and browsers would mend the page each in its own way.
    """
    parts = [part.partition("</details>") for part in without_code(source).split("<details")[1:]]
    return [inside for inside, end, _ in parts if not end or re.search("^#", inside, re.MULTILINE)]


def foreign(source):
    """Return what of a text only MyST knows: fences and roles with braces, labels, comments."""
    prose = without_code(source)
    prose = re.sub(r"(?<![`}])(`+)(?!`).+?(?<!`)\1(?!`)", "", prose)
    markup = r"^ *[`~]{3,}\{.*|^ *:::.*|\{[\w:-]+\}`.+?`|^\([\w-]+\)=|^%.*|^\+\+\+"
    return re.findall(markup, prose, re.MULTILINE)


def test_what_only_myst_knows_is_seen():
    """The test above can fail: each kind of markup that the book had, and what is none."""
    had = ["(tensors)=", "{doc}`one-weight`", ":::{admonition} A", "```{math}", "% note", ":::"]
    assert all(foreign(f"{text}\n\nmore") for text in had)
    assert foreign("```python\nf(x)\n```\n\n`{a}` and `(b)=` $\\{c\\}$ 5 % more {1, 2}`s`") == []
    assert misnested("<details>\n\n## A heading\n\n</details>") and misnested("<details> more")
    assert not misnested("<details>\n\n```python\n# Cure\n```\n\n</details>\n\n## After")
