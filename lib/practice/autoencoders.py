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

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import gammaln
from torch import Tensor
from torch.nn.functional import softplus

from lib.checks import whole_number
from lib.descent import Adam, Stop, descend, snapped
from lib.practice.draws import batches, draw_order, draw_splits, minibatch
from lib.practice.networks import (
    EPSILON,
    PLAIN,
    RELU,
    Activation,
    Form,
    Network,
    backward,
    forward,
)
from lib.practice.starts import lecun, normal_start

WHERE = {"plain": (), "both": (0, 1), "encoder": (0,), "decoder": (1,)}
KEPT = 0.99  # of a running average, at every step

# --- one pass --------------------------------------------------------------------------------------


class CodedPass(NamedTuple):
    """What a pass leaves, examples as columns: hidden [h_1, h_3], code (mu, log s^2), z, scores;
    of every normalized layer the normalized values, and the statistics (mean, sd)."""

    hidden: list
    code: tuple
    z: Tensor
    scores: Tensor
    normalized: dict
    statistics: dict


def _halves(parameters, where, activation, groups, how):
    """[(encoder, its form), (decoder, its form)], each a network of one hidden layer."""
    found, gains = [], list(parameters[8:])
    for place in (0, 1):
        at = slice(2 * place, 2 * place + 2)
        own = (gains.pop(0),) if place in where else ()
        places = (0,) if place in where else ()
        form = how._replace(activation=activation, normalized=places, groups=groups)
        found.append((Network(parameters[:4][at], parameters[4:8][at], own), form))
    return found


def _passes(halves, images, noise, statistics=None):
    """`networks.Pass` of either half and the code (mu, log s^2), of images (networks, m, d) and noise
    (networks, m, k)."""
    given = [None if s is None else {0: s} for s in map((statistics or {}).get, (0, 1))]
    first = forward(halves[0][0], images, halves[0][1], given[0])
    m, log_variance = first.scores.chunk(2, 1)
    z = torch.addcmul(m, (log_variance / 2).exp_(), noise.mT)
    return first, forward(halves[1][0], z.mT, halves[1][1], given[1]), (m, log_variance)


def _joined(first, second, code):
    both = list(enumerate((first, second)))
    return CodedPass(
        [run.inputs[1] for _, run in both],
        code,
        second.inputs[0],
        second.scores,
        {place: run.normalized[0] for place, run in both if run.normalized},
        {place: run.statistics[0] for place, run in both if run.statistics},
    )


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


def pass_through(
    parameters: tuple[Tensor, ...],
    images: Tensor,
    noise: Tensor,
    *,
    where: tuple[int, ...] = (),
    activation: Activation = RELU,
    groups: int = 1,
    statistics: dict | None = None,
    how: Form = PLAIN,
) -> CodedPass:
    """`CodedPass` of every autoencoder on images (networks, m, d) with noise (networks, m, k).

    parameters: (W_1.., b_1.., gains); how: what normalization is, its `centred`, `scaled` and `over` (layer
    normalization is `Form(over="units")`); groups, statistics as in `networks.normalize`, the latter
    {layer: (mean, sd)}. Raises ValueError for shapes, types or images that do not fit.
    """
    _check(parameters, images, noise, where)
    return _joined(
        *_passes(_halves(parameters, where, activation, groups, how), images, noise, statistics)
    )


def elbo(
    parameters: tuple[Tensor, ...], images: Tensor, noise: Tensor, **options
) -> tuple[Tensor, Tensor]:
    """(ELBO, KL) in nats, means over the images, each (networks,). Options are those of `pass_through`."""
    likelihood, kl = _terms(pass_through(parameters, images, noise, **options), images.mT)
    return (likelihood - kl).mean(-1), kl.mean(-1)


