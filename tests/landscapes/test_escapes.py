"""Escapes: laws against simulations, the octopus against autograd, log-coordinates against plain ones."""

import math

import numpy as np
import pytest
import torch
from scipy.special import digamma

from lib.descent import Plain, Record, Stop, descend
from lib.landscapes import escapes


def rng(seed=0):
    return np.random.default_rng(seed)


def autograd(function, point):
    differentiate = torch.autograd.functional
    return differentiate.jacobian(function, point), differentiate.hessian(function, point)


def test_points_in_the_ball():
    points = escapes.in_ball(20_000, 3, 2.0, rng())
    sizes = points.norm(dim=1)
    assert sizes.max() <= 2
    # |x|^3 is uniform on [0, 8], no direction is preferred
    assert (sizes**3).mean() == pytest.approx(4, rel=0.02)
    assert points.square().mean(0) == pytest.approx(torch.full((3,), 0.8).double(), rel=0.03)


def test_norms_stand_for_the_coordinates_left_out():
    whole = escapes.in_ball(20_000, 6, 1.0, rng(1))
    short = escapes.in_ball(20_000, 6, 1.0, rng(2), kept=2)
    assert short.shape == (20_000, 3) and (short[:, 2] > 0).all()
    rest = whole[:, 2:].norm(dim=1)
    for q in (0.1, 0.5, 0.9):
        assert short[:, 2].quantile(q) == pytest.approx(float(rest.quantile(q)), rel=0.02)
        a, b = (x[:, 0].abs().quantile(q) for x in (short, whole))
        assert a == pytest.approx(float(b), rel=0.06)


@pytest.mark.parametrize("bad", [(2, 3, 0.0, None), (2, 0, 1.0, None), (2, 3, 1.0, 3)])
def test_no_ball(bad):
    seeds, size, radius, kept = bad
    with pytest.raises(ValueError, match="radius > 0"):
        escapes.in_ball(seeds, size, radius, rng(), kept=kept)


def test_the_double_well_has_the_gradient_of_autograd():
    points = torch.from_numpy(rng(3).standard_normal((4, 3)))
    slope, _ = autograd(lambda p: escapes.double_well(p, 0.7).sum(), points)
    assert torch.allclose(escapes.double_well_gradient(points, 0.7), slope)


def test_one_perturbation_costs_a_logarithm_of_the_dimension():
    setting = {"gamma": 1.0, "radius": 0.01, "learning_rate": 0.05}
    steps = [
        escapes.strict_saddle_steps(d, 2000, rng(d), **setting).double().mean()
        for d in (100, 10**6)
    ]
    law = escapes.perturbation_slope(1.0, 0.05) * math.log(1e4)
    assert steps[1] - steps[0] == pytest.approx(law, rel=0.05)


def test_whole_vectors_take_the_same_steps_as_their_norm():
    short = escapes.in_ball(50, 8, 0.01, rng(4), kept=1)
    direction = torch.nn.functional.normalize(torch.from_numpy(rng(5).standard_normal((50, 7))))
    whole = torch.cat([short[:, :1], short[:, 1:] * direction], 1)
    stops = [
        descend(
            lambda w: (escapes.double_well_gradient(w[0], 1.0),), (x,), rule=Plain(0.05), steps=800,
            stop=Stop(lambda w: escapes.double_well(w[0], 1.0) <= -1 / 8, every=1), ).stopped
        for x in (short, whole)
    ]  # fmt: skip
    assert torch.equal(*stops)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_chain_has_the_derivatives_of_autograd(depth):
    points = torch.from_numpy(rng(6).standard_normal((2, depth)))
    points[1, 0] = 0
    gradient, curvature = escapes.chain_field(points)
    for k in range(2):
        slope, bend = autograd(escapes.chain_loss, points[k])
        assert torch.allclose(gradient[k], slope) and torch.allclose(curvature[k], bend)


