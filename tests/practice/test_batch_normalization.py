"""Races against one network alone, and what normalization does not see."""

import numpy as np
import pytest
import torch

from lib.descent import Plain
from lib.practice import batch_normalization as bn
from lib.practice.classifiers import train_apart
from lib.practice.draws import batches, draw_problems
from lib.practice.networks import RELU, TANH, Form, layers, loss_gradient
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


@pytest.mark.parametrize("normalized", [True, False])
def test_a_race_stops_where_the_accuracy_is_reached(normalized):
    problems, start = toy()
    form = Form(TANH, normalized)
    options = {"form": form, "tests": 20}
    found = bn.steps_to_accuracy(problems, start, [0.02, 0.3], 8, [0.5, 0.9], 20, **options)
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
    options = {"form": Form(TANH, True), "tests": 20}
    rate, steps = bn.race_at_its_best(tuning, judged, [0.001, 0.3], 8, [0.5, 0.9], 20, **options)
    assert rate == 0.3 and steps.shape == (2, 4)
    found = bn.steps_to_accuracy(*judged, [0.3], 8, [0.5, 0.9], 20, **options)[:, 0]
    assert np.array_equal(steps, np.minimum(found, 20))


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
        (
            lambda: bn.steps_to_accuracy(*toy(), [0.1], 8, [0.5], 30, form=Form()),
            "steps",
        ),
        (lambda: bn.steps_to_accuracy(*toy(), [0.1], 8, [0.9, 0.5], 20, form=Form()), "targets"),
    ],
)
def test_bad_input_is_one_clear_line(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
