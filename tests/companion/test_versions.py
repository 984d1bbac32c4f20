"""The promise of `companion.versions`: it shows what torch really keeps, checks and computes.

Protected here: a replay has the versions, the kept values and the verdict that plain torch gives;
"refused" is what `backward` would do; a program that fails is shown to its end; the book's numbers
(8 for 6) stand; frames have the same artists; marks are placed right.
"""

import pytest
import torch

from companion.figures.in_place import VERDICTS, edit_board, version_replay
from companion.versions import replay
from explorable import palette

EDITS = {
    ".data": "{}.data.add_(1)",
    "no_grad": "with torch.no_grad(): {}.add_(1)",
    "detach": "{}.detach().add_(1)",
    "tracked": "{}.add_(1)",
    "copy": "{}.clone().add_(1)",
}
SQUARE = ["w = torch.tensor(3.0, requires_grad=True)", "z = w * w", "{}", "z.backward()"]


def square(edit):
    lines = [line.format(EDITS[edit].format("w")) for line in SQUARE]
    return replay([*lines, "print(w.grad)"], ["w", "z"])


@pytest.mark.parametrize(("edit", "printed"), [(".data", "8"), ("copy", "6")])
def test_an_edit_that_is_not_counted_gives_what_torch_gives(edit, printed):
    moments = square(edit)
    assert moments[-1].printed == f"tensor({printed}.)"
    assert [moment.versions["w"] for moment in moments] == [0] * 5
    assert moments[2].kept["w"].value == 3 and moments[2].kept["w"].refused is None
    assert moments[3].kept == {}  # backward has freed it


@pytest.mark.parametrize("edit", ["no_grad", "detach"])
def test_a_counted_edit_is_refused_before_and_by_backward(edit):
    moments = square(edit)
    kept = moments[2].kept["w"]
    assert (kept.value, kept.version, moments[2].versions["w"]) == (3, 0, 1)
    assert "is at version 1; expected version 0 instead" in kept.refused
    assert moments[3].raised == f"RuntimeError: {kept.refused}"


def test_a_program_that_fails_is_shown_to_its_end_but_goes_no_further():
    moments = square("tracked")
    assert "a leaf Variable that requires grad" in moments[2].raised
    assert [moment.ran for moment in moments] == [True, True, True, False, False]
    assert [moment.line for moment in moments][3:] == ["z.backward()", "print(w.grad)"]
    assert not moments[4].raised and not moments[4].printed


@pytest.mark.parametrize("operation", ["exp", "tanh", "sigmoid", "relu", "sin", "log", "abs"])
@pytest.mark.parametrize("edited", ["y", "z"])
@pytest.mark.parametrize("edit", EDITS)
def test_refused_is_what_backward_does(operation, edited, edit):
    lines = ["x = torch.tensor(0.5, requires_grad=True)", "y = x * 1", f"z = y.{operation}()"]
    moments = replay([*lines, EDITS[edit].format(edited), "z.backward()"], ["y", "z"])
    [(name, kept)] = moments[3].kept.items()
    assert name == ("z" if operation in ("exp", "tanh", "sigmoid", "relu") else "y")
    assert bool(kept.refused) == bool(moments[4].raised)
    assert bool(kept.refused) == (name == edited and edit not in (".data", "copy"))


def test_a_retained_graph_keeps_on_and_a_new_forward_pass_notes_the_new_version():
    lines = ["w = torch.tensor(3.0, requires_grad=True)", "z = w * w"]
    edit = EDITS["no_grad"].format("w")
    moments = replay([*lines, "z.backward(retain_graph=True)", edit, "z = w * w"], ["w"])
    assert moments[2].kept["w"].version == 0
    assert moments[3].kept["w"].refused
    assert (moments[4].kept["w"].version, moments[4].kept["w"].value) == (1, 4)
    assert moments[4].kept["w"].refused is None


def test_what_a_program_prints_and_gets_stays_with_its_moment(capsys):
    moments = replay(["print(number)", "w = torch.ones(2)"], ["w"], {"number": 7})
    assert [moment.printed for moment in moments] == ["7", ""]
    assert (moments[0].values, moments[1].values) == ({}, {"w": [1.0, 1.0]})
    assert capsys.readouterr().out == ""


def test_a_name_that_never_becomes_a_tensor_is_an_error():
    with pytest.raises(ValueError, match="never makes a tensor 'v'"):
        replay(["v = 3"], ["v"])


def texts(figure, color):
    found = [text.get_text() for text in figure.texts if text.get_color() == color]
    return [text for text in found if text != " "]


def test_the_figure_says_how_it_ends():
    moments = square(".data")
    assert texts(version_replay(moments, 4, "tensor(6.)"), palette.red)[2:] == [
        "It prints tensor(8.).",
        "The truth is tensor(6.). No error, no warning.",
    ]
    assert texts(version_replay(moments, 2, "tensor(6.)"), palette.red) == ["4"]
    assert "the check now: 0 = 0, passes, reads 4" in texts(
        version_replay(moments, 2, "tensor(6.)"), palette.blue
    )
    right = version_replay(square("copy"), 4, "tensor(6.)")
    assert texts(right, palette.green) == ["It prints tensor(6.), which is right."]
    raises = texts(version_replay(square("no_grad"), 3, ""), palette.gold)
    assert raises[0] == "z.backward()" and "expected version 0" in " ".join(raises)


def test_all_frames_have_the_same_artists():
    counts = set()
    for edit in EDITS:
        moments = square(edit)
        for k in range(5):
            figure = version_replay(moments, k, "tensor(6.)")
            counts.add((len(figure.texts), len(figure.lines), len(figure.artists)))
    assert len(counts) == 1


def test_a_moment_that_is_not_there_is_an_error():
    with pytest.raises(ValueError, match="no moment 5; the moments are 0 to 4"):
        version_replay(square("copy"), 5, "")


# The matrix of the chapter's own figure ------------------------------------------------------


def board(verdicts, chosen):
    return edit_board(verdicts, chosen, torch.sin, 0.9, None, "its input")


def test_every_mark_stands_in_its_row_and_column():
    places = [("input", "no_grad"), ("result", ".data")]
    verdicts = {
        "exp": dict(zip(places, ("right", "wrong"), strict=True)),
        "sin": dict(zip(places, ("raises", "right"), strict=True)),
    }
    ax = board(verdicts, ("sin", "result", ".data")).axes[0]
    rows = {text.get_text(): text.get_position()[1] for text in ax.texts}
    columns = {text.get_text(): text.get_position()[0] for text in ax.texts}
    for name, (color, marker) in VERDICTS.items():
        [line] = [line for line in ax.lines if line.get_marker() == marker]
        assert line.get_color() == color
        marks = set(zip(*line.get_data(), strict=True))
        assert {
            (columns[way], rows[operation])
            for operation, row in verdicts.items()
            for (_, way), verdict in row.items()
            if verdict == name
        } <= marks
        assert len(marks) == 1 + sum(name in row.values() for row in verdicts.values())


@pytest.mark.parametrize("chosen", [("cos", "input", "no_grad"), ("exp", "input", "detach")])
def test_a_choice_that_is_not_there_is_an_error(chosen):
    with pytest.raises(KeyError):
        board({"exp": {("input", "no_grad"): "right"}}, chosen)
