"""Descent from the identity: projections that keep it on its way, and what they are worth.

Bartlett, Helmbold and Long 2018 (arXiv:1802.06093) start every layer at I and minimise
1/2 ||W_N ... W_1 - target||_F^2 over square layers. Here are their power projection (recalled: the
abstract was read, the algorithm was not) and the regularizers of their negative result. How single
eigenvalues move is in `exact_dynamics` (`transit_time`, `equal_layers_descent`). Weights are tuples
W_1..W_N as in `linear_networks`; everything is float64; random draws take a numpy generator.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lib import linear_networks as ln
from lib.checks import whole_number
from lib.descent import Plain, Record, Stop, descend
from lib.trajectories.exact_dynamics import (
    crossing,
    curvature_step,
    descend_losses,
    equal_layers_descent,
    transit_time,
)


def _square(matrix):
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
        raise ValueError(f"matrix must be square (..., d, d), got {tuple(matrix.shape)}")
    return matrix


def identity_weights(
    target: Tensor, depth: int, noise: float = 0.0, rng: np.random.Generator | None = None
) -> tuple[Tensor, ...]:
    """W_1 = ... = W_N = I for targets (seeds, d, d): tuple of (seeds, d, d).

    With `noise`, Gaussian entries of that standard deviation are added, drawn from `rng`.
    Raises ValueError for targets that are not square, depth < 1, noise without a generator.
    """
    depth = whole_number("depth", depth)
    if noise and rng is None:
        raise ValueError("noise needs rng, a numpy generator")
    eye = torch.eye(_square(target).shape[-1], dtype=torch.float64).expand(target.shape)
    if not noise:
        return tuple(eye.clone() for _ in range(int(depth)))
    draws = (torch.from_numpy(rng.standard_normal(target.shape)) for _ in range(int(depth)))
    return tuple(eye + noise * draw for draw in draws)


def zero_asymmetric_weights(target: Tensor, depth: int) -> tuple[Tensor, ...]:
    """W_1 = ... = W_(N-1) = I, W_N = 0 for targets (seeds, d, d): tuple of (seeds, d, d).

    The start of Wu, Wang and Ma 2019 (arXiv:1911.00645, abstract read): not balanced and not of full
    rank, so that no determinant keeps its sign. Raises ValueError for targets that are not square.

    >>> zero_asymmetric_weights(torch.ones(1, 1, 1).double(), 2)
    (tensor([[[1.]]], dtype=torch.float64), tensor([[[0.]]], dtype=torch.float64))
    """
    *identities, last = identity_weights(target, depth)
    return (*identities, torch.zeros_like(last))


def reach(
    target: Tensor,
    depth: int,
    *,
    learning_rate: float | Tensor,
    steps: int,
    final_loss: float = 1e-8,
    start: tuple[Tensor, ...] | None = None,
) -> tuple[Tensor, Tensor]:
    """Plain descent from the identity: (whether it gets to final_loss (seeds,), its last losses (seeds,)).

    learning_rate: number or (seeds,). start: other weights than the identity. A seed ends soon after it
    has arrived.
    """
    run = descend(
        ln.gradients,
        identity_weights(target, depth) if start is None else start,
        rule=Plain(learning_rate),
        steps=steps,
        problem=(target,),
        stop=Stop(lambda weights, target: ln.loss(weights, target) <= final_loss),
    )
    return run.stopped >= 0, ln.loss(run.weights, target)


# --- positive eigenvalues ------------------------------------------------------------------------


def late_decay(eigenvalues: ArrayLike, depth: int, learning_rate: float) -> float:
    """Decay of log-loss per step late on a positive definite target: a float.

        -2 ln(1 - learning_rate N lambda_min^(2 - 2/N))

    (derived here: each eigenvalue of the equal layers contracts by its curvature). eigenvalues: (k,).
    """
    return float(-2 * np.log1p(-learning_rate * depth * np.min(eigenvalues) ** (2 - 2 / depth)))


def steps_between(
    eigenvalues: ArrayLike, depth: int, learning_rate: float, *, high: float, low: float
) -> int:
    """Steps from the first loss below `high` to the first below `low`, from the identity: an int.

    By `equal_layers_descent` on positive eigenvalues (k,). Raises ValueError unless low < high, and
    where the loss does not get there.
    """
    if not 0 < low < high:
        raise ValueError(f"need 0 < low < high, got low = {low}, high = {high}")
    wanted = np.asarray(eigenvalues, dtype=float)
    steps = int(1.3 * np.log(1 / low) / late_decay(wanted, depth, learning_rate)) + 200
    path = equal_layers_descent(
        1.0, wanted, depth, learning_rate=learning_rate, record=range(steps)
    )
    loss = ((path - wanted) ** 2).sum(-1) / 2
    if not (loss < low).any():
        raise ValueError(
            f"loss does not fall below {low:g} in {steps} steps; it ends at {loss[-1]:g}"
        )
    return int((loss < low).argmax() - (loss < high).argmax())


def steps_per_efold(condition: float, depth: int) -> tuple[float, float]:
    """Steps per e-fold of the loss from 1e-10 to 1e-20: counted, and 1 / `late_decay`.

    Eigenvalues condition^(-1/2), 1, condition^(1/2), from the identity, at a quarter of the largest stable
    step, 1/(2 N lambda_max^(2 - 2/N)).
    """
    goal = float(condition) ** np.array([-0.5, 0, 0.5])
    rate = float(curvature_step(goal[-1], depth, 0.5))
    counted = steps_between(goal, depth, rate, high=1e-10, low=1e-20) / np.log(1e10)
    return counted, 1 / late_decay(goal, depth, rate)


def rotation_delays(
    cosines: ArrayLike, depth: int, share: float = 0.02
) -> tuple[np.ndarray, np.ndarray]:
    """Steps of size share/N from 1 to within a hundredth of the way to e^(i theta): counted, by `transit_time`.

    cosines: c = cos(theta/2), the distance of the chord from 0, (k,).
    """
    goal = np.exp(2j * np.arccos(np.asarray(cosines, dtype=float)))
    rate = share / depth
    law = np.array([transit_time(1.0, w, depth, 0.01) for w in goal]) / rate
    record = range(int(1.1 * law.max()))
    seen = equal_layers_descent(1.0, goal, depth, learning_rate=rate, record=record)
    left = np.abs(seen - goal) / np.abs(1 - goal)
    return crossing(record, -left, -0.01).numpy(), law


# --- targets -------------------------------------------------------------------------------------


def positivity(matrix: Tensor) -> Tensor:
    """Least u^T A u over unit vectors u: the smallest eigenvalue of (A + A^T)/2, (...).

    >>> float(positivity(torch.tensor([[1.0, -5.0], [5.0, 2.0]], dtype=torch.float64)))
    1.0
    """
    return torch.linalg.eigvalsh((_square(matrix) + matrix.mT) / 2)[..., 0]


def at_distance(distance: float, seeds: int, size: int, rng: np.random.Generator) -> Tensor:
    """Targets I + distance x (unit Gaussian direction): (seeds, size, size), |target - I|_F = distance."""
    direction = torch.from_numpy(rng.standard_normal((seeds, size, size)))
    unit = direction / torch.linalg.matrix_norm(direction)[:, None, None]
    return torch.eye(size, dtype=torch.float64) + distance * unit


def from_parts(symmetric: Tensor, skew: float, rng: np.random.Generator) -> Tensor:
    """Targets S + K: S symmetric with eigenvalues `symmetric` (seeds, d) in a random basis, K Gaussian
    and skew with entries of standard deviation `skew`. u^T target u = u^T S u."""
    seeds, size = symmetric.shape
    basis = ln.orthogonal(size, rng, (seeds,))
    draw = torch.from_numpy(rng.standard_normal((seeds, size, size)))
    return basis @ torch.diag_embed(symmetric) @ basis.mT + skew * (draw - draw.mT) / 2**0.5


def normal_targets(eigenvalues: ArrayLike, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Normal targets with the pairs r e^(+-i theta): (targets (seeds, 2k, 2k), bases Q (seeds, 2k, 2k)).

    eigenvalues: complex (seeds, k), those with positive imaginary part. Q^T target Q is made of the
    blocks ((Re, -Im), (Im, Re)).
    """
    values = torch.as_tensor(eigenvalues, dtype=torch.complex128)
    seeds, pairs = values.shape
    blocks = torch.zeros((seeds, 2 * pairs, 2 * pairs), dtype=torch.float64)
    even = torch.arange(0, 2 * pairs, 2)
    blocks[:, even, even] = blocks[:, even + 1, even + 1] = values.real
    blocks[:, even + 1, even], blocks[:, even, even + 1] = values.imag, -values.imag
    basis = ln.orthogonal(2 * pairs, rng, (seeds,))
    return basis @ blocks @ basis.mT, basis


