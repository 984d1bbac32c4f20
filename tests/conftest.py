"""The built site and the browser, for the tests that read a page as a reader does."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from filelock import FileLock
from hypothesis import settings

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted(
    path.relative_to(ROOT)
    for folder in (".", "chapters", "exercises")
    for path in (ROOT / folder).glob("*.ipynb")
)
CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# No deadlines: a slow machine is not a failure. In CI the same examples each time, so that a
# change is not refused for what it did not do; at home new ones.
settings.register_profile("book", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("book")


@pytest.fixture(scope="session", autouse=True)
def building(request, tmp_path_factory, worker_id):
    """The site in the making, from the first test on if one wants it, while others run."""
    if not any("site" in getattr(item, "fixturenames", ()) for item in request.session.items):
        yield None
        return
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(_build, shared)


def _build(shared):
    """Build the site once for all workers, as a reader builds it, but strictly."""
    with FileLock(shared / "site.lock"):
        if not (shared / "site").is_dir():
            jupyter_book = Path(sys.executable).with_name("jupyter-book")
            output = ["--path-output", str(shared / "site")]
            build = subprocess.run(
                [jupyter_book, "build", ROOT, *output, "-n", "-W", "--keep-going"],
                check=False,
                capture_output=True,
                text=True,
            )
            assert build.returncode == 0, build.stdout + build.stderr
    return shared / "site" / "_build" / "html"


@pytest.fixture(scope="session")
def site(building) -> Path:
    """The folder of the site."""
    return building.result()


@pytest.fixture(scope="session")
def served(site):
    """The site's address over http, on this machine alone."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def addresses(site, served):
    """The site's address, over http and from the disk."""
    return {"http": served, "file": site.as_uri()}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")  # the book's tests and explorable's have one each, one at a time
def browser():
    """Debian's Chromium, or whatever CHROMIUM names."""
    if not CHROMIUM:
        reason = "no Chromium: `apt-get install chromium`, or set CHROMIUM to the path of one"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """An empty page."""
    page = browser.new_page()
    yield page
    page.close()
