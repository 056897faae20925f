"""Where descent on deep linear networks fails: starts without balance.

The first necessity result of Arora et al. 2018 (arXiv:1810.02281, claim 4 of its appendix; claim 5 is in
`held_starts`) and what can be said exactly about it. It comes down to one mode: a network of scalars
a_1..a_N on 1/2 (a_N ... a_1 - 1)^2. Modes are (N, ...), as for
`lib.spectral.spectral_descent`; everything is float64; time = learning rate x steps.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib.descent import log_steps
from lib.linear_networks import deficiency_margin
from lib.spectral import spectral_descent


def _even(depth):
    if int(depth) != depth or depth < 2 or depth % 2:
        raise ValueError(f"depth must be an even whole number >= 2, got {depth}")
    return int(depth)


def _tensor(values):
    return torch.as_tensor(values, dtype=torch.float64)


# --- without balance -----------------------------------------------------------------------------


def overshooting_size(learning_rate: float, depth: int, margin: float) -> float:
    """A size A of half the layers from which one step overshoots and the next ones diverge: a float.

    Start: a_j = A for half of the layers, margin^(2/N) / A for the others, so that the product is
    `margin` whatever A is. With kappa = learning_rate (1 - c) c^(1 - 2/N), c = margin,
    m = min(1, kappa), M = max(1, kappa):

        A = max(4 / m, (40 M / (learning_rate m^(2N-1)))^(1/(2N-2)))

    makes the induction of lemma 17 of Arora et al. 2018 start at step 1 (derived here; the paper's
    own choice, eq. 50, was not readable in our copy). Large enough, not the smallest; every larger A does as well.
    Raises ValueError for an odd depth, a margin outside (0, 1), a learning rate that is not positive.

    >>> round(overshooting_size(0.1, 2, 0.75))
    5060
    """
    n, c, rate = _even(depth), float(margin), float(learning_rate)
    if not 0 < c < 1:
        raise ValueError(f"margin must lie in (0, 1), got {margin}")
    if not (rate > 0 and math.isfinite(rate)):
        raise ValueError(f"learning_rate must be positive and finite, got {learning_rate}")
    kappa = rate * (1 - c) * c ** (1 - 2 / n)
    low, high = min(1.0, kappa), max(1.0, kappa)
    return max(4 / low, (40 * high / (rate * low ** (2 * n - 1))) ** (1 / (2 * n - 2)))


def two_group_modes(large: float | Tensor, depth: int, product: float) -> Tensor:
    """Layers a_1..a_N with `large` in the first half, the rest equal, and the given product: (N, ...).

    large: number or (...). Raises ValueError for an odd depth.

    >>> two_group_modes(3.0, 4, 0.25).tolist()
    [3.0, 3.0, 0.16666666666666666, 0.16666666666666666]
    """
    half, large = _even(depth) // 2, _tensor(large)
    if not (product > 0 and bool((large > 0).all())):
        raise ValueError("large and product must be positive")
    small = product ** (1 / half) / large
    return torch.stack([large] * half + [small] * half)


def two_group_imbalance(large: float | Tensor, depth: int, product: float) -> Tensor:
    """Imbalance large^2 - small^2 of `two_group_modes`, (...)."""
    small = product ** (2 / _even(depth)) / _tensor(large)
    return _tensor(large) ** 2 - small**2


def modes_of_imbalance(imbalance: float | Tensor, depth: int, product: float) -> Tensor:
    """`two_group_modes` of a given imbalance D: large^2 = (D + sqrt(D^2 + 4 q^2)) / 2, q = product^(2/N).

    imbalance: number or (...), >= 0, else ValueError. Returns (N, ...).
    """
    d = _tensor(imbalance)
    if not bool((d >= 0).all()):
        raise ValueError("imbalance must be >= 0")
    q = product ** (2 / _even(depth))
    return two_group_modes(((d + torch.sqrt(d**2 + 4 * q**2)) / 2).sqrt(), depth, product)


def scalar_descent(
    modes: Tensor, learning_rate: float | Tensor, record: Iterable[int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Descent on 1/2 (a_N ... a_1 - 1)^2: (steps, a_j (records, N, ...), losses (records, ...)).

    modes: (N, ...); learning_rate: number or (...); record: steps to keep, the last is the number of
    steps. Overflow is data here: a loss that is not finite is inf.

    >>> _, _, losses = scalar_descent(torch.tensor([8.0, 0.75 / 8]), 0.1, [0, 1000])
    >>> losses.tolist()
    [0.03125, inf]
    """
    rate = _tensor(learning_rate)[..., None]
    wanted = torch.ones(1, dtype=torch.float64)
    steps, path = spectral_descent(modes[..., None], wanted, learning_rate=rate, record=record)
    path = path[..., 0]
    losses = (path.prod(1) - 1).square() / 2
    return steps, path, losses.nan_to_num(nan=torch.inf, posinf=torch.inf)


