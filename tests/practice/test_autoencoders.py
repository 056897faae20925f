"""Autoencoders against autograd, a Gaussian integral by torch, Adam by torch, and one network alone."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from lib.practice import autoencoders as ae
from lib.practice import networks as nw
from lib.practice.networks import EPSILON, normalize

D, H, K = 6, 5, 2


def rng(seed=0):
    return np.random.default_rng(seed)


def drawn(*shape, seed=0):
    return torch.from_numpy(rng(seed).standard_normal(shape))


def network(where=(), networks=2, examples=12):
    """Parameters, images and noise of small autoencoders."""
    shapes = [(H, D), (2 * K, H), (H, K), (D, H), (H,), (2 * K,), (H,), (D,), *[(H,)] * len(where)]
    parameters = tuple(0.5 * drawn(networks, *s, seed=j) for j, s in enumerate(shapes))
    images = torch.from_numpy(rng(20).random((networks, examples, D)))
    return parameters, images, drawn(networks, examples, K, seed=21)


def minus_elbo(parameters, images, noise, where, activation, groups):
    """Mean over the images by torch's own pieces, of one network; parameters may carry a gradient."""
    w, b, gains = parameters[:4], parameters[4:8], parameters[8:]

    def hidden(place, given):
        z = given @ w[2 * place].T
        if place in where:
            parts = z.unflatten(0, (groups, -1))
            spread = (parts.var(1, correction=0, keepdim=True) + EPSILON).sqrt()
            z = ((parts - parts.mean(1, keepdim=True)) / spread).flatten(0, 1)
            z = z * gains[where.index(place)]
        return activation(z + b[2 * place])

    m, log_variance = (hidden(0, images) @ w[1].T + b[1]).chunk(2, 1)
    code = Normal(m, (log_variance / 2).exp())
    scores = hidden(1, m + (log_variance / 2).exp() * noise) @ w[3].T + b[3]
    bits = torch.nn.functional.binary_cross_entropy_with_logits(scores, images, reduction="sum")
    return (bits + kl_divergence(code, Normal(0.0, 1.0)).sum()) / len(images)


@pytest.mark.parametrize(
    "how", [nw.Form(over="units"), nw.Form(centred=False), nw.Form(scaled=False)]
)
def test_other_normalizations_have_the_gradient_of_the_elbo(how):
    """A difference quotient along a random direction, with the passes themselves tested in test_networks."""
    parameters, images, noise = network((0, 1))
    options = {"where": (0, 1), "activation": nw.TANH, "how": how}
    found = ae.elbo_gradients(parameters, images, noise, **options)
    ways = [drawn(*p.shape, seed=30 + j) for j, p in enumerate(parameters)]
    bounds = [
        ae.elbo(
            [p + h * w for p, w in zip(parameters, ways, strict=True)], images, noise, **options
        )[0]
        for h in (1e-5, -1e-5)
    ]
    slope = sum((g * w).flatten(1).sum(1) for g, w in zip(found, ways, strict=True))
    assert torch.allclose((bounds[1] - bounds[0]) / 2e-5, slope, rtol=1e-7, atol=1e-8)


def test_layer_normalization_keeps_no_statistics():
    problems = ae.draw_with_noise(
        torch.from_numpy(rng(9).random((30, D))), 20, 40, H, K, [rng(1), rng(2)]
    )
    how = nw.Form(over="units")
    trained = ae.train_autoencoders(problems, [0.01], 2, 8, where=(0, 1), how=how)
    assert trained.running == {} and len(trained.parameters) == 10
    bound, _ = ae.elbo_on_tests(problems, trained)
    again, _ = ae.elbo_on_tests(problems, trained, ae.recomputed(problems, trained))
    assert np.isfinite(bound).all() and np.allclose(bound, again)
    centred = ae.train_autoencoders(problems, [0.01], 4, 8, where=(0,), how=nw.Form(scaled=False))
    assert (centred.running[0][1] == 1).all()


@pytest.mark.parametrize("where", ae.WHERE.values())
@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("own, torchs", [(nw.RELU, torch.relu), (nw.TANH, torch.tanh)])
def test_gradients_and_elbo_are_autograds(where, groups, own, torchs):
    parameters, images, noise = network(where)
    options = {"where": where, "activation": own, "groups": groups}
    found = ae.elbo_gradients(parameters, images, noise, **options)
    bound, _ = ae.elbo(parameters, images, noise, **options)
    for r in range(2):
        one = tuple(p[r].clone().requires_grad_() for p in parameters)
        loss = minus_elbo(one, images[r], noise[r], where, torchs, groups)
        assert float(loss.detach()) == pytest.approx(-float(bound[r]), rel=1e-13)
        for g, expected in zip(found, torch.autograd.grad(loss, one), strict=True):
            assert torch.allclose(g[r], expected, atol=1e-13)


