"""Each piece against a limit, a closed form, or something that does not share its code."""

import math

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib import low_rank as lr
from lib.descent import descend


def test_plateaus_of_two_layers_are_the_ranks_of_the_target():
    """Diagonal target: saddles at losses (1.5^2 + .7^2)/2 and .7^2/2, ranks 1 and 2."""
    rng = np.random.default_rng(0)
    target = torch.diag(torch.tensor([3.0, 1.5, 0.7], dtype=torch.float64)).expand(4, 3, 3)
    weights = tuple(1e-5 * torch.from_numpy(rng.standard_normal((4, 3, 3))) for _ in range(2))

    def measure(w, t):
        norm = sum(g.square().sum((-2, -1)) for g in ln.gradients(w, t)).sqrt()
        product = ln.end_to_end(w)
        return {
            "norm": norm,
            "loss": ln.matrix_loss(product, t),
            "values": torch.linalg.svdvals(product),
        }

    run = descend(
        ln.gradients,
        weights,
        problem=(target,),
        learning_rate=0.02,
        steps=4000,
        record=range(0, 4001, 20),
        measure=measure,
        stop=lambda w, t: ln.loss(w, t) < 1e-4,
    ).records
    for seed, found in enumerate(lr.plateaus(run["norm"], run["values"])):
        # The origin itself counts when a start comes nearer to it before it leaves.
        ranks = [p.rank for p in found]
        assert ranks in ([1, 2], [0, 1, 2])
        losses = [float(run["loss"][p.record, seed]) for p in found if p.rank]
        assert losses == pytest.approx([(1.5**2 + 0.7**2) / 2, 0.7**2 / 2], rel=0.01)


def test_plateaus_need_a_rise_on_both_sides():
    time = torch.linspace(0, 1, 101, dtype=torch.float64)
    rank = torch.ones(101, 3, 1, dtype=torch.float64)
    dip = (time - 0.5).square()
    norms = torch.stack([torch.exp(-time), 1 + dip, 0.01 + dip], 1)
    # No dip; a dip by a fifth; a deep one.
    assert [len(found) for found in lr.plateaus(norms, rank)] == [0, 0, 1]
    assert lr.plateaus(norms, rank)[2] == [lr.Plateau(50, 1)]
    assert len(lr.plateaus(norms, rank, prominence=0.9)[1]) == 1


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
            weights, target, torch.ones_like(target), learning_rate=share, share=share,
            steps=int(20 / share), every=1, final_loss=0.01, check_every=1,
        )  # fmt: skip
        time, value = run.records["time"][:, 0], run.records["matrix"][:, 0, 0, 0]
        exact = s / (1 + (s / start**2 - 1) * torch.exp(-2 * s * time))
        gaps.append(float((value - exact).abs().max()))
        assert torch.equal(run.weights[-1][0], time[-1:])
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
        tuple(weights), target, mask, learning_rate=1e30, share=5e-3, steps=4_000, every=4_000,
        final_loss=final, check_every=1,
    )  # fmt: skip
    for seed in range(3):
        wanted = lr.escape_time(float(speed[seed]), start, end, depth)
        assert float(run.weights[-1][seed]) == pytest.approx(wanted, rel=1e-2)


def test_escape_time_tends_to_the_logarithm_and_stays_finite():
    assert lr.escape_time(2.0, 1e-3, 1.0, 2) == pytest.approx(math.log(1000) / 2)
    assert lr.escape_time(1.0, 1e-3, 1e9, 3) == pytest.approx(1e3, rel=1e-6)
    assert lr.escape_time(1.0, 1e-3, 1e9, 4) == pytest.approx(5e5, rel=1e-6)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_greedy_on_a_matrix_seen_whole_is_its_truncated_svd(depth):
    """With every entry seen, rank k of the greedy algorithm is the Eckart-Young matrix."""
    rng = np.random.default_rng(depth)
    target, mask = lr.completion_problem([2.5, 1.5, 0.8], 5, 1.0, 4, rng)
    losses, matrices = lr.greedy_completion(target, mask, depth, 3)
    tails = [2.5**2 + 1.5**2 + 0.8**2, 1.5**2 + 0.8**2, 0.8**2, 0.0]
    for rank, tail in enumerate(tails):
        assert torch.allclose(
            losses[rank], torch.full((4,), tail / 2).double(), rtol=1e-6, atol=1e-9
        )
        assert (torch.linalg.matrix_rank(matrices[rank], atol=1e-3) == rank).all()


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_grams_of_a_wide_network_have_the_law_of_drawn_networks(depth):
    """Means, spreads and correlations against networks that are really drawn."""
    width, size, scale, draws = 9, 3, 0.5, 4000
    rng = np.random.default_rng(depth)
    shapes = [(width, size), *[(width, width)] * (depth - 2), (size, width)]
    weights = [scale * rng.standard_normal((draws, *shape)) for shape in shapes]
    lower, upper = [np.broadcast_to(np.eye(size), (draws, size, size))], []
    product = np.eye(size)
    for w in weights[:-1]:
        product = w @ product
        lower.append(product.mT @ product)
    matrix, product = weights[-1] @ product, np.broadcast_to(np.eye(size), (draws, size, size))
    for w in reversed(weights[1:]):
        upper.append(product @ product.mT)
        product = product @ w
    drawn = matrix, np.stack(lower), np.stack([*upper, product @ product.mT][::-1])

    def summary(grams):
        matrix, lower, upper = grams
        scalars = [(matrix**2).sum((1, 2))]
        scalars += [np.log(np.linalg.det(x)) for x in (*lower[1:], *upper[:-1])]
        scalars += [np.trace(upper[0] @ lower[0], axis1=1, axis2=2)]
        scalars += [
            np.trace(a @ b, axis1=1, axis2=2) for a, b in zip(lower[1:], upper, strict=False)
        ]
        return np.stack(scalars)

    ours = summary(lr.network_grams(depth, width, size, scale, draws, rng))
    theirs = summary(drawn)
    spread = theirs.std(1)
    assert (abs(ours.mean(1) - theirs.mean(1)) < 5 * spread * (2 / draws) ** 0.5).all()
    assert np.allclose(ours.std(1), spread, rtol=0.15)
    assert np.allclose(np.corrcoef(ours), np.corrcoef(theirs), atol=0.1)


