"""Discrete stages against whole networks, autograd, limits and independent constructions."""

import numpy as np
import pytest
import torch

from lib.descent import Plain, Record, descend
from lib.linear_networks import gaussian_weights, orthogonal
from lib.stages import discrete_stages as ds
from lib.stages import two_layer as tl

SIGMA = torch.tensor([[2.0, 1.2, 0.7], [1.8, 1.0, 0.5]], dtype=torch.float64)
VARIANCES = torch.tensor([[0.9, 1.2, 1.0], [1.1, 0.8, 0.9]], dtype=torch.float64)


def strengths(weights, *_):
    return {"strength": (weights[1] @ weights[0]).diagonal(dim1=-2, dim2=-1)}


def run(delta, rate, steps, sigma=SIGMA, variances=VARIANCES):
    weights, moments = ds.commuting_problem(sigma, variances, delta)
    return descend(
        tl.moment_gradients,
        weights,
        problem=moments,
        rule=Plain(rate),
        steps=steps,
        record=Record(range(steps + 1), strengths),
    ).records["strength"]


# --- commuting moments -----------------------------------------------------------------------------


def test_the_problem_has_the_values_asked_for_in_random_bases():
    weights, (cxx, cyx, cyy) = ds.commuting_problem(SIGMA, VARIANCES, 2.0, np.random.default_rng(0))
    torch.testing.assert_close(torch.linalg.svdvals(cyx), SIGMA)
    torch.testing.assert_close(torch.linalg.eigvalsh(cxx), VARIANCES.sort(-1).values)
    torch.testing.assert_close(cyx.mT @ cyx @ cxx, cxx @ cyx.mT @ cyx)
    assert tl.saddle_losses(cxx, cyx, cyy)[:, -1].abs().max() < 1e-13
    product = weights[1] @ weights[0]
    torch.testing.assert_close(torch.linalg.svdvals(product), torch.full_like(SIGMA, np.exp(-4)))


def test_modes_do_not_mix():
    weights, moments = ds.commuting_problem(SIGMA, VARIANCES, 2.0, np.random.default_rng(1))
    end = descend(tl.moment_gradients, weights, problem=moments, rule=Plain(0.1), steps=25).weights
    left, _, right = torch.linalg.svd(moments[1])
    product = left.mT @ end[1] @ end[0] @ right.mT
    torch.testing.assert_close(product.diagonal(dim1=-2, dim2=-1), run(2.0, 0.1, 25)[-1])
    assert (product - torch.diag_embed(product.diagonal(dim1=-2, dim2=-1))).abs().max() < 1e-13


def test_bad_problems_are_refused():
    with pytest.raises(ValueError, match="variances must be > 0"):
        ds.commuting_problem(SIGMA, 0 * VARIANCES, 1.0)
    with pytest.raises(ValueError, match="seeds, k"):
        ds.commuting_problem(SIGMA, VARIANCES[:, :2], 1.0)


def test_the_strength_solves_the_flow_and_starts_and_ends_right():
    time = torch.linspace(0, 8, 5, dtype=torch.float64, requires_grad=True)
    s, lam, delta = 1.3, 0.8, 3.0
    u = ds.regression_strength(time, s, lam, delta)
    (speed,) = torch.autograd.grad(u.sum(), time)
    torch.testing.assert_close(speed, 2 * u * (s - lam * u))
    assert float(u[0].detach()) == pytest.approx(np.exp(-6))
    assert float(ds.regression_strength(100.0, s, lam, delta)) == pytest.approx(s / lam)


def test_descent_meets_the_flow_with_order_one():
    errors = []
    for rate in (0.02, 0.01):
        steps = round(6 / rate)
        time = rate * torch.arange(steps + 1, dtype=torch.float64)[:, None, None]
        flow = ds.regression_strength(time, SIGMA, VARIANCES, 4.0)
        errors.append((run(4.0, rate, steps) - flow).abs().amax((0, 2)))
    torch.testing.assert_close(
        errors[0] / errors[1], torch.full((2,), 2.0).double(), rtol=0.05, atol=0
    )


def test_switching():
    late, early = (ds.half_times(run(d, 0.2, 400), SIGMA / VARIANCES) for d in (24.0, 12.0))
    expected = ds.switch_steps(24.0, SIGMA, VARIANCES, 0.2)
    torch.testing.assert_close(late, expected, rtol=0.02, atol=0)
    torch.testing.assert_close(
        (late - early) * torch.log1p(0.2 * SIGMA), torch.full_like(SIGMA, 12), rtol=1e-3, atol=0
    )
    flow = ds.switch_steps(10.0, 2.0, 2.0, 1e-6) * 1e-6
    assert float(flow) == pytest.approx(10 / 2, rel=1e-5)


