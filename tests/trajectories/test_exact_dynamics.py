"""Closed forms against the equations they solve, against whole networks, against limits."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, Stop, descend
from lib.trajectories import exact_dynamics as ed


def flow(start, strength, depth, time, steps=4000):
    """The mode's equation by the classical Runge-Kutta method: an oracle that shares no code."""

    def slope(u):
        return depth * u ** (2 - 2 / depth) * (strength - u)

    u, h = start, time / steps
    for _ in range(steps):
        a = slope(u)
        b = slope(u + h / 2 * a)
        c = slope(u + h / 2 * b)
        u = u + h / 6 * (a + 2 * b + 2 * c + slope(u + h * c))
    return u


def aligned(seeds, rng, start, widths=(4, 6, 4)):
    s = torch.from_numpy(np.sort(rng.uniform(0.5, 2, (seeds, 4)))[:, ::-1].copy())
    left, right = ln.orthogonal(4, rng, (seeds,)), ln.orthogonal(4, rng, (seeds,))
    target = left @ torch.diag_embed(s) @ right.mT
    return s, left, right, target, ln.balanced_factors(start * left @ right.mT, list(widths), rng)


def test_mode_strength_solves_its_equation():
    for s, u in ((0.5, 0.01), (2.0, 1e-3), (1.0, 0.9)):
        for t in (0.3, 2.0, 5.0):
            assert float(ed.mode_strength(t, s, u)) == pytest.approx(flow(u, s, 2, t), rel=1e-9)


def test_mode_strength_does_not_overflow_and_refuses():
    assert ed.mode_strength(1e9, 3.0, 1e-300).item() == 3.0
    for strength, start in ((1.0, 2.0), (1.0, 0.0), (1.0, 1.0), (np.nan, 0.5)):
        with pytest.raises(ValueError, match=r"start|strength"):
            ed.mode_strength(0.0, strength, start)


def test_half_time_is_where_the_mode_is_half_way():
    s, u = np.array([0.4, 1.0, 3.0]), 1e-3
    assert np.allclose(ed.mode_strength(ed.half_time(s, u), s, u), s / 2, rtol=1e-12)


def test_mode_strengths_of_an_aligned_network():
    _, left, right, _, weights = aligned(3, np.random.default_rng(0), 0.2)
    found = ed.mode_strengths(weights, left, right)
    assert torch.allclose(found["strength"], torch.full((3, 4), 0.2, dtype=torch.float64))
    assert found["coupling"].max() < 1e-14
    mixed = ed.mode_strengths(weights, left, right.roll(1, -1))
    assert mixed["coupling"].min() > 0.05


def test_growing_start_of_an_aligned_network_is_its_start():
    _, left, right, _, weights = aligned(3, np.random.default_rng(1), 1e-3)
    found = ed.growing_start(weights, left, right)
    assert torch.allclose(found, torch.full_like(found, 1e-3), rtol=1e-9)
    with pytest.raises(ValueError, match="two layers"):
        ed.growing_start(weights[:1], left, right)


def test_growing_start_predicts_half_times_of_gaussian_starts():
    rng = np.random.default_rng(2)
    _, left, right, _, _ = aligned(4, rng, 0.1)
    s = torch.tensor([2.0, 1.2, 0.8, 0.5], dtype=torch.float64).expand(4, 4)
    weights = ln.gaussian_weights([4, 6, 4], 4, rng, 1e-6)
    run = ed.follow_modes(weights, s, left, right, learning_rate=0.01, time=45, every=0.05)
    half = ed.crossing(run.times, run.strength, s / 2).numpy()
    law = ed.half_time(s.numpy(), ed.growing_start(weights, left, right).numpy())
    assert np.abs(half / law - 1).max() < 0.02


