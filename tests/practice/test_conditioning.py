"""Prepared inputs have the covariance that is said, and the formula counts the steps of descent."""

import numpy as np
import pytest
import torch

from lib.practice import conditioning as cd


def drawn(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def test_preparations_have_the_covariance_that_is_said():
    x = drawn(200, 4).abs() @ drawn(4, 4, seed=1)

    def covariance(how):
        y = cd.prepare(x, how)
        assert how.startswith("raw") or y.mean(0).abs().max() < 1e-12
        return (y - y.mean(0)).T @ (y - y.mean(0)) / 200

    assert torch.allclose(covariance("raw 0..255"), 255**2 * covariance("centred"))
    assert torch.allclose(covariance("standardized").diagonal(), torch.ones(4).double())
    assert torch.allclose(covariance("ZCA"), torch.eye(4).double(), atol=1e-10)
    c = covariance("centred")
    expected = torch.linalg.solve(c + 0.01 * torch.eye(4).double(), c)
    assert torch.allclose(covariance("ZCA 0.01"), expected, atol=1e-12)


def test_the_formula_is_descent():
    problem = cd.quadratic(drawn(50, 4), drawn(50, 2, seed=1))
    steps, rate = cd.formula_steps(problem.eigenvalues, problem.shares, 0.01, [0.5, 1.0, 1.8])
    assert problem.shares.sum() == pytest.approx(1)
    assert cd.descent_steps([problem, problem], [rate, rate / 100], 0.01).tolist() == [steps, -1]
    assert (
        cd.formula_steps(torch.tensor([1.0]).double(), torch.ones(1).double(), 0.1, [0.5])[0] == 2
    )


def test_every_preparation_is_counted_by_formula_and_by_descent():
    pixels, outputs = drawn(60, 4).abs(), drawn(60, 2, seed=1)
    formula, descended, numbers = cd.steps_by_preparation(pixels, outputs, 0.5)
    assert formula.tolist() == descended.tolist() and formula.shape == (len(cd.PREPARATIONS),)
    assert formula[-1] == 1 and numbers[-1] == pytest.approx(1)
    assert numbers[0] > numbers[1] > 1


def test_bad_input_is_one_clear_line():
    with pytest.raises(ValueError, match="how"):
        cd.prepare(drawn(3, 2), "PCA")
    with pytest.raises(ValueError, match="most"):
        cd.formula_steps(torch.ones(1), torch.ones(1), 0.1, [0.01], 5)