def block_eigenvalues(matrix: Tensor, basis: Tensor) -> tuple[Tensor, Tensor]:
    """Complex eigenvalues of a normal matrix in the basis of `normal_targets`: (..., k), and the
    largest entry outside the blocks, (...), which is 0 while the matrix keeps its eigenvectors."""
    inside = basis.mT @ matrix @ basis
    even = torch.arange(0, inside.shape[-1], 2)
    real, imaginary = inside[..., even, even], inside[..., even + 1, even]
    rest = inside.clone()
    rest[..., even, even] -= real
    rest[..., even + 1, even + 1] -= real
    rest[..., even + 1, even] -= imaginary
    rest[..., even, even + 1] += imaginary
    return torch.complex(real, imaginary), rest.abs().amax((-2, -1))


def sheared_targets(eigenvalues: ArrayLike, stretch: float) -> Tensor:
    """Targets with the pair a +- ib that are not normal: ((a, -b k), (b/k, a)), k = stretch; (seeds, 2, 2)."""
    values = torch.as_tensor(eigenvalues, dtype=torch.complex128)
    real, imaginary = values.real, values.imag
    rows = [real, -imaginary * stretch, imaginary / stretch, real]
    return torch.stack(rows, -1).reshape(-1, 2, 2)


def upper_eigenvalue(matrix: Tensor) -> Tensor:
    """Eigenvalue of largest imaginary part of every matrix: complex (...)."""
    values = torch.linalg.eigvals(_square(matrix))
    return values.gather(-1, values.imag.argmax(-1, keepdim=True))[..., 0]