def test_steps_on_the_chain_are_those_of_descend():
    starts = torch.from_numpy(rng(7).uniform(0.05, 0.3, (30, 3)))
    run = descend(
        lambda w: (escapes.chain_field(w[0])[0],), (starts,), rule=Plain(0.1), steps=5000,
        stop=Stop(lambda w: w[0].prod(1) >= 0.5, every=1), )  # fmt: skip
    found = escapes.chain_steps(starts, learning_rate=0.1, steps=5000)
    exact = run.stopped.double()
    assert ((found >= exact) & (found <= exact * 1.011 + 1)).all()
    assert torch.equal(found[exact <= 100], exact[exact <= 100])
    late = escapes.chain_steps(starts, learning_rate=0.1, steps=5000, quorum=0.5)
    assert 0.5 <= late.isfinite().double().mean() < 1
    assert escapes.chain_steps(starts, learning_rate=0.1, steps=3).isinf().all()


def test_laws_of_the_flat_saddle():
    assert [escapes.flat_saddle_exponent(n) for n in (2, 3, 4)] == [0, 0.5, 1]
    assert escapes.saddle_free_growth(3, 0.5) == 1.25


OCTOPUS = escapes.Octopus(L=1.3, gamma=0.8, tau=1.5)


def octopus_value(x):
    """The octopus, piece by piece, at one point of the positive quadrant."""
    L, gamma, tau = OCTOPUS.L, OCTOPUS.gamma, OCTOPUS.tau

    def bridge(z):
        far = z - tau
        cubic = (10 * gamma - 14 * L) * far**3 / (3 * tau)
        return -gamma * z**2 + cubic + (10 * L - 6 * gamma) * far**4 / (4 * tau**2)

    step = bridge(2 * tau) - 4 * L * tau**2
    value = torch.zeros((), dtype=torch.float64)
    for k, z in enumerate(x):
        if z > 2 * tau:
            value = value + L * (z - 4 * tau) ** 2 + step
            continue
        rest = x[k + 1 :]
        if z <= tau:
            return value - gamma * z**2 + L * rest.square().sum()
        s = (z - 2 * tau) / tau
        turn = -gamma - (L + gamma) * (10 * s**3 + 15 * s**4 + 6 * s**5)
        return value + bridge(z) + turn * rest[:1].square().sum() + L * rest[1:].square().sum()
    return value


@pytest.mark.parametrize(
    "point", [[0.4, 0.3, 0.2], [2.2, 0.3, 0.2], [5.0, 2.0, 0.7], [6.2, 5.9, 2.5], [6.1, 5.0, 7.0]]
)
def test_the_octopus_has_the_gradient_of_autograd(point):
    x = torch.tensor(point, dtype=torch.float64)
    slope, _ = autograd(octopus_value, x)
    assert torch.allclose(OCTOPUS.gradient(x[None])[0], slope)
    assert torch.allclose(OCTOPUS.gradient(-x[None])[0], -slope)


@pytest.mark.parametrize("edge", [1.5, 3.0])
def test_the_octopus_and_its_slope_are_continuous(edge):
    sides = [torch.tensor([[edge + e, 0.3, 0.2]], dtype=torch.float64) for e in (-1e-9, 1e-9)]
    assert torch.allclose(*(OCTOPUS.gradient(x) for x in sides), atol=1e-7)
    assert torch.allclose(*(octopus_value(x[0]) for x in sides), atol=1e-7)


def test_exits_in_logarithms_are_those_of_plain_descent():
    octopus = escapes.Octopus(L=1.0, gamma=1.0)
    starts = torch.from_numpy(rng(8).uniform(0.1, octopus.tau, (6, 4)))
    run = descend(
        lambda w: (octopus.gradient(w[0]),), (starts,), rule=Plain(0.25), steps=200,
        record=Record(range(201), lambda w: {"stage": octopus.stage(w[0])}), )  # fmt: skip
    plain = escapes.first_steps(run.records["stage"], 4)
    assert torch.equal(octopus.exits(starts, 0.25), plain)
    assert escapes.first_steps(run.records["stage"][:3], 4)[:, -1].isinf().all()


def test_late_exit_times_multiply_by_the_factor():
    octopus = escapes.Octopus(L=2.0, gamma=1.0)
    exits = octopus.exits(torch.from_numpy(rng(9).uniform(0.1, 2, (5, 12))), 0.125)
    ratios = exits[:, -1] / exits[:, -2]
    assert ratios == pytest.approx(torch.full((5,), octopus.factor(0.125)).double(), rel=1e-3)
    with pytest.raises(ValueError, match="learning_rate"):
        octopus.factor(0.25)
    with pytest.raises(ValueError, match="starts must lie"):
        octopus.exits(torch.zeros(1, 3, dtype=torch.float64), 0.125)


