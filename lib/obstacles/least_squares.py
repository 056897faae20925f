"""Least squares on the first features of many: exact risk, the tail at the threshold, ridge, digits.

Rows of the inputs are samples: (..., n, p). In the Gaussian model y = X beta + noise has D = `total`
independent standard normal features, |beta| = 1 in a uniform direction, noise of variance s2 = `noise`;
the fit sees the first p = `features` of them at n = `samples` points and its risk is

    risk = |estimate - beta|^2 + s2                    (Belkin, Hsu and Xu 2019, arXiv:1903.07571).

What is unseen of the signal acts as noise: the effective variance is s2 + 1 - p/D. Everything is float64.
"""

from typing import NamedTuple

import numpy as np
import torch

from lib.checks import whole_number
from lib.data import one_hot, small_digits


def _model(features, samples, total, noise):
    whole_number("features", features, 1, whole_number("total", total))
    whole_number("samples", samples)
    if not 0 <= noise < np.inf:
        raise ValueError(f"noise must be a finite variance >= 0, got {noise}")


def fit(inputs, outputs, ridge=0.0):
    """Coefficients (..., p, k) of inputs (..., n, p), outputs (..., n, k): least squares, ridge `ridge`.

    ridge > 0 minimizes |X w - y|^2 + ridge |w|^2. ridge = 0 is its limit, the minimum of least norm: least
    squares for p <= n, an interpolation for p > n; inputs of lower rank (a feature that is always 0) are
    allowed. Raises ValueError for shapes that do not fit, a negative ridge and inputs or outputs that
    are not finite or not float64.

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
        found, info = torch.linalg.solve_ex(inputs, outputs)
    else:
        gram = inputs.mT @ inputs if p < n else inputs @ inputs.mT
        gram.diagonal(dim1=-2, dim2=-1).add_(ridge)
        root, info = torch.linalg.cholesky_ex(gram)
        right = inputs.mT @ outputs if p < n else outputs
        found = torch.cholesky_solve(right, root)
        found = found if p < n else inputs.mT @ found
    if info.any():  # lower rank: the slow way
        found = torch.linalg.lstsq(inputs, outputs, driver="gelsd").solution
    return found


# --- the Gaussian model ----------------------------------------------------------------------------


def least_norm_risk(features, samples, total, noise):
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


def best_ridge(features, total, noise):
    """The ridge of least mean risk, D (s2 + 1 - p/D): effective noise over the prior variance 1/D.

    It makes the fit the posterior mean of a Gaussian beta (Hastie et al. 2022, arXiv:1903.08560).

    >>> best_ridge(40, 200, 0.25)
    210.0
    """
    _model(features, 1, total, noise)
    return total * (noise + 1 - features / total)


def ridge_risk(features, samples, total, noise):
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


class Risks(NamedTuple):
    """Risks of the same draws, each (features compared, draws): least norm, and with the best ridge."""

    least_norm: torch.Tensor
    ridge: torch.Tensor


def subset_risks(features, samples, total, noise, draws, rng):
    """Risks of fits on the first p features for each p of the list `features`, nested in every draw.

    A draw is its own inputs, direction beta and noise; its risk is exact given these.
    """
    for p in features:
        _model(p, samples, total, noise)
    found, left = Risks([], []), whole_number("draws", draws)
    while left:
        block = min(left, 250)
        left -= block
        x = torch.from_numpy(rng.standard_normal((block, samples, total)))
        beta = torch.from_numpy(rng.standard_normal((block, total, 1)))
        beta = beta / beta.norm(dim=1, keepdim=True)
        y = x @ beta
        y = y + noise**0.5 * torch.from_numpy(rng.standard_normal(y.shape))
        for part, best in zip(found, (False, True), strict=True):
            rows = []
            for p in features:
                away = -beta.clone()
                away[:, :p] += fit(x[..., :p], y, best_ridge(p, total, noise) if best else 0.0)
                rows.append(away.square().sum((1, 2)) + noise)
            part.append(torch.stack(rows))
    return Risks(*(torch.cat(part, 1) for part in found))


# --- the tail at the threshold ---------------------------------------------------------------------


def noise_gain(samples, distance, draws, rng):
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


def tail_law(distance):
    """Exponent of the risk's tail, P(risk > x) ~ x^-((|p - n| + 1)/2); derived in notebook 12.

    >>> tail_law(0), tail_law(-3)
    (0.5, 2.0)
    """
    return (abs(distance) + 1) / 2


def tail_exponent(values, top):
    """Hill's estimate of a tail's exponent from the `top` largest of positive values (m,).

    1 / mean of ln(x_i / x_top+1), i = 1..top (Hill 1975); its standard error is exponent / sqrt(top).
    Raises ValueError for values that are not positive and finite, and for top outside 1..m - 1.
    """
    values = torch.as_tensor(values, dtype=torch.float64).flatten()
    if not bool(((values > 0) & values.isfinite()).all()):
        raise ValueError("values must be positive and finite")
    largest = values.topk(whole_number("top", top, 1, len(values) - 1) + 1).values
    return float(1 / (largest[:-1] / largest[-1]).log().mean())


def squared_shares(values):
    """Sum of squared shares in the sum of values (..., m): (...). Near 1 when one value is the sum.

    Of independent values with a tail of exponent a < 1 its mean tends to 1 - a; a >= 1: to 0.

    >>> float(squared_shares(torch.tensor([1.0, 1.0, 2.0]).double()))
    0.375
    """
    return (values / values.sum(-1, keepdim=True)).square().sum(-1)


# --- digits ----------------------------------------------------------------------------------------


def relu_features(images, count, rng):
    """(m, count) features max(0, x . v), v ~ N(0, I/d), of images (m, d)."""
    first = torch.from_numpy(rng.standard_normal((images.shape[1], whole_number("count", count))))
    return (images @ first / images.shape[1] ** 0.5).clamp(min=0)


def digit_errors(widths, samples, wrong, ridge, splits, rng, *, tests=1000):
    """Test errors (splits, labels, ridges, widths) of a least-squares classifier on random features.

    Each split draws `samples` training and `tests` test images, max(widths) ReLU features (a fit of
    width p sees the first p, divided by sqrt(p)) and one set of wrong labels. Labels are one-hot,
    the largest output is the answer.

    wrong: list of shares of training labels that are drawn anew among the nine others; ridge: list.
    """
    images, labels = small_digits()
    errors = torch.empty(splits, len(wrong), len(ridge), len(widths), dtype=torch.float64)
    for split in range(splits):
        order = torch.from_numpy(rng.permutation(len(images))[: samples + tests])
        x, answer = relu_features(images[order], max(widths), rng), labels[order]
        shifts, doubt = rng.integers(1, 10, samples), rng.uniform(size=samples)
        given = [
            (answer[:samples] + torch.from_numpy(shifts * (doubt < share))) % 10 for share in wrong
        ]
        targets = torch.cat([one_hot(label).mT for label in given], 1)
        for i, p in enumerate(widths):
            part = x[:, :p] / p**0.5
            for j, strength in enumerate(ridge):
                scores = part[samples:] @ fit(part[:samples], targets, strength)
                said = scores.view(tests, len(wrong), 10).argmax(-1)
                errors[split, :, j, i] = (said != answer[samples:, None]).double().mean(0)
    return errors
