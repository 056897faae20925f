"""Formulas against quadrature, replica theory and counting; derivatives against autograd."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

from lib.landscapes import complexity as cx
from lib.landscapes import critical_points as cp
from lib.landscapes import spin_glass as sg

# Measured once with an independent root finder; the published digits were not at hand.
EDGES = {
    3: [1.65699836, 1.65287320, 1.65025313, 1.64839902, 1.64699857, 1.64589326],
    4: [1.79408503, 1.78330030, 1.77647761, 1.77166217, 1.76803187, 1.76517086],
    5: [1.88798883, 1.87057564, 1.85959892, 1.85186979, 1.84605282, 1.84147449],
}


def complexity_by_quadrature(u, p, k=0):
    edge = 2 * math.sqrt((p - 1) / p)
    cost = quad(lambda z: math.sqrt(z * z - edge * edge), u, -edge, epsabs=1e-14)[0]
    return math.log(p - 1) / 2 - (p - 2) / (4 * (p - 1)) * u * u - (k + 1) * 2 / edge**2 * cost


@pytest.mark.parametrize("p", EDGES)
def test_band_edges_are_the_recorded_ones(p):
    assert [round(cx.band_edge(p, k), 8) for k in range(6)] == EDGES[p]


@pytest.mark.parametrize("p", [3, 4, 7, 12, 25, 50])
@pytest.mark.parametrize("k", [0, 1, 5, 10])
def test_band_edges_by_quadrature(p, k):
    e = cx.threshold_energy(p)
    root = brentq(lambda x: complexity_by_quadrature(-x, p, k), e, e + 3, xtol=1e-13)
    assert cx.band_edge(p, k) == pytest.approx(root, abs=1e-9)


@pytest.mark.parametrize("p", range(3, 51))
def test_edge_zero_is_the_replica_ground_state(p):
    assert cx.band_edge(p, 0) == pytest.approx(cx.ground_state_energy(p), abs=1e-12)


def test_edges_fall_to_the_threshold_as_a_power():
    edges = [cx.band_edge(5, k) for k in (0, 1, 2, 10, 10**3, 10**6)]
    assert edges == sorted(edges, reverse=True)
    gaps = [cx.band_edge(5, k) - cx.threshold_energy(5) for k in (10**5, 8 * 10**5)]
    assert gaps[0] / gaps[1] == pytest.approx(4, rel=1e-2)  # k^(-2/3)


def test_complexity_is_the_formula_on_every_branch():
    e = cx.threshold_energy(4)
    u = torch.tensor([-3.0, -1.9, -e - 1e-3, -e - 1e-9, -1.0, 0.0, 2.0], dtype=torch.float64)
    whole = [complexity_by_quadrature(float(x), 4) for x in u[:4]]
    whole += [math.log(3) / 2 - 1 / 6, math.log(3) / 2, math.log(3) / 2]
    assert torch.allclose(cx.complexity(u, 4), torch.tensor(whole, dtype=torch.float64), atol=1e-12)
    second = [complexity_by_quadrature(float(x), 4, 2) for x in u[:4]] + [math.log(3) / 2 - 0.5] * 3
    ours = cx.complexity(u, 4, index=2)
    assert torch.allclose(ours, torch.tensor(second, dtype=torch.float64), atol=1e-12)
    assert cx.complexity(-1.9, 4) == pytest.approx(float(cx.complexity(u, 4)[1]), rel=1e-14)
    assert cx.complexity(-3.0, 4) < -1  # not clipped at the ground state
    assert cx.complexity(-1.0, 2) == 0.0


def test_edge_cost_is_smooth_where_the_series_takes_over():
    e = cx.threshold_energy(3)
    for t in (0.999e-2, 1.001e-2):
        exact = quad(lambda s: 2 * math.sinh(s) ** 2, 0, t, epsrel=1e-13)[0]
        value = -cx.complexity(-e * math.cosh(t), 3, 10**6) + math.log(2) / 2
        value -= (e * math.cosh(t)) ** 2 / 8
        assert value / (10**6 + 1) == pytest.approx(exact, rel=1e-6)


def test_index_share_is_that_of_a_semicircle():
    for u in (-1.2, -0.3, 0.0, 0.7):
        t = u / cx.threshold_energy(3)
        share = quad(lambda x: 2 / math.pi * math.sqrt(1 - x * x), -1, t)[0]
        assert cx.index_share(u, 3) == pytest.approx(share, abs=1e-9)
    ends = cx.index_share(torch.tensor([-5.0, 5.0], dtype=torch.float64), 3)
    assert ends.tolist() == [0.0, 1.0]


# --- finite n ------------------------------------------------------------------------------------


def test_tridiagonal_eigenvalues_agree_with_dense_ones():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((30, 7)), rng.chisquare(3, (30, 6))
    dense = [np.diag(x) + np.diag(np.sqrt(y), 1) + np.diag(np.sqrt(y), -1) for x, y in zip(a, b)]  # noqa: B905
    ours = cx.tridiagonal_eigenvalues(a, b, range(7))
    assert np.abs(ours - np.linalg.eigvalsh(dense)).max() < 1e-12


def test_p_two_has_exactly_two_critical_points_of_each_index():
    for n, index in ((2, 0), (2, 1), (9, 4), (60, 0)):
        found = cx.expected_critical_points(n, 2, index, samples=50, seed=1)
        assert found == pytest.approx((2, 0), abs=1e-12)
        _, weights = cx.critical_point_sample(n, 2, index, samples=50, seed=1)
        assert (weights - 2).abs().max() < 1e-12


@pytest.mark.parametrize("p", [3, 4, 7])
def test_counts_on_the_circle(p):
    """Formula, counting and Rice's 2 sqrt(3p - 2), which gives 5.2915 at p = 3."""
    rice = 2 * math.sqrt(3 * p - 2)
    counts = sg.circle_count(sg.couplings(2, p, range(2000))).double()
    assert abs(float(counts.mean()) - rice) < 4 * float(counts.std()) / 2000**0.5
    for index in (0, 1):
        mean, error = cx.expected_critical_points(2, p, index, samples=20000, seed=index)
        assert abs(mean - rice / 2) < 4 * error


