"""The end-to-end rule against whole networks and autograd; loops, crawls and searches against theory."""

import math

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, Stop, descend
from lib.trajectories import acceleration as ac


def gaussian(rng, *shape):
    return torch.from_numpy(rng.standard_normal(shape))


# --- the rule ------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(4, 5), (5, 4), (3, 3)])
def test_the_rule_is_the_first_order_change_of_the_product(depth, shape):
    """d/deta of the product after a step of each layer, by autograd, with W from balanced factors."""
    rng = np.random.default_rng(0)
    target, start = gaussian(rng, *shape), gaussian(rng, *shape)
    weights = ln.balanced_factors(start, [shape[1], *[6] * (depth - 1), shape[0]], rng)
    found = ln.gradients(weights, target)

    def product(rate):
        return ln.end_to_end(tuple(w - rate * g for w, g in zip(weights, found, strict=True)))

    rate = torch.zeros((), dtype=torch.float64)
    change = torch.autograd.functional.jacobian(product, rate)
    rule = ac.end_to_end_slope(start, start - target, depth)
    torch.testing.assert_close(change, -rule, rtol=0, atol=1e-11)


def test_depth_one_is_descent_and_a_row_has_the_short_form():
    rng = np.random.default_rng(1)
    w, g = gaussian(rng, 7, 1, 4), gaussian(rng, 7, 1, 4)
    torch.testing.assert_close(ac.end_to_end_slope(w, g, 1), g)
    for depth in (1, 2, 3, 8):
        long = ac.end_to_end_slope(w, g, depth)[:, 0]
        torch.testing.assert_close(ac.row_field(w[:, 0], g[:, 0], depth), long, atol=1e-12, rtol=0)


def test_the_rule_is_met_with_order_one_if_the_layers_are_balanced():
    rng = np.random.default_rng(10)
    target, start = gaussian(rng, 4, 3, 4), 0.3 * gaussian(rng, 4, 3, 4)
    for depth in (2, 3):
        weights = ln.balanced_factors(start, [4, *[5] * (depth - 1), 3], rng)
        coarse, fine = (ac.rule_gap(weights, target, rate, 1.0) for rate in (0.01, 0.005))
        torch.testing.assert_close(coarse / fine, torch.full((4,), 2.0).double(), rtol=0.1, atol=0)
    tilted = ln.unbalance(ln.balanced_factors(start, [4, 3, 3]), 0.5, [gaussian(rng, 4, 3, 3)])
    assert (ac.rule_gap(tilted, target, 0.005, 1.0) > 3 * fine).all()
    one = ac.rule_gap((start,), target, 0.1, 1.0)
    assert one.max() < 1e-14


def test_bad_shapes_and_depths_are_refused():
    one = torch.ones(2, 3, dtype=torch.float64)
    with pytest.raises(ValueError, match="one shape"):
        ac.end_to_end_slope(one, one.mT, 2)
    for depth in (0, 1.5):
        with pytest.raises(ValueError, match="depth"):
            ac.end_to_end_slope(one, one, depth)


# --- no potential --------------------------------------------------------------------------------


def test_a_gradient_field_has_no_loop_integral_and_a_turning_one_has_the_area():
    angles = torch.tensor([0.1, 0.7], dtype=torch.float64), torch.tensor([2.0, 2.9]).double()
    flat = ac.loop_integral(lambda w: 3 * w**2, 0.1, 2.0, *angles)
    assert flat.abs().max() < 1e-13
    turning = ac.loop_integral(
        lambda w: torch.stack((-w[..., 1], w[..., 0]), -1), 0.1, 2.0, *angles
    )
    area = (angles[1] - angles[0]) * (2.0**2 - 0.1**2) / 2
    torch.testing.assert_close(turning, 2 * area, rtol=1e-12, atol=0)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 8])
def test_the_loop_formula(depth):
    g = torch.tensor([1.5, 0.0], dtype=torch.float64)
    loop = 0.2, 1.3, 0.4, 2.5
    measured = ac.loop_integral(lambda w: ac.row_field(w, g.expand_as(w), depth), *loop)
    expected = ac.loop_formula(1.5, *loop, depth)
    assert float(measured - expected) == pytest.approx(0, abs=1e-11)
    assert (float(expected) == 0) == (depth <= 2)


# --- one large target and one small ----------------------------------------------------------------


def test_the_usable_step_of_one_layer_is_two():
    for power in (2.25, 3.0, 4.0):
        assert ac.usable_step(1, power) == pytest.approx(2, abs=0.02)


