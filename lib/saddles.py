"""Critical points and their smallest curvature: deep linear networks, sums of squares of quadratic forms.

A saddle is strict where the Hessian has a negative eigenvalue, flat (non-strict) where it has none
and the point is no minimum all the same. Deep linear networks are those of `lib.linear_networks`,
loss 1/2 ||W_N ... W_1 - target||_F^2. Sensing, completion, phase retrieval and networks with quadratic
units are all `QuadraticForms`. Points are (..., n) float64 tensors; leading dimensions are seeds.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
import torch

from lib import linear_networks as ln
from lib.descent import descend
from lib.newton import find_roots
from lib.surfaces import Surface

# --- the Hessian of a deep linear network ----------------------------------------------------------


def flattened(weights):
    """All entries of W_1..W_N, row by row, as one point (..., P)."""
    return torch.cat([w.flatten(-2) for w in weights], -1)


def layers(points, widths):
    """The weights W_1..W_N, W_j of shape (..., d_j, d_(j-1)), that `flattened` makes of a network.

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


def hessian(weights, target):
    """Hessian of the loss 1/2 ||W_N ... W_1 - target||_F^2 in all weights, (..., P, P), exact.

    With A_j = W_N ... W_(j+1), B_j = W_(j-1) ... W_1 and residual R (derived here):
        sum over j, k of <A_j X_j B_j, A_k X_k B_k>   (Gauss-Newton)
        + 2 sum over j < k of <R, A_k X_k W_(k-1) ... W_(j+1) X_j B_j>.
    Weights in the order of `flattened`. Raises ValueError if the shapes do not chain.

    >>> w = torch.zeros(1, 1, dtype=torch.float64)
    >>> hessian((w, w), torch.ones(1, 1, dtype=torch.float64)).tolist()
    [[0.0, -1.0], [-1.0, 0.0]]
    """
    residual = ln.end_to_end(weights) - target
    below, above = _partial_products(weights)
    slopes = []  # of the end-to-end matrix in every weight
    for j in range(len(weights)):
        slope = torch.einsum("...ap,...qb->...abpq", above[j + 1], below[j])
        slopes.append(slope.flatten(-4, -3).flatten(-2))
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
            outer = below[j] @ residual.mT @ above[k + 1]
            block = torch.einsum("...qr,...sp->...pqrs", outer, middle)
            block = block.flatten(-4, -3).flatten(-2)
            part[..., ends[j] : ends[j + 1], ends[k] : ends[k + 1]] = block
            part[..., ends[k] : ends[k + 1], ends[j] : ends[j + 1]] = block.mT
            middle = weights[k] @ middle
    return part


def lowest_curvature(weights, target):
    """Smallest eigenvalue of `hessian`, (...)."""
    return torch.linalg.eigvalsh(hessian(weights, target))[..., 0]


def network_field(target, widths):
    """The gradient field of a deep linear network, for `lib.newton.find_roots`.

    field(points (active, P)) -> gradient (active, P), Hessian (active, P, P). target: (d_N, d_0),
    widths: d_0..d_N.
    """

    def field(points):
        weights = layers(points, widths)
        wanted = target.expand(len(points), *target.shape)
        return flattened(ln.gradients(weights, wanted)), hessian(weights, wanted)

    return field


# --- balanced critical points of a deep linear network ---------------------------------------------


def spaced_values(count, seeds, low, high, gap, rng):
    """Random numbers in [low, high], descending, neighbours at least `gap` apart: (seeds, count).

    Uniform among all such sets. Raises ValueError where the gaps leave no room.
    """
    room = high - low - (count - 1) * gap
    if not room > 0:
        raise ValueError(f"gap must be below (high - low) / (count - 1), got {gap}")
    draws = np.sort(rng.uniform(low, low + room, (seeds, count)), axis=1)
    return torch.from_numpy(draws + gap * np.arange(count)).flip(-1)


def proper_subsets(count):
    """All sets of learned modes but the full one, as rows of truth values, (2^count - 1, count).

    >>> proper_subsets(2).tolist()
    [[False, False], [True, False], [False, True]]
    """
    sets = [s for size in range(count) for s in combinations(range(count), size)]
    chosen = torch.zeros(len(sets), count, dtype=torch.bool)
    for row, members in enumerate(sets):
        chosen[row, list(members)] = True
    return chosen


def greedy(learned):
    """Are the learned modes the strongest ones? bool (...) from learned (..., k), strongest first."""
    return (learned.to(torch.int64).diff(dim=-1) <= 0).all(-1)


