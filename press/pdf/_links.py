"""Links and ids of a page, when all pages stand in one."""

import posixpath
import re
from collections.abc import Collection
from urllib.parse import quote, unquote, urljoin, urlsplit

from bs4 import Tag

_PIECE = re.compile(r"url\(#([^)]+)\)")  # of a drawing, such as an arrow's head


def anchor(page: str, element: str = "") -> str:
    """Return the id that an element of a page has in the book; that of the page without one.

    Examples
    --------
    >>> anchor("chapters/setup.html", "windows")
    'chapters/setup.html:windows'
    """
    return f"{page}:{element}"


def target(page: str, link: str, pages: Collection[str]) -> str | None:
    """Return the id in the book of what `link` leads to, or None if it leads elsewhere.

    Examples
    --------
    >>> target("exercises/setup.html", "../chapters/setup.html#windows", ["chapters/setup.html"])
    'chapters/setup.html:windows'
    """
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    folder = posixpath.dirname(page)
    name = posixpath.normpath(posixpath.join(folder, unquote(parts.path))) if parts.path else page
    state = "?"  # of a figure: a page's address can carry it
    return anchor(name, unquote(parts.fragment).partition(state)[0]) if name in pages else None


def relink(article: Tag, page: str, pages: Collection[str], site: str | None) -> None:
    """Change the ids and links of a page's article, in place, to those it has in the book.

    Parameters
    ----------
    article
        It is changed in place.
    page
        Its path in the site.
    pages
        The paths of all pages that are in the book.
    site
        Where the site is published: what is not in the book is linked there. None if it is not;
        then such a link becomes plain text.

    Examples
    --------
    >>> from press.pdf._html import element
    >>> article = element('<article><p id="a"></p><a href="b.html#c">C</a></article>')
    >>> relink(article, "a.html", ["a.html", "b.html"], None)
    >>> print(article)
    <article><p id="a.html:a"></p><a href="#b.html:c">C</a></article>
    """
    seen = set()
    for each in article.find_all(True):
        name = each.get("id")
        if name in seen:  # a browser would never go there
            del each["id"]
        elif name:
            seen.add(name)
            each["id"] = anchor(page, name)
        for attribute, value in each.attrs.items():
            if isinstance(value, str) and "url(#" in value:
                each[attribute] = _PIECE.sub(
                    lambda piece: f"url(#{quote(anchor(page, piece[1]), safe='/:')})", value
                )
        for attribute in ("href", "xlink:href"):
            if attribute in each.attrs:
                _follow(each, attribute, page, pages, site)


def _follow(each, attribute, page, pages, site):
    link = each[attribute]
    if place := target(page, link, pages):
        each[attribute] = f"#{place}"
    elif not urlsplit(link).scheme:
        if site:
            each[attribute] = urljoin(urljoin(site, page), link)
        else:
            del each[attribute]


def drop_dead_links(articles: Collection[Tag]) -> None:
    """Make plain text of each link to what is in none of the articles, in place."""
    ids = {article["id"] for article in articles}
    ids |= {each["id"] for article in articles for each in article.find_all(id=True)}
    for article in articles:
        for link in article.select("a[href^='#']"):
            if link["href"][1:] not in ids:
                link.unwrap()
