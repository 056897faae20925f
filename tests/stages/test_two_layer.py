"""Two-layer networks against autograd, step-by-step descent, and limits known in closed form."""

import math

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.descent import Plain, Stop, descend
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
    assert close(tl.moment_loss(ln.end_to_end(weights), *seen), tl.network_loss(weights, x, y))
    for a, b in zip(
        tl.moment_gradients(weights, *seen), tl.network_gradients(weights, x, y), strict=True
    ):
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
    s, directions = tl.growing_directions(-tl.moment_slope(weights[1] @ weights[0], cxx, cyx))
    assert close(matrices, matrices[:, :1].expand_as(matrices))
    assert close(matrices[:, 0] @ directions, directions * (1 + 0.05 * s[:, None]))


def test_linear_phase_is_the_power_of_lemma_1s_matrix():
    x, y = problem()
    _, cyx, _ = tl.moments(x, y)
    weights = start()
    matrix = tl.unit_matrices(tuple(0 * w for w in weights), x, y, 0.05)[:, 0]
    powered = tl.units(weights) @ torch.linalg.matrix_power(matrix, 17)
    assert close(tl.units(tl.frozen_steps(weights, cyx, 0.05, 17)), powered)
    several = tl.frozen_steps(weights, cyx, 0.05, torch.tensor([0, 17, 3]))
    assert close(tl.units(several)[1], powered[1])
    assert close(tl.units(several)[0], tl.units(weights)[0])


def test_linear_phase_is_the_limit_of_descent_from_tiny_weights():
    seen = tl.moments(*problem())
    weights = start(scale=1e-9)
    run = descend(tl.moment_gradients, weights, problem=seen, rule=Plain(0.05), steps=60)
    ahead = tl.frozen_steps(weights, seen[1], 0.05, 60)
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
    direction = tl.growing_directions(cyx)[1][..., 0]
    q = tl.transported_residual(
        weights, cxx, cyx, cyy, direction=direction, learning_rate=0.05, steps=150
    )
    bound = q["bound"].exp()[..., None] * q["moving"][0]
    assert (q["moving"] <= bound * (1 + 1e-12)).all()
    kept = tl.fixed_residuals(q, [0.0])
    omega = tl.units(weights)
    along = (omega @ direction[:, :, None]).norm(dim=(1, 2))
    assert close(kept[0][0], (1 - along**2 / omega.square().sum((1, 2))).sqrt(), 1e-9)
    # The same steps as descent's own.
    run = descend(
        tl.moment_gradients, weights, problem=(cxx, cyx, cyy), rule=Plain(0.05), steps=150
    )
    assert close(q["loss"][-1], tl.moment_loss(ln.end_to_end(run.weights), cxx, cyx, cyy))


def reduced_rank_weights(cxx, cyx, rank):
    """Factors of U U^T Cyx Cxx^-1, by way of a square root different from the library's."""
    root = torch.linalg.cholesky(cxx)
    u = torch.linalg.svd(torch.linalg.solve(root, cyx.mT).mT)[0][..., :rank]
    return u.mT @ torch.linalg.solve(cxx, cyx.mT).mT, u


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_saddles_are_reduced_rank_regression(rank):
    seen = tl.moments(*problem())
    weights = reduced_rank_weights(*seen[:2], rank)
    assert close(tl.moment_loss(ln.end_to_end(weights), *seen), tl.saddle_losses(*seen)[:, rank])
    for g in tl.moment_gradients(weights, *seen):
        assert close(g, torch.zeros_like(g))
    there = torch.linalg.svdvals(-tl.moment_slope(weights[1] @ weights[0], *seen))
    assert close(there, torch.linalg.svdvals(tl.saddle_matrix(*seen[:2], rank)))


def test_exits_are_at_the_first_step_outside():
    seen = tl.moments(*problem())
    weights = start(hidden=12)
    out = tl.exit_units(weights, seen, [1e-6, 1e-8], learning_rate=0.05, exit_scale=1e-3)
    assert out.shape == (2, 3, 12, 7)
    size = out.square().mean((-2, -1)).sqrt()
    assert (size > 1e-3).all() and (size < 1.2e-3).all()
    for k, scale in enumerate((1e-6, 1e-8)):
        run = descend(
            tl.moment_gradients,
            tuple(scale * w for w in weights),
            problem=seen,
            rule=Plain(0.05),
            steps=400,
            stop=Stop(lambda w, *_: tl.units(w).square().mean((-2, -1)).sqrt() > 1e-3, every=1),
        )
        assert close(tl.units(run.weights) * 1e3, out[k] * 1e3, 1e-9)


def test_residual_across_a_fixed_direction_by_hand():
    seen = tl.moments(*problem())
    weights, direction = start(scale=1e-2), tl.growing_directions(seen[1])[1][..., 0]
    q = tl.transported_residual(weights, *seen, direction=direction, learning_rate=0.05, steps=40)
    residual, growth = tl.fixed_residuals(q, [0.0, 1.0])
    v = q["direction"][-1][:, :, None]
    sizes = []
    for steps in range(41):
        w = descend(
            tl.moment_gradients, weights, problem=seen, rule=Plain(0.05), steps=steps
        ).weights
        omega = tl.units(w)
        sizes.append((omega - omega @ v @ v.mT).norm(dim=(1, 2)))
    sizes = torch.stack(sizes)
    assert close(residual[1], sizes[0] / tl.units(weights).norm(dim=(1, 2)), 1e-9)
    wanted = (sizes / (sizes[0] * q["bound"].exp()))[1:].amax(0)
    assert close(growth[1], wanted, 1e-7)


