"""ipywidgets' own tests of interaction, as they are installed, run against `explore`."""

import importlib
import inspect
import re

import pytest

from explorable import explore

THEIRS = pytest.importorskip("ipywidgets.widgets.tests.test_interaction")
TESTS = [name for name in dir(THEIRS) if name.startswith("test_")]
TEXT = "is a Text, whose positions cannot be listed"
#: What is refused by design, with the words that say so.
REFUSED = {
    "test_single_value_string": TEXT,
    "test_fixed": TEXT,
    "test_custom_description": TEXT,
    "test_default_description": TEXT,
    "test_interact_noinspect": TEXT,
    "test_type_hints": "is a (Int|Float)?Text, whose positions cannot be listed",
    "test_get_interact_value": "whose positions cannot be listed",
    # Of ipywidgets 7.7:
    "test_priority": TEXT,
    "test_annotations": "is a (FloatText|Text), whose positions cannot be listed",
    "test_defaults": "positions, more than 1000",
    "test_default_values": "positions, more than 1000",
}


@pytest.mark.parametrize("name", TESTS)
def test_explore_does_what_interactive_does(name, monkeypatch):
    theirs = importlib.reload(THEIRS)
    test = getattr(theirs, name)
    refusals = []

    def interactive(function, *options, **controls):
        try:
            return explore(function, *options, alt="A test.", **controls)
        except (TypeError, ValueError) as refusal:
            refusals.append(str(refusal))
            raise

    monkeypatch.setattr(theirs, "interactive", interactive)
    fixtures = {name: None for name in inspect.signature(test).parameters}
    assert set(fixtures) <= {"clear_display"}
    theirs.displayed = []
    if name in REFUSED:
        with pytest.raises((TypeError, ValueError), match=REFUSED[name]):
            test(**fixtures)
        assert re.search(REFUSED[name], refusals[-1])
    else:
        test(**fixtures)
