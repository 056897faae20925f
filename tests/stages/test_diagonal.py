"""Diagonal networks: the gradient, the ends of descent, the staircase against cases that are known."""

import numpy as np
import pytest
import torch

from lib.stages import diagonal as dg


def regression(problems=3, samples=6, inputs=9, seed=0):
    return dg.sparse_regressions(problems, samples, inputs, [1.5, 1.0], np.random.default_rng(seed))


def test_the_gradient_is_that_of_autograd():
    found = regression()
    u, v = (torch.rand(3, 9, dtype=torch.float64, requires_grad=True) for _ in "uv")
    dg.squared_loss((u, v), found.inputs, found.targets).sum().backward()
    for ours, leaf in zip(dg.slopes((u, v), found.inputs, found.targets), (u, v), strict=True):
        assert torch.allclose(ours, leaf.grad, rtol=1e-12)


def test_regressions_are_what_they_say():
    found = regression()
    assert torch.allclose((found.inputs @ found.truth[..., None])[..., 0], found.targets)
    assert (found.truth.abs().sort(-1).values[:, -2:] == torch.tensor([1.0, 1.5])).all()
    top = torch.linalg.eigvalsh(found.inputs @ found.inputs.mT / 6)[:, -1]
    assert torch.allclose(found.stiffness, top)
    with pytest.raises(ValueError, match="inputs"):
        regression(samples=9)


@pytest.mark.parametrize("scale", [0.01, 0.3, 3.0])
def test_an_interpolator_is_stationary_for_its_potential(scale):
    """X w = y, and asinh(w / 2 scale^2) is a combination of the rows of X."""
    found = regression()
    w = dg.interpolator(found, scale)
    assert torch.allclose((found.inputs @ w[..., None])[..., 0], found.targets, atol=1e-9)
    pull = torch.asinh(w / (2 * scale**2))[..., None]
    inside = found.inputs.mT @ torch.linalg.lstsq(found.inputs.mT, pull).solution
    assert torch.allclose(inside, pull, atol=1e-8)
    own = dg.interpolator(found, torch.full_like(w, scale))
    assert torch.allclose(own, w, atol=1e-12)


def test_interpolators_lie_between_least_norm_and_least_l1():
    found = regression(8)
    large = dg.interpolator(found, 100.0)
    assert torch.allclose(large, dg.least_norm(found), atol=1e-6)
    small, best = dg.interpolator(found, 1e-8), dg.least_l1(found)
    assert torch.allclose(small.abs().sum(-1), best.abs().sum(-1), rtol=0.05)
    assert torch.allclose((found.inputs @ best[..., None])[..., 0], found.targets, atol=1e-9)


def test_descent_ends_at_the_interpolator_and_nearer_to_that_of_what_the_steps_left():
    found = regression()
    rate = dg.stable_rate(found, 1.0)
    ends = [dg.descend_from(found, 1.0, s * rate, 20_000) for s in (0.2, 0.05)]
    flow = dg.interpolator(found, 1.0)
    far = [(end.coordinates - flow).norm() for end in ends]
    near = [(end.coordinates - dg.interpolator(found, end.kept)).norm() for end in ends]
    assert max(float(end.residual.max()) for end in ends) <= 1e-9
    assert float(far[0] / far[1]) == pytest.approx(4, rel=0.1)
    assert near[1] < far[1] / 20 and near[0] / near[1] > 12  # second order in the step


def test_orthogonal_inputs_jump_one_by_one():
    """X'X = n: coordinate j waits for 1 / (2 |w_j|) and then is w_j; by steps, ln(1 + 2 rate |w_j|)."""
    x, w = np.sqrt(8) * np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))[0], np.zeros(8)
    w[:3] = 2.0, -1.0, 0.5
    stairs = dg.staircase(x, x @ w)
    assert np.allclose(stairs.times, 1 / (2 * np.abs(w[:3])))
    assert [np.flatnonzero(w).tolist() for w in stairs.values] == [[], [0], [0, 1], [0, 1, 2]]
    assert np.allclose(stairs.values[-1], w) and np.allclose(
        stairs.losses[:2], [5.25 / 2, 1.25 / 2]
    )
    stepped = dg.staircase(x, x @ w, 0.1)
    assert np.allclose(stepped.times, 0.1 / np.log1p(0.2 * np.abs(w[:3])))
    assert stairs.large(0.1).tolist() == [0, 1] and 0 < stairs.lowest() < 0.125


