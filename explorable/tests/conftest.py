"""The browser, and recording, for the tests of explorable."""

import os
import shutil

import pytest
from hypothesis import settings

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
settings.register_profile("explorable", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("explorable")


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


@pytest.fixture
def recording(monkeypatch):
    """Every `explore` of the test draws all its positions."""
    monkeypatch.setenv("EXPLORABLE_RECORD", "1")


@pytest.fixture(autouse=True)
def without_style(monkeypatch):
    """Figures look as matplotlib makes them, also where a book's tests run in the same process."""
    monkeypatch.setattr("explorable._style._used", False)
