"""HTML as a tree, from text."""

from bs4 import BeautifulSoup, Tag


def tree(markup: str) -> BeautifulSoup:
    """Return a document, or some part of one."""
    return BeautifulSoup(markup, "html.parser")


def element(markup: str) -> Tag:
    """Return the one element that `markup` is.

    Examples
    --------
    >>> element("<p>One</p>").string
    'One'
    """
    return tree(markup).find()


def link_to(name: str, text: str = "page ") -> Tag:
    """Return a link to the element `name` that ends with the number of its page."""
    return element(f'<a href="#{name}">{text}<span class="page" data-of="{name}">000</span></a>')
