"""Descent on the sphere against eigenvalues, closed forms and its own limits."""

import numpy as np
import pytest
import torch

from lib.landscapes import glass_descent as gd
from lib.landscapes import spin_glass as sg


def test_descent_at_p_two_finds_the_smallest_eigenvalue():
    c = sg.couplings(12, 2, 0)
    start = sg.random_spins(12, (20,), np.random.default_rng(0))
    run = gd.sphere_descent(c, start, learning_rate=0.2, steps=20000, tolerance=1e-6)
    assert (run.stopped >= 0).all()
    ground = torch.linalg.eigvalsh(c)[0] / 2  # the gradient is c x, so H = x.c x / 2
    assert torch.allclose(sg.energy(c, run.weights[0]), ground, atol=1e-9)


def test_descent_in_many_draws_at_once_is_descent_in_each():
    c, rng = sg.couplings(6, 3, [0, 1]), np.random.default_rng(0)
    start = sg.random_spins(6, (2, 5), rng)
    options = {"learning_rate": 0.1, "steps": 40, "tolerance": 1e-12}
    both = gd.sphere_descent(c, start, **options).weights[0]
    for k in range(2):
        assert torch.allclose(
            gd.sphere_descent(c[k], start[k], **options).weights[0], both[k], atol=1e-10
        )
    assert (sg.energy(c, both) < sg.energy(c, start)).all()


def test_annealing_at_temperature_zero_is_descent():
    rng = np.random.default_rng(3)
    for c, shape in ((sg.couplings(6, 3, 1), (4,)), (sg.couplings(6, 3, [1, 2]), (2, 4))):
        x = sg.random_spins(6, shape, rng)
        cold = gd.annealed(c, x, learning_rate=0.1, steps=20, temperature=0.0, seed=0)
        plain = gd.sphere_descent(c, x, learning_rate=0.1, steps=20, tolerance=0.0).weights[0]
        assert torch.allclose(cold, plain, rtol=0, atol=1e-13)  # a zero is added
        warm = gd.annealed(c, x, learning_rate=0.1, steps=20, temperature=1.0, seed=0)
        assert not torch.allclose(warm, plain, atol=0.1)
        again = gd.annealed(c, x, learning_rate=0.1, steps=20, temperature=1.0, seed=0)
        assert torch.equal(warm, again)  # the same operations


def test_annealing_in_a_field_ends_between_rest_and_the_first_temperature():
    """Two spins in a field; at T = 1 the mean energy per spin is -I_1(b)/I_0(b)/sqrt 2, b = sqrt 2."""
    from scipy.special import iv

    c = (torch.tensor([[1.0], [0.0]], dtype=torch.float64),)
    x = sg.random_spins(2, (20000,), np.random.default_rng(0))
    hot = gd.annealed(c, x, learning_rate=0.02, steps=200, temperature=1.0, seed=1)
    low, high = -1 / 2**0.5, -iv(1, 2**0.5) / iv(0, 2**0.5) / 2**0.5
    assert low < float(sg.energy(c, hot).mean()) < high


def test_infinite_descent_is_of_first_order_and_the_limit_of_many_spins():
    ends = [gd.infinite_descent(3, 3.2, h)[1][-1] for h in (0.08, 0.04, 0.02)]
    assert (ends[0] - ends[1]) / (ends[1] - ends[2]) == pytest.approx(2, abs=0.1)
    t, e = gd.infinite_descent(2, 24.0, 0.04)
    assert (e[-1] + 2**0.5) * t[-1] == pytest.approx(3 / 8, rel=0.01)
    rng = np.random.default_rng(8)
    curve = gd.energy_curve(100, 3, 6, 10, [0.0, 0.4, 0.8], rng, step=0.02)
    t, e = gd.infinite_descent(3, 0.8, 0.02)
    assert torch.allclose(curve.mean(0), torch.from_numpy(e[[0, 20, 40]]), atol=0.05)


def test_equal_generators_give_descent_and_annealing_the_same_couplings():
    options = {"learning_rate": 0.1, "steps": 50, "tolerance": 1e-3}
    cold = {"learning_rate": 0.1, "steps": 1, "temperature": 0.0, "seed": 0}
    for n in (6, 60):  # side by side, and alone
        a, b = (
            gd.descent_ends(n, 3, 2, 3, np.random.default_rng(5), annealing=how, **options)[0]
            for how in (None, cold)
        )
        assert torch.allclose(a, b, atol=0.05) and len(a) == 2


def test_descent_ends_at_the_ground_state_at_p_two():
    ends, lowest = gd.descent_ends(
        8, 2, 3, 4, np.random.default_rng(0), learning_rate=0.3, steps=5000, tolerance=1e-6
    )
    assert ends.shape == (3, 4) and torch.allclose(ends, lowest.expand(3, 4), atol=1e-6)
