"""What is kept, what is changed: exact laws of one step, the same function in other weights, arms and limits."""

import numpy as np
import pytest
import torch

from lib.practice import curvature as cv
from lib.practice import networks as nw
from lib.synthesis import mechanisms as ms


@pytest.fixture
def task():
    rng = np.random.default_rng(1)
    pixels = torch.from_numpy(rng.normal(size=(40, 6)))
    labels = torch.from_numpy(np.arange(40) % 3)
    generators = [np.random.default_rng(k) for k in range(3)]
    found = ms.draw_task(pixels, labels, [5, 4], generators, images=20, batch=4, steps=7)
    biases = tuple(torch.from_numpy(rng.normal(size=tuple(b.shape))) for b in found.start.biases)
    return found._replace(start=found.start._replace(biases=biases))


@pytest.fixture
def net(task):
    return task.start


def test_a_step_changes_the_balance_of_units_by_its_gradients_squared(net, task):
    g = task.gradient(net)
    for eta in (0.1, 0.01):
        moved = cv.unflattened(cv.flattened(net) - eta * cv.flattened(g), net)
        change = ms.unit_balance(moved) - ms.unit_balance(net)
        assert torch.allclose(
            change, eta**2 * ms.unit_balance(g), atol=1e-14
        )  # rounding of squares
    drift = (ms.matrix_balance(moved) - ms.matrix_balance(net)).abs().max()
    assert drift > 50 * change.abs().max()  # rectifiers do not keep the matrix


@pytest.mark.parametrize(
    "change",
    [
        lambda n: ms.rescaled(n, [4.0, 0.25]),
        ms.balanced,
        lambda n: ms.renumbered(n, np.random.default_rng(5)),
    ],
)
def test_other_weights_same_function(net, task, change):
    other = change(net)
    old, new = (nw.forward(one, task.images).scores for one in (net, other))
    assert torch.allclose(new, old, atol=1e-12)  # products in another order
    assert not torch.allclose(cv.flattened(other), cv.flattened(net))


def test_balanced_is_balanced_and_a_factor_for_each_layer_is_asked(net):
    assert ms.unit_balance(ms.balanced(net)).abs().max() < 1e-10
    with pytest.raises(ValueError, match="one for each hidden layer"):
        ms.rescaled(net, [2.0])


def by_hand(task, speeds, rate, steps, pieces=1):
    """Plain descent on the minibatches, written as a loop."""
    here, rows = task.start, torch.arange(3)[:, None]
    for t in range(steps):
        at = task.orders[:, t]
        for _ in range(pieces):
            g = nw.mean_gradient(here, task.images[rows, at], task.targets[rows, at].mT)
            pairs = zip(here.tensors(), speeds, g.tensors(), strict=True)
            here = here.like(tuple(w - rate / pieces * s * x for w, s, x in pairs))
    return here


def test_arms_side_by_side_are_the_arms_alone_and_a_loop_by_hand(net, task):
    speeds = (0.0, 1.0, 0.5, 0.0, 2.0, 0.5)
    given = {"plain": ms.Arm(net), "slow": ms.Arm(net, speeds), "signs": ms.Arm(net, (), True)}
    both = ms.train(task, given, rate=0.1, steps=7, record=[0, 7])
    for name, arm in given.items():
        alone = ms.train(task, {name: arm}, rate=0.1, steps=7)[name].network
        # stacked and single products round differently
        assert torch.allclose(cv.flattened(both[name].network), cv.flattened(alone), atol=1e-13)
    hand = by_hand(task, speeds, 0.1, 7)
    assert torch.allclose(cv.flattened(both["slow"].states[-1]), cv.flattened(hand), atol=1e-13)
    assert torch.allclose(cv.flattened(both["slow"].states[0]), cv.flattened(net), atol=0)
    with pytest.raises(ValueError, match="at most the task's 7"):
        ms.train(task, given, rate=0.1, steps=8)


def test_pieces_divide_the_step_and_not_the_minibatch(net, task):
    found = ms.train(task, {"a": ms.Arm(net)}, rate=0.1, steps=5, pieces=3)["a"].network
    assert torch.allclose(
        cv.flattened(found), cv.flattened(by_hand(task, (1,) * 6, 0.1, 5, 3)), atol=1e-13
    )


def test_signs_that_are_held_stay(net, task):
    arm = {"signs": ms.Arm(net, (), True)}
    end = ms.train(task, arm, rate=2.0, steps=30, noise=False)["signs"].network
    for w, s in zip(end.weights, net.weights, strict=True):
        assert bool((w * s >= 0).all())
    assert bool((end.weights[0] == 0).any())


def test_an_imbalance_is_a_rate_for_each_layer(net, task):
    c = 4.0
    speeds = (c**2, c**-2, 1.0, c**2, 1.0, 1.0)
    given = {"plain": ms.Arm(net), "scaled": ms.Arm(ms.rescaled(net, [c, 1.0]), speeds)}
    found = ms.train(task, given, rate=0.05, steps=20, noise=False)
    plain = ms.rescaled(found["plain"].network, [c, 1.0])
    assert torch.allclose(cv.flattened(plain), cv.flattened(found["scaled"].network), atol=1e-11)