@pytest.mark.parametrize("n, p", [(3, 3), (4, 3), (5, 4), (3, 8)])
def test_morse_alternating_sum_is_the_euler_characteristic(n, p):
    means, errors = zip(
        *[cx.expected_critical_points(n, p, k, samples=20000, seed=k) for k in range(n)],
        strict=True,
    )
    total = sum((-1) ** k * m for k, m in enumerate(means))
    assert abs(total - (1 + (-1) ** (n - 1))) < 4 * np.linalg.norm(errors)


def test_large_n_counts_are_the_recorded_ones_and_mirror():
    for n, count, energy in ((25, 14.1, -1.388), (50, 40.8, -1.457), (100, 200, -1.510)):
        u, w = cx.critical_point_sample(n, 3, 0, samples=4000, seed=3)
        assert cx.effective_sample_size(w) > 400
        assert float(w.mean()) == pytest.approx(count, rel=0.1)
        assert cx.weighted_mean(u, w)[0] == pytest.approx(energy, abs=0.01)
    low, e = cx.expected_critical_points(12, 3, 1, samples=8000, seed=0)
    high, f = cx.expected_critical_points(12, 3, 10, samples=8000, seed=1)
    assert abs(low - high) < 4 * math.hypot(e, f)


def test_moving_the_proposal_does_not_change_the_mean():
    """Plain sampling of dense GOE matrices, the oracle of the weighted one."""
    rng = np.random.default_rng(5)
    n, p, k = 8, 4, 1
    g = rng.standard_normal((40000, n, n)) / math.sqrt(n)
    values = np.linalg.eigvalsh((g + g.transpose(0, 2, 1)) / 2)[:, k]
    plain = 2 * math.sqrt(2 / p) * (p - 1) ** (n / 2) * np.exp(-n * (p - 2) / (2 * p) * values**2)
    mean, e = cx.expected_critical_points(n, p, k, samples=20000, seed=2)
    assert abs(mean - plain.mean()) < 4 * math.hypot(e, plain.std() / 200)


