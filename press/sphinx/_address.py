"""What a site needs besides its pages to be found: all of it follows from `html_baseurl`.

``index.html``   leads to the first page, as the old address of a page that moved leads to the new;
                 one of a section or figure stays where it was and says where that is now
``404.html``     what the server shows for an address that never was; its links begin at the
                 server's root, for it may be shown at any depth (sphinx-notfound-page)
``sitemap.xml``  the pages, for search engines (sphinx-sitemap)
cards            what a chat shows for a link to a page (sphinxext-opengraph)
"""

from urllib.parse import urlsplit

from docutils import nodes
from sphinx.errors import ConfigError

_NOT_FOUND = """<h1>Page not found</h1>
<p>There is no page at this address. Perhaps it was copied without its end, or it has a typing
error.</p>
<ul>
<li><a href="{root}{first}.html">Begin at the first page</a></li>
<li><a href="{root}search.html">Search the book</a>, for a word or for an error message</li>
</ul>"""


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_config_value("moved_pages", {}, "html", [dict])
    app.connect("config-inited", _settle, priority=950)  # _toc.yml sets the first page before
    app.connect("html-collect-pages", _redirects)
    app.connect("doctree-resolved", _keep_anchors)


def _settle(app, config):
    root = urlsplit(config.html_baseurl).path or "/"
    config.notfound_urls_prefix = root
    config.notfound_context = {
        "title": "Page not found",
        "body": _NOT_FOUND.format(root=root, first=config.root_doc),
    }
    config.sitemap_excludes = ["404.html", "search.html", "index.html"]
    config.sitemap_excludes += [f"{old}.html" for old in config.moved_pages if "#" not in old]
    config.ogp_site_url = config.html_baseurl


def _redirects(app):
    for old, new in {"index": app.config.root_doc, **app.config.moved_pages}.items():
        if "#" in old or old == new:
            continue
        if old in app.env.titles:
            raise ConfigError(f"moved_pages sends {old!r} elsewhere, but this page exists.")
        yield old, {"target": new, "title": _title(app, old, new)}, "redirect.html"


def _keep_anchors(app, doctree, page):
    """Let each anchor that moved from this page say where its section or figure is now."""
    for old, new in app.config.moved_pages.items():
        here, _, anchor = old.partition("#")
        if here == page and anchor and app.builder.name == "html":
            if anchor in doctree.ids:
                raise ConfigError(f"moved_pages sends {old!r} elsewhere, but it is on the page.")
            target, _, place = new.partition("#")
            address = app.builder.get_relative_uri(page, target) + f"#{place}" * bool(place)
            link = nodes.reference("", _title(app, old, new), refuri=address)
            doctree += nodes.paragraph(
                "",
                "What was here is now in ",
                link,
                nodes.Text("."),
                classes=["moved"],
                ids=[anchor],
            )


def _title(app, old, new):
    page = new.partition("#")[0]
    if page not in app.env.titles:
        raise ConfigError(f"moved_pages sends {old!r} to {new!r}, but there is no such page.")
    return app.env.titles[page].astext()