def follow_product(
    target: Tensor, depth: int, *, learning_rate: float, time: float, every: float
) -> Tensor:
    """Products W_N ... W_1 along descent from the identity: (records, seeds, d, d), one each `every`.

    Runs for `time`. Raises ValueError for `every` below the learning rate.
    """
    step, last = round(every / learning_rate), round(time / learning_rate)
    if step < 1:
        raise ValueError(f"every must be at least learning_rate = {learning_rate:g}, got {every}")
    run = descend(
        ln.gradients,
        identity_weights(target, depth),
        rule=Plain(learning_rate),
        steps=last,
        problem=(target,),
        record=Record(
            range(0, last + 1, step), lambda weights, _: {"product": ln.end_to_end(weights).clone()}
        ),
    )
    return run.records["product"]


def scalar_mismatch(depth: int, rng: np.random.Generator, seeds: int = 10) -> Tensor:
    """Largest difference of matrices from the scalar line after 300 steps, (seeds,).

    Positive definite 4 x 4 targets in random bases, eigenvalues in [0.5, 2], learning rate 0.02:
    `follow_product` against `equal_layers_descent` in the target's basis.
    """
    target = from_parts(torch.from_numpy(rng.uniform(0.5, 2, (seeds, 4))), 0.0, rng)
    values, vectors = torch.linalg.eigh(target)
    found = follow_product(target, depth, learning_rate=0.02, time=6, every=6)[-1]
    line = equal_layers_descent(1.0, values, depth, learning_rate=0.02, record=[300])[0]
    expected = vectors @ torch.diag_embed(torch.from_numpy(line)) @ vectors.mT
    return (found - expected).abs().amax((-2, -1))


