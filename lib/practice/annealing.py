"""Simulated annealing of networks: stochastic descent with noise whose temperature falls to zero."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lib.descent import Plain, Weights


@dataclass(frozen=True, eq=False)
class Annealed(Plain):
    """w <- w - r g + sqrt(2 r T) noise at step t = 1, 2, ..., a rule of `descend` (Langevin; Kirkpatrick et al. 1983, recalled).

    With left = 1 - (t - 1) / steps the rate is r = rate left, as in training without noise, and the temperature
    is T = temperature max(0, 1 - 1.25 (1 - left)): noise is gone for the last fifth. Temperature 0 is that training.
    rate: one number. The noise of a step is a function of seed, t and the first network of a block alone;
    with seeds, one for each of the leading dimension (the splits of `classifiers.train_on_splits`), of each
    its own and t alone, as if it were the only one.
    Raises ValueError for a temperature below 0 and steps < 1.

    >>> from lib.descent import descend
    >>> start = (torch.ones(2, 1, dtype=torch.float64),)
    >>> run = descend(lambda w: w, start, Annealed(0.5, steps=2, temperature=0.0, seed=0), steps=2)
    >>> run.weights[0].flatten().tolist()
    [0.375, 0.375]
    """

    steps: int
    temperature: float
    seed: int | Sequence[int]

    def __post_init__(self) -> None:
        if not (self.temperature >= 0 and self.steps >= 1):
            raise ValueError(f"Annealed needs temperature >= 0 and steps >= 1, got {self}")

    def start(self, weights: tuple[torch.Tensor, ...]) -> list[tuple[torch.Tensor, ...]]:
        """The numbers of the networks, so that blocks of them draw noise of their own."""
        return [(torch.arange(len(weights[0])),)]

    def step(self, weights: Weights, kept: list, slopes: Weights, rates: tuple, t: int) -> None:
        """Step number t in place."""
        left = 1 - (t - 1) / self.steps
        warmth = 2 * self.temperature * max(0.0, 1 - 1.25 * (1 - left))
        ((who,),) = kept
        for w, g, rate in zip(weights, slopes, rates, strict=True):
            w.add_(g, alpha=-rate * left)
        if not warmth:
            return
        if isinstance(self.seed, int):
            runs = [(slice(None), [self.seed, t, int(who[0])])]
        else:
            runs = [(place, [self.seed[k], t, 0]) for place, k in enumerate(who.tolist())]
        for part, key in runs:
            rng = np.random.default_rng(key)
            for w, rate in zip(weights, rates, strict=True):
                noise = torch.from_numpy(rng.standard_normal(tuple(w[part].shape))).to(w.dtype)
                w[part].add_(noise, alpha=(warmth * rate * left) ** 0.5)
