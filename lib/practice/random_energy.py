"""Softmax of random logits: Derrida's random energy model (1981), at finite size.

n logits x_i are independent N(0, s^2), p_i = exp(x_i) / Z. Two numbers say how hard the softmax is: its
entropy H = -sum p ln p in nats, and its softness 1 - sum p^2, by which gradients are scaled.
Keys and queries of d independent standard normal entries give logits q.k that are N(0, |q|^2) given q,
|q|^2 ~ chi^2_d; `scaled` divides them by sqrt(d). Everything is float64.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from scipy.stats import chi2

from lib.checks import whole_number


class Softness(NamedTuple):
    """Entropy [nats] and softness 1 - sum p^2: numbers or tensors (draws,)."""

    entropy: float
    softness: float


def _checked(logits, **positive):
    whole_number("logits", logits, 2)
    for name, value in positive.items():
        if not 0 < value < np.inf:
            raise ValueError(f"{name} must be positive and finite, got {value}")


def critical_sd(logits: int) -> float:
    """s_c = sqrt(2 ln n): beyond it a few logits hold all weight, as n -> infinity (Derrida 1981).

    >>> round(critical_sd(16), 3)
    2.355
    """
    _checked(logits)
    return float(np.sqrt(2 * np.log(logits)))


def mean_softness(logits: int, sd: float) -> Softness:
    """Exact means over n = `logits` logits of standard deviation s = `sd`, from integrals in one variable.

    With phi(t) = E exp(-t e^x), psi(t) = E exp(2x - t e^x):

        E ln Z = int (e^-t - phi^n) dt/t,   E sum p^2 = n int t psi phi^(n-1) dt,
        H = E ln Z - s^2 (1 - E sum p^2)                       (integration by parts).

    Derived in notebook 59. Good to 1e-6 for s <= 40.

    >>> [round(x, 3) for x in mean_softness(64, 1.0)]
    [3.685, 0.961]
    """
    _checked(logits, sd=sd)
    u = np.linspace(-8 * sd - 8, 8 * sd + 40, 700)  # t = e^-u
    g, step = np.linspace(-8, 8, 801, retstep=True)
    weight = np.exp(-g * g / 2) * step / np.sqrt(2 * np.pi)
    z = np.minimum(sd * g - u[:, None], 30.0)
    e = np.exp(z)
    fall = np.exp(-e)
    phi, psi = fall @ weight, (e * e * fall) @ weight
    width = u[1] - u[0]
    log_z = (np.exp(-np.exp(np.minimum(-u, 30.0))) - phi**logits).sum() * width
    softness = 1 - logits * (psi * phi ** (logits - 1)).sum() * width
    return Softness(float(log_z - sd**2 * softness), float(softness))


def softness_of_keys(logits: int, dimension: int, scaled: bool, quantiles: int = 15) -> Softness:
    """Exact means for products of queries and keys: `mean_softness` over |q|^2 ~ chi^2_d.

    The mean over |q| is taken at the middles of `quantiles` equal parts of its distribution.
    """
    _checked(logits, dimension=dimension)
    middle = (np.arange(quantiles) + 0.5) / quantiles
    sds = np.sqrt(chi2.ppf(middle, dimension) / (dimension if scaled else 1))
    return Softness(*np.mean([mean_softness(logits, sd) for sd in sds], axis=0).tolist())


def softness(logits: torch.Tensor) -> Softness:
    """Entropy and softness of the softmax over the last dimension of logits (..., n): each (...)."""
    log_p = torch.log_softmax(logits, -1)
    p = log_p.exp()
    return Softness(-(p * log_p).sum(-1), 1 - p.square().sum(-1))


def products_of_keys(
    logits: int, dimension: int, draws: int, rng: np.random.Generator
) -> torch.Tensor:
    """(draws, n) products q.k: each draw has its own query and n keys, standard normal in d dimensions."""
    _checked(logits, dimension=dimension)
    found, block = [], max(1, 2**22 // (logits * dimension))
    for start in range(0, draws, block):
        count = min(block, draws - start)
        q = torch.from_numpy(rng.standard_normal((count, dimension, 1)))
        k = torch.from_numpy(rng.standard_normal((count, logits, dimension)))
        found.append((k @ q).squeeze(-1))
    return torch.cat(found)


def phase_entropies(
    sizes: Sequence[int], draws: int, rng: np.random.Generator
) -> dict[str, torch.Tensor]:
    """Entropies [nats] of softmaxes of n = `sizes` logits, each (sizes, draws), on either side of freezing:

    "unit", s = 1; "soft", s = s_c(n) / 2; "frozen", s = 2 s_c(n). As n grows they go as ln n - 1/2,
    3/4 ln n, and a constant (Derrida 1981, recalled).

    >>> found = phase_entropies([64, 512], 10, np.random.default_rng(0))
    >>> {name: tuple(x.shape) for name, x in found.items()}
    {'unit': (2, 10), 'soft': (2, 10), 'frozen': (2, 10)}
    """
    found = {}
    for name, times in (("unit", None), ("soft", 0.5), ("frozen", 2.0)):
        rows = []
        for n in sizes:
            sd = 1.0 if times is None else times * critical_sd(n)
            rows.append(softness(sd * torch.from_numpy(rng.standard_normal((draws, n)))).entropy)
        found[name] = torch.stack(rows)
    return found
