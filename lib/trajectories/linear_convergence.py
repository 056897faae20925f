"""Runs of the linear convergence theorem: as it stands, at practical steps, at its slowest starts.

Theorem 1 and lemma 1 of Arora et al. 2018 (arXiv:1810.02281): what they promise is computed by
`linear_networks.convergence_guarantee`, what descent does is measured here. Square and wide targets
(..., d_N, d_0), d_N <= d_0; everything is float64; time = learning rate x steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.data import digits, one_hot, whiten
from lib.descent import Plain, Record, Stop, decay_rate, descend
from lib.linear_networks import (
    balanced_factors,
    convergence_guarantee,
    deficiency_margin,
    end_to_end,
    gradients,
    imbalance,
    imbalance_matrices,
    loss,
    matrix_loss,
    orthogonal,
    regression_gradients,
    regression_loss,
    rotated,
    smallest_singular_value,
    start_within_margin,
    unbalance,
    whitened_problem,
)
from lib.spectral import spectral_descent, spectral_factors

# --- what is measured along the way --------------------------------------------------------------


def singular_value_spread(weights: Sequence[Tensor], rank: int) -> Tensor:
    """Largest relative difference between layers' leading `rank` singular values, (...).

    max over i and layers of |s_i(W_j) - mean_j s_i| / mean_j s_i; 0 if balanced.
    """
    values = torch.stack([torch.linalg.svdvals(w)[..., :rank] for w in weights])
    mean = values.mean(0)
    return ((values - mean).abs() / mean).amax((0, -1))


def alignment(weights: Sequence[Tensor], rank: int) -> Tensor:
    """Smallest |<u_i(W_j), v_i(W_(j+1))>| over neighbouring layers and the leading `rank` modes, (...).

    u, v: left and right singular vectors; 1 if balanced with distinct singular values.
    """
    svds = [torch.linalg.svd(w, full_matrices=False) for w in weights]
    worst = []
    for (u, _, _), (_, _, vh) in zip(svds, svds[1:], strict=False):
        overlaps = (u.mT[..., :rank, :] * vh[..., :rank, :]).sum(-1).abs()
        worst.append(overlaps.amin(-1))
    return torch.stack(worst).amin(0)


def progress(weights: Sequence[Tensor], target: Tensor) -> dict[str, Tensor]:
    """Loss and sigma_min(W_N ... W_1) of every seed, as `loss`, `smallest`: for `descend`."""
    matrix = end_to_end(weights)
    return {"loss": matrix_loss(matrix, target), "smallest": smallest_singular_value(matrix)}


def structure(weights: Sequence[Tensor], target: Tensor) -> dict[str, Tensor]:
    """What the proof keeps along the way, of every seed, for `descend`.

    `imbalance`, and `spread` and `alignment` of the layers' leading min(d_0, d_N) singular values
    and vectors.
    """
    rank = min(target.shape[-2:])
    return {
        "imbalance": imbalance(weights),
        "spread": singular_value_spread(weights, rank),
        "alignment": alignment(weights, rank),
    }


def decrease_ratio(
    losses: Tensor, smallest: Tensor, learning_rate: float | Tensor, depth: int
) -> Tensor:
    """Measured decrease of each step over the one that lemma 1 of Arora et al. 2018 promises.

    loss(t) - loss(t+1) against (learning_rate / 2) sigma_min(W(t))^(2(N-1)/N) ||dloss/dW||_F^2,
    where ||dloss/dW||_F^2 = 2 loss(t). losses, smallest = sigma_min(W(t)): (steps + 1, ...);
    returns (steps, ...). A square, well-conditioned network gives about 2N.
    """
    promised = learning_rate * smallest[:-1] ** (2 * (depth - 1) / depth) * losses[:-1]
    return (losses[:-1] - losses[1:]) / promised


def asymptotic_rate(target: Tensor, depth: int) -> Tensor:
    """Decay rate of the loss per unit of time near a balanced minimum: 2 x the smallest curvature.

    At W = target the flow of the end-to-end matrix contracts with the eigenvalues
    sum_j s_r^(2(N-j)/N) s_r'^(2(j-1)/N) over pairs of singular values s of target (Arora, Cohen,
    Hazan 2018, claim 1); the slowest sets the slope of log loss. target: (..., d, d), square;
    returns (...). Per step: -2 log(1 - learning_rate x rate / 2).
    """
    if target.shape[-2] != target.shape[-1]:
        raise ValueError(f"target must be square, got {tuple(target.shape)}")
    return 2 * depth * smallest_singular_value(target) ** (2 * (depth - 1) / depth)


# --- the theorem, and practical steps -------------------------------------------------------------


@dataclass(frozen=True)
class TheoremRun:
    """What `theorem_run` brings back: recorded steps, loss / first loss (records, seeds), and of every
    seed the bound T on the steps, the steps needed (inf if more than T), and along the way the largest imbalance / delta
    and the smallest sigma_min(W) / c."""

    steps: Tensor
    loss: Tensor
    bound: Tensor
    needed: Tensor
    imbalance: Tensor
    kept: Tensor


def theorem_run(
    depth: int, seeds: int, margin_share: float, reduction: float, rng: np.random.Generator
) -> TheoremRun:
    """Theorem 1 of Arora et al. 2018, word for word, on 2 x 2 targets near the identity: a `TheoremRun`.

    Its imbalance (the largest allowed), its learning rate, its bound T on the steps until the loss has
    fallen to `reduction` of the first. The factors are diagonal: a step costs microseconds.
    """
    s = torch.from_numpy(rng.uniform(0.95, 1.05, (seeds, 2)))
    away = torch.from_numpy(rng.standard_normal((seeds, 2)))
    start = s + ((1 - margin_share) * s.amin(-1) / away.norm(dim=-1))[:, None] * away
    first = (start - s).square().sum(-1) / 2
    margin = deficiency_margin(torch.diag_embed(start), torch.diag_embed(s))
    promise = convergence_guarantee(torch.diag_embed(s), depth, margin)
    bound = promise.steps(first, reduction * first)
    steps, modes = spectral_descent(
        spectral_factors(start, depth, promise.imbalance, rng),
        s,
        learning_rate=promise.learning_rate[:, None],
        record=np.linspace(0, int(bound.max()), 2001).astype(int),
        final_loss=reduction * first,
    )
    product = modes.prod(1)
    loss = (product - s).square().sum(-1) / 2 / first
    below = loss <= reduction
    needed = torch.where(below[-1], steps[below.to(int).argmax(0)].double(), torch.inf)
    drift = modes.square().diff(dim=1).norm(dim=-1).amax((0, 1)) / promise.imbalance
    return TheoremRun(steps, loss, bound, needed, drift, (product.amin(-1) / margin).amin(0))


@dataclass(frozen=True)
class PracticalRun:
    """What `practical_run` brings back; a record for every step, losses relative to the first.

    weights, target, rate: the start, its target, its learning rate (seeds,). loss: (steps + 1, seeds).
    ratio: decrease / the one lemma 1 promises, nan below rounding, (steps, seeds). late_slope, predicted_slope: decay of log-loss per step while the
    loss itself is between 1e-18 and 1e-25, measured, and from the curvature at the minimum; straight:
    squared correlation of log-loss and step between 1e-6 and 1e-14. kept: sigma_min(W) / c. spread, alignment, imbalance
    (over delta): see `structure`, every 50 steps.
    """

    weights: tuple[Tensor, ...]
    target: Tensor
    rate: Tensor
    loss: Tensor
    ratio: Tensor
    late_slope: Tensor
    predicted_slope: Tensor
    straight: Tensor
    kept: Tensor
    spread: Tensor
    alignment: Tensor
    imbalance: Tensor


def practical_run(
    depth: int,
    size: int,
    seeds: int,
    step_size: float,
    rng: np.random.Generator,
    steps: int = 1500,
) -> PracticalRun:
    """Starts inside the assumptions of theorem 1, stepped at a practical rate: a `PracticalRun`.

    Margins from 0.1 to 0.9 of sigma_min, imbalance exactly the theorem's delta; learning rate
    `step_size` / (N sigma_max^(2 - 2/N)). Raises ValueError for size < 2.
    """
    if size < 2:
        raise ValueError(f"size must be 2 or more, got {size}")
    gap = 0.8 / (size - 1)  # equal values have no vectors to align: neighbours stay gap / 2 apart
    jitter = rng.uniform(-gap / 4, gap / 4, (seeds, size))
    s = torch.from_numpy(np.linspace(0.6, 1.4, size) + jitter)
    target = rotated(s, rng)
    start = start_within_margin(target, rng.uniform(0.1, 0.9, seeds), rng)
    margin = deficiency_margin(start, target)
    promise = convergence_guarantee(target, depth, margin)
    weights = _unbalanced_factors(start, [size] * (depth + 1), promise.imbalance, rng)
    rate = step_size / (depth * s.amax(-1) ** (2 - 2 / depth))
    options = {"problem": (target,), "rule": Plain(rate), "steps": steps}
    run = descend(gradients, weights, record=Record(range(steps + 1), progress), **options)
    form = descend(gradients, weights, record=Record(range(0, steps + 1, 50), structure), **options)
    losses, smallest = run.records["loss"], run.records["smallest"]
    relative = losses / losses[0]
    judged = relative > 1e-14  # further down the decrease of one step is rounding noise
    ratio = decrease_ratio(losses, smallest, rate, depth).where(judged[:-1], torch.nan)
    return PracticalRun(
        weights=weights,
        target=target,
        rate=rate,
        loss=relative,
        ratio=ratio,
        late_slope=decay_rate(run.steps, losses, 1e-18, 1e-25)[0],
        predicted_slope=-2 * torch.log(1 - rate * asymptotic_rate(target, depth) / 2),
        straight=decay_rate(run.steps, relative, 1e-6, 1e-14)[1],
        kept=smallest / margin,
        spread=form.records["spread"],
        alignment=form.records["alignment"],
        imbalance=form.records["imbalance"] / promise.imbalance,
    )


# --- the slowest starts --------------------------------------------------------------------------


def slowest_start(target: Tensor, share: float | Tensor, rng: np.random.Generator) -> Tensor:
    """The end-to-end start of margin share x sigma_min(target) from which descent is slowest, (...).

    Square targets: off along the weakest pair of singular vectors, target - (1 - share) sigma_min
    u v^T; there the flow's decrease is N times lemma 1's without its 1/2. Wide targets: v is turned
    out of the row space until the distance is (1 - share) sigma_min, a direction in which W_1 alone
    moves W; there it is once that (derived here). share: (...), in (0, 1), else ValueError.
    """
    rows, columns = target.shape[-2:]
    share = torch.as_tensor(share, dtype=torch.float64)
    if rows > columns or not bool(((share > 0) & (share < 1)).all()):
        raise ValueError("target must be square or wide (d_N <= d_0), and share lie in (0, 1)")
    left, sizes, right = torch.linalg.svd(target)
    u, v, sigma = left[..., -1:], right[..., rows - 1 : rows, :], sizes[..., -1, None, None]
    off = (1 - share)[..., None, None]
    if rows == columns:
        return target - off * sigma * (u @ v)
    draw = torch.from_numpy(rng.standard_normal((*target.shape[:-2], 1, columns - rows)))
    z = (draw / draw.norm(dim=-1, keepdim=True)) @ right[..., rows:, :]
    # W's weakest row sigma cos(angle) (cos v + sin z) is at right angles to its error: sin = off.
    away = off * (1 - off**2).sqrt() * z - off**2 * v
    return target + sigma * (u @ away)


def _unbalanced_factors(
    start: Tensor, widths: Sequence[int], wanted: Tensor, rng: np.random.Generator
) -> tuple[Tensor, ...]:
    """Random factors of `start` with the imbalance `wanted`."""
    batch = tuple(start.shape[:-2])
    twists = [torch.from_numpy(rng.standard_normal((*batch, d, d))) for d in widths[1:-1]]
    weights = balanced_factors(start, widths, rng)
    return unbalance(weights, wanted, [k + k.mT for k in twists])


@dataclass(frozen=True)
class SlowestRun:
    """What `slowest_run` brings back, of every seed: margin share c / sigma_min; steps made, inf
    if 1.1 T were not enough; promised, the theorem's T for the loss reached; predicted T / steps."""

    share: Tensor
    steps: Tensor
    promised: Tensor
    predicted: Tensor


