"""The wrong theories that 31_linear_convergence must reject."""

from dataclasses import replace

import torch
from scipy.stats import chi2, ncx2

from lib.descent import Plain, descend
from lib.linear_networks import gradients


def _promise(change):
    """convergence_guarantee with its answer changed: change(answer, depth, margin)."""
    return lambda old, target, depth, margin: change(old(target, depth, margin), depth, margin)


def _brief(patch):
    """Where section 1 is not the point, make it short."""
    patch.parameters(
        theorem_depths=[2], theorem_seeds=5, reduction=0.1, random_starts=500000,
        depths=[2, 3], seeds=20,
    )  # fmt: skip


def steps_without_the_power_of_the_margin(patch):
    """T = log(l0/e) / eta, whatever the margin.

    Fails: 31.2a
    """
    patch.parameters(random_starts=500000, depths=[2, 3], seeds=20)
    patch(
        "trajectories.linear_convergence.convergence_guarantee",
        _promise(lambda g, depth, margin: replace(g, rate=g.learning_rate)),
    )


def every_layer_counts(patch):
    """The rate has a factor N: each layer adds its share in every network.

    Fails: 31.2a
    """
    patch.parameters(random_starts=500000, depths=[2, 3], seeds=20)
    patch(
        "trajectories.linear_convergence.convergence_guarantee",
        _promise(lambda g, depth, margin: replace(g, rate=depth * g.rate)),
    )


def the_margin_to_the_power_two(patch):
    """The rate goes as c^2, its limit at great depth, at every depth.

    Fails: 31.2a
    """
    patch.parameters(random_starts=500000, depths=[2, 3], seeds=20)
    patch(
        "trajectories.linear_convergence.convergence_guarantee",
        _promise(lambda g, depth, margin: replace(g, rate=g.learning_rate * margin**2)),
    )


def a_promise_six_times_too_short(patch):
    """Descent arrives by T / 6.

    Fails: 31.1a, 31.2a
    """
    patch.parameters(random_starts=500000, depths=[2, 3], seeds=20)
    patch(
        "trajectories.linear_convergence.convergence_guarantee",
        _promise(lambda g, depth, margin: replace(g, rate=6 * g.rate)),
    )


def lemma_without_its_half(patch):
    """A step takes eta sigma_min^(2(N-1)/N) |gradient|^2: finite steps cost nothing.

    Fails: 31.2b, 31.3c
    """
    _brief(patch)
    patch("trajectories.linear_convergence.decrease_ratio", lambda old, *given: old(*given) / 2)


def lemma_of_the_square_flow(patch):
    """Every step of every square network does what the flow does: N eta sigma^(2(N-1)/N) |gradient|^2.

    Fails: 31.2b, 31.3a
    """
    _brief(patch)
    patch(
        "trajectories.linear_convergence.decrease_ratio",
        lambda old, losses, smallest, rate, depth: old(losses, smallest, rate, depth) / (2 * depth),
    )


def lemma_with_one_over_the_depth(patch):
    """The exponent of sigma_min is 2/N.

    Fails: 31.2b
    """
    _brief(patch)
    patch(
        "trajectories.linear_convergence.decrease_ratio",
        lambda old, losses, smallest, rate, depth: old(
            losses, smallest ** (1 / (depth - 1)), rate, depth
        ),
    )


def a_margin_without_the_distance(patch):
    """The margin is sigma_min(target): the distance of the start does not matter.

    Fails: 31.4a
    """
    _brief(patch)
    patch(
        "trajectories.linear_convergence.deficiency_margin",
        lambda old, matrix, target: old(target.expand_as(matrix), target),
    )


def imbalance_allowed_three_times_exceeded(patch):
    """The premise violated: starts of three times the imbalance that is then called delta.

    Fails: 31.5b
    """
    _brief(patch)
    patch(
        "trajectories.linear_convergence.spectral_factors",
        lambda old, values, depth, wanted, rng: old(values, depth, 3 * wanted, rng),
    )


def starts_outside_the_margin(patch):
    """The premise violated: starts at one and a half times the distance that the margin allows.

    Fails: 31.5d
    """
    _brief(patch)

    def far(old, target, share, rng):
        near = old(target, share, rng)
        reach = (1 - torch.as_tensor(share, dtype=torch.float64))[..., None, None]
        return target + 1.5 / reach * (near - target)

    def loose(old, matrix, target):
        return old(matrix, target).clamp(min=0.05)

    patch("trajectories.linear_convergence.start_within_margin", far)
    patch("trajectories.linear_convergence.deficiency_margin", loose)


def loss_as_a_power_of_time(patch):
    """Log-loss is a line against the logarithm of the step.

    Fails: 31.5d
    """
    patch.parameters(theorem_depths=[2], reduction=0.1, random_starts=500000)

    def power_law(old, steps, losses, high, low):
        return old((steps + 1).log(), losses, high, low)

    patch("trajectories.linear_convergence.decay_rate", power_law)