def test_the_usable_step_ends_where_a_two_cycle_is_born():
    """The 2-cycle through the critical point, found by bisection on its own, lies just above."""
    power, depth = 4, 2

    def step(a, c):
        return a + c * a * (1 - a * a) ** 3

    def gap(c):
        grid = np.linspace(0.01, 1, 200_001)
        top = grid[np.argmax(step(grid, c))]
        return step(step(top, c), c) - top

    low, high = 3.45, 3.6
    assert gap(low) * gap(high) < 0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if gap(low) * gap(middle) > 0 else (low, middle)
    assert low - 0.03 <= ac.usable_step(depth, power) <= low


def test_usable_steps_grow_with_the_power_and_have_bounds():
    found = [ac.usable_step(2, power) for power in (2.25, 2.5, 3.0)]
    assert found == sorted(found)
    falling = [ac.usable_step(depth, 4.0) for depth in range(2, 7)]
    assert falling == sorted(falling, reverse=True) and falling[-1] > 1.5
    with pytest.raises(ValueError, match="longest"):
        ac.usable_step(1, 4.0, longest=1.0)
    with pytest.raises(ValueError, match="power"):
        ac.usable_step(1, 1.0)


@pytest.mark.parametrize("power", [2, 2.5, 4])
def test_the_crawl_is_the_flow_of_the_small_target(power):
    """Steps at a tiny scaled step, by an independent loop on one coordinate."""
    ratio, step, error, count = 2.0, 1e-3, 1.0, 0
    while error > 0.05:
        error -= step * ratio ** (2 - power) * error ** (power - 1)
        count += 1
    assert count == pytest.approx(ac.crawl_steps(ratio, power, 0.05, step), rel=2e-3)


def test_the_reduced_network_is_the_whole_one():
    rng = np.random.default_rng(2)
    start, target = gaussian(rng, 3, 4), gaussian(rng, 3, 1, 4)
    for depth in (1, 2, 4):
        v, a = ac.balanced_row(start, depth)
        whole = (v[:, None], *[a[:, None]] * (depth - 1))
        torch.testing.assert_close(ln.end_to_end(whole)[:, 0], start)
        assert ln.imbalance(whole).max() < 1e-14
        found = ac.row_gradients((v, a), start - target[:, 0], depth)
        expected = ln.gradients(whole, target)
        torch.testing.assert_close(found[0], expected[0][:, 0])
        for g in expected[1:]:
            torch.testing.assert_close(found[1], g[:, 0])


def test_power_slope_is_the_derivative():
    error = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)
    for power in (2, 2.5, 4):
        (slope,) = torch.autograd.grad((error.abs() ** power / power).sum(), error)
        torch.testing.assert_close(ac.power_slope(error.detach(), power), slope)


def test_two_target_steps_against_a_loop():
    starts = ac.small_starts(3, np.random.default_rng(3))
    assert starts.min() >= 1e-4 and starts.max() <= 1e-3
    found = ac.two_target_steps(starts, 2.0, 2, 3.0, 1.5)
    rate = ac.scaled_rate(1.5, 2.0, 2, 3.0)
    for (large, small), steps in zip(starts.tolist(), found.tolist(), strict=True):
        start = [2 * large, small]
        a = math.hypot(*start) ** 0.5
        v, count = [x / a for x in start], 0
        while max(abs(a * v[0] / 2 - 1), abs(a * v[1] - 1)) > 0.05:
            slope = [e * abs(e) for e in (a * v[0] - 2, a * v[1] - 1)]
            pull = slope[0] * v[0] + slope[1] * v[1]
            v = [x - rate * a * s for x, s in zip(v, slope, strict=True)]
            a, count = a - rate * pull, count + 1
        assert steps == count
    with pytest.raises(ValueError, match="ratio"):
        ac.two_target_steps(starts, 0.5, 2, 3.0, 1.5)
    with pytest.raises(ValueError, match="least"):
        ac.small_starts(3, np.random.default_rng(3), 1e-2, 1e-3)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_safe_step_is_that_of_one_mode(depth):
    """No start fails below it, and some do in the narrow window right above, which halving oversteps."""
    starts, c = ac.small_starts(200, np.random.default_rng(4)), ac.usable_step(depth, 4.0)
    steps = c * np.arange(0.95, 1.05, 0.0025)
    shares = ac.failing_share(starts, 12.0, depth, 4.0, steps)
    found = ac.safe_step(starts, 12.0, depth, 4.0, steps)
    assert found == pytest.approx(c, rel=0.011)
    assert (shares[steps <= found] == 0).all() and shares.max() > 0.02
    if depth > 1:
        assert shares[steps > 1.012 * c].min() == 0
    with pytest.raises(ValueError, match="begin where"):
        ac.safe_step(starts, 12.0, depth, 4.0, [0.5 * c, 0.6 * c])
    with pytest.raises(ValueError, match="rise"):
        ac.safe_step(starts, 12.0, depth, 4.0, [0.6 * c, 0.5 * c])


