"""Two-layer networks against autograd, step-by-step descent, and limits known in closed form."""

import math
from functools import partial

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib import two_layer as tl
from lib.descent import descend


def problem(seeds=3, seed=0, samples=30, singular_values=(2, 0.7, 0.2), variances=(2, 1.5, 1, 0.5)):
    rng = np.random.default_rng(seed)
    return tl.teacher_problem(
        seeds, rng, variances=variances, singular_values=singular_values, outputs=3, samples=samples
    )


def start(seeds=3, seed=1, scale=1.0, hidden=6):
    drawn = ln.gaussian_weights([4, hidden, 3], seeds, np.random.default_rng(seed))
    return tuple(scale * w for w in drawn)


def close(a, b, tolerance=1e-12):
    return torch.allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("activation", tl.ACTIVATIONS)
def test_gradients_are_those_of_autograd(activation):
    x, y = problem()
    weights = tuple(w.requires_grad_() for w in start())
    total = tl.network_loss(weights, x, y, activation).sum()
    found = tl.network_gradients(weights, x, y, activation)
    for a, b in zip(found, torch.autograd.grad(total, weights), strict=True):
        assert close(a, b)


def test_moments_hold_all_that_a_linear_network_sees():
    x, y = problem()
    weights, seen = start(), tl.moments(x, y)
    assert close(tl.loss(weights, *seen), tl.network_loss(weights, x, y))
    for a, b in zip(tl.gradients(weights, *seen), tl.network_gradients(weights, x, y), strict=True):
        assert close(a, b)


def test_teacher_problem_has_the_moments_it_was_asked_for():
    x, y = problem()
    cxx, cyx, _ = tl.moments(x, y)
    wanted = torch.tensor([0.5, 1.0, 1.5, 2.0], dtype=torch.float64)
    assert close(torch.linalg.eigvalsh(cxx), wanted.expand(3, 4))
    teacher = torch.linalg.svdvals(cyx @ torch.linalg.inv(cxx))
    assert close(teacher, torch.tensor([2, 0.7, 0.2], dtype=torch.float64).expand(3, 3))


@pytest.mark.parametrize(
    ("activation", "least", "most"), [("linear", 0, 1e-14), ("relu", 0, 1e-14), ("tanh", 0.05, 10)]
)
def test_lemma_1_is_exact_for_homogeneous_units_only(activation, least, most):
    x, y = problem()
    error = tl.one_step_difference(start(), x, y, 0.05, activation)
    assert (error >= least).all() and (error <= most).all()


def test_lemma_1_for_tanh_is_second_order():
    x, y = problem()
    big, small = (tl.one_step_difference(start(scale=s), x, y, 0.05, "tanh") for s in (1e-3, 5e-4))
    assert close(big / small, torch.full_like(big, 4), 1e-3)


def test_unit_matrices_of_a_linear_network_are_one_matrix_from_the_moments():
    x, y = problem()
    cxx, cyx, _ = tl.moments(x, y)
    weights = start()
    matrices = tl.unit_matrices(weights, x, y, 0.05)
    s, directions = tl.escape_pairs(tl.escape_matrix(weights, cxx, cyx))
    assert close(matrices, matrices[:, :1].expand_as(matrices))
    assert close(matrices[:, 0] @ directions, directions * (1 + 0.05 * s[:, None]))


def test_linear_phase_is_the_power_of_lemma_1s_matrix():
    x, y = problem()
    _, cyx, _ = tl.moments(x, y)
    weights = start()
    matrix = tl.unit_matrices(tuple(0 * w for w in weights), x, y, 0.05)[:, 0]
    powered = tl.units(weights) @ torch.linalg.matrix_power(matrix, 17)
    assert close(tl.units(tl.linear_phase(weights, cyx, 0.05, 17)), powered)
    several = tl.linear_phase(weights, cyx, 0.05, torch.tensor([0, 17, 3]))
    assert close(tl.units(several)[1], powered[1])
    assert close(tl.units(several)[0], tl.units(weights)[0])


def test_linear_phase_is_the_limit_of_descent_from_tiny_weights():
    seen = tl.moments(*problem())
    weights = start(scale=1e-9)
    run = descend(tl.gradients, weights, problem=seen, learning_rate=0.05, steps=60)
    ahead = tl.linear_phase(weights, seen[1], 0.05, 60)
    assert close(tl.units(run.weights) * 1e9, tl.units(ahead) * 1e9, 1e-9)


