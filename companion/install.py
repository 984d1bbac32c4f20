r"""The commands that install PyTorch, and the commonest failures, as data.

It imports neither torch nor anything else that must be installed first.

>>> from companion.install import commands
>>> for line in commands("Linux", "pip", "direct", "CUDA")[:3]:
...     print(line)
python3 -m venv .venv
source .venv/bin/activate
python -m pip install torch==2.13.0 numpy

Sources, looked up in November 2026:

- What torch 2.13 is built for (Python 3.10 to 3.14; CUDA 12.6, 13.0 and, as an experiment, 13.2;
  CUDA 13.0 is the build on PyPI for Linux; on Windows and macOS PyPI holds the CPU build):
  https://github.com/pytorch/pytorch/blob/main/RELEASE.md and
  https://pytorch.org/get-started/locally/.
- conda-forge's packages ``pytorch``, ``pytorch-cpu`` and ``pytorch-gpu``:
  https://github.com/conda-forge/pytorch-cpu-feedstock. PyTorch's own conda channel ended with 2.5:
  https://github.com/pytorch/pytorch/issues/138506.
- Mirrors in China: of PyPI and conda-forge at Tsinghua University
  (https://mirrors.tuna.tsinghua.edu.cn/help/pypi/ and .../help/anaconda/), and of PyTorch's own
  wheels at Aliyun (https://mirrors.aliyun.com/pytorch-wheels/), whose pages are plain lists of
  files, so pip and uv read them with ``--find-links`` and not as an index.
"""

from typing import NamedTuple

TORCH = "2.13.0"
CUDA = "cu130"  # PyTorch's name of its build for CUDA 13.0

SYSTEMS = ("Windows", "macOS", "Linux")
TOOLS = ("pip", "uv", "conda-forge")
NETWORKS = ("direct", "mirror in China")
DEVICES = ("CPU", "CUDA")

PYPI_MIRROR = "https://pypi.tuna.tsinghua.edu.cn/simple"
CONDA_MIRROR = "https://mirrors.tuna.tsinghua.edu.cn/anaconda/cloud/conda-forge"
MINIFORGE_MIRROR = (
    "https://mirrors.tuna.tsinghua.edu.cn/github-release/conda-forge/miniforge/LatestRelease/"
)
WHEELS = "https://download.pytorch.org/whl/{build}"
WHEELS_MIRROR = "https://mirrors.aliyun.com/pytorch-wheels/{build}/"

#: The build that plain ``pip install torch`` gets; any other is on PyTorch's own index.
BUILD_ON_PYPI = {"Windows": "cpu", "macOS": "cpu", "Linux": CUDA}

#: How an environment begins. On Windows the lines are for PowerShell, the system's terminal.
MAKE = {
    ("Windows", "pip"): "py -m venv .venv",
    ("macOS", "pip"): "python3 -m venv .venv",
    ("Linux", "pip"): "python3 -m venv .venv",
    ("Windows", "uv"): "uv venv --python 3.12",
    ("macOS", "uv"): "uv venv --python 3.12",
    ("Linux", "uv"): "uv venv --python 3.12",
}
ACTIVATE = {
    "Windows": r".venv\Scripts\Activate.ps1",
    "macOS": "source .venv/bin/activate",
    "Linux": "source .venv/bin/activate",
}
INSTALL = {"pip": "python -m pip install", "uv": "uv pip install"}
CONDA_PACKAGE = {"CPU": "pytorch-cpu", "CUDA": "pytorch-gpu"}

#: The last command of each list: it differentiates (3w - 2)^2 at w = 1.
CHECK = {
    device: f'python -c "import torch; w = torch.tensor(1.0, requires_grad=True{where}); '
    '((3 * w - 2) ** 2).backward(); print(w.grad)"'
    for device, where in {"CPU": "", "CUDA": ", device='cuda'"}.items()
}
#: What that command prints where all is well.
EXPECTED = {"CPU": "tensor(6.)", "CUDA": "tensor(6., device='cuda:0')"}

NO_CUDA = "A Mac has no NVIDIA card, so it has no CUDA: choose CPU."


