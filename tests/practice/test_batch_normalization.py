"""Gradients through depth, races against one network alone, and what normalization does not see."""

import numpy as np
import pytest
import torch

from lib.descent import Plain
from lib.practice import batch_normalization as bn
from lib.practice.classifiers import train_apart
from lib.practice.draws import batches, draw_problems
from lib.practice.networks import (
    LINEAR,
    RELU,
    SIGMOID,
    TANH,
    Form,
    Network,
    columns,
    layers,
    leaky,
    loss_gradient,
)
from lib.practice.starts import lecun, normal_start


def rng(seed=0):
    return np.random.default_rng(seed)


def drawn(*shape, seed=0):
    return torch.from_numpy(rng(seed).standard_normal(shape))


def toy(draws=3, examples=160):
    images, labels = drawn(60, 5, seed=4), torch.from_numpy(rng(5).integers(0, 3, 60))
    images[:, :3] += 3 * torch.nn.functional.one_hot(labels, 3)
    problems = draw_problems(
        images, labels, 40, examples, [5, 3], [rng([6, k]) for k in range(draws)]
    )
    return problems, normal_start([5, 6, 3], [rng([7, k]) for k in range(draws)], lecun)


@pytest.mark.parametrize("normalized", [True, False])
def test_training_is_descent_of_each_network_alone(normalized):
    problems, start = toy()
    form = Form(RELU, normalized, groups=2)
    start = start.with_gains(form)
    rates = torch.tensor([0.1, 0.5]).double().repeat_interleave(3)
    sets, orders = (problems.images, problems.labels), problems.order.view(3, 20, 8)
    run = train_apart(start.repeated(2), sets, orders, Plain(rates), form=form)
    own = start.map(lambda x: x[1:2])
    for at in orders[1]:
        slopes = loss_gradient(own, problems.images[1:2, at], problems.labels[1:2, at], form)
        pairs = zip(own.tensors(), slopes.tensors(), strict=True)
        own = own.like([p - 0.5 * g for p, g in pairs])
    assert all(torch.allclose(p[4], q[0]) for p, q in zip(run.weights, own.tensors(), strict=True))


def test_looks_are_apart_by_steps_then_by_shares():
    looks = bn.log_checks(3000)
    apart = np.diff(looks)
    assert looks[0] == 5 and looks[-1] <= 3000 and {n % 5 for n in looks} == {0}
    assert (apart >= 5).all() and (apart <= np.maximum(5, 0.04 * np.array(looks[:-1]))).all()


def test_the_factor_of_a_layer_is_known_for_some_activations():
    assert np.isclose(bn.growth_factor(RELU), np.pi / (np.pi - 1), atol=1e-7)
    assert np.isclose(bn.growth_factor(LINEAR), 1, atol=1e-12)
    a = 0.25
    half = (1 + a * a) / 2  # E f'^2 and E f^2 of a leaky rectifier
    assert np.isclose(
        bn.growth_factor(leaky(a)), half / (half - (1 - a) ** 2 / (2 * np.pi)), atol=1e-7
    )
    assert np.isclose(bn.growth_factor(RELU, 64), np.pi / (np.pi - 1) * 62 / 61)
    z = drawn(1_000_000, seed=3)
    for activation in (TANH, SIGMOID):
        h = activation.apply(z.clone())
        drawn_factor = activation.slope(h).square().mean() / h.var()
        assert np.isclose(bn.growth_factor(activation), drawn_factor, rtol=0.005)
        assert bn.growth_factor(activation) > 1  # the Gaussian Poincare inequality


def autograd_loss(network, x, y, f, noise=None):
    """The mean cross-entropy of one normalized network, written down anew."""
    h = x
    for j, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        a = h @ w[0].T
        if j < len(network.weights) - 1:
            a = (a - a.mean(0)) / (a.var(0, unbiased=False) + 1e-5).sqrt()
            if noise is not None:
                a = noise[0, 0, j] * a + noise[0, 1, j]
            gain = network.gains[j][0] if network.gains else 1
            h = f(gain * a + b[0])
    return torch.nn.functional.cross_entropy(a + b[0], y)


def test_squares_of_the_gradient_are_those_of_autograd():
    (found,) = bn.gradient_squares(Form(TANH, True), [5, 6, 6, 3], [rng(1)], examples=20)
    g = rng(1)
    network = normal_start([5, 6, 6, 3], [g], lecun)
    x = torch.from_numpy(g.standard_normal((20, 5)))
    y = torch.from_numpy(g.integers(3, size=20))
    for w in network.weights:
        w.requires_grad_()
    autograd_loss(network, x, y, torch.tanh).backward()
    assert torch.allclose(found, torch.stack([w.grad.square().sum() for w in network.weights]))


def test_shaken_units_have_the_gradient_of_autograd():
    network = normal_start([5, 6, 6, 3], [rng(1)], lecun).with_gains(Form(TANH, True))
    network = network.map(lambda x: x + 0.1 * drawn(*x.shape, seed=x.ndim))
    x, y = drawn(12, 5, seed=8), torch.from_numpy(rng(2).integers(0, 3, 12))
    noise = 1 + 0.3 * drawn(1, 2, 2, 6, seed=9)
    found = bn.shaken_gradient(network, x, columns(network, y), noise, Form(TANH, True))
    own = network.map(lambda x: x.clone().requires_grad_())
    autograd_loss(own, x, y, torch.tanh, noise).backward()
    pairs = zip(found.tensors(), own.tensors(), strict=True)
    assert all(torch.allclose(p, q.grad, atol=1e-12) for p, q in pairs)


