"""Each formula against something that does not share its code: autograd, finite differences, limits."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib import linear_networks as ln
from lib.descent import Plain, Stop, descend

widths_of_networks = st.lists(st.integers(1, 6), min_size=2, max_size=9)
batches = st.sampled_from([(), (3,), (2, 3)])


def draw(widths, batch, seed, scale=0.7):
    rng = np.random.default_rng(seed)
    shapes = [(*batch, b, a) for a, b in zip(widths, widths[1:], strict=False)]
    weights = tuple(torch.from_numpy(scale * rng.standard_normal(s)) for s in shapes)
    return weights, torch.from_numpy(rng.standard_normal((*batch, widths[-1], widths[0])))


def product(weights):
    """W_N ... W_1 by one plain loop, the oracle."""
    out = weights[0]
    for w in weights[1:]:
        out = torch.matmul(w, out)
    return out


@settings(max_examples=60, deadline=None)
@given(widths_of_networks, batches, st.integers(0, 10**6))
def test_gradients_agree_with_autograd(widths, batch, seed):
    weights, target = draw(widths, batch, seed)
    leaves = [w.clone().requires_grad_() for w in weights]
    value = ((product(leaves) - target) ** 2).sum() / 2
    value.backward()
    assert torch.allclose(ln.loss(weights, target).sum(), value.detach(), rtol=1e-12)
    for ours, leaf in zip(ln.gradients(weights, target), leaves, strict=True):
        assert ours.shape == leaf.shape
        assert torch.allclose(ours, leaf.grad, rtol=1e-10, atol=1e-11)


@settings(max_examples=20, deadline=None)
@given(widths_of_networks, st.integers(0, 10**6))
def test_gradients_agree_with_central_differences(widths, seed):
    weights, target = draw(widths, (), seed)
    direction = draw(widths, (), seed + 1)[0]
    step = 1e-5
    ahead, behind = (
        float(
            ln.loss(
                tuple(w + s * step * v for w, v in zip(weights, direction, strict=True)), target
            )
        )
        for s in (1, -1)
    )
    inner = sum(
        float((g * v).sum()) for g, v in zip(ln.gradients(weights, target), direction, strict=True)
    )
    assert (ahead - behind) / (2 * step) == pytest.approx(inner, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("widths", [[5, 5, 5, 5], [2, 6, 3], [6, 1, 6], [3, 7, 3], [1, 1]])
def test_many_tiny_networks_in_the_layout_of_descend_give_the_same(widths):
    weights, target = draw(widths, (500,), 4)
    packed = tuple(w.permute(1, 2, 0).contiguous().permute(2, 0, 1) for w in weights)
    assert torch.allclose(ln.end_to_end(packed), product(weights), rtol=1e-12, atol=1e-13)
    expected = ln.gradients(weights, target)
    with torch.no_grad():
        for weights_in_some_layout in (packed, weights):
            for a, b in zip(ln.gradients(weights_in_some_layout, target), expected, strict=True):
                assert torch.allclose(a, b, rtol=1e-11, atol=1e-12)


def test_end_to_end_is_the_product_from_either_side():
    for widths in ([2, 5, 6], [6, 5, 2], [3, 3], [4, 1, 4]):
        weights, _ = draw(widths, (3,), 0)
        assert torch.allclose(ln.end_to_end(weights), product(weights), rtol=1e-12, atol=1e-14)


@settings(max_examples=30, deadline=None)
@given(widths_of_networks, batches, st.integers(0, 10**6))
def test_drift_of_imbalance_is_second_order_exactly(widths, batch, seed):
    weights, target = draw(widths, batch, seed)
    rate = 0.01
    g = ln.gradients(weights, target)
    moved = tuple(w - rate * x for w, x in zip(weights, g, strict=True))
    drift = [
        b - a
        for a, b in zip(ln.imbalance_matrices(weights), ln.imbalance_matrices(moved), strict=True)
    ]
    for j, d in enumerate(drift):
        expected = rate**2 * (g[j + 1].mT @ g[j + 1] - g[j] @ g[j].mT)
        assert torch.allclose(d, expected, rtol=1e-9, atol=1e-11 * (1 + float(d.abs().max())))


@pytest.mark.parametrize("size", [3, 8])
def test_divergence_is_found_without_a_warning(size):
    weights, target = draw([size] * 4, (70,), 0, scale=3.0)
    run = descend(
        ln.gradients,
        weights,
        problem=(target,),
        rule=Plain(1.0),
        steps=20,
        stop=Stop(diverged="keep"),
    )
    assert (run.diverged > 0).all()


def test_imbalance_conservation_is_first_order_in_the_step():
    """At a fixed time, half the step gives half the drift."""
    weights, target = draw([4, 4, 4, 4], (20,), 1, scale=0.4)
    drifts = []
    for halvings in range(3):
        rate = 0.02 / 2**halvings
        run = descend(
            ln.gradients, weights, problem=(target,), rule=Plain(rate), steps=100 * 2**halvings
        )
        start, end = ln.imbalance_matrices(weights), ln.imbalance_matrices(run.weights)
        drifts.append(max(float((b - a).norm()) for a, b in zip(start, end, strict=True)))
    assert drifts[0] / drifts[1] == pytest.approx(2, abs=0.15)
    assert drifts[1] / drifts[2] == pytest.approx(2, abs=0.08)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10**6))
def test_margin_bounds_the_smallest_singular_value(rows, columns, seed):
    rng = np.random.default_rng(seed)
    target = torch.from_numpy(rng.standard_normal((50, rows, columns)))
    size = torch.from_numpy(rng.uniform(0, 0.99, 50))
    direction = torch.from_numpy(rng.standard_normal((50, rows, columns)))
    direction = direction / torch.linalg.matrix_norm(direction)[:, None, None]
    sigma = torch.linalg.svdvals(target)[:, -1]
    matrix = target + (size * sigma)[:, None, None] * direction
    margin = ln.deficiency_margin(matrix, target)
    assert torch.allclose(margin, sigma * (1 - size), rtol=1e-9, atol=1e-12)
    assert (torch.linalg.svdvals(matrix)[:, -1] >= margin - 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 8), batches, st.booleans(), st.data())
def test_balanced_factors_multiply_back_and_are_balanced(rows, columns, depth, batch, rotate, data):
    low = min(rows, columns)
    hidden = data.draw(st.lists(st.integers(low, low + 3), min_size=depth - 1, max_size=depth - 1))
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    matrix = torch.from_numpy(rng.standard_normal((*batch, rows, columns)))
    weights = ln.balanced_factors(matrix, [columns, *hidden, rows], rng if rotate else None)
    assert [w.shape[-2] for w in weights] == [*hidden, rows]
    assert torch.allclose(product(weights), matrix, atol=1e-10)
    assert ln.imbalance(weights).shape == batch
    assert (ln.imbalance(weights) < 1e-10).all()
    if depth > 1:
        roots = torch.linalg.svdvals(matrix) ** (1 / depth)
        for w in weights:
            assert torch.allclose(torch.linalg.svdvals(w)[..., :low], roots, atol=1e-7)


def test_unbalance_keeps_the_product_and_hits_the_imbalance():
    rng = np.random.default_rng(3)
    matrix = torch.from_numpy(rng.standard_normal((4, 3, 3)))
    weights = ln.balanced_factors(matrix, [3, 3, 3, 3], rng)
    directions = [torch.from_numpy(rng.standard_normal((4, 3, 3))) for _ in range(2)]
    directions = [k + k.mT for k in directions]
    for wanted in (1e-6, 0.3):
        moved = ln.unbalance(weights, wanted, directions)
        assert torch.allclose(
            ln.imbalance(moved), torch.full((4,), wanted, dtype=torch.float64), rtol=1e-6
        )
        assert torch.allclose(product(moved), matrix, atol=1e-10)


def test_guarantee_at_numbers_worked_by_hand():
    """N = 2, target = diag(2, 2), c = 1: F^2 = 8, so delta = 1/(2048 sqrt 8), eta = 1/(49152 * 64)."""
    target = 2 * torch.eye(2, dtype=torch.float64)
    g = ln.convergence_guarantee(target, 2, 1.0)
    assert g.imbalance == pytest.approx(1 / (2048 * math.sqrt(8)), rel=1e-12)
    assert g.learning_rate == pytest.approx(1 / (49152 * 64), rel=1e-12)
    assert g.steps(1.0, 1e-3) == pytest.approx(49152 * 64 * math.log(1000), rel=1e-12)


def test_guarantee_matches_the_worked_example_at_depth_three():
    """c = .4557, F = 1.660: delta 1.5e-5, eta 4.1e-8 (computed apart from this code)."""
    target = torch.diag(torch.tensor([1.660**2 / 3] * 3, dtype=torch.float64).sqrt())
    g = ln.convergence_guarantee(target, 3, 0.4557)
    assert g.imbalance == pytest.approx(1.5e-5, rel=0.03)
    assert g.learning_rate == pytest.approx(4.1e-8, rel=0.02)


def test_guarantee_is_batched_over_targets_and_margins():
    targets = (
        torch.eye(2, dtype=torch.float64)
        * torch.tensor([1.0, 2.0], dtype=torch.float64)[:, None, None]
    )
    both = ln.convergence_guarantee(targets, 3, torch.tensor([0.5, 1.5], dtype=torch.float64))
    for i, c in enumerate((0.5, 1.5)):
        one = ln.convergence_guarantee(targets[i], 3, c)
        assert float(both.learning_rate[i]) == pytest.approx(one.learning_rate, rel=1e-14)
        assert float(both.steps(1.0, 0.1)[i]) == pytest.approx(one.steps(1.0, 0.1), rel=1e-14)


def test_regression_on_whitened_inputs_is_the_matrix_problem():
    from lib.data import whiten

    rng = np.random.default_rng(0)
    inputs = whiten(torch.from_numpy(rng.standard_normal((6, 50))), 4)
    outputs = torch.from_numpy(rng.standard_normal((3, 50)))
    weights, _ = draw([4, 4, 3], (), 2)
    target, constant = ln.whitened_problem(inputs, outputs)
    assert float(ln.regression_loss(weights, inputs, outputs)) == pytest.approx(
        float(ln.loss(weights, target)) + constant, rel=1e-12
    )
    for a, b in zip(
        ln.regression_gradients(weights, inputs, outputs),
        ln.gradients(weights, target),
        strict=True,
    ):
        assert torch.allclose(a, b, atol=1e-12)


RNG = np.random.default_rng(0)

BAD = {
    "chain": (lambda w, t: ln.loss((w[0], w[0].new_zeros(2, 5)), t), "do not chain"),
    "empty": (lambda w, t: ln.gradients((), t), "depth >= 1"),
    "target": (lambda w, t: ln.gradients(w, t[:2]), "target"),
    "vector": (lambda w, t: ln.end_to_end((w[0][0],)), "matrices"),
    "bottleneck": (lambda w, t: ln.balanced_factors(t, [3, 2, 3]), "bottleneck"),
    "widths": (lambda w, t: ln.balanced_factors(t, [4, 4, 3]), "widths"),
    "margin zero": (lambda w, t: ln.convergence_guarantee(t, 2, 0.0), "margin"),
    "margin negative": (lambda w, t: ln.convergence_guarantee(t, 2, -0.1), "margin"),
    "margin nan": (lambda w, t: ln.convergence_guarantee(t, 2, math.nan), "margin"),
    "margin large": (lambda w, t: ln.convergence_guarantee(t, 2, 100.0), "margin"),
    "depth": (lambda w, t: ln.convergence_guarantee(t, 0, 0.1), "depth"),
    "target nan": (lambda w, t: ln.convergence_guarantee(t * math.nan, 2, 0.1), "finite"),
    "final loss": (lambda w, t: ln.convergence_guarantee(t, 2, 0.1).steps(1.0, 2.0), "final_loss"),
    "float32": (lambda w, t: ln.gradients([x.float() for x in w], t), "float64"),
    "float32 target": (lambda w, t: ln.loss(w, t.float()), "float64"),
    "numpy": (lambda w, t: ln.end_to_end([x.numpy() for x in w]), "float64 torch tensors"),
    "matrix loss shapes": (lambda w, t: ln.matrix_loss(t[None], t[:, :1]), "one shape"),
    "margin float32": (lambda w, t: ln.deficiency_margin(t.float(), t), "float64"),
    "examples": (lambda w, t: ln.regression_loss(w, t, t[:, :2]), "examples"),
    "whitened": (lambda w, t: ln.whitened_problem(t, t[:, :2]), "examples"),
    "guarantee numpy": (lambda w, t: ln.convergence_guarantee(t.numpy(), 2, 0.1), "float64"),
    "share": (lambda w, t: ln.start_within_margin(t, 1.2, RNG), "share"),
    "share seeds": (lambda w, t: ln.start_within_margin(t, torch.full((4,), 0.5), RNG), "share"),
    "generator": (lambda w, t: ln.gaussian_weights([2, 2], 1, 0), "generator"),
    "generator of bases": (lambda w, t: ln.orthogonal(2, np.random), "generator"),
    "unbalance": (lambda w, t: ln.unbalance(w, -1.0, [t]), "imbalance"),
    "unbalance unreachable": (lambda w, t: ln.unbalance(w, 1e-9, [t]), "not reached"),
    "unbalance depth 1": (lambda w, t: ln.unbalance(w[:1], 0.1, []), "depth 1"),
    "unbalance along nothing": (lambda w, t: ln.unbalance((t, t), 0.1, [0 * t]), "not reached"),
    "margin shapes": (lambda w, t: ln.deficiency_margin(t, t[:2]), "one shape"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    weights, _ = draw([3, 3, 3], (), 0)
    target = torch.diag(torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64))
    call, words = BAD[case]
    with refused(words):
        call(weights, target)