def overshoot_bounds(
    modes: Tensor, learning_rate: float | Tensor, depth: int, steps: int
) -> tuple[Tensor, Tensor]:
    """The proof's bounds on every |a_j| from step 1 on: (log10 B, log10 C), each (steps, ...).

    From B(1) <= |a_j(1)| <= C(1), if B(1) >= 2 and learning_rate B(1)^(2N-1) >= 20 C(1):
    B(t+1) = 9 C(t), C(t+1) = learning_rate C(t)^(2N-1) (Arora et al. 2018, lemma 17). The number of
    digits grows 2N - 1 times a step, so these are logarithms. modes: a_j at step 1, (N, ...).
    learning_rate: number or (...).
    """
    rate = torch.log10(_tensor(learning_rate))
    low, high = [modes.abs().amin(0).log10()], [modes.abs().amax(0).log10()]
    for _ in range(int(steps) - 1):
        low.append(math.log10(9) + high[-1])
        high.append(rate + (2 * depth - 1) * high[-1])
    return torch.stack(low), torch.stack(high)


@dataclass(frozen=True)
class Overshoot:
    """What `overshoot` brings back; seeds are the sizes it was given.

    start: a_j at step 0, (N, seeds). losses: (steps + 1, seeds), inf after overflow. low: log10 of the
    proof's lower bound on every layer, from step 1 on, (steps, seeds). room: decades by which the
    layers stay inside the proof's bounds, from step 2 on, where the bounds predict, (seeds,).
    premise: by how much the induction of lemma 17 may start at step 1, the smaller of B(1) / 2 and
    learning_rate B(1)^(2N-1) / (20 C(1)), (seeds,); from 1 on it may.
    """

    start: torch.Tensor
    losses: torch.Tensor
    low: torch.Tensor
    room: torch.Tensor
    premise: torch.Tensor

    @property
    def imbalance(self) -> Tensor:
        """Imbalance of the starts, (seeds,)."""
        return self.start[0] ** 2 - self.start[-1] ** 2

    @property
    def margin(self) -> Tensor:
        """Deficiency margin of the starts, (seeds,)."""
        target = torch.ones(1, 1, dtype=self.start.dtype)
        return deficiency_margin(self.start.prod(0)[..., None, None], target)

    @property
    def floor(self) -> Tensor:
        """log10 of the proof's lower bound on the losses, like `losses`; nan at the start.

        (a_N ... a_1 - 1)^2 / 2 of layers that are all at their lower bounds, far above 1.
        """
        floor = 2 * len(self.start) * self.low - math.log10(2)
        return torch.cat([torch.full_like(floor[:1], math.nan), floor])


