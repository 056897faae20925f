"""Problems whose saddles are strict: sums of squares of quadratic forms, orthogonal tensors.

Sensing, completion, phase retrieval and networks with quadratic units are all `QuadraticForms`. The
search is that of `lib.saddles`. A surface whose restricted isometry constant can be chosen shows where
the theorems end. Points are (..., n) float64 tensors.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np
import torch
from torch import Tensor

from lib import linear_networks as ln
from lib.descent import Plain, Record, Stop, descend
from lib.landscapes.saddles import search
from lib.newton import find_roots
from lib.obstacles.surfaces import Surface, follow

# --- sums of squares of quadratic forms -------------------------------------------------------------


class QuadraticForms:
    """f(x) = 1/2 mean_i r_i^2, r_i = 1/2 x^T Q_i x - b_i: sums of squares of quadratic forms.

    forms: Q_i, symmetric up to rounding, (m, n, n); values: b_i, (m,). Raises ValueError for other shapes.

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
        rounding = 1e-12 * float(forms.abs().max()) if forms.numel() else 0.0
        if not torch.allclose(forms, forms.mT, rtol=0, atol=rounding):
            raise ValueError("forms must be symmetric matrices")
        self.forms, self.values = forms, values
        self._side_by_side = forms.permute(1, 0, 2).flatten(1)  # (n, m n)

    def _parts(self, x):
        images = (x @ self._side_by_side).unflatten(-1, self.forms.shape[:2])  # Q_i x
        return images, (images @ x[..., None])[..., 0] / 2 - self.values

    def value(self, x: Tensor) -> Tensor:
        """f at points (..., n): (...)."""
        return self._parts(x)[1].square().mean(-1) / 2

    def gradient(self, x: Tensor) -> Tensor:
        """mean_i r_i Q_i x, (..., n)."""
        images, residual = self._parts(x)
        return (residual[..., None, :] @ images)[..., 0, :] / len(self.values)

    def field(self, x: Tensor) -> tuple[Tensor, Tensor]:
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


def sensing_forms(
    eigenvalues: list[float], size: int, measurements: int, rng: np.random.Generator
) -> QuadraticForms:
    """Matrix sensing: 1/2 mean (<A_i, U U^T> - <A_i, M>)^2, Gaussian A_i, M of the given eigenvalues.

    U has as many columns as there are eigenvalues (Ge, Jin, Zheng 2017).
    """
    target = _symmetric(eigenvalues, size, rng)
    matrices = torch.from_numpy(rng.standard_normal((measurements, size, size)))
    return _of_matrix(matrices, target, len(eigenvalues))


def completion_forms(size: int, share: float, rng: np.random.Generator) -> QuadraticForms:
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


def retrieval_forms(size: int, measurements: int, rng: np.random.Generator) -> QuadraticForms:
    """Phase retrieval: 1/4 mean ((a_i x)^2 - (a_i z)^2)^2 up to a factor 2, |z| = 1 (Sun, Qu, Wright)."""
    z = torch.from_numpy(rng.standard_normal(size))
    vectors = torch.from_numpy(rng.standard_normal((measurements, size)))
    return _of_matrix(vectors[:, :, None] * vectors[:, None], torch.outer(z, z) / (z @ z), 1)


def quadratic_network_forms(
    eigenvalues: list[float], inputs: int, rng: np.random.Generator
) -> QuadraticForms:
    """A network of units u_j with output sum_j (u_j x)^2 on Gaussian inputs, label x^T M x, M of full
    rank with the given eigenvalues: as many units as inputs (Soltanolkotabi et al.; Du and Lee 2018)."""
    size = len(eigenvalues)
    x = torch.from_numpy(rng.standard_normal((inputs, size)))
    return _of_matrix(x[:, :, None] * x[:, None], _symmetric(eigenvalues, size, rng), size)


