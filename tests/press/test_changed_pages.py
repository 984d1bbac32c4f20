"""press.changed_pages, of a real page and of a small site.

Protected here: a change is never passed over in silence, and what changes on every page is not said
of every page.
"""

import pytest

from press.changed_pages import changed, read_page, read_site, report


@pytest.fixture(scope="module")
def html(site):
    return (site / "chapters" / "one-weight.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("inside", "old", "new", "said"),
    [
        (True, "<p>", "<p>Also, ", ["text"]),
        (True, "loss = 1.0\n", "loss = 1.5\n", ["text"]),
        (True, "<figure ", '<figure lang="en" ', ["`fig-training-replay`"]),
        (True, "<section ", '<section lang="en" ', ["text"]),
        (False, "setup.html", "other.html", []),
        (False, "_static/", "_static/other/", []),
    ],
)
def test_what_a_page_says_of_a_change(html, inside, old, new, said):
    """A figure is told by its id on a page of the theme in use, and nothing around the article."""
    before, article = html[: html.index("<article")], html[html.index("<article") :]
    after = before + article.replace(old, new, 1) if inside else before.replace(old, new) + article
    assert after != html
    assert changed(read_page(html), read_page(after)) == said


PAGE = """<link rel="canonical" href="https://o.github.io/book/{0}.html">
<h1>Sidebar</h1><article><h1>{0}</h1>{1}</article>"""


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
        for name, text in texts.items():
            (tmp_path / site / f"{name}.html").write_text(site + PAGE.format(name, text))
    return read_site(tmp_path / "old"), read_site(tmp_path / "new")


def test_the_report_lists_new_changed_and_removed_pages(sites):
    assert report(*sites).splitlines() == [
        "### 3 changed pages",
        "",
        "- a: [`a.html`](https://o.github.io/book/a.html), text",
        "- **new** c: `c.html`",
        "- **removed** gone: [`gone.html`](https://o.github.io/book/gone.html)",
    ]


def test_a_site_without_changes_says_so(sites):
    assert report(sites[0], sites[0]) == "### No changed pages\n"


def test_a_folder_without_a_site_is_named(tmp_path):
    with pytest.raises(SystemExit, match=f"{tmp_path} holds no built site: give a folder"):
        read_site(tmp_path)
