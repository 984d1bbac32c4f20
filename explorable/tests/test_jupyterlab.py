"""That figures are alive in a real JupyterLab, and pictures there before their notebook is run."""

import inspect
import json
import os
import re
import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import explorable
from explorable import explore
from explorable.record import main as record

ASSETS = Path(explorable.__file__).parent / "static"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},  # asks no one, not even the reader
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are on the page
}
NARROW = 34 * 16 + 1  # 34rem in pixels, and one for rounding


def wave(k, shade=False):
    x = [n / 10 for n in range(20)]
    plt.plot(x, [k * value**2 for value in x])
    plt.xlabel(f"k is {k} and $x^2$ < \"{k}\" & 'so on', 100% #1")
    if shade:
        plt.fill_between(x, x, alpha=0.5)


def slow(a, b=0):
    time.sleep(0.5)
    plt.plot([a, b])
    print(a, b)


def endless(k):
    print(k)
    while k:
        Path("started").touch()
        time.sleep(0.01)


def inverse(k):
    plt.plot([0, 1 / k])


# The cells of the notebook that is run, by name, in their order.
CELLS = {
    "import": "import time\nimport matplotlib.pyplot as plt\nfrom explorable import explore, use_style\nuse_style()",
    "wave": f"{inspect.getsource(wave)}\nexplore(wave, k=(1, 5), shade=True, alt='A wave.')",
    "slow": f"from ipywidgets import fixed\n{inspect.getsource(slow)}",
    "drag": "explore(slow, a=(0, 90), b=fixed(0), alt='A line.')",
    "both": "explore(slow, a=(0, 19), b=(0, 19), alt='A line.')",
    "inverse": f"{inspect.getsource(inverse)}\nexplore(inverse, k=(0, 2), alt='A line.')",
    "endless": f"from pathlib import Path\n{inspect.getsource(endless)}\n"
    "explore(endless, k=[0, 1], alt='Nothing.')",
    "busy": "for n in range(12):\n    print('line', n)\n    time.sleep(0.1)",
    "quick": "6 * 7",
    "interrupted": "6 * 8",
}


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """A JupyterLab with settings of its own: the address of its notebooks, and their folder."""
    home = tmp_path_factory.mktemp("jupyter")
    for name in ("config", "data", "runtime", "notebooks"):
        (home / name).mkdir()
    for name, settings in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "EXPLORABLE", "IPYTHON"))
    }
    own = {
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }
    options = [
        "--no-browser",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port=0",  # any that is free
        f"--ServerApp.root_dir={home / 'notebooks'}",
        "--ServerApp.allow_root=True",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=kept | {name: str(path) for name, path in own.items()},
            stdout=log,
            stderr=log,
        )
        try:
            yield _address(home, server) + "doc/tree/", home / "notebooks"
        finally:
            server.terminate()  # it ends its kernels
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()


def _address(home, server):
    """Wait until the server answers, and return where."""
    end = time.monotonic() + 120
    while server.poll() is None and time.monotonic() < end:
        for path in (home / "runtime").glob("jpserver-*.json"):
            try:
                return json.loads(path.read_text())["url"]
            except ValueError:
                pass  # half written
        time.sleep(0.1)
    pytest.fail("JupyterLab did not start:\n" + (home / "log").read_text())


def write(folder, name, cells):
    cells = [new_code_cell(source, id=name) for name, source in cells.items()]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    nbformat.write(notebook, folder / name)
    return folder / name


READY = "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"


class Cell:
    """A cell of the opened notebook, with what a reader does to it and sees of it."""

    def __init__(self, page, number):
        self.page = page
        self.cell = page.locator(".jp-NotebookPanel").first.locator(".jp-CodeCell").nth(number)
        self.output = self.cell.locator(".jp-OutputArea-output")
        self.frame = self.cell.locator(".explorable-frame")
        self.sliders = self.cell.get_by_role("slider")

    def start(self):
        self.cell.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")

    def figure(self):
        """Run the cell as a reader does, unless another test has, and wait for its figure."""
        if self.frame.count() == 0:
            self.start()
        self.frame.wait_for()
        return self

    def markup(self):
        """Return the frame's HTML, with the figure's id as in any other copy of it."""
        return self.frame.evaluate(MARKUP)

    def watch(self):
        """From here on, note every frame and every event, for `log`."""
        self.cell.evaluate(WATCH)

    def log(self):
        """Wait for the frame of the newest event, and for no other; return what was noted."""
        self.page.wait_for_function(STILL)
        return self.page.evaluate("window.painted.at = 0, window.noted")


MARKUP = """frame => {
  const id = frame.closest("figure").id;
  return frame.outerHTML.replaceAll(`${id}-`, "id-");
}"""