@dataclass(frozen=True)
class Shallow:
    """One sum of squares: did descent reach the global minimum, bool (starts,), and of the other critical
    points found f / f(0) and the smallest Hessian eigenvalue / |the one at 0|, each (saddles,)."""

    arrived: Tensor
    loss: Tensor
    curvature: Tensor

    @property
    def clear(self) -> bool:
        """Did every descent arrive, and has the search found saddles besides x = 0 and no others but strict?

        Strict: with an eigenvalue below -1e-6 of the size of that at 0.
        """
        others = bool((self.loss < 1 - 1e-6).any())
        return others and bool(self.arrived.all()) and bool((self.curvature < -1e-6).all())

    @property
    def bad_minimum(self) -> bool:
        """Has the search found a minimum that is not global, with all eigenvalues above 1e-6 of that size?"""
        return bool((self.curvature > 1e-6).any())


class Moments:
    """The losses of several `QuadraticForms` of one shape, side by side, by their moments alone.

    x^T Q x has k = n (n + 1) / 2 terms x_c x_d, c <= d, in which f is quadratic, so that a step costs nothing for
    each of the m measurements. With means over i (derived here)

        R(x) = mean r_i Q_i = 1/2 sum_cd mean(Q_i Q_i,cd) x_c x_d - mean(b_i Q_i),    gradient R x,
        f = 1/4 x^T (R - mean(b_i Q_i)) x + 1/2 mean b_i^2,
        Hessian R + sum_bd mean(Q_i,ab Q_i,cd) x_b x_d.

    turn (problems, k, n n): from the terms to R + pull; pull = mean b_i Q_i, (problems, 1, n n); bend: from the
    terms to the Hessian less R; at_zero: f(0), (problems, 1).
    """

    def __init__(self, problems: list[QuadraticForms]):
        forms = torch.stack([one.forms for one in problems])
        values = torch.stack([one.values for one in problems])
        m, n = forms.shape[1:3]
        flat = forms.flatten(2)
        fourth = (flat.mT @ flat / m).unflatten(1, (n, n)).unflatten(3, (n, n))  # mean Q_ab Q_cd
        crossed = fourth.transpose(2, 3)  # mean Q_ac Q_bd at a, b, c, d
        self.turn = _by_terms(fourth) / 2
        self.bend = _by_terms((crossed + crossed.mT) / 2)
        self.pull = values[:, None] @ flat / m
        self.at_zero = values.square().mean(1, keepdim=True) / 2

    def _at(self, x, who):
        """The terms of points (active, n) on a grid (problems, most, k), and where each stands on it."""
        count = torch.bincount(who, minlength=len(self.turn))
        place = who, torch.arange(len(who)) - (count.cumsum(0) - count)[who]
        grid = x.new_zeros(len(count), max(1, int(count.max())), x.shape[-1])
        grid[place] = x
        return _terms(grid), place

    def value(self, x: Tensor, who: Tensor) -> Tensor:
        """f at points (active, n) of the problems `who` (active,), rising: (active,)."""
        terms, place = self._at(x, who)
        both = _square(_product(terms, self.turn) - 2 * self.pull)[place]
        return ((both @ x[..., None])[..., 0] * x).sum(-1) / 4 + self.at_zero[who, 0]

    def field(self, x: Tensor, who: Tensor) -> tuple[Tensor, Tensor]:
        """Gradient (active, n) and Hessian (active, n, n) at such points, for `lib.newton.find_roots`."""
        terms, place = self._at(x, who)
        residual = _square(_product(terms, self.turn) - self.pull)[place]
        hessian = residual + _square(_product(terms, self.bend))[place]
        return (residual @ x[..., None])[..., 0], hessian


def _product(a, b):
    """a @ b through numpy, whose BLAS is the faster one on these sizes."""
    return torch.from_numpy(np.matmul(a.numpy(), b.numpy()))


def _square(rows):
    """(..., n n) as (..., n, n)."""
    return rows.unflatten(-1, (round(rows.shape[-1] ** 0.5),) * 2)


def _terms(x):
    """x_c x_d for c <= d, (..., k)."""
    rows, columns = torch.triu_indices(x.shape[-1], x.shape[-1])
    return x.index_select(-1, rows).mul_(x.index_select(-1, columns))


