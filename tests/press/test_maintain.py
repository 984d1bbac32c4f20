"""What the maintainers' commands say, of a real page and of a real run of nbval.

Protected here: that a change is never passed over in silence, that what changes on every page is
not said of every page, and that a report names the notebook, the cell and the versions.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from press.maintain import changed_outputs, changed_pages
from press.maintain.changed_pages import differences, read_article, read_site, report
from press.maintain.newest import newest, requirements
from press.maintain.readable import readable
from tests.conftest import ROOT

# Pages ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def html(site):
    return (site / "chapters" / "one-weight.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def article(html):
    return read_article(html)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("The weight starts at 1", "The weight starts at 0", ["text: 1 changed"]),
        ("y_hat = 1.0\n", "y_hat = 1.5\n", ["output: 1 changed"]),
        ('<span class="mf">1.0</span>', '<span class="mf">1.5</span>', ["code cell: 1 changed"]),
        ('data-interval="1200"', 'data-interval="900"', ["figure: 1 changed (`fig-loop-stepper`)"]),
        ('<section id="three-examples', '<section id="four-examples', ["markup"]),
        ('title="previous page"', 'title="another page"', []),
        ("/setup.html", "/other.html", []),
        ("_static/site.css", "_static/other.css", []),
    ],
)
def test_what_a_page_says_of_a_change(html, article, old, new, said):
    assert old in html
    assert differences(article, read_article(html.replace(old, new, 1))) == said


def test_every_part_of_a_page_is_counted(article):
    # A kind of part that the theme no longer marks in this way would never be said again.
    assert all(article.parts.values())


PAGE = """<link rel="canonical" href="https://o.github.io/book/{0}.html">
<h1>Sidebar</h1><article class="bd-article"><h1>{0}</h1>{1}</article>"""


@pytest.fixture
def sites(tmp_path):
    """Two sites: one page is added, one removed, one moved in the sidebar only, one changed."""
    pages = {
        "old": {"a": "<p>one</p><p>two</p>", "b": "<p>b</p>", "gone": ""},
        "new": {"a": "<p>two</p><p>three</p>", "b": "<p>b</p>", "c": ""},
    }
    for site, texts in pages.items():
        (tmp_path / site).mkdir()
        (tmp_path / site / "index.html").write_text("no article: it sends the reader on")
        (tmp_path / site / "genindex.html").write_text(PAGE.format("Index", site))
        for name, text in texts.items():
            (tmp_path / site / f"{name}.html").write_text(site + PAGE.format(name, text))
    return read_site(tmp_path / "old"), read_site(tmp_path / "new")


def test_the_report_lists_new_changed_and_removed_pages(sites):
    assert report(*sites).splitlines() == [
        "### 3 changed pages",
        "",
        "- a: [`a.html`](https://o.github.io/book/a.html)",
        "  - text: 1 added, 1 removed",
        "- **new** c: `c.html`",
        "- **removed** gone: [`gone.html`](https://o.github.io/book/gone.html)",
    ]


def test_a_site_without_changes_says_so(sites):
    assert report(sites[0], sites[0]) == "### No changed pages\n"


def test_a_folder_without_a_site_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        changed_pages.main([str(tmp_path), str(tmp_path)])
    assert str(end.value) == f"{tmp_path} holds no built site: give a folder such as _build/html."


# Outputs -------------------------------------------------------------------------------------

STORED = {
    "sum": ("print(1.5 + 1)", "2.5\n"),
    "product": ("print(1.5 * 2)", "3.5\n"),  # is 3.0
    "quotient": ("print('a\\n```\\nb', 3 / 2)", "a\n```\nb 1.75\n"),  # is 1.5
}


@pytest.fixture(scope="module")
def failed_run(tmp_path_factory):
    """A folder with a notebook, two of whose outputs are wrong, and the report of a run."""
    folder = tmp_path_factory.mktemp("run")
    cells = [
        new_code_cell(
            source,
            id=name,
            execution_count=k,
            outputs=[new_output("stream", name="stdout", text=text)],
        )
        for k, (name, (source, text)) in enumerate(STORED.items(), 1)
    ]
    (folder / "chapters").mkdir()
    nbformat.write(new_notebook(cells=cells), folder / "chapters" / "tiny.ipynb")
    (folder / "test_unit.py").write_text("def test_unit():\n    assert 1 == 2")
    subprocess.run(
        [sys.executable, "-m", "pytest", folder, "-c", ROOT / "pyproject.toml"]
        + ["--rootdir", folder, "-n0", "-p", "no:cacheprovider", "--junitxml=report.xml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
    )
    (folder / "before.txt").write_text("torch==2.13.0\n-e .\ntqdm==4.70.1\n")
    (folder / "after.txt").write_text("torch==2.14.0\n-e .\ntqdm==4.70.1\n")
    return folder


def said(capsys, monkeypatch, folder, report="report.xml"):
    monkeypatch.chdir(folder)
    changed_outputs.main([report, "before.txt", "after.txt"])
    return capsys.readouterr().out


def test_an_issue_names_notebook_cells_outputs_and_versions(failed_run, capsys, monkeypatch):
    issue = said(capsys, monkeypatch, failed_run)
    assert "- `chapters/tiny.ipynb`: `product`, `quotient`\n" in issue
    assert "- 3.5" in issue and "+ 3.0" in issue  # stored, then fresh
    assert "`test_unit`: `test_unit`" in issue and "assert 1 == 2" in issue
    assert "| torch | 2.13.0 | 2.14.0 |" in issue
    assert "tqdm" not in issue and "x1B" not in issue and "\x1b" not in issue


def test_the_issue_fits_github(failed_run, capsys, monkeypatch):
    monkeypatch.setattr(changed_outputs, "MOST_SAID", 300)
    issue = said(capsys, monkeypatch, failed_run)
    assert "There is more in the artifact of this run." in issue
    assert "`product`, `quotient`" in issue  # all are named, if not all are shown


def test_nothing_is_said_where_all_passed(tmp_path, capsys, monkeypatch):
    (tmp_path / "report.xml").write_text("<testsuites><testcase name='a'/></testsuites>")
    assert said(capsys, monkeypatch, tmp_path) == ""


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "There is no report: an installation failed, or the tests never ended."),
        ("<testsuites>", "The report of the tests is not complete: no element found"),
        ("<testsuites/>", "The report holds no test: none was found."),
    ],
)
def test_a_run_that_never_ended_is_an_issue_too(tmp_path, capsys, monkeypatch, text, sentence):
    if text is not None:
        (tmp_path / "report.xml").write_text(text)
    assert sentence in said(capsys, monkeypatch, tmp_path)


# Requirements --------------------------------------------------------------------------------


def test_every_exact_version_becomes_a_lower_limit():
    lines = [newest(line) for line in requirements()]
    assert not any("==" in line for line in lines)
    assert {"torch>=2.13.0", "jupyter-book>=1.0.4.post1,<2", "nbval>=0.11.0", "-e ."} <= set(lines)


# Notebooks as text ---------------------------------------------------------------------------


def test_a_changed_figure_is_one_line_of_the_diff():
    text = (ROOT / "chapters" / "one-weight.ipynb").read_text(encoding="utf-8")
    lines = list(readable(json.loads(text)))
    assert "==== stepper-figure (code, hide-input)" in lines
    assert "---- text/plain" in lines
    other = list(readable(json.loads(text.replace("step 4 of 51</text>", "step 5 of 51</text>"))))
    changed = [(old, new) for old, new in zip(lines, other, strict=True) if old != new]
    assert [old.split(":")[0] for old, _ in changed] == ["---- image/svg+xml", "---- text/html"]
    assert max(map(len, lines)) < 1000


def test_git_shows_notebooks_through_it(tmp_path, monkeypatch):
    """With .gitattributes and the one file that CONTRIBUTING includes."""
    python = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{python}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    for name, word in (("old", "one"), ("new", "two")):
        cells = [new_code_cell(f"print('{word}')", id="say")]
        nbformat.write(new_notebook(cells=cells), f"{name}.ipynb")
    shutil.copy(ROOT / ".gitattributes", ".gitattributes")
    subprocess.run(["git", "init", "--quiet"], check=True)
    include = f"include.path={ROOT / '.github' / 'notebooks.gitconfig'}"
    git = ["git", "-c", include, "diff", "--no-index", "--no-color", "old.ipynb", "new.ipynb"]
    diff = subprocess.run(git, check=False, capture_output=True, text=True).stdout
    assert "-print('one')\n+print('two')\n" in diff
    assert '"source"' not in diff
