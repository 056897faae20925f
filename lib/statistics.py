"""Statistics with the 95% interval of the right sample: shares, means, medians, extremes, slopes.

Independent draws are the sample. Values that share a draw (starts on one problem, layers of one
network) are named by `groups=`: then the groups are resampled, not the values.
A value that a draw leaves undefined (nan: no network, no variance) is counted and left out.
"""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


def significant(value: float, digits: int = 4) -> float:
    """`value` as a float with `digits` significant digits.

    >>> significant(0.0123456)
    0.01235
    """
    return float(f"{float(value):.{digits}g}")


def power_of_ten_above(value: float) -> float:
    """The least power of ten that is not below |value| (0 stays 0).

    >>> power_of_ten_above(3.1e-15)
    1e-14
    """
    value = abs(float(value))
    return 0.0 if value == 0 else float(f"1e{math.ceil(math.log10(value))}")


# --- Intervals -----------------------------------------------------------------------------------


def wilson_interval(successes: int, trials: int) -> list[float]:
    """95% Wilson interval [low, high] of a share.

    >>> [round(end, 3) for end in wilson_interval(95, 100)]
    [0.888, 0.978]
    """
    from scipy.stats import binomtest

    share = binomtest(int(successes), int(trials)).proportion_ci(method="wilson")
    return [float(share.low), float(share.high)]


def difference_interval(
    successes: int, trials: int, other_successes: int, other_trials: int
) -> list[float]:
    """95% interval [low, high] of share - other share, both independent (Newcombe 1998, method 10).

    >>> [round(end, 3) for end in difference_interval(56, 70, 48, 80)]
    [0.052, 0.334]
    """
    p, q = successes / trials, other_successes / other_trials
    (l, u), (m, v) = (
        wilson_interval(successes, trials),
        wilson_interval(other_successes, other_trials),
    )
    return [p - q - math.hypot(p - l, v - q), p - q + math.hypot(u - p, q - m)]


def mean_interval(values: Iterable[float]) -> list[float]:
    """95% Student interval [low, high] of the mean of independent values (1-D)."""
    from scipy.stats import t

    values = [float(x) for x in values]
    if len(values) < 2:
        raise ValueError(f"values must hold two numbers or more, got {len(values)}")
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (len(values) - 1))
    half = float(t.ppf(0.975, len(values) - 1)) * spread / math.sqrt(len(values))
    return [mean - half, mean + half]


def correlation_interval(correlation: float, samples: int) -> list[float]:
    """95% interval [low, high] of a correlation by Fisher's transform, artanh r +- 1.96/sqrt(n - 3).

    Meant for pairs that are close to Gaussian. Raises ValueError unless |r| < 1 and n > 3.

    >>> [round(end, 3) for end in correlation_interval(0.8, 60)]
    [0.685, 0.876]
    """
    if not (abs(correlation) < 1 and samples > 3):
        raise ValueError(f"need |correlation| < 1 and samples > 3, got {correlation}, {samples}")
    middle, half = math.atanh(correlation), 1.959964 / math.sqrt(samples - 3)
    return [math.tanh(middle - half), math.tanh(middle + half)]


def bootstrap_interval(
    values: ArrayLike, statistic: Callable, seed: int, *, resamples: int = 2000
) -> list[float]:
    """95% percentile bootstrap interval [low, high] of `statistic` over the first axis.

    `values`: an array (n, ...), rows independent; `statistic`: array (n, ...) -> number.
    """
    values = np.asarray(values)
    draws = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    return [float(q) for q in np.quantile([statistic(values[d]) for d in draws], [0.025, 0.975])]


def _finite(values):
    """(finite values as one flat float array, which of the given values they are)."""
    x = flat(values)
    keep = ~np.isnan(x)
    return x[keep], keep


def flat(values: ArrayLike | list | dict) -> np.ndarray:
    """Numbers in an array, tensor, list of them or dict of them, as one flat float array.

    >>> flat({"a": [1, 2], "b": 3}).tolist()
    [1.0, 2.0, 3.0]
    """
    values = list(values.values()) if isinstance(values, dict) else values
    if isinstance(values, list | tuple):
        return np.concatenate([np.ravel(np.asarray(v, float)) for v in values] or [np.zeros(0)])
    return np.ravel(np.asarray(values, float))