def test_the_bound_is_a_bound():
    """Averaged over much noise it stays below the log-likelihood, by importance sampling."""
    parameters, images, _ = network(networks=1, examples=1)
    many, noise = images.expand(1, 40_000, D), drawn(1, 40_000, K, seed=5)
    run = ae.pass_through(parameters, many, noise)
    bound, kl = ae.elbo(parameters, many, noise)
    m, log_variance = run.code
    weights = (many.mT * run.scores - torch.nn.functional.softplus(run.scores)).sum(1)
    weights += Normal(0.0, 1.0).log_prob(run.z).sum(1)
    weights -= Normal(m, (log_variance / 2).exp()).log_prob(run.z).sum(1)
    evidence = float(weights.logsumexp(-1) - np.log(40_000))
    assert float(kl) > 0 and float(bound) < evidence - 0.01


def test_given_statistics_are_used_and_groups_are_passes_of_their_own():
    parameters, images, noise = network((0, 1))
    options = {"where": (0, 1)}
    whole = ae.pass_through(parameters, images, noise, groups=3, **options)
    first = ae.pass_through(parameters, images[:, :4], noise[:, :4], **options)
    assert torch.allclose(whole.scores[..., :4], first.scores, atol=1e-13)
    again = ae.pass_through(
        parameters, images[:, :1], noise[:, :1], statistics=first.statistics, **options
    )
    assert torch.allclose(again.scores, first.scores[..., :1], atol=1e-13)


# --- what a group keeps ----------------------------------------------------------------------------


