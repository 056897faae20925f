"""Second moments against their laws and against matrices; the gradient against autograd; training against one network alone."""

import numpy as np
import pytest
import torch
from scipy.special import digamma
from scipy.stats import binom

from lib.practice import rectifiers as rf


def rng(seed=0):
    return np.random.default_rng(seed)


# --- second moments --------------------------------------------------------------------------------


@pytest.mark.parametrize("a", [0.0, 0.25, 1.0, 3.0])
def test_one_layer_of_one_unit_has_the_moments_of_a_rectified_normal(a):
    """Mean r / s^2 and relative variance k of (rectified z)^2, by quadrature."""
    z, weight = np.polynomial.hermite_e.hermegauss(60)
    weight = weight / weight.sum()
    square = rf.rectify(z, a) ** 2  # even moments of half lines: exact by symmetry
    first, second = (weight * square).sum(), (weight * square**2).sum()
    assert rf.second_moment_ratio(3, a) == pytest.approx(3 * first)
    assert rf.moment_spread(a) == pytest.approx(second / first**2 - 1)
    assert rf.second_moment_ratio(rf.he_variance(a), a) == pytest.approx(1)


@pytest.mark.parametrize("n", [1, 2, 8, 64])
def test_the_log_drift_of_a_linear_layer_is_that_of_chi_square(n):
    assert rf.log_drift(n, 1.0) == pytest.approx(digamma(n / 2) + np.log(2 / n), abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 8, 64])
def test_the_log_drift_of_relu_is_a_mixture_over_the_units_that_are_on(n):
    on = np.arange(1, n + 1)
    weight = binom.pmf(on, n, 0.5)
    exact = (weight * (digamma(on / 2) + np.log(4 / n))).sum() / weight.sum()
    assert rf.log_drift(n, 0.0) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("a", [0.0, 0.25, 0.8])
def test_the_log_drift_tends_to_minus_k_over_2n(a):
    """The next order is smaller by a factor of order 1/n."""
    first = [-rf.moment_spread(a) / (2 * n) for n in (200, 400)]
    miss = [rf.log_drift(n, a) / one - 1 for n, one in zip((200, 400), first, strict=True)]
    assert abs(miss[0]) < 0.03 and miss[1] / miss[0] == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("drawn", [rf.redrawn_moments, rf.matrix_moments])
@pytest.mark.parametrize("a, s2", [(0.0, 2.0), (0.25, 1.0)])
def test_random_layers_follow_the_laws(drawn, a, s2):
    n, depth = 12, 3
    q = drawn(n, depth, s2, a, 40_000, rng(1))
    r, k = rf.second_moment_ratio(s2, a), rf.moment_spread(a)
    assert q.shape == (4, 40_000) and (q[0] == 1).all()
    for layer in (1, 2, 3):
        assert q[layer].mean() == pytest.approx(r**layer, rel=0.03)
    assert (q[2] ** 2).mean() == pytest.approx(r**4 * (1 + k / n) ** 2, rel=0.1)
    alive = q[3] > 0
    drift = np.log(q[3][alive]).mean() - 3 * np.log(r)
    assert drift == pytest.approx(3 * rf.log_drift(n, a), abs=0.03)


def test_narrow_relu_networks_die_at_the_rate_that_is_said():
    q = rf.redrawn_moments(3, 4, 2.0, 0.0, 20_000, rng(2))
    assert (q[4] == 0).mean() == pytest.approx(rf.dying(3, 4), abs=0.012)
    assert (rf.redrawn_moments(3, 4, 2.0, 0.1, 1000, rng(2))[4] > 0).all()


def test_the_cosine_map_has_its_ends_and_orthogonal_value():
    c = np.linspace(-1, 1, 9)
    assert rf.cosine_map(c, 1.0) == pytest.approx(c)
    for a in (0.0, 0.25, 2.0):
        assert rf.cosine_map(1.0, a) == pytest.approx(1)
        assert rf.cosine_map(-1.0, a) == pytest.approx(-2 * a / (1 + a * a))


