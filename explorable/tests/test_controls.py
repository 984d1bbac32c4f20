"""That a static control has the positions, labels and start of ipywidgets' own control."""

import ipywidgets
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipywidgets import fixed

from explorable import explore
from explorable._controls import from_widget

interact = ipywidgets.interactive.widget_from_abbrev


def control(abbreviation, **options):
    widget = (
        interact(abbreviation) if not isinstance(abbreviation, ipywidgets.Widget) else abbreviation
    )
    (found,) = from_widget("x", widget)
    return found


@pytest.mark.parametrize(
    "abbreviation, values, labels, start",
    [
        ((0, 3), [0, 1, 2, 3], ["0", "1", "2", "3"], 1),
        ((-1, 3, 2), [-1, 1, 3], ["−1", "1", "3"], 1),
        ((0.0, 0.3, 0.1), [0.0, 0.1, 0.2, 0.3], ["0.00", "0.10", "0.20", "0.30"], 1),
        (["a", "b"], ["a", "b"], ["a", "b"], 0),
        ([("one", 1), ("two", 2)], [1, 2], ["one", "two"], 0),
        ({"one": 1, "two": 2}, [1, 2], ["one", "two"], 0),
        (True, [False, True], ["off", "on"], 1),
        (ipywidgets.SelectionSlider(options=[1, 2], value=2), [1, 2], ["1", "2"], 1),
        (ipywidgets.RadioButtons(options=[1, 2], value=2), [1, 2], ["1", "2"], 1),
        (ipywidgets.ToggleButtons(options=[1, 2]), [1, 2], ["1", "2"], 0),
        (ipywidgets.ToggleButton(value=False), [False, True], ["off", "on"], 0),
        (ipywidgets.Select(options=["a", "b"], value="b"), ["a", "b"], ["a", "b"], 1),
        (ipywidgets.BoundedIntText(min=0, max=2, value=1), [0, 1, 2], ["0", "1", "2"], 1),
        (
            ipywidgets.BoundedFloatText(min=0, max=1, step=0.5),
            [0, 0.5, 1],
            ["0.0", "0.5", "1.0"],
            0,
        ),
        (ipywidgets.FloatSlider(min=0, max=0), [0.0], ["0.00"], 0),
        (
            ipywidgets.FloatSlider(min=0, max=2e3, step=1e3, readout_format=".3s"),
            [0, 1e3, 2e3],
            ["0.00", "1.00k", "2.00k"],
            0,
        ),
        (
            ipywidgets.FloatSlider(min=-5e3, max=0, step=5e3, value=0, readout_format="$,.2f"),
            [-5e3, 0],
            ["−$5,000.00", "$0.00"],
            1,
        ),
        (
            ipywidgets.FloatSlider(min=0, max=1, step=0.5, readout_format=".0%"),
            [0, 0.5, 1],
            ["0%", "50%", "100%"],
            0,
        ),
        (
            ipywidgets.FloatLogSlider(min=-2, max=0, step=1, value=0.1),
            [0.01, 0.1, 1.0],
            ["0.0100", "0.100", "1.00"],
            1,
        ),
    ],
)
def test_positions(abbreviation, values, labels, start):
    found = control(abbreviation)
    assert (found.values, found.position) == (values, start)
    assert found.labels == labels


@pytest.mark.parametrize(
    "readout_format, value, label",
    [
        ("d", 3.0, "3"),
        ("b", 5.0, "101"),
        (".1e", 2000.0, "2.0e+3"),
        (".2g", 0.00002, "0.000020"),
        (".2g", 2000.0, "2.0e+3"),
        (".3r", 2000.0, "2000"),
        (".2s", -0.00005, "−50µ"),
        ("+.1f", 0.0, "+0.0"),
        (".1f", -0.01, "0.0"),
        (".0e", -0.00001, "−1e-5"),
        (",.0f", 12345.0, "12,345"),
    ],
)
def test_a_label_is_the_readout_of_the_live_slider(readout_format, value, label):
    """Which d3 writes, in JavaScript."""
    slider = ipywidgets.FloatSlider(min=value, max=value, readout_format=readout_format)
    assert control(slider).labels == [label]


