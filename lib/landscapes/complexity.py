"""Complexity of the spherical p-spin glass: bands, energy against index, expected numbers of points.

Closed forms and random-matrix expectations; the model itself is in `lib.spin_glass`. Energies are per spin, u = H/n, and n is the number of spins.
ABAC is Auffinger, Ben Arous, Cerny 2013 (arXiv:1003.1129), "Random matrices and complexity of spin glasses".
"""

from itertools import combinations

import numpy as np
import torch

from lib.checks import whole_number

Number = float | np.ndarray | torch.Tensor  # answered in kind


def _like(value, result):
    """A float where a float came in."""
    return result if isinstance(value, (torch.Tensor, np.ndarray, list, tuple)) else float(result)


# --- complexity and bands: large n -----------------------------------------------------------------


def threshold_energy(p: int) -> float:
    """E_infinity = 2 sqrt((p-1)/p): minus this is the energy where minima give way to saddles.

    ABAC, equation for E_inf (recalled). At a critical point of energy u the Hessian has a negative
    eigenvalue of its bulk if and only if u > -E_infinity. Raises ValueError for p < 2.

    >>> round(threshold_energy(3), 8)
    1.63299316
    """
    p = whole_number("p", p, 2)
    return 2 * ((p - 1) / p) ** 0.5


def _edge_cost(u, p):
    """I_1(u) = (2/E^2) int_u^{-E} sqrt(z^2 - E^2) dz for u <= -E, else 0: cost of one eigenvalue beyond the bulk.

    With cosh t = -u/E it is (sinh 2t - 2t)/2, which loses no digits near the edge except below
    t = 0.01, where the series takes over.
    """
    t = torch.acosh((-u / threshold_energy(p)).clamp(min=1))
    series = t**3 * (2 / 3 + t**2 * (2 / 15 + t**2 * 4 / 315))
    return torch.where(t < 1e-2, series, (torch.sinh(2 * t) - 2 * t) / 2)


def complexity(u: Number, p: int, index: int | None = None) -> Number:
    """Theta_p(u), or Theta_{k,p}(u) for index k: growth rate of the number of critical points.

    lim (1/n) log E(number of critical points, of index k, with energy H/n <= u). ABAC, theorems 2.5,
    2.8 (recalled); E = E_infinity, I_1 the cost of an eigenvalue beyond the bulk (0 for u >= -E):

        Theta_p     = 1/2 log(p-1) - (p-2)/(4(p-1)) u^2 - I_1(u),   u <= 0;   1/2 log(p-1),  u >= 0
        Theta_{k,p} = 1/2 log(p-1) - (p-2)/(4(p-1)) u^2 - (k+1) I_1(u),  u <= -E;  constant above

    The formula, not clipped: below -band_edge(p, k) it is negative. u: number or (...), energy per spin;
    returns the same shape. Raises ValueError for p < 2 and index < 0.

    >>> round(complexity(-threshold_energy(3), 3, index=0), 8)
    0.01324026
    """
    p = whole_number("p", p, 2)
    energy = torch.as_tensor(u, dtype=torch.float64)
    if index is None:
        bulk, times = energy.clamp(max=0), 1
    else:
        bulk, times = energy.clamp(max=-threshold_energy(p)), whole_number("index", index, 0) + 1
    gauss = (p - 2) / (4 * (p - 1)) * bulk.square()
    return _like(u, np.log(p - 1) / 2 - gauss - times * _edge_cost(energy, p))


def band_edge(p: int, k: int) -> float:
    """E_k > E_infinity: no critical point of index k or more lies below -E_k, for large n.

    The root x of Theta_{k,p}(-x) = 0 (ABAC, theorem 2.14, recalled): E_0 > E_1 > ... -> E_infinity,
    and -E_0 is the ground state. With x = E cosh t it solves
    (p-2)/p cosh(t)^2 + (k+1)(sinh 2t - 2t)/2 = 1/2 log(p-1). Energy per spin.
    Raises ValueError for p < 3 (p = 2 has 2n critical points and no band) and for k < 0.

    >>> round(band_edge(3, 0), 8), round(band_edge(3, 1), 8)
    (1.65699836, 1.6528732)
    """
    from scipy.optimize import brentq

    p, k = whole_number("p", p, 3), whole_number("k", k, 0)

    def excess(t):
        cost = np.sinh(2 * t) / 2 - t if t > 1e-2 else t**3 * (2 / 3 + t**2 * 2 / 15)
        return (p - 2) / p * np.cosh(t) ** 2 + (k + 1) * cost - np.log(p - 1) / 2

    return threshold_energy(p) * float(np.cosh(brentq(excess, 0, 5, xtol=1e-14, rtol=1e-14)))


