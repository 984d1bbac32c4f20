"""The book's own search: an index of answers, each with the address at which it opens.

One document for each section of a page (which an entry of the Error clinic and an exercise are
too) and for each word of the glossary. Title and the reader's own words weigh most; pictures,
code that draws, and what a solution says are left out. ``static/search.js`` looks in it with
MiniSearch as one types; the index is a script, so that it also comes from the disk. Sphinx's
index of words and its script are not made.

``search.toml`` holds what readers type: words that mean the same, and questions with the section
that answers them.
"""

import json
import keyword
import re
import tomllib
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from press.sphinx._theme import PATH

logger = logging.getLogger(__name__)

WORDS = Path(__file__).with_name("search.toml")
#: Begins the last line of an entry, which lists what people type when they look for it.
ALSO = "Also asked as:"
#: The page that leads to all entries, and its section that holds a field.
CLINIC, FIELD = "chapters/errors", "find-your-message"
#: What leads on, and answers nothing.
_NOT = (
    "Further reading",
    "Where to go on",
    "What is next",
    "Forty confusions",
    "Fifty-five topics",
    "Documentation, code and discussions",
)
#: Found as answers of their own, or no prose.
_ELSEWHERE = (nodes.section, nodes.raw, nodes.title, addnodes.glossary)
_NAME = re.compile(r"[A-Za-z_][\w.]{2,}")
_ROAD = re.compile(r"\bMore in .*?\.(?= |$)|^(About )?\d+ minutes\b.*")  #: to other pages, or here
_ANY = {*keyword.kwlist, "print", "range", "torch", "Cure"}  #: in programs about anything


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("config-inited", _add_page)
    app.connect("builder-inited", _no_index_of_words)
    app.connect("doctree-resolved", _add_field)
    app.connect("html-collect-pages", _write)
    app.add_js_file("search.js", loading_method="defer")


def _add_page(app, config):
    config.html_additional_pages["search"] = "search.html"


def _no_index_of_words(app):
    app.builder.search = False


def _add_field(app, doctree, page):
    if page == CLINIC and app.builder.name == "html":
        for section in doctree.findall(nodes.section):
            if FIELD in section["ids"]:
                field = app.builder.templates.render("field.html", {"kind": "entries"})
                section.insert(1, nodes.raw("", field, format="html"))


def _write(app):
    """Write the index beside the other scripts; it makes no page itself."""
    if app.builder.name == "html":
        found = [
            answer for page in sorted(app.env.found_docs) for answer in _answers(app.env, page)
        ]
        words = tomllib.loads(WORDS.read_text())
        places = {answer["at"]: answer for answer in found}
        for place, questions in words["asked"].items():
            if place in places:
                places[place]["words"] += " . " + " . ".join(questions)
            elif place.partition(".html")[0] in app.env.found_docs:
                logger.warning("search.toml: there is no section %s", place, type="search")
        data = {"answers": found, "same": words["same"]}
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        Path(app.outdir, "_static", "search-index.js").write_text(f"const searchIndex={text};\n")
    return []


def _answers(env, page):
    """Yield what can be found on a page: ``at`` is its address from the root of the site."""
    document = env.get_doctree(page)
    title = env.titles[page].astext()
    kind = page.partition("/")[0].removesuffix("s") if page.startswith("exercises/") else "section"
    if page.startswith(CLINIC):
        kind = "list" if page == CLINIC else "entry"
    for section in document.findall(nodes.section):
        if section[0].astext() in _NOT or section.parent[0].astext() == PATH:
            continue  # the second are the landing page's groups of cards
        if section.parent is document:  # the page itself
            yield _answer(section, page, "", title, "page" if kind == "entry" else kind)
        else:
            yield _answer(section, page, section["ids"][-1], title, kind)
    for item in document.findall(nodes.definition_list_item):
        if isinstance(item.parent.parent, addnodes.glossary):
            term = next(item.findall(nodes.term))
            yield _answer(item, page, term["ids"][0], title, "word")


def _answer(node, page, anchor, chapter, kind):
    name = next(node.findall(nodes.term if kind == "word" else nodes.title))
    prose, words, code = [], [], []
    for part in _parts(node, folded=kind != "exercise"):
        text = " ".join(_text(part).split())
        if isinstance(part, nodes.literal_block):
            message = part["language"] not in ("python", "myst-ansi")
            code += [text] if message else sorted({*_NAME.findall(text)} - _ANY)
        elif text.startswith(ALSO):
            words.append(text.removeprefix(ALSO))
        else:
            prose.append(_ROAD.sub("", text).strip())
    return {
        "at": f"{page}.html" + f"#{anchor}" * bool(anchor),
        "title": name.astext(),
        "chapter": chapter,
        "kind": kind,
        "words": " ".join(words),
        "code": " ".join(code),
        "prose": " ".join(prose),
    }


def _parts(node, folded):
    """Yield the paragraphs and blocks of code of a section, without those below another heading.

    Hints and solutions are `folded`: they stand between two pieces of HTML.
    """
    depth = 0
    for child in node.children:
        if isinstance(child, nodes.raw):
            depth += child.astext().count("<details") - child.astext().count("</details>")
        elif depth and not folded:
            continue
        elif isinstance(child, nodes.paragraph | nodes.literal_block):
            yield child
        elif isinstance(child, nodes.Element) and not isinstance(child, _ELSEWHERE):
            draws = any("hide" in name for name in child["classes"])  # a cell that is folded
            yield from () if draws else _parts(child, folded)


def _text(node):
    """Return what a reader would say of a paragraph: of a formula only what is short and plain."""
    if isinstance(node, nodes.math):
        return node.astext() if re.fullmatch(r"[\w =+().,-]{1,24}", node.astext()) else "…"
    if isinstance(node, nodes.Text | nodes.literal_block):
        return node.astext()
    return "".join(map(_text, node.children))