def critical_weights(singular_values, learned, depth, width, rng, *, middle=0.0):
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


def smallest_curvature(singular_values, learned, depth):
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


def middle_curvature(singular_values, learned, depth, middle):
    """Smallest Hessian eigenvalue where the middle layers have the entry c in all missing modes, (...).

    -max of the missing s_i x c^(N-2), or `smallest_curvature` where that is lower (derived here).
    """
    strongest = torch.where(learned, 0, singular_values.expand(learned.shape)).amax(-1)
    lower = smallest_curvature(singular_values, learned, depth)
    return torch.minimum(lower, -strongest * middle ** (depth - 2))


def critical_losses(singular_values, width):
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


def noisy_target(inputs, outputs, rank, noise, samples, rng):
    """Regression of noisy teacher data on whitened inputs as a matrix problem: (target, constant).

    Gaussian inputs, whitened to X X^T / m = I, labels W X + noise with a Gaussian W of rank `rank`;
    see `linear_networks.whitened_problem`. target: (outputs, inputs).
    """
    x = rng.standard_normal((inputs, samples))
    spread, axes = np.linalg.eigh(x @ x.T / samples)
    x = (axes.T @ x) / np.sqrt(spread)[:, None]
    teacher = rng.standard_normal((outputs, rank)) @ rng.standard_normal((rank, inputs))
    y = teacher @ x + noise * rng.standard_normal((outputs, samples))
    return ln.whitened_problem(torch.from_numpy(x), torch.from_numpy(y))


# --- how flat a flat saddle is ---------------------------------------------------------------------


def largest_drop(speed, radius, depth):
    """Largest decrease of the loss within `radius` of a greedy saddle: s (r / sqrt N)^N.

    All layers share the way out along the strongest missing mode s = `speed` equally (derived here).

    >>> round(largest_drop(2.0, 0.2, 2), 12)
    0.04
    """
    return speed * (radius * depth**-0.5) ** depth


@torch.no_grad()
def deepest_drop(weights, target, speed, radius, starts, rng, steps=600):
    """Largest decrease of the loss found within `radius` of a critical point: a number.

    x <- x - (H + 4 s r^(N-2) I)^-1 g from random points of the ball, clipped to it, H the Hessian at
    the critical point: the stiff directions are stepped over, the flat ones climbed down. weights:
    layers without leading dimensions.
    """
    depth, widths = len(weights), [weights[0].shape[1], *(w.shape[0] for w in weights)]
    centre, wanted = flattened(weights), target.expand(starts, *target.shape)
    size = len(centre)
    stiff = hessian(weights, target)
    stiff.diagonal().add_(4 * speed * radius ** (depth - 2))
    step = torch.linalg.inv(stiff)

    def clipped(x):
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return x * (radius / length).clamp(max=1)

    x = clipped(radius * torch.from_numpy(rng.standard_normal((starts, size))) / np.sqrt(size))
    for _ in range(steps):
        slope = flattened(ln.gradients(layers(centre + x, widths), wanted))
        x = clipped(x - slope @ step)
    lowest = ln.loss(layers(centre + x, widths), wanted).min()
    return float(ln.loss(weights, target) - lowest)