def test_a_start_that_diverges_has_failed():
    starts = ac.small_starts(5, np.random.default_rng(5))
    assert ac.failing_share(starts, 6.0, 1, 4.0, [1.0, 50.0]).tolist() == [0, 1]


# --- random regressions ----------------------------------------------------------------------------


def test_power_loss_and_its_slope():
    x, y = ac.power_regressions(3, np.random.default_rng(5), samples=20, inputs=4)
    w = torch.ones(3, 4, dtype=torch.float64, requires_grad=True)
    for power in (2, 4):
        loss = ((x @ w[..., None] - y).abs() ** power).mean((-2, -1)) / power
        (slope,) = torch.autograd.grad(loss.sum(), w)
        found = ac.power_loss(w.detach(), x, y, power)
        torch.testing.assert_close(found[0], loss.detach())
        torch.testing.assert_close(found[1], slope)


def test_the_regressions_have_the_condition_asked_for():
    x, _ = ac.power_regressions(2, np.random.default_rng(6), samples=20_000, condition=10)
    values = torch.linalg.eigvalsh(x.mT @ x / 20_000)
    torch.testing.assert_close(
        values[:, -1] / values[:, 0], torch.full((2,), 10.0).double(), rtol=0.1, atol=0
    )


@pytest.mark.parametrize("method", ["descent", "momentum", "AdaGrad"])
def test_tuned_to_reduction_against_descend_and_a_loop(method):
    x, y = ac.power_regressions(2, np.random.default_rng(7), samples=20, inputs=3)
    start = torch.full((2, 3), 0.01, dtype=torch.float64)
    found, rates = ac.tuned_to_reduction(method, start, (x, y), 2, [0.2], mu=0.7, reduction=1e-2)
    assert rates.tolist() == [0.2, 0.2]
    for seed in range(2):
        w, extra, count = start[seed].clone(), torch.zeros(3, dtype=torch.float64), 0
        first = ac.power_loss(w, x[seed], y[seed], 2)[0]
        while ac.power_loss(w, x[seed], y[seed], 2)[0] > 1e-2 * first:
            g = x[seed].mT @ (x[seed] @ w - y[seed][:, 0]) / 20
            if method == "momentum":
                extra = 0.7 * extra - 0.2 * g
                w = w + extra
            elif method == "AdaGrad":
                extra = extra + g**2
                w = w - 0.2 * g / extra.sqrt()
            else:
                w = w - 0.2 * g
            count += 1
        assert int(found[seed]) == count


def test_tuned_to_reduction_of_a_deep_network_are_those_of_the_whole_one():
    x, y = ac.power_regressions(2, np.random.default_rng(8), samples=20, inputs=3)
    start = torch.full((2, 3), 0.05, dtype=torch.float64)
    found, _ = ac.tuned_to_reduction("descent", start, (x, y), 4, [0.1], depth=3, reduction=0.1)
    v, a = ac.balanced_row(start, 3)
    first = ac.power_loss(start, x, y, 4)[0]

    def slope(weights, x, y):
        return ac.power_loss(ln.end_to_end(weights)[:, 0], x, y, 4)

    run = descend(
        lambda w, x, y, _: ln.layer_gradients(
            w, lambda m: ac.power_loss(m[:, 0], x, y, 4)[1][:, None]
        ),
        (v[:, None], a[:, None], a[:, None]),
        problem=(x, y, first),
        rule=Plain(0.1),
        steps=5000,
        stop=Stop(lambda w, x, y, first: slope(w, x, y)[0] <= 0.1 * first, every=1),
    )
    assert found.tolist() == run.stopped.tolist()


def test_unknown_methods_are_refused():
    x, y = ac.power_regressions(1, np.random.default_rng(9), samples=5, inputs=2)
    start = torch.ones(1, 2, dtype=torch.float64)
    for method, depth in (("adam", 1), ("momentum", 2)):
        with pytest.raises(ValueError, match="method"):
            ac.tuned_to_reduction(method, start, (x, y), 2, [0.1], depth=depth)
    with pytest.raises(ValueError, match="mu"):
        ac.tuned_to_reduction("momentum", start, (x, y), 2, [0.1], mu=1.0)
