"""Symmetric factorization W = U U^T: greedy low-rank learning, and what it is not.

From a tiny start the flow of U follows the greedy trajectory, which starts at 0 along the top
eigenvector u_1 of minus the gradient (Li, Luo and Lyu 2021, arXiv:2012.09839). Here are the problems,
flows that need no step size however small the start, and the counterexample to nuclear-norm
minimization. Leading dimensions are seeds, float64 everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib import linear_networks as ln
from lib.stages.low_rank import (
    completion_gradients,
    completion_loss,
    paced_descent,
    unseen_error,
)
from lib.stages.pacing import Paced

# --- problems and weights ------------------------------------------------------------------------


def symmetric_completion_problem(
    eigenvalues: ArrayLike, size: int, share: float, seeds: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Positive semidefinite matrices, and which entries are seen: (target, mask), both symmetric.

    target = Q diag(e) Q^T (seeds, size, size) with random orthonormal Q (size x rank); mask is 1 on
    exactly round(share x size (size + 1) / 2) random entries of the upper triangle, and mirrored.
    Raises ValueError for a share outside (0, 1] or more eigenvalues than `size`.
    """
    values = torch.as_tensor(eigenvalues, dtype=torch.float64)
    if not 1 <= len(values) <= size:
        raise ValueError(f"eigenvalues must be 1..{size} (size) numbers, got {len(values)}")
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    q = ln.orthogonal(size, rng, (seeds,))[..., : len(values)]
    i, j = np.triu_indices(size)
    order = rng.random((seeds, len(i))).argsort(-1).argsort(-1)
    mask = np.zeros((seeds, size, size))
    mask[:, i, j] = order < round(share * len(i))
    return q * values @ q.mT, torch.from_numpy(np.maximum(mask, mask.swapaxes(1, 2)))


def symmetric_weights(factor: Tensor) -> tuple[Tensor, Tensor]:
    """The two-layer network (U^T, U) that W = U U^T is; its flow keeps that form (G symmetric).

    dU/dt = -G U: Li, Luo and Lyu 2021 in these words have loss 1/2 f(U U^T), f the loss here.
    """
    return factor.mT.clone(memory_format=torch.contiguous_format), factor.clone()


