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

extensions = ["myst_nb", "sphinxcontrib.bibtex", "press.sphinx._paper"]
bibtex_bibfiles = ["sources.bib"]
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
PAGES = {
    "sources.bib": "@misc{paszke2019, author={Paszke, A.}, title={PyTorch}, year={2019}}",
    "sources.md": "# Sources\n\n```{bibliography}\n:all:\n```",
    "index.md": "# Book\n\n```{toctree}\nloop\nwords\nsources\nlinks\n```",
    "words.md": "# Words\n\n## Summary\n\n```{glossary}\nbackward pass\n  The way back.\n```",
    "loop.ipynb": [
        "# The loop",
        "## Here is `x`, and (twice)\n\n### An entry",
        FIGURE,
        "## Summary",
    ],
}


def build(folder, links, builder="html"):
    """Build a small book whose last page is `links`; return its warnings and that page."""
    for name, text in {**PAGES, "links.md": f"# Links\n\n{links}", "conf.py": CONF}.items():
        if name.endswith(".ipynb"):
            kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
            notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
            notebook.cells = [_cell(part) for part in text]
            text = nbformat.writes(notebook)
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-b", builder, folder, folder / "out"]
    if builder == "paper":
        command += ["-D", f"templates_path={ROOT / 'press' / 'sphinx' / 'templates'}"]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    page = "index.html" if builder == "paper" else "links.html"
    return run.stderr, BeautifulSoup((folder / "out" / page).read_text(), "html.parser")


def _cell(text):
    if not text.startswith("<figure"):
        return nbformat.v4.new_markdown_cell(text)
    output = nbformat.v4.new_output("display_data", data={"text/html": text})
    return nbformat.v4.new_code_cell("replay()", outputs=[output])


def test_a_plain_link_leads_to_what_it_names(tmp_path):
    """Each kind of link of the plain form."""
    expected = {
        "loop.ipynb": "loop.html",
        "loop.ipynb#Summary": "loop.html#summary",
        "loop.ipynb#Here-is-x,-and-%28twice%29": "loop.html#here-is-x-and-twice",
        "#Links": "#links",
        "loop.ipynb#fig-replay": "loop.html#fig-replay",
        "loop.ipynb#fig-replay?lr=0.21&x=-1": "loop.html#fig-replay?lr=0.21&x=%E2%88%921",
        "loop.ipynb#fig-replay?say=a%20b": "loop.html#fig-replay?say=a%20b",
        "words.md#backward-pass": "words.html#term-backward-pass",
        "sources.md#paszke2019": "sources.html#id",
    }
    links = "\n".join(f"- [*to* it]({target})" for target in expected)
    warnings, page = build(tmp_path, links)
    assert warnings == ""
    found = [link for link in page.select("li a.reference") if link.text == "to it"]
    addresses = [re.sub(r"#id\d$", "#id", link["href"]) for link in found]
    assert addresses == [*expected.values()]
    assert all(link.em for link in found), "the words of a link keep their own markup"


def test_a_link_to_nothing_is_a_warning_with_its_line_and_the_nearest(tmp_path):
    """What an author mistypes is told where it stands, and what was probably meant."""
    complaints = {
        "loop.ipynb#fig-reply?lr=0.21": "no figure 'fig-reply' in loop; the nearest is 'fig-replay'",
        "loop.ipynb#fig-replay?rl=0.21": "fig-replay has no control 'rl'; the nearest is 'lr'",
        "loop.ipynb#fig-replay?lr=0.2": "'lr' of fig-replay has no value '0.2'; the nearest is '0.21'",
        "loop.ipynb#fig-replay?lr": "'lr' of fig-replay has no value ''; the nearest is ",
        "loop.ipynb#summary": "no 'summary' in loop; the nearest is 'Summary'",
        "words.md#backward-pas": "no 'backward-pas' in words; the nearest is 'backward-pass'",
        "#fig-replay": "no figure 'fig-replay' in links",
    }
    warnings, page = build(tmp_path, "\n\n".join(f"[words]({target})" for target in complaints))
    assert page.text.count("words") == len(complaints), "the words stay"
    for place, complaint in enumerate(complaints.values()):
        assert f"links.md:{3 + 2 * place}: WARNING: {complaint}" in warnings
    assert warnings.count("WARNING") == len(complaints)


