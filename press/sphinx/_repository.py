"""A fork's site links to the fork.

``_config.yml`` names the book's own repository. A fork leaves that as it is, or every merge from
the book would be a conflict. In a fork's CI GitHub Actions says where it runs, and that wins: the
edit, issue, source and launch buttons are all made from the two theme options set here, and where
a page itself names the repository, it names the fork.
"""

import os


def setup(app):
    """Set the options as soon as ``_config.yml`` is read."""
    app.connect("config-inited", _link_to_this_repository)


def _link_to_this_repository(app, config):
    if not {"GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_REF_NAME"} <= os.environ.keys():
        return  # built by hand
    repository = os.environ["GITHUB_REPOSITORY"]
    url = f"{os.environ['GITHUB_SERVER_URL']}/{repository}"
    options = config.html_theme_options
    original = options.get("repository_url", url)
    if original != url:
        app.connect("source-read", lambda *page: _replace(page[-1], original, url))
        if config.html_baseurl:
            owner, name = repository.split("/")
            config.html_baseurl = f"https://{owner.lower()}.github.io/{name}/"
    options["repository_url"] = url
    # In a pull request's build the ref is one like 12/merge, which has no file to show or to
    # edit. The branch that the request is made to has them, and that is where they will be.
    options["repository_branch"] = (
        os.environ.get("GITHUB_BASE_REF") or os.environ["GITHUB_REF_NAME"]
    )


def _replace(source, old, new):
    source[0] = source[0].replace(old, new)  # Sphinx passes a page's text as a list of one
