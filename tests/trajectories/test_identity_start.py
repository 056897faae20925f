"""Projections and factors against their definitions; targets against what they promise."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, Record, descend
from lib.trajectories import identity_start as ids

EYE = torch.eye(3, dtype=torch.float64)


def positive_targets(seeds=6, size=4, skew=0.5, seed=0):
    rng = np.random.default_rng(seed)
    values = torch.from_numpy(rng.uniform(0.3, 1.5, (seeds, size)))
    return ids.from_parts(values, skew, rng)


def test_identity_weights_are_identities_of_their_own():
    weights = ids.identity_weights(torch.zeros(2, 3, 3).double(), 3)
    assert len(weights) == 3 and all(torch.equal(w, EYE.expand(2, 3, 3)) for w in weights)
    weights[0][0, 0, 0] = 7
    assert weights[1][0, 0, 0] == 1 and weights[0][1, 0, 0] == 1
    for bad in ((torch.zeros(2, 3, 4).double(), 2), (torch.zeros(2, 3, 3).double(), 0)):
        with pytest.raises(ValueError, match=r"depth|square"):
            ids.identity_weights(*bad)


def test_identity_weights_with_noise():
    weights = ids.identity_weights(
        torch.zeros(400, 3, 3).double(), 2, 0.1, np.random.default_rng(0)
    )
    for w in weights:
        assert float((w - EYE).std()) == pytest.approx(0.1, rel=0.05)
    assert not torch.equal(*weights)
    with pytest.raises(ValueError, match="rng"):
        ids.identity_weights(torch.zeros(2, 3, 3).double(), 2, 0.1)


def test_reach_by_the_sign_of_a_scalar():
    """1 x 1 targets: positive ones are reached, a negative one is held at half its square."""
    target = torch.tensor([0.5, 2.0, -1.0], dtype=torch.float64)[:, None, None]
    arrived, losses = ids.reach(target, 2, learning_rate=0.1, steps=2000)
    assert arrived.tolist() == [True, True, False]
    assert losses.max() == pytest.approx(0.5) and losses[:2].max() <= 1e-8
    assert not ids.reach(target, 2, learning_rate=0.1, steps=1)[0].any()


def test_steps_between_losses_decay_as_late_decay_says():
    values, depth, rate = [0.4, 1.0, 2.0], 3, 0.05
    n = ids.steps_between(values, depth, rate, high=1e-12, low=1e-24)
    assert n * ids.late_decay(values, depth, rate) == pytest.approx(np.log(1e12), rel=0.01)
    target = torch.diag_embed(torch.tensor([values]).double())
    weights = ids.identity_weights(target, depth)
    run = descend(
        ln.gradients,
        weights,
        rule=Plain(rate),
        steps=800,
        problem=(target,),
        record=Record(range(801), lambda w, t: {"loss": ln.loss(w, t)}),
    )
    loss = run.records["loss"][:, 0].numpy()
    assert n == (loss < 1e-24).argmax() - (loss < 1e-12).argmax()
    for bad in ({"high": 1e-3, "low": 1e-2}, {"high": 1e-3, "low": 1e-60}):
        with pytest.raises(ValueError, match=r"low|loss"):
            ids.steps_between(values, depth, rate, **bad)


def test_positivity_is_the_least_form():
    matrix = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 3)))
    draws = torch.from_numpy(np.random.default_rng(1).standard_normal((20000, 3)))
    draws /= draws.norm(dim=-1, keepdim=True)
    forms = ((draws @ matrix) * draws).sum(-1)
    assert 0 <= forms.min() - ids.positivity(matrix) < 0.01


def test_targets_at_a_distance():
    found = ids.at_distance(0.7, 5, 3, np.random.default_rng(0))
    assert torch.allclose(torch.linalg.matrix_norm(found - EYE), torch.full((5,), 0.7).double())


def test_from_parts_has_the_symmetric_part_it_was_given():
    values = torch.tensor([[0.2, 0.9, 1.4], [-0.5, 0.3, 1.0]], dtype=torch.float64)
    found = ids.from_parts(values, 0.8, np.random.default_rng(0))
    assert torch.allclose(torch.linalg.eigvalsh((found + found.mT) / 2), values)
    assert torch.allclose(ids.positivity(found), values[:, 0])
    skew = ids.from_parts(torch.zeros(4000, 3).double(), 0.8, np.random.default_rng(0))
    assert float(skew[:, 0, 1].std()) == pytest.approx(0.8, rel=0.05)


def test_normal_targets_have_their_eigenvalues():
    rng = np.random.default_rng(0)
    values = rng.uniform(0.5, 1.5, (4, 2)) * np.exp(1j * rng.uniform(0.1, 3.1, (4, 2)))
    target, basis = ids.normal_targets(values, rng)
    assert torch.allclose(target @ target.mT, target.mT @ target, atol=1e-13)
    found = np.sort_complex(np.linalg.eigvals(target.numpy()))
    wanted = np.sort_complex(np.concatenate([values, values.conj()], -1))
    assert np.allclose(found, wanted)
    inside, rest = ids.block_eigenvalues(target, basis)
    assert np.allclose(inside.numpy(), values) and rest.max() < 1e-13
    assert ids.block_eigenvalues(target + 0.1, basis)[1].min() > 0.01


def test_sheared_targets_keep_eigenvalues_and_lose_normality():
    values = np.array([0.5 + 1j, -0.4 + 0.3j])
    found = ids.sheared_targets(values, 3.0)
    assert np.allclose(ids.upper_eigenvalue(found).numpy(), values)
    plain, _ = ids.normal_targets(values[:, None], np.random.default_rng(0))
    assert np.allclose(ids.upper_eigenvalue(plain).numpy(), values)
    assert (found @ found.mT - found.mT @ found).abs().amax((1, 2)).min() > 0.1


def test_chord_distance_is_that_from_a_line():
    """On the line it is 0; at a right angle from any of its points, the step taken."""
    wanted = 0.3 + 2j
    along = 1 + 0.4 * (wanted - 1)
    aside = along + 0.25j * (wanted - 1) / abs(wanted - 1)
    found = ids.chord_distance([along, aside], wanted)
    assert found.numpy() == pytest.approx([0, 0.25], abs=1e-12)


def test_follow_product_of_two_equal_layers():
    """Against the recursion of one layer, W <- W - rate W (W^2 - target), on a symmetric target."""
    target = positive_targets(skew=0.0)
    found = ids.follow_product(target, 2, learning_rate=0.1, time=3, every=1)
    w = torch.eye(4, dtype=torch.float64).expand(target.shape)
    for record in found:
        assert torch.allclose(record, w @ w, atol=1e-12)
        for _ in range(10):
            w = w - 0.1 * w @ (w @ w - target)
    assert len(found) == 4
    with pytest.raises(ValueError, match="every"):
        ids.follow_product(target, 2, learning_rate=0.1, time=3, every=0.01)


def test_regularizers_pull_toward_the_identity():
    weights = (3 * EYE[None], EYE[None] + 0.1)
    shrunk = ids.toward_identity(0.25)(weights)
    assert torch.allclose(shrunk[0], 2.5 * EYE) and torch.allclose(shrunk[1], EYE + 0.075)
    clipped = ids.near_identity(0.5)(weights)
    assert torch.linalg.matrix_norm(clipped[0] - EYE).item() == pytest.approx(0.5)
    assert torch.equal(clipped[1], weights[1])
    for make, bad in ((ids.toward_identity, 2.0), (ids.near_identity, 0.0)):
        with pytest.raises(ValueError, match=r"amount|radius"):
            make(bad)


def test_lowest_losses_are_the_least_of_a_plain_loop():
    target = torch.diag_embed(torch.tensor([[-0.7, 0.5, 1.5]]).double())
    w, losses = EYE[None].clone(), []
    for _ in range(41):
        losses.append(float(ln.matrix_loss(w @ w, target)))
        w = w - 0.3 * w @ (w @ w - target)  # both layers are equal, and diagonal
        w = w - 0.05 * (w - EYE)
    found = ids.lowest_losses(
        ids.identity_weights(target, 2),
        target,
        learning_rate=0.3,
        steps=40,
        retraction=ids.toward_identity(0.05),
    )
    assert float(found) == pytest.approx(min(losses), rel=1e-12)


def test_to_positive_is_the_nearest_matrix_of_its_set():
    rng = np.random.default_rng(0)
    matrix = torch.from_numpy(rng.standard_normal((50, 4, 4)))
    found, far = ids.to_positive(matrix, 0.2)
    assert ids.positivity(found).min() > 0.2 - 1e-12
    assert torch.allclose(torch.linalg.matrix_norm(found - matrix).square(), far)
    # The set is convex: nearest means <matrix - found, other - found> <= 0 for all others in it.
    other = ids.to_positive(torch.from_numpy(rng.standard_normal((50, 4, 4))), 0.2)[0]
    assert ((matrix - found) * (other - found)).sum((-2, -1)).max() < 1e-10
    inside, still = ids.to_positive(found, 0.1)
    assert torch.equal(inside, found) and still.max() == 0


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_root_factors(depth):
    matrix = positive_targets()
    factors = ids.root_factors(matrix, depth)
    assert (ln.end_to_end(factors) - matrix).abs().max() < 1e-12
    values = torch.stack([torch.linalg.svdvals(w) for w in factors])
    assert torch.allclose(values, torch.linalg.svdvals(matrix) ** (1 / depth))
    assert ln.imbalance(factors).max() < 1e-12
    turn = ids.polar(matrix)[0]
    for w in factors:
        assert torch.allclose(torch.linalg.matrix_power(ids.polar(w)[0], depth), turn)


def test_root_factors_refuse():
    with pytest.raises(ValueError, match="depth"):
        ids.root_factors(EYE, 0)
    with pytest.raises(ValueError, match="square"):
        ids.root_factors(torch.zeros(2, 3).double(), 2)


def test_rotation_power_multiplies_angles():
    angle = 2.8
    turn = torch.tensor([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    half = ids.rotation_power(turn.double(), 0.5)
    assert half[0, 0].item() == pytest.approx(np.cos(angle / 2), rel=1e-12)
    assert half[1, 0].item() == pytest.approx(np.sin(angle / 2), rel=1e-12)
    assert torch.allclose(ids.rotation_power(EYE, 0.3), EYE)


def test_power_projection_reaches_positive_targets():
    target = positive_targets()
    rate = 0.1 / torch.linalg.matrix_norm(target, 2) ** (4 / 3)
    run = ids.power_projection(
        target, 3, gamma=0.1, learning_rate=rate, steps=1200, record=[0, 1200]
    )
    assert run.losses[-1].max() < 1e-8 and run.losses[0].min() > 0.01
    assert ln.imbalance(run.weights).max() < 1e-10


def test_power_projection_stays_in_its_set_and_counts():
    target = torch.diag_embed(torch.tensor([[-0.5, 1.0], [0.5, 1.0]]).double())
    run = ids.power_projection(target, 2, gamma=0.1, learning_rate=0.1, steps=200, record=[200])
    product = ln.end_to_end(run.weights)
    assert product[0].diagonal().tolist() == pytest.approx([0.1, 1.0], abs=1e-6)
    assert run.acted[0] > 100 and run.acted[1] == 0


def test_plain_descent_is_power_projection_without_its_projections_to_first_order():
    """Where the projection never acts, the products differ by O(learning rate)."""
    target = positive_targets(seed=3, skew=0.3)
    off = []
    for rate in (0.02, 0.01):
        steps = round(2 / rate)
        run = ids.power_projection(
            target, 3, gamma=1e-3, learning_rate=rate, steps=steps, record=[steps]
        )
        plain = descend(
            ln.gradients,
            ids.identity_weights(target, 3),
            rule=Plain(rate),
            steps=steps,
            problem=(target,),
        )
        difference = ln.end_to_end(run.weights) - ln.end_to_end(plain.weights)
        off.append(torch.linalg.matrix_norm(difference))
        assert run.acted.sum() == 0
    assert (off[0] / off[1]).numpy() == pytest.approx(np.full(6, 2), rel=0.1)


def test_a_last_layer_of_zero_learns_what_the_identity_cannot():
    target = torch.diag_embed(torch.tensor([[-1.0, 0.7], [0.8, -0.6]], dtype=torch.float64))
    start = ids.zero_asymmetric_weights(target, 3)
    eye = torch.eye(2, dtype=torch.float64).expand(2, 2, 2)
    assert torch.equal(start[0], eye) and torch.equal(start[1], eye) and not start[2].any()
    options = {"learning_rate": 0.05, "steps": 4000}
    assert not ids.reach(target, 3, **options)[0].any()
    arrived, last = ids.reach(target, 3, start=start, **options)
    assert arrived.all() and last.max() <= 1e-8


def test_speed_and_delay_follow_their_laws():
    counted, law = ids.steps_per_efold(16.0, 3)
    assert counted == pytest.approx(law, rel=0.02)
    counted, law = ids.rotation_delays([0.2, 0.1], 3)
    np.testing.assert_allclose(counted, law, rtol=0.02)
    assert ids.scalar_mismatch(3, np.random.default_rng(0), 4).max() < 1e-12


def test_normal_targets_keep_their_chords_and_sheared_ones_leave_them():
    goals = np.array([[1.2 * np.exp(1j), 0.7 * np.exp(2j)]])
    target, basis = ids.normal_targets(goals, np.random.default_rng(1))
    paths = ids.eigenvalue_paths(target, basis, 3, 0.01, time=20)
    assert ids.chord_distance(paths, goals).max() < 0.02
    assert np.abs(paths[-1].numpy() - goals).max() < 1e-3
    assert ids.sheared_stray(goals[:, 0], 3, 0.01).min() > 0.02


def test_the_inequality_of_a_nearest_point_tells_wrong_ones(monkeypatch):
    rng = np.random.default_rng(2)
    spectrum = torch.tensor([[-0.5, 0.4, 1.0], [0.3, 0.5, 0.9]], dtype=torch.float64)
    target = ids.from_parts(spectrum, 0.5, rng)
    assert ids.nearest_point_gaps(target, 0.1, 50, rng).max() < 1e-12
    right = ids.to_positive
    for wrong in (
        lambda m, g: (2 * right(m, g)[0] - m, None),
        lambda m, g: ((right(m, g)[0] + right(m, g)[0].mT) / 2, None),
        lambda m, g: (m, None),
    ):
        monkeypatch.setattr(ids, "to_positive", wrong)
        assert ids.nearest_point_gaps(target, 0.1, 50, rng).max() > 1e-3


def test_power_projection_against_plain_descent():
    rng = np.random.default_rng(3)
    inside = ids.from_parts(torch.from_numpy(rng.uniform(0.4, 1.2, (4, 3))), 0.3, rng)
    assert ids.factor_gaps(inside, 3).max() < 1e-12
    power, plain, acted = ids.projection_against_plain(inside, 0.1, 800)
    torch.testing.assert_close(power, plain, rtol=0.05, atol=0)
    assert acted < 0.01
    beyond = torch.diag_embed(torch.tensor([[0.9, -0.5, -0.6]], dtype=torch.float64))
    least, arrived = ids.outside_premise(beyond, 0.1)
    assert least.min() >= 1 and not arrived.any()  # held by symmetry


def test_the_class_that_fails_and_what_does_not():
    spectrum = torch.tensor([[-1.2, 0.5], [-1.1, 0.8]], dtype=torch.float64)
    members = ids.members_of_the_class()
    assert next(iter(members)) == "none" and len(members) == 5
    for member in members.values():
        options = {"learning_rate": 0.1, "retraction": member, "steps": 200}
        assert ids.lowest_over_bound(spectrum, 3, **options).min() >= 1
    leap = ids.lowest_over_bound(spectrum, 3, learning_rate=0.55, steps=100)
    assert leap.max() < 0.1


def test_near_the_identity_margin_and_descent():
    margin, arrived = ids.margin_and_arrival(0.3, 5, 4, np.random.default_rng(4))
    assert margin.all() and arrived.all()
