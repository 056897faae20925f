"""Many variational autoencoders at once: exact gradient of the ELBO, normalized hidden layers, their tests.

An autoencoder d - h - (k + k) - h - d (Kingma and Welling 2014, arXiv:1312.6114, recalled) on an image x in [0, 1]^d:

    h_1 = f(layer 1 of x),   (mu, log s^2) = W_2 h_1 + b_2,   z = mu + s * noise,
    h_3 = f(layer 3 of z),   scores = W_4 h_3 + b_4,
    ELBO = sum_i [x_i log p_i + (1 - x_i) log(1 - p_i)] - KL,   p = sigmoid(scores),
    KL = 1/2 sum_j (mu_j^2 + s_j^2 - 1 - log s_j^2)   [nats],

the noise N(0, 1) being given with the image. Each of the two hidden layers, 0 (encoder) and 1 (decoder), is
plain, W h + b, or normalized, gain (W h - mean) / sd + b, with mean and sd over the minibatch or its groups as
in `batch_normalization`. Layout as there: weights (W_1..W_4), each (networks, d_j, d_(j-1)), biases (networks,
d_j), gains: one (networks, h) for each layer of `where`. Everything is float64.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import gammaln
from torch.nn.functional import softplus

from lib.checks import whole_number
from lib.descent import Adam, descend, snapped
from lib.practice.batch_normalization import EPSILON, lecun_start, normalize, slope_before
from lib.practice.classifiers import RELU

WHERE = {"plain": (), "both": (0, 1), "encoder": (0,), "decoder": (1,)}
KEPT = 0.99  # of a running average, at every step

# --- one pass --------------------------------------------------------------------------------------


class Pass(NamedTuple):
    """What a pass leaves, examples as columns: hidden [h_1, h_3], code (mu, log s^2), z, scores;
    of every normalized layer the normalized values, and the statistics (mean, sd)."""

    hidden: list
    code: tuple
    z: torch.Tensor
    scores: torch.Tensor
    normalized: dict
    statistics: dict


def _hidden(place, w, b, given, gains, where, activation, groups, statistics, kept):
    if place not in where:
        return activation.apply(torch.baddbmm(b.unsqueeze(-1), w, given))
    own = None if statistics is None else statistics[place]
    values, found = normalize(w @ given, groups, EPSILON, own)
    kept[0][place], kept[1][place] = values, found
    gain = gains[where.index(place)].unsqueeze(-1)
    return activation.apply(torch.addcmul(b.unsqueeze(-1), values, gain))


def _forward(parameters, images, noise, where, activation, groups, statistics=None):
    """`Pass` of images and noise (networks, d or k, m)."""
    weights, biases, gains = parameters[:4], parameters[4:8], parameters[8:]
    kept = {}, {}
    options = gains, where, activation, groups, statistics, kept
    first = _hidden(0, weights[0], biases[0], images, *options)
    m, log_variance = torch.baddbmm(biases[1].unsqueeze(-1), weights[1], first).chunk(2, 1)
    z = torch.addcmul(m, (log_variance / 2).exp_(), noise)
    third = _hidden(1, weights[2], biases[2], z, *options)
    scores = torch.baddbmm(biases[3].unsqueeze(-1), weights[3], third)
    return Pass([first, third], (m, log_variance), z, scores, *kept)


def _terms(run, images):
    """(log-likelihood, KL) of every image, each (networks, m)."""
    m, log_variance = run.code
    kl = (m.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
    return (images * run.scores - softplus(run.scores)).sum(1), kl


def _check(parameters, images, noise, where):
    """Raises ValueError for parameters, images and noise that do not fit."""
    if where not in WHERE.values():
        raise ValueError(f"where must be one of {sorted(WHERE.values())}, got {where}")
    if len(parameters) != 8 + len(where):
        raise ValueError(f"parameters must be {8 + len(where)} tensors, got {len(parameters)}")
    if any(x.dtype != torch.float64 for x in (*parameters, images, noise)):
        raise ValueError("parameters, images and noise must be float64")
    count, h, d = parameters[0].shape
    k = parameters[2].shape[-1]
    shapes = [(h, d), (2 * k, h), (h, k), (d, h), (h,), (2 * k,), (h,), (d,), *[(h,)] * len(where)]
    if [tuple(x.shape) for x in parameters] != [(count, *shape) for shape in shapes]:
        raise ValueError(f"parameters must have shapes {shapes} in every network")
    examples = images.shape[-2]
    if tuple(images.shape) != (count, examples, d) or tuple(noise.shape) != (count, examples, k):
        raise ValueError(f"images must be ({count}, m, {d}) and noise ({count}, m, {k})")
    if not (images.min() >= 0 and images.max() <= 1):
        raise ValueError("images must lie in [0, 1]")


def forward(parameters, images, noise, *, where=(), activation=RELU, groups=1, statistics=None):
    """`Pass` of every autoencoder on images (networks, m, d) with noise (networks, m, k).

    parameters: (W_1.., b_1.., gains); groups, statistics as in `batch_normalization.normalize`, the latter
    {layer: (mean, sd)}. Raises ValueError for shapes, types or images that do not fit.
    """
    _check(parameters, images, noise, where)
    return _forward(parameters, images.mT, noise.mT, where, activation, groups, statistics)


def elbo(parameters, images, noise, **options):
    """(ELBO, KL) in nats, means over the images, each (networks,). Options are those of `forward`."""
    likelihood, kl = _terms(forward(parameters, images, noise, **options), images.mT)
    return (likelihood - kl).mean(-1), kl.mean(-1)


def _gradients(parameters, images, noise, where, activation, groups):
    weights, gains = parameters[:4], parameters[8:]
    run = _forward(parameters, images, noise, where, activation, groups)
    m, log_variance = run.code
    count = images.shape[-1]
    by_gains = [None] * len(where)

    def through(place, slope):
        """(derivative before the hidden layer, that of its shift), from the one after it."""
        slope = slope.mul_(activation.slope(run.hidden[place]))
        shift = slope.sum(-1)
        if place in where:
            at, values, sd = where.index(place), run.normalized[place], run.statistics[place][1]
            by_gains[at] = (slope * values).sum(-1)
            slope = slope_before(slope.mul_(gains[at].unsqueeze(-1)), values, sd)
        return slope, shift

    by_scores = torch.sigmoid(run.scores).sub_(images).div_(count)
    third, by_third = through(1, weights[3].mT @ by_scores)
    by_z = weights[2].mT @ third
    variance = log_variance.exp()
    by_m = torch.add(by_z, m, alpha=1 / count)
    by_log = (by_z * noise).mul_(variance.sqrt()).add_(variance.sub_(1), alpha=1 / count).div_(2)
    by_code = torch.cat((by_m, by_log), 1)
    first, by_first = through(0, weights[1].mT @ by_code)
    slopes = first @ images.mT, by_code @ run.hidden[0].mT, third @ run.z.mT
    shifts = by_first, by_code.sum(-1), by_third, by_scores.sum(-1)
    return (*slopes, by_scores @ run.hidden[1].mT, *shifts, *by_gains), run.statistics


def gradients(parameters, images, noise, *, where=(), activation=RELU, groups=1):
    """Gradient of minus the mean ELBO, like parameters; mean and sd move with them. Arguments of `forward`."""
    _check(parameters, images, noise, where)
    return _gradients(parameters, images.mT, noise.mT, where, activation, groups)[0]


# --- what to expect --------------------------------------------------------------------------------


def kept_signal(size):
    """Correlation of a Gaussian value, normalized in a group of so many, with the value itself:

        c_m = sqrt(2 / m) Gamma(m / 2) / Gamma((m - 1) / 2)

    (derived here: c_m is the mean of the group's sd, in units of the true one). The share 1 - c_m^2 of
    its variance, about 3 / (2 m), is not in proportion to the value. Raises ValueError for groups of fewer than two.

    >>> [round(kept_signal(m), 3) for m in (2, 4, 16, 64)]
    [0.564, 0.798, 0.952, 0.988]
    """
    m = whole_number("size", size, 2)
    return float(np.sqrt(2 / m) * np.exp(gammaln(m / 2) - gammaln((m - 1) / 2)))


def mean_image_elbo(images, tests):
    """Mean log-likelihood [nats] of the tests (draws, n', d) under the mean training image: (draws,)."""
    p = images.mean(1, keepdim=True)
    return (torch.xlogy(tests, p) + torch.xlogy(1 - tests, 1 - p)).sum(-1).mean(-1).numpy()


# --- draws -----------------------------------------------------------------------------------------


class Problems(NamedTuple):
    """Independent draws, side by side: images (draws, n, d) and tests (draws, n', d); start: (W_1.., b_1..),
    one autoencoder a draw; order (draws, examples); noise (draws, examples, k), and for one pass over all
    of them noise_of_images (draws, n, k) and noise_of_tests (draws, n', k)."""

    images: torch.Tensor
    tests: torch.Tensor
    start: tuple
    order: torch.Tensor
    noise: torch.Tensor
    noise_of_images: torch.Tensor
    noise_of_tests: torch.Tensor


def draw_problems(images, training, examples, hidden, code, generators):
    """One split, start, order and noise from each numpy generator: `Problems`.

    images (n, d) in [0, 1]: `training` of them to train on, the rest are tests; examples: how many are seen
    in training, epoch after epoch; hidden, code: the numbers h and k. Weights start as N(0, 1/d_(j-1)),
    biases at 0.
    """
    if any(not isinstance(g, np.random.Generator) for g in generators):
        raise ValueError("generators must be numpy generators, one for each draw")
    training = whole_number("training", training, 2, len(images) - 1)
    examples, d = whole_number("examples", examples), images.shape[1]
    hidden, code = whole_number("hidden", hidden), whole_number("code", code)
    epochs = -(-examples // training)
    places, orders, noises = [], [], []
    for g in generators:
        places.append(g.permutation(len(images)))
        orders.append(np.concatenate([g.permutation(training) for _ in range(epochs)])[:examples])
        noises.append([g.standard_normal((n, code)) for n in (examples, len(images))])
    starts = [lecun_start(w, generators) for w in ([d, hidden, 2 * code], [code, hidden, d])]
    start = tuple(w for part in (0, 1) for one in starts for w in one[part])
    split = images[torch.from_numpy(np.stack(places))]
    noise, whole = (torch.from_numpy(np.stack(part)) for part in zip(*noises, strict=True))
    order = torch.from_numpy(np.stack(orders))
    parts = split[:, :training], split[:, training:]
    return Problems(*parts, start, order, noise, whole[:, :training], whole[:, training:])


# --- training and tests ----------------------------------------------------------------------------


class Trained(NamedTuple):
    """Autoencoders (rates x draws networks, draws innermost), `where` they are normalized, and the running
    averages of their statistics, {layer: (mean, sd)}."""

    parameters: tuple
    where: tuple
    running: dict


@dataclass(frozen=True, eq=False)
class _AdamAndMeans(Adam):
    """Adam, but the last `means` tensors are running means of what stands for their gradient."""

    means: int = 0

    def step(self, weights, kept, slopes, rates, t):
        """Step number t = 1, 2, ... in place."""
        n = len(weights) - self.means
        super().step(weights[:n], [x[:n] for x in kept], slopes[:n], rates[:n], t)
        for mean, new in zip(weights[n:], slopes[n:], strict=True):
            mean.mul_(KEPT).add_(new, alpha=1 - KEPT)


def _slopes_and_statistics(parameters, _, images, noise, *, where, groups, size):
    """The gradient, then for each place of `where` mean and unbiased variance over groups of `size`."""
    learned = parameters[: len(parameters) - 2 * len(where)]
    found, statistics = _gradients(learned, images, noise, where, RELU, groups)
    for place in where:
        mean, sd = statistics[place]
        variance = (sd.square().mean(-1) - EPSILON) * (size / (size - 1))
        found = *found, mean.mean(-1), variance
    return found


def train(problems, rates, batch_size, steps, *, where=(), groups=1):
    """Adam on minus the ELBO of ReLU networks, for every draw at every rate: `Trained`.

    The last quarter of the steps is at a fifth of the rate, for which Adam starts afresh. Normalized layers
    keep running averages of mean and unbiased variance (Ioffe and Szegedy 2015, algorithm 2). After every
    step the weights are `descent.snapped`: small groups make descent chaotic, and the last
    bits of another processor would be another run. Weights that diverged are not finite. Raises
    ValueError for more steps than there are examples.
    """
    draws, examples = problems.order.shape
    batch_size, steps = whole_number("batch_size", batch_size), whole_number("steps", steps, 4)
    if steps * batch_size > examples or batch_size % whole_number("groups", groups):
        raise ValueError(f"steps x batch_size must be at most {examples}, groups divide batch_size")
    count, h = len(rates) * draws, problems.start[0].shape[1]
    parameters = tuple(x.repeat(len(rates), *[1] * (x.ndim - 1)) for x in problems.start)
    parameters += tuple(torch.ones(count, h, dtype=torch.float64) for _ in where)
    one = tuple(x[:1] for x in parameters)
    _check(one, problems.images[:1], problems.noise_of_images[:1], where)
    order = problems.order[:, : steps * batch_size].view(draws, steps, batch_size)
    noise = problems.noise[:, : steps * batch_size].view(draws, steps, batch_size, -1)
    flat = problems.images.flatten(0, 1)
    learned, size = len(parameters), batch_size // groups
    parameters += tuple(torch.zeros(count, h, dtype=torch.float64) for _ in where for _ in "mv")
    rate = torch.as_tensor(rates, dtype=torch.float64).repeat_interleave(draws)
    alive = torch.arange(count)  # only what is finite can go on
    for part, first, last in ((1.0, 0, steps - steps // 4), (0.2, steps - steps // 4, steps)):

        def minibatch(t, who, first=first):
            at = who % draws
            images = flat[order[at, first + t] + problems.images.shape[1] * at[:, None]]
            return images.mT, noise[at, first + t].mT

        now = part * (rates[0] if len(rates) == 1 else rate[alive])  # one number is faster
        run = descend(
            partial(_slopes_and_statistics, where=where, groups=groups, size=size),
            tuple(x[alive] for x in parameters),
            _AdamAndMeans(now, means=2 * len(where)),
            steps=last - first,
            problem=(alive,),
            sees=minibatch,
            retraction=lambda w: (*snapped(w[:learned]), *w[learned:]),
            keep_diverged=True,
        )
        for whole, new in zip(parameters, run.weights, strict=True):
            whole[alive] = new
        alive = alive[run.diverged < 0]
        if not len(alive):
            break
    weight, means = 1 - KEPT**steps, parameters[learned:]
    averages = {
        place: (mean[..., None] / weight, (variance[..., None] / weight + EPSILON).sqrt())
        for place, mean, variance in zip(where, means[::2], means[1::2], strict=True)
    }
    return Trained(parameters[:learned], where, averages)


def _for_all(trained, *tensors):
    return [torch.cat([x] * (len(trained.parameters[0]) // len(x))) for x in tensors]


def recomputed(problems, trained):
    """The statistics of the final autoencoders over all their training images: {layer: (mean, sd)}."""
    images, noise = _for_all(trained, problems.images, problems.noise_of_images)
    return forward(trained.parameters, images, noise, where=trained.where).statistics


def elbo_on_tests(problems, trained, statistics=None, *, group=None):
    """(ELBO, KL) on the tests in nats, each (rates, draws); nan where descent diverged.

    statistics: the running averages, or those given; or, with `group`, those of so many tests at a time.
    """
    tests, noise = _for_all(trained, problems.tests, problems.noise_of_tests)
    options = {"where": trained.where}
    if group is None:
        options["statistics"] = trained.running if statistics is None else statistics
    else:
        options["groups"] = tests.shape[1] // whole_number("group", group, 2)
    found = elbo(trained.parameters, tests, noise, **options)
    return tuple(x.view(-1, len(problems.images)).numpy() for x in found)


def best_of(bounds):
    """The place of the rate with the largest mean ELBO; bounds (rates, draws). One draw that diverged rules
    a rate out.

    >>> best_of(np.array([[-1.0, np.nan], [-3.0, -3.0], [-2.0, -3.0]]))
    2
    """
    return int(np.nan_to_num(bounds.mean(-1), nan=-np.inf).argmax())


class Arm(NamedTuple):
    """One arm at its best rate: the rate, the `Trained`, and on the tests ELBO and KL [nats], (draws,)."""

    rate: float
    trained: Trained
    bound: np.ndarray
    kl: np.ndarray


def race_at_its_best(tuning, judged, rates, batch_size, steps, **options):
    """The best rate on some draws, and others trained and tested at it: an `Arm`.

    tuning, judged: `Problems` independent of each other; options are those of `train`.
    """
    found = train(tuning, rates, batch_size, steps, **options) if len(rates) > 1 else None
    rate = rates[0] if found is None else rates[best_of(elbo_on_tests(tuning, found)[0])]
    trained = train(judged, [rate], batch_size, steps, **options)
    bound, kl = elbo_on_tests(judged, trained)
    return Arm(rate, trained, bound[0], kl[0])
