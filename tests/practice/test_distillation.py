"""Distillation: targets, the gradient at high temperature, the linear student's limit, students of networks."""

import numpy as np
import pytest
import torch

from lib.descent import Adam
from lib.practice import classifiers as cl
from lib.practice import distillation as di
from lib.practice import draws as dr
from lib.practice import networks as nw
from lib.practice import starts as st


def rng(seed=0):
    return np.random.default_rng(seed)


def normal(*shape, seed=0):
    return torch.from_numpy(rng(seed).standard_normal(shape))


# --- targets -------------------------------------------------------------------------------------


def test_soft_targets_between_the_hard_and_the_even():
    v = normal(6, 4)
    assert torch.allclose(di.soften(v, 1), torch.softmax(v, -1), rtol=1e-14)
    assert torch.allclose(di.soften(v, 1e-3), di.hardened(v), atol=1e-12)
    assert torch.allclose(di.soften(v, 1e9), torch.full((6, 4), 0.25, dtype=torch.float64))
    assert torch.allclose(di.soften(3 * v, 3), di.soften(v, 1))
    both = di.ensemble_targets(torch.stack([v, 2 * v]), 3)
    assert torch.allclose(both, (di.soften(v, 3) + di.soften(2 * v, 3)) / 2)


def test_flattened_and_permuted_keep_the_top_and_the_sum():
    p = di.soften(normal(3, 50, 10), 2)
    top = p.max(-1)
    for q in (di.spread_evenly(p), di.permuted(p, [rng(k) for k in range(3)])):
        assert torch.allclose(q.sum(-1), torch.ones(3, 50, dtype=torch.float64))
        assert torch.equal(q.argmax(-1), top.indices) and torch.equal(q.max(-1).values, top.values)
    flat = di.spread_evenly(p).sort(-1).values[..., :9]
    assert torch.allclose(flat, flat[..., :1].expand(flat.shape), rtol=1e-14)
    mixed = di.permuted(p, [rng(k) for k in range(3)])
    assert torch.equal(mixed.sort(-1).values, p.sort(-1).values) and not torch.equal(mixed, p)
    moved = (mixed != p).double().mean((0, 1))
    assert (moved > 0.6).all()  # every class, in nearly all images


# --- the gradient --------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.5, 1, 7])
def test_the_soft_gradient_is_that_of_the_loss(temperature):
    z, v = normal(5, 10).requires_grad_(), normal(5, 10, seed=1)
    p = torch.softmax(v / temperature, -1)
    loss = -(temperature**2) * (p * torch.log_softmax(z / temperature, -1)).sum()
    (slope,) = torch.autograd.grad(loss, z)
    assert torch.allclose(slope, di.soft_gradient(z.detach(), v, temperature), rtol=1e-12)
    own = di.soften(v, temperature)[None]
    even = nw.Network((torch.eye(10).double()[None],), (torch.zeros(1, 10).double(),))
    found = nw.loss_gradient(even, z.detach()[None], own, temperature=temperature)
    assert torch.allclose(found.biases[0][0], slope.mean(0), rtol=1e-12)


def test_logits_are_matched_in_the_limit_and_the_error_has_its_first_term():
    z, v = 3 * normal(20, 10), 3 * normal(20, 10, seed=1)
    limit = di.matching_gradient(z, v)
    errors = []
    for temperature in (1e2, 1e3, 1e4):
        off = di.soft_gradient(z, v, temperature) - limit
        errors.append(
            (off.norm(dim=-1) / limit.norm(dim=-1)) / di.matching_error(z, v, temperature) - 1
        )
    sizes = [float(e.abs().max()) for e in errors]
    assert sizes[0] < 0.2 and sizes[1] < sizes[0] / 5 and sizes[2] < sizes[1] / 5
    assert torch.allclose(di.matching_gradient(z + 5, v), limit)  # no softmax sees a constant


# --- a linear student ----------------------------------------------------------------------------


def test_images_of_a_class_have_that_class():
    teachers = di.draw_teachers(4, 5, 6, 3, rng())
    assert torch.allclose(teachers.sum(1), torch.zeros(4, 6, dtype=torch.float64), atol=1e-14)
    x = di.images_of_class(teachers, 2, 7, rng(1))
    assert x.shape == (4, 7, 6) and ((x @ teachers.mT).argmax(-1) == 2).all()