def test_weighted_mean_of_equal_weights_is_the_mean():
    x = torch.tensor([1.0, 2.0, 6.0], dtype=torch.float64)
    mean, _, spread = cx.weighted_mean(x, torch.full_like(x, 5.0))
    assert (mean, spread**2) == pytest.approx((3, 14 / 3), rel=1e-14)
    assert cx.effective_sample_size(torch.tensor([1.0, 0.0])) == pytest.approx(1, rel=1e-14)


# --- the model -----------------------------------------------------------------------------------


def by_tensor(tensor, x):
    """H = n^(-(p-1)/2) sum J x ... x, the definition."""
    value, n = tensor, len(x)
    for _ in range(tensor.ndim):
        value = value @ x
    return value * n ** (-(tensor.ndim - 1) / 2)


def draw(n, p, seed):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.standard_normal((n,) * p)), sg.random_spins(n, (), rng)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(2, 5), st.integers(0, 10**6))
def test_energy_gradient_and_hessian_agree_with_autograd(n, p, seed):
    tensor, x = draw(n, p, seed)
    c = sg.from_tensor(tensor)

    def on_sphere(v):  # H at the point reached from x along the tangent part of v
        y = x + v - (v @ x) / n * x
        return by_tensor(tensor, y * math.sqrt(n) / y.norm())

    zero = torch.zeros(n, dtype=torch.float64)
    assert torch.allclose(sg.energy(c, x) * n, by_tensor(tensor, x), rtol=1e-10, atol=1e-10)
    slope = torch.autograd.functional.jacobian(on_sphere, zero)
    assert torch.allclose(sg.gradient(c, x), slope, rtol=1e-9, atol=1e-9)
    bend = torch.autograd.functional.hessian(on_sphere, zero)
    assert torch.allclose(sg.sphere_hessian(c, x), bend, rtol=1e-8, atol=1e-8)


def test_hessian_is_symmetric_and_blind_along_the_radius():
    c, rng = sg.couplings(6, 3, [0, 1]), np.random.default_rng(0)
    x = sg.random_spins(6, (2, 4), rng)
    h = sg.sphere_hessian(c, x)
    assert h.shape == (2, 4, 6, 6)
    assert torch.allclose(h, h.mT, atol=1e-12)
    assert (h @ x[..., None]).abs().max() < 1e-12
    number, values = sg.index(c, x)
    dense = torch.linalg.eigvalsh(h)
    assert torch.equal(number, (dense < -1e-10).sum(-1))
    gap = (
        dense[..., None] - torch.cat([values, values.new_zeros(2, 4, 1)], -1)[..., None, :]
    ).abs()
    assert gap.amin(-1).max() < 1e-12


def test_autograd_sees_the_energy():
    c, x = sg.couplings(5, 3, 0), sg.random_spins(5, (4,), np.random.default_rng(1))
    leaf = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(5 * sg.energy(c, leaf).sum(), leaf)
    tangent = slope - (slope * x).sum(-1, keepdim=True) / 5 * x
    assert torch.allclose(sg.gradient(c, x), tangent, atol=1e-12)
    assert torch.allclose(sg.radial_derivative(c, x), 3 * sg.energy(c, x), atol=1e-12)


@pytest.mark.parametrize("p", [2, 3, 4, 5])
def test_tensor_there_and_back(p):
    tensor, x = draw(4, p, p)
    c = sg.from_tensor(tensor)
    symmetric = sg.to_tensor(c)
    assert torch.allclose(symmetric, symmetric.transpose(0, p - 1), atol=1e-12)
    assert torch.allclose(by_tensor(symmetric, x), by_tensor(tensor, x), atol=1e-10)
    assert torch.allclose(sg.from_tensor(symmetric), c, atol=1e-12)