def _by_terms(fourth):
    """From `_terms` to sums over c, d: (problems, k, n n) of (problems, n, n, n, n), symmetric in c, d."""
    rows, columns = torch.triu_indices(fourth.shape[-1], fourth.shape[-1])
    twice = torch.where(rows == columns, 1.0, 2.0).to(fourth.dtype)
    return (fourth[..., rows, columns] * twice).flatten(1, 2).mT.contiguous()


def shallow_runs(
    draw: Callable[[], QuadraticForms],
    problems: int,
    starts: int,
    rng: np.random.Generator,
    *,
    init_scale: float = 0.3,
    search_scale: float = 0.5,
    step: float = 0.1,
    steps: int = 3000,
) -> list[Shallow]:
    """Descent and a search for critical points of some `QuadraticForms`, from Gaussian points: a list of `Shallow`.

    draw(): the next problem, all of one shape; its starts are drawn from `rng` right after it.
    Entries of scale `init_scale` for descent, `search_scale` for the search.

    Learning rate `step` / |smallest eigenvalue at 0|; at the global minimum means f <= 1e-6 f(0). The starts of
    a problem go on until the last of them has arrived.
    """
    drawn, begin = [], []
    for _ in range(problems):
        drawn.append(draw())
        begin.append(rng.standard_normal((2, starts, drawn[-1].forms.shape[1])))
    f, begin = Moments(drawn), torch.from_numpy(np.stack(begin, 1))
    every = torch.arange(problems)
    curvature = torch.linalg.eigvalsh(f.field(torch.zeros_like(begin[0, :, 0]), every)[1])[:, 0]
    curvature = curvature.abs()

    def gradient(weights, turn, pull, end):
        (x,) = weights
        return ((_square(_product(_terms(x), turn).sub_(pull)) @ x[..., None])[..., 0],)

    def arrived(weights, turn, pull, end):
        (x,) = weights
        both = _square(_product(_terms(x), turn) - 2 * pull) @ x[..., None]
        return (both[..., 0] * x).sum(-1) / 4 + end <= 1e-6 * end

    problem = f.turn, f.pull, f.at_zero
    run = descend(
        gradient,
        (init_scale * begin[0],),
        Plain(step / curvature),
        steps=steps,
        problem=problem,
        stop=Stop(lambda *given: arrived(*given).all(1)),
    )
    found = search(
        f.field,
        search_scale * begin[1].flatten(0, 1),
        problem=(every.repeat_interleave(starts),),
    )
    (who,) = found.problem
    loss = f.value(found.points, who) / f.at_zero[who, 0]
    ends, saddle = arrived(run.weights, *problem), loss > 1e-6
    return [
        Shallow(ends[k], loss[own], found.curvature[own] / curvature[k])
        for k in range(problems) for own in [saddle & (who == k)]
    ]  # fmt: skip


# --- orthogonal tensors ----------------------------------------------------------------------------


def tensor_field(components: Tensor) -> Callable:
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


def unit(points: Tensor) -> Tensor:
    """Points (..., n) scaled to length 1."""
    return points / torch.linalg.vector_norm(points, dim=-1, keepdim=True)


def tensor_law(size: int) -> dict[int, tuple[int, int, float]]:
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

    support: Tensor
    index: Tensor
    curvature: Tensor

    @property
    def error(self) -> Tensor:
        """|index - (k - 1)| + |curvature - that of `tensor_law`| of every point, (found,)."""
        law = tensor_law(int(self.support.max()))
        expected = torch.tensor([law[int(k)][1:] for k in self.support], dtype=torch.float64)
        return (self.index - expected[:, 0]).abs() + (self.curvature - expected[:, 1]).abs()


def tensor_census(components: Tensor, starts: int, rng: np.random.Generator) -> TensorCensus:
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


def pairs_loss(vectors: Tensor, components: Tensor) -> Tensor:
    """sum over i != j of T(u_i, u_i, u_j, u_j), T = sum_k v_k^(x4), vectors (..., d, d): (...).

    0 exactly where the u_i are the v_k up to order and sign (Ge et al. 2015, recalled).
    """
    squares = (vectors @ components.T).square()
    return squares.sum(-2).square().sum(-1) - squares.square().sum((-2, -1))


