"""Starts without a deficiency margin: where descent on deep linear networks is held, and how it leaves.

Identity starts as real matrices, random balanced starts on either side of the margin, and identity
starts that are disturbed, all through the ordinary stepper (Arora et al. 2018, arXiv:1810.02281, claim
5). Their exact laws are in `counterexamples`. Everything is float64; time = learning rate x steps.
"""

from dataclasses import dataclass

import torch

from lib.counterexamples import departure_rate
from lib.descent import Plain, descend
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

# --- identity starts -----------------------------------------------------------------------------


def identity_start(size, depth, seeds):
    """W_1 = ... = W_N = I, size x size: tuple of (seeds, size, size)."""
    return tuple(torch.eye(size, dtype=torch.float64).repeat(seeds, 1, 1) for _ in range(depth))


def _layers_apart(weights, target):
    matrix = end_to_end(weights)
    apart = torch.stack([(w - weights[0]).abs().amax((-2, -1)) for w in weights]).amax(0)
    size = weights[0].abs().amax((-2, -1)).clamp(min=1)
    return {"loss": matrix_loss(matrix, target), "apart": apart / size}


def identity_runs(targets, depth, rates, steps):
    """Descent from the identity as matrices, every step looked at: (lowest loss, layers apart).

    targets: (seeds, k, k); rates: (r,), learning rates. Each answer is (r, seeds): the least loss of
    all steps, and the largest |W_j - W_1| / max(1, |W_1|), largest entries, of all layers and steps.
    Overflow is data here: the steps after it do not count.
    """
    seeds, k = targets.shape[:2]
    run = descend(
        gradients,
        identity_start(k, depth, seeds * len(rates)),
        problem=(targets.repeat(len(rates), 1, 1),),
        rule=Plain(torch.as_tensor(rates, dtype=torch.float64).repeat_interleave(seeds)),
        steps=steps,
        record=range(steps + 1),
        measure=_layers_apart,
        keep_diverged=True,
    )
    lowest = run.records["loss"].nan_to_num(torch.inf, posinf=torch.inf).amin(0)
    apart = run.records["apart"].nan_to_num(0).amax(0)
    return lowest.unflatten(0, (-1, seeds)), apart.unflatten(0, (-1, seeds))


# --- random balanced starts ----------------------------------------------------------------------


@dataclass(frozen=True)
class BalancedRuns:
    """What `balanced_runs` brings back, of every start, all (count,).

    same: the start's determinant has the target's sign. done: loss 1e-8 was reached; time: when.
    sigma: sigma_min of the target. margin: deficiency margin / sigma. level: final loss / (sigma^2/2).
    """

    same: torch.Tensor
    done: torch.Tensor
    time: torch.Tensor
    sigma: torch.Tensor
    margin: torch.Tensor
    level: torch.Tensor


def balanced_runs(depth, size, relative, count, rng, *, inside, budget=600):
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
        stop=lambda w, t: loss(w, t) <= 1e-8,
        check_every=max(10, int(1 / relative)),
    )
    sigma = smallest_singular_value(target)
    return BalancedRuns(
        same=torch.linalg.det(start) * torch.linalg.det(target) > 0,
        done=run.stopped >= 0,
        time=run.stopped * rate,
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

    time: torch.Tensor
    losses: torch.Tensor
    left: torch.Tensor
    growth: float


def disturbed_runs(eigenvalues, depth, noises, seeds, rng):
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
        record=range(0, horizon + 1, 5),
        measure=lambda w, t: {"loss": loss(w, t)},
    )
    losses = run.records["loss"].unflatten(1, (len(sizes), seeds))
    below = losses < (negative**2 + float(eigenvalues.abs().min()) ** 2) / 4
    time = run.steps.to(torch.float64) * step
    left = torch.where(below.any(0), time[below.to(int).argmax(0)], torch.nan)
    return DisturbedRuns(time, losses, left, growth)
