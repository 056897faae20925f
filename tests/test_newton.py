"""The search for zeros: order of convergence, indifference to the index, the bookkeeping."""

import numpy as np
import pytest
import torch

from lib.newton import find_roots


def saddles(x):
    """Gradient and Hessian of sum cos(x_i): critical points at the multiples of pi, of every index."""
    return -x.sin(), torch.diag_embed(-x.cos())


def test_finds_critical_points_of_every_index():
    starts = torch.from_numpy(np.random.default_rng(0).uniform(-6, 6, (200, 2)))
    before = starts.clone()
    points, size = find_roots(saddles, starts, steps=100, tolerance=1e-10, longest=0.5)
    assert torch.equal(starts, before)
    found = size < 1e-9
    assert found.float().mean() > 0.95
    turns = points[found] / np.pi
    assert (turns - turns.round()).abs().max() < 1e-8
    index = (-points[found].cos() < 0).sum(-1)
    assert set(index.tolist()) == {0, 1, 2}


def test_converges_faster_than_any_geometric_rate_at_the_end():
    sizes = []
    for steps in range(12):
        _, size = find_roots(
            lambda x: (x.exp() - 2, torch.diag_embed(x.exp())),
            torch.ones(1, 1, dtype=torch.float64),
            steps=steps, tolerance=1e-15, longest=10.0,
        )  # fmt: skip
        sizes.append(float(size))
    ratios = [b / a for a, b in zip(sizes, sizes[1:], strict=False) if a > 1e-10]
    assert ratios[-1] < 1e-2 and ratios == sorted(ratios, reverse=True)


def test_lost_starts_stay_with_their_own_residual():
    def no_zero(x):
        return x**2 + 1, torch.diag_embed(2 * x)

    points, size = find_roots(
        no_zero, torch.tensor([[0.5], [3.0]], dtype=torch.float64),
        steps=200, tolerance=1e-9, longest=1.0,
    )  # fmt: skip
    assert torch.allclose(size, points[:, 0] ** 2 + 1)
    assert (size >= 1).all() and torch.isfinite(points).all()


def test_the_blind_direction_is_left_alone():
    matrix = torch.diag(torch.tensor([3.0, 1.0, -2.0], dtype=torch.float64))

    def on_unit_sphere(x):
        q = x @ matrix
        rho = (q * x).sum(-1)
        p = torch.eye(3, dtype=torch.float64) - x[:, :, None] * x[:, None, :]
        return q - rho[:, None] * x, p @ matrix @ p - rho[:, None, None] * p

    def unit(x):
        return x / x.norm(dim=-1, keepdim=True)

    starts = unit(torch.from_numpy(np.random.default_rng(1).standard_normal((50, 3))))
    points, size = find_roots(
        on_unit_sphere, starts, steps=60, tolerance=1e-12, longest=0.5, retraction=unit,
        normal=lambda x: x,
    )  # fmt: skip
    eigenvalues = ((points @ matrix) * points).sum(-1)[size < 1e-10]
    assert len(eigenvalues) > 40
    assert set(eigenvalues.round(decimals=6).tolist()) == {3.0, 1.0, -2.0}


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": -1},
        {"steps": 1.5},
        {"tolerance": 0.0},
        {"longest": 0.0},
        {"points": torch.zeros(3, dtype=torch.float64)},
        {"points": torch.zeros(1, 2)},
        {"points": np.zeros((1, 2))},
    ],
)
def test_bad_input(bad):
    good = {
        "points": torch.zeros(1, 2, dtype=torch.float64),
        "steps": 1,
        "tolerance": 1e-6,
        "longest": 1.0,
    }
    with pytest.raises(ValueError, match="find_roots needs"):
        find_roots(saddles, **(good | bad))


def test_each_start_may_have_its_own_problem():
    target = torch.tensor([2.0, 3.0, 5.0], dtype=torch.float64)[:, None]
    points, size = find_roots(
        lambda x, square: (x**2 - square, torch.diag_embed(2 * x)),
        torch.ones(3, 1, dtype=torch.float64),
        steps=60, tolerance=1e-12, longest=1.0, problem=(target,),
    )  # fmt: skip
    assert torch.allclose(points**2, target) and (size <= 1e-12).all()
    with pytest.raises(ValueError, match="problem must"):
        find_roots(saddles, points, steps=1, tolerance=1.0, longest=1.0, problem=(target[:2],))
