"""The steps that descent needs at the best learning rate of a grid, for many starts at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib import linear_networks as ln
from lib.checks import whole_number
from lib.descent import Plain, Stop, Weights, descend

# --- checks --------------------------------------------------------------------------------------


def doubles(**tensors: Tensor) -> None:
    """Nothing. Raises ValueError for what is no float64 tensor, is not finite, or empty."""
    for name, x in tensors.items():
        if not isinstance(x, torch.Tensor) or x.dtype != torch.float64:
            raise ValueError(f"{name} must be a float64 tensor, got {getattr(x, 'dtype', type(x))}")
        if x.numel() == 0 or not torch.isfinite(x).all():
            raise ValueError(f"{name} must hold finite numbers, one or more")


def rate_grid(learning_rates: ArrayLike) -> Tensor:
    """The rates as a tensor (rates,). Raises ValueError unless they are positive and finite, one or more."""
    rates = torch.as_tensor(learning_rates, dtype=torch.float64)
    if rates.ndim != 1 or len(rates) == 0 or not (torch.isfinite(rates) & (rates > 0)).all():
        raise ValueError(
            f"learning_rates must be positive and finite numbers, got {learning_rates}"
        )
    return rates


def budget(final_loss: float, steps: int) -> int:
    """`steps` as an int. Raises ValueError for a loss that is not positive and finite, and for steps < 0."""
    if not (np.isfinite(final_loss) and final_loss > 0):
        raise ValueError(f"final_loss must be positive and finite, got {final_loss}")
    return whole_number("steps", steps, 0)


# --- the race ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Race:
    """What `fastest` runs at every rate of a grid.

    gradient(weights, *problem): as in `descend`; arrived(weights, *problem) -> bool (seeds,), looked for
    every `every` steps; rule: what makes a rule out of rates (pairs,), such as `Plain`.
    """

    gradient: Callable
    arrived: Callable
    rule: Callable = Plain
    every: int = 10


@torch.no_grad()
@np.errstate(all="ignore")  # a rate that is too large is data here
def fastest(
    race: Race,
    weights: Weights,
    rates: ArrayLike,
    *,
    steps: int,
    problem: Weights = (),
    possible: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Steps until `race.arrived` at the best learning rate of a grid, for every seed.

    Every seed runs at all rates side by side until, at one of them, it has arrived: the others end with
    it. A run that diverges is out. Of those that are there when it is looked for, the steps are counted one
    by one.

    weights, problem: as in `descend`; steps: the most allowed. possible: bool (rates, seeds), False where a
    pair need not be run (`can_reach`).
    Returns (steps (seeds,), inf where no rate gets there; rates (seeds,), the larger of two that need the
    same steps, nan where none gets there). Raises ValueError for weights that are not finite float64 with
    one row a seed, rates that are not positive, and a `possible` of another shape.

    >>> halving = Race(lambda w: w, lambda w: w[0].abs() < 1e-3)
    >>> fastest(halving, (torch.ones(1, dtype=torch.float64),), [0.1, 0.5, 2.5], steps=100)
    (tensor([10.], dtype=torch.float64), tensor([0.5000], dtype=torch.float64))
    """
    rates, steps, seeds = rate_grid(rates), whole_number("steps", steps, 0), len(weights[0])
    doubles(**{f"weights[{j}]": x for j, x in enumerate(weights)})
    if any(x.ndim == 0 or len(x) != seeds for x in (*weights, *problem)):
        raise ValueError(f"weights and problem must hold {seeds} seeds in every tensor")
    if possible is None:
        possible = torch.ones(len(rates), seeds, dtype=torch.bool)
    if tuple(possible.shape) != (len(rates), seeds):
        raise ValueError(f"possible must be ({len(rates)}, {seeds}), got {tuple(possible.shape)}")
    needed = torch.full((seeds,), torch.inf, dtype=torch.float64)
    chosen = torch.zeros(seeds, dtype=torch.float64)
    size = 8 * len(rates) * sum(x[0].numel() for x in (*weights, *problem))
    for members in torch.arange(seeds).split(max(1, (1 << 25) // size)):  # 32 MB at once
        which, column = possible[:, members].nonzero(as_tuple=True)
        if len(which):
            pairs = members[column], rates[which]
            seed, rate, count = _arrivals(race, weights, problem, pairs, steps)
            needed.scatter_reduce_(0, seed, count, "amin")
            best = count == needed[seed]
            chosen.scatter_reduce_(0, seed[best], rate[best], "amax")
    return needed, torch.where(needed.isinf(), torch.nan, chosen)


def _arrivals(race, weights, problem, pairs, steps):
    """(seeds, rates, steps) of the pairs that are there when the first of their seed are: see `fastest`."""
    seed, rate = pairs

    def run(of, steps, every, when):
        return descend(
            lambda w, *given: race.gradient(w, *given[:-1]),
            tuple(x[seed[of]] for x in weights),
            race.rule(rate[of]),
            problem=(*(x[seed[of]] for x in problem), seed[of]),
            steps=steps,
            stop=Stop(when, every=every, diverged="keep"),
        )

    def there(w, *given):
        return race.arrived(w, *given[:-1])

    def one_of_a_seed_is_there(w, *given):
        return torch.isin(given[-1], given[-1][there(w, *given)])

    rough = run(torch.arange(len(seed)), steps, race.every, one_of_a_seed_is_there)
    ends = there(rough.weights, *(x[seed] for x in problem), seed)
    first = ((rough.stopped >= 0) & ends).nonzero()[:, 0]
    count = rough.stopped[first]
    if race.every > 1 and len(first):
        count = run(first, int(count.max()), 1, there).stopped
    return seed[first], rate[first], count.double().where(count >= 0, torch.inf)


def whole_race(final_loss: float) -> Race:
    """Descent of whole networks, `linear_networks.gradients`, until the loss is `final_loss`."""
    return Race(ln.gradients, lambda weights, target: ln.loss(weights, target) <= final_loss)
