"""The wrong theories that 26_escaping_saddles must reject."""

import math


def whole_perturbation(patch):
    """One perturbation grows with the logarithm of d, not of its square root.

    Fails: 26.1a, 26.2c
    """
    patch("landscapes.escapes.perturbation_slope", lambda old, *given: 2 * old(*given))


def every_coordinate_kicked(patch):
    """A perturbation of the size r in each coordinate: a cube instead of a ball.

    Fails: 26.1a, 26.2a, 26.2b, 26.2c
    """
    patch(
        "landscapes.escapes.in_ball",
        lambda old, seeds, size, *given, **named: (
            old(seeds, size, *given, **named) * math.sqrt(size)
        ),
    )


def polylog_everywhere(patch):
    """The logarithm of strict saddles also at flat ones.

    Fails: 26.2a, 26.2b, 26.4h, 26.4i
    """
    patch("landscapes.escapes.flat_saddle_exponent", lambda old, depth: 0.0)


def continuous_octopus(patch):
    """Exit times that multiply by 1 + L/gamma, the limit of small steps.

    Fails: 26.3a
    """
    patch("landscapes.escapes.Octopus.factor", lambda old, self, rate: 1 + self.L / self.gamma)


def no_perturbation(patch):
    """Perturbed descent without its perturbation.

    Fails: 26.3b, 26.3c
    """
    patch(
        "landscapes.escapes.perturbed_descent",
        lambda old, *given, **named: old(*given, **(named | {"threshold": -1.0})),
    )


def ever_smaller_perturbations(patch):
    """Perturbations that are a hundred thousand times smaller at each stage: stages grow longer.

    Fails: 26.3d
    """
    calls = [0]

    def shrinking(old, seeds, size, radius, rng, kept=None):
        if kept is None:
            calls[0] += 1
            radius = radius * 10.0 ** (-calls[0] / 10)
        return old(seeds, size, radius, rng, kept)

    patch("landscapes.escapes.in_ball", shrinking)


def plain_newton(patch):
    """Newton's method in place of the saddle-free one.

    Fails: 26.4a, 26.4b, 26.4c, 26.4d, 26.4e
    """
    patch(
        "landscapes.escapes.newton_direction",
        lambda old, field, absolute, **named: old(field, absolute=False, **named),
    )


def newton_that_leaves(patch):
    """The saddle-free method in place of Newton's: the factor N/(N - 1) instead of (N - 2)/(N - 1).

    Fails: 26.4f, 26.4g
    """
    patch(
        "landscapes.escapes.newton_direction",
        lambda old, field, absolute, **named: old(field, absolute=True, **named),
    )


def growth_of_a_strict_saddle(patch):
    """Saddle-free Newton grows by 1 + eta at every saddle, as at a strict one.

    Fails: 26.4b, 26.4c, 26.4d, 26.4e
    """
    patch("landscapes.escapes.saddle_free_growth", lambda old, depth, rate: 1 + rate)


def median_for_mean(patch):
    """Noise at every step without the mean of the logarithm of a Gaussian.

    Fails: 26.5a, 26.5b, 26.5c, 26.5d
    """

    def wrong(old, **given):
        growth = math.log1p(given["learning_rate"] * given["gamma"])
        return old(**given) - 0.6351 / growth

    patch("landscapes.escapes.noisy_law", wrong)
