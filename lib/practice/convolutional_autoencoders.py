"""Many small convolutional variational autoencoders at once, with batch normalization of their convolutions.

For images of 10 x 10 pixels; every convolution has stride 2, f is the rectifier:

    image -> f(3 x 3, c) -> f(3 x 3, 2 c) -> 9 * 2 c values -> (mu, log s^2),   z = mu + s * noise,
    z -> f(9 * 2 c values) -> f(3 x 3 transposed, c) -> 4 x 4 transposed -> scores,

with the ELBO of `autoencoders`. The three hidden convolutions are plain, with a bias, or normalized: each channel
over the images of the minibatch and all positions (Ioffe and Szegedy 2015, section 3.2, recalled). The gradient is
torch's own: no closed form is kept for convolutions. Parameters are a tuple of float64 tensors (networks, ...).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from lib.checks import whole_number
from lib.descent import Adam, descend, snapped
from lib.practice.draws import batches, minibatch
from lib.practice.networks import EPSILON

SIDE = 10  # pixels of an image's side


class Convolutional(NamedTuple):
    """Convolutional autoencoders, (rates x draws networks, draws innermost), and whether they are normalized."""

    parameters: tuple
    normalized: bool


def convolutional_start(
    channels: int, code: int, generators: Sequence[np.random.Generator]
) -> tuple[Tensor, ...]:
    """Weights N(0, 1 / inputs) and biases 0 of one autoencoder a generator: (W_1..W_6, b_1..b_6).

    Raises ValueError for numbers below 1.
    """
    c, k = whole_number("channels", channels), whole_number("code", code)
    shapes = [
        ((c, 1, 3, 3), 9, c),
        ((2 * c, c, 3, 3), 9 * c, 2 * c),
        ((2 * k, 18 * c), 18 * c, 2 * k),
        ((18 * c, k), k, 18 * c),
        (
            (2 * c, c, 3, 3),
            4.5 * c,
            c,
        ),  # stride 2: a value meets a quarter of the 3 x 3 x 2c weights
        ((c, 1, 4, 4), 4 * c, 1),
    ]
    weights = tuple(
        torch.from_numpy(np.stack([g.standard_normal(shape) for g in generators])) * inputs**-0.5
        for shape, inputs, _ in shapes
    )
    return (*weights, *(weights[0].new_zeros(len(generators), out) for *_, out in shapes))


class _Convolutions:
    """One pass of networks side by side, as channels of one image: activations (m, networks * channels, ...)."""

    def __init__(self, parameters, normalized, statistics=None):
        self.weights, self.biases = parameters[:6], parameters[6:12]
        self.gains = parameters[12:]
        self.normalized, self.given, self.found = normalized, statistics, []
        self.networks = len(self.weights[0])

    def unit(self, values, place):
        """f of a hidden convolution, normalized or not; place 0, 1, 2 of the three."""
        bias = self.biases[(0, 1, 4)[place]].flatten()
        if not self.normalized:
            return F.relu(values + bias[:, None, None])
        gain = self.gains[place].flatten()
        if self.given is None:
            self.found.append((values.mean((0, 2, 3)), values.var((0, 2, 3), correction=0)))
            out = F.batch_norm(values, None, None, gain, bias, training=True, eps=EPSILON)
        else:
            out = F.batch_norm(values, *self.given[place], gain, bias, eps=EPSILON)
        return F.relu(out)

    def dense(self, values, place):
        """W values + b for values (networks, m, inputs)."""
        return torch.baddbmm(self.biases[place][:, None], values, self.weights[place].mT)

    def scores(self, images, noise):
        """(scores (networks, m, 100), mu, log s^2) of images (networks, m, 100) and noise (networks, m, k)."""
        r, m = images.shape[:2]
        x = images.transpose(0, 1).reshape(m, r, SIDE, SIDE)
        for place in (0, 1):
            w = self.weights[place].flatten(0, 1)
            x = self.unit(F.conv2d(x, w, stride=2, padding=1, groups=r), place)
        flat = x.view(m, r, -1).transpose(0, 1)
        mean, log_variance = self.dense(flat, 2).chunk(2, -1)
        z = torch.addcmul(mean, (log_variance / 2).exp(), noise)
        x = F.relu(self.dense(z, 3)).transpose(0, 1).reshape(m, -1, 3, 3)
        w = self.weights[4].flatten(0, 1)
        x = self.unit(F.conv_transpose2d(x, w, stride=2, padding=1, groups=r), 2)
        w = self.weights[5].flatten(0, 1)
        x = F.conv_transpose2d(x, w, self.biases[5].flatten(), stride=2, padding=1, groups=r)
        return x.view(m, r, -1).transpose(0, 1), mean, log_variance


def convolutional_elbo(
    parameters: tuple[Tensor, ...],
    images: Tensor,
    noise: Tensor,
    *,
    normalized: bool = False,
    statistics: list | None = None,
) -> tuple[Tensor, Tensor]:
    """(ELBO, KL) in nats, means over the images, each (networks,).

    images (networks, m, 100) in [0, 1], noise (networks, m, k); parameters with three gains at their end where
    normalized. statistics: [(mean, variance)] of another pass, in place of the minibatch's own.
    """
    if len(parameters) != 12 + 3 * normalized:
        raise ValueError(f"parameters must be {12 + 3 * normalized}, got {len(parameters)}")
    if images.shape[-1] != SIDE**2 or images.shape[:2] != noise.shape[:2]:
        raise ValueError(f"images must be (networks, m, {SIDE**2}), one noise for each")
    run = _Convolutions(parameters, normalized, statistics)
    scores, mean, log_variance = run.scores(images, noise)
    kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum(-1) / 2
    likelihood = (images * scores - F.softplus(scores)).sum(-1)
    return (likelihood - kl).mean(-1), kl.mean(-1)


def _statistics(parameters, images, noise):
    run = _Convolutions(parameters, True)
    run.scores(images, noise)
    return run.found


def convolutional_gradients(
    parameters: tuple[Tensor, ...], images: Tensor, noise: Tensor, normalized: bool = False
) -> tuple[Tensor, ...]:
    """Gradient of minus the mean ELBO, like parameters: that of torch, mean and variance moving with them."""
    with torch.enable_grad():
        leaves = tuple(p.detach().requires_grad_() for p in parameters)
        bound, _ = convolutional_elbo(leaves, images, noise, normalized=normalized)
        return torch.autograd.grad(-bound.sum(), leaves)


def train_convolutional(
    problems,
    start: tuple[Tensor, ...],
    rates: Sequence[float],
    batch_size: int,
    steps: int,
    *,
    normalized: bool = False,
) -> Convolutional:
    """Adam on minus the ELBO, for every draw at every rate, as `autoencoders.train_autoencoders` does it.

    problems: `autoencoders.NoisyProblems`, whose own start is not used; start: one autoencoder a draw. The last
    quarter of the steps is at a fifth of the rate, for which Adam starts afresh.
    """
    draws, steps = len(problems.images), whole_number("steps", steps, 4)
    order = batches(problems.order, batch_size, steps)
    noise = problems.noise[:, : steps * batch_size].view(draws, steps, batch_size, -1)
    if normalized:
        start = (*start, *(torch.ones_like(start[6 + j]) for j in (0, 1, 4)))
    parameters = tuple(x.repeat(len(rates), *[1] * (x.ndim - 1)) for x in start)
    rate = torch.as_tensor(rates, dtype=torch.float64).repeat_interleave(draws)
    quarter = steps - steps // 4
    for part, first, last in ((1.0, 0, quarter), (0.2, quarter, steps)):
        images_of = minibatch(order[:, first:last], problems.images)
        parameters = descend(
            lambda w, _, x, e: convolutional_gradients(w, x, e, normalized),
            parameters,
            Adam(part * rate, retraction=snapped),
            steps=last - first,
            problem=(torch.arange(len(rate)),),
            sees=lambda t, who, of=images_of, first=first: (
                *of(t, who),
                noise[who % draws, first + t],
            ),
        ).weights
    return Convolutional(parameters, normalized)


@torch.no_grad()
def convolutional_tests(
    problems, trained: Convolutional, images: int = 1000
) -> tuple[np.ndarray, np.ndarray]:
    """(ELBO, KL) on the tests in nats, each (rates, draws); normalized with the statistics of so many training
    images."""
    draws, parameters = len(problems.images), trained.parameters
    copies = len(parameters[0]) // draws
    seen = (
        problems.images[:, :images],
        problems.noise_of_images[:, :images],
        problems.tests,
        problems.noise_of_tests,
    )
    x, e, tests, noise = (part.repeat(copies, 1, 1) for part in seen)
    own = _statistics(parameters, x, e) if trained.normalized else None
    found = convolutional_elbo(
        parameters, tests, noise, normalized=trained.normalized, statistics=own
    )
    return tuple(part.view(-1, draws).numpy() for part in found)
