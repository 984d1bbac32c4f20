"""What `explore` promises an author: interact's rules, budgets that name the cure, live updates."""

import gc
import gzip

import matplotlib.pyplot as plt
import pytest
from ipywidgets import FloatSlider, fixed

from explorable import _explore, explore, limits


def line(k):
    plt.plot([0, k])


def test_the_bundle_holds_a_live_widget_and_what_a_page_needs(recording):
    bundle = explore(line, k=(0, 4), alt="A line.")._repr_mimebundle_()
    assert set(bundle) == {
        "application/vnd.jupyter.widget-view+json",
        "text/html",
        "image/svg+xml",
        "text/plain",
    }
    assert bundle["text/plain"] == "explore: line(k=2), one of 5 positions"
    assert bundle["image/svg+xml"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_recorded_twice_is_the_same(recording, monkeypatch):
    def record():
        monkeypatch.setattr(_explore, "_names", _explore.Counter())
        return explore(line, k=(0, 4), alt="A line.")._repr_mimebundle_()["text/html"]

    assert record() == record()


def test_a_live_figure_follows_its_control_and_draws_no_other_position():
    drawn = []
    figure = explore(lambda k: drawn.append(k), k=(0, 4), alt="A list.")
    figure.kwargs_widgets[0].value = 4
    assert drawn == [2, 4]


def test_a_live_error_shows_in_place_and_goes_away():
    figure = explore(lambda k: print(1 / k), k=(0, 2), alt="One over k.")
    figure.kwargs_widgets[0].value = 0
    assert "ZeroDivisionError: division by zero" in figure._view.value
    figure.kwargs_widgets[0].value = 2
    assert "0.5" in figure._view.value and "Error" not in figure._view.value


def test_an_error_while_recording_names_the_values(recording):
    with pytest.raises(RuntimeError, match=r"inverse\(k=0\) failed: division by zero"):

        def inverse(k):
            return 1 / k

        explore(inverse, k=(-1, 1), alt="One over k.")


@pytest.mark.parametrize(
    "controls, cure",
    [
        ({"k": (0, 500)}, "501 positions, more than 400; set the step of k to 2, not 1"),
        (
            {"k": FloatSlider(min=0, max=1, step=0.001)},
            "1001 positions, more than 400; set the step of k to 0.003, not 0.001",
        ),
        (
            {"k": list(range(500))},
            "500 positions, more than 400; give k at most 400 options, not 500",
        ),
    ],
)
def test_too_many_positions_are_refused_with_a_cure_that_fits(controls, cure):
    with pytest.raises(ValueError) as refusal:
        explore(line, alt="A line.", **controls)
    assert str(refusal.value) == cure


def test_the_cure_for_too_many_positions_fits():
    explore(line, alt="A line.", k=(0, 500, 2))
    explore(line, alt="A line.", k=FloatSlider(min=0, max=1, step=0.003))


def test_too_many_bytes_are_refused(recording, monkeypatch):
    monkeypatch.setattr(limits, "bytes", 1500)
    with pytest.raises(
        ValueError, match=r"bytes compressed, more than 1,500; set the step of k to \d"
    ):
        explore(line, k=(0, 40), alt="A line.")


def test_the_budget_counts_what_gzip_makes_of_the_html(recording, monkeypatch):
    html = explore(line, k=(0, 4), alt="A line.")._repr_mimebundle_()["text/html"]
    monkeypatch.setattr(limits, "bytes", len(gzip.compress(html.encode())) + 9)
    explore(line, k=(0, 4), alt="A line.")


@pytest.mark.parametrize("alt", ["", "  ", None])
def test_a_figure_must_say_what_it_shows(alt):
    with pytest.raises(ValueError, match="alt is empty"):
        explore(line, k=(0, 4), alt=alt)


def test_interacts_own_rules_hold():
    with pytest.raises(ValueError, match="cannot find widget or abbreviation for argument: 'k'"):
        explore(line, alt="A line.")
    with pytest.raises(TypeError, match="line has no argument 'wrong'"):
        explore(line, k=(0, 4), wrong=(0, 4), alt="A line.")
    figure = explore(lambda a, b=3: print(a, b), a=fixed(1), b=(0, 9), alt="Two numbers.")
    assert [widget.value for widget in figure.kwargs_widgets] == [1, 3]


def test_figures_are_closed_and_the_authors_own_stay_open(recording):
    mine = plt.figure()
    explore(line, k=(0, 30), alt="A line.")
    gc.collect()
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)


def test_names_are_readable_and_used_once():
    first, second = (explore(line, k=(0, 4), alt="A line.") for _ in range(2))
    assert first._name.startswith("fig-line")
    assert first._name != second._name