def slowest_run(
    depth: int, outputs: int, seeds: int, rng: np.random.Generator, *, reduction: float = 0.99
) -> SlowestRun:
    """Theorem 1 at its own constants from `slowest_start`, until loss / first loss <= reduction.

    Targets (outputs, 2) with singular values from 0.95 to 1.05, outputs 1 or 2; margins from 0.5 to
    0.9 of sigma_min, the largest imbalance allowed. T / steps is 2N for square targets and
    2 (sigma_min(W) / c)^(2 - 2/N) for one output while the loss has hardly moved (derived here).
    """
    if outputs not in (1, 2):
        raise ValueError(f"outputs must be 1 or 2, got {outputs}")
    share = torch.from_numpy(rng.uniform(0.5, 0.9, seeds))
    values = torch.from_numpy(rng.uniform(0.95, 1.05, (seeds, outputs)))
    bases = orthogonal(outputs, rng, (seeds,)), orthogonal(2, rng, (seeds,))
    target = bases[0] * values[:, None] @ bases[1][:, :outputs]
    start = slowest_start(target, share, rng)
    margin, first = deficiency_margin(start, target), matrix_loss(start, target)
    promise = convergence_guarantee(target, depth, margin)
    weights = _unbalanced_factors(start, [2] * depth + [outputs], promise.imbalance, rng)
    longest = int(1.1 * promise.steps(first, reduction * first).max()) + 1
    run = descend(
        lambda w, t, begin: gradients(w, t),
        weights,
        problem=(target, first),
        rule=Plain(promise.learning_rate),
        steps=longest,
        stop=Stop(
            lambda w, t, begin: loss(w, t) <= reduction * begin, every=max(1, longest // 2000)
        ),
    )
    excess = (smallest_singular_value(start) / margin) ** (2 - 2 / depth)
    return SlowestRun(
        share=share,
        steps=torch.where(run.stopped >= 0, run.stopped.double(), torch.inf),
        promised=promise.steps(first, loss(run.weights, target)),
        predicted=2 * (depth * torch.ones_like(excess) if outputs == 2 else excess),
    )


def slowest_ratio(
    depth: int,
    size: int,
    outputs: int,
    seeds: int,
    rng: np.random.Generator,
    step_size: float = 1e-3,
) -> Tensor:
    """Decrease of the first step from `slowest_start` / the one that lemma 1 promises, (seeds,).

    Targets (outputs, size) as in `practical_run`; margins from 0.02 to 0.9 of sigma_min, evenly in
    logarithm; balanced weights; learning rate `step_size` / (N sigma_max^(2 - 2/N)).
    """
    target, start, rate = _slow_problems(depth, size, outputs, seeds, rng, step_size)
    weights = balanced_factors(start, [size] * depth + [outputs], rng)
    return _first_ratio(weights, target, rate)


def _slow_problems(depth, size, outputs, seeds, rng, step_size):
    """(targets, slowest starts, learning rates) of `slowest_ratio`."""
    share = torch.from_numpy(0.9 * 45 ** -rng.uniform(0, 1, seeds))
    s = torch.from_numpy(rng.uniform(0.6, 1.4, (seeds, outputs)))
    bases = orthogonal(outputs, rng, (seeds,)), orthogonal(size, rng, (seeds,))
    target = bases[0] * s[:, None] @ bases[1][:, :outputs]
    start = slowest_start(target, share, rng)
    return target, start, step_size / (depth * s.amax(-1) ** (2 - 2 / depth))


def _first_ratio(weights, target, rate):
    """Decrease of the first step / the one that lemma 1 promises, (seeds,)."""
    options = {"problem": (target,), "rule": Plain(rate), "steps": 1}
    run = descend(gradients, weights, record=Record([0, 1], progress), **options)
    return decrease_ratio(run.records["loss"], run.records["smallest"], rate, len(weights))[0]


# --- how much imbalance lemma 1 stands -----------------------------------------------------------


def imbalance_edge(size: float | Tensor, depth: int) -> float | Tensor:
    """Imbalance beyond which lemma 1 fails for one output W of norm `size`: size^(2/N)(2 - 2^(-1/(N-1))).

    An error at right angles to W is mended by W_1 alone, at the pace b^(2(N-1)) where b is the common
    size of the layers above. Lemma 1 promises half of |W|^(2(N-1)/N). If the imbalance W_1 has over
    them is D, b^(2(N-1)) (b^2 + D) = |W|^2; both paces are equal at this D (derived here).

    >>> imbalance_edge(1.0, 2)
    1.5
    """
    return size ** (2 / depth) * (2 - 0.5 ** (1 / (depth - 1)))


def lopsided_factors(start: Tensor, depth: int, excess: Tensor) -> tuple[Tensor, ...]:
    """Factors of `start` (..., 1, d), of depth N, whose first layer is larger: a_1^2 = b^2 + excess.

    W_1 = a_1 e v^T, the layers above b e e^T and b e^T, e the first unit, v the direction of `start`:
    the imbalance is `excess` (...) between W_1 and W_2 and 0 between the others.
    """
    size = torch.linalg.vector_norm(start, dim=(-2, -1))
    low, high = torch.zeros_like(size), size ** (2 / depth)  # b^2: high where the excess is 0
    for _ in range(200):
        middle = (low + high) / 2
        large = middle ** (depth - 1) * (middle + excess) > size**2
        low, high = low.where(large, middle), middle.where(large, high)
    b2 = ((low + high) / 2)[..., None, None]
    width = start.shape[-1]
    unit = torch.zeros(width, 1, dtype=start.dtype)
    unit[0] = 1
    first = (b2 + excess[..., None, None]).sqrt() * unit * start / size[..., None, None]
    between = [b2.sqrt() * (unit @ unit.mT) for _ in range(depth - 2)]
    return (first, *between, b2.sqrt() * unit.mT)


def measured_imbalance_edge(
    depth: int, size: int, seeds: int, rng: np.random.Generator, step_size: float = 1e-3
) -> tuple[Tensor, Tensor]:
    """(edge, |W|), each (seeds,): the imbalance at which a first step falls short of lemma 1.

    Sought by halving between 0 and 4 |W|^(2/N), from `slowest_start` of one output with margins from
    0.02 to 0.9 of sigma_min, each time by a step of `step_size` / (N sigma_max^(2 - 2/N)).
    """
    target, start, rate = _slow_problems(depth, size, 1, seeds, rng, step_size)
    length = torch.linalg.vector_norm(start, dim=(-2, -1))
    low, high = torch.zeros_like(length), 4 * length ** (2 / depth)
    for _ in range(40):
        middle = (low + high) / 2
        short = _first_ratio(lopsided_factors(start, depth, middle), target, rate) < 1
        low, high = low.where(short, middle), middle.where(short, high)
    return (low + high) / 2, length


# --- real data, and a control --------------------------------------------------------------------


class WhitenedRun(NamedTuple):
    """Descent on whitened digits from 4 starts: losses on the images and of the matrix problem, each
    (records, 4), the constant between them, and the mean pace of log-loss / the guaranteed one, (4,).
    """

    on_images: Tensor
    on_matrix: Tensor
    constant: float
    pace: Tensor


def whitened_run(components: int, step_size: float, rng: np.random.Generator) -> WhitenedRun:
    """Regression of nine labels on 5,000 whitened digits, layers components-components-12-9: `WhitenedRun`.

    500 steps at `step_size` / (N sigma_max^(2 - 2/N)), once on the images, once on the matrix problem
    with Phi = Y X^T / m (Arora et al. 2018, section 2); margins of half of sigma_min.
    """
    images, labels = digits()
    inputs, outputs = whiten(images.mT, components), one_hot(labels)[:9]
    target, constant = whitened_problem(inputs, outputs)
    start = start_within_margin(target.expand(4, -1, -1), 0.5, rng)
    weights = balanced_factors(start, [components, components, 12, 9], rng)
    rate = step_size / (3 * float(torch.linalg.matrix_norm(target, 2)) ** (4 / 3))
    go = {"rule": Plain(rate), "steps": 500}
    looks = range(0, 501, 10)
    problem = (target.expand(4, -1, -1),)
    matrix = descend(
        gradients, weights, problem=problem, record=Record(looks, progress), **go
    ).records["loss"]
    image = descend(
        lambda w: regression_gradients(w, inputs, outputs),
        weights,
        record=Record(looks, lambda w: {"loss": regression_loss(w, inputs, outputs)}),
        **go,
    ).records["loss"]
    guaranteed = 500 * rate * deficiency_margin(start, target) ** (4 / 3)
    return WhitenedRun(image, matrix, constant, -(matrix[-1] / matrix[0]).log() / guaranteed)


def rank_floor_runs(run: PracticalRun, steps: int = 1000) -> tuple[Tensor, Tensor]:
    """(with one hidden unit taken out of every layer, as it is): losses over sigma_min^2 / 2, (steps + 1, seeds).

    sigma_min^2 / 2 is the loss of the best matrix of rank d - 1 (Eckart and Young 1936).
    """
    floor = smallest_singular_value(run.target) ** 2 / 2
    go = {"problem": (run.target,), "rule": Plain(run.rate), "steps": steps}
    go["record"] = Record(range(steps + 1), progress)
    starts = narrowed(run.weights), run.weights
    return tuple(descend(gradients, w, **go).records["loss"] / floor for w in starts)


# --- balance -------------------------------------------------------------------------------------


def identity_error(
    weights: Sequence[Tensor], target: Tensor, learning_rate: float | Tensor
) -> float:
    """Change of the imbalance in one step - learning_rate^2 (g_(j+1)^T g_(j+1) - g_j g_j^T), largest."""
    rate = torch.as_tensor(learning_rate, dtype=torch.float64)[..., None, None]
    g, before = gradients(weights, target), imbalance_matrices(weights)
    after = imbalance_matrices([w - rate * x for w, x in zip(weights, g, strict=True)])
    pairs = zip(before, after, g, g[1:], strict=False)
    errors = [a - b - rate**2 * (up.mT @ up - low @ low.mT) for b, a, low, up in pairs]
    return max(float(e.abs().max()) for e in errors)


def imbalance_drift(
    weights: Sequence[Tensor], target: Tensor, learning_rate: float | Tensor, steps: int
) -> Tensor:
    """max_j ||D_j(end) - D_j(start)||_F after so many steps, (seeds,); D_j: `imbalance_matrices`."""
    options = {"problem": (target,), "rule": Plain(learning_rate), "steps": steps}
    end = imbalance_matrices(descend(gradients, weights, **options).weights)
    pairs = zip(imbalance_matrices(weights), end, strict=True)
    return torch.stack([torch.linalg.matrix_norm(b - a) for a, b in pairs]).amax(0)


def narrowed(weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The same network with the last unit of every hidden layer taken out: tuple like `weights`."""
    last = len(weights) - 1
    return tuple(
        w[..., : None if j == last else -1, : None if j == 0 else -1].clone()
        for j, w in enumerate(weights)
    )