@pytest.mark.parametrize("n, p", [(3, 2), (4, 3), (3, 4)])
def test_covariance_of_the_energy(n, p):
    """Cov H(x) H(y) = n (x.y/n)^p, and its mixed form, by Monte Carlo."""
    rng = np.random.default_rng(0)
    x = sg.random_spins(n, (2,), rng)
    t, draws = float(x[0] @ x[1] / n), 20000
    h = n * sg.energy(sg.couplings(n, p, range(draws)), x.expand(draws, 2, n))
    products = torch.stack([h[:, 0] * h[:, 1], h[:, 0] ** 2], 1)
    wanted = torch.tensor([n * t**p, n], dtype=torch.float64)
    assert ((products.mean(0) - wanted).abs() < 4 * products.std(0) / draws**0.5).all()
    assert (h.mean(0).abs() < 4 * (n / draws) ** 0.5).all()


def test_covariance_of_a_mixed_model():
    n, draws = 3, 8000
    x = sg.random_spins(n, (2,), np.random.default_rng(3))
    t = float(x[0] @ x[1] / n)
    c = sg.mixed_couplings(n, {1: 0.5, 2: 0.25, 4: 0.25}, range(draws))
    h = n * sg.energy(c, x.expand(draws, 2, n))
    both = h[:, 0] * h[:, 1]
    wanted = n * (t / 2 + t**2 / 4 + t**4 / 4)
    assert abs(float(both.mean()) - wanted) < 4 * float(both.std()) / draws**0.5


def test_a_mixed_model_is_the_sum_of_its_parts():
    n, rng = 5, np.random.default_rng(0)
    c, x = sg.mixed_couplings(n, {1: 0.5, 2: 1.0, 3: 0.5}, 0), sg.random_spins(n, (3,), rng)
    for f in (sg.energy, sg.gradient, sg.sphere_hessian, sg.radial_derivative):
        assert torch.allclose(f(c, x), sum(f(part, x) for part in c), atol=1e-12)


def test_leading_dimensions_are_seeds():
    rng = np.random.default_rng(0)
    c = sg.couplings(4, 3, [5, 6, 7])
    assert torch.equal(c[1], sg.couplings(4, 3, 6))
    x = sg.random_spins(4, (3, 2), rng)
    for f in (sg.energy, sg.gradient, sg.sphere_hessian):
        whole = f(c, x)
        for s, i in product(range(3), range(2)):
            assert torch.allclose(whole[s, i], f(c[s], x[s, i]), atol=1e-12)
        assert torch.allclose(f(c, x[:, 0]), whole[:, 0], atol=1e-12)
        assert torch.allclose(f(c[0], x), torch.stack([f(c[0], y) for y in x]), atol=1e-12)
        one = f(c, x[0, 0])
        assert torch.allclose(one[2], f(c[2], x[0, 0]), atol=1e-12)


def test_monomials_are_packed_pairs():
    x = torch.arange(1.0, 5.0, dtype=torch.float64)
    pairs = [float(x[i] * x[j]) for j in range(4) for i in range(j + 1)]
    assert sg.monomials(x, 2).tolist() == pairs
    assert sg.monomials(x, 3).shape == (20,)


# --- moving on the sphere ------------------------------------------------------------------------


def test_search_at_p_two_finds_every_eigenvector_with_its_index():
    c = sg.couplings(8, 2, 3)
    found = cp.spin_glass_points([c], 400, np.random.default_rng(0))
    order = found.energy.argsort()
    assert len(order) == 16  # both signs of eight eigenvectors
    values = torch.linalg.eigvalsh(c).repeat_interleave(2) / 2
    assert torch.allclose(found.energy[order], values, atol=1e-9)
    index = (found.index_fraction[order] * 7).round().int().tolist()
    assert index == [k for k in range(8) for _ in range(2)]
    assert found.converged.sum() > 200 and found.converged.shape == (1, 400)
    assert torch.allclose(found.radial, 2 * found.energy, atol=1e-12)


