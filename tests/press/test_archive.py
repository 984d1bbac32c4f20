"""The whole book as a file: press.archive, and the links to it."""

import re
import shutil
import subprocess
import sys
from zipfile import ZipFile

import pytest

from press.archive import archive
from tests.conftest import ROOT


@pytest.fixture
def copy(site, tmp_path):
    """The book's site, of which other tests see nothing change."""
    return shutil.copytree(site, tmp_path / "html")


def test_unpacked_it_opens_from_the_disk(copy, tmp_path, browser):
    ZipFile(archive(copy)).extractall(tmp_path / "USB stick 书")
    page = browser.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(request.url))
    page.goto((tmp_path / "USB stick 书" / "autograd-in-motion" / "index.html").as_uri())
    page.wait_for_url("**/intro.html")
    assert "Drag the green ball" in page.inner_text("article")
    page.click("article >> text=One weight learns")
    page.wait_for_selector("figure.explorable input:enabled")
    assert wrong == []
    page.close()


def test_it_holds_each_file_and_not_itself(tmp_path):
    for name in ("index.html", "deep/page.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    archive(tmp_path)
    packed = ZipFile(archive(tmp_path)).namelist()
    assert packed == ["autograd-in-motion/deep/page.html", "autograd-in-motion/index.html"]


def test_one_sentence_says_that_there_is_no_site(tmp_path):
    command = [sys.executable, "-m", "press.archive", tmp_path]
    run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert run.stderr.startswith(f"There is no built site in {tmp_path}: run `jupyter-book build")


def test_each_page_links_to_the_published_files(site):
    for name in ("intro", "chapters/errors", "exercises/concepts"):
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        base = re.search(r'rel="canonical" href="(.*)' + name, text)[1]
        assert f'href="{base}book.pdf"' in text and f'href="{base}book.zip"' in text


def test_each_deploy_makes_them_between_building_and_publishing():
    workflow = (ROOT / ".github" / "workflows" / "deploy.yml").read_text(encoding="utf-8")
    steps = ("jupyter-book build", "-m press.pdf", "-m press.archive", "upload-pages")
    places = [workflow.index(step) for step in steps]
    assert places == sorted(places)