def overshoot(
    large: Tensor, learning_rate: float | Tensor, depth: int, margin: float, steps: int = 12
) -> Overshoot:
    """Descent from the starts of claim 4, half of the layers of size `large` (seeds,): an `Overshoot`."""
    start = two_group_modes(large, depth, margin)
    _, path, losses = scalar_descent(start, learning_rate, range(steps + 1))
    low, high = overshoot_bounds(path[1], learning_rate, depth, steps)
    digits = path[2:].abs().log10()
    room = torch.minimum(digits.amin(1) - low[1:], high[1:] - digits.amax(1))
    room = room.where(torch.isfinite(digits).all(1), torch.inf).amin(0)
    layers = path[1].abs()
    growth = learning_rate * layers.amin(0) ** (2 * depth - 1) / (20 * layers.amax(0))
    premise = torch.minimum(layers.amin(0) / 2, growth)
    return Overshoot(start, losses, low, room, premise)


@dataclass(frozen=True)
class FailureMap:
    """What `failure_map` brings back: one start in every cell, all tensors (rates, imbalances).

    start, end: a_j, (N, rates, imbalances). stretch: learning rate x curvature at the minimum that the
    flow would reach. converged: loss below 1e-10 at the end and 100 steps before (a run that passes
    the target by chance does not count). overflow: the loss has left the finite numbers.
    """

    start: torch.Tensor
    end: torch.Tensor
    rate: torch.Tensor
    imbalance: torch.Tensor
    stretch: torch.Tensor
    converged: torch.Tensor
    overflow: torch.Tensor

    @property
    def outcome(self) -> Tensor:
        """0: converged, 1: converged after a catapult (stretch > 2), 2: bounded, 3: overflow."""
        return torch.where(self.converged, self.stretch > 2, 2 + self.overflow)


def failure_map(
    imbalances: ArrayLike,
    rates: ArrayLike,
    depth: int,
    margin: float,
    rng: np.random.Generator,
    steps: int = 4000,
) -> FailureMap:
    """Where descent from two groups of layers converges: a `FailureMap`.

    imbalances, rates: the edges of the cells, rising; each cell holds one start, drawn inside it.
    Raises ValueError for edges that are not positive and rising.
    """
    for name, edges in (("imbalances", imbalances), ("rates", rates)):
        edges = np.asarray(edges)
        if edges.ndim != 1 or len(edges) < 2 or edges[0] <= 0 or not (np.diff(edges) > 0).all():
            raise ValueError(f"{name} must be two edges or more, positive and rising")
    edges = [imbalances, rates]
    low = np.meshgrid(*(e[:-1] for e in edges))
    sides = [e[1] / e[0] for e in edges]
    inside = sides ** rng.uniform(0, 1, (len(rates) - 1, len(imbalances) - 1, 2))
    imbalance, rate = (torch.from_numpy(x * inside[..., i]) for i, x in enumerate(low))
    start = modes_of_imbalance(imbalance, depth, margin)
    _, path, loss = scalar_descent(start, rate, [steps - 100, steps])
    stretch = rate * nearby_sharpness(imbalance, depth)
    done, lost = (loss < 1e-10).all(0), loss[-1].isinf()
    return FailureMap(start, path[-1], rate, imbalance, stretch, done, lost)


def arrival_steps(
    start: Tensor,
    depth: int,
    stretches: ArrayLike,
    *,
    final_loss: float = 1e-12,
    steps: int = 2000,
) -> Tensor:
    """First recorded step with loss <= final_loss at learning rates stretch / lambda; inf if none.

    start: (N, seeds); stretches: (k,); lambda is `nearby_sharpness`. Returns (k, seeds).
    """
    stretches = _tensor(stretches)[:, None]
    rate = stretches / nearby_sharpness(start[0] ** 2 - start[-1] ** 2, depth)
    modes = start[:, None].expand(-1, len(stretches), -1)
    at, _, loss = scalar_descent(modes, rate, log_steps(steps, 60))
    below = loss <= final_loss
    return torch.where(below[-1], at[below.to(int).argmax(0)].double(), torch.inf)


