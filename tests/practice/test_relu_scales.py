"""Scales of ReLU networks: each start against the one written out, and falling losses."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.practice import networks as nw
from lib.practice.relu_scales import relu_ends

WIDTHS, SCALES = [6, 4, 3, 3], [0.2, 0.4]


def problem():
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.uniform(size=(40, 6)))
    images[:, 2] = 0  # never lit: left out
    return images, images[:, [0, 1, 3]].argmax(1)


def go(epochs, draws=3):
    rng, options = np.random.default_rng(1), {"learning_rate": 0.05, "batch_size": 10}
    return relu_ends(*problem(), WIDTHS, SCALES, draws, rng, epochs=epochs, **options)


def loss_of(weights):
    network = nw.Network(weights, tuple(w.new_zeros(w.shape[:2]) for w in weights))
    return nw.evaluate(network, *problem())[0]


def test_each_start_is_the_one_that_its_scale_says():
    """The first draw: layer-wise starts at s, balanced ones whose product has the scale p."""
    start, rng = go(0), np.random.default_rng(1)
    weights = ln.gaussian_weights(WIDTHS, 1, rng)
    matrix = torch.from_numpy(rng.standard_normal((1, 3, 6)))
    factors = ln.balanced_factors(matrix, WIDTHS, rng)
    close = {"rtol": 0, "atol": 1e-5}  # float32
    for s, p, layered in zip(SCALES, start.product, start.layered, strict=True):
        torch.testing.assert_close(loss_of(tuple(s * w for w in weights))[0], layered[0], **close)
        even = tuple(p ** (1 / 3) * w for w in factors)
        torch.testing.assert_close(ln.end_to_end(even)[0], p * matrix[0])
        torch.testing.assert_close(loss_of(even)[0], start.balanced_at([p])[0, 0], **close)
        even = tuple(s ** (1 / 3) * w for w in factors)
        torch.testing.assert_close(loss_of(even)[0], start.balanced_at([s])[0, 0], **close)


def test_other_scales_are_refused_and_rarely_lit_pixels_left_out():
    with pytest.raises(ValueError, match="scales must be among"):
        go(0).balanced_at([0.3])
    images, labels = (x.repeat(10, *[1] * (x.ndim - 1)) for x in problem())
    spot = images.clone()
    spot[:3, 2] = 5  # three images of 400
    options = {"epochs": 1, "learning_rate": 0.05, "batch_size": 100}
    ends = [
        relu_ends(x, labels, WIDTHS, SCALES, 1, np.random.default_rng(1), **options).layered
        for x in (images, spot)
    ]
    assert torch.equal(*ends)


def test_losses_fall_and_every_draw_is_another():
    start, end = go(0), go(60)
    assert (end.layered < start.layered).all() and (end.balanced < start.balanced).all()
    assert end.layered.shape == (2, 3) and end.balanced.shape == (4, 3)
    assert (end.products == np.sort([*SCALES, *end.product])).all()
    assert (end.layered.diff(dim=1) != 0).all()
    torch.testing.assert_close(go(60, 1).layered, end.layered[:, :1])


def test_what_leaves_the_floating_numbers_ends_at_an_infinite_loss():
    ends = relu_ends(*problem(), WIDTHS, [0.2, 1e15], 2, np.random.default_rng(1), epochs=5,
                     learning_rate=0.05, batch_size=10)  # fmt: skip
    assert ends.layered[0].isfinite().all() and ends.layered[1].isinf().all()
    assert not ends.balanced.isnan().any()
