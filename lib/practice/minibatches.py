"""What a minibatch buys: one exact step of noiseless regression, and races of batch sizes on digits.

Regression. Inputs x have E x x^T = I, labels y = w* . x without noise. With the error e = w - w*, a step of
descent on the mean of (e . x)^2 / 2 over a minibatch of B fresh examples is

    e  <-  e - eta / B  sum x (x . e)

and where E |x|^2 x x^T = (B* + 1) I,

    E |e'|^2 / |e|^2 = 1 - 2 eta + eta^2 (1 + B* / B)

(derived here). B* is the critical batch of Ma, Bassily and Belkin 2018 (arXiv:1712.06559, recalled):
d + 1 for Gaussian inputs, d - 1 for inputs of fixed length.

Digits. A draw is a split, a start and an order of examples; all batch sizes see the same examples in the
same order and differ only in how many they add up before they step.
"""

from math import log1p
from typing import NamedTuple

import numpy as np
import torch

from lib.checks import whole_number
from lib.data import split
from lib.descent import Plain, descend
from lib.practice.classifiers import evaluate, train_apart, uniform_start

_AT_ONCE = 2**24  # numbers drawn at a time, 128 MB

# --- one step of noiseless regression --------------------------------------------------------------


def critical_batch(dimension, inputs="gaussian"):
    """B* of E |x|^2 x x^T = (B* + 1) I for inputs of unit covariance: d + 1 or d - 1.

    inputs: "gaussian", or "sphere" of radius sqrt d. Raises ValueError for others.

    >>> critical_batch(5), critical_batch(5, "sphere")
    (6, 4)
    """
    dimension = whole_number("dimension", dimension)
    if inputs not in ("gaussian", "sphere"):
        raise ValueError(f"inputs must be 'gaussian' or 'sphere', got {inputs!r}")
    return dimension + 1 if inputs == "gaussian" else dimension - 1


def draw_inputs(shape, rng, inputs="gaussian"):
    """Inputs of unit covariance, (..., d): Gaussian, or on the sphere of radius sqrt d."""
    x = rng.standard_normal(shape)
    if inputs == "sphere":
        x *= np.sqrt(x.shape[-1] / (x * x).sum(-1, keepdims=True))
    elif inputs != "gaussian":
        raise ValueError(f"inputs must be 'gaussian' or 'sphere', got {inputs!r}")
    return x


def step_factor(rate, batch_size, critical):
    """Mean square of the error after one step / before: 1 - 2 eta + eta^2 (1 + B* / B).

    >>> round(step_factor(1 / 7, 1, critical_batch(5)), 4)
    0.8571
    """
    return 1 - 2 * rate + rate**2 * (1 + critical / whole_number("batch_size", batch_size))


def best_rate(batch_size, critical):
    """The learning rate of the least factor, B / (B + B*); the factor is then B* / (B + B*)."""
    return whole_number("batch_size", batch_size) / (batch_size + critical)


def examples_per_efold(batch_size, critical):
    """Examples after which the mean square is down by e at the best rate: B / ln(1 + B / B*).

    Raises ValueError for B* <= 0, where one example is enough.

    >>> round(examples_per_efold(1, critical_batch(50)), 2)
    51.5
    """
    if not critical > 0:
        raise ValueError(f"critical must be above 0, got {critical}")
    return whole_number("batch_size", batch_size) / log1p(batch_size / critical)


