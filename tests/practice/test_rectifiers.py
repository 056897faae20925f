"""Second moments against their laws and against matrices; training against one network alone."""

import numpy as np
import pytest
import torch
from scipy.special import digamma
from scipy.stats import binom

from lib.practice import rectifiers as rf
from lib.practice.starts import lecun, normal_start


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


def by_torch(images, k, parts):
    """Scores (m, classes) of network k, layer by layer; parts: three weights, three biases, slopes."""
    h = images
    for j in range(3):
        h = torch.nn.functional.linear(h, parts[j][k], parts[3 + j][k])
        h = torch.nn.functional.prelu(h, parts[6][k, j]) if j < 2 else h
    return h


def drawn(draws=3, steps=5):
    images = torch.from_numpy(rng(7).standard_normal((20, 5)))
    labels = torch.from_numpy(rng(8).integers(0, 3, 20))
    generators = [rng([9, k]) for k in range(draws)]
    return rf.draw(images, labels, 9, [5, 4, 4, 3], steps, 4, generators)


def test_draws_are_splits_orders_and_starts_of_their_own():
    one = drawn()
    assert one.order.shape == (3, 20) and one.tests[0].shape == (3, 11, 5)
    for order in one.order:
        for epoch in (order[:8], order[8:16]):  # nine images, two minibatches of four
            assert len({*epoch.tolist()}) == 8
    assert not torch.equal(one.start.weights[1][0], one.start.weights[1][1])
    fewer = drawn(draws=2)
    assert torch.equal(one.order[:2], fewer.order)
    assert torch.equal(one.start.weights[0][:2], fewer.start.weights[0])


def test_a_start_has_the_variance_over_fan_in_and_arms_share_its_normals():
    one = normal_start([100, 300, 300, 10], [rng([10, k]) for k in range(2)], lecun)
    net = rf.start([rf.Arm(0.0, 2.0), rf.Arm(0.25, 1.0, True)], one)
    assert net.weights[0].shape == (4, 300, 100) and not any(b.any() for b in net.biases)
    assert (net.weights[0].var((1, 2)) * 100).tolist() == pytest.approx([2, 2, 1, 1], rel=0.03)
    assert torch.allclose(net.weights[0][1], net.weights[0][3] * 2**0.5)
    assert net.slopes[0].tolist() == [[0.0] * 2] * 2 + [[0.25] * 2] * 2


def trained(arms, problems, **options):
    """Four minibatches of four; two images choose the rate."""
    given = {"rates": [0.05], "looks": [0, 5], "held": 2, "momentum": 0.8} | options
    named = {str(k): arm for k, arm in enumerate(arms)}
    return [*rf.train_rectifiers(named, problems, 4, **given).values()]


@pytest.mark.parametrize("arm", [rf.Arm(0.25, 1.0, True), rf.Arm(0.0, 2.0), rf.Arm(0.1, 1.0)])
def test_training_is_descent_with_momentum_and_a_falling_rate_of_every_network_alone(arm):
    one, k = drawn(), 2
    (ended,) = trained([arm], one)
    parts = [
        x[k : k + 1].clone().requires_grad_(True) for x in rf.start([arm], one.start).tensors()
    ]
    optimizer = torch.optim.SGD(parts if arm.learned else parts[:-1], lr=0.05, momentum=0.0)
    velocity = [torch.zeros_like(x) for x in parts]
    images, labels = one.images[k], one.labels[k]
    for t, batch in enumerate(one.order[k].view(5, 4)):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(
            by_torch(images[batch], 0, parts), labels[batch]
        ).backward()
        for x, v in zip(parts, velocity, strict=True):
            if x.grad is not None and (arm.learned or x is not parts[-1]):
                v.mul_(0.8).sub_(0.05 * (1 - t / 5) * x.grad)
                x.data += v
        for x in parts[:-1]:
            x.data = (x.data * 2**18).round() / 2**18
    assert np.allclose(ended.slopes[k], parts[6][0].detach(), rtol=1e-12)
    said = by_torch(one.tests[0][k, 2:], 0, parts).argmax(1)
    assert ended.accuracy[1, k] == float((said == one.tests[1][k, 2:]).double().mean())
    loss = torch.nn.functional.cross_entropy(by_torch(images, 0, parts), labels)
    assert ended.loss[k] == pytest.approx(float(loss.detach()))


def test_one_split_alone_ends_as_it_does_among_others():
    one, arms = drawn(), [rf.Arm(0.25, 1.0, True)]
    alone = one._replace(
        images=one.images[1:2],
        labels=one.labels[1:2],
        tests=tuple(x[1:2] for x in one.tests),
        start=one.start.map(lambda x: x[1:2]),
        order=one.order[1:2],
    )
    many, single = trained(arms * 2, one), trained(arms, alone)
    assert np.allclose(many[1].slopes[1], single[0].slopes[0], rtol=1e-12)


def test_each_split_keeps_the_rate_that_reads_the_held_images_best():
    """Rate by rate alone, and a rate at which descent diverges, which is never kept."""
    one, arms = drawn(steps=40), [rf.Arm(0.25, 1.0)]
    (both,) = trained(arms, one, rates=[0.01, 0.3, 1e9], looks=[40], held=6)
    alone = [trained(arms, one, rates=[rate], looks=[40], held=6)[0] for rate in (0.3, 0.01)]
    assert both.every[0].tolist() == [0, 0, 0]
    assert (both.every[1:] == [run.accuracy[-1] for run in alone]).all()
    assert {*both.rate} <= {0.3, 0.01}
    for k, rate in enumerate(both.rate):
        kept = alone[[0.3, 0.01].index(rate)]
        assert both.accuracy[-1, k] == kept.accuracy[-1, k] and both.loss[k] == kept.loss[k]


def refused(training=9, widths=(5, 4, 3), batch_size=4, generators=None):
    images, labels = torch.zeros(20, 5).double(), torch.zeros(20).long()
    return rf.draw(images, labels, training, widths, 5, batch_size, generators or [rng()])


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
        (lambda: refused(training=20), "training"),
        (lambda: refused(batch_size=10), "batch_size"),
        (lambda: refused(widths=[5, 3]), "widths"),
        (lambda: refused(generators=[0]), "generators"),
        (lambda: rf.start([rf.Arm(0.0, -1.0)], drawn().start), "fan_in_variance"),
        (lambda: trained([rf.Arm(0.0, 1.0)], drawn(), held=11), "held"),
        (lambda: trained([rf.Arm(0.0, 1.0)], drawn(), rates=[0.0]), "rate"),
    ],
)
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call()
