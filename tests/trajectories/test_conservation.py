"""Conserved balance: the law of a step, gradients against autograd, decay and flow against other ways to them."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad, solve_ivp

from lib import linear_networks as ln
from lib.trajectories import conservation as cv


def network(seed=0, widths=(4, 5, 3, 2)):
    """(W_1, W_2, W_3, b_1, b_2, b_3) of two networks, with five inputs and targets of each."""
    draw = np.random.default_rng(seed).standard_normal
    pairs = list(zip(widths[1:], widths, strict=False))
    tensors = [torch.from_numpy(draw((2, *p))) for p in pairs]
    tensors += [torch.from_numpy(draw((2, p[0]))) for p in pairs]
    return tuple(tensors), (torch.from_numpy(draw((2, 4, 5))), torch.from_numpy(draw((2, 2, 5))))


def autograd(activation):
    """The gradient of a square loss, by autograd."""

    def gradient(tensors, inputs, targets):
        with torch.enable_grad():
            leaves = tuple(t.detach().clone().requires_grad_() for t in tensors)
            h = inputs
            for k in range(3):
                h = leaves[k] @ h + leaves[3 + k][..., None]
                h = activation(h) if k < 2 else h
            return torch.autograd.grad((h - targets).square().sum(), leaves)

    return gradient


KEEP = {"linear": lambda z: z, "ReLU": torch.relu, "leaky": lambda z: torch.where(z > 0, z, z / 4)}


@pytest.mark.parametrize("name", [*KEEP, "tanh"])
def test_a_step_changes_the_balance_of_a_unit_by_that_of_its_gradient(name):
    tensors, problem = network()
    slopes = autograd(KEEP.get(name, torch.tanh))(tensors, *problem)
    moved = tuple(w - 0.01 * g for w, g in zip(tensors, slopes, strict=True))
    change = cv.unit_balance(moved) - cv.unit_balance(tensors)
    law = 1e-4 * cv.unit_balance(slopes)
    assert torch.allclose(change, law, rtol=1e-9, atol=1e-12) == (name in KEEP)


def test_units_are_the_diagonals_and_pairs_the_rest():
    tensors, _ = network()
    units, pairs = cv.unit_balance(tensors), cv.pair_balance(tensors)
    one, two = cv.balance_matrices(tensors)
    assert units.shape == (2, 5 + 3) and pairs.shape == (2, 10 + 3)
    whole = sum(torch.linalg.matrix_norm(m).square() for m in (one, two))
    assert torch.allclose(units.square().sum(-1) + 2 * pairs.square().sum(-1), whole)
    plain = tuple(torch.zeros_like(t) if k > 2 else t for k, t in enumerate(tensors))
    for ours, theirs in zip(
        cv.balance_matrices(plain), ln.imbalance_matrices(plain[:3]), strict=True
    ):
        assert torch.allclose(ours, -theirs)
    hand = (
        tensors[0][0, 2].square().sum() + tensors[3][0, 2] ** 2 - tensors[1][0, :, 2].square().sum()
    )
    assert torch.allclose(units[0, 2], hand)


@pytest.mark.parametrize("name", ["linear", "ReLU"])
def test_drift_is_the_sum_of_squares_and_halves_with_the_step(name):
    tensors, problem = network()
    tensors = tuple(t / 3 for t in tensors)
    gradient = autograd(KEEP[name])
    large, small = (cv.balance_drift(gradient, tensors, problem, r, 0.2) for r in (1e-3, 5e-4))
    assert float(large.gap().max()) < 1e-9
    (u, p), (v, q) = large.sizes(), small.sizes()
    assert torch.allclose(u / v, torch.full_like(u, 2), rtol=0.1)
    assert torch.allclose(p / q, torch.full_like(p, 2 if name == "linear" else 1), rtol=0.1)


def test_minibatch_gradients_are_those_of_autograd():
    rng = np.random.default_rng(0)
    first, second, target, x, noise = (
        torch.from_numpy(rng.standard_normal(shape))
        for shape in ((2, 3, 4), (2, 2, 3), (2, 2, 4), (2, 4, 6), (2, 2, 6))
    )
    leaves = first.clone().requires_grad_(), second.clone().requires_grad_()
    error = leaves[1] @ leaves[0] @ x - target @ x - noise
    (error.square().sum() / 12).backward()
    found = cv.minibatch_gradients((first, second), target, x, noise)
    for ours, leaf in zip(found, leaves, strict=True):
        assert torch.allclose(ours, leaf.grad, rtol=1e-12)


def test_a_noisy_run_takes_the_steps_of_plain_numpy():
    arms = cv.noisy_arms([(3, 2)], [2.0], 1, np.random.default_rng(0))
    run = cv.noisy_run(arms.weights, arms.target, 0.05, 0.02, 0.2, np.random.default_rng(5))
    (W1, W2), goal = (w[0].numpy() for w in arms.weights), arms.target[0].numpy()
    rng = np.random.default_rng(5)
    for _ in range(500):
        E = W2 @ W1 - goal - 0.4 * rng.standard_normal((2, 3))
        W1, W2 = W1 - 0.05 * W2.T @ E, W2 - 0.05 * E @ W1.T
    assert np.allclose(run.weights[0][0], W1, rtol=1e-10)
    assert np.isclose(float(run.ratio()[-1]), (W1**2).sum() / (W2**2).sum(), rtol=1e-10)
    assert len(run.times) == 101 and float(run.times[-1]) == pytest.approx(0.2)


@pytest.mark.parametrize("batch", [0, 4])
def test_padding_stays_zero_and_noise_has_its_size(batch):
    arms = cv.noisy_arms([(3, 1), (1, 3)], [1.0, 1.0], 300, np.random.default_rng(0))
    run = cv.noisy_run(
        arms.weights, arms.target, 0.05, 0.01, 0.05, np.random.default_rng(1), arms.entries, batch
    )
    first, second = run.weights
    assert (first[300:, :, 1:] == 0).all() and (second[:300, 1:] == 0).all()
    error = (second @ first - arms.target)[arms.entries]
    assert float(error.std()) > 0.01 and float(run.ratio()[0].mean()) == pytest.approx(1)


def test_decay_takes_the_time_of_its_equation():
    for start, end, rate in ((10.0, 5.0, 0.1), (3.0, 0.1, 0.4), (20.0, 2.0, 0.05)):
        slow, _ = quad(lambda d, r=rate: (2 - r * np.hypot(d, 2)) / (2 * d), end, start)
        assert float(cv.decay_time(start, end, rate)) == pytest.approx(slow, rel=1e-9)


def test_imbalance_of_two_numbers_halves_in_its_time():
    """By a loop of its own: 400 runs from a minimum."""
    rng, D = np.random.default_rng(0), 10.0
    a = np.full(400, np.sqrt((D + np.sqrt(D * D + 4)) / 2))
    b, eta, sigma, left = 1 / a, 0.1, 0.2, []
    for _ in range(1500):
        left.append((a * a - b * b) / D)
        e = a * b - 1 - sigma * rng.standard_normal(400)
        a, b = a - eta * e * b, b - eta * e * a
    steps = (np.array(left) > 0.5).sum(0)
    assert steps.mean() * (eta * sigma) ** 2 == pytest.approx(
        float(cv.decay_time(D, D / 2, eta)), rel=0.02
    )


def test_halving_is_read_between_records_and_capped():
    times = torch.linspace(0, 2, 101, dtype=torch.float64)
    first = 1 + torch.stack([torch.exp(-times), torch.exp(-0.1 * times)], 1)
    run = cv.NoisyRun(times, first, torch.ones_like(first), ())
    assert torch.allclose(cv.halving(run), torch.tensor([np.log(2), 2.0]).double())


def test_the_flow_at_rate_zero_has_a_known_equation_and_end():
    s = torch.tensor([[0.7, 1.3], [1.0, 1.0]]).double()
    times = torch.linspace(0, 6, 61, dtype=torch.float64)
    x = cv.noise_flow(s, (4, 2), 0.0, 0.25, times)
    alone = solve_ivp(
        lambda _, x: 2 * x * (4 - 2 * x) / (1 + x), (0, 6), [0.25], t_eval=times.numpy(),
        rtol=1e-9, atol=1e-12,
    ).y[0]  # fmt: skip
    assert np.allclose(x, alone[:, None], rtol=1e-6) and np.allclose(
        x[-1], cv.noise_limit((4, 2)), rtol=1e-6
    )
    square = cv.noise_flow(s, (2, 2), 0.1, 1.0, times)
    assert torch.allclose(square, torch.ones_like(square))


def test_the_flow_of_two_numbers_is_their_decay():
    D, eta = 10.0, 0.1
    s = torch.ones(1, 1, dtype=torch.float64)
    a = (D + np.hypot(D, 2)) / 2
    time = cv.decay_time(D, 2.0, eta)
    x = float(cv.noise_flow(s, (1, 1), eta, a * a, torch.stack([0 * time, time]))[-1, 0])
    assert np.sqrt(x) - 1 / np.sqrt(x) == pytest.approx(2.0, rel=1e-6)


def test_noise_leads_where_the_flow_says():
    arms = cv.noisy_arms([(3, 1), (2, 2)], [1.0, 4.0], 40, np.random.default_rng(0))
    run = cv.noisy_run(
        arms.weights, arms.target, 0.05, 0.02, 2.0, np.random.default_rng(1), arms.entries
    )
    for found, flow in zip(arms.split(run.ratio()), arms.flows(0.05, run.times), strict=True):
        assert torch.allclose(found.log().mean(-1), flow.log().mean(-1), atol=0.1)


def test_the_sum_of_curvatures_is_the_trace_of_the_hessian():
    arms = cv.noisy_arms([(3, 2)], [5.0], 1, np.random.default_rng(0))
    first, second = (w[0] for w in arms.weights)

    def loss(flat):
        a, b = flat[:6].view(2, 3), flat[6:].view(2, 2)
        return (b @ a - arms.target[0]).square().sum() / 2

    flat = torch.cat([first.flatten(), second.flatten()])
    trace = torch.autograd.functional.hessian(loss, flat).trace()
    sizes = first.square().sum(), second.square().sum()
    assert torch.allclose(cv.curvature_sum(*sizes, (3, 2)), trace)
    s = arms.strengths[0][0]
    least = min(
        float(cv.curvature_sum(s.sum() * t, s.sum() / t, (3, 2))) for t in np.linspace(0.3, 3, 2000)
    )
    assert float(cv.least_curvature_sum(s, (3, 2))) == pytest.approx(least, rel=1e-5)
    run = cv.NoisyRun(torch.zeros(1), *(x.view(1, 1) for x in sizes), arms.weights)
    assert torch.allclose(arms.steepness(run)[0], trace / least, rtol=1e-5)


def test_arms_have_their_ratio_and_product():
    arms = cv.noisy_arms([(3, 1), (2, 2)], [9.0, 1.0], 5, np.random.default_rng(0))
    first, second = arms.weights
    assert torch.allclose(second @ first, arms.target)
    ratio = first.square().sum((-2, -1)) / second.square().sum((-2, -1))
    assert torch.allclose(ratio, torch.tensor([9.0] * 5 + [1.0] * 5).double())
    assert arms.entries.sum((-2, -1)).tolist() == [3] * 5 + [4] * 5
    for s, target in zip(arms.strengths, arms.target.split(5), strict=True):
        whole = torch.linalg.matrix_norm(target).square()
        assert torch.allclose(s.square().sum(-1), whole)


def test_a_fan_has_all_shapes_and_three_tilted_starts():
    arms = cv.fan(4, 3, np.random.default_rng(0))
    assert arms.widths == [(1, 3), (2, 2), (3, 1), (3, 1), (3, 1), (3, 1)]
    assert arms.labels() == ["1 → 3", "2 → 2", "3 → 1", "from 0.1", "from 4", "from 16"]
    assert arms.limits()[0] == 1 / 3 and len(arms.split(torch.zeros(18))) == 6
    run = cv.NoisyRun(torch.zeros(1), torch.zeros(1), torch.zeros(1), arms.weights)
    balanced, *_, tilted = arms.excess(run)
    assert float(balanced.max()) < 1e-9
    s = arms.strengths[-1][:, 0]  # one mode: a^2 = 4 s, b^2 = s / 4, c = |target| = s
    assert torch.allclose(tilted, (4 - 1 / 4) * s / (s / (256 * 8)))


def test_numbers_are_as_they_say():
    found = cv.unbalanced_numbers(7, np.random.default_rng(0))
    a, b = found.weights()
    assert a.shape == (7, 1, 1) and torch.allclose(a * b, torch.full_like(a, 0.75))
    assert torch.allclose((a**2 - b**2)[:, 0, 0], found.imbalance)
    assert ((found.stretch - 0.8).abs() <= 0.4 + 1e-12).all()
    run = found.wear(0.02, 0.1, np.random.default_rng(1))
    assert torch.allclose(run.difference()[0], found.imbalance) and run.times.shape == (101,)


def test_rectifier_gradients_are_those_of_autograd():
    rng = np.random.default_rng(0)
    first, second, x, y, noise = (
        torch.from_numpy(rng.standard_normal(shape))
        for shape in ((2, 3, 4), (2, 2, 3), (2, 4, 6), (2, 2, 6), (2, 2, 6))
    )
    leaves = first.clone().requires_grad_(), second.clone().requires_grad_()
    error = leaves[1] @ torch.relu(leaves[0] @ x) - y - noise
    (error.square().sum() / 12).backward()
    found = cv.rectifier_gradients((first, second), x, y, noise)
    for ours, leaf in zip(found, leaves, strict=True):
        assert torch.allclose(ours, leaf.grad, rtol=1e-12)


def test_rectifiers_go_to_the_limit_at_half_the_speed():
    ratio = cv.rectifier_run((3, 2), 40, 0.05, 0.03, 1.0, np.random.default_rng(0))
    assert ratio.shape == (21, 40, 2) and torch.allclose(ratio[0], torch.ones(40, 2).double())
    alone = solve_ivp(lambda _, x: x * (3 - 2 * x) / (1 + x), (0, 1), [1.0], rtol=1e-9).y[0, -1]
    assert float(ratio[-1].log().mean().exp()) == pytest.approx(alone, rel=0.04)
    with pytest.raises(ValueError, match="generator"):
        cv.rectifier_run((3, 2), 4, 0.05, 0.03, 1.0, 0)