def ground_state_energy(p: int) -> float:
    """Ground state of the p-spin glass by one-step replica symmetry breaking, as minus energy per spin.

    1/2 min over L > a > 0 of p L - (p-1) a + (1/a) log(L/(L-a)) (recalled). The minimum over L at fixed
    q = a/L is explicit, which leaves min over q of sqrt((p - (p-1) q) (-log(1-q)) / q).
    It shares nothing with `band_edge`, and equals band_edge(p, 0). Raises ValueError for p < 3.

    >>> round(ground_state_energy(3), 10)
    1.6569983635
    """
    from scipy.optimize import minimize_scalar

    p = whole_number("p", p, 3)

    def squared(s):  # s = -log(1 - q)
        q = -np.expm1(-s)
        return (p - (p - 1) * q) * s / q

    found = minimize_scalar(squared, bounds=(1e-3, 30), options={"xatol": 1e-10})
    return float(found.fun) ** 0.5


def semicircle_share(t: Number) -> Number:
    """Share of Wigner's semicircle on [-1, 1] that lies below t: 1/2 + (t sqrt(1-t^2) + arcsin t)/pi.

    >>> semicircle_share(0.0), semicircle_share(-3.0)
    (0.5, 0.0)
    """
    x = torch.as_tensor(t, dtype=torch.float64).clamp(-1, 1)
    return _like(t, 0.5 + (x * (1 - x * x).sqrt() + x.asin()) / np.pi)


def index_share(u: Number, p: int) -> Number:
    """Share of negative Hessian eigenvalues at a critical point of energy u, large n: F_sc(u / E_infinity).

    The Hessian there is a GOE matrix of radius 2 sqrt(p(p-1)) minus p u times the identity
    (ABAC; as a law for random fields: Bray and Dean 2007). u: number or (...), energy per spin.
    Raises ValueError for p < 2.

    >>> index_share(0.0, 3), index_share(-2.0, 3)
    (0.5, 0.0)
    """
    e = threshold_energy(p)
    return _like(u, semicircle_share(torch.as_tensor(u, dtype=torch.float64) / e))


def minimum_share(s: np.ndarray | list) -> np.ndarray:
    """Share of minima among all critical points at energy -E_infinity (1 + s / (2 n^(2/3))), n -> infinity.

    The edge of the GOE (derived here): among critical points of one energy the index k has the share
    rho_k / sum_j rho_j of the k-th eigenvalue's density, whatever p is. At the edge that is F_1'(s) / rho(s) with
    F_1(s) = det(1 - Ai(x + y + s)) on L2(0, inf) (Ferrari, Spohn 2005, recalled) and
    rho(s) = Ai'(s)^2 - s Ai(s)^2 + 1/2 Ai(s) (1 - int_s^inf Ai). s: numbers (points,); returns an array.
    Raises ValueError outside -6 <= s <= 4, where quadrature loses its digits.

    >>> minimum_share([0.0]).round(4).tolist()
    [0.9789]
    """
    from scipy.special import airy, itairy

    s = np.asarray(s, dtype=np.float64)
    if not ((s >= -6) & (s <= 4)).all():
        raise ValueError("s must lie in [-6, 4]")
    nodes, weights = np.polynomial.legendre.leggauss(80)
    x, w = 8 * (nodes + 1), 8 * weights
    value, slope, *_ = airy(x[:, None] + x + s[..., None, None])
    root = np.sqrt(w[:, None] * w)
    kernel = np.eye(len(x)) - root * value
    falls = np.trace(np.linalg.solve(kernel, root * slope), axis1=-2, axis2=-1)
    ai, ai_slope, *_ = airy(s)
    rising, _, falling, _ = itairy(np.abs(s))
    beyond = 1 / 3 + np.where(s < 0, falling, -rising)
    density = ai_slope**2 - s * ai**2 + ai * (1 - beyond) / 2
    return -np.linalg.det(kernel) * falls / density


