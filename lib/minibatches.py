"""What a minibatch buys: one exact step of noiseless regression, and races of batch sizes on digits.

Regression. Inputs x have E x x^T = I, labels y = w* . x without noise. With the error e = w - w*, a step of
descent on the mean of (e . x)^2 / 2 over a minibatch of B fresh examples is

    e  <-  e - eta / B  sum x (x . e)

and with E |x|^2 x x^T = kappa I (kappa = d + 2 for Gaussian inputs, d for inputs of fixed length)

    E |e'|^2 / |e|^2 = 1 - 2 eta + eta^2 (1 + (kappa - 1) / B)

(derived here; for kappa - 1 = d + 1 the exact form of the bounds of Ma, Bassily and Belkin 2018,
arXiv:1712.06559). kappa - 1 is the critical batch. `fourth` stands for kappa.

Digits. A draw is a split, a start and an order of examples; all batch sizes see the same examples in the
same order and differ only in how many they add up before they step.
"""

from typing import NamedTuple

import numpy as np
import torch

from lib.classifiers import train_apart, uniform_start
from lib.data import split
from lib.descent import descend


def _whole(name, value, least=1):
    if int(value) != value or value < least:
        raise ValueError(f"{name} must be a whole number >= {least}, got {value}")
    return int(value)


# --- one step of noiseless regression --------------------------------------------------------------


def fourth_moment(dimension, inputs="gaussian"):
    """kappa of E |x|^2 x x^T = kappa I, for inputs of unit covariance: d + 2 or d.

    inputs: "gaussian", or "sphere" of radius sqrt d. Raises ValueError for others.

    >>> fourth_moment(5), fourth_moment(5, "sphere")
    (7, 5)
    """
    dimension = _whole("dimension", dimension)
    if inputs not in ("gaussian", "sphere"):
        raise ValueError(f"inputs must be 'gaussian' or 'sphere', got {inputs!r}")
    return dimension + 2 if inputs == "gaussian" else dimension


def draw_inputs(shape, rng, inputs="gaussian"):
    """Inputs of unit covariance, (..., d): Gaussian, or on the sphere of radius sqrt d."""
    x = rng.standard_normal(shape)
    fourth_moment(x.shape[-1], inputs)  # checks the word
    if inputs == "sphere":
        x *= np.sqrt(x.shape[-1] / (x * x).sum(-1, keepdims=True))
    return x


def step_factor(rate, batch, fourth):
    """Mean square of the error after one step / before: 1 - 2 eta + eta^2 (1 + (kappa - 1) / B).

    >>> round(step_factor(1 / 7, 1, fourth_moment(5)), 4)
    0.8571
    """
    return 1 - 2 * rate + rate**2 * (1 + (fourth - 1) / _whole("batch", batch))


def best_rate(batch, fourth):
    """The learning rate of the least factor, B / (B + kappa - 1)."""
    return _whole("batch", batch) / (batch + fourth - 1)


def examples_per_efold(batch, fourth):
    """Examples after which the mean square is down by e at the best rate: B / ln(1 + B / (kappa - 1)).

    Raises ValueError for kappa <= 1, where one example is enough.

    >>> round(examples_per_efold(1, fourth_moment(50)), 2)
    51.5
    """
    if not fourth > 1:
        raise ValueError(f"fourth must be above 1, got {fourth}")
    return _whole("batch", batch) / np.log1p(batch / (fourth - 1))


def step_moments(dimension, batch, draws, rng, inputs="gaussian"):
    """Slope g at an error e of length 1, on independent minibatches: (e . g, |g|^2), each (draws,).

    The squared error after a step is 1 - 2 eta e . g + eta^2 |g|^2. By isotropy e is the first axis.
    """
    batch, draws = _whole("batch", batch), _whole("draws", draws)
    x = draw_inputs((draws, batch, dimension), rng, inputs)
    slope = (x[:, None, :, 0] @ x)[:, 0] / batch
    return slope[:, 0], (slope * slope).sum(-1)


def error_after(dimension, batch, rates, steps, runs, rng):
    """Mean square of the error after these steps of descent / at the start, for each rate: (rates,).

    Gaussian inputs, fresh minibatches at every step, `runs` independent runs at every rate.
    """
    rates = torch.as_tensor(rates, dtype=torch.float64)
    start = torch.zeros(len(rates) * runs, dimension, dtype=torch.float64)
    start[:, 0] = 1

    def gradient(weights):
        (e,) = weights
        x = torch.from_numpy(draw_inputs((len(e), batch, dimension), rng))
        return ((x.mT @ (x @ e.unsqueeze(-1))).squeeze(-1) / batch,)

    run = descend(gradient, (start,), learning_rate=rates.repeat_interleave(runs), steps=steps)
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


def copied(problems, copies, generators):
    """The same problems with every training image there so many times, as many epochs: `Problems`."""
    copies = _whole("copies", copies)
    if len(generators) != len(problems.images):
        raise ValueError(f"generators must be {len(problems.images)}, got {len(generators)}")
    examples = copies * problems.order.shape[1]
    return problems._replace(
        images=problems.images.repeat(1, copies, 1),
        labels=problems.labels.repeat(1, copies),
        order=_order(copies * problems.images.shape[1], examples, generators),
    )


def race(problems, batch, rates, looks):
    """Descent of every draw at every rate on minibatches of this size: {"loss", "accuracy"}.

    Each (looks, rates, draws): mean loss [nats] on the training images and accuracy on the tests after
    the last step within so many examples. nan where descent diverged. Raises ValueError for a batch
    that does not divide the examples, and looks beyond them.
    """
    draws, examples = problems.order.shape
    batch, looks = _whole("batch", batch), [_whole("looks", n, 0) for n in looks]
    if examples % batch:
        raise ValueError(f"batch must divide the {examples} examples, got {batch}")
    if max(looks) > examples:
        raise ValueError(f"looks must be within the {examples} examples, got {max(looks)}")
    start = [tuple(torch.cat([x] * len(rates)) for x in part) for part in problems.start]
    at = [n // batch for n in looks]
    run = train_apart(
        start,
        (problems.images, problems.labels),
        problems.order[:, : max(at) * batch].view(draws, max(at), batch),
        learning_rate=torch.as_tensor(rates, dtype=torch.float64).repeat_interleave(draws),
        record=at,
        tests=problems.tests,
        keep_diverged=True,
    )
    which = np.searchsorted(run.steps.numpy(), at)
    return {
        name: found.view(-1, len(rates), draws).numpy()[which]
        for name, found in run.records.items()
    }


def best_of(losses):
    """The rate of the least mean log loss over draws at every look: places (looks,).

    losses: (looks, rates, draws); a rate at which one draw diverged is never the best.
    """
    return np.nan_to_num(np.log(losses).mean(-1), nan=np.inf).argmin(-1)
