"""What GitHub reads in .github: that it is well formed, fits a fork, and that its lines run.

GitHub says nothing about a broken form: it leaves it out. The workflows' own lines of shell are run
here, with a `gh` that writes down what it is asked.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import nbformat
import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from companion.check import judge
from explorable.record import record
from press.readable import readable
from tests.conftest import NOTEBOOKS, ROOT

GITHUB = ROOT / ".github"
FORMS = sorted(set(GITHUB.glob("ISSUE_TEMPLATE/*.yml")) - {GITHUB / "ISSUE_TEMPLATE/config.yml"})
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
GIT_SETTINGS = {  # whatever the machine's own settings are, and whoever owns the clone
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-issue-forms", FORMS),
        ("github-issue-config", [GITHUB / "ISSUE_TEMPLATE/config.yml"]),
        ("dependabot", [GITHUB / "dependabot.yml"]),
    ],
)
def test_github_can_read_it(schema, paths, capsys):
    assert paths
    with pytest.raises(SystemExit) as end:
        check_jsonschema(["--builtin-schema", f"vendor.{schema}", *map(str, paths)])
    assert end.value.code == 0, capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(GITHUB.rglob("*.*")), ids=lambda path: path.name)
def test_a_fork_needs_no_edit(path):
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    owner, name = re.search(r"url: https://github.com/(\S+?)/(\S+)", config).groups()
    text = path.read_text(encoding="utf-8")
    assert f"{owner}/{name}" not in text
    assert f"{owner}.github.io" not in text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_uses_only_what_github_keeps_itself(path):
    # A tag of anybody else's can be moved to other code: that would have to be a commit's hash.
    used = re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used)


#: The `python` of a workflow is the one that runs the tests.
PYTHON = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
}


def step(workflow, job, name):
    """Return the lines of shell of a step."""
    steps = read(GITHUB / "workflows" / workflow)["jobs"][job]["steps"]
    (found,) = (step["run"] for step in steps if step.get("name") == name)
    return found


def run(script, folder, **environment):
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.parametrize(
    ("found", "open_issue", "asked"),
    [
        ("- `torch`\n", "", "issue create --label newest-tools --title T --body-file issue.md"),
        ("- `torch`\n", "7", "issue comment 7 --body-file issue.md"),
        ("", "7", "issue close 7 --comment All is well again: [this run](R) found nothing."),
        ("", "", None),
    ],
)
def test_the_weekly_run_keeps_one_issue(tmp_path, found, open_issue, asked):
    gh = tmp_path / "gh"
    gh.write_text(
        f'#!/bin/sh\necho "$*" >> asked\n[ "$2" = list ] && echo "{open_issue}" || true\n'
    )
    gh.chmod(0o755)
    (tmp_path / "issue.md").write_text(found)
    script = step("weekly.yml", "report", "Open an issue, add to it, or close it")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    run(script, tmp_path, PATH=path, LABEL="newest-tools", TITLE="T", RUN="R")
    label, listed, *rest = (tmp_path / "asked").read_text().splitlines()
    assert label.startswith("label create newest-tools --force")
    assert listed.startswith("issue list --label newest-tools --state open")
    assert rest == ([asked] if asked else [])
    assert ("[this run](R)" in (tmp_path / "issue.md").read_text()) == bool(found)


def test_the_issue_of_new_tools_names_the_failed_tests_and_the_versions(tmp_path):
    """With a real run of pytest and nbval, of which the step reads the last lines."""
    stored = [("1.5 + 1", "2.5"), ("1.5 * 2", "3.5")]
    cells = [
        new_code_cell(code, execution_count=k, outputs=[_result(text, k)])
        for k, (code, text) in enumerate(stored, 1)
    ]
    cells.insert(0, new_markdown_cell("## Sums"))
    nbformat.write(new_notebook(cells=cells), tmp_path / "tiny.ipynb")
    (tmp_path / "test_unit.py").write_text("def test_unit():\n    assert 1 == 2, 'a - b'")
    (tmp_path / "before.txt").write_text("torch==2.13.0\ntqdm==4.70.1\n")
    (tmp_path / "after.txt").write_text("torch==2.14.0\ntqdm==4.70.1\n")
    options = f". -c {ROOT / 'pyproject.toml'} --rootdir . -p no:cacheprovider -n0"
    with pytest.raises(subprocess.CalledProcessError):
        run(
            step("weekly.yml", "newest-tools", "Run the tests"),
            tmp_path,
            **PYTHON,
            CI="true",
            PYTEST_ADDOPTS=options,
        )
    assert (tmp_path / "report.xml").is_file()
    issue = _issue(tmp_path, passed=False)
    assert "```diff\n-torch==2.13.0\n+torch==2.14.0\n```" in issue
    assert "2 failed, 1 passed" in issue
    assert issue.splitlines()[-2:] == [
        "- `test_unit.py::test_unit`",
        "- `tiny.ipynb::Cell 1`: 'Sums', '1.5 * 2'",
    ]


def _result(text, count):
    return new_output("execute_result", {"text/plain": text}, execution_count=count)


def _issue(folder, passed):
    script = step("weekly.yml", "newest-tools", "Say what changed")
    run(script, folder, PASSED=str(passed).lower(), GITHUB_STEP_SUMMARY="summary.md")
    assert (folder / "issue.md").read_text() == (folder / "summary.md").read_text()
    return (folder / "issue.md").read_text()


def test_nothing_is_said_where_all_passed(tmp_path):
    assert _issue(tmp_path, passed=True) == ""


def test_a_run_that_never_began_is_an_issue_too(tmp_path):
    assert "do not pass" in _issue(tmp_path, passed=False)


def test_the_issue_fits_github(tmp_path):
    (tmp_path / "run.txt").write_text(9000 * "FAILED test_unit.py::test_unit - assert 1 == 2\n")
    assert len(_issue(tmp_path, passed=False).encode()) == 60_000


@pytest.mark.parametrize("passed", [True, False])
def test_the_issue_of_a_system_has_the_end_of_its_run(tmp_path, passed):
    (tmp_path / "run.txt").write_text("".join(f"line {k}\n" for k in range(99)))
    script = step("weekly.yml", "other-systems", "Say what failed")
    said = {"PASSED": str(passed).lower(), "SYSTEM": "windows"}
    run(script, tmp_path, GITHUB_STEP_SUMMARY="summary.md", **said)
    issue = (tmp_path / "issue.md").read_text()
    assert ("On windows" in issue, "line 98" in issue, "line 38\n" in issue) == (
        (False,) * 3 if passed else (True, True, False)
    )


def test_the_newest_tools_are_asked_for_without_exact_versions(tmp_path):
    """The line of `sed` on what is pinned today leaves a range to each, and nothing exact."""
    files = ("requirements.txt", "press/constraints.txt", "pyproject.toml")
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    script = step("weekly.yml", "newest-tools", "Install the newest ones")
    run(script[: script.index("# jupyter-book")], tmp_path)
    for name in files:
        assert "==" in (ROOT / name).read_text() and "==" not in (tmp_path / name).read_text()


@pytest.mark.skipif(not shutil.which("jq"), reason="no jq, which GitHub's machines have")
def test_broken_links_are_listed_by_page_and_cell(tmp_path):
    links = [
        {"filename": "intro.md", "lineno": 7, "status": "working", "uri": "https://a", "info": ""},
        {
            "filename": "intro.md",
            "lineno": 9,
            "status": "broken",
            "uri": "https://b",
            "info": "404",
        },
        {
            "filename": "chapters/errors.ipynb",
            "lineno": 1980014,
            "status": "broken",
            "uri": "https://c",
            "info": "410",
        },
    ]
    output = tmp_path / "_build" / "html" / "output.json"
    output.parent.mkdir(parents=True)
    output.write_text("\n".join(map(json.dumps, links)))
    script = step("weekly.yml", "broken-links", "List the broken links")
    run(script, tmp_path, GITHUB_STEP_SUMMARY="summary.md")
    assert (tmp_path / "issue.md").read_text().splitlines() == [
        "- `chapters/errors.ipynb`, cell 198: <https://c>: 410",
        "- `intro.md`, line 9: <https://b>: 404",
    ]


def test_the_preview_lists_the_changed_pages(tmp_path):
    for site, word in (("old", "one"), ("new", "two")):
        folder = tmp_path / site / "_build" / "html"
        folder.mkdir(parents=True)
        (folder / "index.html").write_text(
            '<link rel="canonical" href="https://teacher.github.io/course/index.html">'
            f"<article><h1>Page</h1><p>{word}</p></article>"
        )
    run(
        step("preview.yml", "preview", "List the changed pages"),
        tmp_path / "new",
        **PYTHON,
        GITHUB_STEP_SUMMARY="summary.md",
        SITE="https://site.example",
    )
    summary = (tmp_path / "new" / "summary.md").read_text()
    assert "- Page: [`index.html`](https://teacher.github.io/course/index.html), text" in summary
    assert "[the site with this change](https://site.example)" in summary


@pytest.fixture(scope="module")
def contributing():
    return (GITHUB / "CONTRIBUTING.md").read_text(encoding="utf-8")


def code(page):
    return re.findall(r"^```python\n(.*?)\n^```", page, re.MULTILINE | re.DOTALL)


def test_the_figure_of_contributing_can_be_recorded(contributing, tmp_path):
    """A newcomer's first ten lines, as they stand there."""
    cells = code(contributing)[:2]
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    path = tmp_path / "my-chapter.ipynb"
    nbformat.write(notebook, path)
    assert record([path]) == []
    lines = list(readable(json.loads(path.read_text(encoding="utf-8"))))
    assert lines[-1] == "explore: tangent(w=1.0), one of 17 positions"
    assert lines[-1] in contributing
    assert len(cells[-1].splitlines()) <= 10