def test_perturbed_descent_waits_and_nudges():
    starts = torch.zeros(3, 2, dtype=torch.float64)
    run = escapes.perturbed_descent(
        torch.zeros_like, starts, radius=0.1, threshold=1.0, wait=4, rng=rng(10),
        learning_rate=0.3, steps=13, record=Record(range(14), lambda w: {"x": w[0], "clock": w[1][:, 0]}),
        )  # fmt: skip
    moves = run.records["x"].diff(dim=0).norm(dim=-1) > 0
    assert moves[:, 0].nonzero().flatten().tolist() == [0, 4, 8, 12]
    assert torch.equal(moves[:, :1].expand_as(moves), moves)
    assert (run.records["x"][1].norm(dim=-1) <= 0.1).all()
    still = escapes.perturbed_descent(
        torch.ones_like, starts, radius=0.1, threshold=1.0, wait=4, rng=rng(10), learning_rate=0.1,
        steps=5,
    )  # fmt: skip
    assert torch.allclose(still.weights[0], torch.full((3, 2), -0.5).double())


@pytest.mark.parametrize("depth", [3, 4])
def test_newton_goes_in_and_the_saddle_free_method_out(depth):
    starts = torch.from_numpy(1e-4 * rng(11).standard_normal((10, depth)))
    into = escapes.newton_direction(escapes.chain_field, absolute=False)
    end = descend(into, (starts,), rule=Plain(1.0), steps=1).weights[0]
    assert torch.allclose(end, starts * (depth - 2) / (depth - 1), rtol=1e-6)
    out = escapes.newton_direction(escapes.chain_field, absolute=True)
    runs = [
        escapes.steps_out(out, starts * size, lambda x: escapes.chain_loss(x) < 0.4)
        for size in (1.0, 1e-3)
    ]
    law = math.log(1e3) / math.log(escapes.saddle_free_growth(depth, 0.5))
    assert (runs[1] - runs[0]).mean() == pytest.approx(law, rel=0.03)


def test_steps_out_counts_every_step():
    doubling = escapes.steps_out(lambda w: (-w[0],), torch.ones(2, 1).double(), lambda x: x[:, 0] > 5,
                                 learning_rate=1.0)  # fmt: skip
    assert doubling.tolist() == [3, 3]
    assert (
        escapes.steps_out(lambda w: w, torch.ones(1, 1).double(), lambda x: x[:, 0] > 5).item()
        == -1
    )


def test_newton_is_newton_on_a_quadratic():
    matrix = torch.diag(torch.tensor([2.0, -3.0], dtype=torch.float64))
    start = torch.ones(1, 2, dtype=torch.float64)
    for absolute, end in ((False, [0.0, 0.0]), (True, [0.0, 2.0])):
        direction = escapes.newton_direction(
            lambda x: (x @ matrix, matrix.expand(len(x), 2, 2)), absolute=absolute
        )
        assert (start - direction((start,))[0])[0].tolist() == pytest.approx(end, abs=1e-15)


def test_noise_at_every_step_takes_the_steps_of_the_law():
    setting = {"gamma": 1.0, "noise_scale": 1e-5, "learning_rate": 0.05, "boundary": 1.0}
    steps = escapes.noisy_steps(4000, rng(12), **setting).double()
    assert steps.min() > 0
    assert steps.mean() == pytest.approx(escapes.noisy_law(**setting), rel=0.01)


@pytest.mark.parametrize("setting", [(1.0, 0.05), (2.0, 0.2), (0.3, 0.01)])
def test_the_reach_of_the_well_foretells_every_step(setting):
    gamma, rate = setting
    starts = torch.from_numpy(10 ** rng(13).uniform(-7, -6, (40, 1)))
    run = descend(
        lambda w: (escapes.double_well_gradient(w[0], gamma),), (starts,), Plain(rate), steps=10_000,
        stop=Stop(lambda w: escapes.double_well(w[0], gamma) <= -(gamma**2) / 8, every=1), )  # fmt: skip
    reach = math.log(escapes.well_reach(gamma, rate))
    law = ((reach - starts[:, 0].log()) / math.log1p(rate * gamma)).ceil()
    assert run.stopped.double().tolist() == law.tolist()


