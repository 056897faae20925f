"""The best rate of a grid, in cases that are known beforehand."""

import numpy as np
import pytest
import torch

from lib.trajectories import races


def test_fastest_takes_the_larger_of_two_equal_rates_and_no_rate_that_diverges():
    """w <- (1 - rate)^k w: 0.5 and 1.5 halve the size alike, 3 doubles it."""
    race = races.Race(lambda w: w, lambda w: w[0].abs() <= 0.3)
    start = (torch.tensor([1.0, 0.2, 8.0], dtype=torch.float64),)
    found, rate = races.fastest(race, start, [0.5, 1.5, 3.0], steps=3)
    assert found.tolist() == [2, 0, np.inf]
    assert rate[0] == 1.5 and rate[1] == 3.0 and rate[2].isnan()


GOOD = torch.full((2,), 0.5, dtype=torch.float64)
RACE = races.Race(lambda w: w, lambda w: w[0] < 0)
BAD = {
    "seeds": (lambda: races.fastest(RACE, (GOOD, GOOD[:1]), [0.1], steps=5), "seeds"),
    "float": (lambda: races.fastest(RACE, (GOOD.float(),), [0.1], steps=5), "float64"),
    "rates": (lambda: races.fastest(RACE, (GOOD,), [0.1, -1.0], steps=5), "positive"),
    "possible": (
        lambda: races.fastest(RACE, (GOOD,), [0.1], steps=5, possible=torch.ones(2).bool()),
        "possible",
    ),
    "steps": (lambda: races.fastest(RACE, (GOOD,), [0.1], steps=-1), "steps"),
    "loss": (lambda: races.budget(0.0, 5), "final_loss"),
    "not finite": (lambda: races.doubles(x=GOOD * torch.nan), "x must hold finite"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()
