"""Starts without a deficiency margin: where descent on deep linear networks is held, and how it leaves.

Identity starts as real matrices, random balanced starts on either side of the margin, and identity
starts that are disturbed, all through the ordinary stepper (Arora et al. 2018, arXiv:1810.02281, claim
5). Their exact laws come first. Everything is float64; time = learning rate x steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.descent import Plain, Record, Stop, decay_rate, descend
from lib.linear_networks import (
    balanced_factors,
    deficiency_margin,
    end_to_end,
    gradients,
    loss,
    matrix_loss,
    orthogonal,
    rotated,
    smallest_singular_value,
    start_within_margin,
)

# --- exact laws ---------------------------------------------------------------------------------


def _tensor(values):
    return torch.as_tensor(values, dtype=torch.float64)


@dataclass(frozen=True)
class IdentityRun:
    """What `identity_descent` brings back.

    steps: recorded steps (records,). layers: eigenvalues of every layer there, (records, ..., k).
    losses: (records, ...), inf where a run has overflowed. lowest: least loss of all steps, (...).
    """

    steps: Tensor
    layers: Tensor
    losses: Tensor
    lowest: Tensor


def identity_descent(
    eigenvalues: Tensor | Sequence[float],
    depth: int,
    *,
    learning_rate: float | Tensor,
    record: Sequence[int],
) -> IdentityRun:
    """Descent from W_1 = ... = W_N = I on a symmetric target, exactly: an `IdentityRun`.

    All layers stay equal and diagonal in the target's eigenbasis (Bartlett et al. 2018, lemma 6,
    recalled), so each eigenvalue phi is a problem in one number, for every discrete step:

        x <- x - learning_rate x^(N-1) (x^N - phi),    x(0) = 1.

    One number for all layers keeps them equal to the last bit; matrices in a rotated basis do not.
    eigenvalues: (..., k); learning_rate: number, or broadcast against (..., k); record: steps to
    keep, the last is the number of steps. Overflow is data here. Raises ValueError for depth < 2.

    >>> run = identity_descent(torch.tensor([-1.0]), 2, learning_rate=0.1, record=[0, 100])
    >>> run.losses[0].item(), round(run.losses[1].item(), 6), run.lowest.item() >= 0.5
    (2.0, 0.5, True)
    """
    rate, wanted = _tensor(learning_rate).numpy(), _tensor(eigenvalues).numpy()
    record = sorted({int(step) for step in record})
    depth = whole_number("depth", depth, 2)
    if not (np.isfinite(rate).all() and (rate > 0).all()):
        raise ValueError(f"learning_rate must be positive and finite, got {learning_rate}")
    if not record or record[0] < 0:
        raise ValueError("record must hold one step or more, none negative")
    x = np.ones(np.broadcast_shapes(rate.shape, wanted.shape))
    lowest, layers, losses, now = np.inf, [], [], 0
    with np.errstate(all="ignore"):
        for event in record:
            while True:
                power = x  # x^(N-1) by products: numpy's power is ten times as slow
                for _ in range(depth - 2):
                    power = power * x
                residual = power * x - wanted
                loss = np.square(residual).sum(-1) / 2
                lowest = np.fmin(lowest, loss)
                if now == event:
                    break
                x = x - rate * power * residual
                now += 1
            layers.append(x)
            losses.append(np.where(np.isnan(loss), np.inf, loss))
    arrays = (np.array(layers), np.array(losses), np.asarray(lowest))
    return IdentityRun(torch.tensor(record), *map(torch.from_numpy, arrays))


def identity_floor(eigenvalues: Tensor | Sequence[float], depth: int) -> Tensor:
    """1/2 sum of phi^2 over the negative eigenvalues phi: no step from the identity gets below, (...).

    At even depth the end-to-end matrix is positive semidefinite as long as the layers are equal and
    symmetric (Arora et al. 2018, claim 5). eigenvalues: (..., k). Raises ValueError for an odd depth,
    where the claim does not hold.
    """
    if whole_number("depth", depth, 2) % 2:
        raise ValueError(f"depth must be even, got {depth}")
    return _tensor(eigenvalues).clamp(max=0).square().sum(-1) / 2


def stuck_product(time: float | Tensor, negative: float | Tensor, depth: int) -> Tensor:
    """Eigenvalue x^N of the end-to-end matrix that should become -negative, late in the flow: (...).

        N = 2:  negative / ((1 + negative) e^(2 negative t) - 1), exact
        N > 2:  ((N - 2) negative t)^(-N/(N-2)), leading order          (derived here)

    time: t; negative > 0, the absolute value of the eigenvalue, else ValueError.
    """
    time, negative = _tensor(time), _tensor(negative)
    depth = whole_number("depth", depth, 2)
    if not bool((negative > 0).all()):
        raise ValueError("negative must be > 0: it is the absolute value of the eigenvalue")
    if depth == 2:
        return negative / ((1 + negative) * torch.exp(2 * negative * time) - 1)
    return ((depth - 2) * negative * time) ** (-depth / (depth - 2))


@dataclass(frozen=True)
class Approach:
    """What `approach_runs` brings back.

    steps: (records,). product: x^N that should become the first eigenvalue, (records, seeds); law:
    `stuck_product` there. decay: its rate per step over -2 ln(1 - rate lambda), from 1e-2 to 1e-14, (seeds,),
    meant for N = 2. exponent: minus its exponent in time over N/(N - 2), from step 6,000 on, (seeds,), N > 2.
    """

    steps: Tensor
    product: Tensor
    law: Tensor
    decay: Tensor
    exponent: Tensor


def approach_runs(targets: Tensor, depth: int, rate: float, record: Sequence[int]) -> Approach:
    """How the identity start comes to the place where it is held: an `Approach`.

    targets: eigenvalues (seeds, k), the first negative. record: steps, the last one 10,000 or more.
    """
    run = identity_descent(targets, depth, learning_rate=rate, record=record)
    negative, product = -targets[:, 0], run.layers[..., 0] ** depth
    late = run.steps >= 6000
    exponent = decay_rate(run.steps[late].log(), product[late], 1, 0)[0]
    return Approach(
        steps=run.steps,
        product=product,
        law=stuck_product(rate * run.steps[:, None], negative, depth),
        decay=decay_rate(run.steps, product, 1e-2, 1e-14)[0]
        / (-2 * torch.log(1 - rate * negative)),
        exponent=exponent / (depth / (depth - 2))
        if depth > 2
        else torch.full_like(negative, torch.nan),
    )


def departure_rate(eigenvalues: Tensor | Sequence[float], depth: int) -> Tensor:
    """Rate per unit of time at which a disturbance leaves the point where identity starts are held.

    There the layers are diag(0, mu^(1/N), ...), mu the positive eigenvalues, -negative the negative
    one. With E_j the disturbance of layer j, the pair (E_1)_(mu, -), (E_N)_(-, mu) grows at

        mu^((N-2)/N) (negative - mu);    and at N = 2, a_1 - a_2 of the negative mode at `negative`

    (derived here; minus the lowest Hessian eigenvalue). 0 if nothing grows exponentially, which for
    N > 2 is the case when the negative eigenvalue is the smallest in size. eigenvalues: (k,), with
    exactly one negative, else ValueError. Returns a number tensor.
    """
    values = _tensor(eigenvalues)
    depth = whole_number("depth", depth, 2)
    if values.ndim != 1 or int((values < 0).sum()) != 1:
        raise ValueError("eigenvalues must be (k,) with exactly one negative")
    negative, mu = -values.min(), values[values > 0]
    rates = mu ** ((depth - 2) / depth) * (negative - mu)
    rates = torch.cat([rates, negative[None] if depth == 2 else negative.new_zeros(1)])
    return rates.max()


# --- identity starts -----------------------------------------------------------------------------


def lost_targets(seeds: int, rng: np.random.Generator) -> Tensor:
    """Eigenvalues (seeds, 3) of symmetric targets: the first from -1.5 to -0.3, two from 0.3 to 2."""
    lost, rest = rng.uniform(0.3, 1.5, seeds), rng.uniform(0.3, 2, (seeds, 2))
    return torch.from_numpy(np.column_stack([-lost, rest]))


def identity_layers(size: int, depth: int, seeds: int) -> tuple[Tensor, ...]:
    """W_1 = ... = W_N = I, size x size: tuple of (seeds, size, size)."""
    return tuple(torch.eye(size, dtype=torch.float64).repeat(seeds, 1, 1) for _ in range(depth))


def _layers_apart(weights, target):
    matrix = end_to_end(weights)
    apart = torch.stack([(w - weights[0]).abs().amax((-2, -1)) for w in weights]).amax(0)
    size = weights[0].abs().amax((-2, -1)).clamp(min=1)
    return {"loss": matrix_loss(matrix, target), "apart": apart / size}


def identity_runs(
    targets: Tensor, depth: int, rates: Tensor | Sequence[float], steps: int
) -> tuple[Tensor, Tensor]:
    """Descent from the identity as matrices, every step looked at: (lowest loss, layers apart).

    targets: (seeds, k, k); rates: (r,), learning rates. Each answer is (r, seeds): the least loss of
    all steps, and the largest |W_j - W_1| / max(1, |W_1|), largest entries, of all layers and steps.
    Overflow is data here: the steps after it do not count.
    """
    seeds, k = targets.shape[:2]
    run = descend(
        gradients,
        identity_layers(k, depth, seeds * len(rates)),
        problem=(targets.repeat(len(rates), 1, 1),),
        rule=Plain(torch.as_tensor(rates, dtype=torch.float64).repeat_interleave(seeds)),
        steps=steps,
        record=Record(range(steps + 1), _layers_apart),
        stop=Stop(diverged="keep"),
    )
    lowest = run.records["loss"].nan_to_num(torch.inf, posinf=torch.inf).amin(0)
    apart = run.records["apart"].nan_to_num(0).amax(0)
    return lowest.unflatten(0, (-1, seeds)), apart.unflatten(0, (-1, seeds))


# --- random balanced starts ----------------------------------------------------------------------


@dataclass(frozen=True)
class BalancedRuns:
    """What `balanced_runs` brings back, of every start, all (count,).

    same: the start's determinant has the target's sign. done: loss 1e-8 was reached; time: when, nan if not.
    sigma: sigma_min of the target. margin: deficiency margin / sigma. level: final loss / (sigma^2/2).
    """

    same: Tensor
    done: Tensor
    time: Tensor
    sigma: Tensor
    margin: Tensor
    level: Tensor


def balanced_runs(
    depth: int,
    size: int,
    relative: float,
    count: int,
    rng: np.random.Generator,
    *,
    inside: bool,
    budget: float = 600,
) -> BalancedRuns:
    """Descent from random balanced starts until loss 1e-8, for budget / relative steps at most.

    Targets with singular values in [0.5, 1.5] in random bases, balanced factors in random bases.
    inside: starts of margin 0.02 to 0.98 of sigma_min, else Gaussian ones of random size. Learning rate
    relative / (N max(sigma_max(W), sigma_max(target))^(2 - 2/N)).
    """
    target = rotated(torch.from_numpy(rng.uniform(0.5, 1.5, (count, size))), rng)
    wild = torch.from_numpy(
        rng.standard_normal((count, size, size)) * rng.uniform(0.1, 1, (count, 1, 1))
    )
    start = start_within_margin(target, rng.uniform(0.02, 0.98, count), rng) if inside else wild
    weights = balanced_factors(start, [size] * (depth + 1), rng)
    scale = torch.maximum(torch.linalg.matrix_norm(target, 2), torch.linalg.matrix_norm(start, 2))
    rate = relative / (depth * scale ** (2 - 2 / depth))
    run = descend(
        gradients,
        weights,
        problem=(target,),
        rule=Plain(rate),
        steps=int(budget / relative),
        stop=Stop(lambda w, t: loss(w, t) <= 1e-8, every=max(10, int(1 / relative))),
    )
    sigma = smallest_singular_value(target)
    return BalancedRuns(
        same=torch.linalg.det(start) * torch.linalg.det(target) > 0,
        done=run.stopped >= 0,
        time=torch.where(run.stopped >= 0, run.stopped * rate, torch.nan),
        sigma=sigma,
        margin=deficiency_margin(start, target) / sigma,
        level=loss(run.weights, target) / (sigma**2 / 2),
    )


# --- disturbed identity starts -------------------------------------------------------------------


@dataclass(frozen=True)
class DisturbedRuns:
    """What `disturbed_runs` brings back; rows are the noises in order, the rotated basis last.

    time: (records,). losses: (records, noises + 1, seeds). left: time at which the loss first was below
    the middle of the two levels, nan if never, (noises + 1, seeds). growth: the departure rate.
    """

    time: Tensor
    losses: Tensor
    left: Tensor
    growth: float


def disturbed_runs(
    eigenvalues: Tensor,
    depth: int,
    noises: Sequence[float],
    seeds: int,
    rng: np.random.Generator,
) -> DisturbedRuns:
    """Descent from the identity plus Gaussian noise on diag(eigenvalues), and in rotated bases without.

    eigenvalues: (k,), exactly one negative. The levels are half the square of the negative and of the
    smallest eigenvalue. Long enough for rounding to grow up where anything grows. The directions of the
    noise are the same for every size.
    """
    k, negative = len(eigenvalues), -float(eigenvalues.min())
    step = 0.5 / (depth * max(1.0, float(eigenvalues.abs().max())) ** (2 - 2 / depth))
    growth = float(departure_rate(eigenvalues, depth))
    horizon = int((min(55 / growth, 500) + 60 if growth > 0.05 else 150) / step)
    directions = torch.from_numpy(rng.standard_normal((depth, 1, seeds, k, k)))
    sizes = torch.tensor([*noises, 0.0], dtype=torch.float64)
    weights = torch.eye(k, dtype=torch.float64) + sizes[:, None, None, None] * directions
    turn = orthogonal(k, rng, (seeds,))
    turned = turn @ torch.diag(eigenvalues) @ turn.mT
    target = torch.diag(eigenvalues).expand(len(sizes), seeds, k, k).clone()
    target[-1] = (turned + turned.mT) / 2
    run = descend(
        gradients,
        tuple(w.flatten(0, 1) for w in weights),
        problem=(target.flatten(0, 1),),
        rule=Plain(step),
        steps=horizon,
        record=Record(range(0, horizon + 1, 5), lambda w, t: {"loss": loss(w, t)}),
    )
    losses = run.records["loss"].unflatten(1, (len(sizes), seeds))
    below = losses < (negative**2 + float(eigenvalues.abs().min()) ** 2) / 4
    time = run.steps.to(torch.float64) * step
    left = torch.where(below.any(0), time[below.to(int).argmax(0)], torch.nan)
    return DisturbedRuns(time, losses, left, growth)
