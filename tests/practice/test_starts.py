"""Starts have the variance of their name, and draws do not depend on each other."""

import numpy as np
import pytest
import torch

from lib.practice import starts as st


def generators(count, key=3):
    return [np.random.default_rng([key, k]) for k in range(count)]


@pytest.mark.parametrize(
    "variance, wanted",
    [
        (st.he, [2 / 50, 2 / 60]),
        (st.glorot, [2 / 110, 2 / 70]),
        (st.lecun, [1 / 50, 1 / 60]),
        (lambda a, b: 9 / a, [9 / 50, 9 / 60]),
    ],
)
@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_a_start_has_the_variance_that_is_asked_for(variance, wanted, gain):
    net = st.normal_start([50, 60, 10], generators(20), variance, gain=gain)
    for w, v in zip(net.weights, wanted, strict=True):
        assert abs(float(w.mean())) < 3 * gain * (v / w.numel()) ** 0.5
        assert float(w.var()) == pytest.approx(gain**2 * v, rel=0.05)
    assert [tuple(b.shape) for b in net.biases] == [(20, 60), (20, 10)]
    assert not any(b.any() for b in net.biases)


def test_equal_generators_give_starts_that_differ_in_scale_alone():
    one, other = (st.normal_start([5, 6, 4], generators(2), v) for v in (st.he, st.lecun))
    for w, v in zip(one.weights, other.weights, strict=True):
        assert torch.allclose(w, 2**0.5 * v)


def test_copies_of_a_draw_differ_and_leave_the_other_draws_as_they_are():
    many, fewer = (st.normal_start([5, 6, 4], generators(n), st.he, 2).weights for n in (3, 2))
    for w, v in zip(many, fewer, strict=True):
        assert torch.equal(w.view(2, 3, *w.shape[1:])[:, :2], v.view(2, 2, *v.shape[1:]))
        assert len({x.item() for x in w[:, 0, 0]}) == 6


def test_uniform_start_has_the_spread_of_its_fan_in():
    net = st.uniform_start([16, 50, 10], 200, np.random.default_rng(0))
    assert [tuple(w.shape) for w in net.weights] == [(200, 50, 16), (200, 10, 50)]
    assert [tuple(b.shape) for b in net.biases] == [(200, 50), (200, 10)]
    for w, b, fan_in in zip(net.weights, net.biases, (16, 50), strict=True):
        for x in (w, b):
            assert float(x.abs().max()) <= fan_in**-0.5
            assert float(x.std()) * (3 * fan_in) ** 0.5 == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: st.normal_start([4], generators(1), st.he), "widths"),
        (lambda: st.normal_start([4, 0], generators(1), st.he), "widths"),
        (lambda: st.normal_start([4, 2], [0], st.he), "generators"),
        (lambda: st.normal_start([4, 2], [], st.he), "generators"),
        (lambda: st.normal_start([4, 2], generators(1), st.he, 0), "copies"),
        (lambda: st.normal_start([4, 2], generators(1), st.he, gain=0.0), "gain"),
        (lambda: st.uniform_start([3, 0, 2], 2, np.random.default_rng(0)), "widths"),
        (lambda: st.uniform_start([3, 2], 2, 0), "rng"),
        (lambda: st.check_generators(generators(2), 3), "generators"),
    ],
)
def test_a_start_that_is_none_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
