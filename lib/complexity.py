"""Complexity of the spherical p-spin glass: bands, energy against index, expected numbers of points.

Closed forms and random-matrix expectations; the model itself is in `lib.spin_glass`, which also gives
all these names. Energies are per spin, u = H/n, and n is the number of spins.
ABAC is Auffinger, Ben Arous, Cerny 2013 (arXiv:1003.1129), "Random matrices and complexity of spin glasses".
"""

import numpy as np
import torch


def _whole(name, value, least):
    if isinstance(value, bool) or not np.isfinite(value) or int(value) != value or value < least:
        raise ValueError(f"{name} must be a whole number >= {least}, got {value}")
    return int(value)


def _like(value, result):
    """A float where a float came in."""
    return result if isinstance(value, (torch.Tensor, np.ndarray, list, tuple)) else float(result)


# --- complexity and bands: large n -----------------------------------------------------------------


def threshold_energy(p):
    """E_infinity = 2 sqrt((p-1)/p): minus this is the energy where minima give way to saddles.

    ABAC, equation for E_inf (recalled). At a critical point of energy u the Hessian has a negative
    eigenvalue of its bulk if and only if u > -E_infinity. Raises ValueError for p < 2.

    >>> round(threshold_energy(3), 8)
    1.63299316
    """
    p = _whole("p", p, 2)
    return 2 * ((p - 1) / p) ** 0.5


def _edge_cost(u, p):
    """I_1(u) = (2/E^2) int_u^{-E} sqrt(z^2 - E^2) dz for u <= -E, else 0: cost of one eigenvalue beyond the bulk.

    With cosh t = -u/E it is (sinh 2t - 2t)/2, which loses no digits near the edge except below
    t = 0.01, where the series takes over.
    """
    t = torch.acosh((-u / threshold_energy(p)).clamp(min=1))
    series = t**3 * (2 / 3 + t**2 * (2 / 15 + t**2 * 4 / 315))
    return torch.where(t < 1e-2, series, (torch.sinh(2 * t) - 2 * t) / 2)


def complexity(u, p, index=None):
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
    p = _whole("p", p, 2)
    energy = torch.as_tensor(u, dtype=torch.float64)
    if index is None:
        bulk, times = energy.clamp(max=0), 1
    else:
        bulk, times = energy.clamp(max=-threshold_energy(p)), _whole("index", index, 0) + 1
    gauss = (p - 2) / (4 * (p - 1)) * bulk.square()
    return _like(u, np.log(p - 1) / 2 - gauss - times * _edge_cost(energy, p))


def band_edge(p, k):
    """E_k > E_infinity: no critical point of index k or more lies below -E_k, for large n.

    The root x of Theta_{k,p}(-x) = 0 (ABAC, theorem 2.14, recalled): E_0 > E_1 > ... -> E_infinity,
    and -E_0 is the ground state. With x = E cosh t it solves
    (p-2)/p cosh(t)^2 + (k+1)(sinh 2t - 2t)/2 = 1/2 log(p-1). Energy per spin.
    Raises ValueError for p < 3 (p = 2 has 2n critical points and no band) and for k < 0.

    >>> round(band_edge(3, 0), 8), round(band_edge(3, 1), 8)
    (1.65699836, 1.6528732)
    """
    from scipy.optimize import brentq

    p, k = _whole("p", p, 3), _whole("k", k, 0)

    def excess(t):
        cost = np.sinh(2 * t) / 2 - t if t > 1e-2 else t**3 * (2 / 3 + t**2 * 2 / 15)
        return (p - 2) / p * np.cosh(t) ** 2 + (k + 1) * cost - np.log(p - 1) / 2

    return threshold_energy(p) * float(np.cosh(brentq(excess, 0, 5, xtol=1e-14, rtol=1e-14)))


def ground_state_energy(p):
    """Ground state of the p-spin glass by one-step replica symmetry breaking, as minus energy per spin.

    1/2 min over L > a > 0 of p L - (p-1) a + (1/a) log(L/(L-a)) (recalled). The minimum over L at fixed
    q = a/L is explicit, which leaves min over q of sqrt((p - (p-1) q) (-log(1-q)) / q).
    It shares nothing with `band_edge`, and equals band_edge(p, 0). Raises ValueError for p < 3.

    >>> round(ground_state_energy(3), 10)
    1.6569983635
    """
    from scipy.optimize import minimize_scalar

    p = _whole("p", p, 3)

    def squared(s):  # s = -log(1 - q)
        q = -np.expm1(-s)
        return (p - (p - 1) * q) * s / q

    found = minimize_scalar(squared, bounds=(1e-3, 30), options={"xatol": 1e-10})
    return float(found.fun) ** 0.5


def semicircle_share(t):
    """Share of Wigner's semicircle on [-1, 1] that lies below t: 1/2 + (t sqrt(1-t^2) + arcsin t)/pi.

    >>> semicircle_share(0.0), semicircle_share(-3.0)
    (0.5, 0.0)
    """
    x = torch.as_tensor(t, dtype=torch.float64).clamp(-1, 1)
    return _like(t, 0.5 + (x * (1 - x * x).sqrt() + x.asin()) / np.pi)


def index_fraction(u, p):
    """Share of negative Hessian eigenvalues at a critical point of energy u, large n: F_sc(u / E_infinity).

    The Hessian there is a GOE matrix of radius 2 sqrt(p(p-1)) minus p u times the identity
    (ABAC; as a law for random fields: Bray and Dean 2007). u: number or (...), energy per spin.
    Raises ValueError for p < 2.

    >>> index_fraction(0.0, 3), index_fraction(-2.0, 3)
    (0.5, 0.0)
    """
    e = threshold_energy(p)
    return _like(u, semicircle_share(torch.as_tensor(u, dtype=torch.float64) / e))


# --- numbers of critical points: finite n --------------------------------------------------------------


def tridiagonal_eigenvalues(diagonal, squares, indices):
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


def critical_point_sample(n, p, index, *, samples, seed):
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
    n, p, samples = _whole("n", n, 2), _whole("p", p, 2), _whole("samples", samples, 2)
    if _whole("index", index, 0) >= n:
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


def expected_critical_points(n, p, index, *, samples, seed):
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


def effective_sample_size(weights):
    """(sum w)^2 / sum w^2: so many equal weights would be as good.

    >>> effective_sample_size(torch.ones(7, dtype=torch.float64))
    7.0
    """
    return float(weights.sum().square() / weights.square().sum())


def weighted_mean(values, weights):
    """Mean, its standard error (delta method) and standard deviation of values under weights, (samples,)."""
    share = weights / weights.sum()
    mean = (share * values).sum()
    away = (values - mean).square()
    return (
        float(mean),
        float((share.square() * away).sum().sqrt()),
        float((share * away).sum().sqrt()),
    )
