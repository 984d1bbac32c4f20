"""That the player shows, at every position and after any jump, exactly what Python drew."""

import random
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from IPython.display import HTML
from ipywidgets import fixed

import explorable
from explorable import _svg, explore
from explorable._encode import to_html
from explorable._explore import _NAME
from explorable._html import keep_heights

ASSETS = Path(explorable.__file__).parent / "static"


def load(page, *figures):
    """Open a page that holds the stored HTML of `figures`, with the player."""
    load_html(page, "".join(figure._repr_mimebundle_()["text/html"] for figure in figures))


def load_html(page, body):
    script, style = (ASSETS / "explorable.js").read_text(), (ASSETS / "explorable.css").read_text()
    page.emulate_media(reduced_motion="reduce")  # a frame is there at once
    page.set_content(f"<!doctype html><style>{style}</style>{body}<script>{script}</script>")


def stop_the_clock(page):
    """From here on, time passes on the page only in ``page.clock.run_for``."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def shown(page, figure, positions):
    """Move the controls of the page's figure; return the frame's HTML then."""
    return page.evaluate(SHOW, [figure._name, positions])


SHOW = """([name, positions]) => {
  const figure = document.getElementById(name);
  const controls = figure.querySelectorAll("[type=range], select, [type=checkbox], [role=radiogroup]");
  controls.forEach((control, i) => {
    if (control.matches("select")) control.selectedIndex = positions[i];
    else if (control.matches("[type=checkbox]")) control.checked = positions[i];
    else if (control.matches("[type=range]")) control.value = positions[i];
    else control.querySelectorAll("input")[positions[i]].checked = true;
  });
  controls[0].dispatchEvent(new Event("input", {bubbles: true}));
  return figure.querySelector(".explorable-frame").outerHTML;
}"""


def check_frames(page, name, frames):
    """Move the controls of figure `name`, and assert that it then shows what Python encoded.

    `frames` are pairs of positions and frames, in the order in which the reader comes to them.
    """
    frames = [(positions, to_html(frame).replace(_NAME, name)) for positions, frame in frames]
    assert page.evaluate(WRONG, [name, frames]) == []


# Where a browser that reads the expected HTML gets other nodes than those that are shown.
WRONG = f"""([name, frames]) => frames.flatMap(([positions, html]) => {{
  const found = ({SHOW})([name, positions]);
  const shown = document.querySelector(`#${{name}} .explorable-frame`).cloneNode(true);
  // In the mode of a page with a doctype, where a table ends a paragraph.
  const page = new DOMParser().parseFromString(`<!doctype html>${{html}}`, "text/html");
  const expected = page.body.firstChild;
  shown.normalize();
  expected.normalize();
  return shown.isEqualNode(expected) ? [] : [{{positions, found, html}}];
}})"""


def curve(n, kind="line", dots=False):
    x = range(n + 2)
    plt.plot(x, [k**2 for k in x], "o-" if dots else "-")
    if kind == "bars":
        plt.bar(x, x)
    plt.title(f"{kind} <{n}>")


def everything(n, flag):
    print("n is", n, "</script><b>")
    if flag:
        plt.plot([0, n])
    return {"n": n}


def table(rows):
    return HTML("<table><tbody>" + "<tr><td>1</td></tr>" * rows + "</tbody></table>")


@pytest.mark.parametrize(
    "function, controls",
    [
        (curve, {"n": (1, 6), "kind": fixed("line")}),
        (curve, {"n": (1, 3), "kind": ["line", "bars"], "dots": fixed(True)}),
        (everything, {"n": (0, 3), "flag": False}),
        (table, {"rows": (0, 4)}),
    ],
)
def test_every_position_after_any_jump(page, recording, function, controls):
    figure = explore(function, alt="A test.", **controls)
    load(page, figure)
    shape = [len(control.values) for control in figure._controls]
    everywhere = [[]]
    for size in shape:
        everywhere = [[*before, k] for before in everywhere for k in range(size)]
    frames = {tuple(positions): figure._frame(positions) for positions in everywhere}
    _svg.align(list(frames.values()))
    keep_heights(list(frames.values()))
    random.Random(0).shuffle(everywhere)
    check_frames(page, figure._name, [(at, frames[tuple(at)]) for at in everywhere])


def test_two_figures_on_a_page_do_not_disturb_each_other(page, recording):
    first, second = (
        explore(curve, n=(1, 4), kind=fixed("line"), dots=fixed(True), alt="A curve.")
        for _ in range(2)
    )
    load(page, first, second)
    before = page.locator(f"#{second._name} .explorable-frame").inner_html()
    shown(page, first, [3])
    assert page.locator(f"#{second._name} .explorable-frame").inner_html() == before
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_one_figure_displayed_twice_has_two_names(page, recording):
    figure = explore(curve, n=(1, 4), kind=fixed("line"), dots=fixed(True), alt="A curve.")
    load(page, figure, figure)
    first, second = page.locator("figure.explorable").all()
    second.get_by_role("slider").press("End")
    assert second.locator("svg").inner_html() != first.locator("svg").inner_html()
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_a_change_of_frame_runs_no_script(page, recording):
    def attack(n):
        run = "window.ran = 1"
        return HTML("<i></i>" + f"<img src=x onerror='{run}'><script>{run}</script>" * n)

    figure = explore(attack, n=[0, 1], alt="An attack.")
    load(page, figure)
    assert "<img" in shown(page, figure, [1])
    page.wait_for_timeout(100)
    assert page.evaluate("window.ran") is None


def test_text_is_never_markup(page, recording):
    def shout(text):
        print(text)

    texts = ["<b>bold</b>", "</script><script>x()</script>", "<!--", "&lt;", "\n\n", "日本語 𝛁"]
    figure = explore(shout, text=texts, alt="Text.")
    load(page, figure)
    for position, text in enumerate(texts):
        shown(page, figure, [position])
        assert page.locator(".explorable-frame pre").evaluate("e => e.textContent") == text + "\n"
        assert page.locator(".explorable-frame pre > *").count() == 0
