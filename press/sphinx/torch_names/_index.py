"""The search knows which chapter is about a name of torch.

Sphinx's search counts on which pages a word is, not how often: a page that has ``no_grad`` once
is as good as the chapter about it. But it shows an index entry first. So each name gets one, in the
chapter that it fills most.
"""

from collections import Counter

from docutils import nodes
from sphinx import addnodes

from ._page import names_on


def setup(app):
    """Called by the package's own `setup`."""
    app.connect("env-updated", _find_homes)
    app.connect("doctree-resolved", _add_entries, priority=400)  # before there are links


def _find_homes(app, env):
    counts = {
        page: Counter(name.name for _, names in names_on(env.get_doctree(page)) for name in names)
        for page in env.found_docs
        if page.startswith("chapters/")
    }
    app.torch_homes = homes(counts)


def homes(counts: dict[str, Counter]) -> dict[str, str]:
    """Return the page that is about each name: often there, and much of what is there.

    Examples
    --------
    >>> homes({"loop": Counter(grad=3, step=1), "all": Counter(grad=4, step=4, item=9)})
    {'grad': 'loop', 'step': 'all', 'item': 'all'}
    """
    best = {}
    for page, names in counts.items():
        for name, count in names.items():
            best[name] = max(best.get(name, (0, "")), (count**2 / names.total(), page))
    return {name: page for name, (_, page) in best.items()}


def _add_entries(app, doctree, docname):
    entries = {}
    for node, names in names_on(doctree):
        for name in {name.name for name in names}:
            if app.torch_homes.get(name) == docname:
                entries.setdefault(name, _section(node))
    # The search takes an entry that is at most twice as long as what was typed.
    doctree += addnodes.index(
        entries=[
            ("single", written, section, "main", None)
            for name, section in entries.items()
            for written in (f"{name}()", f"{name.rpartition('.')[2]}()")
        ]
    )


def _section(node):
    while node and not isinstance(node, nodes.section):
        node = node.parent
    return node["ids"][0] if node else ""
