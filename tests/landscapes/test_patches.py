"""The convolution on Gaussian patches: closed forms against draws, autograd and other routes; what never comes back."""

import math

import numpy as np
import pytest
import torch

from lib.landscapes import patches as pt


def problem(count=5, k=4, d=3, ratio=None, seed=0):
    rng = np.random.default_rng(seed)
    given = pt.teachers(count, k, d, ratio, rng)
    return given, pt.random_starts(given, rng, 2.0), rng


def test_teachers_have_their_ratio():
    given, *_ = problem(ratio=[0.0, 0.5, 1.0, 2.5, 4.0])
    assert torch.allclose(given.ratio, torch.tensor([0.0, 0.5, 1, 2.5, 4]).double(), atol=1e-12)
    assert torch.allclose(given.outputs.norm(dim=1), torch.ones(5).double())
    assert torch.allclose(given.filters.norm(dim=1), torch.ones(5).double())
    for k, ratio in ((4, 4.1), (4, -0.1), (1, 0.5)):
        with pytest.raises(ValueError, match="ratio must be"):
            problem(k=k, ratio=ratio)


def test_starts_fill_the_ball_of_the_paper():
    given, *_, rng = problem(4000, ratio=2.0)
    v, a = pt.random_starts(given, rng, 3.0)
    size = a.norm(dim=1) / (3 * math.sqrt(2.0) / 2)
    assert torch.allclose(v.norm(dim=1), torch.ones(4000).double()) and size.max() <= 1
    assert float((size**4).mean()) == pytest.approx(0.5, abs=0.03)  # uniform in a 4-ball


def test_three_numbers_are_those_of_the_vectors():
    given, weights, _ = problem()
    found = pt.three_numbers(weights, *given)
    cosine = (weights[0] * given.filters).sum(1) / weights[0].norm(dim=1)
    assert torch.allclose(torch.cos(found.angle), cosine)
    own = given.numbers
    assert torch.allclose(own.angle, torch.zeros(5).double(), atol=1e-12)
    pull = found.total * own.total / 4 + found.apart * own.apart
    assert torch.allclose(pull, (weights[1] * given.outputs).sum(1))


def test_the_loss_is_the_mean_over_images():
    given, weights, rng = problem()
    z, right = pt.images(given, 200_000, rng)
    square = (pt.answers(weights, z) - right).square() / 2
    off = square.mean(1) - pt.population_loss(weights, *given)
    assert (off.abs() < 5 * square.std(1) / 200_000**0.5).all()
    assert torch.allclose(
        pt.population_loss(tuple(given), *given), torch.zeros(5).double(), atol=1e-12
    )


def test_gradients_are_those_of_autograd():
    given, weights, rng = problem()
    leaves = tuple(x.clone().requires_grad_() for x in weights)
    pt.population_loss(leaves, *given).sum().backward()
    for ours, leaf in zip(pt.population_gradient(weights, *given), leaves, strict=True):
        assert torch.allclose(ours, leaf.grad, rtol=1e-10, atol=1e-12)
    z, right = pt.images(given, 50, rng)
    leaves = tuple(x.clone().requires_grad_() for x in weights)
    u = leaves[0] / leaves[0].norm(dim=1, keepdim=True)
    seen = torch.relu(torch.einsum("nikd,nd->nik", z, u))
    ((seen * leaves[1][:, None]).sum(-1) - right).square().mean(1).div(2).sum().backward()
    for ours, leaf in zip(pt.image_gradient(weights, z, right), leaves, strict=True):
        assert torch.allclose(ours, leaf.grad, rtol=1e-10, atol=1e-12)


def test_the_best_output_weights_are_stationary():
    given, weights, rng = problem()
    angle = pt.three_numbers(weights, *given).angle
    rest = pt.at_rest(angle, given.outputs)
    _, slope = pt.population_gradient((weights[0], rest), *given)
    assert slope.abs().max() < 1e-12
    bad = pt.opposite(given)
    assert max(g.abs().max() for g in pt.population_gradient(bad, *given)) < 1e-12
    assert torch.allclose((bad[1] * given.outputs).sum(1), pt.opposite_pull(given))
    turned = pt.opposite(given, 0.3, rng)
    assert torch.allclose(
        pt.three_numbers(turned, *given).angle, torch.tensor(math.pi - 0.3).double()
    )


@pytest.mark.parametrize("k", [2, 5, 9])
def test_the_pull_changes_its_sign_at_the_edge(k):
    near = pt.edge_ratio(k) * np.array([0.999, 1.001])
    given, *_ = problem(2, k, ratio=near)
    assert (pt.opposite_pull(given).sign() == torch.tensor([-1, 1])).all()
    assert (pt.saddle_overlap(given.ratio, k).sign() == torch.tensor([1, -1])).all()


def test_the_ring_of_saddles_is_at_rest():
    """There the best output weights do not pull: a.a* = 0."""
    given, *_ = problem(3, 6, ratio=[0.1, 0.9, 2.0])
    low, high = torch.zeros(3).double(), torch.full((3,), math.pi).double()
    for _ in range(60):  # g falls with the angle
        middle = (low + high) / 2
        small = pt.overlap(middle) < pt.saddle_overlap(given.ratio, 6)
        low, high = torch.where(small, low, middle), torch.where(small, middle, high)
    assert (pt.at_rest(low, given.outputs) * given.outputs).sum(1).abs().max() < 1e-12


