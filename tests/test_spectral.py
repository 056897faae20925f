"""The spectral recursion against descent on matrices."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib import spectral
from lib.descent import Plain, descend


@pytest.mark.parametrize("depth", [1, 2, 3, 5, 8])
def test_spectral_recursion_equals_matrix_descent(depth):
    rng = np.random.default_rng(depth)
    seeds, k, steps = 4, 3, 200
    left, right = ln.orthogonal(k, rng, (seeds,)), ln.orthogonal(k, rng, (seeds,))
    singular = torch.from_numpy(rng.uniform(0.5, 1.5, (seeds, k)))
    modes = torch.from_numpy(rng.uniform(0.6, 1.2, (depth, seeds, k)))
    target = left @ torch.diag_embed(singular) @ right
    run = descend(
        ln.gradients,
        spectral.spectral_weights(modes, left, right),
        problem=(target,),
        rule=Plain(0.05),
        steps=steps,
    )
    at, kept = spectral.spectral_descent(modes, singular, learning_rate=0.05, record=[0, 7, steps])
    assert at.tolist() == [0, 7, steps] and torch.equal(kept[0], modes)
    for ours, matrix in zip(
        spectral.spectral_weights(kept[-1], left, right), run.weights, strict=True
    ):
        assert torch.allclose(ours, matrix, rtol=0, atol=1e-12)


def test_spectral_recursion_ends_at_the_first_record_below_the_final_loss():
    modes, singular = (
        torch.full((2, 3, 2), 0.5, dtype=torch.float64),
        torch.ones(2, dtype=torch.float64),
    )
    call = {"learning_rate": torch.tensor([[0.1], [0.1], [0.02]], dtype=torch.float64)}
    at, kept = spectral.spectral_descent(
        modes, singular, record=range(1000), final_loss=1e-3, **call
    )
    losses = (kept.prod(1) - 1).square().sum(-1) / 2
    assert len(at) < 1000 and (losses[-1] <= 1e-3).all() and not (losses[-2] <= 1e-3).all()


def test_factors_of_a_product_that_is_not_positive_are_refused(refused):
    with refused("positive"):
        spectral.spectral_factors(-torch.ones(2).double(), 2, 0.1, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("modes", "change", "words"),
    [
        ([], {}, "modes"),
        ([np.ones(2), np.ones(3)], {}, "modes"),
        ([np.ones(2)], {"learning_rate": 0.0}, "learning_rate"),
        ([np.ones(2)], {"record": []}, "record"),
    ],
)
def test_bad_input_is_one_clear_line(modes, change, words, refused):
    call = {"learning_rate": 0.1, "record": [1]} | change
    with refused(words):
        spectral.spectral_descent(modes, np.ones(2), **call)