def _gradients(parameters, images, noise, where, activation, groups, how):
    """(gradient of minus the mean ELBO, statistics of the pass); images and noise are rows."""
    halves = _halves(parameters, where, activation, groups, how)
    first, second, (m, log_variance) = _passes(halves, images, noise)
    count = images.shape[-2]
    statistics = {p: run.statistics[0] for p, run in enumerate((first, second)) if run.statistics}
    by_scores = torch.sigmoid(second.scores).sub_(images.mT).div_(count)
    decoder, by_z = backward(halves[1][0], second, by_scores, halves[1][1], to_images=True)
    variance = log_variance.exp()
    by_m = torch.add(by_z, m, alpha=1 / count)
    by_log = (by_z * noise.mT).mul_(variance.sqrt()).add_(variance.sub_(1), alpha=1 / count).div_(2)
    encoder = backward(halves[0][0], first, torch.cat((by_m, by_log), 1), halves[0][1])
    pairs = zip(encoder, decoder, strict=True)
    return tuple(x for own, others in pairs for x in (*own, *others)), statistics


def elbo_gradients(
    parameters: tuple[Tensor, ...],
    images: Tensor,
    noise: Tensor,
    *,
    where: tuple[int, ...] = (),
    activation: Activation = RELU,
    groups: int = 1,
    how: Form = PLAIN,
) -> tuple[Tensor, ...]:
    """Gradient of minus the mean ELBO, like parameters; mean and sd move with them. Arguments of `pass_through`."""
    _check(parameters, images, noise, where)
    return _gradients(parameters, images, noise, where, activation, groups, how)[0]


# --- what to expect --------------------------------------------------------------------------------


def kept_signal(size: int) -> float:
    """Correlation of a Gaussian value, normalized in a group of so many, with the value itself:

        c_m = sqrt(2 / m) Gamma(m / 2) / Gamma((m - 1) / 2)

    (derived here: c_m is the mean of the group's sd, in units of the true one). The share 1 - c_m^2 of
    its variance, about 3 / (2 m), is not in proportion to the value. Raises ValueError for groups of fewer than two.

    >>> [round(kept_signal(m), 3) for m in (2, 4, 16, 64)]
    [0.564, 0.798, 0.952, 0.988]
    """
    m = whole_number("size", size, 2)
    return float(np.sqrt(2 / m) * np.exp(gammaln(m / 2) - gammaln((m - 1) / 2)))


def mean_image_elbo(images: Tensor, tests: Tensor) -> np.ndarray:
    """Mean log-likelihood [nats] of the tests (draws, n', d) under the mean training image: (draws,)."""
    p = images.mean(1, keepdim=True)
    return (torch.xlogy(tests, p) + torch.xlogy(1 - tests, 1 - p)).sum(-1).mean(-1).numpy()


# --- draws -----------------------------------------------------------------------------------------


class NoisyProblems(NamedTuple):
    """Independent draws, side by side: images (draws, n, d) and tests (draws, n', d); start: (W_1.., b_1..),
    one autoencoder a draw; order (draws, examples); noise (draws, examples, k), and for one pass over all
    of them noise_of_images (draws, n, k) and noise_of_tests (draws, n', k)."""

    images: Tensor
    tests: Tensor
    start: tuple
    order: Tensor
    noise: Tensor
    noise_of_images: Tensor
    noise_of_tests: Tensor


def draw_with_noise(
    images: Tensor,
    training: int,
    examples: int,
    hidden: int,
    code: int,
    generators: Sequence[np.random.Generator],
) -> NoisyProblems:
    """One split, start, order and noise from each numpy generator: `NoisyProblems`.

    images (n, d) in [0, 1]: `training` of them to train on, the rest are tests; examples: how many are seen
    in training, epoch after epoch; hidden, code: the numbers h and k. Weights start as N(0, 1/d_(j-1)),
    biases at 0.
    """
    training = whole_number("training", training, 2, len(images) - 1)
    examples, d = whole_number("examples", examples), images.shape[1]
    hidden, code = whole_number("hidden", hidden), whole_number("code", code)
    (x, _), (tests, _) = draw_splits(images, torch.zeros(len(images)), training, generators)
    order = draw_order(training, examples, generators)
    noises = [[g.standard_normal((n, code)) for n in (examples, len(images))] for g in generators]
    noise, whole = (torch.from_numpy(np.stack(part)) for part in zip(*noises, strict=True))
    halves = [
        normal_start(w, generators, lecun) for w in ([d, hidden, 2 * code], [code, hidden, d])
    ]
    start = (*halves[0].weights, *halves[1].weights, *halves[0].biases, *halves[1].biases)
    return NoisyProblems(x, tests, start, order, noise, whole[:, :training], whole[:, training:])


