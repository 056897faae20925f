"""The counterexamples against independent loops, autograd's Hessian, exact invariants and limits."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib import linear_networks as ln
from lib import spectral
from lib.descent import Plain, Record, Stop, descend
from lib.trajectories import counterexamples as ce
from lib.trajectories.held_starts import (
    departure_rate,
    identity_descent,
    identity_floor,
    stuck_product,
)


def one(values):
    return torch.tensor(values, dtype=torch.float64)


def scalar_step(w, rate):
    """One step on 1/2 (w_N ... w_1 - 1)^2, written out."""
    product = math.prod(w)
    return [x - rate * (product - 1) * math.prod(w[:j] + w[j + 1 :]) for j, x in enumerate(w)]


# --- without balance -----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([2, 4, 6]), st.floats(1e-4, 10), st.floats(0.05, 0.99), st.floats(1, 1e3))
def test_the_constructed_start_overshoots_as_the_proof_says(depth, rate, margin, excess):
    large = excess * ce.overshooting_size(rate, depth, margin)
    start = ce.two_group_modes(large, depth, margin)
    assert start.shape == (depth,)
    assert float(start.prod()) == pytest.approx(margin, rel=1e-12)
    assert float(ce.two_group_imbalance(large, depth, margin)) == pytest.approx(
        float((start[0] - start[-1]) * (start[0] + start[-1])), rel=1e-12
    )
    w = scalar_step(start.tolist(), rate)
    low, high = ce.overshoot_bounds(one(w), rate, depth, 3)
    assert 2 <= 10 ** float(low[0]) and rate * 10 ** float((2 * depth - 1) * low[0] - high[0]) >= 20
    for step in range(3):
        sizes = [abs(x) for x in w]
        assert float(low[step]) <= math.log10(min(sizes)) + 1e-9
        assert float(high[step]) >= math.log10(max(sizes)) - 1e-9
        if 2 * sum(map(math.log10, sizes)) > 300:
            break  # the next step is beyond float64
        w = scalar_step(w, rate)


def test_the_start_has_the_margin_as_a_matrix_and_its_twin_the_same_product():
    large = ce.overshooting_size(0.1, 4, 0.75)
    modes = torch.ones(4, 3, dtype=torch.float64)
    modes[:, 0] = ce.two_group_modes(large, 4, 0.75)
    eye = torch.eye(3, dtype=torch.float64)
    weights = spectral.spectral_weights(modes, eye, eye)
    assert float(ln.deficiency_margin(ln.end_to_end(weights), eye)) == pytest.approx(
        0.75, rel=1e-12
    )
    # Two neighbours in the middle carry all of the imbalance.
    wanted = float(ce.two_group_imbalance(large, 4, 0.75))
    assert float(ln.imbalance(weights)) == pytest.approx(wanted, rel=1e-12)
    assert large == pytest.approx(
        237, rel=5e-3
    )  # the reference number, computed apart from this code


def test_modes_of_a_wanted_imbalance():
    wanted = one([0.0, 0.3, 50.0, 1e6])
    for depth in (2, 4, 8):
        modes = ce.modes_of_imbalance(wanted, depth, 0.6)
        assert modes.shape == (depth, 4)
        assert torch.allclose(modes.prod(0), one(0.6), rtol=1e-9)
        assert torch.allclose(modes[0] ** 2 - modes[-1] ** 2, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("depth", [2, 4, 6])
def test_sharpness_nearby_is_the_top_curvature_at_that_minimum(depth):
    wanted = 3.0
    at = ce.modes_of_imbalance(wanted, depth, 1.0)
    hessian = torch.autograd.functional.hessian(lambda w: (w.prod() - 1).square() / 2, at)
    top = float(torch.linalg.eigvalsh(hessian)[-1])
    assert float(ce.nearby_sharpness(wanted, depth)) == pytest.approx(top, rel=1e-10)
    assert float(ce.sharpness(at)) == pytest.approx(top, rel=1e-10)


@settings(max_examples=60, deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.01, 1.9))
def test_the_overshoot_gap_is_multiplied_by_a_positive_factor(a, b, rate):
    """4 - eta S + eta^2 (p - 1) takes the factor 1 + eta^2 p (p - 1) > 0 at every step."""
    before = ce.overshoot_gap(one([a, b]), rate)
    after = ce.overshoot_gap(one(scalar_step([a, b], rate)), rate)
    factor = 1 + rate**2 * a * b * (a * b - 1)
    assert factor > 0
    assert float(after) == pytest.approx(float(before) * factor, rel=1e-8, abs=1e-8)


def test_the_critical_learning_rate_separates_convergence_from_failure():
    rng = np.random.default_rng(0)
    start = ce.modes_of_imbalance(one(10 ** rng.uniform(0.5, 3, 200)), 2, 0.7)
    edge = ce.critical_learning_rate(start)
    assert torch.allclose(ce.overshoot_gap(start, edge)[edge < 1], one(0.0), atol=1e-9)
    for factor, converges in ((0.97, True), (1.03, False)):
        _, modes = spectral.spectral_descent(
            start[..., None], one([1.0]), learning_rate=(factor * edge)[:, None], record=[3000]
        )
        losses = (modes[-1, ..., 0].prod(0) - 1).square() / 2
        assert ((losses < 1e-8) == converges).all()


def test_the_edge_found_by_trial_is_the_critical_learning_rate():
    modes = ce.modes_of_imbalance(one([6.0, 30.0, 200.0]), 2, 0.75)
    flat = 2 / ce.nearby_sharpness(modes[0] ** 2 - modes[1] ** 2, 2)
    edge = ce.bisected_edge(modes, flat / 4, 4 * flat, halvings=10, steps=4000)
    assert torch.allclose(edge, ce.critical_learning_rate(modes), rtol=0.01)
    with pytest.raises(ValueError, match="converge at `low`"):
        ce.bisected_edge(modes, 3 * flat, 4 * flat, halvings=1, steps=1000)


@pytest.mark.parametrize("depth", [2, 4, 8])
def test_a_balanced_start_converges_up_to_two_over_its_depth(depth):
    twin = ce.two_group_modes(one(0.6) ** (1 / depth), depth, 0.6)
    edge = ce.bisected_edge(twin, 1 / depth, 4 / depth, halvings=10, steps=8000)
    assert abs(float(edge) * depth / 2 - 1) < 0.005  # ten halvings leave 0.001, the budget the rest


@pytest.mark.parametrize("depth", [2, 4])
def test_the_size_of_the_proof_is_just_large_enough_for_its_induction(depth):
    size = ce.overshooting_size(0.1, depth, 0.75) * one([0.25, 1.0, 3.0])
    run = ce.overshoot(size, 0.1, depth, 0.75)
    _, path, _ = ce.scalar_descent(run.start, 0.1, [1])
    layers = path[0].abs()
    growth = 0.1 * layers.amin(0) ** (2 * depth - 1) / (20 * layers.amax(0))
    assert torch.allclose(run.premise, torch.minimum(layers.amin(0) / 2, growth))
    assert run.premise[0] < 1 <= run.premise[1] < run.premise[2]


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.01, 1))
def test_imbalance_of_two_layers_takes_an_exact_factor(a, b, rate):
    after = scalar_step([a, b], rate)
    factor = 1 - rate**2 * (a * b - 1) ** 2
    assert after[0] ** 2 - after[1] ** 2 == pytest.approx((a * a - b * b) * factor, abs=1e-10)


def test_scalar_descent_is_the_step_written_out_and_ends_in_infinity():
    start = ce.two_group_modes(one([0.9, 1.3]), 4, 0.75)
    steps, path, losses = ce.scalar_descent(start, one([0.1, 0.02]), [0, 1, 5])
    assert steps.tolist() == [0, 1, 5] and path.shape == (3, 4, 2) and losses.shape == (3, 2)
    for i, rate in enumerate((0.1, 0.02)):
        w = start[:, i].tolist()
        for _ in range(5):
            w = scalar_step(w, rate)
        assert path[-1, :, i].tolist() == pytest.approx(w, rel=1e-12)
        assert float(losses[-1, i]) == pytest.approx((math.prod(w) - 1) ** 2 / 2, rel=1e-12)
    large = ce.overshooting_size(0.1, 4, 0.75)
    _, _, losses = ce.scalar_descent(ce.two_group_modes(large, 4, 0.75), 0.1, range(13))
    assert losses.min() == losses[0] and losses[-1] == math.inf


@pytest.mark.parametrize("depth", [2, 4])
def test_full_matrices_overshoot_in_the_same_way(depth):
    """The construction as d x d matrices, through the ordinary stepper, until float64 ends."""
    modes = torch.ones(depth, 1, 5, dtype=torch.float64)
    modes[:, 0, 0] = ce.two_group_modes(ce.overshooting_size(0.1, depth, 0.75), depth, 0.75)
    eye = torch.eye(5, dtype=torch.float64)[None]
    run = descend(
        ln.gradients,
        spectral.spectral_weights(modes, eye, eye),
        problem=(eye,),
        rule=Plain(0.1),
        steps=8,
        record=Record(range(9), lambda w, t: {"loss": ln.loss(w, t)}),
        stop=Stop(diverged="keep"),
    )
    _, _, losses = ce.scalar_descent(modes[:, 0, 0], 0.1, range(9))
    both = torch.isfinite(run.records["loss"][:, 0]) & torch.isfinite(losses)
    assert 3 <= int(both.sum()) <= int(run.diverged[0]) < 9  # the loss overflows first
    ours, scalar = run.records["loss"][both, 0].log10(), losses[both].log10()
    assert torch.allclose(ours, scalar, rtol=1e-12)


# --- without a margin ----------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [2, 3, 4, 6])
def test_identity_descent_is_matrix_descent_from_the_identity(depth):
    eigenvalues = one([[-1.0, 0.5, 2.0], [-0.4, -0.9, 1.0]])
    eye = torch.eye(3, dtype=torch.float64).expand(2, 3, 3)
    target = torch.diag_embed(eigenvalues)
    run = descend(
        ln.gradients,
        (eye,) * depth,
        problem=(target,),
        rule=Plain(0.05),
        steps=200,
        record=Record(range(201), lambda w, t: {"loss": ln.loss(w, t)}),
    )
    ours = identity_descent(eigenvalues, depth, learning_rate=0.05, record=[0, 7, 200])
    assert ours.steps.tolist() == [0, 7, 200] and ours.layers.shape == (3, 2, 3)
    for w in run.weights:
        assert torch.allclose(torch.diag_embed(ours.layers[-1]), w, rtol=0, atol=1e-12)
    assert torch.allclose(ours.losses, run.records["loss"][[0, 7, 200]], rtol=1e-12)
    assert torch.allclose(ours.lowest, run.records["loss"].amin(0), rtol=1e-12)


def test_identity_descent_takes_overflow_as_data_and_stays_above_the_floor():
    rates = one(np.geomspace(1e-3, 10, 40))[:, None]
    eigenvalues = one([-1.0, 0.5, 2.0])
    for depth in (2, 4, 8):
        run = identity_descent(eigenvalues, depth, learning_rate=rates, record=[0, 500])
        assert run.lowest.shape == (40,) and torch.isfinite(run.lowest).all()
        assert not torch.isfinite(run.losses).all()
        assert (run.lowest >= identity_floor(eigenvalues, depth)).all()


def test_identity_floor_counts_the_negative_eigenvalues_only():
    assert float(identity_floor(one([-1.0, 0.5, 2.0]), 4)) == 0.5
    assert identity_floor(one([[-1.0, -2.0], [3.0, 4.0]]), 2).tolist() == [2.5, 0.0]


@pytest.mark.parametrize("depth", [2, 3, 4, 6])
def test_the_approach_laws_hold_late(depth):
    rate, negative, steps = 1e-3, 0.7, 10_000 if depth == 2 else 100_000
    run = identity_descent(one([-negative]), depth, learning_rate=rate, record=[steps])
    measured = float(run.layers[0, 0]) ** depth
    predicted = float(stuck_product(rate * steps, negative, depth))
    assert measured == pytest.approx(predicted, rel=0.1)


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
@pytest.mark.parametrize("eigenvalues", [[-1.0, 0.5, 2.0], [-0.4, 0.5, 2.0], [-1.0, 0.3, 0.6]])
def test_the_departure_rate_is_minus_the_lowest_curvature_where_descent_is_held(depth, eigenvalues):
    held = torch.diag(one([max(x, 0) ** (1 / depth) for x in eigenvalues]))
    target = torch.diag(one(eigenvalues))

    def loss(flat):
        w = flat.reshape(depth, 3, 3)
        product = w[0]
        for layer in w[1:]:
            product = layer @ product
        return (product - target).square().sum() / 2

    at = held.expand(depth, 3, 3).reshape(-1).clone()
    lowest = float(torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, at))[0])
    rate = float(departure_rate(one(eigenvalues), depth))
    assert rate == pytest.approx(max(0.0, -lowest), abs=1e-6)


BAD = {
    "odd depth": (lambda: ce.overshooting_size(0.1, 3, 0.75), "even"),
    "odd floor": (lambda: identity_floor(one([-1.0]), 3), "even"),
    "odd groups": (lambda: ce.two_group_modes(2.0, 5, 0.75), "even"),
    "margin": (lambda: ce.overshooting_size(0.1, 2, 1.0), "margin"),
    "rate": (lambda: ce.overshooting_size(0.0, 2, 0.75), "learning_rate"),
    "imbalance": (lambda: ce.modes_of_imbalance(-1.0, 2, 0.75), "imbalance"),
    "two layers": (lambda: ce.overshoot_gap(one([1.0, 1.0, 1.0]), 0.1), "two layers"),
    "depth one": (
        lambda: identity_descent(one([-1.0]), 1, learning_rate=0.1, record=[1]),
        "depth",
    ),
    "identity rate": (
        lambda: identity_descent(one([-1.0]), 2, learning_rate=-1.0, record=[1]),
        "learning_rate",
    ),
    "identity record": (
        lambda: identity_descent(one([-1.0]), 2, learning_rate=0.1, record=[]),
        "record",
    ),
    "sizes": (lambda: ce.two_group_modes(-2.0, 4, 0.75), "positive"),
    "product": (lambda: ce.two_group_modes(2.0, 4, -0.75), "positive"),
    "law at depth one": (lambda: stuck_product(1.0, 0.5, 1), "depth"),
    "departure at depth one": (lambda: departure_rate(one([-1.0, 2.0]), 1), "depth"),
    "edges": (lambda: ce.failure_map([2.0, 1.0], [0.1, 1.0], 2, 0.75, None), "rising"),
    "negative": (lambda: stuck_product(1.0, -0.5, 2), "negative"),
    "several": (lambda: departure_rate(one([-1.0, -2.0]), 2), "one negative"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()


def test_an_overshoot_says_margin_imbalance_and_floor_of_its_starts():
    large = one([1.0, 3.0]) * ce.overshooting_size(0.1, 4, 0.75)
    run = ce.overshoot(large, 0.1, 4, 0.75)
    assert run.margin.tolist() == pytest.approx([0.75] * 2, rel=1e-12)
    assert run.imbalance.tolist() == pytest.approx(
        ce.two_group_imbalance(large, 4, 0.75).tolist(), rel=1e-12
    )
    assert run.floor.shape == run.losses.shape and run.floor[0].isnan().all()
    finite = run.losses[1:].isfinite()
    assert (run.losses[1:].log10() >= run.floor[1:] - 0.5)[finite].all()


def test_outcomes_of_a_map_are_its_four_kinds():
    edges = np.logspace(-1, 3, 21), np.logspace(-2.5, 0.5, 21)
    found = ce.failure_map(*edges, 2, 0.75, np.random.default_rng(0), steps=500)
    assert {*found.outcome.flatten().tolist()} == {0, 1, 2, 3}
    assert ((found.outcome < 2) == found.converged).all()
    assert ((found.outcome == 3) == (found.overflow & ~found.converged)).all()
