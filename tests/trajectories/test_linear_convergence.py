"""The runs of notebook 31 against runs written out, limits, and starts worked by hand."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib import spectral
from lib.descent import Plain, Record, descend
from lib.trajectories import linear_convergence as lc


def rng():
    return np.random.default_rng(7)


def draw(widths, batch, seed):
    generator = np.random.default_rng(seed)
    shapes = [(*batch, b, a) for a, b in zip(widths, widths[1:], strict=False)]
    return tuple(torch.from_numpy(0.7 * generator.standard_normal(s)) for s in shapes)


def test_theorem_run_is_the_matrix_run_it_stands_for():
    run = lc.theorem_run(2, 3, 0.9, 0.8, rng())
    again = rng()
    s = torch.from_numpy(again.uniform(0.95, 1.05, (3, 2)))
    away = torch.from_numpy(again.standard_normal((3, 2)))
    start = s + (0.1 * s.amin(-1) / away.norm(dim=-1))[:, None] * away
    target, first = torch.diag_embed(s), (start - s).square().sum(-1) / 2
    promise = ln.convergence_guarantee(target, 2, 0.9 * s.amin(-1))
    factors = spectral.spectral_factors(start, 2, promise.imbalance, again)
    steps = int(run.steps[-1])
    ended = descend(
        ln.gradients,
        tuple(torch.diag_embed(a) for a in factors),
        problem=(target,),
        rule=Plain(promise.learning_rate),
        steps=steps,
    )
    assert torch.allclose(ln.loss(ended.weights, target) / first, run.loss[-1], rtol=1e-9)
    assert torch.allclose(run.bound, -np.log(0.8) / promise.rate, rtol=1e-12)
    assert (run.loss[-1] <= 0.8).all() and (run.needed <= run.bound).all()
    assert (
        torch.allclose(run.imbalance, torch.ones(3).double(), atol=1e-3) and (run.kept >= 1).all()
    )


def test_a_promise_that_is_too_short_is_not_called_kept(monkeypatch):
    right = lc.convergence_guarantee

    def hasty(target, depth, margin):
        promise = right(target, depth, margin)
        return ln.Guarantee(promise.imbalance, promise.learning_rate, 50 * promise.rate)

    monkeypatch.setattr(lc, "convergence_guarantee", hasty)
    assert torch.isinf(lc.theorem_run(2, 3, 0.9, 0.8, rng()).needed).all()
    assert torch.isinf(lc.slowest_run(2, 1, 3, rng()).steps).all()


def test_practical_run_starts_inside_the_assumptions_and_converges():
    run = lc.practical_run(3, 4, 5, 0.1, rng())
    start = ln.end_to_end(run.weights)
    share = ln.deficiency_margin(start, run.target) / ln.smallest_singular_value(run.target)
    margin = share * ln.smallest_singular_value(run.target)
    assert ((share > 0.1 - 1e-9) & (share < 0.9 + 1e-9)).all()
    delta = ln.convergence_guarantee(run.target, 3, margin).imbalance
    assert torch.allclose(ln.imbalance(run.weights), delta, rtol=1e-5)
    assert torch.allclose(run.imbalance[0], torch.ones(5).double(), rtol=1e-5)
    assert torch.equal(run.loss[0], torch.ones(5).double()) and (run.loss[-1] < 1e-20).all()
    assert run.ratio.shape == (1500, 5) and run.alignment.shape == run.spread.shape == (31, 5)
    one = descend(ln.gradients, run.weights, problem=(run.target,), rule=Plain(run.rate), steps=1)
    first, second = ln.loss(run.weights, run.target), ln.loss(one.weights, run.target)
    assert torch.allclose(run.loss[1], second / first, rtol=1e-12)
    promised = run.rate / 2 * ln.smallest_singular_value(start) ** (4 / 3) * 2 * first
    assert torch.allclose(run.ratio[0], (first - second) / promised, rtol=1e-9)
    assert torch.allclose(run.late_slope / run.predicted_slope, torch.ones(5).double(), atol=0.1)


@pytest.mark.parametrize(("rows", "columns"), [(3, 3), (1, 1), (2, 5), (1, 4)])
def test_the_slowest_start_has_its_margin_and_a_slow_gradient(rows, columns):
    """Its margin is the one asked for; lemma 1 without 1/2 is met N times, or just once."""
    target = torch.from_numpy(rng().standard_normal((6, rows, columns)))
    share = torch.linspace(0.2, 0.9, 6, dtype=torch.float64)
    start = lc.slowest_start(target, share, rng())
    sigma = ln.smallest_singular_value(target)
    assert torch.allclose(ln.deficiency_margin(start, target), share * sigma, atol=1e-12)
    for depth in (2, 3, 5):
        widths = [columns] * depth + [rows]
        weights = ln.balanced_factors(start, widths, rng())
        flow = sum(g.square().sum((-2, -1)) for g in ln.gradients(weights, target))
        power = ln.smallest_singular_value(start) ** (2 - 2 / depth)
        once = power * (start - target).square().sum((-2, -1))
        assert torch.allclose(flow, once * (depth if rows == columns else 1), rtol=1e-9)


def test_slowest_runs_need_what_the_flow_says():
    for outputs in (1, 2):
        run = lc.slowest_run(2, outputs, 4, rng())
        assert torch.allclose(run.promised / run.steps, run.predicted, rtol=0.01)
        assert ((run.share >= 0.5) & (run.share <= 0.9)).all()
        full = 4.0 if outputs == 2 else 2.0
        assert (run.predicted >= full - 1e-9).all()


@pytest.mark.parametrize("depth", [2, 3])
def test_the_first_slow_step_is_lemma_one_to_first_order_in_the_step(depth):
    for outputs, limit in ((4, 2 * depth), (1, 2)):
        off = [
            float((lc.slowest_ratio(depth, 4, outputs, 20, rng(), h) / limit - 1).abs().max())
            for h in (1e-2, 1e-3)
        ]
        assert off[1] < 1e-3 and off[0] / off[1] == pytest.approx(10, rel=0.1)


def test_balance_changes_by_the_identity_and_drifts_with_the_step():
    weights, target = draw([3, 4, 3], (5,), 1), torch.eye(3).double().expand(5, 3, 3)
    assert lc.identity_error(weights, target, torch.full((5,), 0.05)) < 1e-14
    coarse = lc.imbalance_drift(weights, target, 1e-3, 100)
    fine = lc.imbalance_drift(weights, target, 5e-4, 200)
    assert torch.allclose(coarse / fine, torch.full((5,), 2.0).double(), atol=0.01)


def test_narrowed_takes_one_unit_from_every_hidden_layer():
    weights = draw([3, 4, 5, 2], (2,), 0)
    cut = lc.narrowed(weights)
    assert [tuple(w.shape) for w in cut] == [(2, 3, 3), (2, 4, 3), (2, 2, 4)]
    assert torch.equal(cut[1], weights[1][:, :4, :3])
    cut[0][:] = 0
    assert (weights[0] != 0).all()


BAD = {
    "share": (lambda: lc.slowest_start(torch.eye(2)[None].double(), torch.ones(1), rng()), "share"),
    "tall": (
        lambda: lc.slowest_start(torch.ones(1, 3, 2).double(), torch.full((1,), 0.5), rng()),
        "wide",
    ),
    "outputs": (lambda: lc.slowest_run(2, 3, 2, rng()), "outputs"),
    "size": (lambda: lc.practical_run(2, 1, 2, 0.1, rng()), "size"),
    "not square": (lambda: lc.asymptotic_rate(torch.ones(2, 3).double(), 2), "square"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()


def test_decrease_ratio_tends_to_twice_the_depth():
    """Small step, balanced, target = multiple of the identity: every pair of modes adds its share."""
    for depth in (2, 3, 4):
        target = torch.eye(3, dtype=torch.float64)[None]
        run = descend(
            ln.gradients,
            ln.balanced_factors(0.999 * target, [3] * (depth + 1)),
            problem=(target,),
            rule=Plain(1e-4),
            steps=1,
            record=Record(
                [0, 1],
                lambda w, t: {
                    "loss": ln.loss(w, t),
                    "smallest": ln.smallest_singular_value(ln.end_to_end(w)),
                },
            ),
        )
        ratio = lc.decrease_ratio(run.records["loss"], run.records["smallest"], 1e-4, depth)
        assert float(ratio[0, 0]) == pytest.approx(2 * depth, rel=0.01)


def test_asymptotic_rate_is_the_slope_of_log_loss():
    rng = np.random.default_rng(5)
    singular = np.array([1.4, 1.0, 0.6])
    target = torch.diag(torch.from_numpy(singular))[None]
    start = ln.balanced_factors(
        target + 1e-4 * torch.from_numpy(rng.standard_normal((1, 3, 3))), [3] * 4
    )
    run = descend(
        ln.gradients,
        start,
        problem=(target,),
        rule=Plain(1e-2),
        steps=1000,
        record=Record([900, 1000], lambda w, t: {"loss": ln.loss(w, t)}),
    )
    slope = torch.log(run.records["loss"][0] / run.records["loss"][1]) / (1e-2 * 100)
    assert float(slope[0]) == pytest.approx(float(lc.asymptotic_rate(target[0], 3)), rel=0.02)


def test_structure_measures_are_zero_and_one_on_balanced_factors_only():
    rng = np.random.default_rng(7)
    weights = ln.balanced_factors(torch.from_numpy(rng.standard_normal((5, 4, 4))), [4] * 4, rng)
    assert (lc.singular_value_spread(weights, 4) < 1e-12).all()
    assert (lc.alignment(weights, 4) > 1 - 1e-9).all()
    loose, _ = draw([4] * 4, (5,), 7), None
    assert (lc.singular_value_spread(loose, 4) > 0.05).all()
    assert (lc.alignment(loose, 4) < 0.99).all()


# --- the imbalance that lemma 1 stands -----------------------------------------------------------


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_lopsided_factors_have_their_product_and_their_imbalance(depth):
    start = torch.from_numpy(rng().standard_normal((4, 1, 3)))
    excess = torch.tensor([0.0, 1e-3, 0.5, 7.0], dtype=torch.float64)
    weights = lc.lopsided_factors(start, depth, excess)
    torch.testing.assert_close(ln.end_to_end(weights), start)
    torch.testing.assert_close(ln.imbalance(weights), excess, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_at_the_edge_the_first_layer_moves_half_as_fast_as_balance_would_have_it(depth):
    start = torch.tensor([[0.3, 0.4]], dtype=torch.float64)
    edge = torch.tensor(lc.imbalance_edge(0.5, depth), dtype=torch.float64)
    weights = lc.lopsided_factors(start, depth, edge)
    above = ln.end_to_end(weights[1:])
    assert float(above.square().sum()) == pytest.approx(0.5 ** (2 - 2 / depth) / 2, rel=1e-9)


def test_the_edge_sought_by_steps_is_the_formula():
    edge, length = lc.measured_imbalance_edge(3, 4, 5, rng())
    torch.testing.assert_close(edge, lc.imbalance_edge(length, 3), rtol=5e-3, atol=0)
