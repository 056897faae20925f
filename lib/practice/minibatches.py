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

from collections.abc import Callable, Sequence
from math import log1p

import numpy as np
import torch

from lib.checks import whole_number
from lib.descent import Plain, Record, Stop, descend
from lib.practice.classifiers import train_apart
from lib.practice.draws import Problems, batches, draw_order
from lib.practice.networks import accuracy, scores

_AT_ONCE = 2**24  # numbers drawn at a time, 128 MB

# --- one step of noiseless regression --------------------------------------------------------------


def critical_batch(dimension: int, inputs: str = "gaussian") -> int:
    """B* of E |x|^2 x x^T = (B* + 1) I for inputs of unit covariance: d + 1 or d - 1.

    inputs: "gaussian", or "sphere" of radius sqrt d. Raises ValueError for others.

    >>> critical_batch(5), critical_batch(5, "sphere")
    (6, 4)
    """
    dimension = whole_number("dimension", dimension)
    if inputs not in ("gaussian", "sphere"):
        raise ValueError(f"inputs must be 'gaussian' or 'sphere', got {inputs!r}")
    return dimension + 1 if inputs == "gaussian" else dimension - 1


def draw_inputs(
    shape: tuple[int, ...], rng: np.random.Generator, inputs: str = "gaussian"
) -> np.ndarray:
    """Inputs of unit covariance, (..., d): Gaussian, or on the sphere of radius sqrt d."""
    x = rng.standard_normal(shape)
    if inputs == "sphere":
        x *= np.sqrt(x.shape[-1] / (x * x).sum(-1, keepdims=True))
    elif inputs != "gaussian":
        raise ValueError(f"inputs must be 'gaussian' or 'sphere', got {inputs!r}")
    return x


def step_factor(rate: float, batch_size: int, critical: float) -> float:
    """Mean square of the error after one step / before: 1 - 2 eta + eta^2 (1 + B* / B).

    >>> round(step_factor(1 / 7, 1, critical_batch(5)), 4)
    0.8571
    """
    return 1 - 2 * rate + rate**2 * (1 + critical / whole_number("batch_size", batch_size))


def cheapest_rate(batch_size: int, critical: float) -> float:
    """The learning rate of the least factor, B / (B + B*); the factor is then B* / (B + B*)."""
    return whole_number("batch_size", batch_size) / (batch_size + critical)


def examples_per_efold(batch_size: int, critical: float) -> float:
    """Examples after which the mean square is down by e at the best rate: B / ln(1 + B / B*).

    Raises ValueError for B* <= 0, where one example is enough.

    >>> round(examples_per_efold(1, critical_batch(50)), 2)
    51.5
    """
    if not critical > 0:
        raise ValueError(f"critical must be above 0, got {critical}")
    return whole_number("batch_size", batch_size) / log1p(batch_size / critical)


def step_moments(
    dimension: int, batch_size: int, draws: int, rng: np.random.Generator, inputs: str = "gaussian"
) -> tuple[np.ndarray, np.ndarray]:
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


def error_after(
    dimension: int,
    batch_size: int,
    rates: Sequence[float],
    steps: int,
    runs: int,
    rng: np.random.Generator,
) -> np.ndarray:
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


def _whole_epochs(images, examples, generators):
    if examples % images:
        raise ValueError(f"examples must be a multiple of the {images} images, got {examples}")
    return draw_order(images, examples, generators)


def few(problems: Problems, images: int, generators: Sequence[np.random.Generator]) -> Problems:
    """The same problems with the first training images only, so many epochs of them: `Problems`.

    As many examples as before; one generator a draw, for the new order.
    """
    images = whole_number("images", images)
    if images > problems.images.shape[1]:
        raise ValueError(f"images must be at most {problems.images.shape[1]}, got {images}")
    return problems._replace(
        images=problems.images[:, :images],
        labels=problems.labels[:, :images],
        order=_whole_epochs(images, problems.order.shape[1], generators),
    )


def copied(problems: Problems, copies: int, generators: Sequence[np.random.Generator]) -> Problems:
    """The same problems with every training image there so many times: `Problems`.

    As many examples as before; one generator a draw, for the new order.
    """
    copies = whole_number("copies", copies)
    return problems._replace(
        images=problems.images.repeat(1, copies, 1),
        labels=problems.labels.repeat(1, copies),
        order=_whole_epochs(copies * problems.images.shape[1], problems.order.shape[1], generators),
    )


def race(
    problems: Problems,
    batch_size: int,
    rates: Sequence[float],
    looks: Sequence[int],
    method: Callable = Plain,
) -> tuple[np.ndarray, np.ndarray]:
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
    start = problems.start.repeated(len(rates))
    at = [n // batch_size for n in looks]
    run = train_apart(
        start,
        (problems.images, problems.labels),
        batches(problems.order, batch_size, max(at)),
        method(torch.as_tensor(rates, dtype=torch.float64).repeat_interleave(draws)),
        record=Record(at),
        stop=Stop(diverged="keep"),
    )
    said = scores(start.like(run.weights), problems.tests[0]).unflatten(0, (-1, draws))
    losses = run.records["loss"][torch.searchsorted(run.steps, torch.tensor(at))]
    return (
        losses.view(len(looks), len(rates), draws).numpy(),
        accuracy(said, problems.tests[1]).numpy(),
    )


def least_loss(losses: np.ndarray) -> np.ndarray:
    """The rate of the least mean log loss over draws at every look: places (looks,).

    losses: (looks, rates, draws); a rate at which one draw diverged is never the best.
    """
    return np.nan_to_num(np.log(losses).mean(-1), nan=np.inf).argmin(-1)


def race_at_its_rates(
    problems: Problems, batch_size: int, rates: Sequence[float], looks: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
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