def test_velocity_is_the_gradient_in_three_numbers():
    given, weights, _ = problem()
    unit = weights[0] / weights[0].norm(dim=1, keepdim=True), weights[1]
    slope, h = pt.population_gradient(unit, *given), 1e-6
    ahead = tuple(w - h * g for w, g in zip(unit, slope, strict=True))
    now, then = (pt.three_numbers(x, *given) for x in (unit, ahead))
    for a, b, speed in zip(now, then, pt.velocity(now, given.numbers, 4), strict=True):
        assert torch.allclose((b - a) / h, speed, atol=1e-5)


def test_a_fate_that_is_known_is_kept_and_descent_has_that_of_the_flow():
    given, *_, rng = problem(300, 5, ratio=1.0)
    start = pt.random_starts(given, rng)
    foretold = pt.flow_fates(pt.three_numbers(start, *given), given.numbers, 5)
    ended = pt.descend_mean(given, start)
    assert (ended.fates == foretold).double().mean() > 0.98
    angle = pt.three_numbers(ended.weights, *given).angle
    for _ in range(50):  # a fate, once certain, stays
        ended = pt.Ended(tuple(w - 0.3 * g for w, g in zip(ended.weights, pt.population_gradient(
            ended.weights, *given), strict=True)), ended.fates)  # fmt: skip
        now = pt.three_numbers(ended.weights, *given)
        assert (pt.fate(now, given.numbers, 5) == ended.fates).all()
        assert ((now.angle > angle) == (ended.fates == 1)).all()


def test_shares_are_foretold_without_a_draw():
    """Evenly spread starts have the shares of drawn ones; a start of zero needs the angle alone."""
    rng = np.random.default_rng(1)
    for ratio in (0.3, None):
        given = pt.teachers(4000, 6, 5, ratio, rng)
        start = pt.three_numbers(pt.random_starts(given, rng), *given)
        drawn = float(pt.flow_fates(start, given.numbers, 6).mean())
        (found,) = pt.foretold_shares(6, 5, [ratio])
        assert found == pytest.approx(drawn, abs=0.03)
    assert pt.foretold_shares(6, 5, [1e-9, 5.0], 0.0).tolist() == pytest.approx([0.5, 0], abs=0.002)
    with pytest.raises(ValueError, match="patches"):
        pt.foretold_shares(1, 5, [1.0])


def test_descent_finds_edge_and_rate_of_approach():
    rng = np.random.default_rng(2)
    assert np.allclose(pt.found_edge(2, 4, 3, 0.1, rng), pt.edge_ratio(4), rtol=1e-3)
    given, *_ = problem(2, 4, ratio=[0.5, 1.0])
    found = pt.approach(given, 0.3, rng, (200.0, 800.0))
    assert torch.allclose(found, -pt.opposite_pull(given) / (2 * math.pi), rtol=2e-3)


def test_the_hessian_is_blind_next_to_the_opposite_filter():
    given, *_ = problem(2, 4, ratio=[0.5, 4.0])
    found = pt.hessian_at(given, pt.opposite(given))
    assert found[:, :3].abs().max() < 1e-5 and found[:, 3:].min() > 0.3
    assert torch.allclose(found[:, -1], torch.tensor(1 / pt.curvature_rate(4)).double(), rtol=1e-6)
    best = pt.hessian_at(given, tuple(given))
    assert best[:, 0].abs().max() < 1e-5 and best[:, 1].min() > 0.1


def test_single_images_lengthen_a_free_filter_only():
    given, *_, rng = problem(20, 4, ratio=0.5)
    held, free = (pt.shaken(given, 0.1, [0, 100], rng, held=way) for way in (True, False))
    assert torch.allclose(held.lengths[1], torch.ones(20).double())
    assert (free.lengths[1] > 1.01).all() and torch.allclose(
        free.lengths[0], torch.ones(20).double()
    )
    assert torch.allclose(free.angles[0], torch.tensor(math.pi).double())


def test_training_on_images_stops_at_the_teacher():
    given, *_, rng = problem(6, 4, ratio=4.0)
    weights = pt.train_on_images(
        pt.random_starts(given, rng), *pt.images(given, 300, rng), 0.5, 600
    )
    assert (pt.population_loss(weights, *given) < 5e-4).all()


def test_sign_flips_are_four():
    v, a = torch.ones(1, 2), torch.ones(1, 3)
    assert [(float(x[0, 0]), float(y[0, 0])) for x, y in pt.sign_flips((v, a))] == [
        (1, 1), (1, -1), (-1, 1), (-1, -1)
    ]  # fmt: skip


def test_networks_are_taught_in_groups_and_end_as_foretold():
    rng = np.random.default_rng(3)
    given = pt.teachers(30, 4, 3, np.repeat([0.1, 4.0], 15), rng)
    found = pt.taught(given, 3000, rng, 300)  # 13 networks at a time
    assert torch.equal(found.end[0].isfinite().all(1), torch.ones(30).bool())
    assert (found.caught == found.foretold).double().mean() > 0.85
    assert not found.caught[15:].any() and found.caught[:15].any()
    assert (found.loss_over_bad[found.caught] < 1.1).all()
    cosine = (found.start[0] * given.filters).sum(1)
    assert torch.allclose(torch.cos(found.angles[0]), cosine)
