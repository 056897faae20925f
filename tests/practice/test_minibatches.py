"""One step on random minibatches against its exact mean, and the race on digits against one network alone."""

import numpy as np
import pytest
import torch

from lib.practice import minibatches as mb
from lib.practice import networks as nw
from lib.practice.draws import draw_problems


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("inputs", ["gaussian", "sphere"])
def test_inputs_have_unit_covariance_and_the_fourth_moment_that_is_said(inputs):
    x = mb.draw_inputs((200_000, 4), rng(), inputs)
    assert np.allclose(x.T @ x / len(x), np.eye(4), atol=0.02)
    fourth = (x * (x * x).sum(-1, keepdims=True)).T @ x / len(x)
    assert np.allclose(fourth, (mb.critical_batch(4, inputs) + 1) * np.eye(4), atol=0.15)


@pytest.mark.parametrize("inputs", ["gaussian", "sphere"])
@pytest.mark.parametrize("batch", [1, 3, 8])
def test_the_mean_error_after_a_step_is_the_formula(inputs, batch):
    critical = mb.critical_batch(4, inputs)
    along, square = mb.step_moments(4, batch, 300_000 // batch, rng(1), inputs)
    for rate in (0.1, 0.3, 1.0):
        seen = (1 - 2 * rate * along + rate**2 * square).mean()
        assert seen == pytest.approx(mb.step_factor(rate, batch, critical), rel=0.03)


def test_a_step_is_the_matrix_product():
    """The two moments against the step on the whole error vector."""
    along, square = mb.step_moments(3, 4, 5, rng(2))
    x = mb.draw_inputs((5, 4, 3), rng(2))
    moved = np.eye(3)[0] - 0.3 * np.einsum("nbi,nbj->nij", x, x)[:, :, 0] / 4
    assert np.allclose((moved**2).sum(-1), 1 - 0.6 * along + 0.09 * square)


def test_many_draws_are_made_piece_by_piece_from_the_same_stream(monkeypatch):
    whole = mb.step_moments(3, 4, 25, rng(2), "sphere")
    monkeypatch.setattr(mb, "_AT_ONCE", 100)
    parts = mb.step_moments(3, 4, 25, rng(2), "sphere")
    assert np.allclose(parts, whole, rtol=1e-13, atol=1e-15)  # stacks of other lengths


def test_the_best_rate_is_where_the_factor_is_least():
    for batch, critical in ((1, 6), (6, 6), (400, 51), (1, 4)):
        best = mb.cheapest_rate(batch, critical)
        least = mb.step_factor(best, batch, critical)
        assert least == pytest.approx(critical / (batch + critical))
        assert min(mb.step_factor(best * f, batch, critical) for f in (0.99, 1.01)) > least
        assert mb.step_factor(2 * best, batch, critical) == pytest.approx(1)
        cost = mb.examples_per_efold(batch, critical)
        assert least ** (cost / batch) == pytest.approx(np.exp(-1))
    assert mb.cheapest_rate(10**9, 6) == pytest.approx(1)
    assert mb.examples_per_efold(1, 10**6) == pytest.approx(10**6 + 0.5)


def test_on_a_line_one_example_of_fixed_length_is_enough():
    along, square = mb.step_moments(1, 1, 5, rng(), "sphere")
    assert mb.cheapest_rate(1, mb.critical_batch(1, "sphere")) == 1
    assert np.allclose(1 - 2 * along + square, np.zeros(5), atol=1e-15)
    with pytest.raises(ValueError, match="critical"):
        mb.examples_per_efold(1, 0)


def test_runs_of_several_steps_multiply_the_factor():
    rates = [0.05, 0.2]
    found = mb.error_after([1.0] * 4, 3, rates, 4, 40_000, rng(3))
    expected = [mb.step_factor(r, 3, 5) ** 4 for r in rates]
    assert found.shape == (2,) and np.allclose(found, expected, rtol=0.04)


# --- digits --------------------------------------------------------------------------------------


def toy(draws=3, training=8, examples=24):
    images = torch.from_numpy(rng(4).standard_normal((20, 5)))
    labels = torch.from_numpy(rng(5).integers(0, 3, 20))
    generators = [rng([6, k]) for k in range(draws)]
    return (
        images,
        labels,
        draw_problems(images, labels, training, examples, [5, 4, 3], generators),
    )


def test_problems_are_splits_starts_and_orders_of_their_own():
    images, _, one = toy()
    assert one.images.shape == (3, 8, 5) and one.tests[0].shape == (3, 12, 5)
    for k in range(3):
        seen = torch.cat((one.images[k], one.tests[0][k]))
        assert torch.equal(seen[seen[:, 0].argsort()], images[images[:, 0].argsort()])
        assert torch.equal(one.order[k].view(3, 8).sort().values, torch.arange(8).expand(3, 8))
    assert not torch.equal(one.order[0], one.order[1])
    again = toy()[2]
    assert torch.equal(one.order, again.order) and torch.equal(one.start[0][0], again.start[0][0])
    fewer = toy(draws=2)[2]
    assert torch.equal(one.images[:2], fewer.images)


@pytest.mark.parametrize("batch", [1, 4, 8])
def test_a_race_is_descent_of_every_network_alone(batch):
    one = toy()[2]
    losses, accuracies = mb.race(one, batch, [0.1, 0.4], [0, 8, 24])
    assert losses.shape == (3, 2, 3) and accuracies.shape == (2, 3)
    own = one.start.map(lambda x: x[2:])
    for step in range(24 // batch):
        at = one.order[2, step * batch : (step + 1) * batch]
        slopes = nw.loss_gradient(own, one.images[2, at], one.labels[2, at]).tensors()
        own = own.like([w - 0.4 * g for w, g in zip(own.tensors(), slopes, strict=True)])
        if (step + 1) * batch == 8:
            early = nw.evaluate(own, one.images[2], one.labels[2])[0]
    loss, _ = nw.evaluate(own, one.images[2], one.labels[2])
    _, accuracy = nw.evaluate(own, one.tests[0][2], one.tests[1][2])
    assert losses[1, 1, 2] == pytest.approx(float(early), rel=1e-12)
    assert losses[2, 1, 2] == pytest.approx(float(loss), rel=1e-12)
    assert accuracies[1, 2] == float(accuracy)


def test_what_is_looked_at_between_two_steps_is_the_last_step():
    one = toy()[2]
    found = mb.race(one, 8, [0.1], [0, 7, 8, 15, 16])[0]
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[2], found[3])


def test_the_best_of_the_rates_is_that_of_the_least_mean_log_loss():
    losses = np.array([[[1.0, 1.0], [0.5, 4.0]], [[1.0, 1.0], [0.5, 0.9]]])  # looks, rates, draws
    assert mb.least_loss(losses).tolist() == [0, 1]
    losses[1, 1, 0] = np.nan
    assert mb.least_loss(losses).tolist() == [0, 0]


def test_each_look_has_the_race_at_its_own_rate():
    one = toy()[2]
    losses, accuracies = mb.race(one, 4, [0.1, 0.4], [4, 8, 24])
    found = mb.race_at_its_rates(one, 4, [0.4, 0.4, 0.1], [4, 8, 24])
    assert found.losses.shape == found.noise.shape == (3, 3)
    assert np.allclose(found.losses[:2], losses[:2, 1])
    assert np.allclose(found.losses[2], losses[2, 0])
    _, accuracy = nw.evaluate(found.network, *one.tests)
    assert np.array_equal(accuracy.numpy(), accuracies[0])
    last = mb.noise_scale(found.network, one.images, one.labels)
    assert np.allclose(found.noise[-1], last.numpy())


def test_the_noise_scale_is_that_of_the_gradients_one_by_one():
    one = toy()[2]
    found = mb.noise_scale(one.start, one.images, one.labels)
    for k in range(3):
        own = one.start.map(lambda x, k=k: x[k : k + 1])
        each = torch.stack(
            [
                torch.cat([g.flatten() for g in nw.loss_gradient(own, x[None], y[None]).tensors()])
                for x, y in zip(one.images[k], one.labels[k], strict=True)
            ]
        )
        mean = each.mean(0)
        expected = (each - mean).square().sum(1).mean() / mean.square().sum()
        assert float(found[k]) == pytest.approx(float(expected), rel=1e-10)


# --- inputs that are not isotropic ---------------------------------------------------------------


def test_equal_curvatures_give_the_factor_of_a_step():
    losses = mb.mean_losses([1.0] * 5, 3, [0.1, 0.4], 4)
    expected = [[mb.step_factor(r, 3, 6) ** t for r in (0.1, 0.4)] for t in range(5)]
    assert np.allclose(losses, expected, rtol=1e-12)


def test_the_mean_losses_are_those_of_many_runs():
    h, rates = [2.0, 1.0, 0.3], [0.05, 0.15]
    found = mb.error_after(h, 2, rates, 5, 60_000, rng(8))
    assert np.allclose(found, mb.mean_losses(h, 2, rates, 5)[-1], rtol=0.03)


def test_the_critical_batch_that_is_found_is_that_of_the_formula():
    assert mb.critical_batch_found([1.0] * 50) == pytest.approx(51, rel=0.05)
    assert mb.critical_batch_found([3.0] * 50) == pytest.approx(
        mb.critical_batch_found([1.0] * 50), rel=0.02
    )
    examples, rate = mb.examples_to([1.0] * 20, 21)
    assert rate == pytest.approx(0.5, rel=0.02)
    assert examples == pytest.approx(np.log(100) * mb.examples_per_efold(21, 21), rel=1e-3)
    with pytest.raises(ValueError, match="not reached"):
        mb.examples_to([1.0, 1e-9], 1, 1e-9)


def test_costs_are_interpolated_and_foretold():
    looks, noise = [0, 100, 300], [50.0, 50.0, 50.0]
    foretold = mb.examples_foretold(looks, noise, 50)
    assert np.allclose(foretold, [0, 100 * 2 / 1.02, 300 * 2 / 1.02])
    assert np.allclose(mb.examples_foretold(looks, noise, 1), looks)
    curve = [0.0, -1.0, -0.5, -2.0]  # what comes up again does not count
    found = mb.examples_needed([1, 2, 4, 8], curve, [-0.5, -1.0, -1.5, -3.0, 0.5])
    assert np.allclose(found[:1], [2**0.5]) and np.isnan(found[3:]).all()
    assert 4 < found[2] < 8


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda one: mb.critical_batch(3, "cube"), "inputs"),
        (lambda one: mb.draw_inputs((3, 2), rng(), "cube"), "inputs"),
        (lambda one: mb.critical_batch(0), "dimension"),
        (lambda one: mb.cheapest_rate(0, 7), "batch"),
        (lambda one: mb.step_moments(3, 1.5, 10, rng()), "batch"),
        (lambda one: mb.step_moments(3, 2, 0, rng()), "draws"),
        (lambda one: mb.race(one, 5, [0.1], [0]), "batch"),
        (lambda one: mb.race(one, 8, [0.1], [25]), "looks"),
        (lambda one: mb.race_at_its_rates(one, 8, [0.1], [0, 8]), "rates"),
        (lambda one: mb.race_at_its_rates(one, 8, [0.1] * 2, [8, 0]), "looks"),
    ],
)
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call(toy()[2])
