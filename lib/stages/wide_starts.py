"""Gaussian starts of wide linear networks: how far they are from a saddle and from a minimum.

Weights as in `lib.linear_networks`, entries N(0, w^-gamma), w the width. For gamma < 1 the start is
next to a minimum (lazy training), for gamma > 1 next to the saddle at the origin (Jacot et al. 2021,
arXiv:2106.15933). float64 everywhere.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lib import linear_networks as ln
from lib.stages.low_rank import paced_descent, stable_step
from lib.stages.pacing import Chebyshev


def _gaussian_root(rows, columns, draws, rng):
    """R (draws, columns, columns), upper triangular, distributed as the R of G = QR, where G
    (rows x columns) is standard Gaussian and rows >= columns (Bartlett): G^T G = R^T R."""
    root = np.triu(rng.standard_normal((draws, columns, columns)), 1)
    i = np.arange(columns)
    root[:, i, i] = np.sqrt(rng.chisquare(rows - i, (draws, columns)))
    return root


def network_grams(
    depth: int, width: int, size: int, init_scale: float, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a wide Gaussian linear network shows at its ends, drawn without drawing the network.

    Layers W_1 (width x size), W_2 .. W_(N-1) (width x width), W_N (size x width), entries
    N(0, init_scale^2). Returns numpy arrays (end_to_end, lower, upper): W (draws, size, size);
    lower[l] = (W_l ... W_1)^T (W_l ... W_1) for l = 0..N-1, (N, draws, size, size), identity at 0;
    upper[l] = (W_N ... W_(l+1)) (W_N ... W_(l+1))^T for l = 1..N, in place l - 1.

    Exact, jointly, at a cost that does not depend on `width`: W_l P = P' R_l with orthonormal P, P'
    has an R_l of known law (Bartlett), and what W_l does off the span of P is Gaussian, independent
    of everything below (derived here). Raises ValueError unless width >= 2 size and depth >= 2.
    """
    if depth < 2 or width < 2 * size:
        raise ValueError(
            f"depth must be >= 2 and width >= 2 size = {2 * size}, got {depth}, {width}"
        )
    roots = [init_scale * _gaussian_root(width, size, draws, rng) for _ in range(depth - 1)]
    lower, product = [np.broadcast_to(np.eye(size), (draws, size, size))], np.eye(size)
    for root in roots:
        product = root @ product
        lower.append(product.mT @ product)
    seen = init_scale * rng.standard_normal((draws, size, size))  # W_N P_(N-1)
    matrix = seen @ product
    upper, factor = [lower[0]], lower[0]
    for root in reversed(roots):
        off = factor @ (init_scale * _gaussian_root(width - size, size, draws, rng).mT)
        upper.append(seen @ seen.mT + off @ off.mT)
        factor, seen = np.linalg.cholesky(upper[-1]), seen @ root
    return matrix, np.stack(lower), np.stack(upper[::-1])


def start_distances(
    target: Tensor, width: int, gamma: float, *, depth: int, draws: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Distances of starts N(0, width^-gamma) in weight space: (to a saddle, to the nearest minimum).

    To the saddle W_1 = 0, W_N = 0 (depth >= 2): (||W_1||^2 + ||W_N||^2)^(1/2), which bounds the
    distance to the nearest one. To the minimum of 1/2 ||W - target||_F^2: the shortest step of the
    linearised network, (r^T K^-1 r)^(1/2) with r = target - W and the tangent kernel
    K = sum_l upper_l (x) lower_(l-1): the distance itself where the network is lazy, no more than a
    formula where it is not. target (size, size); see `network_grams`. Returns two tensors (draws,).
    """
    size = len(target)
    matrix, lower, upper = network_grams(depth, width, size, width ** (-gamma / 2), draws, rng)
    kernel = np.einsum("lnab,lncd->nacbd", upper, lower).reshape(draws, size**2, size**2)
    residual = (np.asarray(target) - matrix).reshape(draws, size**2, 1)
    nearest = (residual * np.linalg.solve(kernel, residual)).sum((1, 2))
    saddle = np.trace(lower[1] + upper[depth - 2], axis1=1, axis2=2)
    return torch.from_numpy(np.sqrt(saddle)), torch.from_numpy(np.sqrt(nearest))


def trained_distance(
    target: Tensor, width: int, gamma: float, *, depth: int, rng: np.random.Generator
) -> Tensor:
    """How far descent walks from N(0, width^-gamma) to a minimum of 1/2 ||W - target||_F^2, (seeds,).

    Norm of the change of all layers, at a loss of 1e-4: it bounds the distance to the nearest minimum
    from above. target (seeds, size, size), every entry seen.
    """
    size = target.shape[-1]
    widths = [size] + [width] * (depth - 1) + [size]
    start = ln.gaussian_weights(widths, len(target), rng, width ** (-gamma / 2))
    run = paced_descent(
        start, target, torch.ones_like(target), Chebyshev(0.5 * stable_step(target, depth, start)),
        steps=4000, every=4000, final_loss=1e-4, check_every=10,
    )  # fmt: skip
    moved = [(a - b).square().sum((-2, -1)) for a, b in zip(run.weights, start, strict=True)]
    return torch.stack(moved).sum(0).sqrt()


def minimum_norm(singular_values: Sequence[float], depth: int) -> float:
    """Distance of the origin to the nearest minimum: (N sum_k s_k^(2/N))^(1/2), a number.

    Of all factors W_N ... W_1 = target the balanced ones have the least sum of squares, N s^(2/N)
    for each singular value s of the target (arithmetic and geometric mean; derived here).

    >>> minimum_norm([1.0, 1.0], 2)
    2.0
    """
    return float((depth * sum(s ** (2 / depth) for s in singular_values)) ** 0.5)
