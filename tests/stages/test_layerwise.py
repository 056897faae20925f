"""Training layer by layer: one sweep against steps by hand, turns, the plateau of rank 1."""

from functools import partial

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, descend
from lib.stages import layerwise


def close(a, b, tolerance=1e-12):
    return torch.allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_layerwise_gradients_see_the_layers_below_moved(depth):
    rng = np.random.default_rng(depth)
    weights = ln.gaussian_weights([3] + [5] * (depth - 1) + [4], 2, rng)
    target = torch.from_numpy(rng.standard_normal((2, 4, 3)))
    found = layerwise.layerwise_gradients(weights, target, 0.01)
    moved = list(weights)
    for j in range(depth):
        fresh = ln.gradients(tuple(moved), target)[j]
        assert close(found[j], fresh)
        moved[j] = moved[j] - 0.01 * fresh


@pytest.mark.parametrize("depth", [2, 3])
def test_layers_in_turn_for_one_step_each_are_a_sweep(depth):
    rng = np.random.default_rng(depth)
    weights = ln.gaussian_weights([3] + [5] * (depth - 1) + [4], 2, rng)
    target = torch.from_numpy(rng.standard_normal((2, 4, 3)))
    one = descend(
        layerwise.one_layer_gradients,
        weights,
        Plain(0.01),
        problem=(target,),
        sees=lambda t, _: (t,),
        steps=5 * depth,
    )
    sweep = descend(
        partial(layerwise.layerwise_gradients, learning_rate=0.01),
        weights,
        problem=(target,),
        rule=Plain(0.01),
        steps=5,
    )
    for a, b in zip(one.weights, sweep.weights, strict=True):
        assert close(a, b)


def test_rank_one_plateau_of_a_small_start():
    rng = np.random.default_rng(0)
    sizes = torch.tensor([2, 0.5, 0, 0], dtype=torch.float64)
    target = ln.rotated(sizes.expand(2, 4), rng)
    weights = ln.gaussian_weights([4, 6, 6, 4], 2, rng)
    options = {"learning_rate": 0.1, "steps": 20000}
    for scheme in layerwise.SCHEMES:
        big, small = (
            layerwise.rank_one_plateau(
                tuple(s * w for w in weights), target, scheme=scheme, **options
            )
            for s in (0.04, 0.02)
        )
        assert (small["spread"] < 0.6 * big["spread"]).all()
        assert (small["stay"] > 1.5 * big["stay"]).all()
        assert (small["stay"] > small["drop"]).all()
    with pytest.raises(ValueError, match="scheme"):
        layerwise.rank_one_plateau(weights, target, scheme="up", **options)
    with pytest.raises(ArithmeticError, match="within 10 steps"):
        layerwise.rank_one_plateau(weights, target, scheme="together", learning_rate=1e-6, steps=10)
