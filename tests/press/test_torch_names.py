"""Names of torch link to its documentation: each is torch's, and is linked once on a page."""

import re
from functools import reduce

import torch
from pygments import highlight
from pygments.lexers import PythonLexer

from press.sphinx._code import CodeFormatter, torch_names
from tests.conftest import ROOT


def test_the_names_are_those_of_the_torch_that_the_book_is_checked_with():
    wanted = re.search(r"^torch==(\d+\.\d+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    for name, address in torch_names().items():
        assert f"/docs/{wanted[1]}/" in address
        if name.startswith("torch."):
            assert reduce(getattr, name.split(".")[1:], torch) is not NotImplemented


def test_a_name_is_linked_once_on_a_page(site):
    used = set()
    for page in (*site.glob("chapters/*.html"), *site.glob("exercises/*.html")):
        links = re.findall(r'<a class="torch-name[^"]*" href="([^"]+)"', page.read_text("utf-8"))
        assert len(links) == len(set(links)), page
        used.update(links)
    assert 40 < len(used) and used <= set(torch_names().values())


def test_the_engines_own_gradients_are_not_torchs(site):
    text = (site / "chapters" / "engine.html").read_text(encoding="utf-8")
    assert "torch.Tensor.backward.html" not in text and 'class="torch-name' in text


def test_a_name_whose_last_part_is_another_name_is_one_link():
    """`torch.autograd.grad` and a tensor's `.grad`, both new in one piece of code."""
    code = "(slope,) = torch.autograd.grad(loss, w)\nw.grad\n"
    links = {"torch.autograd.grad": "function.html", ".grad": "attribute.html"}
    html = highlight(code, PythonLexer(), CodeFormatter(links=links))
    found = re.findall(r'<a class="torch-name" href="(\w+).html">(\w+)</a>', html)
    assert found == [("function", "grad"), ("attribute", "grad")]
    assert re.sub("<[^>]*>", "", html).strip() == code.strip()