def test_start_distances_agree_with_the_jacobian_of_a_drawn_network():
    """One hidden unit per input and no freedom left: compare with autograd on drawn networks."""
    size, width, depth, scale = 2, 6, 3, 0.6
    rng = np.random.default_rng(1)
    target = torch.eye(size, dtype=torch.float64)
    found = []
    for _ in range(400):
        weights = [w[0] for w in ln.gaussian_weights([size, width, width, size], 1, rng, scale)]
        blocks = torch.autograd.functional.jacobian(lambda *w: w[2] @ w[1] @ w[0], tuple(weights))
        jacobian = torch.cat([b.reshape(size**2, -1) for b in blocks], 1)
        residual = (target - weights[2] @ weights[1] @ weights[0]).reshape(-1)
        step = jacobian.mT @ torch.linalg.solve(jacobian @ jacobian.mT, residual)
        ends = weights[0].square().sum() + weights[2].square().sum()
        found.append([float(ends.sqrt()), float(step.norm())])
    ours = lr.start_distances(target, depth, width, scale, 4000, rng)
    for column, values in zip(np.array(found).T, ours, strict=True):
        noise = column.std() / 20
        assert abs(column.mean() - float(values.mean())) < 4 * noise


def test_symmetric_problem_is_symmetric_and_has_its_share():
    target, mask = lr.symmetric_completion_problem([2.0, 1.0], 5, 0.6, 7, np.random.default_rng(0))
    assert torch.allclose(target, target.mT) and torch.equal(mask, mask.mT)
    assert (mask.triu().sum((1, 2)) == 9).all()
    values = torch.linalg.eigvalsh(target)[0]
    assert torch.allclose(values, torch.tensor([0.0, 0.0, 0.0, 1.0, 2.0]).double(), atol=1e-12)


def test_symmetric_network_has_the_gradient_of_the_factorization():
    """d/dU of 1/2 f(U U^T) with f = completion_loss, by autograd, against the two-layer network."""
    rng = np.random.default_rng(0)
    target, mask = lr.symmetric_completion_problem([2.0, 1.0], 5, 0.6, 3, rng)
    factor = torch.from_numpy(rng.standard_normal((3, 5, 4))).requires_grad_()
    lr.completion_loss(factor @ factor.mT, target, mask).sum().div(2).backward()
    lower, upper = lr.completion_gradients(lr.symmetric_weights(factor.detach()), target, mask)
    assert torch.allclose(upper, factor.grad, rtol=1e-12, atol=1e-13)
    assert torch.allclose(lower, factor.grad.mT, rtol=1e-12, atol=1e-13)


def test_linear_phase_is_the_matrix_exponential():
    rng = np.random.default_rng(0)
    target, mask = lr.symmetric_completion_problem([2.0, 1.0], 5, 0.6, 3, rng)
    slope, factor = -mask * target, torch.from_numpy(rng.standard_normal((3, 5, 4)))
    ours = lr.linear_phase(slope, factor, -30.0, 1e-6)
    values, vectors = torch.linalg.eigh(-slope)
    top = vectors[..., -1:]
    size = (top.mT @ ours).square().sum((1, 2))
    assert torch.allclose(size, torch.full((3,), 1e-6).double(), rtol=1e-10)
    before = (top.mT @ factor).square().sum((1, 2)) * math.exp(-60)
    time = (1e-6 / before).log() / (2 * values[:, -1])
    exact = torch.matrix_exp(-slope * time[:, None, None]) @ factor * math.exp(-30)
    assert torch.allclose(ours, exact, rtol=1e-9, atol=1e-18)
    assert torch.allclose(lr.linear_phase(slope, factor, 0.0, 1e-6), factor)


