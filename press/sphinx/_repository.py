"""A fork's site links to the fork.

``_config.yml`` names the book's own repository. A fork leaves that as it is, or every merge from
the book would be a conflict. In a fork's CI GitHub Actions says where it runs, and that wins: the
edit, issue and launch links are all made from the two settings made here, and where a page itself
names the repository, it names the fork.
"""

import os


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_config_value("repository", "", "env", [str])
    app.add_config_value("repository_branch", "main", "env", [str])
    app.connect("config-inited", _settle)


def _settle(app, config):
    # Jupyter Book hands them over as options of its own theme, which ours has not.
    given, config.html_theme_options = config.html_theme_options, {}
    config.repository = original = given.get("repository_url", "")
    config.repository_branch = given.get("repository_branch") or "main"
    if not {"GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_REF_NAME"} <= os.environ.keys():
        return  # built by hand
    repository = os.environ["GITHUB_REPOSITORY"]
    config.repository = url = f"{os.environ['GITHUB_SERVER_URL']}/{repository}"
    if original not in ("", url):
        app.connect("source-read", lambda *page: _replace(page[-1], original, url))
        if config.html_baseurl:
            owner, name = repository.split("/")
            config.html_baseurl = f"https://{owner.lower()}.github.io/{name}/"
    # In a pull request's build the ref is one like 12/merge, which has no file to show or to
    # edit. The branch that the request is made to has them, and that is where they will be.
    config.repository_branch = os.environ.get("GITHUB_BASE_REF") or os.environ["GITHUB_REF_NAME"]


def _replace(source, old, new):
    source[0] = source[0].replace(old, new)  # Sphinx passes a page's text as a list of one
