"""The law of a random start's margin against draws, the noncentral chi-square, quadrature and limits."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import chi2, ncx2, norm

from lib.trajectories import margins


@pytest.mark.parametrize("target", [[[1.0, 0], [0, 0.6]], [[0.5, 0.2, -0.7]], [[2.0]]])
def test_the_probability_of_a_margin_is_the_share_of_random_starts_that_have_one(target):
    target = torch.tensor(target, dtype=torch.float64)
    found = margins.starts_with_margin(target, 0.5, 150_000, np.random.default_rng(7)) / 150_000
    expected = margins.margin_probability(target, 0.5)
    assert found == pytest.approx(expected, abs=4 * (expected / 150_000) ** 0.5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (1, 128), (2, 2), (2, 20), (5, 5), (10, 10)])
@pytest.mark.parametrize(("scale", "least"), [(0.5, 0), (0.3, 0.1), (0.05, 0.01), (1e-3, 1e-5)])
def test_the_probability_of_a_margin_is_that_of_the_noncentral_chi_square(shape, scale, least):
    """|W - target|^2 / s^2 has that law; its routine gives nan for much smaller s."""
    target = torch.eye(*shape, dtype=torch.float64)
    exact = ncx2.cdf(((1 - least) / scale) ** 2, target.numel(), shape[0] / scale**2)
    found = margins.margin_probability(target, scale, least)
    assert found == pytest.approx(exact, rel=1e-7, abs=1e-100)


def test_the_probability_of_a_margin_for_singular_values_that_differ():
    """Sought by an adaptive quadrature; the routine of the noncentral law is off by 1e-6 here."""
    target = torch.diag(torch.tensor([1.5, 0.7, 0.3], dtype=torch.float64))
    size, reach = float(target.norm()), 0.2

    def inside(g):
        return norm.pdf(g) * chi2.cdf((reach**2 - (0.5 * g - size) ** 2) / 0.25, 8)

    exact = quad(inside, 2 * (size - reach), 2 * (size + reach), epsabs=0, epsrel=1e-10)[0]
    assert margins.margin_probability(target, 0.5, 0.1) == pytest.approx(exact, rel=1e-8)


def test_with_one_output_half_of_the_small_starts_have_a_margin_and_with_two_none():
    row, square = (torch.eye(n, 128 if n == 1 else n, dtype=torch.float64) for n in (1, 2))
    found = [margins.margin_probability(row, s) for s in (1e-5, 1e-9, 1e-30)]
    assert found == sorted(found) and found[-1] == pytest.approx(0.5, abs=1e-9)
    assert (
        margins.margin_probability(row, 1e-3, 0.9) == margins.margin_probability(square, 1e-5) == 0
    )


def test_a_single_output_has_a_margin_half_of_the_time_in_the_limit_of_small_starts():
    row = torch.tensor([[0.6, 0.8]], dtype=torch.float64)
    assert margins.margin_probability(row, 1e-3) == pytest.approx(0.5, abs=1e-3)
    assert margins.margin_probability(2 * row, 2e-3) == pytest.approx(
        margins.margin_probability(row, 1e-3)
    )


def test_the_best_scale_is_a_maximum_and_the_identity_the_best_square_target():
    target = torch.eye(3, dtype=torch.float64)
    scale, best = margins.best_margin_scale(target)
    assert scale == pytest.approx(0.483, abs=2e-3) and best == pytest.approx(1.36e-3, rel=0.01)
    assert all(margins.margin_probability(target, f * scale) < best for f in (0.95, 1.05))
    other = torch.diag(torch.tensor([1.0, 1.0, 1.3], dtype=torch.float64))
    assert margins.best_margin_scale(other)[1] < best
    with pytest.raises(ValueError, match="scale"):
        margins.margin_probability(target, 0.0)
    for least in (-0.1, 1.0):
        with pytest.raises(ValueError, match="least"):
            margins.margin_probability(target, 0.5, least)