def test_the_exercise_of_contributing_tells_its_mistakes_apart(contributing):
    """Its two modules, as they stand there: right answers pass, wrong ones hear their sentence."""
    modules = {}
    exec("\n".join(code(contributing)[2:]), modules)  # noqa: S102 the page is ours
    ((name, exercise),) = modules["exercises"].items()
    assert all(judge(exercise, answer) for answer in modules["RIGHT"][name])
    for answer, fragment in modules["WRONG"][name]:
        assert fragment in str(judge(exercise, answer))


def test_the_branch_of_notebooks_grows_by_a_commit_for_each_deployment(tmp_path):
    """A hub's copies merge what is new, so no commit may replace another."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone, so there is no commit to publish")
    git = partial(run, folder=tmp_path, **GIT_SETTINGS)
    git(f"""
        git init --quiet --bare origin; git clone --quiet {ROOT} book; git clone origin copy
        cd book; git remote set-url origin {tmp_path}/origin; git switch --create edition
    """)
    script = step("deploy.yml", "launch", "Publish the branch launch")
    for edition in ("first", "second"):
        git(f"""
            cd book; git switch edition; git branch --delete --force launch || true
            git commit --quiet --allow-empty --message {edition}
        """)
        run(
            script,
            tmp_path / "book",
            **GIT_SETTINGS,
            **PYTHON,
            REPOSITORY="https://github.com/teacher/course",
            GITHUB_SHA=git("git -C book rev-parse HEAD").stdout.strip(),
        )
        git("git -C copy fetch --quiet; git -C copy switch launch; git -C copy merge --ff-only")
    assert git("git -C copy rev-list --count launch").stdout.strip() == "2"
    copied = git("git -C copy ls-files").stdout.splitlines()
    assert copied == ["LICENSE", *(path.as_posix() for path in NOTEBOOKS)]
    cell = json.loads((tmp_path / "copy" / NOTEBOOKS[0]).read_text("utf-8"))["cells"][0]
    assert "git+https://github.com/teacher/course@" in "".join(cell["source"])