def test_follow_modes_follows_the_formula_to_first_order():
    s, left, right, _, weights = aligned(3, np.random.default_rng(3), 0.05)
    off = []
    for rate in (0.02, 0.01):
        run = ed.follow_modes(weights, s, left, right, learning_rate=rate, time=6, every=0.2)
        law = ed.mode_strength(run.times.numpy(), float(s[0, 0]), 0.05)
        first = np.abs(run.strength[:, 0, 0].numpy() - law).max() / float(s[0, 0])
        off.append(ed.sigmoid_distance(run, s, 0.05).max())
        assert 0.3 * off[-1] < first <= off[-1]
        assert len(run.times) == 31 and run.coupling.max() < 1e-13
    assert off[0] / off[1] == pytest.approx(2, rel=0.05)
    with pytest.raises(ValueError, match="every"):
        ed.follow_modes(weights, s, left, right, learning_rate=0.1, time=1, every=0.01)


def test_bases_are_orthogonal_and_differ():
    left, right = ed.bases(3, 4, np.random.default_rng(0))
    assert torch.allclose(left @ left.mT, torch.eye(4).double().expand(3, 4, 4))
    assert not torch.allclose(left, right)


def test_crossing_interpolates_and_knows_never():
    values = torch.tensor([[0.0, 1.0, 0.0], [2.0, 2.0, 0.5], [4.0, 3.0, 0.2]])
    found = ed.crossing([0.0, 1.0, 2.0], values, torch.tensor([1.0, 0.5, 1.0]))
    assert found.tolist() == [0.5, 0.0, float("inf")]
    with pytest.raises(ValueError, match="records"):
        ed.crossing([0.0], values, 1.0)


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_transit_time_is_the_time_of_the_flow(depth):
    time = ed.transit_time(0.05, 1.5, depth, 0.2)
    assert flow(0.05, 1.5, depth, time) == pytest.approx(1.5 - 0.2 * 1.45, rel=1e-7)


def test_transit_time_along_a_chord():
    """The complex equation by small Euler steps, along the chord and in time."""
    wanted, depth, left = np.exp(2.6j), 3, 0.05
    z, t, h = 1.0 + 0j, 0.0, 1e-5
    while abs(z - wanted) > left * abs(1 - wanted):
        z -= h * depth * abs(z) ** (2 - 2 / depth) * (z - wanted)
        t += h
    assert ed.transit_time(1.0, wanted, depth, left) == pytest.approx(t, rel=1e-3)


def test_transit_time_refuses_and_sees_the_chord_through_zero():
    assert ed.transit_time(1.0, -1.0, 3, 0.1) == np.inf
    assert ed.transit_time(1.0, -1.0, 1, 0.5) == pytest.approx(np.log(2))
    assert np.isfinite(ed.transit_time(1.0, -1.0, 3, 0.6))
    for bad in ({"left": 0.0}, {"left": 2.0}, {"depth": 0}, {"wanted": 1.0}):
        given = {"start": 1.0, "wanted": 2.0, "depth": 2, "left": 0.5} | bad
        with pytest.raises(ValueError, match=r"left|depth|differ"):
            ed.transit_time(**given)


def test_depth_limit_is_the_limit_of_the_integral():
    s, u, f = 1.5, 0.05, 1.2
    off = [
        abs(n * ed.transit_time(u, s, n, (s - f) / (s - u)) / ed.depth_limit(s, u, f) - 1)
        for n in (1000, 10000)
    ]
    assert off[1] < 2e-3 and off[0] / off[1] == pytest.approx(10, rel=0.05)
    with pytest.raises(ValueError, match="start"):
        ed.depth_limit(1.0, 0.5, 2.0)


