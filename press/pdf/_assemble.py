"""All pages of the built site as one page of HTML, in the order of a book on paper."""

import re
from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from bs4 import Tag

from press.pdf._exercises import take_out
from press.pdf._html import element, link_to, tree
from press.pdf._links import anchor, drop_dead_links, relink
from press.pdf._paper import for_paper

_STYLE = Path(__file__).parent / "paper.css"


class _Chapter(NamedTuple):
    part: str  # the caption above it, or nothing
    title: str
    article: Tag


def assemble(site: Path) -> str:
    """Return the book as one page of HTML: cover, contents, all pages, hints, solutions.

    It names style sheets and pictures of the site, which must stay where it is.
    """
    root = re.search(r'url=([^"]+)"', (site / "index.html").read_text(encoding="utf-8"))[1]
    home = _soup(site / root)
    published = _published(home, root)
    listed = _listed(home, root)
    names = [name for _, _, name in listed]
    chapters, styles = [], {}
    for part, title, name in listed:
        soup = _soup(site / name)
        _make_absolute(soup, site / name)
        styles |= {link["href"]: None for link in soup.select("link[rel=stylesheet]")}
        article = soup.select_one("article")
        for_paper(article, published and published + name)
        relink(article, name, names, published)
        article["id"] = anchor(name)
        chapters.append(_Chapter(part, title, article))
    cover = _cover(home, chapters[0].article, published)
    chapters[0].article.h1.string = chapters[0].title
    for article in take_out([chapter.article for chapter in chapters]):
        chapters.append(_Chapter("", article.h1.string, article))
    drop_dead_links([chapter.article for chapter in chapters])
    heads = "\n".join(
        f"@page chapter{number} {{@top-left {{content: {_css_string(chapter.title)}}}}}"
        for number, chapter in enumerate(chapters)
    )
    sheets = "\n".join(f'<link rel="stylesheet" href="{style}">' for style in styles)
    return f"""<!DOCTYPE html>
<html lang="{home.html["lang"]}" data-theme="light">
<head>
<meta charset="utf-8">
<title>{escape(_title(home))}</title>
{sheets}
<style>
{_STYLE.read_text(encoding="utf-8")}
{heads}
</style>
</head>
<body>
{cover}
{_contents(chapters)}
<main class="bd-content">
{_body(chapters)}
</main>
</body>
</html>
"""


def _soup(path):
    return tree(path.read_text(encoding="utf-8"))


def _published(home, root):
    """Return the address of the published site, if its pages tell it."""
    canonical = home.select_one("link[rel=canonical]")
    return canonical["href"].removesuffix(root) if canonical else None


def _listed(home, root):
    """Return part, title and path of each page, as the site's navigation lists them."""
    listed = [("", "Introduction", root)]
    for caption in home.select("nav.bd-links p.caption"):
        part = caption.get_text(strip=True)
        for link in caption.find_next_sibling("ul").select("a[href]"):
            listed.append((part, link.get_text(strip=True), link["href"]))
    return listed


def _make_absolute(soup, page):
    """Let a page name its files by addresses that are right everywhere, in place."""
    for file in soup.select("link[rel=stylesheet], article img"):
        attribute = "href" if file.name == "link" else "src"
        path, _, _ = unquote(file[attribute]).partition("?")
        if ":" not in path:
            file[attribute] = (page.parent / path).resolve().as_uri()


def _title(home):
    return next(home.select_one("article h1").stripped_strings)


def _css_string(text):
    return '"' + re.sub(r'["\\<\n]', lambda sign: f"\\{ord(sign[0]):x} ", text) + '"'


def _cover(home, introduction, published):
    """Return the first page: title, the question that the introduction begins with, authors."""
    made = home.select(".component-author, .copyright")
    at = f' at <a href="{published}">{published}</a>' if published else " on the site"
    return f"""<header>
<h1>{escape(_title(home))}</h1>
<p>{introduction.strong}</p>
<p class="made">{"<br>".join(" ".join(each.stripped_strings) for each in made)}</p>
<p class="edition">This is the book on paper. A figure stands still here, and the line below it
says in which position; its sliders move{at}. Code that only draws is left out.
The hints for all exercises stand at the end, and after them all solutions.</p>
</header>"""


def _contents(chapters):
    lines, part = [], ""
    for chapter in chapters:
        if chapter.part not in ("", part):
            lines.append(f'<li class="part">{escape(chapter.part)}</li>')
        part = chapter.part
        lines.append(f"<li>{link_to(chapter.article['id'], escape(chapter.title) + ' ')}</li>")
    return f'<nav id="contents"><h1>Contents</h1>\n<ul>\n{"".join(lines)}\n</ul></nav>'


def _body(chapters):
    part = ""
    for number, chapter in enumerate(chapters):
        if chapter.part:
            _lower_headings(chapter.article)
        if chapter.part not in ("", part):
            chapter.article.insert(0, element(f'<h1 class="part">{escape(chapter.part)}</h1>'))
        part = chapter.part
        chapter.article["style"] = f"page: chapter{number}"
    return "\n".join(str(chapter.article) for chapter in chapters)


def _lower_headings(article):
    """Make room for the heading of a part above those of its chapters, in place."""
    for level in range(5, 0, -1):
        for heading in article.find_all(f"h{level}"):
            heading.name = f"h{level + 1}"
