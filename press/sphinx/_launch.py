"""The launch menu opens a notebook on Colab and on a JupyterHub, as well as on Binder.

The theme has links for both, but to the branch that is edited, whose notebooks would not find
the book's packages there. Ours lead to the branch that `press.launch` makes. And the theme
knows one hub for all readers; ours asks for the reader's own, and `launch.js` remembers it.
"""

from urllib.parse import urlencode, urlsplit

from press.launch import BRANCH

#: Says what a hub must have; where no script runs, the menu leads there.
_HELP = "chapters/teaching"
_HELP_ANCHOR = "on-a-jupyterhub"


def setup(app):
    """Called by the extension's own `setup`."""
    app.connect("html-page-context", _add_buttons, priority=600)  # the theme makes the menu at 500
    app.add_js_file("launch.js", loading_method="defer")
    app.add_css_file("launch.css")


def _add_buttons(app, pagename, templatename, context, doctree):
    buttons = context.get("header_buttons", ())
    menu = next((b["buttons"] for b in buttons if b.get("label") == "launch-buttons"), None)
    if menu is None:
        return
    repository = app.config.html_theme_options["repository_url"]
    notebook = f"{pagename}.ipynb"
    menu.append(_button("Colab", "logo_colab.png", colab(repository, notebook)))
    if _HELP in app.env.found_docs:
        address = context["pathto"](_HELP)
        hub = f"{address}?{urlencode({'pull': pull(repository, notebook)})}#{_HELP_ANCHOR}"
        menu.append(_button("JupyterHub", "logo_jupyterhub.svg", hub))


def _button(name, icon, url):
    return {
        "type": "link",
        "text": name,
        "tooltip": f"Launch on {name}",
        "icon": f"_static/images/{icon}",
        "url": url,
    }


def colab(repository: str, notebook: str) -> str:
    """Return the address that opens a notebook of a GitHub repository on Colab.

    Examples
    --------
    >>> colab("https://github.com/owner/name", "chapters/one.ipynb")
    'https://colab.research.google.com/github/owner/name/blob/launch/chapters/one.ipynb'
    """
    path = urlsplit(repository).path
    return f"https://colab.research.google.com/github{path}/blob/{BRANCH}/{notebook}"


def pull(repository: str, notebook: str) -> str:
    """Return what follows a hub's address in a link of nbgitpuller.

    Source: nbgitpuller's documentation of its links: ``repo``, ``branch`` and ``urlpath``.

    Examples
    --------
    >>> pull("https://github.com/owner/name", "chapters/one.ipynb")[:50]
    'hub/user-redirect/git-pull?repo=https%3A%2F%2Fgith'
    """
    name = urlsplit(repository).path.rpartition("/")[2]
    query = {"repo": repository, "branch": BRANCH, "urlpath": f"lab/tree/{name}/{notebook}"}
    return f"hub/user-redirect/git-pull?{urlencode(query)}"
