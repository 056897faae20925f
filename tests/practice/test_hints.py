"""Pulls against autograd, the stages against one network alone, dead layers on networks made to be dead."""

import numpy as np
import pytest
import torch

from lib.practice import hints as hi
from lib.practice.networks import layers
from lib.practice.networks import scores as nw_scores
from lib.practice.starts import glorot, he, normal_start


def generators(count=3, key=0):
    return [np.random.default_rng([key, k]) for k in range(count)]


def network(count=3, layers=4, outputs=5):
    net = normal_start([6] + [7] * layers + [outputs], generators(count), glorot)
    return net._replace(biases=(*(b + 0.1 for b in net.biases[:-1]), net.biases[-1] - 0.2))


def drawn(*shape, key=1):
    return torch.from_numpy(np.random.default_rng(key).standard_normal(shape))


def scores(parts, images):
    """The definition, layer by layer, one network; parts: its weights, then its biases."""
    depth, h = len(parts) // 2, images
    for w, b in zip(parts[: depth - 1], parts[depth:-1], strict=True):
        h = torch.relu(h @ w.mT + b)
    return h @ parts[depth - 1].mT + parts[-1]


def test_pulls_are_those_of_autograd():
    z, hints = drawn(3, 5, 9).requires_grad_(), drawn(3, 5, 9, key=2)
    y = torch.nn.functional.one_hot(torch.arange(27).view(3, 9) % 5, 5).double().mT
    p = torch.softmax(drawn(3, 5, 9, key=3), 1)
    imitation = (z - hints).square().sum(1).mean(-1).sum() / 2
    hard, soft = (-(t * (z / T).log_softmax(1)).sum(1) for t, T in ((y, 1), (p, 3)))
    for loss, pull in (
        (imitation, hi.hint_pull(z.detach(), hints)),
        ((hard + 2.5 * soft).mean(-1).sum(), hi.soft_pull(z.detach(), y, p, 2.5, 3.0)),
    ):
        (expected,) = torch.autograd.grad(loss, z)
        assert torch.allclose(pull, expected, atol=1e-14)


def problem(draws=3, n=12):
    labels = torch.from_numpy(np.random.default_rng(4).integers(0, 5, (draws, n)))
    orders = np.random.default_rng(5).integers(0, n, (draws, 8, 4))
    return drawn(draws, n, 6), labels, torch.from_numpy(orders)


def test_stage_one_moves_the_lower_half_only_and_towards_the_hints():
    images, _, orders = problem()
    start, hints = network().repeated(2), drawn(6, 12, 8, key=6)
    found = hi.imitate(start, images, hints, orders, generators(key=7), learning_rate=0.01)
    for name in ("weights", "biases"):
        now, before = getattr(found, name), getattr(start, name)
        assert all(torch.equal(a, b) for a, b in zip(now[2:], before[2:], strict=True))
        assert not any(torch.equal(a, b) for a, b in zip(now[:2], before[:2], strict=True))
    assert not torch.equal(found.weights[0][:3], found.weights[0][3:])

    def unexplained(net):
        h = layers(net, images.repeat(2, 1, 1)).inputs[2].mT
        h = torch.cat([h, torch.ones_like(h[..., :1])], -1)
        return (hints - h @ torch.linalg.pinv(h) @ hints).square().sum()

    long = orders.repeat(1, 100, 1)
    found = hi.imitate(start, images, hints, long, generators(key=7), learning_rate=0.01)
    assert unexplained(found) < 0.7 * unexplained(start)


def test_stage_one_is_adam_of_every_lower_half_alone():
    images, _, orders = problem()
    start, hints = network(), drawn(3, 12, 8, key=6)
    found = hi.imitate(start, images, hints, orders, generators(key=7), learning_rate=0.01)
    reading = normal_start([7, 8], generators(key=7), glorot)
    parts = *start.weights[:2], *reading.weights, *start.biases[:2], *reading.biases
    parts = [x[1].clone().requires_grad_() for x in parts]
    adam = torch.optim.Adam(parts, lr=0.01)
    for at in orders[1]:
        adam.zero_grad()
        ((scores(parts, images[1, at]) - hints[1, at]).square().sum(-1).mean() / 2).backward()
        adam.step()
    for a, b in zip(
        (*found.weights[:2], *found.biases[:2]), (*parts[:2], *parts[3:5]), strict=True
    ):
        assert torch.allclose(a[1], b)


def test_stage_two_is_adam_of_every_network_alone():
    """One arm, one draw against torch's own Adam, with the falling weight and the smaller rate."""
    images, labels, orders = problem()
    start, soft = network(), torch.softmax(drawn(3, 12, 5, key=8), -1)
    options = {"learning_rate": 0.01, "weights": (4.0, 1.0), "temperature": 3.0}
    found = hi.second_stage(start, (images, labels), soft, orders, **options)
    net = [x[1].clone().requires_grad_() for x in start.tensors()]
    for t in range(8):
        if t in (0, 6):
            adam = torch.optim.Adam(net, lr=0.01 if t == 0 else 0.002)
        at = orders[1, t]
        z = scores(net, images[1, at])
        loss = torch.nn.functional.cross_entropy(z, labels[1, at])
        loss = loss + (4 - 3 * t / 7) * torch.nn.functional.cross_entropy(z / 3, soft[1, at])
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert all(torch.allclose(a[1], b) for a, b in zip(found.tensors(), net, strict=True))