def test_misalignment_of_a_known_matrix():
    omega = torch.tensor([[[3.0, 4.0], [0.0, 3.0]]], dtype=torch.float64)
    direction = torch.tensor([[0.0, 2.0]], dtype=torch.float64)
    assert float(tl.misalignment(omega, direction)) == pytest.approx(3 / 5)
    speeds = torch.tensor([2.0, 1.0], dtype=torch.float64)
    assert float(tl.misalignment_exponent(speeds, 1e-6)) == pytest.approx(0.5, abs=1e-5)
    assert float(tl.misalignment_exponent(speeds, 1.0)) == pytest.approx(1 - math.log(2, 3))


def test_lemma_2s_bound_holds_for_every_unit_and_step():
    cxx, cyx, cyy = tl.moments(*problem())
    weights = start(scale=1e-2)
    direction = tl.escape_pairs(cyx)[1][..., 0]
    q = tl.transported_residual(
        weights, cxx, cyx, cyy, direction=direction, learning_rate=0.05, steps=150
    )
    bound = q["bound"].exp()[..., None] * q["moving"][0]
    assert (q["moving"] <= bound * (1 + 1e-12)).all()
    assert torch.equal(q["moving"][0], q["fixed"][0])
    # The same steps as descent's own.
    run = descend(tl.gradients, weights, problem=(cxx, cyx, cyy), learning_rate=0.05, steps=150)
    assert close(q["loss"][-1], tl.loss(run.weights, cxx, cyx, cyy))


def reduced_rank_weights(cxx, cyx, rank):
    """Factors of U U^T Cyx Cxx^-1, by way of a square root different from the library's."""
    root = torch.linalg.cholesky(cxx)
    u = torch.linalg.svd(torch.linalg.solve(root, cyx.mT).mT)[0][..., :rank]
    return u.mT @ torch.linalg.solve(cxx, cyx.mT).mT, u


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_saddles_are_reduced_rank_regression(rank):
    seen = tl.moments(*problem())
    weights = reduced_rank_weights(*seen[:2], rank)
    assert close(tl.loss(weights, *seen), tl.saddle_losses(*seen)[:, rank])
    for g in tl.gradients(weights, *seen):
        assert close(g, torch.zeros_like(g))
    there = torch.linalg.svdvals(tl.escape_matrix(weights, *seen[:2]))
    assert close(there, tl.escape_speeds(*seen[:2], rank))


def test_waits_of_isotropic_inputs_end_with_the_slowest_mode():
    cxx, cyx, _ = tl.moments(*problem(variances=(1, 1, 1, 1)))
    waits = tl.steps_per_log_scale(cxx, cyx, 0.05, 3).sum(-1)
    assert close(waits, torch.full_like(waits, 1 / math.log1p(0.05 * 0.2)))


def test_crossing_of_a_curve_and_of_none():
    times = torch.arange(0, 50, 5)
    losses = torch.exp(-times.double() / 10)[:, None] * torch.tensor([1.0, 2.0, 100.0])
    level = torch.tensor([0.2, 0.2, 0.2], dtype=torch.float64)
    found = tl.crossing(times, losses, level)
    assert found[:2].tolist() == pytest.approx([10 * math.log(5), 10 * math.log(10)], abs=0.4)
    assert found[2].isnan() and tl.crossing(times, losses, 10 * level + 1)[0].isnan()


def test_staged_descent_without_jumps_is_descent():
    seen = tl.moments(*problem())
    weights = start(scale=1e-5, hidden=12)
    run = tl.staged_descent(weights, seen, learning_rate=0.05, steps=400, final_loss=0.0)
    plain = descend(tl.gradients, weights, problem=seen, learning_rate=0.05, steps=400)
    assert close(run.losses[-1], tl.loss(plain.weights, *seen), 1e-10)
    assert close(tl.units(run.weights), tl.units(plain.weights), 1e-10)
    assert run.times[-1] == 400 and run.steps.tolist() == [-1, -1, -1]


