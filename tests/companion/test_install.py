"""The commands and failures that the chapter "Set up in five minutes" shows.

Protected here: every choice gives commands or a sentence that says why not; each line is one that
its shell can read; all install the book's version; no channel or mirror that is dead; the check
prints what we say it prints; and each error message that can be made on this machine is the one
on the page.
"""

import ast
import itertools
import os
import re
import shlex
import socket
import subprocess
import sys
import zipfile

import nbformat
import pytest
import torch

from companion import install
from companion.install import advice, steps
from tests.conftest import ROOT

CHOICES = list(itertools.product(install.SYSTEMS, install.TOOLS, install.NETWORKS, install.DEVICES))
# pip as a reader has it: without this machine's settings, and with its messages in English.
PLAIN = os.environ | {"PIP_CONFIG_FILE": os.devnull, "LC_ALL": "C.UTF-8"}


def commands(*choice):
    """Return the lines that a reader types."""
    return list(steps(*choice).values())


def words_of(line, system):
    """Split a line as the shell does; in PowerShell a backslash is an ordinary character."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.escape = "" if system == "Windows" else "\\"
    return list(lexer)


def python(*arguments, **options):
    """Run a fresh Python of this environment and return what it says."""
    options |= {"capture_output": True, "text": True, "timeout": 120}
    run = subprocess.run([sys.executable, *arguments], check=False, **options)
    return run.stdout + run.stderr


def read_failures():
    """Return the messages that the chapter knows, by the heading above them."""
    chapter = nbformat.read(ROOT / "chapters/setup.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in chapter.cells if cell.cell_type == "markdown")
    entries = re.findall(r"^### ([^\n]+)\n\n```text\n(.+?)\n```$", text, re.MULTILINE | re.DOTALL)
    return {name: messages.splitlines() for name, messages in entries}


FAILURES = read_failures()


def says(text, name):
    """Whether `text` holds a message of a failure, with anything in the place of each "…"."""
    patterns = (".*".join(map(re.escape, message.split("…"))) for message in FAILURES[name])
    return any(re.search(pattern, text) for pattern in patterns)


def device_of(system, device):
    return "cpu" if device == "CPU" else install.CARD[system]


# The commands --------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", CHOICES, ids="-".join)
def test_each_choice_gives_commands_that_a_shell_can_read(choice):
    system, _, _, device = choice
    device = device_of(system, device)
    lines = commands(*choice)
    assert advice(*choice).startswith("You need ") and advice(*choice).endswith(".")
    assert 3 <= len(lines) <= 4
    for line in lines:
        assert line == line.strip() and "\n" not in line
        words = words_of(line, system)
        assert words[0] in {"py", "python3", "python", "uv", "conda", "source"} or (
            words == [r".venv\Scripts\Activate.ps1"]
        )
        assert not any("\\" in word for word in words) or system == "Windows"
        assert not set("$`!") & set(line)  # a shell would put something in their place
    assert [word for word in words_of(lines[-1], system)][:2] == ["python", "-c"]
    assert lines[-1] == install.CHECK[device]
    assert install.EXPECTED[device] in list(steps(*choice))[-1]


@pytest.mark.parametrize("choice", CHOICES, ids="-".join)
def test_each_choice_installs_the_book_s_version(choice):
    system, tool, network, device = choice
    device = device_of(system, device)
    (line,) = (line for line in commands(*choice) if "install" in line or "create" in line)
    words = words_of(line, system)
    if tool == "conda-forge":
        assert {"--yes", "--override-channels", "python=3.12"} <= set(words)
        assert words[-1] in ("pytorch=2.13", "pytorch-cpu=2.13", "pytorch-gpu=2.13")
        assert words[-1].startswith("pytorch-gpu") == (device == "cuda")
    else:
        (requirement,) = (word for word in words if word.startswith("torch"))
        version, _, build = requirement.removeprefix("torch==").partition("+")
        assert version == "2.13.0"
        address = words[-1] if "/whl/" in words[-1] or "wheels" in words[-1] else ""
        assert not build or f"/{build}/" in address
        got = build or (address.rpartition("/")[2] if address else install.BUILD_ON_PYPI[system])
        assert got == (install.CUDA if device == "cuda" else "cpu")
    assert ("tuna.tsinghua.edu.cn" in line) == (network != "direct")


def test_pip_takes_the_build_that_is_named_from_the_second_mirror(tmp_path):
    """The line for Linux, CPU, in China, with a folder in the place of each address."""

    def wheel(place, name, version):
        place.mkdir(parents=True, exist_ok=True)
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(place / f"{name}-{version}-py3-none-any.whl", "w") as file:
            file.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"
            )
            file.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"
            )
            file.writestr(f"{info}/RECORD", "")

    for name, version in {"torch": "2.13.0", "numpy": "2.4.0"}.items():
        wheel(tmp_path / "index" / name, name, version)
        link = f"{name}-{version}-py3-none-any.whl"
        page = tmp_path / "index" / name / "index.html"
        page.write_text(f'<!DOCTYPE html><html><body><a href="{link}">{link}</a></body></html>')
    wheel(tmp_path / "wheels", "torch", "2.13.0+cpu")
    line = commands("Linux", "pip", "mirror in China", "CPU")[2]
    line = line.replace(install.PYPI_MIRROR, (tmp_path / "index").as_uri())
    line = line.replace(install.WHEELS_MIRROR.format(build="cpu"), str(tmp_path / "wheels"))
    trial = ["--dry-run", "--isolated", "--ignore-installed"]
    text = python(*shlex.split(line)[1:], *trial, cwd=tmp_path, env=PLAIN)
    assert re.search(r"Would install .*torch-2\.13\.0\+cpu", text)


def test_the_version_is_the_one_that_the_book_runs_on():
    assert torch.__version__.partition("+")[0] == install.TORCH


def test_nothing_that_is_dead_is_named():
    everything = [*itertools.chain(*(commands(*c) + [advice(*c)] for c in CHOICES))]
    for text in everything:
        assert not re.search(
            r"pkgs/|-c pytorch|--channel pytorch|/cloud/pytorch|peterjc|douban", text
        )
        assert not re.search(r"http://|trusted-host|torch_stable|cu11|cu12[0-58]|pip3", text)


def test_a_choice_that_is_unknown_is_refused():
    with pytest.raises(ValueError, match="'Solaris' is none of Windows, macOS, Linux"):
        commands("Solaris", "pip", "direct", "CPU")
    with pytest.raises(ValueError, match="'conda' is none of pip, uv, conda-forge"):
        advice("Linux", "conda", "direct", "CPU")


def test_the_module_needs_nothing_installed():
    assert "OK" in python("-I", "-S", "-c", f"exec(open({install.__file__!r}).read()); print('OK')")


# The check -----------------------------------------------------------------------------------


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_check_prints_what_the_page_says_on_cuda():
    _, *arguments = shlex.split(install.CHECK["cuda"])
    assert python(*arguments).splitlines()[-1] == install.EXPECTED["cuda"]


@pytest.mark.parametrize("card", ["cuda", "mps"])
def test_the_checks_differ_in_the_device_only(card):
    cpu, other = (shlex.split(install.CHECK[device])[-1] for device in ("cpu", card))
    assert ast.unparse(ast.parse(other)) == ast.unparse(ast.parse(cpu)).replace(
        "requires_grad=True", f"requires_grad=True, device='{card}'"
    )


def test_the_check_prints_what_the_page_says_and_without_numpy_torch_warns():
    _, _, program = shlex.split(install.CHECK["cpu"])
    text = python("-W", "always", "-c", f"import sys; sys.modules['numpy'] = None; {program}")
    assert "Failed to initialize NumPy" in text
    assert install.EXPECTED["cpu"] in text.splitlines()


# The failures --------------------------------------------------------------------------------


def test_another_python(tmp_path):
    """Without its site-packages, this Python is one that has no torch."""
    assert says(python("-I", "-S", "-c", "import torch"), "Another Python")


def test_an_empty_folder_named_torch_is_imported_without_an_error(tmp_path):
    (tmp_path / "torch").mkdir()
    program = "import sys; sys.path.insert(0, '.'); import torch; print(hasattr(torch, 'tensor'))"
    assert python("-I", "-S", "-c", program, cwd=tmp_path) == "False\n"


def test_nothing_for_your_python(tmp_path):
    """Where there are no files to choose from, pip says what it says where none fits."""
    line = ["-m", "pip", "download", "--isolated", "--no-index", f"torch=={install.TORCH}"]
    text = python(*line, cwd=tmp_path, env=PLAIN)
    assert says(text, "Nothing for your Python")
    assert text.count("torch==2.13.0") == 2


def test_no_way_to_the_server(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        line = ["-m", "pip", "download", "--isolated", "--retries", "1", "--timeout", "0.3"]
        line = [*line, "--index-url", index, f"torch=={install.TORCH}"]
        text = python(*line, cwd=tmp_path, env=PLAIN)
    assert says(text, "No way to the server")
    assert says(text, "Nothing for your Python")  # it ends in this one


def test_a_file_named_torch_py(tmp_path):
    (tmp_path / "torch.py").write_text("import torch\nprint(torch.tensor(1.0))\n")
    assert says(python("torch.py", cwd=tmp_path), "A file named torch.py")


@pytest.mark.skipif(torch.version.cuda is not None, reason="needs a CPU build of torch")
def test_no_cuda_in_this_build():
    with pytest.raises(AssertionError) as caught:
        torch.zeros(1).cuda()
    assert says(f"AssertionError: {caught.value}", "No CUDA in this build")


def test_a_library_of_windows_is_missing():
    """Only Windows can show it; torch's source holds the part that is torch's own."""
    with open(torch.__file__) as source:
        assert 'Error loading "{dll}" or one of its dependencies.' in source.read()
    for message in FAILURES["A library of Windows is missing"]:
        assert message.startswith("OSError: [WinError 126] ")
        assert message.endswith(' Error loading "…c10.dll" or one of its dependencies.')


def test_a_dash_that_is_too_long(tmp_path):
    """pip takes an option with one long dash for the name of a package."""
    line = ["-m", "pip", "install", "--dry-run", "--isolated", "\u2013-index-url", "x", "torch"]
    assert says(python(*line, cwd=tmp_path, env=PLAIN), "A dash that is too long")


def test_every_failure_on_the_page_is_read():
    """An entry that is written in another form would not be looked for above."""
    chapter = (ROOT / "chapters/setup.ipynb").read_text(encoding="utf-8")
    assert len(FAILURES) == chapter.count("```text") - 1 == 9  # and the older instructions
    assert all(messages for messages in FAILURES.values())
