"""Each piece against a limit, a closed form, or something that does not share its code."""

import math

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, descend
from lib.stages import low_rank as lr
from lib.stages.pacing import Paced


def small_problem(seeds=3, seed=0):
    rng = np.random.default_rng(seed)
    return (*lr.completion_problem([2.0, 1.0], 6, 0.8, seeds, rng), rng)


def test_completion_problem_has_its_rank_and_its_share():
    target, mask, _ = small_problem(5)
    assert torch.allclose(
        torch.linalg.svdvals(target)[:, :3], torch.tensor([2.0, 1.0, 0.0]).double()
    )
    assert mask.sum((1, 2)).tolist() == [29] * 5 and set(mask.unique().tolist()) == {0.0, 1.0}
    assert len({tuple(m.flatten().tolist()) for m in mask}) == 5


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_completion_gradients_agree_with_autograd(depth):
    target, mask, rng = small_problem()
    weights = ln.gaussian_weights([6, *[4] * (depth - 1), 6], 3, rng, 0.7)
    leaves = [w.clone().requires_grad_() for w in weights]
    product = leaves[0]
    for w in leaves[1:]:
        product = w @ product
    ((mask * (product - target)) ** 2).sum().div(2).backward()
    for ours, leaf in zip(lr.completion_gradients(weights, target, mask), leaves, strict=True):
        assert torch.allclose(ours, leaf.grad, rtol=1e-11, atol=1e-12)


def test_paced_descent_is_a_change_of_time_of_the_flow():
    """Diagonal start, target s: a layer follows da/dt = a (s - a^2), solved by the logistic curve.
    The distance to it halves with the pace."""
    s, start = 1.5, 1e-3
    target = torch.full((1, 1, 1), s, dtype=torch.float64)
    weights = (torch.full((1, 1, 1), start, dtype=torch.float64),) * 2
    gaps = []
    for share in (0.04, 0.02, 0.01):
        run = lr.paced_descent(
            weights, target, torch.ones_like(target), Paced(share, share),
            steps=int(20 / share), every=1, final_loss=0.01, check_every=1,
        )  # fmt: skip
        time, value = run.records["time"][:, 0], run.records["matrix"][:, 0, 0, 0]
        exact = s / (1 + (s / start**2 - 1) * torch.exp(-2 * s * time))
        gaps.append(float((value - exact).abs().max()))
        assert len(run.weights) == len(weights) and (time.diff() >= 0).all()
    assert gaps[0] / gaps[1] == pytest.approx(2, abs=0.2)
    assert gaps[1] / gaps[2] == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_fastest_way_out_takes_the_predicted_time(depth):
    target, mask, _ = small_problem()
    speed, u, v = lr.escape(lr.completion_slope(torch.zeros_like(target), target, mask))
    assert torch.allclose(speed, torch.linalg.svdvals(mask * target)[:, 0])
    start, end = 1e-4, 1e-2
    weights = [
        start * (v[:, None] if j == 0 else torch.ones_like(u[:, :1, None])) for j in range(depth)
    ]
    weights[-1] = start * u[..., None]
    final = lr.completion_loss(0 * target, target, mask) - speed * end**depth
    run = lr.paced_descent(
        tuple(weights), target, mask, Paced(1.0, 5e-3, bounded=False), steps=4_000, every=4_000,
        final_loss=final, check_every=1,
    )  # fmt: skip
    for seed in range(3):
        wanted = float(lr.escape_time(speed[seed], start, end, depth))
        assert float(run.records["time"][-1, seed]) == pytest.approx(wanted, rel=1e-2)


