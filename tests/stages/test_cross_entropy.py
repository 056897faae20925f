"""Cross-entropy against torch's own, its slope against autograd, best ranks against nested limits."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.stages import cross_entropy as ce
from lib.stages import two_layer as tl

SHAPE = {"deviations": [1.5, 1, 0.7], "singular_values": [3, 1], "classes": 4, "samples": 60}


def drawn(seeds=3, seed=0, **other):
    return ce.label_problem(seeds, np.random.default_rng(seed), **SHAPE | other)


def test_labels_are_one_hot_and_follow_the_teacher():
    x, y = drawn(2, samples=40_000, singular_values=[6, 1])
    assert x.shape == (2, 3, 40_000) and y.shape == (2, 4, 40_000)
    assert torch.equal(y.sum(1), torch.ones(2, 40_000, dtype=torch.float64))
    assert torch.allclose(x.std(-1), torch.tensor([1.5, 1, 0.7]).double().expand(2, 3), rtol=0.03)
    # a sharp teacher's labels are learned by a matrix whose logits sort the classes as T X does
    m = -ce.cross_entropy_slope(torch.zeros(2, 4, 3).double(), x, y)
    assert (torch.linalg.svdvals(m)[:, 0] > 5 * torch.linalg.svdvals(m)[:, 2]).all()
    assert torch.allclose(m.sum(1), torch.zeros(2, 3).double(), atol=1e-12)


def test_loss_is_that_of_torch_and_slope_its_gradient():
    x, y = drawn()
    w = torch.from_numpy(np.random.default_rng(1).standard_normal((3, 4, 3))).requires_grad_()
    loss = ce.cross_entropy(w, x, y)
    wanted = [torch.nn.functional.cross_entropy((w[k] @ x[k]).mT, y[k].argmax(0)) for k in range(3)]
    assert torch.allclose(loss, torch.stack(wanted), rtol=1e-12)
    (g,) = torch.autograd.grad(loss.sum(), w)
    assert torch.allclose(ce.cross_entropy_slope(w.detach(), x, y), g, rtol=1e-10, atol=1e-14)


def test_best_of_rank_falls_with_the_rank_to_the_convex_optimum():
    x, y = drawn(2)
    rng = np.random.default_rng(2)
    best = torch.stack([ce.best_of_rank(x, y, k, rng) for k in range(4)])
    assert torch.allclose(best[0], torch.full((2,), np.log(4)).double())
    assert (best.diff(dim=0) < -1e-4).all()
    w = torch.zeros(2, 4, 3).double()
    for _ in range(4000):  # the full problem is convex
        w -= 0.5 * ce.cross_entropy_slope(w, x, y)
    assert torch.allclose(best[3], ce.cross_entropy(w, x, y), atol=1e-7)


def test_a_best_matrix_of_rank_one_is_stationary_in_its_factors():
    """Fresh starts reach no lower loss, and the exit of descent from zero is above it."""
    x, y = drawn(3)
    few = ce.best_of_rank(x, y, 1, np.random.default_rng(0), tries=2)
    many = ce.best_of_rank(x, y, 1, np.random.default_rng(1), tries=8)
    assert torch.allclose(few, many, atol=1e-6)


@pytest.mark.parametrize(
    "bad", [{"samples": 2}, {"singular_values": [1, 1, 1, 1]}, {"singular_values": []}]
)
def test_bad_sizes_are_named(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        drawn(**bad)


def test_bad_rank_is_named():
    with pytest.raises(ValueError, match="rank"):
        ce.best_of_rank(*drawn(), 4, np.random.default_rng(0))


def test_units_leave_the_origin_by_the_slope_of_any_loss():
    """`exit_units` of cross-entropy: the alignment goes as theorem 1's power."""
    x, y = drawn(4)
    m = -ce.cross_entropy_slope(torch.zeros(4, 4, 3).double(), x, y)
    speeds, growing = tl.growing_directions(m)
    rng = np.random.default_rng(3)
    weights = tuple(
        torch.from_numpy(rng.standard_normal(shape)) for shape in ((4, 8, 3), (4, 4, 8))
    )
    omega = tl.exit_units(
        weights, (x, y), [1e-9, 1e-11], learning_rate=0.5, exit_scale=1e-5,
        slope=ce.cross_entropy_slope,
    )  # fmt: skip
    fall = (tl.misalignment(omega, growing[..., 0])).log().diff(dim=0)[0] / np.log(1e-2)
    assert torch.allclose(fall, tl.misalignment_exponent(speeds, 0.5), atol=0.05)


def test_distance_from_ranks_is_that_of_the_worse_rank():
    lowest = torch.tensor([[4.0, 2, 1, 0.5], [4, 2, 1, 0.5]], dtype=torch.float64)
    losses = torch.tensor([[4, 2.1, 1.2], [4, np.nan, np.nan]], dtype=torch.float64)
    found = ce.distance_from_ranks(losses, lowest)
    assert torch.allclose(found, torch.tensor([0.4, 6.0]).double())


def test_record_promises_the_fall_of_a_small_step():
    x, y = drawn()
    rng = np.random.default_rng(4)
    w = tuple(torch.from_numpy(rng.standard_normal(shape)) for shape in ((3, 5, 3), (3, 4, 5)))
    seen = ce.loss_record(w, x, y, learning_rate=1e-6)
    g = ln.layer_gradients(w, lambda m: ce.cross_entropy_slope(m, x, y))
    after = ce.cross_entropy(
        ln.end_to_end(tuple(a - 1e-6 * b for a, b in zip(w, g, strict=True))), x, y
    )
    assert torch.allclose(seen["loss"], ce.cross_entropy(ln.end_to_end(w), x, y))
    assert torch.allclose(1 - after / seen["loss"], seen["fall"], rtol=1e-3)
