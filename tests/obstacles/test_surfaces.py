"""Derivatives against autograd, counts against formulas, probabilities against sampling and known values."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.descent import Momentum, Plain
from lib.obstacles import surfaces as sf

ONE = {
    "risk": sf.risk,
    "empirical": sf.empirical_risk,
    "wiggle": sf.wiggled_risk(0.7, 1.2, 3.0),
    "cubic": sf.cubic,
    "tanh": sf.tanh,
    "sine": sf.sine,
    "relu": sf.relu,
}
SURFACES = {name: (s, 1) for name, s in ONE.items()} | {
    "saddle": (sf.saddle, 2),
    "bowl": (sf.quadratic(1.0, 3.0), 2),
}


@pytest.mark.parametrize("name", SURFACES)
def test_derivatives_agree_with_autograd(name):
    surface, d = SURFACES[name]
    at = torch.from_numpy(np.random.default_rng(0).uniform(-2, 3, (20, d)))
    leaf = at.clone().requires_grad_()
    surface.value(leaf).sum().backward()
    assert surface.value(at).shape == (20,)
    assert torch.allclose(surface.gradient(at), leaf.grad, rtol=1e-12, atol=1e-13)
    for k in range(20):
        wanted = torch.autograd.functional.hessian(surface.value, at[k])
        assert torch.allclose(surface.hessian(at)[k], wanted, rtol=1e-10, atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([-2.0, -0.5, 0.0, 1.0, 4.0]), min_size=1, max_size=6))
def test_second_derivative_test_reads_the_signs(curvatures):
    rng = np.random.default_rng(len(curvatures))
    q = torch.linalg.qr(torch.from_numpy(rng.standard_normal((len(curvatures),) * 2)))[0]
    hessian = q @ torch.diag(torch.tensor(curvatures, dtype=torch.float64)) @ q.mT
    positive, negative = sum(c > 0 for c in curvatures), sum(c < 0 for c in curvatures)
    zero = len(curvatures) - positive - negative
    assert sf.signature(hessian) == (positive, negative, zero)
    kind = sf.classify(hessian)
    if positive and negative:
        assert kind == "saddle"
    elif zero:
        assert kind == "inconclusive"
    else:
        assert kind == ("minimum" if positive else "maximum")


def test_turning_points_are_zeros_of_the_slope_and_found_on_every_side():
    found = sf.turning_points(sf.risk, -1, 2)
    assert sf.risk.gradient(found).abs().max() < 1e-12
    assert found[:, 0].tolist() == pytest.approx([-0.273853, 0.273853, 1.090408], abs=1e-6)
    kinds = [sf.classify(sf.risk.hessian(p)) for p in found]
    assert kinds == ["minimum", "maximum", "minimum"]
    assert float(sf.global_minimum(sf.empirical_risk, 0.5, 1.5)) == pytest.approx(
        1.016983, abs=1e-6
    )
    assert float(sf.global_minimum(sf.cubic, -1, 2)) == -1


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5])
def test_saddle_is_left_after_the_steps_of_the_formula(rate):
    delta = np.geomspace(1e-12, 0.1, 7)
    starts = torch.stack([torch.ones(7, dtype=torch.float64), torch.from_numpy(delta)], 1)
    away = lambda p: p[:, 1].abs() >= 1  # noqa: E731
    steps = sf.steps_until(sf.saddle, starts, away, Plain(rate), limit=3000).numpy()
    assert (steps == np.ceil(sf.saddle_steps(delta, rate))).all()
    fast = sf.steps_until(sf.saddle, starts, away, Momentum(rate, 0.9), limit=3000).numpy()
    between = np.diff(fast) / np.diff(sf.saddle_steps(delta, rate, 0.9))
    assert between == pytest.approx(np.ones(6), rel=0.25) and (fast < steps).all()


def test_tanh_time_is_the_limit_of_small_steps():
    starts = np.array([0.5, 1.0, 2.0])
    errors = []
    for rate in (0.02, 0.01, 0.005):
        run = sf.follow(sf.tanh, sf.points(starts), Plain(rate), steps=round(0.4 / rate)).weights[0]
        passed = sf.tanh_time(starts) - sf.tanh_time(run[:, 0].numpy())
        errors.append(np.abs(passed - 0.4).max())
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.1)
    assert errors[1] / errors[2] == pytest.approx(2, abs=0.1)


def test_steps_until_gives_minus_one_where_nothing_happens():
    never = sf.steps_until(
        sf.saddle, torch.zeros(2, 2, dtype=torch.float64), lambda p: p[:, 1] > 1,
        Plain(0.1), limit=50,
    )  # fmt: skip
    assert never.tolist() == [-1, -1]


def test_mean_escape_time_of_a_ramp_is_known():
    """From 0 to 1: on f = 0, T = 1/(2D); up f = x, T = D (e^(1/D) - 1) - 1."""
    flat = sf.Surface(lambda p: 0 * p[..., 0], lambda p: 0 * p, None)
    rate, noise = 0.1, 2.0
    temperature = rate * noise**2 / 2
    assert sf.mean_escape_time(flat, 0.0, 1.0, 0.0, noise, rate) == pytest.approx(
        1 / (2 * temperature), rel=1e-3
    )
    ramp = sf.Surface(lambda p: p[..., 0], lambda p: torch.ones_like(p), None)
    uphill = temperature * (math.exp(1 / temperature) - 1) - 1
    assert sf.mean_escape_time(ramp, 0.0, 1.0, 0.0, noise, rate) == pytest.approx(uphill, rel=1e-3)


def test_escape_share_follows_the_mean_time():
    low, _, deep = (float(x) for x in sf.turning_points(sf.risk, -1, 2))
    rng = np.random.default_rng(0)
    for noise in (4.0, 5.0):
        gone = sf.noisy_escape(
            sf.risk, sf.points([low] * 400), sf.Noise([noise] * 400, rng), lambda p: p[:, 0] > deep,
            learning_rate=0.01, steps=2000, within=(-1.0, 2.0),
        )  # fmt: skip
        mean = sf.mean_escape_time(sf.risk, low, deep, -1.0, noise, 0.01)
        share = 1 - math.exp(-20 / mean)
        assert float(gone.double().mean()) == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize(
    "size, known",
    [(1, 0.5), (2, (2 - 2**0.5) / 4), (3, 0.25 - 2**0.5 / (2 * math.pi)), (4, None), (5, None)],
)
def test_positive_definite_probability_against_known_values_and_sampling(size, known):
    exact = sf.probability_positive_definite(size)
    if known is not None:
        assert exact == pytest.approx(known, rel=1e-12)
    samples = 200_000
    hits = sf.count_positive_definite(size, samples, np.random.default_rng(size))
    assert abs(hits - samples * exact) < 4 * math.sqrt(samples * exact) + 1


def test_spectrum_signs_of_one_by_one_and_of_enumerated_pairs():
    uniform, largest = sf.spectrum_signs(1, [0.0, 1.0, -1.0], [0.5, 0.3, 0.2])
    assert uniform == pytest.approx((0.3, 0.2, 0.5)) and largest == pytest.approx((0.3, 0.2, 0.5))
    # [[a, b], [b, d]] of signs +-1: a = d gives +-2, 0; a = -d gives +-sqrt 2
    uniform, largest = sf.spectrum_signs(2, [1.0, -1.0], [0.5, 0.5])
    assert uniform == pytest.approx((0.375, 0.375, 0.25))
    assert largest == pytest.approx((0.75, 0.0, 0.25))


BAD = {
    "interval": (lambda: sf.turning_points(sf.risk, 2, -1), "low"),
    "escape": (lambda: sf.mean_escape_time(sf.risk, 1.0, 0.0, -1.0, 1.0, 0.1), "begin"),
    "chances": (lambda: sf.spectrum_signs(2, [0, 1], [0.5, 0.6]), "probabilities"),
    "size": (lambda: sf.probability_positive_definite(0), "size"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()


def test_minibatch_noise_has_the_scale_of_its_mean():
    """A flat surface: after one step of size 1 the points are minus the noise."""
    flat = sf.quadratic(0.0)
    ends = []
    run = lambda p: ends.append(p.clone()) or torch.zeros(len(p), dtype=torch.bool)  # noqa: E731
    for batch in (1, 16):
        size = torch.full((40_000,), batch)
        noise = sf.Noise(np.full(40_000, 8.0), np.random.default_rng(0), size)
        sf.noisy_escape(
            flat, torch.zeros(40_000, 1, dtype=torch.float64), noise, run,
            learning_rate=1.0, steps=1, within=(-99.0, 99.0),
        )  # fmt: skip
        assert float(ends[-1].std()) == pytest.approx(sf.minibatch_scale(8.0, batch), rel=0.02)
    assert set(ends[1].abs().flatten().tolist()) == {8.0}


def test_class_by_descent_agrees_with_the_second_derivative_test_on_known_matrices():
    rng = np.random.default_rng(3)
    hessians = torch.stack([torch.diag(torch.tensor(d, dtype=torch.float64)) for d in
                            ([1.0, 2, 3], [-1.0, -2, -0.5], [1.0, -0.1, 2])])  # fmt: skip
    q = torch.linalg.qr(torch.from_numpy(rng.standard_normal((3, 3))))[0]
    found = sf.class_by_descent(q @ hessians @ q.mT, rng)
    assert found == ["minimum", "maximum", "saddle"] == [sf.classify(h) for h in hessians]


def test_conditioned_steps_are_those_of_descent():
    for kappa in (10.0, 100.0):
        bowl = sf.quadratic(1.0, kappa)
        start = torch.ones(1, 2, dtype=torch.float64)
        needed = sf.steps_until(
            bowl, start, lambda p: p.norm(dim=-1) <= 1e-6 * 2**0.5,
            Plain(2 / (1 + kappa)), limit=9999,
        )  # fmt: skip
        assert 0 <= int(needed) - sf.conditioned_steps(kappa, 1e-6) < 1


def test_cubic_time_solves_the_flow():
    from scipy.integrate import solve_ivp

    time = sf.cubic_time(2.0, 0.3)
    end = solve_ivp(lambda t, x: -3 * x**2, (0, time), [2.0], rtol=1e-10, atol=1e-12).y[0, -1]
    assert end == pytest.approx(0.3, abs=1e-8)


def test_wiggle_excess_is_the_limit_of_small_wiggles():
    best = sf.global_minimum(sf.risk, 0.5, 1.5)
    errors = []
    for amplitude in (0.004, 0.002, 0.001):
        found = sf.global_minimum(sf.wiggled_risk(amplitude), 0.5, 1.5)
        excess = float(sf.risk.value(found) - sf.risk.value(best))
        errors.append(abs(excess / sf.wiggle_excess(amplitude) - 1))
    assert errors[0] / errors[1] == pytest.approx(2, abs=0.3)
    assert errors[1] / errors[2] == pytest.approx(2, abs=0.3)


def test_sine_is_tanh_in_other_coordinates():
    x = torch.linspace(-3, 3, 50, dtype=torch.float64)
    z = torch.asin(torch.tanh(x))
    assert torch.allclose(sf.sine.value(sf.points(z)), sf.tanh.value(sf.points(x)), atol=1e-15)


@pytest.mark.parametrize("rate", [0.005, 0.02])
def test_descent_on_tanh_takes_the_steps_of_the_formula_rounded_up(rate):
    start = np.linspace(0.5, 3.5, 13)
    found = sf.steps_until(
        sf.tanh, sf.points(start), lambda p: p[:, 0] <= 0, Plain(rate), limit=round(200 / rate)
    )
    late = found.numpy() - sf.tanh_steps(start, rate)
    assert (late > -0.05).all() and (late < 1.05).all()


def test_the_escape_factor_is_found_in_shares_that_have_one_and_its_interval_covers():
    times, rng, covered = np.array([3.0, 10.0, 40.0]), np.random.default_rng(4), 0
    for _ in range(200):
        gone = rng.binomial(400, 1 - np.exp(-20 / (1.3 * times)))
        factor, (low, high) = sf.escape_factor(gone, 400, times, 20.0)
        covered += low <= 1.3 <= high
        assert 1.0 < factor < 1.7
    assert covered >= 180


def test_conditioned_bowls_shrink_and_grow_by_their_factors():
    assert abs(sf.steps_at_best_rate(10.0, 1e-3) - sf.conditioned_steps(10.0, 1e-3)) <= 1
    assert sf.distance_at_rate(10.0, 0.202, 100) == pytest.approx(1.02**100, rel=1e-9)