@given(st.integers(-50, 50), st.integers(1, 60), st.integers(1, 9))
def test_a_slider_reaches_exactly_the_steps_from_its_minimum(low, width, step):
    found = control(ipywidgets.IntSlider(min=low, max=low + width, step=step, value=low))
    assert found.values == list(range(low, low + width + 1, step))


@given(st.integers(-500, 500), st.integers(1, 200), st.floats(0, 1))
def test_float_positions_carry_no_rounding_noise(low, count, share):
    widget = ipywidgets.FloatSlider(
        min=low / 100, max=(low + count) / 100, step=0.01, value=low / 100, readout_format=".2f"
    )
    found = control(widget)
    assert found.values == [(low + k) / 100 for k in range(count + 1)]
    position = round(share * count)
    widget.value = found.values[position]
    assert control(widget).position == position


def test_what_cannot_be_listed_is_refused():
    with pytest.raises(TypeError, match="x is a Text, whose positions cannot be listed"):
        control(ipywidgets.Text())
    with pytest.raises(ValueError, match="x has an option <object .*; give a dict"):
        control(ipywidgets.Dropdown(options=[object()]))
    with pytest.raises(ValueError, match="x has no option selected"):
        control(ipywidgets.ToggleButtons(options=[1, 2], value=None))


@pytest.mark.parametrize(
    "widget, step",
    [
        (ipywidgets.IntSlider(min=0, max=10**9), "2000000"),
        (ipywidgets.FloatSlider(min=0, max=1e300, step=1e-300), "2e\\+297"),
    ],
)
def test_positions_without_number_are_refused_before_they_are_listed(widget, step):
    with pytest.raises(ValueError, match=f"x: it has .* positions; set its step to {step}"):
        control(widget)


@pytest.mark.parametrize(
    "widget",
    [
        ipywidgets.IntRangeSlider(min=0, max=3, value=(1, 2)),
        ipywidgets.FloatRangeSlider(min=0, max=3, step=1, value=(1, 2)),
        ipywidgets.SelectionRangeSlider(options=[0, 1, 2, 3], index=(1, 2)),
    ],
)
def test_a_range_is_two_controls(widget):
    low, high = from_widget("x", widget)
    assert (low.name, high.name) == ("x-from", "x-to")
    assert (low.position, high.position) == (1, 2)
    assert low.values == high.values == [0, 1, 2, 3]


METRES = fixed("m")
ABBREVIATIONS = [
    5,
    -2.5,
    0,
    (0, 10),
    (0, 10, 2),
    (0.0, 1.0),
    (0.0, 1.0, 0.25),
    (-1, 1.5),
    ["a", "b", "c"],
    [("one", 1), ("two", 2)],
    {"one": 1, "two": 2},
    range(3),
    True,
    False,
]


@pytest.mark.parametrize("abbreviation", ABBREVIATIONS, ids=repr)
@pytest.mark.parametrize("default", [None, 1])
def test_the_same_abbreviation_makes_the_same_widget_as_interact(abbreviation, default):
    if default is None:

        def function(x, unit=METRES):
            return x

    else:

        def function(x=default, unit=METRES):
            return x

    theirs = ipywidgets.interactive(function, x=abbreviation)
    ours = explore(function, x=abbreviation, alt="A value.")
    for mine, their in zip(ours.kwargs_widgets, theirs.kwargs_widgets, strict=True):
        assert type(mine) is type(their)
        assert mine.value == their.value
        assert mine.description == their.description
        if isinstance(mine, ipywidgets.Widget):
            skip = {"layout", "style", "comm", "model_id", "tabbable", "tooltip"}
            for name in set(mine.keys) - skip:
                assert getattr(mine, name) == getattr(their, name), name


def test_controls_stand_in_the_order_of_the_arguments():
    figure = explore(lambda b, a: None, a=(0, 1), b=(0, 1), alt="Nothing.")
    assert [control.name for control in figure._controls] == ["b", "a"]
