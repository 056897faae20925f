"""Each piece against a closed form, autograd, or small steps."""

import math

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.stages import factorization as fz
from lib.stages import low_rank as lr
from lib.stages.pacing import Paced


def small_problem(seeds=3, seed=0):
    rng = np.random.default_rng(seed)
    return (*lr.completion_problem([2.0, 1.0], 6, 0.8, seeds, rng), rng)


def test_symmetric_problem_is_symmetric_and_has_its_share():
    target, mask = fz.symmetric_completion_problem([2.0, 1.0], 5, 0.6, 7, np.random.default_rng(0))
    assert torch.allclose(target, target.mT) and torch.equal(mask, mask.mT)
    assert (mask.triu().sum((1, 2)) == 9).all()
    values = torch.linalg.eigvalsh(target)[0]
    assert torch.allclose(values, torch.tensor([0.0, 0.0, 0.0, 1.0, 2.0]).double(), atol=1e-12)


def test_symmetric_network_has_the_gradient_of_the_factorization():
    """d/dU of 1/2 f(U U^T) with f = completion_loss, by autograd, against the two-layer network."""
    rng = np.random.default_rng(0)
    target, mask = fz.symmetric_completion_problem([2.0, 1.0], 5, 0.6, 3, rng)
    factor = torch.from_numpy(rng.standard_normal((3, 5, 4))).requires_grad_()
    lr.completion_loss(factor @ factor.mT, target, mask).sum().div(2).backward()
    lower, upper = lr.completion_gradients(fz.symmetric_weights(factor.detach()), target, mask)
    assert torch.allclose(upper, factor.grad, rtol=1e-12, atol=1e-13)
    assert torch.allclose(lower, factor.grad.mT, rtol=1e-12, atol=1e-13)


def test_linear_phase_is_the_matrix_exponential():
    rng = np.random.default_rng(0)
    target, mask = fz.symmetric_completion_problem([2.0, 1.0], 5, 0.6, 3, rng)
    slope, factor = -mask * target, torch.from_numpy(rng.standard_normal((3, 5, 4)))
    ours = fz.linear_phase(slope, factor, -30.0, 1e-6)
    values, vectors = torch.linalg.eigh(-slope)
    top = vectors[..., -1:]
    size = (top.mT @ ours).square().sum((1, 2))
    assert torch.allclose(size, torch.full((3,), 1e-6).double(), rtol=1e-10)
    before = (top.mT @ factor).square().sum((1, 2)) * math.exp(-60)
    time = (1e-6 / before).log() / (2 * values[:, -1])
    exact = torch.matrix_exp(-slope * time[:, None, None]) @ factor * math.exp(-30)
    assert torch.allclose(ours, exact, rtol=1e-9, atol=1e-18)
    assert torch.allclose(fz.linear_phase(slope, factor, 0.0, 1e-6), factor)


def test_linear_phase_joins_the_flow():
    """Handing over at a ten times smaller W changes the path after it ten times less, or better."""
    rng = np.random.default_rng(1)
    target, mask = fz.symmetric_completion_problem([2.0, 1.0], 5, 0.6, 3, rng)
    factor = torch.from_numpy(rng.standard_normal((3, 5, 5)))
    drops = torch.tensor([[0.1], [0.4]]).double().expand(2, 3)
    ends = [
        fz.flow_to_drops(
            fz.symmetric_weights(fz.linear_phase(-mask * target, factor, -12.0, largest)),
            target, mask, drops,
        )
        for largest in (1e-5, 1e-6, 1e-9)
    ]  # fmt: skip
    gaps = [(end - ends[-1]).abs().max() for end in ends[:2]]
    assert gaps[0] < 1e-7 and gaps[1] < gaps[0] / 5


@pytest.mark.parametrize("depth", [2, 3])
def test_flow_clocked_by_the_loss_is_the_path_of_small_steps(depth):
    target, mask, rng = small_problem(2)
    weights = ln.gaussian_weights([6] * (depth + 1), 2, rng, 0.05)
    origin = lr.completion_loss(0 * target, target, mask)
    weights = tuple(  # a start that is already moving downhill
        w - 0.5 * g
        for w, g in zip(weights, lr.completion_gradients(weights, target, mask), strict=True)
    )
    drops = torch.stack([0.2 * origin, 0.5 * origin])
    ours = fz.flow_to_drops(weights, target, mask, drops)
    assert torch.allclose(origin - lr.completion_loss(ours, target, mask), drops, rtol=1e-8)
    for k in range(2):
        run = lr.paced_descent(
            weights, target, mask, Paced(0.02, 1e-2), steps=6_000, every=6_000,
            final_loss=origin - drops[k], check_every=1,
        )  # fmt: skip
        assert torch.allclose(ln.end_to_end(run.weights), ours[k], atol=3e-2)