def test_escape_time_tends_to_the_logarithm_and_stays_finite():
    assert float(lr.escape_time(2.0, 1e-3, 1.0, 2)) == pytest.approx(math.log(1000) / 2)
    assert float(lr.escape_time(1.0, 1e-3, 1e9, 3)) == pytest.approx(1e3, rel=1e-6)
    assert float(lr.escape_time(1.0, 1e-3, 1e9, 4)) == pytest.approx(5e5, rel=1e-6)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_greedy_on_a_matrix_seen_whole_is_its_truncated_svd(depth):
    """With every entry seen, rank k of the greedy algorithm is the Eckart-Young matrix."""
    rng = np.random.default_rng(depth)
    target, mask = lr.completion_problem([2.5, 1.5, 0.8], 5, 1.0, 4, rng)
    losses, matrices, settled = lr.greedy_completion(target, mask, depth, 3)
    assert settled.all()
    tails = [2.5**2 + 1.5**2 + 0.8**2, 1.5**2 + 0.8**2, 0.8**2, 0.0]
    for rank, tail in enumerate(tails):
        assert torch.allclose(
            losses[rank], torch.full((4,), tail / 2).double(), rtol=1e-6, atol=1e-9
        )
        assert (torch.linalg.matrix_rank(matrices[rank], atol=1e-3) == rank).all()


def test_the_stable_step_is_that_of_the_hessian():
    """At a balanced minimum, and at a start that fits: 2 over the largest curvature found by autograd."""
    target = torch.diag(torch.tensor([2.0, 0.5], dtype=torch.float64))[None]
    for depth in (2, 3):
        balanced = ln.balanced_factors(target, [2] * (depth + 1))
        rng = np.random.default_rng(depth)
        drawn = ln.gaussian_weights([2, 3, *[3] * (depth - 2), 2], 1, rng, 0.8)
        for weights, goal, exact in ((balanced, target, True), (drawn, None, False)):
            goal = ln.end_to_end(weights) if goal is None else goal
            step = lr.stable_step(goal, depth, None if exact else weights)

            def loss(flat, weights=weights, goal=goal):
                cut = flat.split([w.numel() for w in weights])
                parts = [x.reshape(w.shape) for x, w in zip(cut, weights, strict=True)]
                product = parts[0]
                for w in parts[1:]:
                    product = w @ product
                return (product - goal).square().sum() / 2

            flat = torch.cat([w.flatten() for w in weights])
            top = float(torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, flat))[-1])
            if exact:
                assert step == pytest.approx(2 / top, rel=1e-6)
            else:
                assert step <= 2 / top * (1 + 1e-9)


def test_gaussian_problems_have_their_norm_rank_and_mask():
    target, mask = lr.gaussian_problem(2, 3.0, 6, 0.5, 4, np.random.default_rng(0))
    assert torch.allclose(torch.linalg.matrix_norm(target), torch.full((4,), 3.0).double())
    assert (torch.linalg.matrix_rank(target) == 2).all() and (mask.sum((1, 2)) == 18).all()
    assert len({round(float(s), 6) for s in torch.linalg.svdvals(target)[:, 0]}) == 4


def test_unseen_error_is_relative_and_blind_to_what_is_seen():
    target, mask, _ = small_problem()
    assert torch.allclose(lr.unseen_error(0 * target, target, mask), torch.ones(3).double())
    assert (lr.unseen_error((1 - mask) * target + 7 * mask, target, mask) < 1e-14).all()


def test_escape_time_takes_tensors():
    speed = torch.tensor([1.0, 2.0]).double()
    start = torch.tensor([[1e-2], [1e-3]]).double()
    found = lr.escape_time(speed, start, torch.full((2, 2), 0.5).double(), 4)
    assert found.shape == (2, 2)
    assert float(found[1, 1]) == pytest.approx(float(lr.escape_time(2.0, 1e-3, 0.5, 4)))


def test_greedy_says_where_it_ran_out_of_steps():
    target, mask, _ = small_problem()
    settled = lr.greedy_completion(target, mask, 3, 2, steps=20).settled
    assert settled[0].all() and not settled[1:].any()


ONES = torch.ones(2, 2, dtype=torch.float64)

