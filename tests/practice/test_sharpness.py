"""The edge of stability: thresholds against roots and trial, gradients and Hessians against autograd, confined descent."""

import numpy as np
import pytest
import torch

from lib.descent import Momentum, Plain, descend
from lib.practice import curvature as cv
from lib.practice import sharpness as sh
from lib.practice.networks import Network

RULES = [
    Plain(0.3),
    *(kind(0.3, mu) for kind in (Momentum, sh.Nesterov) for mu in (0.0, 0.5, 0.9)),
]


def fit(draws=2, images=12, scrambled=0.0, gain=1.0):
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.standard_normal((60, 6)))
    labels = torch.from_numpy(rng.integers(0, 10, 60))
    generators = [np.random.default_rng([1, k]) for k in range(draws)]
    how = {"images": images, "scrambled": scrambled, "gain": gain}
    return sh.draw_fit(pixels, labels, [5, 4], generators, **how)


def loss_of(rows, like, images, targets):
    """Half the mean square, summed over the scores, with torch's own layers, (networks,)."""
    net, h = cv.unflattened(rows, like), images
    for j, (w, b) in enumerate(zip(net.weights, net.biases, strict=True)):
        h = h @ w.mT + b[:, None]
        h = torch.tanh(h) if j < len(net.weights) - 1 else h
    return (h.mT - targets).square().sum((1, 2)) / 2 / images.shape[1]


def hessian(one, r):
    start = one.start.map(lambda x: x[r : r + 1])
    given = start, one.images[r : r + 1], one.targets[r : r + 1]
    rows = cv.flattened(start)[0]
    return torch.autograd.functional.hessian(lambda w: loss_of(w[None], *given).sum(), rows)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{type(r).__name__}")
def test_a_root_is_at_minus_one_where_stability_ends(rule):
    edge = sh.threshold(rule)
    assert sh.growth(rule, edge) == pytest.approx(1, abs=1e-7)  # a root of a root near mu = 1
    assert sh.growth(rule, 1.01 * edge) > 1 + 1e-3 and sh.growth(rule, 0.99 * edge) < 1


@pytest.mark.parametrize(
    "rule", RULES[:1] + RULES[2:4] + RULES[5:], ids=lambda r: f"{type(r).__name__}"
)
def test_descent_itself_grows_from_the_threshold_on(rule):
    assert sh.threshold_by_trial(rule, 11, 800) == pytest.approx(sh.threshold(rule), rel=0.005)


@pytest.mark.parametrize("mu", [0.0, 0.6])
def test_nesterovs_step_is_that_of_the_book(mu):
    """y = x + mu (x - x_before), x <- y - rate g(y): the weights of the rule are y."""
    rng = np.random.default_rng(0)
    m = rng.standard_normal((4, 4))
    m, x = m @ m.T / 4, rng.standard_normal(4)
    run = descend(
        lambda w: (w[0] @ torch.from_numpy(m),),
        (torch.from_numpy(x[None].copy()),),
        sh.Nesterov(0.1, mu),
        steps=20,
    )
    before = y = x
    for _ in range(20):
        x = y - 0.1 * m @ y
        y, before = x + mu * (x - before), x
    assert np.allclose(run.weights[0][0].numpy(), y, rtol=1e-10)


def test_the_gradient_is_that_of_autograd():
    one = fit()
    rows = cv.flattened(one.start).requires_grad_()
    losses = loss_of(rows, one.start, one.images, one.targets)
    losses.sum().backward()
    assert torch.allclose(one.gradient(one.start), rows.grad, atol=1e-13)
    assert torch.allclose(one.loss(one.start), losses.detach(), rtol=1e-12)


def test_sharpness_and_steepest_directions_are_those_of_the_whole_hessian():
    one, rng = fit(), np.random.default_rng(0)
    for r in range(2):
        values, vectors = torch.linalg.eigh(hessian(one, r))
        assert one.sharpness(one.start, rng)[r] == pytest.approx(float(values[-1]), rel=1e-6)
        top = cv.steepest(one.start, *one[:2], 4, rng, sh.FORM, 40, cv.SQUARES)
        assert torch.allclose(top[0][r], values[-4:].flip(0), rtol=1e-6)
        spanned = vectors[:, -4:] @ vectors[:, -4:].mT
        assert torch.allclose(top[1][r] @ top[1][r].mT, spanned, atol=1e-4)


def test_a_product_is_the_limit_of_a_difference_of_gradients():
    one = fit()
    v = torch.from_numpy(
        np.random.default_rng(1).standard_normal((2, cv.flattened(one.start).shape[1]))
    )
    exact = cv.curving(one.start, *one[:2], sh.FORM, cv.SQUARES)(v)
    errors = []
    for step in (1e-3, 1e-4):
        sides = [
            one.gradient(cv.unflattened(cv.flattened(one.start) + s * v, one.start))
            for s in (step, -step)
        ]
        errors.append(float(((sides[0] - sides[1]) / 2 / step - exact).abs().max()))
    assert errors[1] < errors[0] / 80  # second order in the step


