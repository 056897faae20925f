"""Shallow problems: derivatives against autograd, known lists of critical points, the isometry surface."""

import numpy as np
import pytest
import torch

from lib import linear_networks as ln
from lib.landscapes import strict_saddles as strict


def rng(seed=0):
    return np.random.default_rng(seed)


def autograd(function, point):
    differentiate = torch.autograd.functional
    return differentiate.jacobian(function, point), differentiate.hessian(function, point)


PROBLEMS = {
    "sensing": lambda g: strict.sensing_forms([1.0, 0.6], 4, 30, g),
    "completion": lambda g: strict.completion_forms(12, 0.8, g),
    "retrieval": lambda g: strict.retrieval_forms(5, 40, g),
    "quadratic": lambda g: strict.quadratic_network_forms([1.0, 0.8, 0.5], 30, g),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_quadratic_forms_have_the_derivatives_of_autograd(name):
    draw = rng(7)
    problem = PROBLEMS[name](draw)
    points = torch.from_numpy(draw.standard_normal((2, problem.forms.shape[1])))
    gradient, curvature = problem.field(points)
    assert torch.allclose(problem.gradient(points), gradient)
    for k in range(2):
        slope, bend = autograd(problem.value, points[k])
        assert torch.allclose(gradient[k], slope) and torch.allclose(curvature[k], bend)


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_planted_solution_is_reached_and_other_points_are_strict(name):
    draw = rng(8)
    (run,) = strict.shallow_runs(lambda: PROBLEMS[name](draw), 1, 20, draw)
    assert run.arrived.all()
    assert len(run.loss) and (run.loss > 1e-6).all() and (run.curvature < 0).all()


def test_shallow_run_counts_the_origin_as_curvature_minus_one():
    problem = strict.QuadraticForms(torch.full((1, 1, 1), 2.0).double(), torch.ones(1).double())
    (run,) = strict.shallow_runs(lambda: problem, 1, 30, rng(16), init_scale=0.3)
    assert torch.allclose(run.curvature, -torch.ones_like(run.curvature))
    assert torch.allclose(run.loss, torch.ones_like(run.loss))


@pytest.mark.parametrize("name", PROBLEMS)
def test_moments_are_the_losses_of_their_problems(name):
    """Value, gradient and Hessian of three problems side by side, with two, one and three points."""
    draw = rng(9)
    problems = [PROBLEMS[name](draw) for _ in range(3)]
    both, who = strict.Moments(problems), torch.tensor([0, 0, 1, 2, 2, 2])
    points = torch.from_numpy(draw.standard_normal((6, problems[0].forms.shape[1])))
    gradient, curvature = both.field(points, who)
    for k, owner in enumerate(who.tolist()):
        slope, bend = problems[owner].field(points[k])
        assert torch.allclose(gradient[k], slope) and torch.allclose(curvature[k], bend)
    values = torch.stack([problems[p].value(x) for p, x in zip(who, points, strict=True)])
    assert torch.allclose(both.value(points, who), values)
    origin = points.new_zeros(points.shape[1])
    assert torch.allclose(both.at_zero[:, 0], torch.stack([p.value(origin) for p in problems]))


def test_runs_side_by_side_are_those_of_each_problem():
    together, apart = rng(10), rng(10)
    kind = PROBLEMS["retrieval"]
    for run in strict.shallow_runs(lambda: kind(together), 3, 20, together):
        (alone,) = strict.shallow_runs(lambda: kind(apart), 1, 20, apart)
        assert torch.equal(run.arrived, alone.arrived) and run.clear == alone.clear
        assert torch.allclose(run.loss.sort()[0], alone.loss.sort()[0], atol=1e-8)


def test_completion_counts_both_halves_of_the_matrix():
    problem = strict.completion_forms(3, 1.0, rng(9))
    factor = torch.from_numpy(rng(10).standard_normal(3))
    z = rng(9).standard_normal(3)
    z = torch.from_numpy(z / np.linalg.norm(z))
    full = (torch.outer(factor, factor) - torch.outer(z, z)).square().sum() / 2
    assert problem.value(factor) * 6 == pytest.approx(float(full))


def test_forms_of_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="forms must be"):
        strict.QuadraticForms(torch.zeros(2, 3, 3), torch.zeros(3))
    with pytest.raises(ValueError, match="symmetric"):
        strict.QuadraticForms(torch.arange(4.0).reshape(1, 2, 2), torch.zeros(1))


def test_forms_may_be_symmetric_up_to_rounding():
    """A product Q D Q^T is, with some kernels and not with others."""
    skew = torch.tensor([[[0.0, 1.0], [-1.0, 0.0]]], dtype=torch.float64)
    for size, refused in ((1e-15, False), (1e-9, True)):
        forms = 5 * torch.eye(2).double() + size * skew
        if refused:
            with pytest.raises(ValueError, match="symmetric"):
                strict.QuadraticForms(forms, torch.zeros(1))
        else:
            assert strict.QuadraticForms(forms, torch.zeros(1)).forms is forms


