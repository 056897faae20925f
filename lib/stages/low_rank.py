"""Low-rank learning: matrix completion, descent on it, how saddles are left, the greedy algorithm.

From a tiny start a deep linear network (weights as in `lib.linear_networks`) learns one rank of the
end-to-end matrix at a time, and rests near saddles in between (Jacot et al. 2021, arXiv:2106.15933).
Here are the problems, the direction and speed with which a saddle is left, and the greedy algorithm that
predicts where the next one is; runs and their plateaus are in `staircases`. Leading dimensions are seeds,
float64 everywhere, time = learning rate x steps.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib import linear_networks as ln
from lib.descent import Record, Stop, Trajectory, descend
from lib.stages.pacing import Chebyshev, Paced, squares


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


def gaussian_problem(
    rank: int, norm: float, size: int, share: float, seeds: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Products of Gaussian factors (size x rank), scaled to ||target||_F = norm, and a mask: (target, mask).

    Their singular values are random, and may lie close together; mask as in `completion_problem`.

    >>> target, mask = gaussian_problem(2, 3.0, 5, 0.6, 1, np.random.default_rng(0))
    >>> round(float(target.norm()), 9), int(torch.linalg.matrix_rank(target)), int(mask.sum())
    (3.0, 2, 15)
    """
    _, mask = completion_problem([1.0], size, share, seeds, rng)
    factors = [torch.from_numpy(rng.standard_normal((seeds, size, rank))) for _ in "uv"]
    target = factors[0] @ factors[1].mT
    return norm * target / torch.linalg.matrix_norm(target)[:, None, None], mask


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
    whole = squares((1 - mask) * target)
    if not bool((whole > 0).all()):
        raise ValueError("mask must leave an entry unseen where the target is not zero")
    return (squares((1 - mask) * (matrix - target)) / whole).sqrt()


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


# --- descent at the flow's own pace ---------------------------------------------------------------


def paced_descent(
    weights: Sequence[Tensor],
    target: Tensor,
    mask: Tensor,
    rule: Paced | Chebyshev,
    *,
    steps: int,
    every: int,
    final_loss: float | Tensor,
    check_every: int = 50,
) -> Trajectory:
    """Gradient flow of matrix completion, stepped fast where nothing happens: a `Trajectory`.

    rule: how it is stepped, `Paced` or `Chebyshev`. The path is the flow's as share or change, and the
    rate, go to 0, and a plateau costs hundreds of steps where fixed ones take millions.

    steps: at most; every: steps between records; final_loss: number or (seeds,), a run ends at or
    below it. Records: `time`, `loss`, `norm` of the gradient of all layers together, `matrix` W
    and its singular `values`; the last record is that of the end.
    Raises ValueError for a layer that is zero (it could not move).
    """
    if not all(bool((squares(w) > 0).all()) for w in weights):
        raise ValueError("weights must hold no layer that is zero or not finite")
    final_loss = torch.as_tensor(final_loss, dtype=torch.float64).expand(len(target))

    def measure(layers, target, mask, _):
        matrix = ln.end_to_end(layers)
        slopes = completion_gradients(layers, target, mask)
        return {
            "loss": completion_loss(matrix, target, mask),
            "norm": torch.stack([squares(g) for g in slopes]).sum(0).sqrt(),
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


def stable_step(target: Tensor, depth: int, weights: Sequence[Tensor] | None = None) -> float:
    """The step up to which descent is stable at the balanced minimum, 2 / (N s_1^(2 - 2/N)): a number.

    s_1: the largest singular value of the targets (seeds, d_N, d_0). With the `weights` of a start where the
    residual is small, there too: the curvature is at most sum_j ||W_N .. W_(j+1)||^2 ||W_(j-1) .. W_1||^2
    (the tangent kernel's).

    >>> one = torch.ones(1, 1, 1, dtype=torch.float64)
    >>> stable_step(4 * one, 2), stable_step(one, 2, (3 * one, one))
    (0.25, 0.2)
    """
    curvature = depth * torch.linalg.matrix_norm(target, 2).amax() ** (2 - 2 / depth)
    if weights is not None:
        own = 0
        for j in range(depth):
            around = [part for part in (weights[:j], weights[j + 1 :]) if part]
            sizes = [torch.linalg.matrix_norm(ln.end_to_end(part), 2) for part in around]
            own = own + torch.stack(sizes).prod(0).square()
        curvature = torch.maximum(curvature, own.amax())
    return float(2 / curvature)


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
    step: float = 0.25,
    steps: int = 3000,
) -> GreedyPath:
    """Greedy low-rank algorithm for matrix completion: a `GreedyPath` of ranks 0..`ranks`.

    Jacot et al. 2021, recalled: starting with no hidden unit, give each hidden layer one unit along
    the escape (s, u, v) of the present matrix: a row unit x v^T of W_1, diagonal entries `unit`, a
    column unit x u of W_N; train by descent; again. What it rests at is where descent from a tiny
    start should pause. Training (`Chebyshev`, its plain step `step` times the `stable_step`) ends when no
    entry of the gradient exceeds 1e-6, or after `steps` gradients.
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
    rule = Chebyshev(step * stable_step(target, depth), 0.2)

    def rests(weights, *problem):
        slopes = completion_gradients(weights, *problem)
        return torch.stack([g.abs().amax((-2, -1)) for g in slopes]).amax(0) < 1e-6

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
            rule,
            steps=steps,
            problem=(target, mask),
            stop=Stop(rests, diverged="keep"),
        )
        weights = tuple(w.nan_to_num(0, 0, 0) for w in run.weights)  # diverged: not settled
        matrices.append(ln.end_to_end(weights))
        settled.append(run.stopped >= 0)
    matrices = torch.stack(matrices)
    return GreedyPath(completion_loss(matrices, target, mask), matrices, torch.stack(settled))
