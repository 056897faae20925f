"""Low-rank learning: matrix completion, the saddles on the way, plateaus, the greedy algorithm.

From a tiny start a deep linear network (weights as in `lib.linear_networks`) learns one rank of the
end-to-end matrix at a time, and rests near saddles in between (Jacot et al. 2021, arXiv:2106.15933).
Here are the problems, the plateaus of a recorded run, the direction and speed with which a saddle is
left, and the greedy algorithm that predicts where the next one is. Leading dimensions are seeds,
float64 everywhere, time = learning rate x steps.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib import linear_networks as ln
from lib.descent import Plain, Record, Stop, Trajectory, Weights, descend


def _matrices(**tensors):
    """Raises ValueError unless all are float64 tensors (..., rows, columns) of one size."""
    for name, x in tensors.items():
        if not torch.is_tensor(x) or x.dtype != torch.float64 or x.ndim < 2:
            raise ValueError(
                f"{name} must be a float64 tensor (..., rows, columns), got "
                f"{getattr(x, 'dtype', type(x).__name__)} {tuple(getattr(x, 'shape', ()))}"
            )
    sizes = {name: tuple(x.shape[-2:]) for name, x in tensors.items()}
    if len({*sizes.values()}) > 1:
        words = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise ValueError(f"matrices must have one size, got {words}")


# --- plateaus of a recorded run ------------------------------------------------------------------


@dataclass(frozen=True)
class Plateau:
    """One plateau: the record where the gradient norm is smallest, and the rank of W there."""

    record: int
    rank: int


def plateaus(
    gradient_norms: Tensor,
    singular_values: Tensor,
    *,
    prominence: float = 0.7,
    active: float = 0.05,
) -> list[list[Plateau]]:
    """Plateaus of every run: where it passes a saddle, seen in gradient norm and singular values.

    A plateau is a local minimum of the gradient norm that is deep: on both sides the norm rises
    above 1/prominence of it before it falls below it. (The loss alone cannot tell a plateau from
    the slow end of a drop.) Its rank counts singular values of the end-to-end matrix above
    `active` x the largest one that the run ever shows; rank 0 is the saddle at the origin, seen
    only if the run comes nearer to it before it leaves.

    gradient_norms: (records, seeds), positive; singular_values: (records, seeds, k). Both ends of a
    run are no plateaus, so a run that stops once its loss is small (as `descend` does) has none at
    its end. Returns a list for each seed of `Plateau`s in order of time. Raises ValueError for
    shapes that do not fit.

    >>> norms = torch.tensor([[1.0], [2.0], [0.1], [2.0], [0.01]])
    >>> plateaus(norms, torch.tensor([[[0.0]], [[1.0]], [[3.0]], [[3.0]], [[3.0]]]))
    [[Plateau(record=2, rank=1)]]
    """
    from scipy.signal import find_peaks

    if gradient_norms.ndim != 2 or singular_values.shape[:-1] != gradient_norms.shape:
        raise ValueError(
            "gradient_norms must be (records, seeds) and singular_values (records, seeds, k), got "
            f"{tuple(gradient_norms.shape)} and {tuple(singular_values.shape)}"
        )
    if not len(gradient_norms) or not np.isfinite(np.asarray(gradient_norms)).all():
        raise ValueError("gradient_norms must hold a record or more, all finite")
    if not (0 < prominence < 1 and 0 < active < 1):
        raise ValueError(f"prominence and active must lie in (0, 1), got {prominence}, {active}")
    depths = -np.log(np.asarray(gradient_norms) + np.finfo(float).tiny)
    values = np.asarray(singular_values)
    ranks = (values > active * values.max((0, 2), keepdims=True)).sum(-1)
    found = [find_peaks(depth, prominence=-np.log(prominence))[0] for depth in depths.T]
    return [
        [Plateau(int(record), int(ranks[record, seed])) for record in records]
        for seed, records in enumerate(found)
    ]


# --- matrix completion ---------------------------------------------------------------------------


def _low_rank_matrices(singular_values, size, seeds, rng):
    """U diag(s) V^T (seeds, size, size) with random orthonormal U, V (size x number of values)."""
    values = torch.as_tensor(singular_values, dtype=torch.float64)
    if not 1 <= len(values) <= size:
        raise ValueError(f"singular_values must be 1..{size} (size) numbers, got {len(values)}")
    u, v = (ln.orthogonal(size, rng, (seeds,))[..., : len(values)] for _ in range(2))
    return u * values @ v.mT


def completion_problem(
    singular_values: ArrayLike, size: int, share: float, seeds: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Square low-rank matrices, and which of their entries are seen: (target, mask).

    target = U diag(s) V^T (seeds, size, size) with random orthonormal U, V (size x rank); mask, of
    the same shape, is 1 on exactly round(share x size^2) random entries of each, 0 on the others.
    Raises ValueError for more singular values than `size`, or a share outside (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    target = _low_rank_matrices(singular_values, size, seeds, rng)
    order = rng.random((seeds, size * size)).argsort(-1).argsort(-1)
    mask = torch.from_numpy((order < round(share * size**2)).astype(float))
    return target, mask.reshape(seeds, size, size)


def completion_loss(matrix: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Loss 1/2 sum over the seen entries of (matrix - target)^2, (...).

    matrix, target, mask: float64 (..., rows, columns); leading dimensions broadcast. Raises
    ValueError for other types and for sizes that differ.

    >>> one = torch.ones(2, 2, dtype=torch.float64)
    >>> float(completion_loss(3 * one, one, one))
    8.0
    """
    return completion_slope(matrix, target, mask).square().sum((-2, -1)) / 2


