"""One change at a time: each against its definition, in a small task."""

import numpy as np
import pytest
import torch

from lib.practice import curvature as cv
from lib.practice import networks as nw
from lib.synthesis import changes, mechanisms


@pytest.fixture
def task():
    rng = np.random.default_rng(1)
    pixels = torch.from_numpy(rng.normal(size=(60, 6)))
    labels = torch.from_numpy(np.arange(60) % 3)
    generators = [np.random.default_rng(k) for k in range(3)]
    return mechanisms.draw_task(pixels, labels, [7, 6], generators, images=20, batch=4, steps=30)


def test_each_change_changes_one_thing(task):
    runs = changes.with_one_change(task, rate=0.1, steps=30, record=[0, 10])
    start = task.loss(task.start)
    assert [torch.allclose(task.loss(s), start, atol=1e-12) for s in runs["as it is"].states] == [
        True,
        False,
    ]
    assert (changes.log_change(task, runs, "as it is") == 0).all()
    (end,) = changes.upper_ends(task, runs, ["signs held"])
    change = changes.log_change(task, runs, "signs held")
    assert end == pytest.approx(
        float(change.mean() + change.std() * 4.302653 / 3**0.5)
    )  # t, 2 degrees
    held = runs["first layer held"].network
    assert torch.allclose(held.weights[0], task.start.weights[0], atol=0)
    assert not torch.allclose(held.weights[1], task.start.weights[1])
    few = mechanisms.train(task, {"": mechanisms.Arm(task.start)}, rate=0.1, steps=6, noise=False)
    found = runs["no noise, as many images"].network  # 30 steps of 4 images are 6 of all 20
    assert torch.allclose(cv.flattened(found), cv.flattened(few[""].network), atol=1e-14)


def test_an_unbalanced_network_on_its_own_clock_is_the_same(task):
    gap = changes.clock_gap(task, rate=0.1, steps=30)
    assert gap.shape == (6, 3) and gap.abs().max() < 1e-10


def test_units_keep_their_balance_to_first_order_and_matrices_do_not(task):
    ratio = changes.drift_ratio(task, mechanisms.unit_balance, rate=0.01, steps=30)
    assert torch.allclose(ratio, torch.full((3,), 2.0).double(), atol=0.02)
    ratio = changes.drift_ratio(task, mechanisms.matrix_balance, rate=0.01, steps=30)
    assert torch.allclose(ratio, torch.ones(3).double(), atol=0.01)


def test_three_other_networks_are_the_same_function(task):
    gaps = changes.same_functions(task, task.start, np.random.default_rng(0))
    assert gaps.shape == (3, 3) and gaps.abs().max() < 1e-12


def test_what_is_met_on_the_way(task):
    found = changes.on_the_way(task, task.start, 28, 0.5, np.random.default_rng(0))
    top = torch.linalg.eigvalsh(cv.hessians(task.start, task.images, task.targets.mT))[:, -1]
    assert torch.allclose(found["largest"], 0.25 * top, rtol=1e-3)
    assert torch.allclose(
        found["along"], 0.25 * mechanisms.curvature_along_gradient(task, task.start)
    )
    assert (found["along"] <= found["largest"] * (1 + 1e-3)).all() and (found["noise"] > 0).all()


def test_descent_that_is_not_hindered_is_descent(task):
    found = changes.hindered(task, np.random.default_rng(0), rate=0.1, steps=20, every=10)
    free = mechanisms.train(task, {"": mechanisms.Arm(task.start)}, rate=0.1, steps=20, noise=False)
    assert torch.allclose(found["free"], task.loss(free[""].network), atol=1e-12)
    assert (found["without random directions"] > found["free"]).all()


def test_a_plateau_is_where_the_loss_is_high(task):
    states = changes.plateau_states(task, 0.1, rate=0.1, steps=30, height=1.0)
    assert 0 < len(states) <= 10 and all((task.loss(s) > 1.0).all() for s in states)
    assert changes.downward(task, []).isnan().all()
    share = changes.downward(task, states)
    signs = torch.stack([mechanisms.curvature_along_gradient(task, s) < 0 for s in states])
    assert torch.allclose(share, signs.double().mean(0), atol=0)


def test_the_scales_of_hes_start_are_one_on_average():
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.normal(size=(300, 50)))
    generators = [np.random.default_rng(k) for k in range(40)]
    labels = torch.from_numpy(np.arange(300) % 3)
    task = mechanisms.draw_task(
        pixels, labels, [200, 200], generators, images=200, batch=4, steps=1
    )
    found = changes.layer_scales(task)
    assert found.shape == (3, 40) and (found.mean(1) - 1).abs().max() < 0.1
    last = nw.forward(task.start, task.images).scores.square().mean((1, 2))
    assert torch.allclose(found[-1] * 2 * task.images.square().mean((1, 2)), last, rtol=1e-12)
