"""That pages are found: addresses stay, and what search engines and shared links read is right."""

import re
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from xml.etree import ElementTree

import pytest
import yaml

from tests.conftest import ROOT
from tests.site.looks import faults

BASE = "https://autograd-in-motion.github.io/autograd-in-motion/"
#: Every address that was ever published: add to it, take nothing away.
ADDRESSES = (ROOT / "tests" / "site" / "addresses.txt").read_text(encoding="utf-8").split()


def _pages(site):
    """Return the pages that a reader may want, by their path from the site's root."""
    no_page = {"404.html", "genindex.html", "index.html", "search.html"}
    names = {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - no_page
    return {name for name in names if not name.startswith("_")}


def test_an_address_once_published_stays(site):
    pages = {address: site / address.partition("#")[0] for address in ADDRESSES}
    gone = [address for address, page in pages.items() if not page.is_file()]
    gone += [
        address
        for address, page in pages.items()
        if "#" in address and f'id="{address.partition("#")[2]}"' not in page.read_text()
    ]
    assert not gone, f"name the new place of {gone} under moved_pages in _config.yml"


def test_what_moved_is_where_it_is_said_to_be(site):
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    places = config["sphinx"]["config"]["moved_pages"].values()
    pages = {place: place.partition("#")[0] for place in places}
    texts = {page: (site / f"{page}.html").read_text("utf-8") for page in pages.values()}
    gone = [p for p in pages if "#" in p and f'id="{p.partition("#")[2]}"' not in texts[pages[p]]]
    assert gone == []


def test_a_new_page_promises_to_stay(site):
    assert _pages(site) <= set(ADDRESSES), "add it to tests/site/addresses.txt"


def test_the_sitemap_holds_every_page(site):
    places = ElementTree.parse(site / "sitemap.xml").getroot().itertext()
    assert set(filter(str.strip, places)) == {BASE + name for name in _pages(site)}


def test_a_page_says_where_it_is_and_how_to_show_a_link_to_it(site):
    for name in _pages(site):
        text = (site / name).read_text(encoding="utf-8")
        assert f'<link rel="canonical" href="{BASE}{name}"' in text
        tags = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', text))
        assert tags["og:url"] == BASE + name
        assert tags["og:site_name"] == "Autograd in Motion"
        assert tags["og:title"] and len(tags["og:description"]) > 20
        assert tags["og:image:alt"]
        picture = site / tags["og:image"].removeprefix(BASE)
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def github_pages(site):
    """The site as its server shows it: below a path, and 404.html where there is nothing."""

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path):
            return super().translate_path(path.removeprefix("/autograd-in-motion"))

        def send_error(self, code, *_):
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((site / "404.html").read_bytes())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/autograd-in-motion"
    server.shutdown()


@pytest.mark.parametrize("wrong", ["no-such-page.html", "chapters/no/such.html"])
def test_a_wrong_address_leads_on(github_pages, page, wrong):
    failed = []
    page.on(
        "response", lambda r: None if r.status < 400 or wrong in r.url else failed.append(r.url)
    )
    page.goto(f"{github_pages}/{wrong}", wait_until="networkidle")
    assert page.title().startswith("Page not found")
    assert (
        page.locator("article h1").evaluate("e => getComputedStyle(e, '::after').width") != "auto"
    )
    assert faults(page) == []
    page.click("text=Begin at the first page")
    page.wait_for_url(f"{github_pages}/intro.html")
    page.go_back()
    page.locator(".sidebar-tree a", has_text="One weight learns").first.click()
    page.wait_for_url(f"{github_pages}/chapters/one-weight.html")
    assert failed == []


def test_the_start_page_leads_to_the_first(site, served, page):
    for address in (served, site.as_uri()):
        page.goto(f"{address}/index.html")
        page.wait_for_url(f"{address}/intro.html")


def test_a_start_page_that_was_opened_inside_a_zip_file_says_what_to_do(site, tmp_path, page):
    alone = tmp_path / "index.html"
    alone.write_bytes((site / "index.html").read_bytes())
    page.goto(alone.as_uri())
    page.wait_for_selector("text=unpack the whole folder first")
    assert page.url == alone.as_uri()
    assert faults(page) == []


@pytest.fixture
def build(tmp_path):
    """A function that builds a small site with pages that moved."""
    for name in ("start.md", "now.md"):
        (tmp_path / name).write_text(f"# The title of {name}\n")
    (tmp_path / "start.md").write_text("# Start\n\n```{toctree}\nnow\n```\n")

    def build(moved_pages):
        settings = {
            "extensions": [
                "myst_parser",
                "notfound.extension",
                "sphinx_sitemap",
                "press.sphinx",
            ],
            "html_math_renderer": "mathml",
            "html_theme": "furo",
            "html_baseurl": BASE,
            "html_favicon": str(ROOT / "press/sphinx/static/favicon.svg"),
            "language": "en",
            "root_doc": "start",
            "moved_pages": moved_pages,
        }
        lines = (f"{name} = {value!r}" for name, value in settings.items())
        (tmp_path / "conf.py").write_text("\n".join(lines), encoding="utf-8")
        # Not in this process: sphinx-sitemap starts another, which would hold the browser's pipe.
        command = [sys.executable, "-m", "sphinx", tmp_path, tmp_path / "out"]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    return build


def test_a_page_that_moved_takes_its_readers_along(build, tmp_path, page):
    assert build({"old/place": "now"}).returncode == 0
    site = tmp_path / "out"
    page.goto(f"{site.as_uri()}/old/place.html?q=1#here")
    page.wait_for_url(f"{site.as_uri()}/now.html?q=1#here")
    text = Path(site, "old", "place.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in text and "<title>The title of now.md</title>" in text
    assert "place" not in Path(site, "sitemap.xml").read_text(encoding="utf-8")


def test_a_figure_that_moved_takes_its_readers_and_its_settings_along(build, tmp_path, browser):
    assert build({"start#fig-old": "now#fig-new"}).returncode == 0
    site = (tmp_path / "out").as_uri()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/start.html#fig-old?lr=0.2")
    page.wait_for_url(f"{site}/now.html#fig-new?lr=0.2")
    context.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/start.html#fig-old")
    assert page.locator(".moved").is_visible()
    page.click(".moved a")
    page.wait_for_url(f"{site}/now.html#fig-new")
    context.close()


@pytest.mark.parametrize(
    ("moved", "reason"),
    [
        ({"old": "gone"}, "there is no such page"),
        ({"now": "start"}, "this page exists"),
        ({"start#start": "now"}, "it is on the page"),
    ],
)
def test_a_wrong_move_is_said(build, moved, reason):
    done = build(moved)
    assert done.returncode != 0 and reason in done.stderr