def test_loss_drop_is_the_difference_of_losses():
    target, mask, rng = small_problem()
    matrix = torch.from_numpy(rng.standard_normal((3, 6, 6)))
    difference = lr.completion_loss(0 * matrix, target, mask) - lr.completion_loss(
        matrix, target, mask
    )
    assert torch.allclose(fz.loss_drop(matrix, target, mask), difference, rtol=1e-12)
    assert (fz.loss_drop(1e-30 * target, target, mask) > 0).all()


@pytest.mark.parametrize("ratio", [1.5, 3.0])
def test_counterexample_by_semidefinite_algebra(ratio):
    """The matrices of least trace and least rank are feasible, and have the traces stated."""
    target, mask = fz.counterexample(ratio)
    r = ratio
    least_trace = torch.tensor([[r, 1, 1, r], [1, r, r, 1], [1, r, r, 1], [r, 1, 1, r]]).double()
    x = torch.tensor([1.0, r, 1.0, r]).double()
    for matrix, rank, trace in ((least_trace, 2, 4 * r), (torch.outer(x, x), 1, 2 * r**2 + 2)):
        assert float(lr.completion_loss(matrix, target, mask)) == 0
        assert torch.linalg.eigvalsh(matrix)[0] > -1e-12
        assert int(torch.linalg.matrix_rank(matrix)) == rank
        assert float(matrix.trace()) == pytest.approx(trace)


def test_counterexample_tends_to_the_rank_one_solution():
    """R = 2: the traces of the facts' table, falling start by falling start."""
    target, mask = (x.expand(4, 4, 4) for x in fz.counterexample(2.0))
    factor = torch.from_numpy(np.random.default_rng(0).standard_normal((4, 4))).expand(4, 4, 4)
    scales = torch.tensor([1e-1, 1e-2, 1e-4, 1e-8], dtype=torch.float64).log()
    start = fz.linear_phase(-target, factor, scales, 1e-9)
    matrices = fz.symmetric_limit(start, target, mask)
    traces = matrices.diagonal(dim1=1, dim2=2).sum(1)
    assert traces.tolist() == pytest.approx([8.11, 8.69, 9.81, 9.9997], abs=0.02)


def test_distances_are_those_of_single_flows():
    rng = np.random.default_rng(0)
    target, mask = fz.symmetric_completion_problem([2.0, 1.0], 4, 0.7, 2, rng)
    drops = torch.tensor([[0.1, 0.1], [0.3, 0.3]]).double()
    starts = 1e-2 * torch.from_numpy(rng.standard_normal((3, 2, 4, 4)))
    path = 1e-4 * torch.eye(4).double().expand(2, 4, 4)
    ours = fz.greedy_distances(
        fz.symmetric_weights(starts.flatten(0, 1)), fz.symmetric_weights(path), target, mask, drops
    )
    alone = fz.flow_to_drops(fz.symmetric_weights(path), target, mask, drops)
    for arm in range(3):
        other = fz.flow_to_drops(fz.symmetric_weights(starts[arm]), target, mask, drops)
        gap = torch.linalg.matrix_norm(other - alone).amax(0)
        assert torch.allclose(ours[arm], gap, rtol=1e-5)


def test_recovery_from_a_tiny_start_and_not_from_a_large_one():
    rng = np.random.default_rng(0)
    problem = fz.symmetric_completion_problem([2.0], 8, 0.6, 3, rng)
    found = fz.recovery(*problem, 3, [1.0, 1e-4], steps=2000)
    assert found.values.shape == (2, 3, 8)
    assert (found.error[0] > 0.2).all() and (found.error[1] < 0.05).all()
    assert (found.values[1, :, 1] < 1e-2).all() and (found.residual[1] <= 1e-6).all()


