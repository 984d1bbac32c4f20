"""Plain Markdown links reach all that the book has, and say so when they do not.

MyST finds pages and headings. Here, ahead of it, are found a figure with settings, a word of the
glossary, and an anchor (``<a id="…"></a>``)::

    [0.21](one-weight.ipynb#fig-training-replay?lr=0.21)
    [leaf](glossary.md#leaf)
    [an error](errors.ipynb#error-backward-twice)

What leads nowhere is a warning that names the nearest place there is.
"""

import difflib
import json
import re
from functools import cache
from urllib.parse import quote, unquote

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)

_MINUS = "\N{MINUS SIGN}"


def setup(app):
    """Called by the extension's own `setup`."""
    app.add_post_transform(PlainLinks)


def heading_slug(title: str) -> str:
    """Return the anchor of a heading, as JupyterLab makes it.

    Examples
    --------
    >>> heading_slug("Four lines, one loop")
    'Four-lines,-one-loop'
    """
    return title.replace(" ", "-")


class PlainLinks(SphinxPostTransform):
    """Resolve ``page#place`` and ``#place`` ahead of MyST, whose resolver has priority 9."""

    default_priority = 8

    def run(self):
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link["reftype"] == "myst":
                try:
                    reference = self._resolve(link)
                except _NowhereError as nowhere:
                    text = f"{nowhere} [plain.link]"
                    logger.warning(text, location=link, type="plain", subtype="link")
                    reference = link[0]
                if reference:
                    link.replace_self(reference)

    def _resolve(self, link):
        """Return a reference, or None for what MyST finds or misses by itself."""
        builder, here = self.app.builder, link["refdoc"]
        elsewhere = link["refdomain"] == "doc"
        page = link["reftarget"] if elsewhere else here
        target = unquote((link["reftargetid"] if elsewhere else link["reftarget"]) or "")
        if not target or page not in self.env.all_docs:
            return None
        name, _, settings = target.partition("?")
        if name.startswith("fig-"):
            controls = _find(_figures(self.env, page), name, "figure", page)
            query = "&".join(_setting(name, controls, text) for text in settings.split("&") if text)
            if query and not isinstance(builder, SingleFileHTMLBuilder):  # paper has no settings
                name += f"?{query}"
            address = builder.get_relative_uri(here, page) if elsewhere else ""
            look = {"internal": True, "classes": ["figure-link"]}
            return nodes.reference("", "", link[0], refuri=f"{address}#{name}", **look)
        places = _places(self.env, page)
        if target in places or elsewhere:
            element = _find(places, target, "place", page)
            return make_refnode(builder, here, page, element, link[0])
        return None


class _NowhereError(Exception):
    """Says what is not there, and what is nearest."""


def _find(known, name, kind, owner):
    """Return what `known` has under a name, or raise with the nearest one."""
    if name in known:
        return known[name]
    try:
        nearest = min(known, key=lambda label: abs(float(label) - float(name)), default=None)
    except ValueError:
        nearest = next(iter(difflib.get_close_matches(name, known, 1, cutoff=0)), None)
    hint = f"; the nearest is {nearest!r}" if nearest else ""
    raise _NowhereError(f"{owner} has no {kind} {name!r}{hint}")


@cache  # a page is linked to from many others
def _places(env, page):
    """Return the ids of a page by the names that a link may use, without its figures."""
    places = {}
    for (kind, word), (where, element) in env.get_domain("std").objects.items():
        if kind == "term" and where == page:
            places[heading_slug(word.lower())] = element
    for raw in env.get_doctree(page).findall(nodes.raw):
        places |= {name: name for name in re.findall(r'<a id="([^"]+)">', raw.astext())}
    headings = env.metadata[page].get("myst_slugs", {})
    return places | {slug: element for slug, (_, element, _) in headings.items()}


@cache
def _figures(env, page):
    """Return a page's figures by id, each with its controls by name and their labels."""
    found = {}
    for raw in env.get_doctree(page).findall(nodes.raw):
        if 'class="explorable"' in raw.astext():
            html = BeautifulSoup(raw.astext(), "html.parser")
            for figure in html.select("figure.explorable[id]"):
                data = figure.find("script", type="application/json")
                controls = json.loads(data.string)["controls"] if data else []
                found[figure["id"]] = {name: _labels(row) for name, _, _, row in controls}
    return found


def _labels(row):
    """Return the labels of a control, which may be stored as first, step, digits and count."""
    if isinstance(row[0], str):
        return row
    first, step, digits, count = row
    numbers = (f"{(first + k * step) / 10**digits:.{digits}f}" for k in range(count))
    return [number.replace("-", _MINUS) for number in numbers]


def _setting(figure, controls, text):
    """Return ``control=value`` of a figure as its address has it."""
    control, _, value = text.partition("=")
    labels = _find(controls, control, "control", figure)
    written = {label.replace(_MINUS, "-"): label for label in labels}
    return f"{control}={quote(_find(written, value.replace(_MINUS, '-'), control, figure))}"
