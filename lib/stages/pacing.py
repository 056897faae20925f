"""Rules of descent that follow a gradient flow at its own pace: fast where nothing happens.

Flow time is the sum of the steps' lengths. A plateau of the flow costs some hundred steps, where
steps of one length would take millions. float64 everywhere.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.polynomial import chebyshev
from torch import Tensor

from lib.descent import Plain, Weights


def squares(matrix: Tensor) -> Tensor:
    """The sum of the squared entries of each matrix (..., rows, columns): (...)."""
    return matrix.square().sum((-2, -1))


def _seed_squares(tensor):
    """The sum of squares of each seed's entries, (seeds,), in one pass over the memory."""
    rows = tensor.numpy().reshape(len(tensor), -1)
    return torch.from_numpy(np.vecdot(rows, rows))


@dataclass(frozen=True, eq=False)
class Paced(Plain):
    """w <- w - h g with h = min(rate, share x min_j ||W_j|| / ||g_j||) of its own for every seed.

    No layer moves by more than `share` of its norm, however small the gradient. Tells `time`, the sum
    of all h, (seeds,). bounded=False: h is as long as `share` allows, whatever `rate` (for runs that end
    before a minimum). Raises ValueError for a share outside (0, 1).
    """

    share: float
    bounded: bool = True

    def __post_init__(self):
        if not 0 < self.share < 1:
            raise ValueError(f"share must lie in (0, 1), got {self.share}")

    def start(self, weights: Weights) -> list[tuple[Tensor, ...]]:
        """The elapsed time."""
        return [(weights[0].new_zeros(len(weights[0])),)]

    def step(self, weights: Weights, kept: list, slopes: Weights, rates: tuple, t: int) -> None:
        """One step in place; rates are one number."""
        ratios = [_seed_squares(w) / _seed_squares(g) for w, g in zip(weights, slopes, strict=True)]
        pace = torch.stack(ratios).amin(0).sqrt() * (self.share / rates[0])
        pace = pace.clamp(max=1.0 if self.bounded else math.inf)
        for w, g in zip(weights, slopes, strict=True):
            w.addcmul_(pace[:, None, None], g, value=-rates[0])
        kept[0][0].add_(-pace, alpha=-rates[0])

    def tells(self, kept: list[tuple[Tensor, ...]]) -> dict[str, Tensor]:
        """The elapsed time."""
        return {"time": kept[0][0]}


@cache
def _stages(most, damping=0.05):
    """Of each stage j of each number of stages s, (most + 1, most): what it keeps of the last move, its
    share of h, the time it takes; and how many times `rate` s stages reach, (most + 1,)."""
    keep, push, takes = np.zeros((3, most + 1, most))
    reach = np.zeros(most + 1)
    for s in range(1, most + 1):
        a = 1 + damping / s**2
        t = chebyshev.chebvander([a], s)[0]
        rise = chebyshev.chebval(a, chebyshev.chebder([0] * s + [1]))
        b = t[s] / rise
        keep[s, 1:s] = t[: s - 1] / t[2:]
        push[s, :s] = 2 * b * t[:s] / t[1:]
        push[s, 0] /= 2
        for j in range(s):
            takes[s, j] = push[s, j] + (keep[s, j] * takes[s, j - 1] if j else 0)
        reach[s] = (1 + a) / b
    return [torch.from_numpy(x) for x in (keep, push, takes, reach / reach[1])]


@dataclass(frozen=True, eq=False)
class Chebyshev(Plain):
    """A flow in steps as long as its gradient allows: s gradients make one of up to s^2 rates.

    The Runge-Kutta-Chebyshev method of order one (van der Houwen and Sommeijer 1980). A step of length h
    has stages j = 1..s; with a = 1 + 0.05/s^2 and b = T_s(a) / T_s'(a), T the Chebyshev polynomials,

        w_j = w_(j-1) + k_j (w_(j-1) - w_(j-2)) - p_j h g(w_(j-1)),
        k_j = T_(j-2)(a) / T_j(a),  p_j = 2 b T_(j-1)(a) / T_j(a)    (k_1 = 0, p_1 = b / a):

    momentum that begins anew with every step. Where the loss is quadratic, a mode of curvature c is
    multiplied by T_s(a - b c h) / T_s(a), which is stable up to c h = 2 s^2, nearly; s = 1 is a plain step.

    rate: the longest plain step, below 2 / curvature. h is each seed's own: so long that the norm of the gradient,
    if it changes as in the last step, changes by `change`. s: the least that is stable, up to `most`. Where
    the norm has doubled in a step, the curvature has grown: the rate of this seed is halved from then on.
    Tells `time`, the sum of all h, (seeds,). Raises ValueError for a change outside (0, 1), most < 1.
    """

    change: float = 0.1
    most: int = 16

    def __post_init__(self):
        if not (0 < self.change < 1 and self.most >= 1):
            raise ValueError(
                f"Chebyshev needs change in (0, 1), most >= 1, got {self.change}, {self.most}"
            )

    def start(self, weights: Weights) -> list[tuple[Tensor, ...]]:
        """The last move; time, rate, h, norm of the gradient at the step's start, stages done and in all."""
        seeds = len(weights[0])
        time, size = weights[0].new_zeros(2, seeds)
        rate, length = weights[0].new_full((2, seeds), float(self.rate))
        done, stages = torch.zeros(2, seeds, dtype=torch.int64)
        return [
            tuple(torch.zeros_like(w) for w in weights),
            (time, rate, length, size, done, stages),
        ]

    def _begin(self, begins, slopes, rate, length, size, stages):
        """Length and stages of the next step, for the seeds where it begins."""
        reach = _stages(self.most)[3]
        norm = torch.stack([_seed_squares(g) for g in slopes]).sum(0).sqrt()
        rate.mul_(torch.where(begins & (size > 0) & (norm > 2 * size), 0.5, 1.0))
        changed = (norm / size - 1).abs().clamp(min=1e-12)
        wanted = (length * (self.change / changed).clamp(0.3, 1.5)).where(size > 0, length)
        wanted = torch.minimum(wanted, rate * reach[-1])
        length.copy_(wanted.where(begins, length))
        size.copy_(norm.where(begins, size))
        fewest = torch.searchsorted(reach, length / rate * (1 - 1e-9)).clamp(1, self.most)
        stages.copy_(fewest.where(begins, stages))

    def step(self, weights: Weights, kept: list, slopes: Weights, rates: tuple, t: int) -> None:
        """One stage in place; the rate is one number."""
        moves, (time, rate, length, size, done, stages) = kept
        begins = done == stages
        if begins.any():
            self._begin(begins, slopes, rate, length, size, stages)
            done.masked_fill_(begins, 0)
        keep, push, takes = (x[stages, done] for x in _stages(self.most)[:3])
        push = push * length
        for w, move, g in zip(weights, moves, slopes, strict=True):
            own = (-1, *[1] * (w.ndim - 1))
            move.mul_(keep.reshape(own)).addcmul_(push.reshape(own), g, value=-1)
            w.add_(move)
        time.add_(takes * length)
        done.add_(1)

    def tells(self, kept: list[tuple[Tensor, ...]]) -> dict[str, Tensor]:
        """The elapsed time."""
        return {"time": kept[1][0]}