# --- training and tests ----------------------------------------------------------------------------


class Autoencoders(NamedTuple):
    """Autoencoders (rates x draws networks, draws innermost), `where` they are normalized, and the running
    averages of their statistics, {layer: (mean, sd)}."""

    parameters: tuple
    where: tuple
    running: dict
    how: Form = PLAIN


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


def _averaged(where, how):
    """The places whose statistics are averaged: units are always normalized by their own."""
    return where if how.over == "examples" else ()


def _slopes_and_statistics(parameters, _, images, noise, *, where, groups, size, how):
    """The gradient, then for each place of `where` mean and unbiased variance over groups of `size`."""
    averaged = _averaged(where, how)
    learned = parameters[: len(parameters) - 2 * len(averaged)]
    found, statistics = _gradients(learned, images, noise, where, RELU, groups, how)
    for place in averaged:
        mean, sd = statistics[place]
        variance = (sd.square().mean(-1) - EPSILON) * (size / (size - 1))
        found = *found, mean.mean(-1), variance
    return found


def _running(means, where, steps, how):
    """{layer: (mean, sd)} from running means that began at 0, so many steps ago; sd is 1 if not scaled."""
    weight = 1 - KEPT**steps

    def sd(variance):
        found = (variance[..., None] / weight + EPSILON).sqrt()
        return found if how.scaled else torch.ones_like(found)

    return {
        place: (mean[..., None] / weight, sd(variance))
        for place, mean, variance in zip(
            _averaged(where, how), means[::2], means[1::2], strict=True
        )
    }


def train_autoencoders(
    problems: NoisyProblems,
    rates: Sequence[float],
    batch_size: int,
    steps: int,
    *,
    where: tuple[int, ...] = (),
    groups: int = 1,
    how: Form = PLAIN,
) -> Autoencoders:
    """Adam on minus the ELBO of ReLU networks, for every draw at every rate: `Autoencoders`.

    The last quarter of the steps is at a fifth of the rate, for which Adam starts afresh. Normalized layers
    keep running averages of mean and unbiased variance (Ioffe and Szegedy 2015, algorithm 2). After every
    step the weights are `descent.snapped`: small groups make descent chaotic, and the last
    bits of another processor would be another run. Weights that diverged are not finite. Raises
    ValueError for more steps than there are examples.
    """
    draws, steps = len(problems.images), whole_number("steps", steps, 4)
    order = batches(problems.order, batch_size, steps)
    if batch_size % whole_number("groups", groups):
        raise ValueError(f"groups must divide batch_size, {batch_size}, got {groups}")
    noise = problems.noise[:, : steps * batch_size].view(draws, steps, batch_size, -1)
    count, h = len(rates) * draws, problems.start[0].shape[1]
    parameters = tuple(x.repeat(len(rates), *[1] * (x.ndim - 1)) for x in problems.start)
    parameters += tuple(torch.ones(count, h, dtype=torch.float64) for _ in where)
    first = problems.images[:1], problems.noise_of_images[:1]
    _check(tuple(x[:1] for x in parameters), *first, where)
    learned, quarter = len(parameters), steps - steps // 4
    averaged = _averaged(where, how)
    parameters += tuple(torch.zeros(count, h, dtype=torch.float64) for _ in averaged for _ in "mv")
    rate = torch.as_tensor(rates, dtype=torch.float64).repeat_interleave(draws)
    slopes = partial(
        _slopes_and_statistics, where=where, groups=groups, size=batch_size // groups, how=how
    )

    def snap_learned(weights):
        return *snapped(weights[:learned]), *weights[learned:]

    alive = torch.arange(count)  # only what is finite can go on
    for part, first, last in ((1.0, 0, quarter), (0.2, quarter, steps)):
        images_of = minibatch(order[:, first:last], problems.images)
        now = part * (rates[0] if len(rates) == 1 else rate[alive])  # one number is faster
        run = descend(
            slopes,
            tuple(x[alive] for x in parameters),
            _AdamAndMeans(now, means=2 * len(averaged), retraction=snap_learned),
            steps=last - first,
            problem=(alive,),
            sees=lambda t, who, of=images_of, at=first: (*of(t, who), noise[who % draws, at + t]),
            stop=Stop(diverged="keep"),
        )
        for whole, new in zip(parameters, run.weights, strict=True):
            whole[alive] = new
        if not len(alive := alive[run.diverged < 0]):
            break
    means = _running(parameters[learned:], where, steps, how)
    return Autoencoders(parameters[:learned], where, means, how)