def test_the_limit_has_the_teachers_scores_on_the_images_and_the_starts_elsewhere():
    teachers, x = di.draw_teachers(4, 5, 6, 3, rng()), normal(4, 3, 6)
    start = di.draw_teachers(4, 5, 6, 1, rng(2))
    end = di.student_limit(teachers, x, start)
    assert torch.allclose(x @ end.mT, x @ teachers.mT)
    across = torch.linalg.svd(x)[2][:, 3:]  # what no image has a part along
    assert torch.allclose(across @ end.mT, across @ start.mT)
    full = di.student_limit(teachers, normal(4, 9, 6, seed=3), start)
    assert torch.allclose(full, teachers)


@pytest.mark.parametrize("temperature", [1, 4])
def test_a_linear_student_goes_to_the_limit(temperature):
    teachers = di.draw_teachers(3, 4, 5, 3, rng())
    x = di.images_of_class(teachers, 0, 3, rng(1))
    start = di.draw_teachers(3, 4, 5, 1, rng(2))
    targets = di.soften(x @ teachers.mT, temperature)
    end = di.linear_student(x, targets, start, temperature, steps=6000)
    assert torch.allclose(end, di.student_limit(teachers, x, start), atol=1e-7)
    filled = torch.cat([x, torch.zeros(3, 2, 5, dtype=torch.float64)], 1)
    more = di.soften(filled @ teachers.mT, temperature)
    assert torch.allclose(
        di.linear_student(filled, more, start, temperature, steps=6000), end, atol=1e-9
    )


def test_agreement_is_one_with_the_teacher_and_grows_with_the_images():
    teachers = di.draw_teachers(3, 4, 6, 3.0, np.random.default_rng(3))
    both = torch.stack([teachers, -teachers])
    found = di.agreement(teachers, both, np.random.default_rng(4))
    assert found.shape == (2, 3) and (found[0] == 1).all() and (found[1] == 0).all()
    grown = di.agreement_by_images(teachers, [1, 3, 8], np.random.default_rng(5))
    assert grown.shape == (3, 3) and (grown[2] == 1).all()
    assert (grown[0].mean() < grown[1].mean()) and (grown[1].mean() < 1)


def test_the_relative_error_is_that_of_the_two_gradients():
    z, v = (torch.from_numpy(np.random.default_rng(k).standard_normal((9, 5))) for k in (1, 2))
    matched = di.matching_gradient(z, v)
    off = di.soft_gradient(z, v, 7) / matched - 1
    expected = (off * matched).norm(dim=-1) / matched.norm(dim=-1)
    assert torch.allclose(di.relative_error(z, v, 7), expected)


def test_smoothed_labels_keep_the_class_and_sum_to_one():
    p = torch.softmax(torch.from_numpy(np.random.default_rng(3).standard_normal((3, 9, 5))), -1)
    found = di.smoothed(p, 0.7)
    assert torch.equal(found.argmax(-1), p.argmax(-1))
    assert torch.allclose(found.sum(-1), torch.ones(3, 9).double())
    assert torch.allclose(found.amax(-1), torch.full((3, 9), 0.7).double())
    assert torch.allclose(di.smoothed(p, 1.0), di.hardened(p))
    assert torch.allclose(di.smoothed(p, 0.2), torch.full_like(p, 0.2))


def test_a_step_of_the_linear_student_is_autograds():
    x, start = normal(2, 6, 5), normal(2, 4, 5, seed=1)
    p = di.soften(normal(2, 6, 4, seed=2), 3)
    w = start.clone().requires_grad_()
    loss = -9 * (p * torch.log_softmax(x @ w.mT / 3, -1)).sum((1, 2))
    (slope,) = torch.autograd.grad(loss.sum(), w)
    rate = 2 / torch.linalg.svdvals(x)[:, 0] ** 2
    expected = start - rate[:, None, None] * slope
    assert torch.allclose(di.linear_student(x, p, start, 3, steps=1), expected, rtol=1e-12)


# --- networks ------------------------------------------------------------------------------------


def toy(draws=3, copies=1):
    generators = [rng([6, k]) for k in range(draws)]
    train, tests = dr.draw_splits(normal(20, 5), torch.arange(20) % 4, 12, generators)
    start = st.normal_start([5, 6, 4], generators, st.he, copies)
    return train, tests, start, dr.batches(dr.draw_order(12, 45, generators), 5)


def test_draws_are_their_own_and_orders_are_epochs():
    (x, y), (tests, _), start, orders = toy(copies=2)
    assert x.shape == (3, 12, 5) and tests.shape == (3, 8, 5) and y.shape == (3, 12)
    assert [len(w) for w in start.tensors()] == [6] * 4
    assert orders.shape == (3, 9, 5)
    epochs = orders.reshape(3, 45)[:, :36].view(3, 3, 12)
    assert torch.equal(epochs.sort().values, torch.arange(12).expand(3, 3, 12))
    fewer = toy(draws=2, copies=2)
    assert torch.equal(fewer[0][0], x[:2]) and torch.equal(fewer[3], orders[:2])
    assert torch.equal(
        fewer[2].weights[0].view(2, 2, 6, 5), start.weights[0].view(2, 3, 6, 5)[:, :2]
    )