def test_linear_phase_joins_the_flow():
    """Handing over at a ten times smaller W changes the path after it ten times less, or better."""
    rng = np.random.default_rng(1)
    target, mask = lr.symmetric_completion_problem([2.0, 1.0], 5, 0.6, 3, rng)
    factor = torch.from_numpy(rng.standard_normal((3, 5, 5)))
    drops = torch.tensor([[0.1], [0.4]]).double().expand(2, 3)
    ends = [
        lr.flow_to_drops(
            lr.symmetric_weights(lr.linear_phase(-mask * target, factor, -12.0, largest)),
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
    ours = lr.flow_to_drops(weights, target, mask, drops)
    assert torch.allclose(origin - lr.completion_loss(ours, target, mask), drops, rtol=1e-8)
    for k in range(2):
        run = lr.paced_descent(
            weights, target, mask, learning_rate=0.02, share=1e-2, steps=6_000, every=6_000,
            final_loss=origin - drops[k], check_every=1,
        )  # fmt: skip
        assert torch.allclose(ln.end_to_end(run.weights[:-1]), ours[k], atol=3e-2)


def test_loss_drop_is_the_difference_of_losses():
    target, mask, rng = small_problem()
    matrix = torch.from_numpy(rng.standard_normal((3, 6, 6)))
    difference = lr.completion_loss(0 * matrix, target, mask) - lr.completion_loss(
        matrix, target, mask
    )
    assert torch.allclose(lr.loss_drop(matrix, target, mask), difference, rtol=1e-12)
    assert (lr.loss_drop(1e-30 * target, target, mask) > 0).all()


@pytest.mark.parametrize("ratio", [1.5, 3.0])
def test_counterexample_by_semidefinite_algebra(ratio):
    """The matrices of least trace and least rank are feasible, and have the traces stated."""
    target, mask = lr.counterexample(ratio)
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
    target, mask = (x.expand(4, 4, 4) for x in lr.counterexample(2.0))
    factor = torch.from_numpy(np.random.default_rng(0).standard_normal((4, 4))).expand(4, 4, 4)
    scales = torch.tensor([1e-1, 1e-2, 1e-4, 1e-8], dtype=torch.float64).log()
    start = lr.linear_phase(-target, factor, scales, 1e-9)
    matrices = lr.symmetric_limit(start, target, mask)
    traces = matrices.diagonal(dim1=1, dim2=2).sum(1)
    assert traces.tolist() == pytest.approx([8.11, 8.69, 9.81, 9.9997], abs=0.02)


BAD = {
    "norms": (lambda: lr.plateaus(torch.ones(3), torch.ones(3, 1)), "records, seeds"),
    "prominence": (
        lambda: lr.plateaus(torch.ones(3, 1), torch.ones(3, 1, 1), prominence=2.0),
        "prominence",
    ),
    "values": (
        lambda: lr.completion_problem([1.0] * 4, 3, 0.5, 1, np.random.default_rng(0)),
        "singular_values",
    ),
    "share": (
        lambda: lr.completion_problem([1.0], 3, 0.0, 1, np.random.default_rng(0)),
        "share",
    ),
    "eigenvalues": (
        lambda: lr.symmetric_completion_problem([1.0] * 4, 3, 0.5, 1, np.random.default_rng(0)),
        "eigenvalues",
    ),
    "symmetric share": (
        lambda: lr.symmetric_completion_problem([1.0], 3, 2.0, 1, np.random.default_rng(0)),
        "share",
    ),
    "ratio": (lambda: lr.counterexample(1.0), "ratio"),
    "drops": (
        lambda: lr.flow_to_drops(
            (torch.zeros(1, 4, 4).double(),) * 2, *lr.counterexample(2.0), [[1.0]]
        ),
        "drops",
    ),
    "depth": (lambda: lr.escape_time(1.0, 0.1, 1.0, 1), "depth"),
    "width": (
        lambda: lr.network_grams(3, 5, 3, 1.0, 2, np.random.default_rng(0)),
        "width >= 2 size = 6",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)


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
            learning_rate=0.05,
            steps=4000,
        )
        product = run.weights[1] @ run.weights[0]
        assert (lr.sensing_loss(product, target, sensors) < 1e-4).all()  # fits: 3 at the start
        misses.append(torch.linalg.matrix_norm(product - target) / 2.5)
    assert (misses[0] < 0.01).all() and (misses[1] > 0.1).all()


def test_sensing_needs_a_measurement():
    with pytest.raises(ValueError, match="measurements"):
        lr.sensing_problem([1.0], 4, 0, 1, np.random.default_rng(0))
