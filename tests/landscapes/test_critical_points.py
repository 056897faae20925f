"""Exact densities, rare indices, complete searches: against drawn matrices, Morse and each other."""

import math

import numpy as np
import pytest
import torch

from lib.landscapes import complexity as cx
from lib.landscapes import critical_points as cp
from lib.landscapes import spin_glass as sg


@pytest.mark.parametrize("n", [2, 3, 8, 51])
def test_goe_density_integrates_to_n_and_is_that_of_drawn_matrices(n):
    end = min(4.0, (1399 / n) ** 0.5)
    x = np.linspace(-end, end, 4001)
    density = cx.goe_density(x, n)
    assert np.trapezoid(density, x) == pytest.approx(n, rel=1e-6)
    assert np.allclose(density, density[::-1])
    g = np.random.default_rng(n).standard_normal((4000, n, n)) / math.sqrt(n)
    values = np.linalg.eigvalsh((g + g.transpose(0, 2, 1)) / 2)
    below = np.trapezoid(density[x <= -0.5], x[x <= -0.5])
    counts = (values <= -0.5).sum(1)
    assert abs(counts.mean() - below) < 4 * counts.std() / 4000**0.5 + 2e-3


def test_log_count_is_rice_on_the_circle_and_the_growth_rate_in_the_limit():
    for p in (3, 4, 9):
        assert math.exp(cx.log_count(4.0, 2, p)) == pytest.approx(
            2 * math.sqrt(3 * p - 2), rel=1e-6
        )
    a, b, c = (cx.log_count(-1.4, n, 3) for n in (100, 200, 400))
    assert (c - 2 * b + a) / 100 == pytest.approx(cx.complexity(-1.4, 3), abs=5e-4)


def test_rare_indices_are_those_of_weighted_sampling_and_of_the_whole():
    rng = np.random.default_rng(1)
    for k in range(3):
        u, w = cx.critical_point_sample(25, 3, k, samples=8000, seed=1)
        below = w * (u <= -1.3)
        count = math.exp(cx.log_index_count(-1.3, 25, 3, k, samples=1000, rng=rng))
        error = float(below.std()) / 8000**0.5 + 0.03 * count
        assert abs(count - float(below.mean())) < 4 * error
    whole = cx.log_count(-2.1, 200, 12)  # below the threshold nearly all are minima
    assert cx.log_index_count(-2.1, 200, 12, 0, samples=200, rng=rng) == pytest.approx(
        whole, abs=0.05
    )


def test_eigenvalue_counts_are_those_of_drawn_matrices():
    levels = np.array([-1.1, -0.5, 0.0, 0.7])
    counts = cx.eigenvalue_counts(levels, 12, 8000, np.random.default_rng(0))
    g = np.random.default_rng(1).standard_normal((8000, 12, 12)) / math.sqrt(24)
    values = np.linalg.eigvalsh((g + g.transpose(0, 2, 1)) / 2)
    dense = (values[..., None] < levels).sum(1)
    assert np.allclose(counts.mean(0), dense.mean(0), atol=0.05)
    assert np.allclose(counts.var(0), dense.var(0), atol=0.05)
    inside = sum(cx.points_of_index(counts, k).astype(int) for k in range(12))
    assert np.array_equal(inside, np.diff(counts))


def test_minimum_share_is_the_edge_of_the_ensemble():
    s = np.linspace(-6, 3, 91)
    assert (np.diff(cx.minimum_share(s)) > 0).all()
    assert 1 - 1e-4 < cx.minimum_share([4.0])[0] < 1
    counts = cx.eigenvalue_counts(
        -1 - np.array([0.25, -0.25]) / (2 * 100 ** (2 / 3)), 100, 20000, np.random.default_rng(0)
    )
    share = cx.points_of_index(counts, 0).mean() / np.diff(counts).mean()
    assert share == pytest.approx(float(cx.minimum_share([0.0])[0]), abs=0.03)


def test_all_critical_points_of_a_small_sphere_obey_morse_and_the_expected_number():
    rng = np.random.default_rng(0)
    found = cp.all_critical_points(sg.couplings(3, 3, range(150)), 80, rng)
    index = (found.index_fraction * 2).round()
    sums = torch.zeros(150, dtype=torch.float64).index_add(0, found.draw, (-1.0) ** index)
    assert (sums == 2).double().mean() > 0.9  # the others lack a point
    number, slope, spread = sg.critical_moments({3: 1.0}, 3)
    assert len(found.draw) / 150 == pytest.approx(number, rel=0.1)
    assert slope == pytest.approx(3) and spread < 1e-6


def test_searches_side_by_side_are_searches_one_by_one():
    c = sg.mixed_couplings(4, {1: 0.5, 3: 0.5}, [0, 1])
    x = sg.random_spins(4, (2, 6), np.random.default_rng(0))
    both, sizes = cp._search(c, x, 60)
    for k in range(2):
        alone, size = cp._search(tuple(part[k] for part in c), x[k], 60)
        good = (size < 1e-8) & (sizes[k] < 1e-8)
        assert good.any() and torch.allclose(alone[good], both[k][good], atol=1e-6)


def test_draws_in_which_a_search_finds_nothing_are_counted_and_empty():
    c = sg.couplings(4, 3, [0, 1])
    found = cp.all_critical_points(c, 5, np.random.default_rng(0), steps=0)
    assert len(found.energy) == len(found.draw) == 0
    assert found.converged.shape == (2, 5) and not found.converged.any()


def test_moments_tend_to_the_index_law():
    field = {1: 0.5, 3: 0.5}
    law = sg.index_law(field)
    _, slope, spread = sg.critical_moments(field, 300)
    assert slope == pytest.approx(law.radial_given_energy, rel=0.01)
    assert spread * 300**0.5 == pytest.approx(law.spread_of_radial, rel=0.01)
    two, _, _ = sg.critical_moments({2: 1.0}, 9)
    assert two == pytest.approx(18, rel=1e-6)


def test_shares_of_index_are_those_of_the_counts():
    levels = np.linspace(-1.1, -0.5, 7)
    middles, shares = cx.shares_of_index(levels, 20, 500, np.random.default_rng(1), indices=20)
    counts = cx.eigenvalue_counts(levels, 20, 500, np.random.default_rng(1))
    direct = cx.points_of_index(counts, 2).sum(0) / np.diff(counts).sum(0)
    assert np.array_equal(shares[2], direct)  # the same draws and operations
    assert np.allclose(shares.sum(0), 1) and np.allclose(middles, (levels[1:] + levels[:-1]) / 2)
    rare = cx.shares_of_index(np.array([-9.0, -8.0]), 20, 50, np.random.default_rng(1), indices=1)[
        1
    ]
    assert np.isnan(rare).all()


def test_a_second_search_completes_what_the_first_missed():
    c = sg.couplings(4, 3, list(range(40)))
    once = cp.all_critical_points(c, 12, np.random.default_rng(1))
    twice = cp.complete_critical_points(c, 12, np.random.default_rng(1), again=20)
    before, after = ((cp.morse_sum(p, 4) == 0).sum() for p in (once, twice))
    assert after > before and after >= 38
    counts = [torch.bincount(p.draw, minlength=40) for p in (once, twice)]
    whole = cp.morse_sum(once, 4) == 0
    assert torch.equal(counts[0][whole], counts[1][whole])  # left as they were
    assert len(twice.energy) == len(twice.draw) == len(twice.radial) > len(once.energy)
    assert torch.equal(once.begin_energy, twice.begin_energy)
