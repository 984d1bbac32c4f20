"""What `explore` promises an author: interact's rules, budgets that name the cure, live updates."""

import functools
import gc
import gzip
import itertools
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from ipywidgets import (
    BoundedFloatText,
    FloatSlider,
    IntRangeSlider,
    IntSlider,
    dlink,
    fixed,
    jslink,
    link,
)

from explorable import _explore, explore, limits


def line(k):
    plt.plot([0, k])


def test_a_live_bundle_holds_the_widget_as_well():
    bundle = explore(line, k=(0, 4), alt="A line.")._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_a_live_figure_says_that_its_controls_do_what_a_page_lets_one_drag(monkeypatch):
    """A caption such as "Drag the ball." stands in a notebook too, where no handle is drawn."""

    def words(**options):
        figure = explore(line, k=(0, 4), alt="A line.", **options)
        return "Here, the controls move what" in figure._repr_mimebundle_()["text/html"]

    assert words(hold={"k": "y"})
    assert not words()
    monkeypatch.setenv("EXPLORABLE_RECORD", "1")
    assert not words(hold={"k": "y"})


def test_the_bundle_holds_what_a_page_needs(recording):
    bundle = explore(line, k=(0, 4), alt="A line.")._repr_mimebundle_()
    assert set(bundle) == {
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
    with pytest.raises(
        RuntimeError, match=r"inverse\(k=0\) failed: ZeroDivisionError: division by zero"
    ):

        def inverse(k):
            return 1 / k

        explore(inverse, k=(-1, 1), alt="One over k.")


CURES = [
    ({"k": (0, 2000)}, "2001 positions, more than 1000; set the step of k to 4"),
    (
        {"k": FloatSlider(min=0, max=1, step=0.0005)},
        "2001 positions, more than 1000; set the step of k to 0.002",
    ),
    ({"k": list(range(1500))}, "1500 positions, more than 1000; give k 750 options"),
]


@pytest.mark.parametrize("controls, cure", CURES)
def test_too_many_positions_are_refused_with_a_cure(controls, cure):
    with pytest.raises(ValueError) as refusal:
        explore(line, alt="A line.", **controls)
    assert str(refusal.value) == f"{cure}, or raise explorable.limits.positions"


def test_three_controls_are_cured_at_once():
    def three(a, b, c):
        print(a, b, c)

    with pytest.raises(ValueError) as refusal:
        explore(three, a=(1, 20), b=(1, 20), c=(1, 20), alt="Three numbers.")
    steps = dict(re.findall(r"the step of (.) to (\d+)", str(refusal.value)))
    cured = {name: (1, 20, int(step)) for name, step in steps.items()}
    explore(three, **{name: (1, 20) for name in "abc"} | cured, alt="Three numbers.")


def test_the_docs_own_examples_fit():
    explore(line, k=100, alt="A line.")
    explore(lambda m, b: print(m, b), m=(-2.0, 2.0), b=(-3, 3, 0.5), alt="A line.")


def noise(k):
    plt.plot(np.random.default_rng(int(k)).normal(size=60))


def test_too_many_bytes_are_refused_early_and_the_cure_fits(recording, monkeypatch):
    drawn = []

    def draw(k):
        drawn.append(k)
        noise(k)

    monkeypatch.setattr(limits, "bytes", 5_000)
    with pytest.raises(ValueError, match="bytes compressed, more than 5,000") as refusal:
        explore(draw, k=(0, 160), alt="Noise.")
    assert len(drawn) < 30
    step = int(re.search(r"set the step of k to (\d+)", str(refusal.value))[1])
    explore(draw, k=(0, 160, step), alt="Noise.")


def test_raw_bytes_count_too(recording, monkeypatch):
    monkeypatch.setattr(limits, "raw", 1000)
    with pytest.raises(ValueError, match="even for two positions, so draw less.*limits.raw"):
        explore(line, k=(0, 40), alt="A line.")


def test_a_live_figure_says_while_it_is_made_that_it_is_too_large(monkeypatch):
    monkeypatch.setattr(limits, "bytes", 3_000)
    figure = explore(noise, k=(0, 160), alt="Noise.")
    for k in range(8):
        figure.kwargs_widgets[0].value = k
    assert "bytes compressed, more than 3,000" in figure._view.value


def test_the_budget_counts_what_gzip_makes_of_the_html(recording, monkeypatch):
    html = explore(line, k=(0, 4), alt="A line.")._repr_mimebundle_()["text/html"]
    monkeypatch.setattr(limits, "bytes", len(gzip.compress(html.encode())) + 9)
    explore(line, k=(0, 4), alt="A line.")


@pytest.mark.parametrize("alt", ["", "  ", 3])
def test_a_figure_must_say_what_it_shows(alt):
    with pytest.raises(ValueError, match="alt is empty"):
        explore(line, k=(0, 4), alt=alt)


def test_the_docstring_says_what_a_figure_shows(recording):
    def documented(k):
        """A line that
        goes up.

        And more.
        """
        line(k)

    html = explore(documented, k=(0, 4))._repr_mimebundle_()["text/html"]
    assert 'aria-label="A line that goes up."' in html
    with pytest.raises(ValueError, match="alt is missing; say in a sentence what line shows"):
        explore(line, k=(0, 4))


def test_live_figures_need_no_alt():
    explore(line, k=(0, 4))


def test_it_decorates_as_interact_does():
    @explore(k=(0, 4), alt="A line.")
    def decorated(k):
        return 2 * k

    assert decorated(4) == 8
    assert (decorated.widget.result, decorated.widget.kwargs) == (4, {"k": 2})


def test_the_options_of_manual_are_passed_over_with_a_word():
    with pytest.warns(UserWarning, match="manual is passed over"):
        explore(line, {"manual": True}, k=(0, 4), alt="A line.")


class Callable:
    def __call__(self, a, b=3):
        return a, b

    def method(self, a, b=3):
        return a, b


@pytest.mark.parametrize(
    "function", [Callable(), Callable().method, functools.partial(lambda b, a: (a, b), b=3)]
)
def test_whatever_can_be_called_can_be_explored(function):
    figure = explore(function, a=(0, 4), b=fixed(3), alt="Two numbers.")
    assert figure.result == (2, 3)


def test_a_partials_argument_is_no_control():
    figure = explore(functools.partial(lambda b, a: (a, b), b=3), a=(0, 4), alt="Two numbers.")
    assert list(figure.kwargs) == ["a"]


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: explore(3, k=(0, 2)), "explore takes a function, not 3"),
        (lambda: explore(line, k=[]), "k has no options; give it at least one"),
        (lambda: explore(line, k=np.ones((2, 2))), r"k is a ndarray.*write k=fixed\(\.\.\.\)"),
        (lambda: explore(line, k=BoundedFloatText(step=None)), "k: it has no step"),
    ],
)
def test_what_is_no_control_is_told_in_a_sentence(call, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        call()


def test_a_range_that_changes_is_followed():
    figure = explore(line, k=(0, 4), alt="A line.")
    figure.kwargs_widgets[0].max = 20
    figure.kwargs_widgets[0].value = 17
    assert figure.kwargs == {"k": 17}
    assert repr(figure) == "explore: line(k=17), one of 21 positions"


def test_options_that_change_are_followed():
    figure = explore(lambda k: k, k=["a", "b"], alt="A letter.")
    figure.kwargs_widgets[0].options = ["c", "d", "e"]
    assert repr(figure).endswith("(k='c'), one of 3 positions")


def test_a_value_between_two_positions_is_drawn_as_it_is():
    figure = explore(line, k=FloatSlider(min=0, max=1, step=0.3, value=0.5), alt="A line.")
    assert figure.kwargs == {"k": 0.5}


def test_controls_that_depend_on_each_other_are_refused(recording):
    a, b = IntSlider(max=5), IntSlider(max=5)
    a.observe(lambda change: setattr(b, "max", change.new + 1), "value")
    with pytest.raises(ValueError, match="the positions of b depend on a"):
        explore(lambda a, b: print(a, b), a=a, b=b, alt="Two numbers.")


@pytest.mark.parametrize("tie", [link, dlink, jslink])
def test_controls_that_move_each_other_are_refused(recording, tie):
    a, b = IntSlider(max=5), IntSlider(max=5)
    tie((a, "value"), (b, "value"))
    with pytest.raises(ValueError, match="b depend on a|b is linked to a"):
        explore(lambda a, b: print(a, b), a=a, b=b, alt="Two numbers.")


def test_a_slider_with_two_ends_is_two_controls(recording):
    figure = explore(
        lambda r: print(r), r=IntRangeSlider(min=0, max=3, value=(1, 2)), alt="A range."
    )
    html = figure._repr_mimebundle_()["text/html"]
    assert html.count('type="range"') == 2
    assert "(0, 3)" in html and "(3, 0)" not in html


def test_the_words_of_a_slider_with_two_ends_stand_at_both(recording):
    slider = IntRangeSlider(min=0, max=3, value=(1, 2))
    figure = explore(lambda r: print(r), r=slider, labels={"r": ("a range", "m")}, alt="A range.")
    html = figure._repr_mimebundle_()["text/html"]
    assert ">a range from</label>" in html and ">a range to</label>" in html


@pytest.mark.parametrize("start", [{"a": True, "b": True}, {"a": ["x", "y", "z"], "b": (0, 3)}])
def test_recording_from_coarse_to_fine_ends_where_the_controls_stand(recording, start):
    figure = explore(lambda a, b: print(a, b), **start, alt="Two values.")
    html = figure._repr_mimebundle_()["text/html"]
    live = [widget.value for widget in figure.kwargs_widgets]
    assert f"{live[0]} {live[1]}\n</pre>" in html


def test_frames_that_are_no_function_of_the_controls_are_refused(recording):
    calls = []
    with pytest.raises(RuntimeError, match=r"\(k=0\) drew another frame at the end than at first"):
        explore(lambda k: (calls.append(k), print(len(calls)))[0], k=(0, 4), alt="A number.")


def test_what_is_random_at_some_positions_only_is_refused_with_what_differs(recording):
    """The first position of an unseeded ``rand(n)`` is empty, so the last one is drawn again too."""
    numbers = itertools.count()
    with pytest.raises(RuntimeError, match=r"\(k=3\) drew .*1 of 3.* and not .*0 of 3"):
        explore(lambda k: print(next(numbers) if k else 0, "of", k), k=[0, 3], alt="Numbers.")


def test_what_names_an_object_is_the_same_in_each_run(recording):
    figure = explore(lambda f, o: print(f(2)), f={"sum": Callable()}, o=fixed(object()), alt="A.")
    assert repr(figure) == (
        "explore: <lambda>(f=<test_explore.Callable object>, o=<object object>), one of 1 positions"
    )


def test_an_exit_is_an_error_of_its_position(recording):
    with pytest.raises(RuntimeError, match=r"exit\(k=0\) failed"):

        def exit(k):
            raise SystemExit(1)

        explore(exit, k=(0, 1), alt="Nothing.")


def test_all_frames_have_one_box_however_long_their_titles_are(recording):
    def titled(k):
        plt.plot([0, k])
        plt.title("long " * 5 * k)

    html = explore(titled, k=(0, 4), alt="A line.")._repr_mimebundle_()["text/html"]
    assert len(set(re.findall(r'viewBox="([^"]*)"', html))) == 1
    assert "viewBox" not in html.partition("application/json")[2]


def test_a_live_box_only_grows():
    def titled(k):
        plt.plot([0, k])
        plt.title("long " * 5 * k)

    figure = explore(titled, k=(0, 4), alt="A line.")
    widths = []
    for k in (1, 4, 0):
        figure.kwargs_widgets[0].value = k
        widths.append(float(re.search(r'viewBox="\S+ \S+ (\S+)', figure._view.value)[1]))
    assert widths[0] < widths[1] == widths[2]


def test_interacts_own_rules_hold():
    with pytest.raises(ValueError, match="cannot find widget or abbreviation for argument: 'k'"):
        explore(line, alt="A line.")
    with pytest.raises(TypeError, match="line has no argument 'wrong'"):
        explore(line, k=(0, 4), wrong=(0, 4), alt="A line.")
    figure = explore(lambda a, b=3: print(a, b), a=fixed(1), b=(0, 9), alt="Two numbers.")
    assert [widget.value for widget in figure.kwargs_widgets] == [1, 3]


def test_figures_are_closed_and_the_authors_own_stay_open(recording):
    mine = plt.figure()
    explore(lambda k: plt.figure().add_subplot().plot([0, k]), k=(0, 3), alt="A line.")
    gc.collect()
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)


def test_names_are_readable_and_used_once():
    first, second = (explore(line, k=(0, 4), alt="A line.") for _ in range(2))
    assert first._name.startswith("fig-line")
    assert first._name != second._name