@pytest.mark.parametrize("size", [2, 10, 1000])
def test_perturbed_descent_takes_the_steps_of_its_law(size):
    setting = {"gamma": 1.0, "radius": 0.01, "learning_rate": 0.05}
    steps = escapes.strict_saddle_steps(size, 20_000, rng(14), **setting).double()
    assert steps.mean() == pytest.approx(escapes.perturbed_steps_law(size, **setting), rel=0.004)


def test_laws_of_networks_of_matrices():
    exponents = [escapes.flat_saddle_exponent(n, matrices=True) for n in (2, 3, 4)]
    assert exponents == [0, 0.25, 0.5]


def test_networks_of_one_unit_take_the_steps_of_the_chain():
    """1 x 1 layers without idle coordinates: the same draws, the same descent."""
    setting = {"learning_rate": 0.1, "steps": 90}
    whole = escapes.network_steps(3, 1, 50, rng(15), radius=1.0, **setting).double()
    chain = escapes.chain_steps(escapes.in_ball(50, 3, 1.0, rng(15)), **setting)
    assert 5 < chain.isfinite().sum() < 50
    assert torch.equal(torch.where(whole < 0, torch.inf, whole), chain)


def test_a_wider_network_starts_with_a_larger_layer():
    """The product of two layers d x d grows from the squares of d entries, each of size r / (2 d^2)^(1/2)."""
    setting = {"radius": 1e-4, "learning_rate": 0.05, "steps": 2000}
    means = [escapes.network_steps(2, d, 400, rng(d), **setting).double().mean() for d in (12, 48)]
    entries = math.log(16) - float(digamma(24) - digamma(6))  # of ln D - E ln chi-square_d
    # a run varies by 4 and 2 steps, so that the difference of 400 is known to 0.23
    assert means[1] - means[0] == pytest.approx(entries / 2 / math.log(1.05), abs=0.9)


def test_a_perturbed_octopus_counts_what_pushed_it():
    octopus = escapes.Octopus(1.0, 1.0)
    starts = torch.from_numpy(rng(16).uniform(0, octopus.tau, (6, 4)))
    setting = {"learning_rate": 0.25, "steps": 300, "rng": rng(17)}
    exits, pushes = escapes.perturbed_octopus(octopus, starts, radius=0.03, **setting)
    assert exits.isfinite().all() and (exits.diff(dim=1) > 0).all()
    assert ((pushes >= 1) & (pushes <= exits[:, -1] / 10 + 1)).all()


def test_plain_descent_on_the_octopus_ends_where_its_exits_say():
    octopus = escapes.Octopus(1.0, 1.0)
    starts = torch.from_numpy(rng(21).uniform(0.1, octopus.tau, (6, 4)))
    latest = int(octopus.exits(starts, 0.25)[:, -1].max())
    ends = escapes.plain_octopus(octopus, starts, learning_rate=0.25, steps=latest)
    assert (octopus.stage(ends) == 4).all()


def test_label_noise_vanishes_at_the_saddle_and_frees_beside_it():
    setting = {"size": 1e-3, "learning_rate": 0.1, "steps": 1000, "noise_scale": 1.0}
    assert not escapes.label_noise_leaves(5, rng(18), **(setting | {"size": 0.0})).any()
    assert escapes.label_noise_leaves(50, rng(18), **setting).all()
    into = escapes.label_noise_leaves(50, rng(18), **(setting | {"noise_scale": 7.0}))
    assert into.double().mean() < 0.3


@pytest.mark.parametrize("noise_scale", [0.01, 1.0, 6.0, 30.0])
def test_the_exponent_of_label_noise_is_a_mean(noise_scale):
    draws = 1 + 0.1 * (1 + noise_scale * rng(20).standard_normal(400_000))
    found = np.log(np.abs(draws))
    error = found.std() / len(found) ** 0.5
    assert escapes.label_noise_exponent(noise_scale, 0.1) == pytest.approx(
        found.mean(), abs=4 * error
    )
    with pytest.raises(ValueError, match="must be positive"):
        escapes.label_noise_exponent(0.0, 0.1)
