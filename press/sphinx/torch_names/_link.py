"""Links in code that Pygments has coloured."""

import re
from collections.abc import Iterable
from html import escape, unescape

_SPAN = re.compile(r"<span[^>]*>([^<]*)</span>|<[^>]*>|([^<]+)")


def opening(address: str, first: bool) -> str:
    """Return the opening tag of a link to torch's documentation.

    The Tab key stops at the first link to an address on a page, and not at those that repeat it:
    a program of ten lines may hold twenty.
    """
    tabindex = "" if first else ' tabindex="-1"'
    return f'<a class="torch-name" href="{escape(address)}"{tabindex}>'


def insert(html: str, links: Iterable[tuple[int, int, str]]) -> str:
    """Return highlighted code with links.

    Parameters
    ----------
    html
        Code as Pygments' formatter writes it.
    links
        For each link its first and its last but one character in the code, and its opening tag.
        Where these are no ends of Pygments' tokens, there is no link.

    Examples
    --------
    >>> insert('<pre><span class="n">w</span> <span class="n">x</span></pre>', [(2, 3, "<a>")])
    '<pre><span class="n">w</span> <a><span class="n">x</span></a></pre>'
    """
    begins, ends, place = {}, {}, 0
    for match in _SPAN.finditer(html):
        text = unescape(match[1] or match[2] or "")
        if match[1]:
            begins[place + text.startswith("@")] = match.start()  # @ and a name are one token
            ends[place + len(text)] = match.end()
        place += len(text)
    pieces = {}
    for start, end, tag in links:
        if start in begins and end in ends:
            pieces[begins[start]], pieces[ends[end]] = tag, "</a>"
    for place, piece in sorted(pieces.items(), reverse=True):
        html = html[:place] + piece + html[place:]
    return html
