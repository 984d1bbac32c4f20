"""Furo, and what stands around a page's text: its place in the book, and what a reader can do there.

Furo extends by Jinja templates, which are in ``templates/``; this module hands them their data.

``place``    where the page stands in the book, as ``_toc.yml`` orders it
``parts``    the whole book for the menu at the left
``actions``  open the notebook live, download it or the book, edit the page
"""

from pathlib import Path
from urllib.parse import quote, urlsplit

from press.launch import BRANCH

#: The part of ``_toc.yml`` whose pages are numbered; each has its exercises below it.
PATH = "The path"
#: What Sphinx and Furo load on each page, though none uses it: furo-extensions.js is empty, its
#: style sheet is for extensions that the book has not.
UNUSED = {"doctools.js", "sphinx_highlight.js", "furo-extensions.js", "furo-extensions.css"}


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("config-inited", _add_folders)
    app.connect("builder-inited", _colour_dark_code, priority=100)  # Furo reads it at 500
    app.connect("html-page-context", _add_data)
    app.connect("html-page-context", _load_less, priority=900)
    app.add_css_file("text.css", priority=150)
    app.add_css_file("book.css", priority=700)
    app.add_js_file("page.js", loading_method="defer")


def _add_folders(app, config):
    here = Path(__file__).parent
    config.templates_path.append(str(here / "templates"))
    # Not a folder named _static: Jupyter Book would load what is in there on every page.
    config.html_static_path.append(str(here / "static"))


def _colour_dark_code(app):
    if app.builder.format == "html":  # Furo, which has this setting, is loaded for no other
        app.config.pygments_dark_style = "press.sphinx.colours.Dark"


def _add_data(app, pagename, templatename, context, doctree):
    book = _parts(app)
    for part in book:
        for number, page in enumerate(part["pages"], start=1):
            if part["caption"] == PATH:
                page["number"] = number
            if pagename in [each["name"] for each in (page, *page["pages"])]:
                context["place"] = {"part": part, "page": page}
    context["parts"] = book
    context["actions"] = _actions(app, pagename) if doctree else {}


def _parts(app):
    """Return the captions of the book, with their pages, and these with the pages below them."""
    site_map = getattr(app.env, "external_site_map", None)
    if site_map is None:
        return []

    def pages(names):
        return [
            {
                "name": name,
                "title": app.env.titles[name].astext(),
                "pages": pages(n for tree in site_map[name].subtrees for n in tree.files()),
            }
            for name in names
            if name in app.env.titles
        ]

    return [
        {"caption": tree.caption, "pages": pages(tree.files())} for tree in site_map.root.subtrees
    ]


def _actions(app, page):
    """Return the labels and addresses of what the head of a page offers."""
    repository, branch = app.config.repository, app.config.repository_branch
    source = Path(app.env.doc2path(page, base=False)).as_posix()
    is_notebook = source.endswith(".ipynb")
    book = app.config.html_baseurl.rstrip("/")
    actions = {"live": {}, "download": {}}
    if is_notebook:
        actions["notebook"] = source
    if is_notebook and repository:
        path, tag = urlsplit(repository).path, quote(branch, safe="")
        actions["live"] = {
            "Binder": f"https://mybinder.org/v2/gh{path}/{tag}?urlpath=lab/tree/{source}",
            # a branch whose notebooks install the book
            "Colab": f"https://colab.research.google.com/github{path}/blob/{BRANCH}/{source}",
        }
    if book:
        actions["download"] = {
            "Whole book for paper (.pdf)": f"{book}/book.pdf",
            "Whole book for a USB stick (.zip)": f"{book}/book.zip",
        }
    if repository:
        actions["edit"] = f"{repository}/edit/{branch}/{source}"
        actions["issue"] = f"{repository}/issues/new/choose"
    return actions


def _load_less(app, pagename, templatename, context, doctree):
    """Leave out what no page uses, and let scripts wait until the page is there."""
    for kind in ("css_files", "script_files"):
        context[kind] = [
            file for file in context[kind] if Path(file.filename or "").name not in UNUSED
        ]
    for script in context["script_files"]:
        if script.filename:
            script.attributes.setdefault("defer", "defer")