def test_what_a_group_keeps_of_a_value():
    values = drawn(1, 960_000, seed=7)
    for size in (2, 3, 8):
        found = (values * normalize(values, values.shape[1] // size, 0.0)[0]).mean()
        assert float(found) == pytest.approx(ae.kept_signal(size), abs=0.003)
    assert ae.kept_signal(2) == pytest.approx(np.pi**-0.5)
    assert 1 - ae.kept_signal(10**4) ** 2 == pytest.approx(1.5e-4, rel=1e-2)


def test_the_mean_image():
    images = torch.tensor([[[0.0, 0.5], [1.0, 0.5]]]).double()
    tests = torch.tensor([[[1.0, 0.5]]]).double()
    assert ae.mean_image_elbo(images, tests) == pytest.approx([2 * np.log(0.5)])


# --- draws, training, tests ------------------------------------------------------------------------


def toy(draws=3, examples=96):
    images = torch.from_numpy(rng(30).random((40, D)))
    generators = [rng([31, k]) for k in range(draws)]
    return images, ae.draw_with_noise(images, 24, examples, H, K, generators)


def test_problems_are_splits_starts_orders_and_noise_of_their_own():
    images, one = toy()
    assert one.images.shape == (3, 24, D) and one.tests.shape == (3, 16, D)
    for k in range(3):
        seen = torch.cat((one.images[k], one.tests[k]))
        assert torch.equal(seen[seen[:, 0].argsort()], images[images[:, 0].argsort()])
        assert torch.equal(one.order[k].view(4, 24).sort().values, torch.arange(24).expand(4, 24))
    assert one.noise.shape == (3, 96, K) and one.noise_of_tests.shape == (3, 16, K)
    assert not torch.equal(one.start[0][0], one.start[0][1])
    fewer = toy(draws=2)[1]
    assert all(
        torch.equal(a[:2], b)
        for a, b in zip(one.start + one[3:], fewer.start + fewer[3:], strict=True)
    )


@pytest.mark.parametrize("where, groups", [((), 1), ((0, 1), 2)])
def test_training_is_adam_on_one_network_alone(where, groups):
    _, one = toy()
    rates, steps, batch = [0.01, 0.03], 8, 8
    found = ae.train_autoencoders(one, rates, batch, steps, where=where, groups=groups)
    start = [x[2] for x in one.start] + [torch.ones(H).double() for _ in where]
    parameters = [x.clone().requires_grad_() for x in start]
    for rate, part in ((0.03, range(6)), (0.006, range(6, 8))):
        adam = torch.optim.Adam(parameters, lr=rate)
        for step in part:
            at = slice(step * batch, (step + 1) * batch)
            given = one.images[2, one.order[2, at]], one.noise[2, at]
            adam.zero_grad()
            minus_elbo(parameters, *given, where, torch.relu, groups).backward()
            adam.step()
            for x in parameters:
                x.data = (x.data * 2**18).round() / 2**18
    for x, expected in zip(found.parameters, parameters, strict=True):
        assert torch.allclose(x[5], expected, atol=1e-9)


def test_running_averages_of_a_network_that_hardly_moves():
    _, one = toy(examples=24 * 80)
    found = ae.train_autoencoders(one, [1e-9], 24, 80, where=(0,))
    mean, sd = found.running[0]
    values = one.start[0] @ one.images.mT
    assert torch.allclose(mean, values.mean(-1, keepdim=True), atol=1e-5)
    unbiased = values.var(-1, keepdim=True)
    assert torch.allclose(sd, (unbiased + EPSILON).sqrt(), atol=1e-5)
    again = ae.recomputed(one, found)[0]
    assert torch.allclose(again[0], mean, atol=1e-6)


def test_tests_by_running_statistics_others_and_in_groups():
    _, one = toy()
    plain = ae.train_autoencoders(one, [0.01, 0.02], 8, 4)
    bound, kl = ae.elbo_on_tests(one, plain)
    assert bound.shape == kl.shape == (2, 3)
    third = tuple(x[3:] for x in plain.parameters)
    assert np.allclose(bound[1], ae.elbo(third, one.tests, one.noise_of_tests)[0])
    both = ae.train_autoencoders(one, [0.01], 8, 4, where=(0, 1))
    parts = [
        ae.elbo(both.parameters, one.tests[:, a:b], one.noise_of_tests[:, a:b], where=(0, 1))[0]
        for a, b in ((0, 8), (8, 16))
    ]
    assert np.allclose(ae.elbo_on_tests(one, both, group=8)[0], sum(parts) / 2)
    again = ae.elbo_on_tests(one, both, ae.recomputed(one, both))[0]
    assert not np.allclose(again, ae.elbo_on_tests(one, both)[0])


def test_a_diverged_network_is_nan_and_its_neighbour_is_not():
    _, one = toy()
    bound, _ = ae.elbo_on_tests(one, ae.train_autoencoders(one, [1e200, 0.01], 8, 8))
    assert not np.isfinite(bound[0]).any() and np.isfinite(bound[1]).all()
    assert ae.best_bound(bound) == 1


def test_the_race_judges_the_rate_that_was_best_elsewhere():
    _, one = toy()
    _, other = toy(draws=2)
    rate, trained, bound, kl = ae.judged_at_best_rate(other, one, [1e-6, 0.05], 8, 8, where=(0,))
    expected = ae.train_autoencoders(one, [rate], 8, 8, where=(0,))
    assert rate == 0.05 and bound.shape == kl.shape == (3,)
    assert torch.equal(trained.parameters[0], expected.parameters[0])
    assert np.array_equal(bound, ae.elbo_on_tests(one, expected)[0][0])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: ae.kept_signal(1), "size"),
        (lambda: ae.pass_through(*network(), where=(1, 0)), "where"),
        (lambda: ae.pass_through(*network(), where=(0,)), "parameters"),
        (lambda: ae.pass_through(network()[0], network()[1].float(), network()[2]), "float64"),
        (lambda: ae.pass_through(network()[0], network()[1] + 1, network()[2]), "images"),
        (lambda: ae.pass_through(network()[0], network()[1][:, :3], network()[2]), "noise"),
        (lambda: ae.pass_through(*network((0,)), where=(0,), groups=5), "groups"),
        (lambda: ae.train_autoencoders(toy()[1], [0.1], 8, 13), "steps"),
        (lambda: ae.train_autoencoders(toy()[1], [0.1], 8, 4, groups=3), "groups"),
        (lambda: ae.train_autoencoders(toy()[1], [-0.1], 8, 4), "learning rate"),
        (lambda: ae.draw_with_noise(toy()[0], 40, 24, H, K, [rng()]), "training"),
        (lambda: ae.draw_with_noise(toy()[0], 24, 24, H, K, [0]), "generators"),
    ],
)
def test_bad_input_is_one_clear_line(call, words, refused):
    with refused(words):
        call()
