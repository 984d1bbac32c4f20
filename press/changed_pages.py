"""Say in Markdown which pages differ between two built sites, and in what.

::

    python -m press.changed_pages OLD NEW

``OLD`` and ``NEW`` are folders such as ``_build/html``. Only the article of a page is compared:
menus, links to the neighbours and the hashes of scripts and style sheets change on every page
when one chapter is added. The links lead to where the old pages are published.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup

#: Parts of an article, in the order in which they are taken out of it: a figure lies in an output.
PARTS = {
    "figure": "figure.explorable",
    "output": ".cell_output",
    "code cell": ".cell_input",
    "formula": "math[display=block]",
}
#: Elements that hold running text; one that holds another of them is left to its parts.
BLOCKS = ("p", "li", "dt", "dd", "td", "th", "pre", "img", "h1", "h2", "h3", "h4", "h5", "h6")
#: Pages that Sphinx makes of all others.
LISTS = ("genindex.html", "search.html")


class Page(NamedTuple):
    """A page's title, its published address, the markup of its article, and the parts by kind."""

    title: str
    address: str
    markup: str
    parts: dict[str, list[str]]


def read_page(html: str) -> Page | None:
    """Return what a page says, or None if it has no article.

    Examples
    --------
    >>> read_page("<article><h1>Title</h1><p>One <b>weight</b>.</p></article>").parts["text"]
    ['<h1>Title</h1>', '<p>One <b>weight</b>.</p>']
    """
    page = BeautifulSoup(html, "html.parser")
    article = page.find("article")
    if article is None:
        return None
    for unseen in article.select(".headerlink, template"):
        unseen.decompose()
    for element in article.find_all(src=True):
        element["src"] = element["src"].partition("?")[0]  # what follows is a hash of the file
    heading, canonical = article.find("h1"), page.find("link", rel="canonical")
    title = heading.get_text(" ", strip=True) if heading else ""
    address = canonical["href"] if canonical else ""
    markup, parts = str(article), {}
    for kind, selector in PARTS.items():
        parts[kind] = [str(part.extract()) for part in article.select(selector)]
    leaves = [block for block in article.find_all(BLOCKS) if not block.find(BLOCKS)]
    parts["text"] = [" ".join(str(leaf).split()) for leaf in leaves]
    return Page(title, address, markup, parts)


def differences(old: Page, new: Page) -> list[str]:
    """Return what changed from one page to another, a few words for each kind of part.

    Examples
    --------
    >>> pages = (f"<article><p>{word}.</p><p>Same.</p></article>" for word in ("One", "Two"))
    >>> differences(*map(read_page, pages))
    ['text: 1 changed']
    """
    found = []
    for kind in old.parts:
        before, after = Counter(old.parts[kind]), Counter(new.parts[kind])
        removed, added = before - after, after - before
        changed = min(removed.total(), added.total())
        counts = {
            "changed": changed,
            "added": added.total() - changed,
            "removed": removed.total() - changed,
        }
        said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        if kind == "figure" and said:
            said += f" ({', '.join(sorted(set(map(_figure_id, removed + added))))})"
        if said:
            found.append(f"{kind}: {said}")
    if not found and old.markup != new.markup:
        found.append("markup")  # an order, a class: nothing that is counted, but never silent
    return found


def _figure_id(markup):
    return f"`{BeautifulSoup(markup, 'html.parser').figure.get('id')}`"


def read_site(folder: Path) -> dict[str, Page]:
    """Return the pages of a built site by their path; end with a sentence if there is no site."""
    if not (folder / "index.html").is_file():
        sys.exit(f"{folder} holds no built site: give a folder such as _build/html.")
    pages = {
        path.relative_to(folder).as_posix(): read_page(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
    }
    return {name: page for name, page in pages.items() if page and name not in LISTS}


def report(old: dict[str, Page], new: dict[str, Page]) -> str:
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
    count = sum(line.startswith("- ") for line in lines)
    heading = f"### {count or 'No'} changed page{'s' if count != 1 else ''}\n"
    return "\n".join([heading, *lines, ""] if lines else [heading])


def _link(name, address):
    return f"[`{name}`]({address})" if address else f"`{name}`"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m press.changed_pages",
        description="Say in Markdown which pages differ between two built sites, and in what.",
    )
    parser.add_argument("old", type=Path, help="the folder of the site as it was")
    parser.add_argument("new", type=Path, help="the folder of the site as it is now")
    sites = parser.parse_args()
    print(report(read_site(sites.old), read_site(sites.new)))
