"""Normalized networks against autograd and torch's own layer, races against one network alone."""

from functools import partial

import numpy as np
import pytest
import torch

from lib.descent import Plain
from lib.practice import batch_normalization as bn
from lib.practice import classifiers as cl
from lib.practice import minibatches as mb


def rng(seed=0):
    return np.random.default_rng(seed)


def drawn(*shape, seed=0):
    return torch.from_numpy(rng(seed).standard_normal(shape))


def network(networks=2, widths=(5, 4, 3, 3), seed=1):
    weights = tuple(
        drawn(networks, b, a, seed=seed + a) for a, b in zip(widths, widths[1:], strict=False)
    )
    biases = tuple(drawn(*w.shape[:2], seed=seed + 50) for w in weights)
    gains = tuple(1 + 0.3 * drawn(*w.shape[:2], seed=seed + 70) for w in weights[:-1])
    labels = torch.from_numpy(rng(3).integers(0, widths[-1], (networks, 12)))
    return weights, biases, gains, drawn(networks, 12, widths[0], seed=9), labels


# --- one layer -------------------------------------------------------------------------------------


def test_torch_normalizes_alike():
    z = drawn(3, 4, 10)
    found, (mean, sd) = bn.normalize(z)
    for own, seen in zip(z, found, strict=True):
        expected = torch.nn.functional.batch_norm(own.T, None, None, training=True).T
        assert torch.allclose(seen, expected, atol=1e-14)
    assert mean.shape == sd.shape == (3, 4, 1)
    assert torch.allclose(mean, z.mean(-1, keepdim=True))
    assert torch.allclose(sd.square(), z.var(-1, keepdim=True, correction=0) + 1e-5)


def test_groups_are_minibatches_of_their_own():
    z = drawn(2, 3, 12)
    found, (mean, sd) = bn.normalize(z, 3)
    alone = [bn.normalize(part) for part in z.split(4, -1)]
    close = partial(torch.allclose, rtol=1e-13, atol=1e-14)  # sums over parts strided otherwise
    assert close(found, torch.cat([part for part, _ in alone], -1))
    assert close(sd, torch.cat([own[1] for _, own in alone], -1)) and mean.shape == (2, 3, 3)


