"""Saddles: the Hessian against autograd, the laws against eigenvalues, the searches against known lists."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.landscapes import saddles


def rng(seed=0):
    return np.random.default_rng(seed)


def autograd(function, point):
    differentiate = torch.autograd.functional
    return differentiate.jacobian(function, point), differentiate.hessian(function, point)


@pytest.mark.parametrize("widths", [[3, 2], [3, 2, 4], [2, 4, 3, 2], [3, 3, 2, 3, 2]])
def test_the_hessian_is_that_of_autograd(widths):
    draw = rng()
    target = torch.from_numpy(draw.standard_normal((widths[-1], widths[0])))
    point = saddles.as_points(ln.gaussian_weights(widths, 2, draw))
    gradient, curvature = saddles.network_field(target, widths)(point)
    for k in range(2):
        slope, bend = autograd(lambda p: ln.loss(saddles.layers(p, widths), target), point[k])
        assert torch.allclose(gradient[k], slope, atol=1e-12)
        assert torch.allclose(curvature[k], bend, atol=1e-12)


def test_layers_undo_as_points_and_refuse_other_sizes():
    weights = ln.gaussian_weights([2, 3, 4], 5, rng())
    again = saddles.layers(saddles.as_points(weights), [2, 3, 4])
    assert all(torch.equal(a, b) for a, b in zip(weights, again, strict=True))
    with pytest.raises(ValueError, match="points must be"):
        saddles.layers(torch.zeros(3, 5), [2, 3, 4])


def test_subsets_and_the_greedy_ones():
    sets = saddles.proper_subsets(4)
    assert len(sets) == 15 and len({tuple(s.tolist()) for s in sets}) == 15
    assert not sets.all(-1).any()
    assert saddles.greedy(sets).sum() == 4


def test_spaced_values_keep_their_distance():
    values = saddles.spaced_values(4, 2000, 0.5, 2.5, 0.3, rng())
    assert values.shape == (2000, 4)
    assert values.min() >= 0.5 and values.max() <= 2.5
    assert values.diff(dim=1).max() <= -0.3
    assert values.mean() == pytest.approx(1.5, abs=0.02)
    with pytest.raises(ValueError, match="gap must be below"):
        saddles.spaced_values(4, 1, 0.5, 2.5, 0.7, rng())


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
@pytest.mark.parametrize("width", [4, 6])
def test_smallest_curvature_at_balanced_critical_points(depth, width):
    s = torch.tensor([2.1, 1.7, 1.1, 0.6], dtype=torch.float64)
    sets = saddles.proper_subsets(4)
    weights, target = saddles.critical_weights(s, sets, depth, width, rng(depth))
    assert max(g.abs().max() for g in ln.gradients(weights, target)) < 1e-13
    missing = torch.where(sets, 0, s).square().sum(-1) / 2
    assert torch.allclose(ln.loss(weights, target), missing)
    assert ln.imbalance(weights).max() < 1e-13
    found = saddles.lowest_curvature(weights, target)
    assert (found - saddles.smallest_curvature(s, sets, depth)).abs().max() < 1e-12


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_middle_layers_of_full_rank_make_every_saddle_strict(depth):
    s = torch.tensor([2.0, 1.5, 0.7], dtype=torch.float64)
    sets = saddles.proper_subsets(3)
    weights, target = saddles.critical_weights(s, sets, depth, 4, rng(1), middle=0.6)
    assert max(g.abs().max() for g in ln.gradients(weights, target)) < 1e-13
    found = saddles.lowest_curvature(weights, target)
    assert (found - saddles.middle_curvature(s, sets, depth, 0.6)).abs().max() < 1e-12
    assert (found < -0.2).all()


def test_a_hidden_layer_too_narrow_is_refused():
    with pytest.raises(ValueError, match="width must be at least 3"):
        saddles.critical_weights(torch.ones(3), saddles.proper_subsets(3), 3, 2, rng())


@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize("learned", [0, 1])
def test_largest_drop_is_found_and_shared_equally(depth, learned):
    s = torch.tensor([1.9, 1.2], dtype=torch.float64)
    law = saddles.largest_drop(float(s[learned]), 0.04, depth)
    found = saddles.deepest_drop(s, learned, depth, 0.04, 30, rng(3))
    assert 0.999 * law < found < 1.002 * law


def test_search_finds_only_losses_of_the_list():
    draw = rng(4)
    target, _ = saddles.noisy_target([1.5, 0.7], 3, 0.3, 50, draw)
    assert target.shape == (2, 3)
    found = saddles.network_saddles(target, [3, 1, 2], 100, draw)
    assert len(found.distance) > 50 and found.distance.max() < 1e-12
    assert found.met.tolist() == [True, True, True]
    assert len(found.loss) == len(found.curvature) < len(found.distance)
    assert (found.curvature < -1e-4).all()


def test_whitened_data_and_the_matrix_problem_have_one_loss():
    target, constant = saddles.noisy_target([1.5, 0.7], 3, 0.5, 4000, rng(5))
    # At W = target the loss is what least squares leaves: half of the noise of two outputs.
    assert constant == pytest.approx(0.25, rel=0.05)
    assert torch.linalg.svdvals(target) == pytest.approx(
        torch.tensor([1.5, 0.7]).double(), abs=0.03
    )
    assert saddles.noisy_target([1.5, 0.7], 3, 0.0, 40, rng(5))[1] == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match="inputs must be at least 2"):
        saddles.noisy_target([1.5, 0.7], 1, 0.5, 40, rng(5))


def test_descent_comes_near_every_greedy_saddle():
    s, first = [2.0, 1.0], ln.gaussian_weights([2, 2, 2], 3, rng(6))
    how = {"learning_rate": 0.05, "every": 2}
    (passed,) = saddles.passages(s, first, [1e-5], [1500], **how)
    assert passed.shape == (2, 3)
    assert torch.allclose(passed, -torch.tensor(s, dtype=torch.float64)[:, None], rtol=0.01)
    both = saddles.passages(s, first, [1e-5, 1e-4], [1500, 2], **how)
    assert torch.equal(both[0], passed) and both[1, 1].isnan().all()  # two steps are too few


def test_curvature_at_the_plateaus_vanishes_with_the_start():
    first = ln.gaussian_weights([2, 2, 2, 2], 20, rng(15))
    how = {"learning_rate": 0.1, "every": 20}
    nearest = saddles.passages([2.0, 1.0], first, [0.04, 0.02], [6000, 6000], **how)[:, 0]
    exponent = (nearest[0] / nearest[1]).log2().median()
    assert float(exponent) == pytest.approx(saddles.plateau_exponent(3), abs=0.05)


def test_saddles_are_told_by_quantiles_where_there_are_enough():
    level = torch.tensor([0.0, 1.0, 2.0]).double()
    loss, bend = torch.tensor([1.0] * 11 + [2.0] * 3).double(), -torch.arange(14).double()
    found = saddles.NetworkSaddles(level, loss, level > 0, loss, bend)
    x, y = found.quantiles((0.1, 0.5), 10)
    assert torch.allclose(x, torch.tensor([1.0, 5.0]).double(), atol=1e-12)  # of 0, ..., 10
    assert y.tolist() == [1.0, 1.0]
    assert found.quantiles((0.5,), 3)[0].tolist() == [5.0, 12.0]
    assert [len(part) for part in found.quantiles((0.1, 0.5), 12)] == [0, 0]
