"""What a reader can do with a figure besides moving it: reset, link to a state, play, read."""

import itertools
import math

import pytest
from ipywidgets import Dropdown, FloatSlider, IntSlider, Play, ToggleButtons, jslink
from test_player import load, load_html, shown, stop_the_clock

from explorable import explore


def say_two(n, kind):
    print(n, kind)


def text(page):
    return page.locator(".explorable-frame pre").inner_text().strip()


def test_reset_goes_back_to_the_start(page, recording):
    figure = explore(say_two, n=(0, 9), kind=["a", "b"], alt="Two values.")
    load(page, figure)
    before = text(page)
    shown(page, figure, [9, 1])
    assert text(page) == "9 b"
    page.get_by_role("button", name="Reset").click()
    assert text(page) == before
    assert page.locator("output").inner_text() == "4"


@pytest.fixture
def saved(tmp_path, page, recording):
    """Save a figure as a page on disk, where an address can have a fragment."""

    def save(figure):
        load(page, figure)
        (tmp_path / "page.html").write_text(page.content())
        return (tmp_path / "page.html").as_uri()

    return save


def test_an_address_carries_a_state(page, saved):
    figure = explore(say_two, n=(-2.0, 2.0, 0.5), kind=["a", "b + c"], alt="Two values.")
    address = saved(figure)
    page.goto(f"{address}#{figure._name}?n=-1.50&kind=b + c")
    assert text(page) == "-1.5 b + c"
    assert page.locator("output").inner_text() == "−1.50"
    page.goto("about:blank")
    page.goto(f"{address}#{figure._name}?n=nonsense&other=1")
    assert text(page) == "0.0 a"


@pytest.mark.parametrize(
    "controls",
    [
        {"n": FloatSlider(min=0, max=0.01, step=0.001), "kind": ["a"]},  # 0.00 five times
        {"n": Dropdown(options=[("same", 1), ("same", 2), ("1", 3)]), "kind": ["a", "b"]},
        {"n": ["@2", "1", "&=?#%"], "kind": [" ", "", "0"]},
    ],
)
def test_a_link_restores_the_state_whatever_the_labels(page, saved, controls):
    figure = explore(say_two, **controls, alt="Two values.")
    page.goto(saved(figure))
    shape = [len(control.values) for control in figure._controls]
    link, states = page.get_by_role("link", name="Link"), {}
    for positions in itertools.product(*map(range, shape)):
        frame = shown(page, figure, positions)
        link.evaluate("link => link.blur()")
        link.focus()
        states[link.evaluate("link => link.href")] = frame
    assert len(states) == math.prod(shape)
    for state, frame in reversed(states.items()):
        page.goto(state)  # the page stays, and follows
        page.wait_for_function(
            "frame => document.querySelector('.explorable-frame').outerHTML === frame", arg=frame
        )


def test_arguments_named_like_numbers_keep_their_order(page, recording):
    def say(**values):
        print(values)

    figure = explore(say, **{"2": (0, 2), "1": (0, 1)}, alt="Values.")
    load(page, figure)
    shown(page, figure, [2, 0])
    assert text(page) == "{'2': 2, '1': 0}"


def test_words_move_a_figure_and_not_the_page(page, saved):
    """A link in the prose sets the figure, again and again, while the page stays where it is."""
    figure = explore(say_two, n=(0.0, 0.3, 0.05), kind=["a"], alt="Two values.")
    page.goto(saved(figure))
    page.evaluate(
        """name => {document.body.insertAdjacentHTML("afterbegin", "<div style='height: 300px'></div>"
           + `<a id=try href='#${name}?n=0.2'>0.2</a>`);
           document.body.append(Object.assign(document.createElement("div"), {style: "height: 3000px"}));
           scrollTo(0, 100)}""",
        figure._name,
    )
    for _ in range(2):
        page.locator("#try").click()
        page.wait_for_function("document.querySelector('output').textContent === '0.20'")
        assert page.evaluate("scrollY") == 100
        page.get_by_role("button", name="Reset").click()
    page.evaluate("scrollTo(0, 2500)")
    page.evaluate("document.querySelector('#try').click()")
    page.wait_for_function("scrollY < 600")


def test_the_link_leads_to_the_state_that_is_shown(page, saved):
    figure = explore(say_two, n=(-2, 2), kind=["a", "b & c=d"], alt="Two values.")
    page.goto(saved(figure))
    shown(page, figure, [0, 1])
    link = page.get_by_role("link", name="Link")
    link.hover()
    address = page.evaluate("document.querySelector('.explorable-tools a').href")
    page.goto("about:blank")
    page.goto(address)
    assert text(page) == "-2 b & c=d"


@pytest.mark.parametrize("driven", [False, True])
def test_play_steps_through_the_positions(page, recording, driven):
    player = Play(min=0, max=3, interval=100)
    slider = IntSlider(min=0, max=3)
    if driven:
        jslink((player, "value"), (slider, "value"))
    stop_the_clock(page)
    load(page, explore(lambda n: print(n), n=slider if driven else player, alt="A number."))
    page.emulate_media(reduced_motion="no-preference")
    button = page.get_by_role("button", name="Play n")
    for numbers in ("123333", "1233"):  # from the end it starts again
        button.click()
        assert text(page) == "0"
        for n in numbers:
            page.clock.run_for(100)
            assert text(page) == page.locator("output").inner_text() == n
        assert button.get_attribute("aria-pressed") == "false"


def test_nothing_plays_for_a_reader_who_wants_no_motion(browser, recording):
    page = browser.new_page(reduced_motion="reduce")
    load(page, explore(lambda n: print(n), n=Play(min=0, max=3), alt="A number."))
    assert page.get_by_role("button", name="Play n").is_disabled()
    assert page.locator("input[type=range]").is_enabled()
    page.close()


def test_a_control_says_its_name_and_its_value(page, recording):
    figure = explore(say_two, n=(0.0, 1.0), kind=ToggleButtons(options=["a", "b"]), alt="Two.")
    load(page, figure)
    slider = page.get_by_role("slider", name="n")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == page.locator("output").inner_text() == "0.60"
    page.get_by_role("radio", name="b").check()
    assert text(page) == "0.6 b"
    assert page.get_by_role("radiogroup", name="kind").count() == 1


def test_it_fits_320_pixels(page, recording):
    options = ["a rather long option", "another one that is long", "short"]
    figure = explore(
        say_two,
        n=(0, 9),
        kind=ToggleButtons(options=options, description="a long name"),
        alt="Two.",
    )
    page.set_viewport_size({"width": 320, "height": 600})
    load(page, figure)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_without_the_style_sheet_a_note_says_how_to_move_the_controls(page, recording):
    figure = explore(say_two, n=(0, 9), kind=["a"], alt="Two.")
    page.set_content(figure._repr_mimebundle_()["text/html"])
    assert page.locator(".explorable-note").is_visible()
    load_html(page, figure._repr_mimebundle_()["text/html"])
    assert not page.locator(".explorable-note").is_visible()