@pytest.mark.parametrize("depth", [2, 3, 8])
def test_curvature_step_two_is_the_edge_of_stability(depth):
    s = 1.7
    for share, settles in ((1.98, True), (2.02, False)):
        path = ed.equal_layers_descent(
            s * 1.0001,
            s,
            depth,
            learning_rate=ed.curvature_step(s, depth, share),
            record=[0, 100],
        )
        assert (abs(path[1] - s) < abs(path[0] - s)) == settles


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("angle", [0.0, 1.2, 2.9])
def test_equal_layers_descent_is_descent_on_matrices(depth, angle):
    size = 1.3
    turn = torch.tensor([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    target = size * turn.double()[None]
    eye = torch.eye(2, dtype=torch.float64)[None]
    run = descend(ln.gradients, (eye,) * depth, rule=Plain(0.05), steps=60, problem=(target,))
    product = ln.end_to_end(run.weights)[0]
    path = ed.equal_layers_descent(
        1.0, size * np.exp(1j * angle), depth, learning_rate=0.05, record=[60]
    )
    assert abs(complex(product[0, 0], product[1, 0]) - path[0]) < 1e-13


def test_equal_layers_descent_real_is_complex_and_deep_is_shallow_power():
    options = {"learning_rate": 0.01, "record": range(0, 300, 50)}
    real = ed.equal_layers_descent(0.3, np.array([0.5, 2.0]), 17, **options)
    whole = ed.equal_layers_descent(0.3 + 0j, np.array([0.5, 2.0]), 17, **options)
    assert real.dtype == np.float64 and np.allclose(real, whole, rtol=1e-12)
    deep = ed.equal_layers_descent(0.3, 0.5, 18, learning_rate=0.01, record=[0, 1])
    z = 0.3 ** (1 / 18)
    assert deep[1] == pytest.approx((z - 0.01 * z**17 * (z**18 - 0.5)) ** 18, rel=1e-12)
    for bad in ({"learning_rate": -1.0, "record": [1]}, {"learning_rate": 0.1, "record": []}):
        with pytest.raises(ValueError, match=r"learning_rate|record"):
            ed.equal_layers_descent(1.0, 2.0, 2, **bad)


def test_orthogonal_weights_have_products_of_condition_one():
    weights = ed.orthogonal_weights([9, 9, 9, 4], 5, np.random.default_rng(0))
    assert [tuple(w.shape) for w in weights] == [(5, 9, 9), (5, 9, 9), (5, 4, 9)]
    assert (torch.linalg.svdvals(ln.end_to_end(weights)) - 1).abs().max() < 1e-13
    with pytest.raises(ValueError, match="widths"):
        ed.orthogonal_weights([3], 1, np.random.default_rng(0))


def test_lyapunov_exponents_sum_to_the_determinant():
    """Sum of the exponents = E ln |det| of one layer; the first is half of E ln chi-square / n."""
    rng = np.random.default_rng(0)
    draws = rng.standard_normal((40000, 3, 3)) / 3**0.5
    found = np.log(np.abs(np.linalg.det(draws)))
    assert abs(found.mean() - ed.lyapunov_exponents(3).sum()) < 4 * found.std() / 200
    one = np.log(rng.chisquare(3, 200000) / 3) / 2
    assert abs(one.mean() - ed.lyapunov_exponents(3)[0]) < 4 * one.std() / 200000**0.5
    with pytest.raises(ValueError, match="size"):
        ed.lyapunov_exponents(0)


def test_layer_growth_of_diagonal_and_random_layers():
    diagonal = torch.diag_embed(torch.tensor([[2.0, 0.5], [3.0, 1.0]]).double())
    layers = tuple(d[None] for d in diagonal)
    growth = ed.layer_growth(layers)
    assert torch.allclose(growth, torch.log(torch.tensor([[6.0, 0.5]]).double()) / 2)
    weights = ln.gaussian_weights([4] * 6, 7, np.random.default_rng(0), 0.5)
    whole = torch.linalg.slogdet(ln.end_to_end(weights))[1]
    assert torch.allclose(5 * ed.layer_growth(weights).sum(-1), whole, rtol=1e-10)
    with pytest.raises(ValueError, match="layers"):
        ed.layer_growth(ln.gaussian_weights([4, 3], 1, np.random.default_rng(0)))


def test_log_conditions_are_those_of_the_products():
    weights = ln.gaussian_weights([3] * 4, 2, np.random.default_rng(0))
    found = ed.log_conditions(weights)
    last = np.log(np.linalg.cond(ln.end_to_end(weights).numpy()))
    assert found.shape == (3, 2) and np.allclose(found[-1], last, rtol=1e-9)
    eye = ed.log_conditions(ed.orthogonal_weights([3, 3, 3], 2, np.random.default_rng(0)))
    assert eye.max() < 1e-13


def test_fewest_steps_is_the_best_of_single_runs():
    rng = np.random.default_rng(0)
    weights = ed.orthogonal_weights([5, 5, 2], 4, rng)
    target = torch.from_numpy(rng.standard_normal((4, 2, 5)) / 2)
    rates = [0.02, 0.1, 0.2, 50.0]
    found = ed.fewest_steps(weights, target, rates, final_loss=1e-3, steps=500)
    singles = []
    for rate in rates:
        run = descend(
            ln.gradients,
            weights,
            rule=Plain(rate),
            steps=500,
            problem=(target,),
            stop=Stop(lambda w, t: ln.loss(w, t) <= 1e-3, every=1, diverged="keep"),
        )
        singles.append(torch.where(run.stopped >= 0, run.stopped.double(), torch.inf))
    assert torch.equal(found, torch.stack(singles).amin(0))
    never = ed.fewest_steps(weights, target, [0.1], final_loss=1e-3, steps=2)
    assert torch.isinf(never).all()


def test_same_side_by_counting_reflections():
    flip = torch.diag(torch.tensor([-1.0, 1.0, 2.0]).double())[None]
    eye = torch.eye(3, dtype=torch.float64)[None]
    assert ed.same_side((flip, flip), eye).item() and not ed.same_side((flip, eye), eye).item()
    assert ed.same_side((flip, eye), flip).item()
    with pytest.raises(ValueError, match="target"):
        ed.same_side((eye[:, :2],), torch.zeros(1, 2, 3).double())


def test_descend_losses_of_one_layer_fall_as_a_power():
    target = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 2, 4)))
    found = ed.descend_losses((torch.zeros(3, 2, 4).double(),), target, 0.1, [0, 5, 20])
    first = target.square().sum((-2, -1)) / 2
    law = torch.tensor([1, 0.9**10, 0.9**40]).double()[:, None] * first
    assert torch.allclose(found, law, rtol=1e-12)