def the_largest_curvature_sets_the_pace(patch):
    """The late slope belongs to the mean singular value instead of the smallest.

    Fails: 31.3b
    """
    _brief(patch)

    def mean_rate(old, target, depth):
        middle = target.square().sum((-2, -1)).div(target.shape[-1]).sqrt()
        return 2 * depth * middle ** (2 * (depth - 1) / depth)

    patch("trajectories.linear_convergence.asymptotic_rate", mean_rate)


def late_slope_of_two_layers(patch):
    """The curvature at the minimum is N sigma_min at every depth.

    Fails: 31.3b
    """
    _brief(patch)

    def rate(old, target, depth):
        return depth * old(target, 2) / 2

    patch("trajectories.linear_convergence.asymptotic_rate", rate)


def balance_is_not_kept(patch):
    """Imbalance drifts at first order: what is kept is the sum of neighbours, not the difference.

    Fails: 31.5g
    """
    _brief(patch)

    def sums(old, weights, target, learning_rate, steps):
        options = {"problem": (target,), "rule": Plain(learning_rate), "steps": steps}
        end = descend(gradients, weights, **options).weights
        first, last = (
            [b.mT @ b + a @ a.mT for a, b in zip(w, w[1:], strict=False)] for w in (weights, end)
        )
        moved = [torch.linalg.matrix_norm(b - a) for a, b in zip(first, last, strict=True)]
        return torch.stack(moved).amax(0)

    patch("trajectories.linear_convergence.imbalance_drift", sums)


def layers_far_from_balance(patch):
    """The premise violated: starts with an imbalance of a tenth.

    Fails: 31.5e, 31.5f
    """
    _brief(patch)

    def far(old, weights, wanted, directions):
        return old(weights, wanted * 0 + 0.1, directions)

    patch("trajectories.linear_convergence.unbalance", far)


def digits_without_whitening(patch):
    """Centring is enough: the principal components keep their variances.

    Fails: 31.5h
    """
    _brief(patch)

    def scores(old, inputs, components):
        centred = inputs - inputs.mean(-1, keepdim=True)
        sizes = torch.linalg.svdvals(centred)
        scale = sizes[:components, None] / sizes[0]
        return old(inputs, components) * scale

    patch("trajectories.linear_convergence.whiten", scores)


def time_falls_with_the_square_of_depth(patch):
    """T falls as 1 / N^2: N layers, and the gradient of each N times as large.

    Fails: 31.1a, 31.2a
    """
    patch.parameters(random_starts=500000, depths=[2, 3], seeds=20)
    patch(
        "trajectories.linear_convergence.convergence_guarantee",
        _promise(lambda g, depth, margin: replace(g, rate=depth**2 * g.rate)),
    )


def imbalance_of_the_theorem(patch):
    """The imbalance that theorem 1 allows is where lemma 1 breaks: c^2 / (256 N^3 |Phi|^(2(N-1)/N)).

    Fails: 31.3c
    """
    _brief(patch)
    patch(
        "trajectories.linear_convergence.imbalance_edge",
        lambda right, size, depth: size ** (2 / depth) / (256 * depth**3),
    )


def imbalance_edge_of_the_flow(patch):
    """Without the half any imbalance breaks the lemma at once; with it, a half of |W|^(2/N) is allowed.

    Fails: 31.3c
    """
    _brief(patch)
    patch(
        "trajectories.linear_convergence.imbalance_edge",
        lambda right, size, depth: size ** (2 / depth) / 2,
    )


def imbalance_edge_of_two_layers(patch):
    """The edge is 1.5 |W|^(2/N) at every depth.

    Fails: 31.3c
    """
    _brief(patch)
    patch(
        "trajectories.linear_convergence.imbalance_edge",
        lambda right, size, depth: 1.5 * size ** (2 / depth),
    )


def imbalance_edge_with_the_square_of_the_margin(patch):
    """The edge falls as |W|^2, as the theorem's delta does with c.

    Fails: 31.3c
    """
    _brief(patch)
    patch(
        "trajectories.linear_convergence.imbalance_edge",
        lambda right, size, depth: right(1.0, depth) * size**2,
    )


def margin_every_other_time(patch):
    """A random start is as often near enough as not: the probability of a margin is that of one output.

    Fails: 31.4a
    """
    _brief(patch)
    patch(
        "trajectories.margins.margin_probability",
        lambda right, target, scale: right(target[:1, :1], scale),
    )


def margin_by_the_central_law(patch):
    """The distance has the central chi-square law, with the variance of start and target together.

    Fails: 31.4a
    """
    _brief(patch)

    def central(right, target, scale):
        spread = scale**2 + float(target.square().mean())
        return float(
            chi2.cdf(float(torch.linalg.svdvals(target)[-1]) ** 2 / spread, target.numel())
        )

    patch("trajectories.margins.margin_probability", central)


def margin_with_a_degree_of_freedom_too_few(patch):
    """The distance has d^2 - 1 degrees of freedom, the scale of the start being no direction.

    Fails: 31.4a
    """
    _brief(patch)

    def fewer(right, target, scale):
        sizes = torch.linalg.svdvals(target) / scale
        away = float(sizes.square().sum())
        return float(ncx2.cdf(float(sizes[-1]) ** 2, target.numel() - 1, away))

    patch("trajectories.margins.margin_probability", fewer)