def leading_mode(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """(u_1, 1 - mu_2 / mu_1) of symmetric matrices: the fastest mode, and how far the next stays behind.

    mu_1 >= mu_2 are the top eigenvalues of `matrix` (..., d, d), d >= 2, minus the gradient at W = 0; the
    top eigenvector u_1 is (..., d), the gap (...) (Li, Luo and Lyu 2021). Raises ValueError unless mu_1 > 0.

    >>> u, gap = leading_mode(torch.diag(torch.tensor([1.0, 4.0], dtype=torch.float64)))
    >>> u.abs().tolist(), float(gap)
    ([0.0, 1.0], 0.75)
    """
    mu, vectors = torch.linalg.eigh(matrix)
    if not bool((mu[..., -1] > 0).all()):
        raise ValueError("matrix must have a positive eigenvalue")
    return vectors[..., -1], 1 - mu[..., -2] / mu[..., -1]


def linear_phase(
    slope: Tensor, factor: Tensor, log_scale: float | Tensor, largest: float
) -> Tensor:
    """U(t) of dU/dt = -slope U in closed form, from exp(log_scale) x factor until W = U U^T counts.

    As long as W is tiny, G = `slope`, its value at 0, is constant, and every component of U along
    an eigenvector of -slope with eigenvalue mu grows as exp(mu t): exact, however small the start,
    and without a step. Ends when u_1^T W u_1 = `largest` for the top eigenvector u_1 (a start
    already above it is returned as it is); the neglected terms are of that order.
    slope: (..., d, d), symmetric; factor: U_0 (..., d, k); log_scale: number or (...). Raises
    ValueError unless `largest` is positive and -slope has a positive eigenvalue.
    """
    mu, vectors = torch.linalg.eigh(-slope)
    if not (largest > 0 and bool((mu[..., -1] > 0).all())):
        raise ValueError("largest must be positive, and so the top eigenvalue of -slope")
    parts = vectors.mT @ factor
    log_scale = torch.as_tensor(log_scale, dtype=torch.float64).expand(mu.shape[:-1])
    top = parts[..., -1, :].square().sum(-1).log() + 2 * log_scale
    time = ((np.log(largest) - top) / (2 * mu[..., -1])).clamp(min=0)
    return vectors @ ((mu * time[..., None] + log_scale[..., None]).exp()[..., None] * parts)


def loss_drop(matrix: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """completion_loss(0) - completion_loss(matrix), (...), without cancellation for tiny matrices."""
    return (mask * target * matrix).sum((-2, -1)) - (mask * matrix).square().sum((-2, -1)) / 2


def flow_to_drops(weights: Sequence[Tensor], target: Tensor, mask: Tensor, drops: Tensor) -> Tensor:
    """Gradient flow at the moments when the loss has dropped so far: matrices W (drops, seeds, d, d).

    Along the flow the loss falls strictly, so its drop D from loss(0) is a clock: the flow is solved
    with log D as time, dW_j / dlog D = -g_j D / sum_l ||g_l||^2, by scipy's DOP853 (relative
    tolerance 1e-11). Starts of all sizes and depths then meet at the same readings of the clock, and
    no plateau is waited for. (A start may lie above loss(0); its clock reads log(D + 2 |D_start|)
    until the first drop.) weights: N layers (seeds, ., .); drops: (count, seeds), positive,
    increasing, above those of the starts. Raises ValueError for others, and for a start at 0;
    ArithmeticError where the flow never reaches a drop.
    """
    from scipy.integrate import solve_ivp

    drops = torch.as_tensor(drops, dtype=torch.float64)
    shapes, cuts = [w.shape for w in weights], np.cumsum([w.numel() for w in weights])[:-1]

    def layers(state):
        parts = np.split(state, cuts)
        return [torch.from_numpy(p.reshape(s)) for p, s in zip(parts, shapes, strict=True)]

    state = np.concatenate([w.numpy().ravel() for w in weights])
    reading = loss_drop(ln.end_to_end(weights), target, mask)
    rising = (drops[0] > reading.clamp(min=0)).all() & (drops.diff(dim=0) > 0).all()
    if not bool(rising & (reading != 0).all()):
        raise ValueError(
            "drops must be positive and increase, from a start below them and not at 0"
        )
    matrices = []
    with torch.no_grad():
        for drop in drops:
            offset = (-2 * reading).clamp(min=0)
            begin = (reading + offset).log()
            span = (drop + offset).log() - begin

            def velocity(share, state, begin=begin, span=span):
                slopes = completion_gradients(layers(state), target, mask)
                speed = torch.stack([g.square().sum((-2, -1)) for g in slopes]).sum(0)
                rate = (span * (begin + share * span).exp() / speed)[:, None, None]
                return np.concatenate([(-rate * g).numpy().ravel() for g in slopes])

            run = solve_ivp(velocity, (0, 1), state, method="DOP853", rtol=1e-11, atol=1e-18)
            state, reading = run.y[:, -1], drop
            matrices.append(ln.end_to_end(layers(state)))
            miss = (loss_drop(matrices[-1], target, mask) / drop - 1).abs()
            if run.status != 0 or not bool((miss < 1e-6).all()):
                seed = int(miss.nan_to_num(torch.inf).argmax())
                raise ArithmeticError(f"the flow of seed {seed} never reaches {drop[seed]:g}")
    return torch.stack(matrices)


def greedy_distances(
    starts: Sequence[Tensor], greedy: Sequence[Tensor], target: Tensor, mask: Tensor, drops: Tensor
) -> Tensor:
    """Largest distance ||W - W_greedy||_F at equal drops of the loss, (starts, seeds).

    starts: layers (starts x seeds, ., .), seeds innermost; greedy: layers (seeds, ., .) on the greedy
    trajectory; drops (count, seeds): the readings of the clock at which both are compared.
    """
    seeds = len(target)
    layers = [torch.cat([g, w]) for g, w in zip(greedy, starts, strict=True)]
    arms = len(layers[0]) // seeds
    many = [x.repeat(arms, 1, 1) for x in (target, mask)]
    path = flow_to_drops(layers, *many, drops.repeat(1, arms)).unflatten(1, (arms, seeds))
    return (path[:, 1:] - path[:, :1]).square().sum((-2, -1)).sqrt().amax(0)


@dataclass(frozen=True)
class Recovery:
    """Completion from W(0) = scale x I, each (scales, seeds): `error` on the unseen entries
    (relative), `residual` = final loss / loss at 0, `values` (scales, seeds, d) of W."""

    error: torch.Tensor
    residual: torch.Tensor
    values: torch.Tensor


def recovery(
    target: Tensor,
    mask: Tensor,
    depth: int,
    scales: ArrayLike,
    *,
    steps: int,
    residual: float = 1e-6,
) -> Recovery:
    """Descent from W(0) = scale x I, each layer scale^(1/N) I, at every scale: a `Recovery`.

    Paced (`paced_descent`, steps of at most 0.1, no layer moved by more than a tenth); a seed ends
    where its loss is `residual` of that of W = 0, or after `steps`.
    """
    seeds, size = len(target), target.shape[-1]
    scales = torch.as_tensor(scales, dtype=torch.float64)
    layer = scales[:, None, None] ** (1 / depth) * torch.eye(size, dtype=torch.float64)
    many = [x.repeat(len(scales), 1, 1) for x in (target, mask)]
    origin = completion_loss(0 * many[0], *many)
    run = paced_descent(
        [layer.repeat_interleave(seeds, 0)] * depth, *many, Paced(0.1, 0.1),
        steps=steps, every=steps, final_loss=residual * origin,
    )  # fmt: skip
    matrix = ln.end_to_end(run.weights)
    found = (
        unseen_error(matrix, *many),
        completion_loss(matrix, *many) / origin,
        torch.linalg.svdvals(matrix),
    )
    return Recovery(*(x.unflatten(0, (len(scales), seeds)) for x in found))


def scale_for_error(scales: ArrayLike, errors: Tensor, wanted: float) -> np.ndarray:
    """The largest start from which the error is `wanted`, (seeds,), as an array.

    scales: falling; errors (scales, seeds). Interpolated in both logarithms where the error first
    passes `wanted`; the first scale where it is below from the beginning, the last where it never is.
    Raises ValueError for scales that do not fall and errors that are not positive.

    >>> errors = torch.tensor([[1.0], [0.1], [0.01]]).double()
    >>> scale_for_error([1e-1, 1e-2, 1e-3], errors, 0.1).round(4).tolist()
    [0.01]
    """
    x, y = np.log(np.asarray(scales, float)), np.log(np.asarray(errors))
    if not ((np.diff(x) < 0).all() and np.isfinite(y).all() and len(x) == len(y)):
        raise ValueError("scales must fall, and errors (scales, seeds) be positive")
    found = np.full(y.shape[1], x[-1])
    for k, line in enumerate(y.T):
        below = np.flatnonzero(line <= np.log(wanted))
        if len(below):
            i = max(below[0], 1)
            found[k] = np.interp(np.log(wanted), line[[i, i - 1]], x[[i, i - 1]])
    return np.exp(found)


class RobustSlope(NamedTuple):
    """A Theil-Sen slope, the median of the slopes between pairs, with its 95% interval."""

    slope: float
    interval: list


def robust_slope(x: ArrayLike, y: ArrayLike, *, decimals: int = 3) -> RobustSlope:
    """Slope of y on x that a few outliers do not turn, rounded: a `RobustSlope` (Sen 1968).

    >>> robust_slope([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 4.0, 6.0, 100.0]).slope
    2.0
    """
    from scipy.stats import theilslopes

    found = theilslopes(np.asarray(y), np.asarray(x))
    slope, _, low, high = (round(float(x), decimals) for x in found)
    return RobustSlope(slope, [low, high])


# --- the counterexample to nuclear-norm minimization ----------------------------------------------


def counterexample(ratio: float) -> tuple[Tensor, Tensor]:
    """Completion of a 4 x 4 symmetric matrix where least rank and least trace part: (target, mask).

    Li, Luo and Lyu 2021 (matrices recalled, traces checked): seen are W_13 = 1, W_14 = W_23 = R and
    their mirrors. Among positive semidefinite completions the least trace is 4R (rank 2), and
    rank 1 has trace 2 R^2 + 2 at least. Shapes (1, 4, 4). Raises ValueError unless R > 1.

    >>> target, mask = counterexample(2.0)
    >>> [round(x, 3) for x in torch.linalg.eigvalsh(target)[0].tolist()]
    [-2.562, -1.562, 1.562, 2.562]
    """
    if not ratio > 1:
        raise ValueError(f"ratio must be above 1, got {ratio}")
    target = torch.zeros(1, 4, 4, dtype=torch.float64)
    target[0, 0, 2] = 1
    target[0, 0, 3] = target[0, 1, 2] = ratio
    target = target + target.mT
    return target, (target > 0).to(torch.float64)


def symmetric_limit(
    factor: Tensor, target: Tensor, mask: Tensor, *, loss: float = 1e-12, longest: float = 1e4
) -> Tensor:
    """W = U U^T where the flow dU/dt = -G U has brought every loss to `loss` or below: (seeds, d, d).

    Solved by scipy's DOP853, relative tolerance 1e-8, in the flow's own time, at most `longest`.
    factor: U (seeds, d, k). Raises ArithmeticError if a seed is not there by then.
    """
    from scipy.integrate import solve_ivp

    shape, target, mask = factor.shape, target.numpy(), mask.numpy()

    def residual(state):
        factor = state.reshape(shape)
        return mask * (factor @ factor.swapaxes(1, 2) - target), factor

    def velocity(_, state):
        slope, factor = residual(state)
        return -(slope @ factor).ravel()

    def above(_, state):
        return (residual(state)[0] ** 2).sum((1, 2)).max() / 2 - loss

    above.terminal = True
    start = factor.numpy().ravel()
    run = solve_ivp(
        velocity, (0, longest), start, method="DOP853", rtol=1e-8, atol=1e-14, events=above
    )
    if run.status != 1:
        raise ArithmeticError(f"a seed has a loss above {loss:g} at time {longest:g}")
    factor = torch.from_numpy(run.y[:, -1].reshape(shape))
    return factor @ factor.mT


@dataclass(frozen=True)
class Completed:
    """Limits on the counterexample, (scales, starts): `trace` of W, `second` = lambda_2/lambda_1."""

    trace: torch.Tensor
    second: torch.Tensor


def complete_counterexample(
    ratio: float, log_scales: ArrayLike, starts: int, rng: np.random.Generator
) -> Completed:
    """Limits from U_0 = exp(log_scale) x Gaussian, the same `starts` at every scale: a `Completed`.

    The linear phase in closed form up to W = 1e-9, then the flow to a loss of 1e-12.
    """
    factor = torch.from_numpy(rng.standard_normal((starts, 4, 4))).repeat(len(log_scales), 1, 1)
    pair = [x.expand(len(factor), 4, 4) for x in counterexample(ratio)]
    scales = torch.as_tensor(log_scales, dtype=torch.float64).repeat_interleave(starts)
    limit = symmetric_limit(linear_phase(-pair[0], factor, scales, 1e-9), *pair)
    values = torch.linalg.eigvalsh(limit).unflatten(0, (len(log_scales), starts))
    return Completed(values.sum(-1), values[..., -2] / values[..., -1])
