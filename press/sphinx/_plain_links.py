"""Plain Markdown links reach all that the book has, and say so when they do not.

MyST finds pages and headings. Here, ahead of it, are found a figure with settings, a word of the
glossary, an anchor (``<a id="…"></a>``), and a source of the bibliography::

    [0.21](one-weight.ipynb#fig-training-replay?lr=0.21)
    [leaf](glossary.md#leaf)
    [an error](errors.ipynb#error-backward-twice)
    [Paszke 2019](references.md#paszke2019)

What leads nowhere is a warning that names the nearest place there is.
"""

import difflib
import json
import re
from urllib.parse import quote, unquote

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)


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


def figures(doctree: nodes.document) -> dict[str, dict[str, list[str]]]:
    """Return a page's figures by id, each with the labels that its controls show."""
    found = {}
    for raw in doctree.findall(nodes.raw):
        if 'class="explorable"' in raw.astext():
            for figure in BeautifulSoup(raw.astext(), "html.parser").select(
                "figure.explorable[id]"
            ):
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
    return [number.replace("-", "\N{MINUS SIGN}") for number in numbers]


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
        elsewhere = link["refdomain"] == "doc"
        page = link["reftarget"] if elsewhere else link["refdoc"]
        target = unquote((link["reftargetid"] if elsewhere else link["reftarget"]) or "")
        if not target or page not in self.env.all_docs:
            return None
        if element := _places(self.env, page).get(target):
            return make_refnode(self.app.builder, link["refdoc"], page, element, link[0])
        name, _, settings = target.partition("?")
        if settings or name.startswith("fig-"):
            return self._resolve_figure(link, page, name, settings)
        if elsewhere:
            places = [*_places(self.env, page), *figures(self.env.get_doctree(page))]
            raise _NowhereError(f"no {target!r} in {page}", target, places)
        return None

    def _resolve_figure(self, link, page, name, settings):
        drawn = figures(self.env.get_doctree(page))
        if name not in drawn:
            raise _NowhereError(f"no figure {name!r} in {page}", name, drawn)
        state = "&".join(_setting(name, drawn[name], text) for text in settings.split("&") if text)
        builder, here = self.app.builder, link["refdoc"]
        address = builder.get_relative_uri(here, page) if page != here else ""
        on_paper = isinstance(builder, SingleFileHTMLBuilder)  # where nothing can be set
        query = f"?{state}" if state and not on_paper else ""
        classes = ["figure-link"]
        return nodes.reference(
            "", "", link[0], refuri=f"{address}#{name}{query}", internal=True, classes=classes
        )


def _places(env, page):
    """Return the ids of a page by the names that a link may use, without its figures."""
    std = env.get_domain("std")
    places = {}
    for (kind, word), (where, element) in std.objects.items():
        if kind == "term" and where == page:
            places[heading_slug(word.lower())] = element
    if "cite" in env.domains:
        for source in env.get_domain("cite").citations:
            if source.bibliography_key.docname == page:
                places[source.key] = source.citation_id
    headings = env.metadata[page].get("myst_slugs", {})
    places |= {name: name for name in _anchors(env.get_doctree(page))}
    return places | {slug: element for slug, (_, element, _) in headings.items()}


def _anchors(doctree):
    for raw in doctree.findall(nodes.raw):
        yield from re.findall(r'<a id="([^"]+)">', raw.astext())


def _setting(figure, controls, text):
    """Return ``control=value`` of a figure as its address has it."""
    control, _, value = text.partition("=")
    if control not in controls:
        raise _NowhereError(f"{figure} has no control {control!r}", control, controls)
    labels = {label.replace("\N{MINUS SIGN}", "-"): label for label in controls[control]}
    typed = value.replace("\N{MINUS SIGN}", "-")
    if typed not in labels:
        raise _NowhereError(f"{control!r} of {figure} has no value {value!r}", typed, labels)
    return f"{control}={quote(labels[typed])}"


class _NowhereError(Exception):
    def __init__(self, text, wanted, known):
        nearest = _nearest(wanted, list(known))
        super().__init__(text + (f"; the nearest is {nearest!r}" if nearest else ""))


def _nearest(wanted, known):
    try:
        return min(known, key=lambda label: abs(float(label) - float(wanted)), default=None)
    except ValueError:
        return next(iter(difflib.get_close_matches(wanted, known, 1, cutoff=0)), None)