# Notes every frame's text, every slider's value, and how each painted frame looks.
WATCH = """cell => {
  const view = cell.querySelector(".explorable").parentElement;
  const noted = window.noted = [];
  const values = () => [...cell.querySelectorAll("[role=slider]")].map(s => s.ariaValueText);
  const note = (kind, what) => noted.push({kind, what, at: window.last = performance.now()});
  new MutationObserver(() => note("frame", view.querySelector("pre")?.textContent.trim()))
    .observe(view, {childList: true, subtree: true, characterData: true});
  for (const slider of cell.querySelectorAll("[role=slider]"))
    new MutationObserver(() => note("event", values().join(" ")))
      .observe(slider, {attributeFilter: ["aria-valuetext"]});
  const height = view.offsetHeight;
  const painted = window.painted = {times: 0, empty: 0, jumps: 0, at: 1};
  (function paint() {
    painted.times += 1;
    painted.empty += !view.querySelector("svg");
    painted.jumps += view.offsetHeight !== height;
    painted.at &&= requestAnimationFrame(paint);
  })();
}"""

# The newest frame is there, and twice as long as one takes has gone by without another.
STILL = """() => {
  const newest = kind => window.noted.findLast(entry => entry.kind === kind)?.what ?? "none";
  return newest("frame").startsWith(newest("event")) && performance.now() - window.last > 1200;
}"""


@pytest.fixture(scope="module")
def page(browser):
    """The one page of JupyterLab: to load it takes longer than all that is asked of it."""
    context = browser.new_context(viewport={"width": 1600, "height": 3000})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def notebook(page, lab):
    """An opened notebook: its cells by name, the imports run."""
    address, folder = lab
    path = write(folder, "live.ipynb", CELLS)
    page.goto(address + path.name)
    page.locator(".jp-Cell").first.wait_for()
    page.wait_for_function(READY)
    cells = {name: Cell(page, number) for number, name in enumerate(CELLS)}
    cells["import"].start()
    cells["slow"].start()
    return cells


@pytest.fixture(scope="module")
def recorded(lab):
    """A notebook as it is stored."""
    _, folder = lab
    path = write(folder, "stored.ipynb", {name: CELLS[name] for name in ("import", "wave")})
    assert record([str(path)]) == 0
    return path


def static_page(browser, html):
    style, script = (
        (ASSETS / f"explorable.{kind}").read_text(encoding="utf-8") for kind in ("css", "js")
    )
    page = browser.new_page(reduced_motion="reduce")  # a frame is there at once
    page.set_content(
        f"<!doctype html><style>{style}</style><main>{html}</main><script>{script}</script>"
    )
    return page


def test_a_live_figure_shows_at_each_position_what_the_static_player_shows(
    browser, notebook, monkeypatch
):
    monkeypatch.setenv("EXPLORABLE_RECORD", "1")
    monkeypatch.setattr("explorable._style._used", True)
    stored = explore(wave, k=(1, 5), shade=True, alt="A wave.")
    page = static_page(browser, stored._repr_mimebundle_()["text/html"])
    live = notebook["wave"].figure()
    assert live.markup() == page.locator(".explorable-frame").evaluate(MARKUP)
    moves = [("Right", (4, 5)), ("Left", (4, 3, 2, 1)), ("Right", (2, 3))]
    for key, value in ((f"Arrow{side}", k) for side, ks in moves for k in ks):
        live.sliders.press(key)
        page.locator("input[type=range]").press(key)
        live.frame.get_by_text(f"k is {value} and", exact=False).wait_for()
        assert live.markup() == page.locator(".explorable-frame").evaluate(MARKUP)
    page.close()


def drag(cell):
    """Drag the first slider, which has 91 positions, through forty of them and back by ten."""
    mouse, box = cell.page.mouse, cell.sliders.first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    position = cell.cell.locator(".noUi-target").first.bounding_box()["width"] / 90
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 40 * position, y, steps=40)
    mouse.move(x + 30 * position, y, steps=10)
    mouse.up()


def alternate(cell):
    """Move both sliders, in turn, by key: at the end, each is where it was not before."""
    for key in ["ArrowRight", "ArrowLeft"] * 4 + ["ArrowRight"] * 5:
        for slider in (0, 1):
            cell.sliders.nth(slider).press(key)


@pytest.mark.parametrize("name, burst", [("drag", drag), ("both", alternate)])
def test_a_slow_figure_draws_one_stale_frame_at_most_and_never_flickers(notebook, name, burst):
    cell = notebook[name].figure()
    cell.watch()
    burst(cell)
    log = cell.log()
    kinds = [entry["kind"] for entry in log]
    assert kinds.count("event") >= 20
    last = len(kinds) - kinds[::-1].index("event")
    # A frame that is put there in two steps is one; one that comes back later is another.
    frames = [what for what, _ in groupby(entry["what"] for entry in log[last:])]
    assert len(frames) <= 2, frames  # the newest frame, and one before it
    painted = cell.page.evaluate("window.painted")
    assert painted["times"] > 20
    assert painted["empty"] == painted["jumps"] == 0


