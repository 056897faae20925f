"""Spherical p-spin glass: energy, gradient, Hessian, complexity, band edges, counts, search.

The Hamiltonian on the sphere |x|^2 = n is

    H(x) = n^(-(p-1)/2) sum_{i_1..i_p} J_{i_1..i_p} x_{i_1} ... x_{i_p},   J iid N(0, 1),

so that Cov H(x) H(y) = n (x.y / n)^p. Energies are per spin, u = H/n.

**Couplings.** The gradient of H is a polynomial of degree p - 1, and only the symmetric part of J
matters. A tensor of couplings (..., n, M), M = C(n+p-2, p-1), holds in row k the coefficients of
dH/dx_k, one for each monomial; the scale n^(-(p-1)/2) is included. Monomials stand in the order of
`monomials`: for p = 3 these are the n(n+1)/2 products x_i x_j with i <= j, so the gradient at many
spins is one matrix product, at half the cost of the full n^3 tensor. The order p is read off the shape.
A mixed model, Cov = n xi(x.y / n) with xi(t) = sum_p c_p^2 t^p, is a tuple of such tensors.

Leading dimensions are seeds: couplings (*seeds, n, M) go with spins (*seeds, ..., n), or with one
spin (n,) for all seeds; couplings without seeds go with any spins (..., n). Everything is float64.
ABAC is Auffinger, Ben Arous, Cerny 2013.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import comb, factorial

import numpy as np
import torch

from lib.checks import whole_number
from lib.landscapes.complexity import goe_density, semicircle_share

Couplings = (
    torch.Tensor | tuple[torch.Tensor, ...]
)  # of a pure model, or of the parts of a mixed one

# --- couplings ---------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _multisets(n, degree):
    """All multisets of 0..n-1 of a size, each sorted, (count, degree), ordered by largest member first.

    In this order the position of i_1 <= ... <= i_d is sum_r C(i_r + r - 1, r), and the multisets with
    largest member m are those of size d - 1 with members <= m, each with m put behind.
    """
    if degree == 0:
        return np.zeros((1, 0), dtype=np.int64)
    smaller = _multisets(n, degree - 1)
    counts = [comb(i + degree - 1, degree - 1) for i in range(n)]
    rows = np.concatenate([np.arange(c) for c in counts])
    return np.concatenate([smaller[rows], np.repeat(np.arange(n), counts)[:, None]], 1)


def _positions(members, n):
    """Position among the multisets of each row of `members` (..., degree), in any order."""
    members = np.sort(members, -1)
    total = np.zeros(members.shape[:-1], dtype=np.int64)
    for r in range(1, members.shape[-1] + 1):
        total += np.array([comb(i + r - 1, r) for i in range(n)])[members[..., r - 1]]
    return total


def _factorials(members):
    """Product of the factorials of the multiplicities of each sorted row, as float64."""
    run, total = np.ones(len(members)), np.ones(len(members))
    for r in range(1, members.shape[-1]):
        run = np.where(members[:, r] == members[:, r - 1], run + 1, 1)
        total = total * run
    return total


@lru_cache(maxsize=16)
def _derivative(n, degree):
    """For monomials of `degree` - 1 in each variable k: position of x_k times it, and x_k's power there.

    A polynomial sum_a c_a x^a of that degree has dP/dx_k = sum_b power[k, b] c[position[k, b]] x^b.
    Both (n, M).
    """
    lower = _multisets(n, degree - 1)
    k = np.arange(n)[:, None]
    grown = np.concatenate(
        [
            np.broadcast_to(lower, (n, *lower.shape)),
            np.broadcast_to(k[..., None], (n, len(lower), 1)),
        ],
        -1,
    )
    power = (lower[None] == k[..., None]).sum(-1) + 1.0
    return torch.from_numpy(_positions(grown, n)), torch.from_numpy(power)


@lru_cache(maxsize=16)
def _factors(n, degree):
    """Positions of a monomial's two factors: the monomial of degree - 1 and the largest variable."""
    members = _multisets(n, degree)
    return torch.from_numpy(_positions(members[:, :-1], n)), torch.from_numpy(members[:, -1].copy())