def test_the_share_of_the_gradient_is_that_of_a_projection():
    one, rng = fit(), np.random.default_rng(0)
    g = one.gradient(one.start)
    for r in range(2):
        q = torch.linalg.eigh(hessian(one, r))[1][:, -10:]
        wanted = float((q.mT @ g[r]).square().sum() / g[r].square().sum())
        assert float(one.share_in_steepest(one.start, 10, rng)[r]) == pytest.approx(
            wanted, abs=1e-3
        )


def test_labels_are_scrambled_in_about_this_share():
    kept = [fit(3, 50, share).targets for share in (0.0, 0.5, 1.0)]
    same = [float((kept[0] * other).sum(1).mean()) for other in kept]
    assert same[0] == 1 and 0.4 < same[1] < 0.7 and same[2] < 0.25
    assert all(torch.equal(k.sum(1), torch.ones(3, 50, dtype=torch.float64)) for k in kept)


def test_a_walk_takes_the_steps_of_its_gradient():
    one = fit()
    states = sh.walk(one, Plain(0.1), steps=2, record=[0, 1, 2])
    rows = cv.flattened(one.start)
    for state in states[1:]:
        rows = rows - 0.1 * one.gradient(cv.unflattened(rows, one.start))
        assert torch.allclose(cv.flattened(state), rows, atol=2e-6)  # a grid of 2^-20
    orders = torch.tensor([[[0, 1], [2, 2]]]).expand(2, 2, 2)
    few = sh.walk(one, Plain(0.1), steps=1, record=[1], orders=orders)[0]
    part = one._replace(images=one.images[:, :2], targets=one.targets[:, :, :2])
    wanted = cv.flattened(one.start) - 0.1 * part.gradient(one.start)
    assert torch.allclose(cv.flattened(few), wanted, atol=1e-6)


def test_what_is_followed():
    one, rng = fit(), np.random.default_rng(0)
    run = sh.follow(one, Plain(0.1), rng, steps=40, every=10)
    assert run.steps == [0, 10, 20, 30] and run.sharpness.shape == run.losses.shape == (4, 2)
    assert not run.rises.any() and (run.losses.diff(dim=0) < 0).all()
    assert torch.allclose(run.late(), run.sharpness[2:].mean(0))
    assert torch.allclose(run.at_edge(), run.late() * 0.1 / 2)
    assert (run.late_rises() == 0).all() and run.late_fall().shape == (2,)


def test_without_hidden_layers_the_loss_is_a_quadratic():
    pixels, labels = torch.eye(4, dtype=torch.float64).repeat(5, 1), torch.arange(20) % 4
    one = sh.draw_fit(pixels, labels, [], [np.random.default_rng(0)], images=12)
    rng = np.random.default_rng(0)
    run = sh.follow(one, Plain(0.5), rng, steps=20, every=10)
    whole = torch.cat([one.images[0], torch.ones(12, 1)], 1)
    top = float(torch.linalg.eigvalsh(whole.T @ whole / 12)[-1])
    assert torch.allclose(run.sharpness, torch.full((2, 1), top, dtype=torch.float64), rtol=1e-9)


def test_confined_descent():
    """All directions: plain descent. Those inside and those outside: no part in the others."""
    one = fit(gain=0.5)
    run = sh.confined(one, [0.05, 50.0], np.random.default_rng(0), count=3, steps=12, every=5)
    plain = one.loss(sh.walk(one, Plain(0.05), steps=12, record=[12])[0])
    assert torch.equal(run.before, one.loss(one.start))
    assert torch.allclose(run.after["all directions"][0], plain, rtol=1e-5)
    assert run.after["all directions"][1].isinf().all()
    for kind in ("the steepest", "random ones"):
        only, without = run.after[f"only {kind}"][0], run.after[f"without {kind}"][0]
        assert (only < run.before).all() and (without > plain).all()
        fall = (run.before - only) / (run.before - plain)
        assert torch.allclose(run.fall(f"only {kind}"), fall, rtol=1e-2)
        assert torch.allclose(
            run.log_ratio(f"without {kind}", 0), (without / plain).log(), atol=1e-5
        )
    assert (run.fall("only random ones") < 0.5).all()
    later = sh.confined(one, [0.05], np.random.default_rng(0), count=3, steps=2, warm=3)
    assert torch.allclose(later.before, one.loss(sh.walk(one, Plain(0.1), steps=3, record=[3])[0]))


def test_a_basis_turns_to_the_steepest_directions():
    one, rng = fit(), np.random.default_rng(0)
    goal = cv.steepest(one.start, *one[:2], 3, rng, sh.FORM, 40, cv.SQUARES)[1]
    bases = torch.linalg.qr(torch.from_numpy(rng.standard_normal(tuple(goal.shape))))[0]
    for _ in range(300):
        bases[[1]] = sh.turned_on(one, one.start, bases, torch.tensor([1]))
    assert torch.linalg.matrix_norm(goal[1].mT @ bases[1]) ** 2 == pytest.approx(3, abs=1e-3)
    assert torch.linalg.matrix_norm(goal[0].mT @ bases[0]) ** 2 < 2


def test_networks_of_one_kind_only():
    assert isinstance(fit().repeated(2).start, Network) and fit().repeated(2).start.count == 4
    with pytest.raises(ValueError, match="count"):
        sh.confined(fit(), [0.1], np.random.default_rng(0), count=0, steps=1)