def commands(system: str, tool: str, network: str, device: str) -> list[str]:
    """Return the lines to type, in order; the last one checks that autograd works.

    Parameters
    ----------
    system, tool, network, device
        One of `SYSTEMS`, `TOOLS`, `NETWORKS` and `DEVICES`.

    Returns
    -------
    list of str
        Empty for CUDA on macOS, which does not exist.

    Raises
    ------
    ValueError
        If an argument is none of these.

    Examples
    --------
    >>> commands("Linux", "uv", "direct", "CPU")[2]
    'uv pip install torch==2.13.0 numpy --index-url https://download.pytorch.org/whl/cpu'
    """
    return list(steps(system, tool, network, device).values())


def steps(system: str, tool: str, network: str, device: str) -> dict[str, str]:
    """Return the same lines, each under a few words that say what it does.

    Examples
    --------
    >>> steps("macOS", "conda-forge", "direct", "CPU")["Enter it"]
    'conda activate autograd'
    """
    _check_choice(system, tool, network, device)
    if (system, device) == ("macOS", "CUDA"):
        return {}
    check = {f"Check: this must print {EXPECTED[device]}": CHECK[device]}
    if tool == "conda-forge":
        return {
            "Make an environment with PyTorch": _conda(system, network, device),
            "Enter it": "conda activate autograd",
        } | check
    return {
        "Make an environment": MAKE[system, tool],
        "Enter it": ACTIVATE[system],
        "Install PyTorch": f"{INSTALL[tool]} {_requirement(system, network, device)}",
    } | check


def _check_choice(*choice):
    for value, known in zip(choice, (SYSTEMS, TOOLS, NETWORKS, DEVICES), strict=True):
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")


def _requirement(system, network, device):
    """Return what pip and uv install, and from where.

    numpy comes along because torch says a long warning where it is missing.
    """
    build = "cpu" if device == "CPU" else CUDA
    torch = f"torch=={TORCH}"
    if build == BUILD_ON_PYPI[system]:
        return f"{torch} numpy" + (f" --index-url {PYPI_MIRROR}" if network != "direct" else "")
    if network == "direct":
        return f"{torch} numpy --index-url {WHEELS.format(build=build)}"
    # With two places to look, only the full version says which build is meant.
    links = WHEELS_MIRROR.format(build=build)
    return f"{torch}+{build} numpy --index-url {PYPI_MIRROR} --find-links {links}"


def _conda(system, network, device):
    channel = "conda-forge" if network == "direct" else CONDA_MIRROR
    package = "pytorch" if system == "macOS" else CONDA_PACKAGE[device]
    version = TORCH.rpartition(".")[0]
    return (
        "conda create --yes --name autograd --override-channels "
        f"--channel {channel} python=3.12 {package}={version}"
    )


def advice(system: str, tool: str, network: str, device: str) -> list[str]:
    """Return what to know before typing the `commands`, a sentence or two each.

    Examples
    --------
    >>> advice("macOS", "pip", "direct", "CUDA")
    ['A Mac has no NVIDIA card, so it has no CUDA: choose CPU.']
    """
    _check_choice(system, tool, network, device)
    if (system, device) == ("macOS", "CUDA"):
        return [NO_CUDA]
    mirrored = network != "direct"
    notes = [NEEDS.get((tool, system), NEEDS[tool])]
    if tool == "uv":
        notes.append(UV_PYTHON)
    if tool == "conda-forge" and mirrored:
        notes.append(f"A mirror of Miniforge: {MINIFORGE_MIRROR}")
    if tool == "conda-forge" and system == "Windows":
        notes.append("Type the lines into the Miniforge Prompt, which is in the Start menu.")
    if tool != "conda-forge" and system == "Windows":
        notes.append("The lines are for PowerShell, the terminal that Windows opens.")
    if tool != "conda-forge" and system == "macOS":
        notes.append(MAC)
    if device == "CUDA":
        notes.append(CUDA_CARD)
        if tool != "conda-forge":
            notes.append(CUDA_OLD[network])
    return notes


