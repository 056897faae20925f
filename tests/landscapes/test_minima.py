"""The exact law of minima against drawn matrices, weighted sampling and closed forms."""

import numpy as np
import pytest

from lib.landscapes import complexity as cx
from lib.landscapes import minima as mn


@pytest.mark.parametrize("n", [3, 6])
def test_gap_probability_is_that_of_drawn_matrices(n):
    x = np.linspace(-2.2, 0.0, 6)
    drawn = (cx.eigenvalue_counts(x / 2**0.5, n, 40000, np.random.default_rng(n)) == 0).mean(0)
    exact = np.exp(mn.log_gap_probability(x, n))
    assert np.allclose(drawn, exact, atol=5 * 0.5 / 40000**0.5)
    assert np.exp(mn.log_gap_probability(np.array([0.0]), 2)) == pytest.approx((1 - 2**-0.5) / 2)


@pytest.mark.parametrize("n, p", [(10, 3), (25, 4), (50, 3)])
def test_law_of_minima_is_that_of_weighted_sampling(n, p):
    law = mn.minimum_law(n, p)
    u, weights = cx.critical_point_sample(n, p, 0, samples=20000, seed=n)
    error = float(weights.std()) / 20000**0.5
    assert abs(float(law.above(-9.0)) - float(weights.mean())) < 4 * error
    mean, doubt, spread = cx.weighted_mean(u, weights)
    assert abs(law.moments()[0] - mean) < 4 * doubt
    assert law.moments()[1] == pytest.approx(spread, rel=0.05)
    assert law.share(-9.0, 9.0) == pytest.approx(1, abs=1e-9)
    grid = np.linspace(law.energy[0], law.energy[-1], 2001)
    assert np.trapezoid(law.density(grid), grid) == pytest.approx(1, abs=1e-3)


def test_law_of_minima_has_the_number_at_two_spins():
    """Half of all critical points of the circle are minima: Rice's 2 sqrt(3p - 2), halved."""
    assert float(mn.minimum_law(2, 3).above(-20.0)) == pytest.approx(7**0.5, rel=1e-5)


def test_more_spins_mean_fewer_minima_only_beyond_a_height():
    few, many = mn.minimum_law(25, 3), mn.minimum_law(50, 3)
    height = many.falls_beyond(few)
    assert float(many.above(height - 0.01)) > float(few.above(height - 0.01))
    assert float(many.above(height + 0.01)) < float(few.above(height + 0.01))