def completion_slope(matrix: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Gradient of `completion_loss` in the matrix: mask x (matrix - target), like `matrix`."""
    _matrices(matrix=matrix, target=target, mask=mask)
    return mask * (matrix - target)


def completion_gradients(
    weights: Sequence[Tensor], target: Tensor, mask: Tensor
) -> tuple[Tensor, ...]:
    """Gradient of `completion_loss` of W_N ... W_1 in every layer: tuple like `weights`."""
    return ln.layer_gradients(weights, lambda matrix: completion_slope(matrix, target, mask))


def unseen_error(matrix: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Relative error on the entries that are not seen, ||.||_F over them, (...).

    1 is what W = 0 has. Raises ValueError where every entry is seen, or the others are all zero.

    >>> target, mask = torch.ones(2, 2).double(), torch.eye(2).double()
    >>> float(unseen_error(1.5 * target, target, mask))
    0.5
    """
    _matrices(matrix=matrix, target=target, mask=mask)
    whole = _squares((1 - mask) * target)
    if not bool((whole > 0).all()):
        raise ValueError("mask must leave an entry unseen where the target is not zero")
    return (_squares((1 - mask) * (matrix - target)) / whole).sqrt()


def sensing_problem(
    singular_values: ArrayLike, size: int, measurements: int, seeds: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Square low-rank matrices, and what measures them: (target, sensors).

    target as in `completion_problem`; sensors (seeds, measurements, size^2), entries N(0, 1/measurements),
    so that sum_k <A_k, M>^2 is ||M||_F^2 on average. Raises ValueError for measurements < 1.
    """
    if measurements < 1:
        raise ValueError(f"measurements must be 1 or more, got {measurements}")
    target = _low_rank_matrices(singular_values, size, seeds, rng)
    sensors = rng.standard_normal((seeds, measurements, size**2)) / measurements**0.5
    return target, torch.from_numpy(sensors)


def sensing_loss(matrix: Tensor, target: Tensor, sensors: Tensor) -> Tensor:
    """Loss 1/2 sum_k <A_k, matrix - target>^2, (...)."""
    readings = sensors @ (matrix - target).flatten(-2)[..., None]
    return readings.square().sum((-2, -1)) / 2


def sensing_slope(matrix: Tensor, target: Tensor, sensors: Tensor) -> Tensor:
    """Gradient of `sensing_loss` in the matrix: sum_k <A_k, matrix - target> A_k, like `matrix`."""
    readings = sensors @ (matrix - target).flatten(-2)[..., None]
    return (sensors.mT @ readings).reshape(matrix.shape)


def sensing_gradients(
    weights: Sequence[Tensor], target: Tensor, sensors: Tensor
) -> tuple[Tensor, ...]:
    """Gradient of `sensing_loss` of W_N ... W_1 in every layer: tuple like `weights`."""
    return ln.layer_gradients(weights, lambda matrix: sensing_slope(matrix, target, sensors))


# --- descent that keeps its pace where the gradient is tiny --------------------------------------


def _squares(matrix):
    return matrix.square().sum((-2, -1))


@dataclass(frozen=True, eq=False)
class Paced(Plain):
    """w <- w - h g with h = min(rate, share x min_j ||W_j|| / ||g_j||) of its own for every seed.

    No layer moves by more than `share` of its norm, however small the gradient. Tells `time`, the sum
    of all h, (seeds,). bounded=False: h is as long as `share` allows, whatever `rate` (for runs that end
    before a minimum). Raises ValueError for a share outside (0, 1).
    """

    share: float
    bounded: bool = True

    def __post_init__(self):
        if not 0 < self.share < 1:
            raise ValueError(f"share must lie in (0, 1), got {self.share}")

    def start(self, weights: tuple[Tensor, ...]) -> list[tuple[Tensor, ...]]:
        """The elapsed time."""
        return [(weights[0].new_zeros(len(weights[0])),)]

    def step(self, weights: Weights, kept: list, slopes: Weights, rates: tuple, t: int) -> None:
        """One step in place; rates are one number."""
        ratios = [_squares(w) / _squares(g) for w, g in zip(weights, slopes, strict=True)]
        pace = torch.stack(ratios).amin(0).sqrt() * (self.share / rates[0])
        pace = pace.clamp(max=1.0 if self.bounded else math.inf)
        for w, g in zip(weights, slopes, strict=True):
            w.add_(pace[:, None, None] * g, alpha=-rates[0])
        kept[0][0].add_(-pace, alpha=-rates[0])

    def tells(self, kept: list[tuple[Tensor, ...]]) -> dict[str, Tensor]:
        """The elapsed time."""
        return {"time": kept[0][0]}


def paced_descent(
    weights: Sequence[Tensor],
    target: Tensor,
    mask: Tensor,
    rule: Paced,
    *,
    steps: int,
    every: int,
    final_loss: float | Tensor,
    check_every: int = 50,
) -> Trajectory:
    """Gradient flow of matrix completion, stepped fast where nothing happens: a `Trajectory`.

    It is a change of time of the same flow: the path is the flow's as share and rate of the rule go to 0,
    and a plateau costs hundreds of steps where fixed ones take millions.

    steps: at most; every: steps between records; final_loss: number or (seeds,), a run ends at or
    below it. Records: `time`, `loss`, `norm` of the gradient of all layers together, `matrix` W
    and its singular `values`; the last record is that of the end.
    Raises ValueError for a layer that is zero (it could not move).
    """
    if not all(bool((_squares(w) > 0).all()) for w in weights):
        raise ValueError("weights must hold no layer that is zero or not finite")
    final_loss = torch.as_tensor(final_loss, dtype=torch.float64).expand(len(target))

    def measure(layers, target, mask, _):
        matrix = ln.end_to_end(layers)
        slopes = completion_gradients(layers, target, mask)
        return {
            "loss": completion_loss(matrix, target, mask),
            "norm": torch.stack([_squares(g) for g in slopes]).sum(0).sqrt(),
            "matrix": matrix,
            "values": torch.linalg.svdvals(matrix),
        }

    return descend(
        lambda w, t, m, _: completion_gradients(w, t, m),
        tuple(weights),
        rule,
        steps=steps,
        problem=(target, mask, final_loss),
        record=Record(range(0, steps + 1, every), measure),
        stop=Stop(
            lambda w, t, m, f: completion_loss(ln.end_to_end(w), t, m) <= f, every=check_every
        ),
    )


# --- saddles: how they are left, and where the next one is ----------------------------------------


def escape(slope: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How descent leaves a saddle: (s, u, v), the top singular triple of -dloss/dW there.

    The fastest way out adds u v^T to the end-to-end matrix W: each layer is rank one, W_1 along
    v^T, W_N along u (Jacot et al. 2021), and its singular value a grows as da/dt = s a^(N-1).
    slope: dloss/dW at the saddle, (..., d_N, d_0); returns s (...), u (..., d_N), v (..., d_0).

    >>> speed, u, v = escape(-torch.diag(torch.tensor([1.0, 3.0], dtype=torch.float64)))
    >>> float(speed), u.abs().tolist()
    (3.0, [0.0, 1.0])
    """
    _matrices(slope=slope)
    left, sizes, right = torch.linalg.svd(-slope, full_matrices=False)
    return sizes[..., 0], left[..., :, 0], right[..., 0, :]


def escape_time(
    speed: float | Tensor, start: float | Tensor, end: float | Tensor, depth: int
) -> Tensor:
    """Time in which a layer's singular value grows from `start` to `end`, along the fastest way out.

    Solves da/dt = speed a^(N-1), N = depth >= 2 (Saxe et al. 2014; Jacot et al. 2021):
    log(end/start) / speed at N = 2, (start^-(N-2) - end^-(N-2)) / ((N-2) speed) above. With
    r = sqrt(N) a, the norm of all layers together, the rate is Jacot's s* = N^(-(N-2)/2) speed.
    speed, start, end: numbers or tensors that broadcast, positive; returns a float64 tensor.
    Raises ValueError for others.

    >>> float(escape_time(2.0, 0.1, 1.0, 3))
    4.5
    """
    if depth < 2:
        raise ValueError(f"depth must be 2 or more, got {depth}")
    speed, start, end = (torch.as_tensor(x, dtype=torch.float64) for x in (speed, start, end))
    if not bool((speed > 0).all() & (start > 0).all() & (end > 0).all()):
        raise ValueError("speed, start and end must be positive")
    if depth == 2:
        return (end / start).log() / speed
    return (start ** (2 - depth) - end ** (2 - depth)) / ((depth - 2) * speed)


class GreedyPath(NamedTuple):
    """What `greedy_completion` rests at: ranks 0, 1, ... first, then seeds.

    losses (ranks + 1, seeds); matrices (ranks + 1, seeds, d_N, d_0); settled: bool like `losses`,
    False where training ran out of steps.
    """

    losses: torch.Tensor
    matrices: torch.Tensor
    settled: torch.Tensor


def greedy_completion(
    target: Tensor,
    mask: Tensor,
    depth: int,
    ranks: int,
    *,
    unit: float = 0.15,
    learning_rate: float = 0.06,
    steps: int = 3000,
) -> GreedyPath:
    """Greedy low-rank algorithm for matrix completion: a `GreedyPath` of ranks 0..`ranks`.

    Jacot et al. 2021, recalled: starting with no hidden unit, give each hidden layer one unit along
    the escape (s, u, v) of the present matrix: a row unit x v^T of W_1, diagonal entries `unit`, a
    column unit x u of W_N; train by descent; again. What it rests at is where descent from a tiny
    start should pause. Training ends when no gradient entry exceeds 1e-6, or after `steps`.
    target, mask: (seeds, d_N, d_0). Raises ValueError for ranks < 0 and depth < 2.
    """
    if ranks < 0 or depth < 2:
        raise ValueError(f"ranks must be >= 0 and depth >= 2, got {ranks}, {depth}")
    seeds, rows, columns = target.shape
    weights = tuple(
        target.new_zeros(seeds, rows if j == depth else 0, columns if j == 1 else 0)
        for j in range(1, depth + 1)
    )
    matrices = [torch.zeros_like(target)]
    settled = [torch.ones(seeds, dtype=torch.bool)]
    for _ in range(ranks):
        _, u, v = escape(completion_slope(matrices[-1], target, mask))
        grown = [torch.nn.functional.pad(w, (0, 1, 0, 1)) for w in weights]
        grown[0] = torch.cat([weights[0], unit * v[:, None, :]], 1)
        grown[-1] = torch.cat([weights[-1], unit * u[:, :, None]], 2)
        for w in grown[1:-1]:
            w[:, -1, -1] = unit
        run = descend(
            completion_gradients,
            grown,
            problem=(target, mask),
            rule=Plain(learning_rate),
            steps=steps,
            stop=Stop(
                lambda w, t, m: (
                    torch.stack(
                        [g.abs().amax((-2, -1)) for g in completion_gradients(w, t, m)]
                    ).amax(0)
                    < 1e-6
                )
            ),
        )
        weights = run.weights
        matrices.append(ln.end_to_end(weights))
        settled.append(run.stopped >= 0)
    matrices = torch.stack(matrices)
    return GreedyPath(completion_loss(matrices, target, mask), matrices, torch.stack(settled))


# --- the walk from saddle to saddle --------------------------------------------------------------


@dataclass(frozen=True)
class Walk:
    """A recorded descent from a Gaussian start, and where it paused.

    time, loss, norm (of the gradient): (records, seeds); values: singular values of W,
    (records, seeds, k); matrix: W, (records, seeds, d_N, d_0); found: the plateaus of each seed.
    """

    time: torch.Tensor
    loss: torch.Tensor
    norm: torch.Tensor
    values: torch.Tensor
    matrix: torch.Tensor
    found: list

    def shape_at_half(self, k: int) -> Tensor:
        """sigma_k / sigma_1 of W at the record where the loss is first half of the first, (seeds,)."""
        half = (self.loss < self.loss[0] / 2).int().argmax(0)
        values = self.values[half, torch.arange(len(half))]
        return values[:, k - 1] / values[:, 0]


def walk(
    target: Tensor,
    mask: Tensor,
    depth: int,
    width: int,
    gamma: float,
    rng: np.random.Generator,
    *,
    learning_rate: float,
    steps: int = 9000,
) -> Walk:
    """Descent on matrix completion from N(0, width^-gamma), paced, recorded every 10 steps: a `Walk`.

    target, mask: (seeds, d_N, d_0); depth layers with `width` hidden units each. No layer moves by
    more than 5% of its norm in a step, none is longer than `learning_rate`; a seed ends at a loss of
    1e-3 (see `paced_descent`).
    """
    rows, columns = target.shape[-2:]
    widths = [columns] + [width] * (depth - 1) + [rows]
    start = ln.gaussian_weights(widths, len(target), rng, width ** (-gamma / 2))
    run = paced_descent(
        start, target, mask, Paced(learning_rate, 0.05), steps=steps, every=10, final_loss=1e-3
    )
    records = run.records
    if bool((run.stopped >= 0).all()):  # the records after the last seed's end repeat it
        records = {name: x[: int(run.stopped.max()) // 10 + 2] for name, x in records.items()}
    return Walk(**records, found=plateaus(records["norm"], records["values"]))


def plateau_errors(walk: Walk, greedy: GreedyPath) -> tuple[Tensor, Tensor]:
    """(in order, error): a run has one plateau of each rank between 0 and the last, in order and no
    other, bool (seeds,); its plateau farthest from the greedy loss of that rank, |loss / it - 1|,
    (seeds,), nan for a run without a plateau.

    >>> norm, one = torch.tensor([[1.0], [0.1], [1.0]]).double(), torch.ones(3, 1).double()
    >>> walk = Walk(one, 2 * one, norm, one[..., None], None, [[Plateau(1, 1)]])
    >>> losses = torch.tensor([[4.0], [1.6], [0.0]]).double()
    >>> plateau_errors(walk, GreedyPath(losses, None, None))
    (tensor([True]), tensor([0.2500], dtype=torch.float64))
    """
    last = len(greedy.losses) - 1
    ordered = [[p.rank for p in found] == [*range(1, last)] for found in walk.found]
    errors = torch.full((len(walk.found),), math.nan, dtype=torch.float64)
    for k, found in enumerate(walk.found):
        if found:
            gaps = [walk.loss[p.record, k] / greedy.losses[min(p.rank, last), k] for p in found]
            errors[k] = (torch.stack(gaps) - 1).abs().max()
    return torch.tensor(ordered), errors


def _passed(walk, greedy, rank, part):
    """(record, ever), both (seeds,): where a run has first done `part` of the loss between the saddle
    of that rank and the next, both as the greedy algorithm has them."""
    here, below = greedy.losses[rank], greedy.losses[rank + 1]
    passed = walk.loss < here - part * (here - below)
    return passed.int().argmax(0), passed.any(0)


def passage_time(walk: Walk, greedy: GreedyPath, rank: int, part: float) -> Tensor:
    """Time when a run has first done `part` of the way in loss from the saddle of that rank to the
    next, (seeds,); nan where it never does."""
    at, passed = _passed(walk, greedy, rank, part)
    return torch.where(passed, walk.time[at, torch.arange(len(at))], math.nan)


def exit_cosine(
    walk: Walk, greedy: GreedyPath, target: Tensor, mask: Tensor, rank: int, *, part: float = 0.1
) -> Tensor:
    """Cosine of what is new in W with the top pair of -G, on leaving the saddle of that rank, (seeds,).

    Saddle and G = dloss/dW there are the greedy algorithm's, not the run's. What is new: W minus the
    saddle's matrix, off its row and column spaces (as the new mode grows, the old ones follow it
    there). Taken at the record where the run has first done `part` of the loss between this saddle
    and the next; nan where it never does. Raises ValueError for a rank without a next one.
    """
    if not 0 <= rank < len(greedy.losses) - 1:
        raise ValueError(f"rank must lie in 0..{len(greedy.losses) - 2}, got {rank}")
    at, passed = _passed(walk, greedy, rank, part)
    saddle = greedy.matrices[rank]
    left, _, right = torch.linalg.svd(saddle)
    new = walk.matrix[at, torch.arange(len(at))] - saddle
    u, v = left[..., :rank], right[..., :rank, :].mT
    new = new - u @ (u.mT @ new)
    new = new - (new @ v) @ v.mT
    cosine = _along_top_pair(new, completion_slope(saddle, target, mask))
    return torch.where(passed, cosine, math.nan)


def _along_top_pair(matrix, slope):
    """Cosine of `matrix` with u v^T, the top singular pair of -slope, (...)."""
    _, u, v = escape(slope)
    along = (u[..., None, :] @ matrix @ v[..., :, None])[..., 0, 0]
    return along / _squares(matrix).sqrt()


# --- leaving the origin --------------------------------------------------------------------------


@dataclass(frozen=True)
class OriginExits:
    """Starts of several sizes that leave the saddle at the origin, each (sizes, seeds).

    time: of random starts, until the loss has fallen by 5%; cosine: of W then with the top pair of
    -G(0); fastest: time of the start along that pair; promised: what `escape_time` says of it.
    """

    time: torch.Tensor
    cosine: torch.Tensor
    fastest: torch.Tensor
    promised: torch.Tensor


def origin_exits(
    target: Tensor, mask: Tensor, depth: int, sizes: Sequence[float], rng: np.random.Generator
) -> OriginExits:
    """How one random start, shrunk to each of `sizes`, leaves the origin: an `OriginExits`.

    The random start has layers (d, d) of entries N(0, size^2); the one along the top pair (u, v) of
    -G(0) has layers of norm `size`: size x v^T, numbers, size x u. No layer moves by more than 2% of
    its norm in a step; the flow's own time is kept.
    """
    seeds, rows, columns = target.shape
    slope = completion_slope(0 * target, target, mask)
    speed, u, v = escape(slope)
    random = ln.gaussian_weights([columns] * depth + [rows], seeds, rng)
    along = [u.new_ones(seeds, 1, 1)] * depth
    along[0], along[-1] = v[:, None, :], u[:, :, None]
    many = len(sizes)
    copies = [x.repeat(many, 1, 1) for x in (target, mask)]

    def leave(weights):
        run = paced_descent(
            [torch.cat([float(size) * w for size in sizes]) for w in weights], *copies,
            Paced(1.0, 0.02, bounded=False), steps=9000, every=9000, check_every=3,
            final_loss=0.95 * completion_loss(0 * copies[0], *copies),
        )  # fmt: skip
        matrix = ln.end_to_end(run.weights).unflatten(0, (many, seeds))
        return run.records["time"][-1].reshape(many, seeds), matrix

    time, matrix = leave(random)
    fastest, end = leave(along)
    end = torch.linalg.matrix_norm(end, 2) ** (1 / depth)
    start = torch.as_tensor(np.array(sizes), dtype=torch.float64)[:, None]
    promised = escape_time(speed, start, end, depth)
    return OriginExits(time, _along_top_pair(matrix, slope), fastest, promised)
