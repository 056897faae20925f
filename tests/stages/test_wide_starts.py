"""Grams, distances: against drawn networks, autograd, balanced factors."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.stages import wide_starts as ws


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_grams_of_a_wide_network_have_the_law_of_drawn_networks(depth):
    """Means, spreads and correlations against networks that are really drawn."""
    width, size, scale, draws = 9, 3, 0.5, 4000
    rng = np.random.default_rng(depth)
    shapes = [(width, size), *[(width, width)] * (depth - 2), (size, width)]
    weights = [scale * rng.standard_normal((draws, *shape)) for shape in shapes]
    lower, upper = [np.broadcast_to(np.eye(size), (draws, size, size))], []
    product = np.eye(size)
    for w in weights[:-1]:
        product = w @ product
        lower.append(product.mT @ product)
    matrix, product = weights[-1] @ product, np.broadcast_to(np.eye(size), (draws, size, size))
    for w in reversed(weights[1:]):
        upper.append(product @ product.mT)
        product = product @ w
    drawn = matrix, np.stack(lower), np.stack([*upper, product @ product.mT][::-1])

    def summary(grams):
        matrix, lower, upper = grams
        scalars = [(matrix**2).sum((1, 2))]
        scalars += [np.log(np.linalg.det(x)) for x in (*lower[1:], *upper[:-1])]
        scalars += [np.trace(upper[0] @ lower[0], axis1=1, axis2=2)]
        scalars += [
            np.trace(a @ b, axis1=1, axis2=2) for a, b in zip(lower[1:], upper, strict=False)
        ]
        return np.stack(scalars)

    ours = summary(ws.network_grams(depth, width, size, scale, draws, rng))
    theirs = summary(drawn)
    spread = theirs.std(1)
    assert (abs(ours.mean(1) - theirs.mean(1)) < 5 * spread * (2 / draws) ** 0.5).all()
    assert np.allclose(ours.std(1), spread, rtol=0.15)
    assert np.allclose(np.corrcoef(ours), np.corrcoef(theirs), atol=0.1)


def test_start_distances_agree_with_the_jacobian_of_a_drawn_network():
    """One hidden unit per input and no freedom left: compare with autograd on drawn networks."""
    size, width, depth, scale = 2, 6, 3, 0.6
    gamma, rng = -2 * np.log(scale) / np.log(width), np.random.default_rng(1)
    target = torch.eye(size, dtype=torch.float64)
    found = []
    for _ in range(400):
        weights = [w[0] for w in ln.gaussian_weights([size, width, width, size], 1, rng, scale)]
        blocks = torch.autograd.functional.jacobian(lambda *w: w[2] @ w[1] @ w[0], tuple(weights))
        jacobian = torch.cat([b.reshape(size**2, -1) for b in blocks], 1)
        residual = (target - weights[2] @ weights[1] @ weights[0]).reshape(-1)
        step = jacobian.mT @ torch.linalg.solve(jacobian @ jacobian.mT, residual)
        ends = weights[0].square().sum() + weights[2].square().sum()
        found.append([float(ends.sqrt()), float(step.norm())])
    ours = ws.start_distances(target, width, gamma, depth=depth, draws=4000, rng=rng)
    for column, values in zip(np.array(found).T, ours, strict=True):
        noise = column.std() / 20
        assert abs(column.mean() - float(values.mean())) < 4 * noise


def test_least_norm_is_that_of_balanced_factors():
    target = torch.diag(torch.tensor([2.5, 1.5, 0.8], dtype=torch.float64))
    for depth in (2, 3, 4):
        factors = ln.balanced_factors(target, [3] * (depth + 1))
        norm = sum(w.square().sum() for w in factors) ** 0.5
        assert ws.minimum_norm([2.5, 1.5, 0.8], depth) == pytest.approx(float(norm))


def test_from_a_tiny_start_descent_walks_the_least_norm():
    """gamma far above 1: the start is the origin, and descent from it stays balanced."""
    rng = np.random.default_rng(0)
    target = ln.rotated(torch.tensor([[2.0, 1.0]] * 2, dtype=torch.float64), rng)
    found = ws.trained_distance(target, 20, 4.0, depth=2, rng=rng)
    assert torch.allclose(
        found, torch.full((2,), ws.minimum_norm([2.0, 1.0], 2)).double(), rtol=0.02
    )


def test_a_network_must_be_wide():
    with pytest.raises(ValueError, match="width >= 2 size = 6"):
        ws.network_grams(3, 5, 3, 1.0, 2, np.random.default_rng(0))
