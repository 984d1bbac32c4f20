"""A wrong matrix is shown with its wrong entries marked, and the right values stay hidden.

Protected here: exactly the entries that differ have a border and the word "differs", rounding is
no difference, no right value gets into the page, and what is too large or single is not drawn.
"""

import re
from xml.etree import ElementTree

import pytest
import torch

from companion.check._picture import picture, where
from companion.check._result import Result

RIGHT = torch.tensor([[11.0, 22.0], [33.0, 44.0]], dtype=torch.float64)


def cells(html):
    rows = ElementTree.fromstring(html).findall("tbody/tr")
    return [["".join(cell.itertext()) for cell in row.findall("td")] for row in rows]


def test_the_transposed_matrix_is_marked_beside_the_diagonal():
    html = picture(RIGHT.T, RIGHT)
    assert cells(html) == [["11", "33 differs"], ["22 differs", "44"]]
    assert re.findall(r"<td[^>]*solid (#\w+|transparent)", html) == [
        "transparent",
        "#a87900",
        "#a87900",
        "transparent",
    ]


def test_right_values_are_not_shown():
    html = picture(torch.zeros(2, 2), RIGHT)
    assert not re.search("11|22|33|44", html)
    assert not re.search("11|22|33|44", where(RIGHT.T, RIGHT))
    assert where(torch.zeros(2, 2), RIGHT) == ""


def test_a_vector_is_one_row_and_rounding_is_no_difference():
    value = torch.tensor([0.1, -2.5, 3.0], requires_grad=True)
    right = torch.tensor([0.1, 2.5, 3.0], dtype=torch.float64)
    assert cells(picture(value, right)) == [["0.1", "−2.5 differs", "3"]]
    assert where(value, right) == "Entry 1 is wrong; in all, 1 of 3 is."


@pytest.mark.parametrize("shape", [(), (9, 2), (2, 9), (2, 2, 2), (0,), (0, 3)])
def test_what_cannot_be_shown_well_is_left_out(shape):
    assert picture(torch.zeros(shape), torch.ones(shape)) == ""


def test_nothing_wrong_gives_nothing():
    assert picture(RIGHT, RIGHT) == where(RIGHT, RIGHT) == ""


def test_a_result_holds_the_picture_in_its_html_alone():
    result = Result("value", "`J` is wrong.", picture=picture(RIGHT.T, RIGHT))
    assert str(result) == "Not solved yet.\n`J` is wrong."
    assert "check-entries" in result._repr_html_()
    assert "check-entries" not in Result("value", "`J` is wrong.")._repr_html_()
