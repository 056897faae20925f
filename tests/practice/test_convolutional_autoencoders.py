"""Convolutional autoencoders: side by side as alone, a pass written anew, the gradient as a difference quotient."""

import numpy as np
import pytest
import torch

from lib.practice import autoencoders as ae
from lib.practice import convolutional_autoencoders as ca
from lib.practice.networks import normalize

C, K = 3, 2


def rng(seed=0):
    return np.random.default_rng(seed)


def made(networks=2, examples=4, normalized=True):
    start = ca.convolutional_start(C, K, [rng(k) for k in range(networks)])
    start = tuple(x + 0.1 * torch.from_numpy(rng(7).standard_normal(x.shape)) for x in start)
    if normalized:
        start = (*start, *(1 + 0.2 * torch.ones_like(start[6 + j]) for j in (0, 1, 4)))
    images = torch.from_numpy(rng(8).random((networks, examples, 100)))
    return start, images, torch.from_numpy(rng(9).standard_normal((networks, examples, K)))


@pytest.mark.parametrize("normalized", [True, False])
def test_networks_side_by_side_are_those_alone(normalized):
    parameters, images, noise = made(normalized=normalized)
    both = ca.convolutional_elbo(parameters, images, noise, normalized=normalized)
    for r in (0, 1):
        one = tuple(p[r : r + 1] for p in parameters)
        own = ca.convolutional_elbo(one, images[r : r + 1], noise[r : r + 1], normalized=normalized)
        assert all(torch.allclose(a[r], b[0]) for a, b in zip(both, own, strict=True))


def test_a_pass_is_what_is_written():
    """One network, convolutions as sums over patches, normalization by `networks.normalize`."""
    parameters, images, noise = made(networks=1)
    w, b, gains = ([p[0] for p in parameters[i:j]] for i, j in ((0, 6), (6, 12), (12, 15)))

    def unit(values, bias, gain):
        flat = values.transpose(0, 1).flatten(1)  # (channels, images x positions)
        z = normalize(flat)[0].view_as(values.transpose(0, 1)).transpose(0, 1)
        return (gain[:, None, None] * z + bias[:, None, None]).relu()

    def convolution(x, kernel):
        side = (x.shape[-1] + 1) // 2
        x = torch.nn.functional.pad(x, (1, 1, 1, 1))
        out = x.new_zeros(len(x), len(kernel), side, side)
        for i in range(side):
            for j in range(side):
                patch = x[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
                out[:, :, i, j] = torch.einsum("mcab,ocab->mo", patch, kernel)
        return out

    def transposed(x, kernel, side):
        out = x.new_zeros(len(x), kernel.shape[1], side + 2, side + 2)
        size = kernel.shape[-1]
        for i in range(x.shape[-1]):
            for j in range(x.shape[-1]):
                spread = torch.einsum("mc,coab->moab", x[:, :, i, j], kernel)
                out[:, :, 2 * i : 2 * i + size, 2 * j : 2 * j + size] += spread
        return out[:, :, 1:-1, 1:-1]

    x = unit(convolution(images[0].view(-1, 1, 10, 10), w[0]), b[0], gains[0])
    x = unit(convolution(x, w[1]), b[1], gains[1])
    m, log_variance = (x.flatten(1) @ w[2].T + b[2]).chunk(2, 1)
    z = m + (log_variance / 2).exp() * noise[0]
    x = (z @ w[3].T + b[3]).relu().view(-1, 2 * C, 3, 3)
    x = unit(transposed(x, w[4], 5), b[4], gains[2])
    scores = (transposed(x, w[5], 10) + b[5]).flatten(1)
    bits = torch.nn.functional.binary_cross_entropy_with_logits(scores, images[0], reduction="sum")
    kl = (m.square() + log_variance.exp() - 1 - log_variance).sum() / 2
    bound, found = ca.convolutional_elbo(parameters, images, noise, normalized=True)
    assert torch.allclose(bound[0], -(bits + kl) / 4) and torch.allclose(found[0], kl / 4)


@pytest.mark.parametrize("normalized", [True, False])
def test_the_gradient_is_a_difference_quotient(normalized):
    parameters, images, noise = made(normalized=normalized)
    found = ca.convolutional_gradients(parameters, images, noise, normalized)
    ways = [torch.from_numpy(rng(j).standard_normal(p.shape)) for j, p in enumerate(parameters)]
    ends = [
        ca.convolutional_elbo(
            tuple(p + h * w for p, w in zip(parameters, ways, strict=True)),
            images,
            noise,
            normalized=normalized,
        )[0]
        for h in (1e-6, -1e-6)
    ]
    slope = sum((g * w).flatten(1).sum(1) for g, w in zip(found, ways, strict=True))
    assert torch.allclose((ends[1] - ends[0]) / 2e-6, slope, rtol=1e-4)


@pytest.mark.parametrize("normalized", [True, False])
def test_training_raises_the_bound(normalized):
    images = torch.from_numpy(rng(3).random((30, 100))).round()
    problems = ae.draw_with_noise(images, 20, 400, 4, K, [rng(1), rng(2)])
    start = ca.convolutional_start(C, K, [rng(1), rng(2)])
    ends = [
        ca.convolutional_tests(
            problems, ca.train_convolutional(problems, start, [0.003], 4, n, normalized=normalized)
        )[0]
        for n in (4, 60)
    ]
    assert ends[0].shape == (1, 2) and (ends[1] > ends[0]).all()


def test_bad_input_is_one_clear_line():
    parameters, images, noise = made()
    with pytest.raises(ValueError, match="parameters"):
        ca.convolutional_elbo(parameters, images, noise)
    with pytest.raises(ValueError, match="images"):
        ca.convolutional_elbo(parameters, images[..., :50], noise, normalized=True)