def test_a_quotation_that_opens_with_bold_words_is_a_box(tmp_path):
    """The bold words are the title and the class; any other quotation stays one."""
    text = """> **Predict.** Does *it*
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
    warnings, page = build(tmp_path, text)
    assert warnings == ""
    boxes = page.select("div.admonition.box")
    kinds = [set(box["class"]) - {"admonition", "box"} for box in boxes]
    assert kinds == [{"predict"}, {"myth-or-fact"}, {"note"}]
    titles = [box.select_one("p.admonition-title").text for box in boxes]
    assert titles == ["Predict", "Myth or fact?", "Note"]
    assert [p.text for p in boxes[0].select("p")][1:] == ["Does it\nremember?", "And $y$?"]
    assert len(boxes[2].find_all("p")) == 2, "no empty paragraph is left"
    assert len(page.select("blockquote")) == 2


def test_details_hold_markdown_and_no_heading(tmp_path):
    """What opens works inside as outside; what would be mis-nested HTML is a warning."""
    (fine := tmp_path / "fine").mkdir()
    closed = "<details><summary>Hint 1</summary>\n\nUse `x`:\n\n- $y$\n\n</details>\n\nAfter."
    warnings, page = build(fine, closed)
    assert warnings == ""
    assert page.select_one("details > summary + p > code").text == "x"
    assert page.select_one("details > ul") and not page.select("details ~ details")
    (wrong := tmp_path / "wrong").mkdir()
    inside = "<details>\n\n## A heading\n\n</details>\n\n<details>\n\nNever closed."
    warnings, _ = build(wrong, inside)
    assert "links.md:5: WARNING: a heading stands inside <details>" in warnings
    assert "links.md:9: WARNING: <details> is never closed" in warnings
    assert warnings.count("WARNING") == 2


def test_on_one_page_equal_headings_are_told_apart(tmp_path):
    """Each id stands once in the print, and links lead to the right one."""
    links = """## Summary

- [here](#Summary)
- [loop](loop.ipynb#Summary)
- [words](words.md#Summary)
- [figure](loop.ipynb#fig-replay?lr=0.21)
"""
    warnings, page = build(tmp_path, links, "paper")
    assert warnings == ""
    ids = [element["id"] for element in page.select("[id]")]
    assert sorted(set(ids)) == sorted(ids)
    targets = {a.text: a["href"] for a in page.select("li a.reference")}
    assert targets["figure"] == "#fig-replay", "paper has no settings"
    for name, title in {"here": "Links", "loop": "The loop", "words": "Words"}.items():
        section = page.find(id=targets[name].removeprefix("#"))
        assert section.parent.h2.text.startswith(title)
    assert {"loop-summary", "words-summary", "links-summary"} <= set(ids)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=str)
def test_a_notebook_has_no_markup_that_only_myst_knows(path):
    """Readers of JupyterLab, VS Code, Colab and GitHub see prose and no markup."""
    notebook = nbformat.read(ROOT / path, as_version=4)
    for cell in notebook.cells:
        hidden = "hide-input" in cell.metadata.get("tags", ())
        assert cell.metadata.get("jupyter", {}).get("source_hidden", False) == hidden, cell.id
        if cell.cell_type == "markdown":
            assert foreign(cell.source) == [], cell.id
            assert cell.source.count("<details") == cell.source.count("</details>"), cell.id


def foreign(source):
    """Return what of a text only MyST knows: fences and roles with braces, labels, comments."""
    prose = re.sub(r"^```\w*\n.*?^```$", "", source, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"(?<![`}])(`+)(?!`).+?(?<!`)\1(?!`)", "", prose)
    markup = r"^ *[`~]{3,}\{.*|^ *:::.*|\{[\w:-]+\}`.+?`|^\([\w-]+\)=|^%.*|^\+\+\+"
    return re.findall(markup, prose, re.MULTILINE)


def test_what_only_myst_knows_is_seen():
    """The test above can fail: each kind of markup that the book had, and what is none."""
    had = ["(tensors)=", "{doc}`one-weight`", ":::{admonition} A", "```{math}", "% note", ":::"]
    assert all(foreign(f"{text}\n\nmore") for text in had)
    assert foreign("```python\nf(x)\n```\n\n`{a}` and `(b)=` $\\{c\\}$ 5 % more {1, 2}`s`") == []
