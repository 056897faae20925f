"""What theory says of a random start: margins, balance, waiting times, theorem 2 and its proof.

Single-output deep linear networks with |target| = 1, as in `initialization`, whose starts these are.
Arora et al. 2018 is arXiv:1810.02281.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib import linear_networks as ln
from lib.checks import whole_number
from lib.statistics import wilson_interval
from lib.trajectories.initialization import (
    balanced_state,
    balanced_steps,
    product_parts,
)
from lib.trajectories.margins import margin_probability, starts_with_margin

# --- laws of the start ---------------------------------------------------------------------------


def margin(along: Tensor, across: Tensor) -> Tensor:
    """Deficiency margin c = 1 - |W - target| of a product with these parts, |target| = 1: (...)."""
    return 1 - torch.hypot(along - 1, across)


def positive_margins(
    widths: Sequence[int], product_scales: Sequence[float], draws: int, rng: np.random.Generator
) -> list[int]:
    """How many of `draws` layer-wise starts have a positive margin, at each scale of their product.

    widths as in `product_parts`: [d_0, 1] is the balanced start. Returns a list of counts.
    """
    unit, depth = ln.product_scale(widths), len(widths) - 1
    scales = [(wanted / unit) ** (1 / depth) for wanted in product_scales]
    return [int((margin(*product_parts(widths, s, draws, rng)) > 0).sum()) for s in scales]


def margin_counts(
    target: Tensor, scales: Sequence[float], draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """How many of `draws` Gaussian products of each scale have a margin for `target`, and the chance of one.

    target: (m, d); a unit vector with one output, d >= 2, is drawn by its `product_parts`. Returns the counts and
    `margins.margin_probability`, each (scales,).

    >>> counts, chances = margin_counts(torch.eye(2).double(), [1e-3, 0.5], 1000, np.random.default_rng(0))
    >>> int(counts[0]), bool(40 < counts[1] < 100), chances.round(3).tolist()
    (0, True, [0.0, 0.07])
    """
    chances = np.array([margin_probability(target, scale) for scale in scales])
    if len(target) == 1:
        counts = positive_margins([target.shape[1], 1], scales, draws, rng)
    else:
        counts = [starts_with_margin(target, scale, draws, rng) for scale in scales]
    return np.array(counts), chances


def waiting_time(along: Tensor, across: Tensor, depth: int) -> Tensor:
    """Time that gradient flow waits near 0 after a small balanced start, to leading order: (...).

    The product has length r and makes the cosine c with the target (|target| = 1); its layers have
    the size a = r^(1/N), k = N - 2. Near 0 the flow is a' = a^(N-1) c, c' = a^(N-2) (1 - c^2), so that
    a^2 (1 - c^2) is conserved while W turns towards the target, from any c > -1, and a
    becomes infinite at the time

        T = a^-k (1 - c^2)^(-k/2) int_c^1 (1 - x^2)^(k/2 - 1) dx

    (derived here; for N = 3 the angle over its sine, divided by a). along, across: the product's
    parts, as in `product_parts`. Raises ValueError for depth < 3, where the wait is logarithmic.

    >>> one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    >>> round(float(waiting_time(zero, 1e-6 * one, 3)), 3)  # a right angle: pi/2 divided by a
    157.08
    """
    from scipy.special import beta, betainc

    depth = whole_number("depth", depth, 3)
    if not (torch.hypot(along, across) > 0).all():
        raise ValueError("along and across must be finite, and not both 0")
    length = torch.hypot(along, across)
    layer, cosine, half = length ** (1 / depth), (along / length).numpy(), (depth - 2) / 2
    rest = 2 * 4 ** (half - 1) * beta(half, half) * betainc(half, half, (1 - cosine) / 2)
    sine = across / length
    return torch.from_numpy(rest) / (layer * sine) ** (2 * half)


def mean_square_imbalance(widths: Sequence[int], init_scale: float = 1.0) -> np.ndarray:
    """Mean of ||W_(j+1)^T W_(j+1) - W_j W_j^T||_F^2 of layer-wise starts, for every j: (N - 1,).

        s^4 d_j [(d_(j-1) - d_(j+1))^2 + (d_(j-1) + d_(j+1)) (d_j + 1)]

    (derived here from the second moments of Wishart matrices), s = init_scale.
    Raises ValueError for fewer than two layers.

    >>> mean_square_imbalance([3, 3, 3]).tolist()  # 2 d^2 (d + 1)
    [72.0]
    """
    if len(widths) < 3:
        raise ValueError(f"widths must hold two layers or more, got {list(widths)}")
    below, here, above = (np.array(widths[k : k + len(widths) - 2], float) for k in range(3))
    return init_scale**4 * here * ((below - above) ** 2 + (below + above) * (here + 1))


def drawn_imbalance(
    widths: Sequence[int], init_scale: float, draws: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Imbalance of layer-wise starts, and of every pair of layers its square over `mean_square_imbalance`.

    Returns (draws,) and (N - 1, draws).

    >>> largest, squares = drawn_imbalance([3, 3, 3], 0.1, 4, np.random.default_rng(0))
    >>> largest.shape, squares.shape
    (torch.Size([4]), torch.Size([1, 4]))
    """
    drawn = ln.imbalance_matrices(ln.gaussian_weights(widths, draws, rng, init_scale))
    squares = torch.stack([d.square().sum((-2, -1)) for d in drawn])
    means = torch.from_numpy(mean_square_imbalance(widths, init_scale))
    return squares.amax(0).sqrt(), squares / means[:, None]


