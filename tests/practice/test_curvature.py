"""Products with the Hessian: autograd, the gradient's difference, a known Hessian; the largest curvature."""

import numpy as np
import pytest
import torch

from lib.practice import curvature as cv
from lib.practice import networks as nw
from lib.practice.starts import he, normal_start


def problem(activation=nw.RELU, widths=(5, 4, 3, 3), networks=2, m=7):
    rng = np.random.default_rng(3)
    net = normal_start(widths, [np.random.default_rng(k) for k in range(networks)], he)
    net = net._replace(
        biases=tuple(torch.from_numpy(rng.normal(size=tuple(b.shape))) for b in net.biases)
    )
    images = torch.from_numpy(rng.normal(size=(networks, m, widths[0])))
    labels = torch.from_numpy(rng.integers(0, widths[-1], (networks, m)))
    return net, images, labels, nw.columns(net, labels), nw.Form(activation)


def loss_of(rows, like, images, labels, activation):
    """Mean cross-entropy written with torch's own layers."""
    net = cv.unflattened(rows, like)
    h = images
    for j, (w, b) in enumerate(zip(net.weights, net.biases, strict=True)):
        h = torch.baddbmm(b[:, None], h, w.mT)
        h = activation(h) if j < len(net.weights) - 1 else h
    return torch.nn.functional.cross_entropy(h.flatten(0, 1), labels.flatten())


CASES = [(nw.RELU, torch.relu), (nw.TANH, torch.tanh), (nw.SIGMOID, torch.sigmoid)]


@pytest.mark.parametrize("ours, torchs", CASES)
def test_the_whole_hessian_is_autograds(ours, torchs):
    net, images, labels, targets, form = problem(ours, networks=1)
    found = cv.hessians(net, images, targets, form)[0]
    wanted = torch.autograd.functional.hessian(
        lambda rows: loss_of(rows[None], net, images, labels, torchs), cv.flattened(net)[0]
    )
    assert torch.allclose(found, wanted, atol=1e-12)  # another order of sums
    assert torch.allclose(found, found.T, atol=1e-14)


@pytest.mark.parametrize("ours, _", CASES)
def test_a_product_is_that_with_each_networks_own_hessian(ours, _):
    net, images, _labels, targets, form = problem(ours, networks=3)
    v = torch.from_numpy(np.random.default_rng(0).normal(size=tuple(cv.flattened(net).shape)))
    found = cv.flattened(cv.hessian_products(net, images, targets, cv.unflattened(v, net), form))
    wanted = (cv.hessians(net, images, targets, form) @ v[..., None])[..., 0]
    assert torch.allclose(found, wanted, atol=1e-12)


def test_scores_along_a_direction_are_the_limit_of_a_difference():
    net, images, _, _, form = problem(nw.TANH)
    v = cv.unflattened(
        torch.from_numpy(np.random.default_rng(1).normal(size=tuple(cv.flattened(net).shape))), net
    )
    errors = []
    for step in (1e-3, 1e-4):
        moved = cv.unflattened(cv.flattened(net) + step * cv.flattened(v), net)
        change = nw.forward(moved, images, form).scores - nw.forward(net, images, form).scores
        errors.append(float((change / step - cv.scores_along(net, images, v, form)).abs().max()))
    assert errors[1] == pytest.approx(errors[0] / 10, rel=0.1)  # first order in the step


def test_the_largest_curvature_is_the_largest_eigenvalue():
    net, images, _, targets, form = problem(networks=2)
    wanted = torch.linalg.eigvalsh(cv.hessians(net, images, targets, form))[:, -1]
    rng = np.random.default_rng(0)
    assert torch.allclose(
        cv.largest_curvature(net, images, targets, rng, form, 30), wanted, rtol=1e-9
    )
    few = cv.largest_curvature(net, images, targets, rng, form, 4)
    assert (few <= wanted * (1 + 1e-12)).all() and (few > 0.5 * wanted).all()


def test_what_curvature_does_not_know_is_refused():
    net, images, _, targets, _ = problem()
    with pytest.raises(ValueError, match="RELU, TANH or SIGMOID"):
        cv.hessian_products(net, images, targets, net, nw.Form(nw.leaky(0.2)))
    with pytest.raises(ValueError, match="no normalized layers"):
        cv.scores_along(net, images, net, nw.Form(normalized=True))
    with pytest.raises(ValueError, match="steps must be a whole number >= 1"):
        cv.largest_curvature(net, images, targets, np.random.default_rng(0), steps=0)