def test_critical_points_of_a_mixed_model_are_critical():
    c = sg.mixed_couplings(10, {1: 0.5, 3: 0.5}, 0)
    x, size = cp._search(c, sg.random_spins(10, (80,), np.random.default_rng(0)), 80)
    good = x[size < 1e-8]
    assert len(good) > 5
    assert sg.gradient(c, good).abs().max() < 1e-6
    assert torch.allclose(good.square().sum(-1), good.new_full((len(good),), 10.0))


def test_law_of_the_index_for_any_covariance():
    """Pure model: radial = p u, and the energy law is the pure one; the field case as recorded."""
    law = sg.index_law({3: 1.0})
    assert law.energy_given_radial == pytest.approx(1 / 3)
    assert law.radial_given_energy == pytest.approx(3)
    assert law.spread_of_radial == law.spread_of_energy == pytest.approx(0, abs=1e-7)
    u = torch.linspace(-2, 2, 9, dtype=torch.float64)
    assert torch.allclose(cx.index_share(u, 3), law.index_at_energy(u), atol=1e-12)
    two_three = sg.index_law({2: 0.5, 3: 0.5})
    assert two_three.radial_given_energy == pytest.approx(2.581, abs=5e-4)
    assert two_three.energy_given_radial == pytest.approx(0.3846, abs=5e-4)
    assert two_three.spread_of_radial / 40**0.5 == pytest.approx(0.080, abs=5e-4)
    assert two_three.spread_of_energy / 40**0.5 == pytest.approx(0.0310, abs=5e-4)
    assert two_three.ordinary_slope == pytest.approx(2.5)


def test_radial_derivative_at_ordinary_points_has_the_ordinary_slope():
    covariance = {1: 0.5, 3: 0.5}
    c = sg.mixed_couplings(4, covariance, range(8000))
    x = sg.random_spins(4, (), np.random.default_rng(0))
    u, rho = sg.energy(c, x), sg.radial_derivative(c, x)
    slope = (u * rho).sum() / (u * u).sum()
    assert float(slope) == pytest.approx(sg.index_law(covariance).ordinary_slope, rel=0.04)


