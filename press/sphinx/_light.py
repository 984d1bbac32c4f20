"""What all pages of the site share becomes one style sheet and one script.

The theme and the extensions give each page two dozen files, most of them made for what this book
does not have, and a megabyte of icons. Once the site is built, the files that every page names
are joined. What only some pages name, such as the player of figures, stays as it is.
"""

import re
from hashlib import sha256
from pathlib import Path

from press.sphinx._prune import prune
from press.sphinx._scripts import join_scripts

_LINK = {
    "css": re.compile(r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*?\bhref="([^"?]+)[^>]*>\n?'),
    "js": re.compile(r'[ \t]*<script\b[^>]*?\bsrc="([^"?]+)[^>]*></script>\n?'),
}
_TAG = {
    "css": '<link rel="stylesheet" href="{}" data-of="{}">\n',
    "js": '<script defer src="{}" data-of="{}"></script>\n',
}
_JOINED = re.compile(r'\bdata-of="([^"]*)"')  # on a page of an earlier build: what it named
_LOGO = re.compile(r'<img (?!loading)(?=[^>]*"[^"]*_static/images/logo_)')  # in a closed menu
_PRELOAD = re.compile(r'<link rel="preload"[^>]*>\n?')

#: The first is a megabyte and a half that draws the icons again, which a font shows already; of
#: the second the pages need only what menus.js does.
_DEAD = ("_static/scripts/fontawesome.js", "_static/scripts/bootstrap.js")
#: The theme names them on every page, but only the page of the search needs them.
_SEARCH = ("_static/searchtools.js", "_static/language_data.js", "searchindex.js")
#: Scripts in the page itself speak to it, so it becomes one of them.
_OPTIONS = "_static/documentation_options.js"


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_js_file("menus.js", loading_method="defer")
    app.connect("build-finished", _finish, priority=900)  # the theme writes a style sheet then


def _finish(app, failure):
    if not failure and app.builder.format == "html":
        lighten(Path(app.outdir), app.config.notfound_urls_prefix)


def lighten(site: Path, root: str = "/") -> None:
    """Join what the pages of the built site in the folder `site` share, in place.

    An incremental build writes only some pages: the others are as this left them. Links begin
    with the way to the site's root, in 404.html with `root`, the path of the site on its server.
    """
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    pages = {path: _PRELOAD.sub("", text) for path, text in pages.items() if "<head>" in text}
    ways = {path: _way(site, path, root) for path in pages}
    for kind in ("js", "css"):  # in this order: scripts say which classes they make
        shared = _shared([_names(text, kind, ways[path]) for path, text in pages.items()])
        texts = {name: (site / name).read_text(encoding="utf-8") for name in shared}
        joined = join_scripts(texts) if kind == "js" else prune(site, texts, pages.values())
        file = site / "_static" / f"site.{kind}"
        file.write_text(joined, encoding="utf-8")
        version = sha256(joined.encode()).hexdigest()[:8]
        for path, text in pages.items():
            pages[path] = _relink(site, path, text, kind, shared, version, ways[path])
    for path, text in pages.items():
        path.write_text(_LOGO.sub('<img loading="lazy" ', text), encoding="utf-8")


def _way(site, path, root):
    """Return what a page writes before a path that is given from the site's root."""
    depth = len(path.relative_to(site).parts) - 1
    return root if path == site / "404.html" else "../" * depth


def _names(text, kind, way):
    """Return the files of one kind that a page names, from the site's root, in their order."""
    names = []
    for match in _LINK[kind].finditer(text):
        if joined := _JOINED.search(match[0]):
            names += joined[1].split()
        elif not match[1].startswith(("http:", "https:", "//")):
            names.append(match[1].removeprefix(way))
    return names


def _shared(names):
    leave = (*_DEAD, _OPTIONS, *_SEARCH)
    return [name for name in names[0] if name not in leave and all(name in n for n in names)]


def _relink(site, path, text, kind, shared, version, way):
    """Return a page with one link in the place of those to the shared files."""
    tag = _TAG[kind].format(f"{way}_static/site.{kind}?v={version}", " ".join(shared))

    def replace(match):
        nonlocal tag
        names = _names(match[0], kind, way)
        if names and set(names) <= set(shared):
            first, tag = tag, ""
            return first
        name = names[0] if len(names) == 1 else None
        if name == _OPTIONS:
            return f"<script>{(site / name).read_text(encoding='utf-8')}</script>\n"
        if name in _DEAD or (name in _SEARCH and path.name != "search.html"):
            return ""
        if kind == "js" and "defer" not in match[0]:  # it must not run before what is joined
            return match[0].replace("<script", "<script defer", 1)
        return match[0]

    return _LINK[kind].sub(replace, text)
