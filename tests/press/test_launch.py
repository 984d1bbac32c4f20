"""Notebooks open elsewhere: on Binder, on Colab, on the reader's own JupyterHub.

What Binder installs is in test_binder.py. Colab and a hub cannot be reached from here: these
tests hold the links, the dialog, and that the copies behind the links are whole.
"""

import re
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest

from press.launch import BRANCH, main
from tests.conftest import NOTEBOOKS, ROOT
from tests.site.looks import faults, open_page

REPOSITORY = "https://github.com/autograd-in-motion/autograd-in-motion"


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_every_notebook_has_three_ways_to_run(site, notebook):
    text = (site / notebook.with_suffix(".html")).read_text(encoding="utf-8")
    menu = text.partition("dropdown-launch-buttons")[2].partition("</ul>")[0]
    binder, colab, hub = re.findall(r'<a href="([^"]+)"', menu)
    assert binder.endswith(f"?urlpath=lab/tree/{notebook}")
    assert colab.endswith(f"/autograd-in-motion/autograd-in-motion/blob/{BRANCH}/{notebook}")
    (path,) = parse_qs(urlsplit(hub).query)["pull"]
    assert parse_qs(urlsplit(path).query) == {
        "repo": [REPOSITORY],
        "branch": [BRANCH],
        "urlpath": [f"lab/tree/autograd-in-motion/{notebook}"],
    }


def test_the_copies_differ_by_one_cell_that_installs(tmp_path):
    main([str(tmp_path), REPOSITORY, "0123abc"])
    for notebook in NOTEBOOKS:
        ours = nbformat.read(ROOT / notebook, as_version=4)
        copy = nbformat.read(tmp_path / notebook, as_version=4)
        nbformat.validate(copy)
        assert copy.cells[1:] == ours.cells
        explorable, book = re.findall(r'%pip install --quiet "(.*)"', copy.cells[0].source)
        assert explorable == f"explorable @ git+{REPOSITORY}@0123abc#subdirectory=explorable"
        assert book == f"autograd-in-motion[notebooks] @ git+{REPOSITORY}@0123abc"


@pytest.fixture
def page(browser):
    context = browser.new_context()
    page = context.new_page()
    yield page
    context.close()


def test_the_hub_is_asked_for_once(page, site):
    page.context.route("https://hub.example/**", lambda route: route.fulfill(body="a hub"))
    for typed in ("https://hub.example", None):  # the second time it is remembered
        open_page(page, site, "chapters/one-weight")
        page.click(".dropdown-launch-buttons > button")
        page.click("text=JupyterHub")
        if typed:
            page.click("#launch-hub >> text=Open >> nth=-1")
            assert page.locator("#launch-hub").is_visible()  # it wants an address first
            page.fill("#launch-hub input", typed)
        with page.context.expect_page() as opened:
            page.keyboard.press("Enter")
        address = urlsplit(opened.value.url)
        assert (address.netloc, address.path) == ("hub.example", "/hub/user-redirect/git-pull")
        assert parse_qs(address.query)["repo"] == [REPOSITORY]
        assert page.locator("#launch-hub").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_in_the_dialog(page, site, scheme, width):
    open_page(page, site, "chapters/one-weight", scheme, width)
    page.click(".dropdown-launch-buttons > button")
    page.click("text=JupyterHub")
    assert faults(page, "#launch-hub") == []
    page.keyboard.press("Escape")
    assert page.locator("#launch-hub").is_hidden()


def test_without_a_script_the_menu_leads_to_the_help(site):
    text = (site / "chapters" / "one-weight.html").read_text(encoding="utf-8")
    assert re.search(r'href="teaching\.html\?pull=[^"]*#on-a-jupyterhub"', text)
    assert 'id="on-a-jupyterhub"' in (site / "chapters" / "teaching.html").read_text("utf-8")