def monomials(spins: torch.Tensor, degree: int) -> torch.Tensor:
    """All monomials of a degree, (..., C(n+degree-1, degree)) from spins (..., n).

    Ordered by the largest variable, then the next: x_0^2, x_0 x_1, x_1^2, x_0 x_2, ...

    >>> monomials(torch.tensor([2.0, 3.0, 5.0], dtype=torch.float64), 2).tolist()
    [4.0, 6.0, 9.0, 10.0, 15.0, 25.0]
    """
    return _monomials(spins[..., None], degree)[..., 0]


def _monomials(columns, degree):
    """The same for spins that stand in columns (..., n, spins): a gather moves whole rows of memory."""
    if degree == 0:
        return torch.ones_like(columns[..., :1, :])
    n, values = columns.shape[-2], columns
    for d in range(2, degree + 1):
        smaller, largest = _factors(n, d)
        if columns.requires_grad:
            values = values.index_select(-2, smaller) * columns.index_select(-2, largest)
        else:  # the same product, a third of the time
            pair = ((values, smaller), (columns, largest))
            taken = [np.take(v.numpy(), where.numpy(), -2) for v, where in pair]
            values = torch.from_numpy(np.multiply(*taken, out=taken[0]))
    return values


@lru_cache(maxsize=16)
def _spread(n, p):
    """Standard deviation n^(-(p-1)/2) sqrt(p!/a!) of the coefficient of each monomial x^a of H."""
    return np.sqrt(factorial(p) / _factorials(_multisets(n, p))) * float(n) ** (-(p - 1) / 2)


def _draw(n, p, rng):
    """Couplings (n, M) from one normal number for each monomial of H."""
    spread = _spread(n, p)
    position, power = _derivative(n, p)
    return power * torch.from_numpy(spread * rng.standard_normal(len(spread)))[position]


def couplings(n: int, p: int, seed: int | list[int]) -> torch.Tensor:
    """Random couplings of the pure p-spin model in n spins, (n, M), M = C(n+p-2, p-1).

    The symmetric form of iid N(0, 1) entries J (see the head of this module), drawn as such: the
    sum of the p!/a! entries that multiply one monomial x^a is one normal number of that variance.
    seed: a whole number, or a sequence of them: then (len(seed), n, M), one draw each.
    Raises ValueError for n < 2 and p < 2.

    >>> couplings(4, 3, 0).shape, couplings(4, 3, [0, 1]).shape
    (torch.Size([4, 10]), torch.Size([2, 4, 10]))
    """
    n, p = whole_number("n", n, 2), whole_number("p", p, 2)
    if np.ndim(seed):
        return torch.stack([couplings(n, p, int(s)) for s in seed])
    return _draw(n, p, np.random.default_rng(seed))


def mixed_couplings(
    n: int, covariance: dict[int, float], seed: int | list[int]
) -> tuple[torch.Tensor, ...]:
    """Couplings of a mixed model, Cov H(x) H(y) = n xi(x.y / n), xi(t) = sum_p covariance[p] t^p: a tuple.

    covariance: {p: c_p^2}, p >= 1 (p = 1 is a random field), weights positive. Every function that
    takes couplings takes the tuple. seed: as in `couplings`.
    Raises ValueError for n < 2, p < 1, a weight that is not positive.

    >>> [tuple(c.shape) for c in mixed_couplings(4, {1: 0.5, 3: 0.5}, 0)]
    [(4, 1), (4, 10)]
    """
    n = whole_number("n", n, 2)
    if not covariance or not all(weight > 0 for weight in covariance.values()):
        raise ValueError("covariance must be {p: weight} with positive weights, one or more")
    if np.ndim(seed):
        draws = [mixed_couplings(n, covariance, int(s)) for s in seed]
        return tuple(torch.stack(parts) for parts in zip(*draws, strict=True))
    rng = np.random.default_rng(seed)
    return tuple(w**0.5 * _draw(n, whole_number("p", p, 1), rng) for p, w in covariance.items())


