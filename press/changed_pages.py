"""Say in Markdown which pages differ between two built sites, and which of their figures.

::

    python -m press.changed_pages OLD NEW

``OLD`` and ``NEW`` are folders such as ``_build/html``. Only the article of a page is compared:
menus, links to the neighbours and the hashes of scripts and style sheets change on every page
when one chapter is added. The links lead to where the old pages are published.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup


class Page(NamedTuple):
    """A page's title, its published address, and what its article has: text and figures."""

    title: str
    address: str
    parts: dict[str, str]


def read_page(html: str) -> Page | None:
    """Return what a page says, or None if it has no article.

    Examples
    --------
    >>> read_page("<article><h1>Title</h1><p>One <b>weight</b>.</p></article>").title
    'Title'
    """
    page = BeautifulSoup(html, "html.parser")
    article = page.find("article")
    if article is None:
        return None
    for unseen in article.select(".headerlink, template"):
        unseen.decompose()
    for element in article.find_all(src=True):
        element["src"] = element["src"].partition("?")[0]  # what follows is a hash of the file
    figures = article.select("figure.explorable[id]")
    parts = {f"`{figure['id']}`": str(figure.extract()) for figure in figures}
    heading, canonical = article.find("h1"), page.find("link", rel="canonical")
    title = heading.get_text(" ", strip=True) if heading else ""
    return Page(title, canonical["href"] if canonical else "", {"text": str(article), **parts})


def read_site(folder: Path) -> dict[str, Page]:
    """Return the pages of a built site by their path; end with a sentence if there is no site."""
    if not (folder / "index.html").is_file():
        sys.exit(f"{folder} holds no built site: give a folder such as _build/html.")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    pages = {name: read_page((folder / name).read_text(encoding="utf-8")) for name in names}
    # Sphinx makes an index of all other pages.
    return {name: page for name, page in pages.items() if page}


def report(old: dict[str, Page], new: dict[str, Page]) -> str:
    """Return a list of what changed from one site, as `read_site` gives it, to another."""
    lines = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            lines.append(f"- **new** {new[name].title}: `{name}`")
        elif name not in new:
            lines.append(f"- **removed** {old[name].title}: [`{name}`]({old[name].address})")
        elif parts := changed(old[name], new[name]):
            link = f"[`{name}`]({old[name].address})"
            lines.append(f"- {new[name].title}: {link}, {', '.join(parts)}")
    heading = f"### {len(lines) or 'No'} changed page{'s' if len(lines) != 1 else ''}\n"
    return "\n".join([heading, *lines, ""] if lines else [heading])


def changed(old: Page, new: Page) -> list[str]:
    """Return what is not the same on two pages: ids of figures, and "text"."""
    names = sorted(old.parts.keys() | new.parts.keys())
    return [name for name in names if old.parts.get(name) != new.parts.get(name)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="python -m press.changed_pages",
        description="Say in Markdown which pages differ between two built sites, and in what.",
    )
    parser.add_argument("old", type=Path, help="the folder of the site as it was")
    parser.add_argument("new", type=Path, help="the folder of the site as it is now")
    sites = parser.parse_args()
    print(report(read_site(sites.old), read_site(sites.new)))
