"""Waits, jumps and staged runs against step-by-step descent and limits known in closed form."""

import math
from functools import partial

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, descend
from lib.stages import low_rank as lr
from lib.stages import stage_records as sr
from lib.stages import stagewise as sw
from lib.stages import two_layer as tl


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


def test_waits_of_isotropic_inputs_end_with_the_slowest_mode():
    cxx, cyx, _ = tl.moments(*problem(variances=(1, 1, 1, 1)))
    waits = sw.steps_per_log_scale(cxx, cyx, 0.05, 3).sum(-1)
    assert close(waits, torch.full_like(waits, 1 / math.log1p(0.05 * 0.2)))


def test_crossing_of_a_curve_and_of_none():
    times = torch.arange(0, 50, 5)
    losses = torch.exp(-times.double() / 10)[:, None] * torch.tensor([1.0, 2.0, 100.0])
    level = torch.tensor([0.2, 0.2, 0.2], dtype=torch.float64)
    found = sw.falls_below(times, losses, level)
    assert found[:2].tolist() == pytest.approx([10 * math.log(5), 10 * math.log(10)], abs=0.4)
    assert found[2].isnan() and sw.falls_below(times, losses, 10 * level + 1)[0].isnan()


def test_staged_descent_without_jumps_is_descent():
    seen = tl.moments(*problem())
    weights = start(scale=1e-5, hidden=12)
    run = sw.staged_descent(
        weights, seen, sw.REGRESSION, learning_rate=0.05, steps=400, final_loss=0.0
    )
    plain = descend(tl.moment_gradients, weights, problem=seen, rule=Plain(0.05), steps=400)
    assert close(run.losses[-1], tl.moment_loss(ln.end_to_end(plain.weights), *seen), 1e-10)
    assert close(tl.units(run.weights), tl.units(plain.weights), 1e-10)
    assert run.times[-1] == 400 and run.steps.tolist() == [-1, -1, -1]


def test_plateaus_are_the_saddles_and_jumps_do_not_change_them():
    seen = tl.moments(*problem())
    levels = tl.saddle_losses(*seen)[:, :3]
    go = partial(
        sw.staged_descent,
        problem=seen,
        objective=sw.REGRESSION,
        learning_rate=0.05,
        steps=4000,
        final_loss=1e-6 * seen[2],
    )
    plain = go(start(scale=1e-9))
    assert ((plain.saddles / levels - 1).abs() < 1e-3).all()
    assert plain.remainders.shape == (3, 0)
    skips = (partial(sw.jump, size=0.3), sw.jump)
    for skip in skips:
        near, far = (go(start(scale=e), jumps=sw.Jumps(skip)) for e in (1e-9, 1e-12))
        assert ((near.saddles / levels - 1).abs() < 0.02).all()
        assert near.jumps.tolist() == [3, 3, 3] and (near.steps - far.steps).abs().max() <= 5
        assert (near.steps < plain.steps).all() and (near.steps > 0).all()
        assert (tl.moment_loss(ln.end_to_end(near.weights), *seen) <= 1e-6 * seen[2]).all()
    assert (near.remainders.abs() < 0.01).all() and near.remainders.shape == (3, 3)
    fixed = go(start(scale=1e-9), jumps=sw.Jumps(skips[0]))
    assert (fixed.remainders > 0.5).all()
    blunt = go(start(scale=1e-9), jumps=sw.Jumps(partial(skips[0], clear_used=False)))
    assert (blunt.jumps > 3).all()
    once = go(start(scale=1e-9), jumps=sw.Jumps(skips[0], most=1))
    assert once.jumps.tolist() == [1, 1, 1] and (once.steps > 0.9 * plain.steps).all()
    mixed = go(start(scale=1e-9), jumps=sw.Jumps(skips[0], most=torch.tensor([0, 1, 9])))
    assert mixed.jumps.tolist() == [0, 1, 3]
    last = sw.portion(mixed, slice(2, 3))
    assert last.jumps.tolist() == [3] and last.losses.shape == (len(mixed.times), 1)
    assert mixed.steps.tolist()[:2] == [int(plain.steps[0]), int(once.steps[1])]


