"""The words of a figure, what is printed of it, and what an author is told about an option."""

import inspect

import matplotlib.pyplot as plt
import pytest
from ipywidgets import FloatSlider, Play
from test_player import load

from explorable import explore


def line(lr, step):
    plt.plot([0, lr], [0, step])


def stored(**options):
    sizes = {"lr": FloatSlider(min=0, max=0.3, step=0.1, value=0.1), "step": (0, 4)}
    return explore(line, alt="A line.", **sizes, **options)


def test_the_words_stand_in_the_page_and_in_the_live_figure(page, monkeypatch):
    words = {"title": "The point <b>", "caption": "What to see.", "labels": {"lr": ("rate", "m/s")}}
    live = stored(**words)
    assert live.kwargs_widgets[0].description == "rate (m/s)"
    assert "The point &lt;b&gt;" in live._html and "What to see." in live._html
    monkeypatch.setenv("EXPLORABLE_RECORD", "1")
    load(page, stored(**words), stored(title="Another", caption=""))
    assert page.get_by_role("figure", name="The point <b>").count() == 1
    slider = page.get_by_role("slider", name="rate")
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "0.20\xa0m/s"
    assert page.locator("output").first.inner_text() == "0.20\xa0m/s"
    numbers = page.locator(".explorable-title").evaluate_all(
        "all => all.map(e => getComputedStyle(e.parentElement).counterIncrement)"
    )
    assert numbers == ["explorable 1"] * 2


def test_formulas_in_words_are_drawn_and_no_letter_breaks_the_page(recording):
    options = {"title": "Of $x^2$ & <b>", "caption": "It costs $5, not $x$."}
    figure = explore(lambda n: print(n), n=["a\ud800"], **options, alt="A letter.")
    html = figure._repr_mimebundle_()["text/html"]
    assert "Of <math><msup>" in html and "&amp; &lt;b&gt;" in html
    assert html.encode() and "a\N{REPLACEMENT CHARACTER}</option>" in html


def test_the_words_beside_a_player_have_the_room_that_they_need():
    """Else JupyterLab cuts them off, or long ones leave no track in a slider's 300 pixels."""
    words = {"step": "bits of each saved number"}
    live = explore(line, lr=[0.1, 0.2], step=Play(min=0, max=4), labels=words, alt="A line.")
    slider = live.children[1].children[1]
    assert slider.description == words["step"]
    assert slider.style.description_width == "initial"
    assert slider.layout.width == "34rem"


def test_three_states_are_printed_side_by_side(page, recording):
    load(page, stored(paper=[{"lr": 0.1}, {"lr": 0.2, "step": 4}, {"step": 0}]))
    assert not page.locator(".explorable-paper").is_visible()
    page.emulate_media(media="print")
    assert not page.locator(".explorable-frame").is_visible()
    boxes = [box.bounding_box() for box in page.locator(".explorable-paper > div").all()]
    assert len({box["y"] for box in boxes}) == 1 and boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]
    assert page.locator(".explorable-paper p").all_inner_texts() == [
        "lr 0.10, step 2",
        "lr 0.20, step 4",
        "lr 0.10, step 0",
    ]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"labels": {"rate": "x"}}, "labels names 'rate', but the controls are lr, step"),
        ({"labels": {"lr": ("a", "b", "c")}}, "give words, or \\(words, unit\\)"),
        ({"labels": "rate"}, "give it a dict"),
        ({"hold": {"lr": "z"}}, "say 'x' or 'y'"),
        ({"hold": {"rate": "x"}}, "hold names 'rate', but the controls are lr, step"),
        ({"title": 3}, "title is 3; give it a sentence"),
        ({"paper": [0.1]}, "with several controls, give a dict"),
        ({"paper": [{"rate": 0.1}]}, "paper names 'rate', which is no control"),
        ({"paper": [{"lr": 0.15}]}, "its positions are 0.00, 0.10, ... 0.30"),
        ({"paper": [{}] * 4}, "three fit side by side"),
        ({"paper": 1}, "paper is 1; give it a list of states"),
    ],
)
def test_an_option_that_does_not_fit_gets_a_sentence(options, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        stored(**options)


def test_what_is_held_is_a_number():
    with pytest.raises(TypeError, match="n cannot be held: not all of its values are numbers"):
        explore(lambda n: print(n), n=["a", "b"], hold={"n": "x"}, alt="A text.")


@pytest.mark.parametrize("option", ["alt", "title", "caption", "labels", "hold", "paper"])
def test_an_argument_with_the_name_of_an_option_gets_a_sentence(option):
    def draw(**values):
        print(values)

    parameter = inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=1)
    draw.__signature__ = inspect.Signature([parameter])
    with pytest.raises(TypeError, match=f"draw has an argument '{option}', which is an option"):
        explore(draw, **({} if option == "alt" else {"alt": "A figure."}))
