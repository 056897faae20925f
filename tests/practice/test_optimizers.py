"""Rates against spectral radii, Adam against torch's, the drift against the recursion, contests one by one."""

import math
from functools import partial

import numpy as np
import pytest
import torch

from lib.descent import Adam, Momentum, Plain
from lib.linear_networks import orthogonal
from lib.practice import optimizers as op
from lib.practice.draws import draw_problems
from lib.practice.networks import scores


def rng(seed=0):
    return np.random.default_rng(seed)


# --- quadratics ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", op.METHODS)
@pytest.mark.parametrize("condition", [4.0, 100.0])
def test_the_rate_is_the_largest_root_over_all_curvatures_and_tuning_is_best(method, condition):
    """Roots of z^2 - (1 + mu) k z + mu k' of one mode, for the tuned numbers and for others nearby."""
    modes = np.linspace(1, condition, 400)

    def radius(rate, momentum):
        keep = 1 - rate * modes
        if method == "nesterov":
            middle, last = (1 + momentum) * keep, momentum * keep
        else:
            middle, last = keep + momentum, np.full_like(keep, momentum)
        return max(np.abs(np.roots([1, -b, c])).max() for b, c in zip(middle, last, strict=True))

    rate, momentum = op.tuned(method, condition)
    found = op.quadratic_rate(method, condition)
    assert radius(rate, momentum) == pytest.approx(found, abs=2e-6)
    assert radius(rate * 1.02, momentum) > found + 1e-4 or method == "nesterov"
    assert radius(rate * 0.98, momentum) > found + 1e-4
    if momentum:
        assert all(radius(rate, momentum + d) > found + 1e-4 for d in (-0.01, 0.01))


@pytest.mark.parametrize("method", op.METHODS)
def test_errors_are_those_of_the_method_as_the_books_write_it(method):
    start = rng(1).standard_normal((2, 5))
    rate, momentum = op.tuned(method, 10)
    curvature, x, before = np.geomspace(1, 10, 5), start, start
    for _ in range(7):
        y = x + momentum * (x - before)
        at = y if method == "nesterov" else x
        x, before = y - rate * curvature * at, x
    found = op.quadratic_errors(method, 10, torch.from_numpy(start), 7, [0, 7])
    assert np.allclose(found[0], np.linalg.norm(start, axis=1))
    assert np.allclose(found[1], np.linalg.norm(x, axis=1), rtol=1e-12)


def test_a_fit_finds_rate_and_power():
    t = np.arange(1.0, 201)
    both = np.stack([t**2 * 0.9**t, 5 * t**2 * 0.5**t], 1)
    assert op.fitted_rate(t, both, 2) == pytest.approx([0.9, 0.5])
    assert (op.fitted_rate(t, both, 0) > [0.905, 0.505]).all()


@pytest.mark.parametrize("method, power", [("descent", 0), ("heavy ball", 1), ("nesterov", 1)])
def test_rates_are_met_with_the_right_power_of_t_and_missed_with_another(method, power):
    start = torch.from_numpy(rng(1).uniform(1, 2, (2, 10)))
    assert (op.rate_departure(method, 100, start, power) < 2e-3).all()
    assert (op.rate_departure(method, 100, start, 1 - power) > 5e-3).all() or not power


# --- axes ----------------------------------------------------------------------------------------


def quadratic(draws=2, d=4):
    basis = orthogonal(d, rng(2), (draws,))
    curvature = torch.logspace(0, 2, d, dtype=torch.float64)
    start = torch.from_numpy(rng(3).standard_normal((draws, d)))
    return basis, curvature, start


def test_a_turned_problem_has_its_axes_and_its_start():
    basis, curvature, start = quadratic()
    h, also = op.turned(curvature, basis, start)
    assert torch.allclose(torch.linalg.eigvalsh(h), curvature.expand(2, -1))
    for f in (1, 2):  # x . H x and |H x|^2
        value = (also.unsqueeze(1) @ torch.linalg.matrix_power(h, f) @ also.unsqueeze(-1)).flatten()
        assert torch.allclose(value, (curvature**f * start**2).sum(-1))


