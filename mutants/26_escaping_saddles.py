"""The wrong theories that 26_escaping_saddles must reject."""

import math

import torch


def whole_perturbation(patch):
    """One perturbation grows with the logarithm of d, not of its square root.

    Fails: 26.1a
    """
    patch("landscapes.escapes.perturbation_slope", lambda right, *given: 2 * right(*given))


def every_coordinate_kicked(patch):
    """At a strict saddle the perturbation has the size r in each coordinate: a cube instead of a ball.

    Fails: 26.1a, 26.1b
    """
    patch(
        "landscapes.escapes.in_ball",
        lambda right, seeds, size, radius, rng, kept=None: (
            right(seeds, size, radius, rng, kept) * (math.sqrt(size) if kept else 1)
        ),
    )


def radius_squared(patch):
    """The steps at a strict saddle grow with twice the logarithm of 1/r.

    Fails: 26.1b
    """
    patch(
        "landscapes.escapes.perturbed_steps_law",
        lambda right, size, **given: right(size, **(given | {"radius": given["radius"] ** 2})),
    )


def length_uniform(patch):
    """The perturbation is uniform in its length, not in the ball.

    Fails: 26.1b
    """

    def wrong(right, seeds, size, radius, rng, kept=None):
        return right(seeds, size, radius, rng, kept) * torch.from_numpy(rng.random((seeds, 1)))

    patch("landscapes.escapes.in_ball", wrong)


def growth_without_end(patch):
    """The constant of the formula without the well's own shape: growth goes on up to the size 1.

    Fails: 26.1b
    """
    patch("landscapes.escapes.well_reach", lambda right, gamma, learning_rate: 1.0)


def power_of_scalar_layers(patch):
    """Networks of matrices slow down as chains of numbers with idle coordinates do.

    Fails: 26.2a, 26.2b
    """
    patch(
        "landscapes.escapes.flat_saddle_exponent",
        lambda right, depth, matrices=False: right(depth),
    )


def polylog_everywhere(patch):
    """The logarithm of strict saddles also at flat ones.

    Fails: 26.2a, 26.2b, 26.6b, 26.6c
    """
    patch("landscapes.escapes.flat_saddle_exponent", lambda right, depth, matrices=False: 0.0)


def mean_curvature_decides(patch):
    """Label noise averages out: the mean curvature leads out of the saddle.

    Fails: 26.3a
    """
    patch(
        "landscapes.escapes.label_noise_exponent",
        lambda right, noise_scale, learning_rate: math.log1p(learning_rate),
    )


def mean_square_decides(patch):
    """What grows in mean square leaves.

    Fails: 26.3a
    """
    patch(
        "landscapes.escapes.label_noise_exponent",
        lambda right, sigma, rate: math.log((1 + rate) ** 2 + (rate * sigma) ** 2) / 2,
    )


def median_for_mean(patch):
    """Noise at every step without the mean of the logarithm of a Gaussian.

    Fails: 26.3b, 26.3c, 26.3d
    """
    patch(
        "landscapes.escapes.noisy_law",
        lambda right, **given: (
            right(**given) - 0.6351 / math.log1p(given["learning_rate"] * given["gamma"])
        ),
    )


def noise_without_half(patch):
    """The mean number of steps with noise without the half for the last step.

    Fails: 26.3b, 26.3c, 26.3d
    """
    patch("landscapes.escapes.noisy_law", lambda right, **given: right(**given) - 0.5)


def noise_ornstein_uhlenbeck(patch):
    """Noise collects as in a stochastic differential equation, s = eta sigma / sqrt(2 eta gamma).

    Fails: 26.3b, 26.3c, 26.3d
    """

    def wrong(right, **given):
        rate = given["learning_rate"] * given["gamma"]
        return right(**given) - math.log(math.sqrt(1 + rate / 2)) / math.log1p(rate)

    patch("landscapes.escapes.noisy_law", wrong)


def continuous_octopus(patch):
    """Exit times that multiply by 1 + L/gamma, the limit of small steps.

    Fails: 26.4a
    """
    patch("landscapes.escapes.Octopus.factor", lambda right, self, rate: 1 + self.L / self.gamma)


def radius_without_effect(patch):
    """Perturbed descent leaves in the same number of steps whatever the radius.

    Fails: 26.4b
    """
    patch(
        "landscapes.escapes.perturbed_octopus",
        lambda right, *given, radius, **named: right(*given, radius=0.03, **named),
    )


def perturb_always(patch):
    """Perturbed descent that does not ask whether the gradient is small.

    Fails: 26.4b, 26.6i
    """
    patch(
        "landscapes.escapes.perturbed_descent",
        lambda right, *given, **named: right(*given, **(named | {"threshold": 1e9})),
    )


def no_perturbation(patch):
    """Perturbed descent without its perturbation.

    Fails: 26.4b, 26.6f, 26.6g
    """
    patch(
        "landscapes.escapes.perturbed_descent",
        lambda right, *given, **named: right(*given, **(named | {"threshold": -1.0})),
    )


def plain_newton(patch):
    """Newton's method in place of the saddle-free one.

    Fails: 26.5a, 26.5b, 26.5c, 26.6l, 26.6m
    """
    patch(
        "landscapes.escapes.newton_direction",
        lambda right, field, absolute, **named: right(field, absolute=False, **named),
    )


def growth_of_a_strict_saddle(patch):
    """Saddle-free Newton grows by 1 + eta at every saddle, as at a strict one.

    Fails: 26.5b, 26.5c, 26.6l, 26.6m
    """
    patch("landscapes.escapes.saddle_free_growth", lambda right, depth, rate: 1 + rate)