def test_plateaus_are_the_saddles_and_jumps_do_not_change_them():
    seen = tl.moments(*problem())
    levels = tl.saddle_losses(*seen)[:, :3]
    go = partial(
        tl.staged_descent, moments=seen, learning_rate=0.05, steps=20000, final_loss=1e-6 * seen[2]
    )
    plain = go(start(scale=1e-9))
    assert ((plain.saddles / levels - 1).abs() < 1e-3).all()
    skips = (partial(tl.jump, size=0.3), tl.jump)
    for skip in skips:
        near, far = go(start(scale=1e-9), skip=skip), go(start(scale=1e-12), skip=skip)
        assert ((near.saddles / levels - 1).abs() < 0.02).all()
        assert near.jumps.tolist() == [3, 3, 3] and (near.steps - far.steps).abs().max() <= 5
        assert (near.steps < plain.steps).all() and (near.steps > 0).all()
        assert (tl.loss(near.weights, *seen) <= 1e-6 * seen[2]).all()
    blunt = go(start(scale=1e-9), skip=partial(skips[0], clear_used=False))
    assert (blunt.jumps > 3).all()
    once = go(start(scale=1e-9), skip=skips[0], most_jumps=1)
    assert once.jumps.tolist() == [1, 1, 1] and (once.steps > 0.9 * plain.steps).all()
    mixed = go(start(scale=1e-9), skip=skips[0], most_jumps=torch.tensor([0, 1, 9]))
    assert mixed.jumps.tolist() == [0, 1, 3]
    last = tl.portion(mixed, slice(2, 3))
    assert last.jumps.tolist() == [3] and last.losses.shape == (len(mixed.times), 1)
    assert mixed.steps.tolist()[:2] == [int(plain.steps[0]), int(once.steps[1])]


def test_line_search_jump_from_the_origin_reaches_the_minimum_along_the_pair():
    cxx, cyx, cyy = tl.moments(*problem())
    weights = tl.jump(start(scale=1e-12), cxx, cyx)
    w = weights[1] @ weights[0]
    around = [
        float(tl.loss((torch.eye(4, dtype=torch.float64), x * w), cxx, cyx, cyy)[0])
        for x in (0.99, 1, 1.01)
    ]
    assert around[1] < min(around[0], around[2])
    assert (torch.linalg.svdvals(w)[:, 1] < 1e-11).all()


def test_jump_leaves_used_directions_alone_and_never_shrinks():
    _, cyx, _ = tl.moments(*problem())
    direction = tl.escape_pairs(cyx)[1][..., 0]
    weights = start()
    omega = tl.units(weights)
    used = torch.linalg.svd(omega, full_matrices=False).U[..., :2]
    two = torch.full((3,), 2)
    moved = tl.units(
        tl.stretch(weights, direction, torch.full((3,), 50.0, dtype=torch.float64), two)
    )
    change = moved - omega
    assert close(used.mT @ change, torch.zeros(3, 2, 7, dtype=torch.float64), 1e-10)
    assert close(
        change - (change @ direction[..., None]) * direction[:, None],
        torch.zeros_like(change),
        1e-10,
    )
    still = tl.stretch(weights, direction, torch.zeros(3, dtype=torch.float64), two)
    assert close(tl.units(still), omega)


def test_jump_recovers_a_component_lost_to_underflow():
    cxx, cyx, _ = tl.moments(*problem())
    weights = tl.jump(tuple(0 * w for w in start()), cxx, cyx, size=0.3)
    assert close(tl.units(weights).norm(dim=(-2, -1)), torch.full((3,), 0.3, dtype=torch.float64))


def test_control_directions_are_unit_and_clear():
    cxx, cyx, _ = tl.moments(*problem())
    rng = np.random.default_rng(3)
    pairs = tl.escape_pairs(tl.escape_matrix(start(), cxx, cyx))[1]
    for clear in (False, True):
        d = tl.random_direction(start(), cxx, cyx, rng, clear=clear)
        assert close(d.norm(dim=-1), torch.ones(3, dtype=torch.float64))
        assert clear == bool(((pairs.mT @ d[..., None]).abs() < 1e-12).all())