def imbalance_law(path: Tensor, learning_rate: float) -> tuple[Tensor, Tensor]:
    """Imbalance a_1^2 - a_2^2 of two layers along a path (steps + 1, 2, ...): (measured, exact law).

    One step multiplies it by 1 - eta^2 (p - 1)^2, p = a_2 a_1 (derived here).
    """
    measured = path[:, 0] ** 2 - path[:, 1] ** 2
    factor = 1 - learning_rate**2 * (path[:-1].prod(1) - 1) ** 2
    growth = torch.cat([torch.ones_like(factor[:1]), factor.cumprod(0)])
    return measured, measured[0] * growth


def nearby_sharpness(imbalance: float | Tensor, depth: int) -> Tensor:
    """Curvature lambda = (N/2) sqrt(D^2 + 4) at the minimum that the flow reaches, (...).

    Gradient flow keeps the imbalance D of `two_group_modes`, and on a_N ... a_1 = 1 the loss has one
    curvature that is not zero, sum_j 1/a_j^2. Descent is stable there for learning rates below
    2/lambda (derived here). Raises ValueError for an odd depth.
    """
    return _even(depth) / 2 * torch.sqrt(_tensor(imbalance) ** 2 + 4)


def sharpness(modes: Tensor) -> Tensor:
    """sum_j (a_N ... a_1 / a_j)^2, (...): the top curvature where the loss is 0. modes: (N, ...)."""
    return (modes.prod(0) / modes).square().sum(0)


def _two_layers(modes):
    if len(modes) != 2:
        raise ValueError(f"modes must hold two layers, got {len(modes)}")
    return modes.square().sum(0), modes.prod(0)


def overshoot_gap(modes: Tensor, learning_rate: float | Tensor) -> Tensor:
    """4 - eta S + eta^2 (p - 1), S = a_1^2 + a_2^2, p = a_2 a_1, (...): its sign never changes.

    One step multiplies it by 1 + eta^2 p (p - 1), which is positive for eta < 2. At a minimum it is
    4 - eta lambda. So a run that starts below 0 stays there and can settle at no minimum (it would
    need eta lambda <= 2), however long it runs (derived here). Above 0, for eta < 1, almost every
    start converges (Liang and Montufar 2025, recalled). modes: (2, ...).
    """
    size, product = _two_layers(modes)
    return 4 - learning_rate * size + learning_rate**2 * (product - 1)


def critical_learning_rate(modes: Tensor) -> Tensor:
    """The learning rate up to which a start of two scalar layers converges on target 1, (...).

        min(1, 8 / (S + sqrt(S^2 - 16 (p - 1)))),    S = a_1^2 + a_2^2, p = a_2 a_1

    the zero of `overshoot_gap`, and 1 because no minimum is flatter than lambda = 2. About 4/lambda
    where S is large: twice the edge of linear stability. modes: (2, ...).

    >>> round(float(critical_learning_rate(torch.tensor([6.0, 0.125], dtype=torch.float64))), 4)
    0.111
    """
    size, product = _two_layers(modes)
    return (8 / (size + torch.sqrt(size**2 - 16 * (product - 1)))).clamp(max=1)


def bisected_edge(
    modes: Tensor,
    low: float | Tensor,
    high: float | Tensor,
    *,
    halvings: int = 16,
    steps: int = 20_000,
) -> Tensor:
    """The learning rate that parts convergence from failure for scalar layers, by trial: (...).

    modes: (N, ...). low, high: learning rates (...) at which the start converges to target 1 (loss
    below 1e-10 after `steps` steps) and does not, else ValueError. Halved in logarithm.
    """
    low, high = (_tensor(x) * torch.ones_like(modes[0]) for x in (low, high))

    def converges(rate):
        return scalar_descent(modes, rate, [steps])[2][-1] < 1e-10

    if not bool((converges(low) & ~converges(high)).all()):
        raise ValueError("every start must converge at `low` and fail at `high`")
    for _ in range(halvings):
        middle = (low * high).sqrt()
        inside = converges(middle)
        low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
    return (low * high).sqrt()
