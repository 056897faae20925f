"""Small networks against autograd, and growth that must not change what a network computes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.landscapes import perceptrons as pc

UNITS = {"logistic": torch.sigmoid, "tanh": torch.tanh}


def oracle(weights, task, units="logistic"):
    """Energies (seeds,) in the plain layout, differentiable."""
    hidden, output = weights
    s = UNITS[units](torch.einsum("shi,pi->sph", hidden, task.inputs))
    y = torch.sigmoid(torch.einsum("sph,sh->sp", s, output[:, :-1]) + output[:, -1:])
    return ((y - task.targets) ** 2).sum(-1) / 2


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 6), st.integers(1, 5), st.integers(1, 5), st.sampled_from(["logistic", "tanh"])
)
def test_energy_and_gradients_agree_with_autograd(seeds, bits, h, units):
    rng = np.random.default_rng(seeds + 10 * bits + 100 * h)
    task = pc.parity(bits)
    weights = pc.start(seeds, bits, h, 2.0, rng)
    leaves = [w.detach().clone().requires_grad_() for w in weights]
    energy = oracle(leaves, task, units)
    energy.sum().backward()
    assert torch.allclose(pc.squared_error(weights, task, units=units), energy, rtol=1e-12)
    for ours, leaf in zip(pc.error_gradient(weights, task, units=units), leaves, strict=True):
        assert ours.shape == leaf.shape
        assert torch.allclose(ours, leaf.grad, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("units", ["logistic", "tanh"])
def test_hessians_agree_with_autograd(units):
    task = pc.parity(3)
    weights = pc.start(3, 3, 2, 1.0, np.random.default_rng(0))
    found = pc.hessians(weights, task, units=units)
    for k in range(3):
        flat = torch.cat([w[k].flatten() for w in weights])

        def one(z):
            return oracle((z[:8].view(1, 2, 4), z[8:].view(1, 3)), task, units)[0]

        wanted = torch.autograd.functional.hessian(one, flat)
        assert torch.allclose(found[k], wanted, rtol=1e-10, atol=1e-13)


def test_tasks_at_their_known_targets():
    assert pc.xor().inputs.tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert pc.parity(4).targets.sum() == 8
    mirror = pc.mirror_symmetry(6)
    assert mirror.inputs.shape == (64, 7)
    for pattern, target in zip(mirror.inputs[:, :6].tolist(), mirror.targets, strict=True):
        assert bool(target) == (pattern == pattern[::-1])


def test_training_solves_exclusive_or_by_the_papers_rule():
    """The same numbers as an optimizer of torch, one network at a time."""
    task, rng = pc.xor(), np.random.default_rng(1)
    weights = pc.start(4, 2, 3, 1.0, rng)
    run = pc.train(weights, task, learning_rate=0.5, sweeps=60, tolerance=1e-9)
    for k in range(4):
        leaves = [w[k : k + 1].clone().requires_grad_() for w in weights]
        optimizer = torch.optim.SGD(leaves, lr=0.5, momentum=0.9)
        for _ in range(60):
            optimizer.zero_grad()
            oracle(leaves, task).sum().backward()
            optimizer.step()
        for ours, leaf in zip(run.weights, leaves, strict=True):
            assert torch.allclose(ours[k], leaf[0], rtol=0, atol=1e-12)
    longer = pc.train(weights, task, learning_rate=0.5, sweeps=5000, tolerance=0.1)
    assert torch.equal(longer.stopped >= 0, pc.solved(longer.weights, task, 0.1))
    assert (longer.stopped >= 0).any()


GROWTH = {
    "add": lambda w, rng: pc.add_units(w, 2, 1.0, rng),
    "silent": lambda w, rng: pc.add_silent(w),
    "split": lambda w, rng: pc.split_units(w, 2),
}


@pytest.mark.parametrize("kind", GROWTH)
def test_added_units_leave_the_function_as_it_was(kind):
    task, rng = pc.parity(4), np.random.default_rng(2)
    weights = pc.start(7, 4, 3, 2.0, rng)
    grown = GROWTH[kind](weights, rng)
    assert grown[0].shape[1] > 3
    assert torch.allclose(pc.outputs(grown, task), pc.outputs(weights, task), rtol=0, atol=1e-15)


def test_silent_unit_keeps_a_gradient_within_root_five_quarters():
    task, rng = pc.parity(3), np.random.default_rng(3)
    weights = pc.start(50, 3, 2, 1.0, rng)
    grown = pc.add_silent(weights)
    old, new = pc.error_gradient(weights, task), pc.error_gradient(grown, task)
    assert torch.allclose(new[0][:, :2], old[0], atol=1e-15) and (new[0][:, 2] == 0).all()
    assert torch.allclose(new[1][:, 2], old[1][:, -1] / 2, atol=1e-15)
    ratio = pc.gradient_norm(grown, task) / pc.gradient_norm(weights, task)
    assert (ratio >= 1 - 1e-12).all() and (ratio <= 1.25**0.5 + 1e-12).all()


@pytest.mark.parametrize("half_width", [0.1, 1.5, 6.0])
def test_silent_unit_meets_only_its_outgoing_weight_and_the_bounds_hold(half_width):
    task, rng = pc.parity(3), np.random.default_rng(4)
    weights = pc.start(40, 3, 2, half_width, rng)
    hessian = pc.hessians(pc.add_silent(weights), task)
    new = hessian[:, 8:12]  # incoming weights and bias of unit 3; 14 is its outgoing weight
    assert torch.allclose(new[:, :, 14].norm(dim=1), pc.silent_coupling(weights, task), rtol=1e-10)
    others = [k for k in range(hessian.shape[1]) if k != 14]
    assert (new[:, :, others].abs() < 1e-15).all()
    low, high = pc.silent_eigenvalue_bounds(weights, task)
    smallest = torch.linalg.eigvalsh(hessian)[:, 0]
    assert (smallest <= high + 1e-14).all() and (smallest >= low - 1e-14).all()


def test_split_units_stay_together_under_descent():
    task, rng = pc.xor(), np.random.default_rng(5)
    grown = pc.split_units(pc.start(6, 2, 2, 1.0, rng), 2)
    run = pc.train(grown, task, learning_rate=0.5, sweeps=100, tolerance=1e-9)
    hidden, output = run.weights
    assert torch.allclose(hidden[:, :2], hidden[:, 2:], atol=1e-10)
    assert torch.allclose(output[:, :2], output[:, 2:4], atol=1e-10)


@pytest.mark.parametrize("units", ["logistic", "tanh"])
def test_local_minimum_is_one(units):
    rng = np.random.default_rng(0)
    task = pc.task(pc.parity(3).inputs[:, :3], rng.uniform(0, 1, 8))
    starts = pc.start(5, 3, 2, 1.0, rng)
    network, size, lowest = pc.local_minimum(
        starts, task, weight_decay=0.01, learning_rate=0.1, steps=3000, units=units
    )
    assert size < 1e-8 and lowest > 0

    def loss(w):
        return float(pc.squared_error(w, task, units=units)) + 0.005 * sum(
            float((x * x).sum()) for x in w
        )

    for _ in range(20):
        assert loss(pc.add_noise(network, 1e-3, rng)) > loss(network)


@pytest.mark.parametrize("units, flips, count", [("logistic", False, 24), ("tanh", True, 384)])
def test_equivalent_networks_compute_the_same_and_are_distinct(units, flips, count):
    task, rng = pc.parity(3), np.random.default_rng(6)
    one = pc.start(1, 3, 4, 1.0, rng)
    images = pc.equivalent_networks(one, flips=flips)
    assert pc.count_distinct(images) == len(images[0]) == count
    answers = pc.outputs(images, task, units=units)
    assert (answers - pc.outputs(one, task, units=units)).abs().max() < 1e-14


def test_equal_units_divide_the_number_of_distinct_images():
    one = pc.start(1, 2, 4, 1.0, np.random.default_rng(7))
    one[0][:, 1], one[1][:, 1] = one[0][:, 0], one[1][:, 0]
    assert pc.count_distinct(pc.equivalent_networks(one)) == 12  # 4! / 2!


def test_noise_has_the_standard_deviation_asked_for():
    weights = pc.start(5000, 2, 2, 1.0, np.random.default_rng(8))
    noisy = pc.add_noise(weights, 0.3, np.random.default_rng(9))
    moved = torch.cat([(b - a).flatten() for a, b in zip(weights, noisy, strict=True)])
    assert float(moved.std()) == pytest.approx(0.3, rel=0.02)


def test_layout_is_seeds_last_everywhere():
    rng = np.random.default_rng(0)
    weights = pc.start(6, 2, 2, 1.0, rng)
    made = [grow(weights, rng) for grow in GROWTH.values()]
    for hidden, output in [weights, pc.chosen(weights, torch.arange(6) > 2), *made]:
        assert hidden.permute(1, 2, 0).is_contiguous() and output.T.is_contiguous()


BAD = {
    "task": (lambda w: pc.squared_error(w, pc.parity(3)), "weights must be"),
    "bits": (lambda w: pc.parity(0), "bits"),
    "symmetry": (lambda w: pc.mirror_symmetry(1), "bits"),
    "sizes": (lambda w: pc.start(0, 2, 2, 1.0, np.random.default_rng(0)), "hidden_units"),
    "split": (lambda w: pc.split_units(w, 3), "count"),
    "targets": (lambda w: pc.task([[0.0, 1.0]], [1.0, 0.0]), "targets"),
    "one": (lambda w: pc.equivalent_networks(w), "one network"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call(pc.start(3, 2, 2, 1.0, np.random.default_rng(0)))


def test_critical_points_are_critical_and_have_their_index():
    rng = np.random.default_rng(0)
    task = pc.task(rng.standard_normal((30, 2)), (rng.random(30) < 0.5).astype(float))
    start = pc.start(60, 2, 2, 1.0, rng)
    found = pc.critical_points(start, task, rng, weight_decay=1e-3, walk=300, learning_rate=1.0)
    assert found.searches == 60 >= found.converged >= len(found.loss) > 1
    assert len(set(found.index_fraction.tolist())) > 1

    def loss(hidden, output):
        s = torch.tanh(task.inputs @ hidden.T)
        y = torch.sigmoid(s @ output[:-1] + output[-1])
        decay = hidden.square().sum() + output.square().sum()
        return (y - task.targets).square().mean() / 2 + 5e-4 * decay

    for k in range(len(found.loss)):
        w = tuple(x[k].contiguous() for x in found.weights)
        assert float(loss(*w)) == pytest.approx(float(found.loss[k]), abs=1e-12)
        slopes = torch.autograd.functional.jacobian(loss, w)
        assert max(float(g.abs().max()) for g in slopes) < 1e-7
        blocks = torch.autograd.functional.hessian(loss, w)
        rows = [torch.cat([b.reshape(w[i].numel(), -1) for b in blocks[i]], 1) for i in (0, 1)]
        values = torch.linalg.eigvalsh(torch.cat(rows))
        assert float((values < 0).double().mean()) == pytest.approx(float(found.index_fraction[k]))


# --- direct connections, stuck networks, codes ---------------------------------------------------


def test_direct_connections_agree_with_autograd_and_change_nothing_at_weight_zero():
    task, rng = pc.parity(3), np.random.default_rng(5)
    weights = pc.start(6, 3, 2, 1.0, rng)
    wider = pc.add_connections(weights)
    assert torch.equal(pc.outputs(wider, task), pc.outputs(weights, task))
    direct = torch.from_numpy(rng.standard_normal((6, 3)))
    leaves = [w.clone().requires_grad_() for w in (*weights, direct)]
    hidden, output, d = leaves
    s = torch.sigmoid(torch.einsum("shi,pi->sph", hidden, task.inputs))
    a = torch.einsum("sph,sh->sp", s, output[:, :-1]) + output[:, -1:] + d @ task.inputs[:, :-1].T
    energy = ((torch.sigmoid(a) - task.targets) ** 2).sum(-1) / 2
    assert torch.allclose(pc.squared_error((*weights, direct), task), energy.detach(), atol=1e-14)
    energy.sum().backward()
    for ours, leaf in zip(pc.error_gradient((*weights, direct), task), leaves, strict=True):
        assert torch.allclose(ours, leaf.grad, atol=1e-13)


def test_bad_networks_are_refused_in_one_line():
    task = pc.xor()
    hidden, output = pc.start(4, 2, 2, 1.0, np.random.default_rng(0))
    for weights, words in (
        ((hidden.float(), output.float()), "float64"),
        ((hidden, output[:, :2]), "weights must be"),
        ((hidden, output, torch.zeros(4, 3, dtype=torch.float64)), "weights must be"),
    ):
        with pytest.raises(ValueError, match=words):
            pc.error_gradient(weights, task)
    with pytest.raises(ValueError, match="units must be one of"):
        pc.outputs((hidden, output), task, units="relu")
    with pytest.raises(ValueError, match="no direct connections"):
        pc.hessians(pc.add_connections((hidden, output)), task)


def test_freed_trains_each_change_from_the_same_networks():
    task, rng = pc.xor(), np.random.default_rng(6)
    weights = pc.start(20, 2, 2, 1.0, rng)
    setting = {"learning_rate": 0.5, "sweeps": 300, "tolerance": 0.4}
    changes = {"same": lambda w: w, "wider": pc.add_connections, "again": lambda w: w}
    found = pc.freed(weights, task, changes, **setting)
    assert list(found) == list(changes)
    assert torch.equal(found["same"].solved, found["again"].solved)
    run = pc.train(weights, task, **setting)
    assert torch.equal(found["same"].solved, run.stopped >= 0)
    assert torch.allclose(found["same"].energy, pc.squared_error(run.weights, task))
    assert torch.equal(found["same"].lowest, pc.smallest_eigenvalue(weights, task))
    assert found["wider"].lowest.isnan().all()


def test_one_pattern_a_step_is_stochastic_descent():
    """Two steps by hand, from the patterns that the generator draws."""
    task, weights = pc.xor(), pc.start(3, 2, 2, 1.0, np.random.default_rng(6))
    run = pc.train_online(
        weights, task, np.random.default_rng(7), learning_rate=0.3, sweeps=1, tolerance=0.0
    )
    draws, velocity, by_hand = np.random.default_rng(7), None, weights
    for _ in range(4):
        alone = []  # the gradient of each network on a task of one pattern
        for k, pattern in enumerate(draws.integers(4, size=3)):
            one = pc.Task(task.inputs[pattern][None], task.targets[pattern][None])
            alone.append(pc.error_gradient([w[k : k + 1] for w in by_hand], one))
        slopes = [torch.cat(parts) for parts in zip(*alone, strict=True)]
        velocity = [-0.3 * g for g in slopes] if velocity is None else [
            0.9 * v - 0.3 * g for v, g in zip(velocity, slopes, strict=True)
        ]  # fmt: skip
        by_hand = tuple(w + v for w, v in zip(by_hand, velocity, strict=True))
    for w, expected in zip(run.weights, by_hand, strict=True):
        assert torch.allclose(w, expected)
    assert (run.stopped == -1).all()
