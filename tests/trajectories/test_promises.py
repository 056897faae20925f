"""Laws against sampling, promises against runs and against the theorem they are made of."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from lib import linear_networks as ln
from lib.trajectories import margins
from lib.trajectories import promises as pr

UNIT = torch.eye(1, 20, dtype=torch.float64)


def test_margin_of_the_parts_is_that_of_the_definition():
    vectors = torch.from_numpy(0.05 * np.random.default_rng(2).standard_normal((200, 1, 20)))
    parts = vectors[:, 0, 0], vectors[:, 0, 1:].norm(dim=-1)
    whole = ln.deficiency_margin(vectors, UNIT.expand(200, -1, -1))
    torch.testing.assert_close(pr.margin(*parts), whole, rtol=0, atol=1e-14)


def test_positive_margins_follow_the_exact_law_and_half_at_every_depth():
    rng = np.random.default_rng(3)
    counts = pr.positive_margins([20, 1], [1e-3, 0.02, 0.05, 1.0], 20000, rng)
    for scale, count in zip([1e-3, 0.02, 0.05, 1.0], counts, strict=True):
        assert count / 20000 == pytest.approx(margins.margin_probability(UNIT, scale), abs=0.015)
    (deep,) = pr.positive_margins([20, 8, 8, 8, 1], [1e-6], 20000, rng)
    assert deep / 20000 == pytest.approx(0.5, abs=0.015)


def test_promise_is_the_papers_example_and_its_limit():
    assert pr.balanced_promise(100, 3, 100).probability > 0.25
    assert pr.balanced_promise(10**4, 3, 1e12).probability == pytest.approx(0.5, abs=1e-5)
    promise = pr.balanced_promise(100, 2, 100)
    assert promise.margin == pytest.approx(promise.init_scale**2 * 100 / 2)
    assert promise.steps(1e-5) * promise.learning_rate == pytest.approx(promise.time(1e-5))
    assert promise.learning_rate == pytest.approx((1e-4) ** 3 / 8e5)
    with pytest.raises(ValueError, match="too small"):
        pr.balanced_promise(100, 3, 10)
    with pytest.raises(ValueError, match="too small"):
        pr.balanced_promise(5, 3, 100)


@pytest.mark.parametrize("widths", [[128, 32, 32, 1], [6, 6, 6], [3, 8, 2, 5]])
def test_mean_square_imbalance_is_that_of_drawn_starts(widths):
    draws = 500 if widths[0] > 100 else 20000
    weights = ln.gaussian_weights(widths, draws, np.random.default_rng(0), 0.3)
    for drawn, mean in zip(
        ln.imbalance_matrices(weights), pr.mean_square_imbalance(widths, 0.3), strict=True
    ):
        square = drawn.square().sum((-2, -1))
        error = float(square.std()) / len(square) ** 0.5
        assert abs(float(square.mean()) - mean) < 4 * error < 0.1 * mean


def test_drawn_imbalance_is_that_of_the_same_starts():
    widths = [6, 4, 4, 1]
    found, squares = pr.drawn_imbalance(widths, 0.3, 5, np.random.default_rng(2))
    weights = ln.gaussian_weights(widths, 5, np.random.default_rng(2), 0.3)
    torch.testing.assert_close(found, ln.imbalance(weights))
    means = torch.from_numpy(pr.mean_square_imbalance(widths, 0.3))
    torch.testing.assert_close((squares * means[:, None]).amax(0).sqrt(), found)


def test_claim_2_follows_from_the_mean_by_markov():
    """P(delta > d) <= sum_j E D_j^2 / d^2, which must not exceed what the claim leaves."""
    for widths in ([9, 9, 9, 9], [128, 32, 32, 1], [2, 2, 2]):
        for imbalance in (10.0, 300.0):
            markov = pr.mean_square_imbalance(widths, 0.1).sum() / imbalance**2
            assert pr.balance_promise(widths, 0.1, imbalance) <= max(0, 1 - markov)


@pytest.mark.parametrize("depth", [3, 4, 8])
@pytest.mark.parametrize("cosine", [-0.6, 0.0, 0.7])
def test_waiting_time_is_that_of_the_flow_without_the_target(depth, cosine):
    """a' = a^(N-1) c, c' = a^(N-2) (1 - c^2): the time until a is infinite, by quadrature in t(c)."""
    along, across = (
        torch.tensor([0.01 * x], dtype=torch.float64) for x in (cosine, (1 - cosine**2) ** 0.5)
    )
    layer, k = 0.01 ** (1 / depth), depth - 2
    conserved = layer * (1 - cosine**2) ** 0.5  # a sin; dt = dc / (a^k (1 - c^2))

    def slowness(angle):
        return np.sin(angle) ** (k - 1) / conserved**k

    exact = quad(slowness, 0, np.arccos(cosine))[0]
    assert float(pr.waiting_time(along, across, depth)) == pytest.approx(exact, rel=1e-9)


def test_waiting_time_is_met_the_better_the_longer_it_is():
    """The ratio to the drawn runs tends to 1: at depth 3 the difference is a time of order one."""
    off = []
    for wait in (20, 200):
        measured, predicted = pr.waiting_run(30, 3, wait, 10, np.random.default_rng(0))
        off.append(float((measured / predicted - 1).abs().max()))
    assert off[1] < 0.2 * off[0] and off[1] < 0.01


@pytest.mark.parametrize("depth", [1, 2, 3, 8, 50])
def test_theorem_2_is_theorem_1_twice_with_rounded_constants(depth):
    """4 for 2^(2 - 2/N), and 1e5 for 6144 2^(4 - 2/N)."""
    for spread in (20, 1000):
        promise = pr.balanced_promise(128, depth, spread)
        rate, time = pr.theorem_1_twice(promise, 1e-5)
        assert promise.time(1e-5) / time == pytest.approx(2 ** (2 / depth))
        constant = 6144 * 2 ** (4 - 2 / depth)
        assert promise.learning_rate / rate == pytest.approx(constant / 1e5)
        found = promise.over_theorem_1(1e-5)
        assert 2 ** found[0] == pytest.approx(2 ** (2 / depth))
        assert 2 ** found[1] == pytest.approx(constant / 1e5)


def test_the_margin_of_theorem_2_has_the_chance_of_a_normal_variable():
    for spread in (20, 100, 10**4):
        found = pr.balanced_promise(10**4, 3, spread).chance()
        assert found == pytest.approx(norm.sf(spread**-0.5), abs=2e-3)


def test_theorem_1_twice_needs_a_goal_below_the_first_one():
    with pytest.raises(ValueError, match="final_loss"):
        pr.theorem_1_twice(pr.balanced_promise(128, 3, 20), 0.2)


def test_kept_promises_counts_the_margins_of_its_draws():
    kept = pr.kept_promises(128, 3, 50, 4000, np.random.default_rng(1), final_loss=1e-4, runs=20)
    assert kept.had_margin.mean() == pytest.approx(kept.promise.chance(), abs=0.03)
    assert kept.times.shape == (20,) and (kept.times < kept.promise.time(1e-4)).all()


def test_what_is_kept_is_the_smaller_share_less_the_promise():
    promise = pr.balanced_promise(100, 3, 100)
    had, times = np.arange(100) < 60, np.where(np.arange(100) < 55, 1.0, np.inf)
    kept = pr.Kept(promise, had, times)
    assert kept.in_time(1e-5).sum() == 55
    number, (low, high) = kept.spare(1e-5)
    assert number == pytest.approx(0.55 - promise.probability) and low < number < high
    assert pr.Kept(promise, had, np.zeros(9)).spare(1e-5)[0] == pytest.approx(
        0.6 - promise.probability
    )


def test_margin_counts_follow_their_chances():
    for target in (UNIT, torch.eye(2, dtype=torch.float64)):
        counts, chances = pr.margin_counts(target, [0.05, 0.5], 20000, np.random.default_rng(4))
        spread = np.sqrt(20000 * chances * (1 - chances))
        assert (abs(counts - 20000 * chances) <= 4 * spread + 3).all() and chances.max() > 0.05


BAD = {
    "depth": (lambda: pr.waiting_time(UNIT[0, :1], UNIT[0, :1], 2), "depth"),
    "zero": (lambda: pr.waiting_time(0 * UNIT[0], 0 * UNIT[0], 3), "both 0"),
    "widths": (lambda: pr.mean_square_imbalance([3, 1]), "widths"),
    "imbalance": (lambda: pr.balance_promise([3, 1], 1.0, 0.0), "imbalance"),
    "spread": (lambda: pr.balanced_promise(100, 3, -1), "spread"),
    "nan": (lambda: pr.balanced_promise(100, 3, np.nan), "spread"),
    "layers": (lambda: pr.balanced_promise(100, 0, 100), "depth"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call()