def test_limits_on_the_counterexample_come_scale_by_scale():
    found = fz.complete_counterexample(
        2.0, [math.log(0.1), math.log(1e-8)], 5, np.random.default_rng(0)
    )
    assert found.trace.shape == found.second.shape == (2, 5)
    assert (found.trace[0] < 9.9).all() and torch.allclose(
        found.trace[1], torch.full((5,), 10.0).double(), atol=0.01
    )
    assert (found.second[1] < 1e-3).all()


def test_scale_for_error_at_the_ends_and_between():
    errors = torch.tensor([[0.5, 0.5, 0.04], [0.4, 0.01, 0.03], [0.3, 0.01, 0.02]]).double()
    found = fz.scale_for_error([1e-1, 1e-2, 1e-3], errors, 0.05)
    assert found[0] == pytest.approx(1e-3) and found[2] == pytest.approx(1e-1)
    between = math.log(0.5 / 0.05) / math.log(0.5 / 0.01)  # of the decade from 1e-1
    assert found[1] == pytest.approx(10 ** (-1 - between))


def test_robust_slope_has_an_interval_around_it():
    x = np.linspace(0, 1, 20)
    found = fz.robust_slope(x, 3 * x + 0.01 * np.random.default_rng(0).standard_normal(20))
    assert found.interval[0] < found.slope < found.interval[1] and found.slope == pytest.approx(
        3, abs=0.05
    )


def test_weights_of_a_factor_are_copies():
    factor = torch.ones(2, 3, 1, dtype=torch.float64)
    lower, upper = fz.symmetric_weights(factor)
    factor.zero_()
    assert (lower == 1).all() and (upper == 1).all()


def test_a_drop_that_is_never_reached_is_an_error():
    """Rank one cannot do more than the greedy algorithm's first phase."""
    target, mask = fz.symmetric_completion_problem([2.0, 1.5], 4, 1.0, 1, np.random.default_rng(0))
    weights = fz.symmetric_weights(torch.full((1, 4, 1), 1e-2, dtype=torch.float64))
    with pytest.raises(ArithmeticError, match="never reaches"):
        fz.flow_to_drops(weights, target, mask, torch.tensor([[3.0]]).double())


def test_a_limit_that_is_not_reached_in_time_is_an_error():
    pair = fz.counterexample(2.0)
    with pytest.raises(ArithmeticError, match="loss above"):
        fz.symmetric_limit(torch.full((1, 4, 4), 0.1).double(), *pair, longest=0.1)


BAD = {
    "eigenvalues": (
        lambda: fz.symmetric_completion_problem([1.0] * 4, 3, 0.5, 1, np.random.default_rng(0)),
        "eigenvalues",
    ),
    "share": (
        lambda: fz.symmetric_completion_problem([1.0], 3, 2.0, 1, np.random.default_rng(0)),
        "share",
    ),
    "ratio": (lambda: fz.counterexample(1.0), "ratio"),
    "drops": (
        lambda: fz.flow_to_drops(
            (torch.zeros(1, 4, 4).double(),) * 2, *fz.counterexample(2.0), [[1.0]]
        ),
        "drops",
    ),
    "scales": (lambda: fz.scale_for_error([1, 2], np.ones((2, 1)), 0.5), "scales must fall"),
    "no growth": (
        lambda: fz.linear_phase(torch.eye(2).double(), torch.eye(2).double(), 0.0, 1e-3),
        "top eigenvalue",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()


def test_the_leading_mode_is_the_fastest_of_the_flow_from_zero():
    """Against the closed linear phase: what is left across u_1 falls behind by the gap's power."""
    target, mask = fz.symmetric_completion_problem([2.0, 1.0], 5, 0.8, 4, np.random.default_rng(1))
    u, gap = fz.leading_mode(mask * target)
    across = []
    for log in (-20.0, -40.0):
        eye = torch.eye(5, dtype=torch.float64).expand(4, 5, 5)
        grown = fz.linear_phase(-mask * target, eye, log, 1e-12)
        rest = grown - u[:, :, None] * (u[:, None, :] @ grown)
        across.append(torch.linalg.matrix_norm(rest, 2))
    assert torch.allclose((across[0] / across[1]).log() / 20, gap, atol=1e-9)
    with pytest.raises(ValueError, match="matrix must have a positive eigenvalue"):
        fz.leading_mode(-torch.eye(3, dtype=torch.float64))
