"""Names of torch link to its documentation, and nothing else does."""

import re
from contextlib import suppress
from operator import attrgetter
from urllib.parse import quote

import pytest
import torch
import torch.utils.checkpoint  # which the inventory names too
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from press.sphinx.torch_names._inventory import FILE, inventory, is_class
from press.sphinx.torch_names._link import insert
from press.sphinx.torch_names._prose import name_in_prose
from press.sphinx.torch_names._read import read
from tests.conftest import ROOT

DOCUMENTATION = "https://docs.pytorch.org/docs/2.13/"


def test_the_inventory_is_of_the_torch_that_the_book_is_checked_with():
    pinned = re.search(r"^torch==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert f"torch {pinned[1]} " in FILE.read_text(encoding="utf-8")


def test_torch_has_what_the_inventory_names():
    for name, entry in inventory().items():
        value = torch if name == "torch" else attrgetter(name.removeprefix("torch."))(torch)
        assert isinstance(value, type) or not is_class(name)
        if entry.kind.startswith("torch."):  # said to be an attribute, so it must not be a method
            assert not callable(value)


def linked(*sources):
    """Return the names that are found, each as it is written."""
    reading = read(sources)
    return [
        (source[name.start : name.end], name.name)
        for source, names in zip(sources, reading.names, strict=True)
        for name in names
    ]


TENSOR = "import torch\nw = torch.tensor(1.0)\n"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("w.grad", "torch.Tensor.grad"),
        ("w.grad.item()", "torch.Tensor.item"),
        ("(2 * w - 1).detach()", "torch.Tensor.detach"),
        ("-w[0].exp()", "torch.Tensor.exp"),
        ("(w > 0).tolist()", "torch.Tensor.tolist"),
        ("[v.sum() for v in [w, w]]", "torch.Tensor.sum"),
        ("for i, v in enumerate(w.split(2)): v.sum()", "torch.Tensor.sum"),
        ("for a, b in zip(w, [1, 2]): a.sum()", "torch.Tensor.sum"),
        ("(g,) = torch.autograd.grad(w, w); g.norm()", "torch.Tensor.norm"),
        ("def f(v): return v * v\nf(w).backward()", "torch.Tensor.backward"),
        ("def f(v): v.backward()\nf(w)", "torch.Tensor.backward"),
        ("model = torch.nn.Linear(1, 1)\nmodel.zero_grad()", "torch.nn.Module.zero_grad"),
        ("model = torch.nn.Linear(1, 1)\nmodel(w).mean()", "torch.Tensor.mean"),
        ("torch.nn.Linear(1, 1).double().eval()", "torch.nn.Module.eval"),
        ("opt = torch.optim.SGD([w], 0.1)\nopt.step()", "torch.optim.Optimizer.step"),
        ("from torch import nn as n\nn.ReLU()", "torch.nn.ReLU"),
        ("from torch.nn import functional as F\nF.relu(w)", "torch.nn.functional.relu"),
        ("make = torch.ones\nmake(3)", "torch.ones"),
        ("@torch.no_grad()\ndef f(): pass", "torch.no_grad"),
        ('f"é {w.grad}"', "torch.Tensor.grad"),
        ("%matplotlib inline\nw.T", "torch.Tensor.T"),
        ("w += 1\nw.sum()", "torch.Tensor.sum"),
    ],
)
def test_a_name_of_torch_is_found(code, name):
    written, found = linked(TENSOR, code)[-1]
    assert found == name
    assert written in code


@pytest.mark.parametrize(
    "code",
    [
        "import matplotlib.pyplot as plt\nplt.figure().scatter([], [])",
        "{}.values()",
        "w = 1.0\nw.real",
        "if w > 0: w = 1\nw.sum()",
        "for w in [1, 2]: pass\nw.real",
        "for i in range(2):\n    x.sum()\n    x = w\n    x = 1\n",
        "def f(v): v.sum()\nf(w), f(1)",
        "def f(v): v.sum()\nf(w)\nprint(f)",
        "def f(*v): v.sum()\nf(w)",
        "def f(u, v): v.sum()\nf(*[1], w)",
        "def f(): w.sum()\nw = 1\nf()",
        "lambda w: w.sum()",
        "[w.sum() for w in 'abc']",
        "class Scalar:\n    def backward(self): pass\nScalar().backward()",
        "import os as torch\ntorch.ones",
        "w.data",  # torch documents it nowhere
        "w.no_such_name",
        "this is not Python w.grad",
    ],
)
def test_there_is_no_link_where_the_type_is_another_or_unknown(code):
    assert linked(TENSOR, code) == linked(TENSOR)