def eigenvalue_paths(
    target: Tensor, basis: Tensor, depth: int, learning_rate: float, time: float = 40
) -> Tensor:
    """Eigenvalues of the product on the way to `normal_targets`, ten records a unit of time: (records, seeds, k)."""
    options = {"learning_rate": learning_rate, "time": time, "every": 0.1}
    return block_eigenvalues(follow_product(target, depth, **options), basis)[0]


def sheared_stray(
    eigenvalues: ArrayLike, depth: int, learning_rate: float, stretch: float = 3.0
) -> Tensor:
    """Largest distance from the chord on the way to `sheared_targets`, for a time of 10: (seeds,)."""
    options = {"learning_rate": learning_rate, "time": 10, "every": 0.1}
    products = follow_product(sheared_targets(eigenvalues, stretch), depth, **options)
    return chord_distance(upper_eigenvalue(products), eigenvalues).amax(0)


def margin_and_arrival(
    distance: float, seeds: int, size: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Whether targets `at_distance` have a deficiency margin at the identity, and whether `reach` gets there.

    Three layers, learning rate 0.02, 4,000 steps. Bool (seeds,) each.
    """
    around = at_distance(distance, seeds, size, rng)
    margin = ln.deficiency_margin(torch.eye(size, dtype=torch.float64), around)
    return margin > 0, reach(around, 3, learning_rate=0.02, steps=4000)[0]


def chord_distance(path: ArrayLike, wanted: ArrayLike) -> Tensor:
    """Distance of complex numbers from the straight line through 1 and `wanted`: like path.

    >>> float(chord_distance([1 + 1j], 3))
    1.0
    """
    path, way = (torch.as_tensor(x, dtype=torch.complex128) - 1 for x in (path, wanted))
    return (path * way.conj()).imag.abs() / way.abs()


# --- regularizers of the negative result ---------------------------------------------------------


def toward_identity(amount: float) -> Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]]:
    """Regularizer W <- W - amount (W - I) of every layer, for `descend`'s retraction."""
    if not 0 <= amount <= 1:
        raise ValueError(f"amount must lie in [0, 1], got {amount}")

    def retraction(weights):
        eye = torch.eye(weights[0].shape[-1], dtype=torch.float64)
        return tuple(w - amount * (w - eye) for w in weights)

    return retraction


def near_identity(radius: float) -> Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]]:
    """Regularizer: every layer back to the ball ||W - I||_F <= radius, for `descend`'s retraction."""
    if not radius > 0:
        raise ValueError(f"radius must be > 0, got {radius}")

    def retraction(weights):
        eye = torch.eye(weights[0].shape[-1], dtype=torch.float64)
        sizes = [torch.linalg.matrix_norm(w - eye)[..., None, None] for w in weights]
        return tuple(
            torch.where(size > radius, eye + (w - eye) * radius / size, w)
            for w, size in zip(weights, sizes, strict=True)
        )

    return retraction


def lowest_losses(
    weights: tuple[Tensor, ...],
    target: Tensor,
    *,
    learning_rate: float | Tensor,
    steps: int,
    retraction: Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]] | None = None,
) -> Tensor:
    """Least loss of all steps, (seeds,), of descent with a regularizer after every step."""
    run = descend(
        ln.gradients,
        weights,
        rule=Plain(learning_rate, retraction=retraction),
        steps=steps,
        problem=(target,),
        record=Record(range(steps + 1), lambda w, target: {"loss": ln.loss(w, target)}),
        stop=Stop(diverged="keep"),
    )
    return run.records["loss"].nan_to_num(torch.inf).amin(0)


def members_of_the_class() -> dict[str, Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]] | None]:
    """Regularizers toward the identity by their names: none, two that shrink, two balls."""
    found = {"none": None}
    found |= {f"shrink by {part}": toward_identity(part) for part in (0.01, 0.1)}
    return found | {f"ball of {radius}": near_identity(radius) for radius in (0.3, 0.9)}


