"""Separable classes: gradients against autograd, margins against enumeration, descent against its laws."""

from itertools import combinations

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.trajectories import separable as sp


def classes(problems=3, seed=0):
    return sp.separable_classes(problems, 12, 3, 0.3, np.random.default_rng(seed))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_gradients_are_those_of_autograd(depth):
    z = classes()
    start = sp.balanced_start(3, 3, depth, 0.7, np.random.default_rng(1))
    leaves = tuple(w.clone().requires_grad_() for w in start)
    sp.logistic_loss(leaves, z).sum().backward()
    for ours, leaf in zip(sp.logistic_gradients(start, z), leaves, strict=True):
        assert torch.allclose(ours, leaf.grad, rtol=1e-12)
    logs = tuple(w.clone().requires_grad_() for w in start)
    sp.log_logistic_loss(logs, z).sum().backward()
    for ours, leaf in zip(sp.log_gradients(start, z), logs, strict=True):
        assert torch.allclose(ours, leaf.grad, rtol=1e-12)


def test_a_start_is_balanced_and_of_its_size():
    start = sp.balanced_start(4, 5, 3, 0.5, np.random.default_rng(0))
    assert float(ln.imbalance(start).max()) < 1e-14
    assert torch.allclose(ln.end_to_end(start).norm(dim=(-2, -1)), torch.full((4,), 0.5).double())


def test_the_margin_is_the_largest_over_all_choices_of_support_vectors():
    """In the plane: w is perpendicular to a difference of two examples, or along one."""
    z = sp.separable_classes(5, 8, 2, 0.3, np.random.default_rng(2))
    found = sp.largest_margin(z)
    for one, size, way in zip(z.numpy(), found.size, found.direction.numpy(), strict=True):
        ways = [a for a in one] + [
            np.array([-(a - b)[1], (a - b)[0]]) for a, b in combinations(one, 2)
        ]
        ways = [w / np.linalg.norm(w) for w in ways]
        best = max((sign * one @ w).min() for w in ways for sign in (1, -1))
        assert float(size) == pytest.approx(best, rel=1e-9)
        assert (one @ way).min() == pytest.approx(best, rel=1e-9)


def test_classes_are_separable_or_not():
    assert (sp.largest_margin(classes()).size > 0.25).all()
    with pytest.raises(ValueError, match="separable"):
        sp.largest_margin(sp.overlapping_classes(1, 60, 3, 4, np.random.default_rng(0)))
    with pytest.raises(ValueError, match="gap"):
        sp.separable_classes(1, 4, 2, 0.0, np.random.default_rng(0))


@pytest.mark.parametrize("depth", [1, 2])
def test_far_away_the_laws_are_those_of_plain_descent(depth):
    """Where both have been: the same loss at the same time, to first order in the step."""
    z = classes(2)
    start = sp.balanced_start(2, 3, depth, 0.5, np.random.default_rng(1))
    near = sp.plain_run(z, start, torch.full((2,), 0.001).double(), 20_000)
    far = sp.far_run(z, start, 3000, 0.1, every=2)
    for k in range(2):
        there = np.interp(
            np.log(float(near.times[-1, k])),
            far.log_time[1:, k].numpy(),
            far.log_loss[1:, k].numpy(),
        )
        assert float(near.losses[-1, k].log()) == pytest.approx(there, abs=0.02)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_far_away_the_gradient_has_its_size(depth):
    z = classes()
    margin = sp.largest_margin(z)
    far = sp.far_run(z, sp.balanced_start(3, 3, depth, 0.5, np.random.default_rng(1)), 6000)
    law = sp.gradient_square(margin.size, far.sizes, far.log_loss, depth)
    assert torch.allclose(far.log_square[-1], law[-1], atol=0.01)
    assert ((far.directions[-1] * margin.direction).sum(-1) > 0.998).all()


def test_overlapping_classes_have_a_minimum_and_a_linear_rate():
    z = sp.overlapping_classes(2, 40, 3, 2, np.random.default_rng(0))
    rate = sp.stable_rate(z, 1)
    run = sp.plain_run(z, sp.balanced_start(2, 3, 1, 0.5, np.random.default_rng(1)), rate, 600, 1)
    w = sp.minimum(z)
    assert sp.logistic_gradients((w[:, None],), z)[0].abs().max() < 1e-12
    excess = run.losses - sp.logistic_loss((w[:, None],), z)
    assert torch.allclose(sp.tail_rate(excess), sp.linear_rate(z, w, rate), rtol=0.05)


def test_the_path_from_next_to_zero_is_that_of_short_steps():
    """Deep layers that hardly multiply anything: the first step must not leap."""
    z = sp.separable_classes(20, 10, 2, 0.3, np.random.default_rng(0))
    start = sp.balanced_start(20, 2, 3, 0.2, np.random.default_rng(1))
    rough, fine = (
        sp.far_run(z, start, steps, share) for steps, share in ((2000, 1), (20_000, 0.1))
    )
    for k in range(20):
        late = rough.log_time[-100:, k]
        there = np.interp(late, fine.log_time[1:, k].numpy(), fine.log_loss[1:, k].numpy())
        assert abs(rough.log_loss[-100:, k].numpy() - there).max() < 0.3


def test_a_rate_is_not_told_before_the_tail_is_reached():
    steps = torch.arange(60, dtype=torch.float64)
    excess = torch.stack([torch.exp(-0.5 * steps), torch.exp(-0.1 * steps)], 1)
    found = sp.tail_rate(excess)
    assert float(found[0]) == pytest.approx(0.5, rel=1e-9) and torch.isnan(found[1])


@pytest.mark.parametrize("depth", [1, 2])
def test_steps_in_proportion_to_the_loss_have_a_linear_rate(depth):
    """d ln L = -gamma^2 h a step, whatever the depth: the clock of `far_run` divides by N |w|^(2 - 2/N)."""
    z = classes()
    margin = sp.largest_margin(z).size
    far = sp.far_run(z, sp.balanced_start(3, 3, depth, 0.5, np.random.default_rng(1)), 4000)
    assert torch.allclose(sp.falls_a_step(far), margin.square() * sp.pace(z), rtol=0.01)


def test_the_logarithm_of_the_loss_never_underflows():
    z = torch.ones(1, 1, 1, dtype=torch.float64)
    for w in (0.1, 39.0, 41.0, 700.0, 1e6):
        found = float(sp.log_logistic_loss((w * z,), z))
        assert found == pytest.approx(-w if w > 30 else np.log(np.log1p(np.exp(-w))), rel=1e-12)
        assert float(sp.log_gradients((w * z,), z)[0]) == pytest.approx(
            -1 if w > 30 else -1 / (1 + np.exp(w)) / np.log1p(np.exp(-w)), rel=1e-12
        )