def test_line_search_jump_from_the_origin_reaches_the_minimum_along_the_pair():
    seen = tl.moments(*problem())
    weights = sw.jump(start(scale=1e-12), tl.moment_slope, seen)
    w = ln.end_to_end(weights)
    around = [float(tl.moment_loss(x * w, *seen)[0]) for x in (0.99, 1, 1.01)]
    assert around[1] < min(around[0], around[2])
    assert (torch.linalg.svdvals(w)[:, 1] < 1e-11).all()
    s, pairs = tl.growing_directions(seen[1])
    a = pairs[:, :4, 0] * math.sqrt(2)
    wanted = s[:, 0] / (a[:, None] @ seen[0] @ a[:, :, None]).flatten()
    assert close(torch.linalg.svdvals(w)[:, 0], wanted, 1e-9)
    second = ln.end_to_end(sw.jump(start(scale=1e-12), tl.moment_slope, seen, pair=1))
    assert (torch.einsum("sij,sij->s", second, w).abs() < 1e-9).all()


def test_line_search_on_seen_entries_is_a_minimum_too():
    rng = np.random.default_rng(5)
    seen = lr.completion_problem([2, 1], 5, 0.6, 3, rng)
    weights = tuple(1e-9 * w for w in ln.gaussian_weights([5, 6, 5], 3, rng))
    w = ln.end_to_end(sw.jump(weights, lr.completion_slope, seen))
    best = [float(lr.completion_loss(x * w, *seen)[0]) for x in (0.99, 1, 1.01)]
    assert best[1] < min(best[0], best[2])


def test_jump_leaves_used_directions_alone_and_never_shrinks():
    _, cyx, _ = tl.moments(*problem())
    direction = tl.growing_directions(cyx)[1][..., 0]
    weights = start()
    omega = tl.units(weights)
    used = torch.linalg.svd(omega, full_matrices=False).U[..., :2]
    two = torch.full((3,), 2)
    moved = tl.units(
        sw.stretch(weights, direction, torch.full((3,), 50.0, dtype=torch.float64), two)
    )
    change = moved - omega
    assert close(used.mT @ change, torch.zeros(3, 2, 7, dtype=torch.float64), 1e-10)
    assert close(
        change - (change @ direction[..., None]) * direction[:, None],
        torch.zeros_like(change),
        1e-10,
    )
    still = sw.stretch(weights, direction, torch.zeros(3, dtype=torch.float64), two)
    assert close(tl.units(still), omega)


def test_fast_forward_is_descent_with_the_matrix_frozen():
    """At the origin, up to the first arrival: the growing parts of `frozen_steps`, and nothing else."""
    seen = tl.moments(*problem())
    weights = start(scale=1e-9)
    moved = tl.units(sw.fast_forward(weights, tl.moment_slope, seen, learning_rate=0.05, size=0.01))
    s, growing = tl.growing_directions(seen[1])
    rates = torch.log1p(0.05 * s)
    there = (moved @ growing).norm(dim=1)
    begin = (tl.units(weights) @ growing).norm(dim=1)
    steps = ((there / begin).log() / rates).mT
    assert close(there.amax(-1), torch.full((3,), 0.01, dtype=torch.float64))
    assert close(steps, steps[:1].expand_as(steps), 1e-9)
    frozen = tl.units(tl.frozen_steps(weights, seen[1], 0.05, steps[0]))
    assert close(moved @ growing, frozen @ growing, 1e-9)
    rest = torch.eye(7, dtype=torch.float64) - growing @ growing.mT
    assert close((moved - tl.units(weights)) @ rest, torch.zeros_like(moved), 1e-14)


def test_fast_forward_of_one_growing_direction_is_the_jump():
    seen = tl.moments(*problem(singular_values=(2,)))
    for size in (0.3, None):
        one = sw.jump(start(scale=1e-9), tl.moment_slope, seen, size=size)
        every = sw.fast_forward(
            start(scale=1e-9), tl.moment_slope, seen, learning_rate=0.05, size=size
        )
        assert close(ln.end_to_end(one), ln.end_to_end(every), 1e-8)


def test_fast_forward_leaves_used_and_arrived_directions():
    seen = tl.moments(*problem())
    settled = descend(
        tl.moment_gradients, start(), problem=seen, rule=Plain(0.05), steps=4000
    ).weights
    moved = sw.fast_forward(settled, tl.moment_slope, seen, learning_rate=0.05)
    assert close(tl.units(moved), tl.units(settled), 1e-6)