# --- Statistics ----------------------------------------------------------------------------------


class Statistic(NamedTuple):
    """What a run says about one claim: the number, over how many independent draws, its interval.

    measured is None where no draw defines it; undefined counts the draws that were left out.
    digits: the significant digits that are worth printing.
    """

    measured: float | None
    seeds: int
    interval: list | None = None
    digits: int = 3
    undefined: int = 0

    def __repr__(self):
        if self.measured is None:
            return f"undefined in all of {self.undefined:,}"
        words = f"{significant(self.measured, self.digits):.{self.digits}g}"
        if self.interval:
            ends = (f"{significant(end, self.digits):.{self.digits}g}" for end in self.interval)
            words += f" [{', '.join(ends)}]"
        words += f" of {self.seeds:,}"
        return words + (f", {self.undefined:,} undefined" if self.undefined else "")


def _statistic(found, of, values, interval=None, digits=3):
    """A Statistic of the finite ones among `values`; of None where there is none."""
    x, keep = _finite(values)
    missing = int((~keep).sum())
    if not len(x):
        return Statistic(None, 0, None, digits, missing)
    return Statistic(float(found(x)), int(of or len(x)), interval, digits, missing)


def largest(
    values: ArrayLike, *, of: int | None = None, rounding: bool = False, digits: int = 3
) -> Statistic:
    """The largest of the values; `rounding`: it is rounding noise, so its power of ten is stated.

    of: the number of independent draws where it is not that of the values.

    >>> largest([0.5, 0.75])
    0.75 of 2
    """
    bound = power_of_ten_above if rounding else float
    return _statistic(lambda x: bound(x.max()), of, values, digits=digits)


def smallest(values: ArrayLike, *, of: int | None = None, digits: int = 3) -> Statistic:
    """The smallest of the values; see `largest`.

    >>> smallest([0.5, 0.75])
    0.5 of 2
    """
    return _statistic(np.min, of, values, digits=digits)


def value(
    number: float, *, of: int = 1, interval: list | None = None, digits: int = 3
) -> Statistic:
    """One number that is known without a sample, or whose interval was found elsewhere.

    >>> value(2 / 3, of=40)
    0.667 of 40
    """
    return _statistic(lambda x: x[0], of, [float(number)], interval, digits)


def _group_sums(x, keep, groups):
    """(sum, count) of every group, each (groups,)."""
    names, place = np.unique(flat(groups)[keep], return_inverse=True)
    return (
        np.bincount(place, weights=x, minlength=len(names)),
        np.bincount(place, minlength=len(names)),
    )


def _wilson(p, n):
    """Wilson's 95% interval for a share p of n cases, n any positive number."""
    z2 = 1.959963984540054**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2) / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return [max(0.0, middle - half), min(1.0, middle + half)]


def share(
    hits: ArrayLike, *, sample: bool = True, groups: ArrayLike | None = None, digits: int = 3
) -> Statistic:
    """The share of true values, with its Wilson interval; `sample=False`: these are all cases.

    groups: the draw that each value belongs to. The interval is then Wilson's at the effective
    number of cases, p (1 - p) / variance of the share between groups (Kish 1965, design effect). Where
    the rarer answer stands in fewer than five groups nothing can be said of how alike the values of a
    group are: the number of groups, at most, as if each had one fate. Close to 1 there are more
    digits, two of what is missing.

    >>> share([True] * 95 + [False] * 5)
    0.95 [0.888, 0.978] of 100
    >>> share([True] * 22_498 + [False] * 2)
    0.999911 [0.999676, 0.999976] of 22,500
    """
    x, keep = _finite(hits)
    n, interval = len(x), None
    if n and sample:
        p = x.mean()
        if groups is None:
            interval = wilson_interval(int(x.sum()), n)
        else:
            sums, counts = _group_sums(x, keep, groups)
            n = len(sums)
            between = n / max(n - 1, 1) * ((sums - p * counts) ** 2).sum() / counts.sum() ** 2
            effective = p * (1 - p) / between if between > 0 else n
            rarer = sums if p < 0.5 else counts - sums
            most = n if (rarer > 0).sum() < 5 else len(x)
            interval = _wilson(p, min(max(effective, 1), most))
        rest = min((1 - end for end in (p, interval[0]) if end < 1), default=1)
        if rest < 0.1:
            digits = max(digits, 1 + math.ceil(-math.log10(rest)))
    return _statistic(np.mean, n, hits, interval, digits)