def from_tensor(tensor: torch.Tensor) -> torch.Tensor:
    """Couplings (..., n, M) of a given tensor of order p >= 2, symmetric or not: (n, n, ..., n).

    Raises ValueError unless all sides are equal and at least 2.

    >>> identity, ones = torch.eye(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)
    >>> round(float(energy(from_tensor(identity), ones)), 6)
    0.707107
    """
    n, p = len(tensor) if tensor.ndim else 0, tensor.ndim
    if p < 2 or n < 2 or set(tensor.shape) != {n}:
        raise ValueError(
            f"tensor must be (n, ..., n) of order 2 or more, got {tuple(tensor.shape)}"
        )
    where = _positions(np.indices(tensor.shape).reshape(p, -1).T, n)
    sums = np.bincount(where, tensor.flatten().to(torch.float64).numpy())
    position, power = _derivative(n, p)
    return power * torch.from_numpy(sums * float(n) ** (-(p - 1) / 2))[position]


def to_tensor(couplings: torch.Tensor) -> torch.Tensor:
    """The symmetric tensor J (n, n, ..., n) of couplings (n, M) without seeds, the inverse of `from_tensor`.

    H = n^(-(p-1)/2) sum J x ... x; n^p entries. Raises ValueError for a wrong shape.
    """
    n, p = _orders(couplings)[1][0]
    if couplings.ndim != 2:
        raise ValueError(f"couplings must be (n, M) here, got {tuple(couplings.shape)}")
    where = _positions(np.indices((n,) * (p - 1)).reshape(p - 1, -1).T, n)
    orders = _factorials(_multisets(n, p - 1)) / factorial(p) * float(n) ** ((p - 1) / 2)
    return (couplings * torch.from_numpy(orders))[:, torch.from_numpy(where)].reshape((n,) * p)


# --- energy, gradient, Hessian --------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _order(n, count):
    """The p whose couplings have `count` monomials in n variables; None if there is none."""
    p = 1
    while comb(n + p - 2, p - 1) < count:
        p += 1
    return p if comb(n + p - 2, p - 1) == count else None


def _orders(couplings):
    """The parts of a model, and (n, p) of each; ValueError for what cannot be couplings."""
    parts = couplings if isinstance(couplings, (tuple, list)) else (couplings,)
    found = []
    for part in parts:
        if not torch.is_tensor(part) or part.dtype != torch.float64:
            raise ValueError("couplings must be float64 tensors")
        ok = part.ndim >= 2 and part.shape[-2] >= 2
        p = _order(*part.shape[-2:]) if ok else None
        if p is None or part.shape[:-1] != parts[0].shape[:-1]:
            raise ValueError(
                f"couplings must be (..., n, C(n+p-2, p-1)) as `couplings` makes them, got {tuple(part.shape)}"
            )
        found.append((part.shape[-2], p))
    if not found:
        raise ValueError("couplings must hold one part or more")
    return parts, found


def _columns(parts, spins):
    """Spins as (*seeds, n, spins) columns, and the shape (...) to give results back in."""
    seeds, n = parts[0].shape[:-2], parts[0].shape[-2]
    if not torch.is_tensor(spins) or spins.dtype != torch.float64:
        raise ValueError("spins must be a float64 tensor")
    if spins.ndim == 0 or spins.shape[-1] != n:
        raise ValueError(f"spins must be (..., {n}) as the couplings ask, got {tuple(spins.shape)}")
    if spins.ndim == 1:
        return spins.expand(*seeds, 1, n).mT, seeds
    if spins.shape[: len(seeds)] != seeds or spins.ndim == len(seeds):
        raise ValueError(
            f"spins must be ({n},) or ({', '.join(map(str, seeds))}, ..., {n}), "
            f"as the couplings' seeds ask, got {tuple(spins.shape)}"
        )
    shape = spins.shape[:-1]
    return spins.reshape(*seeds, -1, n).mT.contiguous(), shape


