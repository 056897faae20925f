"""Intervals cover what they say; statistics take the right sample and count what is undefined."""

import math

import numpy as np
import pytest
import torch

from lib import statistics
from lib.statistics import correlation, largest, mean, median, ratio, share, slope, smallest, value


def test_wilson_at_a_textbook_value():
    """81 of 263: [.2553, .3662] (Newcombe 1998, table I)."""
    assert statistics.wilson_interval(81, 263) == pytest.approx([0.2553, 0.3662], abs=1e-4)


def test_intervals_of_a_mean_cover_it_as_often_as_they_say():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(1000):
        low, high = statistics.mean_interval(rng.standard_normal(5))
        inside += low < 0 < high
    assert 930 <= inside <= 968  # 95% of 1000, three standard deviations either way


def test_bootstrap_agrees_with_student_for_many_values():
    values = np.random.default_rng(1).standard_normal(400)
    boot = statistics.bootstrap_interval(values, np.mean, 0)
    assert boot == pytest.approx(statistics.mean_interval(values), abs=0.02)
    assert boot == statistics.bootstrap_interval(values, np.mean, 0)


def test_one_value_has_no_interval():
    with pytest.raises(ValueError, match="two numbers"):
        statistics.mean_interval([1.0])


def test_correlation_interval_covers_the_true_correlation():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1000, 2, 40))
    x[:, 1] = 0.6 * x[:, 0] + 0.8 * x[:, 1]
    ends = [statistics.correlation_interval(np.corrcoef(pair)[0, 1], 40) for pair in x]
    assert 0.93 <= np.mean([low <= 0.6 <= high for low, high in ends]) <= 0.97


@pytest.mark.parametrize("correlation, samples", [(1.0, 60), (0.5, 3)])
def test_correlation_interval_refuses_what_has_none(correlation, samples):
    with pytest.raises(ValueError, match="correlation"):
        statistics.correlation_interval(correlation, samples)


def test_extremes_read_arrays_tensors_lists_and_dicts():
    assert largest([torch.tensor([1.0, 2.0]), torch.tensor([[3.0]])])[:2] == (3, 3)
    assert smallest({"a": np.array([4.0, 5.0])})[:2] == (4, 2)
    assert largest([3e-15], rounding=True).measured == 1e-14
    assert largest([1.0, 2.0], of=7).seeds == 7 and value(0.5, of=3)[:2] == (0.5, 3)


def test_share_has_its_wilson_interval_unless_it_is_of_all_cases():
    assert share(torch.tensor([True, False])).interval == statistics.wilson_interval(1, 2)
    assert share([True, False], sample=False).interval is None


def test_a_share_close_to_one_has_digits_of_what_is_missing_and_else_those_asked_for():
    assert share([True] + [False] * 50, digits=1).digits == 1
    assert share([True] * 50 + [False] * 50, digits=1).digits == 1
    assert share([True] * 22_498 + [False] * 2).digits > 4


def test_what_a_draw_leaves_undefined_is_counted_and_left_out():
    for found in (mean([1.0, 2.0, math.nan]), median([1.0, 2.0, math.nan]), largest([1, math.nan])):
        assert (found.seeds, found.undefined) == (2, 1) or found.seeds == 1
        assert found.undefined == 1
    for found in (largest([]), mean([math.nan]), share([]), correlation([1.0, 1.0], [2.0, 3.0])):
        assert found.measured is None and "undefined" in repr(found)


def test_grouped_share_is_as_wide_as_its_groups_are_few():
    """300 draws of 16 starts that all share one fate: the sample is 300."""
    rng = np.random.default_rng(0)
    fate = rng.random(300) < 0.4
    hits, groups = np.repeat(fate, 16), np.repeat(np.arange(300), 16)
    grouped, plain = share(hits, groups=groups), share(fate)
    assert grouped.seeds == 300
    assert grouped.interval == pytest.approx(plain.interval, abs=2e-3)
    free = share(rng.random(4800) < 0.4, groups=groups)
    assert free.interval == pytest.approx(share(rng.random(4800) < 0.4).interval, abs=0.02)


def test_grouped_share_of_all_hits_counts_groups():
    found = share([True] * 40, groups=np.repeat(np.arange(4), 10))
    assert found.interval == pytest.approx(statistics.wilson_interval(4, 4))


@pytest.mark.parametrize("misses", [1, 2, 4])
def test_a_few_misses_do_not_make_a_grouped_share_surer_than_none(misses):
    """100 starts of 30 runs: one run that fails must not raise the lower end of the interval."""
    hits, groups = np.ones((100, 30), bool), np.repeat(np.arange(100), 30)
    none = share(hits.ravel(), groups=groups).interval
    hits[:misses, 0] = False
    some, other = (share(x.ravel(), groups=groups).interval for x in (hits, ~hits))
    assert some[0] <= none[0] and some == pytest.approx([1 - end for end in other[::-1]])
    hits[:10, 0] = False  # ten starts that fail once each do say that a start is no fate
    assert share(hits.ravel(), groups=groups).interval[0] > none[0]


@pytest.mark.parametrize("statistic", [mean, median])
def test_groups_are_the_sample_of_means_and_medians(statistic):
    rng = np.random.default_rng(1)
    level, groups = np.repeat(rng.standard_normal(30), 50), np.repeat(np.arange(30), 50)
    x = level + 0.01 * rng.standard_normal(1500)
    grouped, plain = (statistic(x, groups=g).interval for g in (groups, None))
    assert np.diff(grouped) > 4 * np.diff(plain)


def test_slope_ratio_and_correlation_at_known_values():
    rng = np.random.default_rng(2)
    x = rng.standard_normal(400)
    y = 2 * x + rng.standard_normal(400)
    found = slope(x, y)
    assert found.interval[0] < 2 < found.interval[1]
    assert np.diff(found.interval) == pytest.approx(2 * 1.96 / math.sqrt(400), rel=0.2)
    low, high = correlation(x, y).interval
    assert low < 2 / math.sqrt(5) < high
    assert ratio([2.0, 4.0], [1.0, 2.0]).measured == 2


def test_pairs_must_be_as_many():
    with pytest.raises(ValueError, match="as many"):
        slope([1.0, 2.0], [1.0])
