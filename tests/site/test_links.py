"""That no link inside the site leads nowhere: each file is there, and in it each place.

Sphinx checks what is written as a reference. This checks what is on the pages: the theme's links,
the figures' own, and whatever a script of ours wrote at build time.
"""

import posixpath
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest


class Page(HTMLParser):
    """The places of a page that a link may lead to, and where its own links lead."""

    def __init__(self, text):
        super().__init__()
        self.places, self.links, self.address = {"", "top"}, set(), ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if found.get("rel") == "canonical":
            self.address = found["href"]
        self.places |= {found.get("id"), found.get("name") if tag == "a" else None}
        self.links |= {found[name] for name in ("href", "src") if found.get(name)}


@pytest.fixture(scope="module")
def pages(site):
    return {
        path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
        if "_static" not in path.parts  # the theme's templates, which nobody opens
    }


def dead(site, pages):
    """Return the links that lead nowhere, each with its page."""
    root = urlsplit(pages["intro.html"].address).path.removesuffix("intro.html")
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    found = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue  # another host, a mail, data: the weekly run looks at those
            path = unquote(parts.path)
            if name == "404.html":  # a server shows it at any depth: it begins at the root
                target = path.removeprefix(root)
            else:
                target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            target = target if path else name
            known = target in files
            if known and parts.fragment and target in pages:
                place = unquote(parts.fragment).partition("?")[0]  # a figure's has its state behind
                known = place in pages[target].places
            if not known:
                found.append((name, link))
    return sorted(found)


def test_every_internal_link_has_its_target(site, pages):
    assert dead(site, pages) == []
    assert len(pages) > 20 and sum(len(page.links) for page in pages.values()) > 500


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("b.html", True),
        ("./b.html#place", True),
        ("../b.html", False),
        ("b.html#elsewhere", False),
        ("#top", True),
        ("#nowhere", False),
        ("gone.png?v=1", False),
        ("b.html?v=1", True),
        ("mailto:a@b.example", True),
        ("https://gone.example/", True),
        ("/b.html", False),  # from the disk, that is the root of the disk
    ],
)
def test_what_counts_as_dead(tmp_path, link, leads):
    texts = {"a.html": f'<a href="{link}">', "b.html": '<p id="place">', "intro.html": ""}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    found = dead(tmp_path, {name: Page(text) for name, text in texts.items()})
    assert found == ([] if leads else [("a.html", link)])