def test_half_times_are_interpolated():
    rise = torch.tensor([[0.0, 0.0], [1.0, 0.1], [4.0, 0.2]], dtype=torch.float64)
    found = ds.half_times(rise, torch.tensor([5.0, 1.0], dtype=torch.float64))
    assert float(found[0]) == 1.5
    assert found[1].isnan()


def test_the_exponent_of_the_nearest_approach():
    deltas, rate = (12.0, 24.0), 0.2
    for stage in (1, 2):
        goal = SIGMA / VARIANCES * (torch.arange(3) < stage)
        nearest = [(run(d, rate, 500) - goal).norm(dim=-1).amin(0).log() for d in deltas]
        measured = (nearest[0] - nearest[1]) / (deltas[1] - deltas[0])
        expected = ds.approach_exponent(SIGMA, rate, stage)
        torch.testing.assert_close(measured, expected, rtol=0.02, atol=0)
    flow = ds.approach_exponent(SIGMA, 1e-9, 1)
    ratio = SIGMA[:, 1] / SIGMA[:, 0]
    torch.testing.assert_close(flow, 2 / (1 + ratio) * (1 - ratio), rtol=1e-6, atol=0)
    each = ds.approach_exponent(SIGMA, torch.tensor([0.2, 0.1]).double(), 1)
    torch.testing.assert_close(each[1], ds.approach_exponent(SIGMA[1], 0.1, 1))
    for bad, match in (((SIGMA, 0.05, 3), "stage"), ((SIGMA, 0.3, 1), "rate")):
        with pytest.raises(ValueError, match=match):
            ds.approach_exponent(*bad)


def test_the_product_of_whole_matrices_is_diagonal_in_the_right_bases():
    rng = np.random.default_rng(5)
    u = ds.product_path(SIGMA, VARIANCES, 4.0, 0.05, 120, rng)
    diagonal = torch.diagonal(u, 0, -2, -1)
    torch.testing.assert_close(diagonal, run(4.0, 0.05, 120), rtol=1e-7, atol=1e-10)
    assert (u - torch.diag_embed(diagonal)).abs().max() < 1e-9
    turn = orthogonal(3, rng, (2,))
    mixed = ds.product_path(SIGMA, VARIANCES, 4.0, 0.05, 120, rng, turn=turn)[-1]
    assert (mixed - torch.diag_embed(torch.diagonal(mixed, 0, -2, -1))).abs().max() > 0.01


def test_limits_of_the_step():
    monotone, settling = ds.step_limits(spacing=0.01)
    assert float(monotone) == pytest.approx(0.5, abs=0.011)
    assert float(settling) == pytest.approx(1, abs=0.011)


def test_one_layer_is_that_of_descent():
    weights = (torch.zeros(2, 3, 3, dtype=torch.float64),)
    path = descend(
        lambda w, cxx, cyx: (tl.moment_slope(w[0], cxx, cyx),),
        weights,
        problem=(torch.diag_embed(VARIANCES), torch.diag_embed(SIGMA)),
        rule=Plain(0.05),
        steps=400,
        record=Record(range(401), lambda w, *_: {"w": torch.diagonal(w[0], 0, -2, -1)}),
    ).records["w"]
    first = SIGMA / VARIANCES * (torch.arange(3) < 1)
    nearest = ((path - first).norm(dim=-1) / first.norm(dim=-1)).amin(0)
    torch.testing.assert_close(ds.one_layer_nearest(SIGMA, VARIANCES, 0.05), nearest)


# --- reduced-rank regression -------------------------------------------------------------------------


def generic(seeds=3, seed=2):
    rng = np.random.default_rng(seed)
    x, y = tl.teacher_problem(
        seeds, rng, variances=[1.5, 1, 0.5, 0.4], singular_values=[3, 1, 0.4], outputs=3, samples=30
    )
    return tl.moments(x, y)


def test_the_regression_solution_has_the_rank_and_the_least_loss():
    cxx, cyx, cyy = generic()
    expected = tl.saddle_losses(cxx, cyx, cyy)
    eye = torch.eye(4, dtype=torch.float64).expand(3, 4, 4)
    for rank in range(4):
        w = ds.regression_solution(cxx, cyx, rank)
        torch.testing.assert_close(tl.moment_loss(w @ eye, cxx, cyx, cyy), expected[:, rank])
        assert bool((torch.linalg.matrix_rank(w, atol=1e-9) == rank).all())
    torch.testing.assert_close(w @ cxx, cyx)
    with pytest.raises(ValueError, match="rank"):
        ds.regression_solution(cxx, cyx, 4)


def test_smaller_starts_come_nearer():
    moments = generic()
    weights = gaussian_weights([4, 6, 3], 3, np.random.default_rng(3))
    found = [
        ds.nearest_approach(
            tuple(scale * w for w in weights), moments, 3, learning_rate=0.1, steps=1500
        )
        for scale in (1e-2, 1e-6)
    ]
    assert found[0].shape == (3, 3)
    assert bool((found[1][:, :2] < found[0][:, :2]).all())
    assert found[1][:, 2].max() < 1e-3