@pytest.mark.parametrize("a", [0.0, 0.25])
def test_wide_layers_follow_the_cosine_map(a):
    """Also through matrices: two inputs, one matrix."""
    found = rf.redrawn_cosines(2000, 3, a, 50, rng(11))
    expected = [0.0]
    for _ in range(3):
        expected.append(float(rf.cosine_map(expected[-1], a)))
    assert np.allclose(found.mean(1), expected, atol=0.01)
    pair = np.eye(1000)[:2].T * 1000**0.5
    for layer in range(1, 4):
        w = rng([12, layer]).standard_normal((1000, 1000)) / 1000**0.5
        pair = rf.rectify(w @ pair, a)
        x, y = pair.T
        assert x @ y / np.sqrt(x @ x * (y @ y)) == pytest.approx(expected[layer], abs=0.1)


# --- gradient and training --------------------------------------------------------------------------


def network(networks=2, widths=(5, 4, 4, 3), m=7):
    pairs = list(zip(widths[1:], widths[:-1], strict=True))
    draws = [rng(3).standard_normal((networks, *shape)) for shape in pairs]
    weights = tuple(torch.from_numpy(w) for w in draws)
    biases = tuple(torch.from_numpy(rng(4).standard_normal((networks, b))) for b, _ in pairs)
    slopes = torch.tensor([[0.25, -0.1], [0.0, 1.5]]).double()[:networks]
    images = torch.from_numpy(rng(5).standard_normal((networks, m, widths[0])))
    labels = torch.from_numpy(rng(6).integers(0, widths[-1], (networks, m)))
    return weights, biases, slopes, images, labels


def by_torch(images, k, parts):
    """Scores (m, classes) of network k, layer by layer; parts: three weights, three biases, slopes."""
    h = images
    for j in range(3):
        h = torch.nn.functional.linear(h, parts[j][k], parts[3 + j][k])
        h = torch.nn.functional.prelu(h, parts[6][k, j]) if j < 2 else h
    return h


def test_scores_are_those_of_torch_layer_by_layer():
    weights, biases, slopes, images, _ = network()
    found = rf.scores(weights, biases, slopes, images)
    for k in range(2):
        expected = by_torch(images[k], k, (*weights, *biases, slopes))
        assert torch.allclose(found[k], expected.mT, rtol=1e-12)
    shared = rf.scores(weights, biases, slopes, images[0])
    assert torch.allclose(shared[0], found[0])


def test_gradients_are_those_of_autograd():
    weights, biases, slopes, images, labels = network()
    parts = [*weights, *biases, slopes]
    for x in parts:
        x.requires_grad_(True)
    loss = 0
    for k in range(2):
        loss = loss + torch.nn.functional.cross_entropy(by_torch(images[k], k, parts), labels[k])
    expected = torch.autograd.grad(loss, parts)
    targets = torch.nn.functional.one_hot(labels, 3).mT.double()
    with torch.no_grad():
        by_weights, by_biases, by_slopes = rf.gradients(weights, biases, slopes, images, targets)
    for x, y in zip((*by_weights, *by_biases, by_slopes), expected, strict=True):
        assert torch.allclose(x, y, rtol=1e-11, atol=1e-14)


def drawn(draws=3, steps=5):
    images = torch.from_numpy(rng(7).standard_normal((20, 5)))
    labels = torch.from_numpy(rng(8).integers(0, 3, 20))
    generators = [rng([9, k]) for k in range(draws)]
    return images, labels, rf.draw(20, 9, [5, 4, 4, 3], steps, 4, generators)


def test_draws_are_splits_orders_and_normals_of_their_own():
    _, _, one = drawn()
    assert one.orders.shape == (3, 5, 4) and one.tests.shape == (3, 11)
    for order, tests in zip(one.orders, one.tests, strict=True):
        assert len({*tests.tolist()}) == 11 and not {*tests.tolist()} & {*order.flatten().tolist()}
        for epoch in (order[:2], order[2:4]):  # nine images, two minibatches of four
            assert len({*epoch.flatten().tolist()}) == 8
    assert not torch.equal(one.normals[1][0], one.normals[1][1])
    fewer = drawn(draws=2)[2]
    assert torch.equal(one.orders[:2], fewer.orders)
    assert torch.equal(one.normals[0][:2], fewer.normals[0])