def test_without_soft_targets_the_student_is_plain():
    images, labels, orders = problem()
    soft = torch.softmax(drawn(3, 12, 5, key=8), -1)
    options = {"learning_rate": 0.01, "weights": (0.0, 0.0), "temperature": 3.0}
    taught = hi.second_stage(network(), (images, labels), soft, orders, **options)
    alone = hi.plain(network(), (images, labels), orders, learning_rate=0.01)
    assert all(torch.allclose(a, b) for a, b in zip(taught.tensors(), alone.tensors(), strict=True))


def test_with_one_rate_there_is_one_adam():
    images, labels, orders = problem()
    start = network()
    found = hi.plain(start, (images, labels), orders, learning_rate=0.01, slower=1.0)
    net = [x[1].clone().requires_grad_() for x in start.tensors()]
    adam = torch.optim.Adam(net, lr=0.01)
    for at in orders[1]:
        adam.zero_grad()
        torch.nn.functional.cross_entropy(scores(net, images[1, at]), labels[1, at]).backward()
        adam.step()
    assert all(torch.allclose(a[1], b) for a, b in zip(found.tensors(), net, strict=True))


def test_arms_have_targets_of_their_own():
    images, labels, orders = problem()
    soft = torch.softmax(drawn(6, 12, 5, key=8), -1)
    options = {"learning_rate": 0.01, "weights": (4.0, 1.0), "temperature": 3.0}
    both = hi.second_stage(network().repeated(2), (images, labels), soft, orders, **options)
    one = hi.second_stage(network(), (images, labels), soft[3:], orders, **options)
    assert all(torch.allclose(a[3:], b) for a, b in zip(both.tensors(), one.tensors(), strict=True))
    assert not torch.allclose(both.weights[-1][:3], both.weights[-1][3:])


def test_a_lesson_is_both_stages():
    images, labels, orders = problem()
    said = drawn(3, 12, 8), torch.softmax(drawn(3, 12, 5, key=8), -1)
    rate = {"learning_rate": 0.01}
    found = hi.taught(network(), (images, labels), said, orders, 3, generators(key=9), **rate)
    half = hi.imitate(network(), images, said[0], orders[:, :3], generators(key=9), **rate)
    options = rate | {"weights": (4.0, 1.0), "temperature": 3.0}
    right = hi.second_stage(half, (images, labels), said[1], orders[:, 3:], **options)
    assert all(torch.equal(a, b) for a, b in zip(found.tensors(), right.tensors(), strict=True))


def test_soft_targets_are_their_mean_and_what_varies():
    soft = torch.softmax(drawn(3, 12, 5, key=8), -1)
    constant, varying = hi.constant_targets(soft), hi.varying_targets(soft)
    assert torch.allclose(constant + varying - 0.2, soft, atol=1e-15)
    assert torch.equal(constant[:, 0], constant[:, 7])
    assert torch.allclose(varying.mean(1), torch.full((3, 5), 0.2).double())
    assert torch.allclose(constant.sum(-1), torch.ones(3, 12).double())


def test_output_biases_are_drawn_and_nothing_else_changes():
    start = network().repeated(2)
    found = hi.with_output_biases(start, 2.0, generators(key=9))
    assert all(torch.equal(a, b) for a, b in zip(found.weights, start.weights, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(found.biases[:-1], start.biases, strict=False))
    drawn_again = np.stack([g.standard_normal(5) for g in generators(key=9)]) * 2
    assert np.array_equal(found.biases[-1][3:].numpy(), drawn_again)
    assert not hi.with_output_biases(start, 0.0, generators()).biases[-1].any()


def test_teachers_learn_and_say_their_last_layer():
    images, labels, orders = problem()
    start = normal_start([6, 20, 20, 5], generators(), he)
    long = orders.repeat(1, 50, 1)
    teachers = hi.train_teachers(start, images, labels, long, learning_rate=0.01)
    hints, soft = hi.said_by(teachers, images, 1e-3)
    assert hints.shape == (3, 12, 20) and soft.shape == (3, 12, 5)
    assert ((soft.argmax(-1) == labels).double().mean()) > 0.9
    (w1, w2, _), (b1, b2, _), *_ = teachers
    h = torch.relu(torch.relu(images @ w1.mT + b1[:, None]) @ w2.mT + b2[:, None])
    assert torch.allclose(hints, h)


def test_a_layer_that_is_off_is_found_and_answers_do_not_vary():
    net, images = network(), drawn(3, 9, 6)
    net.biases[2][1] = -100
    living = hi.living_units(net, images)
    assert living.shape == (1, 3, 4) and not living[0, 1, 2:].any() and living[0, 1, 1] > 0
    assert hi.dead(net, images).tolist() == [[False, True, False]]
    reach = hi.score_range(net, images)
    assert reach.shape == (1, 3) and reach[0, 1] == 0 and (reach[0, [0, 2]] > 0).all()
    labels = nw_scores(net, images).argmax(-1)
    assert torch.equal(hi.right_answers(net, images, labels), torch.ones(1, 3).double())


@pytest.mark.parametrize(
    "call, words",
    [
        (
            lambda: hi.imitate(
                network(),
                *problem()[:1],
                drawn(2, 12, 8),
                problem()[2],
                generators(),
                learning_rate=1,
            ),
            "hints",
        ),
        (
            lambda: hi.second_stage(
                network(),
                problem()[:2],
                drawn(3, 11, 5),
                problem()[2],
                learning_rate=1,
                weights=(1, 1),
                temperature=1,
            ),
            "soft",
        ),
        (
            lambda: hi.plain(network(4), problem()[:2], problem()[2], learning_rate=1),
            "multiple|soft",
        ),
        (lambda: hi.with_output_biases(network(), -1.0, generators()), "size"),
    ],
)
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call()