def balance_promise(widths: Sequence[int], init_scale: float, imbalance: float) -> float:
    """Claim 2 of Arora et al. 2018: a layer-wise start is `imbalance`-balanced with at least the
    probability 1 - 10 N s^4 d_max^3 / imbalance^2 (0 where that is negative), s = init_scale.

    >>> round(balance_promise([10, 10, 10, 10], 0.1, 3.5), 3)
    0.755
    """
    if not (np.isfinite(imbalance) and imbalance > 0):
        raise ValueError(f"imbalance must be positive and finite, got {imbalance}")
    depth = len(widths) - 1
    return max(0.0, 1 - 10 * depth * init_scale**4 * max(widths) ** 3 / imbalance**2)


# --- theorem 2 -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class BalancedPromise:
    """Constants of the theorem on balanced initialization; see `balanced_promise`."""

    init_scale: float
    margin: float
    probability: float
    learning_rate: float
    time_to_half: float
    depth: int
    size: int

    def time(self, final_loss: float) -> float:
        """Promised learning_rate x steps to `final_loss` (< 1/8)."""
        return 4 * (self.time_to_half + np.log(1 / (8 * final_loss)))

    def steps(self, final_loss: float) -> float:
        """Promised steps to `final_loss` (< 1/8) at `learning_rate`."""
        return self.time(final_loss) / self.learning_rate

    def chance(self) -> float:
        """The probability of this margin itself, exact; for small s that of a normal variable above 1/sqrt(a)."""
        unit = torch.eye(1, self.size, dtype=torch.float64)
        return margin_probability(unit, self.init_scale, self.margin)

    def over_theorem_1(self, final_loss: float) -> tuple[float, float]:
        """log2 of the promised time and learning rate over those of `theorem_1_twice`."""
        rate, time = theorem_1_twice(self, final_loss)
        return float(np.log2(self.time(final_loss) / time)), float(
            np.log2(self.learning_rate / rate)
        )


def balanced_promise(size: int, depth: int, spread: float) -> BalancedPromise:
    """What theorem 2 of Arora et al. 2018 promises for one output and |target| = 1.

    With d_0 = size, a = spread, the product's entries from N(0, s^2), s^2 = 1 / (a d_0^2):

        margin        = s^2 d_0 / 2 at the start, with at least
        probability   = (1 - 2 exp(-d_0/16)) (3 - 4 F(2 sqrt(2/a))) / 2      (F: normal cdf)
        learning_rate = (s^2 d_0)^(4 - 2/N) / (1e5 N^3)
        steps(e)      = (4 / learning_rate) (ln(4) (s^2 d_0)^(2/N - 2) + ln(1/(8 e)))

    Raises ValueError where that promises nothing (probability <= 0: size or spread too small).

    >>> round(balanced_promise(100, 3, 100).probability, 2)
    0.28
    """
    from scipy.stats import norm

    depth = whole_number("depth", depth, 1)
    if not (np.isfinite(spread) and spread > 0 and size >= 12):
        raise ValueError(f"size {size} and spread {spread} are too small: nothing is promised")
    variance = 1 / (spread * size**2)
    chance = (1 - 2 * np.exp(-size / 16)) * (3 - 4 * norm.cdf(2 * np.sqrt(2 / spread))) / 2
    if not chance > 0:
        raise ValueError(f"size {size} and spread {spread} are too small: nothing is promised")
    return BalancedPromise(
        init_scale=float(variance**0.5),
        margin=variance * size / 2,
        probability=float(chance),
        learning_rate=(variance * size) ** (4 - 2 / depth) / (1e5 * depth**3),
        time_to_half=float(np.log(4) * (variance * size) ** (2 / depth - 2)),
        depth=depth,
        size=size,
    )