def test_the_linearized_network_is_the_network_for_small_moves(net, task):
    errors = []
    for rate in (1e-2, 1e-3):
        move = ms.train_linearized(task, rate=rate, steps=1)
        real = ms.train(task, {"a": ms.Arm(net)}, rate=rate, steps=1)["a"].network
        assert torch.allclose(
            cv.flattened(net) + cv.flattened(move), cv.flattened(real), atol=1e-14
        )
        linear = ms.linearized_scores(net, move, task.images).mT
        errors.append(float((nw.forward(real, task.images).scores - linear).abs().max()))
    assert errors[1] < errors[0] / 50  # second order in the step
    still = ms.linearized(task, rate=0.1, steps=0)
    assert torch.allclose(still["loss"], task.loss(net), atol=1e-14)
    assert torch.allclose(still["accuracy"], task.accuracy(net), atol=0)


def test_curvature_along_the_gradient_is_that_of_the_hessian(net, task):
    hessian = cv.hessians(net, task.images, task.targets.mT)
    g = cv.flattened(task.gradient(net))
    wanted = torch.einsum("rp,rpq,rq->r", g, hessian, g) / g.square().sum(1)
    assert torch.allclose(ms.curvature_along_gradient(task, net), wanted, rtol=1e-9)


def test_agreement_is_a_cosine_with_the_way_back(net, task):
    g = cv.flattened(task.gradient(net))
    ahead, across = (
        cv.unflattened(cv.flattened(net) - 3 * g, net),
        cv.unflattened(cv.flattened(net) + g, net),
    )
    assert torch.allclose(ms.agreement(task, net, ahead), torch.ones(3).double(), atol=1e-12)
    assert torch.allclose(ms.agreement(task, net, across), -torch.ones(3).double(), atol=1e-12)


def test_the_noise_scale_is_that_of_all_minibatches(net, task):
    rng = np.random.default_rng(0)
    at = torch.from_numpy(
        np.stack([np.stack([rng.permutation(20)[:4] for _ in range(4000)]) for _ in range(3)])
    )
    g = cv.flattened(task.gradient(net))
    rows = torch.arange(3)[:, None]
    one = [
        cv.flattened(nw.mean_gradient(net, task.images[rows, k], task.targets[rows, k].mT))
        for k in torch.arange(20).expand(3, 20)[..., None].unbind(1)
    ]
    wanted = torch.stack([(x - g).square().sum(1) for x in one]).mean(0) / g.square().sum(1)
    assert torch.allclose(ms.noise_scale(task, net, at), wanted, rtol=0.05)  # 4,000 minibatches


def test_descent_without_directions_has_no_part_in_them(net, task):
    bases = ms.without_negative(task)(net)
    for q, h in zip(bases, cv.hessians(net, task.images, task.targets.mT), strict=True):
        values = torch.linalg.eigvalsh(h)
        assert torch.allclose(q.mT @ q, torch.eye(q.shape[1], dtype=torch.float64), atol=1e-12)
        assert float(torch.linalg.eigvalsh(q.mT @ h @ q)[-1]) < 0
        assert int((values < -1e-6 * values[-1]).sum()) == q.shape[1] > 0
    end = ms.train_without(task, lambda _: bases, rate=0.1, steps=5, every=2)
    for q, m in zip(bases, cv.flattened(end) - cv.flattened(net), strict=True):
        assert (q.mT @ m).abs().max() < 1e-13 < m.norm()


def test_the_opposite_of_a_direction_that_curves_down_curves_up_as_much(net, task):
    values = torch.tensor([-2.0, -0.5, 0.4, 0.6, 1.9, 30.0], dtype=torch.float64)
    q = torch.linalg.qr(torch.from_numpy(np.random.default_rng(0).standard_normal((6, 6))))[0]
    [basis] = ms.opposite_directions((q * values @ q.mT)[None])
    assert torch.allclose(  # the nearest in size: 1.9 of 2, and 0.6 of 0.5 rather than 0.4
        (q.mT @ basis).abs().sum(1), torch.tensor([0, 0, 0, 1, 1, 0.0]).double(), atol=1e-12
    )
    negative, opposite = (of(task)(net) for of in (ms.without_negative, ms.without_opposite))
    for h, down, up in zip(
        cv.hessians(net, task.images, task.targets.mT), negative, opposite, strict=True
    ):
        assert up.shape == down.shape
        assert torch.allclose(up.mT @ up, torch.eye(up.shape[1], dtype=torch.float64), atol=1e-12)
        assert float(torch.linalg.eigvalsh(up.mT @ h @ up)[0]) > 0
        assert (up.mT @ down).abs().max() < 1e-10


def test_without_no_directions_it_is_descent(net, task):
    none = ms.without_random(0, np.random.default_rng(0))
    end = ms.train_without(task, none, rate=0.1, steps=6, every=4)
    real = ms.train(task, {"a": ms.Arm(net)}, rate=0.1, steps=6, noise=False)["a"].network
    assert torch.allclose(cv.flattened(end), cv.flattened(real), atol=1e-14)
