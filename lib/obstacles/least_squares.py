"""Least squares on the first features of many: exact risk, the tail at the threshold, ridge, digits.

Rows of the inputs are samples: (..., n, p). In the Gaussian model y = X beta + noise has D = `total`
independent standard normal features, |beta| = 1 in a uniform direction, noise of variance s2 = `noise`;
the fit sees the first p = `features` of them at n = `samples` points and its risk is

    risk = |estimate - beta|^2 + s2                    (Belkin, Hsu and Xu 2019, arXiv:1903.07571).

What is unseen of the signal acts as noise: the effective variance is s2 + 1 - p/D. Everything is float64.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lib.checks import whole_number
from lib.data import one_hot, small_digits

_TINY_PIVOT = (
    1e-12  # of the largest: rounding leaves pivots of 1e-16 to 1e-14 where the rank is lower
)


def _model(features: int, samples: int, total: int, noise: float) -> None:
    whole_number("features", features, 1, whole_number("total", total))
    whole_number("samples", samples)
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be a finite variance >= 0, got {noise}")


def fit(inputs: Tensor, outputs: Tensor, ridge: float = 0.0) -> Tensor:
    """Coefficients (..., p, k) of inputs (..., n, p), outputs (..., n, k): least squares, ridge `ridge`.

    ridge > 0 minimizes |X w - y|^2 + ridge |w|^2. ridge = 0 is its limit, the minimum of least norm: least
    squares for p <= n, an interpolation for p > n. Inputs of lower rank (a feature that is always 0, more
    features than directions) are allowed: where a pivot is next to nothing, singular values decide.
    Raises ValueError for shapes that do not fit, a negative ridge and inputs or outputs that are not
    finite or not float64.

    >>> x, y = torch.tensor([[3.0, 4.0]]).double(), torch.tensor([[5.0]]).double()
    >>> [round(w, 9) for w in fit(x, y).flatten().tolist()]
    [0.6, 0.8]
    """
    if not (inputs.dtype == outputs.dtype == torch.float64):
        raise ValueError(f"inputs and outputs must be float64, got {inputs.dtype}, {outputs.dtype}")
    if inputs.ndim < 2 or inputs.shape[:-1] != outputs.shape[:-1]:
        raise ValueError(
            "inputs (..., n, p) and outputs (..., n, k) must share all but the last dimension, got "
            f"{tuple(inputs.shape)}, {tuple(outputs.shape)}"
        )
    if not 0 <= ridge < np.inf:
        raise ValueError(f"ridge must be finite and >= 0, got {ridge}")
    if not (inputs.isfinite().all() and outputs.isfinite().all()):
        raise ValueError("inputs and outputs must be finite")
    n, p = inputs.shape[-2:]
    if n == p and not ridge:  # the Gram matrix would square the condition number where it is worst
        factors, swaps, info = torch.linalg.lu_factor_ex(inputs)
        pivots = factors.diagonal(dim1=-2, dim2=-1).abs()
        found = torch.linalg.lu_solve(factors, swaps, outputs)
    else:
        gram = inputs.mT @ inputs if p < n else inputs @ inputs.mT
        gram.diagonal(dim1=-2, dim2=-1).add_(ridge)
        root, info = torch.linalg.cholesky_ex(gram)
        pivots = root.diagonal(dim1=-2, dim2=-1).square()
        right = inputs.mT @ outputs if p < n else outputs
        found = torch.cholesky_solve(right, root)
        found = found if p < n else inputs.mT @ found
    low = pivots.amin(-1) <= _TINY_PIVOT * pivots.amax(-1)
    if info.any() or (not ridge and low.any()):  # lower rank: the slow way
        found = torch.linalg.lstsq(inputs, outputs, driver="gelsd").solution
    return found


# --- the Gaussian model ----------------------------------------------------------------------------


def least_norm_risk(features: int, samples: int, total: int, noise: float) -> float:
    """Mean risk of the fit of least norm; inf for |p - n| <= 1, where the mean does not exist.

        p <= n - 2:  (r + s2) (1 + p / (n - p - 1)),
        p >= n + 2:  p/D (1 - n/p) + (r + s2) (1 + n / (p - n - 1)),      r = 1 - p/D

    (Belkin, Hsu and Xu 2019, theorem 1, recalled). Raises ValueError for counts that are none.

    >>> least_norm_risk(10, 40, 200, 0.25), least_norm_risk(40, 40, 200, 0.25)
    (1.6137931034482758, inf)
    """
    _model(features, samples, total, noise)
    p, n, unexplained = features, samples, 1 - features / total + noise
    if abs(p - n) <= 1:
        return np.inf
    if p < n:
        return unexplained * (1 + p / (n - p - 1))
    return (p - n) / total + unexplained * (1 + n / (p - n - 1))


def best_ridge(features: int, total: int, noise: float) -> float:
    """The ridge of least mean risk, D (s2 + 1 - p/D): effective noise over the prior variance 1/D.

    It makes the fit the posterior mean of a Gaussian beta (Hastie et al. 2022, arXiv:1903.08560).

    >>> best_ridge(40, 200, 0.25)
    210.0
    """
    _model(features, 1, total, noise)
    return total * (noise + 1 - features / total)


def ridge_risk(features: int, samples: int, total: int, noise: float) -> float:
    """Mean risk with the best ridge, in the limit of many features and samples: (r + s2)(1 + p m).

    m = tr (X^T X + ridge)^-1 / p solves m = 1 / (ridge + n / (1 + p m)) (Marchenko and Pastur 1967).

    >>> round(ridge_risk(40, 40, 200, 0.25), 3)
    1.222
    """
    _model(features, samples, total, noise)
    p, n, ridge = features, samples, best_ridge(features, total, noise)
    linear = ridge + n - p  # ridge p m^2 + linear m - 1 = 0
    m = 2 / (linear + np.sqrt(linear**2 + 4 * ridge * p))
    return float((1 - p / total + noise) * (1 + p * m))


def squared_bias(features: int, total: int, shrinkage: float) -> float:
    """|E estimate - beta|^2 where the mean estimate is `shrinkage` times what is seen of beta.

        (1 - a)^2 p/D + 1 - p/D,      a = min(1, n/p) for the fit of least norm

    since the mean of the projection on n of p random directions is n/p. It falls with p on both sides of
    p = n, where there is no mean. Given the inputs it is 1 - n/D for all p >= n (Hastie et al. 2022).

    >>> squared_bias(80, 160, 0.5)
    0.625
    """
    _model(features, 1, total, 0.0)
    return (1 - shrinkage) ** 2 * features / total + 1 - features / total


class Risks(NamedTuple):
    """Fits to the same draws, each (features compared, draws): risk of the fit of least norm and with the
    best ridge; overlap: <estimate, beta> / |beta seen|^2 of the fit of least norm, whose mean is min(1, n/p).
    """

    least_norm: Tensor
    ridge: Tensor
    overlap: Tensor


def _problems(
    samples: int, total: int, noise: float, draws: int, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Blocks of inputs (block, n, D), directions beta (block, D, 1), outputs (block, n, 1)."""
    left = whole_number("draws", draws)
    while left:
        block = min(left, 250)
        left -= block
        x = torch.from_numpy(rng.standard_normal((block, samples, total)))
        beta = torch.from_numpy(rng.standard_normal((block, total, 1)))
        beta = beta / beta.norm(dim=1, keepdim=True)
        y = x @ beta
        yield x, beta, y + noise**0.5 * torch.from_numpy(rng.standard_normal(y.shape))


