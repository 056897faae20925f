"""Slopes against autograd, the stages against one network alone, dead layers on networks made to be dead."""

import numpy as np
import pytest
import torch

from lib.practice import hints as hi
from lib.practice import minibatches as mb


def generators(count=3, key=0):
    return [np.random.default_rng([key, k]) for k in range(count)]


def network(count=3, layers=4, outputs=5):
    net = hi.glorot_start(6, 7, layers, outputs, generators(count))
    return net._replace(biases=net.biases + 0.1, shift=net.shift - 0.2)


def drawn(*shape, key=1):
    return torch.from_numpy(np.random.default_rng(key).standard_normal(shape))


def scores(net, images):
    """The definition, layer by layer, one network."""
    h = torch.relu(images @ net.first.mT + net.biases[0])
    for w, b in zip(net.middle, net.biases[1:], strict=True):
        h = torch.relu(h @ w.mT + b)
    return h, h @ net.last.mT + net.shift


def only(net, k):
    return hi.Network(*(x[k] for x in net))


def test_starts_have_the_variances_that_are_said():
    net = hi.glorot_start(100, 40, 6, 10, generators(20), gain=3.0)
    for w, fans in ((net.first, 140), (net.middle, 80), (net.last, 50)):
        assert float(w.var()) == pytest.approx(9 * 2 / fans, rel=0.05)
    assert not net.biases.any() and not net.shift.any()
    fewer = hi.glorot_start(100, 40, 6, 10, generators(2), gain=3.0)
    assert torch.equal(fewer.middle, net.middle[:2])


def test_scores_and_layers_are_those_of_the_definition():
    net, images = network(), drawn(3, 9, 6)
    for k in range(3):
        h, z = scores(only(net, k), images[k])
        assert torch.allclose(hi.scores_of(net, images)[k], z)
        assert torch.allclose(hi.hidden_layers(net, images)[k, -1], h.mT)
    two = hi.scores_of(hi.repeated(net, 2), images)
    assert torch.allclose(two[:3], two[3:], rtol=1e-13)  # products may depend on alignment


def test_slopes_are_those_of_autograd_for_both_losses():
    images, hints = drawn(3, 9, 6), drawn(3, 5, 9, key=2)
    y = torch.nn.functional.one_hot(torch.arange(27).view(3, 9) % 5, 5).double()
    p = torch.softmax(drawn(3, 9, 5, key=3), -1)
    net = hi.Network(*(x.requires_grad_() for x in network()))

    def imitation(z, k):
        return (z.mT - hints[k]).square().sum(0).mean() / 2

    def taught(z, k):
        hard = -(y[k] * z.log_softmax(-1)).sum(-1)
        return (hard - 2.5 * (p[k] * (z / 3).log_softmax(-1)).sum(-1)).mean()

    pulls = {
        imitation: lambda z: hi.hint_pull(z, hints),
        taught: lambda z: hi.soft_pull(z, y.mT, p.mT, 2.5, 3.0),
    }
    for loss, pull in pulls.items():
        total = sum(loss(scores(only(net, k), images[k])[1], k) for k in range(3))
        exact = torch.autograd.grad(total, net)
        with torch.no_grad():
            found = hi.slopes(net, images, pull)
        assert all(torch.allclose(a, b) for a, b in zip(found, exact, strict=True))


def problem(draws=3, n=12):
    labels = torch.from_numpy(np.random.default_rng(4).integers(0, 5, (draws, n)))
    orders = np.random.default_rng(5).integers(0, n, (draws, 8, 4))
    return drawn(draws, n, 6), labels, torch.from_numpy(orders)


def test_stage_one_moves_the_lower_half_only_and_towards_the_hints():
    images, _, orders = problem()
    start, hints = hi.repeated(network(), 2), drawn(6, 12, 8, key=6)
    found = hi.imitate(start, images, hints, orders, generators(key=7), learning_rate=0.01)
    assert torch.equal(found.middle[:, 1:], start.middle[:, 1:])
    assert torch.equal(found.biases[:, 2:], start.biases[:, 2:])
    assert torch.equal(found.last, start.last)
    assert not torch.equal(found.middle[:, 0], start.middle[:, 0])
    assert not torch.equal(found.first[:3], found.first[3:])

    def unexplained(net):
        h = hi.hidden_layers(net, images)[:, 1].mT
        h = torch.cat([h, torch.ones_like(h[..., :1])], -1)
        return (hints - h @ torch.linalg.pinv(h) @ hints).square().sum()

    long = orders.repeat(1, 100, 1)
    found = hi.imitate(start, images, hints, long, generators(key=7), learning_rate=0.01)
    assert unexplained(found) < 0.7 * unexplained(start)