C3 = sg.couplings(3, 3, 0)
ONES = torch.ones(3, dtype=torch.float64)
RNG = np.random.default_rng(0)
BAD = {
    "p one": (lambda: cx.threshold_energy(1), "p must"),
    "p half": (lambda: cx.index_share(0.0, 2.5), "p must"),
    "p two has no band": (lambda: cx.band_edge(2, 0), "p must be a whole number >= 3"),
    "k": (lambda: cx.band_edge(3, -1), "k must"),
    "index": (lambda: cx.complexity(-1.7, 3, index=-1), "index must"),
    "complexity p": (lambda: cx.complexity(-1.7, 1), "p must"),
    "ground state p": (lambda: cx.ground_state_energy(2), "p must"),
    "count n": (lambda: cx.expected_critical_points(1, 3, 0, samples=9, seed=0), "n must"),
    "count p": (lambda: cx.expected_critical_points(4, 1, 0, samples=9, seed=0), "p must"),
    "count index": (lambda: cx.expected_critical_points(4, 3, 4, samples=9, seed=0), "index must"),
    "negative index": (
        lambda: cx.expected_critical_points(4, 3, -1, samples=9, seed=0),
        "index must",
    ),
    "samples": (lambda: cx.expected_critical_points(4, 3, 0, samples=1, seed=0), "samples must"),
    "couplings n": (lambda: sg.couplings(1, 3, 0), "n must"),
    "couplings p": (lambda: sg.couplings(3, 1, 0), "p must"),
    "mixed empty": (lambda: sg.mixed_couplings(3, {}, 0), "covariance must"),
    "mixed weight": (lambda: sg.mixed_couplings(3, {2: -1.0}, 0), "covariance must"),
    "spins": (lambda: sg.energy(C3, torch.ones(4, dtype=torch.float64)), "spins must"),
    "scalar": (lambda: sg.gradient(C3, torch.tensor(1.0, dtype=torch.float64)), "spins must"),
    "hessian": (lambda: sg.sphere_hessian(C3, torch.ones(2, 2, dtype=torch.float64)), "spins must"),
    "seeds": (
        lambda: sg.energy(C3.expand(2, 3, 6), torch.ones(3, 3, dtype=torch.float64)),
        "spins must",
    ),
    "shape": (lambda: sg.energy(torch.ones(3, 5, dtype=torch.float64), ONES), "couplings must"),
    "vector": (lambda: sg.energy(torch.ones(3, dtype=torch.float64), ONES), "couplings must"),
    "parts": (lambda: sg.energy((), ONES), "couplings must"),
    "circle": (lambda: sg.circle_count(C3), "n = 2"),
    "tensor": (lambda: sg.from_tensor(torch.ones(3, 4)), "tensor must"),
    "law": (lambda: sg.index_law({1: 1.0}), "covariance must hold"),
    "law weights": (lambda: sg.index_law({3: 0.0}), "covariance must"),
    "float32 spins": (lambda: sg.energy(C3, ONES.float()), "spins must be a float64 tensor"),
    "numpy spins": (lambda: sg.energy(C3, ONES.numpy()), "spins must be a float64 tensor"),
    "float32 couplings": (lambda: sg.energy(C3.float(), ONES), "couplings must be float64"),
    "off the sphere": (lambda: sg.energy(C3, 1.1 * ONES), "spins must lie on the sphere"),
    "gradient off the sphere": (lambda: sg.gradient(C3, ONES - 1), "spins must lie on the sphere"),
    "hessian off the sphere": (
        lambda: sg.sphere_hessian(C3, 2 * ONES),
        "spins must lie on the sphere",
    ),
    "not a number": (lambda: sg.energy(C3, torch.nan * ONES), "spins must lie on the sphere"),
    "no draws": (lambda: cp.spin_glass_points([], 3, RNG), "draws must"),
    "no starts": (lambda: cp.spin_glass_points([C3], 0, RNG), "starts must"),
    "no walk": (lambda: cp.spin_glass_points([C3], 3, RNG, walk=0), "walk must"),
    "rng": (lambda: cp.spin_glass_points([C3], 3, 0), "rng must be a numpy generator"),
    "all rng": (lambda: cp.all_critical_points(C3[None], 3, 0), "rng must be a numpy generator"),
    "all without draws": (lambda: cp.all_critical_points(C3, 3, RNG), "couplings must be"),
    "moments": (lambda: sg.critical_moments({1: 1.0}, 5), "covariance must hold"),
    "moments n": (lambda: sg.critical_moments({3: 1.0}, 1), "n must"),
    "density far out": (lambda: cx.goe_density([4.0], 100), "x must be finite"),
    "density nan": (lambda: cx.goe_density([np.nan], 100), "x must be finite"),
    "rare index n": (lambda: cx.log_index_count(-1.7, 4, 3, 2, samples=9, rng=RNG), "n must"),
    "rare index u": (lambda: cx.log_index_count(0.0, 9, 3, 0, samples=9, rng=RNG), "u must"),
    "levels": (lambda: cx.eigenvalue_counts([1.0, 0.0], 9, 9, RNG), "levels must"),
    "edge": (lambda: cx.minimum_share([9.0]), "s must"),
    "edge nan": (lambda: cx.minimum_share([np.nan]), "s must"),
    "to tensor": (lambda: sg.to_tensor(C3.expand(2, 3, 6)), "couplings must"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()
