"""Descent at the edge of stability, and descent without the directions in which the loss curves most.

Tanh networks on digits, with the loss |scores - targets|^2 / 2 n. The sharpness is the largest eigenvalue of its
Hessian. Along an eigenvector of curvature lambda a quadratic loss moves, at rate eta and momentum mu, as z^t with

    plain        z   = 1 - eta lambda                                        stable for eta lambda < 2,
    heavy ball   z^2 = (1 + mu - eta lambda) z - mu                          for eta lambda < 2 + 2 mu,
    Nesterov     z^2 = (1 - eta lambda) ((1 + mu) z - mu)                    for eta lambda < (2 + 2 mu) / (1 + 2 mu):

a root passes -1 there (Cohen et al. 2021, recalled; derived here). Networks are side by side, each draw with
images, labels and a start of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.data import one_hot
from lib.descent import Momentum, Plain, Record, Stop, Weights, descend, snapped
from lib.practice.curvature import (
    SQUARES,
    curving,
    flattened,
    largest_curvature,
    steepest,
    unflattened,
)
from lib.practice.draws import draw_splits, minibatch
from lib.practice.networks import TANH, Form, Network, backward, forward, stacked_product
from lib.practice.starts import lecun, normal_start

FORM = Form(TANH)
_GRID = (
    2.0**-20
)  # weights are multiples of it: the edge is chaotic, and the last bits differ between processors

# --- what is stable --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Nesterov(Momentum):
    """v <- mu v - rate g, w <- w + mu v - rate g: the weights are the point looked ahead to, of which g is asked
    (Nesterov 1983, in the variables of Sutskever et al. 2013; both recalled)."""

    def step(
        self, weights: Weights, kept: list[Weights], slopes: Weights, rates: tuple, t: int
    ) -> None:
        """One step in place."""
        for w, v, g, rate in zip(weights, *kept, slopes, rates, strict=True):
            pull = rate * g
            w.add_(v.mul_(self.mu).sub_(pull).mul(self.mu).sub_(pull))


def threshold(rule: Plain) -> float:
    """The curvature above which this rule, of one rate, is unstable on a quadratic: 2 / rate for plain descent.

    >>> threshold(Plain(0.5)), threshold(Momentum(0.5, 0.5)), threshold(Nesterov(0.5, 0.5))
    (4.0, 6.0, 3.0)
    """
    if isinstance(rule, Nesterov):
        return (2 + 2 * rule.mu) / (1 + 2 * rule.mu) / rule.rate
    return (2 + 2 * getattr(rule, "mu", 0.0)) / rule.rate


def growth(rule: Plain, curvature: float) -> float:
    """The factor by which a quadratic of this curvature makes a step grow in the end: the largest |z|.

    >>> round(growth(Plain(0.5), 5.0), 12)
    1.5
    """
    left, mu = 1 - rule.rate * curvature, getattr(rule, "mu", 0.0)
    if isinstance(rule, Nesterov):
        return float(np.abs(np.roots([1, -(1 + mu) * left, mu * left])).max())
    return float(np.abs(np.roots([1, -(left + mu), mu])).max())


def threshold_by_trial(rule: Plain, halvings: int = 16, steps: int = 1000) -> float:
    """The curvature from which on descent by this rule on lambda x^2 / 2 grows, found by halving an interval.

    It has grown where |x| after `steps` steps is larger than after half of them.
    """
    low, high = 0.5 / rule.rate, 8 / rule.rate
    for _ in range(halvings):
        curvature = (low + high) / 2
        run = descend(
            lambda w, c: (c * w[0],),
            (torch.ones(1, 1, dtype=torch.float64),),
            rule,
            steps=steps,
            problem=(torch.full((1, 1), curvature, dtype=torch.float64),),
            record=Record([steps // 2, steps], lambda w, c: {"x": w[0][:, 0].abs()}),
            stop=Stop(diverged="keep"),
        )
        half, whole = run.records["x"][:, 0].tolist()
        low, high = (curvature, high) if whole <= half else (low, curvature)
    return (low + high) / 2


# --- networks that fit digits ----------------------------------------------------------------------


class Fit(NamedTuple):
    """Independent draws side by side: images (draws, n, d_0), targets (draws, 10, n), one start a draw."""

    images: Tensor
    targets: Tensor
    start: Network

    def repeated(self, arms: int) -> "Fit":
        """So many arms of the same draws, one after the other."""
        images, targets = (x.repeat(arms, 1, 1) for x in self[:2])
        return Fit(images, targets, self.start.repeated(arms))

    def loss(self, network: Network) -> Tensor:
        """|scores - targets|^2 / 2 n, (networks,)."""
        return square_loss(network, self.images, self.targets)

    def gradient(self, network: Network) -> Tensor:
        """Gradient of the loss in one row, (networks, P)."""
        return flattened(square_gradient(network, self.images, self.targets))

    def sharpness(self, network: Network, rng: np.random.Generator) -> Tensor:
        """The largest eigenvalue of the Hessian of the loss, (networks,)."""
        return largest_curvature(network, *self[:2], rng, FORM, 16, SQUARES)

    def steepest(self, network: Network, count: int, rng: np.random.Generator) -> Tensor:
        """The eigenvectors of the largest eigenvalues, (networks, P, count)."""
        return steepest(network, *self[:2], count, rng, FORM, 30 + 2 * count, SQUARES)[1]

    def share_in_steepest(self, network: Network, count: int, rng: np.random.Generator) -> Tensor:
        """|Q^T g|^2 / |g|^2 of the gradient g, Q the steepest directions, (networks,)."""
        g = self.gradient(network)
        inside = self.steepest(network, count, rng).mT @ g[..., None]
        return inside.square().sum((1, 2)) / g.square().sum(1)


def square_loss(network: Network, images: Tensor, targets: Tensor) -> Tensor:
    """|scores - targets|^2 / 2 n, (networks,); images (networks, n, d_0), targets (networks, classes, n)."""
    apart = forward(network, images, FORM).scores - targets
    return apart.square().sum((1, 2)) / (2 * targets.shape[-1])


def square_gradient(network: Network, images: Tensor, targets: Tensor) -> Network:
    """Gradient of `square_loss`."""
    run = forward(network, images, FORM)
    return backward(network, run, SQUARES.pull(run.scores, targets), FORM)


def draw_fit(
    pixels: Tensor,
    labels: Tensor,
    hidden: Sequence[int],
    generators: Sequence[np.random.Generator],
    *,
    images: int,
    gain: float = 0.5,
    scrambled: float = 0.0,
) -> Fit:
    """A `Fit` from each generator: so many of the pixels (m, d_0) with labels (m,), and a start.

    hidden: units of the hidden layers; the start is `gain` times LeCun's. scrambled: the share of the labels that are
    drawn anew, from all ten digits.
    """
    (x, y), _ = draw_splits(pixels, labels, images, generators)
    start = normal_start([pixels.shape[1], *hidden, 10], generators, lecun, gain=gain)
    targets = []
    for own, rng in zip(y, generators, strict=True):
        other = torch.from_numpy(rng.integers(0, 10, images))
        anew = torch.from_numpy(rng.random(images) < scrambled)
        targets.append(one_hot(torch.where(anew, other, own)))
    return Fit(x, torch.stack(targets), start)


# --- descent and what it meets ---------------------------------------------------------------------


def walk(
    fit: Fit, rule: Plain, *, steps: int, record: Sequence[int], orders: Tensor | None = None
) -> list[Network]:
    """The networks at these steps of descent from the start: full-batch, or on the minibatches `orders`.

    orders (draws, steps, batch). Weights are `descent.snapped` after every step, to multiples of 2^-20.
    """
    start = fit.start
    problem = (torch.arange(start.count), *fit[:2])
    sees = None if orders is None else minibatch(orders, fit.images, fit.targets.mT)

    def gradient(weights, _, images, targets, *seen):
        return square_gradient(start.like(weights), *(seen or (images, targets))).tensors()

    run = descend(
        gradient,
        start.tensors(),
        replace(rule, retraction=lambda weights: snapped(weights, _GRID)),
        steps=steps,
        problem=problem,
        sees=sees,
        record=Record(record, lambda weights, *_: {"rows": flattened(start.like(weights))}),
    )
    return [unflattened(rows, start) for rows in run.records["rows"]]


class Followed(NamedTuple):
    """Descent as it was seen: steps (records,); losses, sharpness, rises (records, draws); the networks there.

    rises: whether the next step raises the loss.
    """

    steps: list[int]
    losses: Tensor
    sharpness: Tensor
    rises: Tensor
    states: list[Network]

    def late(self, share: float = 0.4) -> Tensor:
        """Mean sharpness over the last records, this share of them, (draws,)."""
        return self.sharpness[-max(1, round(share * len(self.steps))) :].mean(0)


def follow(
    fit: Fit, rule: Plain, rng: np.random.Generator, *, steps: int, every: int = 25
) -> Followed:
    """Full-batch descent, looked at `every` so many steps: `Followed`.

    At the edge descent swings with period 2: an odd `every` sees both sides.
    """
    at = [*range(0, steps, every)]
    states = walk(fit, rule, steps=steps, record=sorted({*at, *(t + 1 for t in at)}))
    pairs = states[::2], states[1::2]
    losses, after = (torch.stack([fit.loss(one) for one in side]) for side in pairs)
    sharp = torch.stack([fit.sharpness(one, rng) for one in pairs[0]])
    return Followed(at, losses, sharp, after > losses, pairs[0])


# --- descent that may not go everywhere --------------------------------------------------------------

# How much of the gradient inside some directions is taken, how much of the rest, and whether they are the steepest.
WAYS = {
    "all directions": (1.0, 1.0, False),
    "only the steepest": (1.0, 0.0, True),
    "without the steepest": (0.0, 1.0, True),
    "only random ones": (1.0, 0.0, False),
    "without random ones": (0.0, 1.0, False),
}


def confined(
    fit: Fit,
    rates: Sequence[float],
    rng: np.random.Generator,
    *,
    count: int,
    steps: int,
    every: int = 10,
    ways: Sequence[str] = tuple(WAYS),
) -> dict[str, Tensor]:
    """Loss at the end of full-batch descent in each of `WAYS` at each rate: {way: (rates, draws)}, inf where it diverged.

    count: of the directions. The steepest ones are found at the start and brought up to date `every` so many steps,
    by one product with the Hessian; random ones stay. A run is given up where its loss is 100 times that of the start.
    """
    arms, draws = len(ways) * len(rates), len(fit.images)
    whole, like = fit.repeated(arms), fit.start
    factors = torch.tensor([WAYS[name] for name in ways], dtype=torch.float64)
    inside, outside, steep = factors.repeat_interleave(len(rates) * draws, 0).unbind(1)
    steep = steep > 0
    rate = torch.tensor(rates, dtype=torch.float64).repeat_interleave(draws).repeat(len(ways))
    first = fit.steepest(fit.start, whole_number("count", count), rng)
    chance = torch.linalg.qr(torch.from_numpy(rng.standard_normal(tuple(first.shape))))[0]
    bases = torch.where(steep[:, None, None], first.repeat(arms, 1, 1), chance.repeat(arms, 1, 1))
    rows, highest = flattened(whole.start), 100 * whole.loss(whole.start)
    left, losses = torch.arange(len(rows)), torch.full((len(rows),), torch.inf, dtype=torch.float64)

    for done in range(0, steps, every):
        own = *(x[left] for x in whole[:2]), bases[left], inside[left], outside[left]
        run = descend(
            lambda w, *own: (_part_of_gradient(unflattened(w[0], like), *own),),
            (rows[left],),
            Plain(rate[left]),
            steps=min(every, steps - done),
            problem=tuple(own),
            stop=Stop(every=every, diverged="keep"),
        )
        rows[left] = run.weights[0]
        found = square_loss(unflattened(rows[left], like), own[0], own[1])
        losses[left] = torch.where(found < highest[left], found, torch.inf)
        left = left[found < highest[left]]
        turning = left[steep[left]]
        bases[turning] = turned_on(whole, unflattened(rows, like), bases, turning)
    return dict(zip(ways, losses.view(len(ways), len(rates), draws), strict=True))


def _part_of_gradient(network, images, targets, bases, inside, outside):
    """outside g + (inside - outside) Q Q^T g, (networks, P)."""
    g = flattened(square_gradient(network, images, targets))
    part = stacked_product(bases, stacked_product(bases.mT, g[..., None]))[..., 0]
    return outside[:, None] * g + (inside - outside)[:, None] * part


def turned_on(fit: Fit, network: Network, bases: Tensor, which: Tensor) -> Tensor:
    """Some of the bases (networks, P, count) one step of power iteration nearer to the steepest directions."""
    count = bases.shape[2]
    many = which.repeat_interleave(count)
    product = curving(
        network.map(lambda x: x[many]), fit.images[many], fit.targets[many], FORM, SQUARES
    )
    found = product(bases[which].mT.flatten(0, 1)).view(len(which), count, -1)
    return torch.linalg.qr(found.mT)[0]
