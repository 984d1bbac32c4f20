r"""The commands that install PyTorch, as data.

It imports neither torch nor anything else that must be installed first.

>>> from companion.install import steps
>>> for words, line in list(steps("Linux", "pip", "direct", "graphics card").items())[:2]:
...     print(f"{words}: {line}")
Make an environment: python3 -m venv .venv
Enter it: source .venv/bin/activate

Sources, looked up in November 2026:

- What torch 2.13 is built for (Python 3.10 to 3.14, on a Mac with Apple's chip also for its
  graphics card, ``mps``; CUDA 12.6, 13.0 and, as an experiment, 13.2;
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

TORCH = "2.13.0"
CUDA = "cu130"  # PyTorch's name of its build for CUDA 13.0

SYSTEMS = ("Windows", "macOS", "Linux")
TOOLS = ("pip", "uv", "conda-forge")
NETWORKS = ("direct", "mirror in China")
DEVICES = ("CPU", "graphics card")
#: PyTorch's name of a graphics card: NVIDIA's, or that of a Mac.
CARD = {"Windows": "cuda", "macOS": "mps", "Linux": "cuda"}

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
PYTHON = {"Windows": "py -3.13", "macOS": "python3", "Linux": "python3"}
MAKE = {"pip": "{python} -m venv .venv", "uv": "uv venv --python 3.12"}
UNIX = "source .venv/bin/activate"
ACTIVATE = {"Windows": r".venv\Scripts\Activate.ps1", "macOS": UNIX, "Linux": UNIX}
INSTALL = {"pip": "python -m pip install", "uv": "uv pip install"}
CONDA_PACKAGE = {"cpu": "pytorch-cpu", "cuda": "pytorch-gpu"}

#: The last command of each list, by PyTorch's name of the device: it differentiates (3w - 2)^2
#: at w = 1.
CHECK = {
    device: f'python -c "import torch; w = torch.tensor(1.0, requires_grad=True{where}); '
    '((3 * w - 2) ** 2).backward(); print(w.grad)"'
    for device, where in (("cpu", ""), ("cuda", ", device='cuda'"), ("mps", ", device='mps'"))
}
#: What that command prints where all is well.
EXPECTED = {"cpu": "tensor(6.)"}
EXPECTED |= {card: f"tensor(6., device='{card}:0')" for card in ("cuda", "mps")}


def steps(system: str, tool: str, network: str, device: str) -> dict[str, str]:
    """Return the lines to type, in order, each under a few words that say what it does.

    The last one checks that autograd works. The arguments are one of `SYSTEMS`, `TOOLS`, `NETWORKS`
    and `DEVICES` each, or a ValueError.

    >>> steps("macOS", "conda-forge", "direct", "CPU")["Enter it"]
    'conda activate autograd'
    """
    _check_choice(system, tool, network, device)
    name = "cpu" if device == "CPU" else CARD[system]
    check = {f"Check: this must print {EXPECTED[name]}": CHECK[name]}
    if tool == "conda-forge":
        make = {"Make an environment with PyTorch": _conda(system, network, name)}
        return make | {"Enter it": "conda activate autograd"} | check
    return {
        "Make an environment": MAKE[tool].format(python=PYTHON[system]),
        "Enter it": ACTIVATE[system],
        "Install PyTorch": f"{INSTALL[tool]} {_requirement(system, network, name)}",
    } | check


def _check_choice(*choice):
    for value, known in zip(choice, (SYSTEMS, TOOLS, NETWORKS, DEVICES), strict=True):
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")


def _requirement(system, network, device):
    """Return what pip and uv install, and from where.

    numpy comes along because torch says a long warning where it is missing.
    """
    build = CUDA if device == "cuda" else "cpu"  # on a Mac one build has both
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
    create = "conda create --yes --name autograd --override-channels"
    return f"{create} --channel {channel} python=3.12 {package}={version}"


def advice(system: str, tool: str, network: str, device: str) -> str:
    """Return what to have before typing the `steps`, in a sentence or two.

    >>> advice("Windows", "conda-forge", "direct", "CPU")
    'You need Miniforge, from conda-forge.org/download. Type the lines into its Miniforge Prompt.'
    """
    _check_choice(system, tool, network, device)
    need = NEEDS.get((tool, system)) or NEEDS[tool]
    if tool == "conda-forge" and network != "direct":
        need = need.replace("conda-forge.org/download", MINIFORGE_MIRROR)
    return need + (f" {CARDS[system]}" if device != "CPU" else "")


PYTHONS = "a Python from 3.10 to 3.14"
UV = "uv, from docs.astral.sh/uv; it brings Python."
MINIFORGE = "You need Miniforge, from conda-forge.org/download"
MAC = "You need a Mac with an Apple chip, macOS 14 or newer, and"
NVIDIA = "And an NVIDIA card of 2018 or newer, its driver 580 or newer, and 3 GB."
NEEDS = {
    ("pip", "Windows"): "You need Python 3.13 from python.org. Type the lines into PowerShell.",
    ("pip", "macOS"): f"{MAC} {PYTHONS}.",
    ("pip", "Linux"): f"You need {PYTHONS}; on Debian and Ubuntu also the package python3-venv.",
    ("uv", "macOS"): f"{MAC} {UV}",
    "uv": f"You need {UV}",
    ("conda-forge", "Windows"): f"{MINIFORGE}. Type the lines into its Miniforge Prompt.",
    "conda-forge": f"{MINIFORGE}; it brings Python.",
}
CARDS = {"Windows": NVIDIA, "Linux": NVIDIA, "macOS": "Its graphics card needs nothing more."}