NAMES = st.sampled_from("ab")
VALUES = st.one_of(
    NAMES,
    st.sampled_from(["torch.ones(2)", "1.5", "torch.ones(2).sum()", "f(a)", "f(b)", "f(1)"]),
    st.builds("({} + {})".format, NAMES, NAMES),
    st.builds("({} if coin() else {})".format, NAMES, NAMES),
    st.builds("(lambda: a.T + {})()".format, NAMES),
)
ASSIGNMENTS = st.builds("{} = {}".format, NAMES, VALUES)
BLOCKS = st.builds(
    "{}:\n    {}\n    a.T; b.T\n    {}".format,
    st.sampled_from(["for _ in (1, 2)", "if coin()", "while coin()", "for a in (1, b)", "def g()"]),
    ASSIGNMENTS,
    ASSIGNMENTS,
)
LINES = st.lists(st.one_of(ASSIGNMENTS, BLOCKS, st.just("a.T; b.T")), max_size=6)


@given(VALUES.filter(lambda value: "f(" not in value), LINES, st.lists(st.booleans(), max_size=9))
def test_what_is_linked_is_a_tensor_whenever_it_runs(result, lines, coins):
    """A program with branches, loops and a function runs, and each link is asked what it is on."""
    function = f"def f(a):\n    a.T; b.T\n    return {result}"
    program = "\n".join(["import torch", "a = torch.ones(2)", "b = 1", function, *lines])
    for name in reversed(read([program]).names[0]):
        if name.name == "torch.Tensor.T":
            start = name.start - 2  # of a.T
            program = f"{program[:start]}check({program[start]}){program[name.end :]}"

    def check(value):
        assert isinstance(value, torch.Tensor)
        return value

    coin = iter([*coins, *[False] * 99]).__next__
    with suppress(AttributeError, UnboundLocalError):  # a number has no .T
        program = re.sub(r"\b([ab])\.T", r"\1", program)
        exec(program, {"check": check, "coin": coin})  # noqa: S102


@pytest.mark.parametrize(
    ("prose", "name"),
    [
        ("torch.no_grad()", "torch.no_grad"),
        ("nn.ReLU(inplace=True)", "torch.nn.ReLU"),
        ("no_grad", "torch.no_grad"),
        (".grad", "torch.Tensor.grad"),
        ("w.grad", "torch.Tensor.grad"),
        ("backward()", "torch.Tensor.backward"),
        ("retain_grad()", "torch.Tensor.retain_grad"),  # not in the page's code
        ("w.grad - 1", None),
        ("grad", None),
        ("numpy", None),
        ("sum(w)", None),
        ("scatter()", None),  # in the page's code it is another's
        ("torch.no_such_name", None),
        ("torch.Tensor.data", None),
    ],
)
def test_a_name_in_the_text_is_what_the_code_says(prose, name):
    code = "import matplotlib.pyplot as plt\nw.grad, w.backward(), w.sum(), plt.scatter()"
    assert name_in_prose(prose, read([TENSOR, code])) == name


def test_a_page_about_another_backward_does_not_link_it():
    reading = read([TENSOR, "from other import Scalar\nw.backward(), Scalar(1).backward()"])
    assert name_in_prose("backward()", reading) is None


def coloured(code):
    return highlight(code, PythonLexer(stripnl=False), HtmlFormatter())


@given(st.lists(st.sampled_from(["w.grad", "@w", "x < 'é'", "f'{w.grad}'", '"""\n&"""', "w\n"])))
def test_links_change_nothing_of_the_text(pieces):
    code = "\n".join(pieces)
    links = [(match.start(), match.end(), "<a>") for match in re.finditer(r"\bw(\.grad)?\b", code)]
    page = BeautifulSoup(insert(coloured(code), links), "html.parser")
    assert page.get_text() == BeautifulSoup(coloured(code), "html.parser").get_text()
    wanted = {code[start:end] for start, end, _ in links}
    assert {link.get_text().lstrip("@") for link in page.find_all("a")} <= wanted
    assert len(page.find_all("a")) == len(links)


@pytest.fixture(scope="module")
def chapter(site):
    page = (site / "chapters" / "one-weight.html").read_text(encoding="utf-8")
    return BeautifulSoup(page, "html.parser")


def test_the_site_links_to_the_documentation_of_the_pinned_torch(chapter):
    links = chapter.select("a.torch-name")
    assert {link["href"] for link in links if link.text in ("w.grad", "grad")} == {
        f"{DOCUMENTATION}generated/torch.Tensor.grad.html"
    }
    assert {"torch.tensor", "torch.no_grad", "torch.no_grad()"} <= {link.text for link in links}


def test_the_tab_key_stops_once_at_each_page_of_the_documentation(chapter):
    links = chapter.select("a.torch-name")
    stops = [link["href"] for link in links if link.get("tabindex") != "-1"]
    assert sorted(stops) == sorted({link["href"] for link in links})


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("torch.no_grad()", "no-grad"),
        ("no_grad", "no-grad"),
        ("requires_grad_", "tensors"),
        ("retain_grad", "tensors"),
        ("zero_grad", "accumulate"),
        ("torch.autograd.grad", "chain-rule"),
        ("retain_graph", "errors"),
    ],
)
def test_the_search_shows_the_chapter_about_a_name_first(site, page, query, first):
    page.goto(f"{(site / 'search.html').as_uri()}?q={quote(query)}")
    link = page.locator("#search-results ul.search li a").first
    assert f"chapters/{first}.html" in link.get_attribute("href")