# --- the saddles that descent passes ---------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    """Runs of descent past the greedy saddles.

    steps: (records,); loss: (records, runs); curvature: smallest Hessian eigenvalue along the first
    run (records,); passed: the same where each run comes nearest to the saddle of rank k = 0..d-1,
    (d, runs), nan for a run that never came near.
    """

    steps: torch.Tensor
    loss: torch.Tensor
    curvature: torch.Tensor
    passed: torch.Tensor


def passage(singular_values, starts, *, learning_rate, steps, every):
    """Descent from tiny `starts` (layers (runs, d, d)) on target diag(s): a `Passage`.

    s: d singular values, descending. Near the saddle of rank k means: the record of least gradient
    norm among those with a loss within 2% of 1/2 sum_(i > k) s_i^2. A run ends once its loss is a
    tenth of s_d^2 / 2.
    """
    s = torch.as_tensor(singular_values, dtype=torch.float64)
    runs, widths = len(starts[0]), [len(s)] * (len(starts) + 1)
    target = torch.diag(s).expand(runs, -1, -1)
    end = s[-1].square() / 20

    def measure(weights, target):
        slopes = flattened(ln.gradients(weights, target))
        return {
            "loss": ln.loss(weights, target),
            "norm": torch.linalg.vector_norm(slopes, dim=-1),
            "point": flattened(weights),
        }

    run = descend(
        ln.gradients,
        starts,
        problem=(target,),
        learning_rate=learning_rate,
        steps=steps,
        record=range(0, steps + 1, every),
        measure=measure,
        stop=lambda w, t: ln.loss(w, t) < end,
    )
    loss, norm, point = (run.records[name] for name in ("loss", "norm", "point"))
    passed = torch.full((len(s), runs), torch.nan, dtype=torch.float64)
    for k in range(len(s)):
        level = s[k:].square().sum() / 2
        norms = torch.where((loss / level - 1).abs() <= 0.02, norm, torch.inf)
        least, at = norms.min(0)
        nearest = lowest_curvature(layers(point[at, torch.arange(runs)], widths), target)
        passed[k] = torch.where(least.isfinite(), nearest, torch.nan)
    return Passage(
        run.steps, loss, lowest_curvature(layers(point[:, 0], widths), target[0]), passed
    )


def plateau_exponent(depth):
    """Exponent of the start's scale in |smallest curvature| at the saddles passed: N - 2.

    The middle layers still have their first size in the missing modes (`middle_curvature`; derived
    here).
    """
    return depth - 2


# --- searching for critical points -----------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """Critical points of a search: points (found, n), their smallest Hessian eigenvalues (found,)."""

    points: torch.Tensor
    curvature: torch.Tensor


def search(field, starts, *, tolerance=1e-10, steps=300, longest=0.5):
    """Critical points that Levenberg and Marquardt's method reaches from every start: a `Found`.

    field as for `lib.newton.find_roots`; starts that do not arrive at |gradient| <= tolerance are
    left out.
    """
    points, size = find_roots(field, starts, steps=steps, tolerance=tolerance, longest=longest)
    points = points[size <= tolerance]
    return Found(points, torch.linalg.eigvalsh(field(points)[1])[:, 0])


class QuadraticForms:
    """f(x) = 1/2 mean_i r_i^2, r_i = 1/2 x^T Q_i x - b_i: sums of squares of quadratic forms.

    forms: symmetric Q_i, (m, n, n); values: b_i, (m,). Raises ValueError for other shapes.

    >>> f = QuadraticForms(torch.full((1, 1, 1), 2.0), torch.ones(1))
    >>> f.value(torch.tensor([[0.0], [1.0]])).tolist()
    [0.5, 0.0]
    """

    def __init__(self, forms, values):
        if forms.ndim != 3 or forms.shape[1] != forms.shape[2] or len(forms) != len(values):
            raise ValueError(
                "forms must be (m, n, n) and values (m,), got "
                f"{tuple(forms.shape)}, {tuple(values.shape)}"
            )
        if not torch.equal(forms, forms.mT):
            raise ValueError("forms must be symmetric matrices")
        self.forms, self.values = forms, values
        self._side_by_side = forms.permute(1, 0, 2).flatten(1)  # (n, m n)

    def _parts(self, x):
        images = (x @ self._side_by_side).unflatten(-1, self.forms.shape[:2])  # Q_i x
        return images, (images @ x[..., None])[..., 0] / 2 - self.values

    def value(self, x):
        """f at points (..., n): (...)."""
        return self._parts(x)[1].square().mean(-1) / 2

    def gradient(self, x):
        """mean_i r_i Q_i x, (..., n)."""
        images, residual = self._parts(x)
        return (residual[..., None, :] @ images)[..., 0, :] / len(self.values)

    def field(self, x):
        """Gradient (..., n) and Hessian mean_i (Q_i x) (Q_i x)^T + r_i Q_i, (..., n, n)."""
        images, residual = self._parts(x)
        slope = (residual[..., None, :] @ images)[..., 0, :]
        turned = (residual @ self.forms.flatten(1)).unflatten(-1, self.forms.shape[1:])
        return slope / len(self.values), (images.mT @ images + turned) / len(self.values)


def _inner_products(matrices, rank):
    """Forms Q_i with 1/2 x^T Q_i x = <A_i, U U^T>, x = vec(U) row by row, U (n, rank)."""
    eye = torch.eye(rank, dtype=torch.float64)
    return torch.stack([torch.kron(a + a.T, eye) for a in matrices])


def _of_matrix(matrices, target, rank):
    """`QuadraticForms` of the data <A_i, target> on factors U (n, rank) of U U^T."""
    values = (matrices * target).sum((-2, -1))
    return QuadraticForms(_inner_products(matrices, rank), values)


def _symmetric(eigenvalues, size, rng):
    """Random symmetric (size, size) with these eigenvalues, and zeros."""
    values = torch.as_tensor(eigenvalues, dtype=torch.float64)
    axes = ln.orthogonal(size, rng)[:, : len(values)]
    return axes * values @ axes.T


def sensing_forms(eigenvalues, size, measurements, rng):
    """Matrix sensing: 1/2 mean (<A_i, U U^T> - <A_i, M>)^2, Gaussian A_i, M of the given eigenvalues.

    U has as many columns as there are eigenvalues (Ge, Jin, Zheng 2017).
    """
    target = _symmetric(eigenvalues, size, rng)
    matrices = torch.from_numpy(rng.standard_normal((measurements, size, size)))
    return _of_matrix(matrices, target, len(eigenvalues))


def completion_forms(size, share, rng):
    """Matrix completion of rank 1: z z^T, |z| = 1, seen in a share of the entries on and above the
    diagonal, those above it counted twice (Ge, Lee, Ma 2016, without their regularizer)."""
    z = torch.from_numpy(rng.standard_normal(size))
    z = z / z.norm()
    rows, columns = torch.triu_indices(size, size)
    seen = torch.from_numpy(rng.permutation(len(rows))[: round(share * len(rows))])
    matrices = torch.zeros(len(seen), size, size, dtype=torch.float64)
    weight = torch.where(rows == columns, 1.0, 2.0**0.5).to(torch.float64)[seen]
    matrices[torch.arange(len(seen)), rows[seen], columns[seen]] = weight
    return _of_matrix(matrices, z[:, None] * z, 1)


def retrieval_forms(size, measurements, rng):
    """Phase retrieval: 1/4 mean ((a_i x)^2 - (a_i z)^2)^2 up to a factor 2, |z| = 1 (Sun, Qu, Wright)."""
    z = torch.from_numpy(rng.standard_normal(size))
    vectors = torch.from_numpy(rng.standard_normal((measurements, size)))
    return _of_matrix(vectors[:, :, None] * vectors[:, None], torch.outer(z, z) / (z @ z), 1)


def quadratic_network_forms(eigenvalues, inputs, rng):
    """A network of units u_j with output sum_j (u_j x)^2 on Gaussian inputs, label x^T M x, M of full
    rank with the given eigenvalues: as many units as inputs (Soltanolkotabi et al.; Du and Lee 2018)."""
    size = len(eigenvalues)
    x = torch.from_numpy(rng.standard_normal((inputs, size)))
    return _of_matrix(x[:, :, None] * x[:, None], _symmetric(eigenvalues, size, rng), size)


def descend_to_minimum(problem, starts, *, step, steps):
    """Plain descent on a `QuadraticForms` from every start: is it at the global minimum? bool (starts,).

    Learning rate `step` / |smallest eigenvalue at 0|; at the minimum means f <= 1e-6 f(0).
    """
    origin = torch.zeros_like(starts[:1])
    curvature = torch.linalg.eigvalsh(problem.field(origin)[1])[0, 0].abs()
    end = 1e-6 * problem.value(origin)
    run = descend(
        lambda w: (problem.gradient(w[0]),),
        (starts,),
        learning_rate=float(step / curvature),
        steps=steps,
        stop=lambda w: problem.value(w[0]) <= end,
    )
    return problem.value(run.weights[0]) <= end


# --- orthogonal tensors ----------------------------------------------------------------------------


def tensor_field(components):
    """Riemannian gradient and Hessian of -1/4 sum_k (v_k u)^4 on the unit sphere, for `find_roots`.

    components: orthonormal rows v_k, (d, d). The normal u itself is left without curvature.
    """
    eye = torch.eye(len(components), dtype=components.dtype)

    def field(points):
        c = points @ components.T
        slope = -(c**3) @ components
        pull = (slope * points).sum(-1)
        flat = eye - points[:, :, None] * points[:, None]
        bend = -3 * components.T @ (c.square()[:, :, None] * components)
        return slope - pull[:, None] * points, flat @ (bend - pull[:, None, None] * eye) @ flat

    return field


def unit(points):
    """Points (..., n) scaled to length 1."""
    return points / torch.linalg.vector_norm(points, dim=-1, keepdim=True)


def tensor_law(size):
    """{k: (number of critical points, index, smallest curvature on the sphere)} for k = 1..size.

    Critical points of -1/4 sum (v_i u)^4: equal weights on k components with any signs, C(d, k) 2^k
    of them, of index k - 1; smallest curvature 2/k at k = 1, else -2/k (derived here).

    >>> tensor_law(2)
    {1: (4, 0, 1.0), 2: (4, 1, -1.0)}
    """
    return {
        k: (comb(size, k) * 2**k, k - 1, -2.0 / k if k > 1 else 1.0) for k in range(1, size + 1)
    }


@dataclass(frozen=True)
class TensorCensus:
    """Distinct critical points on the sphere: support size k, index, smallest curvature, each (found,)."""

    support: torch.Tensor
    index: torch.Tensor
    curvature: torch.Tensor


def tensor_census(components, starts, rng):
    """All critical points of -1/4 sum (v_i u)^4 that a search from `starts` random points finds.

    Starts are Gaussian with a random half of the coordinates shrunk tenfold, so that small supports are
    met as well as large ones. Points are told apart by their coordinates to 1e-4.
    """
    size = len(components)
    draws = rng.standard_normal((starts, size)) * np.where(rng.random((starts, size)) < 0.5, 0.1, 1)
    field = tensor_field(components)
    points, lengths = find_roots(
        field,
        unit(torch.from_numpy(draws) @ components),
        steps=200,
        tolerance=1e-11,
        longest=0.3,
        retraction=unit,
        normal=lambda u: u,
    )
    coordinates = points[lengths <= 1e-11] @ components.T
    _, where = np.unique(coordinates.numpy().round(4) + 0.0, axis=0, return_index=True)
    coordinates = coordinates[where]
    values = torch.linalg.eigvalsh(_on_tangent(field, coordinates @ components))
    return TensorCensus((coordinates.abs() > 0.05).sum(-1), (values < -1e-6).sum(-1), values[:, 0])


def _on_tangent(field, points):
    """Hessians on the sphere in coordinates of the tangent space, (points, n - 1, n - 1)."""
    basis = torch.linalg.svd(points[:, None])[2][:, 1:]
    return basis @ field(points)[1] @ basis.mT


def pairs_loss(vectors, components):
    """sum over i != j of T(u_i, u_i, u_j, u_j), T = sum_k v_k^(x4), vectors (..., d, d): (...).

    0 exactly where the u_i are the v_k up to order and sign (Ge et al. 2015, recalled).
    """
    squares = (vectors @ components.T).square()
    return squares.sum(-2).square().sum(-1) - squares.square().sum((-2, -1))


def pairs_gradient(vectors, components):
    """Gradient of `pairs_loss` in the vectors, (..., d, d)."""
    c = vectors @ components.T
    others = c.square().sum(-2, keepdim=True) - c.square()
    return 4 * c * others @ components


# --- restricted isometry ---------------------------------------------------------------------------


def isometry_surface(stretch):
    """f(a, b) = (a^2 - 1)^2 + (a^2 - 1) b^2 + b^4 + 2 k a^2 b^2, k = `stretch`: a `surfaces.Surface`.

    f = |A(x x^T - z z^T)|^2 with x = (a, b), z = (1, 0), |A(M)|^2 = M_11^2 + M_11 M_22 + M_22^2 +
    2 k M_12^2, whose restricted isometry constant is max(1/2, k - 1). k = 3/2 is the instance of Zhang,
    Josz, Sojoudi and Lavaei 2018 (recalled). At (0, 1/sqrt 2): gradient 0, Hessian diag(2k - 3, 4).
    """

    def value(p):
        a, b = p[..., 0] ** 2, p[..., 1] ** 2
        return (a - 1) ** 2 + (a - 1) * b + b**2 + 2 * stretch * a * b

    def gradient(p):
        a, b = p[..., 0] ** 2, p[..., 1] ** 2
        slopes = 2 * (a - 1) + (1 + 2 * stretch) * b, a - 1 + 2 * b + 2 * stretch * a
        return 2 * p * torch.stack(slopes, -1)

    def hessian(p):
        a, b = p[..., 0] ** 2, p[..., 1] ** 2
        first = 12 * a - 4 + 2 * (1 + 2 * stretch) * b
        second = 2 * (a - 1) + 12 * b + 4 * stretch * a
        cross = 4 * (1 + 2 * stretch) * p[..., 0] * p[..., 1]
        return torch.stack([torch.stack([first, cross], -1), torch.stack([cross, second], -1)], -2)

    return Surface(value, gradient, hessian)