def test_in_a_round_bowl_the_rate_hardly_matters():
    """All rates between the double roots have the modulus sqrt mu; single ones pass 0 at the last step."""
    bowl = torch.eye(2, dtype=torch.float64).expand(1, 2, 2)
    start = torch.ones(1, 2, dtype=torch.float64)
    falls = op.quadratic_fall(
        bowl, start, np.linspace(0.01, 3.7, 200), 300, partial(Momentum, mu=0.9)
    )
    assert np.median(falls) == pytest.approx(op.round_fall(300, 0.9), abs=0.5)
    assert np.quantile(np.abs(falls - np.median(falls)), 0.9) < 2


def test_drawn_bowls_have_the_same_start_height_and_curvatures():
    bowls = op.draw_bowls(100.0, 6, 3, rng(9))
    heights = [(x.unsqueeze(1) @ h @ x.unsqueeze(-1)).flatten() for h, x in bowls.values()]
    assert all(torch.allclose(one, heights[0]) for one in heights)
    for h, x in bowls.values():
        assert torch.allclose(torch.linalg.eigvalsh(h), torch.logspace(0, 2, 6).double())
        assert ((1 <= x.norm(dim=-1) / 6**0.5) & (x.norm(dim=-1) / 6**0.5 <= 2)).all()
    diagonal = [
        torch.allclose(h, torch.diag_embed(h.diagonal(dim1=1, dim2=2))) for h, _ in bowls.values()
    ]
    assert diagonal == [True, False, True]


def test_decades_are_those_of_the_best_rate():
    h, start = op.turned(*(quadratic()[k] for k in (1, 0, 2)))
    rates = [1e-4, 1e-2, 1.9e-2, 1.0]
    fall = op.quadratic_fall(h, start, rates, 40)
    found, inside = op.decades_lost((h, start), rates, 40)
    assert inside and found.mean() == -fall.mean(1).min()
    assert not op.decades_lost((h, start), rates[:2], 40)[1]


@pytest.mark.parametrize(
    "mine, theirs",
    [
        (Plain, lambda p, r: torch.optim.SGD(p, r)),
        (partial(Momentum, mu=0.9), lambda p, r: torch.optim.SGD(p, r, momentum=0.9)),
        (Adam, lambda p, r: torch.optim.Adam(p, r)),
        (
            partial(Adam, beta1=0.0, beta2=0.9, corrected=False),
            lambda p, r: torch.optim.RMSprop(p, r, alpha=0.9),
        ),
    ],
)
def test_a_fall_is_that_of_torch(mine, theirs):
    h, start = op.turned(*(quadratic()[k] for k in (1, 0, 2)))
    found = op.quadratic_fall(h, start, [0.001, 0.01], 30, mine)
    x = start[1].clone().requires_grad_()
    optimizer = theirs([x], 0.01)
    for _ in range(30):
        optimizer.zero_grad()
        (x @ h[1] @ x / 2).backward()
        optimizer.step()
    fall = (x @ h[1] @ x) / (start[1] @ h[1] @ start[1])
    assert found.shape == (2, 2)
    assert found[1, 1] == pytest.approx(float(fall.detach().log10()), abs=1e-6)


def test_draws_that_diverge_leave_the_others_as_they_are():
    h, start = op.turned(*(quadratic()[k] for k in (1, 0, 2)))
    falls = op.quadratic_fall(h, start, [1e9, 0.01], 300)
    assert (falls[0] == math.inf).all()
    assert np.allclose(falls[1:], op.quadratic_fall(h, start, [0.01], 300), rtol=1e-12)


def test_descent_does_not_see_the_axes_and_too_large_a_rate_is_no_fall():
    basis, curvature, start = quadratic()
    along = op.turned(curvature, torch.eye(4, dtype=torch.float64).expand(2, 4, 4), start)
    for method in (Plain, partial(Momentum, mu=0.9)):
        one, other = (
            op.quadratic_fall(*problem, [0.01], 50, method)
            for problem in (along, op.turned(curvature, basis, start))
        )
        assert np.allclose(one, other, rtol=1e-9)
    assert (op.quadratic_fall(*along, [1e9], 500) == math.inf).all()


# --- losses that repeat --------------------------------------------------------------------------


