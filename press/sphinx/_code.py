"""Code on a page: the first use of a name of torch links to torch's documentation.

Words that look like the code around them become no elements of their own, so that a page full of
code is light to lay out. Code that is folded stands below what it shows.
"""

import io
import re
from functools import cache
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from pygments.formatters import HtmlFormatter
from pygments.token import Name, Text
from sphinx.highlighting import PygmentsBridge

_DOTTED = re.compile(r"[\w.]*[^\W\d]\w*")
#: A chapter's own engine has a `grad` and a `backward()` which are not torch's.
_OWN_ENGINE = ("chapters/engine", "exercises/engine")
#: In code that is being formatted, a link is <number> text <end>: letters of no script.
_LINK = re.compile("\ue000(\\d+)\ue001(.*?)\ue002")


def setup(app):
    """Called by the extension's own `setup`."""
    PygmentsBridge.html_formatter = CodeFormatter  # Sphinx's place for another formatter
    app.add_node(HideCodeCellNode, override=True, html=(_visit_fold, _depart_fold))
    app.connect("doctree-resolved", _fold_below)
    app.connect("doctree-resolved", _link_names)


def _fold_below(app, doctree, page):
    for fold in list(doctree.findall(HideCodeCellNode)):
        if fold.next_node(siblings=True, descend=False):
            cell = fold.parent
            cell.remove(fold)
            cell.append(fold)


def _visit_fold(self, node):
    # myst-nb's own summary has a name for screen readers that is not the one on the screen.
    self.body.append(f'<details class="code-fold"><summary>{node["prompt_show"]}</summary>')


def _depart_fold(self, node):
    self.body.append("</details>")


class CodeFormatter(HtmlFormatter):
    """Pygments' formatter, which links each name of its option ``links`` to an address once."""

    def format_unencoded(self, tokensource, outfile):
        """Write the tokens as HTML; a link stands around the last part of its name."""
        links, found, tokens, path = dict(self.options.get("links", {})), [], [], ""
        look = self.style.style_for_token
        for kind, text in tokensource:
            path = path + text if kind in Name or text == "." else ""
            for name in (path, path[path.rfind(".") :]):
                if kind in Name and name in links:
                    found.append(links[name])
                    links = {name: page for name, page in links.items() if page != found[-1]}
                    text = f"\ue000{len(found) - 1}\ue001{text}\ue002"
                    break  # the last part of `torch.autograd.grad` is no tensor's `.grad`
            tokens.append((Text if look(kind) == look(Text) else kind, text))
        html = io.StringIO()
        super().format_unencoded(tokens, html)
        outfile.write(
            _LINK.sub(lambda link: _anchor(found[int(link[1])], link[2]), html.getvalue())
        )


def _anchor(address, text):
    return f'<a class="torch-name" href="{address}">{text}</a>'


@cache
def torch_names() -> dict[str, str]:
    """Return the address that documents each name, as it may be written in code.

    Examples
    --------
    >>> torch_names()[".backward"] == torch_names()["torch.Tensor.backward"]
    True
    >>> torch_names()["nn.Linear"].rpartition("/")[2]
    'torch.nn.Linear.html'
    """
    text = Path(__file__).with_name("torch_names.txt").read_text(encoding="utf-8")
    base, *lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: base + page for page, *names in map(str.split, lines) for name in names}


def _link_names(app, doctree, page):
    if app.builder.format != "html":
        return
    unused = torch_names()
    if page in _OWN_ENGINE:
        unused = {name: place for name, place in unused.items() if not name.startswith(".")}
    for code in list(
        doctree.findall(lambda n: isinstance(n, (nodes.literal_block, nodes.literal)))
    ):
        if isinstance(code, nodes.literal):
            used = [_name_of(code.astext())] if _may_link(code) else []
        elif code.get("language") in ("ipython3", "python"):
            words = _DOTTED.findall(code.astext())
            others = [word for word in words if "." in word and word not in torch_names()]
            used = [*words, *(f".{word.rpartition('.')[2]}" for word in others)]
        else:
            used = []
        links = {name: unused[name] for name in used if name in unused}
        unused = {name: place for name, place in unused.items() if place not in links.values()}
        if links and isinstance(code, nodes.literal):
            (address,) = links.values()
            link = nodes.reference("", "", refuri=address, classes=["torch-name"])
            code.replace_self(link)
            link += code
        elif links:
            code["highlight_args"] = {**code.get("highlight_args", {}), "links": links}


def _name_of(text):
    """Return the name that a piece of code in a sentence is: ``backward(v)`` is ``.backward``."""
    path = re.sub(r"\(.*\)$", "", text, flags=re.DOTALL)
    if path in torch_names() or not _DOTTED.fullmatch(path):
        return path
    return f".{path.rpartition('.')[2]}" if "." in path or path != text else path


def _may_link(node):
    """Return whether a link may stand here: not in another, nor in a title."""
    while node := node.parent:
        if isinstance(node, (nodes.reference, nodes.title)):
            return False
    return True