def _risk(estimate: Tensor, beta: Tensor, noise: float) -> Tensor:
    """(block,) |estimate - beta|^2 + noise of estimates (block, p, 1) of the first p entries of beta."""
    away = -beta.clone()
    away[:, : estimate.shape[1]] += estimate
    return away.square().sum((1, 2)) + noise


def subset_risks(
    features: Sequence[int],
    samples: int,
    total: int,
    noise: float,
    draws: int,
    rng: np.random.Generator,
) -> Risks:
    """Risks of fits on the first p features for each p of the list `features`, nested in every draw.

    A draw is its own inputs, direction beta and noise; its risk is exact given these.
    """
    for p in features:
        _model(p, samples, total, noise)
    blocks = []
    for x, beta, y in _problems(samples, total, noise, draws, rng):
        rows = Risks([], [], [])
        for p in features:
            plain, seen = fit(x[..., :p], y), beta[:, :p]
            best = fit(x[..., :p], y, best_ridge(p, total, noise))
            rows.least_norm.append(_risk(plain, beta, noise))
            rows.ridge.append(_risk(best, beta, noise))
            rows.overlap.append((plain * seen).sum((1, 2)) / seen.square().sum((1, 2)))
        blocks.append([torch.stack(row) for row in rows])
    return Risks(*(torch.cat(part, 1) for part in zip(*blocks, strict=True)))


def other_ridges(
    factors: Sequence[float],
    samples: int,
    total: int,
    noise: float,
    draws: int,
    rng: np.random.Generator,
) -> Tensor:
    """(factors, draws) risks at p = n with the best ridge times each factor, on the same draws."""
    best, blocks = best_ridge(samples, total, noise), []
    for x, beta, y in _problems(samples, total, noise, draws, rng):
        fits = [fit(x[..., :samples], y, factor * best) for factor in factors]
        blocks.append(torch.stack([_risk(found, beta, noise) for found in fits]))
    return torch.cat(blocks, 1)


# --- the tail at the threshold ---------------------------------------------------------------------


def noise_gain(samples: int, distance: int, draws: int, rng: np.random.Generator) -> Tensor:
    """(draws,): what a fit makes of noise of variance 1, tr (A^T A)^-1 with A (n + distance, n) Gaussian.

    It is the variance term of the risk given the inputs, on both sides of the threshold: the smaller
    of p and n is the width of A, distance is |p - n|. Each diagonal entry is 1 / chi^2_(distance + 1).
    """
    samples, distance = whole_number("samples", samples), whole_number("distance", distance, 0)
    a = torch.from_numpy(
        rng.standard_normal((whole_number("draws", draws), samples + distance, samples))
    )
    if not distance:  # A^T A would square the condition number where it is worst
        return torch.linalg.inv(a).square().sum((1, 2))
    return torch.linalg.inv(a.mT @ a).diagonal(dim1=1, dim2=2).sum(1)