# --- numbers of critical points: finite n --------------------------------------------------------------


def tridiagonal_eigenvalues(
    diagonal: np.ndarray, squares: np.ndarray, indices: list[int]
) -> np.ndarray:
    """Eigenvalues of many symmetric tridiagonal matrices, by bisection on Sturm counts.

    diagonal: (samples, n); squares: squared off-diagonal entries (samples, n-1); indices: which,
    0 for the smallest. Arrays; returns (samples, len(indices)), right to about 1e-13 of the spread.
    Every count runs over all matrices at once.
    """
    a, b = np.ascontiguousarray(diagonal.T), np.ascontiguousarray(squares.T)
    n = len(a)
    radius = np.zeros_like(a)
    radius[1:] += np.sqrt(b)
    radius[:-1] += np.sqrt(b)
    low = np.repeat((a - radius).min(0)[None], len(indices), 0)
    high = np.repeat((a + radius).max(0)[None], len(indices), 0)
    wanted = np.asarray(indices)[:, None]
    with np.errstate(divide="ignore", over="ignore"):
        for _ in range(50):
            middle = (low + high) / 2
            pivot = a[0] - middle
            below = (pivot < 0).astype(np.int64)
            for i in range(1, n):
                np.divide(b[i - 1], pivot, out=pivot)
                np.subtract(a[i] - middle, pivot, out=pivot)
                below += pivot < 0
            more = below > wanted
            high, low = np.where(more, middle, high), np.where(more, low, middle)
    return ((low + high) / 2).T