def test_given_statistics_are_used():
    z, other = drawn(2, 3, 8), drawn(2, 3, 6, seed=1)
    _, given = bn.normalize(other)
    found, back = bn.normalize(z, statistics=given)
    assert back == given and torch.equal(found, (z - given[0]) / given[1])


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("epsilon", [0.0, 0.1])
def test_the_slope_before_a_layer_is_autograds(groups, epsilon):
    z, slope = drawn(2, 3, 12).requires_grad_(), drawn(2, 3, 12, seed=1)
    parts = z.unflatten(-1, (groups, 12 // groups))
    spread = (parts.var(-1, correction=0, keepdim=True) + epsilon).sqrt()
    expected = ((parts - parts.mean(-1, keepdim=True)) / spread).flatten(-2)
    normalized, (_, sd) = bn.normalize(z.detach(), groups, epsilon)
    assert torch.allclose(normalized, expected, atol=1e-14)
    (expected,) = torch.autograd.grad((expected * slope).sum(), z)
    found = bn.slope_before(slope, normalized, sd)
    assert torch.allclose(found, expected, atol=1e-13)


def test_two_examples_leave_one_bit():
    """z^ of two examples is +-1/sqrt(1 + 4 epsilon / d^2), whatever their difference d."""
    z = drawn(5, 2)
    d = z[:, :1] - z[:, 1:]
    found, _ = bn.normalize(z, 1, 0.01)
    assert torch.allclose(found[:, :1], d.sign() / (1 + 0.04 / d.square()).sqrt(), atol=1e-13)


# --- networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", [cl.RELU, cl.TANH, cl.SIGMOID])
@pytest.mark.parametrize("groups", [1, 4])
def test_gradients_are_autograds(activation, groups):
    weights, biases, gains, x, y = network()
    found = bn.gradients(weights, biases, gains, x, y, activation, groups=groups, epsilon=0.01)
    opened = [p.clone().requires_grad_() for p in (*weights, *biases, *gains)]
    h = x.mT
    for j in range(2):
        z = opened[j] @ h
        parts = torch.stack(z.split(12 // groups, -1), -2)
        sd = (parts.var(-1, correction=0, keepdim=True) + 0.01).sqrt()
        z = ((parts - parts.mean(-1, keepdim=True)) / sd).flatten(-2)
        out = opened[6 + j].unsqueeze(-1) * z + opened[3 + j].unsqueeze(-1)
        h = activation.apply(out.clone())
    scores = opened[2] @ h + opened[5].unsqueeze(-1)
    loss = torch.nn.functional.cross_entropy(scores, y, reduction="none").mean(-1).sum()
    expected = torch.autograd.grad(loss, opened)
    assert len(found) == 8
    assert all(torch.allclose(a, b, atol=1e-13) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("activation", [cl.RELU, cl.TANH, cl.SIGMOID])
def test_without_gains_it_is_a_plain_network(activation):
    weights, biases, _, x, y = network()
    by_weights, by_biases = cl.gradients(weights, biases, x, y, activation)
    found = bn.gradients(weights, biases, (), x, y, activation)
    for a, b in zip(found, (*by_weights, *by_biases), strict=True):
        assert torch.allclose(a, b, atol=1e-14)
    layers = bn.forward(weights, biases, (), x, activation)
    assert torch.allclose(layers.scores, cl.logits(weights, biases, x, activation))


def test_statistics_of_another_pass():
    weights, biases, gains, x, _ = network()
    whole = bn.forward(weights, biases, gains, x)
    part = bn.forward(weights, biases, gains, x[:, :1], statistics=whole.statistics)
    assert torch.allclose(part.scores, whole.scores[..., :1])


def test_a_tanh_network_is_a_sigmoid_network():
    """tanh z = 2 sigma(2 z) - 1: middle weights times 4, outer ones times 2, biases less the means."""
    weights, biases, _, x, _ = network()
    scaled = tuple(c * w for c, w in zip((2, 4, 2), weights, strict=True))
    shifted = (
        2 * biases[0],
        2 * (biases[1] - weights[1].sum(-1)),
        biases[2] - weights[2].sum(-1),
    )
    one = bn.forward(weights, biases, (), x, cl.TANH).scores
    other = bn.forward(scaled, shifted, (), x, cl.SIGMOID).scores
    assert torch.allclose(one, other, atol=1e-12)


# --- training --------------------------------------------------------------------------------------


def toy(draws=3, examples=160):
    images, labels = drawn(60, 5, seed=4), torch.from_numpy(rng(5).integers(0, 3, 60))
    images[:, :3] += 3 * torch.nn.functional.one_hot(labels, 3)
    problems = mb.draw_problems(
        images, labels, 40, examples, [5, 3], [rng([6, k]) for k in range(draws)]
    )
    return problems, bn.lecun_start([5, 6, 3], [rng([7, k]) for k in range(draws)])


def test_the_start_has_the_variance_that_is_said():
    weights, biases = bn.lecun_start([50, 40, 30], [rng(k) for k in range(20)], 2.0)
    assert weights[0].var() == pytest.approx(4 / 50, rel=0.05)
    assert weights[1].var() == pytest.approx(4 / 40, rel=0.05)
    assert not any(b.any() for b in biases) and not torch.equal(weights[0][0], weights[0][1])


@pytest.mark.parametrize("normalized", [True, False])
def test_training_is_descent_of_each_network_alone(normalized):
    problems, start = toy()
    arms = [tuple(torch.cat([x, x]) for x in part) for part in start]
    orders = problems.order.view(3, 20, 8)
    rates = torch.tensor([0.1, 0.5]).double().repeat_interleave(3)
    run = bn.train(
        arms,
        (problems.images, problems.labels),
        orders,
        Plain(rates),
        normalized=normalized,
        groups=2,
        steps=20,
    )
    own = [x[1:2] for part in start for x in part]
    own += [torch.ones(1, 6, dtype=torch.float64)] if normalized else []
    for at in orders[1]:
        x, y = problems.images[1:2, at], problems.labels[1:2, at]
        slopes = bn.gradients(own[:2], own[2:4], own[4:], x, y, groups=2)
        own = [p - 0.5 * g for p, g in zip(own, slopes, strict=True)]
    assert all(torch.allclose(p[4], q[0]) for p, q in zip(run.weights, own, strict=True))


def test_looks_are_apart_by_steps_then_by_shares():
    looks = bn.log_checks(3000)
    apart = np.diff(looks)
    assert looks[0] == 5 and looks[-1] <= 3000 and {n % 5 for n in looks} == {0}
    assert (apart >= 5).all() and (apart <= np.maximum(5, 0.04 * np.array(looks[:-1]))).all()


@pytest.mark.parametrize("normalized", [True, False])
def test_a_race_stops_where_the_accuracy_is_reached(normalized):
    problems, start = toy()
    options = {"normalized": normalized, "activation": cl.TANH, "tests": 20}
    found = bn.race(problems, start, [0.02, 0.3], 8, [0.5, 0.9], 20, **options)
    assert found.shape == (2, 2, 3) and np.isfinite(found[:, 1]).all()
    assert (found[0] <= found[1]).all() and np.isinf(found[1, 0]).any()
    n, k = int(found[1, 1, 2]), 2
    orders = problems.order.view(3, 20, 8)[:, :n]
    sets = problems.images, problems.labels

    def accuracy(steps):
        how = {"normalized": normalized, "activation": cl.TANH, "steps": steps}
        run = bn.train(start, sets, orders, Plain(0.3), **how)
        own = [x[k : k + 1] for x in run.weights]
        own = own[:2], own[2:4], own[4:]
        given = bn.forward(*own, problems.images[k : k + 1, :20], cl.TANH).statistics
        x, y = (part[k : k + 1, :20] for part in problems.tests)
        scores = bn.forward(*own, x, cl.TANH, statistics=given if normalized else None).scores
        return float((scores.argmax(1) == y).double().mean())

    assert accuracy(n) >= 0.9 and (n == 5 or accuracy(n - 5) < 0.9)


def test_the_best_rate_is_raced_on_other_draws():
    tuning, judged = toy(), toy(draws=4)
    options = {"normalized": True, "activation": cl.TANH, "tests": 20}
    rate, steps = bn.race_at_its_best(tuning, judged, [0.001, 0.3], 8, [0.5, 0.9], 20, **options)
    assert rate == 0.3 and steps.shape == (2, 4)
    found = bn.race(*judged, [0.3], 8, [0.5, 0.9], 20, **options)[:, 0]
    assert np.array_equal(steps, np.minimum(found, 20))


def test_what_normalization_does_not_see():
    problems, start = toy()
    sets, orders = (problems.images, problems.labels), problems.order.view(3, 8, 20)
    options = {"normalized": True, "activation": cl.TANH}
    one = bn.paths(start, sets, orders, 0.3, **options)
    assert one.across.shape == one.squares.shape == (8, 3)
    assert one.across.max() < 1e-12
    assert torch.allclose(one.squares[1:], one.squares[:-1] + one.growth[:-1], rtol=1e-13)
    other = bn.paths(start, sets, orders, 0.3, scale=7.0, **options)
    assert torch.allclose(one.scores, other.scores, atol=1e-11)
    assert torch.allclose(49 * one.squares, other.squares)
    plain = bn.paths(start, sets, orders, 0.3, normalized=False, activation=cl.TANH)
    assert plain.across.max() > 0.05


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: bn.normalize(drawn(2, 6), 4), "groups"),
        (lambda: bn.normalize(drawn(2, 6), 6), "groups"),
        (lambda: bn.normalize(drawn(2, 1)), "groups"),
        (lambda: bn.normalize(drawn(2, 6).float()), "float64"),
        (lambda: bn.normalize(drawn(2, 6), 1, -1.0), "epsilon"),
        (lambda: bn.forward(*network()[:3], drawn(12, 5)), "images"),
        (lambda: bn.forward(*network()[:2], network()[2][:1], network()[3]), "gains"),
        (lambda: bn.forward(network()[0][::-1], *network()[1:4]), "weights"),
        (lambda: bn.gradients(*network()[:4], network()[4].double()), "labels"),
        (lambda: bn.gradients(*network()[:4], network()[4] + 5), "labels"),
        (lambda: bn.lecun_start([3, 2], [0]), "generators"),
        (
            lambda: bn.race(*toy(), [0.1], 8, [0.5], 30, normalized=True, activation=cl.RELU),
            "steps",
        ),
    ],
)
def test_bad_input_is_one_clear_line(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
