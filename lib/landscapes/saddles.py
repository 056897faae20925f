"""Saddles of deep linear networks: their curvature, their order, which of them descent and searches meet.

A saddle is strict where the Hessian has a negative eigenvalue, flat (non-strict) where it has none
and the point is no minimum all the same. Networks are those of `lib.linear_networks`, loss
1/2 ||W_N ... W_1 - target||_F^2. Points are (..., n) float64 tensors; leading dimensions are seeds.
Shallow problems, whose saddles are strict, are in `lib.strict_saddles`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from lib import linear_networks as ln
from lib.descent import Plain, Record, Stop, descend
from lib.newton import find_roots

# --- the Hessian of a deep linear network ----------------------------------------------------------


def as_points(weights: tuple[Tensor, ...]) -> Tensor:
    """All entries of W_1..W_N, row by row, as one point (..., P)."""
    return torch.cat([w.flatten(-2) for w in weights], -1)


def layers(points: Tensor, widths: list[int]) -> tuple[Tensor, ...]:
    """The weights W_1..W_N, W_j of shape (..., d_j, d_(j-1)), that `as_points` makes of a network.

    points: (..., P); widths: d_0..d_N. Raises ValueError unless P is the number of weights.

    >>> [tuple(w.shape) for w in layers(torch.zeros(7, 8), [2, 2, 2])]
    [(7, 2, 2), (7, 2, 2)]
    """
    shapes = [(b, a) for a, b in zip(widths, widths[1:], strict=False)]
    sizes = [b * a for b, a in shapes]
    if points.shape[-1] != sum(sizes):
        raise ValueError(
            f"points must be (..., {sum(sizes)}) for widths {widths}, got {tuple(points.shape)}"
        )
    parts = points.split(sizes, -1)
    return tuple(p.reshape(*p.shape[:-1], *s) for p, s in zip(parts, shapes, strict=True))


def _partial_products(weights):
    """Below[j] = W_j ... W_1 and above[j] = W_N ... W_(j+1) for j = 0..N; the ends are identities."""

    def eye(size):
        return torch.eye(size, dtype=weights[0].dtype).expand(*weights[0].shape[:-2], size, size)

    below, above = [eye(weights[0].shape[-1])], [eye(weights[-1].shape[-2])]
    for w in weights:
        below.append(w @ below[-1])
    for w in reversed(weights):
        above.append(above[-1] @ w)
    return below, above[::-1]


def hessian(weights: tuple[Tensor, ...], target: Tensor) -> Tensor:
    """Hessian of the loss 1/2 ||W_N ... W_1 - target||_F^2 in all weights, (..., P, P), exact.

    With A_j = W_N ... W_(j+1), B_j = W_(j-1) ... W_1 and residual R (derived here):
        sum over j, k of <A_j X_j B_j, A_k X_k B_k>   (Gauss-Newton)
        + 2 sum over j < k of <R, A_k X_k W_(k-1) ... W_(j+1) X_j B_j>.
    Weights in the order of `as_points`. Raises ValueError if the shapes do not chain.

    >>> w = torch.zeros(1, 1, dtype=torch.float64)
    >>> hessian((w, w), torch.ones(1, 1, dtype=torch.float64)).tolist()
    [[0.0, -1.0], [-1.0, 0.0]]
    """
    residual = ln.end_to_end(weights) - target
    below, above = _partial_products(weights)
    slopes = []  # of the end-to-end matrix in every weight
    for j in range(len(weights)):
        a, b = above[j + 1][..., :, None, :, None], below[j].mT[..., None, :, None, :]
        slopes.append((a * b).flatten(-4, -3).flatten(-2))  # at a, b and p, q: A_ap B_qb
    slope = torch.cat(slopes, -1)
    curvature = slope.mT @ slope
    return curvature + _second_slopes(weights, residual, below, above)


def _second_slopes(weights, residual, below, above):
    """The part of the Hessian that the residual makes, from pairs of layers: (..., P, P)."""
    ends = np.cumsum([0, *[w.shape[-2] * w.shape[-1] for w in weights]])
    part = residual.new_zeros(*residual.shape[:-2], ends[-1], ends[-1])
    for j in range(len(weights)):
        middle = torch.eye(weights[j].shape[-2], dtype=residual.dtype)
        middle = middle.expand(*residual.shape[:-2], *middle.shape)
        for k in range(j + 1, len(weights)):
            outer = (below[j] @ residual.mT @ above[k + 1])[..., None, :, :, None]
            both = outer * middle.mT[..., :, None, None, :]
            block = both.flatten(-4, -3).flatten(-2)  # at p, q and r, s: outer_qr middle_sp
            part[..., ends[j] : ends[j + 1], ends[k] : ends[k + 1]] = block
            part[..., ends[k] : ends[k + 1], ends[j] : ends[j + 1]] = block.mT
            middle = weights[k] @ middle
    return part


def lowest_curvature(weights: tuple[Tensor, ...], target: Tensor) -> Tensor:
    """Smallest eigenvalue of `hessian`, (...)."""
    return torch.linalg.eigvalsh(hessian(weights, target))[..., 0]


def network_field(target: Tensor, widths: list[int]) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """The gradient field of a deep linear network, for `lib.newton.find_roots`.

    field(points (active, P)) -> gradient (active, P), Hessian (active, P, P). target: (d_N, d_0),
    widths: d_0..d_N.
    """

    def field(points):
        weights = layers(points, widths)
        wanted = target.expand(len(points), *target.shape)
        return as_points(ln.gradients(weights, wanted)), hessian(weights, wanted)

    return field


# --- balanced critical points of a deep linear network ---------------------------------------------


def spaced_values(
    count: int, seeds: int, low: float, high: float, gap: float, rng: np.random.Generator
) -> Tensor:
    """Random numbers in [low, high], descending, neighbours at least `gap` apart: (seeds, count).

    Uniform among all such sets. Raises ValueError where the gaps leave no room.
    """
    room = high - low - (count - 1) * gap
    if not room > 0:
        raise ValueError(f"gap must be below (high - low) / (count - 1), got {gap}")
    draws = np.sort(rng.uniform(low, low + room, (seeds, count)), axis=1)
    return torch.from_numpy(draws + gap * np.arange(count)).flip(-1)


def proper_subsets(count: int) -> Tensor:
    """All sets of learned modes but the full one, as rows of truth values, (2^count - 1, count).

    >>> proper_subsets(2).tolist()
    [[False, False], [True, False], [False, True]]
    """
    sets = [s for size in range(count) for s in combinations(range(count), size)]
    chosen = torch.zeros(len(sets), count, dtype=torch.bool)
    for row, members in enumerate(sets):
        chosen[row, list(members)] = True
    return chosen


def greedy(learned: Tensor) -> Tensor:
    """Are the learned modes the strongest ones? bool (...) from learned (..., k), strongest first."""
    return (learned.to(torch.int64).diff(dim=-1) <= 0).all(-1)


def critical_weights(
    singular_values: Tensor,
    learned: Tensor,
    depth: int,
    width: int,
    rng: np.random.Generator,
    *,
    middle: float = 0.0,
) -> tuple[tuple[Tensor, ...], Tensor]:
    """Balanced critical points of 1/2 ||W_N ... W_1 - target||_F^2: (weights, target).

    target = U diag(s) V^T with random U, V; every layer has the entry s_i^(1/N) in the learned
    modes and 0 in the others, with random rotations between layers, all hidden layers `width` wide.
    `middle` c: the entry of layers 2..N-1 in every mode not learned, spare units included; the product
    W_N ... W_1 is the same (Kawaguchi 2016, theorem 2.3 (iv), asks for full rank there).
    singular_values, learned: (..., k). Raises ValueError for a width below the number of modes.
    """
    k = singular_values.shape[-1]
    if width < k or depth < 2:
        raise ValueError(f"width must be at least {k} and depth at least 2, got {width}, {depth}")
    batch = learned.shape[:-1]
    values = singular_values.expand(learned.shape)
    root = torch.where(learned, values ** (1 / depth), 0)
    spare = (0, width - k)
    inner = torch.where(learned, root, middle)
    inner = torch.nn.functional.pad(inner, spare, value=middle)
    left, right = (ln.orthogonal(k, rng, batch) for _ in range(2))
    turns = [ln.orthogonal(width, rng, batch) for _ in range(depth - 1)]
    first = torch.nn.functional.pad(torch.diag_embed(root), (0, 0, *spare)) @ right
    last = left @ torch.nn.functional.pad(torch.diag_embed(root), spare)
    weights = [turns[0] @ first]
    for a, b in zip(turns, turns[1:], strict=False):
        weights.append(b @ torch.diag_embed(inner) @ a.mT)
    weights.append(last @ turns[-1].mT)
    return tuple(weights), left @ torch.diag_embed(values) @ right


def smallest_curvature(singular_values: Tensor, learned: Tensor, depth: int) -> Tensor:
    """Smallest Hessian eigenvalue at a balanced critical point with a spare hidden unit, (...).

        N = 2:   min(0, -max of the missing s_i)
        N >= 3:  min(0, min over missing i, learned j of s_j^(1 - 2/N) (s_j - s_i))     (derived here)

    At N >= 3 only W_1 from mode i to unit j and W_N back meet: the block
    s_j^(1 - 2/N) [[s_j, -s_i], [-s_i, s_j]]. So a critical point is flat unless a learned mode is weaker
    than a missing one. singular_values: (k,) or (..., k), learned: (..., k).

    >>> s = torch.tensor([3.0, 1.0])
    >>> smallest_curvature(s, torch.tensor([[True, False], [False, True]]), 3).tolist()
    [0.0, -2.0]
    """
    s = singular_values.expand(learned.shape)
    if depth == 2:
        return -torch.where(learned, 0, s).amax(-1)
    pairs = s[..., None, :] ** (1 - 2 / depth) * (s[..., None, :] - s[..., :, None])
    allowed = ~learned[..., :, None] & learned[..., None, :]  # [missing i, learned j]
    return torch.where(allowed, pairs, 0).amin((-2, -1))


def middle_curvature(singular_values: Tensor, learned: Tensor, depth: int, middle: float) -> Tensor:
    """Smallest Hessian eigenvalue where the middle layers have the entry c in all missing modes, (...).

    -max of the missing s_i x c^(N-2), or `smallest_curvature` where that is lower (derived here).
    """
    strongest = torch.where(learned, 0, singular_values.expand(learned.shape)).amax(-1)
    lower = smallest_curvature(singular_values, learned, depth)
    return torch.minimum(lower, -strongest * middle ** (depth - 2))


def critical_losses(singular_values: Tensor, width: int) -> Tensor:
    """All values of the loss at critical points: 1/2 sum of the missing s_i^2, ascending.

    One for each set of at most `width` learned modes, width being the narrowest hidden one (Baldi and
    Hornik 1989 for N = 2). singular_values: (k,).

    >>> critical_losses(torch.tensor([2.0, 1.0]), 1).tolist()
    [0.5, 2.0, 2.5]
    """
    squares = singular_values.square() / 2
    k = len(squares)
    sets = [s for size in range(min(width, k) + 1) for s in combinations(range(k), size)]
    return torch.stack([squares.sum() - squares[list(s)].sum() for s in sets]).sort().values


def noisy_target(
    singular_values: list[float], inputs: int, noise: float, samples: int, rng: np.random.Generator
) -> tuple[Tensor, float]:
    """Regression of noisy teacher data on whitened inputs as a matrix problem: (target, constant).

    Gaussian inputs, whitened to X X^T / m = I; labels W X + noise, W with the given singular values in
    random bases, one output for each; see `linear_networks.whitened_problem`. target: (outputs, inputs).
    Raises ValueError for fewer inputs than outputs.
    """
    values = torch.as_tensor(singular_values, dtype=torch.float64)
    if inputs < len(values):
        raise ValueError(f"inputs must be at least {len(values)}, the outputs, got {inputs}")
    x = rng.standard_normal((inputs, samples))
    spread, axes = np.linalg.eigh(x @ x.T / samples)
    x = torch.from_numpy((axes.T @ x) / np.sqrt(spread)[:, None])
    left, right = ln.orthogonal(len(values), rng), ln.orthogonal(inputs, rng)
    y = left * values @ right[: len(values)] @ x
    y = y + noise * torch.from_numpy(rng.standard_normal((len(values), samples)))
    return ln.whitened_problem(x, y)


# --- how flat a flat saddle is ---------------------------------------------------------------------


def largest_drop(speed: float, radius: float, depth: int) -> float:
    """Largest decrease of the loss within `radius` of a greedy saddle: s (r / sqrt N)^N.

    All layers share the way out along the strongest missing mode s = `speed` equally (derived here).

    >>> round(largest_drop(2.0, 0.2, 2), 12)
    0.04
    """
    return speed * (radius * depth**-0.5) ** depth


@torch.no_grad()
def deepest_drop(
    singular_values: Tensor,
    rank: int,
    depth: int,
    radius: float,
    starts: int,
    rng: np.random.Generator,
    steps: int = 600,
) -> float:
    """Largest decrease of the loss found within `radius` of a greedy saddle: a number.

    The saddle of `critical_weights` that has learned the first `rank` of the singular values (k,), all
    widths k. x <- x - (H + 4 s r^(N-2) I)^-1 g from random points of the ball, clipped to it, H the
    Hessian at the saddle, s the next singular value: the stiff directions are stepped over, the flat
    ones climbed down.
    """
    k = len(singular_values)
    chosen = torch.arange(k) < rank
    weights, target = critical_weights(singular_values, chosen, depth, k, rng)
    widths, speed = [k] * (depth + 1), singular_values[rank]
    centre, wanted = as_points(weights), target.expand(starts, *target.shape)
    stiff = hessian(weights, target)
    stiff.diagonal().add_(4 * speed * radius ** (depth - 2))
    step = torch.linalg.inv(stiff)

    def clipped(x):
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return x * (radius / length).clamp(max=1)

    x = torch.from_numpy(rng.standard_normal((starts, len(centre))))
    x = clipped(radius * x / len(centre) ** 0.5)
    for _ in range(steps):
        slope = as_points(ln.gradients(layers(centre + x, widths), wanted))
        x = clipped(x - slope @ step)
    lowest = ln.loss(layers(centre + x, widths), wanted).min()
    return float(ln.loss(weights, target) - lowest)


# --- the saddles that descent passes ---------------------------------------------------------------


def passages(
    singular_values: list[float],
    directions: list[Tensor],
    scales: list[float],
    steps: list[int],
    *,
    learning_rate: float,
    every: int,
) -> Tensor:
    """The smallest Hessian eigenvalue where descent comes nearest to each greedy saddle: (scales, d, runs).

    Descent from tiny starts, each of the scales times the `directions` (layers (runs, d, d)), on target diag(s);
    s: d singular values, descending; row k = 0..d-1 is the saddle of rank k. Nearest is the record of least
    gradient norm among those with a loss within 2% of 1/2 sum_(i > k) s_i^2; nan for a run that has
    none. A run ends once its loss is a tenth of s_d^2 / 2, or after the steps of its scale.
    """
    s, runs = torch.as_tensor(singular_values, dtype=torch.float64), len(directions[0])
    widths = [len(s)] * (len(directions) + 1)
    starts = [torch.cat([scale * w for scale in scales]) for w in directions]
    target = torch.diag(s).expand(len(starts[0]), -1, -1)

    def measure(weights, target):
        slopes = as_points(ln.gradients(weights, target))
        return {
            "loss": ln.loss(weights, target),
            "norm": torch.linalg.vector_norm(slopes, dim=-1),
            "point": as_points(weights),
        }

    run = descend(
        ln.gradients,
        starts,
        problem=(target,),
        rule=Plain(learning_rate),
        steps=max(steps),
        record=Record(range(0, max(steps) + 1, every), measure),
        stop=Stop(lambda w, t: ln.loss(w, t) < s[-1].square() / 20),
    )
    loss, norm, point = (run.records[name] for name in ("loss", "norm", "point"))
    in_time = run.steps[:, None] <= torch.tensor(steps).repeat_interleave(runs)
    passed = []
    for k in range(len(s)):
        level = s[k:].square().sum() / 2
        near = in_time & ((loss / level - 1).abs() <= 0.02)
        least, at = torch.where(near, norm, torch.inf).min(0)
        there = layers(point[at, torch.arange(len(at))], widths)
        passed.append(torch.where(least.isfinite(), lowest_curvature(there, target), torch.nan))
    return torch.stack(passed).unflatten(1, (-1, runs)).transpose(0, 1)


def plateau_exponent(depth: int) -> int:
    """Exponent of the start's scale in |smallest curvature| at the saddles passed: N - 2.

    The middle layers still have their first size in the missing modes (`middle_curvature`; derived
    here).
    """
    return depth - 2


# --- searching for critical points -----------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """Critical points of a search: points (found, n), their smallest Hessian eigenvalues (found,), and the
    problem tensors (found, ...) of their starts."""

    points: Tensor
    curvature: Tensor
    problem: tuple[Tensor, ...] = ()


def search(
    field: Callable[..., tuple[Tensor, Tensor]],
    starts: Tensor,
    *,
    problem: tuple[Tensor, ...] = (),
    tolerance: float = 1e-10,
    steps: int = 300,
    longest: float = 0.5,
) -> Found:
    """Critical points that Levenberg and Marquardt's method reaches from every start: a `Found`.

    field and problem as for `lib.newton.find_roots`; starts that do not arrive at |gradient| <= tolerance are
    left out.
    """
    how = {"steps": steps, "tolerance": tolerance, "longest": longest}
    points, size = find_roots(field, starts, problem=problem, **how)
    arrived = size <= tolerance
    points, *problem = (part[arrived] for part in (points, *problem))
    return Found(points, torch.linalg.eigvalsh(field(points, *problem)[1])[:, 0], tuple(problem))


@dataclass(frozen=True)
class NetworkSaddles:
    """Critical points that a search finds in one regression, all but the minima.

    levels: the list of `critical_losses` for the narrowest layer; distance: of the loss from it, minima
    included (found,); met: is each value of the list found? bool; loss, curvature: of the saddles
    (saddles,).
    """

    levels: Tensor
    distance: Tensor
    met: Tensor
    loss: Tensor
    curvature: Tensor

    def quantiles(self, parts: tuple[float, ...], least: int) -> tuple[Tensor, Tensor]:
        """Quantiles of minus the curvature at each value of the list that `least` saddles have, and that value,
        (values parts,) each; empty if there is none: a picture of hundreds of saddles that does not hang on one."""
        at = (self.loss[:, None] - self.levels).abs().argmin(1)
        many = [k for k in range(len(self.levels)) if (at == k).sum() >= least]
        wanted = torch.tensor(parts, dtype=torch.float64)
        found = [(-self.curvature[at == k]).quantile(wanted) for k in many]
        return torch.cat([wanted[:0], *found]), self.levels[many].repeat_interleave(len(parts))


def network_saddles(
    target: Tensor,
    widths: list[int],
    starts: int,
    rng: np.random.Generator,
    *,
    init_scale: float = 0.7,
) -> NetworkSaddles:
    """Search for critical points of 1/2 ||W_N ... W_1 - target||_F^2 from Gaussian starts."""
    begin = as_points(ln.gaussian_weights(widths, starts, rng, init_scale))
    found = search(network_field(target, widths), begin)
    loss = ln.loss(layers(found.points, widths), target)
    listed = critical_losses(torch.linalg.svdvals(target), min(widths))
    distance, nearest = (loss[:, None] - listed).abs().min(1)
    met = torch.isin(torch.arange(len(listed)), nearest)
    saddle = nearest > 0
    return NetworkSaddles(listed, distance, met, loss[saddle], found.curvature[saddle])
