"""Say which pages of a site changed, and in what, as Markdown.

::

    python -m press.maintain.changed_pages OLD NEW

``OLD`` and ``NEW`` are folders of built sites, such as ``_build/html``. Only the article of a page
is compared: the sidebar, the links to the pages before and after, and the names of scripts and
style sheets change on every page when one chapter is added. The links lead to the canonical
addresses of the old pages: that is where they are published.
"""

import argparse
import re
import sys
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag

#: Parts of an article, in the order in which they are taken out of it: a figure lies in an output.
PARTS = {
    "figure": "figure.explorable",
    "output": ".cell_output",
    "code cell": ".cell_input",
    "formula": "math[display=block]",
}
#: What holds running text and nothing of this list.
BLOCKS = ("p", "li", "dt", "dd", "td", "th", "pre", "img", "h1", "h2", "h3", "h4", "h5", "h6")
#: Pages that Sphinx makes of all others.
LISTS = ("genindex.html", "search.html")


class SiteError(Exception):
    """A folder that holds no site, in one sentence."""


class Article(NamedTuple):
    """What a page says: its title, its address, its markup, and its parts in order, by kind."""

    title: str
    address: str
    markup: str
    parts: dict[str, list[str]]


def read_article(html: str) -> Article | None:
    """Return the article of a page, or None if it has none.

    Examples
    --------
    >>> page = '<article class="bd-article"><h1>Title</h1><p>One <b>weight</b>.</p></article>'
    >>> read_article(page).parts["text"]
    ['<h1>Title</h1>', '<p>One <b>weight</b>.</p>']
    """
    page = BeautifulSoup(html, "html.parser")
    article = page.select_one("article.bd-article")
    if article is None:
        return None
    for unseen in article.select(".headerlink, template"):
        unseen.decompose()
    for element in article.find_all(src=True):
        element["src"] = element["src"].partition("?")[0]  # what follows is a hash of the file
    heading = article.find("h1")
    title = heading.get_text(" ", strip=True) if heading else ""
    canonical = page.find("link", rel="canonical")
    address = canonical["href"] if canonical else ""
    markup = str(article)
    parts = {}
    for kind, selector in PARTS.items():
        found = article.select(selector)
        parts[kind] = [str(each.extract()) for each in found]
    leaves = [block for block in article.find_all(BLOCKS) if not block.find(BLOCKS)]
    parts["text"] = [_in_one_line(block) for block in leaves]
    return Article(title, address, markup, parts)


def _in_one_line(block: Tag) -> str:
    return " ".join(str(block).split())


def differences(old: Article, new: Article) -> list[str]:
    """Return what changed between two articles, a few words for each kind of part.

    Examples
    --------
    >>> old, new = (
    ...     read_article(f'<article class="bd-article"><p>{word}.</p><p>Same.</p></article>')
    ...     for word in ("One", "Two")
    ... )
    >>> differences(old, new)
    ['text: 1 changed']
    """
    found = []
    for kind in old.parts:
        if counts := _counts(old.parts[kind], new.parts[kind]):
            names = _names(old.parts[kind], new.parts[kind])
            found.append(f"{kind}: {counts}" + (f" ({', '.join(names)})" if names else ""))
    if not found and old.markup != new.markup:
        found.append("markup")  # an order, a class: nothing that is counted, but never silent
    return found


def _counts(old, new):
    counts = {"changed": 0, "added": 0, "removed": 0}
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        if old[start:end] != new[new_start:new_end]:
            before, after = end - start, new_end - new_start
            counts["changed"] += min(before, after)
            counts["added"] += max(after - before, 0)
            counts["removed"] += max(before - after, 0)
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _names(old, new):
    """Return the ids of the figures that are in one list only."""
    different = [part for part in (*old, *new) if (part in old) != (part in new)]
    ids = (re.match(r'<figure [^>]*id="([^"]+)"', part) for part in different)
    return sorted({f"`{found[1]}`" for found in ids if found})


def read_site(folder: Path) -> dict[str, Article]:
    """Return the articles of a built site, by the path of the page.

    Raises
    ------
    SiteError
        If the folder holds no site.
    """
    if not (folder / "index.html").is_file():
        raise SiteError(f"{folder} holds no built site: give a folder such as _build/html.")
    pages = {
        path.relative_to(folder).as_posix(): read_article(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
    }
    return {name: page for name, page in pages.items() if page and name not in LISTS}


def report(old: dict[str, Article], new: dict[str, Article]) -> str:
    """Return a list of what changed from one site, as `read_site` gives it, to another."""
    lines = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            lines.append(f"- **new** {new[name].title}: `{name}`")
        elif name not in new:
            lines.append(f"- **removed** {old[name].title}: {_link(name, old[name].address)}")
        elif found := differences(old[name], new[name]):
            lines.append(f"- {new[name].title}: {_link(name, old[name].address)}")
            lines += [f"  - {each}" for each in found]
    pages = sum(line.startswith("- ") for line in lines)
    heading = f"### {pages or 'No'} changed page{'s' if pages != 1 else ''}"
    return "\n".join([heading, "", *lines, ""] if lines else [heading, ""])


def _link(name, address):
    return f"[`{name}`]({address})" if address else f"`{name}`"


def main(arguments: list[str] | None = None) -> None:
    """Print what changed from one site to another."""
    parser = argparse.ArgumentParser(
        prog="python -m press.maintain.changed_pages",
        description="Say which pages of a site changed, and in what, as Markdown.",
    )
    parser.add_argument("old", type=Path, help="the folder of the site as it was")
    parser.add_argument("new", type=Path, help="the folder of the site as it is now")
    options = parser.parse_args(arguments)
    try:
        old, new = read_site(options.old), read_site(options.new)
    except SiteError as error:
        sys.exit(str(error))
    print(report(old, new))


if __name__ == "__main__":
    main()
