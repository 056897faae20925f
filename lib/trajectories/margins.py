"""How often a random start has a deficiency margin, the premise of the linear convergence theorem.

A start W has the margin c for a target Phi if |W - Phi|_F <= sigma_min(Phi) - c (Arora et al. 2018, definition 2). For
Gaussian W that is a probability in closed form. Targets (m, d), float64.
"""

from functools import cache

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.stats import chi2, norm
from torch import Tensor

from lib.linear_networks import deficiency_margin, smallest_singular_value


@cache
def _nodes():
    """Places in [-1, 1] and weights of a Gaussian quadrature."""
    return np.polynomial.legendre.leggauss(400)


def margin_probability(target: Tensor, scale: float, least: float = 0.0) -> float:
    """Probability that a matrix with entries N(0, scale^2) has a deficiency margin >= `least` for `target`.

        P(|W - Phi|_F <= rho) = F(rho^2 / scale^2),    rho = sigma_min(Phi) - least,

    F the distribution function of the noncentral chi-square with m d degrees of freedom and noncentrality
    |Phi|_F^2 / scale^2, Phi (m, d) (derived here). With g the part of W along Phi over scale it is the mean
    over g of the central one with m d - 1, of (rho^2 - (scale g - |Phi|)^2) / scale^2: taken by quadrature,
    it holds at any scale. Of square targets the identity is the best; with one output it tends to 1/2 as
    scale -> 0, with more to 0, since then |Phi|_F > sigma_min.
    Raises ValueError unless scale > 0 and 0 <= least < sigma_min.

    >>> round(margin_probability(torch.eye(2).double(), 0.545), 4)
    0.0707
    >>> round(margin_probability(torch.eye(1, 128).double(), 1e-4), 3)
    0.497
    """
    if not 0 < scale < np.inf:
        raise ValueError(f"scale must be positive and finite, got {scale}")
    size, reach = float(target.norm()), float(smallest_singular_value(target)) - least
    if not (least >= 0 and reach > 0):
        raise ValueError(f"least must lie in [0, sigma_min), got {least}")
    gap, others = size - reach, target.numel() - 1
    low = gap / scale
    # nine standard deviations beyond the likeliest g
    high = min(
        (size + reach) / scale, low + 9 + min((others / 2) ** 0.5, others / (2 * low + 1e-300))
    )
    x, weights = _nodes()
    u = (x + 1) / 2
    g = low + (high - low) * u**3  # close to the lower end, where the integrand rises
    room = (size + reach - scale * g) * (scale * g - gap) / scale**2
    inside = norm.pdf(g) * (chi2.cdf(room, others) if others else 1.0) * 3 * u**2
    return float((high - low) / 2 * (weights @ inside))


def best_margin_scale(target: Tensor) -> tuple[float, float]:
    """(scale, probability): the scale between e^-5 and e^3 that gives the most starts a margin."""

    def unlikely(logarithm: float) -> float:
        return -np.log(max(margin_probability(target, float(np.exp(logarithm))), 1e-300))

    found = np.linspace(-5, 3, 81)
    near = found[int(np.argmin([unlikely(x) for x in found]))]
    best = minimize_scalar(unlikely, bounds=(near - 0.1, near + 0.1), method="bounded").x
    return float(np.exp(best)), margin_probability(target, float(np.exp(best)))


def starts_with_margin(target: Tensor, scale: float, draws: int, rng: np.random.Generator) -> int:
    """How many of `draws` matrices with entries N(0, scale^2) have a deficiency margin for `target`."""
    found = 0
    while draws:
        block = min(draws, 100_000)
        draws -= block
        matrices = scale * torch.from_numpy(rng.standard_normal((block, *target.shape)))
        found += int((deficiency_margin(matrices, target) > 0).sum())
    return found
