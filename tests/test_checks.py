"""lib.checks: one line for every value that is no whole number, whatever it is."""

import numpy as np
import pytest
import torch

from lib.checks import whole_number


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float64(3), torch.tensor(3)])
def test_whole_numbers_of_any_type_are_ints(value):
    assert whole_number("n", value, 3, 3) == 3 and type(whole_number("n", value)) is int


@pytest.mark.parametrize("value", [2.5, float("nan"), float("inf"), True, None, "3", [3], 0, 8])
def test_anything_else_is_refused_in_one_line(value):
    with pytest.raises(ValueError, match=r"^n must be a whole number in 1\.\.7, got "):
        whole_number("n", value, 1, 7)
    if value != 8:
        with pytest.raises(ValueError, match=r"^n must be a whole number >= 1, got "):
            whole_number("n", value)