def test_relu_steps_count_up_to_the_share():
    x, y = problem()
    weights = start(scale=0.1)
    counted = sw.relu_steps(weights, x, y, 0.05, 0.3)
    slope = partial(tl.network_gradients, activation="relu")
    for k, t in enumerate(counted.tolist()):
        one = tuple(w[k : k + 1] for w in weights)
        losses = [
            float(
                tl.network_loss(
                    descend(
                        slope, one, problem=(x[k : k + 1], y[k : k + 1]), rule=Plain(0.05), steps=n
                    ).weights,
                    x[k : k + 1],
                    y[k : k + 1],
                    "relu",
                )
                / y[k].square().sum()
                * (2 * x.shape[-1])
            )
            for n in (t - 10, t)
        ]
        assert losses[1] < 0.3 <= losses[0]
    assert (sw.relu_steps(weights, x, y, 0.05, 0.3, steps=1) == -1).all()


def test_jump_recovers_a_component_lost_to_underflow():
    seen = tl.moments(*problem())
    weights = sw.jump(tuple(0 * w for w in start()), tl.moment_slope, seen, size=0.3)
    assert close(tl.units(weights).norm(dim=(-2, -1)), torch.full((3,), 0.3, dtype=torch.float64))


def test_control_directions_are_unit_and_clear():
    seen = tl.moments(*problem())
    drawn = sw.kicks(3, 2, 4, 3, [1, 2])
    assert close(drawn.norm(dim=-1), torch.ones(3, 2, dtype=torch.float64))
    assert close(drawn[..., :4].norm(dim=-1), torch.full((3, 2), 0.5**0.5, dtype=torch.float64))
    assert close(drawn[:2], sw.kicks(2, 2, 4, 3, [1, 2]))
    growing = tl.growing_directions(seen[1])[1]
    for clear in (False, True):
        away = sw.jump(
            start(scale=1e-12),
            tl.moment_slope,
            seen,
            size=0.3,
            direction=drawn[:, 0],
            clear_growing=clear,
        )
        along = tl.units(away) @ growing
        assert clear == bool((along.abs() < 1e-11).all())
        size = tl.units(away).norm(dim=(-2, -1))
        assert close(size, torch.full((3,), 0.3, dtype=torch.float64), 1e-9)


def test_what_a_control_direction_is_cleared_of_is_not_left_to_rounding():
    # Rank 1: one pair grows, the others of M are whatever rounding makes of them.
    cxx, cyx, rest = tl.moments(*problem())
    s, pairs = tl.growing_directions(cyx)
    first = pairs[..., 0]
    one = 2 * s[:, :1, None] * first[:, 4:, None] * first[:, None, :4]
    other = (
        one + 1e-15 * torch.randn(one.shape, generator=torch.Generator().manual_seed(1)).double()
    )
    options = {"size": 0.3, "direction": sw.kicks(3, 1, 4, 3, [3])[:, 0], "clear_growing": True}
    go = partial(sw.jump, start(scale=1e-12), tl.moment_slope, **options)
    here, there = (tl.units(go((cxx, slope, rest))) for slope in (one, other))
    assert (here @ first.unsqueeze(-1)).abs().max() < 1e-11
    assert close(here, there, 1e-9)


def test_kicks_of_a_run_do_not_depend_on_other_runs():
    seen = tl.moments(*problem())
    options = {"learning_rate": 0.05, "steps": 4000, "final_loss": 1e-6 * seen[2]}
    drawn = sw.kicks(3, 3, 4, 3, [7])
    skip = partial(sw.jump, size=0.3)
    whole = sw.staged_descent(
        start(scale=1e-9), seen, sw.REGRESSION, **options, jumps=sw.Jumps(skip, drawn, most=3)
    )
    options["final_loss"] = options["final_loss"][1:2]
    alone = sw.staged_descent(
        tuple(w[1:2] for w in start(scale=1e-9)),
        tuple(m[1:2] for m in seen),
        sw.REGRESSION,
        **options,
        jumps=sw.Jumps(skip, drawn[1:2], most=3),
    )
    assert int(whole.steps[1]) == int(alone.steps) and int(whole.jumps[1]) == int(alone.jumps)


def test_staged_descent_completes_matrices():
    rng = np.random.default_rng(0)
    seen = lr.completion_problem([2, 0.5], 5, 0.6, 3, rng)
    weights = tuple(1e-8 * w for w in ln.gaussian_weights([5, 6, 5], 3, rng))
    final = 1e-6 * lr.completion_loss(torch.zeros_like(seen[0]), *seen)
    run = sw.staged_descent(
        weights,
        seen,
        sw.Quadratic(lr.completion_loss, lr.completion_slope),
        learning_rate=0.1,
        steps=20000,
        final_loss=final,
    )
    assert (lr.completion_loss(ln.end_to_end(run.weights), *seen) <= final).all()
    assert close(run.losses[0], lr.completion_loss(torch.zeros_like(seen[0]), *seen))