def pairs_gradient(vectors: Tensor, components: Tensor) -> Tensor:
    """Gradient of `pairs_loss` in the vectors, (..., d, d)."""
    c = vectors @ components.T
    others = c.square().sum(-2, keepdim=True) - c.square()
    return 4 * c * others @ components


def components_found(components: Tensor, starts: int, rng: np.random.Generator) -> Tensor:
    """Does descent on `pairs_loss` over unit vectors find all components at once? bool (starts,).

    From random vectors, 1,500 steps of 0.1; found: a loss below 1e-10.
    """
    vectors = unit(torch.from_numpy(rng.standard_normal((starts, *components.shape))))
    run = descend(
        lambda w: (pairs_gradient(w[0], components),),
        (vectors,),
        Plain(0.1, retraction=lambda w: (unit(w[0]),)),
        steps=1500,
    )
    return pairs_loss(run.weights[0], components) < 1e-10


# --- restricted isometry ---------------------------------------------------------------------------


def isometry_surface(stretch: float) -> Surface:
    """f(a, b) = (a^2 - 1)^2 + (a^2 - 1) b^2 + b^4 + 2 k a^2 b^2, k = `stretch`: a `surfaces.Surface`.

    f = |A(x x^T - z z^T)|^2 with x = (a, b), z = (1, 0), |A(M)|^2 = M_11^2 + M_11 M_22 + M_22^2 +
    2 k M_12^2; see `isometry_constant`. k = 3/2 is the instance of Zhang, Josz, Sojoudi and Lavaei 2018
    (recalled). At (0, 1/sqrt 2): gradient 0, Hessian diag(2k - 3, 4).
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


def isometry_constant(stretch: float) -> float:
    """The restricted isometry constant delta of the measurements behind `isometry_surface`.

    The least delta for which some common factor brings |A(M)|^2 between 1 - delta and 1 + delta times
    |M|^2 for every matrix of rank 2 at most, here every symmetric one: (largest - smallest) /
    (largest + smallest) of the quotients, which are 1/2, 3/2 and k (derived here).
    Raises ValueError unless `stretch` is positive.

    >>> isometry_constant(1.5), isometry_constant(2.0)
    (0.5, 0.6)
    """
    if not stretch > 0:
        raise ValueError(f"stretch must be positive, got {stretch}")
    least, most = min(0.5, stretch), max(1.5, stretch)
    return (most - least) / (most + least)


def sampled_isometry(stretch: float, samples: int, rng: np.random.Generator) -> float:
    """`isometry_constant` from the quotients |A(M)|^2 / |M|^2 of random symmetric matrices: from below.

    >>> 0.58 < sampled_isometry(2.0, 1000, np.random.default_rng(0)) <= 0.6
    True
    """
    first, last, cross = rng.standard_normal((3, samples))
    image = first**2 + first * last + last**2 + 2 * stretch * cross**2
    quotients = image / (first**2 + last**2 + 2 * cross**2)
    least, most = quotients.min(), quotients.max()
    return float((most - least) / (most + least))


def caught(
    stretch: float,
    trials: int,
    record: list[int],
    rng: np.random.Generator,
    *,
    learning_rate: float = 0.01,
) -> Tensor:
    """Which runs of descent on `isometry_surface` are still above f = 1/2: bool (records, trials).

    From standard Gaussian starts; the local minimum has f = 3/4, the global ones 0. A start so far out
    that it overflows counts as not caught.
    """
    surface = isometry_surface(stretch)
    run = follow(
        surface,
        torch.from_numpy(rng.standard_normal((trials, 2))),
        Plain(learning_rate),
        steps=max(record),
        record=Record(record, lambda w: {"high": surface.value(w[0]) > 0.5}),
        stop=Stop(lambda w: surface.value(w[0]) < 1e-6, diverged="keep"),
    )
    return run.records["high"] & (run.diverged < 0)