def critical_point_sample(
    n: int, p: int, index: int, *, samples: int, seed: int | list[int]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Energies (samples,) and weights (samples,): mean(weights) estimates the number of critical points.

    Finite n, exact (ABAC, theorems 2.1, 2.2, recalled, constants verified here by p = 2, by counting
    and by Morse's alternating sum): with lambda_0 <= lambda_1 <= ... the eigenvalues of the GOE whose
    semicircle ends at +-sqrt 2,

        E #{critical points of index k with H/n in B}
            = 2 sqrt(2/p) (p-1)^(n/2) E[ exp(-n (p-2)/(2p) lambda_k^2) 1{sqrt(2(p-1)/p) lambda_k in B} ],

    index k = 0..n-1. GOE eigenvalues come from the tridiagonal model (Dumitriu, Edelman 2002). The weight
    favours lambda_k nearer to 0 than usual, so the diagonal's mean is moved that way, by the first-order
    amount, and the weights carry the exact correction.
    Weighted means over the sample are means over critical points; see `weighted_mean`.
    Raises ValueError for n < 2, p < 2, index outside 0..n-1, samples < 2.
    """
    n, p, samples = (
        whole_number("n", n, 2),
        whole_number("p", p, 2),
        whole_number("samples", samples, 2),
    )
    if whole_number("index", index, 0) >= n:
        raise ValueError(f"index must lie in 0..{n - 1}, got {index}")
    rng = np.random.default_rng(seed)
    decay = n * (p - 2) / (2 * p)
    freedom = np.arange(n - 1, 0, -1)
    values, vectors = np.linalg.eigh(np.diag((freedom / (2 * n)) ** 0.5, 1), UPLO="U")
    moved = -2 * decay * values[index] * vectors[:, index] ** 2 / n
    diagonal = rng.standard_normal((samples, n)) / n**0.5 + moved
    squares = rng.chisquare(freedom, (samples, n - 1)) / (2 * n)
    (eigenvalue,) = tridiagonal_eigenvalues(diagonal, squares, [int(index)]).T
    correction = n * (moved**2 / 2 - diagonal * moved).sum(1)
    log_prefactor = np.log(2) + np.log(2 / p) / 2 + n / 2 * np.log(p - 1)
    weights = np.exp(log_prefactor - decay * eigenvalue**2 + correction)
    energies = (2 * (p - 1) / p) ** 0.5 * eigenvalue
    return torch.from_numpy(energies), torch.from_numpy(weights)


def expected_critical_points(
    n: int, p: int, index: int, *, samples: int, seed: int | list[int]
) -> tuple[float, float]:
    """Expected number of critical points of a given index at finite n: (mean, standard error).

    The formula and the sampling of `critical_point_sample`; index = 0..n-1; `effective_sample_size` of its
    weights tells how far the standard error may be trusted. Both members of a pair +-x count.
    Raises ValueError for n < 2, p < 2, index outside 0..n-1, samples < 2.

    >>> expected_critical_points(10, 2, 3, samples=100, seed=0)
    (2.0, 0.0)
    """
    _, weights = critical_point_sample(n, p, index, samples=samples, seed=seed)
    if p == 2:
        return 2.0, 0.0  # every weight is 2: nothing random is left, not even rounding
    return float(weights.mean()), float(weights.std() / len(weights) ** 0.5)


def effective_sample_size(weights: torch.Tensor) -> float:
    """(sum w)^2 / sum w^2: so many equal weights would be as good.

    >>> effective_sample_size(torch.ones(7, dtype=torch.float64))
    7.0
    """
    return float(weights.sum().square() / weights.square().sum())


def weighted_mean(values: torch.Tensor, weights: torch.Tensor) -> tuple[float, float, float]:
    """Mean, its standard error (delta method) and standard deviation of values under weights, (samples,)."""
    share = weights / weights.sum()
    mean = (share * values).sum()
    away = (values - mean).square()
    return (
        float(mean),
        float((share.square() * away).sum().sqrt()),
        float((share * away).sum().sqrt()),
    )


# --- exact densities and rare indices: finite n -----------------------------------------------------


def hermite_functions(t: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Hermite functions phi_0..phi_n at t >= 0 (points,), and their integrals from t to infinity: (n + 1, points) each."""
    from scipy.special import erfc

    phi = np.empty((n + 1, *t.shape))
    beyond = np.empty_like(phi)
    phi[0] = np.pi**-0.25 * np.exp(-t * t / 2)
    phi[1] = 2**0.5 * t * phi[0]
    beyond[0], beyond[1] = np.pi**0.25 / 2**0.5 * erfc(t / 2**0.5), 2**0.5 * phi[0]
    for j in range(1, n):
        phi[j + 1] = ((2 / j) ** 0.5 * t * phi[j] - phi[j - 1]) * (j / (j + 1)) ** 0.5
        beyond[j + 1] = (2**0.5 * phi[j] + j**0.5 * beyond[j - 1]) / (j + 1) ** 0.5
    return phi, beyond


def goe_density(x: np.ndarray | list, n: int) -> np.ndarray:
    """Density of the eigenvalues of the n x n GOE whose semicircle ends at +-sqrt 2; it integrates to n.

    With Hermite functions phi_j at t = sqrt(n) x (Mehta, Random Matrices, recalled):

        sqrt(n) ( sum_(j<n) phi_j(t)^2 + sqrt(n/2) phi_(n-1)(t) int 1/2 sgn(t - s) phi_n(s) ds
                  + [n odd] phi_(n-1)(t) / int phi_(n-1) ).

    x: (points,); returns (points,). Raises ValueError for n < 2, and where n x^2 > 1400: there
    exp(-n x^2 / 2) underflows.

    >>> round(float(goe_density([0.0], 100)[0] * np.pi / 2**0.5), 1)
    99.8
    """
    n = whole_number("n", n, 2)
    t = np.abs(np.asarray(x, dtype=np.float64)) * n**0.5
    if not (t**2 <= 1400).all():
        raise ValueError(f"x must be finite and at most {(1400 / n) ** 0.5:.3g} for n = {n}")
    (phi, beyond), totals = hermite_functions(t, n), 2 * hermite_functions(np.zeros(1), n)[1][:, 0]
    signed = (totals[n] / 2 if n % 2 == 0 else 0.0) - beyond[n]
    density = (phi[:n] ** 2).sum(0) + (n / 2) ** 0.5 * phi[n - 1] * signed
    if n % 2:
        density = density + phi[n - 1] / totals[n - 1]
    return density * n**0.5


def log_count(u: float, n: int, p: int) -> float:
    """log of the expected number of critical points of energy <= u, all indices: exact at finite n.

    2 sqrt(2/p) (p-1)^(n/2) times the integral of exp(-n (p-2)/(2p) x^2) goe_density(x, n) up to
    x = u sqrt(p/(2(p-1))), by the trapezoidal rule. u: a number. Raises ValueError as `goe_density` does.

    >>> round(float(np.exp(log_count(4.0, 2, 3))), 3)  # all of them: Rice's 2 sqrt 7
    5.292
    """
    n, p = whole_number("n", n, 2), whole_number("p", p, 2)
    end = float(u) * (p / (2 * (p - 1))) ** 0.5
    x = np.linspace(-min((1399 / n) ** 0.5, 7.0), end, 8001)
    weighted = goe_density(x, n) * np.exp(-n * (p - 2) / (2 * p) * x**2)
    return float(
        np.log(np.trapezoid(weighted, x)) + np.log(2) + np.log(2 / p) / 2 + n / 2 * np.log(p - 1)
    )


def _log_normalisation(size, n):
    """log of the integral of prod |x_i - x_j| exp(-n/2 sum x^2) over `size` eigenvalues (Mehta, Selberg)."""
    from scipy.special import gammaln

    j = np.arange(1, size + 1)
    powers = size / 2 + size * (size - 1) / 4
    return (
        size / 2 * np.log(2 * np.pi)
        - powers * np.log(n)
        + (gammaln(1 + j / 2) - gammaln(1.5)).sum()
    )


def _tilted_goe(size, n, level, times, samples, rng):
    """Tridiagonal GOE (diagonal, squares, log weight), proposals leaning to large |det(M - level)|^times.

    Variances are those of n eigenvalues, of which `size` are drawn; the weight makes up for the tilt.
    """
    freedom = np.arange(size - 1, 0, -1)
    beside = (freedom / (2 * n)) ** 0.5
    mean = np.diag(beside, 1) + np.diag(beside, -1)
    inverse = np.linalg.inv(mean - min(level, -1.02 * 2**0.5) * np.eye(size))
    shift = times / n * np.diag(inverse)
    rate = n - times * np.diag(inverse, 1) / beside
    diagonal = rng.standard_normal((samples, size)) / n**0.5 + shift
    squares = rng.gamma(freedom / 2, size=(samples, size - 1)) / rate
    log_weight = n * (shift**2 / 2 - diagonal * shift).sum(1) + ((rate - n) * squares).sum(1)
    return diagonal, squares, log_weight - (freedom / 2 * np.log(rate / n)).sum()


def log_index_count(
    u: float,
    n: int,
    p: int,
    index: int,
    *,
    samples: int,
    rng: np.random.Generator,
    nodes: int = 40,
) -> float:
    """log of the expected number of critical points of one index with energy <= u, for rare indices.

    The k + 1 lowest eigenvalues y_0 < .. < y_k of the GOE are planted by quadrature, the other n - k - 1
    are drawn (derived here from the joint density of GOE eigenvalues; exact but for quadrature and sampling):

        E #{index k, H/n <= u} = 2 sqrt(2/p) (p-1)^(n/2) int exp(-n (p-2)/(2p) y_k^2) f(y_0, .., y_k) dy,
        f = n!/(n-k-1)! Z_(n-k-1)/Z_n prod |y_i - y_j| exp(-n/2 sum y^2) E[prod |det(y_j - M)| 1{M > y_k}].

    One Sturm recurrence gives determinant and sign. Meant for u below the threshold, where `critical_point_sample`
    finds nothing; above it few samples count. Raises ValueError for n < k + 3, p < 3, samples < 2, u >= 0.
    """
    p, k = whole_number("p", p, 3), whole_number("index", index, 0)
    n, samples = whole_number("n", n, k + 3), whole_number("samples", samples, 2)
    if not u < 0:
        raise ValueError(f"u must be negative, got {u}")
    scale = (2 * (p - 1) / p) ** 0.5
    level = u / scale
    wide = np.linspace(0, 2, 4001)
    cost = _edge_cost(torch.from_numpy(scale * (level - wide)), p).numpy()
    window = wide[np.searchsorted(n * (cost - cost[0]), 12)]
    y = level - window * ((np.arange(nodes) + 0.5) / nodes)[::-1] ** 2
    widths = 2 * np.sqrt(window * (level - y)) / nodes
    diagonal, squares, log_weight = _tilted_goe(n - k - 1, n, level, k + 1, samples, rng)
    pivot = diagonal[:, :1] - y
    below, size = pivot < 0, np.log(np.abs(pivot))
    for i in range(1, n - k - 1):
        pivot = diagonal[:, i : i + 1] - y - squares[:, i - 1 : i] / pivot
        below, size = below | (pivot < 0), size + np.log(np.abs(pivot))
    planted = np.array(list(combinations(range(nodes), k + 1))).T
    terms = size[:, planted].sum(1) + log_weight[:, None]
    terms[below[:, planted[-1]]] = -np.inf
    measure = np.log(widths[planted]).sum(0) - n / 2 * (y[planted] ** 2).sum(0)
    for first, second in combinations(planted, 2):
        measure = measure + np.log(y[second] - y[first])
    terms += measure - n * (p - 2) / (2 * p) * y[planted[-1]] ** 2
    constant = np.log(np.arange(n - k, n + 1)).sum()
    constant += _log_normalisation(n - k - 1, n) - _log_normalisation(n, n)
    constant += np.log(2) + np.log(2 / p) / 2 + n / 2 * np.log(p - 1)
    top = terms.max()
    return float(np.log(np.exp(terms - top).sum() / samples) + top + constant)


# --- the index at a given energy: finite n ----------------------------------------------------------


def eigenvalue_counts(
    levels: np.ndarray | list, n: int, samples: int, rng: np.random.Generator
) -> np.ndarray:
    """Numbers of GOE eigenvalues below levels, int64 (samples, levels); the semicircle ends at +-1 here.

    In units of E_infinity a level is an energy, u / E_infinity, whatever p is: the spins' order only
    weights energies (ABAC, theorem 2.2). One pass of Sturm's recurrence over the tridiagonal GOE.
    levels: rising (levels,). Raises ValueError for levels that do not rise, n < 2, samples < 2.
    """
    n, samples = whole_number("n", n, 2), whole_number("samples", samples, 2)
    levels = np.asarray(levels, dtype=np.float64)
    if levels.ndim != 1 or not (np.diff(levels) > 0).all():
        raise ValueError("levels must be rising numbers (levels,)")
    freedom = np.arange(n - 1, 0, -1)
    diagonal = rng.standard_normal((samples, n)) / (2 * n) ** 0.5
    squares = rng.chisquare(freedom, (samples, n - 1)) / (4 * n)
    pivot = diagonal[:, :1] - levels
    below = (pivot < 0).astype(np.int64)
    with np.errstate(divide="ignore", over="ignore"):
        for i in range(1, n):
            pivot = diagonal[:, i : i + 1] - levels - squares[:, i - 1 : i] / pivot
            below += pivot < 0
    return below


def points_of_index(counts: np.ndarray, index: int) -> np.ndarray:
    """Which samples hold their eigenvalue `index` between neighbouring levels, bool (samples, levels - 1).

    counts: as `eigenvalue_counts` gives them. The mean over samples, divided by the mean of np.diff(counts), is
    the probability that a critical point of that energy has this index.

    >>> points_of_index(np.array([[0, 1, 3]]), 1).tolist()
    [[False, True]]
    """
    return (counts[:, :-1] <= index) & (index < counts[:, 1:])


def shares_of_index(
    levels: np.ndarray, n: int, samples: int, rng: np.random.Generator, *, indices: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which index has a critical point between two levels: (middles (levels - 1,), shares (indices, levels - 1)).

    P(index k | u) = rho_k / sum_j rho_j with the densities rho_k of the eigenvalues (ABAC, theorem 2.2,
    recalled; levels and sampling as in `eigenvalue_counts`), k = 0..indices - 1. nan between levels where
    40 eigenvalues or fewer were drawn. Raises ValueError as `eigenvalue_counts`, and for indices < 1.

    >>> middles, shares = shares_of_index(np.array([-2.0, 2.0]), 4, 100, np.random.default_rng(0), indices=2)
    >>> middles.tolist(), shares.flatten().tolist()
    ([0.0], [0.25, 0.25])
    """
    counts = eigenvalue_counts(levels, n, samples, rng)
    drawn = np.diff(counts).sum(0)
    found = [points_of_index(counts, k).sum(0) for k in range(whole_number("indices", indices, 1))]
    levels = np.asarray(levels, dtype=np.float64)
    return (levels[1:] + levels[:-1]) / 2, np.where(drawn > 40, found, np.nan) / np.maximum(
        drawn, 1
    )