def test_the_census_of_an_orthogonal_tensor():
    components = ln.orthogonal(3, rng(11))
    census = strict.tensor_census(components, 1500, rng(12))
    for k, (count, index, curvature) in strict.tensor_law(3).items():
        here = census.support == k
        assert here.sum() == count
        assert (census.index[here] == index).all()
        assert (census.curvature[here] - curvature).abs().max() < 1e-8


def test_the_pairs_objective():
    components = ln.orthogonal(3, rng(13))
    vectors = torch.from_numpy(rng(14).standard_normal((3, 3)))
    slope, _ = autograd(lambda u: strict.pairs_loss(u, components), vectors)
    assert torch.allclose(strict.pairs_gradient(vectors, components), slope)
    terms = torch.einsum("ka,kb,kc,kd->abcd", *[components] * 4)
    pairs = torch.einsum("abcd,ia,ib,jc,jd->ij", terms, *[vectors] * 4)
    by_hand = pairs.sum() - pairs.trace()
    assert strict.pairs_loss(vectors, components) == pytest.approx(float(by_hand))
    assert strict.pairs_loss(components.flip(0), components) == pytest.approx(0, abs=1e-14)
    assert strict.unit(vectors).norm(dim=-1) == pytest.approx(torch.ones(3).double())


@pytest.mark.parametrize("stretch", [1.4, 2.0])
def test_the_isometry_surface(stretch):
    surface = strict.isometry_surface(stretch)
    point = torch.tensor([0.3, -0.8], dtype=torch.float64)
    slope, bend = autograd(surface.value, point)
    assert torch.allclose(surface.gradient(point), slope)
    assert torch.allclose(surface.hessian(point), bend)
    m = torch.outer(point, point) - torch.diag(torch.tensor([1.0, 0.0], dtype=torch.float64))
    norm = m[0, 0] ** 2 + m[0, 0] * m[1, 1] + m[1, 1] ** 2 + 2 * stretch * m[0, 1] ** 2
    assert torch.allclose(surface.value(point), norm)
    trap = torch.tensor([0, 0.5**0.5], dtype=torch.float64)
    assert surface.gradient(trap).abs().max() < 1e-15
    expected = torch.diag(torch.tensor([2 * stretch - 3, 4.0], dtype=torch.float64))
    assert torch.allclose(surface.hessian(trap), expected)


def test_descent_is_caught_only_beyond_an_isometry_constant_of_one_half():
    shares = [
        strict.caught(stretch, 300, [10, 3000], rng(17)).double().mean(1) for stretch in (1.3, 2.0)
    ]
    assert shares[0][1] == 0 and 0.2 < shares[1][1] < 0.4
    assert shares[1][0] >= shares[1][1]


@pytest.mark.parametrize("stretch", [0.8, 1.2, 1.5, 1.6, 2.0, 4.0])
def test_the_isometry_constant_is_the_best_of_all_factors(stretch):
    """Over factors c, the least of the largest |c q - 1|, q the eigenvalues of the quadratic form."""
    form = np.array([[1, 0.5, 0], [0.5, 1, 0], [0, 0, stretch]])  # in M_11, M_22, sqrt(2) M_12
    quotients = np.linalg.eigvalsh(form)
    factors = np.linspace(0.05, 3, 100_001)[:, None]
    best = np.abs(factors * quotients - 1).max(1).min()
    assert strict.isometry_constant(stretch) == pytest.approx(best, abs=1e-4)
    sampled = strict.sampled_isometry(stretch, 20_000, np.random.default_rng(0))
    assert best - 0.003 < sampled < best + 1e-4


def test_no_isometry_constant():
    with pytest.raises(ValueError, match="stretch must be positive"):
        strict.isometry_constant(0.0)


def test_a_problem_is_clear_only_if_more_than_the_origin_was_found():
    yes, no = torch.tensor([True, True]), torch.tensor([True, False])
    loss, bend = torch.tensor([1.0, 0.6]).double(), torch.tensor([-1.0, -0.3]).double()
    assert strict.Shallow(yes, loss, bend).clear
    assert not strict.Shallow(no, loss, bend).clear
    assert not strict.Shallow(yes, loss, -bend).clear
    assert not strict.Shallow(yes, loss[:1], bend[:1]).clear
    assert strict.Shallow(yes, loss, -bend).bad_minimum
    for flat in (bend, 0 * bend):
        assert not strict.Shallow(no, loss, flat).bad_minimum


def test_a_census_knows_its_errors():
    census = strict.tensor_census(ln.orthogonal(3, rng()), 1500, rng(1))
    assert len(census.support) == 26 and census.error.max() < 1e-6
    wrong = strict.TensorCensus(census.support, census.index + 1, census.curvature)
    assert wrong.error.min() > 0.9


def test_all_components_are_found_and_not_uphill(monkeypatch):
    components = ln.orthogonal(3, rng(2))
    assert strict.components_found(components, 20, rng(3)).all()
    uphill = strict.pairs_gradient
    monkeypatch.setattr(strict, "pairs_gradient", lambda *given: -uphill(*given))
    assert not strict.components_found(components, 20, rng(3)).any()
