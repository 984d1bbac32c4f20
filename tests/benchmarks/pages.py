"""What a page costs its reader and the book its makers, beside Furo as it comes and a stock book.

::

    pip install -e ".[test]"                           and Node's npm, for the stock book's scripts
    python -m tests.benchmarks.pages                   about seven minutes, on an idle machine

The phone is slow: 1.6 Mbit/s, 150 ms to any server, and a processor four times slower than this
machine's. Each page is opened `ROUNDS` times with nothing in the cache, the pages by turns, and
the median is printed. The server compresses what servers compress.

First text, largest paint: what Chromium reports as first and largest contentful paint.
Blocked: of every task longer than 50 ms, what goes beyond, until two seconds after the last file;
in brackets the least of all visits, for whatever else the machine does is counted, too.
Shift: the sum of all layout shifts. ``_stock.py`` says what the stock book is. "Furo" has our
notebooks in the theme as it comes, with MathML and the player, and without `press.sphinx`.
Recorded and checked is the chapter one-weight, with three figures and 400 positions; of the stock
book the notebook with one slider, of which one position is stored.
"""

import gzip
import mimetypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import yaml

from tests.benchmarks._stock import JUPYTER_BOOK, create, without_other_hosts
from tests.conftest import CHROMIUM, FLAGS, ROOT

ROUNDS = 5
OURS = [
    "intro",
    "chapters/one-weight",
    "chapters/jacobian",
    "chapters/errors",
    "exercises/in-place",
]
FURO = ["chapters/one-weight", "chapters/errors"]
STOCK = ["intro", "slider"]

_AS_IT_COMES = """
from press.sphinx import _mathml


def setup(app):
    app.connect("config-inited", lambda app, config: config.html_theme_options.clear(), priority=700)
    app.connect("builder-inited", lambda app: app.config.html_static_path.append({static!r}))
    _mathml.setup(app)
"""

_PHONE = {
    "offline": False,
    "latency": 150,  # milliseconds
    "downloadThroughput": 1_600_000 / 8,  # bytes a second
    "uploadThroughput": 750_000 / 8,
}
_COMPRESSED = (".html", ".css", ".js", ".json", ".svg")

# Chromium keeps what happened before the script that asks for it.
_READ = """async () => {
  const read = (type) => new Promise((resolve) => {
    const all = [];
    const observer = new PerformanceObserver((list) => all.push(...list.getEntries()));
    observer.observe({type, buffered: true});
    setTimeout(() => resolve(all.concat(observer.takeRecords())), 100);
  });
  const [paints, largest, shifts, tasks] = await Promise.all(
    ["paint", "largest-contentful-paint", "layout-shift", "longtask"].map(read)
  );
  return {
    first: paints.find(({name}) => name === "first-contentful-paint").startTime,
    largest: largest.at(-1).startTime,
    shift: shifts.reduce((sum, {value}) => sum + value, 0),
    blocked: tasks.reduce((sum, {duration}) => sum + duration - 50, 0),
  };
}"""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as browsers and servers do

    def __init__(self, site, *arguments):
        self.site = site
        super().__init__(*arguments)

    def do_GET(self):
        path = self.site / unquote(urlsplit(self.path).path).lstrip("/")
        found = path.is_file()
        body = path.read_bytes() if found else b"not found"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", mimetypes.guess_type(path)[0] or "text/plain")
        if path.suffix in _COMPRESSED:
            self.send_header("Content-Encoding", "gzip")
            body = gzip.compress(body)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(site):
    """Serve a folder on this machine; return the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site))
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def visit(browser, address):
    """Open a page on the slow phone; return the numbers of a row."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    phone = context.new_cdp_session(page)
    phone.send("Network.enable")
    phone.send("Network.emulateNetworkConditions", _PHONE)
    phone.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    sizes = []
    phone.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle", timeout=120_000)
    page.wait_for_timeout(2000)
    numbers = page.evaluate(_READ)
    context.close()
    return numbers | {"requests": len(sizes), "bytes": sum(sizes)}