def test_stage_two_is_adam_of_every_network_alone():
    """One arm, one draw against torch's own Adam, with the falling weight and the smaller rate."""
    images, labels, orders = problem()
    start, soft = network(), torch.softmax(drawn(3, 12, 5, key=8), -1)
    options = {"learning_rate": 0.01, "weights": (4.0, 1.0), "temperature": 3.0}
    found = hi.learn(start, images, labels, soft, orders, **options)
    net = hi.Network(*(x[1].clone().requires_grad_() for x in start))
    for t in range(8):
        if t in (0, 6):
            adam = torch.optim.Adam(net, lr=0.01 if t == 0 else 0.002)
        at = orders[1, t]
        z = scores(net, images[1, at])[1]
        loss = torch.nn.functional.cross_entropy(z, labels[1, at])
        loss = loss + (4 - 3 * t / 7) * torch.nn.functional.cross_entropy(z / 3, soft[1, at])
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert all(torch.allclose(a[1], b) for a, b in zip(found, net, strict=True))


def test_without_soft_targets_the_student_is_plain():
    images, labels, orders = problem()
    soft = torch.softmax(drawn(3, 12, 5, key=8), -1)
    options = {"learning_rate": 0.01, "weights": (0.0, 0.0), "temperature": 3.0}
    taught = hi.learn(network(), images, labels, soft, orders, **options)
    alone = hi.plain(network(), images, labels, orders, learning_rate=0.01)
    assert all(torch.allclose(a, b) for a, b in zip(taught, alone, strict=True))


def test_arms_see_their_own_teacher():
    images, labels, orders = problem()
    said = [(drawn(3, 12, 8, key=k), torch.softmax(drawn(3, 12, 5, key=k), -1)) for k in (1, 2)]
    options = {"learning_rate": 0.01, "weights": (4.0, 1.0), "temperature": 3.0}
    given = images, labels
    both = hi.taught(network(), *given, orders, said, 3, generators(key=9), **options)
    one = hi.taught(network(), *given, orders, said[1:], 3, generators(key=9), **options)
    assert all(torch.allclose(a[3:], b) for a, b in zip(both, one, strict=True))
    assert not torch.allclose(both.last[:3], both.last[3:])


def test_teachers_learn_and_say_their_last_layer():
    images, labels, orders = problem()
    start = mb.normal_start([6, 20, 20, 5], generators(), mb.he)
    long = orders.repeat(1, 50, 1)
    teachers = hi.train_teachers(start, images, labels, long, learning_rate=0.01)
    hints, soft = hi.said_by(teachers, images, 1e-3)
    assert hints.shape == (3, 12, 20) and soft.shape == (3, 12, 5)
    assert ((soft.argmax(-1) == labels).double().mean()) > 0.9
    (w1, w2, _), (b1, b2, _) = teachers
    h = torch.relu(torch.relu(images @ w1.mT + b1[:, None]) @ w2.mT + b2[:, None])
    assert torch.allclose(hints, h)


def test_a_layer_that_is_off_is_found_and_answers_do_not_vary():
    net, images = network(), drawn(3, 9, 6)
    biases = net.biases.clone()
    biases[1, 2] = -100
    net = net._replace(biases=biases)
    living = hi.living_units(net, images)
    assert living.shape == (1, 3, 4) and not living[0, 1, 2:].any() and living[0, 1, 1] > 0
    layers = hi.first_dead_layer(living)[0]
    assert layers[1] == 3 and layers[[0, 2]].isnan().all()
    reach = hi.score_range(net, images)
    assert reach.shape == (1, 3) and reach[0, 1] == 0 and (reach[0, [0, 2]] > 0).all()
    labels = hi.scores_of(net, images).argmax(-1)
    assert torch.equal(hi.accuracy(net, images, labels), torch.ones(1, 3).double())


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: hi.glorot_start(6, 7, 1, 5, generators()), "layers"),
        (lambda: hi.glorot_start(6, 7, 4, 5, generators(), gain=0), "gain"),
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
            lambda: hi.learn(
                network(),
                *problem()[:2],
                drawn(3, 11, 5),
                problem()[2],
                learning_rate=1,
                weights=(1, 1),
                temperature=1,
            ),
            "soft",
        ),
        (lambda: hi.plain(network(4), *problem(), learning_rate=1), "draws|soft"),
    ],
)
def test_bad_input_is_one_clear_line(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
