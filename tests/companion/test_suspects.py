"""What the detective's figure shows of a test is why that test passes or fails.

Protected here: the numbers that are boxed are those that torch's own checks compare, so that a
reader never sees two equal columns above a failure.
"""

import itertools

import pytest
import torch

from companion.suspects import RIGHT, SECOND, SUSPECTS, TESTS, TWICE, agree, examine

DTYPES = torch.float64, torch.float32


@pytest.mark.parametrize("suspect", SUSPECTS)
def test_a_test_passes_where_what_it_compares_agrees(suspect):
    for test, dtype, h in itertools.product(TESTS, DTYPES, (1e-1, 1e-3, 1e-6)):
        found = examine(suspect, test, h, dtype)
        assert bool(agree(*found.compared).all()) == found.passes, (test, dtype, h)


def test_all_tests_together_find_the_right_one():
    innocent = [n for n in SUSPECTS if all(examine(n, test).passes for test in TESTS)]
    assert innocent == [RIGHT]
    assert [test for test in TESTS if not examine(SECOND, test).passes] == [TWICE]