def test_relu_jump_is_the_linear_phase_of_descent():
    x, y = problem(samples=60)
    weights = start(scale=1e-9, hidden=40)
    ahead = sw.relu_jump(weights, x, y, size=1e-4, iterations=200)
    assert close(
        tl.units(ahead).norm(dim=-1).amax(-1), torch.full((3,), 1e-4, dtype=torch.float64), 1e-9
    )
    run = descend(
        lambda w, x, y: tl.network_gradients(w, x, y, "relu"),
        weights,
        problem=(x, y),
        rule=Plain(0.02),
        steps=400,
    )
    a, b = tl.units(ahead), tl.units(run.weights)
    top = b.norm(dim=-1).argmax(-1)
    cosine = torch.stack(
        [torch.cosine_similarity(p[i], q[i], dim=0) for p, q, i in zip(a, b, top, strict=True)]
    )
    assert (cosine > 0.999).all()


def test_plateau_depths_of_known_dips():
    t = torch.linspace(0, 30, 301, dtype=torch.float64)

    def dip(at, decades):
        return decades * torch.exp(-(t - at).square())

    falls = 10 ** -(1 + dip(10, 2.0) + dip(20, 0.5))
    both = torch.stack((falls, falls.flip(0)), 1)
    losses = torch.where(t < 15, 1.0, 0.1).where(t < 28, 1e-3).double()[:, None].expand(-1, 2)
    levels = torch.tensor([[9.0, 1.1, 0.09]] * 2, dtype=torch.float64)
    depths, at = sr.plateau_depths(both, losses, levels)
    wanted = torch.tensor([[0, 2.0, 0.5], [0, 0.5, 2.0]], dtype=torch.float64)
    assert close(depths, wanted, 1e-6)
    assert at[:, 0].isnan().all() and close(
        at[:, 1:], torch.tensor([[1.0, 0.1]] * 2).double(), 1e-6
    )


def test_stage_record_measures_what_descent_promises():
    x, y = problem()
    seen = sr.stage_record(start(), x, y, learning_rate=1e-6)
    moved = descend(
        tl.network_gradients, start(), problem=(x, y), rule=Plain(1e-6), steps=1
    ).weights
    fall = 1 - tl.network_loss(moved, x, y) / seen["loss"]
    assert close(seen["fall"] / fall, torch.ones_like(fall), 1e-3)


def test_relu_jump_leaves_a_zero_unit_at_zero():
    x, y = problem(samples=60)
    weights = start(scale=1e-9, hidden=40)
    weights[0][:, 0], weights[1][:, :, 0] = 0, 0
    found = tl.units(sw.relu_jump(weights, x, y, size=1e-4))
    assert found.isfinite().all() and not found[:, 0].any()
    with pytest.raises(ValueError, match="can grow"):
        sw.relu_jump(tuple(0 * w for w in weights), x, y, size=1e-4)


def test_a_bad_learning_rate_is_one_clear_line(refused):
    with refused("learning rate"):
        sw.staged_descent(
            start(), tl.moments(*problem()), sw.REGRESSION, learning_rate=-1, steps=5, final_loss=0
        )


def test_a_run_shows_its_matrix_units_and_curve():
    seen = tl.moments(*problem())
    run = sw.staged_descent(
        start(), seen, sw.REGRESSION, learning_rate=0.05, steps=4000, final_loss=1e-6 * seen[2]
    )
    assert torch.equal(run.matrix, ln.end_to_end(run.weights))
    assert torch.equal(run.omega, tl.units(run.weights))
    steps, losses = run.curve(1, every=1)
    assert len(steps) == len(losses) and losses.isfinite().all()
    assert abs(int(steps[-1]) - int(run.steps[1])) <= 5
    assert len(run.curve(1)[0]) == len(run.curve(1)[1]) == -(-len(steps) // 3)


def test_distance_from_levels_is_to_the_nearest():
    levels = torch.tensor([[4.0, 1.0], [8.0, 2.0]])
    losses = torch.tensor([[4.0, 1.1, math.nan], [2.0, 7.2, 8.0]])
    found = sw.distance_from_levels(losses, levels)
    assert torch.allclose(
        found, torch.tensor([[0, 0.1, math.nan], [0, 0.1, 0]]), equal_nan=True, atol=1e-6
    )