def mean(values: ArrayLike, *, groups: ArrayLike | None = None, digits: int = 3) -> Statistic:
    """The mean over independent draws, with Student's interval (over group means with `groups`).

    >>> mean([1.0, 2.0, 3.0])
    2 [-0.484, 4.48] of 3
    """
    x, keep = _finite(values)
    if len(x) and groups is not None:
        sums, counts = _group_sums(x, keep, groups)
        x = sums / counts
    interval = mean_interval(x) if len(x) > 1 else None
    found = _statistic(np.mean, None, x, interval, digits)
    return found._replace(undefined=int((~keep).sum()))


def _resampled(function, arrays, groups, resamples=1000):
    """95% percentile bootstrap interval of function(*arrays), groups (or cases) drawn with return."""
    rng = np.random.default_rng(0)
    names, place = np.unique(groups, return_inverse=True)
    order = np.argsort(place, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(place))[:-1])
    found = []
    for _ in range(resamples):
        drawn = rng.integers(0, len(names), len(names))
        picked = (
            np.concatenate([parts[k] for k in drawn]) if len(parts) < len(order) else order[drawn]
        )
        with np.errstate(all="ignore"):
            found.append(function(*(a[picked] for a in arrays)))
    ends = np.nanquantile(found, [0.025, 0.975]) if np.isfinite(found).any() else [np.nan] * 2
    return [float(end) for end in ends]


def _sampled(function, arrays, groups, digits):
    """A Statistic of function(*arrays) with its bootstrap interval; cases with a nan are left out."""
    arrays = [flat(a) for a in arrays]
    if len({len(a) for a in arrays}) > 1:
        raise ValueError(f"values must be as many, got {[len(a) for a in arrays]}")
    keep = ~np.isnan(arrays).any(0)
    arrays = [a[keep] for a in arrays]
    missing = int((~keep).sum())
    groups = np.arange(keep.sum()) if groups is None else flat(groups)[keep]
    seeds = len(np.unique(groups))
    with np.errstate(all="ignore"):
        measured = float(function(*arrays)) if seeds else math.nan
    if not math.isfinite(measured):
        return Statistic(None, 0, None, digits, missing + seeds)
    interval = _resampled(function, arrays, groups) if seeds > 1 else None
    return Statistic(measured, seeds, interval, digits, missing)


def median(values: ArrayLike, *, groups: ArrayLike | None = None, digits: int = 3) -> Statistic:
    """The median, with its bootstrap interval over draws (over groups with `groups`).

    >>> median([1.0, 2.0, 3.0, 4.0, 5.0]).measured
    3.0
    """
    return _sampled(np.median, [values], groups, digits)


def ratio(
    tops: ArrayLike, bottoms: ArrayLike, *, groups: ArrayLike | None = None, digits: int = 3
) -> Statistic:
    """Mean of `tops` / mean of `bottoms`, pairs of one draw, with its bootstrap interval.

    >>> ratio([2.0, 4.0], [1.0, 2.0])
    2 [2, 2] of 2
    """
    return _sampled(lambda a, b: a.mean() / b.mean(), [tops, bottoms], groups, digits)


def slope(
    x: ArrayLike, y: ArrayLike, *, groups: ArrayLike | None = None, digits: int = 3
) -> Statistic:
    """Least-squares slope of y on x, with its bootstrap interval over pairs (over `groups`).

    >>> slope([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0]).measured
    2.0
    """

    def fitted(a, b):
        away = a - a.mean()
        return (away * b).sum() / (away * away).sum()

    return _sampled(fitted, [x, y], groups, digits)


def correlation(
    x: ArrayLike, y: ArrayLike, *, groups: ArrayLike | None = None, digits: int = 3
) -> Statistic:
    """Pearson correlation of pairs, with its bootstrap interval over pairs (over `groups`).

    >>> correlation([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0]).measured
    1.0
    """

    def pearson(a, b):
        a, b = a - a.mean(), b - b.mean()
        return (a * b).sum() / math.sqrt((a * a).sum() * (b * b).sum())

    return _sampled(pearson, [x, y], groups, digits)