NEEDS = {
    "pip": "You need Python 3.10 to 3.14 from python.org, the 64-bit one.",
    ("pip", "Linux"): "You need Python 3.10 to 3.14; on Debian and Ubuntu also the package "
    "python3-venv.",
    "uv": "You need uv: docs.astral.sh/uv says how to get it.",
    "conda-forge": "You need Miniforge, from conda-forge.org/download.",
}
UV_PYTHON = (
    "uv fetches Python 3.12 from GitHub if it finds none. If GitHub is slow where you are, "
    "install Python 3.12 yourself first."
)
MAC = (
    "This PyTorch needs one of Apple's own chips and macOS 14 or newer. On a Mac with an Intel "
    "chip, take conda-forge."
)
CUDA_CARD = (
    "You need an NVIDIA card of 2018 or newer (GTX 16, RTX 20 and later) and its driver, version "
    "580 or newer; the CUDA toolkit comes along with PyTorch, about 3 GB."
)
CUDA_OLD = {
    "direct": "For an older card or driver, take CUDA 12.6: "
    f"--index-url {WHEELS.format(build='cu126')} in place of what stands after numpy.",
    "mirror in China": f"For an older card or driver, take CUDA 12.6: torch=={TORCH}+cu126 and "
    f"--find-links {WHEELS_MIRROR.format(build='cu126')}",
}


class Failure(NamedTuple):
    """A failure: what is read on the screen, why, and what to do.

    In `messages`, ``…`` stands for what differs from machine to machine. Several messages are the
    same failure under other versions or in another language.
    """

    name: str
    messages: tuple[str, ...]
    cause: str
    cure: str


#: The commonest first; the last two happen on Windows only.
FAILURES = (
    Failure(
        "Another Python",
        ("ModuleNotFoundError: No module named 'torch'",),
        "The Python that runs your program is not the one that has PyTorch.",
        "Activate the environment, or choose its interpreter in your editor. "
        "`import sys; print(sys.executable)` says which Python runs.",
    ),
    Failure(
        "Nothing for your Python",
        (
            (
                f"ERROR: Could not find a version that satisfies the requirement torch=={TORCH} "
                "(from versions: …)"
            ),
            f"ERROR: No matching distribution found for torch=={TORCH}",
        ),
        "There is no PyTorch for your Python: it is older than 3.10, newer than 3.14, or a 32-bit "
        "one, or your Mac has an Intel chip. Or pip could not reach its server: then failure 3 "
        "stands above this one.",
        "`python --version` says what you have. Make the environment with Python 3.12, 64-bit. "
        "On a Mac with an Intel chip, take conda-forge.",
    ),
    Failure(
        "No way to the server",
        (
            (
                "WARNING: Retrying (Retry(total=…, connect=None, read=None, redirect=None, "
                "status=None)) after connection broken by 'ReadTimeoutError(\"…: Read timed out. "
                "(read timeout=…)\")': /simple/torch/"
            ),
            "× Download failed because not enough bytes were received (… bytes/…)",
        ),
        "The server is too far away, or a firewall is in between.",
        "Choose the mirror above. In a firm or a school, ask for the proxy and add "
        "`--proxy` and its address to the line.",
    ),
    Failure(
        "A file named torch.py",
        (
            (
                "AttributeError: partially initialized module 'torch' has no attribute 'tensor' "
                "(most likely due to a circular import)"
            ),
            (
                "AttributeError: module 'torch' has no attribute 'tensor' (consider renaming "
                "'…torch.py' if it has the same name as a … you intended to import)"
            ),
        ),
        "Your own file is called `torch.py`, and Python imports it instead of PyTorch. "
        "Since Python 3.13 the message says so.",
        "Give it another name.",
    ),
    Failure(
        "No CUDA in this build",
        ("AssertionError: Torch not compiled with CUDA enabled",),
        "The program asks for a graphics card, for instance with `.cuda()`, but the CPU build is "
        "installed.",
        "If you have an NVIDIA card, install the CUDA build. If not, remove `.cuda()`.",
    ),
    Failure(
        "A library of Windows is missing",
        (
            (
                "OSError: [WinError 126] The specified module could not be found. "
                'Error loading "…c10.dll" or one of its dependencies.'
            ),
            (
                'OSError: [WinError 126] 找不到指定的模块。 Error loading "…c10.dll" '
                "or one of its dependencies."
            ),
        ),
        "PyTorch needs a library of Microsoft's that your Windows lacks.",
        "Install the [Visual C++ Redistributable](https://aka.ms/vs/17/release/vc_redist.x64.exe) "
        "and start Windows anew.",
    ),
    Failure(
        "PowerShell runs no scripts",
        (
            "…Activate.ps1 cannot be loaded because running scripts is disabled on this system.",
            "…因为在此系统上禁止运行脚本。",
        ),
        "Windows forbids scripts until you allow them, and activating an environment is a script.",
        "`Set-ExecutionPolicy -Scope CurrentUser RemoteSigned`, then activate again.",
    ),
)