def tail_law(distance: int) -> float:
    """Exponent of the risk's tail, P(risk > x) ~ x^-((|p - n| + 1)/2); derived in notebook 12.

    >>> tail_law(0), tail_law(-3)
    (0.5, 2.0)
    """
    return (abs(distance) + 1) / 2


def tail_exponent(values: Tensor | Sequence[float], top: int) -> float:
    """Hill's estimate of a tail's exponent from the `top` largest of positive values (m,).

    1 / mean of ln(x_i / x_top+1), i = 1..top (Hill 1975); its standard error is exponent / sqrt(top).
    Raises ValueError for values that are not positive and finite, and for top outside 1..m - 1.
    """
    values = torch.as_tensor(values, dtype=torch.float64).flatten()
    if not bool(((values > 0) & values.isfinite()).all()):
        raise ValueError("values must be positive and finite")
    largest = values.topk(whole_number("top", top, 1, len(values) - 1) + 1).values
    return float(1 / (largest[:-1] / largest[-1]).log().mean())


def squared_shares(values: Tensor) -> Tensor:
    """Sum of squared shares in the sum of values (..., m): (...). Near 1 when one value is the sum.

    Of independent values with a tail of exponent a < 1 its mean tends to 1 - a; a >= 1: to 0.

    >>> float(squared_shares(torch.tensor([1.0, 1.0, 2.0]).double()))
    0.375
    """
    return (values / values.sum(-1, keepdim=True)).square().sum(-1)


# --- digits ----------------------------------------------------------------------------------------


def relu_features(images: Tensor, count: int, rng: np.random.Generator) -> Tensor:
    """(m, count) features max(0, x . v), v ~ N(0, I/d), of images (m, d)."""
    return linear_features(images, count, rng).clamp(min=0)


def linear_features(images: Tensor, count: int, rng: np.random.Generator) -> Tensor:
    """(m, count) features x . v, v ~ N(0, I/d), of images (m, d): of rank d at most, however many."""
    first = torch.from_numpy(rng.standard_normal((images.shape[1], whole_number("count", count))))
    return images @ first / images.shape[1] ** 0.5


def effective_parameters(weights: Tensor) -> Tensor:
    """How many parameters a fit uses on some inputs: n times the mean of |s(x)|^2.

    weights: (..., m, n), the prediction at m inputs being s(x) . y for the n training outputs y. On the
    training inputs of least squares with p <= n features it is p (Curth, Jeffares and van der Schaar 2023,
    arXiv:2310.18988, recalled).

    >>> float(effective_parameters(torch.eye(3).double()))
    3.0
    """
    return weights.shape[-1] * weights.square().sum(-1).mean(-1)


class DigitFits(NamedTuple):
    """Test errors (splits, labels, ridges, widths) and effective parameters on the test images (splits,
    ridges, widths).
    """

    errors: Tensor
    effective: Tensor


def digit_fits(
    widths: Sequence[int],
    samples: int,
    wrong: Sequence[float],
    ridge: Sequence[float],
    splits: int,
    rng: np.random.Generator,
    *,
    tests: int = 1000,
    features: Callable[[Tensor, int, np.random.Generator], Tensor] = relu_features,
) -> DigitFits:
    """Least-squares classifiers of digits on random features: errors and effective parameters.

    Each split draws `tests` test and `samples` training images, max(widths) features (a fit of width p
    sees the first p, divided by sqrt(p)) and one set of wrong labels. Labels are one-hot, the largest
    output is the answer. A split has a generator of its own: two calls with equal generators and fewer
    samples share test images and features, and the fewer are the first of the more.

    wrong: list of shares of training labels that are drawn anew among the nine others; ridge: list.
    """
    images, labels = small_digits()
    errors = torch.empty(splits, len(wrong), len(ridge), len(widths), dtype=torch.float64)
    effective = torch.empty(splits, len(ridge), len(widths), dtype=torch.float64)
    for split, own in enumerate(rng.spawn(splits)):
        order = torch.from_numpy(own.permutation(len(images))[: tests + samples])
        x, answer = features(images[order], max(widths), own), labels[order]
        shifts, doubt = own.integers(1, 10, samples), own.uniform(size=samples)
        given = [
            (answer[tests:] + torch.from_numpy(shifts * (doubt < share))) % 10 for share in wrong
        ]
        targets = torch.cat([one_hot(label).mT for label in given], 1)
        every = torch.eye(samples, dtype=torch.float64)
        for i, p in enumerate(widths):
            part = x[:, :p] / p**0.5
            for j, strength in enumerate(ridge):
                weights = part[:tests] @ fit(part[tests:], every, strength)
                said = (weights @ targets).view(tests, len(wrong), 10).argmax(-1)
                errors[split, :, j, i] = (said != answer[:tests, None]).double().mean(0)
                effective[split, j, i] = effective_parameters(weights)
    return DigitFits(errors, effective)
