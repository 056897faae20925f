"""Two-layer linear regression by discrete descent: when each component is learned, and in what order.

Loss and weights are those of `two_layer`: (W_1, W_2), |W_2 W_1 X - Y|^2 / (2n), seen through the moments
Cxx and Cyx. Where they commute,

    Cxx = U diag(lambda) U^T,   Cyx = V diag(sigma) U^T,

and the start is e^-delta times orthogonal factors in these bases, the modes of W_2 W_1 never mix and
each is known in closed form (Gidel, Bach and Lacoste-Julien 2019, arXiv:1904.13262, recalled; discrete
steps derived here). delta is the smallness of the start. Everything is float64; rates are
for a step.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lib.data import digits, one_hot
from lib.descent import Plain, Record, descend
from lib.linear_networks import end_to_end, gaussian_weights, layer_gradients, orthogonal
from lib.stages.two_layer import moment_gradients, moment_loss, moment_slope, moments


def _tensor(values):
    return torch.as_tensor(values, dtype=torch.float64)


def _positive(**values):
    for name, value in values.items():
        if not bool((_tensor(value) > 0).all()):
            raise ValueError(f"{name} must be > 0, got {value}")


# --- commuting moments -----------------------------------------------------------------------------


def commuting_problem(
    sigma: Tensor,
    variances: Tensor,
    smallness: float | Tensor,
    rng: np.random.Generator | None = None,
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]:
    """Weights and moments whose modes never mix: ((W_1, W_2), (Cxx, Cyx, cyy)).

    sigma, variances: (seeds, k), singular values of Cyx and eigenvalues lambda of Cxx; smallness
    delta: number or (seeds,). The k x k factors start as e^-delta Q U^T and e^-delta V Q^T with random rotations
    U, V, Q; without `rng` all three are I and what is 0 stays exactly 0. cyy makes the least loss 0.
    Raises ValueError for shapes that differ and numbers that are not positive.
    """
    sigma, variances = _tensor(sigma), _tensor(variances)
    _positive(sigma=sigma, variances=variances)
    if sigma.ndim != 2 or sigma.shape != variances.shape:
        raise ValueError(
            f"sigma and variances must both be (seeds, k), got {tuple(sigma.shape)} and {tuple(variances.shape)}"
        )
    seeds, k = sigma.shape
    eye = torch.eye(k, dtype=torch.float64).expand(seeds, k, k)
    u, v, q = (eye if rng is None else orthogonal(k, rng, (seeds,)) for _ in range(3))
    small = torch.exp(-_tensor(smallness)).expand(seeds)[:, None, None]
    moments = u * variances[:, None] @ u.mT, v * sigma[:, None] @ u.mT
    return (small * (q @ u.mT), small * (v @ q.mT)), (*moments, (sigma**2 / variances).sum(-1) / 2)


def _diagonal(weights, *_):
    return {"strength": (weights[1] @ weights[0]).diagonal(dim1=-2, dim2=-1)}


def strength_path(
    sigma: Tensor, variances: Tensor, smallness: float | Tensor, rate: float | Tensor, steps: int
) -> Tensor:
    """Strengths of the modes at every step of descent from `commuting_problem`: (steps + 1, seeds, k).

    In the basis where all matrices are diagonal: no rounding reaches a mode that is still tiny.
    rate: number or (seeds,).
    """
    weights, moments = commuting_problem(sigma, variances, smallness)
    run = descend(
        moment_gradients,
        weights,
        problem=moments,
        rule=Plain(rate),
        steps=steps,
        record=Record(range(steps + 1), _diagonal),
    )
    return run.records["strength"]


def product_path(
    sigma: Tensor,
    variances: Tensor,
    smallness: float | Tensor,
    rate: float,
    steps: int,
    rng: np.random.Generator,
    *,
    turn: Tensor | None = None,
) -> Tensor:
    """W_2 W_1 along descent with whole matrices in random bases, (steps + 1, seeds, k, k).

    In the bases of Cyx, where modes stand on the diagonal. turn: rotations (seeds, k, k) of Cxx, with which
    the moments commute no more.
    """
    weights, (cxx, cyx, cyy) = commuting_problem(sigma, variances, smallness, rng)
    left, _, right = torch.linalg.svd(cyx)
    run = descend(
        moment_gradients,
        weights,
        problem=(cxx if turn is None else turn @ cxx @ turn.mT, cyx, cyy),
        rule=Plain(rate),
        steps=steps,
        record=Record(range(steps + 1), lambda w, *_: {"product": w[1] @ w[0]}),
    )
    return left.mT @ run.records["product"] @ right.mT


def one_layer_nearest(sigma: Tensor, variances: Tensor, rate: float, steps: int = 400) -> Tensor:
    """How near one layer comes to the solution of rank 1, relative, (seeds,).

    Descent on |W X - Y|^2 / (2n) from zero: component i has sigma / lambda (1 - (1 - eta lambda)^t) after t
    steps.
    """
    sigma, variances = _tensor(sigma), _tensor(variances)
    t = torch.arange(steps)[:, None, None]
    path = sigma / variances * (1 - (1 - rate * variances) ** t)
    first = sigma / variances * (torch.arange(sigma.shape[-1]) < 1)
    return ((path - first).norm(dim=-1) / first.norm(dim=-1)).amin(0)


def step_limits(rate: float = 0.2, spacing: float = 0.002) -> tuple[Tensor, Tensor]:
    """The largest eta sigma at which a mode rises monotonically, and at which it settles: two numbers.

    Tried on a grid from 0.3 to 1.1, by descent from e^-8; the last of an unbroken series counts.
    """
    steepness = torch.arange(0.3, 1.1, spacing, dtype=torch.float64)
    one = torch.ones_like(steepness)[:, None]
    path = strength_path(steepness[:, None] / rate, one, 8.0, rate, 6000)[..., 0]
    path = path * rate / steepness  # in units of the final strength
    monotone = (path[:300].diff(dim=0) > -1e-10).all(0)
    settled = (path[-2:] - 1).abs().amax(0) < 1e-3
    return unbroken(steepness, monotone), unbroken(steepness, settled)


def unbroken(values: Tensor, holds: Tensor) -> Tensor:
    """The last of the values (n,) up to which `holds` (n,) is true without a break; nan for none.

    >>> float(unbroken(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([True, False, True])))
    1.0
    """
    count = int(holds.long().cumprod(0).sum())
    return values[count - 1] if count else torch.tensor(torch.nan)


def regression_strength(
    time: float | Tensor, sigma: float | Tensor, variance: float | Tensor, smallness: float | Tensor
) -> Tensor:
    """Strength of one mode of W_2 W_1 at a time of the flow, (...).

        sigma / (lambda + (sigma e^(2 delta) - lambda) e^(-2 sigma t))

    from e^(-2 delta), delta the smallness, time = rate x steps (Gidel et al. 2019, recalled). All
    arguments broadcast.

    >>> float(regression_strength(1e3, 2.0, 4.0, 5.0))
    0.5
    """
    time, sigma, variance, smallness = map(_tensor, (time, sigma, variance, smallness))
    return sigma / (
        variance + (sigma * torch.exp(2 * smallness) - variance) * torch.exp(-2 * sigma * time)
    )


def switch_steps(
    smallness: float | Tensor, sigma: float | Tensor, variance: float | Tensor, rate: float | Tensor
) -> Tensor:
    """Steps after which a mode has half of its final strength sigma / lambda, (...).

        (delta + ln(sigma / lambda) / 2) / ln(1 + eta sigma)

    The growth is that of discrete steps, its end that of the flow (derived here); for small rates
    delta / (eta sigma), the paper's time. All arguments broadcast.
    """
    smallness, sigma, variance, rate = map(_tensor, (smallness, sigma, variance, rate))
    return (smallness + torch.log(sigma / variance) / 2) / torch.log1p(rate * sigma)


def approach_exponent(sigma: Tensor, rate: float | Tensor, stage: int) -> Tensor:
    """Exponents in delta of the nearest approach to the rank-k solution, between two switches: (...).

    With T_i = 1 / ln(1 + eta sigma_i), after delta theta steps component k is e^(-a delta (theta - T_k))
    from its end, a = -ln(1 - 2 eta sigma_k), and component k + 1 has grown to e^(-b delta (T_(k+1) -
    theta)), b = 2 ln(1 + eta sigma_(k+1)). They are equal, and the distance is least, e^(-e delta), at

        e = a b (T_(k+1) - T_k) / (a + b) = 2 a / (a + b) (1 - ln(1 + eta sigma_(k+1)) / ln(1 + eta sigma_k))

    (derived here); the flow's is the limit of small rates. sigma (..., K), falling; rate: number or (...);
    stage k in 1..K-1. Raises ValueError for another stage, and for a rate at which mode k does not settle
    smoothly.

    >>> float(approach_exponent(torch.tensor([2.0, 1.0], dtype=torch.float64), 1e-9, 1)).__round__(6)
    0.666667
    """
    sigma, rate = _tensor(sigma), _tensor(rate)
    if not 1 <= stage < sigma.shape[-1]:
        raise ValueError(f"stage must be in 1..{sigma.shape[-1] - 1}, got {stage}")
    now, later = rate * sigma[..., stage - 1], rate * sigma[..., stage]
    if not bool((2 * now < 1).all()):
        raise ValueError(f"rate must be below 1 / (2 sigma_k), got {rate}")
    a, b = -torch.log1p(-2 * now), 2 * torch.log1p(later)
    return 2 * a / (a + b) * (1 - torch.log1p(later) / torch.log1p(now))


def unaligned_exponent(sigma: Tensor, rate: float | Tensor, stage: int) -> Tensor:
    """Exponents in delta of the nearest approach to the rank-k solution from Gaussian starts: (...).

    The direction of component k still turns after its switch: what is off in it falls by
    (1 + eta sigma_(k+1)) / (1 + eta sigma_k) a step, from the start on. It meets the growth of component
    k + 1, (1 + eta sigma_(k+1))^2 a step from e^(-2 delta), at

        e = 2 (1 - r) / (1 + r),   r = ln(1 + eta sigma_(k+1)) / ln(1 + eta sigma_k)

    (derived here, to leading order). rate: eta sigma_1; sigma (..., K), falling.

    >>> round(float(unaligned_exponent(torch.tensor([2.0, 1.0], dtype=torch.float64), 1e-9, 1)), 4)
    0.6667
    """
    sigma = _tensor(sigma)
    growth = torch.log1p(rate * sigma / sigma[..., :1])
    r = growth[..., stage] / growth[..., stage - 1]
    return 2 * (1 - r) / (1 + r)


def half_times(strengths: Tensor, goal: Tensor) -> Tensor:
    """Steps at which strengths (steps + 1, ...) first pass goal / 2, interpolated: (...), nan if never.

    One record for every step from 0 on; goal: (...).
    """
    above = strengths >= goal / 2
    after = above.to(torch.int8).argmax(0, keepdim=True)
    high = strengths.gather(0, after)[0]
    low = strengths.gather(0, (after - 1).clamp(min=0))[0]
    return (after[0] - (high - goal / 2) / (high - low)).where(
        above.any(0) & (after[0] > 0), torch.nan
    )


# --- reduced-rank regression -------------------------------------------------------------------------


def regression_solution(cxx: Tensor, cyx: Tensor, rank: int) -> Tensor:
    """The matrix of rank k with the least loss, U_k U_k^T Cyx Cxx^(-1): (..., m2, m0).

    U_k: top k left singular vectors of Cyx Cxx^(-1/2) (reduced-rank regression). cxx (..., m0, m0) of
    full rank, cyx (..., m2, m0). Raises ValueError for a rank outside 0..min(m0, m2).
    """
    if not 0 <= rank <= min(cyx.shape[-2:]):
        raise ValueError(f"rank must be in 0..{min(cyx.shape[-2:])}, got {rank}")
    values, vectors = torch.linalg.eigh(cxx)
    root = (vectors * values.rsqrt().unsqueeze(-2)) @ vectors.mT
    u = torch.linalg.svd(cyx @ root, full_matrices=False).U[..., :rank]
    return u @ (u.mT @ cyx @ root @ root)


def distances(weights: Sequence[Tensor], solutions: Tensor) -> Tensor:
    """|W_2 W_1 - W_k|_F / |W_k|_F for every k, (..., K). solutions W_k: (..., K, m2, m0)."""
    away = (weights[1] @ weights[0]).unsqueeze(-3) - solutions
    return away.norm(dim=(-2, -1)) / solutions.norm(dim=(-2, -1))


def nearest_approach(
    weights: Sequence[Tensor],
    moments: Sequence[Tensor],
    ranks: int,
    *,
    learning_rate: float | Tensor,
    steps: int,
    every: int = 5,
) -> Tensor:
    """How near descent comes to the reduced-rank solutions of ranks 1..K: (seeds, K).

    Least of the relative `distances` at every fifth step. weights, moments: (seeds, ...), as in
    `two_layer`; learning_rate: number or (seeds,).
    """
    solutions = torch.stack(
        [regression_solution(*moments[:2], rank) for rank in range(1, ranks + 1)], -3
    )
    run = descend(
        lambda w, cxx, cyx, _: moment_gradients(w, cxx, cyx),
        weights,
        problem=(*moments[:2], solutions),
        rule=Plain(learning_rate),
        steps=steps,
        record=Record(
            range(0, steps + 1, every),
            lambda w, cxx, cyx, solutions: {"distance": distances(w, solutions)},
        ),
    )
    return run.records["distance"].amin(0)


def forgetting_rate(sigma: Tensor, variances: Tensor) -> Tensor:
    """Growth rate per unit of time at which a network of width 1 leaves mode 1 for mode 2, (...).

        r = -lambda_min [[lambda_2 sigma_1 / lambda_1, -sigma_2], [-sigma_2, sigma_1]]

    Positive iff sigma_2^2 / lambda_2 > sigma_1^2 / lambda_1: then mode 1 was the wrong one (derived
    here). sigma, variances: (..., 2); the matrix is the Hessian in mode 2's two weights at mode 1's point.
    """
    sigma, variances = _tensor(sigma), _tensor(variances)
    (s1, s2), (l1, l2) = sigma.unbind(-1), variances.unbind(-1)
    a, b = l2 * s1 / l1, s1
    return ((a - b).square() / 4 + s2.square()).sqrt() - (a + b) / 2


def forgetting_run(
    sigma: Tensor, variances: Tensor, noise: float, rate: float, steps: int
) -> tuple[Tensor, Tensor]:
    """A network of width 1 that starts at mode 1's point, with `noise` in both weights of mode 2.

    sigma, variances: (seeds, 2). Returns the strengths of both modes at every step,
    (steps + 1, seeds, 2), and how far the last loss lies above the least one of rank 1, (seeds,).
    """
    sigma, variances = _tensor(sigma), _tensor(variances)
    _, moments = commuting_problem(sigma, variances, 0.0)
    first = (sigma[:, :1] / variances[:, :1]).sqrt()
    row = torch.cat((first, torch.full_like(first, noise)), -1)
    run = descend(
        moment_gradients,
        (row[:, None], row[:, :, None]),
        problem=moments,
        rule=Plain(rate),
        steps=steps,
        record=Record(range(steps + 1), _diagonal),
    )
    least = moments[2] - (sigma**2 / variances).amax(-1) / 2
    return run.records["strength"], moment_loss(end_to_end(run.weights), *moments) - least


def held_out_losses(
    moments: Sequence[Tensor],
    tests: Sequence[Tensor],
    layers: int,
    rng: np.random.Generator,
    *,
    hidden: int = 12,
    scale: float = 1e-8,
    steps: int = 2000,
) -> Tensor:
    """Loss on other data along descent of one or two linear layers, (steps + 1, seeds).

    moments, tests: (Cxx, Cyx, cyy) of training and other data. Two layers start at `scale` with `hidden`
    units, at the rate 0.3 / sigma_1; one layer starts at zero, at the rate 0.5 / lambda_1. Raises
    ValueError for other numbers of layers.
    """
    if layers not in (1, 2):
        raise ValueError(f"layers must be 1 or 2, got {layers}")
    seeds, outputs, inputs = moments[1].shape
    if layers == 2:
        start = gaussian_weights([inputs, hidden, outputs], seeds, rng, scale)
        rate = 0.3 / torch.linalg.svdvals(moments[1])[:, 0]
    else:
        start = (torch.zeros(seeds, outputs, inputs, dtype=torch.float64),)
        rate = 0.5 / torch.linalg.eigvalsh(moments[0])[:, -1]
    return descend(
        lambda w, cxx, cyx, *_: layer_gradients(w, lambda matrix: moment_slope(matrix, cxx, cyx)),
        start,
        problem=(*moments, *tests),
        rule=Plain(rate),
        steps=steps,
        record=Record(
            range(steps + 1), lambda w, *given: {"loss": moment_loss(end_to_end(w), *given[3:])}
        ),
    ).records["loss"]


# --- real data -----------------------------------------------------------------------------------


def digit_splits(
    splits: int, rng: np.random.Generator, *, samples: int = 2000, components: int = 20
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """MNIST digits split at random: ((inputs, outputs), (inputs, outputs)), training and test.

    inputs: scores on the leading principal components of the training images, (splits, components,
    m); outputs: one-hot labels less their training mean, (splits, 10, m). Training holds `samples` of
    the 5,000 digits of `data.digits`, the test all others. Raises ValueError for samples outside
    components..4999.
    """
    if not components <= samples < 5000:
        raise ValueError(f"samples must be in {components}..4999, got {samples}")
    images, labels = digits()
    parts = [], [], [], []
    for _ in range(splits):
        order = torch.from_numpy(rng.permutation(len(images)))
        x, y = images[order].mT, one_hot(labels[order])
        x = x - x[:, :samples].mean(-1, keepdim=True)
        y = y - y[:, :samples].mean(-1, keepdim=True)
        known = x[:, :samples]
        if samples < len(x):  # the smaller of the two problems
            vectors = torch.linalg.svd(known, full_matrices=False).U[:, :components]
        else:
            vectors = torch.linalg.eigh(known @ known.mT)[1][:, -components:].flip(1)
        scores = vectors.mT @ x
        found = (scores[:, :samples], y[:, :samples], scores[:, samples:], y[:, samples:])
        for part, value in zip(parts, found, strict=True):
            part.append(value)
    x, y, test_x, test_y = map(torch.stack, parts)
    return (x, y), (test_x, test_y)


def digit_moments(
    splits: int, rng: np.random.Generator
) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Moments of 2,000 digits in 20 dimensions, {name: (Cxx, Cyx, cyy)}, (splits, ...) each.

    `autoencoder`: the inputs are the outputs; `labels`: the classes are; `labels, whitened`: from inputs of
    equal variance.
    """
    (x, y), _ = digit_splits(splits, rng)
    white = x / x.square().mean(-1, keepdim=True).sqrt()
    return {
        "autoencoder": moments(x, x),
        "labels": moments(x, y),
        "labels, whitened": moments(white, y),
    }