def lowest_over_bound(
    spectrum: Tensor,
    depth: int,
    *,
    learning_rate: float,
    retraction: Callable[[tuple[Tensor, ...]], tuple[Tensor, ...]] | None = None,
    noise: float = 0.0,
    rng: np.random.Generator | None = None,
    steps: int = 1000,
) -> Tensor:
    """`lowest_losses` on diagonal targets from the identity, over lambda^2/2 of the first eigenvalue: (seeds,).

    spectrum: eigenvalues (seeds, d), the first negative. noise, rng: as for `identity_weights`. Diagonal
    targets, since in another basis rounding breaks the symmetry between the layers.
    """
    target = torch.diag_embed(spectrum)
    weights = identity_weights(target, depth, noise, rng)
    options = {"learning_rate": learning_rate, "steps": steps, "retraction": retraction}
    return lowest_losses(weights, target, **options) / (spectrum[:, 0] ** 2 / 2)


# --- power projection ----------------------------------------------------------------------------


def to_positive(matrix: Tensor, gamma: float) -> tuple[Tensor, Tensor]:
    """Nearest A with u^T A u >= gamma |u|^2 for all u: (A, squared distance (...)).

    The eigenvalues w_i of the symmetric part are raised to gamma, the skew part stays; the squared
    distance is the sum of (gamma - w_i)_+^2 (Bartlett et al. 2018, recalled).

    >>> found, far = to_positive(torch.diag(torch.tensor([-1.0, 2.0])).double(), 0.5)
    >>> found.diagonal().tolist(), float(far)
    ([0.5, 2.0], 2.25)
    """
    values, vectors = torch.linalg.eigh((_square(matrix) + matrix.mT) / 2)
    missing = (gamma - values).clamp(min=0)
    raised = matrix + (vectors * missing[..., None, :]) @ vectors.mT
    return raised, missing.square().sum(-1)


def rotation_power(rotation: Tensor, power: float) -> Tensor:
    """Principal power R^p of orthogonal matrices with determinant 1, none with eigenvalue -1: (..., d, d).

    Every angle of R, in (-pi, pi), is multiplied by p.
    """
    values, vectors = torch.linalg.eig(_square(rotation))
    turned = torch.polar(torch.ones_like(values.real), power * values.angle())
    return torch.linalg.solve(vectors, vectors * turned[..., None, :], left=False).real