def _for_all(trained, *tensors):
    return [torch.cat([x] * (len(trained.parameters[0]) // len(x))) for x in tensors]


def recomputed(problems: NoisyProblems, trained: Autoencoders) -> dict:
    """The statistics of the final autoencoders over all their training images: {layer: (mean, sd)}."""
    images, noise = _for_all(trained, problems.images, problems.noise_of_images)
    options = {"where": trained.where, "how": trained.how}
    return pass_through(trained.parameters, images, noise, **options).statistics


def elbo_on_tests(
    problems: NoisyProblems,
    trained: Autoencoders,
    statistics: dict | None = None,
    *,
    group: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """(ELBO, KL) on the tests in nats, each (rates, draws); nan where descent diverged.

    statistics: the running averages, or those given; or, with `group`, those of so many tests at a time.
    """
    tests, noise = _for_all(trained, problems.tests, problems.noise_of_tests)
    options = {"where": trained.where, "how": trained.how}
    if group is None:
        options["statistics"] = trained.running if statistics is None else statistics
    else:
        options["groups"] = tests.shape[1] // whole_number("group", group, 2)
    found = elbo(trained.parameters, tests, noise, **options)
    return tuple(x.view(-1, len(problems.images)).numpy() for x in found)


def best_bound(bounds: np.ndarray) -> int:
    """The place of the rate with the largest mean ELBO; bounds (rates, draws). One draw that diverged rules
    a rate out.

    >>> best_bound(np.array([[-1.0, np.nan], [-3.0, -3.0], [-2.0, -3.0]]))
    2
    """
    return int(np.nan_to_num(bounds.mean(-1), nan=-np.inf).argmax())


class BestRate(NamedTuple):
    """One arm at its best rate: the rate, the `Autoencoders`, and on the tests ELBO and KL [nats], (draws,)."""

    rate: float
    trained: Autoencoders
    bound: np.ndarray
    kl: np.ndarray


def judged_at_best_rate(
    tuning: NoisyProblems,
    judged: NoisyProblems,
    rates: Sequence[float],
    batch_size: int,
    steps: int,
    **options,
) -> BestRate:
    """The best rate on some draws, and others trained and tested at it: a `BestRate`.

    tuning, judged: `NoisyProblems` independent of each other; options are those of `train_autoencoders`.
    """
    found = (
        train_autoencoders(tuning, rates, batch_size, steps, **options) if len(rates) > 1 else None
    )
    rate = rates[0] if found is None else rates[best_bound(elbo_on_tests(tuning, found)[0])]
    trained = train_autoencoders(judged, [rate], batch_size, steps, **options)
    bound, kl = elbo_on_tests(judged, trained)
    return BestRate(rate, trained, bound[0], kl[0])