def test_a_start_has_the_variance_over_fan_in_and_arms_share_its_normals():
    normals = (torch.from_numpy(rng(10).standard_normal((2, 300, 100))),) * 2
    arms = [rf.Arm(0.0, 2.0), rf.Arm(0.25, 1.0, True)]
    weights, biases, slopes = rf.start(arms, normals)
    assert weights[0].shape == (4, 300, 100) and float(biases[0].abs().max()) == 0
    assert (weights[0].var((1, 2)) * 100).tolist() == pytest.approx([2, 2, 1, 1], rel=0.03)
    assert torch.allclose(weights[0][1], weights[0][3] * 2**0.5)
    assert slopes.tolist() == [[0.0], [0.0], [0.25], [0.25]]


def test_training_is_descent_with_momentum_of_every_network_alone():
    images, labels, one = drawn()
    arms = [rf.Arm(0.0, 2.0), rf.Arm(0.25, 1.0, True), rf.Arm(0.1, 1.0)]
    ended = rf.train(arms, one, images, labels, learning_rate=0.05, momentum=0.8)
    assert ended.accuracy.shape == (3, 3) and ended.slopes.shape == (3, 3, 2)
    assert (ended.slopes[0] == 0).all() and (ended.slopes[2] == 0.1).all()
    weights, biases, slopes = rf.start(arms, one.normals)
    k, draw = 5, 2  # the arm that learns its slopes
    parts = [x[k : k + 1].clone().requires_grad_(True) for x in (*weights, *biases, slopes)]
    optimizer = torch.optim.SGD(parts, lr=0.05, momentum=0.8)
    for batch in one.orders[draw]:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(
            by_torch(images[batch], 0, parts), labels[batch]
        ).backward()
        optimizer.step()
        for x in parts[:-1]:
            x.data = (x.data * 2**18).round() / 2**18
    assert np.allclose(ended.slopes[1, draw], parts[6][0].detach(), rtol=1e-12)
    said = by_torch(images[one.tests[draw]], 0, parts).argmax(1)
    assert ended.accuracy[1, draw] == float((said == labels[one.tests[draw]]).double().mean())


def test_one_draw_alone_ends_as_it_does_among_others():
    images, labels, one = drawn()
    arms = [rf.Arm(0.25, 1.0, True)]
    alone = one._replace(
        orders=one.orders[1:2], tests=one.tests[1:2], normals=tuple(w[1:2] for w in one.normals)
    )
    many = rf.train(arms * 2, one, images, labels, learning_rate=0.05)
    single = rf.train(arms, alone, images, labels, learning_rate=0.05)
    assert np.allclose(many.slopes[:, 1], single.slopes[:, 0], rtol=1e-12)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: rf.he_variance(-0.1), "negative_slope"),
        (lambda: rf.second_moment_ratio(float("nan"), 0), "fan_in_variance"),
        (lambda: rf.moment_spread(float("inf")), "negative_slope"),
        (lambda: rf.log_drift(0, 0.1), "width"),
        (lambda: rf.dying(3, 0.5), "depth"),
        (lambda: rf.redrawn_moments(3, 2, -1, 0, 5, rng()), "fan_in_variance"),
        (lambda: rf.matrix_moments(3, 2, -1, 0, 5, rng()), "fan_in_variance"),
        (lambda: rf.redrawn_moments(3, 2, 1, 0, 0, rng()), "networks"),
        (lambda: rf.cosine_map(1.1, 0.0), "cosine"),
        (lambda: rf.redrawn_cosines(0, 2, 0.0, 5, rng()), "width"),
        (lambda: rf.scores(*network()[:2], torch.zeros(2, 3), network()[3]), "slopes"),
        (lambda: rf.gradients(*network()[:2], torch.zeros(2, 3), *network()[3:]), "slopes"),
        (lambda: rf.draw(20, 20, [5, 4, 3], 5, 4, [rng()]), "training"),
        (lambda: rf.draw(20, 9, [5, 4, 3], 5, 10, [rng()]), "batch_size"),
        (lambda: rf.draw(20, 9, [5, 3], 5, 4, [rng()]), "widths"),
        (lambda: rf.draw(20, 9, [5, 4, 3], 5, 4, [0]), "generators"),
        (lambda: rf.start([rf.Arm(0.0, -1.0)], drawn()[2].normals), "fan_in_variance"),
    ],
)
def test_bad_input_is_one_clear_line(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)
