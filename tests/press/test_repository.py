"""Links to the repository: press/sphinx/_repository.py."""

import os
import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils


@pytest.fixture
def links(tmp_path, monkeypatch):
    """A function that builds a page in an environment and returns its links to other sites."""
    for name in list(os.environ):
        if name.startswith("GITHUB_"):  # these tests may run in GitHub Actions themselves
            monkeypatch.delenv(name)
    text = "# Title\n\n[Clone](https://github.com/author/book/archive/HEAD.zip) it."
    page = new_notebook(cells=[new_markdown_cell(text, id="title")])
    page.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(page, tmp_path / "index.ipynb")  # only a notebook has launch buttons

    def links(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with patch_docutils(tmp_path), docutils_namespace():
            Sphinx(
                tmp_path, None, tmp_path / "out", tmp_path / "doctrees", "html",
                {
                    "extensions": ["myst_nb", "press.sphinx"],
                    "html_math_renderer": "mathml",
                    "html_theme": "furo",
                    "html_baseurl": "https://book.example/",
                    # A fresh dictionary each time: the extension writes into it.
                    "html_theme_options": {
                        "repository_url": "https://github.com/author/book",
                        "repository_branch": "main",
                    },
                },
                status=None, warningiserror=True,
            ).build()  # fmt: skip
        html = Path(tmp_path, "out", "index.html").read_text()
        return set(re.findall(r'href="(https://[^"]*)"', html))

    return links


def test_book(links):
    """Built by hand, the links go where _config.yml says."""
    assert links() >= {
        "https://github.com/author/book/archive/HEAD.zip",
        "https://github.com/author/book/edit/main/index.ipynb",
        "https://mybinder.org/v2/gh/author/book/main?urlpath=lab/tree/index.ipynb",
        "https://colab.research.google.com/github/author/book/blob/launch/index.ipynb",
        "https://book.example/index.html",
    }


def test_fork(links):
    """A fork's site edits, launches and names the fork, and never the book it came from."""
    found = links(
        GITHUB_SERVER_URL="https://github.com",
        GITHUB_REPOSITORY="Teacher/course",
        GITHUB_REF_NAME="spring",
    )
    assert found >= {
        "https://github.com/Teacher/course/archive/HEAD.zip",
        "https://github.com/Teacher/course/edit/spring/index.ipynb",
        "https://mybinder.org/v2/gh/Teacher/course/spring?urlpath=lab/tree/index.ipynb",
        "https://colab.research.google.com/github/Teacher/course/blob/launch/index.ipynb",
        "https://teacher.github.io/course/index.html",
        "https://teacher.github.io/course/book.pdf",
        "https://teacher.github.io/course/book.zip",
    }
    assert not any("author/book" in link or "book.example" in link for link in found)


def test_own_ci(links):
    """The book's own CI keeps the address of its site, which may be a domain of its own."""
    found = links(
        GITHUB_SERVER_URL="https://github.com",
        GITHUB_REPOSITORY="author/book",
        GITHUB_REF_NAME="next",
    )
    assert "https://github.com/author/book/edit/next/index.ipynb" in found
    assert "https://book.example/index.html" in found


def test_pull_request(links):
    """A pull request's build links to the branch that the request is made to, which exists."""
    found = links(
        GITHUB_SERVER_URL="https://github.com",
        GITHUB_REPOSITORY="author/book",
        GITHUB_REF_NAME="12/merge",
        GITHUB_HEAD_REF="typo",
        GITHUB_BASE_REF="main",
    )
    assert "https://github.com/author/book/edit/main/index.ipynb" in found
    assert not any("merge" in link or "typo" in link for link in found)