def test_a_frame_of_fewer_columns_grows_as_the_first_of_all():
    weights = ln.gaussian_weights([6] * 9, 4, np.random.default_rng(0), 6**-0.5)
    whole, part = ed.layer_growth(weights), ed.layer_growth(weights, 2)
    torch.testing.assert_close(part, whole[..., :2])  # QR of other shapes rounds otherwise
    for columns in (0, 7):
        with pytest.raises(ValueError, match="columns"):
            ed.layer_growth(weights, columns)


def test_isotropic_layers_keep_the_mean_square_of_an_entry():
    weights = ed.isotropic_weights([30, 200, 50], 40, np.random.default_rng(1))
    assert [tuple(w.shape[1:]) for w in weights] == [(200, 30), (50, 200)]
    x = torch.ones(30, 1, dtype=torch.float64)
    for w in weights:
        x = w @ x
        assert float(x.square().mean()) == pytest.approx(1, abs=0.1)


def test_runs_from_aligned_and_gaussian_starts_follow_their_formulas():
    rng = np.random.default_rng(2)
    modes = ed.random_modes([0.8, 2.0], 3, rng)
    assert modes[0].shape == (3, 2) and (modes[0][:, 0] > 1.89).all()
    run = ed.aligned_run(modes, 0.01, [4], rng, 0.005)
    assert ed.sigmoid_distance(run, modes[0], 0.01).max() < 0.02
    law = ed.half_time(modes[0], 0.01)
    np.testing.assert_allclose(ed.half_times(run, modes[0]), law, rtol=0.02)
    alone = ed.half_times(ed.aligned_run(modes, 0.01, [], rng, 0.005), modes[0])
    np.testing.assert_allclose(alone, np.log(2 * 0.99 * modes[0] / modes[0]), rtol=0.03)
    found = ed.gaussian_run(modes, ln.gaussian_weights([2, 5, 2], 3, rng), 1e-5)
    np.testing.assert_allclose(found.half, found.law, rtol=0.03)
    np.testing.assert_allclose(found.law, ed.half_time(modes[0], found.start))
    assert (found.naive <= found.law + 1e-12).all()  # something taken out starts later


def test_exponents_of_gaussian_products_within_their_errors():
    each, spread = ed.exponent_errors(6, 3, 200, np.random.default_rng(3))
    assert each.shape == (3,) and each.max() < 4 and spread < 4


def test_settling_ends_at_twice_the_curvature_step():
    assert ed.settles([0.5, 2.0], 4, 1.9).all() and not ed.settles([0.5, 2.0], 4, 2.1).any()
