"""The promise of the figures about in-place edits: what they say is what torch does.

Protected here: the replay tells how each way of editing really ends, with the book's 8 for 6; the
board tints what an operation really keeps; a window frames the numbers that a view really shows.
"""

import pytest
import torch

from companion.canvas import ink
from companion.figures.in_place import (
    INPUT,
    OPERATIONS,
    RESULT,
    VIEWS,
    WAYS,
    edit_board,
    keeps,
    run,
    slope,
    version_replay,
    window,
)


def words(figure):
    return " ".join(text.get_text() for text in figure.texts)


@pytest.mark.parametrize("way", WAYS)
def test_the_replay_ends_as_the_program_does(way):
    ran, end = run(way), words(version_replay(way))
    said = {
        ".data": "the memory of w, a counter of its own",
        "detach()": "the memory of w, and its counter",
        "clone()": "a copy, a counter of its own",
    }
    assert [text for text in said.values() if text in end] == [said[k] for k in said if k == way]
    assert (ran.grad, ran.version) == {".data": (8, 0), "clone()": (6, 0)}.get(way, (None, 1))
    if ran.error:
        assert "is at version 1; expected version 0 instead" in ran.error
        assert "≠" in end and "w.grad is None" in end
    else:
        assert f"w.grad = {ran.grad:g}" in end
        assert ("silently" in end) == (ran.grad != 6)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_edit_raises_exactly_where_the_tensor_is_kept(operation):
    for name in "hy":
        assert (slope(operation, name) is None) == (name in keeps(operation))
        assert slope(operation, name) in (None, slope(operation))


def test_the_board_has_a_tint_and_a_verdict_in_each_cell():
    figure = edit_board("2 ** h", INPUT)
    assert words(figure).count("raises") == sum(len(keeps(name)) for name in OPERATIONS) + 1
    assert "through .data: right" in words(figure)
    assert "through .data: 0, wrong" in words(edit_board("2 ** h", RESULT))


@pytest.mark.parametrize("view", VIEWS)
def test_a_window_frames_what_the_view_shows(view):
    """Of the numbers that an edit would change, found by editing where nothing is recorded."""
    with torch.no_grad():
        numbers = torch.arange(1.0, 5)
        names = {"torch": torch, "h": numbers, "w": numbers}
        exec(VIEWS[view], names)  # noqa: S102 the text that the figure shows
        names["v"].zero_()
    frames = [box for box in window(view, False).artists if box.get_linewidth() == 2.5]
    assert [box.get_edgecolor()[3] > 0 for box in frames] == [x == 0 for x in numbers.tolist()]


def test_a_window_says_what_torch_says_of_an_edit():
    refused = {view for view in VIEWS if "RuntimeError" in words(window(view))}
    assert refused == {"chunk", "unbind", "of a leaf", "no_grad"}
    assert "w.grad = [10, 1, 10, 1]" in words(window("a column"))
    copied = window("h[[0, 1]]")
    assert "[10, 20]" in words(copied)
    [said] = [text for text in copied.texts if "stayed" in text.get_text()]
    assert said.get_color() == ink.wrong


def test_the_cures_of_the_chapter_cure():
    """A copy that is kept, and a new tensor, after an edit that would raise."""
    for cure in ("y = h.clone().sin(); h.detach().zero_()", "y = h.sin(); h = h + 1"):
        x = torch.tensor(0.5, requires_grad=True)
        names = {"h": x * 1}
        exec(cure, names)  # noqa: S102 two lines of the chapter
        names["y"].backward()
        assert x.grad == torch.tensor(0.5).cos()


def test_older_code_is_not_counted():
    """The loop's `w.data = ...` between forward and backward: the 8 of the figure."""
    w = torch.tensor(3.0, requires_grad=True)
    z = w * w
    w.data = w.data + 1
    z.backward()
    assert (w.grad, w._version) == (8, 0)


def test_an_edit_of_one_half_stops_who_has_kept_the_other():
    h = torch.ones(4, requires_grad=True) * 1
    left, right = h[:2], h[2:]
    y = left.sin().sum()
    right.detach().zero_()
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        y.backward()
