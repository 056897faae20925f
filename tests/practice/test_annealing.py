"""Annealing: without noise it is descent at a falling rate, with noise its kicks have the promised size."""

import pytest
import torch

from lib.descent import Plain, descend
from lib.practice.annealing import Annealed


def bowl(weights):
    return (weights[0],)


def test_at_temperature_zero_it_is_descent_at_a_falling_rate():
    start = (torch.ones(3, 2, dtype=torch.float64),)
    run = descend(bowl, start, Annealed(0.4, steps=4, temperature=0.0, seed=1), steps=4)
    expected = torch.ones(3, 2, dtype=torch.float64)
    for left in (1.0, 0.75, 0.5, 0.25):
        expected = descend(bowl, (expected,), Plain(0.4 * left), steps=1).weights[0]
    assert torch.allclose(run.weights[0], expected, atol=1e-15)


def test_one_step_kicks_with_variance_two_rate_temperature():
    start = (torch.zeros(20000, 1, dtype=torch.float64),)
    run = descend(bowl, start, Annealed(0.1, steps=10, temperature=0.3, seed=2), steps=1)
    assert float(run.weights[0].var()) == pytest.approx(2 * 0.1 * 0.3, rel=0.05)


def test_noise_is_a_function_of_seed_and_step_and_ends_before_training_does():
    start = (torch.ones(5, 3, dtype=torch.float64),)
    a, b, c = (
        descend(bowl, start, Annealed(0.1, steps=10, temperature=0.3, seed=s), steps=10).weights[0]
        for s in (3, 3, 4)
    )
    assert torch.equal(a, b) and not torch.equal(a, c)  # the same operations
    quiet = Annealed(0.1, steps=10, temperature=0.3, seed=3)
    w, g = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    quiet.step((w,), quiet.start((w,)), (g,), (0.1,), 10)
    assert float(w) == 1.0


@pytest.mark.parametrize("wrong", [{"temperature": -1.0}, {"steps": 0}])
def test_bad_input_is_one_clear_line(wrong):
    given = {"steps": 1, "temperature": 1.0, "seed": 0} | wrong
    with pytest.raises(ValueError, match="Annealed needs"):
        Annealed(0.1, **given)