def theorem_1_twice(promise: BalancedPromise, final_loss: float) -> tuple[float, float]:
    """The promise of theorem 2 put together from theorem 1: (learning rate, time to `final_loss`).

    Theorem 1 from the margin of the start until |W - target| <= 1/2 (loss 1/2 to 1/8), then again
    from the margin 1/2 that it then has (proof of theorem 2, Arora et al. 2018). The learning rate
    is that of the first stage. Raises ValueError unless final_loss < 1/8.
    """
    if not 0 < final_loss < 1 / 8:
        raise ValueError(f"final_loss must lie in (0, 1/8), got {final_loss}")
    unit = torch.eye(1, dtype=torch.float64)
    stages = [ln.convergence_guarantee(unit, promise.depth, c) for c in (promise.margin, 0.5)]
    per_time = [stage.rate / stage.learning_rate for stage in stages]
    time = np.log(4) / per_time[0] + np.log(1 / (8 * final_loss)) / per_time[1]
    return stages[0].learning_rate, float(time)


@dataclass(frozen=True)
class Kept:
    """How theorem 2 does on drawn starts, see `kept_promises`.

    promise: the `BalancedPromise`; had_margin: bool (draws,), the promised margin or more;
    times: (runs,) learning rate x steps to `final_loss`, inf where that was not reached.
    """

    promise: BalancedPromise
    had_margin: np.ndarray
    times: np.ndarray

    def in_time(self, final_loss: float) -> np.ndarray:
        """Which of the runs reached `final_loss` in the promised time: bool (runs,)."""
        return self.times <= self.promise.time(final_loss)

    def spare(self, final_loss: float) -> tuple[float, list[float]]:
        """The smaller share, with the margin or in time, less the promised one, and its interval (Wilson)."""
        hits = min(self.had_margin, self.in_time(final_loss), key=np.mean)
        ends = wilson_interval(int(hits.sum()), len(hits))
        found = [float(x) - self.promise.probability for x in (hits.mean(), *ends)]
        return found[0], found[1:]


def kept_promises(
    size: int,
    depth: int,
    spread: float,
    draws: int,
    rng: np.random.Generator,
    *,
    final_loss: float,
    runs: int = 1000,
    learning_rate: float = 0.1,
) -> Kept:
    """Balanced starts as theorem 2 asks for, their margins, and the time that the first `runs` take.

    size, depth, spread: as in `balanced_promise`; at most 20,000 steps. Returns a `Kept`.

    >>> kept = kept_promises(128, 3, 100, 50, np.random.default_rng(0), final_loss=1e-5)
    >>> kept.times.shape, bool((kept.times < kept.promise.time(1e-5)).all())
    ((50,), True)
    """
    promise = balanced_promise(size, depth, spread)
    parts = product_parts([size, 1], promise.init_scale, draws, rng)
    start = balanced_state(*(x[:runs] for x in parts), depth)
    count, _ = balanced_steps(start, depth, [learning_rate], final_loss=final_loss, steps=20000)
    had = margin(*parts) >= promise.margin
    return Kept(promise, had.numpy(), learning_rate * count.numpy())


def waiting_run(
    size: int,
    depth: int,
    wait: float,
    seeds: int,
    rng: np.random.Generator,
    *,
    learning_rate: float = 0.1,
) -> tuple[Tensor, Tensor]:
    """Balanced starts so small that they wait about `wait` near 0: (measured, predicted), each (seeds,).

    measured: learning rate x steps until the loss is half of what it is at 0; predicted:
    `waiting_time`. Depth 3 or more.

    >>> measured, predicted = waiting_run(128, 3, 200, 5, np.random.default_rng(0))
    >>> bool(((measured / predicted - 1).abs() < 0.01).all())
    True
    """
    one = torch.ones(1, dtype=torch.float64)
    layer = (float(waiting_time(0 * one, one, depth)) / wait) ** (1 / (depth - 2))
    parts = product_parts([size, 1], layer**depth / size**0.5, seeds, rng)
    start, steps = balanced_state(*parts, depth), round(10 * wait / learning_rate)
    count, _ = balanced_steps(start, depth, [learning_rate], final_loss=0.25, steps=steps)
    return learning_rate * count, waiting_time(*parts, depth)