def _multiply(a, b):
    """a @ b; through numpy's BLAS, faster for these shapes, unless autograd has to see it.

    In pieces of a million products: so far OpenBLAS reads matrices where they lie, beyond it copies them first,
    which costs more than the few columns do (100 spins: two thirds of the time, with four starts left a third).
    """
    if a.requires_grad or b.requires_grad:
        return a @ b
    a, b = a.numpy(), b.numpy()
    pieces = -(-a.shape[-2] * a.shape[-1] * b.shape[-1] // 10**6)
    piece = -(-a.shape[-1] // max(1, pieces))
    found = a[..., :piece] @ b[..., :piece, :]
    for k in range(piece, a.shape[-1], piece):
        found += a[..., k : k + piece] @ b[..., k : k + piece, :]
    return torch.from_numpy(found)


def _ambient(couplings, spins):
    """For each part p of the model its gradient in space, (..., n): pairs (p, gradient)."""
    parts, orders = _orders(couplings)
    columns, shape = _columns(parts, spins)
    found = []
    for part, (n, p) in zip(parts, orders, strict=True):
        rows = _multiply(part, _monomials(columns, p - 1))
        found.append((p, rows.mT.reshape(*shape, n)))
    return found


def _on_the_sphere(spins):
    """ValueError unless every spin vector has |x|^2 = n; shapes are checked elsewhere."""
    if spins.ndim and not ((spins.square().mean(-1) - 1).abs() < 1e-6).all():
        raise ValueError("spins must lie on the sphere |x|^2 = n; `to_sphere` moves them there")


def energy(couplings: Couplings, spins: torch.Tensor) -> torch.Tensor:
    """Energy per spin H/n, (...), at spins (..., n) on the sphere |x|^2 = n.

    H = x . grad / p for each part. Mean 0, variance 1/n at a fixed spin. Raises ValueError for
    shapes that do not fit and spins off the sphere, as all functions of spins here do.
    """
    parts = _ambient(couplings, spins)
    _on_the_sphere(spins)
    total = sum(g / p for p, g in parts)
    return (total * spins).sum(-1) / spins.shape[-1]


def radial_derivative(couplings: Couplings, spins: torch.Tensor) -> torch.Tensor:
    """x . grad H / n, (...): p u for a pure model; it shifts the Hessian's spectrum by minus itself."""
    total = sum(g for _, g in _ambient(couplings, spins))
    _on_the_sphere(spins)
    return (total * spins).sum(-1) / spins.shape[-1]


def gradient(couplings: Couplings, spins: torch.Tensor) -> torch.Tensor:
    """Gradient of H on the sphere: tangent vectors (..., n) at spins (..., n).

    P grad H, P = I - x x^T / |x|^2. Raises ValueError as `energy` does.
    """
    slope = _gradient(couplings, spins)
    _on_the_sphere(spins)
    return slope


def _gradient(couplings, spins):
    """`gradient` of spins that are known to lie on the sphere, as in a loop."""
    total = sum(g for _, g in _ambient(couplings, spins))
    radial = (total * spins).sum(-1, keepdim=True) / spins.square().sum(-1, keepdim=True)
    return total - radial * spins


def _second_derivatives(couplings):
    """For each part its (p, coefficients (..., n n, M')) of the second derivatives; p = 1 has none."""
    found = []
    for part, (n, p) in zip(*_orders(couplings), strict=True):
        if p > 1:
            position, power = _derivative(n, p - 1)
            second = part[..., position.flatten()] * power.flatten()
            # (..., k, (l, b)) -> (..., (k, l), b)
            second = second.reshape(*part.shape[:-2], n * n, position.shape[1])
            found.append((p, second))
    return found


def _on_sphere(matrix, spins, gradient):
    """P Q P - (x . g / n) P from the matrix Q of second derivatives (..., n, n) in space, g in space."""
    size = spins.square().sum(-1)
    y = spins / size.sqrt()[..., None]
    rho = (gradient * spins).sum(-1, keepdim=True) / size[..., None]
    along = (matrix @ y[..., None]).squeeze(-1)
    half = along - (rho + (along * y).sum(-1, keepdim=True)) / 2 * y
    outer = half[..., None] * y[..., None, :]
    result = (matrix - outer).sub_(outer.mT)
    result.diagonal(dim1=-2, dim2=-1).sub_(rho)
    return result


def sphere_hessian(couplings: Couplings, spins: torch.Tensor) -> torch.Tensor:
    """Hessian of H on the sphere of radius sqrt(n), (..., n, n), at spins (..., n).

    P (d2H - (x . grad H / n) I) P: rows and columns along the radius are zero, so index and spectrum
    are those of the other n - 1 eigenvalues. Raises ValueError as `energy` does.
    """
    parts, _ = _orders(couplings)
    columns, shape = _columns(parts, spins)
    n = parts[0].shape[-2]
    total = sum(g for _, g in _ambient(couplings, spins))
    _on_the_sphere(spins)
    matrix = total.new_zeros((*shape, n, n))
    for p, second in _second_derivatives(couplings):
        entries = _multiply(second, _monomials(columns, p - 2))
        matrix = matrix + entries.mT.reshape(*shape, n, n)
    return _on_sphere(matrix, spins.expand(*shape, n), total)


def index(couplings: Couplings, spins: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Number of negative eigenvalues of the Hessian on the sphere, int64 (...), and its eigenvalues (..., n-1).

    The eigenvalue 0 along the radius is moved out of the way and left out. Ascending.
    """
    matrix = sphere_hessian(couplings, spins)
    y = spins / spins.square().sum(-1, keepdim=True).sqrt()
    bound = matrix.abs().sum(-1).amax(-1)[..., None, None] + 1
    values = torch.linalg.eigvalsh(matrix + bound * y[..., None] * y[..., None, :])[..., :-1]
    return (values < 0).sum(-1), values


@dataclass(frozen=True)
class IndexLaw:
    """Energy u, radial derivative rho and index at the critical points of a model; see `index_law`."""

    radius: float
    energy_given_radial: float
    spread_of_energy: float
    radial_given_energy: float
    spread_of_radial: float
    ordinary_slope: float

    def index_at_radial(self, rho: torch.Tensor) -> torch.Tensor:
        """F_sc(rho / R), R = 2 sqrt(xi''): share of negative eigenvalues at radial derivative rho."""
        return semicircle_share(rho / self.radius)

    def index_at_energy(self, u: torch.Tensor) -> torch.Tensor:
        """F_sc(K u / R): the same at the typical radial derivative K u of critical points of energy u."""
        return semicircle_share(self.radial_given_energy * u / self.radius)


def index_law(covariance: dict[int, float]) -> IndexLaw:
    """The index law of H with Cov = n xi(x.y/n), xi(t) = sum_p covariance[p] t^p, large n.

    Derived here; in flat space it is Bray and Dean 2007. With xi, xi', xi'' at t = 1, u = H/n and
    rho = x . grad H / n: at any point (u, rho) is Gaussian with covariance (1/n) [[xi, xi'],
    [xi', xi' + xi'']], independent of the Hessian's GOE part of radius R = 2 sqrt(xi''), which rho shifts.

        radius               R
        energy_given_radial  xi'/(xi' + xi''): mean of u / rho, at any point and so at critical ones
        spread_of_energy     sqrt(D / (xi' + xi'')), D = xi (xi' + xi'') - xi'^2: sqrt(n) x sd of u at given rho
        radial_given_energy  K = 2 xi' xi'' / (xi xi'' - xi xi' + xi'^2): rho / u at critical points, mean
        spread_of_radial     sqrt(2 xi'' D / (2 xi xi'' - D)): sqrt(n) x sd of rho at given u there
        ordinary_slope       xi'/xi: the mean of rho / u at points that are not critical

    K differs from the ordinary slope because |det Hessian| favours small |rho|; it holds for |rho| <= R.
    A pure model has D = 0 and rho = p u. Raises ValueError if xi'' = 0 or a weight is not positive.
    """
    if not covariance or not all(weight > 0 for weight in covariance.values()):
        raise ValueError("covariance must be {p: weight} with positive weights, one or more")
    xi, first, second = (
        sum(weight * factor(p) for p, weight in covariance.items())
        for factor in (lambda p: 1, lambda p: p, lambda p: p * (p - 1))
    )
    if not second > 0:
        raise ValueError("covariance must hold a p >= 2, else there is one minimum and one maximum")
    loose = max(xi * (first + second) - first**2, 0.0)
    return IndexLaw(
        radius=2 * second**0.5,
        energy_given_radial=first / (first + second),
        spread_of_energy=(loose / (first + second)) ** 0.5,
        radial_given_energy=2 * first * second / (xi * second - xi * first + first**2),
        spread_of_radial=(2 * second * loose / (2 * xi * second - loose)) ** 0.5,
        ordinary_slope=first / xi,
    )


def critical_moments(covariance: dict[int, float], n: int) -> tuple[float, float, float]:
    """All critical points at finite n: (expected number, slope of rho on u, spread of rho at given u).

    Derived here. With x = rho / sqrt(2 xi'') and the density rho_n of `goe_density`,

        number = 2 (xi''/xi')^((n-1)/2) sqrt(2 xi''/(xi' + xi''))
                 int rho_n(x) exp(-n x^2 (xi''/(xi' + xi'') - 1/2)) dx,

    and at given rho the energy is Gaussian. slope: E[u rho] / E[u^2], the fit through the origin that
    tends to K of `index_law`; spread: sqrt(E[rho^2] - E[u rho]^2 / E[u^2]), standard deviation of one point.
    For a pure model the number is that of ABAC. Raises ValueError as `index_law` does, and for n < 2.

    >>> number, slope, _ = critical_moments({3: 1.0}, 2)
    >>> round(number, 3), round(slope, 6)
    (5.292, 3.0)
    """
    law, n = index_law(covariance), whole_number("n", n, 2)
    second = law.radius**2 / 4
    both = sum(weight * p * p for p, weight in covariance.items())  # xi' + xi''
    x = np.linspace(-1, 1, 8001) * min((1399 / n) ** 0.5, 7.0)
    density = goe_density(x, n) * np.exp(-n * x**2 * (second / both - 0.5))
    total = np.trapezoid(density, x)
    radial = 2 * second * np.trapezoid(density * x**2, x) / total
    cross = law.energy_given_radial * radial
    energies = law.energy_given_radial * cross + law.spread_of_energy**2 / n
    number = 2 * (second / (both - second)) ** ((n - 1) / 2) * (2 * second / both) ** 0.5 * total
    return (
        float(number),
        float(cross / energies),
        float(max(radial - cross**2 / energies, 0) ** 0.5),
    )


def circle_count(couplings: Couplings, grid: int = 720) -> torch.Tensor:
    """Critical points on the circle (n = 2), counted: sign changes of the derivative on a grid, (*seeds).

    An oracle for `expected_critical_points`: H on the circle is a stationary process of covariance
    2 cos^p, so Rice's formula gives the mean 2 sqrt(3p - 2) exactly. Pairs of points closer than the
    grid's 2 pi / `grid` are missed. Raises ValueError unless n = 2.
    """
    parts, orders = _orders(couplings)
    if orders[0][0] != 2:
        raise ValueError(f"couplings must be of n = 2 spins, got n = {orders[0][0]}")
    t = torch.arange(grid, dtype=torch.float64) * (2 * np.pi / grid)
    tangent = torch.stack([-t.sin(), t.cos()], -1)
    spins = (2**0.5 * torch.stack([t.cos(), t.sin()], -1)).expand(*parts[0].shape[:-2], -1, -1)
    rising = (gradient(couplings, spins) * tangent).sum(-1) > 0
    return (rising != rising.roll(1, -1)).sum(-1)


# --- moving on the sphere ---------------------------------------------------------------------------------


def to_sphere(points: torch.Tensor) -> torch.Tensor:
    """Points (..., n) moved along the radius to the sphere |x|^2 = n."""
    n = points.shape[-1]
    return points * (n**0.5 / torch.linalg.vector_norm(points, dim=-1, keepdim=True))


def random_spins(n: int, shape: tuple[int, ...], rng: np.random.Generator) -> torch.Tensor:
    """Uniform on the sphere, (*shape, n), from a numpy generator."""
    return to_sphere(torch.from_numpy(rng.standard_normal((*shape, n))))
