"""The wrong theories that 33_deficiency_margin must reject."""

import torch


def _short(patch):
    """Where section 3 is not the point, make it short."""
    patch.parameters(margin_starts=100, starts=100, relative_steps=[0.5, 0.1], step_sizes=13)


def layers_that_differ(patch):
    """The premise violated: one layer starts a billionth away from the identity.

    Fails: 33.5a
    """
    _short(patch)

    def start(right, size, depth, seeds):
        weights = right(size, depth, seeds)
        weights[0][:, 0, 0] += 1e-8
        return weights

    patch("trajectories.held_starts.identity_layers", start)


def any_start_is_held(patch):
    """The premise violated: the identity with noise of a tenth is held as well.

    Fails: 33.1a, 33.5a
    """
    _short(patch)

    def start(right, size, depth, seeds):
        draw = torch.Generator().manual_seed(0)
        shape = (seeds, size, size)
        noise = torch.randn((depth, *shape), generator=draw, dtype=torch.float64)
        return tuple(w + 0.1 * x for w, x in zip(right(size, depth, seeds), noise, strict=True))

    patch("trajectories.held_starts.identity_layers", start)


def floor_of_all_eigenvalues(patch):
    """The bound is half the square of the largest eigenvalue, whatever its sign.

    Fails: 33.1a
    """
    _short(patch)
    patch(
        "trajectories.held_starts.identity_floor",
        lambda right, values, depth: values.abs().amax(-1).square() / 2,
    )


def approach_at_half_the_rate(patch):
    """The lost eigenvalue x^2 decays as (1 - eta lambda)^t: the rate of x, not of its square.

    Fails: 33.2a
    """
    _short(patch)
    patch(
        "trajectories.held_starts.decay_rate",
        lambda right, steps, losses, *levels: right(steps, losses.sqrt(), *levels),
    )


def power_law_of_one_layer_more(patch):
    """The exponents of the law are those of N + 1 layers.

    Fails: 33.2b
    """
    _short(patch)
    patch(
        "trajectories.held_starts.stuck_product",
        lambda right, time, negative, depth: right(
            time, negative, depth + 1 if depth > 2 else depth
        ),
    )


def power_law_without_its_factor(patch):
    """x^N = (lambda t)^(-N/(N-2)): the factor N - 2 left out.

    Fails: 33.2b
    """
    _short(patch)
    patch(
        "trajectories.held_starts.stuck_product",
        lambda right, time, negative, depth: right(
            time / (depth - 2) if depth > 2 else time, negative, depth
        ),
    )


def exponential_at_every_depth(patch):
    """The approach is exponential at every depth, as at N = 2.

    Fails: 33.2b
    """
    _short(patch)

    def run(right, eigenvalues, depth, **options):
        return right(eigenvalues, 2, **options)

    patch("trajectories.held_starts.identity_descent", run)


def starts_outside_the_margin(patch):
    """The premise violated: starts 15% outside the margin.

    Fails: 33.5c
    """

    def far(right, target, share, rng):
        near = right(target, share, rng)
        reach = (1 - torch.as_tensor(share, dtype=torch.float64))[..., None, None]
        return target + 1.15 / reach * (near - target)

    patch("trajectories.held_starts.start_within_margin", far)


def starts_at_three_times_the_margin(patch):
    """The premise violated: starts at three times the distance that the margin allows.

    Fails: 33.3a, 33.5c
    """

    def far(right, target, share, rng):
        near = right(target, share, rng)
        reach = (1 - torch.as_tensor(share, dtype=torch.float64))[..., None, None]
        return target + 3 / reach * (near - target)

    patch("trajectories.held_starts.start_within_margin", far)


def the_sign_does_not_matter(patch):
    """Starts without a margin are sorted by chance, not by the sign of the determinant.

    Fails: 33.3b, 33.3c
    """
    patch.parameters(margin_starts=100, law_seeds=20, step_sizes=13)

    def shuffled(right, *given, **options):
        found = right(*given, **options)
        found.same.copy_(found.same.roll(1))
        return found

    patch("trajectories.held_starts.balanced_runs", shuffled)


def held_at_the_mean_singular_value(patch):
    """The level is half the square of a middling singular value instead of the smallest.

    Fails: 33.3d, 33.5e
    """
    patch.parameters(margin_starts=100, law_seeds=20, step_sizes=13)

    def middle(right, matrix):
        return torch.linalg.svdvals(matrix).mean(-1)

    patch("trajectories.held_starts.smallest_singular_value", middle)


def delay_of_half_the_logarithm(patch):
    """The leak grows as e^(2 sigma_min t).

    Fails: 33.3d
    """
    patch.parameters(margin_starts=100, law_seeds=20, step_sizes=13)

    def doubled(right, *given, **options):
        found = right(*given, **options)
        found.time.mul_(2)
        return found

    patch("trajectories.held_starts.balanced_runs", doubled)


def small_steps_for_the_large_ones(patch):
    """The leak does not depend on the step: the largest step is really a fiftieth.

    Fails: 33.5f
    """
    patch.parameters(margin_starts=100, starts=100, law_seeds=20, step_sizes=13)

    def fine(right, depth, size, relative, count, rng, *, inside):
        step = relative if inside else min(relative, 0.02)
        return right(depth, size, step, count, rng, inside=inside)

    patch("trajectories.held_starts.balanced_runs", fine)


def departure_without_the_power(patch):
    """The departure rate is lambda - mu at every depth.

    Fails: 33.4a
    """
    _short(patch)
    patch(
        "trajectories.held_starts.departure_rate",
        lambda right, values, depth: -values.min() - values[values > 0].min(),
    )


def departure_along_the_other_eigenvector(patch):
    """The departure rate is mu^((N-2)/N) lambda: the eigenvector's own curvature left out.

    Fails: 33.4a
    """
    _short(patch)

    def rate(right, values, depth):
        mu = values[values > 0].min()
        return mu ** ((depth - 2) / depth) * -values.min()

    patch("trajectories.held_starts.departure_rate", rate)


def odd_depth_is_held_as_even(patch):
    """At odd depth small steps get across as well: the start has one layer's sign turned.

    Fails: 33.5h
    """
    _short(patch)

    def run(right, eigenvalues, depth, **options):
        values = torch.as_tensor(eigenvalues, dtype=torch.float64)
        return right(values.abs() if depth % 2 else values, depth, **options)

    patch("trajectories.held_starts.identity_descent", run)
