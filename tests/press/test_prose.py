"""What the documents for people name is there, so that a move takes them along."""

import re
from importlib.util import find_spec

import pytest

from tests.conftest import ROOT

DOCUMENTS = [
    "README.md",
    ".github/CONTRIBUTING.md",
    ".github/pull_request_template.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("chapters/*.md"))),
]
FOLDERS = r"(?:binder|chapters|companion|exercises|explorable|press|tests|\.github|\.ci)/"
TO_BE_MADE = r"my[-_]chapter|<slug>"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_what_is_there(document):
    """Files and folders in code, and the modules of commands."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for path in re.findall(rf"(?<![\w/.>-])({FOLDERS}[\w./<>*-]*)", text):
        if not re.search(TO_BE_MADE, path):
            assert list(ROOT.glob(f"{path.rstrip('/.')}*")), f"{document}: there is no {path}"
    for module in re.findall(r"python -m ((?:explorable|companion|press|tests)[\w.]*)", text):
        assert find_spec(module.rstrip(".")), f"{document}: there is no {module}"
