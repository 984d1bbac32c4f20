"""Figures in motion: they glide to the exact frame, and are dragged by what they show."""

import matplotlib.pyplot as plt
import pytest
from ipywidgets import IntSlider
from playwright.sync_api import expect
from test_player import load, stop_the_clock

from explorable import explore

PATHS = "[...document.querySelectorAll('.explorable-frame path')].map(e => e.getAttribute('d'))"
PLACE = (
    "e => { const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2] }"
)


def rise(n):
    plt.plot([0, 1], [0, n])
    plt.axis([0, 1, 0, 10])


def two(a, b):
    plt.plot([0, 1], [0, a])
    plt.plot([0, 1], [10, b])
    plt.axis([0, 1, 0, 10])


def ball(w):
    plt.plot([0, 10], [0, 100])
    plt.plot(w, w**2, "o")
    plt.axis([0, 10, 0, 100])


def tip(a, b):
    plt.plot([1, a], [1, b], "o-")
    plt.axis([0.1, 1000, 0, 10])
    plt.xscale("log")


@pytest.fixture
def press(page, recording):
    """Press a key on a slider; return the paths then, and after each sixtieth of a second."""
    stop_the_clock(page)
    load(page, explore(rise, n=IntSlider(min=0, max=10, value=0), alt="A line."))

    def press(key, frames=12):
        page.get_by_role("slider").press(key)
        seen = [page.evaluate(PATHS)]
        for _ in range(frames):
            page.clock.run_for(17)
            seen.append(page.evaluate(PATHS))
        return seen

    return press


def test_numbers_glide_and_end_in_the_exact_frame(page, press):
    at_once, start = press("End"), press("Home")[-1]
    assert at_once == [at_once[-1]] * 13  # nothing glides for a reader who wants no motion
    page.emulate_media(reduced_motion="no-preference")
    glide = press("End")
    assert glide[0] == start and glide[-1] == at_once[-1]
    assert len(set(map(str, glide))) > 7


def test_a_jump_amid_a_glide_ends_where_it_leads(page, press):
    start = press("Home")[-1]
    page.emulate_media(reduced_motion="no-preference")
    for key in ("End", "Home", "End"):
        assert press(key, frames=3)[-1] != start
    assert press("Home")[-1] == start


def test_what_the_next_control_leaves_alone_glides_to_its_end(page, recording):
    """The second control moves while what the first one moved is still on its way."""
    stop_the_clock(page)
    load(page, explore(two, a=(0, 10), b=(0, 10), alt="Two lines."))

    def paths_after(key):
        for slider in page.get_by_role("slider").all():
            slider.press(key)
            page.clock.run_for(51)
        page.clock.run_for(300)
        return page.evaluate(PATHS)

    at_once, _ = paths_after("End"), paths_after("Home")
    page.emulate_media(reduced_motion="no-preference")
    assert paths_after("End") == at_once


@pytest.mark.parametrize("kind", ["mouse", "pen", "touch"])
def test_what_is_held_is_dragged_and_its_slider_follows(page, recording, kind):
    """Each pointer moves the point to the nearest position, and lets it go at the end."""
    load(page, explore(ball, w=(0, 10), hold={"w": "x"}, alt="A ball."))
    handle = page.locator(".explorable-hold")
    x, y = handle.evaluate(PLACE)
    session = page.context.new_cdp_session(page)

    def point(what, x):
        if kind == "touch":
            types = {"Pressed": "touchStart", "Moved": "touchMove", "Released": "touchEnd"}
            points = [] if what == "Released" else [{"x": x, "y": y}]
            event = {"type": types[what], "touchPoints": points}
            session.send("Input.dispatchTouchEvent", event)
        else:
            event = {"type": f"mouse{what}", "x": x, "y": y, "pointerType": kind}
            session.send("Input.dispatchMouseEvent", event | {"button": "left", "clickCount": 1})

    point("Pressed", x)
    places = [float(place) for place in handle.get_attribute("data-xs").split()]
    target = places[5] + 80 / page.evaluate("document.querySelector('svg').getScreenCTM().a")
    value = min(range(11), key=lambda n: abs(places[n] - target))
    assert value > 5
    for moved in (10, 40, 80, 80):
        point("Moved", x + moved)
    # A browser hands on the moves of a finger in its own time.
    expect(page.locator("output")).to_have_text(str(value))
    assert page.get_by_role("slider").input_value() == str(value)
    assert handle.evaluate(PLACE)[0] > x
    point("Released", x + 80)
    if kind != "touch":
        point("Moved", x)
    assert page.locator("output").inner_text() == str(value)
    page.keyboard.press("ArrowLeft")  # the slider has the keyboard
    assert page.locator("output").inner_text() == str(value - 1)


def test_a_point_is_held_on_both_axes_and_a_logarithmic_one(page, recording):
    figure = explore(tip, a=[1.0, 10.0, 100.0], b=(0, 4), hold={"a": "x", "b": "y"}, alt="A tip.")
    load(page, figure)
    handle = page.locator(".explorable-hold")
    x, y = handle.evaluate(PLACE)
    places = [float(place) for place in handle.get_attribute("data-xs").split()]
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=0.2)
    scale = page.evaluate("document.querySelector('svg').getScreenCTM().a")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + (places[2] - places[0]) * scale, y - 30)
    page.mouse.up()
    assert page.locator("select").input_value() == "100.0"
    assert int(page.locator("output").inner_text()) > 2


def test_the_held_point_lies_on_what_is_drawn(page, recording):
    figure = explore(ball, w=(0, 10), hold={"w": "x"}, alt="A ball.")
    load(page, figure)
    for key in ("End", "Home"):
        page.get_by_role("slider").press(key)
        (x, y), (u, v) = (
            page.locator(selector).last.evaluate(PLACE) for selector in ("use", ".explorable-hold")
        )
        assert (x, y) == (pytest.approx(u, abs=0.2), pytest.approx(v, abs=0.2))


def test_full_screen_and_the_next_figure(page, recording):
    figures = [explore(rise, n=(0, 2), alt="A line.") for _ in range(3)]
    load(page, *figures)
    page.get_by_role("button", name="Full screen").first.click()
    page.wait_for_function("document.fullscreenElement")
    for key, expected in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
    ):
        page.keyboard.press(key)
        page.wait_for_function(
            "id => document.fullscreenElement.id === id", arg=figures[expected]._name
        )
    page.locator(f"#{figures[1]._name}").get_by_role("slider").press("ArrowRight")
    assert page.locator(f"#{figures[1]._name} output").inner_text() == "2"
    page.locator(f"#{figures[1]._name}").get_by_role("button", name="Full screen").click()
    page.wait_for_function("!document.fullscreenElement")