def test_noise_of_nothing_is_none_and_noise_is_of_each_draw():
    problems, start = toy()
    arms = [
        bn.Racer(Form(TANH, True), [0.3], shaken=s) for s in (None, (0.0, 0.0, 1), (0.5, 0.2, 1))
    ]
    quiet, still, loud = (
        bn.steps_to_accuracy(problems, start, a, 8, [0.7], 20, tests=20) for a in arms
    )
    assert np.array_equal(quiet, still) and loud.shape == quiet.shape
    noise = arms[2].noise(start, 7)
    assert noise.shape == (3, 7, 2, 1, 6) and not torch.equal(noise[0], noise[1])
    assert (noise[:, :, 0] - 1).abs().max() <= 0.2 and 0.3 < noise[:, :, 1].abs().max() <= 0.5


def test_gains_that_are_not_learned_are_none():
    _, start = toy()
    assert bn.Racer(Form(TANH, True), [0.3], gains=False).begun(start).gains == ()
    assert len(bn.Racer(Form(TANH, True), [0.1, 0.3]).begun(start).gains[0]) == 6


@pytest.mark.parametrize("normalized", [True, False])
def test_a_race_stops_where_the_accuracy_is_reached(normalized):
    problems, start = toy()
    form = Form(TANH, normalized)
    arm = bn.Racer(form, [0.02, 0.3])
    found = bn.steps_to_accuracy(problems, start, arm, 8, [0.5, 0.9], 20, tests=20)
    assert found.shape == (2, 2, 3) and np.isfinite(found[:, 1]).all()
    assert (found[0] <= found[1]).all() and np.isinf(found[1, 0]).any()
    n, k = int(found[1, 1, 2]), 2
    sets, orders = (problems.images, problems.labels), batches(problems.order, 8, n)

    def accuracy(steps):
        full = start.with_gains(form)
        run = train_apart(full, sets, orders, Plain(0.3), form=form, steps=steps)
        own = full.like(run.weights).map(lambda x: x[k : k + 1])
        given = layers(own, problems.images[k : k + 1, :20], form).statistics
        x, y = (part[k : k + 1, :20] for part in problems.tests)
        scores = layers(own, x, form, given or None).scores
        return float((scores.argmax(1) == y).double().mean())

    assert accuracy(n) >= 0.9 and (n == 5 or accuracy(n - 5) < 0.9)


def test_the_best_rate_is_raced_on_other_draws():
    tuning, judged = toy(), toy(draws=4)
    arm = bn.Racer(Form(TANH, True), [0.001, 0.3, 100.0])
    race = bn.race_at_its_best(tuning, judged, arm, 8, [0.5, 0.9], 20)
    assert race.rate == 0.3 and race.inside and race.tuned and race.steps.shape == (2, 4)
    found = bn.steps_to_accuracy(*judged, arm._replace(rates=[0.3]), 8, [0.5, 0.9], 20)[:, 0]
    assert np.array_equal(race.steps, found)


def test_no_logarithm_is_made_of_a_capped_run():
    race = bn.Race(0.1, True, True, 20, np.array([[5.0, 10.0], [20.0, np.inf]]))
    assert race.capped.tolist() == [0, 1]
    assert np.isnan(race.logs[1, 1]) and np.isfinite(race.logs).sum() == 3


def test_condition_numbers_of_white_values_are_one():
    x = drawn(2000, 4)
    x = x - x.mean(0)
    white = x @ torch.linalg.inv(torch.linalg.cholesky(x.T @ x / 2000)).T
    eye = torch.eye(4, dtype=torch.float64)[None]
    network = Network((eye, eye), (torch.ones(1, 4).double(),) * 2)
    for form in (Form(TANH), Form(TANH, True, epsilon=0.0)):
        assert torch.allclose(bn.condition_numbers(network, white, form), torch.ones(1, 1).double())
    stretched = network._replace(
        weights=(torch.diag(torch.tensor([1.0, 2, 3, 4])).double()[None], eye)
    )
    plain = bn.condition_numbers(stretched, white, Form(TANH))
    assert torch.allclose(plain, torch.full((1, 1), 16.0).double())


def test_what_normalization_does_not_see():
    problems, start = toy()
    sets, orders = (problems.images, problems.labels), problems.order.view(3, 8, 20)
    options = {"form": Form(TANH, True)}
    one = bn.paths(start, sets, orders, 0.3, **options)
    assert one.across.shape == one.squares.shape == (8, 3)
    assert one.across.max() < 1e-12
    assert torch.allclose(one.squares[1:], one.squares[:-1] + one.growth[:-1], rtol=1e-13)
    other = bn.paths(start, sets, orders, 0.3, scale=7.0, **options)
    assert torch.allclose(one.scores, other.scores, atol=1e-11)
    assert torch.allclose(49 * one.squares, other.squares)
    plain = bn.paths(start, sets, orders, 0.3, form=Form(TANH))
    assert plain.across.max() > 0.05


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: bn.steps_to_accuracy(*toy(), bn.Racer(Form(), [0.1]), 8, [0.5], 30), "steps"),
        (
            lambda: bn.steps_to_accuracy(*toy(), bn.Racer(Form(), [0.1]), 8, [0.9, 0.5], 20),
            "targets",
        ),
        (lambda: bn.growth_factor(RELU, 3), "batch"),
        (lambda: bn.factor_a_layer(torch.ones(2, 5).double()), "layers"),
        (
            lambda: bn.Racer(Form(RELU, True), [0.1], gains=False, shaken=(0.1, 0.1, 0)).noise(
                toy()[1], 3
            ),
            "noise",
        ),
    ],
)
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call()