def test_a_path_is_adam_step_by_step():
    g, x, m, v, most = [3.0, -1.0, -2.0], 0.0, 0.0, 0.0, 0.0
    paths = {k: op.adam_path(g, 20, beta1=0.5, beta2=[0.1, 0.6], maximum=k) for k in (False, True)}
    for maximum, path in paths.items():
        x = m = v = most = 0.0
        for t in range(60):
            slope = g[t % 3]
            m, v = 0.5 * m + 0.5 * slope, 0.6 * v + 0.4 * slope**2
            most = max(most, v) if maximum else v
            x = min(max(x - 0.5 / math.sqrt(t + 1) * m / math.sqrt(most), -1), 1)
            assert path[t + 1, 1] == pytest.approx(x, abs=1e-12)
    assert not np.allclose(paths[False], paths[True])


def test_regret_is_counted_against_the_best_fixed_point():
    g = [3.0, -1.0, -1.0]
    path = op.adam_path(g, 5, beta2=[0.1, 0.9])
    losses = np.array(g * 5)[:, None] * path[:-1]
    for T in (1, 4, 15):
        best = min(sum((g * 5)[:T]) * x for x in np.linspace(-1, 1, 11))
        found = op.average_regret(g, path)[T - 1]
        assert found == pytest.approx((losses[:T].sum(0) - best) / T)
    there = np.ones((16, 1))  # the wrong end costs twice the mean gradient
    assert op.average_regret(g, there)[-1, 0] == pytest.approx(op.wrong_end_regret(g))


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.99])
def test_the_periodic_mean_is_where_the_recursion_settles(beta):
    values, m = [3.0, -1.0, 2.0, 7.0], 0.0
    for t in range(4 * 1000):
        m = beta * m + (1 - beta) * values[t % 4]
        if t >= 4 * 999:
            assert op.periodic_mean(values, beta)[t % 4] == pytest.approx(m, rel=1e-9)


def test_the_drift_is_how_far_a_free_walk_goes():
    g = [3.0, -1.0, -1.0, 0.5]
    m = v = moved = 0.0
    for t in range(4 * 400):
        m, v = 0.7 * m + 0.3 * g[t % 4], 0.8 * v + 0.2 * g[t % 4] ** 2
        moved -= m / math.sqrt(v) if t >= 4 * 200 else 0
    assert op.periodic_drift(g, 0.7, 0.8) == pytest.approx(moved / 800, rel=1e-9)


def test_without_memory_adam_counts_signs_and_with_long_memory_it_descends():
    assert op.periodic_drift([3, -1, -1], 0.0, 0.0) == pytest.approx(1 / 3)
    size = math.sqrt(11 / 3)
    assert op.periodic_drift([3, -1, -1], 0.0, 1 - 1e-9) == pytest.approx(-1 / 3 / size)


@pytest.mark.parametrize("C", [2.5, 3.0, 8.0])
def test_the_critical_beta2_solves_the_equation_of_period_three(C):
    b = op.critical_beta2([C, -1, -1])
    a = [C**2 + b + b * b, 1 + b * C**2 + b * b, 1 + b + b * b * C**2]
    assert C / a[0] ** 0.5 == pytest.approx(a[1] ** -0.5 + a[2] ** -0.5)
    assert op.critical_beta2([-C, 1, 1]) == pytest.approx(b)


def test_close_to_balance_every_memory_is_too_short():
    """1 - beta2* = 4 (C - 2) / 3 for C near 2."""
    left = 1 - op.critical_beta2([2 + 1e-4, -1, -1])
    assert left / 1e-4 == pytest.approx(4 / 3, rel=1e-3)


def test_where_adam_is_never_wrong():
    assert math.isnan(op.critical_beta2([3, -1, -1], 0.9))
    assert math.isnan(op.critical_beta2([1.0]))


def test_paths_head_for_where_they_stand_or_move():
    up, down = np.linspace(-0.5, 0.5, 61), np.linspace(0.9, 0.1, 61)
    stays, left = np.ones(61), np.full(61, -1.0)
    assert op.heading(np.stack([up, down, stays, left], 1), 3).tolist() == [1, -1, 1, -1]


def test_the_switch_is_between_the_last_wrong_and_the_first_right():
    assert op.switch([1, 2, 3, 4], [1, 1, -1, -1]) == 2.5
    for ends in ([1, 1], [-1, -1], [1, -1, 1], [1, 0, -1], [-1, 1]):
        assert math.isnan(op.switch([1, 2, 3][: len(ends)], ends))