def test_the_forgetting_rate_is_the_curvature_at_mode_one():
    """Width 1 at mode 1's point: the smallest Hessian eigenvalue, by autograd."""
    sigma, variances = torch.tensor([[1.0, 0.8], [4.0, 0.25]], dtype=torch.float64)
    cxx, cyx = torch.diag(variances), torch.diag(sigma)

    def loss(w):
        return tl.moment_loss(
            w[2:, None] @ w[None, :2], cxx, cyx, torch.zeros((), dtype=torch.float64)
        )

    a = (sigma[0] / variances[0]).sqrt()
    hessian = torch.autograd.functional.hessian(loss, torch.stack([a, 0 * a, a, 0 * a]))
    rate = ds.forgetting_rate(sigma, variances)
    assert float(rate) == pytest.approx(-float(torch.linalg.eigvalsh(hessian)[0]), rel=1e-12)
    assert float(ds.forgetting_rate(sigma, torch.ones(2).double())) < 0
    edge = torch.tensor(
        [1.0, 0.64], dtype=torch.float64
    )  # both solutions of rank 1 are equally good
    assert float(ds.forgetting_rate(sigma, edge)) == pytest.approx(0, abs=1e-12)


def test_the_strengths_are_those_of_whole_networks():
    torch.testing.assert_close(ds.strength_path(SIGMA, VARIANCES, 3.0, 0.1, 30), run(3.0, 0.1, 30))


def test_a_network_of_width_one_forgets_the_wrong_mode_and_keeps_the_right_one():
    sigma = torch.tensor([[1.0, 0.8]] * 2, dtype=torch.float64)
    variances = torch.tensor([[4.0, 0.25], [1.0, 1.0]], dtype=torch.float64)
    path, above = ds.forgetting_run(sigma, variances, 1e-3, 0.05, 2000)
    torch.testing.assert_close(path[0, :, 0], sigma[:, 0] / variances[:, 0])
    expected = torch.tensor([[0.0, 3.2], [1.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(path[-1], expected, rtol=0, atol=1e-9)
    assert above.abs().max() < 1e-12


def test_digits_are_split_and_projected():
    (x, y), (test_x, test_y) = ds.digit_splits(
        2, np.random.default_rng(4), samples=500, components=5
    )
    assert x.shape == (2, 5, 500) and test_y.shape == (2, 10, 4500) and test_x.shape == (2, 5, 4500)
    cxx, _, _ = tl.moments(x, y)
    sizes = cxx.diagonal(dim1=-2, dim2=-1)
    assert (cxx - torch.diag_embed(sizes)).abs().max() < 1e-12
    assert bool((sizes[:, :-1] > sizes[:, 1:]).all())
    assert x.mean(-1).abs().max() < 1e-12 and y.mean(-1).abs().max() < 1e-12
    with pytest.raises(ValueError, match="samples"):
        ds.digit_splits(1, np.random.default_rng(4), samples=5000)


def test_few_digits_are_projected_as_many_are():
    """Fewer samples than pixels take another way to the same components."""
    (x, _), (test_x, _) = ds.digit_splits(1, np.random.default_rng(4), samples=100, components=5)
    cxx = x[0] @ x[0].mT / 100
    assert (cxx - torch.diag(cxx.diagonal())).abs().max() < 1e-10
    assert bool((cxx.diagonal().diff() < 0).all()) and test_x.shape == (1, 5, 4900)


def test_losses_on_other_data_end_at_those_of_regression():
    train, test = ds.digit_splits(2, np.random.default_rng(6), samples=300, components=5)
    seen, other = tl.moments(*train), tl.moments(*test)
    best = seen[1] @ torch.linalg.inv(seen[0])
    rng = np.random.default_rng(7)
    for layers in (1, 2):
        losses = ds.held_out_losses(seen, other, layers, rng, steps=1500)
        torch.testing.assert_close(losses[-1], tl.moment_loss(best, *other), rtol=1e-3, atol=0)
        assert losses.shape == (1501, 2)
    with pytest.raises(ValueError, match="layers"):
        ds.held_out_losses(seen, other, 3, rng)


def test_moments_of_digits():
    found = ds.digit_moments(1, np.random.default_rng(8))
    cxx, cyx, cyy = found["autoencoder"]
    torch.testing.assert_close(cxx, cyx)
    assert float(cyy[0]) == pytest.approx(float(cxx[0].trace() / 2))
    white, _, _ = found["labels, whitened"]
    torch.testing.assert_close(white[0], torch.eye(20).double(), rtol=0, atol=1e-8)
