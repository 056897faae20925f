"""The exact law of the energies of minima of a spin glass at finite n, without sampling.

A minimum is a critical point whose lowest eigenvalue is positive; the model and its critical points are those of
`complexity`. ABAC is Auffinger, Ben Arous, Cerny 2013.
"""

from typing import NamedTuple

import numpy as np

from lib.checks import whole_number
from lib.landscapes.complexity import hermite_functions


def _on_the_line(t, n):
    """Hermite functions phi_0..phi_(n-1) at t (points,) of any sign, and their integrals from t to infinity."""
    phi, beyond = hermite_functions(np.abs(t), n)
    parity = (-1.0) ** np.arange(n + 1)[:, None]
    totals = 2 * hermite_functions(np.zeros(1), n)[1]  # of even functions; those of odd ones vanish
    totals[1::2] = 0.0
    left = t < 0
    phi = np.where(left, parity * phi, phi)
    beyond = np.where(left, totals - parity * beyond, beyond)
    return phi[:n], beyond[:n]


def log_gap_probability(x: np.ndarray, n: int) -> np.ndarray:
    """log P(no eigenvalue below x) of the n x n GOE whose semicircle ends at +-sqrt 2: exact, (points,).

    de Bruijn's formula (1955, recalled): with t = sqrt(n) x and Hermite functions phi_j the probability is
    the ratio Pf A(t) / Pf A(-infinity) of Pfaffians of the skew matrix

        A_jk(t) = int int sgn(s' - s) phi_j(s) phi_k(s') ds ds' over s, s' > t,

    for odd n bordered by int phi_j over s > t. Integrals by Gauss-Legendre quadrature, right to about 1e-11.
    x: numbers (points,). Raises ValueError for n < 2 and where n x^2 > 1400.

    >>> log_gap_probability(np.array([-3.0, 0.0]), 2).round(4).tolist()  # P = (1 - 1/sqrt 2) / 2 at 0
    [-0.0001, -1.9211]
    """
    n, levels = (
        whole_number("n", n, 2),
        np.asarray(x, dtype=np.float64) * whole_number("n", n, 2) ** 0.5,
    )
    if levels.ndim != 1 or not (levels**2 <= 1400).all():
        raise ValueError(
            f"x must be numbers (points,) of at most {(1400 / n) ** 0.5:.3g} for n = {n}"
        )
    top = (2 * n) ** 0.5 + 9.0
    nodes, weights = np.polynomial.legendre.leggauss(3 * n + 60)

    def log_pfaffian(t):
        half = (top - t) / 2
        phi, beyond = _on_the_line(t + half * (nodes + 1), n)
        ends = _on_the_line(np.array([t]), n)[1]
        inner = (phi * (half * weights)) @ beyond.T
        matrix = inner - inner.T
        if n % 2:
            matrix = np.block([[matrix, ends], [-ends.T, np.zeros((1, 1))]])
        return np.linalg.slogdet(matrix)[1] / 2

    whole = log_pfaffian(-top)
    return np.array([log_pfaffian(max(t, -top)) - whole for t in levels])


class MinimumLaw(NamedTuple):
    """How many minima to expect at which energy, averaged over the couplings: exact at finite n.

    energy: rising, (points,). log_above: log of the expected number of minima higher than that.
    """

    energy: np.ndarray
    log_above: np.ndarray

    def above(self, u: float | np.ndarray) -> np.ndarray:
        """Expected number of minima of energy > u; below the first energy kept, of all minima."""
        return np.exp(np.interp(u, self.energy, self.log_above))

    def share(self, low: float, high: float) -> float:
        """Share of all minima that lie between two energies."""
        return float((self.above(low) - self.above(high)) / np.exp(self.log_above[0]))

    def density(self, u: np.ndarray) -> np.ndarray:
        """Density of the energies of minima at u (points,), as a share of all minima."""
        step = self.energy[1] - self.energy[0]
        return (
            (self.above(u - step) - self.above(u + step)) / (2 * step) / self.above(self.energy[0])
        )

    def falls_beyond(self, other: "MinimumLaw") -> float:
        """The least energy beyond which fewer minima are expected than under another law."""
        fewer = self.above(other.energy) < other.above(other.energy)
        return float(other.energy[fewer.argmax()])

    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation of the energies of minima."""
        shares = -np.diff(np.exp(self.log_above - self.log_above[0]))
        middles = (self.energy[1:] + self.energy[:-1]) / 2
        mean = (shares * middles).sum() / shares.sum()
        return float(mean), float(((shares * (middles - mean) ** 2).sum() / shares.sum()) ** 0.5)


def minimum_law(n: int, p: int) -> MinimumLaw:
    """The exact law of the energies of minima in n spins, without sampling: a `MinimumLaw`.

    ABAC, theorem 2.1 for index 0 (recalled), integrated by parts: with c = n (p-2)/(2p) and P(x) the
    probability of `log_gap_probability`, the expected number of minima higher than u = sqrt(2(p-1)/p) x is

        2 sqrt(2/p) (p-1)^(n/2) ( exp(-c x^2) P(x) + int_x^inf -2 c y exp(-c y^2) P(y) dy ),

    in which nothing cancels while x < 0. Raises ValueError for n < 2 and p < 2.

    >>> law = minimum_law(25, 3)
    >>> round(float(law.above(-9.0)), 1), [round(m, 3) for m in law.moments()]
    (14.1, [-1.385, 0.104])
    """
    from scipy.interpolate import CubicSpline

    n, p = whole_number("n", n, 2), whole_number("p", p, 2)
    unit = 2**-0.5 * n ** (-2 / 3)  # of the border at the edge of the semicircle
    coarse = np.arange(-(2**0.5) - 8 * unit, -(2**0.5) + 16 * unit, unit / 4)
    x = np.linspace(coarse[0], coarse[-1], 4001)
    rate = n * (p - 2) / (2 * p)
    free = np.exp(CubicSpline(coarse, log_gap_probability(coarse, n))(x) - rate * x**2)
    slope = -2 * rate * x * free
    pieces = (slope[1:] + slope[:-1]) / 2 * (x[1] - x[0])
    above = free + np.append(np.cumsum(pieces[::-1])[::-1], 0.0)
    constant = np.log(2) + np.log(2 / p) / 2 + n / 2 * np.log(p - 1)
    return MinimumLaw((2 * (p - 1) / p) ** 0.5 * x, np.log(above) + constant)