def test_relu_jump_is_the_linear_phase_of_descent():
    x, y = problem(samples=60)
    weights = start(scale=1e-9, hidden=40)
    ahead = tl.relu_jump(weights, x, y, size=1e-4, iterations=200)
    assert close(
        tl.units(ahead).norm(dim=-1).amax(-1), torch.full((3,), 1e-4, dtype=torch.float64), 1e-9
    )
    run = descend(
        lambda w, x, y: tl.network_gradients(w, x, y, "relu"),
        weights,
        problem=(x, y),
        learning_rate=0.02,
        steps=400,
    )
    a, b = tl.units(ahead), tl.units(run.weights)
    top = b.norm(dim=-1).argmax(-1)
    cosine = torch.stack(
        [torch.cosine_similarity(p[i], q[i], dim=0) for p, q, i in zip(a, b, top, strict=True)]
    )
    assert (cosine > 0.999).all()


def test_exit_run_stops_at_the_first_step_outside():
    seen = tl.moments(*problem())
    weights, many = tl.at_scales(start(), seen, [1e-6, 1e-8])
    assert close(weights[0][3:], 1e-8 * start()[0]) and torch.equal(many[1][:3], many[1][3:])
    out, taken = tl.exit_run(weights, many, learning_rate=0.05, exit_scale=1e-3)
    before = descend(
        tl.gradients,
        tuple(w[:1] for w in weights),
        problem=tuple(m[:1] for m in many),
        learning_rate=0.05,
        steps=int(taken[0]) - 1,
    )
    size = tl.units(out).square().mean((-2, -1)).sqrt()
    assert (size > 1e-3).all()
    assert float(tl.units(before.weights).square().mean().sqrt()) <= 1e-3
    after = descend(
        tl.gradients, weights, problem=many, learning_rate=0.05, steps=int(taken[0])
    ).weights
    assert close(tl.units(after)[0] * 1e3, tl.units(out)[0] * 1e3, 1e-10)


def test_plateau_depths_of_known_dips():
    t = torch.linspace(0, 30, 301, dtype=torch.float64)

    def dip(at, decades):
        return decades * torch.exp(-(t - at).square())

    falls = 10 ** -(1 + dip(10, 2.0) + dip(20, 0.5))
    losses = torch.where(t < 28, 1.0, 1e-3).double()
    found = tl.plateau_depths(torch.stack((falls, falls.flip(0)), 1), losses[:, None].expand(-1, 2))
    assert close(found, torch.tensor([[2.0, 0.5, 0.0]] * 2, dtype=torch.float64), 1e-6)


def test_stages_measures_what_descent_promises():
    x, y = problem()
    seen = tl.stages(start(), x, y, learning_rate=1e-6)
    moved = descend(
        tl.network_gradients, start(), problem=(x, y), learning_rate=1e-6, steps=1
    ).weights
    fall = 1 - tl.network_loss(moved, x, y) / seen["loss"]
    assert close(seen["fall"] / fall, torch.ones_like(fall), 1e-3)
    assert seen["spread"].shape == (3, 3) and (seen["spread"] <= 1).all()


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_layerwise_gradients_see_the_layers_below_moved(depth):
    rng = np.random.default_rng(depth)
    weights = ln.gaussian_weights([3] + [5] * (depth - 1) + [4], 2, rng)
    target = torch.from_numpy(rng.standard_normal((2, 4, 3)))
    found = tl.layerwise_gradients(weights, target, 0.01)
    moved = list(weights)
    for j in range(depth):
        fresh = ln.gradients(tuple(moved), target)[j]
        assert close(found[j], fresh)
        moved[j] = moved[j] - 0.01 * fresh


BAD = {
    "activation": (lambda w, x, y: tl.network_loss(w, x, y, "gelu"), "activation"),
    "chain": (lambda w, x, y: tl.units((w[0], w[0])), "W_1, W_2"),
    "samples": (lambda w, x, y: problem(samples=3), "samples"),
    "singular values": (lambda w, x, y: problem(singular_values=(1, 1, 1, 1)), "singular_values"),
    "rate": (
        lambda w, x, y: tl.staged_descent(
            w, tl.moments(x, y), learning_rate=-1, steps=1, final_loss=0
        ),
        "learning_rate",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case):
    call, words = BAD[case]
    with pytest.raises(ValueError, match=words) as caught:
        call(start(), *problem())
    assert "\n" not in str(caught.value)