def test_classes_left_out_are_out():
    (x, y), _, _, _ = toy()
    part, labels = di.of_classes(x, y, [0, 3])
    assert ((labels == 0) | (labels == 3)).all() and part.shape[:2] == labels.shape
    for k in range(3):
        kept = (y[k] == 0) | (y[k] == 3)
        assert torch.equal(part[k], x[k][kept][: part.shape[1]])
    assert part.shape[1] == int(((y == 0) | (y == 3)).sum(1).min())


@pytest.mark.parametrize("copies", [1, 2])
def test_every_kind_of_targets_is_a_run_alone(copies):
    (x, y), _, start, orders = toy(copies=copies)
    kinds = {
        "soft": di.soften(normal(3, 12, 4), 2),
        "hard": torch.nn.functional.one_hot(y, 4).double(),
    }
    found = di.learn_from(start, x, kinds, orders, learning_rate=0.01, temperature=2)
    for kind, targets in kinds.items():
        own = cl.train_apart(start, (x, targets), orders, Adam(0.01), temperature=2)
        for got, wanted in zip((*found[kind][0], *found[kind][1]), own.weights, strict=True):
            assert got.shape == wanted.shape and torch.allclose(got, wanted, rtol=1e-10)


def test_the_best_rate_is_that_of_the_highest_accuracy():
    x = torch.from_numpy(np.random.default_rng(5).standard_normal((2, 40, 3)))
    labels = (x @ torch.eye(3).double()).argmax(-1)
    p = {"labels": torch.nn.functional.one_hot(labels, 3).double()}
    start = st.normal_start([3, 8, 3], [np.random.default_rng([6, k]) for k in range(2)], st.he)
    orders = torch.from_numpy(np.random.default_rng(7).integers(0, 40, (2, 60, 8)))
    given = start, x, p, orders
    found = di.at_best_rates(*given, (x, labels), rates=[1e-5, 0.02, 1e-4])
    rate, network = found["labels"]
    right = di.learn_from(*given, learning_rate=0.02)["labels"]
    assert rate == 0.02
    six = start.repeated(2)
    again, both = di.at_best_rates(six, *given[1:], (x, labels), rates=[1e-5, 0.02])["labels"]
    assert again == 0.02 and both.count == 4
    assert torch.allclose(both.weights[0][2:], network.weights[0])
    assert all(torch.equal(a, b) for a, b in zip(network.tensors(), right.tensors(), strict=True))


def test_scores_and_accuracies():
    (x, _), _, start, _ = toy(copies=2)
    scores = nw.scores(start, x)
    assert scores.shape == (6, 12, 4)
    alone = start.map(lambda w: w[4:5])  # second copy, draw 1
    assert torch.allclose(scores[4], nw.scores(alone, x[1])[0])
    given = torch.tensor([[[2.0, 1, 0], [0, 1, 0], [0, 2, 1], [3, 0, 1]]], dtype=torch.float64)
    labels = torch.tensor([[0, 1, 0, 0]])
    assert nw.accuracy(given, labels).tolist() == [0.75]
    apart = di.class_accuracy(given, labels)
    assert apart[0, :2].tolist() == pytest.approx([2 / 3, 1]) and apart[0, 2].isnan()


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: di.soften(normal(2, 3), 0), "temperature"),
        (lambda: di.soften(normal(2, 3).float(), 1), "scores"),
        (lambda: di.soften(normal(2, 3) / 0, 1), "scores"),
        (lambda: di.matching_error(normal(2, 3), normal(2, 3), -1), "temperature"),
        (lambda: di.permuted(normal(2, 3, 4), [rng()]), "targets"),
        (lambda: di.images_of_class(di.draw_teachers(1, 3, 4, 1, rng()), 3, 2, rng()), "label"),
        (lambda: di.linear_student(normal(2, 3, 4), normal(2, 4), normal(2, 5, 4), 1, steps=1), "targets"),
        (lambda: di.of_classes(normal(1, 3, 4), torch.tensor([[0, 1, 2]]), [5]), "classes"),
        (lambda: di.learn_from(None, normal(2, 3, 4), {}, None, learning_rate=1), "targets"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call()
