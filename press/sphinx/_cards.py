"""The card that a chat or another site shows for a link to a page: title, question, first figure.

sphinxext-opengraph writes the tags of a card and finds its words. Its own pictures hold words
alone; ours has the page's first figure, which resvg turns from SVG into the PNG that those sites
ask for.
"""

import re
from pathlib import Path
from textwrap import wrap
from xml.sax.saxutils import escape

import resvg_py
from docutils import nodes
from matplotlib import get_data_path

WIDTH, HEIGHT = 1200, 630  # what the large sites ask for
_MARGIN, _WORDS = 60, 500  # the words stand at the left, the figure in what remains
_FIGURE = re.compile(r'<figure class="explorable".*?(<svg\b.*?</svg>)', re.DOTALL)
_FONTS = str(Path(get_data_path(), "fonts", "ttf"))


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("config-inited", _settle, priority=600)  # a fork's address is known by then
    app.connect("html-page-context", _add_card, priority=400)  # sphinxext-opengraph: 500


def _settle(app, config):
    config.ogp_site_url = config.html_baseurl
    config.ogp_social_cards = {"enable": False}
    config.ogp_custom_meta_tags = ['<meta name="twitter:card" content="summary_large_image">']


def _add_card(app, pagename, templatename, context, doctree):
    if not doctree or not app.config.html_baseurl:
        return
    title = app.env.titles[pagename].astext()
    # A chapter begins with its question.
    question = next((" ".join(p.astext().split()) for p in doctree.findall(nodes.paragraph)), "")
    file = Path(app.outdir, "_images", "cards", f"{pagename}.png")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(card(app.config.project, title, question, _first_figure(doctree)))
    address = app.config.html_baseurl + file.relative_to(app.outdir).as_posix()
    context["meta"] = {
        **(context["meta"] or {}),
        "og:image": address,
        "og:image:alt": f"{title}. {question}",
    }


def _first_figure(doctree):
    for raw in doctree.findall(nodes.raw):
        if found := _FIGURE.search(raw.astext()):
            return found[1]
    return None


def card(book: str, title: str, question: str, figure: str | None = None) -> bytes:
    """Return the card of a page as a PNG of `WIDTH` by `HEIGHT` pixels.

    Parameters
    ----------
    book, title, question
        Plain texts: the book's name, and the page's title and question.
    figure
        An SVG element with a ``viewBox``, as `explorable.explore` stores it.

    Examples
    --------
    >>> card("A book", "A title", "A question?")[1:4]
    b'PNG'
    """
    width = _WORDS if figure else WIDTH - 2 * _MARGIN
    size = f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif"'
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}>']
    y = _MARGIN
    for text, size, style in [
        (book, 28, 'fill="#0072b2" font-weight="bold"'),
        (title, 56, 'fill="#111" font-weight="bold"'),
        (question, 28, 'fill="#444"'),
    ]:
        for line in wrap(text, int(width / (0.6 * size))):  # a letter is at most 0.6 wide
            y += 1.3 * size
            svg.append(
                f'<text x="{_MARGIN}" y="{y}" font-size="{size}" {style}>{escape(line)}</text>'
            )
        y += 20
    if figure:
        svg.append(_at_the_right(figure))
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string="".join([*svg, "</svg>"]),
            background="white",
            skip_system_fonts=True,  # matplotlib's are the same on every machine
            font_dirs=[_FONTS],
            sans_serif_family="DejaVu Sans",
            monospace_family="DejaVu Sans Mono",
        )
    )


def _at_the_right(figure):
    left = _MARGIN + _WORDS
    place = (
        f'x="{left}" y="{_MARGIN}" width="{WIDTH - _MARGIN - left}" height="{HEIGHT - 2 * _MARGIN}"'
    )
    plain = re.sub(r"var\(--[\w-]+,([^()]*)\)", r"\1", figure)  # resvg knows no custom properties
    return re.sub(r' width="[^"]*" height="[^"]*"', f" {place}", plain, count=1)
