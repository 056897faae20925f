"""What a minibatch buys: one exact step of noiseless regression, and races of batch sizes on digits.

Regression. Inputs x have E x x^T = I, labels y = w* . x without noise. With the error e = w - w*, a step of
descent on the mean of (e . x)^2 / 2 over a minibatch of B fresh examples is

    e  <-  e - eta / B  sum x (x . e)

and where E |x|^2 x x^T = (B* + 1) I,

    E |e'|^2 / |e|^2 = 1 - 2 eta + eta^2 (1 + B* / B)

(derived here). B* is the critical batch of Ma, Bassily and Belkin 2018 (arXiv:1712.06559, recalled):
d + 1 for Gaussian inputs, d - 1 for inputs of fixed length. Where E x x^T = diag(lambda) is no multiple of
the identity, the second moments of e obey a linear recursion.

Digits. A draw is a split, a start and an order of examples; all batch sizes see the same examples in the
same order and differ only in how many they add up before they step.
"""

from collections.abc import Callable, Sequence
from math import log1p
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import brentq

from lib.checks import whole_number
from lib.descent import Plain, Record, Stop, descend
from lib.practice.classifiers import train_apart
from lib.practice.draws import Problems, batches
from lib.practice.networks import (
    PLAIN,
    Network,
    accuracy,
    columns,
    cross_entropy_pull,
    evaluate,
    forward,
    scores,
)

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
    curvatures: Sequence[float],
    batch_size: int,
    rates: Sequence[float],
    steps: int,
    runs: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Mean loss after these steps of descent / at the start, for each rate: (rates,).

    Gaussian inputs of covariance diag(curvatures), (d,), fresh minibatches at every step, `runs`
    independent runs at every rate, from an error of the same size in all directions.
    """
    rates = torch.as_tensor(rates, dtype=torch.float64)
    h = torch.as_tensor(curvatures, dtype=torch.float64)
    start = torch.ones(len(rates) * runs, len(h), dtype=torch.float64)

    def gradient(weights):
        (e,) = weights
        x = torch.from_numpy(draw_inputs((len(e), batch_size, len(h)), rng)) * h.sqrt()
        return ((x.mT @ (x @ e.unsqueeze(-1))).squeeze(-1) / batch_size,)

    run = descend(gradient, (start,), rule=Plain(rates.repeat_interleave(runs)), steps=steps)
    loss = (run.weights[0].square() * h).sum(-1) / h.sum()
    return loss.view(len(rates), runs).mean(-1).numpy()


# --- inputs that are not isotropic -----------------------------------------------------------------


def mean_losses(
    curvatures: Sequence[float], batch_size: float, rates: Sequence[float], steps: int
) -> np.ndarray:
    """Exact mean loss / loss at the start after 0, 1, ..., `steps` steps: (steps + 1, rates).

    Gaussian inputs of covariance diag(lambda_1..d), an error of the same size in all directions. With m_i
    the mean square of the error along lambda_i, a step is

        m_i <- (1 - 2 eta lambda_i + eta^2 (1 + 1/B) lambda_i^2) m_i + eta^2 lambda_i / B sum_j lambda_j m_j

    (derived here, from the fourth moments of a Gaussian). `batch_size` need not be whole.
    """
    h, rate = np.asarray(curvatures, float), np.asarray(rates, float)[:, None]
    m, found = np.ones((len(rate), len(h))), [np.ones(len(rate))]
    own = 1 - 2 * rate * h + rate**2 * (1 + 1 / batch_size) * h**2
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            m = own * m + rate**2 / batch_size * h * (m @ h)[:, None]
            found.append(m @ h / h.sum())
    return np.array(found)


def examples_to(
    curvatures: Sequence[float], batch_size: float, goal: float = 0.01
) -> tuple[float, float]:
    """Examples that bring the mean loss down to `goal` of its start at the best constant rate, and that rate.

    Steps are counted in parts, the last one by its logarithm; rates lie 2% apart.

    >>> [round(x, 2) for x in examples_to([1.0] * 50, 51)]  # 4.6 e-folds of 51 / ln 2 examples
    [338.84, 0.5]
    """
    rates = np.geomspace(1e-3, 1, 350) * 2 / max(curvatures)
    steps = 64
    while True:
        losses = mean_losses(curvatures, batch_size, rates, steps)
        hit = losses <= goal
        if hit.any() and hit.any(1).argmax() < steps:
            break
        if steps > 50_000:
            raise ValueError(f"goal {goal} is not reached within {steps} steps")
        steps *= 4
    there = np.flatnonzero(hit.any(0))
    last = hit[:, there].argmax(0)
    above, below = np.log(losses[last - 1, there]), np.log(losses[last, there])
    needed = last - 1 + (np.log(goal) - above) / (below - above)
    best = needed.argmin()
    return float(batch_size * needed[best]), float(rates[there[best]])


def critical_batch_found(curvatures: Sequence[float]) -> float:
    """The batch at which `examples_to` is 1 / ln 2 times that of one example, as it is at B* where all
    curvatures are equal."""
    wanted = examples_to(curvatures, 1)[0] / np.log(2)
    return float(
        np.exp(
            brentq(
                lambda b: examples_to(curvatures, np.exp(b))[0] / wanted - 1,
                0,
                np.log(20.0 * len(curvatures)),
                xtol=1e-3,
            )
        )
    )


# --- races on digits -------------------------------------------------------------------------------


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


class BatchRace(NamedTuple):
    """What a batch size comes to at its own rates: losses [nats] and noise scales, each (looks, draws), and the
    networks at the last look."""

    losses: np.ndarray
    noise: np.ndarray
    network: Network


def race_at_its_rates(
    problems: Problems, batch_size: int, rates: Sequence[float], looks: Sequence[int]
) -> BatchRace:
    """As `race`, with one rate for each rising look, and with `noise_scale`: a `BatchRace`.

    Every rate is run no farther than its last look.
    """
    if len(rates) != len(looks) or list(looks) != sorted(looks):
        raise ValueError(f"rates must be {len(looks)}, one for each look, and looks rise")
    sets, kept = (problems.images, problems.labels), {}

    def measure(network, who):
        own = [part[who] for part in sets]
        return {"loss": evaluate(network, *own)[0], "noise": noise_scale(network, *own)}

    for rate in sorted(set(rates)):
        at = [n // batch_size for n, own in zip(looks, rates, strict=True) if own == rate]
        order = batches(problems.order, batch_size, max(at))
        run = train_apart(problems.start, sets, order, Plain(rate), record=Record(at, measure))
        for step, loss, noise in zip(run.steps, *run.records.values(), strict=True):
            kept[int(step), rate] = loss.numpy(), noise.numpy()
        if rate == rates[-1]:
            network = problems.start.like(run.weights)
    losses, noise = zip(
        *(kept[n // batch_size, rate] for n, rate in zip(looks, rates, strict=True)), strict=True
    )
    return BatchRace(np.stack(losses), np.stack(noise), network)


# --- the noise scale -------------------------------------------------------------------------------


def noise_scale(network: Network, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """tr Sigma / |G|^2, G the gradient of the mean cross-entropy, Sigma the covariance of that of one image.

    images (networks, m, d_0), labels (networks, m); of rectifiers: (networks,). The batch at which noise and
    gradient are equally large (McCandlish et al. 2018, recalled). Exact: |g_i|^2 is the sum over layers
    of |delta_i|^2 (|h_i|^2 + 1).
    """
    run = forward(network, images)
    pull = cross_entropy_pull(run.scores.clone(), columns(network, labels))
    count, squares, whole = pull.shape[-1], 0.0, 0.0
    for w, h in zip(network.weights[::-1], run.inputs[::-1], strict=True):
        squares = squares + ((pull**2).sum(1) * ((h**2).sum(1) + 1)).sum(-1) * count
        whole = whole + (pull @ h.mT).square().sum((1, 2)) + pull.sum(-1).square().sum(1)
        pull = (w.mT @ pull) * PLAIN.activation.slope(h)
    return squares / whole - 1


def examples_foretold(looks: Sequence[int], noise: Sequence[float], batch_size: int) -> np.ndarray:
    """Examples that batches of B need for what single examples do in `looks` of them: like looks.

    With the noise scale N on the way a step on B examples is worth (1 + 1/N) / (1/B + 1/N) single ones (McCandlish
    et al. 2018, recalled), so that dn examples become dn (1 + B/N) / (1 + 1/N). looks rise from 0; noise: N
    at them, its geometric mean in between.

    >>> examples_foretold([0, 10, 20], [7.0, 7.0, 7.0], 9).tolist()
    [0.0, 20.0, 40.0]
    """
    n, ln = np.asarray(looks, float), np.log(noise)
    scale = np.exp((ln[1:] + ln[:-1]) / 2)
    return np.append(0, (np.diff(n) * (1 + batch_size / scale) / (1 + 1 / scale)).cumsum())


def examples_needed(
    looks: Sequence[int], curve: Sequence[float], goals: Sequence[float]
) -> np.ndarray:
    """Examples at which a curve of log losses comes down to each goal, ln n interpolated: (goals,).

    The curve is taken as far down as it has been. nan for goals outside it.

    >>> examples_needed([1, 4], [0.0, -2.0], [-1.0, -3.0]).round(6).tolist()
    [2.0, nan]
    """
    lowest = np.minimum.accumulate(np.asarray(curve, float))
    found = np.interp(-np.asarray(goals), -lowest, np.log(looks), left=np.nan, right=np.nan)
    return np.exp(found)