def test_saddle_exit_leaves_along_the_top_pair_of_the_saddle():
    seen = tl.moments(*problem())
    for used in (1, 2):
        options = {"learning_rate": 0.05, "exit_scale": 1e-3, "used": used}
        rest = tl.exit_units(start(), seen, [1e-9], **options)[0]
        size = torch.linalg.svdvals(rest)[:, 0]
        assert (size > 1e-3).all() and (size < 2e-3).all()
        pair = tl.growing_directions(tl.saddle_matrix(*seen[:2], used))[1][..., 0]
        assert (tl.misalignment(rest, pair) < 0.05).all()


def test_unused_units_are_the_lesser_singular_components():
    omega = tl.units(start())
    rest = tl.unused_units(start(), 2)
    sizes = torch.linalg.svdvals(omega)
    assert close(torch.linalg.svdvals(rest)[:, :4], sizes[:, 2:])
    assert close(tl.unused_units(start(), 0), omega)


def test_misalignment_of_units_by_hand():
    omega = torch.tensor([[[3.0, 4.0], [0.0, 3.0]]], dtype=torch.float64)
    direction = torch.tensor([[0.0, 2.0]], dtype=torch.float64)
    assert tl.unit_misalignment(omega, direction)[0].tolist() == [0.75, 0.0]


def test_a_network_in_its_own_span_takes_the_same_steps():
    seen = tl.moments(*problem())
    weights = start(hidden=12, scale=0.1)
    frame, core = tl.own_span(weights)
    assert core[0].shape == (3, 7, 4)
    a, b = (
        descend(tl.moment_gradients, w, problem=seen, rule=Plain(0.05), steps=30).weights
        for w in (weights, core)
    )
    assert close(tl.units(a), frame @ tl.units(b))


def test_results_share_no_memory():
    for made in (
        tl.from_units(tl.units(start()), 4),
        tl.own_span(start())[1],
        tl.frozen_steps(start(), tl.moments(*problem())[1], 0.05, 3),
    ):
        kept = made[1].clone()
        made[0].add_(1)
        assert torch.equal(made[1], kept)


BAD = {
    "activation": (lambda w, x, y: tl.network_loss(w, x, y, "gelu"), "activation"),
    "outputs": (lambda w, x, y: tl.network_loss(w, x, y[:, :1]), "outputs"),
    "chain": (lambda w, x, y: tl.units((w[0], w[0])), "W_1, W_2"),
    "numpy": (lambda w, x, y: tl.units(tuple(v.numpy() for v in w)), "W_1, W_2"),
    "nothing": (lambda w, x, y: tl.units(()), "W_1, W_2"),
    "float32": (lambda w, x, y: tl.units(tuple(v.float() for v in w)), "float64"),
    "samples": (lambda w, x, y: problem(samples=3), "samples"),
    "moments": (lambda w, x, y: tl.moments(x, y[..., :5]), "outputs"),
    "singular values": (lambda w, x, y: problem(singular_values=(1, 1, 1, 1)), "singular_values"),
    "rng": (
        lambda w, x, y: tl.teacher_problem(
            2, 0, variances=[1], singular_values=[1], outputs=1, samples=3
        ),
        "rng",
    ),
    "inputs": (lambda w, x, y: tl.from_units(tl.units(w), 7), "inputs"),
    "singular": (lambda w, x, y: tl.saddle_losses(*tl.moments(0 * x, y)), "full rank"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_line(case, refused):
    call, words = BAD[case]
    with refused(words):
        call(start(), *problem())


def test_exit_misalignment_is_that_of_exit_units():
    rng = np.random.default_rng(5)
    x, y = tl.teacher_problem(
        3, rng, variances=[2, 1], singular_values=[2, 0.5], outputs=3, samples=9
    )
    seen, weights = tl.moments(x, y), ln.gaussian_weights([2, 5, 3], 3, rng)
    found, law = tl.exit_misalignment(weights, seen, [1e-2, 1e-4], learning_rate=0.1)
    omega = tl.exit_units(weights, seen, [1e-7, 1e-9], learning_rate=0.1, exit_scale=1e-5)
    speeds, growing = tl.growing_directions(seen[1])
    assert torch.allclose(found, tl.misalignment(omega, growing[..., 0]))
    assert torch.allclose(law, tl.misalignment_exponent(speeds, 0.1))
    assert torch.allclose(tl.powers([1e-2, 1e-4], found), law, atol=0.05)


def test_a_run_that_stays_at_its_saddle_has_no_units():
    rng = np.random.default_rng(6)
    x, y = tl.teacher_problem(
        3, rng, variances=[2, 1], singular_values=[2, 0.5], outputs=3, samples=9
    )
    weights = ln.gaussian_weights([2, 5, 3], 3, rng)
    found = tl.exit_units(
        weights, tl.moments(x, y), [1e-2, 1e-9], learning_rate=0.01, exit_scale=0.05, steps=200
    )
    assert found[0].isfinite().all() and found[1].isnan().all()


def test_floors_fall_with_the_square_of_the_exit_scale():
    rng = np.random.default_rng(7)
    x, y = tl.teacher_problem(
        3, rng, variances=[2, 1, 0.5], singular_values=[2, 0.5], outputs=3, samples=9
    )
    weights = ln.gaussian_weights([3, 5, 3], 3, rng)
    floors = tl.misalignment_floors(weights, tl.moments(x, y), [1e-4, 1e-3], learning_rate=0.05)
    assert torch.allclose(tl.powers([1e-4, 1e-3], floors), torch.tensor(2.0).double(), atol=0.15)