BAD = {
    "values": (
        lambda: lr.completion_problem([1.0] * 4, 3, 0.5, 1, np.random.default_rng(0)),
        "singular_values",
    ),
    "share": (
        lambda: lr.completion_problem([1.0], 3, 0.0, 1, np.random.default_rng(0)),
        "share",
    ),
    "float32": (lambda: lr.completion_loss(ONES.float(), ONES, ONES), "matrix must be a float64"),
    "numpy": (lambda: lr.completion_loss(ONES, ONES.numpy(), ONES), "target must be a float64"),
    "column": (lambda: lr.completion_loss(ONES, ONES[:, :1], ONES), "one size"),
    "float32 weights": (
        lambda: lr.completion_gradients((ONES.float(),) * 2, ONES, ONES),
        "float64",
    ),
    "numpy slope": (lambda: lr.escape(ONES.numpy()), "slope must be a float64"),
    "nothing unseen": (lambda: lr.unseen_error(ONES, ONES, ONES), "mask must leave"),
    "zero layer": (
        lambda: lr.paced_descent(
            (0 * ONES[None],) * 2,
            ONES[None],
            ONES[None],
            Paced(1.0, 0.1),
            steps=1,
            every=1,
            final_loss=0.1,
        ),
        "zero or not finite",
    ),
    "greedy depth": (lambda: lr.greedy_completion(ONES[None], ONES[None], 1, 1), "depth >= 2"),
    "depth": (lambda: lr.escape_time(1.0, 0.1, 1.0, 1), "depth"),
    "start": (lambda: lr.escape_time(1.0, 0.0, 1.0, 3), "positive"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()


def test_sensing_gradients_agree_with_autograd():
    rng = np.random.default_rng(0)
    target, sensors = lr.sensing_problem([2.0, 1.0], 4, 9, 3, rng)
    weights = ln.gaussian_weights([4, 5, 4], 3, rng, 0.5)
    leaves = [w.clone().requires_grad_() for w in weights]
    residual = leaves[1] @ leaves[0] - target
    readings = torch.stack(
        [(sensors[:, k].reshape(3, 4, 4) * residual).sum((-2, -1)) for k in range(9)]
    )
    value = readings.square().sum() / 2
    value.backward()
    product = weights[1] @ weights[0]
    assert torch.allclose(lr.sensing_loss(product, target, sensors).sum(), value.detach())
    for ours, leaf in zip(lr.sensing_gradients(weights, target, sensors), leaves, strict=True):
        assert torch.allclose(ours, leaf.grad, rtol=1e-10, atol=1e-12)


def test_many_measurements_are_an_isometry_and_few_recover_a_low_rank_matrix():
    rng = np.random.default_rng(1)
    target, sensors = lr.sensing_problem([1.0], 5, 20_000, 2, rng)
    slope = lr.sensing_slope(torch.zeros_like(target), target, sensors)
    assert torch.allclose(slope, -target, atol=0.05)
    # 80 numbers for the 100 entries: from a tiny start descent finds the matrix, from a large one not.
    target, sensors = lr.sensing_problem([2.0, 1.5], 10, 80, 5, rng)
    misses = []
    for init_scale in (1e-5, 0.5):
        run = descend(
            lr.sensing_gradients,
            ln.gaussian_weights([10, 10, 10], 5, rng, init_scale),
            problem=(target, sensors),
            rule=Plain(0.05),
            steps=4000,
        )
        product = run.weights[1] @ run.weights[0]
        assert (lr.sensing_loss(product, target, sensors) < 1e-4).all()  # fits: 3 at the start
        misses.append(torch.linalg.matrix_norm(product - target) / 2.5)
    assert (misses[0] < 0.01).all() and (misses[1] > 0.1).all()


def test_sensing_needs_a_measurement():
    with pytest.raises(ValueError, match="measurements"):
        lr.sensing_problem([1.0], 4, 0, 1, np.random.default_rng(0))