# --- digits --------------------------------------------------------------------------------------


def toy(draws=2):
    images = torch.from_numpy(rng(4).standard_normal((20, 5)))
    labels = torch.from_numpy(rng(5).integers(0, 3, 20))
    return draw_problems(images, labels, 8, 24, [5, 4, 3], [rng([6, k]) for k in range(draws)])


def test_unequal_pixels_are_scaled_and_turned_with_the_first_layer():
    one, generators = toy(), [rng([7, k]) for k in range(2)]
    along, turned = op.unequal_pixels(one, 100.0, generators)
    sizes = along.images[:, 0] / one.images[:, 0]
    assert torch.allclose(sizes.square().mean(-1), torch.ones(2).double())
    assert float(sizes.max() / sizes.min()) < 100 and (sizes > 0).all()
    assert torch.allclose(along.tests[0], one.tests[0] * sizes[:, None])
    said = [scores(p.start, p.tests[0]) for p in (along, turned)]
    assert torch.allclose(*said, atol=1e-12)  # orthogonal factors cancel but for rounding
    assert not torch.allclose(along.images, turned.images)
    assert torch.allclose(along.images.norm(dim=-1), turned.images.norm(dim=-1))
    same, _ = op.unequal_pixels(one, 1.0, generators)
    assert torch.allclose(same.images, one.images)


def test_momentum_does_not_see_that_pixels_are_turned_and_adam_does():
    pair = op.unequal_pixels(toy(), 100.0, [rng([8, k]) for k in range(2)])
    for method, rate, alike in ((partial(Momentum, mu=0.9), 0.1, True), (Adam, 0.05, False)):
        losses = [op.contest(p, 4, [rate], method)[0] for p in pair]
        assert np.allclose(*losses, rtol=1e-9) == alike


@pytest.mark.parametrize("method", [Plain, partial(Adam, beta1=0.8, beta2=0.9)])
def test_a_contest_is_every_network_alone(method):
    one = toy()
    losses, accuracies = op.contest(one, 4, [0.01, 0.1], method)
    parts = [x[1].clone().requires_grad_() for part in one.start for x in part]

    def said(x):
        return torch.relu(x @ parts[0].mT + parts[2]) @ parts[1].mT + parts[3]

    plain = method is Plain
    optimizer = (
        torch.optim.SGD(parts, 0.1) if plain else torch.optim.Adam(parts, 0.1, betas=(0.8, 0.9))
    )
    for at in one.order[1].view(6, 4):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(said(one.images[1, at]), one.labels[1, at])
        loss.backward()
        optimizer.step()
    loss = torch.nn.functional.cross_entropy(said(one.images[1]), one.labels[1])
    right = said(one.tests[0][1]).argmax(1) == one.tests[1][1]
    assert losses.shape == accuracies.shape == (2, 2)
    assert losses[1, 1] == pytest.approx(float(loss.detach()), rel=1e-6)
    assert accuracies[1, 1] == pytest.approx(float(right.double().mean()))


def test_a_rate_that_diverges_once_is_never_the_best():
    losses = np.array([[1.0, 1.0], [0.5, math.nan], [0.9, 0.9]])
    assert op.best_rate(losses) == 2


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: op.tuned("newton", 10), "method"),
        (lambda: op.quadratic_rate("descent", 1), "condition"),
        (lambda: op.adam_path([1.0, 0.0], 3, beta2=0.5), "gradients"),
        (lambda: op.adam_path([1.0], 0, beta2=0.5), "periods"),
        (lambda: op.adam_path([1.0], 3, beta2=1.0), "beta2"),
        (lambda: op.periodic_mean([1.0], -0.1), "beta"),
        (lambda: op.critical_beta2([1, -1]), "gradients"),
        (lambda: op.quadratic_fall(torch.eye(3), torch.ones(1, 3), [0.1], 2), "matrices"),
        (lambda: op.unequal_pixels(toy(), 0.5, [rng(), rng()]), "spread"),
        (lambda: op.contest(toy(), 5, [0.1]), "batch_size"),
    ],
)
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call()
