"""Starts without a margin, against single runs and the exact laws of `counterexamples`."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, descend
from lib.trajectories import held_starts as hs
from lib.trajectories.held_starts import identity_descent


def rng():
    return np.random.default_rng(3)


def test_identity_runs_are_the_recursion_in_one_number_at_calm_steps():
    eigenvalues = torch.tensor([[-1.0, 0.5, 2.0], [-0.4, 1.0, 1.5]], dtype=torch.float64)
    rates = torch.tensor([0.01, 0.05, 5.0], dtype=torch.float64)
    for depth in (2, 3, 4):
        lowest, apart = hs.identity_runs(torch.diag_embed(eigenvalues), depth, rates, 200)
        exact = identity_descent(
            eigenvalues, depth, learning_rate=rates[:, None, None], record=[200]
        )
        assert lowest.shape == apart.shape == (3, 2) and (apart < 1e-12).all()
        assert torch.allclose(lowest[:2], exact.lowest[:2], rtol=1e-12)
        assert torch.isfinite(lowest).all()  # the last rate overflows, which does not count


def test_layers_apart_are_seen():
    target = torch.diag(torch.tensor([-1.0, 2.0], dtype=torch.float64))[None]
    start = hs.identity_layers(2, 3, 1)
    start[1][0, 0, 1] += 1e-15
    assert float(hs._layers_apart(start, target)["apart"]) == 1e-15


@pytest.mark.parametrize("inside", [True, False])
def test_balanced_runs_are_single_runs(inside):
    runs = hs.balanced_runs(3, 3, 0.5, 40, rng(), inside=inside)
    if inside:
        assert ((runs.margin > 0.0199) & (runs.margin < 0.9801)).all()
        assert runs.done.all() and runs.same.all() and (runs.time > 0).all()
    else:
        assert (runs.margin < 0).any() and not runs.same.all() and not runs.done.all()
        held = ~runs.done & ~runs.same
        assert float((runs.level[held] - 1).abs().median()) < 0.01
        assert runs.time[~runs.done].isnan().all()
    assert torch.equal(runs.done, runs.level * runs.sigma**2 / 2 <= 1e-8)


def test_disturbed_runs_leave_after_the_predicted_time():
    eigenvalues = torch.tensor([-1.0, 0.5, 2.0], dtype=torch.float64)
    runs = hs.disturbed_runs(eigenvalues, 4, [1e-3, 1e-6], 4, rng())
    assert runs.losses.shape == (len(runs.time), 3, 4) and runs.left.shape == (3, 4)
    assert runs.growth == pytest.approx(0.5**0.5 * 0.5)
    pace = (runs.left[1] - runs.left[0]) * runs.growth / np.log(1e3)
    assert torch.allclose(pace, torch.ones_like(pace), atol=0.05)
    assert torch.isfinite(runs.left[2]).all()
    again = rng()
    directions = torch.from_numpy(again.standard_normal((4, 1, 4, 3, 3)))
    one = tuple(torch.eye(3).double() + 1e-3 * d[0, :1] for d in directions)
    step = float(runs.time[1]) / 5
    run = descend(
        ln.gradients, one, problem=(torch.diag(eigenvalues)[None],), rule=Plain(step), steps=50
    )
    assert float(runs.losses[10, 0, 0]) == pytest.approx(
        float(ln.loss(run.weights, torch.diag(eigenvalues)[None])), rel=1e-9
    )


def test_several_negative_eigenvalues_are_refused():
    with pytest.raises(ValueError, match="one negative"):
        hs.disturbed_runs(torch.tensor([-1.0, -0.5]).double(), 4, [0.1], 2, rng())


def test_lost_targets_have_one_negative_eigenvalue_that_stands_first():
    found = hs.lost_targets(50, rng())
    assert found.shape == (50, 3) and (found[:, 0] <= -0.3).all() and (found[:, 1:] >= 0.3).all()


def test_an_approach_knows_its_law_and_how_far_it_keeps_to_it():
    targets = torch.tensor([[-1.0, 2.0], [-0.5, 1.0]], dtype=torch.float64)
    record = [0, *range(5000, 20001, 500)]
    two, four = (hs.approach_runs(targets, n, 0.1, record) for n in (2, 4))
    assert two.product.shape == two.law.shape == (len(record), 2) and two.exponent.isnan().all()
    torch.testing.assert_close(four.product[-1], four.law[-1], rtol=0.02, atol=0)
    torch.testing.assert_close(four.exponent, torch.ones(2).double(), rtol=0.02, atol=0)
    fine = hs.approach_runs(targets, 2, 0.1, range(10001))
    torch.testing.assert_close(fine.decay, torch.ones(2).double(), rtol=0.01, atol=0)
