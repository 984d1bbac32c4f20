"""Furo, and what stands around a page's text: its place in the book, and what a reader can do there.

Furo extends by Jinja templates, which are in ``templates/``; this module hands them their data.

``place``    where the page stands in the book, as ``_toc.yml`` orders it
``parts``    the whole book for the menu at the left
``actions``  open the notebook live, download it or the book, edit the page
"""

from pathlib import Path
from urllib.parse import quote, urlsplit

from docutils import nodes

from press.launch import BRANCH

#: The part of ``_toc.yml`` whose pages are numbered; each has its exercises below it.
PATH = "The path"
#: What Sphinx, Furo and the extensions load on each page, though only these pages use it.
_ONLY_ON = {
    "doctools.js": (),
    "sphinx_highlight.js": (),
    "furo-extensions.js": (),  # empty
    "furo-extensions.css": (),  # styles of extensions that the book does not use
}


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_config_value("repository", "", "env", [str])
    app.add_config_value("repository_branch", "main", "env", [str])
    app.connect("config-inited", _settle, priority=700)  # a fork's address is known by then
    app.connect("builder-inited", _colour_dark_code, priority=100)  # Furo reads it at 500
    app.connect("html-page-context", _add_data)
    app.connect("html-page-context", _only_what_is_used, priority=900)
    app.add_node(nodes.citation, override=True, html=(_visit_source, _depart_source))
    app.add_css_file("text.css", priority=150)
    app.add_css_file("book.css", priority=700)
    app.add_js_file("page.js", loading_method="defer")


def _settle(app, config):
    """Take from Jupyter Book's options of its own theme what ours has to know."""
    given = config.html_theme_options
    config.repository = given.get("repository_url", "")
    config.repository_branch = given.get("repository_branch") or "main"
    config.html_theme_options = {}
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
        actions["live"] = {
            "Binder": binder(repository, branch, source),
            "Colab": colab(repository, source),
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


def binder(repository: str, branch: str, notebook: str) -> str:
    """Return the address that opens a notebook of a GitHub repository in JupyterLab on Binder.

    Examples
    --------
    >>> binder("https://github.com/owner/name", "main", "chapters/one.ipynb")
    'https://mybinder.org/v2/gh/owner/name/main?urlpath=lab/tree/chapters/one.ipynb'
    """
    branch = quote(branch, safe="")
    return f"https://mybinder.org/v2/gh{urlsplit(repository).path}/{branch}?urlpath=lab/tree/{notebook}"


def colab(repository: str, notebook: str) -> str:
    """Return the address that opens a notebook on Colab, from the branch that installs the book.

    Examples
    --------
    >>> colab("https://github.com/owner/name", "chapters/one.ipynb")
    'https://colab.research.google.com/github/owner/name/blob/launch/chapters/one.ipynb'
    """
    path = urlsplit(repository).path
    return f"https://colab.research.google.com/github{path}/blob/{BRANCH}/{notebook}"


def _visit_source(self, node):
    """Write a source of the list of references: docutils' own role for it is deprecated."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">')
    self.body.append(self.starttag(node, "div", classes=["citation"], role="listitem"))


def _depart_source(self, node):
    last = not isinstance(node.next_node(descend=False, siblings=True), nodes.citation)
    self.body.append("</div></div>" if last else "</div>")


def _only_what_is_used(app, pagename, templatename, context, doctree):
    """Leave out what this page does not use, and let the rest wait until the page is there."""
    for kind in ("css_files", "script_files"):
        context[kind] = [
            file for file in context[kind] if pagename in _ONLY_ON.get(_name(file), (pagename,))
        ]
    if pagename != "search":
        context["script_files"] = [
            type(script)(
                script.filename, priority=script.priority, **{"defer": "defer", **script.attributes}
            )
            if _name(script)
            else script
            for script in context["script_files"]
        ]


def _name(file):
    return str(getattr(file, "filename", None) or "").rpartition("/")[2]