def polar(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A = R P, R orthogonal and P symmetric positive: (R, P's eigenvalues (..., d), eigenvectors)."""
    left, sizes, right = torch.linalg.svd(_square(matrix))
    return left @ right, sizes, right.mT


def root_factors(matrix: Tensor, depth: int) -> tuple[Tensor, ...]:
    """Factors W_1..W_N of `matrix` = R P, all with the singular values of P^(1/N): tuple of (..., d, d).

        W_j = R^(1/N) R^((j-1)/N) P^(1/N) R^(-(j-1)/N)        (Bartlett et al. 2018, recalled)

    Balanced, and each layer turns by 1/N of the angles of R. Needs R without the eigenvalue -1, which
    u^T A u > 0 for all u guarantees. Raises ValueError for depth < 1.
    """
    depth = whole_number("depth", depth)
    rotation, sizes, vectors = polar(matrix)
    part = rotation_power(rotation, 1 / depth)
    layer = part @ (vectors * sizes.pow(1 / depth)[..., None, :]) @ vectors.mT
    factors = [layer]
    for _ in range(int(depth) - 1):
        factors.append(part @ factors[-1] @ part.mT)
    return tuple(factors)


def nearest_point_gaps(
    target: Tensor, gamma: float, samples: int, rng: np.random.Generator
) -> Tensor:
    """What is at most 0 where `to_positive` gives the nearest point P of its set: flat.

        <target - P, B - P>  for B in the set,   and   gamma - min u^T P u

    The first, for all B of a convex set, says that P is the nearest point of the set. B: `samples` random
    points S + K of the set for each target, and the corner gamma I.
    """
    projected, size = to_positive(target, gamma)[0], target.shape[-1]
    parts = torch.from_numpy(gamma + rng.exponential(0.3, (samples, size)))
    parts[: samples // 2, 0] = gamma  # on the rim
    corner = gamma * torch.eye(size, dtype=torch.float64)[None]
    points = torch.cat([from_parts(parts, 0.8, rng), corner]).unsqueeze(1)
    inner = ((target - projected) * (points - projected)).sum((-2, -1))
    return torch.cat([inner.flatten(), gamma - positivity(projected)])


def factor_gaps(matrix: Tensor, depth: int) -> Tensor:
    """Distances of `root_factors` of a matrix from what they should be, flat.

    From the product, from balance, and from turning each by 1/N of the rotation of the matrix.
    """
    layers, rotation = root_factors(matrix, depth), polar(matrix)[0]
    turned = [torch.linalg.matrix_power(polar(w)[0], depth) - rotation for w in layers]
    gaps = [ln.end_to_end(layers) - matrix, *turned]
    return torch.cat([ln.imbalance(layers).flatten(), *[gap.abs().flatten() for gap in gaps]])


@dataclass(frozen=True)
class PowerProjection:
    """What `power_projection` brings back.

    steps (records,) and losses (records, seeds) recorded; weights: the last ones; acted: in how many
    steps the projection moved a product by more than 1e-12, of each seed (seeds,).
    """

    steps: Tensor
    losses: Tensor
    weights: tuple[Tensor, ...]
    acted: Tensor


def power_projection(
    target: Tensor,
    depth: int,
    *,
    gamma: float,
    learning_rate: float | Tensor,
    steps: int,
    record: Iterable[int],
) -> PowerProjection:
    """Power projection from the identity on targets (seeds, d, d): a `PowerProjection`.

    After every step of descent the product is projected by `to_positive(., gamma)` and factored anew
    by `root_factors` (Bartlett et al. 2018, recalled). learning_rate: number or (seeds,).
    """
    acted = torch.zeros(len(target), dtype=torch.int64)

    def retraction(weights):
        product, moved = to_positive(ln.end_to_end(weights), gamma)
        acted.add_(moved > 1e-24)
        return root_factors(product, depth)

    run = descend(
        ln.gradients,
        identity_weights(target, depth),
        rule=Plain(learning_rate, retraction=retraction),
        steps=steps,
        problem=(target,),
        record=Record(record, lambda w, target: {"loss": ln.loss(w, target)}),
    )
    return PowerProjection(run.steps, run.records["loss"], run.weights, acted)


def gentle_rate(target: Tensor) -> Tensor:
    """Learning rate 0.1 / |target|^(4/3) in the spectral norm, for three layers: (seeds,)."""
    return 0.1 / torch.linalg.matrix_norm(target, 2) ** (4 / 3)


def projection_against_plain(
    target: Tensor, gamma: float, steps: int
) -> tuple[Tensor, Tensor, float]:
    """Steps to a loss of 1e-8 by `power_projection` and by plain descent, three layers, at `gentle_rate`.

    (seeds,) each, inf where it is not reached; and the share of steps in which the projection acted.
    """
    rate, record = gentle_rate(target), range(steps + 1)
    power = power_projection(target, 3, gamma=gamma, learning_rate=rate, steps=steps, record=record)
    plain = descend_losses(identity_weights(target, 3), target, rate, record)
    arrivals = [crossing(record, -losses, -1e-8) for losses in (power.losses, plain)]
    return *arrivals, float(power.acted.double().mean() / steps)


def outside_premise(target: Tensor, gamma: float) -> tuple[Tensor, Tensor]:
    """Where `power_projection` ends on targets outside its set, and whether plain descent arrives.

    Least loss of 1,000 steps over half the squared distance to the set, (seeds,); bool (seeds,) after
    6,000 steps. Three layers, at `gentle_rate`.
    """
    rate = gentle_rate(target)
    options = {"learning_rate": rate, "steps": 1000, "record": range(0, 1001, 10)}
    least = power_projection(target, 3, gamma=gamma, **options).losses.amin(0)
    arrived = reach(target, 3, learning_rate=rate, steps=6000)[0]
    return least / (to_positive(target, gamma)[1] / 2), arrived
