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
# Weights are multiples of it: the edge is chaotic, and the last bits differ between processors.
_GRID = 2.0**-20

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

    def only(self, draw: int) -> "Fit":
        """One of the draws."""
        images, targets = (x[draw : draw + 1] for x in self[:2])
        return Fit(images, targets, self.start.map(lambda x: x[draw : draw + 1]))

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


def _on_the_grid(weights):
    return snapped(weights, _GRID)


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
        replace(rule, retraction=_on_the_grid),
        steps=steps,
        problem=problem,
        sees=sees,
        record=Record(record, lambda weights, *_: {"rows": flattened(start.like(weights))}),
    )
    return [unflattened(rows, start) for rows in run.records["rows"]]


class Followed(NamedTuple):
    """Descent by a rule as it was seen: steps (records,); losses, sharpness, rises (records, draws); the networks there.

    rises: whether the next step raises the loss.
    """

    rule: Plain
    steps: list[int]
    losses: Tensor
    sharpness: Tensor
    rises: Tensor
    states: list[Network]

    def late(self) -> Tensor:
        """Mean sharpness over the last two fifths of the records, (draws,)."""
        return self.sharpness[-2 * max(1, len(self.steps) // 5) :].mean(0)

    def at_edge(self) -> Tensor:
        """`late` over the rule's `threshold`, (draws,)."""
        return self.late() / threshold(self.rule)

    def late_rises(self) -> Tensor:
        """The share of the last two fifths of the records at which the next step raises the loss, (draws,)."""
        return self.rises[-2 * max(1, len(self.steps) // 5) :].double().mean(0)

    def late_fall(self) -> Tensor:
        """ln of the mean loss in the last fifth of the records over that in the third, (draws,)."""
        fifth = max(1, len(self.steps) // 5)
        return (self.losses[-fifth:].mean(0) / self.losses[2 * fifth : 3 * fifth].mean(0)).log()


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
    return Followed(rule, at, losses, sharp, after > losses, pairs[0])


def beyond_the_edge(fit: Fit, excess: float, rng: np.random.Generator, *, steps: int) -> Followed:
    """Full-batch descent at so many times the rate 2 / sharpness of each start."""
    rate = 2 * excess / fit.sharpness(fit.start, rng)
    return follow(fit, Plain(rate), rng, steps=steps)


# --- descent that may not go everywhere --------------------------------------------------------------

# How much of the gradient inside some directions is taken, how much of the rest, and whether they are the steepest.
WAYS = {
    "all directions": (1, 1, False),
    "only the steepest": (1, 0, True),
    "without the steepest": (0, 1, True),
    "only random ones": (1, 0, False),
    "without random ones": (0, 1, False),
}


class Confined(NamedTuple):
    """Loss before, (draws,), and after descent in each of `WAYS` at each rate, {way: (rates, draws)}; inf: diverged."""

    before: Tensor
    after: dict[str, Tensor]

    def best(self, way: str) -> Tensor:
        """The loss after at the best rate of each draw, (draws,)."""
        return self.after[way].amin(0)

    def fall(self, way: str) -> Tensor:
        """How far the loss falls at the best rate, over how far with all directions at its own, (draws,)."""
        return (self.before - self.best(way)) / (self.before - self.best("all directions"))

    def log_ratio(self, way: str, rate: int | None = None) -> Tensor:
        """ln(loss / loss with all directions), each at its best rate, or both at this one, (draws,)."""
        losses = [
            self.best(name) if rate is None else self.after[name][rate]
            for name in (way, "all directions")
        ]
        return (losses[0] / losses[1]).log()


def confined(
    fit: Fit,
    rates: Sequence[float],
    rng: np.random.Generator,
    *,
    count: int,
    warm: int = 0,
    steps: int = 150,
    every: int = 10,
) -> Confined:
    """Full-batch descent in each of `WAYS` at each rate, after `warm` steps of plain descent at rate 0.1.

    count: of the directions. The steepest ones are found after the warm steps and brought up to date `every` so many
    steps, by one product with the Hessian; random ones stay. A run is given up where its loss is 100 times that before. Weights
    are snapped as in `walk`.
    """
    fit = fit._replace(start=walk(fit, Plain(0.1), steps=warm, record=[warm])[0])
    steepest_ones = fit.steepest(fit.start, whole_number("count", count), rng)
    chance = torch.from_numpy(rng.standard_normal(tuple(steepest_ones.shape)))
    pairs = zip(steepest_ones, torch.linalg.qr(chance)[0], strict=True)
    # Draw by draw: the bases of a draw fit the cache.
    after = [_every_way(fit.only(k), pair, rates, steps, every) for k, pair in enumerate(pairs)]
    return Confined(fit.loss(fit.start), dict(zip(WAYS, torch.stack(after, -1), strict=True)))


def _every_way(fit, pair, rates, steps, every):
    """Loss after descent of one draw, (ways, rates); pair: the steepest directions and random ones, (P, count)."""
    arms, like = len(WAYS) * len(rates), fit.start
    whole, highest = fit.repeated(arms), 100 * fit.loss(like)
    factors = torch.tensor([*WAYS.values()], dtype=torch.float64)
    factors = factors.repeat_interleave(len(rates), 0)
    steep = factors[:, 2] > 0
    bases = torch.where(steep[:, None, None], *pair)
    rate = torch.tensor(rates, dtype=torch.float64).repeat(len(WAYS))
    rows, left = flattened(whole.start), torch.arange(arms)
    losses = torch.full((arms,), torch.inf, dtype=torch.float64)
    for done in range(0, steps, every):
        if not len(left):
            break
        own = *(x[left] for x in whole[:2]), bases[left], factors[left]
        run = descend(
            lambda w, *own: (_part_of_gradient(unflattened(w[0], like), *own),),
            (rows[left],),
            Plain(rate[left], retraction=_on_the_grid),
            steps=min(every, steps - done),
            problem=tuple(own),
            stop=Stop(every=every, diverged="keep"),
        )
        rows[left] = run.weights[0]
        found = square_loss(unflattened(rows[left], like), *own[:2])
        losses[left] = torch.where(found < highest, found, torch.inf)
        left = left[found < highest]
        turning = left[steep[left]]
        bases[turning] = turned_on(whole, unflattened(rows, like), bases, turning)
    return losses.view(len(WAYS), len(rates))


def _part_of_gradient(network, images, targets, bases, factors):
    """outside g + (inside - outside) Q Q^T g, (networks, P); factors (networks, 3) as in `WAYS`."""
    inside, outside = factors[:, 0], factors[:, 1]
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
