"""The wrong theories that 11_optimization_challenges must reject."""

import math
from dataclasses import replace

import numpy as np
import torch

from lib.obstacles import surfaces


def _brief(patch):
    """Where noise and random matrices are not the point, take few of them."""
    patch.parameters(noisy_runs=200, matrices=500000, starts=2000)


def temperature_without_the_half(patch):
    """Gradient noise has the temperature eta sigma^2 instead of eta sigma^2 / 2.

    Fails: 11.2a, 11.2b
    """
    patch(
        "obstacles.surfaces.mean_escape_time",
        lambda right, surface, begin, end, low, scale, rate: right(
            surface, begin, end, low, scale * 2**0.5, rate
        ),
    )


def minibatch_noise_falls_with_the_batch(patch):
    """The noise of a minibatch of B is s / B instead of s / sqrt B.

    Fails: 11.2b
    """
    patch(
        "obstacles.surfaces.minibatch_scale",
        lambda right, scale, batch: scale / np.asarray(batch),
    )


def minibatch_noise_of_one_sign_at_a_time(patch):
    """Samples drawn in pairs of one kind: the noise of half as many samples.

    Fails: 11.2b
    """
    patch(
        "obstacles.surfaces.noisy_escape",
        lambda right, surface, starts, noise, *given, **options: right(
            surface,
            starts,
            noise if noise.batches is None else replace(noise, batches=noise.batches // 2),
            *given,
            **options,
        ),
    )


def wiggle_moves_the_minimum_by_its_slope(patch):
    """The minimum moves by the wiggle's slope, the curvature forgotten.

    Fails: 11.6b
    """
    _brief(patch)
    patch("obstacles.surfaces.wiggle_excess", lambda right, amplitude: 9.0 * right(amplitude))


def crawl_without_the_three(patch):
    """On x^3 the flow needs 1/x_1 - 1/x_0: the derivative without its factor 3.

    Fails: 11.3a
    """
    _brief(patch)
    patch("obstacles.surfaces.cubic_time", lambda right, start, end: 3 * right(start, end))


def saddle_grows_by_one_eta(patch):
    """Leaving x^2 - y^2, y grows by 1 + eta a step: the factor 2 of the gradient forgotten.

    Fails: 11.3b
    """
    _brief(patch)
    patch(
        "obstacles.surfaces.saddle_steps",
        lambda right, delta, rate, momentum=0.0: right(delta, rate / 2, momentum),
    )


def momentum_is_a_larger_step(patch):
    """Momentum mu is a step 1 / (1 - mu) times as large.

    Fails: 11.6h
    """
    _brief(patch)
    patch(
        "obstacles.surfaces.saddle_steps",
        lambda right, delta, rate, momentum=0.0: right(delta, rate / (1 - momentum)),
    )


def determinant_decides(patch):
    """A critical point is classified by determinant and trace, as in two dimensions.

    Fails: 11.6f
    """
    _brief(patch)

    def by_determinant(hessian):
        if float(hessian.det()) < 0:
            return "saddle"
        return "minimum" if float(hessian.trace()) > 0 else "maximum"

    patch.value("obstacles.surfaces.classify", by_determinant)


def tanh_time_of_sinh_x(patch):
    """The time on tanh is x/2 + sinh(x)/2: cosh in place of cosh^2.

    Fails: 11.4a
    """
    _brief(patch)
    patch("obstacles.surfaces.tanh_time", lambda right, x: x / 2 + np.sinh(np.asarray(x)) / 2)


def best_step_shrinks_by_one_minus_inverse_condition(patch):
    """At the best step the modes shrink by 1 - 1/kappa, as at the step 1/kappa.

    Fails: 11.6k
    """
    _brief(patch)
    patch(
        "obstacles.surfaces.conditioned_steps",
        lambda right, kappa, reduction: math.log(reduction) / math.log(1 - 1 / kappa),
    )


def eigenvalues_are_independent_signs(patch):
    """All n eigenvalues are positive with probability 2^-n.

    Fails: 11.5a
    """
    patch("obstacles.surfaces.probability_positive_definite", lambda right, size: 0.5**size)


def zero_has_no_mass(patch):
    """By symmetry an eigenvalue is positive with probability 1/2.

    Fails: 11.6o
    """
    _brief(patch)

    def spread(right, *given):
        uniform, largest = right(*given)
        return (uniform[0] + uniform[2] / 2, uniform[1] + uniform[2] / 2, 0.0), largest

    patch("obstacles.surfaces.spectrum_signs", spread)


def permutations_of_all_but_one(patch):
    """d units have (d - 1)! different orders, as on a circle.

    Fails: 11.6m, 11.6n
    """
    _brief(patch)
    patch(
        "landscapes.perceptrons.count_distinct",
        lambda right, networks, *given: right(networks, *given) // networks[0].shape[1],
    )


def wiggle_of_half_the_height(patch):
    """The empirical risk has a wiggle of 0.1, not 0.2.

    Fails: 11.6a
    """
    _brief(patch)
    patch.value("obstacles.surfaces.empirical_risk", surfaces.wiggled_risk(0.1))


def barrier_half_way(patch):
    """The border of the two basins lies half way between the minima.

    Fails: 11.1a, 11.6c
    """

    def half_way(right, *given, **options):
        found = right(*given, **options)
        if len(found) == 3:
            found[1] = (found[0] + found[2]) / 2
        return found

    patch("obstacles.surfaces.turning_points", half_way)


def noise_of_a_third(patch):
    """A third of the noise does what the whole does.

    Fails: 11.2a
    """

    def weak(right, surface, begin, noise, *given, **options):
        return right(surface, begin, replace(noise, scales=noise.scales / 3), *given, **options)

    patch("obstacles.surfaces.noisy_escape", weak)


def saddle_of_half_the_curvature(patch):
    """The curvature of x^2 - y^2 is one, so that y grows by 1 + eta a step.

    Fails: 11.3b
    """
    _brief(patch)
    patch.value("obstacles.surfaces.saddle", surfaces.quadratic(1.0, -1.0))


def sine_is_as_flat_as_tanh(patch):
    """Other coordinates change nothing: tanh written as a sine waits as well.

    Fails: 11.4b
    """
    _brief(patch)
    patch.value("obstacles.surfaces.sine", surfaces.tanh)


def tanh_slope_without_the_square(patch):
    """The slope of tanh is one minus tanh.

    Fails: 11.4a, 11.6i
    """
    _brief(patch)
    from lib.obstacles.surfaces import tanh

    patch.value("obstacles.surfaces.tanh", replace(tanh, gradient=lambda x: 1 - torch.tanh(x)))


def escape_takes_a_fifth_longer(patch):
    """The time to climb a barrier is 1.2 times the double integral.

    Fails: 11.2a, 11.2b
    """
    patch(
        "obstacles.surfaces.mean_escape_time",
        lambda right, *given, **options: 1.2 * right(*given, **options),
    )


def escape_by_the_short_formula(patch):
    """Kramers' asymptotic formula in place of the double integral: a parabola in the well and one at the top.

    Fails: 11.2a
    """

    def short(right, surface, begin, end, low, scale, rate):
        turns = surfaces.turning_points(surface, low, end + 1e-6)[:2]
        well, top = (float(surface.hessian(place)) for place in turns)
        height = float(surface.value(turns[1]) - surface.value(turns[0]))
        return 2 * math.pi / math.sqrt(-well * top) * math.exp(2 * height / (rate * scale**2))

    patch("obstacles.surfaces.mean_escape_time", short)


def minibatch_with_the_sample_correction(patch):
    """The noise of a minibatch of B is s / sqrt(B - 1).

    Fails: 11.2b
    """
    patch(
        "obstacles.surfaces.minibatch_scale",
        lambda right, scale, batch: scale / np.sqrt(np.asarray(batch) - 1),
    )


def crawl_a_little_slower(patch):
    """The flow on the cubic is slower by eight parts in a thousand.

    Fails: 11.3a
    """
    _brief(patch)
    patch("obstacles.surfaces.cubic_time", lambda right, start, end: 1.008 * right(start, end))


def tanh_a_percent_slower(patch):
    """On tanh descent takes one percent longer than the flow.

    Fails: 11.4a
    """
    _brief(patch)
    patch("obstacles.surfaces.tanh_time", lambda right, x: 1.01 * right(x))


def matrices_with_equal_variances(patch):
    """The entries on the diagonal have the variance of the others.

    Fails: 11.5a
    """

    def equal(right, size, samples, rng):
        count = 0
        for _ in range(0, samples, 100_000):
            a = torch.from_numpy(rng.standard_normal((100_000, size, size)))
            a = a.triu() + a.triu(1).mT
            count += int((torch.linalg.cholesky_ex(a).info == 0).sum())
        return count

    patch("obstacles.surfaces.count_positive_definite", equal)