def step_moments(dimension, batch_size, draws, rng, inputs="gaussian"):
    """Slope g at an error e of length 1, on independent minibatches: (e . g, |g|^2), each (draws,).

    The squared error after a step is 1 - 2 eta e . g + eta^2 |g|^2. By isotropy e is the first axis.
    """
    batch_size, draws = whole_number("batch_size", batch_size), whole_number("draws", draws)
    piece = max(1, _AT_ONCE // (batch_size * dimension))  # of draws: the random stream is the same
    parts = []
    for first in range(0, draws, piece):
        x = draw_inputs((min(piece, draws - first), batch_size, dimension), rng, inputs)
        slope = (x[:, None, :, 0] @ x)[:, 0] / batch_size
        parts.append((slope[:, 0].copy(), (slope * slope).sum(-1)))
    along, square = map(np.concatenate, zip(*parts, strict=True))
    return along, square


def error_after(dimension, batch_size, rates, steps, runs, rng):
    """Mean square of the error after these steps of descent / at the start, for each rate: (rates,).

    Gaussian inputs, fresh minibatches at every step, `runs` independent runs at every rate.
    """
    rates = torch.as_tensor(rates, dtype=torch.float64)
    start = torch.zeros(len(rates) * runs, dimension, dtype=torch.float64)
    start[:, 0] = 1

    def gradient(weights):
        (e,) = weights
        x = torch.from_numpy(draw_inputs((len(e), batch_size, dimension), rng))
        return ((x.mT @ (x @ e.unsqueeze(-1))).squeeze(-1) / batch_size,)

    run = descend(gradient, (start,), rule=Plain(rates.repeat_interleave(runs)), steps=steps)
    return run.weights[0].square().sum(-1).view(len(rates), runs).mean(-1).numpy()


# --- races on digits -------------------------------------------------------------------------------


class Problems(NamedTuple):
    """Independent draws, side by side.

    images (draws, n, d_0), labels (draws, n): to train on; tests: (images, labels) to test on;
    start: (weights, biases), one network a draw; order: (draws, examples), the examples one by one.
    """

    images: torch.Tensor
    labels: torch.Tensor
    tests: tuple
    start: tuple
    order: torch.Tensor


def _order(images, examples, generators):
    """Epoch after epoch, each in a fresh order: (draws, examples)."""
    if examples % images:
        raise ValueError(f"examples must be a multiple of the {images} images, got {examples}")
    if any(not isinstance(g, np.random.Generator) for g in generators):
        raise ValueError("generators must be numpy generators, one for each draw")
    epochs = [[g.permutation(images) for _ in range(examples // images)] for g in generators]
    return torch.from_numpy(np.array(epochs).reshape(len(generators), examples))


def draw_problems(images, labels, training, examples, widths, generators):
    """One split, start and order from each numpy generator: `Problems`.

    training: images to train on, the rest are tests; examples: a multiple of it; widths: d_0..d_N.
    """
    sets = [split(images, labels, training, g) for g in generators]
    (x, y), tests = (
        tuple(torch.stack([one[side][part] for one in sets]) for part in (0, 1)) for side in (0, 1)
    )
    starts = [uniform_start(widths, 1, g) for g in generators]
    start = tuple(
        tuple(torch.cat([one[part][j] for one in starts]) for j in range(len(widths) - 1))
        for part in (0, 1)
    )
    return Problems(x, y, tests, start, _order(training, examples, generators))


def glorot(inputs, outputs):
    """Variance 2 / (d_(j-1) + d_j) of Glorot and Bengio 2010, `variance` of `normal_start`."""
    return 2 / (inputs + outputs)


def he(inputs, _):
    """Variance 2 / d_(j-1) of He et al. 2015, `variance` of `normal_start`."""
    return 2 / inputs


def normal_start(widths, generators, variance, copies=1):
    """Starts of copies x draws networks, the draws innermost: (weights, biases), biases 0.

    Entries of W_j are N(0, variance(d_(j-1), d_j)), such as `glorot` or `he`; one numpy generator a draw.
    widths: d_0..d_N. Raises ValueError for fewer than two widths and generators that are none.

    >>> weights, biases = normal_start([4, 3, 2], [np.random.default_rng(0)] * 5, he, copies=2)
    >>> [tuple(x.shape) for x in (*weights, *biases)]
    [(10, 3, 4), (10, 2, 3), (10, 3), (10, 2)]
    """
    widths, copies = [whole_number("widths", d) for d in widths], whole_number("copies", copies)
    if len(widths) < 2:
        raise ValueError(f"widths must be d_0..d_N, two or more, got {widths}")
    if not generators or any(not isinstance(g, np.random.Generator) for g in generators):
        raise ValueError("generators must be numpy generators, one for each draw")
    weights = []
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        drawn = [g.standard_normal((copies, outputs, inputs)) for g in generators]
        scaled = np.stack(drawn, 1) * variance(inputs, outputs) ** 0.5
        weights.append(torch.from_numpy(scaled).flatten(0, 1))
    return tuple(weights), tuple(w.new_zeros(w.shape[:2]) for w in weights)


def few(problems, images, generators):
    """The same problems with the first training images only, so many epochs of them: `Problems`.

    As many examples as before; one generator a draw, for the new order.
    """
    images = whole_number("images", images)
    if images > problems.images.shape[1]:
        raise ValueError(f"images must be at most {problems.images.shape[1]}, got {images}")
    return problems._replace(
        images=problems.images[:, :images],
        labels=problems.labels[:, :images],
        order=_order(images, problems.order.shape[1], generators),
    )


def copied(problems, copies, generators):
    """The same problems with every training image there so many times: `Problems`.

    As many examples as before; one generator a draw, for the new order.
    """
    copies = whole_number("copies", copies)
    return problems._replace(
        images=problems.images.repeat(1, copies, 1),
        labels=problems.labels.repeat(1, copies),
        order=_order(copies * problems.images.shape[1], problems.order.shape[1], generators),
    )


def race(problems, batch_size, rates, looks, method=Plain):
    """Descent of every draw at every rate on minibatches of this size: (losses, accuracies).

    losses (looks, rates, draws): mean loss [nats] on the training images after the last step within so
    many examples, nan where descent diverged; accuracies (rates, draws): on the tests, after the last
    look. method(rate): a rule of `descend`. Raises ValueError for a batch that does not divide the examples, and looks beyond them.
    """
    draws, examples = problems.order.shape
    batch_size, looks = (
        whole_number("batch_size", batch_size),
        [whole_number("looks", n, 0) for n in looks],
    )
    if examples % batch_size:
        raise ValueError(f"batch_size must divide the {examples} examples, got {batch_size}")
    if max(looks) > examples:
        raise ValueError(f"looks must be within the {examples} examples, got {max(looks)}")
    start = [tuple(torch.cat([x] * len(rates)) for x in part) for part in problems.start]
    at = [n // batch_size for n in looks]
    run = train_apart(
        start,
        (problems.images, problems.labels),
        problems.order[:, : max(at) * batch_size].view(draws, max(at), batch_size),
        method(torch.as_tensor(rates, dtype=torch.float64).repeat_interleave(draws)),
        record=at,
        keep_diverged=True,
    )
    tests = (torch.cat([x] * len(rates)) for x in problems.tests)
    depth = len(run.weights) // 2
    _, accuracies = evaluate(run.weights[:depth], run.weights[depth:], *tests)
    losses = run.records["loss"][torch.searchsorted(run.steps, torch.tensor(at))]
    return losses.view(len(looks), len(rates), draws).numpy(), accuracies.view(-1, draws).numpy()


def best_of(losses):
    """The rate of the least mean log loss over draws at every look: places (looks,).

    losses: (looks, rates, draws); a rate at which one draw diverged is never the best.
    """
    return np.nan_to_num(np.log(losses).mean(-1), nan=np.inf).argmin(-1)


def race_at_its_best(problems, batch_size, rates, looks):
    """As `race`, with one rate for each rising look: (losses (looks, draws), accuracies (draws,)).

    Every rate is run no farther than its last look.
    """
    if len(rates) != len(looks) or list(looks) != sorted(looks):
        raise ValueError(f"rates must be {len(looks)}, one for each look, and looks rise")
    losses, at_last = [None] * len(looks), None
    for rate in sorted(set(rates)):
        places = [k for k, own in enumerate(rates) if own == rate]
        found, accuracies = race(problems, batch_size, [rate], [looks[k] for k in places])
        for k, row in zip(places, found[:, 0], strict=True):
            losses[k] = row
        at_last = accuracies[0] if rate == rates[-1] else at_last
    return np.stack(losses), at_last