def test_the_staircase_ends_at_the_least_l1_norm():
    found = regression(12, 8, 14)
    stairs = [dg.staircase(x.numpy(), y.numpy()) for x, y in zip(*found[:2], strict=True)]
    ends = torch.from_numpy(np.stack([one.values[-1] for one in stairs]))
    assert torch.allclose(ends.abs().sum(-1), dg.least_l1(found).abs().sum(-1), rtol=1e-6)
    for one in stairs:
        assert (np.diff(one.times) >= 0).all() and (np.diff(one.losses) <= 1e-12).all()
    fine = dg.staircase(found.inputs[0].numpy(), found.targets[0].numpy(), 1e-9)
    assert np.allclose(fine.times, stairs[0].times, rtol=1e-6)


def test_descent_climbs_the_stairs():
    """Slopes of the times in ln(1/alpha): the stairs of steps, not those of the flow."""
    found = regression(1, 8, 12, seed=3)
    rate = 0.2 * dg.stable_rate(found, 0.0, found.truth)
    stairs, runs = dg.staircases(found, rate), []
    for scale in (1e-12, 1e-24):
        runs.append(dg.climb(found, scale, rate, [stairs[0].lowest()], 1))
    slopes = dg.slopes_of_jumps(runs, (1e-12, 1e-24), stairs, rate)[0]
    assert np.allclose(slopes, stairs[0].times[stairs[0].large()], rtol=0.005)
    assert runs[1].paths.shape == (len(runs[1].steps), 1, 12)
    assert np.concatenate(dg.plateau_distances(runs[1], 1e-24, stairs, rate)).max() < 0.05


def test_an_ascent_puts_runs_beside_stairs():
    found = regression(3, 8, 12, seed=3)
    both = dg.ascend(found, (1e-10, 1e-20), 0.25)
    for quotient, away, own in zip(both.quotients(), both.away(), both.computed(), strict=True):
        assert quotient.shape == own.shape and np.allclose(quotient, 1, atol=0.05)
        assert np.median(away) < 0.05
    for near in dg.nearest_to_stages(both.runs[1], both.stages()):
        assert np.min(near) < 0.05
    time, loss = both.losses(1)["α = 1e-20"]
    assert float(loss[0]) == pytest.approx(1, rel=1e-12)  # a sum in another order
    assert float(loss[-1]) < 0.2 and time.shape == loss.shape
    assert both.computed()[1][-1] < float(time[-1]) < 1.3 * both.computed()[1][-1]


def test_matching_pursuit_gives_nothing_back():
    found = dg.matching_pursuit(np.eye(4), np.array([1.0, -3, 0, 2]), 4)
    assert found.tolist() == [[0, -3, 0, 0], [0, -3, 0, 2], [1, -3, 0, 2]]
    assert len(dg.matching_pursuit(np.eye(4), np.array([1.0, -3, 0, 2]), 2)) == 2


def test_how_near_a_path_comes():
    path = torch.tensor([[0.0, 0.0], [0.9, 0.0], [1.0, 2.0]], dtype=torch.float64)
    one = dg.Climb(torch.arange(3), torch.zeros(3, 1), path[:, None])
    away = dg.nearest_to_stages(one, [np.array([[1.0, 0.0], [0.0, 2.0]])])
    assert np.allclose(away[0], [0.1, 0.5])


def test_what_is_given_back_has_lost_half_of_its_size():
    path = torch.tensor([[0.0, 0.05, 0.2], [1.0, 0.02, 0.2], [0.4, 0.0, 0.3]], dtype=torch.float64)
    one = dg.Climb(torch.arange(3), torch.zeros(3, 1), path[:, None])
    assert dg.given_back(one).tolist() == [True]
    assert dg.given_back(one, 1.5).tolist() == [False]
