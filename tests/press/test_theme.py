"""What the book's templates take from Furo is there: a new Furo that has it no more fails here."""

import re
from pathlib import Path

import furo
import pytest

from press.sphinx import _theme

FURO = Path(furo.__file__).parent / "theme" / "furo"
OURS = Path(_theme.__file__).parent / "templates"
STYLES = (FURO / "static" / "styles" / "furo.css").read_text(encoding="utf-8")
#: Classes of our templates that only our own style sheet knows.
OWN = {"page-head", "page-place", "page-actions", "menu", "edit", "external", "colophon"}
OWN |= {"brand", "forward", "backward", "reference", "internal", "current", "article-container"}


def blocks(path):
    return set(re.findall(r"{%-? *block (\w+)", path.read_text(encoding="utf-8")))


def test_the_blocks_that_our_page_fills_are_furos():
    assert {"body", "theme_styles"} <= blocks(OURS / "page.html") & blocks(FURO / "base.html")
    assert "content" in blocks(FURO / "search.html") & blocks(OURS / "page.html")


@pytest.mark.parametrize("name", ["page.html", "sidebar/brand.html", "sidebar/navigation.html"])
def test_the_classes_of_our_templates_are_in_furos_style_sheet(name):
    text = (OURS / name).read_text(encoding="utf-8")
    text = re.sub(r"{[%{#].*?[%}#]}", " ", text)
    classes = {word for value in re.findall(r'class="([^"]+)"', text) for word in value.split()}
    whole = {word for word in classes if not word.endswith("-")}  # toctree-l{{ level }}
    assert not [word for word in whole - OWN if f".{word}" not in STYLES]


def test_furo_sets_the_theme_before_the_text():
    base = (FURO / "base.html").read_text(encoding="utf-8")
    assert "document.body.dataset.theme" in base  # else a dark page flashes white


def test_what_only_some_pages_use_is_still_loaded_by_others(site):
    # A file that Sphinx or Furo no longer has would make our list of them a lie.
    files = {path.name for path in (site / "_static").rglob("*")}
    assert files >= _theme.UNUSED
