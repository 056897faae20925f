"""Reductions against the full matrices, laws against sampling, bounds against runs."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, Record, Stop, descend
from lib.trajectories import initialization as init
from lib.trajectories import races

UNIT = torch.eye(1, 20, dtype=torch.float64)


def unit_target(size, rng):
    x = torch.from_numpy(rng.standard_normal((1, size)))
    return x / x.norm()


def losses_of(weights, target, rate, steps):
    """Loss at every step, by the general engine on the full matrices: (steps + 1, seeds)."""
    seeds = len(weights[0])
    return descend(
        ln.gradients,
        weights,
        problem=(target.expand(seeds, -1, -1),),
        rule=Plain(rate),
        steps=steps,
        record=Record(range(steps + 1), lambda w, t: {"loss": ln.loss(w, t)}),
    ).records["loss"]


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("depth", [2, 3, 5])
def test_reduced_inputs_descend_as_the_full_network(depth, outputs):
    rng = np.random.default_rng(depth)
    weights = ln.gaussian_weights([20] + [4] * (depth - 1) + [outputs], 3, rng, 0.3)
    target = torch.from_numpy(rng.standard_normal((outputs, 20)))
    small, aim = init.reduce_inputs(weights, target)
    assert small[0].shape == (3, 4, 4 + outputs) and aim.shape == (3, outputs, 4 + outputs)
    full, less = (losses_of(w, t, 0.02, 200) for w, t in ((weights, target), (small, aim)))
    assert torch.allclose(full, less, rtol=1e-10, atol=1e-13)
    assert full[-1].max() < full[0].min()


def test_reduce_inputs_refuses_what_would_not_be_smaller():
    weights = ln.gaussian_weights([4, 4, 1], 2, np.random.default_rng(0))
    with pytest.raises(ValueError, match="d_1"):
        init.reduce_inputs(weights, UNIT[:, :4])


@pytest.mark.parametrize("rotated", [False, True])
@pytest.mark.parametrize("depth", [2, 3, 8])
def test_balanced_state_is_procedure_1_on_the_full_matrices(depth, rotated):
    rng = np.random.default_rng(depth)
    target = unit_target(20, rng)
    matrix = torch.from_numpy(0.1 * rng.standard_normal((5, 1, 20)))
    widths = [20] + [3] * (depth - 1) + [1]
    full = losses_of(
        ln.balanced_factors(matrix, widths, rng if rotated else None), target, 0.1, 150
    )
    along = (matrix * target).sum((-2, -1))
    state = init.balanced_state(along, (matrix.square().sum((-2, -1)) - along**2).sqrt(), depth)
    ours = descend(
        lambda now: init.balanced_gradients(now, depth),
        state,
        Plain(0.1),
        steps=150,
        record=Record(range(151), lambda now: {"loss": init.balanced_loss(now, depth)}),
    ).records["loss"]
    assert torch.allclose(ours, full, rtol=1e-9, atol=1e-13)


def test_at_scales_goes_factor_by_factor():
    a, b = torch.arange(6.0).view(2, 3), torch.ones(2)
    one, two = ln.at_scales((a, b), [[1.0, 10.0], [1.0, 1.0]])
    assert torch.equal(one.view(2, 2, 3)[1], 10 * a) and torch.equal(two, torch.ones(4))


def slow_search(weights, target, rates, final_loss, steps):
    """The same search one pair at a time: (steps, rate) of every seed."""
    out = []
    for k in range(len(weights[0])):
        best = (np.inf, np.nan)
        for rate in rates:
            run = descend(
                ln.gradients,
                tuple(w[k : k + 1] for w in weights),
                problem=(target,),
                rule=Plain(rate),
                steps=steps,
                stop=Stop(lambda w, t: ln.loss(w, t) <= final_loss, every=1, diverged="keep"),
            )
            if 0 <= int(run.stopped) < best[0]:
                best = (int(run.stopped), rate)
        out.append(best)
    return np.array(out).T


@pytest.mark.parametrize("every", [1, 7, 10])
def test_fastest_is_the_best_of_all_single_runs(every):
    rng = np.random.default_rng(3)
    weights = tuple(
        torch.cat([s * w for s in (0.05, 0.3, 0.6)])
        for w in ln.gaussian_weights([10, 5, 5, 1], 3, rng)
    )
    target = unit_target(10, rng)[None]
    rates = [1.0, 0.3, 0.1, 0.03]
    steps, chosen = slow_search(weights, target, rates, 1e-5, 150)
    race = replace(races.whole_race(1e-5), every=every)
    found, rate = races.fastest(
        race, weights, rates, steps=150, problem=(target.expand(9, -1, -1),)
    )
    np.testing.assert_array_equal(found.numpy(), steps)
    np.testing.assert_array_equal(rate.numpy(), chosen)
    assert np.isinf(steps).any() and np.isfinite(steps).any()


def test_fastest_leaves_out_what_is_not_possible():
    state = init.balanced_state(*init.product_parts([20, 1], 0.1, 4, np.random.default_rng(0)), 3)
    race = races.Race(
        lambda now: init.balanced_gradients(now, 3), lambda now: init.balanced_loss(now, 3) <= 1e-5
    )
    possible = torch.tensor([[False, False, True, True], [False, True, False, True]])
    steps, rate = races.fastest(race, state, [0.3, 0.1], steps=500, possible=possible)
    assert steps[0].isinf() and rate[0].isnan()
    assert rate[1] == 0.1 and rate[2] == 0.3 and steps[3] <= steps[1:].max()
    none, _ = races.fastest(race, state, [0.3], steps=500, possible=possible[:1] & False)
    assert none.isinf().all()


def test_balanced_steps_are_those_of_whole_networks():
    rng = np.random.default_rng(6)
    target, widths = unit_target(12, rng), [12, 4, 4, 1]
    matrix = torch.from_numpy(0.1 * rng.standard_normal((3, 1, 12)))
    whole = races.fastest(
        races.whole_race(1e-4),
        ln.balanced_factors(matrix, widths),
        [0.3, 0.1],
        steps=300,
        problem=(target.expand(3, -1, -1),),
    )
    along = (matrix * target).sum((-2, -1))
    state = init.balanced_state(along, (matrix.square().sum((-2, -1)) - along**2).sqrt(), 3)
    reduced = init.balanced_steps(state, 3, [0.3, 0.1], final_loss=1e-4, steps=300)
    assert all(torch.equal(a, b) for a, b in zip(whole, reduced, strict=True))


def test_what_cannot_reach_the_loss_never_does_and_the_bound_is_not_empty():
    rng = np.random.default_rng(4)
    scales = np.array([0.003, 0.01, 0.03, 0.1, 0.3])
    rates = [1.0, 0.3, 0.1, 0.03]
    for depth in (2, 3, 5):
        weights = ln.gaussian_weights([12] + [6] * (depth - 1) + [1], 4, rng)
        target = unit_target(12, rng).expand(4, -1, -1)
        possible = init.can_reach(weights, scales, rates, final_loss=1e-3, steps=60)
        assert possible.shape == (4, 5) and (~possible).any() and possible.any()
        *layers, aims = ln.at_scales((*weights, target), [scales] * depth + [np.ones(5)])
        for k, rate in enumerate(rates):
            found, _ = races.fastest(
                races.whole_race(1e-3), tuple(layers), [rate], steps=60, problem=(aims,)
            )
            assert not (found.view(5, 4).isfinite() & ~possible[k, :, None]).any()


def test_the_bound_of_one_step_is_met_by_numbers():
    """Three layers 1 x 1 at w, rate r: each becomes w + r (1 + w^3) w^2, if the target is -1."""
    w, r = 0.5, 0.3
    grown = (w + r * (1 + w**3) * w**2) ** 3
    weights = tuple(torch.ones(1, 1, 1, dtype=torch.float64) for _ in range(3))
    for factor, reached in ((0.999, True), (1.001, False)):
        goal = (1 - factor * grown) ** 2 / 2
        found = init.can_reach(weights, [w], [r], final_loss=goal, steps=1)
        assert found.tolist() == [[reached]]


def test_working_decades_of_a_parabola_and_of_nothing():
    scales = np.logspace(-3, 3, 601)
    values = torch.from_numpy(10.0 ** np.log10(scales) ** 2)
    table = torch.stack([values, 1000 * values], -1)
    assert init.working_decades(scales, table, 10.0).tolist() == pytest.approx([2.0, 0.0], abs=1e-3)
    assert float(init.working_decades([1, 10], torch.tensor([torch.inf, torch.inf]), 1.0)) == 0
    assert float(init.working_decades([1, 10], torch.tensor([2.0, 2.0]), 2.0)) == 1


@pytest.mark.parametrize("widths", [[30, 1], [30, 8, 1], [30, 8, 8, 1]])
def test_product_parts_have_the_law_of_gaussian_products(widths):
    rng = np.random.default_rng(1)
    product = ln.end_to_end(ln.gaussian_weights(widths, 20000, rng, 0.2))[:, 0]
    spread = float(product.square().mean()) ** 0.5
    assert ln.product_scale(widths, 0.2) == pytest.approx(spread, rel=0.03)
    along, across = init.product_parts(widths, 0.2, 20000, rng)
    for ours, theirs in (
        (along.abs(), product[:, 0].abs()),
        (across, product[:, 1:].norm(dim=-1)),
        (torch.hypot(along, across), product.norm(dim=-1)),
    ):
        levels = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64)
        at = theirs.quantile(levels)
        shares = (ours[:, None] <= at).double().mean(0)
        assert (shares - levels).abs().max() < 0.015
    assert abs(float((along > 0).double().mean()) - 0.5) < 0.015
    with pytest.raises(ValueError, match="d_N"):
        init.product_parts([3, 2], 1.0, 5, rng)


@pytest.mark.parametrize("rates", [[], [0.0], [-1.0, 0.1], [np.inf]])
def test_learning_rates_must_be_positive_and_finite(rates):
    state = init.balanced_state(*init.product_parts([20, 1], 0.1, 4, np.random.default_rng(0)), 3)
    with pytest.raises(ValueError, match="learning_rates"):
        init.balanced_steps(state, 3, rates, final_loss=1e-5, steps=5)
    with pytest.raises(ValueError, match="learning_rates"):
        init.can_reach((UNIT[None],), [1.0], rates, final_loss=1e-5, steps=5)


def test_balance_measures_are_those_of_the_definition():
    weights = ln.gaussian_weights([6, 4, 4, 1], 3, np.random.default_rng(0))
    found = init.balance(weights, UNIT[:, :6])
    grams = [(w @ w.mT).square().sum((-2, -1)).sqrt() for w in weights]
    assert torch.equal(found["imbalance"], ln.imbalance(weights))
    assert torch.allclose(found["smallest"], torch.minimum(torch.minimum(*grams[:2]), grams[2]))
    assert torch.allclose(found["loss"], ln.loss(weights, UNIT[:, :6]))


def test_balance_run_is_descent_of_the_whole_network():
    run = init.balance_run([6, 4, 1], 0.3, 0.1, 3, np.random.default_rng(1), steps=40)
    weights = ln.gaussian_weights([6, 4, 1], 3, np.random.default_rng(1), 0.3)
    whole = descend(
        ln.gradients, weights, Plain(0.1), steps=40, problem=(UNIT[:, :6].expand(3, -1, -1),),
        record=Record(range(0, 41, 10), init.balance),
    ).records  # fmt: skip
    for name, found in run.records.items():
        torch.testing.assert_close(found, whole[name], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("bad", [[1.0, 0.1], [0.0, 1.0], [1.0, 1.0], [1.0, np.inf]])
def test_scales_that_do_not_rise_are_refused(bad):
    with pytest.raises(ValueError, match="scales"):
        init.working_decades(bad, torch.tensor([1.0, 2.0]), 2.0)
    with pytest.raises(ValueError, match="values"):
        init.working_decades([1, 10], torch.tensor([1.0, -2.0]), 2.0)
    with pytest.raises(ValueError, match="values"):
        init.working_decades([1, 10], torch.tensor([1.0, torch.nan]), 2.0)


def test_a_layer_of_zeros_is_no_proof_of_failure():
    """Its gradient is the product of the others: it grows at the first step."""
    weights = tuple(torch.tensor([[[x]]], dtype=torch.float64) for x in (0.0, 1.0))
    assert init.can_reach(weights, [1.0], [0.5], final_loss=1e-5, steps=50).all()
    one = torch.ones(1, 1, 1, dtype=torch.float64)
    count, _ = races.fastest(races.whole_race(1e-5), weights, [0.5], steps=50, problem=(one,))
    assert count.isfinite().all()


def test_search_is_the_search_over_the_drawn_starts():
    """Layer-wise starts of the search, drawn again, found by the slow search on the full matrices."""
    widths, products, rates = [12, 4, 4, 1], [0.01, 0.1], [1.0, 0.3, 0.1]
    options = {"final_loss": 1e-4, "steps": 120}
    found = init.search_scales(
        widths, products, 3, np.random.default_rng(5), learning_rates=rates, **options
    )
    weights = ln.gaussian_weights(widths, 3, np.random.default_rng(5))
    arm = found["layer-wise"]
    unit = torch.eye(1, 12, dtype=torch.float64)[None]
    for k, s in enumerate(arm.scale):
        assert ln.product_scale(widths, s) == pytest.approx(products[k])
        scaled = tuple(s * w for w in weights)
        steps, chosen = slow_search(scaled, unit, [0.3, 0.1], 1e-4, 120)  # 1.0 is over 2/N
        np.testing.assert_array_equal(arm.steps[k].numpy(), steps)
        np.testing.assert_array_equal(arm.rate[k].numpy(), chosen)
        along, length = (ln.end_to_end(scaled) * x for x in (unit, 1.0))
        parts = along.sum((-2, -1)), length.square().sum((-2, -1))
        state = init.balanced_state(parts[0], (parts[1] - parts[0] ** 2).sqrt(), 3)
        even = init.balanced_steps(state, 3, [0.3, 0.1], **options)[0]
        np.testing.assert_array_equal(found["balanced"].steps[k].numpy(), even.numpy())
    assert found["balanced"].steps.shape == (2, 3) and 0 < arm.tried <= 1
    assert arm.best() == arm.steps.median(1).values.min()
    limit = 10 * arm.best()
    assert torch.equal(arm.decades(), init.working_decades(arm.scale, arm.steps, limit))
    assert torch.equal(arm.decades(50), init.working_decades(arm.scale, arm.steps, 50))


def test_scales_off_the_best_one_are_told_by_their_distance():
    """Five scales a quarter of a decade apart, the best in the middle: two lie half a decade off."""
    steps = torch.tensor([[50.0, 40.0], [20.0, 30.0], [9.0, 8.0], [10.0, 12.0], [torch.inf, 70.0]])
    scale = 10 ** (np.arange(5) / 4)
    arm = init.Search(scale, scale, steps, steps, 1.0)
    assert torch.equal(arm.off_best(0.5), steps[[0, 4]]) and len(arm.off_best(0.6)) == 0
    held = arm.held(np.arange(5) < 4, factor=3)
    assert held["y"].exp().tolist() == pytest.approx([50, 40, 30])
    assert held["x"].tolist() == pytest.approx(np.log(scale[[0, 0, 1]]))
    assert held["groups"].tolist() == [0, 1, 1]


GOOD = torch.full((2,), 0.5, dtype=torch.float64)
GO = {"final_loss": 1e-5, "steps": 5}
BAD = {
    "float32": (lambda: init.balanced_state(GOOD.float(), GOOD, 3), "along"),
    "numpy": (lambda: init.balanced_state(GOOD.numpy(), GOOD, 3), "along"),
    "nan": (lambda: init.balanced_state(GOOD, GOOD * torch.nan, 3), "across"),
    "zero": (lambda: init.balanced_state(0 * GOOD, 0 * GOOD, 3), "both be 0"),
    "depth": (lambda: init.balanced_state(GOOD, GOOD, 0), "depth"),
    "rng": (lambda: init.product_parts([4, 1], 1.0, 5, 0), "rng"),
    "draws": (lambda: init.product_parts([4, 1], 1.0, 0, np.random.default_rng(0)), "draws"),
    "loss": (
        lambda: init.balanced_steps((GOOD,) * 3, 3, [0.1], final_loss=0, steps=5),
        "final_loss",
    ),
    "scales": (lambda: init.can_reach((UNIT[None],), [-1.0], [0.1], **GO), "scales"),
    "factors": (lambda: ln.at_scales((GOOD, GOOD, GOOD), [[1.0], [2.0]]), "factors"),
    "weights": (lambda: init.reduce_inputs((GOOD.view(2, 1, 1).float(),), UNIT), "W_1"),
    "products": (
        lambda: init.search_scales(
            [4, 2, 1], [1.0, 0.1], 2, np.random.default_rng(0), learning_rates=[0.1], **GO
        ),
        "products",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()