def test_a_cell_runs_at_once_after_a_drag(notebook):
    cell = notebook["drag"].figure()
    cell.watch()
    drag(cell)
    before = cell.page.evaluate("window.noted.filter(entry => entry.kind === 'frame').length")
    notebook["quick"].start()
    notebook["quick"].output.get_by_text("42").wait_for()
    after = cell.page.evaluate("window.noted.filter(entry => entry.kind === 'frame').length")
    assert after - before <= 2
    cell.log()


def test_a_figure_that_is_moved_while_a_cell_runs_takes_nothing_of_that_cell(notebook):
    cell = notebook["drag"].figure()
    cell.watch()
    notebook["busy"].start()
    notebook["busy"].output.get_by_text("line 2").wait_for()
    cell.sliders.press("ArrowLeft")
    notebook["busy"].output.get_by_text("line 11").wait_for()
    lines = notebook["busy"].output.inner_text().split("\n")
    assert [line for line in lines if line] == [f"line {n}" for n in range(12)]
    (moved,) = (entry["what"] for entry in cell.log() if entry["kind"] == "event")
    assert cell.frame.locator("pre").inner_text().strip() == f"{moved} 0"


def test_a_figure_that_never_ends_can_be_interrupted(lab, notebook):
    cell = notebook["endless"].figure()
    cell.cell.locator("select").select_option("1")
    notebook["interrupted"].start()
    while not (lab[1] / "started").exists():
        cell.page.wait_for_timeout(20)
    cell.page.evaluate("jupyterapp.commands.execute('notebook:interrupt-kernel')")
    notebook["interrupted"].output.get_by_text("48").wait_for()


def test_an_error_shows_in_place_and_goes_away(notebook):
    cell = notebook["inverse"].figure()
    before = cell.markup()
    cell.sliders.press("ArrowLeft")
    cell.frame.get_by_text("ZeroDivisionError: division by zero").wait_for()
    assert cell.frame.locator("svg").count() == 0
    cell.sliders.press("ArrowRight")
    cell.frame.locator("svg").wait_for()
    assert cell.markup() == before


def test_a_static_page_shows_the_figure_once(browser, recorded):
    output = nbformat.read(recorded, as_version=4).cells[-1].outputs[0]
    page = static_page(browser, output.data["text/html"])
    page.locator(".explorable-frame svg").wait_for()
    assert page.get_by_role("img").count() == 1
    assert not page.get_by_text("Run this cell to").is_visible()
    page.close()


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_a_live_figure_is_readable_and_no_wider_than_on_a_page(notebook, theme):
    cell = notebook["wave"].figure()
    change = f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab {theme}'}})"
    cell.page.evaluate(change)
    cell.page.wait_for_function(
        f"document.body.dataset.jpThemeLight === '{str(theme == 'Light').lower()}'"
    )
    box = cell.frame.locator("svg").bounding_box()
    assert 300 < box["width"] <= NARROW
    assert box["height"] == pytest.approx(box["width"] * 2 / 3, abs=1)
    text = cell.frame.locator("svg text").first
    cell.page.wait_for_function(CONTRAST, arg=text.element_handle())
    assert not re.search(r"var\([^,)]*\)", cell.markup())  # each has a colour to fall back on


CONTRAST = """text => {
  const light = colour => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  let behind = text;
  while (/rgba\\(.*, 0\\)/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
  const pair = [getComputedStyle(text).fill, getComputedStyle(behind).backgroundColor].map(light);
  return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05) >= 7;
}"""


def test_a_stored_notebook_shows_a_picture_and_what_to_do_and_once_trusted_the_figure(
    page, notebook, recorded
):
    """Last, for it takes the place of the notebook that runs."""
    page.evaluate(f"jupyterapp.commands.execute('docmanager:open', {{path: '{recorded.name}'}})")
    output = page.locator(".jp-NotebookPanel:visible .jp-OutputArea-output").last
    picture = output.get_by_role("img", name="A wave.")
    picture.wait_for()
    size = picture.evaluate("image => image.decode().then(() => [image.width, image.height])")
    assert size == [346, 230]
    assert picture.evaluate("image => getComputedStyle(image).backgroundColor") == (
        "rgb(255, 255, 255)"  # its text is black in a dark JupyterLab too
    )
    words = output.inner_text().strip()
    assert words.startswith("Run this cell to")
    assert "\n" not in words  # nothing of the SVG's labels, nor of the controls

    page.evaluate("void jupyterapp.commands.execute('notebook:trust')")
    page.get_by_role("button", name="Trust").click()
    output.locator(".explorable-frame svg").wait_for()
    assert output.get_by_role("img").count() == 1
    assert output.get_by_text("Run this cell to").is_visible()
