"""The rules against closed forms: a linear flow, the logistic curve, the stability polynomial."""

import math

import pytest
import torch
from numpy.polynomial import chebyshev

from lib.descent import Plain, Record, Stop, descend
from lib.stages.pacing import Chebyshev, Paced, _stages


def column(*values):
    return torch.tensor(values, dtype=torch.float64).reshape(-1, 1, 1)


def run(gradient, start, rule, steps, **options):
    """Descent that tells weights and time at every step."""
    record = Record(range(steps + 1), lambda w, *problem: {"w": w[0][:, 0, 0]})
    return descend(gradient, (start,), rule, steps=steps, record=record, **options)


@pytest.mark.parametrize("stages", range(1, 9))
def test_a_step_multiplies_a_mode_by_the_stability_polynomial(stages):
    """Of a quadratic loss of curvature c: T_s(a - b c h) / T_s(a); its times add up to h."""
    keep, push, takes, reach = (x[stages].numpy() for x in _stages(8))
    a = 1 + 0.05 / stages**2
    unit = [0] * stages + [1]
    top, rise = chebyshev.chebval(a, unit), chebyshev.chebval(a, chebyshev.chebder(unit))
    for z in (0.0, 0.1, 1.0, 0.9 * (1 + a) * rise / top):
        w, move = 1.0, 0.0
        for j in range(stages):
            move = keep[j] * move - push[j] * z * w
            w += move
        assert w == pytest.approx(chebyshev.chebval(a - top / rise * z, unit) / top, abs=1e-12)
        assert abs(w) <= 1
    assert takes.sum() == pytest.approx(1)
    assert reach == pytest.approx(stages**2, rel=0.05)


def test_one_stage_is_a_plain_step():
    start = column(1.0, 2.0)
    plain = descend(lambda w: w, (start,), Plain(0.01), steps=7)
    paced = run(lambda w: w, start, Chebyshev(0.01, change=0.5, most=1), 7)
    assert torch.allclose(plain.weights[0], paced.weights[0], rtol=1e-14)
    assert torch.allclose(paced.records["time"][-1], torch.full((2,), 0.07).double())


def test_the_path_is_the_flow_of_the_time_it_tells():
    """da/dt = a (s - a), solved by the logistic curve; the distance falls with `change`."""
    s, start = column(1.5, 0.5), column(1e-3, 1e-3)
    gaps, counts = [], []
    for change in (0.2, 0.1, 0.05):
        rule = Chebyshev(0.02, change)
        stop = Stop(lambda w, s: (w[0] > 0.98 * s)[:, 0, 0], every=1)
        found = run(lambda w, s: (w[0] * (w[0] - s),), start, rule, 3000, problem=(s,), stop=stop)
        time, value = found.records["time"], found.records["w"]
        exact = s[:, 0, 0] / (1 + (s[:, 0, 0] / 1e-3 - 1) * torch.exp(-s[:, 0, 0] * time))
        gaps.append((value - exact).abs().amax(0))
        counts.append(found.stopped.max())
        assert (time.diff(dim=0) >= 0).all() and (found.stopped > 0).all()
    assert (gaps[0] > 1.5 * gaps[1]).all() and (gaps[1] > 1.5 * gaps[2]).all()
    assert (gaps[2] < 0.1).all() and counts[0] < counts[2]


def test_a_stiff_mode_at_rest_does_not_hold_the_others_up():
    """Curvatures 100 and -0.01: plain steps of 0.014 need 33,000 to grow e^4.6-fold, these some hundred."""
    curvature = torch.tensor([[100.0, -0.01]]).double()
    rule = Chebyshev(0.014, 0.1, most=12)
    start = torch.tensor([[1e-3, 1e-2]]).double()
    done = descend(
        lambda w: (w[0] * curvature,), (start,), rule, steps=8000,
        stop=Stop(lambda w: w[0][:, 1] > 1, every=1),
    )  # fmt: skip
    assert 0 < int(done.stopped) < 4000
    assert done.weights[0][0, 0].abs() < 1e-4


def test_a_curvature_that_grows_beyond_the_rate_is_met_by_a_smaller_one():
    """A loss x^2 (1 + y^2) / 2 - y / 100: y drifts up and the curvature of x from 1 to 100 and more."""

    def gradient(w):
        x, y = w[0][..., 0], w[0][..., 1]
        return (torch.stack([x * (1 + y**2), x**2 * y - 0.01], -1),)

    start = torch.tensor([[[1.0, 0.0]]]).double()
    done = descend(gradient, (start,), Chebyshev(1.0), steps=3000)
    x, y = done.weights[0].flatten().tolist()
    assert y > 10 and abs(x) < 1


def test_each_seed_has_a_step_of_its_own():
    def alone(value):
        return run(lambda w: (w[0] ** 3,), column(value), Chebyshev(0.1), 60).records["w"][:, 0]

    both = run(lambda w: (w[0] ** 3,), column(1.0, 0.1), Chebyshev(0.1), 60).records["w"]
    assert torch.allclose(both[:, 0], alone(1.0), rtol=1e-12)
    assert torch.allclose(both[:, 1], alone(0.1), rtol=1e-12)


@pytest.mark.parametrize(
    "make", [lambda: Chebyshev(0.1, 1.0), lambda: Chebyshev(0.1, most=0), lambda: Paced(1.0, 1.5)]
)
def test_bad_options_are_one_clear_line(make, refused):
    with refused(r"change in \(0, 1\)|share must lie"):
        make()


def test_a_gradient_of_zero_leaves_everything_as_it_is():
    found = run(lambda w: (0 * w[0],), column(1.0), Chebyshev(0.1), 5)
    assert found.records["w"].flatten().tolist() == [1.0] * 6
    assert math.isfinite(float(found.records["time"][-1, 0]))
