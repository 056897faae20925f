"""Least squares against pseudo-inverses, descent, exact traces and Pareto quantiles."""

import numpy as np
import pytest
import torch

from lib.data import small_digits
from lib.obstacles import least_squares as ls


def gaussian(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


# --- fits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [3, 6, 10])
def test_a_fit_is_the_pseudo_inverse_below_at_and_above_the_threshold(p):
    x, y = gaussian(4, 6, p), gaussian(4, 6, 2, seed=1)
    torch.testing.assert_close(ls.fit(x, y), torch.linalg.pinv(x) @ y, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("p", [3, 6, 10])
def test_a_ridge_fit_has_gradient_zero_and_the_least_norm_as_its_limit(p):
    x, y = gaussian(6, p), gaussian(6, 1, seed=1)
    found = ls.fit(x, y, 0.3)
    assert (x.mT @ (x @ found - y) + 0.3 * found).abs().max() < 1e-12
    torch.testing.assert_close(ls.fit(x, y, 1e-9), ls.fit(x, y), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("p", [3, 6, 10])
def test_features_that_are_always_off_get_no_weight(p):
    x, y = gaussian(6, p), gaussian(6, 2, seed=1)
    x[:, 1] = 0
    torch.testing.assert_close(ls.fit(x, y), torch.linalg.pinv(x) @ y, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(("n", "p"), [(20, 20), (20, 30), (30, 20), (20, 21), (21, 20)])
@pytest.mark.parametrize("lost", [1, 5, 10])
def test_inputs_of_lower_rank_get_the_fit_of_least_norm(n, p, lost):
    """At n = p, a solver by elimination gives coefficients of 1e16 and no word."""
    rank = 20 - lost
    x, y = gaussian(3, n, rank) @ gaussian(3, rank, p, seed=1), gaussian(3, n, 2, seed=2)
    torch.testing.assert_close(ls.fit(x, y), torch.linalg.pinv(x) @ y, rtol=1e-7, atol=1e-8)


def test_descent_from_zero_ends_at_the_fit_of_least_norm():
    x, y = gaussian(4, 9), gaussian(4, 1, seed=1)
    w = torch.zeros(9, 1, dtype=torch.float64)
    for _ in range(4000):
        w = w - 0.05 * x.mT @ (x @ w - y)
    torch.testing.assert_close(w, ls.fit(x, y), rtol=1e-6, atol=1e-8)


def test_bad_inputs_of_a_fit_are_refused():
    x, y = gaussian(6, 3), gaussian(6, 1)
    with pytest.raises(ValueError, match="float64"):
        ls.fit(x.float(), y.float())
    with pytest.raises(ValueError, match="share all but the last"):
        ls.fit(x, y[:5])
    with pytest.raises(ValueError, match="ridge must be finite"):
        ls.fit(x, y, -1.0)
    with pytest.raises(ValueError, match="finite"):
        ls.fit(x * torch.nan, y)


# --- the Gaussian model ----------------------------------------------------------------------------


@pytest.mark.parametrize("p", [5, 38, 42, 120, 200])
def test_the_exact_risk_is_bias_and_effective_noise_times_the_mean_of_an_inverse_wishart(p):
    n, total, noise = 40, 200, 0.25
    gain = min(p, n) / (abs(p - n) - 1)
    bias = p / total * max(0.0, 1 - n / p)
    expected = bias + (noise + 1 - p / total) * (1 + gain)
    assert ls.least_norm_risk(p, n, total, noise) == pytest.approx(expected, rel=1e-12)


def test_the_risk_has_no_mean_next_to_the_threshold():
    assert [ls.least_norm_risk(p, 40, 200, 0.25) for p in (39, 40, 41)] == [np.inf] * 3


def exact_ridge_risk(x, ridge, total, noise):
    """Mean over beta and noise, given the inputs, of the risk of a ridge fit."""
    eigenvalues = torch.linalg.eigvalsh(x.mT @ x).clamp(min=0)
    unexplained = noise + 1 - x.shape[1] / total
    bias = (ridge / (eigenvalues + ridge)).square().sum() / total
    variance = unexplained * (eigenvalues / (eigenvalues + ridge).square()).sum()
    return float(unexplained + bias + variance)


@pytest.mark.parametrize("p", [10, 40, 100])
def test_the_best_ridge_is_a_minimum_and_the_limit_law_its_risk(p):
    n, total, noise = 40, 200, 0.25
    best = ls.best_ridge(p, total, noise)
    draws = [gaussian(n, p, seed=s) for s in range(30)]
    at = [
        np.mean([exact_ridge_risk(x, r, total, noise) for x in draws])
        for r in (0.9 * best, best, 1.1 * best)
    ]
    assert at[1] < min(at[0], at[2])
    assert at[1] == pytest.approx(ls.ridge_risk(p, n, total, noise), rel=3e-3)


def test_risks_of_a_model_without_noise_are_zero_when_everything_is_seen():
    found = ls.subset_risks([5, 8], 20, 8, 0.0, 10, np.random.default_rng(0))
    assert found.least_norm.shape == found.ridge.shape == (2, 10)
    assert found.least_norm[1].max() < 1e-20 and found.least_norm[0].min() > 1e-4


def test_risks_have_the_exact_mean():
    found = ls.subset_risks([4, 30], 12, 30, 0.5, 3000, np.random.default_rng(0)).least_norm
    for row, p in zip(found, (4, 30), strict=True):
        error = float(row.std()) / 3000**0.5
        assert abs(float(row.mean()) - ls.least_norm_risk(p, 12, 30, 0.5)) < 4 * error


@pytest.mark.parametrize(
    ("given", "word"),
    [((0, 4, 8, 1.0), "features"), ((9, 4, 8, 1.0), "features"), ((2, 0, 8, 1.0), "samples"),
     ((2, 4, 8, -1.0), "noise"), ((2.5, 4, 8, 1.0), "features")],
)  # fmt: skip
def test_bad_counts_are_refused(given, word):
    with pytest.raises(ValueError, match=word):
        ls.least_norm_risk(*given)


@pytest.mark.parametrize("p", [3, 30])
def test_the_mean_estimate_is_shrunk_by_the_share_of_directions_that_are_seen(p):
    n, total = 12, 40
    found = ls.subset_risks([p], n, total, 0.25, 4000, np.random.default_rng(0)).overlap[0]
    error = float(found.std()) / 4000**0.5
    assert float(found.mean()) == pytest.approx(min(1, n / p), abs=4 * error)


def test_squared_bias_without_shrinkage_is_the_unseen_signal_and_all_of_it_without_an_estimate():
    assert ls.squared_bias(30, 40, 1.0) == pytest.approx(0.25)
    assert ls.squared_bias(30, 40, 0.0) == pytest.approx(1.0)


def test_other_ridges_on_the_same_draws_are_the_best_one_at_factor_one():
    given = (12, 40, 0.25, 20)
    found = ls.other_ridges([0.5, 1.0], *given, np.random.default_rng(3))
    risks = ls.subset_risks([12], *given, np.random.default_rng(3))
    assert found.shape == (2, 20)
    torch.testing.assert_close(found[1], risks.ridge[0])


# --- the tail --------------------------------------------------------------------------------------


@pytest.mark.parametrize("distance", [0, 3])
def test_the_gain_of_noise_is_the_sum_of_inverse_squared_singular_values(distance):
    found = ls.noise_gain(4, distance, 50, np.random.default_rng(2))
    a = np.random.default_rng(2).standard_normal((50, 4 + distance, 4))
    expected = (np.linalg.svd(a, compute_uv=False) ** -2.0).sum(1)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_the_gain_of_a_single_column_is_an_inverse_chi_square():
    found = ls.noise_gain(1, 4, 20000, np.random.default_rng(0))
    assert float((found > 1 / 4.351).double().mean()) == pytest.approx(0.5, abs=0.02)  # median, 5


@pytest.mark.parametrize("exponent", [0.5, 2.0])
def test_hills_estimate_finds_the_exponent_of_pareto_quantiles(exponent):
    x = (torch.arange(1, 20001, dtype=torch.float64) / 20001) ** (-1 / exponent)
    assert ls.tail_exponent(x, 2000) == pytest.approx(exponent, rel=5e-3)
    assert ls.tail_exponent(7 * x.flip(0), 2000) == pytest.approx(exponent, rel=5e-3)


def test_the_tail_law_is_even_in_its_distance():
    assert [ls.tail_law(k) for k in (-2, 0, 2)] == [1.5, 0.5, 1.5]


def test_hills_estimate_refuses_what_has_no_tail():
    with pytest.raises(ValueError, match="positive and finite"):
        ls.tail_exponent([1.0, -1.0, 2.0], 1)
    with pytest.raises(ValueError, match="top"):
        ls.tail_exponent([1.0, 2.0], 2)


def test_squared_shares_of_equal_and_of_lonely_values():
    assert float(ls.squared_shares(torch.ones(8).double())) == pytest.approx(1 / 8)
    assert float(ls.squared_shares(torch.tensor([1.0, 0, 0]).double())) == 1


# --- digits ----------------------------------------------------------------------------------------


def test_relu_features_are_half_of_the_time_zero_and_half_of_the_norm():
    x = gaussian(50, 100)
    found = ls.relu_features(x, 4000, np.random.default_rng(1))
    assert found.shape == (50, 4000) and found.min() == 0
    ratio = found.square().mean(1) / (x.square().mean(1) / 2)
    assert (ratio - 1).abs().max() < 0.2


def test_small_digits_are_standardized_and_complete():
    images, labels = small_digits()
    assert images.shape == (5000, 100) and labels.bincount().tolist() == [500] * 10
    assert abs(float(images.mean())) < 1e-12 and float(images.std()) == pytest.approx(1)


@pytest.mark.parametrize("p", [3, 8])
def test_effective_parameters_on_the_training_inputs_are_the_trace_of_the_projection(p):
    x = gaussian(8, p)
    weights = x @ ls.fit(x, torch.eye(8, dtype=torch.float64))
    assert float(ls.effective_parameters(weights)) == pytest.approx(p, rel=1e-9)


def test_linear_features_have_the_rank_of_the_images():
    x = gaussian(30, 5)
    found = ls.linear_features(x, 12, np.random.default_rng(0))
    assert found.shape == (30, 12) and torch.linalg.matrix_rank(found) == 5
    torch.testing.assert_close(
        ls.relu_features(x, 12, np.random.default_rng(0)), found.clamp(min=0)
    )


def test_digit_fits_have_their_axes_in_order():
    rng = np.random.default_rng(0)
    found = ls.digit_fits([20, 60, 400], 60, [0.0, 0.5], [0.0, 0.1], 2, rng, tests=300)
    errors, effective = found
    assert errors.shape == (2, 2, 2, 3) and errors.min() > 0 and errors.max() < 1
    assert (errors[:, 0, 0, 1] > errors[:, 0, 1, 1]).all()  # ridge helps at the threshold
    assert (errors[:, 1, 1] > errors[:, 0, 1]).all()  # wrong labels cost
    assert effective.shape == (2, 2, 3)
    assert (effective[:, 0, 1] > effective[:, 0, [0, 2]].amax(-1)).all()
    again = ls.digit_fits([20], 60, [0.0], [0.1], 1, np.random.default_rng(0), tests=300)
    assert again.errors.shape == (1, 1, 1, 1)


def test_fewer_samples_are_the_first_of_more_and_meet_the_same_tests():
    shown = []

    def note(images, count, rng):
        shown.append(images)
        return ls.linear_features(images, count, rng)

    for samples in (10, 25):
        ls.digit_fits(
            [5], samples, [0.0], [1.0], 2, np.random.default_rng(0), tests=40, features=note
        )
    few, many = shown[:2], shown[2:]
    assert all(torch.equal(a, b[: len(a)]) for a, b in zip(few, many, strict=True))