def timed(*command, cwd):
    """Run a command; return the seconds that it took."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}  # the stock notebook draws with ours
    start = time.perf_counter()
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=cwd, env=environment
    )
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nThis failed: {' '.join(map(str, command))}")
    return time.perf_counter() - start


def build_ours(folder):
    """Build, record and check; return the site and the seconds of each."""
    folder.mkdir()
    chapter = shutil.copy(ROOT / "chapters" / "one-weight.ipynb", folder)
    seconds = [
        timed(JUPYTER_BOOK, "build", ROOT, "--path-output", folder, cwd=ROOT),
        timed(sys.executable, "-m", "explorable.record", chapter, cwd=folder),
        timed(sys.executable, "-m", "pytest", "-n0", "chapters/one-weight.ipynb", cwd=ROOT),
    ]
    return folder / "_build" / "html", seconds


def build_furo(folder):
    """Build our notebooks with nothing of ours around them; return the site."""
    folder.mkdir()
    for name in ("chapters", "exercises"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("_toc.yml", "intro.ipynb"):
        shutil.copy(ROOT / name, folder)
    extension = _AS_IT_COMES.format(static=str(ROOT / "press" / "sphinx" / "static"))
    (folder / "as_it_comes.py").write_text(extension, encoding="utf-8")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["html"].pop("favicon")
    sphinx = config["sphinx"]
    sphinx["local_extensions"] = {"as_it_comes": "."}
    sphinx["config"]["extensions"].remove("press.sphinx")
    sphinx["config"]["extensions"].append("as_it_comes")
    sphinx["config"]["myst_heading_anchors"] = 6
    for ours in ("pygments_style", "myst_heading_slug_func"):
        sphinx["config"].pop(ours, None)
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    timed(JUPYTER_BOOK, "build", folder, cwd=folder)
    return folder / "_build" / "html"


def build_stock(folder):
    """The same with the stock book, whose build runs the notebooks.

    nbval is lax there: it runs the cells and compares nothing, for a widget has a new id each time.
    """
    notebook = create(folder)
    jupyter = Path(sys.executable).with_name("jupyter")
    seconds = [
        timed(JUPYTER_BOOK, "build", folder, cwd=folder),
        timed(
            jupyter, "nbconvert", "--to=notebook", "--execute", "--inplace", notebook, cwd=folder
        ),
        timed(sys.executable, "-m", "pytest", "-n0", "--nbval-lax", notebook, cwd=folder),
    ]
    site = folder / "_build" / "html"
    without_other_hosts(site)
    return site, seconds


def page_row(name, visits):
    median = {key: statistics.median(visit[key] for visit in visits) for key in visits[0]}
    least = min(visit["blocked"] for visit in visits)
    return (
        f"| {name} | {median['requests']:.0f} | {median['bytes'] / 1000:,.0f} "
        f"| {median['first'] / 1000:.1f} | {median['largest'] / 1000:.1f} "
        f"| {median['blocked']:,.0f} ({least:,.0f}) | {median['shift']:.3f} |"
    )


def main():
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        our_site, our_seconds = build_ours(Path(folder, "ours"))
        stock_site, stock_seconds = build_stock(Path(folder, "stock"))
        furo_site = build_furo(Path(folder, "furo"))
        ours, furo, stock = serve(our_site), serve(furo_site), serve(stock_site)
        pages = {name: f"{ours}/{name}.html" for name in OURS}
        pages |= {f"Furo: {name}": f"{furo}/{name}.html" for name in FURO}
        pages |= {f"stock: {name}": f"{stock}/{name}.html" for name in STOCK}
        visits = {name: [] for name in pages}
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for _ in range(ROUNDS):
            for name, address in pages.items():
                visits[name].append(visit(browser, address))
        browser.close()
    print(f"On {date.today()}, a phone with 1.6 Mbit/s, 150 ms, processor ÷ 4:\n")
    print("| Page | requests | kB | first text, s | largest paint, s | blocked, ms | shift |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, found in visits.items():
        print(page_row(name, found))
    print("\nOn this machine:\n")
    print("| Book | build all, s | record one notebook, s | check one notebook, s |")
    print("| --- | ---: | ---: | ---: |")
    for name, seconds in (("ours", our_seconds), ("stock", stock_seconds)):
        print(f"| {name} | {' | '.join(f'{each:.0f}' for each in seconds)} |")


if __name__ == "__main__":
    main()
