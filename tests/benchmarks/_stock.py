"""A stock Jupyter Book with one ipywidgets slider, and what its pages ask of other hosts.

The book is what ``jupyter-book create`` makes, and a notebook with the figure of ``_pages.py``.
Its pages load scripts from content delivery networks. So that they can be measured without a
network, and on the same terms as ours, the same files are taken from npm's packages and served
by the site's own server: a reader pays for three more connections, which are not counted here.
"""

import re
import subprocess
import sys
import tarfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

JUPYTER_BOOK = Path(sys.executable).with_name("jupyter-book")
#: Where a stock page takes its scripts from, and the folder of the mirror.
_NETWORKS = re.compile(
    r"https://(?:cdn\.jsdelivr\.net/npm|unpkg\.com|cdnjs\.cloudflare\.com/ajax/libs)/"
)
MIRROR = "/from-other-hosts/"

#: What npm does not have in the version that the pages ask for.
_OTHERWISE = {"thebe": "thebe@0.9.2"}

_TEXT = """\
# One slider

A weight $w$ learns $y = wx$. The loss of an example is $(wx - y)^2$, and

$$\\frac{\\partial}{\\partial w} (wx - y)^2 = 2x \\, (wx - y)$$
"""
_CODE = """\
from ipywidgets import interact
from matplotlib import pyplot
from tests.benchmarks._pages import draw


@interact(lr=(0.005, 0.205, 0.005))
def learn(lr=0.1):
    draw(lr)
    pyplot.show()
"""


def create(folder: Path) -> Path:
    """Create the book, not yet built, in `folder`; return its notebook with the slider."""
    subprocess.run([JUPYTER_BOOK, "create", folder], check=True, capture_output=True)
    notebook = new_notebook(cells=[new_markdown_cell(_TEXT), new_code_cell(_CODE)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "slider.ipynb")
    with (folder / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write("- file: slider\n")
    return folder / "slider.ipynb"


def without_other_hosts(site: Path) -> None:
    """Let a built site's pages take from a mirror, beside them, what they ask of other hosts."""
    packages = set()
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        packages.update(re.findall(_NETWORKS.pattern + r"((?:@[\w-]+/)?[\w.-]+)[@/]([\d.]+)", text))
        page.write_text(_NETWORKS.sub(MIRROR, text), encoding="utf-8")
    mirror = site / MIRROR.strip("/")
    for name, version in sorted(packages):
        if name == "require.js":  # the pages ask for it minified
            _unpack("requirejs@2.3.4", mirror / "requirejs")
            minified = mirror / name / version / "require.min.js"
            minified.parent.mkdir(parents=True)
            minify = ["npx", "--yes", "terser", mirror / "requirejs" / "require.js"]
            subprocess.run([*minify, "-c", "-m", "-o", minified], check=True)
        else:
            _unpack(_OTHERWISE.get(name, f"{name}@{version}"), mirror / f"{name}@{version}")


def _unpack(package, target):
    """Put the files of one package of npm, without those that it depends on, into a folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    pack = ["npm", "pack", "--silent", package]
    packed = subprocess.run(pack, cwd=target.parent, check=True, capture_output=True, text=True)
    archive = target.parent / packed.stdout.split()[-1]
    with tarfile.open(archive) as tar:
        tar.extractall(target.parent, filter="data")
    (target.parent / "package").rename(target)
    archive.unlink()
